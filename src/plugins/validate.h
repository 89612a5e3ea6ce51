// Checks a module against the plugin ABI, before any of its code runs.
#pragma once

#include <span>

#include "midimon/config.h"
#include "midimon/result.h"
#include "wasm/module.h"

namespace midimon::plugins {

// Whether the bytes can be a module at all: size and magic number.
Result<void> check_bytes(std::span<const std::byte> wasm, const WasmConfig& config);

// Whether it has the exports of a plugin, imports only what `linker` has, and starts within its
// memory limit. The error names what is wrong and what the author can do.
Result<void> check_plugin(const wasm::Module& module, const wasm::Linker& linker,
                          const WasmConfig& config);

// Whether it has the export that a plugin of type "trigger" has besides.
Result<void> check_poll(const wasm::Module& module);

// The imports alone, which `exec` checks too.
Result<void> check_imports(const wasm::Module& module, const wasm::Linker& linker);

}  // namespace midimon::plugins
