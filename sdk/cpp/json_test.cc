// The JSON of the C++ SDK, natively; the scaffold's conformance run has it as a guest.
#include "midimon/json.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "midimon/params.hpp"

namespace midimon {
namespace {

TEST(SdkJson, WritesWhatItRead) {
  for (const std::string text :
       {"null", "true", "[1,-2,9223372036854775807,-9223372036854775807]",
        R"({"a":{"b":[true,false,{}]},"":""})", R"("\u0000\u001f\"\\ \n ü 🎹")",
        "[0.5,-0.125,0.1,1e300,1.7976931348623157e308,0.00012]"}) {
    const auto json = Json::parse(text);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ(json->dump(), text);
  }
  EXPECT_EQ(Json::parse(R"("\ud83c\udfb9\/")")->string(), "🎹/");
}

TEST(SdkJson, RefusesWhatIsNotJson) {
  for (const std::string text : {"",
                                 " ",
                                 "{",
                                 "}",
                                 "[1,]",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "01",
                                 "1.",
                                 ".5",
                                 "-",
                                 "+1",
                                 "1e",
                                 "nul",
                                 "\"",
                                 "\"\\x\"",
                                 "\"\\ud800\"",
                                 "\"\\udc00\"",
                                 "\"\\ud800\\u0041\"",
                                 "\"\n\"",
                                 "1 2",
                                 "[1}",
                                 "1e999",
                                 "NaN",
                                 "\"\xFF\"",
                                 "\"\xC0\x80\"",
                                 "\"\xED\xA0\x80\"",
                                 "\"\xF4\x90\x80\x80\""}) {
    EXPECT_FALSE(Json::parse(text)) << text;
  }
  EXPECT_FALSE(Json::parse(std::string_view("1\0", 2)));
}

TEST(SdkJson, DepthAndSizeAreBounded) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(Json::parse(nested(32)));
  EXPECT_FALSE(Json::parse(nested(33)));
  EXPECT_FALSE(Json::parse(nested(1'000'000)));
  std::string many = "[1";
  for (int i = 0; i < 65536; ++i)
    many += ",1";
  EXPECT_FALSE(Json::parse(many + "]"));
  EXPECT_FALSE(Json::parse("[1,2]", {.depth = 8, .values = 2}));
  EXPECT_TRUE(Json::parse("[1,2]", {.depth = 8, .values = 3}));
}

TEST(SdkJson, CutTextIsRefusedAtEveryPlace) {
  const std::string text = R"({"a":[1,-0.5e2,true,null,"x\u00fc\n"],"b":{"c":"🎹"}})";
  ASSERT_TRUE(Json::parse(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(Json::parse(text.substr(0, i))) << i;
  }
}

TEST(SdkJson, EveryNumberIsReadAgainAsItWas) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (value != value || value - value != 0) continue;  // NaN, infinity
    const auto read = Json::parse(Json(value).dump());
    ASSERT_TRUE(read) << Json(value).dump();
    ASSERT_EQ(read->number(), value) << Json(value).dump();
  }
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(3.0).dump(), "3");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
  EXPECT_EQ(Json::parse("9223372036854775808")->number(), 9223372036854775808.0);
}

TEST(SdkJson, WhatIsNotThereIsNull) {
  const Json json = *Json::parse(R"({"a":[1],"a":[2],"n":2.5})");
  EXPECT_EQ(json["a"][0].integer(), 2);
  EXPECT_TRUE(json["a"][1].is_null());
  EXPECT_TRUE(json["b"]["c"][7].is_null());
  EXPECT_EQ(json["n"].integer(-1), -1);
  EXPECT_EQ(json["a"].string("none"), "none");
  EXPECT_EQ(Json::object().set("x", 1).set("x", 2).dump(), R"({"x":2})");
}

TEST(SdkJson, TextThatIsNotUtf8IsWrittenAsSuch) {
  EXPECT_EQ(Json("a\xFF\xC3\xBC\x80z").dump(), "\"a\xEF\xBF\xBD\xC3\xBC\xEF\xBF\xBDz\"");
}

struct Inner {
  double gain = 0.5;
  void fields(Fields& field) { field("gain", gain).range(0.0, 1.0); }
};

struct Sample {
  std::string who = "world";
  std::uint8_t times = 1;
  std::vector<int> notes;
  std::optional<std::string> mood;
  Inner inner;
  void fields(Fields& field) {
    field("who", who).describe("Whom").length(1, 4);
    field("times", times).required();
    field("notes", notes).length(0, 2);
    field("mood", mood).choices({"glad", "sad"});
    field("inner", inner);
  }
};

TEST(SdkParams, SchemaIsMadeOfTheDeclaration) {
  EXPECT_EQ(
      Fields::schema_of<Sample>().dump(),
      R"({"type":"object","properties":{)"
      R"("who":{"type":"string","default":"world","description":"Whom","minLength":1,"maxLength":4},)"
      R"("times":{"type":"integer","minimum":0,"maximum":255},)"
      R"("notes":{"type":"array","items":{"type":"integer"},"minItems":0,"maxItems":2},)"
      R"("mood":{"type":"string","enum":["glad","sad"]},)"
      R"("inner":{"type":"object","properties":{"gain":{"type":"number","default":0.5,)"
      R"("minimum":0,"maximum":1}},"additionalProperties":false}},)"
      R"("required":["times"],"additionalProperties":false})");
}

TEST(SdkParams, ReadsWhatFitsAndSaysWhatDoesNot) {
  const auto problem_of = [](std::string_view text) {
    Sample sample;
    std::string problem;
    const bool good = Fields::read(*Json::parse(text), sample, problem);
    EXPECT_EQ(good, problem.empty());
    return problem;
  };
  EXPECT_EQ(problem_of(R"({"times":2,"who":"Zoë!","mood":"sad","notes":[1]})"), "");
  EXPECT_EQ(problem_of(R"({})"), "\"times\" is missing.");
  EXPECT_EQ(problem_of(R"({"times":256})"), "\"times\" is not of the kind that it should be.");
  EXPECT_EQ(problem_of(R"({"times":-1})"), "\"times\" is not of the kind that it should be.");
  EXPECT_EQ(problem_of(R"({"times":1.5})"), "\"times\" is not of the kind that it should be.");
  EXPECT_EQ(problem_of(R"({"times":1,"who":"fünf!"})"), "\"who\" is too short or too long.");
  EXPECT_EQ(problem_of(R"({"times":1,"notes":[1,2,3]})"), "\"notes\" is too short or too long.");
  EXPECT_EQ(problem_of(R"({"times":1,"mood":"wild"})"), "\"mood\" is none of what it may be.");
  EXPECT_EQ(problem_of(R"([])"), "It is not an object.");
}

}  // namespace
}  // namespace midimon
