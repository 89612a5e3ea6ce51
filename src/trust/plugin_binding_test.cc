#include "trust/plugin_binding.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;

const std::string kHash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

std::string comment(const std::string& fields) {
  return "midimon-plugin 1 " + fields;
}

TEST(PluginBinding, IsOneLineThatCanBeReadAgain) {
  const auto binding =
      make_binding("scene-switch", "1.4.0-rc.1+b", digest_of(bytes_of("hello")).sha256);
  ASSERT_TRUE(binding) << error_of(binding);
  EXPECT_EQ(to_comment(*binding),
            "midimon-plugin 1 id=scene-switch version=1.4.0-rc.1+b sha256=" + kHash);
  const auto again = parse_binding(to_comment(*binding));
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(again->id, "scene-switch");
  EXPECT_EQ(again->version.text(), "1.4.0-rc.1+b");
  EXPECT_EQ(again->sha256, binding->sha256);
}

TEST(PluginBinding, FieldsMayStandInAnyOrderAndStrangeOnesMayBeMarkedHarmless) {
  EXPECT_TRUE(parse_binding(comment("sha256=" + kHash + " x-built=2026 version=1.0.0 id=a")));
}

TEST(PluginBinding, SaysWhatCannotBeBound) {
  EXPECT_THAT(error_of(make_binding("Scene Switch", "1.0.0", {})), HasSubstr("no plugin id"));
  EXPECT_THAT(error_of(make_binding("a", "1.0", {})), HasSubstr("no version"));
  EXPECT_THAT(error_of(make_binding("a b=c", "1.0.0", {})), HasSubstr("no plugin id"));
  EXPECT_THAT(error_of(make_binding("a\x1b[2J", "1.0.0", {})), HasSubstr("\\x1b"));
}

struct Wrong {
  std::string comment;
  std::string because;
};

class PluginBindingRefuses : public ::testing::TestWithParam<Wrong> {};

TEST_P(PluginBindingRefuses, WithTheReason) {
  EXPECT_THAT(error_of(parse_binding(GetParam().comment)), HasSubstr(GetParam().because));
}

const std::string kRest = " version=1.0.0 sha256=" + kHash;

INSTANTIATE_TEST_SUITE_P(
    Comments, PluginBindingRefuses,
    ::testing::Values(
        Wrong{"", "does not begin"}, Wrong{"timestamp:1\tfile:x", "does not begin"},
        Wrong{"midimon-plugin", "does not begin"}, Wrong{"Midimon-plugin 1 id=a", "does not begin"},
        Wrong{"midimon-plugin 1", "no fields"}, Wrong{"midimon-plugin 2 id=a" + kRest, "\"2\""},
        Wrong{"midimon-plugin 01 id=a" + kRest, "\"01\""},
        Wrong{"midimon-plugin  1 id=a" + kRest, "format is \"\""},
        Wrong{comment("id=a version=1.0.0"), "\"sha256\" is missing"},
        Wrong{comment("version=1.0.0 sha256=" + kHash), "\"id\" is missing"},
        Wrong{comment("id=a sha256=" + kHash), "\"version\" is missing"},
        Wrong{comment("id=a id=a" + kRest), "\"id\" is there twice"},
        Wrong{comment("id=a id=b" + kRest), "\"id\" is there twice"},
        Wrong{comment("x-n=1 x-n=1 id=a" + kRest), "\"x-n\" is there twice"},
        Wrong{comment("id=a until=2027" + kRest), "\"until\" that must be understood"},
        Wrong{comment("ID=a" + kRest), "\"ID\" that must be understood"},
        Wrong{comment("id= " + kRest), "no NAME=VALUE"}, Wrong{comment("id" + kRest), "no NAME"},
        Wrong{comment("id=a " + kRest), "no NAME=VALUE"},
        Wrong{comment("id=a" + kRest + " "), "space"},
        Wrong{comment("id=A" + kRest), "no plugin id"},
        Wrong{comment("id=../a" + kRest), "no plugin"},
        Wrong{comment("id=a\tb" + kRest), "no plugin id"},
        Wrong{comment("id=a version=1 sha256=" + kHash), "no version"},
        Wrong{comment("id=a version=1.0.0 sha256=" + kHash.substr(1)), "64 digits"},
        Wrong{comment("id=a version=1.0.0 sha256=" + kHash + "0"), "64 digits"},
        Wrong{comment("id=a version=1.0.0 sha256=G" + kHash.substr(1)), "64 digits"},
        Wrong{comment("id=a version=1.0.0 sha256=2CF" + kHash.substr(3)), "64 digits"}));

TEST(PluginBinding, HasABoundOnItsFields) {
  std::string fields = "id=a" + kRest;
  for (int i = 0; i < 40; ++i)
    fields += " x-" + std::to_string(i) + "=1";
  EXPECT_THAT(error_of(parse_binding(comment(fields))), HasSubstr("too many"));
}

TEST(Digest, IsThatOfTheStandards) {
  const Digest digest = digest_of(bytes_of("hello"));
  EXPECT_EQ(to_hex(digest.sha256), kHash);
  EXPECT_EQ(parse_sha256(kHash), digest.sha256);
  EXPECT_EQ(to_hex(digest.blake2b).substr(0, 32), "e4cfa39a3d37be31c59609e807970799");
}

}  // namespace
}  // namespace midimon::trust
