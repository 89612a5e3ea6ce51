#include "wasm/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"

namespace midimon::wasm {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// What the guests below import as "host".
struct Host {
  std::vector<std::uint32_t> noted;
  std::uint64_t memory_size = 0;
  Instance* instance = nullptr;
};

void note(Host& host, HostCall& call, std::uint32_t value) {
  host.noted.push_back(value);
  host.memory_size = call.memory.size();
}
std::int32_t charge(Host&, HostCall& call, std::uint64_t fuel) {
  call.budget.charge(fuel);
  return 0;
}
// One call that would work for ever, as long as it is paid for.
void toil(Host& host, HostCall& call) {
  while (!call.budget.is_over()) {
    call.budget.charge(100);
    host.noted.push_back(100);
  }
}
void stop(Host&, HostCall& call, std::uint32_t code) {
  call.budget.stop(StopReason::exited, static_cast<int>(code));
  call.budget.stop(StopReason::trapped, 0, "too late");
}
void explode(Host&, HostCall&) {
  throw std::runtime_error("the host ran out of something");
}
// Calls the guest's own `run` from inside it.
void reenter(Host& host, HostCall&) {
  RawValue value{};
  (void)host.instance->call(*host.instance->function("run"), {&value, 1});
}
constexpr HostFunction kRows[] = {
    host_function<note>("note"),       host_function<charge>("charge"),
    host_function<stop>("stop"),       host_function<explode>("explode"),
    host_function<reenter>("reenter"), host_function<toil>("toil")};

constexpr std::string_view kPrelude = R"(
  (import "host" "note" (func $note (param i32)))
  (import "host" "charge" (func $charge (param i64) (result i32)))
  (import "host" "stop" (func $stop (param i32)))
  (import "host" "explode" (func $explode))
  (import "host" "reenter" (func $reenter))
  (import "host" "toil" (func $toil))
)";

Nanos now() {
  return SystemClock().monotonic();
}

std::unique_ptr<Engine> make_engine(bool fuel = true, bool pooling = false,
                                    std::uint32_t pool_size = 4) {
  EngineOptions options;
  options.fuel = fuel;
  options.pooling = pooling;
  options.pool_size = pool_size;
  return Engine::create(options);
}

// A guest whose `run` takes nothing and returns an i32.
class Guest {
 public:
  Guest(Engine& engine, const std::string& body, const InstanceLimits& limits = {})
      : linker_(engine, modules_) {
    const auto binary = wat_to_wasm("(module " + std::string(kPrelude) + body + ")");
    EXPECT_TRUE(binary.has_value()) << binary.error().message;
    const auto module = Module::compile(engine, *binary);
    EXPECT_TRUE(module.has_value()) << module.error().message;
    auto program = Program::link(linker_, *module);
    EXPECT_TRUE(program.has_value()) << program.error().message;
    program_ = std::make_unique<Program>(std::move(*program));
    instance_ = std::make_unique<Instance>(engine, *program_, limits, Contexts{&host_});
    host_.instance = instance_.get();
  }

  // Instantiates it, as a call of its own.
  Stop start(const CallLimits& limits = {}) {
    instance_->begin(limits);
    (void)instance_->start();
    return instance_->end();
  }
  Stop call(const CallLimits& limits = {}) {
    const auto began = std::chrono::steady_clock::now();
    instance_->begin(limits);
    RawValue value{};
    if (instance_->call(*instance_->function("run"), {&value, 1})) result_ = value.i32;
    Stop stop = instance_->end();
    took_ = std::chrono::steady_clock::now() - began;
    return stop;
  }
  Stop start_and_call(const CallLimits& limits = {}) {
    Stop stop = start();
    EXPECT_TRUE(stop.returned()) << stop.message;
    return call(limits);
  }

  Instance& instance() { return *instance_; }
  Host& host() { return host_; }
  [[nodiscard]] std::int32_t result() const { return result_; }
  [[nodiscard]] Nanos took() const { return took_; }

 private:
  Host host_;
  const ImportModule modules_[1] = {{"host", kRows}};
  Linker linker_;
  std::unique_ptr<Program> program_;
  std::unique_ptr<Instance> instance_;
  std::int32_t result_ = -1;
  Nanos took_{};
};

class InstanceTest : public testing::Test {
 protected:
  static Engine& engine() {
    static const std::unique_ptr<Engine> shared = make_engine();
    return *shared;
  }
  static CallLimits with_fuel(std::uint64_t fuel) {
    CallLimits limits;
    limits.fuel = fuel;
    return limits;
  }
  static CallLimits within(Nanos time) {
    CallLimits limits;
    limits.deadline = now() + time;
    return limits;
  }
};

std::string run(const std::string& code) {
  return "(func (export \"run\") (result i32) " + code + ")";
}
const std::string kForever = run("(loop $again (br $again)) (unreachable)");

TEST_F(InstanceTest, CallsReturnTheirResults) {
  Guest guest(engine(), run("(i32.const 42)"));
  EXPECT_TRUE(guest.start_and_call().returned());
  EXPECT_EQ(guest.result(), 42);
  EXPECT_TRUE(guest.call().returned());
  EXPECT_TRUE(guest.instance().usable());
  EXPECT_FALSE(guest.instance().function("missing").has_value());
}

TEST_F(InstanceTest, OnlyFunctionsAreFunctions) {
  Guest guest(engine(), "(memory (export \"memory\") 1) (global (export \"g\") i32 (i32.const 0))");
  EXPECT_TRUE(guest.start().returned());
  EXPECT_FALSE(guest.instance().function("memory").has_value());
  EXPECT_FALSE(guest.instance().function("g").has_value());
  EXPECT_EQ(guest.instance().memory().size(), 65536U);
}

TEST_F(InstanceTest, AMemoryThatIsNotCalledMemoryIsNone) {
  Guest guest(engine(),
              "(func (export \"memory\"))" + run("(call $note (i32.const 1)) (i32.const 0)"));
  EXPECT_TRUE(guest.start_and_call().returned());
  EXPECT_EQ(guest.instance().memory().size(), 0U);
  EXPECT_EQ(guest.host().memory_size, 0U);
}

TEST_F(InstanceTest, FuelRunsOut) {
  Guest guest(engine(), kForever);
  EXPECT_EQ(guest.start_and_call(with_fuel(10'000)).reason, StopReason::fuel);
  EXPECT_EQ(guest.instance().fuel_left(), 0U);
  EXPECT_FALSE(guest.instance().usable());
}

TEST_F(InstanceTest, FuelIsForEachCall) {
  Guest guest(engine(), run("(i32.const 1)"));
  EXPECT_TRUE(guest.start_and_call(with_fuel(1000)).returned());
  const std::uint64_t left = guest.instance().fuel_left();
  EXPECT_LT(left, 1000U);
  EXPECT_GT(left, 900U);
  EXPECT_TRUE(guest.call(with_fuel(1000)).returned());
  EXPECT_EQ(guest.instance().fuel_left(), left);
}

TEST_F(InstanceTest, WhatTheHostChargesIsTakenFromTheFuel) {
  Guest guest(engine(), run("(call $charge (i64.const 500))"));
  EXPECT_TRUE(guest.start_and_call(with_fuel(10'000)).returned());
  EXPECT_LE(guest.instance().fuel_left(), 9'500U);
  EXPECT_EQ(guest.call(with_fuel(400)).reason, StopReason::fuel);
  EXPECT_EQ(guest.instance().fuel_left(), 0U);
}

TEST_F(InstanceTest, SmallChargesAddUp) {
  Guest guest(engine(), run("(loop $again (drop (call $charge (i64.const 10))) (br $again)) "
                            "(unreachable)"));
  EXPECT_EQ(guest.start_and_call(with_fuel(100'000)).reason, StopReason::fuel);
}

TEST_F(InstanceTest, AnEngineThatCountsNoFuelIgnoresIt) {
  const auto without_fuel = make_engine(false);
  Guest guest(*without_fuel, run("(call $charge (i64.const 5000))"));
  EXPECT_TRUE(guest.start_and_call(with_fuel(1)).returned());
  EXPECT_EQ(guest.instance().fuel_left(), 0U);
}

TEST_F(InstanceTest, ADeadlineEndsALoop) {
  Guest guest(engine(), kForever);
  const CallLimits limits = within(30ms);
  EXPECT_EQ(guest.start_and_call(limits).reason, StopReason::deadline);
  EXPECT_GE(now(), limits.deadline);
  EXPECT_LT(guest.took(), 3s);
}

TEST_F(InstanceTest, ADeadlineThatIsPastEndsALoopAtOnce) {
  Guest guest(engine(), kForever);
  EXPECT_EQ(guest.start_and_call(within(-1s)).reason, StopReason::deadline);
  EXPECT_LT(guest.took(), 3s);
}

TEST_F(InstanceTest, TheDeadlineOfOneDoesNotStopAnother) {
  Guest late(engine(), kForever);
  std::thread neighbour([&] {
    for (int i = 0; i < 5; ++i) {
      Guest early(engine(), kForever);
      EXPECT_EQ(early.start_and_call(within(10ms)).reason, StopReason::deadline);
    }
  });
  const CallLimits limits = within(300ms);
  EXPECT_EQ(late.start_and_call(limits).reason, StopReason::deadline);
  EXPECT_GE(now(), limits.deadline) << "not before";
  neighbour.join();
}

TEST_F(InstanceTest, ManyThreadsEachKeepTheirDeadline) {
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      const CallLimits limits = within(20ms * (i + 1));
      Guest guest(engine(), kForever);
      EXPECT_EQ(guest.start_and_call(limits).reason, StopReason::deadline);
      EXPECT_GE(now(), limits.deadline);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

TEST_F(InstanceTest, CancellingEndsALoopAndEveryLaterCall) {
  const CancelSource source;
  CallLimits limits;
  limits.cancel = &source;
  Guest guest(engine(), kForever);
  std::thread canceller([&] {
    std::this_thread::sleep_for(20ms);
    source.cancel();
    engine().tick();
  });
  EXPECT_EQ(guest.start_and_call(limits).reason, StopReason::cancelled);
  canceller.join();
  Guest next(engine(), run("(call $note (i32.const 1)) (i32.const 0)"));
  EXPECT_TRUE(next.start().returned());
  EXPECT_EQ(next.call(limits).reason, StopReason::cancelled);
  EXPECT_TRUE(next.host().noted.empty());
}

TEST_F(InstanceTest, ACancelSourceCanBeWaitedFor) {
  const CancelSource source;
  pollfd waiting{source.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  EXPECT_FALSE(source.cancelled());
  source.cancel();
  source.cancel();
  EXPECT_TRUE(source.cancelled());
  EXPECT_EQ(::poll(&waiting, 1, 1000), 1);
}

TEST_F(InstanceTest, MemoryThatIsRefusedIsTheGuestsToHandle) {
  Guest guest(engine(), "(memory (export \"memory\") 1)" + run("(memory.grow (i32.const 10))"),
              {5 * 65536, 100});
  EXPECT_TRUE(guest.start_and_call().returned());
  EXPECT_EQ(guest.result(), -1);
  EXPECT_EQ(guest.instance().memory_refused_bytes(), 11U * 65536);
  EXPECT_EQ(guest.instance().memory_peak_bytes(), 65536U);
  EXPECT_EQ(guest.instance().memory().size(), 65536U);
}

TEST_F(InstanceTest, ATrapAfterRefusedMemoryIsAboutMemory) {
  Guest guest(
      engine(),
      "(memory (export \"memory\") 1)" + run("(drop (memory.grow (i32.const 10))) (unreachable)"),
      {5 * 65536, 100});
  EXPECT_EQ(guest.start_and_call().reason, StopReason::memory);
}

TEST_F(InstanceTest, MemoryThatWasRefusedLongAgoIsNotBlamed) {
  Guest guest(engine(),
              R"((memory (export "memory") 1) (global $calls (mut i32) (i32.const 0)))" +
                  run(R"((global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                                   (if (i32.eq (global.get $calls) (i32.const 2)) (then (unreachable)))
                                   (memory.grow (i32.const 10)))"),
              {5 * 65536, 100});
  EXPECT_TRUE(guest.start_and_call().returned());
  EXPECT_EQ(guest.call().reason, StopReason::trapped);
}

TEST_F(InstanceTest, AModuleThatStartsTooLargeIsAboutMemory) {
  Guest guest(engine(), "(memory (export \"memory\") 100)", {5 * 65536, 100});
  const Stop stop = guest.start();
  EXPECT_EQ(stop.reason, StopReason::memory) << stop.message;
  EXPECT_FALSE(guest.instance().usable());
}

TEST_F(InstanceTest, TablesHaveALimit) {
  Guest grows(engine(),
              "(table $t 1 funcref)" + run("(table.grow $t (ref.null func) (i32.const 1000))"),
              {UINT64_MAX, 100});
  EXPECT_TRUE(grows.start_and_call().returned());
  EXPECT_EQ(grows.result(), -1);
  Guest starts(engine(), "(table 1000 funcref)", {UINT64_MAX, 100});
  EXPECT_FALSE(starts.start().returned());
}

TEST_F(InstanceTest, AStackOverflowIsATrapWithReadableNames) {
  Guest guest(engine(), "(func $descend (call $descend))" + run("(call $descend) (i32.const 0)"));
  const Stop stop = guest.start_and_call();
  EXPECT_EQ(stop.reason, StopReason::trapped);
  EXPECT_THAT(stop.message, HasSubstr("stack"));
  EXPECT_THAT(stop.message, HasSubstr("descend"));
  EXPECT_LT(stop.message.size(), 4000U);
}

TEST_F(InstanceTest, TrapsSayWhatHappened) {
  const std::pair<const char*, const char*> cases[] = {
      {"(unreachable)", "unreachable"},
      {"(i32.div_u (i32.const 1) (i32.const 0))", "division by zero"},
      {"(i32.load (i32.const -1))", "out of bounds"},
      {"(i32.trunc_f32_s (f32.const nan))", "float"},
      {"(call_indirect (result i32) (i32.const 0))", "null function"},
      {"(call_indirect (result i32) (i32.const 9))", "table"},
  };
  for (const auto& [code, text] : cases) {
    Guest guest(engine(), "(memory 1) (table 1 funcref)" + run(code));
    const Stop stop = guest.start_and_call();
    EXPECT_EQ(stop.reason, StopReason::trapped) << code;
    EXPECT_THAT(stop.message, HasSubstr(text)) << code;
    EXPECT_THAT(stop.message, HasSubstr("    at ")) << code;
  }
}

TEST_F(InstanceTest, Attack74_NamesInABacktraceAreEscaped) {
  Guest guest(engine(),
              "(func $\"evil\\1b[2J\\0aFAKE\" (unreachable)) (func (export \"run\") "
              "(result i32) (call $\"evil\\1b[2J\\0aFAKE\") (i32.const 0))");
  const Stop stop = guest.start_and_call();
  EXPECT_EQ(stop.message.find('\x1B'), std::string::npos);
  EXPECT_EQ(stop.message.find("\nFAKE"), std::string::npos);
}

TEST_F(InstanceTest, AStoppedInstanceRefusesToBeCalledAgain) {
  Guest guest(engine(), "(global $g (mut i32) (i32.const 0))" +
                            run("(call $note (i32.const 7)) (unreachable)"));
  EXPECT_EQ(guest.start_and_call().reason, StopReason::trapped);
  EXPECT_FALSE(guest.instance().usable());
  const Stop again = guest.call();
  EXPECT_EQ(again.reason, StopReason::unavailable);
  EXPECT_FALSE(again.message.empty());
  EXPECT_EQ(guest.host().noted.size(), 1U);
}

TEST_F(InstanceTest, TheHostEndsAGuestAndTheFirstReasonStands) {
  Guest guest(engine(), run("(call $stop (i32.const 5)) (call $note (i32.const 1)) (i32.const 0)"));
  const Stop stop = guest.start_and_call();
  EXPECT_EQ(stop.reason, StopReason::exited);
  EXPECT_EQ(stop.exit_code, 5);
  EXPECT_TRUE(guest.host().noted.empty());
}

TEST_F(InstanceTest, AnExceptionInTheHostEndsTheGuestOnly) {
  Guest guest(engine(), run("(call $explode) (i32.const 0)"));
  const Stop stop = guest.start_and_call();
  EXPECT_EQ(stop.reason, StopReason::unavailable);
  EXPECT_THAT(stop.message, HasSubstr("ran out of something"));
}

TEST_F(InstanceTest, AStartFunctionMayCallTheHost) {
  Guest guest(engine(),
              "(memory (export \"memory\") 2) (func $s (call $note (i32.const 9))) (start $s)");
  EXPECT_TRUE(guest.start().returned());
  EXPECT_EQ(guest.host().noted, std::vector<std::uint32_t>{9});
  EXPECT_EQ(guest.host().memory_size, 2U * 65536);
}

TEST_F(InstanceTest, Attack84_AStartFunctionHasLimits) {
  Guest loops(engine(), "(func $s (loop $again (br $again))) (start $s)");
  EXPECT_EQ(loops.start(with_fuel(10'000)).reason, StopReason::fuel);
  Guest sleeps(engine(), "(func $s (loop $again (br $again))) (start $s)");
  EXPECT_EQ(sleeps.start(within(20ms)).reason, StopReason::deadline);
  Guest traps(engine(), "(func $s (unreachable)) (start $s)");
  EXPECT_EQ(traps.start().reason, StopReason::trapped);
}

// In a process of its own, because the engine ends the process that asks it wrongly.
TEST_F(InstanceTest, AGuestThatDidNotStartHasNoFunctions) {
  Guest guest(engine(), "(func $s (unreachable)) (start $s) (func (export \"run\"))");
  EXPECT_EQ(guest.start().reason, StopReason::trapped);
  EXPECT_EXIT(::_exit(guest.instance().function("run").has_value() ? 1 : 0),
              testing::ExitedWithCode(0), "");
}

TEST_F(InstanceTest, NothingRunsAfterAStopInTheSameBudget) {
  Guest guest(engine(), run("(call $note (i32.const 1)) (unreachable)"));
  EXPECT_TRUE(guest.start().returned());
  guest.instance().begin({});
  RawValue value{};
  const auto function = guest.instance().function("run");
  EXPECT_FALSE(guest.instance().call(*function, {&value, 1}));
  EXPECT_FALSE(guest.instance().call(*function, {&value, 1}));
  EXPECT_EQ(guest.instance().end().reason, StopReason::trapped);
  EXPECT_EQ(guest.host().noted.size(), 1U);
}

TEST_F(InstanceTest, Attack87_ReentryIsBoundedAsAnyRecursionIs) {
  Guest guest(engine(), run("(call $reenter) (i32.const 0)"));
  EXPECT_FALSE(guest.start_and_call(with_fuel(100'000'000)).returned());
  EXPECT_FALSE(guest.instance().usable());
}

TEST(Instance, OneHugeHostCallEndsWhenItsFuelIsUsedUp) {
  const auto engine = make_engine();
  Guest guest(*engine, R"((func (export "run") (result i32) (call $toil) (i32.const 1)))");
  ASSERT_TRUE(guest.start().returned());
  const Stop stop = guest.call({.fuel = 100'000});
  EXPECT_EQ(stop.reason, StopReason::fuel);
  EXPECT_LE(guest.host().noted.size(), 1'020U);  // 100,000 and one debt more
}

TEST(InstancePool, AFullPoolSaysThatTheHostHasNoRoom) {
  const auto engine = make_engine(true, true, 1);
  ASSERT_TRUE(engine->pools());  // one slot is 4 GiB of address space
  Guest first(*engine, run("(i32.const 1)"));
  EXPECT_TRUE(first.start().returned());
  Guest second(*engine, run("(i32.const 1)"));
  const Stop stop = second.start();
  EXPECT_EQ(stop.reason, StopReason::unavailable) << stop.message;
  EXPECT_TRUE(first.call().returned());
}

TEST(InstancePool, MemoryIsCleanForTheNextGuest) {
  const auto engine = make_engine(true, true, 1);
  ASSERT_TRUE(engine->pools());  // one slot is 4 GiB of address space
  const std::string body =
      "(memory (export \"memory\") 1 8)" +
      run("(i32.add (i32.load (i32.const 60000)) (i32.load8_u (i32.const 0)))");
  for (int i = 0; i < 3; ++i) {
    Guest guest(*engine, body);
    EXPECT_TRUE(guest.start_and_call().returned());
    EXPECT_EQ(guest.result(), 0);
    guest.instance().memory().store<std::uint32_t>(60000, 0xDEAD);
    guest.instance().memory().store<std::uint32_t>(0, 0xDEAD);
  }
}

}  // namespace
}  // namespace midimon::wasm
