// WASI preview1 as an import module: 46 rows, each a host function that works on a Context.
#pragma once

#include "wasm/host_function.h"

namespace midimon::wasi {

// "wasi_snapshot_preview1". Its functions expect a `Context*` as their context.
[[nodiscard]] wasm::ImportModule import_module();

}  // namespace midimon::wasi
