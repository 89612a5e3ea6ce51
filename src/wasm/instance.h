// The Instance class is one running guest: its memory, its fuel and its limits. Not thread-safe,
// but it may move between threads from call to call. Whoever calls it needs 1 MiB of stack.
//
// An instance that stopped before it returned is in an unknown state and refuses to be called
// again.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "wasm/budget.h"
#include "wasm/engine.h"
#include "wasm/module.h"
#include "wasm/store_limits.h"

struct wasmtime_context;
struct wasmtime_error;
struct wasm_trap_t;

namespace midimon::wasm {

// What one call may use. Fuel is ignored by an engine that does not count it.
struct CallLimits {
  std::uint64_t fuel = UINT64_MAX;
  Nanos deadline = Nanos::max();  // on the monotonic clock
  const CancelSource* cancel = nullptr;
};

struct InstanceLimits {
  std::uint64_t max_memory_bytes = UINT64_MAX;
  std::uint64_t max_table_elements = UINT64_MAX;
};

// The contexts that host functions get, in the order of the linker's modules.
using Contexts = std::array<void*, Linker::kMaxModules>;

class Instance {
 public:
  // A function that the guest exports. Valid as long as the instance.
  class Function {
   public:
    Function() = default;

   private:
    friend class Instance;
    std::uint64_t store_ = 0;
    void* function_ = nullptr;
  };

  // Makes the store; no guest code runs yet. `engine`, `program` and what `contexts` point to
  // outlive the instance.
  Instance(Engine& engine, const Program& program, const InstanceLimits& limits,
           const Contexts& contexts);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Opens the budget that everything up to end() shares.
  void begin(const CallLimits& limits);
  // Closes it. Answers why the guest stopped, if it did.
  Stop end();

  // Between begin() and end(). Each is true where the guest came to its end, and does nothing once
  // the guest has stopped.
  //
  // Instantiates the module, which runs its start function. Once, before all else.
  bool start();
  // Calls `function`. `values` holds the arguments and has room for the results, which replace
  // them.
  bool call(const Function& function, std::span<RawValue> values);

  // The exported function `name`; none if there is no function of that name, or start() failed.
  std::optional<Function> function(std::string_view name);

  // The exported memory, as it is now; empty if there is none.
  [[nodiscard]] GuestMemory memory() const;

  // What was left of the fuel at end(); 0 where fuel is not counted.
  [[nodiscard]] std::uint64_t fuel_left() const { return fuel_left_; }
  [[nodiscard]] std::uint64_t memory_peak_bytes() const;
  // The size in bytes that the guest asked for since begin() and did not get; 0 if it got it all.
  [[nodiscard]] std::uint64_t memory_refused_bytes() const;

  // False once the guest stopped before it returned.
  [[nodiscard]] bool usable() const { return usable_; }

  struct State;  // for the trampoline alone

 private:
  // Keeps what the engine says; true if it says nothing.
  bool conclude(wasmtime_error* error, wasm_trap_t* trap);

  std::unique_ptr<State> state_;
  std::uint64_t fuel_left_ = 0;
  bool usable_ = true;
};

}  // namespace midimon::wasm
