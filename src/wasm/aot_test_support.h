// What the tests of the cache of compiled code share: a place for it, and modules that say which
// one they are.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "wasm/aot_cache.h"
#include "wasm/cpu_features.h"
#include "wasm/instance.h"

namespace midimon::wasm::testing {

using Bytes = std::vector<std::byte>;

inline Engine& shared_engine(bool fuel = true) {
  const auto make = [](bool counts) {
    EngineOptions options;
    options.fuel = counts;
    options.pooling = false;
    return Engine::create(options);
  };
  static const std::unique_ptr<Engine> with = make(true);
  static const std::unique_ptr<Engine> without = make(false);
  return fuel ? *with : *without;
}

// A module whose `run` answers `number`, with `more` functions that nobody calls.
inline Bytes module_that_answers(int number, int more = 0) {
  std::string wat =
      "(module (func (export \"run\") (result i32) i32.const " + std::to_string(number) + ")";
  for (int i = 0; i < more; ++i)
    wat += "(func (param i32) (result i32) local.get 0 i32.const " + std::to_string(i) +
           " i32.mul local.get 0 i32.rotl)";
  return wat_to_wasm(wat + ")").value();
}

inline Sha256 sha256_of(const Bytes& bytes) {
  Sha256 hash;
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size());
  return hash;
}

// What `run` answers.
inline int answer_of(Engine& engine, const Module& module) {
  const Linker linker(engine, {});
  const auto program = Program::link(linker, module);
  if (!program) return -1;
  Instance instance(engine, *program, {}, {});
  instance.begin({});
  RawValue value{};
  const bool ran = instance.start() && instance.call(*instance.function("run"), {&value, 1});
  return instance.end().returned() && ran ? value.i32 : -1;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// With the mode that an entry has.
inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  ::chmod(path.c_str(), 0600);
}

// A place for a cache that goes with it, and what it remarked.
class AotTest : public ::testing::Test {
 protected:
  AotTest() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-aot-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    options_.cache = (root_ / "cache").string();
    options_.state = (root_ / "state").string();
    options_.remark = [this](LogLevel, std::string_view text) {
      const std::lock_guard lock(mutex_);
      remarks_.emplace_back(text);
    };
  }
  ~AotTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  // What the module with `number` answers, by a cache that was opened for that alone.
  int ask(int number, bool fuel = true) {
    AotCache cache(options_);
    return ask(cache, number, fuel);
  }
  int ask(AotCache& cache, int number, bool fuel = true) {
    const Bytes wasm = module_that_answers(number);
    const auto module = cache.compile(shared_engine(fuel), wasm, sha256_of(wasm));
    found_ = cache.counts().found == 1;
    return module ? answer_of(shared_engine(fuel), *module) : -1;
  }
  // Whether the module was found the last time, and not compiled.
  [[nodiscard]] bool found() const { return found_; }

  [[nodiscard]] std::filesystem::path directory() const { return root_ / "cache" / "aot"; }
  [[nodiscard]] std::filesystem::path mac_key() const { return root_ / "state" / "aot.key"; }
  [[nodiscard]] std::vector<std::filesystem::path> entries() const {
    std::vector<std::filesystem::path> paths;
    for (const auto& item : std::filesystem::directory_iterator(directory()))
      paths.push_back(item.path());
    return paths;
  }
  // The entry of the module with `number`.
  [[nodiscard]] std::filesystem::path entry(int number, bool fuel = true) const {
    AotKey key;
    key.module = sha256_of(module_that_answers(number));
    key.settings = shared_engine(fuel).code_settings();
    key.cpu = cpu_features();
    return directory() / entry_name(key);
  }
  [[nodiscard]] std::vector<std::string> take_remarks() {
    const std::lock_guard lock(mutex_);
    return std::exchange(remarks_, {});
  }

  std::filesystem::path root_;
  AotCacheOptions options_;

 private:
  bool found_ = false;
  std::mutex mutex_;
  std::vector<std::string> remarks_;
};

}  // namespace midimon::wasm::testing
