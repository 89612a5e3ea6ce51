// What the tests of the obs plugin share: the plugin in a runtime of its own, called as often as
// one likes with its session going on.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "plugins/plugin_host.h"
#include "plugins/runtime.h"
#include "plugins/test_support.h"
#include "secrets/open_store.h"

namespace midimon::testing {

inline const std::string kObsPassword = "a-test-password";

// What became of a call, with its JSON read.
struct Called {
  Outcome outcome = Outcome::failed;
  int code = 0;
  std::string message;
  nlohmann::json output;
  nlohmann::json state;  // what the pad shows
};

class ObsPlugin {
 public:
  // `settings` without host and port, which are those of `port`.
  explicit ObsPlugin(const std::string& port, nlohmann::json settings = nlohmann::json::object(),
                     bool files = true) {
    settings["port"] = std::stoi(port);
    WasmConfig config;
    config.signer = kSigner;
    config.settings_json = settings.dump();
    config.capabilities.push_back({CapabilityKind::network, {"ws://127.0.0.1:4455-4470"}, {}});
    if (files) config.capabilities.push_back({CapabilityKind::filesystem, {}, {}});
    plugin_.emplace(runtime_.load("obs", std::move(config)));
  }
  ObsPlugin(const ObsPlugin&) = delete;
  ObsPlugin& operator=(const ObsPlugin&) = delete;

  // As `midimon secret set obs password --readable` does.
  void store_password(const std::string& password = kObsPassword) {
    secrets::Secret secret{trust::SecretBytes(password.size()), secrets::Kind::readable};
    std::copy(password.begin(), password.end(), secret.value.data());
    const auto store = secrets::open_store(runtime_.get().parts().places);
    if (!store->set({"obs", kSigner}, "password", secret)) std::abort();
  }

  Called call(const std::string& action, const nlohmann::json& params = nlohmann::json::object()) {
    const auto checked = Params::from_json(params.dump());
    return told(
        on_a_thread([&] { return plugin_->execute({.action = action, .params = *checked}); }));
  }
  // The events that it has, and when it wants to be asked again, as its output.
  Called poll() {
    return told(on_a_thread([&] { return plugin_->poll(); }));
  }

  [[nodiscard]] const Metadata& metadata() const { return plugin_->metadata(); }
  [[nodiscard]] std::filesystem::path file(const std::string& path) const {
    return std::filesystem::path(plugin_->data_directory() + path);
  }

 private:
  inline static const std::string kSigner = "6F1C0A2B3C4D5E6F";

  // Confined, as the plugins' threads are.
  template <typename Run>
  CallResult on_a_thread(Run run) {
    CallResult result;
    std::thread([&] {
      if (const auto confined = plugin_->confine_thread(); !confined) {
        result.message = confined.error().message;
        return;
      }
      result = run();
    }).join();
    return result;
  }
  static Called told(const CallResult& result) {
    return {result.outcome, result.code, result.message,
            nlohmann::json::parse(result.output_json, nullptr, false),
            nlohmann::json::parse(result.state_json, nullptr, false)};
  }

  plugins::TestRuntime runtime_;
  std::optional<WasmPlugin> plugin_;
};

}  // namespace midimon::testing
