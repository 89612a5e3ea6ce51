// The Engine class is the configured WebAssembly engine: one per process is enough, shared by all
// modules and threads. It compiles, owns the pool that instances are made in, and ticks their
// deadlines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "wasm/ticker.h"

struct wasm_engine_t;

namespace midimon::wasm {

struct EngineOptions {
  // Count fuel. Costs guests some speed; without it no call can run out of fuel.
  bool fuel = true;
  // Make instances in memory reserved once: 1.4 microseconds instead of 20 for a new one. Falls
  // back to reserving for each instance where the process has not enough address space (4 GiB for
  // each).
  bool pooling = true;
  std::uint32_t pool_size = 256;               // instances alive at the same time
  std::uint32_t pool_table_elements = 50'000;  // the largest table an instance in the pool may have
  std::size_t max_stack_bytes = 512 * 1024;    // of a guest, on the thread that calls it
};

class Engine {
 public:
  static std::unique_ptr<Engine> create(const EngineOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] wasm_engine_t* get() const { return engine_.get(); }
  [[nodiscard]] const EngineOptions& options() const { return options_; }
  // Whether instances come from the pool.
  [[nodiscard]] bool pools() const { return pools_; }

  // What of the options shapes compiled code. The rest is the same for every engine of this
  // program, and the engine itself compares all of it before it takes code for its own.
  [[nodiscard]] std::string code_settings() const;

  // Watches the deadlines of all calls. Thread-safe.
  [[nodiscard]] Ticker& ticker() { return *ticker_; }

  // Makes every running guest look whether it must end. Thread-safe and safe in a signal handler.
  void tick() const;

 private:
  struct Delete {
    void operator()(wasm_engine_t* engine) const;
  };
  Engine() = default;

  EngineOptions options_;
  bool pools_ = false;
  std::unique_ptr<wasm_engine_t, Delete> engine_;
  std::unique_ptr<Ticker> ticker_;
};

// The engine's own version, "48.0.8".
[[nodiscard]] std::string_view engine_version();
// The version, and a hash of the engine's library: compiled code is for this one only.
[[nodiscard]] std::string engine_build();

}  // namespace midimon::wasm
