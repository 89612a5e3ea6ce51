// What the tests of this folder share: a home of its own, keys, and plugins signed by them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/places.h"
#include "package/package.h"
#include "plugins/runtime.h"
#include "store/change.h"
#include "store/store.h"
#include "trust/keyring_file.h"
#include "trust/plugin_binding.h"
#include "trust/secret_key.h"
#include "trust/signature.h"

namespace midimon::store::testing {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The guest echo, which says that it is `version` (five characters).
inline std::string echo(const std::string& version = "1.0.0") {
  std::string bytes = read_file(std::filesystem::path(MIDIMON_GUESTS) / "echo.wasm");
  const std::string_view said = "\"version\":\"1.0.0\"";
  bytes.replace(bytes.find(said), said.size(), "\"version\":\"" + version + "\"");
  return bytes;
}

// The same module with another hash: a section that nobody reads is behind it.
inline std::string evil(std::string module) {
  return module + std::string("\0\x05\x04", 3) + "evil";
}

inline std::string sign(const trust::SecretKey& key, const std::string& module,
                        const std::string& version = "1.0.0", const std::string& id = "echo") {
  const std::span bytes(reinterpret_cast<const std::byte*>(module.data()), module.size());
  const auto binding = trust::make_binding(id, version, trust::digest_of(bytes).sha256).value();
  return trust::to_file(key.sign(bytes, trust::to_comment(binding)).value());
}

// A home that goes with it, and two keys that nobody knows yet.
class Home : public ::testing::Test {
 protected:
  Home() {
    std::string name = (directory() / "midimon-store-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    places_ = find_places(Platform::linux, [this](const std::string& variable) {
                return variable == "MIDIMON_HOME" ? std::optional(root_.string()) : std::nullopt;
              }).value();
  }
  ~Home() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  // In memory, where syncing costs nothing: what a kill leaves is the same there.
  static std::filesystem::path directory() {
    return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
  }
  void trust(const trust::SecretKey& key, const std::string& plugin) const {
    const auto done = trust::update_keyring(trust::keyring_path(places_), [&](auto& keyring) {
      return keyring.trust(
          {"a key", key.public_key(), trust::TrustOrigin::pinned, {}, {plugin}, false, {}});
    });
    EXPECT_TRUE(done) << done.error().message;
  }
  void revoke(const trust::SecretKey& key) const {
    const auto done = trust::update_keyring(trust::keyring_path(places_), [&](auto& keyring) {
      return keyring.revoke(key.public_key(), "a key", {{}, "It was stolen."});
    });
    EXPECT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] std::filesystem::path stored(const std::string& name) const {
    return std::filesystem::path(places_.data) / "plugins" / name;
  }

  std::filesystem::path root_;
  Places places_;
  trust::SecretKey anna_ = trust::SecretKey::generate();
  trust::SecretKey ben_ = trust::SecretKey::generate();
};

// One in which plugins can be run, and which keeps what the audit is told.
class RunningHome : public Home {
 protected:
  RunningHome() {
    RuntimeOptions options;
    options.home = root_.string();
    options.max_instances = 16;
    options.on_file_event = [this](const FileEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::string(event.event) + " " + std::string(event.plugin) + " " +
                        std::string(event.detail));
    };
    runtime_ = std::move(Runtime::create(std::move(options)).value());
  }

  // What was recorded so far: event, plugin and detail.
  std::vector<std::string> events() {
    runtime_->parts().recorder->flush();
    const std::lock_guard lock(mutex_);
    return events_;
  }

  std::mutex mutex_;
  std::vector<std::string> events_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace midimon::store::testing
