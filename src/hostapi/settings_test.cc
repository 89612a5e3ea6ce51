#include <gmock/gmock.h>

#include <map>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "hostapi/desktop_test_support.h"

namespace midimon::hostapi {
namespace {

using SettingsFunctions = HostFunctionsTest;

TEST_F(SettingsFunctions, ConfigGetGivesTheUsersSettings) {
  settings_ = R"({"host":"x"})";
  remake();
  EXPECT_EQ(call("config_get", {kOut, 3, kLength}), Answer::too_small);
  EXPECT_EQ(u32(kLength), settings_.size());
  EXPECT_EQ(call("config_get", {kOut, 100, kLength}), Answer::ok);
  EXPECT_EQ(out(), settings_);
  EXPECT_EQ(call("config_get", {kMemory, 1, kLength}), Answer::bad_text);
}

TEST_F(SettingsFunctions, AStateIsKeptUntilTheNextCall) {
  const std::string whole = R"({"color":"#fF0000","led":127,"state":"recording","text":"REC"})";
  EXPECT_EQ(call("set_state", {whole}), Answer::ok);
  EXPECT_EQ(context_->state(), whole);
  EXPECT_EQ(call("set_state", {"{}"}), Answer::ok);
  EXPECT_EQ(context_->state(), "{}");
  context_->reset();
  EXPECT_EQ(context_->state(), "");
}

TEST_F(SettingsFunctions, AStateThatIsNoneIsRefusedAndTheOneBeforeStays) {
  EXPECT_EQ(call("set_state", {R"({"led":1})"}), Answer::ok);
  const std::string long_text = R"({"text":")" + std::string(65, 'x') + "\"}";
  for (const std::string_view state : std::vector<std::string_view>{
           "", "[]", "5", R"({"led":128})", R"({"led":-1})", R"({"led":1.5})", R"({"led":"1"})",
           R"({"color":"red"})", R"({"color":"#12345g"})", R"({"color":"#1234567"})",
           R"({"other":1})", R"({"state":5})", "{\"text\":\"a\\nb\"}", "{\"text\":\"\\u202e\"}",
           R"({"text":{"a":{"b":1}}})", std::string_view(long_text)}) {
    EXPECT_EQ(call("set_state", {state}), Answer::invalid) << escape_line(state);
  }
  EXPECT_EQ(call("set_state", {kText, 1025}), Answer::too_large);
  EXPECT_EQ(context_->state(), R"({"led":1})");
  const std::string most = R"({"text":")" + [] {
    std::string text;
    for (int i = 0; i < 64; ++i)
      text += "ü";
    return text;
  }() + "\"}";
  EXPECT_EQ(call("set_state", {most}), Answer::ok);  // characters count, not bytes
}

class FakeSecrets final : public SecretSource {
 public:
  void use(std::string_view, std::string_view, Used done) override { done(std::nullopt); }
  void read(std::string_view plugin, std::string_view name, Read done) override {
    const auto found = stored.find(std::string(plugin) + "/" + std::string(name));
    if (found == stored.end()) return done(std::optional<trust::SecretBytes>());
    trust::SecretBytes bytes(found->second.size());
    std::copy(found->second.begin(), found->second.end(), bytes.data());
    done(std::optional(std::move(bytes)));
  }
  void store(std::string_view plugin, std::string_view name, std::string_view value,
             Stored done) override {
    if (!error.message.empty()) return done(tl::unexpected(error));
    stored[std::string(plugin) + "/" + std::string(name)] = value;
    done({});
  }
  std::map<std::string, std::string> stored;
  Error error;
};

TEST_F(SettingsFunctions, SecretsAreThePluginsOwn) {
  FakeSecrets secrets;
  secrets_ = &secrets;
  remake();
  EXPECT_EQ(call("secret_get", {"token", kOut, 100, kLength}), Answer::not_found);
  EXPECT_EQ(call("secret_set", {"token", "abc"}), Answer::ok);
  EXPECT_EQ(secrets.stored.at("obs/token"), "abc");
  EXPECT_EQ(call("secret_get", {"token", kOut, 2, kLength}), Answer::too_small);
  EXPECT_EQ(call("secret_get", {"token", kOut, 3, kLength}), Answer::ok);
  EXPECT_EQ(out(), "abc");
  secrets.error = {ErrorCode::denied, "The user stored it."};
  EXPECT_EQ(call("secret_set", {"token", "abc"}), Answer::not_granted);
  EXPECT_EQ(context_->last_error(), "The user stored it.");
  EXPECT_EQ(call("secret_set", {"token", kText, 16 * 1024 + 1}), Answer::too_large);
  EXPECT_EQ(call("secret_set", {kText, 65, kText, 1}), Answer::too_large);
  EXPECT_EQ(call("secret_get", {"token", kOut, 100, kLength + 1}), Answer::bad_text);
}

TEST_F(SettingsFunctions, WithoutAStoreOrANameThereAreNoSecrets) {
  EXPECT_EQ(call("secret_get", {"token", kOut, 100, kLength}), Answer::unavailable);
  FakeSecrets secrets;
  secrets.stored["/token"] = "x";
  secrets_ = &secrets;
  plugin_.clear();  // as in `init`
  remake();
  EXPECT_EQ(call("secret_get", {"token", kOut, 100, kLength}), Answer::unavailable);
  EXPECT_EQ(call("secret_set", {"token", "x"}), Answer::unavailable);
}

}  // namespace
}  // namespace midimon::hostapi
