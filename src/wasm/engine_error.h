// Takes ownership of the engine's errors and traps and turns them into text and reasons.
#pragma once

#include <wasmtime.h>

#include <string>

#include "wasm/stop.h"

namespace midimon::wasm {

// The message of `error`, which is deleted.
std::string take_message(wasmtime_error_t* error);

// What `trap` means, with a backtrace that a person can read; `trap` is deleted.
Stop take_stop(wasm_trap_t* trap);
// The same for an error that ended a call; `error` is deleted.
Stop take_stop(wasmtime_error_t* error);

}  // namespace midimon::wasm
