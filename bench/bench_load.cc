// What it takes to load a module: from source, from the cache of compiled code, and the cache's
// checks alone. Run by `make bench`; every row and its floor come from one run on one machine.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "audit/hash.h"
#include "base/unique_fd.h"
#include "bench/collector.h"
#include "plugins/runtime.h"
#include "wasm/aot_cache.h"
#include "wasm/own_file.h"
#include "wasm/sealed_copy.h"

namespace midimon::bench {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::byte>;

Bytes read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.empty()) std::abort();
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  return {begin, begin + bytes.size()};
}

// A function with loops, branches, memory and calls, as compilers make them: another one for each
// number, and the same ones every time.
std::string function(int number) {
  const int callee = number == 0 ? 0 : number * 7919 % number;
  const int offset = number * 37 % 4096 * 8;
  return fmt::format(R"(
    (func $f{0} (param $a i32) (param $b i32) (result i32) (local $i i32) (local $sum i64)
      (local.set $i (i32.and (local.get $a) (i32.const 63)))
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $i)))
          (local.set $sum (i64.add (local.get $sum)
            (i64.mul (i64.load offset={2} (i32.const 0)) (i64.extend_i32_u (local.get $i)))))
          (i64.store offset={2} (i32.const 0) (i64.rotl (local.get $sum) (i64.const {3})))
          (if (i32.gt_u (local.get $b) (local.get $i))
            (then (local.set $b (i32.xor (local.get $b) (i32.const {4}))))
            (else (local.set $b (i32.add (local.get $b) (call $f{1} (i32.const 0) (local.get $i))))))
          (i32.store8 offset={5} (local.get $i) (i32.wrap_i64 (local.get $sum)))
          (local.set $i (i32.sub (local.get $i) (i32.const 1)))
          (br $next)))
      (if (i32.lt_s (local.get $b) (i32.const {6}))
        (then (return (i32.wrap_i64 (i64.shr_u (local.get $sum) (i64.const 17))))))
      (i32.sub (local.get $b) (i32.load offset={2} (i32.and (local.get $a) (i32.const 1020))))))",
                     number, callee, offset, number % 63, number * 2654435761U % 0x7FFFFFFF,
                     offset + 1, number % 1000);
}

// A plugin of `functions` such functions.
Bytes large_plugin(int functions) {
  std::string wat = R"((module
    (memory (export "memory") 4)
    (data (i32.const 16) "{\"name\":\"large\",\"version\":\"1.0.0\"}")
    (func (export "init") (result i64)
      (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 34)))
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "dealloc") (param i32 i32))
    (func (export "execute") (param i32 i32) (result i32) (i32.const 0)))";
  for (int number = 0; number < functions; ++number)
    wat += function(number);
  auto wasm = wasm::wat_to_wasm(wat + ")");
  if (!wasm) std::abort();
  return std::move(*wasm);
}

// One module, and a home with its code in the cache.
class Subject {
 public:
  Subject(std::string name, Bytes wasm) : name_(std::move(name)), wasm_(std::move(wasm)) {
    std::string home = (fs::temp_directory_path() / "midimon-bench-XXXXXX").string();
    if (::mkdtemp(home.data()) == nullptr) std::abort();
    home_ = home;
    cached_ = make_runtime(true);
    plain_ = make_runtime(false);
    (void)load(*cached_);
    const fs::path directory = home_ / "cache" / "aot";
    entry_ = fs::directory_iterator(directory)->path();
    directory_.reset(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    code_ = *wasm::Module::compile(*plain_->parts().engine, wasm_)->serialize();
    const fs::path unchecked = home_ / "code";
    std::ofstream(unchecked, std::ios::binary)
        .write(reinterpret_cast<const char*>(code_.data()),
               static_cast<std::streamsize>(code_.size()));
    unchecked_.reset(::open(unchecked.c_str(), O_RDONLY | O_CLOEXEC));
  }
  ~Subject() {
    cached_.reset();
    plain_.reset();
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] std::size_t wasm_size() const { return wasm_.size(); }
  [[nodiscard]] std::size_t code_size() const { return code_.size(); }
  // A benchmark of this module: its name with this one's.
  [[nodiscard]] std::string named(const std::string& what) const { return name_ + " " + what; }
  void add();

 private:
  [[nodiscard]] std::unique_ptr<Runtime> make_runtime(bool cache) const {
    RuntimeOptions options;
    options.home = home_.string();
    options.max_instances = 8;
    options.audit = false;
    options.aot_cache = cache;
    return std::move(Runtime::create(std::move(options)).value());
  }
  [[nodiscard]] WasmPlugin load(Runtime& runtime) const {
    return std::move(WasmPlugin::load(runtime, {wasm_, hash_}, {}).value());
  }
  // `body` answers what was loaded: it is dropped when the time was taken.
  template <typename Body>
  void add(const std::string& what, Body body, int repetitions = 5) const {
    const auto timed = [body](::benchmark::State& state) {
      for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        const auto loaded = body();
        state.SetIterationTime(
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        ::benchmark::DoNotOptimize(&loaded);
      }
    };
    ::benchmark::RegisterBenchmark(named(what).c_str(), timed)
        ->Repetitions(repetitions)
        ->ReportAggregatesOnly()
        ->MinTime(0.2)
        ->UseManualTime()
        ->Unit(::benchmark::kNanosecond);
  }
  [[nodiscard]] wasm::SealedCopy check() const;
  [[nodiscard]] wasm::EntryHeader::Tag mac() const;

  std::string name_;
  Bytes wasm_;
  wasm::Sha256 hash_ = audit::sha256(wasm_);
  fs::path home_;
  std::unique_ptr<Runtime> cached_;
  std::unique_ptr<Runtime> plain_;
  fs::path entry_;
  UniqueFd directory_;
  Bytes code_;
  UniqueFd unchecked_;  // a file of the code alone
};

// All that is done before the engine gets the code.
wasm::SealedCopy Subject::check() const {
  const wasm::OwnFile file =
      wasm::open_own_file(directory_.get(), entry_.filename(), wasm::kOthersWrite);
  wasm::EntryHeader header;
  if (::pread(file.fd.get(), header.bytes.data(), header.bytes.size(), 0) < 0) std::abort();
  auto copy = wasm::SealedCopy::of(file.fd.get(), wasm::EntryHeader::kBytes, header.code_size());
  wasm::EntryMac mac({}, header);
  if (!copy || !copy->read([&](auto piece) { mac.add(piece); })) std::abort();
  ::benchmark::DoNotOptimize(wasm::has_tag(header, mac.finish()));
  wasm::mark_used(file.fd.get());
  return std::move(*copy);
}

wasm::EntryHeader::Tag Subject::mac() const {
  wasm::EntryMac mac({}, {});
  mac.add({reinterpret_cast<const std::uint8_t*>(code_.data()), code_.size()});
  return mac.finish();
}

void Subject::add() {
  const wasm::Engine& engine = *plain_->parts().engine;
  const auto from_source = [this, &engine] { return wasm::Module::compile(engine, wasm_).value(); };
  add("source", from_source, 3);  // each takes seconds
  add("cache", [this] {
    return cached_->parts().aot_cache->compile(*cached_->parts().engine, wasm_, hash_).value();
  });
  add("checks", [this] { return check(); });
  add("unchecked", [this, &engine] { return wasm::Module::map(engine, unchecked_.get()).value(); });
  add("plugin cache", [this] { return load(*cached_); });
  add("hash", [this] { return audit::sha256(wasm_); });
  add("mac", [this] { return mac(); });
  add("copy", [this, into = std::make_shared<Bytes>(code_.size())] {
    return std::memcpy(into->data(), code_.data(), code_.size());
  });
}

void print_table(const Collector& results, const Subject& small, const Subject& large) {
  const auto kib = [](std::size_t bytes) { return fmt::format("{} KiB", bytes / 1024); };
  const auto row = [&](const char* what, const char* name, const char* aim = "") {
    fmt::print("  {:<58} {:>11.1f} {:>11.1f}{}\n", what, results.ns(small.named(name)) / 1000,
               results.ns(large.named(name)) / 1000, aim);
  };
  const auto speed = [&](const char* what, const char* name) {
    const auto of = [&](const Subject& subject) {
      return static_cast<double>(subject.code_size()) * 1000 / results.ns(subject.named(name));
    };
    fmt::print("  {:<58} {:>11.0f} {:>11.0f}\n", what, of(small), of(large));
  };
  fmt::print("loading, us, median of 5 (3 from source), files in the page cache\n\n");
  fmt::print("  {:<58} {:>11} {:>11}\n", "the module", kib(small.wasm_size()),
             kib(large.wasm_size()));
  fmt::print("  {:<58} {:>11} {:>11}\n\n", "its code", kib(small.code_size()),
             kib(large.code_size()));
  row("from source", "source");
  row("from the cache", "cache", "   (aim for 100 KiB: 300)");
  row("  of it the checks: open, copy, seal, MAC", "checks");
  row("  the engine maps it, nothing checked (floor)", "unchecked");
  row("SHA-256 of the module, which is its name in the cache", "hash");
  row("a plugin from the cache: checked, linked, asked what it is", "plugin cache");
  fmt::print("\nMB/s, in memory\n\n");
  speed("the MAC", "mac");
  speed("a copy (floor)", "copy");
}

int run(int argc, char** argv) {
  ::benchmark::Initialize(&argc, argv);
  Subject small("small", read_bytes(fs::path(MIDIMON_GUESTS) / "practice-log.wasm"));
  Subject large("large", large_plugin(12'450));
  small.add();
  large.add();
  Collector results;
  ::benchmark::RunSpecifiedBenchmarks(&results);
  print_table(results, small, large);
  return 0;
}

}  // namespace
}  // namespace midimon::bench

int main(int argc, char** argv) {
  return midimon::bench::run(argc, argv);
}
