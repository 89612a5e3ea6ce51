// Small guests in a real engine: what ends a call, and that it does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "wasi/table.h"
#include "wasi/test_support.h"
#include "wasm/engine.h"
#include "wasm/instance.h"
#include "wasm/module.h"

namespace midimon::wasi {
namespace {

using namespace std::chrono_literals;
using wasm::StopReason;

// Imports for the guests below.
constexpr std::string_view kPrelude = R"(
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $fd_sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
)";

std::shared_ptr<wasm::Engine> shared_engine() {
  static const std::shared_ptr<wasm::Engine> engine = [] {
    wasm::EngineOptions options;
    options.pooling = false;
    return wasm::Engine::create(options);
  }();
  return engine;
}

class GuestTest : public WasiTest {
 protected:
  GuestTest() {
    ContextOptions options;
    options.clock = &system_;
    restart(std::move(options));
  }
  ~GuestTest() override { instance_.reset(); }

  void use_streams(InputStream* input, OutputStream* output) {
    ContextOptions options;
    options.clock = &system_;
    options.input = input;
    options.output = output;
    restart(std::move(options));
  }

  // Makes an instance of `body`, with the imports above and two pages of memory.
  void load(const std::string& body) {
    const std::string wat =
        "(module " + std::string(kPrelude) + "(memory (export \"memory\") 2)" + body + ")";
    const auto binary = wasm::wat_to_wasm(wat);
    ASSERT_TRUE(binary.has_value()) << binary.error().message;
    auto module = wasm::Module::compile(*engine_, *binary);
    ASSERT_TRUE(module.has_value()) << module.error().message;
    auto program = wasm::Program::link(linker_, *module);
    ASSERT_TRUE(program.has_value()) << program.error().message;
    program_ = std::make_unique<wasm::Program>(std::move(*program));
    instance_ = std::make_unique<wasm::Instance>(*engine_, *program_, limits_,
                                                 wasm::Contexts{context_.get()});
  }
  // Starts it and calls its export `run`; `result_` is what that returned.
  wasm::Stop run_guest(const wasm::CallLimits& limits) {
    instance_->begin(limits);
    const auto began = std::chrono::steady_clock::now();
    if (instance_->start()) {
      const auto function = instance_->function("run");
      wasm::RawValue value{};
      if (function && instance_->call(*function, {&value, 1})) result_ = value.i32;
    }
    took_ = std::chrono::steady_clock::now() - began;
    return instance_->end();
  }
  wasm::Stop load_and_run(const std::string& body, const wasm::CallLimits& limits = {}) {
    load(body);
    return run_guest(limits);
  }
  wasm::CallLimits within(Nanos time) {
    wasm::CallLimits limits;
    limits.deadline = system_.monotonic() + time;
    return limits;
  }
  void expect_ends_at_deadline(const std::string& body) {
    load(body);
    const wasm::Stop stop = run_guest(within(50ms));
    EXPECT_EQ(stop.reason, StopReason::deadline) << stop.message;
    EXPECT_GE(took_, 45ms);
    EXPECT_LT(took_, 3s);
  }
  void expect_ends_when_cancelled(const std::string& body) {
    const wasm::CancelSource source;
    wasm::CallLimits limits;
    limits.cancel = &source;
    load(body);
    std::thread canceller([&] {
      std::this_thread::sleep_for(30ms);
      source.cancel();
      engine_->tick();
    });
    const wasm::Stop stop = run_guest(limits);
    canceller.join();
    EXPECT_EQ(stop.reason, StopReason::cancelled) << stop.message;
    EXPECT_LT(took_, 3s);
  }

  SystemClock system_;
  std::shared_ptr<wasm::Engine> engine_ = shared_engine();
  const wasm::ImportModule modules_[1] = {import_module()};
  wasm::Linker linker_{*engine_, modules_};
  wasm::InstanceLimits limits_;
  std::unique_ptr<wasm::Program> program_;
  std::unique_ptr<wasm::Instance> instance_;
  std::int32_t result_ = -1;
  Nanos took_{};
};

// Sleeps for 100 years: the tag of a clock is 0, as is the rest.
constexpr const char* kSleep100Years = R"(
  (func (export "run") (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3153600000000000000))
    (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048))))";

// Reads 4096 bytes from stdin.
constexpr const char* kReadStdin = R"(
  (func (export "run") (result i32)
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 4096))
    (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))";

// Writes 64 KiB to stdout until something stops it.
constexpr const char* kFloodStdout = R"(
  (func (export "run") (result i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br $again))
    (unreachable)))";

TEST_F(GuestTest, Attack80_ASleepOf100YearsEndsAtTheDeadline) {
  expect_ends_at_deadline(kSleep100Years);
}

TEST_F(GuestTest, Attack80_ASleepEndsWhenCancelled) {
  expect_ends_when_cancelled(kSleep100Years);
}

TEST_F(GuestTest, AShortSleepReturnsInTime) {
  load(R"((func (export "run") (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 5000000))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
    (i32.load (i32.const 2048))))");
  EXPECT_TRUE(run_guest(within(10s)).returned());
  EXPECT_EQ(result_, 1);
  EXPECT_GE(took_, 5ms);
}

class BlockedStdioTest : public GuestTest {
 protected:
  BlockedStdioTest() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    input_stream_.emplace(reader_.get());
    output_stream_.emplace(writer_.get());
    use_streams(&*input_stream_, &*output_stream_);
  }

  UniqueFd reader_;
  UniqueFd writer_;
  std::optional<HostInput> input_stream_;
  std::optional<HostOutput> output_stream_;
};

TEST_F(BlockedStdioTest, Attack81_ABlockingReadEndsAtTheDeadline) {
  expect_ends_at_deadline(kReadStdin);
}

TEST_F(BlockedStdioTest, Attack81_ABlockingReadEndsWhenCancelled) {
  expect_ends_when_cancelled(kReadStdin);
}

TEST_F(BlockedStdioTest, Attack81_AWriteToAFullPipeEndsAtTheDeadline) {
  expect_ends_at_deadline(kFloodStdout);
}

TEST_F(BlockedStdioTest, Attack81_AWriteToAFullPipeEndsWhenCancelled) {
  expect_ends_when_cancelled(kFloodStdout);
}

TEST_F(BlockedStdioTest, AReadThatCanGoOnDoes) {
  ASSERT_EQ(::write(writer_.get(), "abc", 3), 3);
  EXPECT_TRUE(load_and_run(kReadStdin, within(10s)).returned());
  EXPECT_EQ(result_, 0);
  EXPECT_EQ(instance_->memory().load<Size>(8), 3U);
  EXPECT_EQ(instance_->memory().text(4096, 3), "abc");
}

// A terminal whose reader has stopped (Ctrl-S, a hung ssh): poll(2) calls it writable while it has
// room for a byte.
TEST_F(GuestTest, Attack81_AWriteToAStoppedTerminalEndsAtTheDeadline) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const UniqueFd own_master(master);
  const UniqueFd own_slave(slave);
  HostOutput output(slave);
  use_streams(nullptr, &output);
  std::atomic<bool> done{false};
  // So that a bug is a failure and not a hang: after 3 seconds the reader comes back.
  std::thread rescue([&] {
    for (int i = 0; i < 300 && !done; ++i)
      std::this_thread::sleep_for(10ms);
    char sink[4096];
    while (!done) {
      pollfd readable{master, POLLIN, 0};
      if (::poll(&readable, 1, 10) == 1 && ::read(master, sink, sizeof sink) <= 0) break;
    }
  });
  expect_ends_at_deadline(kFloodStdout);
  done = true;
  rescue.join();
}

// Each of these loops does next to nothing in the guest itself.
TEST_F(GuestTest, Attack82_LoopsOfShortHostCallsBurnFuel) {
  make_file("f");
  const std::string calls[] = {
      "(call $sched_yield)",
      "(call $fd_close (i32.const 77))",
      "(call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8))",
      "(call $fd_read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8))",
      R"((call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
                          (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 8)))",
      "(call $fd_readdir (i32.const 3) (i32.const 0) (i32.const 4096) (i64.const 0) (i32.const 8))",
      "(call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048))",
      "(call $random_get (i32.const 0) (i32.const 16))",
      "(call $fd_sync (i32.const 3))",
  };
  for (const std::string& call : calls) {
    wasm::CallLimits limits = within(20s);
    limits.fuel = 1'000'000;
    const wasm::Stop stop = load_and_run("(func (export \"run\") (result i32) (loop $again (drop " +
                                             call + ") (br $again)) (unreachable))",
                                         limits);
    EXPECT_EQ(stop.reason, StopReason::fuel) << call << stop.message;
    EXPECT_EQ(instance_->fuel_left(), 0U) << call;
  }
}

// Counts how often `call` can be made with `fuel`; the count is at address 0.
TEST_F(GuestTest, Attack46_FsyncInALoopIsRateLimited) {
  must_open("f");
  wasm::CallLimits limits = within(20s);
  limits.fuel = 10'000'000;
  const wasm::Stop stop = load_and_run(R"((func (export "run") (result i32)
    (loop $again
      (drop (call $fd_sync (i32.const 6)))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br $again))
    (unreachable)))",
                                       limits);
  EXPECT_EQ(stop.reason, StopReason::fuel);
  EXPECT_LE(instance_->memory().load<std::uint32_t>(0), 20U);
  EXPECT_GE(instance_->memory().load<std::uint32_t>(0), 10U);
}

TEST_F(GuestTest, Attack43_RandomBytesWithoutEndStopAtTheDeadline) {
  expect_ends_at_deadline(R"((func (export "run") (result i32)
    (drop (memory.grow (i32.const 1024)))
    (loop $again
      (drop (call $random_get (i32.const 0) (i32.const 67000000)))
      (br $again))
    (unreachable)))");
}

TEST_F(GuestTest, MovingBytesCostsFuel) {
  const std::string body = R"((func (export "run") (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 131072))
    (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))";
  wasm::CallLimits limits;
  limits.fuel = 1'000'000;
  EXPECT_TRUE(load_and_run(body, limits).returned());
  EXPECT_LT(instance_->fuel_left(), 1'000'000U - 131072 / 16);
}

TEST_F(GuestTest, ExitEndsTheCallWithItsCode) {
  for (const int code : {0, 1, 42, 125}) {
    const wasm::Stop stop = load_and_run(R"((func (export "run") (result i32)
      (i32.store (i32.const 0) (i32.const 8))
      (call $proc_exit (i32.const )" + std::to_string(code) +
                                         R"())
      (i32.store (i32.const 0) (i32.const 99))
      (i32.const 0)))");
    EXPECT_EQ(stop.reason, StopReason::exited);
    EXPECT_EQ(stop.exit_code, code);
    EXPECT_EQ(instance_->memory().load<Size>(0), 8U);  // nothing ran after it
    EXPECT_FALSE(instance_->usable());
  }
}

TEST_F(GuestTest, ExitCodesAbove125AreAnError) {
  for (const char* code : {"126", "256", "-1", "0x80000000"}) {
    const wasm::Stop stop =
        load_and_run(std::string("(func (export \"run\") (result i32) ") +
                     "(call $proc_exit (i32.const " + code + ")) (i32.const 0))");
    EXPECT_EQ(stop.reason, StopReason::trapped) << code;
    EXPECT_THAT(stop.message, testing::HasSubstr("125"));
  }
}

TEST_F(GuestTest, Attack79_MemoryGrownBetweenCallsIsReadAnew) {
  EXPECT_TRUE(load_and_run(R"((func (export "run") (result i32)
    (i32.store (i32.const 0) (i32.const 131072))   ;; the first byte of the third page
    (i32.store (i32.const 4) (i32.const 5))
    (if (i32.ne (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
                (i32.const 21)) (then (unreachable)))
    (drop (memory.grow (i32.const 1)))
    (i64.store (i32.const 131072) (i64.const 0x0A6E776F7267))
    (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))")
                  .returned());
  EXPECT_EQ(result_, 0);
  EXPECT_EQ(output_.text(), "grown");
}

TEST_F(GuestTest, Attack84_AStartSectionThatLoops) {
  const std::string body = "(func $s (loop $again (br $again))) (start $s)";
  wasm::CallLimits limits;
  limits.fuel = 100'000;
  EXPECT_EQ(load_and_run(body, limits).reason, StopReason::fuel);
  expect_ends_at_deadline(body);
}

TEST_F(GuestTest, Attack84_AStartSectionThatAllocates) {
  limits_.max_memory_bytes = 4 * 65536;
  const wasm::Stop stop = load_and_run(R"(
    (func $s (if (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (then (unreachable))))
    (start $s))");
  EXPECT_EQ(stop.reason, StopReason::memory) << stop.message;
  EXPECT_GE(instance_->memory_refused_bytes(), 102U * 65536);
}

TEST_F(GuestTest, Attack84_AStartSectionThatCallsWasi) {
  EXPECT_EQ(load_and_run("(func $s (call $proc_exit (i32.const 3))) (start $s)").exit_code, 3);
  expect_ends_at_deadline(R"(
    (func $s
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3153600000000000000))
      (drop (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048))))
    (start $s))");
  EXPECT_TRUE(load_and_run(R"(
    (data (i32.const 0) "\10\00\00\00\05\00\00\00")
    (data (i32.const 16) "start")
    (func $s (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (start $s))")
                  .returned());
  EXPECT_EQ(output_.text(), "start");
}

TEST_F(GuestTest, Attack87_AStoreThatTrappedIsNeverReused) {
  EXPECT_EQ(load_and_run("(func (export \"run\") (result i32) (unreachable))").reason,
            StopReason::trapped);
  instance_->begin({});
  wasm::RawValue value{};
  EXPECT_FALSE(instance_->call(*instance_->function("run"), {&value, 1}));
  EXPECT_EQ(instance_->end().reason, StopReason::unavailable);
}

TEST_F(GuestTest, Attack36_OpenWithoutCloseInAGuest) {
  make_file("f");
  EXPECT_TRUE(load_and_run(R"((data (i32.const 0) "f")
    (func (export "run") (result i32) (local $errno i32)
      (loop $again
        (local.set $errno
          (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
                           (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)))
        (br_if $again (i32.eqz (local.get $errno))))
      (local.get $errno)))",
                           within(10s))
                  .returned());
  EXPECT_EQ(result_, static_cast<int>(Errno::mfile));
  EXPECT_EQ(instance_->memory().load<Fd>(8), kFirstFree + 63);
}

TEST_F(GuestTest, AllFunctionsCanBeImportedByTheirTypes) {
  std::string wat = "(module ";
  for (const wasm::HostFunction& row : modules_[0].functions) {
    wat += "(import \"wasi_snapshot_preview1\" \"" + std::string(row.name) + "\" (func";
    for (std::size_t i = 0; i < row.param_count; ++i) {
      wat += row.params[i] == wasm::ValueType::i64 ? " (param i64)" : " (param i32)";
    }
    wat += row.has_result ? " (result i32)))" : "))";
  }
  const auto module = wasm::Module::compile(*engine_, *wasm::wat_to_wasm(wat + ")"));
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(module->imports().size(), 46U);
  EXPECT_TRUE(wasm::Program::link(linker_, *module).has_value());
}

TEST_F(GuestTest, AGuestWithoutMemoryGetsFaults) {
  const auto binary = wasm::wat_to_wasm("(module " + std::string(kPrelude) + R"(
    (func (export "run") (result i32) (call $random_get (i32.const 0) (i32.const 1)))))");
  ASSERT_TRUE(binary.has_value());
  auto program = wasm::Program::link(linker_, *wasm::Module::compile(*engine_, *binary));
  ASSERT_TRUE(program.has_value());
  wasm::Instance instance(*engine_, *program, {}, wasm::Contexts{context_.get()});
  instance.begin({});
  ASSERT_TRUE(instance.start());
  wasm::RawValue value{};
  EXPECT_TRUE(instance.call(*instance.function("run"), {&value, 1}));
  EXPECT_TRUE(instance.end().returned());
  EXPECT_EQ(value.i32, static_cast<int>(Errno::fault));
}

}  // namespace
}  // namespace midimon::wasi
