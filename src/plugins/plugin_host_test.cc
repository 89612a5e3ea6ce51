#include "plugins/plugin_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "plugins/call_queue.h"
#include "plugins/test_support.h"
#include "vfs/landlock.h"

namespace midimon::plugins {
namespace {

// Collects reports in the order they come.
class Reports {
 public:
  std::function<void(PluginReport)> taker() {
    return [this](PluginReport report) {
      const std::lock_guard lock(mutex_);
      reports_.push_back(std::move(report));
      changed_.notify_all();
    };
  }
  std::vector<PluginReport> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return reports_.size() >= count; });
    return reports_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PluginReport> reports_;
};

PluginCall call_of(const char* plugin, const char* action) {
  PluginCall call;
  call.plugin = plugin;
  call.action = action;
  return call;
}

TEST(PluginHost, TheKernelHoldsAPluginsThreadToItsDirectories) {
  TestRuntime runtime;
  Reports reports;
  PluginHost host;
  WasmConfig config;
  config.capabilities.push_back({CapabilityKind::filesystem, {}, {}});
  host.add(runtime.load("hostile", std::move(config)));
  bool open = true;  // whether the thread, outside of any guest, can open a file of the host
  host.call(call_of("hostile", "write"), [&, take = reports.taker()](PluginReport report) {
    open = UniqueFd(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)).valid();
    take(std::move(report));
  });
  EXPECT_EQ(reports.wait_for(1)[0].outcome, Outcome::ok);
  EXPECT_EQ(open, vfs::landlock_abi() < vfs::kLandlockNeeded);
}

TEST(PluginHost, RunsCallsInOrderAndReportsEachOnce) {
  TestRuntime runtime;
  Reports reports;
  PluginHost host;
  host.add(runtime.load("echo"));
  for (int i = 0; i < 20; ++i) {
    host.call(call_of("echo", i % 2 == 0 ? "say" : "fail"), reports.taker());
  }
  const auto got = reports.wait_for(20);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].outcome, i % 2 == 0 ? Outcome::ok : Outcome::plugin_error) << i;
  }
}

TEST(PluginHost, AnUnknownPluginIsDenied) {
  PluginHost host;
  Reports reports;
  host.call(call_of("nobody", "x"), reports.taker());
  EXPECT_EQ(reports.wait_for(1)[0].outcome, Outcome::denied);
}

TEST(PluginHost, ASlowPluginDelaysOnlyItself) {
  TestRuntime runtime;
  Reports slow;
  Reports quick;
  PluginHost host;
  WasmConfig config;
  config.max_execution_time = std::chrono::milliseconds(300);
  config.max_fuel = UINT64_MAX;
  host.add(runtime.load("hostile", config));
  host.add(runtime.load("echo"));
  host.call(call_of("hostile", "sleep"), slow.taker());
  host.call(call_of("echo", "say"), quick.taker());
  const auto start = std::chrono::steady_clock::now();
  quick.wait_for(1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(250));
  EXPECT_EQ(slow.wait_for(1)[0].outcome, Outcome::deadline_exceeded);
}

// Of two hosts that run a plugin, as while a profile takes the place of another, one is heard.
TEST(PluginHost, EventsAreThoseOfTheHostThatPlays) {
  TestRuntime runtime;
  std::atomic<int> first_events = 0;
  std::atomic<int> second_events = 0;
  const auto counting = [](std::atomic<int>& events) {
    PluginHooks hooks;
    hooks.event = [&events](const std::string&, const std::vector<std::uint8_t>&) { ++events; };
    return hooks;
  };
  const auto wait_for_more = [](const std::atomic<int>& events) {
    const int before = events;
    while (events < before + 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  PluginHost first(counting(first_events));
  first.add(runtime.load("metronome"));
  PluginHost second(counting(second_events));
  WasmConfig config;
  config.max_execution_time = std::chrono::seconds(7);
  second.add(runtime.load("metronome", config), &first);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(first_events + second_events, 0) << "none plays";
  first.play();
  wait_for_more(first_events);
  EXPECT_EQ(second_events, 0);
  second.play(&first);
  const int heard = first_events;
  wait_for_more(second_events);
  EXPECT_LE(first_events, heard + 1) << "but for one that was on its way";
  PluginHost third(counting(first_events));
  third.add(runtime.load("metronome", config), &second);
  third.play(&second);
  wait_for_more(second_events);  // it was taken over as it is
}

TEST(PluginHost, AFullQueueRefusesAndSaysSo) {
  TestRuntime runtime;
  Reports reports;
  PluginHost host;
  WasmConfig config;
  config.max_execution_time = std::chrono::milliseconds(200);
  host.add(runtime.load("hostile", config));
  const std::size_t calls = CallQueue::kMaxWaiting + 3;
  for (std::size_t i = 0; i < calls; ++i)
    host.call(call_of("hostile", "sleep"), reports.taker());
  // At most one runs and kMaxWaiting wait; the rest is refused at once.
  const auto got = reports.wait_for(2);
  EXPECT_EQ(got[0].outcome, Outcome::cancelled);
  EXPECT_NE(got[0].message.find("dropped"), std::string::npos);
  runtime.get().cancel();
  EXPECT_EQ(reports.wait_for(calls).size(), calls);
}

}  // namespace
}  // namespace midimon::plugins
