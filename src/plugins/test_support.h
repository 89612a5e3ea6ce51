// What the tests of this folder share: guests, and a runtime in a directory of its own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "midimon/plugin.h"

namespace midimon::plugins {

inline std::filesystem::path guest(const std::string& name) {
  return std::filesystem::path(MIDIMON_GUESTS) / (name + ".wasm");
}

// A runtime whose places lie in a directory that goes with it, and that keeps its log.
class TestRuntime {
 public:
  TestRuntime() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-test-XXXXXX").string();
    home_ = ::mkdtemp(name.data());
    RuntimeOptions options;
    options.home = home_.string();
    options.max_instances = 64;
    options.log = [this](int, std::string_view source, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.push_back(std::string(source) + ": " + std::string(line));
    };
    runtime_ = std::move(*Runtime::create(std::move(options)));
  }
  ~TestRuntime() {
    runtime_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(home_, ignored);
  }
  TestRuntime(const TestRuntime&) = delete;
  TestRuntime& operator=(const TestRuntime&) = delete;

  [[nodiscard]] Runtime& get() { return *runtime_; }
  [[nodiscard]] const std::filesystem::path& home() const { return home_; }
  [[nodiscard]] std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  // The plugin `name`, which must load.
  WasmPlugin load(const std::string& name, WasmConfig config = {}) {
    auto plugin = WasmPlugin::load(*runtime_, guest(name), std::move(config));
    if (!plugin) throw std::runtime_error(plugin.error().message);
    return std::move(*plugin);
  }

 private:
  std::filesystem::path home_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace midimon::plugins
