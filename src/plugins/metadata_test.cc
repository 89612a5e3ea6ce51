#include "plugins/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseMetadata, ReadsAllFields) {
  const auto metadata = parse_metadata(R"({
    "name": "obs", "version": "2.1.0", "description": "d", "author": "a", "license": "MIT",
    "homepage": "https://example.org", "type": "trigger", "lifetime": "session",
    "capabilities": ["midi", {"kind": "network", "allow": ["ws://127.0.0.1:4455"], "reason": "r"}],
    "actions": [{"id": "x", "label": "X", "description": "does x", "params": {"type": "object"}}]
  })");
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_EQ(metadata->name, "obs");
  EXPECT_EQ(metadata->homepage, "https://example.org");
  EXPECT_EQ(metadata->type, Metadata::Type::trigger);
  EXPECT_EQ(metadata->lifetime, Metadata::Lifetime::session);
  ASSERT_EQ(metadata->capabilities.size(), 2U);
  EXPECT_EQ(metadata->capabilities[0].kind, CapabilityKind::midi);
  EXPECT_THAT(metadata->capabilities[1].allow, ElementsAre("ws://127.0.0.1:4455"));
  EXPECT_EQ(metadata->capabilities[1].reason, "r");
  EXPECT_EQ(metadata->actions[0].params_schema_json, R"({"type":"object"})");
}

TEST(ParseMetadata, NeedsNoMoreThanNameAndVersion) {
  const auto metadata = parse_metadata(R"({"name":"x","version":"1"})");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->type, Metadata::Type::action);
  EXPECT_EQ(metadata->lifetime, Metadata::Lifetime::call);
}

TEST(ParseMetadata, TextIsMadeSafeToShow) {
  const auto metadata =
      parse_metadata(R"({"name":"x","version":"1","description":"a\u001b[2Jb\n\u202ec"})");
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->description, "a\\x1b[2Jb\\n\\u{202e}c");
}

struct Wrong {
  const char* json;
  const char* says;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.says;
}

class ParseMetadataRefuses : public ::testing::TestWithParam<Wrong> {};

TEST_P(ParseMetadataRefuses, WhatIsWrongAndSaysWhat) {
  const auto metadata = parse_metadata(GetParam().json);
  ASSERT_FALSE(metadata) << GetParam().json;
  EXPECT_THAT(metadata.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ParseMetadataRefuses,
    ::testing::Values(
        Wrong{"", "not JSON"}, Wrong{"[]", "not a JSON object"}, Wrong{"{", "not JSON"},
        Wrong{R"({"version":"1"})", "no \"name\""}, Wrong{R"({"name":"x"})", "no \"version\""},
        Wrong{R"({"name":7,"version":"1"})", "not a string"},
        Wrong{R"({"name":"../b","version":"1"})", "no id"},
        Wrong{R"({"name":"Obs","version":"1"})", "no id"},
        Wrong{R"({"name":"o\u0431s","version":"1"})", "no id"},
        Wrong{R"({"name":"","version":"1"})", "no id"},
        Wrong{R"({"name":"x","version":"1","type":"thing"})", "\"type\""},
        Wrong{R"({"name":"x","version":"1","lifetime":"ever"})", "\"lifetime\""},
        Wrong{R"({"name":"x","version":"1","capabilities":["root"]})", "no capability \"root\""},
        Wrong{R"({"name":"x","version":"1","capabilities":[7]})", "neither a string"},
        Wrong{R"({"name":"x","version":"1","capabilities":{}})", "not a list"},
        Wrong{R"({"name":"x","version":"1","capabilities":[{"kind":"midi","allow":[1]}]})",
              "\"allow\""},
        Wrong{R"({"name":"x","version":"1","capabilities":["network:ftp://a.org"]})", "http://"},
        Wrong{
            R"({"name":"x","version":"1","capabilities":[{"kind":"filesystem","allow":["/etc::/m"]}]})",
            "for its user to say"},
        Wrong{
            R"({"name":"x","version":"1","capabilities":[{"kind":"audio","allow":["\u001b[2J"]}]})",
            "narrows audio to nothing"},
        Wrong{R"({"name":"x","version":"1","actions":[{}]})", "no \"id\""},
        Wrong{R"({"name":"x","version":"1","actions":[{"id":"a"},{"id":"a"}]})", "two actions"},
        Wrong{R"({"name":"x","version":"1","actions":[{"id":"a","params":[]}]})", "JSON Schema"},
        Wrong{R"({"name":"x","version":"1","actions":[{"id":"a","params":{"type":"text"}}]})",
              "\"params\" of action \"a\" is not a JSON Schema: \"type\" is not one of"},
        Wrong{R"({"name":"x","version":"1","actions":[{"id":"a","params":{"pattern":"(a)\\1"}}]})",
              "cannot be used"}));

// A plugin that asks for https://a.example and http://127.0.0.1, with `login` besides.
Result<Metadata> parse_login(const std::string& login) {
  return parse_metadata(R"({"name":"x","version":"1","capabilities":[{"kind":"network","allow":)"
                        R"(["https://a.example","http://127.0.0.1:80"]}],"login":)" +
                        login + "}");
}

TEST(ParseMetadata, ReadsALogin) {
  const auto metadata =
      parse_login(R"({"kind":"oauth2-pkce","authorize_url":"https://a.example/auth?x=1",)"
                  R"("token_url":"http://127.0.0.1/token","scopes":["play","read-all"],)"
                  R"("client_id_setting":"client_id"})");
  ASSERT_TRUE(metadata) << metadata.error().message;
  ASSERT_TRUE(metadata->login);
  EXPECT_EQ(metadata->login->authorize_url, "https://a.example/auth?x=1");
  EXPECT_EQ(metadata->login->token_url, "http://127.0.0.1/token");
  EXPECT_THAT(metadata->login->scopes, ElementsAre("play", "read-all"));
  EXPECT_EQ(metadata->login->client_id_setting, "client_id");
  EXPECT_FALSE(parse_login("null")->login);
}

TEST(ParseMetadata, ALoginLeadsOnlyWhereThePluginAsksToGo) {
  const auto refused = [](const std::string& authorize, const std::string& token,
                          const std::string& more = "") {
    const auto metadata = parse_login(R"({"kind":"oauth2-pkce","authorize_url":")" + authorize +
                                      R"(","token_url":")" + token + "\"" + more + "}");
    return metadata ? std::string() : metadata.error().message;
  };
  const std::string good = "https://a.example/x";
  EXPECT_EQ(refused(good, good), "");
  for (const char* bad : {"https://b.example/x", "https://a.example:8443/x", "http://a.example/x",
                          "https://a.example.evil.example/x", "https://a.example@evil.example/x"}) {
    EXPECT_THAT(refused(bad, good), HasSubstr("authorize_url")) << bad;
    EXPECT_THAT(refused(good, bad), HasSubstr("token_url")) << bad;
  }
  for (const char* bad : {"", "x", "ws://a.example/", "javascript:alert(1)", "https://a.example/#x",
                          "https://a.example/\\u0000"}) {
    EXPECT_NE(refused(bad, good), "") << bad;
  }
  EXPECT_THAT(refused(good, good, R"(,"scopes":["a b"])"), HasSubstr("scope"));
  EXPECT_THAT(refused(good, good, R"(,"scopes":[1])"), HasSubstr("scope"));
  EXPECT_THAT(refused(good, good, R"(,"scopes":"a")"), HasSubstr("list"));
  EXPECT_FALSE(parse_login(R"({"kind":"password"})"));
  EXPECT_FALSE(parse_login("[]"));
}

TEST(ParseMetadata, BoundsDepthAndSize) {
  const std::string deep =
      R"({"name":"x","version":"1","y":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_FALSE(parse_metadata(deep));
  EXPECT_FALSE(parse_metadata(std::string(kMaxMetadataBytes + 1, ' ')));
  EXPECT_FALSE(parse_metadata(R"({"name":"x","version":")" + std::string(5000, '1') + "\"}"));
}

TEST(PluginId, CannotBeAPathOrAnAlias) {
  for (const char* id : {"a", "obs", "practice-log", "a.b_c-9", "0"})
    EXPECT_TRUE(is_plugin_id(id));
  for (const char* id : {"", ".", "..", "a..b", "../b", "a/b", "-a", "a-", ".a", "A", "a b",
                         "\xC3\xA9", "a\nb", "a\\b"}) {
    EXPECT_FALSE(is_plugin_id(id)) << id;
  }
  EXPECT_FALSE(is_plugin_id(std::string(65, 'a')));
  EXPECT_FALSE(is_plugin_id(std::string_view("a\0b", 3)));
}

TEST(Capability, ReadsKindsAndNarrowings) {
  EXPECT_EQ(parse_capability("filesystem")->kind, CapabilityKind::filesystem);
  EXPECT_THAT(parse_capability("filesystem:/shared")->allow, ElementsAre("/shared"));
  EXPECT_THAT(parse_capability("network:HTTPS://X.org:443")->allow, ElementsAre("https://x.org"));
  EXPECT_THAT(parse_capability("filesystem:/srv/m::/m:ro")->allow, ElementsAre("/srv/m::/m:ro"));
  EXPECT_FALSE(parse_capability("network:https://user@x.org"));
  EXPECT_FALSE(parse_capability("filesystem:/etc"));
  EXPECT_FALSE(parse_capability("Filesystem"));
  EXPECT_FALSE(parse_capability(""));
}

}  // namespace
}  // namespace midimon::plugins
