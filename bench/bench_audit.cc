// What the audit costs: on a plugin's thread, on the writer's, and for whoever verifies. Run by
// `make bench`; every row and its floor come from one run on one machine.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "audit/hash.h"
#include "audit/journal.h"
#include "audit/reader.h"
#include "audit/recorder.h"
#include "audit/ring.h"
#include "audit/verify.h"
#include "base/unique_fd.h"
#include "bench/collector.h"

namespace midimon::bench {
namespace {

using audit::Event;
using Seconds = std::chrono::duration<double>;
namespace fs = std::filesystem;

// An event as it is when a plugin opens a file.
Event typical() {
  Event event;
  event.plugin = "obs-control";
  event.version = "1.4.2";
  event.mount = "/";
  event.directory = "scenes";
  event.path = "live/2026-07-27.json";
  return event;
}

// A place for journals, removed at the end.
class Place {
 public:
  Place() {
    std::string name = (fs::temp_directory_path() / "midimon-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] std::string operator/(const char* name) const { return (root_ / name).string(); }

 private:
  fs::path root_;
};

std::unique_ptr<audit::Journal> open_journal(const std::string& directory, const Clock& clock) {
  audit::JournalOptions options;
  options.directory = directory;
  auto journal = audit::Journal::open(options, clock);
  if (!journal) std::abort();
  return std::move(*journal);
}

// So many events make one iteration. They fit into the ring.
constexpr int kBatch = 2000;

void add(const char* name, const std::function<void(::benchmark::State&)>& body) {
  ::benchmark::RegisterBenchmark(name, body)
      ->Repetitions(5)
      ->ReportAggregatesOnly()
      ->MinTime(0.2)
      ->UseManualTime()
      ->Unit(::benchmark::kNanosecond);
}

// Times kBatch calls of `one` in each iteration, and not `between`.
template <typename One, typename Between>
void timed(::benchmark::State& state, One one, Between between) {
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kBatch; ++i)
      one();
    state.SetIterationTime(Seconds(std::chrono::steady_clock::now() - start).count());
    between();
  }
}

void add_producers(audit::Recorder& recorder, audit::Ring& ring) {
  add("stamp", [](::benchmark::State& state) {
    const SystemClock clock;
    const auto one = [&] { ::benchmark::DoNotOptimize(clock.realtime()); };
    timed(state, one, [] {});
  });
  add("push", [&ring](::benchmark::State& state) {
    const SystemClock clock;
    const Event event = typical();
    const auto one = [&] { ring.push(event, clock.realtime()); };
    timed(state, one, [&] {
      while (ring.pop([](const Event&) {})) {
      }
    });
    if (ring.take_lost() != 0) std::abort();
  });
  // With the writer at work beside it.
  add("record", [&recorder](::benchmark::State& state) {
    const Event event = typical();
    const auto one = [&] { recorder.record(event); };
    timed(state, one, [&] { recorder.flush(); });
  });
}

void print_producers(const Collector& results) {
  fmt::print("ns per event on the plugin's thread, median of 5\n\n");
  fmt::print("  {:<58} {:>8.0f}\n", "a time stamp alone", results.ns("stamp"));
  fmt::print("  {:<58} {:>8.0f}\n", "stamp, copy into the ring, texts of 51 bytes",
             results.ns("push"));
  fmt::print("  {:<58} {:>8.0f}   (aim: 150)\n", "the same with the writer at work beside it",
             results.ns("record"));
}

std::uint64_t lost_in(const std::string& directory) {
  const auto stats = audit::stats(directory, {});
  if (!stats) std::abort();
  return stats->lost;
}

// `rate` events in a second, in bursts of a millisecond, for `seconds`. As fast as it goes with 0.
void sustain(const std::string& directory, double rate, double seconds) {
  const SystemClock clock;
  std::uint64_t count = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return Seconds(std::chrono::steady_clock::now() - start).count(); };
  {
    audit::Recorder recorder(open_journal(directory, clock), {}, clock);
    const Event event = typical();
    while (elapsed() < seconds) {
      const auto due = static_cast<std::uint64_t>(elapsed() * rate);
      for (; count < due; ++count)
        recorder.record(event);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  const double until = elapsed();
  fmt::print("  {:<58} {:>8.0f} /s, {} lost   (aim: 100000, 0)\n",
             fmt::format("{} events, all in the file after {:.2f} s", count, until),
             static_cast<double>(count) / seconds, lost_in(directory));
}

// How fast the writer's side is, when nothing limits it but itself.
void write_all_out(const std::string& directory) {
  const SystemClock clock;
  constexpr int kEvents = 500'000;
  const auto start = std::chrono::steady_clock::now();
  {
    const auto journal = open_journal(directory, clock);
    Event event = typical();
    event.time = clock.realtime();
    for (int i = 0; i < kEvents; ++i)
      journal->append(event);
  }
  const double seconds = Seconds(std::chrono::steady_clock::now() - start).count();
  fmt::print("  {:<58} {:>8.0f} /s\n", "the journal alone: format, hash, write", kEvents / seconds);
}

// Measures what `work` takes on the clock and of the CPUs: others may run on this machine.
class Stopwatch {
 public:
  [[nodiscard]] double wall() const { return now(CLOCK_MONOTONIC) - wall_; }
  [[nodiscard]] double cpu() const { return now(CLOCK_PROCESS_CPUTIME_ID) - cpu_; }

 private:
  static double now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  double wall_ = now(CLOCK_MONOTONIC);
  double cpu_ = now(CLOCK_PROCESS_CPUTIME_ID);
};

void print_speed(const std::string& what, std::uint64_t bytes, double wall, double cpu) {
  const double mb = static_cast<double>(bytes) / 1e6;
  fmt::print("  {:<58} {:>8.0f} MB/s, {:.0f} MB for a second of CPU\n", what, mb / wall, mb / cpu);
}

// The hashes of lines of the same length, on one thread and with nothing else.
void hash_floor() {
  const std::string line(220, 'x');
  constexpr int kLines = 500'000;
  audit::Hash hash{};
  const Stopwatch watch;
  for (int i = 0; i < kLines; ++i)
    hash = audit::chain(hash, line);
  ::benchmark::DoNotOptimize(hash);
  print_speed("SHA-256 of such lines alone, one thread", kLines * line.size(), watch.wall(),
              watch.cpu());
}

void verify(const std::string& directory, unsigned threads) {
  double wall = 1e9;
  double cpu = 1e9;
  std::uint64_t bytes = 0;
  for (int i = 0; i < 5; ++i) {
    const Stopwatch watch;
    const auto out = audit::verify_directory(directory, {.threads = threads});
    if (!out || out->flaw) std::abort();
    wall = std::min(wall, watch.wall());
    cpu = std::min(cpu, watch.cpu());
    bytes = out->bytes;
  }
  print_speed(fmt::format("audit verify, {} thread(s), best of 5{}", threads,
                          threads == 2 ? " (aim: 200)" : ""),
              bytes, wall, cpu);
}

int run(int argc, char** argv) {
  ::benchmark::Initialize(&argc, argv);
  const Place place;
  {
    const SystemClock clock;
    audit::Recorder recorder(open_journal(place / "record", clock), {}, clock);
    audit::Ring ring(4UL * 1024 * 1024);
    add_producers(recorder, ring);
    Collector results(kBatch);
    ::benchmark::RunSpecifiedBenchmarks(&results);
    print_producers(results);
  }
  fmt::print("\nthrough the ring and into the file\n\n");
  sustain(place / "sustained", 100'000, 5);
  write_all_out(place / "written");
  fmt::print("\nverifying\n\n");
  hash_floor();
  verify(place / "written", 1);
  verify(place / "written", 2);
  return 0;
}

}  // namespace
}  // namespace midimon::bench

int main(int argc, char** argv) {
  return midimon::bench::run(argc, argv);
}
