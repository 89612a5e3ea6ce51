// The typed params of the C SDK: what they read, what they refuse, and the schema they make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class CParams : public ::testing::Test {
 protected:
  static json least() { return {{"name", "lamp"}, {"color", "red"}, {"level", -10}, {"x", 0.5}}; }
  static json with(const std::string& name, json value) {
    json params = least();
    params[name] = std::move(value);
    return params;
  }
  // The plugin's own reading: this action has no schema that the host would hold them to.
  json run(const json& params, const std::string& settings = {}) {
    std::vector<std::string> args = {"plugin",     "run",    guest("c_params"), "unchecked",
                                     "--unsigned", "--json", "--params",        params.dump()};
    if (!settings.empty()) args.insert(args.end(), {"--settings", settings});
    const Finished done = run_midimon(scratch_, args);
    EXPECT_TRUE(json::accept(done.out)) << done.err;
    return json::parse(done.out, nullptr, false);
  }
  std::string wrong(const json& params) {
    const json answer = run(params);
    EXPECT_EQ(answer.value("outcome", ""), "PluginError") << params;
    return answer.value("message", "");
  }

  Scratch scratch_;
};

TEST_F(CParams, HaveDefaults) {
  EXPECT_EQ(run(least()).at("output"),
            json({"lamp", "hi", "red", "off", -10, 7, 0.5, 0.25, 1, "hall"}));
}

TEST_F(CParams, AreRead) {
  const json all = {{"name", "a"},  {"note", ""},     {"color", "green"},
                    {"mode", "on"}, {"level", 100},   {"x", 2.5e0},
                    {"y", -1},      {"blink", false}, {"big", -9223372036854775807}};
  EXPECT_EQ(run(all, R"({"room":"attic"})").at("output"),
            json({"a", "", "green", "on", 100, -9223372036854775807, 2.5, -1, 0, "attic"}));
  EXPECT_EQ(run(with("note", nullptr)).at("output")[1], "hi");
  EXPECT_EQ(run(with("note", "üñ🎹")).at("output")[1], "üñ🎹");
  EXPECT_EQ(run(with("y", 0.125)).at("output")[7], 0.125);
}

TEST_F(CParams, AreThoseOfTheActionAndNoOthers) {
  json deep = with("other", {{"note", "no"}, {"list", {1, "}", {{"level", 5}}}}});
  EXPECT_EQ(run(deep).at("output"), run(least()).at("output"));
  EXPECT_EQ(run(with("not", "\"note\":\"no\"")).at("output")[1], "hi");
}

TEST_F(CParams, WhatIsWrongIsSaid) {
  json missing = least();
  missing.erase("name");
  EXPECT_EQ(wrong(missing), "\"name\" is missing.");
  EXPECT_EQ(wrong(json::object()), "\"name\" is missing.");
  for (const json& text :
       {json("too long"), json(5), json(json::array()), json(std::string("a\0b", 3))})
    EXPECT_EQ(wrong(with("name", text)), "\"name\" is not a text of at most 5 characters.") << text;
  EXPECT_EQ(run(with("name", "🎹🎹🎹🎹🎹")).at("outcome"), "Ok");
  for (const json& choice : {json("blue"), json(""), json("re"), json("reds"), json(true)})
    EXPECT_THAT(wrong(with("color", choice)), HasSubstr("\"color\" is none of")) << choice;
  EXPECT_THAT(wrong(with("mode", "on\",\"off")), HasSubstr("\"mode\" is none of"));
  for (const json& level : {json(-11), json(101), json(1.5), json("5"), json(1e30), json(true),
                            json(9223372036854775808ULL)})
    EXPECT_EQ(wrong(with("level", level)), "\"level\" is not a whole number from -10 to 100.");
  EXPECT_THAT(wrong(with("big", 9223372036854775808ULL)), HasSubstr("\"big\" is not a whole"));
  for (const json& x : {json(0.49), json(2.51), json("1"), json(false), json(1e300)})
    EXPECT_EQ(wrong(with("x", x)), "\"x\" is not a number from 0.5 to 2.5.") << x;
  for (const json& blink : {json(0), json("true"), json(json::object())})
    EXPECT_EQ(wrong(with("blink", blink)), "\"blink\" is neither true nor false.") << blink;
}

TEST_F(CParams, TextIsAppendedWholeOrNotAtAll) {
  const auto append = [&](int size) {
    const Finished done =
        run_midimon(scratch_, {"plugin", "run", guest("c_params"), "append", "--unsigned", "--json",
                               "--params", json{{"size", size}}.dump()});
    return json::parse(done.out, nullptr, false).at("output");
  };
  const json whole = "[\"c\\\"\\u0009\"";
  EXPECT_EQ(append(64), json({true, "abc\"\t", true, whole}));
  EXPECT_EQ(append(13), json({true, "abc\"\t", true, whole}));
  EXPECT_EQ(append(12), json({true, "abc\"\t", false, "["}));
  EXPECT_EQ(append(6), json({true, "abc\"\t", false, "["}));
  EXPECT_EQ(append(5), json({false, "ab", false, "["}));
  EXPECT_EQ(append(1), json({false, "ab", false, "["}));
  EXPECT_EQ(append(0), json({false, "ab", false, "["}));
}

TEST_F(CParams, AreASchema) {
  const Finished done = run_midimon(scratch_, {"plugin", "info", guest("c_params"), "--json"});
  const json metadata = json::parse(done.out, nullptr, false);
  ASSERT_TRUE(metadata.is_object()) << done.err;
  const json schema = metadata.at("actions")[0].at("params");
  EXPECT_EQ(schema.at("properties").at("name"),
            json({{"type", "string"}, {"maxLength", 5}, {"description", "Which light"}}));
  EXPECT_EQ(schema.at("properties").at("color").at("enum"), json({"red", "green"}));
  EXPECT_EQ(schema.at("properties").at("level"), json({{"type", "integer"},
                                                       {"minimum", -10},
                                                       {"maximum", 100},
                                                       {"description", "How bright"}}));
  EXPECT_EQ(schema.at("properties").at("y").at("default"), 0.25);
  EXPECT_EQ(schema.at("properties").at("blink").at("default"), true);
  EXPECT_EQ(schema.at("properties").size(), 9);
  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("allOf").size(), 5) << schema.at("allOf");
  EXPECT_EQ(metadata.at("settings").at("properties").at("room").at("default"), "hall");
  const Finished text = run_midimon(scratch_, {"plugin", "info", guest("c_params")});
  EXPECT_THAT(text.out, HasSubstr("with big, blink, color, level, mode, name, note, x, y\n"));
  EXPECT_THAT(text.out, HasSubstr("settings     room\n"));
}

}  // namespace
}  // namespace midimon::testing
