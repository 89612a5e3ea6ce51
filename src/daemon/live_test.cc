#include "daemon/live.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/clock_facts.h"
#include "mapping/profile_toml.h"

namespace midimon {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

// Answers every call at once and keeps what was called.
class Answering final : public PluginCaller, public SystemCaller {
 public:
  void call(PluginCall call, std::function<void(PluginReport)> done) override {
    const std::scoped_lock lock(mutex_);
    calls_.push_back(call.action);
    if (keep_) {
      kept_.push_back(std::move(done));
    } else {
      done({});
    }
  }
  void call(SystemRequest request, std::stop_token /*stop*/,
            std::function<void(SystemReport)> done) override {
    {
      const std::scoped_lock lock(mutex_);
      calls_.push_back(describe(request));
    }
    done({});
  }
  [[nodiscard]] std::vector<std::string> calls() const {
    const std::scoped_lock lock(mutex_);
    return calls_;
  }
  void keep() { keep_ = true; }
  void answer_all() {
    const std::scoped_lock lock(mutex_);
    for (const auto& done : std::exchange(kept_, {}))
      done({});
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
  std::vector<std::function<void(PluginReport)>> kept_;
  std::atomic<bool> keep_ = false;
};

constexpr std::string_view kProfile = R"(
[plugins.p]
[[modes]]
name = "A"
[[modes.mappings]]
trigger = { type = "Note", note = 60 }
action = { type = "Plugin", plugin = "p", action = "pressed" }
[[modes.mappings]]
trigger = { type = "NoteRelease", note = 60 }
action = { type = "Plugin", plugin = "p", action = "released" }
[[modes.mappings]]
trigger = { type = "LongPress", note = 61, duration_ms = 30 }
action = { type = "Plugin", plugin = "p", action = "held" }
[[modes.mappings]]
trigger = { type = "Note", note = 62 }
action = { type = "Keystroke", keys = "a", hold = true }
[[modes.mappings]]
trigger = { type = "Note", note = 63 }
action = { type = "ModeChange", mode = "B" }
[[modes]]
name = "B"
[[modes.mappings]]
trigger = { type = "Note", note = 60 }
action = { type = "Plugin", plugin = "p", action = "in-b" }
)";

std::shared_ptr<const Profile> profile(std::string_view text) {
  auto parsed = parse_profile(text, "p.toml");
  if (!parsed) throw std::runtime_error(parsed.error().message);
  return std::make_shared<const Profile>(std::move(*parsed));
}

class LiveTest : public testing::Test {
 protected:
  LiveTest() {
    inputs_ = {std::make_shared<InputPort>("one"), std::make_shared<InputPort>("two")};
    LiveHooks hooks;
    hooks.input_changed = [this](const InputPort& input, bool there) {
      changes_.push_back(input.name() + (there ? " came" : " went"));
    };
    hooks.report = [this](const ActionReport& report) { reports_.push_back(report.what); };
    hooks.pass_on = [this](const std::string& to, std::span<const std::uint8_t> message) {
      const std::scoped_lock lock(mutex_);
      passed_.push_back(fmt::format("{} {:02X}", to, fmt::join(message, " ")));
    };
    live_ = std::move(*Live::create(
        {profile(kProfile), {answering_, answering_}},
        [this](std::vector<std::shared_ptr<InputPort>>& inputs) {
          const std::scoped_lock lock(mutex_);
          inputs = inputs_;
        },
        clock_, facts_, std::move(hooks)));
    thread_ = std::thread([this] { live_->run(); });
  }
  ~LiveTest() override { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    live_->stop();
    thread_.join();
  }
  void send(std::size_t input, std::vector<std::uint8_t> bytes) {
    ASSERT_TRUE(inputs_[input]->ring().put(clock_.monotonic(), bytes));
    live_->wake();
  }
  // Waits until so many calls were made.
  std::vector<std::string> calls(std::size_t count) {
    for (int i = 0; i < 1000 && answering_.calls().size() < count; ++i)
      std::this_thread::sleep_for(milliseconds(5));
    return answering_.calls();
  }
  // Waits until so much was passed on.
  std::vector<std::string> passed(std::size_t count) {
    for (int i = 0; i < 1000; ++i) {
      {
        const std::scoped_lock lock(mutex_);
        if (passed_.size() >= count) return passed_;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
    const std::scoped_lock lock(mutex_);
    return passed_;
  }
  // What `get` gives on the thread that runs it.
  template <typename Get>
  auto on_its_thread(Get get) {
    std::promise<decltype(get())> promise;
    live_->post([&] { promise.set_value(get()); });
    return promise.get_future().get();
  }

  void play(std::string_view text) {
    on_its_thread([&] {
      live_->replace({profile(text), {answering_, answering_}});
      return 0;
    });
  }

  SystemClock clock_;
  ClockFacts facts_{clock_};
  Answering answering_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<InputPort>> inputs_;
  std::vector<std::string> changes_;
  std::vector<std::string> reports_;
  std::vector<std::string> passed_;
  std::unique_ptr<Live> live_;
  std::thread thread_;
};

TEST_F(LiveTest, WhatComesInFromAnyInputIsPlayed) {
  send(0, {0x90, 60, 99});
  calls(1);
  send(1, {0x80, 60, 0});
  EXPECT_THAT(calls(2), ElementsAre("pressed", "released"));
  const LiveCounts counts = on_its_thread([this] { return live_->counts(); });
  EXPECT_EQ(counts.messages, 2U);
  EXPECT_EQ(counts.matched, 2U);
}

TEST_F(LiveTest, WaitsEndInTimeWithoutAnyMessage) {
  send(0, {0x90, 61, 99});
  EXPECT_THAT(calls(1), ElementsAre("held"));
}

TEST_F(LiveTest, MessagesMayComeInPiecesAndRubbishIsCounted) {
  send(0, {0x01, 0x90});
  send(0, {60, 0xF8, 99});
  EXPECT_THAT(calls(1), ElementsAre("pressed"));
  EXPECT_EQ(on_its_thread([this] { return live_->counts(); }).unreadable.stray_bytes, 1U);
}

TEST_F(LiveTest, TheNotesOfAnInputThatGoesAreReleased) {
  send(0, {0x90, 60, 99});
  send(0, {0x90, 62, 99});
  send(1, {0x91, 60, 99});
  calls(3);
  {
    const std::scoped_lock lock(mutex_);
    inputs_[0]->set_gone();
  }
  live_->wake();
  EXPECT_THAT(calls(5), ElementsAre("pressed", "key down a", "pressed", "released", "key up a"));
  stop();
  EXPECT_THAT(changes_, ElementsAre("one came", "two came", "one went"));
}

TEST_F(LiveTest, AnotherProfileIsPlayedFromTheNextMessageOn) {
  send(0, {0x90, 63, 99});
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(1), ElementsAre("in-b"));
  auto next = profile(
      "[plugins.p]\n[[modes]]\nname = \"X\"\n[[modes]]\nname = \"B\"\n"
      "[[modes.mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
      "action = { type = \"Plugin\", plugin = \"p\", action = \"new\" }\n");
  live_->post([&] { live_->replace({next, {answering_, answering_}}); });
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(2), ElementsAre("in-b", "new")) << "the mode B stayed";
}

TEST_F(LiveTest, WhatRunsEndsUnderTheProfileThatItBeganIn) {
  answering_.keep();
  send(0, {0x90, 62, 99});
  send(0, {0x90, 60, 99});
  calls(2);
  auto kept = std::make_shared<int>(1);
  const std::weak_ptr<int> gone = kept;
  on_its_thread([&] {
    live_->replace({profile("[plugins.p]\n"), {answering_, answering_}, std::move(kept)});
    live_->replace({profile("[plugins.p]\n"), {answering_, answering_}});
    return 0;
  });
  EXPECT_THAT(calls(4), ElementsAre("key down a", "pressed", "released", "key up a"));
  EXPECT_EQ(on_its_thread([this] { return live_->counts(); }).in_flight, 2U);
  answering_.answer_all();
  for (int i = 0; i < 500 && on_its_thread([this] { return live_->counts(); }).in_flight > 0; ++i)
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(on_its_thread([this] { return live_->counts(); }).in_flight, 0U);
  EXPECT_TRUE(gone.expired());
  stop();
  EXPECT_THAT(reports_, ElementsAre("keystroke a while held", "key up a", "plugin p/pressed",
                                    "plugin p/released"));
}

TEST_F(LiveTest, AModeThatIsHeldIsNotTheOneThatStays) {
  const std::string text =
      "[plugins.p]\n[[modes]]\nname = \"A\"\n[[modes.mappings]]\n"
      "trigger = { type = \"Note\", note = 60 }\n"
      "action = { type = \"Plugin\", plugin = \"p\", action = \"in-a\" }\n"
      "[[modes.mappings]]\ntrigger = { type = \"Note\", note = 61 }\n"
      "action = { type = \"ModeChange\", mode = \"B\", while_held = true }\n"
      "[[modes]]\nname = \"B\"\n[[modes.mappings]]\n"
      "trigger = { type = \"Note\", note = 60 }\n"
      "action = { type = \"Plugin\", plugin = \"p\", action = \"in-b\" }\n";
  play(text);
  send(0, {0x90, 61, 99});
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(1), ElementsAre("in-b"));
  play(text);
  send(0, {0x80, 61, 0});
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(2), ElementsAre("in-b", "in-a"));
}

TEST_F(LiveTest, ANoteThatIsDownWhileTheProfileChangesIsReleasedOnce) {
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(1), ElementsAre("pressed"));
  play(kProfile);
  EXPECT_THAT(calls(2), ElementsAre("pressed", "released"));
  send(0, {0x80, 60, 0});
  send(0, {0x90, 60, 99});
  send(0, {0x80, 60, 0});
  EXPECT_THAT(calls(4), ElementsAre("pressed", "released", "pressed", "released"));
  play(kProfile);
  send(1, {0x80, 60, 0});
  EXPECT_EQ(calls(5).size(), 5U) << "its press came before anybody listened";
}

TEST_F(LiveTest, StoppingReportsWhatWasInFlight) {
  answering_.keep();
  send(0, {0x90, 60, 99});
  calls(1);
  stop();
  EXPECT_THAT(reports_, ElementsAre("plugin p/pressed", "plugin p/released"));
}

constexpr std::string_view kThru = R"(
[[devices]]
alias = "first"
name = "ONE"
[[thru]]
to = "synth"
messages = ["note"]
[[thru]]
from = "first"
to = "recorder"
to_channel = 16
)";

TEST_F(LiveTest, WhatRulesSayIsPassedOnFromWhereTheySay) {
  play(kThru);
  send(0, {0x90, 60, 99});
  send(0, {0xB0, 7, 1});
  send(0, {0xF0, 1, 2, 0xF7});
  EXPECT_THAT(passed(4), ElementsAre("synth 90 3C 63", "recorder 9F 3C 63", "recorder BF 07 01",
                                     "recorder F0 01 02 F7"));
  send(1, {0x90, 61, 99});
  send(1, {0xB0, 7, 1});
  EXPECT_EQ(passed(5).back(), "synth 90 3D 63");
  EXPECT_EQ(on_its_thread([this] { return live_->counts(); }).passed_on, 5U);
}

TEST_F(LiveTest, NotesThatWerePassedOnAreReleasedWhenTheirInputGoes) {
  play(kThru);
  send(1, {0x90, 61, 99});
  passed(1);
  {
    const std::scoped_lock lock(mutex_);
    inputs_[1]->set_gone();
  }
  live_->wake();
  EXPECT_EQ(passed(2).back(), "synth 80 3D 00");
}

TEST_F(LiveTest, WhatWasPassedOnIsReleasedAtTheEnd) {
  play(kThru);
  send(1, {0x90, 61, 99});
  passed(1);
  stop();
  EXPECT_EQ(passed(2).back(), "synth 80 3D 00");
}

TEST_F(LiveTest, NotesThatWerePassedOnAreReleasedWhenTheRuleGoes) {
  play(kThru);
  send(1, {0x90, 61, 99});
  passed(1);
  play("");
  EXPECT_EQ(passed(2).back(), "synth 80 3D 00");
  send(1, {0x80, 61, 0});
  on_its_thread([] { return 0; });
  EXPECT_EQ(passed(2).size(), 2U);
}

TEST_F(LiveTest, AMappingListensToTheInputThatItsDeviceIs) {
  play(R"(
[plugins.p]
[[devices]]
alias = "first"
name = "one"
[[modes]]
name = "A"
[[modes.mappings]]
device = "first"
trigger = { type = "Note", note = 60 }
action = { type = "Plugin", plugin = "p", action = "first" }
[[modes.mappings]]
trigger = { type = "Note", note = 60 }
action = { type = "Plugin", plugin = "p", action = "any" }
)");
  send(1, {0x90, 60, 99});
  EXPECT_THAT(calls(1), ElementsAre("any"));
  send(0, {0x90, 60, 99});
  EXPECT_THAT(calls(3), ElementsAre("any", "first", "any"));
}

}  // namespace
}  // namespace midimon
