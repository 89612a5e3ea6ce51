#include "hostapi/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hostapi/context.h"

namespace midimon::hostapi {
namespace {

using grants::Permissions;
using grants::Rule;
using grants::Side;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ListLog final : public LogSink {
 public:
  void write(LogLevel, std::string_view source, std::string_view text) override {
    lines.push_back(std::string(source) + ": " + std::string(text));
  }
  std::vector<std::string> lines;
};

class ListSink final : public audit::Sink {
 public:
  void record(const audit::Event& event) override {
    EXPECT_EQ(event.result, result);
    events.push_back(std::string(to_string(event.kind)) + " " + std::string(event.plugin) + " " +
                     std::string(event.detail));
  }
  std::vector<std::string> events;
  Errno result = Errno::notcapable;
};

Permissions network(const std::vector<std::string>& hosts) {
  Permissions permissions;
  EXPECT_TRUE(permissions.add({CapabilityKind::network, hosts, {}}, Side::policy));
  return permissions;
}

Rule to(const std::string& url) {
  return *grants::origin_of(url);
}

class GateTest : public ::testing::Test {
 protected:
  ListLog log_;
  ListSink sink_;
  std::string plugin_ = "obs";
  std::string version_ = "1";
  std::string source_ = "plugin obs";
  Permissions requested_ = network({"https://*.a.org", "https://b.org"});
  Permissions policy_ = network({"https://*.a.org"});
  Permissions granted_ = network({"https://x.a.org"});
  Gate gate_{{plugin_, version_, source_, requested_, policy_}, log_, &sink_};
};

TEST_F(GateTest, LetsThroughWhatIsGrantedInSilence) {
  EXPECT_TRUE(gate_.allows(granted_, to("https://x.a.org/path")));
  EXPECT_TRUE(log_.lines.empty());
  EXPECT_TRUE(sink_.events.empty());
}

TEST_F(GateTest, ARefusalIsAnEventAndALineWithTheCommandThatWouldAllowIt) {
  EXPECT_FALSE(gate_.allows(granted_, to("https://y.a.org/path")));
  EXPECT_THAT(sink_.events, ElementsAre("deny obs network:https://y.a.org"));
  ASSERT_EQ(log_.lines.size(), 1U);
  EXPECT_THAT(log_.lines[0], HasSubstr("plugin obs: was refused network:https://y.a.org"));
  EXPECT_THAT(log_.lines[0], HasSubstr("midimon permission grant obs network:https://y.a.org"));
}

TEST_F(GateTest, SaysWhereNoGrantWouldHelp) {
  EXPECT_FALSE(gate_.allows(granted_, to("https://b.org")));
  EXPECT_FALSE(gate_.allows(granted_, to("https://c.org")));
  ASSERT_EQ(log_.lines.size(), 2U);
  EXPECT_THAT(log_.lines[0], HasSubstr("policy forbids"));
  EXPECT_THAT(log_.lines[1], HasSubstr("does not ask for that"));
}

TEST_F(GateTest, EveryRefusalIsCountedAndTheLogIsNotFlooded) {
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(gate_.allows(granted_, to("https://y.a.org")));
  EXPECT_EQ(log_.lines.size(), 1U);
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(gate_.allows(granted_, to("https://h" + std::to_string(i) + ".a.org")));
  EXPECT_EQ(log_.lines.size(), Gate::kMaxLogged);
  EXPECT_EQ(sink_.events.size(), 200U);
}

TEST_F(GateTest, ARefusalForNowIsAnEventEachTimeAndALineOnceThatNamesNoGrant) {
  EXPECT_FALSE(gate_.allows(granted_, to("https://y.a.org")));
  sink_.result = Errno::again;
  gate_.refuse_for_now(to("https://y.a.org"), "Too often.");
  gate_.refuse_for_now(to("https://y.a.org"), "Too often.");
  EXPECT_EQ(sink_.events.size(), 3U);
  EXPECT_EQ(sink_.events.back(), "deny obs network:https://y.a.org");
  ASSERT_EQ(log_.lines.size(), 2U);
  EXPECT_EQ(log_.lines.back(), "plugin obs: was refused network:https://y.a.org. Too often.");
}

TEST_F(GateTest, WhatAGuestCallsThingsCannotFoolTheLog) {
  requested_ = {};
  const grants::CommandRule command{"/bin/x", {{"\x1b[31m\n", false}}, false};
  EXPECT_FALSE(gate_.allows(granted_, command));
  EXPECT_EQ(log_.lines.at(0).find_first_of("\n\x1b"), std::string::npos);
}

TEST_F(GateTest, NobodyHearsOfAPluginThatHasNoNameYet) {
  plugin_.clear();
  EXPECT_FALSE(gate_.allows({}, to("https://y.a.org")));
  EXPECT_TRUE(log_.lines.empty());
  EXPECT_TRUE(sink_.events.empty());
}

}  // namespace
}  // namespace midimon::hostapi
