#include "mapping/profile_toml.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "toml/toml_table.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Result<Profile> parse(std::string_view text) {
  return parse_profile(text, "conf/pad.toml");
}

std::string error_of(std::string_view text) {
  const auto result = parse(text);
  return result ? "no error" : result.error().message;
}

// A profile whose one mapping has this trigger and action.
std::string with(std::string_view trigger, std::string_view action) {
  return "[[global_mappings]]\ntrigger = " + std::string(trigger) +
         "\naction = " + std::string(action) +
         "\n[plugins.log]\nmodule = \"log.wasm\"\n[[modes]]\nname = \"Live\"\n";
}

std::string with_trigger(std::string_view trigger) {
  return with(trigger, R"({ type = "Delay", ms = 1 })");
}

std::string with_action(std::string_view action) {
  return with(R"({ type = "Note", note = 60 })", action);
}

template <typename T>
T trigger_of(std::string_view trigger) {
  const auto profile = parse(with_trigger(trigger));
  if (!profile) throw std::runtime_error(profile.error().message);
  return std::get<T>(profile->global_mappings.at(0).trigger);
}

template <typename T>
T action_of(std::string_view action) {
  const auto profile = parse(with_action(action));
  if (!profile) throw std::runtime_error(profile.error().message);
  return std::get<T>(profile->global_mappings.at(0).action.what);
}

std::string_view whole() {
  return R"(# a pad
[device]
name = "Mikro"
auto_connect = false

[[modes]]
name = "Default"
color = "blue"

[[modes.mappings]]
description = "Note it down"
trigger = { type = "Note", note = "C4", channel = 1, velocity_min = 20, velocity_max = 90 }
action = { type = "Plugin", plugin = "practice-log", action = "note", params = { tag = "x" } }

[[modes]]
name = "Live"

[[modes.mappings]]
[modes.mappings.trigger]
type = "CC"
cc = 7
value_min = 64
[modes.mappings.action]
type = "Sequence"
actions = [
  { type = "Delay", ms = 20 },
  { type = "ModeChange", mode = "Default" },
]

[[global_mappings]]
trigger = { type = "Note", note = 36 }
action = { type = "ModeChange", mode = 1 }

[advanced_settings]
chord_timeout_ms = 40
double_tap_timeout_ms = 250
hold_threshold_ms = 1500

[logging]
level = "debug"

[plugins."practice-log"]
module = "plugins/practice-log.wasm"
grant = ["filesystem", "network"]
unsigned = true
limits = { memory = "64MiB", fuel = 1000, time = "500ms", storage = 4096, storage_entries = 10, open_files = 4 }

[plugins.other]
module = "/opt/other.wasm"
)";
}

TEST(ParseProfile, ReadsEverySection) {
  const auto profile = parse(whole());
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->file, "conf/pad.toml");
  EXPECT_EQ(profile->device.name, "Mikro");
  EXPECT_FALSE(profile->device.auto_connect);
  EXPECT_EQ(profile->advanced.chord_timeout, milliseconds(40));
  EXPECT_EQ(profile->advanced.double_tap_timeout, milliseconds(250));
  EXPECT_EQ(profile->advanced.hold_threshold, milliseconds(1500));
  EXPECT_EQ(profile->logging.level, LogLevel::debug);
  ASSERT_EQ(profile->modes.size(), 2U);
  EXPECT_EQ(profile->modes[0].name, "Default");
  EXPECT_EQ(profile->modes[0].color, "blue");
  EXPECT_EQ(profile->modes[1].name, "Live");
}

TEST(ParseProfile, ReadsMappings) {
  const auto profile = parse(whole());
  ASSERT_TRUE(profile) << profile.error().message;

  const Mapping& note = profile->modes[0].mappings.at(0);
  EXPECT_EQ(note.description, "Note it down");
  const auto& trigger = std::get<NoteTrigger>(note.trigger);
  EXPECT_EQ(trigger.note, 60);
  EXPECT_EQ(trigger.channel, 0) << "channel 1 of people is 0 on the wire";
  EXPECT_EQ(trigger.velocity_min, 20);
  EXPECT_EQ(trigger.velocity_max, 90);
  const auto& plugin = std::get<PluginAction>(note.action.what);
  EXPECT_EQ(plugin.plugin, "practice-log");
  EXPECT_EQ(plugin.action, "note");
  EXPECT_EQ(plugin.params_json, R"({"tag":"x"})");
  EXPECT_EQ(plugin.pos.line, 13U);

  const Mapping& control = profile->modes[1].mappings.at(0);
  EXPECT_EQ(control.description, "sequence of 2 actions") << "what it does, for want of words";
  EXPECT_EQ(std::get<ControlTrigger>(control.trigger).value_min, 64);
  EXPECT_EQ(std::get<ControlTrigger>(control.trigger).channel, std::nullopt);
  const auto& steps = std::get<Sequence>(control.action.what).actions;
  EXPECT_EQ(std::get<Delay>(steps.at(0).what).duration, milliseconds(20));
  EXPECT_EQ(std::get<ModeChange>(steps.at(1).what).mode, 0U);

  const auto& change = std::get<ModeChange>(profile->global_mappings.at(0).action.what);
  EXPECT_EQ(change.mode, 1U);
  EXPECT_EQ(change.name, "Live");
}

TEST(ParseProfile, ReadsPlugins) {
  const auto profile = parse(whole());
  ASSERT_TRUE(profile) << profile.error().message;
  const PluginEntry& entry = profile->plugins.at("practice-log");
  EXPECT_EQ(entry.module, "conf/plugins/practice-log.wasm");
  EXPECT_EQ(entry.grant, (std::vector<std::string>{"filesystem", "network"}));
  EXPECT_TRUE(entry.allow_unsigned);
  EXPECT_EQ(entry.limits.memory, 64U << 20U);
  EXPECT_EQ(entry.limits.fuel, 1000U);
  EXPECT_EQ(entry.limits.time, milliseconds(500));
  EXPECT_EQ(entry.limits.storage, 4096U);
  EXPECT_EQ(entry.limits.storage_entries, 10U);
  EXPECT_EQ(entry.limits.open_files, 4U);

  const PluginEntry& other = profile->plugins.at("other");
  EXPECT_EQ(other.module, "/opt/other.wasm");
  EXPECT_TRUE(other.grant.empty());
  EXPECT_FALSE(other.allow_unsigned);
  EXPECT_EQ(other.limits.time, std::nullopt);
}

TEST(ParseProfile, AnEmptyFileHasOneModeAndDefaults) {
  const auto profile = parse("");
  ASSERT_TRUE(profile) << profile.error().message;
  ASSERT_EQ(profile->modes.size(), 1U);
  EXPECT_EQ(profile->modes[0].name, kDefaultModeName);
  EXPECT_TRUE(profile->device.auto_connect);
  EXPECT_EQ(profile->logging.level, LogLevel::info);
}

TEST(ParseProfile, NotesAreNumbersOrNames) {
  EXPECT_EQ(trigger_of<NoteTrigger>(R"({ type = "Note", note = 0 })").note, 0);
  EXPECT_EQ(trigger_of<NoteTrigger>(R"({ type = "Note", note = "F#3" })").note, 54);
  for (const char* note : {"128", "-1", "\"H4\"", "\"G#9\"", "1.5", "true", "[60]"}) {
    const std::string error =
        error_of(with_trigger(R"({ type = "Note", note = )" + std::string(note) + " }"));
    EXPECT_TRUE(error.starts_with("conf/pad.toml:2:35: \"note\" must be a number from 0 to 127"))
        << error;
  }
}

TEST(ParseProfile, TimeLimitsAreTextsOrMilliseconds) {
  const auto limit = [](const std::string& time) {
    return parse("[plugins.a]\nmodule = \"a\"\nlimits = { time = " + time + " }");
  };
  EXPECT_EQ(limit("\"5s\"")->plugins.at("a").limits.time, seconds(5));
  EXPECT_EQ(limit("250")->plugins.at("a").limits.time, milliseconds(250));
  for (const char* time : {"0", "-1", "\"0s\"", "\"5\"", "\"25h\"", "9223372036854775807", "1.5"}) {
    EXPECT_FALSE(limit(time)) << time;
  }
}

TEST(ParseProfile, SizeLimitsAreTextsOrBytes) {
  const auto limit = [](const std::string& memory) {
    return parse("[plugins.a]\nmodule = \"a\"\nlimits = { memory = " + memory + " }");
  };
  EXPECT_EQ(limit("\"1GiB\"")->plugins.at("a").limits.memory, 1U << 30U);
  EXPECT_EQ(limit("65536")->plugins.at("a").limits.memory, 65536U);
  for (const char* memory : {"0", "-1", "\"0\"", "\"64 mb\"", "\"99999999TiB\"", "true"}) {
    EXPECT_FALSE(limit(memory)) << memory;
  }
}

TEST(ParseProfile, ParamsBecomeJson) {
  const auto action = action_of<PluginAction>(
      R"({ type = "Plugin", plugin = "log", action = "a", params = { s = "q\"\n\u00e9", i = -3, )"
      R"(f = 1.5, b = true, a = [1, [2]], t = { k = "v" }, d = 2024-06-07T10:00:00Z } })");
  EXPECT_EQ(nlohmann::json::parse(action.params_json),
            nlohmann::json::parse(R"({"s": "q\"\n\u00e9", "i": -3, "f": 1.5, "b": true,
                "a": [1, [2]], "t": {"k": "v"}, "d": "2024-06-07T10:00:00Z"})"));
}

TEST(ParseProfile, ParamsWithoutAJsonFormAreRefused) {
  EXPECT_EQ(error_of(with_action(
                R"({ type = "Plugin", plugin = "log", action = "a", params = { x = [nan] } })")),
            "conf/pad.toml:3:75: params become JSON, which has no infinity and no \"nan\"");
}

TEST(ParseProfile, TellsAllProblemsInTheOrderOfTheFile) {
  const auto result = parse(R"(colour = 1
[device]
nmae = "Mikro"
[[modes]]
name = "Live"
[[modes]]
name = "Live"
[[modes.mappings]]
trigger = { type = "Note", note = 60, velocty_min = 3 }
action = { type = "Plugin", plugin = "practise-log", action = "note" }
[[modes.mappings]]
trigger = { type = "note", note = 60 }
[[modes.mappings]]
trigger = { type = "CC", cc = 128, channel = 0 }
action = { type = "ModeChange", mode = "live" }
[logging]
level = "loud"
[plugins."practice-log"]
grant = ["filesystm", "network", "network", 3]
limits = { fuel = "lots" }
[plugins."Bad..Id"]
module = "x.wasm"
)");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_EQ(
      result.error().message,
      R"(conf/pad.toml:1:1: a profile has no key "colour"; allowed: device, devices, thru, advanced_settings, logging, audit, storage, curves, policy, plugins, registries, modes, global_mappings
conf/pad.toml:3:1: [device] has no key "nmae"; did you mean "name"?
conf/pad.toml:7:8: there is another mode "Live" above; names of modes must differ
conf/pad.toml:9:39: a Note trigger has no key "velocty_min"; did you mean "velocity_min"?
conf/pad.toml:10:38: plugin "practise-log" is not declared; did you mean "practice-log"?
conf/pad.toml:11:1: a mapping needs "action", a table
conf/pad.toml:12:20: there is no trigger of type "note"; did you mean "Note"?
conf/pad.toml:14:31: "cc" must be an integer from 0 to 127, not 128
conf/pad.toml:14:46: "channel" must be an integer from 1 to 16, not 0
conf/pad.toml:15:40: there is no mode "live"; did you mean "Live"?
conf/pad.toml:17:9: there is no level "loud"; allowed: debug, info, warning, error, off, trace, warn
conf/pad.toml:19:10: there is no capability "filesystm"; did you mean "filesystem"?
conf/pad.toml:19:34: "network" is granted twice
conf/pad.toml:19:45: "grant" must be an array of capability names, not 3
conf/pad.toml:20:19: "fuel" must be an integer from 1 to 9223372036854775807, not "lots"
conf/pad.toml:21:10: "Bad..Id" cannot be a plugin's id: an id is 1 to 64 of a-z, 0-9, '.', '_', '-', begins and ends with a letter or digit, has no "..")");
}

TEST(ParseProfile, NamesThePlaceOfAMistakeInTheSyntax) {
  EXPECT_TRUE(error_of("[device]\nname = \n").starts_with("conf/pad.toml:2:"));
  EXPECT_TRUE(error_of("[device\n").starts_with("conf/pad.toml:1:"));
  EXPECT_EQ(error_of("[device]\nname = \"\xff\"\n").find('\n'), std::string::npos);
}

TEST(ParseProfile, SaysHowAnArrayOfTablesIsWritten) {
  EXPECT_EQ(
      error_of("[modes]\nname = \"x\"\n"),
      "conf/pad.toml:1:1: \"modes\" must be an array of tables, each written as [[modes]], not "
      "a table");
  EXPECT_EQ(error_of("modes = [1]\n"),
            "conf/pad.toml:1:10: \"modes\" must be an array of tables, each written as [[modes]], "
            "not 1");
}

TEST(ParseProfile, RangesMustNotBeUpsideDown) {
  EXPECT_EQ(
      error_of(
          with_trigger(R"({ type = "Note", note = 1, velocity_min = 90, velocity_max = 20 })")),
      "conf/pad.toml:2:53: \"velocity_min\" must not be above \"velocity_max\", 90 is above 20");
}

TEST(ParseProfile, ATypeThatIsMissingIsAskedForByName) {
  EXPECT_EQ(error_of(with_trigger("{ note = 1 }")),
            "conf/pad.toml:2:11: a trigger needs \"type\", one of Note, VelocityRange, LongPress, "
            "DoubleTap, NoteChord, NoteRelease, EncoderTurn, CC, Aftertouch, PitchBend, "
            "ProgramChange, NRPN, RPN, SysEx, Start, Stop, Continue, Beat");
  EXPECT_EQ(
      error_of(with_action("{ ms = 1 }")),
      "conf/pad.toml:3:10: an action needs \"type\", one of Plugin, ModeChange, Delay, Sequence, "
      "Repeat, Conditional, Parallel, Cycle, Toggle, Panic, Keystroke, Text, MouseClick, "
      "MouseMove, Launch, Command, Shell, VolumeControl, SendMidi");
}

TEST(ParseProfile, APluginThatIsNotDeclaredIsToldHow) {
  EXPECT_EQ(
      error_of(with_action(R"({ type = "Plugin", plugin = "lights", action = "on" })")),
      "conf/pad.toml:3:38: plugin \"lights\" is not declared; add [plugins.\"lights\"] with its "
      "module");
}

TEST(ParseProfile, ActionsAreCheckedInsideSequencesToo) {
  EXPECT_EQ(
      error_of(with_action(R"({ type = "Sequence", actions = [{ type = "Dely", ms = 1 }, 7] })")),
      "conf/pad.toml:3:51: there is no action of type \"Dely\"; did you mean \"Delay\"?\n"
      "conf/pad.toml:3:69: \"actions\" must be an array of actions, each a table, not 7");
  EXPECT_EQ(error_of(with_action(R"({ type = "ModeChange", mode = 1 })")),
            "conf/pad.toml:3:40: \"mode\" must be a mode's name or a number from 0 to 0, not 1");
  EXPECT_EQ(error_of(with_action(R"({ type = "Delay", ms = 3600001 })")),
            "conf/pad.toml:3:33: \"ms\" must be an integer from 0 to 3600000, not 3600001");
}

TEST(ParseProfile, TextsAreOfOneLineAndNotEmpty) {
  EXPECT_TRUE(error_of("[device]\nname = \"\"").ends_with("that is not empty, not \"\""));
  EXPECT_TRUE(error_of("[device]\nname = \"a\\u001b[2J\"").ends_with("not \"a\\x1b[2J\""));
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string nested_sequences(int depth) {
  return repeat(R"({ type = "Sequence", actions = [)", depth) + R"({ type = "Delay", ms = 1 })" +
         repeat("] }", depth);
}

TEST(ParseProfile, SequencesNestSixteenDeepAndNoDeeper) {
  EXPECT_TRUE(parse(with_action(nested_sequences(16))));
  const std::string error = error_of(with_action(nested_sequences(17)));
  EXPECT_NE(error.find("actions may stand 16 deep in one another"), std::string::npos) << error;
}

TEST(ParseProfile, FilesBeyondTheSizeLimitAreNotRead) {
  const auto result = parse(std::string(kMaxProfileBytes + 1, '\n'));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::limit);
  EXPECT_TRUE(parse(std::string(kMaxProfileBytes, '\n')));
}

// The parser recurses for each of these and would run out of stack.
TEST(ParseProfile, KeysAndValuesOfAnyDepthNeverOverflowTheStack) {
  EXPECT_EQ(error_of("\n  [a" + repeat(".a", 400'000) + "]"),
            "conf/pad.toml:2:67: a key of more than 32 parts");
  for (const std::string& text :
       {"a" + repeat(".a", 400'000) + " = 1", "\"a\"" + repeat(".\"=\"", 200'000) + " = 1",
        "x = '''a'''''\na" + repeat(".\"\\\"\"", 100'000) + " = 1",
        "x = \"\"\"a\"\"\"\"\"\na" + repeat(".'['", 100'000) + " = 1",
        "x = " + repeat("[", 400'000), "x = " + repeat("{a=", 200'000),
        "a" + repeat(" .\ta", 200'000) + " = 1"}) {
    EXPECT_FALSE(parse(text)) << text.substr(0, 40);
  }
  // About the deepest that is let through: 64 values in one another, 31 dots in every key.
  const std::string key = "a" + repeat(".a", 31);
  EXPECT_FALSE(parse(with_action(R"({ type = "Plugin", plugin = "log", action = "a", params = )" +
                                 repeat("{" + key + "=", 60) + "1" + repeat("}", 60) + "}")));
}

TEST(ParseProfile, ParamsAreThirtyTwoValuesDeepAtMost) {
  const auto nested = [](int depth) {
    return with_action(R"({ type = "Plugin", plugin = "log", action = "a", params = { x = )" +
                       repeat("[", depth - 1) + "1" + repeat("]", depth - 1) + "} }");
  };
  EXPECT_TRUE(parse(nested(32)));
  EXPECT_EQ(error_of(nested(33)), "conf/pad.toml:3:106: params may be 32 values deep, not deeper");
}

TEST(ParseProfile, DotsInTextAndNumbersAreNoKeys) {
  EXPECT_TRUE(
      parse("[device] # " + repeat("a.", 100) + "\nname = \"" + repeat("a.", 100) + "\"\n"));
  const auto action = action_of<PluginAction>(
      R"({ type = "Plugin", plugin = "log", action = "a", params = { x = [)" +
      repeat("1.5, ", 100) + "] } }");
  EXPECT_GT(action.params_json.size(), 400U);
}

TEST(ParseProfile, ModesHaveActionsForTheirBeginningAndEnd) {
  const auto profile = parse(
      "[[modes]]\nname = \"A\"\non_enter = { type = \"Delay\", ms = 1 }\non_exit = { type = "
      "\"Delay\", ms = 2 }\n");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(std::get<Delay>(profile->modes[0].on_enter->what).duration, milliseconds(1));
  EXPECT_EQ(std::get<Delay>(profile->modes[0].on_exit->what).duration, milliseconds(2));
  EXPECT_EQ(
      error_of("[[modes]]\nname = \"A\"\non_enter = { type = \"Sequence\", actions = [{ type = "
               "\"ModeChange\", mode = 0 }] }\n"),
      "conf/pad.toml:3:12: \"on_enter\" may not change the mode");
}

TEST(ParseProfile, ThereAre256ModesAtMost) {
  std::string modes;
  for (int i = 0; i < 256; ++i)
    modes += "[[modes]]\nname = \"" + std::to_string(i) + "\"\n";
  EXPECT_TRUE(parse(modes));
  EXPECT_EQ(error_of(modes + "[[modes]]\nname = \"x\"\n"),
            "conf/pad.toml:513:1: a profile has 256 modes at most; leave out the rest");
}

TEST(ParseProfile, AModeIsHeldByANoteOnly) {
  constexpr const char* kHeld = R"({ type = "ModeChange", mode = "Live", while_held = true })";
  EXPECT_TRUE(parse(with(R"({ type = "LongPress", note = 1 })", kHeld)));
  EXPECT_EQ(error_of(with(R"({ type = "CC", cc = 1 })", kHeld)),
            "conf/pad.toml:3:10: \"while_held\" needs a note that is held: a trigger of type Note, "
            "VelocityRange, LongPress or DoubleTap");
  EXPECT_EQ(
      error_of(with_action(std::string(R"({ type = "Sequence", actions = [)") + kHeld + "] }")),
      "conf/pad.toml:3:93: \"while_held\" is for a mapping's whole action, not for a part of "
      "one");
}

TEST(ParseProfile, ARepeatComesToAnEnd) {
  EXPECT_EQ(
      action_of<Repeat>(
          R"({ type = "Repeat", count = 3, delay_ms = 5, action = { type = "Delay", ms = 1 } })")
          .count,
      3);
  EXPECT_EQ(error_of(with_action(R"({ type = "Repeat", count = 100, action = { type = "Repeat", )"
                                 R"(count = 100, action = { type = "Delay", ms = 1 } } })")),
            "conf/pad.toml:3:37: this comes to more than 10000 steps; repeat it less");
}

TEST(ParseProfile, ACurveIsATableOfPointsFromZeroToOne) {
  const auto profile = parse("[curves]\nsoft = [0, 0.5, 1]\n");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_DOUBLE_EQ(profile->curves.at("soft").at(0.25), 0.25);
  for (const char* points : {"[0]", "[0, 2]", "[0, nan]", "[0, \"1\"]", "1"}) {
    EXPECT_TRUE(error_of(std::string("[curves]\nsoft = ") + points)
                    .ends_with("curve \"soft\" must be an array of 2 to 128 numbers from 0 to 1"))
        << points;
  }
}

TEST(ParseProfile, RandomMutationsNeverCrash) {
  std::mt19937 random(20240608);  // NOLINT(cert-msc51-cpp): the same mutations on every run
  constexpr std::string_view kAlphabet = "[]{}=\".,'\n\\#a1-\xff\t";
  int parsed = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text(whole());
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char letter = kAlphabet[random() % kAlphabet.size()];
      switch (random() % 3) {
        case 0:
          text.insert(at, 1, letter);
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        default:
          text[at] = letter;
      }
    }
    const auto profile = parse(text);
    parsed += profile ? 1 : 0;
    if (!profile) {
      EXPECT_TRUE(profile.error().message.starts_with("conf/pad.toml:"));
    }
  }
  EXPECT_GT(parsed, 10);
}

// The library once called it impossible that such a character comes where blanks may. Reaching what
// is impossible does not compile here.
static_assert(!toml::impl::is_horizontal_whitespace(U'\u00E9'));
static_assert(!toml::impl::is_horizontal_whitespace(U'\uFE7F'));
static_assert(toml::impl::is_horizontal_whitespace(U'\u2003'));

TEST(ParseProfile, SyntaxErrorsCanBeShown) {
  EXPECT_EQ(error_of("t = fa\x7Flse"),
            "conf/pad.toml:1:7: Error while parsing boolean: expected 'false', saw 'fa\\x7f'");
  EXPECT_TRUE(error_of("t = fa\u202Else").ends_with("saw 'fa\\u{202e}'"));
  EXPECT_TRUE(error_of("t = fa\u009Blse").ends_with("saw 'fa\\u{9b}'"));
}

TEST(ParseProfile, LettersWhereBlanksMayBeAreAMistake) {
  for (const char* text : {"[x\u00E9]", "x\u00E9 = 1", "x = 1 \uFE7F", "[Xmo\uFE7F[de"})
    EXPECT_TRUE(error_of(text).starts_with("conf/pad.toml:1:")) << text << ": " << error_of(text);
}

TEST(ParseProfile, APolicyIsACeilingForEachKindItNames) {
  const auto profile = parse_profile(R"(
[policy]
network = ["https://*.example.org", "ws://127.0.0.1:4455"]
subprocess = false
midi = true
)",
                                     "p.toml");
  ASSERT_TRUE(profile) << profile.error().message;
  ASSERT_EQ(profile->policy.size(), 3U);
  EXPECT_EQ(profile->policy[0].capability, "network");
  EXPECT_EQ(profile->policy[0].allow.size(), 2U);
  EXPECT_EQ(profile->policy[0].pos.line, 3U);
  EXPECT_TRUE(profile->policy[1].whole);
  EXPECT_FALSE(profile->policy[2].whole);
  EXPECT_TRUE(profile->policy[2].allow.empty());

  const auto wrong = parse_profile("[policy]\nnetwrok = true\nmidi = []\naudio = [3]\n", "p.toml");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "p.toml:2:1: [policy] has no key \"netwrok\"; did you mean \"network\"?\n"
            "p.toml:3:8: \"midi\" must be true, false, or an array of what may be granted at most, "
            "not an array\n"
            "p.toml:4:10: \"audio\" must be true, false, or an array of what may be granted at "
            "most, not 3");
}

TEST(ProfileSettings, BecomeTheJsonThatThePluginGets) {
  const auto profile = parse(
      "[plugins.obs.settings]\nhost = \"{velocity} \\\"x\\\"\"\nport = 4455\nok = true\n"
      "rate = 0.5\nwhen = 2026-01-02\nlist = [1, [2, {a = 3}]]\n");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(nlohmann::json::parse(profile->plugins.at("obs").settings_json),
            nlohmann::json::parse(R"({"host":"{velocity} \"x\"","port":4455,"ok":true,"rate":0.5,)"
                                  R"("when":"2026-01-02","list":[1,[2,{"a":3}]]})"));
  EXPECT_EQ(parse("[plugins.obs]\nunsigned = true\n")->plugins.at("obs").settings_json, "{}");
}

TEST(ProfileSettings, AreBounded) {
  EXPECT_NE(error_of("[plugins.obs]\nsettings = 5\n").find("settings"), std::string::npos);
  EXPECT_NE(error_of("[plugins.obs.settings]\nx = inf\n").find("finite"), std::string::npos);
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  EXPECT_NE(error_of("[plugins.obs.settings]\nx = " + deep + "\n").find("32 values deep"),
            std::string::npos);
  const std::string large = "\"" + std::string(70'000, 'x') + "\"";
  EXPECT_NE(error_of("[plugins.obs.settings]\nx = " + large + "\n").find("64 KiB"),
            std::string::npos);
}

}  // namespace
}  // namespace midimon
