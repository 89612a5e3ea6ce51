#include "plugins/sandbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "plugins/metadata.h"

namespace midimon::plugins {
namespace {

wasm::RawValue raw_i32(std::uint32_t value) {
  wasm::RawValue raw{};
  raw.i32 = static_cast<std::int32_t>(value);
  return raw;
}

std::uint32_t as_u32(const wasm::RawValue& raw) {
  return static_cast<std::uint32_t>(raw.i32);
}

// What the host offers to all, and the secrets of this one.
hostapi::Services services_of(const SandboxParts& parts) {
  hostapi::Services services = parts.runtime.services;
  services.secrets = parts.secrets;
  return services;
}

}  // namespace

Sandbox::Sandbox(const SandboxParts& parts, std::shared_ptr<const Access> access)
    : parts_(parts),
      access_(std::move(access)),
      out_(parts.config.max_captured_bytes),
      err_(parts.config.max_captured_bytes),
      wasi_(wasi_options()),
      host_({*parts.runtime.log, parts.log_budget, parts.launches, parts.runtime.clock,
             parts.log_source, parts.gate, access_->permissions, access_->granted, access_->storage,
             services_of(parts), &parts.connections, parts.config.settings_json}),
      instance_(*parts.runtime.engine, parts.program,
                {parts.config.max_memory_bytes, parts.config.max_table_elements}, {&wasi_, &host_}),
      fuel_left_(parts.config.max_fuel),
      time_left_(parts.config.max_execution_time) {}

wasi::ContextOptions Sandbox::wasi_options() {
  wasi::ContextOptions options;
  options.preopens = &access_->preopens;
  options.input = &in_;
  options.output = &out_;
  options.error = &err_;
  options.clock = &parts_.runtime.clock;
  if (parts_.runtime.guest_clock != nullptr) options.clock = parts_.runtime.guest_clock;
  options.max_open_files = parts_.config.max_open_files;
  return options;
}

void Sandbox::begin() {
  began_ = parts_.runtime.clock.monotonic();
  const Nanos rest = Nanos::max() - began_;
  instance_.begin({fuel_left_, began_ + std::min(time_left_, rest), &parts_.runtime.cancel});
}

wasm::Stop Sandbox::finish() {
  wasm::Stop stop = instance_.end();
  const std::uint64_t spent =
      stop.reason == wasm::StopReason::fuel ? fuel_left_ : fuel_left_ - instance_.fuel_left();
  fuel_used_ += spent;
  fuel_left_ -= spent;
  const Nanos took = parts_.runtime.clock.monotonic() - began_;
  time_left_ = std::max(time_left_ - took, Nanos{});
  return stop;
}

void Sandbox::renew_budget() {
  fuel_left_ = parts_.config.max_fuel;
  fuel_used_ = 0;
  time_left_ = parts_.config.max_execution_time;
}

bool Sandbox::start() {
  if (!instance_.start()) return false;
  if (const auto initialize = instance_.function("_initialize")) {
    if (!instance_.call(*initialize, {})) return false;
  }
  alloc_ = instance_.function("alloc");
  dealloc_ = instance_.function("dealloc");
  execute_ = instance_.function("execute");
  return true;
}

std::optional<std::string> Sandbox::init() {
  return text_of("init", "metadata");
}

std::optional<std::string> Sandbox::poll() {
  return text_of("poll", "events");
}

// What a function answers with a pointer and a length.
std::optional<std::string> Sandbox::text_of(std::string_view function, std::string_view what) {
  const auto found = instance_.function(function);
  std::array<wasm::RawValue, 1> values{};
  if (!found || !instance_.call(*found, values)) return {};
  const auto packed = static_cast<std::uint64_t>(values[0].i64);
  const auto address = static_cast<std::uint32_t>(packed >> 32);
  const auto length = static_cast<std::uint32_t>(packed);
  if (length > kMaxMetadataBytes) {
    abi_error_ =
        fmt::format("`{}` returned {} of {} bytes; it may have 64 KiB", function, what, length);
    return {};
  }
  if (!instance_.memory().contains(address, length)) {
    abi_error_ = fmt::format("`{}` returned {} outside its memory: {} bytes at {:#x}", function,
                             what, length, address);
    return {};
  }
  return std::string(instance_.memory().text(address, length));
}

std::optional<std::uint32_t> Sandbox::allocate(std::uint32_t size) {
  std::array<wasm::RawValue, 1> values = {raw_i32(size)};
  if (!instance_.call(*alloc_, values)) return {};
  return as_u32(values[0]);
}

std::optional<int> Sandbox::execute_at(std::uint32_t address, std::uint32_t length) {
  std::array<wasm::RawValue, 2> values = {raw_i32(address), raw_i32(length)};
  if (!instance_.call(*execute_, values)) return {};
  return values[0].i32;
}

bool Sandbox::deallocate(std::uint32_t address, std::uint32_t size) {
  std::array<wasm::RawValue, 2> values = {raw_i32(address), raw_i32(size)};
  return instance_.call(*dealloc_, values);
}

std::optional<int> Sandbox::execute(std::string_view request) {
  const auto length = static_cast<std::uint32_t>(request.size());
  const std::optional<std::uint32_t> allocated = allocate(length);
  if (!allocated) return {};
  const std::uint32_t address = *allocated;
  const auto bytes = instance_.memory().bytes(address, length);
  if (address == 0 || bytes.data() == nullptr) {
    abi_error_ =
        address == 0
            ? fmt::format("`alloc` returned 0 for {} bytes: the plugin has no memory left", length)
            : fmt::format("`alloc` returned {:#x}, where {} bytes are not inside its memory",
                          address, length);
    return {};
  }
  std::memcpy(bytes.data(), request.data(), length);
  const std::optional<int> code = execute_at(address, length);
  if (!code || !deallocate(address, length)) return {};
  return code;
}

}  // namespace midimon::plugins
