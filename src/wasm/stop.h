// Why a guest stopped before it returned.
#pragma once

#include <string>

namespace midimon::wasm {

enum class StopReason {
  returned,     // it did not: it came to its end
  exited,       // proc_exit
  fuel,         // its fuel is used up
  deadline,     // its time is used up
  memory,       // it stopped after it was refused memory
  trapped,      // WebAssembly forbids what it did
  cancelled,    // the host called it back
  unavailable,  // the host had no room for it
};

struct Stop {
  StopReason reason = StopReason::returned;
  int exit_code = 0;    // of `exited`
  std::string message;  // of `trapped` and `unavailable`: what, and where in the guest

  [[nodiscard]] bool returned() const { return reason == StopReason::returned; }
};

}  // namespace midimon::wasm
