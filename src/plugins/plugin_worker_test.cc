#include "plugins/plugin_worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace midimon::plugins {
namespace {

using std::chrono::seconds;

// A clock that any thread may move.
class SharedClock final : public Clock {
 public:
  [[nodiscard]] Nanos monotonic() const override { return Nanos(now_.load()); }
  [[nodiscard]] Nanos realtime() const override { return Nanos(now_.load()); }
  void advance(Nanos by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_ = 0;
};

// What a test and the callee's threads share: doors at which calls wait.
class Stage {
 public:
  void enter(bool wait) {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    if (wait) changed_.wait(lock, [this] { return open_; });
    ++left_;
    changed_.notify_all();
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_entered(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return entered_ >= count; });
  }
  void wait_left(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return left_ >= count; });
  }
  void report(PluginReport report) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(std::move(report));
    changed_.notify_all();
  }
  std::vector<PluginReport> wait_reports(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return reports_.size() >= count; });
    return reports_;
  }
  void notice(const std::string& what) {
    const std::lock_guard lock(mutex_);
    notices_.push_back(what);
  }
  void event(const std::vector<std::uint8_t>& bytes) {
    const std::lock_guard lock(mutex_);
    events_.push_back(bytes);
    changed_.notify_all();
  }
  std::vector<std::vector<std::uint8_t>> wait_events(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return events_.size() >= count; });
    return events_;
  }
  std::vector<std::string> notices() {
    const std::lock_guard lock(mutex_);
    return notices_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int entered_ = 0;
  int left_ = 0;
  std::vector<PluginReport> reports_;
  std::vector<std::string> notices_;
  std::vector<std::vector<std::uint8_t>> events_;
};

// "stick" waits at the stage's door, "trap" traps, anything else is fine.
class TestCallee final : public Callee {
 public:
  explicit TestCallee(Stage& stage) : stage_(stage) {}
  Result<void> begin_thread() override { return {}; }
  void prepare() override {}
  [[nodiscard]] Nanos limit() const override { return seconds(5); }
  void give_up() override {}
  PluginReport call(PluginCall& call) override {
    stage_.enter(call.action == "stick");
    return {call.action == "trap" ? Outcome::trapped : Outcome::ok, call.action, {}};
  }

 private:
  Stage& stage_;
};

struct Fixture {
  SharedClock clock;
  Stage stage;
  PluginWorker worker{
      "p",
      std::make_unique<TestCallee>(stage),
      clock,
      {[this](const std::string&, const std::string& what) { stage.notice(what); },
       [this](const std::string&, const std::vector<std::uint8_t>& bytes) { stage.event(bytes); },
       {}}};

  void call(const char* action) {
    PluginCall call;
    call.action = action;
    worker.call(std::move(call), [this](PluginReport report) { stage.report(std::move(report)); });
  }
};

TEST(PluginWorker, AStuckThreadIsGivenUpAndTheOthersCallsAreRun) {
  const std::size_t lost_before = lost_threads();
  Fixture f;
  f.call("stick");
  f.call("next");
  f.stage.wait_entered(1);
  f.clock.advance(seconds(7));
  f.worker.look_after(f.clock.monotonic());  // not yet: the grace is not over
  EXPECT_EQ(f.worker.status().restarts, 0U);
  f.clock.advance(Nanos(1));
  f.worker.look_after(f.clock.monotonic());
  const auto reports = f.stage.wait_reports(2);
  EXPECT_EQ(reports[0].outcome, Outcome::deadline_exceeded);
  EXPECT_EQ(reports[1].outcome, Outcome::ok);
  EXPECT_EQ(reports[1].message, "next");
  EXPECT_EQ(f.worker.status().restarts, 1U);
  EXPECT_EQ(lost_threads(), lost_before + 1);
  ASSERT_FALSE(f.stage.notices().empty());
  EXPECT_NE(f.stage.notices()[0].find("stuck"), std::string::npos);

  // It comes back after all: nobody hears of it twice.
  f.stage.open();
  f.stage.wait_left(2);
  f.call("after");
  EXPECT_EQ(f.stage.wait_reports(3).back().message, "after");
  while (lost_threads() != lost_before)
    std::this_thread::yield();
  EXPECT_EQ(f.stage.wait_reports(3).size(), 3U);
}

TEST(PluginWorker, APluginThatGetsStuckAgainAndAgainIsQuarantined) {
  Fixture f;
  for (int i = 0; i < FailureWatch::kQuarantineAfter; ++i) {
    f.call("stick");
    f.stage.wait_entered(i + 1);
    f.clock.advance(seconds(60));
    f.worker.look_after(f.clock.monotonic());
    f.clock.advance(seconds(60));  // its rest is over
  }
  EXPECT_EQ(f.worker.status().health, Health::quarantined);
  f.call("fine");
  EXPECT_EQ(f.stage.wait_reports(FailureWatch::kQuarantineAfter + 1).back().outcome,
            Outcome::denied);
  f.stage.open();
  f.stage.wait_left(FailureWatch::kQuarantineAfter);
  while (lost_threads() != 0)
    std::this_thread::yield();
}

TEST(PluginWorker, OneThatKeepsTrappingRestsAndComesBack) {
  Fixture f;
  for (int i = 0; i < FailureWatch::kRestAfter; ++i)
    f.call("trap");
  f.call("fine");
  auto reports = f.stage.wait_reports(4);
  EXPECT_EQ(reports[3].outcome, Outcome::denied);
  EXPECT_NE(reports[3].message.find("left alone"), std::string::npos);
  EXPECT_EQ(f.worker.status().health, Health::resting);
  f.clock.advance(FailureWatch::kFirstRest);
  f.call("fine");
  EXPECT_EQ(f.stage.wait_reports(5)[4].outcome, Outcome::ok);
  EXPECT_EQ(f.worker.status().health, Health::well);
  EXPECT_EQ(f.worker.status().failures, 3U);
}

TEST(PluginWorker, ItsEndWaitsForWhatWaits) {
  Stage stage;
  {
    Fixture f;
    for (int i = 0; i < 10; ++i)
      f.worker.call({}, [&stage](PluginReport report) { stage.report(std::move(report)); });
  }
  EXPECT_EQ(stage.wait_reports(10).size(), 10U);
}

// Has an event whenever it is asked, but that the second time it fails.
class PollingCallee final : public Callee {
 public:
  Result<void> begin_thread() override { return {}; }
  void prepare() override {}
  [[nodiscard]] Nanos limit() const override { return seconds(5); }
  void give_up() override {}
  PluginReport call(PluginCall& /*call*/) override { return {}; }
  [[nodiscard]] bool polls() const override { return true; }
  PluginReport poll(PolledEvents& events) override {
    ++polls_;
    events.next = kSoonestPoll;
    if (polls_ == 2) return {Outcome::plugin_error, "not now", {}};
    events.events.push_back(*parse_event("cc 7 " + std::to_string(polls_)));
    return {};
  }

 private:
  int polls_ = 0;
};

TEST(PluginWorker, OneWithEventsIsAskedForThemAgainAndAgain) {
  const SystemClock clock;
  Stage stage;
  PluginWorker worker(
      "p", std::make_unique<PollingCallee>(), clock,
      {[&](const std::string&, const std::string& what) { stage.notice(what); },
       [&](const std::string&, const std::vector<std::uint8_t>& bytes) { stage.event(bytes); },
       {}});
  const auto events = stage.wait_events(3);
  EXPECT_EQ(events[0], (std::vector<std::uint8_t>{0xB0, 7, 1}));
  EXPECT_EQ(events[1], (std::vector<std::uint8_t>{0xB0, 7, 3}));
  ASSERT_EQ(stage.notices().size(), 1U);
  EXPECT_EQ(stage.notices()[0], "was asked for events and failed: not now");
  worker.call({}, [&](PluginReport report) { stage.report(std::move(report)); });
  EXPECT_EQ(stage.wait_reports(1)[0].outcome, Outcome::ok) << "calls are run in between";
}

// Gets stuck at the stage's door when it makes a call ready, save the first, and with `never` set
// before that.
class UnreadyCallee final : public Callee {
 public:
  explicit UnreadyCallee(Stage& stage, bool never = false) : stage_(stage), never_(never) {}
  Result<void> begin_thread() override {
    if (never_) stage_.enter(true);
    return {};
  }
  void prepare() override {
    if (++prepared_ > 1) stage_.enter(true);
  }
  [[nodiscard]] Nanos limit() const override { return seconds(5); }
  void give_up() override {}
  PluginReport call(PluginCall& call) override { return {Outcome::ok, call.action, {}}; }

 private:
  Stage& stage_;
  const bool never_;
  std::atomic<int> prepared_ = 0;
};

class UnreadyWorker : public testing::Test {
 protected:
  void start(bool never, const Clock& clock) {
    worker_.emplace(
        "p", std::make_unique<UnreadyCallee>(stage_, never), clock,
        PluginHooks{
            [this](const std::string&, const std::string& what) { stage_.notice(what); }, {}, {}});
  }
  void call(const char* action) {
    PluginCall call;
    call.action = action;
    worker_->call(std::move(call),
                  [this](PluginReport report) { stage_.report(std::move(report)); });
  }
  void let_all_come_back() {
    stage_.open();
    while (lost_threads() != lost_before_)
      std::this_thread::yield();
  }

  const std::size_t lost_before_ = lost_threads();
  SharedClock clock_;
  Stage stage_;
  std::optional<PluginWorker> worker_;
};

TEST_F(UnreadyWorker, ThatIsStuckBetweenCallsGetsANewThread) {
  start(false, clock_);
  call("a");
  stage_.wait_reports(1);
  stage_.wait_entered(1);
  call("b");
  clock_.advance(seconds(7));
  worker_->look_after(clock_.monotonic());  // not yet: the grace is not over
  EXPECT_EQ(worker_->status().restarts, 0U);
  clock_.advance(Nanos(1));
  worker_->look_after(clock_.monotonic());
  EXPECT_EQ(worker_->status().restarts, 1U);
  EXPECT_EQ(stage_.wait_reports(2).back().message, "b");
  ASSERT_FALSE(stage_.notices().empty());
  EXPECT_NE(stage_.notices()[0].find("stuck in getting ready"), std::string::npos);

  // And again and again, until nothing is made ready any more.
  for (int i = 2; i <= PluginWorker::kMaxStuckPreparations; ++i) {
    stage_.wait_entered(i);
    call("c");
    clock_.advance(seconds(8));
    worker_->look_after(clock_.monotonic());
    EXPECT_EQ(stage_.wait_reports(static_cast<std::size_t>(i) + 1).back().outcome, Outcome::ok);
  }
  for (int i = 0; i < 10; ++i)
    call("d");
  EXPECT_EQ(stage_.wait_reports(14).back().message, "d");
  EXPECT_EQ(worker_->status().restarts, 3U);
  EXPECT_EQ(worker_->status().failures, 0U) << "of calls";
  EXPECT_EQ(lost_threads(), lost_before_ + 3);
  let_all_come_back();
  call("e");
  EXPECT_EQ(stage_.wait_reports(15).back().message, "e");
}

TEST_F(UnreadyWorker, ThatCannotBeginIsQuarantined) {
  start(true, clock_);
  call("a");
  for (int i = 0; i < FailureWatch::kQuarantineAfter; ++i) {
    stage_.wait_entered(i + 1);
    clock_.advance(seconds(60));
    worker_->look_after(clock_.monotonic());
  }
  const auto reports = stage_.wait_reports(1);
  EXPECT_EQ(reports[0].outcome, Outcome::denied);
  EXPECT_NE(reports[0].message.find("not called any more"), std::string::npos);
  EXPECT_EQ(worker_->status().health, Health::quarantined);
  EXPECT_EQ(lost_threads(), lost_before_ + FailureWatch::kQuarantineAfter);
  worker_.reset();
  let_all_come_back();
}

// A clock by which everything takes its time.
class SlowWorldClock final : public Clock {
 public:
  [[nodiscard]] Nanos monotonic() const override { return Nanos(now_ += 10'000'000'000); }
  [[nodiscard]] Nanos realtime() const override { return {}; }

 private:
  mutable std::atomic<std::int64_t> now_ = 0;
};

TEST_F(UnreadyWorker, ThatIsStuckBetweenCallsDoesNotHoldUpItsEnd) {
  const SlowWorldClock clock;
  start(false, clock);
  call("a");
  stage_.wait_entered(1);
  call("b");
  worker_.reset();
  EXPECT_EQ(stage_.wait_reports(2).size(), 2U);
  let_all_come_back();
}

TEST(PluginWorker, ValuesThatWereSupersededSaySo) {
  Fixture f;
  f.call("stick");
  f.stage.wait_entered(1);
  for (int i = 0; i < 3; ++i) {
    PluginCall call;
    call.delivery = Delivery::latest;
    call.action = std::to_string(i);
    f.worker.call(std::move(call), [&](PluginReport report) { f.stage.report(std::move(report)); });
  }
  auto reports = f.stage.wait_reports(2);
  EXPECT_TRUE(reports[0].superseded);
  EXPECT_TRUE(reports[1].superseded);
  f.stage.open();
  reports = f.stage.wait_reports(4);
  EXPECT_EQ(reports[3].message, "2");
  EXPECT_EQ(f.worker.status().superseded, 2U);
}

}  // namespace
}  // namespace midimon::plugins
