// The Desktop class does what actions and plugins ask of the machine that midimon runs on: keys and
// clicks, programs, the volume, MIDI output; notifications, the clipboard, windows.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>

#include "actions/system_caller.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/places.h"
#include "base/worker.h"
#include "desktop/desktop_asks.h"
#include "desktop/held.h"
#include "desktop/input.h"
#include "desktop/midi_output.h"
#include "desktop/processes.h"
#include "desktop/volume.h"

namespace midimon {

class Desktop final : public SystemCaller, public DesktopCaller {
 public:
  // All outlive this. `environment` says where keys go, as open_input_device() has it; `log` gets
  // what commands print; `midi` may be null.
  Desktop(const Clock& clock, const Environment& environment, LogSink& log, MidiOutput* midi);

  void call(SystemRequest request, std::stop_token stop,
            std::function<void(SystemReport)> done) override;
  void ask(DesktopRequest request, std::stop_token stop, Done done) override {
    asks_.ask(std::move(request), std::move(stop), std::move(done));
  }

 private:
  void turn(const VolumeRequest& request, std::stop_token stop,
            const std::function<void(SystemReport)>& done);
  void send(MidiRequest message, std::stop_token stop,
            const std::function<void(SystemReport)>& done);
  void silence(std::stop_token stop, const std::function<void(SystemReport)>& done);
  bool post(std::function<Result<void>(MidiOutput&)> what, std::stop_token stop,
            const std::function<void(SystemReport)>& done, Worker::Room room);

  using Note = std::tuple<std::string, std::uint8_t, std::uint8_t>;  // port, channel, number

  MidiOutput* midi_;
  std::mutex notes_mutex_;  // also while one is posted, so that they count in their order
  Held<Note> notes_;        // that sound once all that waits is sent
  Input input_;
  Processes processes_;
  Volume volume_;         // the worker's
  Worker volume_worker_;  // after what it uses
  Worker midi_worker_;    // opening a port takes its time
  DesktopAsks asks_;
};

}  // namespace midimon
