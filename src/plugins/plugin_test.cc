// WasmPlugin: a module is loaded, and every call ends in one outcome within its limits.
#include "midimon/plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "plugins/runtime.h"
#include "plugins/test_support.h"

namespace midimon::plugins {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

WasmConfig granted(std::vector<std::string> allow = {}) {
  WasmConfig config;
  config.capabilities.push_back({CapabilityKind::filesystem, std::move(allow), {}});
  return config;
}

TEST(WasmPlugin, LearnsTheMetadata) {
  TestRuntime runtime;
  const WasmPlugin plugin = runtime.load("hostile");
  EXPECT_EQ(plugin.metadata().name, "hostile");
  EXPECT_EQ(plugin.metadata().version, "1.0.0");
  EXPECT_EQ(plugin.metadata().lifetime, Metadata::Lifetime::call);
  ASSERT_EQ(plugin.metadata().capabilities.size(), 1U);
  EXPECT_EQ(plugin.metadata().capabilities[0].reason, "to break out");
}

TEST(WasmPlugin, KeepsNoCompiledCodeUnlessTheProgramWantsThat) {
  TestRuntime runtime;
  runtime.load("echo");
  EXPECT_FALSE(std::filesystem::exists(runtime.home() / "cache"));
  EXPECT_FALSE(std::filesystem::exists(runtime.home() / "state" / "aot.key"));

  RuntimeOptions options;
  options.home = runtime.home().string();
  options.audit = false;
  options.aot_cache = true;
  for (const std::uint64_t found : {0U, 1U}) {
    const auto keeps = std::move(Runtime::create(options).value());
    auto plugin = WasmPlugin::load(*keeps, guest("echo"));
    ASSERT_TRUE(plugin) << plugin.error().message;
    EXPECT_EQ(plugin->execute({.action = "say"}).outcome, Outcome::ok);
    EXPECT_EQ(keeps->parts().aot_cache->counts().found, found);
  }
}

TEST(WasmPlugin, GetsTheRequestAndGivesItsOutput) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("echo");
  const auto params = Params::from_json(R"({"b": [1, 2]})");
  ASSERT_TRUE(params);
  const CallResult result = plugin.execute({"say", *params, 100, 3, 1234567890123});
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_EQ(result.output_json,
            R"({"action":"say","params":{"b":[1,2]},"context":{"velocity":100,"current_mode":3,)"
            R"("timestamp":1234567890123}})");
  EXPECT_EQ(result.out, "out: say\n");
  EXPECT_EQ(result.err, "err: say\n");
  EXPECT_GT(result.fuel_used, 0U);
  EXPECT_GE(result.memory_peak_bytes, 65536U);
  EXPECT_THAT(runtime.log(), Contains("plugin echo: executing\\nline two"));
}

TEST(WasmPlugin, AnActionsNameCannotBreakTheRequest) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("echo");
  const CallResult result = plugin.execute({.action = "x\",\"params\":{\"evil\":1},\"y\":\""});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_THAT(result.output_json, HasSubstr(R"("params":{},"context")"));
}

TEST(WasmPlugin, APluginsOwnErrorIsAnOutcome) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("echo");
  const CallResult result = plugin.execute({.action = "fail"});
  EXPECT_EQ(result.outcome, Outcome::plugin_error);
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.message, "failed \\x1b[31mas asked");
}

TEST(WasmPlugin, OutputThatIsNotJsonIsThePluginsError) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("echo");
  const CallResult result = plugin.execute({.action = "bad_output"});
  EXPECT_EQ(result.outcome, Outcome::plugin_error);
  EXPECT_EQ(result.output_json, "");
}

TEST(WasmPlugin, ACallPluginStartsFreshEachTimePreparedOrNot) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("hostile", granted());
  for (int i = 0; i < 3; ++i) {
    if (i == 1) plugin.prepare();
    EXPECT_EQ(plugin.execute({.action = "crash"}).outcome, Outcome::trapped);
    EXPECT_EQ(plugin.execute({.action = "list"}).outcome, Outcome::ok);
  }
}

TEST(WasmPlugin, ASessionPluginRemembersUntilItIsStopped) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("counter_session");
  EXPECT_EQ(plugin.execute({.action = "count"}).output_json, "1");
  EXPECT_EQ(plugin.execute({.action = "count"}).output_json, "2");
  EXPECT_EQ(plugin.execute({.action = "crash"}).outcome, Outcome::trapped);
  EXPECT_EQ(plugin.execute({.action = "count"}).output_json, "1");
}

TEST(WasmPlugin, ASessionsLimitsAreThoseOfEachCall) {
  TestRuntime runtime;
  WasmConfig config;
  config.max_fuel = 20'000;
  WasmPlugin plugin = runtime.load("counter_session", config);
  for (int i = 1; i <= 100; ++i) {
    const CallResult result = plugin.execute({.action = "count"});
    ASSERT_EQ(result.outcome, Outcome::ok) << i << result.message;
    ASSERT_LT(result.fuel_used, 20'000U);
  }
}

TEST(WasmPlugin, WhatPreparingSpendsComesOffTheCall) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("echo");
  const std::uint64_t inline_fuel = plugin.execute({.action = "say", .timestamp_ms = 1}).fuel_used;
  plugin.prepare();
  EXPECT_EQ(plugin.execute({.action = "say", .timestamp_ms = 1}).fuel_used, inline_fuel);
}

TEST(WasmPlugin, NothingOfTheFilesystemWithoutBothRequestAndGrant) {
  TestRuntime runtime;
  WasmPlugin not_granted = runtime.load("hostile");
  EXPECT_TRUE(not_granted.capabilities().empty());
  EXPECT_EQ(not_granted.data_directory(), "");
  EXPECT_EQ(not_granted.execute({.action = "write"}).outcome, Outcome::plugin_error);
  const WasmPlugin not_asked = runtime.load("echo", granted());
  EXPECT_TRUE(not_asked.capabilities().empty());
  EXPECT_FALSE(std::filesystem::exists(runtime.home() / "data"));
}

TEST(WasmPlugin, TwoPluginsDoNotSeeEachOther) {
  TestRuntime runtime;
  WasmPlugin plugin = runtime.load("hostile", granted());
  ASSERT_EQ(plugin.execute({.action = "write"}).outcome, Outcome::ok);
  std::filesystem::create_directories(runtime.home() / "data/plugin-data/other");
  std::ofstream(runtime.home() / "data/plugin-data/other/secret") << "x";
  EXPECT_EQ(plugin.execute({.action = "list"}).output_json, "[\".\",\"..\",\"file.txt\"]");
}

TEST(WasmPlugin, Attack22_AFileThatAlsoHasANameOutsideIsRefusedOnAttach) {
  TestRuntime runtime;
  { const WasmPlugin plugin = runtime.load("hostile", granted()); }
  std::ofstream(runtime.home() / "outside") << "not the plugin's";
  std::filesystem::create_hard_link(runtime.home() / "outside",
                                    runtime.home() / "data/plugin-data/hostile/file.txt");
  const auto plugin = WasmPlugin::load(runtime.get(), guest("hostile"), granted());
  ASSERT_FALSE(plugin);
  EXPECT_EQ(plugin.error().code, ErrorCode::denied);
  EXPECT_THAT(plugin.error().message, HasSubstr("file.txt"));
}

TEST(WasmPlugin, StopsWhatRunsTooLongWithoutTouchingItsNeighbour) {
  TestRuntime runtime;
  WasmConfig short_limit = granted();
  short_limit.max_fuel = UINT64_MAX;
  short_limit.max_execution_time = std::chrono::milliseconds(20);
  WasmPlugin stopped = runtime.load("hostile", short_limit);
  WasmConfig long_limit = granted();
  long_limit.max_fuel = 2'000'000'000;
  long_limit.max_execution_time = std::chrono::seconds(60);
  WasmPlugin goes_on = runtime.load("hostile", long_limit);

  std::thread neighbour([&] {
    // Ends by its fuel, after many ticks meant for the other.
    EXPECT_EQ(goes_on.execute({.action = "loop"}).outcome, Outcome::out_of_fuel);
  });
  for (int i = 0; i < 5; ++i) {
    const CallResult result = stopped.execute({.action = "loop"});
    EXPECT_EQ(result.outcome, Outcome::deadline_exceeded);
    EXPECT_GE(result.duration, std::chrono::milliseconds(20));
  }
  neighbour.join();
}

TEST(WasmPlugin, ManyThreadsCallManyPlugins) {
  TestRuntime runtime;
  WasmPlugin echo = runtime.load("echo");
  WasmPlugin session = runtime.load("counter_session");
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (echo.execute({.action = "say"}).outcome == Outcome::ok) ++ok;
        if (session.execute({.action = "count"}).outcome == Outcome::ok) ++ok;
        if (i % 8 == 0) echo.prepare();
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(ok, 400);
  EXPECT_EQ(session.execute({.action = "count"}).output_json, "201");
}

TEST(WasmPlugin, CancelEndsWhatRunsAndWhatComesLater) {
  TestRuntime runtime;
  WasmConfig config = granted();
  config.max_fuel = UINT64_MAX;
  config.max_execution_time = std::chrono::hours(1);
  WasmPlugin plugin = runtime.load("hostile", config);
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    runtime.get().cancel();
  });
  EXPECT_EQ(plugin.execute({.action = "sleep"}).outcome, Outcome::cancelled);
  canceller.join();
  EXPECT_EQ(plugin.execute({.action = "loop"}).outcome, Outcome::cancelled);
}

TEST(WasmPlugin, LimitsHoldInAlloc) {
  TestRuntime runtime;
  const CallResult zero = runtime.load("alloc_zero").execute({.action = "x"});
  EXPECT_EQ(zero.outcome, Outcome::trapped);
  EXPECT_THAT(zero.message, HasSubstr("`alloc` returned 0"));
  const CallResult outside = runtime.load("alloc_out_of_bounds").execute({.action = "x"});
  EXPECT_EQ(outside.outcome, Outcome::trapped);
  EXPECT_THAT(outside.message, HasSubstr("not inside its memory"));
}

TEST(WasmPlugin, TableGrowthStopsAtItsLimit) {
  TestRuntime runtime;
  WasmConfig config;
  config.max_table_elements = 5'500;
  // 1 element at the start and 1,000 more each time.
  EXPECT_EQ(runtime.load("table_hog", config).execute({.action = "x"}).code, 5);
}

TEST(WasmPlugin, OutOfMemorySaysHowMuchWasAskedFor) {
  TestRuntime runtime;
  WasmConfig config;
  config.max_memory_bytes = 8ULL << 20;
  const CallResult result = runtime.load("memory_hog", config).execute({.action = "x"});
  EXPECT_EQ(result.outcome, Outcome::out_of_memory);
  EXPECT_THAT(result.message, HasSubstr("8MiB"));
  EXPECT_LE(result.memory_peak_bytes, 8ULL << 20);
  EXPECT_GE(result.memory_peak_bytes, 7ULL << 20);
}

TEST(WasmPlugin, AnOpenFileLimitIsTheGuestsOwn) {
  TestRuntime runtime;
  WasmConfig config = granted();
  config.max_open_files = 0;
  WasmPlugin plugin = runtime.load("hostile", config);
  const CallResult result = plugin.execute({.action = "write"});
  EXPECT_EQ(result.outcome, Outcome::plugin_error);
  EXPECT_THAT(result.message, HasSubstr("descriptors"));
}

TEST(WasmPlugin, TheIdMustBeTheOneExpected) {
  TestRuntime runtime;
  WasmConfig config;
  config.expected_id = "someone-else";
  const auto plugin = WasmPlugin::load(runtime.get(), guest("echo"), config);
  ASSERT_FALSE(plugin);
  EXPECT_THAT(plugin.error().message, HasSubstr("\"echo\""));
}

TEST(WasmPlugin, AModuleOverTheSizeLimitIsNotRead) {
  TestRuntime runtime;
  WasmConfig config;
  config.max_module_bytes = 100;
  const auto plugin = WasmPlugin::load(runtime.get(), guest("echo"), config);
  ASSERT_FALSE(plugin);
  EXPECT_EQ(plugin.error().code, ErrorCode::limit);
  EXPECT_THAT(plugin.error().message, HasSubstr("max_module_bytes"));
}

TEST(WasmPlugin, DamagedModulesAreRefusedAndNeverCrash) {
  TestRuntime runtime;
  std::ifstream in(guest("echo"), std::ios::binary);
  const std::vector<char> whole{std::istreambuf_iterator<char>(in), {}};
  unsigned state = 1;
  for (int round = 0; round < 60; ++round) {
    std::vector<char> damaged = whole;
    for (int i = 0; i < 20; ++i) {
      state = state * 1664525U + 1013904223U;
      damaged[8 + state % (damaged.size() - 8)] = static_cast<char>(state >> 24);
    }
    if (round % 3 == 0) damaged.resize(state % damaged.size());
    WasmConfig config;
    config.max_fuel = 1'000'000;
    config.max_execution_time = std::chrono::milliseconds(200);
    const auto plugin =
        WasmPlugin::load(runtime.get(), std::as_bytes(std::span<const char>(damaged)), config);
    EXPECT_TRUE(plugin || !plugin.error().message.empty());
  }
}

TEST(Params, AreCheckedOnce) {
  EXPECT_EQ(Params::from_json("{ \"a\" : 1 }")->json(), "{\"a\":1}");
  EXPECT_FALSE(Params::from_json("[]"));
  EXPECT_FALSE(Params::from_json("{"));
  EXPECT_FALSE(Params::from_json("{}{}"));
  EXPECT_FALSE(Params::from_json(std::string("{\"a\":") + std::string(100, '[') +
                                 std::string(100, ']') + "}"));
  EXPECT_FALSE(Params::from_json("{\"a\":\"" + std::string(70'000, 'x') + "\"}"));
}

}  // namespace
}  // namespace midimon::plugins
