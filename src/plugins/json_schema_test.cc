#include "plugins/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace midimon::plugins {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> check(const json& schema, const json& value) {
  const auto compiled = JsonSchema::compile(schema);
  if (!compiled) return {"not compiled: " + compiled.error().message};
  return compiled->check(value, "params");
}

// What a schema takes, what it does not, and what is said then.
struct Case {
  const char* schema;
  const char* good;  // a list of values
  const char* bad;   // a list of values
  const char* says;  // of each that is bad
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.schema;
}

class JsonSchemaKeyword : public ::testing::TestWithParam<Case> {};

TEST_P(JsonSchemaKeyword, TakesWhatFitsAndSaysWhyTheRestDoesNot) {
  const json schema = json::parse(GetParam().schema);
  for (const json& value : json::parse(GetParam().good))
    EXPECT_THAT(check(schema, value), IsEmpty()) << value;
  for (const json& value : json::parse(GetParam().bad)) {
    const auto problems = check(schema, value);
    ASSERT_THAT(problems, SizeIs(1)) << value;
    EXPECT_THAT(problems.front(), HasSubstr(GetParam().says)) << value;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, JsonSchemaKeyword,
    ::testing::Values(
        Case{"true", R"([1, null, {}])", "[]", ""},
        Case{"false", "[]", R"([1, null, {}])", "params: it may not be there"},
        Case{R"({"format":"email","default":7,"x-unknown":[]})", R"([1,"a"])", "[]", ""},
        Case{R"({"type":"integer"})", "[1, -1, 1.0, 18446744073709551615]", R"([1.5, "1", true])",
             "it must be a whole number"},
        Case{R"({"type":"number"})", "[1, 1.5]", R"(["1", null])", "it must be a number"},
        Case{R"({"type":["string","null"]})", R"(["", null])", "[0, {}, []]",
             "it must be null or a string"},
        Case{R"({"type":"boolean"})", "[true,false]", "[0, null]", "it must be true or false"},
        Case{R"({"type":"array"})", "[[]]", "[{}]", "params: it is an object; it must be a list"},
        Case{R"({"type":"object"})", "[{}]", "[[]]", "params: it is a list; it must be an object"},
        Case{R"({"enum":["Live","Break"]})", R"(["Live"])", R"(["Lvie"])",
             "params: \"Lvie\" is not one of \"Live\", \"Break\" (did you mean \"Live\"?)"},
        Case{R"({"enum":[1,[2],{"a":null}]})", R"([1,1.0,[2],{"a":null}])", R"(["1",2,[1],{}])",
             "is not one of 1, the list, the object"},
        Case{R"({"const":"x"})", R"(["x"])", R"(["y"])", "\"y\" is not \"x\""},
        Case{R"({"enum":[1,2],"const":3})", "[]", "[1,2,3]", "is not"},
        Case{R"({"minimum":0,"maximum":100})", R"([0, 100, 0.5, "text"])", "[101, 1e300]",
             "is not at most 100"},
        Case{R"({"minimum":-9007199254740993})", "[-9007199254740993]", "[-9007199254740994]",
             "is not at least"},
        Case{R"({"exclusiveMinimum":0})", "[0.001]", "[0, -1]", "is not above 0"},
        Case{R"({"exclusiveMaximum":1})", "[0.999]", "[1, 2]", "is not below 1"},
        Case{R"({"multipleOf":0.1})", "[0.3, 0.7, 1, 0]", "[0.35, 0.05]", "a multiple of 0.1"},
        Case{R"({"multipleOf":3})", "[9, -3, 9007199254740993]", "[9007199254740992, 1, 1.5]",
             "a multiple of 3"},
        Case{R"({"minLength":2,"maxLength":3})", R"(["äö","äöü",7])", R"(["äöüß","abcd"])",
             "has 4 characters; it must have at most 3"},
        Case{R"({"minLength":2})", R"(["äö"])", R"(["ä"])", "has 1 characters"},
        Case{R"({"pattern":"^[a-z]+$"})", R"(["abc",1])", R"(["ABC","a\n",""])",
             "does not match the pattern"},
        Case{R"({"pattern":"b"})", R"(["abc"])", R"(["ac"])", "does not match the pattern \"b\""},
        Case{R"({"minItems":1})", "[[1]]", "[[]]", "the list has 0 items"},
        Case{R"({"maxItems":1})", "[[1]]", "[[1,2]]", "the list has 2 items"},
        Case{R"({"items":{"type":"string"}})", R"([["a"],[]])", R"([["a",1]])",
             "params[1]: 1 is a whole number; it must be a string"},
        Case{R"({"prefixItems":[{"type":"string"}],"items":false})", R"([["a"],[]])",
             R"([["a",1]])", "params[1]: it may not be there"},
        Case{R"({"uniqueItems":true})", R"([[1,"1",[1],null],[]])",
             R"([[1,2,1.0],[{"a":1,"b":2},{"b":2,"a":1}]])", "is in the list more than once"},
        Case{R"({"required":["scene"]})", R"([{"scene":1},7])", R"([{}])",
             "params: \"scene\" is missing"},
        Case{R"({"properties":{"scene":{"type":"string"}},"additionalProperties":false})",
             R"([{"scene":"a"},{}])", R"([{"scnee":"a"}])",
             "params.scnee: there is no such key; there is \"scene\" (did you mean \"scene\"?)"},
        Case{R"({"additionalProperties":{"type":"number"}})", R"([{"a":1}])", R"([{"a b":"1"}])",
             "params.\"a b\": \"1\" is a string"},
        Case{R"({"patternProperties":{"^x-":{"type":"number"}},"additionalProperties":false})",
             R"([{"x-a":1}])", R"([{"x-a":""},{"y":1}])", "params."},
        Case{R"({"minProperties":1})", R"([{"a":1}])", "[{}]", "it has 0 keys"},
        Case{R"({"maxProperties":1})", R"([{"a":1}])", R"([{"a":1,"b":1}])", "it has 2 keys"},
        Case{R"({"allOf":[{"minimum":1},{"maximum":2}]})", "[1,2]", "[0,3]", "is not at"},
        Case{R"({"anyOf":[{"type":"string"},{"minimum":5}]})", R"(["",5])", "[4]",
             "4 fits none of the 2 forms it may have; of the nearest: params: 4 is a whole number"},
        Case{R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "[1]", "[2]", "2 fits 2 of the forms"},
        Case{R"({"not":{"type":"string"}})", "[1]", R"(["a"])", "\"a\" is what it may not be"},
        Case{R"({"properties":{"a":{"$ref":"#/$defs/t"}},"$defs":{"t":{"type":"string"}}})",
             R"([{"a":"x"}])", R"([{"a":1}])", "params.a: 1 is a whole number"},
        Case{R"({"properties":{"in":{"$ref":"#"}},"required":["n"]})", R"([{"n":1,"in":{"n":2}}])",
             R"([{"n":1,"in":{"n":1,"in":{}}}])", "params.in.in: \"n\" is missing"}));

struct Malformed {
  const char* schema;
  const char* says;
};

void PrintTo(const Malformed& one, std::ostream* out) {
  *out << one.schema;
}

class JsonSchemaRefuses : public ::testing::TestWithParam<Malformed> {};

TEST_P(JsonSchemaRefuses, WhatIsNoSchemaAndSaysWhere) {
  const auto compiled = JsonSchema::compile(json::parse(GetParam().schema));
  ASSERT_FALSE(compiled);
  EXPECT_THAT(compiled.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, JsonSchemaRefuses,
    ::testing::Values(
        Malformed{"7", "a schema is an object, true or false"},
        Malformed{R"({"properties":{"a":{"type":"text"}}})",
                  "properties.\"a\": \"type\" is not one of null, boolean"},
        Malformed{R"({"type":[]})", "an empty list"}, Malformed{R"({"enum":"a"})", "\"enum\""},
        Malformed{R"({"enum":[]})", "\"enum\""},
        Malformed{R"({"minimum":"0"})", "\"minimum\" is not a number"},
        Malformed{R"({"multipleOf":0})", "\"multipleOf\" is not above 0"},
        Malformed{R"({"minLength":-1})", "\"minLength\" is not a whole number from 0"},
        Malformed{R"({"maxItems":1.5})", "\"maxItems\""},
        Malformed{R"({"pattern":"("})", "the pattern \"(\" cannot be used"},
        Malformed{R"({"pattern":"(?=a)b"})", "cannot be used"},
        Malformed{R"({"pattern":"(a)\\1"})", "cannot be used"},
        Malformed{R"({"pattern":7})", "\"pattern\" is not a string"},
        Malformed{R"({"items":[true]})", "\"prefixItems\""},
        Malformed{R"({"prefixItems":true})", "not a list of schemas"},
        Malformed{R"({"prefixItems":[true, 7]})", "prefixItems[1]: a schema is an object"},
        Malformed{R"({"anyOf":[]})", "\"anyOf\" is empty"},
        Malformed{R"({"required":[1]})", "\"required\" is not a list of names"},
        Malformed{R"({"properties":[]})", "\"properties\" is not an object"},
        Malformed{R"({"uniqueItems":1})", "\"uniqueItems\""},
        Malformed{R"({"$ref":"https://example.org/s"})", "which there is not"},
        Malformed{R"({"$ref":"#/$defs/x"})", "which there is not"},
        Malformed{R"({"$defs":7})", "\"$defs\" is not an object"}));

// Each of these takes exponential time, endless recursion or much memory where nobody counts.
TEST(JsonSchemaAttack, ReferencesThatGoInCirclesEnd) {
  const auto said = check(json::parse(R"({"$ref":"#"})"), 1);
  EXPECT_THAT(said, ElementsAre(HasSubstr("takes too long to check")));
  const auto round = check(
      json::parse(
          R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})"),
      1);
  EXPECT_THAT(round, ElementsAre(HasSubstr("takes too long to check")));
}

TEST(JsonSchemaAttack, DoublingReferencesEnd) {
  json schema = {{"$ref", "#/$defs/d0"}};
  for (int i = 0; i < 60; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    schema["$defs"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  schema["$defs"]["d60"] = true;
  EXPECT_THAT(check(schema, 1), ElementsAre(HasSubstr("takes too long to check")));
}

TEST(JsonSchemaAttack, AlternativesThatAllFailDoNotPileUpSentences) {
  json schema = {{"$ref", "#/$defs/d0"}};
  for (int i = 0; i < 12; ++i) {
    const json next = {{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    json all = json::array();
    for (int j = 0; j < 16; ++j)
      all.push_back({{"anyOf", {next, next}}});
    schema["$defs"]["d" + std::to_string(i)] = {{"allOf", all}};
  }
  schema["$defs"]["d12"] = {{"type", "string"}};
  EXPECT_THAT(check(schema, 1), ElementsAre(HasSubstr("takes too long to check")));
}

TEST(JsonSchemaAttack, PatternsTakeLinearTime) {
  const std::string hard = std::string(4000, 'a') + "!";
  EXPECT_THAT(check({{"pattern", "^(a+)+$"}}, hard), ElementsAre(HasSubstr("does not match")));
  EXPECT_THAT(check({{"pattern", "^(a|a?)+$"}}, hard), ElementsAre(HasSubstr("does not match")));
  EXPECT_FALSE(JsonSchema::compile({{"pattern", "((((a{99}){99}){99}){99}){99}"}}));
  EXPECT_FALSE(JsonSchema::compile({{"pattern", std::string(2000, 'a')}}));
  const std::string large(std::size_t{1} << 24U, 'a');
  EXPECT_THAT(check({{"pattern", "(x+x+)+y"}}, large),
              ElementsAre(HasSubstr("takes too long to check")));
}

TEST(JsonSchemaAttack, DeepAndWideSchemasAreRefused) {
  json deep = true;
  for (int i = 0; i < 60; ++i)
    deep = {{"not", deep}};
  EXPECT_THAT(JsonSchema::compile(deep).error().message, HasSubstr("nested too deep"));
  json wide = json::array();
  for (int i = 0; i < 20'000; ++i)
    wide.push_back(true);
  EXPECT_THAT(JsonSchema::compile({{"allOf", wide}}).error().message,
              HasSubstr("too many schemas"));
  json patterns;
  for (int i = 0; i < 65; ++i)
    patterns["properties"][std::to_string(i)] = {{"pattern", "a"}};
  EXPECT_THAT(JsonSchema::compile(patterns).error().message, HasSubstr("64 patterns"));
}

TEST(JsonSchemaAttack, ManyMistakesAreSaidSixteenTimes) {
  json value = json::array();
  for (int i = 0; i < 1000; ++i)
    value.push_back(i);
  EXPECT_THAT(check({{"items", {{"type", "string"}}}}, value), SizeIs(16));
}

TEST(JsonSchemaAttack, NamesCannotLie) {
  const auto said = check({{"additionalProperties", false}}, {{"a\x1b[2J\n", 1}});
  ASSERT_THAT(said, SizeIs(1));
  EXPECT_EQ(said.front(), "params.\"a\\x1b[2J\\n\": there is no such key");
}

}  // namespace
}  // namespace midimon::plugins
