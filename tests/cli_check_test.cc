// midimon check, where a profile calls plugins, and what check, explain and simulate say as JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Check : public ::testing::Test {
 protected:
  // A profile whose first mapping is on line 1, and which has the plugin of the guest.
  void profile(const std::string& mappings, const std::string& id = "scenes",
               const std::string& entry = {}) {
    write_text(path("p.toml"),
               mappings + "\n[plugins." + id + "]\n" +
                   (entry.empty() ? "module = \"" + guest(id) + "\"\nunsigned = true\n" : entry));
  }
  // One that calls an action at each press of C2 from 20 to 100.
  void calling(const std::string& action) {
    profile(
        "[[global_mappings]]\n"
        "trigger = { type = \"Note\", note = \"C2\", velocity_min = 20, velocity_max = 110 }\n"
        "action = { type = \"Plugin\", plugin = \"scenes\", " +
        action + " }\n");
  }
  [[nodiscard]] std::string path(const std::string& name) { return scratch_.path(name).string(); }
  Finished run(const std::vector<std::string>& args) { return run_midimon(scratch_, args); }
  Finished check(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"check", path("p.toml")};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
  static std::vector<json> lines(const std::string& text) {
    std::vector<json> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      out.push_back(json::parse(line));
    return out;
  }

  Scratch scratch_;
};

TEST_F(Check, ParamsThatFitAreNoMistake) {
  calling(R"(action = "switch", params = { scene = "Live", level = "{velocity:0..100}" })");
  const Finished checked = check({"--strict"});
  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("p.toml: no mistake; 1 mode, 1 mapping, 1 plugin\n"));
}

TEST_F(Check, ParamsAreHeldToThePluginsSchemaWithTheirPlace) {
  calling(R"(action = "switch", params = { scene = "Lvie", level = 101, titel = "x" })");
  const Finished checked = check();
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err, HasSubstr("p.toml:3:10: params.scene: \"Lvie\" is not one of \"Live\", "
                                     "\"Break\" (did you mean \"Live\"?), as \"switch\" of scenes "
                                     "wants it"));
  EXPECT_THAT(checked.err, HasSubstr("params.level: 101 is not at most 100"));
  EXPECT_THAT(checked.err, HasSubstr("params.titel: there is no such key; there is \"level\", "
                                     "\"scene\", \"title\" (did you mean \"title\"?)"));
  EXPECT_EQ(checked.out, "");
}

TEST_F(Check, PluginRunHoldsParamsToTheSameInTheSameWords) {
  const auto call = [&](const std::string& params, const std::string& action = "switch") {
    return run({"plugin", "run", guest("scenes"), action, "--unsigned", "--params", params});
  };
  const Finished wrong = call(R"({"scene": "Lvie", "level": 101, "titel": "x"})");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err,
              HasSubstr("params.scene: \"Lvie\" is not one of \"Live\", \"Break\" (did you "
                        "mean \"Live\"?), as \"switch\" of scenes wants it\n"));
  EXPECT_THAT(wrong.err, HasSubstr("params.level: 101 is not at most 100"));
  EXPECT_THAT(wrong.err, HasSubstr("params.titel: there is no such key"));
  EXPECT_THAT(call("{}").err, HasSubstr("scene"));
  EXPECT_EQ(call(R"({"scene": "Live"})").status, 0);
  EXPECT_EQ(call(R"({"whatever": 1})", "stop").status, 0);  // which has no schema
}

TEST_F(Check, ValuesOfTheEventAreTriedAtTheExtremesOfTheTrigger) {
  calling(R"(action = "switch", params = { scene = "Live", level = "{velocity}" })");
  EXPECT_THAT(check().err,
              HasSubstr("params.level: 110 is not at most 100, with {velocity} = 110"));
  calling(R"(action = "switch", params = { scene = "Live", level = "{velocity:0.0..1.0}" })");
  EXPECT_THAT(check().err, HasSubstr("is a number; it must be a whole number"));
  calling(R"(action = "switch", params = { scene = "Live", title = "{note}" })");
  EXPECT_THAT(check().err, HasSubstr("params.title: 36 is a whole number; it must be a string"));
  calling(R"(action = "switch", params = { scene = "Live", title = "{note_name}" })");
  EXPECT_EQ(check().status, 0);
  calling(R"(action = "switch", params = { scene = "Live", title = "note {note}, hard" })");
  EXPECT_THAT(check().err, HasSubstr("has 13 characters; it must have at most 8"));
}

TEST_F(Check, StepsInsideOfOthersAndOfModesAreCheckedToo) {
  const std::string call =
      R"({ type = "Plugin", plugin = "scenes", action = "switch", params = { scene = 1 } })";
  profile("[[modes]]\nname = \"A\"\non_enter = " + call + "\n[[modes.mappings]]\n" +
          "trigger = { type = \"Note\", note = 1 }\n" +
          "action = { type = \"Sequence\", actions = [" + call + "] }\non_release = " + call +
          "\n");
  const std::string err = check().err;
  for (const char* place : {"p.toml:3:12: ", "p.toml:6:42: ", "p.toml:7:14: "})
    EXPECT_THAT(err, HasSubstr(std::string(place) + "params.scene: 1 is not one of"));
}

TEST_F(Check, UnknownActionsAreMistakesWithTheNearest) {
  calling(R"(action = "swich")");
  const Finished checked = check();
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err, HasSubstr("p.toml:3:10: scenes has no action \"swich\"; it has switch, "
                                     "stop (did you mean \"switch\"?)"));
}

TEST_F(Check, PluginsThatAreNotHereOrMayNotBeUsedAreMistakes) {
  calling("action = \"stop\"");
  const std::string text = read_text(path("p.toml"));
  profile(text.substr(0, text.find("\n[plugins")), "scenes", "unsigned = true\n");
  Finished checked = check();
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err, HasSubstr("p.toml:5:1: "));
  EXPECT_THAT(checked.err, HasSubstr("midimon plugin install"));
  EXPECT_EQ(check({"--no-plugins"}).status, 0);
  profile("", "scenes", "module = \"" + guest("scenes") + "\"\n");
  checked = check();
  EXPECT_EQ(checked.status, 2) << "it is not signed";
  EXPECT_EQ(check({"--unsigned"}).status, 0);
}

TEST_F(Check, APluginWithASchemaThatIsNoneIsRefusedWhereverItIsLoaded) {
  profile("", "wrong-schema", "module = \"" + guest("wrong_schema") + "\"\nunsigned = true\n");
  const Finished checked = check();
  EXPECT_EQ(checked.status, 2);
  EXPECT_THAT(checked.err,
              HasSubstr("\"params\" of action \"x\" is not a JSON Schema: properties.\"scene\": "
                        "\"type\" is not one of"));
  EXPECT_EQ(run({"plugin", "run", guest("wrong_schema"), "x", "--unsigned"}).status, 2);
}

TEST_F(Check, RunRefusesWhatCheckRefuses) {
  calling(R"(action = "switch", params = { scene = "Lvie" })");
  const Finished ran = run({"run", "-c", path("p.toml"), "--speed", "max", "--midi-file",
                            "/usr/share/games/openttd/baseset/openmsx/be_sharp_bw_redfarn.mid"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("p.toml:3:10: params.scene: \"Lvie\" is not one of"));
}

TEST_F(Check, AnInstalledPluginIsSuggested) {
  ASSERT_EQ(run({"plugin", "install", guest("scenes"), "--unsigned"}).status, 0);
  profile("", "scense", "unsigned = true\n");
  EXPECT_THAT(check().err, HasSubstr("Did you mean \"scenes\", which is installed?"));
  calling(R"(action = "switch", params = { scene = "Lvie" })");
  const std::string text = read_text(path("p.toml"));
  profile(text.substr(0, text.find("\n[plugins")), "scenes", "unsigned = true\n");
  EXPECT_THAT(check().err, HasSubstr("did you mean \"Live\"?"));
}

TEST_F(Check, JsonIsAnObjectForEachFindingAndASummary) {
  calling(R"(action = "switch", params = { scene = "Lvie" })");
  const Finished wrong = check({"--json"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_EQ(wrong.err, "");
  const std::vector<json> findings = lines(wrong.out);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0]["file"], path("p.toml"));
  EXPECT_EQ(findings[0]["line"], 3);
  EXPECT_EQ(findings[0]["column"], 10);
  EXPECT_EQ(findings[0]["severity"], "error");
  EXPECT_THAT(findings[0]["text"].get<std::string>(), HasSubstr("\"Lvie\" is not one of"));
  EXPECT_EQ(findings[1]["summary"]["errors"], 1);
  EXPECT_EQ(findings[1]["summary"]["mappings"], 1);
  write_text(path("p.toml"), "[devic]\n[loging]\n");
  EXPECT_EQ(lines(check({"--json"}).out).size(), 3U);
  write_text(path("p.toml"), "[[modes]]\nname = \"A\"\n[[modes]]\nname = \"B\"\n");
  const Finished odd = check({"--json"});
  EXPECT_EQ(odd.status, 0);
  const std::vector<json> warnings = lines(odd.out);
  ASSERT_EQ(warnings.size(), 2U) << "nothing leads to B";
  EXPECT_EQ(warnings[0]["severity"], "warning");
  EXPECT_EQ(warnings[1]["summary"]["errors"], 0);
  EXPECT_EQ(warnings[1]["summary"]["warnings"], 1);
}

class Events : public Check {
 protected:
  void SetUp() override {
    write_text(
        path("p.toml"),
        "[[modes]]\nname = \"A\"\n[[modes.mappings]]\ndescription = \"tap\"\n"
        "trigger = { type = \"Note\", note = \"C2\" }\naction = { type = \"Delay\", ms = 1 }\n"
        "[[modes.mappings]]\ntrigger = { type = \"Note\", note = \"C2\", velocity_min = 90 }\n"
        "action = { type = \"ModeChange\", mode = \"B\" }\n"
        "[[modes.mappings]]\ntrigger = { type = \"LongPress\", note = \"D2\" }\n"
        "action = { type = \"Delay\", ms = 1 }\n[[modes]]\nname = \"B\"\n");
  }
};

TEST_F(Events, ExplainHasModesMappingsAnswersAndReasons) {
  const Finished explained = run({"explain", "press", "C2", "50", "-c", path("p.toml"), "--json"});
  EXPECT_EQ(explained.status, 0) << explained.err;
  const json modes = json::parse(explained.out)["modes"];
  ASSERT_EQ(modes.size(), 2U);
  EXPECT_EQ(modes[0]["mode"], "A");
  EXPECT_EQ(modes[0]["others"], 1);
  ASSERT_EQ(modes[0]["mappings"].size(), 2U);
  EXPECT_EQ(modes[0]["mappings"][0], json({{"line", 3},
                                           {"column", 1},
                                           {"description", "tap"},
                                           {"trigger", "Note C2"},
                                           {"answer", "yes"},
                                           {"reason", ""}}));
  EXPECT_EQ(modes[0]["mappings"][1]["answer"], "no");
  EXPECT_EQ(modes[0]["mappings"][1]["reason"], "the velocity is 50, not 90 to 127");
  const Finished one =
      run({"explain", "press", "D2", "-c", path("p.toml"), "--mode", "A", "--json"});
  ASSERT_EQ(json::parse(one.out)["modes"].size(), 1U);
  EXPECT_EQ(json::parse(one.out)["modes"][0]["mappings"][0]["answer"], "may");
}

TEST_F(Events, SimulateHasOneObjectALine) {
  write_text(path("s.txt"), "1500us press C2 100\n");
  const Finished told = run({"simulate", path("s.txt"), "-c", path("p.toml"), "--json"});
  EXPECT_EQ(told.status, 0) << told.err;
  const std::vector<json> story = lines(told.out);
  const Finished text = run({"simulate", path("s.txt"), "-c", path("p.toml")});
  EXPECT_EQ(story.size(),
            static_cast<std::size_t>(std::count(text.out.begin(), text.out.end(), '\n')));
  ASSERT_GE(story.size(), 6U);
  EXPECT_EQ(story[0], json({{"at_ns", 1'500'000}, {"kind", "input"}, {"text", "press C2 100"}}));
  EXPECT_EQ(story[1]["kind"], "gesture");
  EXPECT_EQ(story[2],
            json({{"at_ns", 1'500'000}, {"kind", "mapping"}, {"text", "tap"}, {"line", 3}}));
  const auto has = [&](const char* kind, const char* key, const json& value) {
    return std::any_of(story.begin(), story.end(), [&](const json& line) {
      return line["kind"] == kind && line.contains(key) && line[key] == value;
    });
  };
  EXPECT_TRUE(has("mode", "text", "B")) << told.out;
  EXPECT_TRUE(has("action", "outcome", "Ok")) << told.out;
}

}  // namespace
}  // namespace midimon::testing
