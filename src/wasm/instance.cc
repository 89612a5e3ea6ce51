#include "wasm/instance.h"

#include <wasmtime.h>

#include <algorithm>
#include <exception>
#include <string>

#include "base/text.h"
#include "wasm/engine_error.h"
#include "wasm/trampoline.h"

static_assert(sizeof(midimon::wasm::RawValue) == sizeof(wasmtime_val_raw_t));

namespace midimon::wasm {
namespace {

constexpr std::string_view kStopMessage = "the host ended the call";

wasm_trap_t* new_stop_trap() {
  return wasmtime_trap_new(kStopMessage.data(), kStopMessage.size());
}

}  // namespace

struct Instance::State {
  Engine* engine = nullptr;
  const Program* program = nullptr;
  wasmtime_store_t* store = nullptr;
  wasmtime_context_t* context = nullptr;
  StoreLimits limits;
  Budget budget;
  Contexts contexts{};
  wasmtime_instance_t instance{};
  bool started = false;
  bool begun = false;  // between begin() and end(): the ticket is armed
  std::optional<wasmtime_memory_t> memory;

  [[nodiscard]] GuestMemory view() const {
    if (!memory) return {};
    return {reinterpret_cast<std::byte*>(wasmtime_memory_data(context, &*memory)),
            wasmtime_memory_data_size(context, &*memory)};
  }

  // What is left of the fuel; 0 where it is not counted.
  [[nodiscard]] std::uint64_t fuel() const {
    std::uint64_t left = 0;
    if (!engine->options().fuel) return left;
    if (wasmtime_error_t* error = wasmtime_context_get_fuel(context, &left)) {
      wasmtime_error_delete(error);
    }
    return left;
  }

  void set_fuel(std::uint64_t fuel) {
    if (!engine->options().fuel) return;
    if (wasmtime_error_t* error = wasmtime_context_set_fuel(context, fuel)) {
      wasmtime_error_delete(error);
    }
  }

  static bool settle(Budget& budget, void* instance) {
    auto* state = static_cast<State*>(instance);
    const std::uint64_t owed = std::exchange(budget.owed_, 0);
    const std::uint64_t left = state->fuel();
    const bool enough = left >= owed;
    state->set_fuel(enough ? left - owed : 0);
    return enough;
  }

  // Whether the call must end now, and if so, why.
  bool must_stop() {
    if (!budget.is_over()) return false;
    budget.stop(budget.ticket_.expired() ? StopReason::deadline : StopReason::cancelled);
    return true;
  }

  static wasmtime_error_t* on_epoch(wasmtime_context_t* /*context*/, void* data,
                                    std::uint64_t* delta, wasmtime_update_deadline_kind_t* kind) {
    auto* state = static_cast<State*>(data);
    if (state->must_stop()) return wasmtime_error_new(kStopMessage.data());
    *delta = 1;
    *kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    return nullptr;
  }

  // The memory is looked up when it is first needed: a start function may call the host before
  // instantiation has returned.
  void find_memory(wasmtime_caller_t* caller) {
    wasmtime_extern_t item;
    if (!wasmtime_caller_export_get(caller, "memory", 6, &item)) return;
    if (item.kind == WASMTIME_EXTERN_MEMORY) {
      memory = item.of.memory;
    } else {
      wasmtime_extern_delete(&item);
    }
  }

  wasm_trap_t* call_host(const HostBinding& binding, RawValue* values) {
    HostCall call{view(), budget};
    binding.function->invoke(contexts[binding.slot], call, values);
    return must_stop() ? new_stop_trap() : nullptr;
  }

  static wasm_trap_t* enter(void* env, wasmtime_caller_t* caller, wasmtime_val_raw_t* values) {
    auto* state = static_cast<State*>(wasmtime_context_get_data(wasmtime_caller_context(caller)));
    if (!state->memory) state->find_memory(caller);
    try {
      return state->call_host(*static_cast<const HostBinding*>(env),
                              reinterpret_cast<RawValue*>(values));
    } catch (const std::exception& e) {
      // Only the host running out of memory gets here; it must not unwind through the guest.
      state->budget.stop(StopReason::unavailable, 0, e.what());
      return new_stop_trap();
    }
  }

  friend wasm_trap_t* call_host_function(void*, wasmtime_caller_t*, wasmtime_val_raw_t*,
                                         std::size_t);
};

Instance::Instance(Engine& engine, const Program& program, const InstanceLimits& limits,
                   const Contexts& contexts)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.engine = &engine;
  state.program = &program;
  state.contexts = contexts;
  state.limits.max_memory_bytes = limits.max_memory_bytes;
  state.limits.max_table_elements = limits.max_table_elements;
  state.store = wasmtime_store_new(engine.get(), &state, nullptr);
  state.context = wasmtime_store_context(state.store);
  if (engine.options().fuel) state.budget.settle_ = &State::settle;
  state.budget.instance_ = &state;
  midimon_store_set_limits(state.store, &state.limits);
  wasmtime_store_epoch_deadline_callback(state.store, &State::on_epoch, &state, nullptr);
}

Instance::~Instance() {
  wasmtime_store_delete(state_->store);
}

void Instance::begin(const CallLimits& limits) {
  State& state = *state_;
  state.limits.memory_refused_bytes = 0;
  state.limits.table_refused_elements = 0;
  state.budget.owed_ = 0;
  state.budget.stop_ = {};
  state.budget.deadline_ = limits.deadline;
  state.budget.cancel_ = limits.cancel;
  state.set_fuel(limits.fuel);
  // Before arming: every tick that follows from the ticket is then seen by the guest.
  wasmtime_context_set_epoch_deadline(state.context, 1);
  state.engine->ticker().arm(state.budget.ticket_, limits.deadline);
  state.begun = true;
}

Stop Instance::end() {
  State& state = *state_;
  state.engine->ticker().disarm(state.budget.ticket_);
  state.begun = false;
  if (state.engine->options().fuel && !State::settle(state.budget, &state)) {
    state.budget.stop(StopReason::fuel);
  }
  fuel_left_ = state.fuel();
  Stop stop = std::move(state.budget.stop_);
  if (stop.reason == StopReason::trapped && state.limits.memory_refused_bytes > 0) {
    stop.reason = StopReason::memory;
  }
  if (!stop.returned()) usable_ = false;
  return stop;
}

bool Instance::conclude(wasmtime_error* error, wasm_trap_t* trap) {
  if (trap == nullptr && error == nullptr) return true;
  Stop stop = trap != nullptr ? take_stop(trap) : take_stop(error);
  // Where a host function ended the guest, the trap is ours and its reason is already known.
  state_->budget.stop(stop.reason, stop.exit_code, std::move(stop.message));
  return false;
}

bool Instance::start() {
  State& state = *state_;
  if (state.must_stop()) return false;
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* error = wasmtime_instance_pre_instantiate(state.program->get(), state.context,
                                                              &state.instance, &trap);
  // An error that is not a trap is not the guest's doing, but for limits it asks too much of.
  const bool refused =
      state.limits.memory_refused_bytes > 0 || state.limits.table_refused_elements > 0;
  if (error != nullptr && trap == nullptr && !refused) {
    state.budget.stop(StopReason::unavailable, 0, escape_line(take_message(error)));
    return false;
  }
  if (!conclude(error, trap)) return false;
  state.started = true;
  if (!state.memory) {
    wasmtime_extern_t item;
    if (wasmtime_instance_export_get(state.context, &state.instance, "memory", 6, &item)) {
      if (item.kind == WASMTIME_EXTERN_MEMORY) state.memory = item.of.memory;
    }
  }
  return true;
}

std::optional<Instance::Function> Instance::function(std::string_view name) {
  if (!state_->started) return {};  // there is no instance to look into
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(state_->context, &state_->instance, name.data(), name.size(),
                                    &item)) {
    return {};
  }
  if (item.kind != WASMTIME_EXTERN_FUNC) {
    wasmtime_extern_delete(&item);
    return {};
  }
  Function function;
  function.store_ = item.of.func.store_id;
  function.function_ = item.of.func.__private;
  return function;
}

bool Instance::call(const Function& function, std::span<RawValue> values) {
  State& state = *state_;
  if (!usable_) {
    state.budget.stop(StopReason::unavailable, 0, "the guest stopped before and is not used again");
  }
  if (state.must_stop()) return false;
  const wasmtime_func_t raw{function.store_, function.function_};
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* error = wasmtime_func_call_unchecked(
      state.context, &raw, reinterpret_cast<wasmtime_val_raw_t*>(values.data()), values.size(),
      &trap);
  return conclude(error, trap);
}

GuestMemory Instance::memory() const {
  return state_->view();
}
std::uint64_t Instance::memory_peak_bytes() const {
  return state_->limits.memory_peak_bytes;
}
std::uint64_t Instance::memory_refused_bytes() const {
  return state_->limits.memory_refused_bytes;
}

extern "C" wasm_trap_t* call_host_function(void* env, wasmtime_caller_t* caller,
                                           wasmtime_val_raw_t* values, std::size_t /*count*/) {
  return Instance::State::enter(env, caller, values);
}

}  // namespace midimon::wasm
