// The PluginHost class runs plugins for the MIDI side: each has a thread and a bounded queue of its
// own, so that a slow plugin delays only itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "actions/plugin_caller.h"
#include "midimon/plugin.h"
#include "plugins/plugin_worker.h"

namespace midimon::plugins {

class PluginHost final : public PluginCaller {
 public:
  // `hooks` are called as long as any worker that this made lives.
  explicit PluginHost(PluginHooks hooks = {});
  // Ends every call that runs or waits, as Outcome::cancelled, if the runtime was cancelled; waits
  // for them otherwise. Plugins that another host took over stay.
  ~PluginHost() override;

  // Adds a plugin under its id and starts its thread; instead of one that `earlier` runs of the
  // same plugin, of the same bytes, limits and grants, that one is taken over as it is, with its
  // thread, its memory and what it waits for, unless it keeps failing. Before the first call.
  void add(WasmPlugin plugin, const PluginHost* earlier = nullptr);

  // From now on its plugins are asked for their events, and those of `earlier` that were not taken
  // over are not any more; what they still say is not heard. Until then none is asked.
  void play(const PluginHost* earlier = nullptr);

  // Thread-safe, from here on. A plugin that was not added: Outcome::denied. Of calls for which
  // there is no room: Outcome::cancelled.
  void call(PluginCall call, std::function<void(PluginReport)> done) override;

  // By id.
  [[nodiscard]] std::vector<PluginStatus> status() const;
  [[nodiscard]] std::vector<std::string> plugins() const;

 private:
  struct Entry {
    std::string fingerprint;  // of all that makes it what it is
    std::shared_ptr<PluginWorker> worker;
    std::shared_ptr<std::atomic<bool>> playing;
  };
  void watch();

  const PluginHooks hooks_;
  std::map<std::string, Entry, std::less<>> workers_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread watchdog_;  // last: it uses everything above
};

}  // namespace midimon::plugins
