// The way from generated code into a host function: one C function for all of them.
#pragma once

#include <wasmtime.h>

#include <cstddef>

#include "wasm/host_function.h"

namespace midimon::wasm {

// What the engine hands back on each call: which row, and which of the instance's contexts.
struct HostBinding {
  const HostFunction* function = nullptr;
  std::size_t slot = 0;
};

// `env` is a HostBinding; the store's data is an Instance::State.
extern "C" wasm_trap_t* call_host_function(void* env, wasmtime_caller_t* caller,
                                           wasmtime_val_raw_t* values, std::size_t count);

}  // namespace midimon::wasm
