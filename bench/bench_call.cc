// What a plugin call costs beside its floor: the same guest through the engine's C API alone. Run
// by `make bench`; every row and its floor come from one run on one machine.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "bench/collector.h"
#include "bench/floor.h"
#include "hostapi/table.h"
#include "midimon/plugin.h"
#include "plugins/runtime.h"
#include "plugins/validate.h"
#include "wasm/module.h"

namespace midimon::bench {
namespace {

std::vector<std::byte> read_guest(const char* name) {
  std::ifstream in(std::string(MIDIMON_GUESTS) + "/" + name, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.empty()) std::abort();
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  return {begin, begin + bytes.size()};
}

void add(const char* name, const std::function<void(::benchmark::State&)>& body,
         bool manual_time = false) {
  auto* benchmark = ::benchmark::RegisterBenchmark(name, body)
                        ->Repetitions(5)
                        ->ReportAggregatesOnly()
                        ->MinTime(0.2)
                        ->Unit(::benchmark::kNanosecond);
  if (manual_time) benchmark->UseManualTime();
}

WasmPlugin load(Runtime& runtime, const std::vector<std::byte>& wasm) {
  auto plugin = WasmPlugin::load(runtime, wasm, WasmConfig{});
  if (!plugin) std::abort();
  return std::move(*plugin);
}

void expect_ok(const CallResult& result) {
  if (result.outcome != Outcome::ok) std::abort();
}

// What is measured, set up once.
struct Subjects {
  std::vector<std::byte> empty = read_guest("empty_plugin.wasm");
  std::vector<std::byte> session = read_guest("empty_session.wasm");
  std::vector<std::byte> journal = read_guest("practice-log.wasm");
  std::string home = (std::filesystem::temp_directory_path() / "midimon-bench").string();
  std::unique_ptr<Runtime> runtime = std::move(*Runtime::create({{}, home, 64}));
  WasmPlugin empty_plugin = load(*runtime, empty);
  WasmPlugin session_plugin = load(*runtime, session);
  Floor empty_floor{empty};
  Floor journal_floor{journal};
  std::vector<std::byte> compiled =
      *wasm::Module::compile(*runtime->parts().engine, journal)->serialize();
  Request request{.action = "x", .timestamp_ms = 1};
};

void add_calls(Subjects& s) {
  add("fresh", [&](::benchmark::State& state) {
    for (auto _ : state)
      expect_ok(s.empty_plugin.execute(s.request));
  });
  add("fresh floor", [&](::benchmark::State& state) {
    for (auto _ : state) {
      s.empty_floor.instantiate();
      s.empty_floor.call();
      s.empty_floor.drop();
    }
  });
  // Only the press is timed: what comes after the answer is not in it.
  add(
      "press",
      [&](::benchmark::State& state) {
        for (auto _ : state) {
          s.empty_plugin.prepare();
          const auto start = std::chrono::steady_clock::now();
          expect_ok(s.empty_plugin.execute(s.request));
          state.SetIterationTime(
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
      },
      true);
  add(
      "press floor",
      [&](::benchmark::State& state) {
        for (auto _ : state) {
          s.empty_floor.instantiate();
          const auto start = std::chrono::steady_clock::now();
          s.empty_floor.call();
          state.SetIterationTime(
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
          s.empty_floor.drop();
        }
      },
      true);
  add("kept", [&](::benchmark::State& state) {
    for (auto _ : state)
      expect_ok(s.session_plugin.execute(s.request));
  });
  add("kept floor", [&](::benchmark::State& state) {
    s.empty_floor.instantiate();
    for (auto _ : state)
      s.empty_floor.call();
    s.empty_floor.drop();
  });
}

void add_loads(Subjects& s) {
  add("source", [&](::benchmark::State& state) {
    for (auto _ : state)
      load(*s.runtime, s.journal);
  });
  add("source floor", [&](::benchmark::State& state) {
    for (auto _ : state)
      s.journal_floor.compile();
  });
  add("compiled", [&](::benchmark::State& state) {
    const Runtime::Parts& parts = s.runtime->parts();
    for (auto _ : state) {
      const auto module = wasm::Module::deserialize(*parts.engine, s.compiled);
      if (!plugins::check_plugin(*module, *parts.linker, WasmConfig{})) std::abort();
      ::benchmark::DoNotOptimize(wasm::Program::link(*parts.linker, *module));
    }
  });
  add("compiled floor", [&](::benchmark::State& state) {
    for (auto _ : state)
      s.journal_floor.deserialize();
  });
}

void print_row(const Collector& results, const std::string& name, const char* what) {
  const double ours = results.ns(name);
  const double floor = results.ns(name + " floor");
  fmt::print("  {:<52} {:>11.0f} {:>11.0f} {:>9.0f} {:>6.2f}\n", what, ours, floor, ours - floor,
             ours / floor);
}

void print_table(const Collector& results, const Subjects& s) {
  fmt::print("ns, median of 5; the floor is the same guest through the engine's C API alone\n\n");
  fmt::print("  {:<52} {:>11} {:>11} {:>9} {:>6}\n", "", "midimon", "floor", "more", "ratio");
  print_row(results, "fresh", "empty call, a fresh instance made and dropped");
  print_row(results, "press", "empty call, a fresh instance made ready before");
  print_row(results, "kept", "empty call, a kept instance (session)");
  const std::string size = fmt::format("({} KiB)", s.journal.size() / 1024);
  print_row(results, "source", ("load practice-log from source " + size).c_str());
  print_row(results, "compiled", "load it from compiled code, in memory, with its checks");
}

int run(int argc, char** argv) {
  ::benchmark::Initialize(&argc, argv);
  Subjects subjects;
  add_calls(subjects);
  add_loads(subjects);
  Collector results;
  ::benchmark::RunSpecifiedBenchmarks(&results);
  print_table(results, subjects);
  return 0;
}

}  // namespace
}  // namespace midimon::bench

int main(int argc, char** argv) {
  return midimon::bench::run(argc, argv);
}
