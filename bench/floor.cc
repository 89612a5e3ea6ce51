#include "bench/floor.h"

#include <wasmtime.h>

#include <array>
#include <cstdlib>

#include "wasm/engine.h"

namespace midimon::bench {
namespace {

constexpr std::uint64_t kFuel = 100'000'000;

// A floor that fails has nothing to say.
void check(wasmtime_error_t* error, wasm_trap_t* trap = nullptr) {
  if (error != nullptr || trap != nullptr) std::abort();
}

const std::uint8_t* octets(const void* bytes) {
  return static_cast<const std::uint8_t*>(bytes);
}

}  // namespace

struct Floor::Parts {
  std::vector<std::byte> wasm;
  wasm_byte_vec_t compiled{};
  std::unique_ptr<wasm::Engine> engine = wasm::Engine::create();
  wasmtime_module_t* module = nullptr;
  wasmtime_linker_t* linker = nullptr;
  wasmtime_instance_pre_t* pre = nullptr;
  wasmtime_store_t* store = nullptr;
  wasmtime_context_t* context = nullptr;
  wasmtime_func_t alloc{};
  wasmtime_func_t dealloc{};
  wasmtime_func_t execute{};

  wasmtime_func_t function(const wasmtime_instance_t& instance, const char* name,
                           std::size_t size) {
    wasmtime_extern_t item;
    if (!wasmtime_instance_export_get(context, &instance, name, size, &item)) std::abort();
    return item.of.func;
  }

  void run(const wasmtime_func_t& function, std::array<wasmtime_val_raw_t, 2> values,
           std::size_t count) {
    wasm_trap_t* trap = nullptr;
    check(wasmtime_func_call_unchecked(context, &function, values.data(), count, &trap), trap);
  }
};

Floor::Floor(std::span<const std::byte> wasm) : parts_(std::make_unique<Parts>()) {
  Parts& p = *parts_;
  p.wasm.assign(wasm.begin(), wasm.end());
  check(wasmtime_module_new(p.engine->get(), octets(wasm.data()), wasm.size(), &p.module));
  check(wasmtime_module_serialize(p.module, &p.compiled));
  p.linker = wasmtime_linker_new(p.engine->get());
  check(wasmtime_linker_define_unknown_imports_as_traps(p.linker, p.module));
  check(wasmtime_linker_instantiate_pre(p.linker, p.module, &p.pre));
}

Floor::~Floor() {
  drop();
  wasmtime_instance_pre_delete(parts_->pre);
  wasmtime_linker_delete(parts_->linker);
  wasmtime_module_delete(parts_->module);
  wasm_byte_vec_delete(&parts_->compiled);
}

void Floor::compile() {
  wasmtime_module_t* module = nullptr;
  check(wasmtime_module_new(parts_->engine->get(), octets(parts_->wasm.data()), parts_->wasm.size(),
                            &module));
  wasmtime_module_delete(module);
}

void Floor::deserialize() {
  wasmtime_module_t* module = nullptr;
  check(wasmtime_module_deserialize(parts_->engine->get(), octets(parts_->compiled.data),
                                    parts_->compiled.size, &module));
  wasmtime_module_delete(module);
}

void Floor::instantiate() {
  Parts& p = *parts_;
  p.store = wasmtime_store_new(p.engine->get(), nullptr, nullptr);
  p.context = wasmtime_store_context(p.store);
  check(wasmtime_context_set_fuel(p.context, kFuel));
  wasmtime_context_set_epoch_deadline(p.context, 1'000'000);
  wasmtime_instance_t instance;
  wasm_trap_t* trap = nullptr;
  check(wasmtime_instance_pre_instantiate(p.pre, p.context, &instance, &trap), trap);
  p.alloc = p.function(instance, "alloc", 5);
  p.dealloc = p.function(instance, "dealloc", 7);
  p.execute = p.function(instance, "execute", 7);
}

void Floor::call() {
  Parts& p = *parts_;
  wasmtime_val_raw_t address{};
  address.i32 = 1024;
  wasmtime_val_raw_t length{};
  length.i32 = 100;
  p.run(p.alloc, {length, {}}, 1);
  p.run(p.execute, {address, length}, 2);
  p.run(p.dealloc, {address, length}, 2);
}

void Floor::drop() {
  if (parts_->store != nullptr) wasmtime_store_delete(parts_->store);
  parts_->store = nullptr;
}

}  // namespace midimon::bench
