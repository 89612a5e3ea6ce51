#include "plugins/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace midimon::plugins {
namespace {

using ::testing::HasSubstr;

Metadata with_schema(const std::string& schema) {
  Metadata metadata;
  metadata.name = "obs";
  metadata.settings_schema_json = schema;
  return metadata;
}

std::string problem(const Metadata& metadata, const std::string& json) {
  const auto checked = check_settings(metadata, json);
  return checked ? "" : checked.error().message;
}

TEST(Settings, AreAnObjectWithinBounds) {
  const Metadata any = with_schema("{}");
  EXPECT_EQ(problem(any, R"({"a": [1, {"b": null}]})"), "");
  for (const std::string& json :
       {std::string("[]"), std::string("1"), std::string(""), std::string("{"),
        R"({"a": ")" + std::string(kMaxSettingsBytes, 'x') + "\"}",
        R"({"a":)" + std::string(40, '[') + std::string(40, ']') + "}"}) {
    EXPECT_THAT(problem(any, json), HasSubstr("no JSON object"));
  }
}

TEST(Settings, APluginWithoutAnyGetsNone) {
  EXPECT_EQ(problem(with_schema(""), "{}"), "");
  EXPECT_THAT(problem(with_schema(""), R"({"host": "x"})"), HasSubstr("it has none"));
}

TEST(Settings, HaveTheNamesThatTheSchemaSays) {
  const Metadata closed =
      with_schema(R"({"properties": {"host": {}, "port": {}}, "required": ["host"],)"
                  R"( "additionalProperties": false})");
  EXPECT_EQ(problem(closed, R"({"host": "x"})"), "");
  EXPECT_THAT(problem(closed, "{}"), HasSubstr("settings: \"host\" is missing"));
  EXPECT_THAT(problem(closed, R"({"host": "x", "hots": 1})"),
              HasSubstr("settings.hots: there is no such key"));
  EXPECT_THAT(problem(closed, R"({"host": "x", "\u001b[31m": 1})"), HasSubstr("\\x1b[31m"));
  EXPECT_THAT(problem(closed, R"({"host": "x", "port": 1})"), "");
}

TEST(Settings, FitTheTypesThatTheSchemaSays) {
  const Metadata typed = with_schema(R"({"properties": {"port": {"type": "integer"}}})");
  EXPECT_EQ(problem(typed, R"({"port": 4455})"), "");
  EXPECT_THAT(problem(typed, R"({"port": "4455"})"), HasSubstr("settings.port"));
  EXPECT_THAT(problem(with_schema(R"({"properties": 5})"), "{}"),
              HasSubstr("a schema that is none"));
}

}  // namespace
}  // namespace midimon::plugins
