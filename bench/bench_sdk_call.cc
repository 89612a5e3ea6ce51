// bench_sdk_call MODULE: milliseconds of a load whose code was compiled before, and microseconds of
// a call of `greet` (the median), for bench_sdk.py.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "midimon/plugin.h"

namespace {

constexpr int kLoads = 5;
constexpr int kCalls = 20'000;

using Clock = std::chrono::steady_clock;

int fail(const std::string& why) {
  std::fprintf(stderr, "bench_sdk_call: %s\n", why.c_str());
  return 1;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return fail("which module?");
  midimon::RuntimeOptions options;
  options.aot_cache = true;
  options.audit = false;
  options.max_instances = 8;
  auto runtime = midimon::Runtime::create(std::move(options));
  if (!runtime) return fail(runtime.error().message);
  midimon::WasmConfig config;
  config.max_log_bytes_per_minute = 0;  // lines are taken and dropped
  std::vector<double> loads;
  for (int i = 0; i <= kLoads; ++i) {
    const auto began = Clock::now();
    const auto plugin = midimon::WasmPlugin::load(**runtime, argv[1], config);
    const std::chrono::duration<double, std::milli> took = Clock::now() - began;
    if (!plugin) return fail(plugin.error().message);
    if (i > 0) loads.push_back(took.count());  // the first one compiles
  }
  auto plugin = midimon::WasmPlugin::load(**runtime, argv[1], config);
  if (!plugin) return fail(plugin.error().message);
  std::vector<double> calls;
  for (int i = 0; i < kCalls; ++i) {
    plugin->prepare();
    const auto began = Clock::now();
    const midimon::CallResult result = plugin->execute({"greet", {}, {}, {}, 1});
    const std::chrono::duration<double, std::micro> took = Clock::now() - began;
    if (result.outcome != midimon::Outcome::ok) return fail(result.message);
    calls.push_back(took.count());
  }
  std::printf("%.3f %.3f\n", median(loads), median(calls));
  return 0;
}
