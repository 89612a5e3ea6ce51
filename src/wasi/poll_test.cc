#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <limits>
#include <vector>

#include "base/unique_fd.h"
#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

using namespace std::chrono_literals;

constexpr Ptr kEvents = 200 * 1024;

class PollTest : public WasiTest {
 protected:
  // Sleeping is done by the system's clock, so the context needs it too.
  PollTest() { use({}); }

  void use(ContextOptions options) {
    options.clock = &system_;
    restart(std::move(options));
  }

  static abi::Subscription clock_sub(std::uint64_t userdata, std::uint64_t timeout,
                                     std::uint32_t id = abi::kClockMonotonic,
                                     std::uint16_t flags = 0) {
    abi::Subscription sub{};
    sub.userdata = userdata;
    sub.tag = abi::kEventClock;
    sub.clock_or_fd = id;
    sub.timeout = timeout;
    sub.flags = flags;
    return sub;
  }
  static abi::Subscription fd_sub(std::uint64_t userdata, Fd fd, std::uint8_t tag) {
    abi::Subscription sub{};
    sub.userdata = userdata;
    sub.tag = tag;
    sub.clock_or_fd = fd;
    return sub;
  }
  ErrnoOr<std::vector<abi::Event>> poll(const std::vector<abi::Subscription>& subs) {
    const Ptr at = put_values(subs);
    const Errno done = run(poll_oneoff, at, kEvents, static_cast<Size>(subs.size()), kOut);
    if (done != Errno::success) return err(done);
    std::vector<abi::Event> events;
    for (Size i = 0; i < out<Size>(); ++i) {
      events.push_back(out<abi::Event>(kEvents + i * Size{sizeof(abi::Event)}));
    }
    return events;
  }
  Errno poll_errno(const std::vector<abi::Subscription>& subs) { return vfs::code(poll(subs)); }
  std::uint64_t now(std::uint32_t id) {
    const Nanos time = id == abi::kClockRealtime ? system_.realtime() : system_.monotonic();
    return static_cast<std::uint64_t>(time.count());
  }

  SystemClock system_;
};

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t k2To63 = std::uint64_t{1} << 63;
constexpr auto kInt64Max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

TEST_F(PollTest, NothingToWaitForIsInval) {
  EXPECT_EQ(run(poll_oneoff, kOut, kEvents, 0, kOut), Errno::inval);
}

TEST_F(PollTest, ATimeoutTakesItsTime) {
  const auto start = std::chrono::steady_clock::now();
  const auto events = poll({clock_sub(42, 20 * kMillisecond)});
  EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ((*events)[0].userdata, 42U);
  EXPECT_EQ((*events)[0].type, abi::kEventClock);
  EXPECT_EQ((*events)[0].error, 0);
}

TEST_F(PollTest, OnlyWhatIsDueIsReported) {
  const auto events = poll({clock_sub(1, 3600'000 * kMillisecond), clock_sub(2, kMillisecond)});
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ((*events)[0].userdata, 2U);
}

TEST_F(PollTest, AbsoluteTimesOfBothClocks) {
  for (const std::uint32_t id : {abi::kClockMonotonic, abi::kClockRealtime}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(poll({clock_sub(1, now(id) + 20 * kMillisecond, id, 1)})->size(), 1U);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 15ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  }
}

TEST_F(PollTest, TimesThatArePastAreDueAtOnce) {
  for (const std::uint32_t id : {abi::kClockMonotonic, abi::kClockRealtime}) {
    EXPECT_EQ(poll({clock_sub(1, 0, id)})->size(), 1U);
    EXPECT_EQ(poll({clock_sub(1, 0, id, 1)})->size(), 1U);
    EXPECT_EQ(poll({clock_sub(1, 1, id, 1)})->size(), 1U);
  }
}

TEST_F(PollTest, Attack83_ClockArithmeticThatOverflows) {
  EXPECT_EQ(poll_errno({clock_sub(1, kInt64Max)}), Errno::inval);
  EXPECT_EQ(poll_errno({clock_sub(1, kInt64Max, abi::kClockRealtime)}), Errno::inval);
  for (const std::uint32_t id : {abi::kClockMonotonic, abi::kClockRealtime}) {
    for (const std::uint16_t flags : {0, 1}) {
      EXPECT_EQ(poll_errno({clock_sub(1, k2To63, id, flags)}), Errno::inval);
      EXPECT_EQ(poll_errno({clock_sub(1, ~std::uint64_t{0}, id, flags)}), Errno::inval);
    }
  }
}

TEST_F(PollTest, UnknownClocksFlagsAndTagsAreInval) {
  EXPECT_EQ(poll_errno({clock_sub(1, 0, 4)}), Errno::inval);
  EXPECT_EQ(poll_errno({clock_sub(1, 0, abi::kClockProcessCpu)}), Errno::inval);
  EXPECT_EQ(poll_errno({clock_sub(1, 0, abi::kClockMonotonic, 2)}), Errno::inval);
  EXPECT_EQ(poll_errno({clock_sub(1, 0, abi::kClockMonotonic, 0x8001)}), Errno::inval);
  EXPECT_EQ(poll_errno({fd_sub(1, 0, 3)}), Errno::inval);
  EXPECT_EQ(poll_errno({fd_sub(1, 0, 255)}), Errno::inval);
}

TEST_F(PollTest, FilesAreReadyAtOnce) {
  const Fd fd = must_open("f");
  EXPECT_EQ(write(fd, "abcdef"), 6U);
  EXPECT_EQ(seek(fd, 2), 2U);
  const auto events = poll({clock_sub(1, 3600'000 * kMillisecond), fd_sub(2, fd, abi::kEventFdRead),
                            fd_sub(3, fd, abi::kEventFdWrite)});
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[0].userdata, 2U);
  EXPECT_EQ((*events)[0].type, abi::kEventFdRead);
  EXPECT_EQ((*events)[0].nbytes, 4U);
  EXPECT_EQ((*events)[1].userdata, 3U);
  EXPECT_EQ((*events)[1].type, abi::kEventFdWrite);
}

TEST_F(PollTest, WhatCannotBeWaitedForIsBadf) {
  const Fd read_only = must_open("f");
  EXPECT_EQ(run(fd_close, read_only), Errno::success);
  const Fd reader = must_open("f", {});
  for (const std::uint8_t tag : {abi::kEventFdRead, abi::kEventFdWrite}) {
    for (const Fd fd : {kRoot, kClosed, kWild}) {
      EXPECT_EQ(poll_errno({fd_sub(1, fd, tag)}), Errno::badf);
    }
  }
  EXPECT_EQ(poll_errno({fd_sub(1, 0, abi::kEventFdWrite)}), Errno::badf);
  EXPECT_EQ(poll_errno({fd_sub(1, 1, abi::kEventFdRead)}), Errno::badf);
  EXPECT_EQ(poll_errno({fd_sub(1, reader, abi::kEventFdWrite)}), Errno::badf);
  EXPECT_EQ(poll_errno({clock_sub(1, 0), fd_sub(2, kClosed, abi::kEventFdRead)}), Errno::badf);
}

struct PipePollTest : public PollTest {
  PipePollTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    input_stream_.emplace(reader_.get());
    output_stream_.emplace(writer_.get());
    ContextOptions options;
    options.input = &*input_stream_;
    options.output = &*output_stream_;
    use(std::move(options));
  }

  UniqueFd reader_;
  UniqueFd writer_;
  std::optional<HostInput> input_stream_;
  std::optional<HostOutput> output_stream_;
};

TEST_F(PipePollTest, InputIsReadyWhenThereIsSomethingToRead) {
  const auto nothing = poll({fd_sub(1, 0, abi::kEventFdRead), clock_sub(2, 5 * kMillisecond)});
  ASSERT_EQ(nothing->size(), 1U);
  EXPECT_EQ((*nothing)[0].userdata, 2U);
  ASSERT_EQ(::write(writer_.get(), "x", 1), 1);
  const auto something =
      poll({fd_sub(1, 0, abi::kEventFdRead), clock_sub(2, 3600'000 * kMillisecond)});
  ASSERT_EQ(something->size(), 1U);
  EXPECT_EQ((*something)[0].userdata, 1U);
  EXPECT_EQ((*something)[0].flags, 0);
}

TEST_F(PipePollTest, AHangupIsReported) {
  ContextOptions options;
  options.input = &*input_stream_;
  use(std::move(options));
  output_stream_.reset();
  writer_.reset();
  const auto events = poll({fd_sub(1, 0, abi::kEventFdRead)});
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ((*events)[0].flags, abi::kEventHangup);
}

TEST_F(PipePollTest, OutputIsReadyWhileThePipeHasRoom) {
  EXPECT_EQ(poll({fd_sub(1, 1, abi::kEventFdWrite)})->size(), 1U);
}

TEST_F(PipePollTest, OneStreamMayBeAskedForManyTimesButNotWithoutBound) {
  ASSERT_EQ(::write(writer_.get(), "x", 1), 1);
  EXPECT_EQ(poll(std::vector<abi::Subscription>(64, fd_sub(1, 0, abi::kEventFdRead)))->size(), 64U);
  EXPECT_EQ(poll_errno(std::vector<abi::Subscription>(65, fd_sub(1, 0, abi::kEventFdRead))),
            Errno::inval);
}

TEST_F(PollTest, BadPointersFaultBeforeAnyWait) {
  const Ptr subs = put_values<abi::Subscription>({clock_sub(1, 3600'000 * kMillisecond)});
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kOut + 1, kOut + 2, kEnd - 3, kEnd, Ptr{0xFFFFFFFC}}) {
      EXPECT_EQ(run(poll_oneoff, subs, kEvents, 1, bad), Errno::fault) << bad;
    }
    for (const Ptr bad : {kOut + 4, kOut + 1, kEnd - 31, kEnd, Ptr{0xFFFFFFE0}}) {
      EXPECT_EQ(run(poll_oneoff, subs, bad, 1, kOut), Errno::fault) << bad;
    }
    for (const Ptr bad : {subs + 4, subs + 1, kEnd - 40, kEnd, Ptr{0xFFFFFFD0}}) {
      EXPECT_EQ(run(poll_oneoff, bad, kEvents, 1, kOut), Errno::fault) << bad;
    }
  }));
}

TEST_F(PollTest, EventsMayLieOverTheSubscriptions) {
  std::vector<abi::Subscription> subs;
  for (std::uint64_t i = 0; i < 100; ++i)
    subs.push_back(clock_sub(i, 0));
  const Ptr at = put_values(subs);
  EXPECT_EQ(run(poll_oneoff, at, at, 100, kOut), Errno::success);
  ASSERT_EQ(out<Size>(), 100U);
  for (Size i = 0; i < 100; ++i)
    EXPECT_EQ(out<abi::Event>(at + i * 32).userdata, i);
}

TEST_F(PollTest, Attack45_AMillionSubscriptions) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Size count : {Size{1025}, Size{1'000'000}, Size{0x05555556}, Size{0xFFFFFFFF}}) {
      EXPECT_THAT(run(poll_oneoff, kOut, kEvents, count, kOut),
                  testing::AnyOf(Errno::inval, Errno::fault));
    }
  }));
}

// As in a test of a plugin, whose case says what time it is.
TEST_F(WasiTest, PollSleepsNoLongerForAClockThatIsAhead) {
  class Ahead final : public Clock {
   public:
    [[nodiscard]] Nanos monotonic() const override { return system_.monotonic() + 1h; }
    [[nodiscard]] Nanos realtime() const override { return system_.realtime() + 1h; }

   private:
    SystemClock system_;
  };
  const Ahead clock;
  ContextOptions options;
  options.clock = &clock;
  restart(std::move(options));
  wasm::Budget budget(SystemClock().monotonic() + 20s);
  HostCall call{memory(), budget};
  for (const std::uint32_t id : {abi::kClockMonotonic, abi::kClockRealtime}) {
    for (const std::uint16_t flags : {0, 1}) {
      const Nanos now = id == abi::kClockRealtime ? clock.realtime() : clock.monotonic();
      abi::Subscription sub{};
      sub.tag = abi::kEventClock;
      sub.clock_or_fd = id;
      sub.timeout = kMillisecond + (flags == 0 ? 0 : static_cast<std::uint64_t>(now.count()));
      sub.flags = flags;
      EXPECT_EQ(
          poll_oneoff(*context_, call, put_values<abi::Subscription>({sub}), kEvents, 1, kOut),
          Errno::success);
      EXPECT_EQ(out<Size>(), 1U);
    }
  }
}

// A call must never come back empty-handed before its time, or a guest's event loop spins.
TEST_F(WasiTest, PollOnAManualClockReportsWhatItWaitedFor) {
  const ManualClock clock;
  ContextOptions options;
  options.clock = &clock;
  restart(std::move(options));
  abi::Subscription sub{};
  sub.tag = abi::kEventClock;
  sub.clock_or_fd = abi::kClockMonotonic;
  sub.timeout = kMillisecond;
  const Ptr at = put_values<abi::Subscription>({sub});
  EXPECT_EQ(run(poll_oneoff, at, kEvents, 1, kOut), Errno::success);
  EXPECT_EQ(out<Size>(), 1U);
}

}  // namespace
}  // namespace midimon::wasi
