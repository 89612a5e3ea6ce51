// The JSON Schema of profiles: all that the reader takes fits it, and all that it has is taken.
#include "mapping/profile_schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "mapping/profile_keys.h"
#include "mapping/profile_toml.h"
#include "plugins/json_schema.h"
#include "toml/toml_table.h"

namespace midimon {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    json out = json::object();
    for (const auto& [key, value] : *table)
      out[std::string(key.str())] = to_json(value);
    return out;
  }
  if (const auto* array = node.as_array()) {
    json out = json::array();
    for (const toml::node& item : *array)
      out.push_back(to_json(item));
    return out;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  return "a date or time";
}

// What the schema has against a profile; one line if it is no TOML.
std::vector<std::string> held_to_schema(const std::string& text) {
  static const auto schema = plugins::JsonSchema::compile(json::parse(profile_schema()));
  if (!schema) return {schema.error().message};
  Problems problems;
  const auto table = parse_toml(text, problems);
  if (!table) return {problems.lines("profile")};
  return schema->check(to_json(*table), "profile");
}

// What the reader has against it.
std::string refused(const std::string& text) {
  const auto profile = parse_profile(text, "p.toml");
  return profile ? "" : profile.error().message;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A value that the reader takes for a key of this kind.
std::string sample(const Key& key) {
  switch (key.kind) {
    case KeyKind::boolean:
      return "false";
    case KeyKind::integer:
    case KeyKind::number_or_value:
      return std::to_string(key.min);
    case KeyKind::line:
      if (key.name == "pattern") return "\"7E ?? 01\"";
      if (key.name == "bytes") return "\"7E 01\"";
      return key.name == "plugin" ? "\"p\"" : "\"x\"";
    case KeyKind::text:
      return "\"a\\nb\"";
    case KeyKind::word:
    case KeyKind::spelled_word:
      return fmt::format("\"{}\"", key.words.front());
    case KeyKind::words:
      return fmt::format("[\"{}\"]", key.words.back());
    case KeyKind::channels:
      return "[1, 16]";
    case KeyKind::strings:
      return key.name == "modifiers" ? "[\"ctrl\"]"
             : key.name == "grant"   ? "[\"midi\"]"
                                     : "[\"x\", \"y\"]";
    case KeyKind::note:
    case KeyKind::note_or_value:
      return "\"C#4\"";
    case KeyKind::notes:
      return "[60, \"D4\"]";
    case KeyKind::keys:
      return "[\"ctrl+s\", \"a\"]";
    case KeyKind::mode:
      return "0";
    case KeyKind::days:
      return "[1, \"Tue\"]";
    case KeyKind::time_of_day:
      return "\"09:30\"";
    case KeyKind::size:
      return "\"64MiB\"";
    case KeyKind::duration:
      return "\"5s\"";
    case KeyKind::ceiling:
      return "false";
    case KeyKind::params:
      return "{ any = [1, { thing = \"{value}\" }] }";
    case KeyKind::curves:
      return "{ own = [0, 0.5, 1] }";
    case KeyKind::plugins:
      return "{ p = { module = \"p.wasm\" } }";
    case KeyKind::trigger:
      return "{ type = \"CC\", cc = 1 }";
    case KeyKind::condition:
      return "{ type = \"Always\" }";
    case KeyKind::conditions:
      return "[{ type = \"Always\" }]";
    case KeyKind::action:
      return "{ type = \"Delay\", ms = 1 }";
    case KeyKind::actions:
      return "[{ type = \"Delay\", ms = 1 }, { type = \"Panic\" }]";
    case KeyKind::table:
      return "{}";
    case KeyKind::tables:
      return "[]";
  }
  return "";
}

// The keys that a table needs besides `key`, whose value is `value`.
std::string table_with(std::span<const Key> keys, const Key& key, const std::string& value) {
  std::string out = fmt::format("{} = {}", key.name, value);
  for (const Key& other : keys) {
    if (other.required && other.name != key.name) {
      out += fmt::format(", {} = {}", other.name, sample(other));
    }
  }
  return out;
}

// A profile with this trigger, condition or action.
std::string with(const std::string& trigger, const std::string& condition,
                 const std::string& action) {
  return fmt::format(
      "[plugins.p]\n[[global_mappings]]\ntrigger = {{ {} }}\ncondition = {{ {} }}\n"
      "action = {{ {} }}\n",
      trigger, condition, action);
}

const char* const kTrigger = "type = \"CC\", cc = 1";
const char* const kCondition = "type = \"Always\"";
const char* const kAction = "type = \"Panic\"";

struct Kind {
  std::span<const TypeKeys> types;
  std::function<std::string(const std::string&)> wrap;  // a table's inside in a profile
};

std::vector<Kind> kinds() {
  return {{trigger_tables(), [](const std::string& it) { return with(it, kCondition, kAction); }},
          {condition_tables(), [](const std::string& it) { return with(kTrigger, it, kAction); }},
          {action_tables(), [](const std::string& it) { return with(kTrigger, kCondition, it); }}};
}

// Calls `visit` for each key of each type with it and a function that makes a profile of a value.
void for_each_key(
    const std::function<void(const TypeKeys&, const Key&,
                             const std::function<std::string(const std::string&)>&)>& visit) {
  for (const Kind& kind : kinds()) {
    for (const TypeKeys& type : kind.types) {
      for (const Key& key : type.keys) {
        visit(type, key, [&](const std::string& value) {
          return kind.wrap(
              fmt::format("type = \"{}\", {}", type.type, table_with(type.keys, key, value)));
        });
      }
    }
  }
}

TEST(ProfileSchema, IsOneThatCanBeUsed) {
  EXPECT_THAT(held_to_schema(""), IsEmpty());
  const json schema = json::parse(profile_schema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  for (const char* part : {"trigger", "condition", "action"})
    EXPECT_GT(schema["$defs"][part]["oneOf"].size(), 10U);
}

TEST(ProfileSchema, EveryProfileThatTheReaderTakesFits) {
  const std::filesystem::path root = MIDIMON_SOURCE_DIR;
  int profiles = 0;
  for (const char* folder : {"tests/simulations", "examples/profiles", "fuzz/corpus/profile"}) {
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      const std::string text = read_file(entry.path());
      if (!refused(text).empty() || entry.path().extension() == ".out" ||
          entry.path().extension() == ".script") {
        continue;
      }
      ++profiles;
      EXPECT_THAT(held_to_schema(text), IsEmpty()) << entry.path();
    }
  }
  EXPECT_GT(profiles, 12);
}

TEST(ProfileSchema, EveryTypeIsOneThatTheReaderKnows) {
  for (const Kind& kind : kinds()) {
    for (const TypeKeys& type : kind.types)
      EXPECT_THAT(refused(kind.wrap(fmt::format("type = \"{}\"", type.type))),
                  Not(HasSubstr("of type")))
          << type.type;
    // And it has all that the reader knows: with the list of them the reader answers.
    const std::string answer = refused(kind.wrap("type = \"?\""));
    const std::size_t list = answer.find("allowed: ");
    ASSERT_NE(list, std::string::npos) << answer;
    const std::string known = answer.substr(list + 9, answer.find('\n', list) - list - 9);
    EXPECT_EQ(static_cast<std::size_t>(std::count(known.begin(), known.end(), ',')) + 1,
              kind.types.size())
        << known;
  }
}

TEST(ProfileSchema, EveryKeyIsOneThatTheReaderTakesAndTheSchemaToo) {
  int keys = 0;
  for_each_key([&](const TypeKeys& type, const Key& key, const auto& with_value) {
    ++keys;
    std::string text = with_value(sample(key));
    // Which keys a SendMidi has depends on its message, and a Launch has one of two.
    if (type.type == "SendMidi") {
      const auto is = [&](const char* message) {
        const std::size_t at = text.find("\"NoteOn\"");
        if (at != std::string::npos) text.replace(at, 8, message);
      };
      if (key.name == "controller" || key.name == "value") is("\"CC\"");
      if (key.name == "program") is("\"ProgramChange\"");
      if (key.name == "pitch") is("\"PitchBend\"");
      if (key.name == "pressure") is("\"Aftertouch\"");
      if (key.name == "bytes") is("\"SysEx\"");
    }
    EXPECT_THAT(refused(text), Not(HasSubstr("has no key"))) << text;
    EXPECT_THAT(refused(text), Not(HasSubstr(fmt::format("\"{}\" must be", key.name)))) << text;
    EXPECT_THAT(held_to_schema(text), IsEmpty()) << text;
    EXPECT_THAT(held_to_schema(with_value("[[true]]")), Not(IsEmpty()))
        << type.type << "." << key.name << " takes anything";
  });
  EXPECT_GT(keys, 100);
}

TEST(ProfileSchema, BoundsAreThoseOfTheReader) {
  int bounds = 0;
  for_each_key([&](const TypeKeys& type, const Key& key, const auto& with_value) {
    if (key.kind != KeyKind::integer) return;
    for (const std::int64_t beyond : {key.min - 1, key.max + 1}) {
      if (beyond == 1 && key.max == 0) continue;  // it has no upper bound
      ++bounds;
      const std::string text = with_value(std::to_string(beyond));
      EXPECT_THAT(refused(text), HasSubstr(fmt::format("\"{}\" must be", key.name))) << text;
      EXPECT_THAT(held_to_schema(text), Not(IsEmpty())) << type.type << text;
    }
  });
  EXPECT_GT(bounds, 60);
}

TEST(ProfileSchema, SectionsHaveTheKeysOfTheReader) {
  const auto check = [](std::span<const Key> keys, const std::string& before,
                        const std::string& after) {
    for (const Key& key : keys) {
      const std::string text =
          fmt::format("{}{}{}", before, table_with(keys, key, sample(key)), after);
      EXPECT_THAT(refused(text), Not(HasSubstr("has no key"))) << text;
      EXPECT_THAT(held_to_schema(text), IsEmpty()) << text;
    }
  };
  for (const Key& section : profile_keys()) {
    const std::string text = fmt::format("{} = {}\n", section.name, sample(section));
    EXPECT_THAT(refused(text), IsEmpty()) << text;
    EXPECT_THAT(held_to_schema(text), IsEmpty()) << text;
    const std::string name(section.name);
    if (section.kind == KeyKind::table) check(section.inner, name + " = { ", " }\n");
    if (section.kind == KeyKind::tables && name != "registries") {
      check(section.inner, name + " = [{ ", " }]\n");
    }
  }
  check(plugin_keys(), "plugins = { p = { ", " } }\n");
  check(keys_in(plugin_keys(), "limits"), "plugins = { p = { limits = { ", " } } }\n");
  check(keys_in(keys_in(profile_keys(), "modes"), "mappings"),
        "modes = [{ name = \"A\", mappings = [{ ", " }] }]\n");
}

TEST(ProfileSchema, RefusesWhatTheReaderRefuses) {
  for (const std::string& text :
       {std::string("devic = {}\n"), std::string("[device]\nnam = \"x\"\n"),
        with("type = \"Nte\", note = 1", kCondition, kAction),
        with("type = \"Note\"", kCondition, kAction),
        with("type = \"Note\", note = \"H2\"", kCondition, kAction),
        with("type = \"Note\", note = 1, cc = 1", kCondition, kAction),
        with("type = \"CC\", cc = 1, edge = \"up\"", kCondition, kAction),
        with(kTrigger, kCondition, "type = \"Sequence\", actions = [{ type = \"Dely\", ms = 1 }]"),
        with(kTrigger, "type = \"Not\", condition = { type = \"Maybe\" }", kAction),
        std::string("[curves]\na = [0, 2]\n"), std::string("[audit]\nfile_size = \"many\"\n")}) {
    EXPECT_THAT(refused(text), Not(IsEmpty())) << text;
    EXPECT_THAT(held_to_schema(text), Not(IsEmpty())) << text;
  }
}

}  // namespace
}  // namespace midimon
