#include "wasm/ticker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace midimon::wasm {
namespace {

using namespace std::chrono_literals;

Nanos now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

class TickerTest : public testing::Test {
 protected:
  // Whether `ticket` expires within `time`.
  static bool expires_within(const Ticker::Ticket& ticket, Nanos time) {
    const Nanos end = now() + time;
    while (now() < end) {
      if (ticket.expired()) return true;
      std::this_thread::sleep_for(1ms);
    }
    return ticket.expired();
  }

  std::atomic<int> ticks_{0};
  Ticker ticker_{[this] { ++ticks_; }};
};

TEST_F(TickerTest, ATicketExpiresAtItsDeadlineAndNotBefore) {
  Ticker::Ticket ticket;
  const Nanos start = now();
  ticker_.arm(ticket, start + 30ms);
  EXPECT_FALSE(ticket.expired());
  EXPECT_TRUE(expires_within(ticket, 5s));
  EXPECT_GE(now() - start, 30ms);
  EXPECT_GE(ticks_, 1);
  ticker_.disarm(ticket);
}

TEST_F(TickerTest, ADeadlineThatIsPastExpiresAtOnce) {
  Ticker::Ticket ticket;
  ticker_.arm(ticket, Nanos(0));
  EXPECT_TRUE(expires_within(ticket, 5s));
  ticker_.disarm(ticket);
}

TEST_F(TickerTest, TheDeadlineOfOneDoesNotStopAnother) {
  Ticker::Ticket early;
  Ticker::Ticket late;
  ticker_.arm(late, now() + 1h);
  ticker_.arm(early, now() + 5ms);  // wakes the thread, which sleeps for the other
  EXPECT_TRUE(expires_within(early, 5s));
  EXPECT_FALSE(late.expired());
  ticker_.disarm(early);
  ticker_.disarm(late);
  EXPECT_FALSE(late.expired());
}

TEST_F(TickerTest, AnExpiredTicketIsRemindedUntilItIsDisarmed) {
  Ticker::Ticket ticket;
  ticker_.arm(ticket, now());
  for (int i = 0; i < 5000 && ticks_ < 5; ++i)
    std::this_thread::sleep_for(1ms);
  EXPECT_GE(ticks_, 5);
  ticker_.disarm(ticket);
  const int after = ticks_;
  std::this_thread::sleep_for(20ms);
  EXPECT_LE(ticks_, after + 1);
}

TEST_F(TickerTest, ADisarmedTicketNeverExpires) {
  Ticker::Ticket ticket;
  ticker_.arm(ticket, now() + 10ms);
  ticker_.disarm(ticket);
  EXPECT_FALSE(expires_within(ticket, 30ms));
}

TEST_F(TickerTest, ATicketCanBeArmedAgain) {
  Ticker::Ticket ticket;
  ticker_.arm(ticket, now());
  EXPECT_TRUE(expires_within(ticket, 5s));
  ticker_.disarm(ticket);
  ticker_.arm(ticket, now() + 1h);
  EXPECT_FALSE(ticket.expired());
  ticker_.disarm(ticket);
}

// The default of CallLimits: arithmetic on it must not overflow.
TEST_F(TickerTest, ADeadlineThatNeverComesIsFine) {
  Ticker::Ticket never;
  ticker_.arm(never, Nanos::max());
  Ticker::Ticket soon;
  ticker_.arm(soon, now() + 5ms);
  EXPECT_TRUE(expires_within(soon, 5s));
  EXPECT_FALSE(never.expired());
  ticker_.disarm(soon);
  ticker_.disarm(never);
  std::this_thread::sleep_for(5ms);
}

TEST_F(TickerTest, TicketsCanGoInAnyOrder) {
  std::vector<std::unique_ptr<Ticker::Ticket>> tickets;
  for (int i = 0; i < 100; ++i) {
    tickets.push_back(std::make_unique<Ticker::Ticket>());
    ticker_.arm(*tickets.back(), now() + 1h);
  }
  for (std::size_t i = 0; i < 100; ++i)
    ticker_.disarm(*tickets[(i * 37) % 100]);
  Ticker::Ticket last;
  ticker_.arm(last, now() + 1ms);
  EXPECT_TRUE(expires_within(last, 5s));
  ticker_.disarm(last);
}

TEST_F(TickerTest, ManyThreadsArmAndDisarm) {
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        Ticker::Ticket ticket;
        const bool soon = (i + t) % 10 == 0;
        ticker_.arm(ticket, soon ? now() : now() + 1h);
        if (soon) {
          EXPECT_TRUE(expires_within(ticket, 5s));
        } else {
          EXPECT_FALSE(ticket.expired());
        }
        ticker_.disarm(ticket);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

TEST(Ticker, GoesAtOnceHoweverFarTheNextDeadlineIs) {
  const Nanos start = now();
  {
    Ticker ticker([] {});
    Ticker::Ticket ticket;
    ticker.arm(ticket, now() + 1h);
    ticker.disarm(ticket);
  }
  EXPECT_LT(now() - start, 2s);
}

}  // namespace
}  // namespace midimon::wasm
