// What happens to a module file before any of its code runs.
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fuzz/check.h"
#include "hostapi/table.h"
#include "plugins/validate.h"
#include "wasi/table.h"
#include "wasm/module.h"

namespace midimon::fuzz {
namespace {

// Made once: an engine is expensive.
struct Workshop {
  std::unique_ptr<wasm::Engine> engine = wasm::Engine::create({.pooling = false});
  std::vector<wasm::ImportModule> modules = {wasi::import_module(), hostapi::import_module()};
  wasm::Linker linker{*engine, modules};
};

void expect_told(const Error& error) {
  check(!error.message.empty(), "an error says something");
  check(is_safe_to_show(error.message, "\n"), "an error can be shown");
}

void examine(std::span<const std::byte> bytes) {
  static const Workshop workshop;
  const WasmConfig config;
  if (const auto checked = plugins::check_bytes(bytes, config); !checked) {
    return expect_told(checked.error());
  }
  const auto module = wasm::Module::compile(*workshop.engine, bytes);
  if (!module) return expect_told(module.error());
  if (const auto checked = plugins::check_plugin(*module, workshop.linker, config); !checked) {
    return expect_told(checked.error());
  }
  check(wasm::Program::link(workshop.linker, *module).has_value(),
        "a checked module can be linked");
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  midimon::fuzz::examine(std::as_bytes(std::span(data, size)));
  return 0;
}
