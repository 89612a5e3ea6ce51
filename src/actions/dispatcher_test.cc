#include "actions/dispatcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace midimon {
namespace {

using std::chrono::milliseconds;

// Keeps calls until the test answers them, unless it is told to answer at once.
class FakeCaller final : public PluginCaller {
 public:
  void call(PluginCall call, std::function<void(PluginReport)> done) override {
    calls.push_back(std::move(call));
    if (at_once) {
      done(*at_once);
    } else {
      pending.push_back(std::move(done));
    }
  }
  void answer(std::size_t index, PluginReport report = {}) {
    std::exchange(pending.at(index), nullptr)(std::move(report));
  }

  std::vector<PluginCall> calls;
  std::vector<std::function<void(PluginReport)>> pending;
  std::optional<PluginReport> at_once;
};

// Keeps requests until the test answers them, unless it is told to answer at once.
class FakeSystem final : public SystemCaller {
 public:
  void call(SystemRequest request, std::stop_token stop,
            std::function<void(SystemReport)> done) override {
    requests.push_back(describe(request));
    stops.push_back(std::move(stop));
    if (at_once) {
      done({});
    } else {
      pending.push_back(std::move(done));
    }
  }

  std::vector<std::string> requests;
  std::vector<std::stop_token> stops;
  std::vector<std::function<void(SystemReport)>> pending;
  bool at_once = true;
};

Action plugin(std::string name) {
  return {PluginAction{"log", std::move(name), "{}", {}}};
}
Action delay(int ms) {
  return {Delay{milliseconds(ms)}};
}
Action mode(std::size_t index) {
  return {ModeChange{index, std::string(1, 'm').append(std::to_string(index))}};
}
Action sequence(std::vector<Action> actions) {
  return {Sequence{std::move(actions)}};
}

class DispatcherTest : public testing::Test {
 protected:
  Dispatcher make() {
    return Dispatcher(
        caller_, system_,
        {[this](const ActionReport& report) { reports_.push_back(report); },
         [this](std::size_t index) { modes_.push_back(index); }, [this] { ++wakes_; }});
  }

  // What was reported, one "what outcome" each.
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const ActionReport& report : reports_) {
      out.push_back(report.what);
      out.back().append(report.ran ? " " : " not run ").append(to_string(report.outcome));
    }
    return out;
  }

  FakeCaller caller_;
  FakeSystem system_;
  std::vector<ActionReport> reports_;
  std::vector<std::size_t> modes_;
  int wakes_ = 0;
  Dispatcher dispatcher_ = make();
};

using Lines = std::vector<std::string>;

TEST_F(DispatcherTest, APluginGetsTheCallWithItsContext) {
  dispatcher_.dispatch({PluginAction{"log", "note", R"({"a":1})", {}}},
                       {"Note it", 99, 2, 1'700'000'000'123, milliseconds(5)}, milliseconds(6));
  ASSERT_EQ(caller_.calls.size(), 1U);
  EXPECT_EQ(caller_.calls[0].plugin, "log");
  EXPECT_EQ(caller_.calls[0].action, "note");
  EXPECT_EQ(caller_.calls[0].params_json, R"({"a":1})");
  EXPECT_EQ(caller_.calls[0].velocity, 99);
  EXPECT_EQ(caller_.calls[0].mode, 2);
  EXPECT_EQ(caller_.calls[0].timestamp_ms, 1'700'000'000'123);
}

TEST_F(DispatcherTest, AReportWakesTheOwnerAndIsPassedOnByAdvance) {
  dispatcher_.dispatch(plugin("note"), {"Note it", 99, 2, 0, milliseconds(5)}, milliseconds(6));
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  EXPECT_EQ(dispatcher_.next_due(), std::nullopt);
  caller_.answer(0, {Outcome::plugin_error, "no disk", milliseconds(3)});
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(reports_.empty()) << "reports come on the owner's thread only";

  dispatcher_.advance(milliseconds(12));
  ASSERT_EQ(reports_.size(), 1U);
  EXPECT_EQ(reports_[0].description, "Note it");
  EXPECT_EQ(reports_[0].kind, ActionKind::plugin);
  EXPECT_EQ(reports_[0].what, "plugin log/note");
  EXPECT_TRUE(reports_[0].ran);
  EXPECT_EQ(reports_[0].outcome, Outcome::plugin_error);
  EXPECT_EQ(reports_[0].message, "no disk");
  EXPECT_EQ(reports_[0].call_duration, milliseconds(3));
  EXPECT_EQ(reports_[0].event_time, milliseconds(5));
  EXPECT_EQ(reports_[0].latency, milliseconds(7));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, SeveralReportsWakeTheOwnerOnceUntilItTakesThem) {
  for (int i = 0; i < 3; ++i)
    dispatcher_.dispatch(plugin("note"), {}, {});
  caller_.answer(0);
  caller_.answer(1);
  EXPECT_EQ(wakes_, 1);
  dispatcher_.advance({});
  caller_.answer(2);
  EXPECT_EQ(wakes_, 2);
  dispatcher_.advance({});
  EXPECT_EQ(reports_.size(), 3U);
}

TEST_F(DispatcherTest, AModeChangeIsDoneAtOnce) {
  dispatcher_.dispatch(mode(3), {}, {});
  EXPECT_EQ(modes_, std::vector<std::size_t>{3});
  EXPECT_EQ(told(), Lines{"mode m3 Ok"});
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, ADelayWaitsInTheTimeItIsTold) {
  dispatcher_.dispatch(delay(20), {}, milliseconds(100));
  EXPECT_EQ(dispatcher_.next_due(), milliseconds(120));
  dispatcher_.advance(milliseconds(119));
  EXPECT_TRUE(reports_.empty());
  dispatcher_.advance(milliseconds(120));
  EXPECT_EQ(told(), Lines{"delay 20ms Ok"});
  EXPECT_EQ(dispatcher_.next_due(), std::nullopt);
}

TEST_F(DispatcherTest, DelaysOfOneSequenceDoNotDriftWhenNoticedLate) {
  dispatcher_.dispatch(sequence({delay(10), delay(10), delay(10)}), {}, {});
  dispatcher_.advance(milliseconds(25));
  EXPECT_EQ(reports_.size(), 2U);
  EXPECT_EQ(dispatcher_.next_due(), milliseconds(30));
}

TEST_F(DispatcherTest, ADelayHoldsUpNothingElse) {
  dispatcher_.dispatch(sequence({delay(50), mode(1)}), {}, {});
  dispatcher_.dispatch(mode(2), {}, milliseconds(1));
  dispatcher_.dispatch(sequence({delay(5), mode(3)}), {}, milliseconds(1));
  EXPECT_EQ(dispatcher_.next_due(), milliseconds(6));
  dispatcher_.advance(milliseconds(10));
  EXPECT_EQ(modes_, (std::vector<std::size_t>{2, 3}));
  dispatcher_.advance(milliseconds(50));
  EXPECT_EQ(modes_, (std::vector<std::size_t>{2, 3, 1}));
}

TEST_F(DispatcherTest, DelaysThatEndTogetherEndInTheOrderOfDispatch) {
  for (std::size_t i = 0; i < 5; ++i)
    dispatcher_.dispatch(sequence({delay(10), mode(i)}), {}, {});
  dispatcher_.advance(milliseconds(10));
  EXPECT_EQ(modes_, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST_F(DispatcherTest, AStepOfASequenceStartsWhenTheReportOfTheOneBeforeCame) {
  dispatcher_.dispatch(sequence({plugin("a"), mode(1), plugin("b")}), {}, {});
  dispatcher_.advance({});
  EXPECT_EQ(caller_.calls.size(), 1U);
  EXPECT_TRUE(modes_.empty());
  caller_.answer(0);
  dispatcher_.advance({});
  EXPECT_EQ(modes_, std::vector<std::size_t>{1});
  ASSERT_EQ(caller_.calls.size(), 2U);
  EXPECT_EQ(caller_.calls[1].action, "b");
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  caller_.answer(1);
  dispatcher_.advance({});
  EXPECT_EQ(told(), (Lines{"plugin log/a Ok", "mode m1 Ok", "plugin log/b Ok"}));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, AFailedStepEndsTheSequenceAndTheRestIsReportedAsNotRun) {
  dispatcher_.dispatch(sequence({mode(1), sequence({plugin("a"), delay(5)}), plugin("b"), mode(2)}),
                       {}, {});
  caller_.answer(0, {Outcome::trapped, "unreachable", {}});
  dispatcher_.advance({});
  EXPECT_EQ(told(), (Lines{"mode m1 Ok", "plugin log/a Trapped", "delay 5ms not run Cancelled",
                           "plugin log/b not run Cancelled", "mode m2 not run Cancelled"}));
  EXPECT_EQ(reports_[1].message, "unreachable");
  EXPECT_EQ(reports_[2].message, "not run: step 2 failed (Trapped)");
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
  EXPECT_EQ(modes_, std::vector<std::size_t>{1});
}

TEST_F(DispatcherTest, LatencyLeavesOutWhatDelaysAskedFor) {
  dispatcher_.dispatch(sequence({delay(100), plugin("a")}), {"", {}, {}, 0, milliseconds(0)},
                       milliseconds(1));
  dispatcher_.advance(milliseconds(103));
  caller_.answer(0);
  dispatcher_.advance(milliseconds(107));
  ASSERT_EQ(reports_.size(), 2U);
  EXPECT_EQ(reports_[0].latency, milliseconds(3));
  EXPECT_EQ(reports_[1].latency, milliseconds(7));
}

TEST_F(DispatcherTest, ACallerMayAnswerAtOnce) {
  caller_.at_once = PluginReport{};
  dispatcher_.dispatch(sequence({plugin("a"), plugin("b"), plugin("c")}), {}, {});
  EXPECT_EQ(wakes_, 1);
  dispatcher_.advance({});
  EXPECT_EQ(told(), (Lines{"plugin log/a Ok", "plugin log/b Ok", "plugin log/c Ok"}));
}

TEST_F(DispatcherTest, AnEmptySequenceIsOverAtOnce) {
  dispatcher_.dispatch(sequence({sequence({})}), {}, {});
  EXPECT_TRUE(reports_.empty());
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, ASecondReportOfOneCallIsIgnored) {
  dispatcher_.dispatch(sequence({plugin("a"), plugin("b")}), {}, {});
  const auto done = caller_.pending[0];
  done({});
  done({Outcome::trapped, "", {}});
  dispatcher_.advance({});
  done({});
  dispatcher_.advance({});
  EXPECT_EQ(told(), Lines{"plugin log/a Ok"});
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
}

TEST_F(DispatcherTest, CancelAllReportsEveryStepThatIsNotOver) {
  dispatcher_.dispatch(sequence({plugin("a"), mode(1)}), {}, {});
  dispatcher_.dispatch(sequence({delay(10), mode(2)}), {}, {});
  dispatcher_.cancel_all(milliseconds(1));
  EXPECT_EQ(told(), (Lines{"plugin log/a Cancelled", "mode m1 not run Cancelled",
                           "delay 10ms Cancelled", "mode m2 not run Cancelled"}));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
  EXPECT_EQ(dispatcher_.next_due(), std::nullopt);

  caller_.answer(0);
  dispatcher_.advance(milliseconds(100));
  EXPECT_EQ(reports_.size(), 4U) << "a report after that is dropped";
  EXPECT_TRUE(modes_.empty());
}

TEST_F(DispatcherTest, CancelAllTakesUpReportsThatAreInButStartsNothing) {
  dispatcher_.dispatch(sequence({plugin("a"), plugin("b")}), {}, {});
  dispatcher_.dispatch(plugin("c"), {}, {});
  caller_.answer(0);
  caller_.answer(1, {Outcome::out_of_fuel, "", {}});
  dispatcher_.cancel_all({});
  EXPECT_EQ(told(),
            (Lines{"plugin log/a Ok", "plugin log/c OutOfFuel", "plugin log/b not run Cancelled"}));
  EXPECT_EQ(caller_.calls.size(), 2U);
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, GoesOnAfterCancelAll) {
  dispatcher_.cancel_all({});
  dispatcher_.dispatch(mode(1), {}, {});
  EXPECT_EQ(told(), Lines{"mode m1 Ok"});
}

TEST_F(DispatcherTest, EveryHookMayBeMissing) {
  Dispatcher dispatcher(caller_, system_, {});
  dispatcher.dispatch(sequence({mode(1), plugin("a")}), {}, {});
  caller_.answer(0);
  dispatcher.advance({});
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

TEST_F(DispatcherTest, AReportAfterTheDispatcherIsGoneIsDropped) {
  {
    Dispatcher gone(caller_, system_, {{}, {}, [this] { ++wakes_; }});
    gone.dispatch(plugin("a"), {}, {});
  }
  caller_.answer(0);
  EXPECT_EQ(wakes_, 0);
}

// Answers each call on a thread of its own.
class ThreadedCaller final : public PluginCaller {
 public:
  ~ThreadedCaller() override {
    for (std::thread& thread : threads_)
      thread.join();
  }
  void call(PluginCall, std::function<void(PluginReport)> done) override {
    threads_.emplace_back([done = std::move(done)] { done({}); });
  }

 private:
  std::vector<std::thread> threads_;
};

TEST(DispatcherThreads, ReportsFromOtherThreadsAllArrive) {
  constexpr int kRuns = 50;
  std::mutex mutex;
  std::condition_variable woken;
  bool ready = false;
  int reports = 0;
  ThreadedCaller caller;
  FakeSystem system;
  Dispatcher dispatcher(caller, system,
                        {[&](const ActionReport&) { ++reports; },
                         {},
                         [&] {
                           const std::scoped_lock lock(mutex);
                           ready = true;
                           woken.notify_one();
                         }});
  for (int i = 0; i < kRuns; ++i) {
    dispatcher.dispatch(sequence({plugin("a"), plugin("b")}), {}, {});
  }
  while (dispatcher.in_flight() > 0) {
    {
      std::unique_lock lock(mutex);
      ASSERT_TRUE(woken.wait_for(lock, std::chrono::seconds(30), [&] { return ready; }));
      ready = false;
    }
    dispatcher.advance({});
  }
  EXPECT_EQ(reports, 2 * kRuns);
}

TEST(DispatcherThreads, NoWakeComesOnceTheDispatcherIsGone) {
  for (int round = 0; round < 200; ++round) {
    ThreadedCaller caller;
    FakeSystem system;
    std::atomic<bool> gone = false;
    {
      Dispatcher dispatcher(caller, system, {{}, {}, [&] { EXPECT_FALSE(gone); }});
      dispatcher.dispatch(plugin("a"), {}, {});
    }
    gone = true;
  }
}

Action conditional(Action then, std::vector<Action> otherwise = {}) {
  return {Conditional{Condition{AlwaysCondition{}}, {std::move(then)}, std::move(otherwise)}};
}

TEST_F(DispatcherTest, AConditionalChoosesWhenItsTurnComes) {
  bool yes = false;
  Dispatcher dispatcher(caller_, system_,
                        {[this](const ActionReport& report) { reports_.push_back(report); },
                         {},
                         {},
                         [&yes](const Condition&) { return yes; }});
  caller_.at_once = PluginReport{};
  dispatcher.dispatch(sequence({delay(10), conditional(plugin("then"), {plugin("else")})}), {}, {});
  yes = true;
  dispatcher.advance(milliseconds(10));
  dispatcher.dispatch(conditional(plugin("then"), {plugin("else")}), {}, {});
  yes = false;
  dispatcher.dispatch(conditional(plugin("then"), {plugin("else")}), {}, {});
  dispatcher.dispatch(conditional(plugin("then")), {}, {});
  dispatcher.advance(milliseconds(10));
  EXPECT_EQ(told(), (Lines{"delay 10ms Ok", "plugin log/then Ok", "plugin log/then Ok",
                           "plugin log/else Ok"}));
  EXPECT_EQ(dispatcher.in_flight(), 0U);
}

TEST_F(DispatcherTest, WithoutAnybodyToAskNoConditionHolds) {
  caller_.at_once = PluginReport{};
  dispatcher_.dispatch(conditional(plugin("then"), {plugin("else")}), {}, {});
  dispatcher_.advance({});
  EXPECT_EQ(told(), Lines{"plugin log/else Ok"});
}

TEST_F(DispatcherTest, ARepeatPausesBetweenItsRounds) {
  dispatcher_.dispatch({Repeat{{mode(1)}, 3, milliseconds(20)}}, {}, {});
  EXPECT_EQ(modes_.size(), 1U);
  dispatcher_.advance(milliseconds(20));
  dispatcher_.advance(milliseconds(40));
  EXPECT_EQ(modes_.size(), 3U);
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, AnActionThatIsNotAllowedIsNotRunAndTheNextOneIs) {
  dispatcher_.dispatch(sequence({{UnavailableAction{"Shell", "not here"}}, mode(1)}), {}, {});
  EXPECT_EQ(told(), (Lines{"Shell not run Cancelled", "mode m1 Ok"}));
  EXPECT_EQ(reports_[0].message, "not here");
}

// --- At once, in turn ----------------------------------------------------------------------------

Action parallel(std::vector<Action> actions) {
  return {Parallel{std::move(actions)}};
}

TEST_F(DispatcherTest, AParallelHasEndedWhenAllOfItHas) {
  dispatcher_.dispatch(
      sequence({parallel({plugin("a"), sequence({delay(10), mode(1)}), mode(2)}), plugin("b")}), {},
      {});
  EXPECT_EQ(modes_, std::vector<std::size_t>{2});
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  caller_.answer(0);
  dispatcher_.advance({});
  EXPECT_EQ(caller_.calls.size(), 1U);
  dispatcher_.advance(milliseconds(10));
  ASSERT_EQ(caller_.calls.size(), 2U);
  EXPECT_EQ(caller_.calls[1].action, "b");
  caller_.answer(1);
  dispatcher_.advance(milliseconds(10));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
  EXPECT_EQ(told(), (Lines{"mode m2 Ok", "plugin log/a Ok", "delay 10ms Ok", "mode m1 Ok",
                           "plugin log/b Ok"}));
}

TEST_F(DispatcherTest, WhatFailsInAParallelEndsItAfterTheOthers) {
  dispatcher_.dispatch(
      sequence({parallel({sequence({plugin("a"), mode(1)}), delay(10)}), plugin("b")}), {}, {});
  caller_.answer(0, {Outcome::trapped, "", {}});
  dispatcher_.advance({});
  EXPECT_EQ(told(), (Lines{"plugin log/a Trapped", "mode m1 not run Cancelled"}));
  dispatcher_.advance(milliseconds(10));
  EXPECT_EQ(told().back(), "plugin log/b not run Cancelled");
  EXPECT_EQ(reports_.back().message, "not run: step 1 failed (Trapped)");
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, ParallelsMayBeEmptyAndStandInOneAnother) {
  dispatcher_.dispatch(
      sequence({parallel({}), parallel({parallel({mode(1), parallel({})}), mode(2)}), mode(3)}), {},
      {});
  EXPECT_EQ(modes_, (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, ACycleGoesOnWhereThePressBeforeLeftIt) {
  const Action first{Cycle{{mode(1), mode(2), mode(3)}, 0}};
  const Action second{Cycle{{mode(7), mode(8)}, 1}};
  for (int i = 0; i < 4; ++i)
    dispatcher_.dispatch(first, {}, {});
  dispatcher_.dispatch(second, {}, {});
  dispatcher_.dispatch(sequence({second, first}), {}, {});
  EXPECT_EQ(modes_, (std::vector<std::size_t>{1, 2, 3, 1, 7, 8, 2}));
}

// --- The system ----------------------------------------------------------------------------------

Action keys(const std::string& chord, bool hold = false) {
  return {SystemAction{Keystroke{{*parse_chord(chord)}, hold}, {}}};
}

TEST_F(DispatcherTest, ARequestIsWaitedForAndItsFailureEndsASequence) {
  system_.at_once = false;
  dispatcher_.dispatch(sequence({keys("ctrl+s"), mode(1)}), {}, {});
  EXPECT_EQ(system_.requests, Lines{"keystroke ctrl+s"});
  EXPECT_TRUE(modes_.empty());
  system_.pending[0]({Outcome::failed, "no display"});
  EXPECT_EQ(wakes_, 1);
  dispatcher_.advance({});
  EXPECT_EQ(told(), (Lines{"keystroke ctrl+s Failed", "mode m1 not run Cancelled"}));
  EXPECT_EQ(reports_[0].message, "no display");
  EXPECT_EQ(reports_[0].kind, ActionKind::system);
}

TEST_F(DispatcherTest, AHeldKeyGoesUpWithTheNote) {
  const auto run = dispatcher_.dispatch(sequence({keys("shift", true), mode(1)}), {}, {});
  dispatcher_.advance({});
  EXPECT_EQ(system_.requests, Lines{"key down shift"});
  EXPECT_TRUE(modes_.empty());
  dispatcher_.release(run, {});
  EXPECT_EQ(system_.requests, (Lines{"key down shift", "key up shift"}));
  dispatcher_.advance({});
  EXPECT_EQ(modes_, std::vector<std::size_t>{1});
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
  dispatcher_.release(run, {});  // it has ended
}

TEST_F(DispatcherTest, ANoteThatIsReleasedAtOnceHoldsNoKey) {
  system_.at_once = false;
  const auto run = dispatcher_.dispatch(keys("a", true), {}, {});
  dispatcher_.release(run, {});
  system_.pending[0]({});
  dispatcher_.advance({});
  EXPECT_EQ(system_.requests, (Lines{"key down a", "key up a"}));
}

TEST_F(DispatcherTest, WhateverEndsARunLetsGoOfItsKeys) {
  dispatcher_.dispatch(keys("a", true), {}, {});
  dispatcher_.advance({});
  dispatcher_.cancel_all({});
  EXPECT_EQ(system_.requests, (Lines{"key down a", "key up a"}));
}

TEST_F(DispatcherTest, AKeyThatMayBeDownWhenItsRunIsCancelledGoesUp) {
  system_.at_once = false;
  const auto run = dispatcher_.dispatch(keys("a", true), {}, {});
  system_.pending[0]({});  // and nobody has looked at the report yet
  dispatcher_.cancel(run, {});
  EXPECT_EQ(system_.requests, (Lines{"key down a", "key up a"}));
  EXPECT_EQ(told(), Lines{"keystroke a while held Cancelled"});
}

TEST_F(DispatcherTest, ARepeatWhileHeldEndsWithTheNote) {
  Action action{Repeat{{keys("a")}, 1, milliseconds(50), true}};
  const auto run = dispatcher_.dispatch(action, {}, {});
  for (int ms = 0; ms <= 120; ms += 10)
    dispatcher_.advance(milliseconds(ms));
  EXPECT_EQ(system_.requests.size(), 3U) << "at 0, 50 and 100 ms";
  EXPECT_EQ(dispatcher_.in_flight(), 1U);
  dispatcher_.release(run, milliseconds(125));
  EXPECT_EQ(dispatcher_.in_flight(), 0U) << "without waiting for the end of the pause";
  EXPECT_EQ(dispatcher_.next_due(), std::nullopt);
  dispatcher_.advance(milliseconds(500));
  EXPECT_EQ(system_.requests.size(), 3U);
}

TEST_F(DispatcherTest, AReleaseReachesWhatRunsAtOnce) {
  const auto run = dispatcher_.dispatch(parallel({keys("a", true), keys("b", true)}), {}, {});
  dispatcher_.advance({});
  dispatcher_.release(run, {});
  dispatcher_.advance({});
  EXPECT_EQ(system_.requests, (Lines{"key down a", "key down b", "key up a", "key up b"}));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, CancellingOneLeavesTheOthers) {
  system_.at_once = false;
  const auto run =
      dispatcher_.dispatch(parallel({keys("a"), sequence({delay(5), mode(1)})}), {}, {});
  dispatcher_.dispatch(sequence({delay(5), mode(2)}), {}, {});
  dispatcher_.cancel(run, {});
  EXPECT_EQ(told(),
            (Lines{"keystroke a Cancelled", "delay 5ms Cancelled", "mode m1 not run Cancelled"}));
  EXPECT_TRUE(system_.stops[0].stop_requested());
  system_.pending[0]({});
  dispatcher_.advance(milliseconds(5));
  EXPECT_EQ(modes_, std::vector<std::size_t>{2});
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, APanicEndsAllElseAndSilencesTheOutputs) {
  dispatcher_.dispatch(sequence({delay(5), mode(1)}), {}, {});
  dispatcher_.dispatch(keys("a", true), {}, {});
  dispatcher_.advance({});
  dispatcher_.dispatch(parallel({sequence({{Panic{}}, mode(2)}), sequence({delay(1), mode(3)})}),
                       {}, {});
  dispatcher_.advance(milliseconds(1));
  EXPECT_EQ(system_.requests, (Lines{"key down a", "key up a", "silence"}));
  EXPECT_EQ(modes_, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(dispatcher_.in_flight(), 0U);
}

TEST_F(DispatcherTest, ADispatcherThatIsGoneTakesNoReport) {
  system_.at_once = false;
  {
    Dispatcher gone(caller_, system_, {{}, {}, [this] { ++wakes_; }});
    gone.dispatch(keys("a"), {}, {});
  }
  system_.pending[0]({});
  EXPECT_EQ(wakes_, 0);
}

TEST_F(DispatcherTest, ValuesOfTheEventAreInTheParams) {
  PluginAction action{"log", "note", "{}", {}};
  ParamsTemplate params;
  params.add_text(*TextTemplate::parse("{velocity}", {}));
  action.params = params;
  ActionContext context;
  context.values.velocity = 99;
  dispatcher_.dispatch({action}, std::move(context), {});
  ASSERT_EQ(caller_.calls.size(), 1U);
  EXPECT_EQ(caller_.calls[0].params_json, "99");
}

}  // namespace
}  // namespace midimon
