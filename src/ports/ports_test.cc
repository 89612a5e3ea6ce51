// Ports of a real JACK server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ports/inputs.h"
#include "ports/outputs.h"
#include "ports/test_support.h"

namespace midimon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

// A controller: another client of the server.
RtOutput controller(const std::string& name) {
  auto port = RtOutput::create(PortApi::jack, name);
  if (!port || !port->open_virtual("pads")) ADD_FAILURE() << "no controller";
  return std::move(*port);
}

class Ports : public testing::Test {
 protected:
  void listen(std::vector<std::string> patterns) {
    InputChoice choice;
    choice.patterns = std::move(patterns);
    listen_to(std::move(choice));
  }
  void listen_to(InputChoice choice) {
    InputOptions options;
    options.choice = std::move(choice);
    options.look_again = std::chrono::milliseconds(50);
    options.wake = [this] { ++wakes_; };
    inputs_.emplace(std::move(options), clock_);
    inputs_->look_now();
  }
  // Takes what came in from all ports.
  std::vector<Bytes>& take() {
    inputs_->update(all_);
    for (const auto& input : all_) {
      bool more = true;
      while (more) {
        Bytes packet;
        more = input->ring().take([&packet](Nanos, std::span<const std::uint8_t> piece) {
          packet.insert(packet.end(), piece.begin(), piece.end());
        });
        if (more) got_.push_back(std::move(packet));
      }
    }
    return got_;
  }
  bool gets(std::size_t count) {
    return eventually([&] { return take().size() >= count; });
  }
  bool connects_to(const std::string& name) {
    return eventually([&] {
      const auto connected = inputs_->state().connected;
      return connected.size() == 1 && connected[0].find(name) != std::string::npos;
    });
  }

  SystemClock clock_;
  std::atomic<int> wakes_ = 0;
  TestJack jack_;
  std::vector<std::shared_ptr<InputPort>> all_;
  std::vector<Bytes> got_;
  std::optional<Inputs> inputs_;
};

TEST(PortNames, AreFoundByAPartOfThemInAnyCase) {
  const std::vector<std::string> patterns = {"Mikro", "launchpad x"};
  EXPECT_TRUE(matches_port("Maschine MIKRO MK3:midi_out", patterns));
  EXPECT_TRUE(matches_port("a2j:Launchpad X [20] (capture)", patterns));
  EXPECT_FALSE(matches_port("Launchpad Mini", patterns));
  EXPECT_FALSE(matches_port("anything", {}));
  const std::vector<std::string> any = {""};
  EXPECT_TRUE(matches_port("anything", any));
}

TEST_F(Ports, WithoutAServerThereIsNothingAndAHint) {
  listen({""});
  EXPECT_EQ(inputs_->state().api, std::nullopt);
  const auto port = RtInput::create(PortApi::jack, "x");
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().code, ErrorCode::not_found);
  EXPECT_THAT(port.error().message, HasSubstr("jackd"));
  const std::array<std::uint8_t, 1> clock = {0xF8};
  EXPECT_EQ(Outputs({}, clock_).send("x", clock).error().code, ErrorCode::not_found);
}

TEST_F(Ports, WhatAControllerSendsArrivesWholeAndInOrder) {
  jack_.start();
  auto pads = controller("keys");
  auto other = controller("other");
  listen({"KEYS"});
  ASSERT_TRUE(connects_to("keys"));
  Bytes sysex(300, 0x11);
  sysex.front() = 0xF0;
  sysex.back() = 0xF7;
  const std::vector<Bytes> sent = {{0x90, 60, 99}, sysex, {0xC3, 7}, {0xF8}, {0x80, 60, 0}};
  EXPECT_TRUE(other.send(Bytes{0x90, 1, 1})) << "nobody listens to this one";
  for (const Bytes& message : sent)
    ASSERT_TRUE(pads.send(message));
  ASSERT_TRUE(gets(sent.size()));
  EXPECT_EQ(got_, sent);
  EXPECT_GT(wakes_, 0);
}

TEST_F(Ports, TenThousandMessagesAreNotLost) {
  jack_.start();
  auto pads = controller("keys");
  listen({"keys"});
  ASSERT_TRUE(connects_to("keys"));
  constexpr int kMessages = 10'000;
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(pads.send(
        Bytes{0x90, static_cast<std::uint8_t>(i & 0x7F), static_cast<std::uint8_t>(1 + (i >> 7))}));
    // JACK's own buffer holds a few thousand.
    if (i % 500 == 499) {
      ASSERT_TRUE(gets(static_cast<std::size_t>(i) + 1));
    }
  }
  ASSERT_TRUE(gets(kMessages));
  for (int i = 0; i < kMessages; ++i)
    ASSERT_EQ(got_[static_cast<std::size_t>(i)][1], i & 0x7F);
}

TEST_F(Ports, AControllerThatIsUnpluggedIsMissedAndFoundAgain) {
  jack_.start();
  std::optional<RtOutput> pads(controller("keys"));
  listen({"keys"});
  ASSERT_TRUE(connects_to("keys"));
  inputs_->update(all_);
  ASSERT_EQ(all_.size(), 2U) << "ours and the controller";
  const std::shared_ptr<InputPort> first = all_.back();
  EXPECT_FALSE(first->is_gone());
  pads.reset();
  ASSERT_TRUE(eventually([&] { return first->is_gone(); }));
  inputs_->update(all_);
  EXPECT_EQ(all_.size(), 2U) << "once more, so that its notes can be released";
  pads.emplace(controller("keys"));
  ASSERT_TRUE(connects_to("keys"));
  ASSERT_TRUE(pads->send(Bytes{0x90, 1, 2}));
  EXPECT_TRUE(gets(1));
}

// Between two looks: the list of ports is then the same as before.
TEST_F(Ports, AControllerThatIsPluggedInAgainAtOnceIsMissedAllTheSame) {
  jack_.start();
  std::optional<RtOutput> pads(controller("keys"));
  InputOptions options;
  options.choice.patterns = {"keys"};
  options.look_again = std::chrono::hours(1);
  inputs_.emplace(std::move(options), clock_);
  inputs_->look_now();
  ASSERT_TRUE(connects_to("keys"));
  ASSERT_TRUE(pads->send(Bytes{0x90, 1, 2}));
  ASSERT_TRUE(gets(1));
  const std::shared_ptr<InputPort> first = all_.back();
  inputs_->look_now();
  ASSERT_FALSE(first->is_gone()) << "it is still connected";
  pads.reset();
  pads.emplace(controller("keys"));
  ASSERT_TRUE(eventually([&] {
    inputs_->look_now();
    return first->is_gone();
  })) << "so that its notes are released";
  ASSERT_TRUE(connects_to("keys"));
  ASSERT_TRUE(pads->send(Bytes{0x90, 3, 4}));
  ASSERT_TRUE(gets(2));
  EXPECT_EQ(got_[1], (Bytes{0x90, 3, 4}));
}

TEST_F(Ports, OneThatIsNotWantedAgainIsNotConnectedAgain) {
  jack_.start();
  std::optional<RtOutput> pads(controller("keys"));
  listen_to(InputChoice{{"keys"}, {}, false});
  ASSERT_TRUE(connects_to("keys"));
  pads.reset();
  ASSERT_TRUE(eventually([this] { return inputs_->state().connected.empty(); }));
  pads.emplace(controller("keys"));
  ASSERT_TRUE(eventually([this] { return !inputs_->state().available.empty(); }));
  inputs_->look_now();
  EXPECT_TRUE(inputs_->state().connected.empty());
  inputs_->choose(InputChoice{{"keys"}, {}, false});
  EXPECT_TRUE(connects_to("keys")) << "until somebody says so again";
}

TEST_F(Ports, ANumberIsAPlaceInTheListThatStaysWithItsPort) {
  jack_.start();
  const RtOutput first = controller("first");
  std::optional<RtOutput> second(controller("second"));
  listen_to(InputChoice{{}, 1, true});
  ASSERT_TRUE(connects_to("second"));
  EXPECT_EQ(inputs_->state().connected.size(), 1U);
  second.reset();
  ASSERT_TRUE(eventually([this] { return inputs_->state().connected.empty(); }));
  const RtOutput third = controller("third");
  inputs_->look_now();
  EXPECT_TRUE(inputs_->state().connected.empty()) << "another port has its place now";
  second.emplace(controller("second"));
  EXPECT_TRUE(connects_to("second"));
}

TEST_F(Ports, OthersCanConnectToOurs) {
  jack_.start();
  listen({});
  auto pads = RtOutput::create(PortApi::jack, "keys");
  ASSERT_TRUE(pads && pads->open("midimon:in")) << ::testing::PrintToString(*pads->targets());
  ASSERT_TRUE(pads->send(Bytes{0x90, 1, 2}));
  EXPECT_TRUE(gets(1));
}

TEST_F(Ports, AServerThatDiesIsMissedAndFoundAgain) {
  jack_.start();
  {
    auto pads = controller("keys");
    listen({"keys"});
    ASSERT_TRUE(connects_to("keys"));
    jack_.stop(SIGKILL);
    ASSERT_TRUE(eventually([&] { return !inputs_->state().api.has_value(); }));
  }
  jack_.start();
  auto pads = controller("keys");
  ASSERT_TRUE(connects_to("keys"));
  ASSERT_TRUE(pads.send(Bytes{0x90, 1, 2}));
  EXPECT_TRUE(gets(1));
}

TEST_F(Ports, OutputsAreFoundByNameAndSilencedTogether) {
  jack_.start();
  Synth first("synth one");
  Synth second("synth two");
  Synth pad("pad lights");
  OutputOptions options;
  options.controllers = {"pad"};
  Outputs outputs(std::move(options), clock_);
  ASSERT_TRUE(outputs.send("SYNTH", Bytes{0x90, 60, 99}));
  ASSERT_TRUE(outputs.send("synth two", Bytes{0x90, 61, 99}));
  ASSERT_TRUE(outputs.send("", Bytes{0x90, 1, 3}));
  EXPECT_TRUE(eventually([&] {
    return first.got().size() == 1 && second.got().size() == 2 && pad.got().size() == 1;
  }));
  EXPECT_EQ(pad.got()[0], (Bytes{0x90, 1, 3}));
  const auto missing = outputs.send("organ", Bytes{0x90, 60, 99});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("synth one"));
  ASSERT_TRUE(outputs.silence());
  EXPECT_TRUE(eventually([&] { return first.got().size() == 1 + 32; }));
  EXPECT_EQ(first.got()[1], (Bytes{0xB0, 123, 0}));
  EXPECT_EQ(first.got().back(), (Bytes{0xBF, 120, 0}));
}

TEST_F(Ports, SendsToExactlyTheOutputsThatAreNamed) {
  jack_.start();
  Synth first("synth");
  Synth second("synth two");
  Outputs outputs({}, clock_);
  const auto names = outputs.names_of("synth");
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, ElementsAre("synth:in", "synth two:in"));
  EXPECT_THAT(*outputs.names_of("midimon"), ElementsAre("midimon"));
  EXPECT_FALSE(outputs.names_of("organ"));
  const std::vector<std::string> meant = {"synth:in", "gone:in"};
  const std::vector<Bytes> messages = {{0x90, 60, 99}, {0xF0, 1, 0xF7}};
  ASSERT_TRUE(outputs.send_to(meant, messages));
  EXPECT_TRUE(eventually([&] { return first.got() == messages; }));
  EXPECT_THAT(second.got(), IsEmpty());
}

// As a port is that goes just now: it is still in the list.
TEST_F(Ports, AnOutputThatCannotBeReachedKeepsNothingFromTheOthers) {
  jack_.start();
  const ManualClock clock(std::chrono::hours(1));  // and stays there: ports are looked for once
  Outputs outputs({}, clock);
  std::optional<Synth> first("synth a");
  Synth second("synth b");
  ASSERT_THAT(*outputs.names_of("synth"), ElementsAre("synth a:in", "synth b:in"));
  first.reset();
  const auto sent = outputs.send("synth", Bytes{0x90, 60, 99});
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("1 of 2"));
  EXPECT_THAT(sent.error().message, HasSubstr("(synth a:in)"));
  const std::vector<std::string> both = {"synth a:in", "synth b:in"};
  const std::vector<Bytes> messages = {{0x80, 60, 0}};
  EXPECT_FALSE(outputs.send_to(both, messages));
  EXPECT_TRUE(eventually([&] { return second.got().size() == 2; }));
  EXPECT_THAT(second.got(), ElementsAre(Bytes{0x90, 60, 99}, Bytes{0x80, 60, 0}));
}

TEST_F(Ports, AnOutputThatWasPluggedInAgainIsSentToAgain) {
  jack_.start();
  Outputs outputs({}, clock_);
  std::optional<Synth> synth("synth");
  ASSERT_TRUE(outputs.send("synth", Bytes{0x90, 60, 99}));
  ASSERT_TRUE(eventually([&] { return synth->got().size() == 1; }));
  synth.reset();
  synth.emplace("synth");  // nothing was sent meanwhile
  EXPECT_TRUE(eventually([&] {
    return outputs.send("synth", Bytes{0x90, 61, 99}).has_value() && !synth->got().empty();
  }));
}

// Others see short names, whatever a port is called until it is found.
TEST_F(Ports, OurPortsHaveNamesForPeople) {
  jack_.start();
  Synth synth("synth");
  auto pads = RtOutput::create(PortApi::jack, "keys");
  ASSERT_TRUE(pads && pads->open("synth:in"));
  EXPECT_TRUE(pads->is_connected());
  EXPECT_THAT(*RtInput::create(PortApi::jack, "x")->sources(), ElementsAre("keys:midi"));
}

TEST_F(Ports, AnOutputIsOpenedAgainAfterTheServerCameBack) {
  jack_.start();
  Outputs outputs({}, clock_);
  {
    Synth synth("synth");
    ASSERT_TRUE(outputs.send("synth", Bytes{0x90, 60, 99}));
    jack_.stop(SIGKILL);
    EXPECT_FALSE(outputs.send("synth", Bytes{0x90, 60, 99}));
  }
  jack_.start();
  Synth synth("synth");
  ASSERT_TRUE(eventually([&] { return outputs.send("synth", Bytes{0x80, 60, 0}).has_value(); }));
  EXPECT_TRUE(eventually([&] { return !synth.got().empty(); }));
}

}  // namespace
}  // namespace midimon
