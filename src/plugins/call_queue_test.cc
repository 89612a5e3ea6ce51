#include "plugins/call_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace midimon::plugins {
namespace {

CallJob job(std::string action, Delivery delivery = Delivery::once, std::uint32_t key = 0) {
  CallJob out;
  out.call.action = std::move(action);
  out.call.delivery = delivery;
  out.call.lane = {nullptr, key};
  out.done = [](const PluginReport&) {};
  return out;
}

std::vector<std::string> drain(CallQueue& queue) {
  std::vector<std::string> out;
  while (!queue.empty())
    out.push_back(queue.pop().call.action);
  return out;
}

using Names = std::vector<std::string>;

TEST(CallQueue, OfAKnobsValuesTheNewestWaits) {
  CallQueue queue;
  EXPECT_FALSE(queue.push(job("1", Delivery::latest)));
  const auto displaced = queue.push(job("2", Delivery::latest));
  ASSERT_TRUE(displaced);
  EXPECT_EQ(displaced->job.call.action, "1");
  EXPECT_TRUE(displaced->superseded);
  EXPECT_EQ(queue.superseded(), 1U);
  EXPECT_EQ(queue.dropped(), 0U);
  EXPECT_EQ(drain(queue), Names({"2"}));
}

TEST(CallQueue, KnobsDoNotTakeEachOthersPlace) {
  CallQueue queue;
  (void)queue.push(job("a1", Delivery::latest, 1));
  (void)queue.push(job("b1", Delivery::latest, 2));
  (void)queue.push(job("a2", Delivery::latest, 1));
  EXPECT_EQ(drain(queue), Names({"a2", "b1"}));
}

TEST(CallQueue, AValueDoesNotOvertakeAPress) {
  CallQueue queue;
  (void)queue.push(job("1", Delivery::latest));
  (void)queue.push(job("press"));
  (void)queue.push(job("2", Delivery::latest));
  EXPECT_EQ(drain(queue), Names({"1", "press", "2"}));
}

TEST(CallQueue, WhenItIsFullAPressIsDroppedAndCounted) {
  CallQueue queue;
  for (std::size_t i = 0; i < CallQueue::kMaxWaiting; ++i)
    EXPECT_FALSE(queue.push(job("x")));
  const auto displaced = queue.push(job("too many"));
  ASSERT_TRUE(displaced);
  EXPECT_EQ(displaced->job.call.action, "too many");
  EXPECT_FALSE(displaced->superseded);
  EXPECT_EQ(queue.dropped(), 1U);
  EXPECT_EQ(queue.size(), CallQueue::kMaxWaiting);
}

TEST(CallQueue, WhenItIsFullAValueGoesBeforeAPressDoes) {
  CallQueue queue;
  (void)queue.push(job("value", Delivery::latest));
  for (std::size_t i = 1; i < CallQueue::kMaxWaiting; ++i)
    (void)queue.push(job("x"));
  const auto displaced = queue.push(job("press"));
  ASSERT_TRUE(displaced);
  EXPECT_EQ(displaced->job.call.action, "value");
  EXPECT_FALSE(displaced->superseded);
  EXPECT_EQ(drain(queue).back(), "press");
}

TEST(CallQueue, WhenItIsFullAValueStandsForTheOneBeforeIt) {
  CallQueue queue;
  (void)queue.push(job("1", Delivery::latest, 1));
  (void)queue.push(job("other", Delivery::latest, 2));
  for (std::size_t i = 2; i < CallQueue::kMaxWaiting; ++i)
    (void)queue.push(job("x"));
  const auto displaced = queue.push(job("2", Delivery::latest, 1));
  ASSERT_TRUE(displaced);
  EXPECT_EQ(displaced->job.call.action, "1");
  EXPECT_TRUE(displaced->superseded);
  const Names left = drain(queue);
  EXPECT_EQ(left.front(), "other");
  EXPECT_EQ(left.back(), "2");
}

TEST(CallQueue, ARepeatedValueWithNoRoomIsDroppedAlone) {
  CallQueue queue;
  (void)queue.push(job("other", Delivery::latest, 2));
  for (std::size_t i = 1; i < CallQueue::kMaxWaiting; ++i)
    (void)queue.push(job("x"));
  const auto displaced = queue.push(job("1", Delivery::latest, 1));
  ASSERT_TRUE(displaced);
  EXPECT_EQ(displaced->job.call.action, "1");
}

// Of presses and releases of every note, with a plugin that takes none, no release is lost.
TEST(CallQueue, AReleaseIsNeverDropped) {
  CallQueue queue;
  std::size_t releases = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t key = 0; key < CallQueue::kMaxReleases; ++key) {
      (void)queue.push(job("press", Delivery::once, key));
      const auto displaced = queue.push(job("release", Delivery::always, key));
      if (displaced && displaced->job.call.delivery == Delivery::always) {
        EXPECT_TRUE(displaced->superseded) << round << " " << key;
      }
    }
  }
  std::vector<bool> released(CallQueue::kMaxReleases);
  EXPECT_LE(queue.size(), CallQueue::kMaxWaiting + CallQueue::kMaxReleases);
  while (!queue.empty()) {
    const CallJob next = queue.pop();
    if (next.call.delivery != Delivery::always) continue;
    released[next.call.lane.key] = true;
    ++releases;
  }
  EXPECT_GE(releases, CallQueue::kMaxReleases);
  for (std::size_t key = 0; key < released.size(); ++key)
    EXPECT_TRUE(released[key]) << key;
}

}  // namespace
}  // namespace midimon::plugins
