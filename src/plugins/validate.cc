#include "plugins/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/text.h"

namespace midimon::plugins {
namespace {

using wasm::ExternKind;
using wasm::FunctionType;
using wasm::ValueType;

struct Required {
  std::string_view name;
  std::vector<ValueType> params;
  std::vector<ValueType> results;
};

const std::vector<Required>& required_functions() {
  static const std::vector<Required> list = {
      {"init", {}, {ValueType::i64}},
      {"alloc", {ValueType::i32}, {ValueType::i32}},
      {"dealloc", {ValueType::i32, ValueType::i32}, {}},
      {"execute", {ValueType::i32, ValueType::i32}, {ValueType::i32}},
  };
  return list;
}

std::string show(std::string_view name) {
  return escape_line(name.substr(0, 80));
}

Result<void> check_function(const wasm::Module& module, const Required& wanted) {
  const FunctionType type{wanted.params, wanted.results};
  const wasm::Export* found = module.find_export(wanted.name);
  if (found == nullptr) {
    const bool is_command = module.find_export("_start") != nullptr;
    return fail(
        ErrorCode::invalid,
        fmt::format("The module does not export `{}`, a function {}. {}", wanted.name,
                    to_string(type),
                    is_command ? "It exports `_start`, so it is a program and not a plugin: "
                                 "run it with `midimon exec`, or build it as a library "
                                 "(clang: -mexec-model=reactor)."
                               : "A plugin exports memory, init, alloc, dealloc and "
                                 "execute, one of type \"trigger\" also poll; docs/abi.md "
                                 "shows each."));
  }
  if (found->kind != ExternKind::function) {
    return fail(ErrorCode::invalid,
                fmt::format("The export `{}` is a {}; it must be a function {}.", wanted.name,
                            to_string(found->kind), to_string(type)));
  }
  if (found->function != type) {
    return fail(ErrorCode::invalid,
                fmt::format("The export `{}` has the type {}; it must be {}. Change its signature "
                            "as docs/abi.md shows it.",
                            wanted.name, to_string(found->function), to_string(type)));
  }
  return {};
}

Result<void> check_memory(const wasm::Module& module, const WasmConfig& config) {
  const wasm::Export* memory = module.find_export("memory");
  if (memory == nullptr || memory->kind != ExternKind::memory) {
    return fail(ErrorCode::invalid,
                "The module does not export its memory as `memory`. Linkers do so unless told not "
                "to (wasm-ld: no --import-memory).");
  }
  if (memory->memory_minimum_bytes > config.max_memory_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("The module needs {} MiB of memory to start, and may use {} MiB. Raise "
                            "max_memory_bytes (in a profile: limits = {{ memory = \"...\" }}), or "
                            "build it with a smaller initial memory (wasm-ld: --initial-memory).",
                            (memory->memory_minimum_bytes + (1U << 20) - 1) >> 20,
                            config.max_memory_bytes >> 20));
  }
  return {};
}

FunctionType type_of(const wasm::HostFunction& row) {
  FunctionType type;
  type.params.assign(row.params.begin(), row.params.begin() + static_cast<long>(row.param_count));
  if (row.has_result) type.results.push_back(row.result);
  return type;
}

// What to tell the author of a module that imports `item`, which we do not have.
std::string advice(const wasm::Import& item, const wasm::Linker& linker) {
  if (item.module == "wasi_unstable") {
    return "It was built for WASI preview0; rebuild it for wasm32-wasip1.";
  }
  if (item.module.starts_with("wasi:")) {
    return "It was built for WASI preview2, whose modules are components; build it for "
           "wasm32-wasip1.";
  }
  if (item.module == "env") {
    return "It was linked with undefined symbols (wasm-ld: --allow-undefined, or emscripten); link "
           "it against wasi-libc.";
  }
  for (const wasm::ImportModule& module : linker.modules()) {
    if (module.name != item.module) continue;
    return fmt::format(
        "This midimon does not have that function of `{}`; docs/abi.md lists those "
        "that it has.",
        item.module);
  }
  return "A plugin may import from wasi_snapshot_preview1 and midimon only.";
}

}  // namespace

Result<void> check_poll(const wasm::Module& module) {
  return check_function(module, {"poll", {}, {ValueType::i64}});
}

Result<void> check_bytes(std::span<const std::byte> wasm, const WasmConfig& config) {
  if (wasm.size() > config.max_module_bytes) {
    return fail(
        ErrorCode::limit,
        fmt::format("The module is {} MiB large, and may be {} MiB. Build it with "
                    "optimization and without debug information, or raise max_module_bytes.",
                    (wasm.size() + (1U << 20) - 1) >> 20, config.max_module_bytes >> 20));
  }
  static constexpr std::array<unsigned char, 4> kMagic = {0x00, 'a', 's', 'm'};
  const bool magic = wasm.size() >= 8 && std::memcmp(wasm.data(), kMagic.data(), 4) == 0;
  if (!magic) {
    return fail(ErrorCode::invalid,
                "This is not a WebAssembly module: it does not start with \"\\0asm\". A plugin is "
                "the .wasm file that the compiler writes, not its text form and not an archive.");
  }
  // Layer 0 is a module, layer 1 a component (component model, binary format).
  if (wasm[4] != std::byte{1} || wasm[6] != std::byte{0}) {
    return fail(ErrorCode::unsupported,
                wasm[6] == std::byte{1}
                    ? "This is a WebAssembly component; a plugin is a core module. Build it for "
                      "wasm32-wasip1."
                    : "This WebAssembly module has a version other than 1. Rebuild it with a "
                      "current toolchain.");
  }
  return {};
}

Result<void> check_imports(const wasm::Module& module, const wasm::Linker& linker) {
  for (const wasm::Import& item : module.imports()) {
    const wasm::HostFunction* row = linker.find(item.module, item.name);
    if (row == nullptr || item.kind != ExternKind::function) {
      return fail(ErrorCode::invalid,
                  fmt::format("The module imports the {} `{}` from `{}`, which there is not. {}",
                              to_string(item.kind), show(item.name), show(item.module),
                              advice(item, linker)));
    }
    if (item.function != type_of(*row)) {
      return fail(
          ErrorCode::invalid,
          fmt::format("The module imports `{}` from `{}` with the type {}; it has the type "
                      "{}. Declare it as docs/abi.md does.",
                      item.name, item.module, to_string(item.function), to_string(type_of(*row))));
    }
  }
  return {};
}

Result<void> check_plugin(const wasm::Module& module, const wasm::Linker& linker,
                          const WasmConfig& config) {
  if (Result<void> imports = check_imports(module, linker); !imports) return imports;
  const wasm::Export* initialize = module.find_export("_initialize");
  if (initialize != nullptr &&
      !(initialize->kind == ExternKind::function && initialize->function == FunctionType{})) {
    return fail(ErrorCode::invalid,
                "The export `_initialize` must be a function () -> (), as linkers make it.");
  }
  for (const Required& wanted : required_functions()) {
    if (Result<void> checked = check_function(module, wanted); !checked) return checked;
  }
  return check_memory(module, config);
}

}  // namespace midimon::plugins
