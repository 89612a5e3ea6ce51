#include "daemon/session.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;

// Answers every call at once.
class Answering final : public PluginCaller {
 public:
  void call(PluginCall call, std::function<void(PluginReport)> done) override {
    calls.push_back(call.action + " " + call.params_json);
    deliveries.push_back(call.delivery);
    done({});
  }
  std::vector<std::string> calls;
  std::vector<Delivery> deliveries;
};

class NoSystem final : public SystemCaller {
 public:
  void call(SystemRequest request, std::stop_token /*stop*/,
            std::function<void(SystemReport)> done) override {
    done({Outcome::failed, describe(request)});
  }
};

constexpr std::string_view kProfile = R"(
[[modes]]
name = "A"
on_exit = { type = "Plugin", plugin = "p", action = "leave" }
[[modes]]
name = "B"
on_enter = { type = "Plugin", plugin = "p", action = "enter" }
[[global_mappings]]
trigger = { type = "LongPress", note = 60, duration_ms = 100 }
action = { type = "Plugin", plugin = "p", action = "held", params = { v = "{velocity}" } }
[[global_mappings]]
trigger = { type = "NoteRelease", note = 60 }
action = { type = "Plugin", plugin = "p", action = "released" }
[[global_mappings]]
trigger = { type = "DoubleTap", note = 62, timeout_ms = 100 }
action = { type = "ModeChange", mode = "B" }
[[global_mappings]]
trigger = { type = "SysEx", pattern = "7E ?? 01" }
action = { type = "Plugin", plugin = "p", action = "sysex", params = { v = "{value}" } }
[plugins.p]
module = "p.wasm"
)";

// A song of these messages, at these milliseconds.
Smf song(const std::vector<std::pair<int, Message>>& messages, int length) {
  Smf smf;
  smf.tracks = 1;
  smf.length = milliseconds(length);
  for (const auto& [ms, message] : messages)
    smf.messages.push_back({milliseconds(ms), 0, message});
  return smf;
}

using Calls = std::vector<std::string>;

class SessionTest : public testing::Test {
 protected:
  Calls play(Smf smf, PlaySpeed speed, std::string_view text = kProfile) {
    auto profile = parse_profile(text, "p.toml");
    if (!profile) throw std::runtime_error(profile.error().message);
    Answering caller;
    NoSystem system;
    Session session(std::make_shared<const Profile>(std::move(*profile)), {caller, system}, clock_,
                    {{}, [this](std::size_t mappings) { events_.push_back(mappings); }, {}});
    SmfPlayer player(std::move(smf), speed, clock_.monotonic());
    EXPECT_TRUE(session.play(player));
    deliveries_ = caller.deliveries;
    return caller.calls;
  }

  std::vector<Delivery> deliveries_;  // of the calls
  SystemClock clock_;
  std::vector<std::size_t> events_;
};

const Message kPress{0x90, 60, 99};
const Message kRelease{0x80, 60, 0};

TEST_F(SessionTest, WaitsAreAsLongAsTheMusicSaysAtAnySpeed) {
  for (const PlaySpeed speed : {PlaySpeed::max(), *PlaySpeed::parse("20")}) {
    EXPECT_EQ(play(song({{0, kPress}, {200, kRelease}}, 300), speed),
              (Calls{"held {\"v\":99}", "released {}"}));
    EXPECT_EQ(play(song({{0, kPress}, {50, kRelease}}, 300), speed), (Calls{"released {}"}));
  }
}

TEST_F(SessionTest, WaitsGoOnAfterTheLastMessageAndWhatIsDownIsReleased) {
  EXPECT_EQ(play(song({{0, kPress}}, 10), PlaySpeed::max()),
            (Calls{"held {\"v\":99}", "released {}"}));
  EXPECT_EQ(events_, (std::vector<std::size_t>{0, 1, 1})) << "the press, the hold, the release";
}

// As a button is learned that sends 127 and no more: each is a press, and none stands for another.
TEST_F(SessionTest, AValueThatCanOnlyBeOneIsAPress) {
  static constexpr std::string_view kValues = R"(
[[modes]]
name = "A"
[[global_mappings]]
trigger = { type = "CC", cc = 20, value_min = 127, value_max = 127 }
action = { type = "Plugin", plugin = "p", action = "button" }
[[global_mappings]]
trigger = { type = "CC", cc = 21, value_min = 64 }
action = { type = "Plugin", plugin = "p", action = "knob" }
[[global_mappings]]
trigger = { type = "CC", cc = 21, edge = "rising" }
action = { type = "Plugin", plugin = "p", action = "edge" }
[[global_mappings]]
trigger = { type = "NRPN", parameter = 1, value_min = 1, value_max = 1 }
action = { type = "Plugin", plugin = "p", action = "parameter" }
[plugins.p]
module = "p.wasm"
)";
  EXPECT_EQ(play(song({{0, {0xB0, 20, 127}},
                       {1, {0xB0, 20, 127}},
                       {2, {0xB0, 21, 127}},
                       {3, {0xB0, 99, 0}},
                       {4, {0xB0, 98, 1}},
                       {5, {0xB0, 6, 1}}},
                      10),
                 PlaySpeed::max(), kValues),
            (Calls{"button {}", "button {}", "knob {}", "edge {}", "parameter {}"}));
  EXPECT_EQ(deliveries_, (std::vector{Delivery::once, Delivery::once, Delivery::latest,
                                      Delivery::once, Delivery::once}));
}

TEST_F(SessionTest, AChangeOfModeLeavesOneAndEntersAnother) {
  EXPECT_EQ(play(song({{0, {0x90, 62, 1}}, {10, {0x80, 62, 0}}, {20, {0x90, 62, 1}}}, 30),
                 PlaySpeed::max()),
            (Calls{"leave {}", "enter {}"}));
}

TEST_F(SessionTest, ASysexOfAFileIsAnEventAsOneOfACableIs) {
  Smf smf = song({{0, {0xF0, 0, 0}}, {10, {0xF0, 0, 0}}}, 20);
  smf.sysex = {{0x7E, 5, 1}, {0x7E, 6, 2}};
  smf.messages[1].sysex = 1;
  EXPECT_EQ(play(std::move(smf), PlaySpeed::max()), (Calls{"sysex {\"v\":5}"}));
}

TEST(ClockFacts, TellsTheTimeOfTheProcesssTimeZone) {
  ::setenv("TZ", "UTC-2", 1);  // two hours east
  ::tzset();
  const ManualClock thursday({}, std::chrono::hours(23));  // 1970-01-01T23:00Z was a Thursday
  const LocalTime time = ClockFacts(thursday).local_time();
  EXPECT_EQ(time.weekday, 5);
  EXPECT_EQ(time.minute, 60);
  ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace midimon
