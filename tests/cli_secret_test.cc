// midimon secret, as a user sees it, and what a plugin then gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class SecretCommand : public ::testing::Test {
 protected:
  [[nodiscard]] Finished midimon(const std::vector<std::string>& args,
                                 const std::string& input = {}) const {
    return run_midimon(scratch_, args, input);
  }
  [[nodiscard]] Finished set(const std::string& value,
                             const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"secret", "set", guest("asking"), "token"};
    args.insert(args.end(), more.begin(), more.end());
    return midimon(args, value);
  }
  [[nodiscard]] json run(const std::string& action) const {
    return json::parse(
        midimon({"plugin", "run", "--unsigned", "--json", guest("asking"), action}).out, nullptr,
        false);
  }
  [[nodiscard]] json list() const {
    return json::parse(midimon({"secret", "list", "asking", "--json"}).out, nullptr, false);
  }

  Scratch scratch_;
};

TEST_F(SecretCommand, AReadableOneReachesThePluginAndAnotherDoesNot) {
  const Finished hidden = set("s3cret\n");
  EXPECT_EQ(hidden.status, 0) << hidden.err;
  EXPECT_THAT(hidden.out, HasSubstr("does not see it"));
  EXPECT_THAT(run("secret_get")["message"], HasSubstr("[6]"));
  EXPECT_EQ(set("s3cret\n", {"--readable"}).status, 0);
  EXPECT_EQ(run("secret_get")["stdout"], "s3cret");
  EXPECT_EQ(list()[0]["kind"], "readable");
  EXPECT_EQ(list()[0]["bytes"], 6);
}

TEST_F(SecretCommand, NothingThatIsPrintedOrRecordedHasItInIt) {
  const std::string secret = "0123456789-s3cret";
  std::string all;
  const auto note = [&](const Finished& one) { all += one.out + one.err; };
  note(set(secret));
  note(set(secret, {"--readable"}));
  note(midimon({"secret", "list", "asking"}));
  note(midimon({"secret", "list", "asking", "--json"}));
  note(midimon({"plugin", "run", "--unsigned", guest("asking"), "secret_set"}));
  note(midimon({"audit", "query"}));
  note(midimon({"secret", "remove", guest("asking"), "token"}));
  EXPECT_THAT(all, HasSubstr("token"));
  EXPECT_THAT(all, Not(HasSubstr("s3cret")));
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(scratch_.path("home/state"))) {
    const std::string text = entry.is_regular_file() ? read_text(entry.path()) : "";
    EXPECT_THAT(text, Not(HasSubstr("s3cret"))) << entry.path();
  }
}

TEST_F(SecretCommand, ItIsRemovedByNameAndAllAtOnce) {
  EXPECT_EQ(set("x").status, 0);
  EXPECT_EQ(midimon({"secret", "remove", guest("asking"), "token"}).status, 0);
  EXPECT_EQ(list().size(), 0U);
  const Finished again = midimon({"secret", "remove", guest("asking"), "token"});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("midimon secret list asking"));
  EXPECT_EQ(set("x").status, 0);
  EXPECT_EQ(midimon({"secret", "remove", "asking", "--all"}).status, 0);
  EXPECT_EQ(list().size(), 0U);
}

TEST_F(SecretCommand, OneForSomeHostsSaysSo) {
  const Finished stored = set("s3cret", {"--only-to", "https://api.example.org"});
  EXPECT_EQ(stored.status, 0) << stored.err;
  EXPECT_THAT(stored.out, HasSubstr("into its requests to https://api.example.org and does not"));
  EXPECT_EQ(list()[0].value("only_to", ""), "https://api.example.org");
  EXPECT_THAT(midimon({"secret", "list", "asking"}).out,
              HasSubstr("only to https://api.example.org"));
  EXPECT_EQ(set("x", {"--only-to", "https://0x7f.1"}).status, 2);
  const Finished both = set("x", {"--only-to", "https://api.example.org", "--readable"});
  EXPECT_EQ(both.status, 2);
  EXPECT_THAT(both.err, HasSubstr("and not both"));
  EXPECT_EQ(set("x").status, 0);
  EXPECT_FALSE(list()[0].contains("only_to"));
}

TEST_F(SecretCommand, WhatIsNoSecretIsRefused) {
  EXPECT_EQ(set("").status, 2);
  EXPECT_EQ(set(std::string(16UL * 1024 + 1, 'x')).status, 2);
  EXPECT_EQ(set(std::string(16UL * 1024, 'x')).status, 0);
  EXPECT_EQ(midimon({"secret", "set", guest("asking"), "a b"}, "x").status, 2);
  EXPECT_EQ(midimon({"secret", "set", "nobody", "token"}, "x").status, 2);
  EXPECT_EQ(midimon({"secret", "list", "../asking"}).status, 2);
}

}  // namespace
}  // namespace midimon::testing
