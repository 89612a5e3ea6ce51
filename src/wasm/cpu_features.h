// What the processor can do, as compiled code depends on it.
#pragma once

#include <string>

namespace midimon::wasm {

// A text that differs where the instructions differ that the engine may use: the architecture, and
// the words in which the processor and the kernel tell of them.
[[nodiscard]] std::string cpu_features();

}  // namespace midimon::wasm
