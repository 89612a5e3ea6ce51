// The Sandbox class is one instance of a plugin with all that belongs to it: its WASI context, its
// host context and its captured output. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grants/permissions.h"
#include "hostapi/connection_pool.h"
#include "hostapi/context.h"
#include "hostapi/gate.h"
#include "hostapi/secret_source.h"
#include "midimon/config.h"
#include "plugins/runtime.h"
#include "vfs/quota.h"
#include "wasi/context.h"
#include "wasm/instance.h"

namespace midimon::plugins {

// What all sandboxes of one plugin share. Outlives them.
struct SandboxParts {
  Runtime::Parts& runtime;
  const wasm::Program& program;
  const WasmConfig& config;
  hostapi::LogBudget& log_budget;
  hostapi::LaunchBudget& launches;
  hostapi::Gate& gate;
  hostapi::ConnectionPool& connections;
  const std::string& log_source;
  hostapi::SecretSource* secrets = nullptr;  // set once its owner is known
};

// What a call may do and see. The directories and the quota outlive it.
struct Access {
  grants::Permissions permissions;
  grants::Permissions granted;  // what its user said, whatever the plugin asks for
  std::vector<wasi::Preopen> preopens;
  const vfs::Ledger* storage = nullptr;  // of the plugin's own directory; null without one
};

class Sandbox {
 public:
  Sandbox(const SandboxParts& parts, std::shared_ptr<const Access> access);

  // Instantiates the module and runs `_initialize`; false when the guest stopped in it, and then
  // finish() says why. What it spends is taken off the first call's budget.
  bool start();

  // Calls `init`; the metadata's JSON, none when it stopped or answered nonsense.
  std::optional<std::string> init();
  // Calls `poll`, if the plugin has it; the events' JSON, empty if there are none, nothing when it
  // stopped or answered nonsense.
  std::optional<std::string> poll();
  // Asks `alloc` for memory; its address, 0 for none, nothing when the guest stopped.
  std::optional<std::uint32_t> allocate(std::uint32_t size);
  // Calls `execute` with an address and a length that may be anything, `dealloc` with what `alloc`
  // gave; false when the guest stopped.
  std::optional<int> execute_at(std::uint32_t address, std::uint32_t length);
  bool deallocate(std::uint32_t address, std::uint32_t size);
  // Hands `request` to `execute`; its return code, none when it stopped.
  std::optional<int> execute(std::string_view request);

  // Opens and closes the budget of one call. Everything above happens in between.
  void begin();
  wasm::Stop finish();

  // False once it must be thrown away.
  [[nodiscard]] bool usable() const { return instance_.usable() && abi_error_.empty(); }
  // How the guest broke the plugin ABI; empty if it did not.
  [[nodiscard]] const std::string& abi_error() const { return abi_error_; }

  [[nodiscard]] const std::shared_ptr<const Access>& access() const { return access_; }
  [[nodiscard]] hostapi::Context& host() { return host_; }
  [[nodiscard]] wasi::CapturedOutput& out() { return out_; }
  [[nodiscard]] wasi::CapturedOutput& err() { return err_; }
  [[nodiscard]] std::uint64_t fuel_used() const { return fuel_used_; }
  [[nodiscard]] std::uint64_t memory_peak_bytes() const { return instance_.memory_peak_bytes(); }
  [[nodiscard]] std::uint64_t memory_refused_bytes() const {
    return instance_.memory_refused_bytes();
  }
  // Starts counting from the full budget again; for a sandbox that serves one call after another.
  void renew_budget();

 private:
  wasi::ContextOptions wasi_options();
  std::optional<std::string> text_of(std::string_view function, std::string_view what);

  const SandboxParts& parts_;
  std::shared_ptr<const Access> access_;
  wasi::EmptyInput in_;
  wasi::CapturedOutput out_;
  wasi::CapturedOutput err_;
  wasi::Context wasi_;
  hostapi::Context host_;
  wasm::Instance instance_;
  std::optional<wasm::Instance::Function> alloc_;
  std::optional<wasm::Instance::Function> dealloc_;
  std::optional<wasm::Instance::Function> execute_;
  std::string abi_error_;

  std::uint64_t fuel_left_;
  std::uint64_t fuel_used_ = 0;
  Nanos time_left_;
  Nanos began_{};
};

}  // namespace midimon::plugins
