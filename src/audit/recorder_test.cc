#include "audit/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "audit/test_support.h"
#include "audit/verify.h"

namespace midimon::audit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RecorderTest : public ::testing::Test {
 protected:
  std::unique_ptr<Recorder> make(RecorderOptions options = {}, JournalOptions journal = {}) {
    journal.directory = place_.directory();
    return std::make_unique<Recorder>(open_journal(journal, clock_), std::move(options), clock_);
  }
  std::vector<Record> records() const { return records_in(place_.directory()); }
  std::uint64_t counted(Errno result) const {
    std::uint64_t sum = 0;
    for (const Record& record : records()) {
      if (record.result == result) sum += std::max<std::uint64_t>(record.count, 1);
    }
    return sum;
  }

  TestPlace place_;
  TurnedClock clock_;
};

TEST_F(RecorderTest, WritesWhatIsRecordedInOrderAndStampsIt) {
  const auto recorder = make();
  recorder->record(opened("a"));
  clock_.advance(seconds(1));
  Event timed = opened("b");
  timed.time = Nanos(42);
  recorder->record(timed);
  recorder->flush();
  const auto got = records();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].path, "a");
  EXPECT_EQ(got[0].time, Nanos(1'795'604'819'000'000'000));
  EXPECT_EQ(got[1].time, Nanos(42));
}

TEST_F(RecorderTest, WritesWhatIsLeftAtItsEnd) {
  {
    const auto recorder = make();
    for (int i = 0; i < 1000; ++i)
      recorder->record(opened("a"));
  }
  EXPECT_EQ(records().size(), 1000U);
  const auto verified = verify_directory(place_.directory(), {});
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified->flaw);
}

TEST_F(RecorderTest, CountsARepeatOfTheSameRefusalUntilSomethingElseComes) {
  const auto recorder = make();
  for (int i = 0; i < 50; ++i) {
    recorder->record(opened("a", Errno::perm));
    recorder->record(opened("x", Errno::success, "other"));  // another plugin does not end it
  }
  recorder->record(opened("b"));
  recorder->flush();
  std::vector<Record> mine;
  for (const Record& record : records()) {
    if (record.plugin == "obs") mine.push_back(record);
  }
  ASSERT_EQ(mine.size(), 3U);
  EXPECT_EQ(mine[0].count, 0U);
  EXPECT_EQ(mine[1].count, 49U);
  EXPECT_EQ(mine[1].path, "a");
  EXPECT_EQ(mine[2].path, "b");
}

TEST_F(RecorderTest, WritesACountAfterASecondWithoutAnythingElse) {
  const auto recorder = make();
  for (int i = 0; i < 3; ++i)
    recorder->record(opened("a", Errno::perm));
  recorder->flush();
  EXPECT_EQ(records().size(), 1U);
  clock_.advance(seconds(1));
  recorder->flush();
  ASSERT_EQ(records().size(), 2U);
  EXPECT_EQ(records()[1].count, 2U);
}

TEST_F(RecorderTest, DoesNotFoldWhatWorked) {
  const auto recorder = make();
  for (int i = 0; i < 5; ++i)
    recorder->record(opened("a"));
  recorder->flush();
  EXPECT_EQ(records().size(), 5U);
}

// Attack 47, with a name of its own for every attempt.
TEST_F(RecorderTest, AFloodOfDifferentRefusalsIsSummedUpAndNoneIsForgotten) {
  constexpr std::uint64_t kFlood = 20'000;
  RecorderOptions options;
  options.flood = {.per_second = 10, .burst = 20};
  const auto recorder = make(options);
  for (std::uint64_t i = 0; i < kFlood; ++i)
    recorder->record(opened("a" + std::to_string(i), Errno::perm));
  recorder->record(opened("quiet", Errno::perm, "other"));
  recorder->flush();
  clock_.advance(seconds(1));
  recorder->flush();
  EXPECT_EQ(records().size(), 22U);
  EXPECT_EQ(counted(Errno::perm), kFlood + 1);
  const Record sum = records().back();
  EXPECT_EQ(sum.detail, "flood");
  EXPECT_EQ(sum.path, "");
  EXPECT_EQ(sum.count, kFlood - 20);
  // A second later there is room for ten more.
  for (int i = 0; i < 15; ++i)
    recorder->record(opened("b" + std::to_string(i), Errno::perm));
  recorder->flush();
  EXPECT_EQ(records().size(), 32U);
}

TEST_F(RecorderTest, TheSumOfAFloodComesBeforeTheEndOfItsCall) {
  RecorderOptions options;
  options.flood = {.per_second = 1, .burst = 1};
  const auto recorder = make(options);
  for (int i = 0; i < 10; ++i)
    recorder->record(opened("a" + std::to_string(i), Errno::perm));
  Event end = opened("");
  end.kind = EventKind::end;
  recorder->record(end);
  recorder->flush();
  const auto got = records();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[1].count, 9U);
  EXPECT_EQ(got[2].kind, EventKind::end);
}

TEST_F(RecorderTest, ACallbackSeesWhatTheJournalSees) {
  std::vector<std::string> seen;
  RecorderOptions options;
  options.on_event = [&](const Event& event) {
    seen.push_back(std::string(event.path) + ":" + std::to_string(event.count));
  };
  const auto recorder = make(options);
  recorder->record(opened("a", Errno::perm));
  recorder->record(opened("a", Errno::perm));
  recorder->record(opened("b"));
  recorder->flush();
  EXPECT_EQ(seen, (std::vector<std::string>{"a:0", "a:1", "b:0"}));
}

TEST_F(RecorderTest, ACallbackThatThrowsStopsNothing) {
  RecorderOptions options;
  options.on_event = [](const Event&) { throw std::runtime_error("no"); };
  const auto recorder = make(options);
  for (int i = 0; i < 10; ++i)
    recorder->record(opened("a"));
  recorder->flush();
  EXPECT_EQ(records().size(), 10U);
  EXPECT_EQ(recorder->thrown(), 10U);
}

TEST_F(RecorderTest, ASlowCallbackDoesNotHoldUpTheJournalAndIsToldWhatItMissed) {
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::uint64_t seen = 0;
  std::uint64_t lost = 0;
  RecorderOptions options;
  options.ring_bytes = 1;  // the least there is
  options.on_event = [&, gone](const Event& event) {
    gone.wait();
    (event.kind == EventKind::lost ? lost : seen) +=
        event.kind == EventKind::lost ? event.count : 1;
  };
  constexpr std::uint64_t kEvents = 5000;
  auto recorder = make(options);
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    recorder->record(opened("a"));
    // The writer keeps up meanwhile.
    for (int wait = 0; i % 100 == 99 && written < i + 1 && wait < 2000; ++wait) {
      std::this_thread::sleep_for(milliseconds(1));
      written = records().size();
    }
  }
  EXPECT_EQ(written, kEvents);
  go.set_value();
  recorder.reset();
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(seen + lost, kEvents);
}

TEST_F(RecorderTest, WhatDoesNotFitIsCountedInItsPlace) {
  // The writer is held up in its first write.
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  std::atomic<bool> held{false};
  JournalOptions journal;
  journal.write = [&, gone](int fd, const void* bytes, std::size_t size) {
    if (std::string_view(static_cast<const char*>(bytes), size).find("held up") !=
        std::string_view::npos) {
      held = true;
      gone.wait();
    }
    return ::write(fd, bytes, size);
  };
  RecorderOptions options;
  options.ring_bytes = 1;
  auto recorder = make(options, journal);
  recorder->record(opened("held up"));
  while (!held)
    std::this_thread::sleep_for(milliseconds(1));
  constexpr std::uint64_t kEvents = 5000;
  for (std::uint64_t i = 0; i < kEvents; ++i)
    recorder->record(opened("a"));
  go.set_value();
  recorder->flush();
  recorder->record(opened("last"));
  recorder.reset();
  const auto got = records();
  std::uint64_t lost = 0;
  for (const Record& record : got) {
    if (record.kind == EventKind::lost) lost += record.count;
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(got[got.size() - 2].kind, EventKind::lost);
  EXPECT_EQ(got.back().path, "last");
  EXPECT_EQ(got.size() - 3 + lost, kEvents);
}

// A disk that can be filled and emptied.
struct Disk {
  std::atomic<bool> full{false};
  ssize_t operator()(int fd, const void* bytes, std::size_t size) const {
    if (!full) return ::write(fd, bytes, size);
    errno = ENOSPC;
    return -1;
  }
};

TEST_F(RecorderTest, StrictReturnsOnlyWhenTheEventIsInTheFile) {
  RecorderOptions options;
  options.strict = true;
  const auto recorder = make(options);
  std::vector<std::thread> threads;
  std::atomic<int> missing{0};
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = "t" + std::to_string(t) + "n" + std::to_string(i) + "\"";
        recorder->record(opened(name.substr(0, name.size() - 1)));
        if (read_all(place_.file(1)).find(name) == std::string::npos) ++missing;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(missing, 0);
}

TEST_F(RecorderTest, StrictAdmitsNothingWhileTheJournalCannotBeWritten) {
  Disk disk;
  JournalOptions journal;
  journal.write = std::ref(disk);
  std::atomic<int> troubles{0};
  std::atomic<int> ends{0};
  RecorderOptions options;
  options.strict = true;
  options.on_trouble = [&](const std::optional<Error>& error) { ++(error ? troubles : ends); };
  const auto recorder = make(options, journal);
  recorder->record(opened("a"));
  EXPECT_TRUE(recorder->admits());
  disk.full = true;
  recorder->record(opened("b"));  // comes back all the same
  EXPECT_FALSE(recorder->admits());
  clock_.advance(seconds(2));
  recorder->flush();
  EXPECT_FALSE(recorder->admits());
  disk.full = false;
  clock_.advance(seconds(2));
  recorder->flush();
  EXPECT_TRUE(recorder->admits());
  EXPECT_EQ(troubles, 1);
  EXPECT_EQ(ends, 1);
  const auto got = records();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1].kind, EventKind::lost);
  EXPECT_EQ(got[1].count, 1U);
}

TEST_F(RecorderTest, OtherwiseAFullDiskStopsNobody) {
  Disk disk;
  disk.full = false;
  JournalOptions journal;
  journal.write = std::ref(disk);
  const auto recorder = make({}, journal);
  disk.full = true;
  for (int i = 0; i < 100; ++i)
    recorder->record(opened("b"));
  recorder->flush();
  EXPECT_TRUE(recorder->admits());
}

TEST_F(RecorderTest, WithoutAJournalStrictAdmitsNothing) {
  RecorderOptions options;
  options.strict = true;
  Recorder strict(nullptr, options, clock_);
  EXPECT_FALSE(strict.admits());
  Recorder loose(nullptr, {}, clock_);
  EXPECT_TRUE(loose.admits());
}

TEST_F(RecorderTest, AnEventReachesTheFileSoonAfterALongSleep) {
  const auto recorder = make();
  std::this_thread::sleep_for(milliseconds(400));  // by now the writer sleeps
  recorder->record(opened("a"));
  bool written = false;
  for (int i = 0; i < 5000 && !written; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    written = !records().empty();
  }
  EXPECT_TRUE(written);
}

}  // namespace
}  // namespace midimon::audit
