// What plugins reach outside of the sandbox, through the host functions, from threads that may open
// no file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

#include "hostapi/desktop_test_support.h"
#include "plugins/plugin_host.h"
#include "plugins/runtime.h"
#include "plugins/test_support.h"
#include "secrets/open_store.h"

namespace midimon::plugins {
namespace {

using ::testing::HasSubstr;

const std::string kSigner = "6F1C0A2B3C4D5E6F";

class ReachTest : public ::testing::Test {
 protected:
  ReachTest() : store_(secrets::open_store(runtime_.get().parts().places)) {}

  WasmPlugin load(WasmConfig config = {}) {
    if (config.signer.empty()) config.signer = kSigner;
    return runtime_.load("asking", std::move(config));
  }
  // On a thread that is confined, as the daemon has it.
  static CallResult call(WasmPlugin& plugin, const std::string& action) {
    CallResult result;
    std::thread([&] {
      const auto confined = plugin.confine_thread();
      EXPECT_TRUE(confined) << confined.error().message;
      result = plugin.execute({.action = action});
    }).join();
    return result;
  }
  void store(const std::string& text, secrets::Kind kind, const std::string& signer = kSigner) {
    secrets::Secret secret{trust::SecretBytes(text.size()), kind};
    std::copy(text.begin(), text.end(), secret.value.data());
    ASSERT_TRUE(store_->set({"asking", signer}, "token", secret));
  }

  TestRuntime runtime_;
  std::unique_ptr<secrets::Store> store_;
};

TEST_F(ReachTest, AReadableSecretReachesThePluginAndAHiddenOneDoesNot) {
  WasmPlugin plugin = load();
  EXPECT_THAT(call(plugin, "secret_get").message, HasSubstr("[6]"));
  store("s3cret", secrets::Kind::readable);
  EXPECT_EQ(call(plugin, "secret_get").out, "s3cret");
  store("s3cret", secrets::Kind::hidden);
  const CallResult hidden = call(plugin, "secret_get");
  EXPECT_THAT(hidden.message, HasSubstr("[6]"));
  EXPECT_EQ(hidden.out, "");
}

TEST_F(ReachTest, AnotherSignersPluginAndOneThatNobodyKnowsGetNone) {
  store("s3cret", secrets::Kind::readable);
  WasmConfig other;
  other.signer = "0000000000000001";
  WasmPlugin plugin = load(other);
  EXPECT_THAT(call(plugin, "secret_get").message, HasSubstr("[6]"));
  WasmPlugin unknown = runtime_.load("asking");
  EXPECT_THAT(call(unknown, "secret_get").message, HasSubstr("[10]"));
  EXPECT_THAT(call(unknown, "secret_set").message, HasSubstr("[10]"));
}

TEST_F(ReachTest, WhatAPluginStoresIsItsOwnAndTheUsersStays) {
  WasmPlugin plugin = load();
  EXPECT_EQ(call(plugin, "secret_set").outcome, Outcome::ok);
  EXPECT_EQ(call(plugin, "secret_get").out, "refreshed");
  EXPECT_EQ(store_->get({"asking", kSigner}, "token")->value().kind, secrets::Kind::own);
  store("user's", secrets::Kind::readable);
  EXPECT_THAT(call(plugin, "secret_set").message, HasSubstr("[3]"));
  EXPECT_EQ(call(plugin, "secret_get").out, "user's");
}

TEST_F(ReachTest, SettingsAreGivenAndCheckedWhenItIsLoaded) {
  WasmConfig config;
  config.settings_json = R"({"host":"a.example"})";
  WasmPlugin plugin = load(config);
  EXPECT_EQ(call(plugin, "config_get").out, config.settings_json);
  config.settings_json = R"({"hots":"a.example"})";
  const auto refused = WasmPlugin::load(runtime_.get(), guest("asking"), config);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("settings.hots: there is no such key"));
}

TEST_F(ReachTest, AStateIsHandedOutOfTheCallThatSetIt) {
  WasmPlugin plugin = load();
  EXPECT_EQ(call(plugin, "set_state").state_json, R"({"led":127,"state":"recording"})");
  EXPECT_EQ(call(plugin, "config_get").state_json, "");
}

TEST_F(ReachTest, WithoutAGrantItIsRefusedAndWithOneTheMachineIsAsked) {
  hostapi::FakeSystem system;
  hostapi::FakeDesktop desktop;
  runtime_.get().parts().services.system = &system;
  runtime_.get().parts().services.desktop = &desktop;
  {
    WasmPlugin plugin = load();
    for (const char* action : {"key_send", "notify", "clipboard_set", "app_list", "midi_send"})
      EXPECT_THAT(call(plugin, action).message, HasSubstr("[3]")) << action;
    EXPECT_TRUE(system.asked.empty());
    EXPECT_TRUE(desktop.asked.empty());
  }
  WasmConfig granted;
  for (const auto kind :
       {CapabilityKind::systemcontrol, CapabilityKind::audio, CapabilityKind::midi})
    granted.capabilities.push_back({kind, {}, {}});
  WasmPlugin plugin = load(granted);
  for (const char* action : {"key_send", "notify", "clipboard_set", "app_list", "midi_send"})
    EXPECT_EQ(call(plugin, action).outcome, Outcome::ok) << action;
  EXPECT_EQ(system.asked.size(), 1U);
  EXPECT_EQ(desktop.asked.size(), 5U);  // of MIDI first where to
}

TEST_F(ReachTest, WhatDoesNotAnswerEndsWithTheCallsTime) {
  hostapi::FakeDesktop desktop;
  desktop.answers = false;
  runtime_.get().parts().services.desktop = &desktop;
  WasmConfig config;
  config.capabilities = {{CapabilityKind::systemcontrol, {}, {}}};
  config.max_execution_time = std::chrono::milliseconds(100);
  WasmPlugin plugin = load(config);
  EXPECT_EQ(call(plugin, "app_list").outcome, Outcome::deadline_exceeded);
  EXPECT_TRUE(desktop.last_stop.stop_requested());
}

TEST_F(ReachTest, ACallThatIsCalledBackEndsWhileItWaits) {
  hostapi::FakeDesktop desktop;
  desktop.answers = false;
  runtime_.get().parts().services.desktop = &desktop;
  WasmConfig config;
  config.capabilities = {{CapabilityKind::systemcontrol, {}, {}}};
  config.max_execution_time = std::chrono::minutes(5);
  WasmPlugin plugin = load(config);
  CallResult result;
  std::thread caller([&] { result = plugin.execute({.action = "app_list"}); });
  runtime_.get().cancel();
  caller.join();
  EXPECT_EQ(result.outcome, Outcome::cancelled);
}

}  // namespace
}  // namespace midimon::plugins
