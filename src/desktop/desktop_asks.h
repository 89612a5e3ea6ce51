// The DesktopAsks class answers what plugins ask of the desktop, each subject on a thread of its
// own, so that a program that does not answer holds up nothing else.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "actions/desktop_caller.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/worker.h"
#include "desktop/clipboard.h"
#include "desktop/midi_output.h"
#include "desktop/notifier.h"
#include "desktop/processes.h"
#include "desktop/volume.h"
#include "desktop/windows.h"

namespace midimon {

// Thread-safe.
class DesktopAsks final : public DesktopCaller {
 public:
  static constexpr std::size_t kMaxQueued = 64;  // of each subject

  // All outlive this; `midi` may be null.
  DesktopAsks(const Clock& clock, const Environment& environment, Processes& processes,
              MidiOutput* midi);

  void ask(DesktopRequest request, std::stop_token stop, Done done) override;

 private:
  using Answer = Result<DesktopAnswer>;
  // `work` calls `done`, on the worker's thread or later.
  void post(Worker& worker, std::stop_token stop, const Done& done, std::function<void()> work);
  void launch(const AppLaunchRequest& request, const Done& done);

  Answer answer(const VolumeQuery& query);
  Answer answer(const VolumeSetting& setting);
  Answer answer(const Notification& notification);
  Answer answer(const ClipboardQuery& query);
  Answer answer(const ClipboardText& text);
  Answer answer(const AppListQuery& query);
  Answer answer(const AppFocusRequest& request);
  Answer answer(const MidiOutputsQuery& query);
  Answer answer(const MidiSending& sending);
  Result<Windows*> windows();
  Result<Clipboard*> clipboard();

  const Environment environment_;
  Processes& processes_;
  MidiOutput* midi_;
  // Each its worker's own.
  Volume volume_;
  Notifier notifier_;
  std::unique_ptr<Windows> windows_;      // null: not open
  std::unique_ptr<Clipboard> clipboard_;  // null: not open

  // After what they use.
  Worker volume_worker_;
  Worker notice_worker_;
  Worker windows_worker_;
  Worker clipboard_worker_;
  Worker midi_worker_;
  Worker launch_worker_;  // desktop files may be on a disk far away
};

}  // namespace midimon
