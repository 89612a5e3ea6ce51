// A long night, compressed: eight hours of playing in virtual time.
#include <gtest/gtest.h>
#include <malloc.h>

#include <map>
#include <random>
#include <stdexcept>

#include "daemon/live.h"
#include "daemon/virtual_stage.h"
#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view kProfile = R"(
[plugins.p]
[[devices]]
alias = "a"
name = "a"
[[devices]]
alias = "b"
name = "b"
[[modes]]
name = "One"
on_exit = { type = "SendMidi", message_type = "CC", controller = 7, value = 0 }
[[modes.mappings]]
trigger = { type = "Note", note = 60 }
action = { type = "Sequence", actions = [
  { type = "Plugin", plugin = "p", action = "a", params = { v = "{velocity:0..1:exponential}" } },
  { type = "Delay", ms = 700 },
  { type = "Keystroke", keys = "a" },
] }
on_release = { type = "Plugin", plugin = "p", action = "up" }
[[modes.mappings]]
trigger = { type = "LongPress", note = 61, duration_ms = 400 }
action = { type = "Keystroke", keys = "b", hold = true }
[[modes.mappings]]
trigger = { type = "DoubleTap", note = 62 }
action = { type = "ModeChange", mode = "Two" }
[[modes.mappings]]
trigger = { type = "Note", note = 63 }
action = { type = "Repeat", while_held = true, delay_ms = 50, action = { type = "Plugin", plugin = "p", action = "again" } }
[[modes.mappings]]
trigger = { type = "Note", note = 64 }
cancel_on_release = true
action = { type = "Parallel", actions = [{ type = "Delay", ms = 5000 }, { type = "Text", text = "x" }] }
[[modes]]
name = "Two"
[[global_mappings]]
trigger = { type = "NoteChord", notes = [60, 65] }
action = { type = "Toggle", on = { type = "Plugin", plugin = "p", action = "on" }, off = { type = "Panic" } }
[[global_mappings]]
trigger = { type = "Note", note = 66 }
action = { type = "ModeChange", mode = "One" }
[[global_mappings]]
device = "a"
trigger = { type = "CC", cc = 7 }
action = { type = "Plugin", plugin = "p", action = "knob", params = { v = "{value}" } }
[[global_mappings]]
trigger = { type = "Beat", every = 4 }
action = { type = "Plugin", plugin = "p", action = "beat" }
)";

std::shared_ptr<const Profile> profile() {
  auto parsed = parse_profile(kProfile, "p.toml");
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::make_shared<const Profile>(std::move(*parsed));
}

std::size_t bytes_in_use() {
  return ::mallinfo2().uordblks;
}

// What was found and done, summed up.
struct Night {
  std::uint64_t presses = 0;
  std::uint64_t releases = 0;
  std::uint64_t actions = 0;
  std::map<std::string, int> keys_down;  // by how often each went down more than up
};

TEST(Soak, EightHoursLeaveNothingBehind) {
  std::mt19937 random(1);  // the same night every time
  Night night;
  VirtualStage stage(profile(), no_facts(),
                     {[&](const PluginCall&) {
                        const bool fails = random() % 50 == 0;
                        return VirtualAnswer{{fails ? Outcome::trapped : Outcome::ok, "", {}},
                                             milliseconds(random() % 200)};
                      },
                      [&](const SystemRequest& request) {
                        if (const auto* keys = std::get_if<KeyRequest>(&request)) {
                          const std::string key = to_text(keys->chords.back());
                          if (keys->motion == KeyMotion::down) ++night.keys_down[key];
                          if (keys->motion == KeyMotion::up) night.keys_down[key] = 0;
                        }
                        return VirtualAnswer{{Outcome::ok, "", {}}, milliseconds(random() % 30)};
                      },
                      {},
                      [&](const Gesture& gesture, std::span<const Mapping* const>) {
                        const auto* press = std::get_if<NotePressed>(&gesture.what);
                        if (press != nullptr && press->stage == Stage::whole) ++night.presses;
                        if (std::holds_alternative<NoteReleased>(gesture.what)) ++night.releases;
                      },
                      {},
                      [&](const ActionReport&) { ++night.actions; }});
  stage.set_source(1, 0);
  stage.set_source(2, 1);
  std::size_t settled = 0;
  std::uint64_t events = 0;
  for (Nanos at{}; at < hours(8); ++events) {
    at += milliseconds(random() % 200);
    if (settled == 0 && at > hours(1)) settled = bytes_in_use();
    stage.run_until(at);
    const std::size_t source = random() % 3;
    const int note = 60 + static_cast<int>(random() % 8);
    const int channel = static_cast<int>(random() % 2);
    switch (random() % 8) {
      case 0:
      case 1:
        stage.feed(
            make_message(MessageKind::note_on, channel, note, 1 + static_cast<int>(random() % 127)),
            source);
        break;
      case 2:
      case 3:
      case 4:
        stage.feed(make_message(MessageKind::note_off, channel, note), source);
        break;
      case 5:
        stage.feed(
            make_message(MessageKind::control_change, channel, 7, static_cast<int>(random() % 128)),
            source);
        break;
      case 6:
        stage.feed({0xF8, 0, 0}, source);
        break;
      default:
        if (random() % 500 == 0) stage.disconnect_source(source);
        if (random() % 500 == 0) stage.feed_sysex(std::vector<std::uint8_t>(100, 1), source);
    }
  }
  EXPECT_GT(events, 250'000U);
  EXPECT_GT(night.actions, 50'000U);
  EXPECT_GT(night.releases, 20'000U);
  // Nothing grows: what is held and runs now is the same kind of thing as after the first hour.
  EXPECT_LT(bytes_in_use(), settled + 256 * 1024);
  stage.disconnect();
  stage.run_until(Nanos::max());
  EXPECT_EQ(stage.in_flight(), 0U);
  for (const auto& [key, down] : night.keys_down)
    EXPECT_EQ(down, 0) << key << " is still down";
}

// Every press is followed by its release, whatever comes in between.
TEST(Soak, EveryPressHasItsRelease) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    std::map<std::tuple<int, int, int>, int> down;
    VirtualStage stage(profile(), no_facts(),
                       {[](const PluginCall&) { return VirtualAnswer{}; },
                        [](const SystemRequest&) { return VirtualAnswer{}; },
                        {},
                        [&](const Gesture& gesture, std::span<const Mapping* const>) {
                          if (const auto* press = std::get_if<NotePressed>(&gesture.what)) {
                            if (press->stage != Stage::settled) {
                              down[{gesture.source, press->channel, press->note}] = 1;
                            }
                          } else if (const auto* up = std::get_if<NoteReleased>(&gesture.what)) {
                            down[{gesture.source, up->channel, up->note}] = 0;
                          }
                        },
                        {},
                        {}});
    Nanos at{};
    for (int i = 0; i < 300; ++i) {
      at += milliseconds(random() % 120);
      stage.run_until(at);
      const Message message{static_cast<std::uint8_t>(0x80 | random() % 128),
                            static_cast<std::uint8_t>(random() % 8 + 58),
                            static_cast<std::uint8_t>(random() % 128)};
      if (message.kind() == MessageKind::sysex) continue;
      stage.feed(message, random() % 3);
    }
    stage.disconnect();
    stage.run_until(Nanos::max());
    for (const auto& [note, is_down] : down)
      EXPECT_EQ(is_down, 0) << "round " << round << ": no release of note " << std::get<2>(note);
  }
}

// What is played in real time is what comes of the same times in virtual time.
TEST(Soak, RealTimeIsVirtualTime) {
  struct Nobody final : PluginCaller, SystemCaller {
    void call(PluginCall, std::function<void(PluginReport)> done) override { done({}); }
    void call(SystemRequest, std::stop_token, std::function<void(SystemReport)> done) override {
      done({});
    }
  } nobody;
  const auto played = profile();
  const SystemClock clock;
  auto input = std::make_shared<InputPort>("x");
  std::vector<std::string> real;
  Nanos began{};
  LiveHooks hooks;
  hooks.found = [&](const Gesture& gesture, std::span<const Mapping* const>) {
    real.push_back(std::to_string((gesture.at - began).count()) + " " + describe(gesture));
  };
  auto live = std::move(*Live::create(
      {played, {nobody, nobody}, nullptr},
      [&](std::vector<std::shared_ptr<InputPort>>& inputs) { inputs = {input}; }, clock, no_facts(),
      std::move(hooks)));
  std::thread thread([&] { live->run(); });

  // Taps, double taps, holds and chords, with pauses near to where they part.
  std::mt19937 random(3);
  std::vector<std::pair<Nanos, std::array<std::uint8_t, 3>>> sent;
  began = clock.monotonic();
  for (int i = 0; i < 60; ++i) {
    std::this_thread::sleep_for(milliseconds(random() % 60));
    const std::array<std::uint8_t, 3> bytes = {
        static_cast<std::uint8_t>(random() % 2 == 0 ? 0x90 : 0x80),
        static_cast<std::uint8_t>(60 + random() % 6), 100};
    const Nanos at = clock.monotonic();
    (void)input->ring().put(at, bytes);
    live->wake();
    sent.emplace_back(at, bytes);
  }
  std::this_thread::sleep_for(milliseconds(600));
  live->stop();
  thread.join();

  std::vector<std::string> virtual_ones;
  VirtualStage stage(
      played, no_facts(),
      {[](const PluginCall&) { return VirtualAnswer{}; },
       [](const SystemRequest&) { return VirtualAnswer{}; },
       {},
       [&](const Gesture& gesture, std::span<const Mapping* const>) {
         virtual_ones.push_back(std::to_string(gesture.at.count()) + " " + describe(gesture));
       },
       {},
       {}});
  for (const auto& [at, bytes] : sent) {
    stage.run_until(at - began);
    stage.feed({bytes[0], bytes[1], bytes[2]}, 0);
  }
  stage.run_until(sent.back().first - began + milliseconds(500));
  // What the end of either releases is not of the playing.
  const std::size_t count = std::min(real.size(), virtual_ones.size());
  ASSERT_GT(count, 40U);
  for (std::size_t i = 0; i < virtual_ones.size(); ++i) {
    ASSERT_LT(i, real.size());
    EXPECT_EQ(real[i], virtual_ones[i]) << i;
  }
}

}  // namespace
}  // namespace midimon
