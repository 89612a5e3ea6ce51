#include "wasm/engine.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <wasmtime.h>

#include <algorithm>

namespace midimon::wasm {
namespace {

constexpr std::uint64_t kGiB = 1024ULL * 1024 * 1024;

// Every memory has 4 GiB reserved and a guard behind it, so that generated code needs no bounds
// checks; more of the pool's slots would cost address space only.
constexpr std::uint64_t kReservation = 4 * kGiB;
constexpr std::uint64_t kGuard = 32ULL * 1024 * 1024;

constexpr std::uint32_t kMaxTables = 4;     // of one module
constexpr std::uint32_t kMaxPool = 10'000;  // 40 TiB of address space

// What an instance may keep resident when it is returned to the pool: cleared by memset, which for
// the few pages a press touches is cheaper than giving them back to the kernel.
constexpr std::size_t kKeepResident = 128ULL * 1024;

// The engine aborts the process if it cannot reserve its pool, so we look first whether it can.
bool can_reserve(std::uint64_t bytes) {
  void* probe =
      ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  ::munmap(probe, bytes);
  return true;
}

void configure_pool(wasm_config_t* config, const EngineOptions& options) {
  wasmtime_pooling_allocation_config_t* pool = wasmtime_pooling_allocation_config_new();
  wasmtime_pooling_allocation_config_total_core_instances_set(pool, options.pool_size);
  wasmtime_pooling_allocation_config_total_memories_set(pool, options.pool_size);
  wasmtime_pooling_allocation_config_total_tables_set(pool, options.pool_size * kMaxTables);
  wasmtime_pooling_allocation_config_max_tables_per_module_set(pool, kMaxTables);
  wasmtime_pooling_allocation_config_max_memories_per_module_set(pool, 1);
  wasmtime_pooling_allocation_config_table_elements_set(pool, options.pool_table_elements);
  wasmtime_pooling_allocation_config_max_memory_size_set(pool, kReservation);
  wasmtime_pooling_allocation_config_max_core_instance_size_set(pool, 4ULL * 1024 * 1024);
  wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool, options.pool_size);
  wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, kKeepResident);
  wasmtime_pooling_allocation_config_table_keep_resident_set(pool, 16ULL * 1024);
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
}

}  // namespace

void Engine::Delete::operator()(wasm_engine_t* engine) const {
  wasm_engine_delete(engine);
}

std::unique_ptr<Engine> Engine::create(const EngineOptions& options) {
  wasm_config_t* config = wasm_config_new();
  wasmtime_config_consume_fuel_set(config, options.fuel);
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_max_wasm_stack_set(config, options.max_stack_bytes);
  wasmtime_config_cranelift_opt_level_set(config, WASMTIME_OPT_LEVEL_SPEED);
  wasmtime_config_native_unwind_info_set(config, false);
  wasmtime_config_memory_may_move_set(config, false);
  wasmtime_config_memory_reservation_set(config, kReservation);
  wasmtime_config_memory_guard_size_set(config, kGuard);
  wasmtime_config_memory_init_cow_set(config, true);
  // What wasm32-wasip1 toolchains emit, and no more: a smaller language is a smaller surface.
  wasmtime_config_wasm_multi_memory_set(config, false);
  wasmtime_config_wasm_memory64_set(config, false);
  wasmtime_config_wasm_gc_set(config, false);
  wasmtime_config_wasm_function_references_set(config, false);
  wasmtime_config_wasm_relaxed_simd_set(config, false);
  wasmtime_config_wasm_exceptions_set(config, false);
  wasmtime_config_shared_memory_set(config, false);

  std::unique_ptr<Engine> engine(new Engine);
  engine->options_ = options;
  engine->options_.pool_size = std::min(options.pool_size, kMaxPool);
  engine->pools_ =
      options.pooling && can_reserve((engine->options_.pool_size + 1ULL) * (kReservation + kGuard));
  if (engine->pools_) configure_pool(config, engine->options_);
  engine->engine_.reset(wasm_engine_new_with_config(config));
  engine->ticker_ = std::make_unique<Ticker>([raw = engine.get()] { raw->tick(); });
  return engine;
}

Engine::~Engine() {
  ticker_.reset();
}

std::string Engine::code_settings() const {
  return fmt::format("fuel={} memory={}+{}", options_.fuel, kReservation, kGuard);
}

std::string_view engine_version() {
  return WASMTIME_VERSION;
}

std::string engine_build() {
  return WASMTIME_VERSION " " MIDIMON_ENGINE_BUILD;
}

void Engine::tick() const {
  wasmtime_engine_increment_epoch(engine_.get());
}

}  // namespace midimon::wasm
