// The "midimon" import module: what plugins may call besides WASI.
#pragma once

#include "wasm/host_function.h"

namespace midimon::hostapi {

// Its functions expect a `Context*` as their context.
[[nodiscard]] wasm::ImportModule import_module();

}  // namespace midimon::hostapi
