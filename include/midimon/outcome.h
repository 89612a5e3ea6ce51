// What became of a call into a plugin, or of another action of a profile. Untrusted code that fails
// is an outcome, not an error.
#pragma once

#include <string_view>

namespace midimon {

enum class Outcome {
  ok,                 // the plugin returned 0
  plugin_error,       // the plugin returned another code, or exited with a status that is not 0
  out_of_fuel,        // it used up max_fuel
  deadline_exceeded,  // it used up max_execution_time
  out_of_memory,      // it stopped after a growth beyond max_memory_bytes was refused
  trapped,            // it did what WebAssembly forbids, or broke the plugin ABI
  denied,             // it was not run: something it needs was not granted or may not be used
  cancelled,          // the host took the call back: a full queue, a shutdown, Ctrl-C
  failed,             // of what is no call: it could not be done, the message says why
};

// A stable name: "Ok", "PluginError", "OutOfFuel", "DeadlineExceeded", "OutOfMemory", "Trapped",
// "Denied", "Cancelled", "Failed".
[[nodiscard]] constexpr std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "Ok";
    case Outcome::plugin_error:
      return "PluginError";
    case Outcome::out_of_fuel:
      return "OutOfFuel";
    case Outcome::deadline_exceeded:
      return "DeadlineExceeded";
    case Outcome::out_of_memory:
      return "OutOfMemory";
    case Outcome::trapped:
      return "Trapped";
    case Outcome::denied:
      return "Denied";
    case Outcome::cancelled:
      return "Cancelled";
    case Outcome::failed:
      return "Failed";
  }
  return "Trapped";
}

}  // namespace midimon
