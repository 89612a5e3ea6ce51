// The PluginHost class runs plugins for the MIDI side: each has a thread and a bounded queue of its
// own, so that a slow plugin delays only itself.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actions/plugin_caller.h"
#include "midimon/plugin.h"

namespace midimon::plugins {

class PluginHost final : public PluginCaller {
 public:
  static constexpr std::size_t kMaxQueued = 64;  // calls waiting for one plugin

  PluginHost();
  // Ends every call that runs or waits, as Outcome::cancelled, if the runtime was cancelled; waits
  // for them otherwise.
  ~PluginHost() override;

  // Adds a plugin under its id and starts its thread. Before the first call.
  void add(WasmPlugin plugin);

  // Thread-safe. A plugin that was not added: Outcome::denied. A full queue: Outcome::cancelled.
  void call(PluginCall call, std::function<void(PluginReport)> done) override;

 private:
  class Worker;
  std::map<std::string, std::unique_ptr<Worker>, std::less<>> workers_;
};

}  // namespace midimon::plugins
