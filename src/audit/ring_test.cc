#include "audit/ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace midimon::audit {
namespace {

Event opened(std::string_view path) {
  Event event;
  event.plugin = "obs";
  event.path = path;
  return event;
}

std::vector<Event> drain(Ring& ring, std::vector<std::string>* paths = nullptr) {
  std::vector<Event> events;
  while (ring.pop([&](const Event& event) {
    events.push_back(event);
    if (paths != nullptr) paths->emplace_back(event.path);
  })) {
  }
  return events;
}

TEST(Ring, KeepsEveryMemberOfAnEvent) {
  Ring ring(1);
  const Event event{EventKind::rename,
                    Errno::noent,
                    Nanos(5),
                    "p",
                    "v",
                    "m",
                    "d",
                    "a",
                    "t",
                    "b",
                    "x",
                    1,
                    2,
                    3,
                    4,
                    5,
                    6,
                    7,
                    8,
                    9,
                    true};
  ASSERT_TRUE(ring.push(event, Nanos(77)));
  int seen = 0;
  EXPECT_TRUE(ring.pop([&](const Event& got) {
    ++seen;
    EXPECT_EQ(got.kind, EventKind::rename);
    EXPECT_EQ(got.result, Errno::noent);
    EXPECT_EQ(got.time, Nanos(77));
    EXPECT_EQ(std::string(got.plugin) + std::string(got.version) + std::string(got.mount) +
                  std::string(got.directory) + std::string(got.path) +
                  std::string(got.target_directory) + std::string(got.target) +
                  std::string(got.detail),
              "pvmdatbx");
    EXPECT_EQ((std::vector{got.size, got.bytes_read, got.bytes_written, got.fuel, got.duration,
                           got.memory_peak, got.used, got.allowed, got.count}),
              (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_TRUE(got.cut);
  }));
  EXPECT_EQ(seen, 1);
  EXPECT_FALSE(ring.pop([](const Event&) {}));
  EXPECT_EQ(ring.used(), 0U);
}

TEST(Ring, CutsTextsThatAreTooLongAndSaysSo) {
  Ring ring(1);
  const std::string longest(kMaxText, 'a');
  ASSERT_TRUE(ring.push(opened(longest), {}));
  ASSERT_TRUE(ring.push(opened(longest + "b"), {}));
  std::vector<std::string> paths;
  const auto events = drain(ring, &paths);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_FALSE(events[0].cut);
  EXPECT_TRUE(events[1].cut);
  EXPECT_EQ(paths[0], paths[1]);
}

TEST(Ring, GoesRoundItsMemoryManyTimesWithRecordsOfEveryLength) {
  Ring ring(1);
  std::size_t pushed = 0;
  std::size_t popped = 0;
  const auto text = [](std::size_t i) { return std::string(i * 37 % (kMaxText + 1), 'x'); };
  while (pushed < 20'000) {
    while (ring.try_push(opened(text(pushed)), {}))
      ++pushed;
    for (int i = 0; i < 7; ++i) {
      ring.pop([&](const Event& event) { EXPECT_EQ(event.path, text(popped++)); });
    }
  }
  while (ring.pop([&](const Event& event) { EXPECT_EQ(event.path, text(popped++)); })) {
  }
  EXPECT_EQ(popped, pushed);
}

TEST(Ring, SaysWhereEventsAreMissingAndHowMany) {
  Ring ring(1);
  std::size_t kept = 0;
  while (ring.push(opened("before"), {}))
    ++kept;
  EXPECT_FALSE(ring.push(opened("dropped"), {}));
  EXPECT_FALSE(ring.push(opened("dropped"), {}));
  ring.pop([](const Event&) {});
  ASSERT_TRUE(ring.push(opened("after"), Nanos(9)));
  const auto events = drain(ring);
  ASSERT_EQ(events.size(), kept - 1 + 2);
  const Event& lost = events[events.size() - 2];
  EXPECT_EQ(lost.kind, EventKind::lost);
  EXPECT_EQ(lost.count, 3U);  // the push that ended the loop is one of them
  EXPECT_EQ(lost.time, Nanos(9));
  EXPECT_EQ(ring.take_lost(), 0U);
}

TEST(Ring, CountsWhatIsLostWhenNothingComesAfterIt) {
  Ring ring(1);
  while (ring.push(opened("x"), {})) {
  }
  EXPECT_EQ(ring.take_lost(), 1U);
  EXPECT_EQ(ring.take_lost(), 0U);
}

TEST(Ring, KeepsTheOrderOfEachThreadAndLosesNothingUncounted) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kEach = 50'000;
  Ring ring(1);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string plugin(1, static_cast<char>('a' + t));
      for (std::uint64_t i = 1; i <= kEach; ++i) {
        Event event;
        event.plugin = plugin;
        event.size = i;
        ring.push(event, {});
      }
      --running;
    });
  }
  std::map<std::string, std::uint64_t> last;
  std::uint64_t kept = 0;
  std::uint64_t lost = 0;
  const auto take = [&](const Event& event) {
    if (event.kind == EventKind::lost) {
      lost += event.count;
      return;
    }
    std::uint64_t& before = last[std::string(event.plugin)];
    EXPECT_GT(event.size, before);
    before = event.size;
    ++kept;
  };
  while (running > 0)
    ring.pop(take);
  for (std::thread& thread : threads)
    thread.join();
  while (ring.pop(take)) {
  }
  EXPECT_EQ(kept + lost + ring.take_lost(), kThreads * kEach);
  EXPECT_GT(kept, 0U);
}

}  // namespace
}  // namespace midimon::audit
