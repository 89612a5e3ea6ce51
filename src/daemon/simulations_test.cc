// Every simulation in tests/simulations: NAME.script through NAME.toml tells exactly NAME.out.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/simulator.h"
#include "mapping/profile_toml.h"

namespace midimon {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path(MIDIMON_SOURCE_DIR) / "tests/simulations";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".script") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string simulated(const std::string& name) {
  auto profile = parse_profile(read(kFolder / (name + ".toml")), name + ".toml");
  if (!profile) return profile.error().message;
  const auto script = parse_script(read(kFolder / (name + ".script")), name + ".script");
  if (!script) return script.error().message;
  std::string out;
  const auto done = simulate(std::make_shared<const Profile>(std::move(*profile)), *script,
                             [&out](std::string_view line) { out.append(line).append("\n"); });
  return done ? out : out + done.error().message + "\n";
}

class Simulation : public testing::TestWithParam<std::string> {};

// After a change that is meant: midimon simulate NAME.script -c NAME.toml > NAME.out, and read it.
TEST_P(Simulation, TellsExactlyWhatIsWritten) {
  EXPECT_EQ(simulated(GetParam()), read(kFolder / (GetParam() + ".out")));
}

INSTANTIATE_TEST_SUITE_P(All, Simulation, testing::ValuesIn(names()),
                         [](const auto& each) { return each.param; });

TEST(Simulations, ThereAreSome) {
  EXPECT_GE(names().size(), 15U);
}

std::string error_of(std::string_view script) {
  const auto parsed = parse_script(script, "s.txt");
  return parsed ? "no error" : parsed.error().message;
}

TEST(ParseScript, NamesEachLineThatIsWrong) {
  EXPECT_EQ(
      error_of("0ms press C2\n\n# a comment\n5 press C2\n+1s prss C2\n0ms wait\nnow Mon 10:00\n"
               "2s clock 0 120\n"),
      "s.txt:4: a line begins with a time such as 250ms, +20ms or 2s: \"5\" is not a whole number "
      "with a unit: ns, us, ms, s, m, h\n"
      "s.txt:5: there is no event \"prss\"; did you mean \"press\"?\n"
      "s.txt:6: times do not go back: 0ns is before 1s\n"
      "s.txt:7: \"now\" stands before all events\n"
      "s.txt:8: this is written as clock, or clock TICKS TEMPO, such as clock 96 120");
}

TEST(ParseScript, TimesAreAbsoluteOrRelative) {
  const auto script = parse_script("10ms wait\n+5ms wait\n1s wait # now\n", "s.txt");
  ASSERT_TRUE(script) << script.error().message;
  ASSERT_EQ(script->steps.size(), 3U);
  EXPECT_EQ(script->steps[1].at, std::chrono::milliseconds(15));
  EXPECT_EQ(script->steps[2].at, std::chrono::seconds(1));
}

TEST(ParseScript, AScriptHasAnEnd) {
  EXPECT_NE(error_of("0ms clock 100000 1000\n+0ms wait\n200h wait\n").find("a week long"),
            std::string::npos);
  std::string many;
  for (int i = 0; i < 11; ++i)
    many += "+0ms clock 100000 1000\n";
  EXPECT_EQ(error_of(many), "s.txt:11: a script has 1000000 events at most");
  EXPECT_NE(error_of(std::string(kMaxScriptBytes + 1, '\n')).find("is not read"),
            std::string::npos);
}

}  // namespace
}  // namespace midimon
