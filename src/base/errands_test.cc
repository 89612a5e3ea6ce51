#include "base/errands.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace midimon {
namespace {

TEST(Errands, HaveTheRightsOfTheirMakerAndNotOfWhoAsks) {
  Errands errands(2);
  // What no_new_privs does is what Landlock does: it holds a thread and those it starts.
  std::promise<int> held;
  std::thread([&] {
    ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_TRUE(errands.run([&] { held.set_value(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); }));
    held.get_future().wait();
  }).join();
  std::promise<int> again;
  ASSERT_TRUE(errands.run([&] { again.set_value(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); }));
  EXPECT_EQ(again.get_future().get(), ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

TEST(Errands, RunAtTheSameTimeUpToTheirBound) {
  Errands errands(2);
  struct Shared {
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    std::promise<void> both;
    std::promise<void> go;
    std::shared_future<void> gone = go.get_future().share();
    std::atomic<int> ended = 0;
    std::promise<void> all;
  };
  const auto shared = std::make_shared<Shared>();
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(errands.run([shared] {
      const int now = ++shared->running;
      shared->most = std::max(shared->most.load(), now);
      if (now == 2 && shared->ended == 0) shared->both.set_value();
      shared->gone.wait();
      --shared->running;
      if (++shared->ended == 6) shared->all.set_value();
    }));
  }
  shared->both.get_future().wait();  // two do run
  shared->go.set_value();
  shared->all.get_future().wait();
  EXPECT_EQ(shared->most, 2);
}

TEST(Errands, RefuseMoreThanMayWait) {
  const auto go = std::make_shared<std::promise<void>>();
  const std::shared_future<void> gone = go->get_future().share();
  {
    Errands errands(1);
    std::promise<void> begun;
    ASSERT_TRUE(errands.run([&begun, gone] {
      begun.set_value();
      gone.wait();
    }));
    begun.get_future().wait();
    for (std::size_t i = 0; i < Errands::kMaxQueued; ++i)
      EXPECT_TRUE(errands.run([] {}));
    EXPECT_FALSE(errands.run([] {}));
  }  // and do not wait for the one that hangs
  go->set_value();
}

TEST(Errands, AreNotInterruptedBySignals) {
  Errands errands(1);
  std::promise<bool> blocked;
  ASSERT_TRUE(errands.run([&] {
    sigset_t mask;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked.set_value(sigismember(&mask, SIGINT) == 1);
  }));
  EXPECT_TRUE(blocked.get_future().get());
}

}  // namespace
}  // namespace midimon
