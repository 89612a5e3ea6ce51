#include "mapping/params_template.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

std::string profile(const std::string& params,
                    const std::string& trigger = R"(type = "Note", note = 36)") {
  return "[curves]\nsteep = [0, 0.5, 0.5, 1]\n[plugins.log]\nmodule = \"log.wasm\"\n"
         "[[global_mappings]]\ntrigger = { " +
         trigger +
         " }\naction = { type = \"Plugin\", plugin = \"log\", action = \"a\", params = { " +
         params + " } }\n";
}

// The params of a press of C2 with this velocity.
std::string render(const std::string& params, int velocity = 127) {
  const auto read = parse_profile(profile(params), "p.toml");
  if (!read) throw std::runtime_error(read.error().message);
  const auto& action = std::get<PluginAction>(read->global_mappings.at(0).action.what);
  if (!action.params) return action.params_json;
  return action.params->render(
      values_of({{}, NotePressed{2, 36, static_cast<std::uint8_t>(velocity)}}));
}

std::string error_of(const std::string& params, const std::string& trigger) {
  const auto read = parse_profile(profile(params, trigger), "p.toml");
  if (read) return "no error";
  return read.error().message.substr(read.error().message.find(": ") + 2);
}

TEST(ParamsTemplate, APlaceholderAloneIsANumber) {
  EXPECT_EQ(render(R"(v = "{velocity}", n = "{note}", c = "{channel}")", 99),
            R"({"c":3,"n":36,"v":99})");
}

TEST(ParamsTemplate, ANotesNameIsAText) {
  EXPECT_EQ(render(R"(n = "{note_name}")"), R"({"n":"C2"})");
}

TEST(ParamsTemplate, InATextAValueStandsAmongOtherWords) {
  EXPECT_EQ(render(R"(t = "{note_name} at {velocity}%\"", a = ["{note}", "x"])", 5),
            R"({"a":[36,"x"],"t":"C2 at 5%\""})");
}

TEST(ParamsTemplate, ARangeScalesAndIsAsWholeAsItIsWritten) {
  EXPECT_EQ(render(R"(v = "{velocity:0..100}")", 127), R"({"v":100})");
  EXPECT_EQ(render(R"(v = "{velocity:0..100}")", 1), R"({"v":0})");
  EXPECT_EQ(render(R"(v = "{velocity:0..100}")", 64), R"({"v":50})");
  EXPECT_EQ(render(R"(v = "{velocity:-1.0..1.0}")", 64), R"({"v":0})");
  EXPECT_EQ(render(R"(v = "{velocity:0..0.5}")", 127), R"({"v":0.5})");
  EXPECT_EQ(render(R"(v = "{velocity:100..0}")", 127), R"({"v":0})") << "also upside down";
}

TEST(ParamsTemplate, CurvesBendARange) {
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:linear}")", 64), R"({"v":500})");
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:exponential}")", 64), R"({"v":150})");
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:s-curve}")", 64), R"({"v":500})");
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:s-curve}")", 32), R"({"v":152})");
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:steep}")", 64), R"({"v":500})");
  EXPECT_EQ(render(R"(v = "{velocity:0..1000:steep}")", 127), R"({"v":1000})");
}

TEST(ParamsTemplate, OtherBracesAreBraces) {
  EXPECT_EQ(render(R"(t = "{\"a\": {}} {1} {")"), R"({"t":"{\"a\": {}} {1} {"})");
  EXPECT_EQ(render(R"(t = "{{velocity}")"), R"({"t":"{velocity}"})");
}

TEST(ParamsTemplate, IsJsonWhateverTheTextAroundAValue) {
  const auto json = nlohmann::json::parse(render(R"(t = "a\n\"\\{velocity}\u00e9\t")", 7));
  EXPECT_EQ(json["t"], "a\n\"\\7\u00e9\t");
}

TEST(ParamsTemplate, SaysWhatIsWrong) {
  const std::string note = R"(type = "Note", note = 36)";
  EXPECT_EQ(error_of(R"(v = "{velocty}")", note),
            "there is no value \"{velocty}\"; did you mean \"velocity\"?; write {{ for a brace");
  EXPECT_EQ(error_of(R"(v = "{velocity")", note),
            "\"{velocity\" has no closing brace; write {{ for a brace");
  EXPECT_EQ(error_of(R"(v = "{velocity:0-100}")", note),
            "a range is written as 0..100 or 0.0..1.0, not \"0-100\"");
  EXPECT_EQ(error_of(R"(v = "{velocity:0..1:steap}")", note),
            "there is no curve \"steap\"; did you mean \"steep\"?");
  EXPECT_EQ(error_of(R"(v = "{note_name:0..1}")", note),
            "{note_name} has no range of its own and cannot be scaled");
}

TEST(ParamsTemplate, ATriggerWithoutTheValueIsAMistake) {
  EXPECT_EQ(error_of(R"(v = "{velocity}")", R"(type = "CC", cc = 7)"),
            "the trigger (CC 7) has no {velocity}; it has {value}, {channel}");
  EXPECT_EQ(error_of(R"(v = "{value}")", R"(type = "Start")"),
            "the trigger (Start) has no {value}; it has no values");
  EXPECT_EQ(error_of(R"(v = "{steps}")", R"(type = "EncoderTurn", cc = 1)"), "no error");
}

TEST(EventValues, EachGestureBringsItsOwn) {
  EXPECT_EQ(values_of({{}, ControlChanged{0, 7, 9, 0}}).value, 9);
  EXPECT_EQ(values_of({{}, BendChanged{0, 9000, 0}}).value, 9000);
  EXPECT_EQ(values_of({{}, BendChanged{0, 9000, 0}}).value_max, 16383);
  EXPECT_EQ(values_of({{}, SysexReceived{0, 5}}).value, 5);
  EXPECT_EQ(values_of({{}, NoteReleased{0, 60, 5}}).velocity, std::nullopt);
  EXPECT_EQ(values_of({{}, NotePressureChanged{0, 60, 5, 0}}).note, 60);
}

TEST(EventValues, QuickTurnsCountMoreUpToTheAcceleration) {
  const auto turn = [](int ms, int steps) {
    return EncoderTurned{0, 1, Encoding::twos_complement, static_cast<std::int8_t>(steps),
                         std::chrono::milliseconds(ms)};
  };
  EXPECT_EQ(accelerate(turn(1000, 1), 8), 1);
  EXPECT_EQ(accelerate(turn(25, 1), 8), 2);
  EXPECT_EQ(accelerate(turn(10, -1), 8), -5);
  EXPECT_EQ(accelerate(turn(0, 1), 8), 8);
  EXPECT_EQ(accelerate(turn(0, 3), 1), 3);
}

TEST(Curve, GoesFromItsStartToItsEndAndNeverBeyond) {
  for (const Curve& curve :
       {Curve(), Curve::exponential(), Curve::s_shaped(), Curve::table({0, 0.2, 1})}) {
    EXPECT_DOUBLE_EQ(curve.at(0), 0);
    EXPECT_DOUBLE_EQ(curve.at(1), 1);
    EXPECT_DOUBLE_EQ(curve.at(-5), 0);
    EXPECT_DOUBLE_EQ(curve.at(5), 1);
    for (double x = 0; x < 1; x += 0.01)
      EXPECT_LE(curve.at(x), curve.at(x + 0.01));
  }
}

}  // namespace
}  // namespace midimon
