// A hostile guest: sequences of WASI calls, by the generator of the differential test, with
// arguments that now and then are not what they should be. All 46 functions, on memory and disk.
//
// After each call: the answer is an errno, the secret beside the sandbox is neither changed nor in
// the guest's memory. Outside the guest's memory is nothing that can be touched. After each guest:
// no descriptor of the host is left open.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "fuzz/check.h"
#include "fuzz/wasi_calls.h"
#include "fuzz/wasi_sandbox.h"
#include "vfs/operations.h"
#include "wasi/abi.h"
#include "wasi/table.h"

namespace midimon::fuzz {
namespace {

namespace abi = wasi::abi;
using Values = std::array<wasm::RawValue, wasm::HostFunction::kMaxParams>;

constexpr int kMostCalls = 100;  // of one guest

// Where things lie in the guest's memory.
constexpr abi::Ptr kOut = 512;
constexpr abi::Ptr kBuffers = 1024;
constexpr abi::Ptr kSubscriptions = 2048;
constexpr abi::Ptr kEvents = 4096;
constexpr abi::Ptr kFirstText = 8192;
constexpr abi::Ptr kData = 32768;
constexpr abi::Ptr kEnd = Memory::kSize;

constexpr std::array<std::uint64_t, 24> kHostile = {0,
                                                    1,
                                                    3,
                                                    7,
                                                    16,
                                                    255,
                                                    511,
                                                    1024,
                                                    1025,
                                                    4096,
                                                    kEnd - 8,
                                                    kEnd - 1,
                                                    kEnd,
                                                    kEnd + 1,
                                                    0x7FFFFFFF,
                                                    0x80000000,
                                                    0xFFFFFFF8,
                                                    0xFFFFFFFF,
                                                    0x100000000,
                                                    1ULL << 40U,
                                                    0x7FFFFFFFFFFFFFFF,
                                                    0x8000000000000000,
                                                    0xFFFFFFFFFFFFFFF0,
                                                    ~0ULL};

Nanos monotonic() {
  return SystemClock().monotonic();
}

// The Guest class makes up the arguments of one call after the other.
class Guest {
 public:
  Guest(vfs::Choices& choices, const Memory& memory)
      : choices_(choices), generator_(choices), memory_(memory.view()) {}

  vfs::Step step() { return generator_.step(); }
  // The arguments of a function with these kinds of parameters, as likely ones for `step`.
  Values arguments(std::string_view kinds, const vfs::Step& step);
  // Replaces one of them by something else.
  void spoil(Values& values, std::size_t count) { values[choices_.below(count)].i64 = hostile(); }

 private:
  std::int64_t hostile() {
    return static_cast<std::int64_t>(kHostile[choices_.below(kHostile.size())]);
  }
  void add(std::uint64_t value) { values_[count_++].i64 = static_cast<std::int64_t>(value); }
  void add_text(const std::string& text);
  void add_buffers(const vfs::Step& step);
  void add_subscriptions(const vfs::Step& step);
  void add_flags(char kind, const vfs::Step& step);
  void add(char kind, const vfs::Step& step);

  vfs::Choices& choices_;
  vfs::Generator generator_;
  wasm::GuestMemory memory_;
  Values values_{};
  std::size_t count_ = 0;
  bool second_ = false;  // whether the next path is the step's second
  abi::Ptr next_text_ = kFirstText;
};

void Guest::add_text(const std::string& text) {
  if (next_text_ + text.size() > kData) next_text_ = kFirstText;
  const auto place = memory_.bytes(next_text_, text.size());
  if (!text.empty()) std::memcpy(place.data(), text.data(), text.size());
  add(next_text_);
  add(text.size());
  next_text_ += static_cast<abi::Ptr>(text.size());
}

void Guest::add_buffers(const vfs::Step& step) {
  const std::uint64_t count = choices_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    abi::Iovec buffer{kData + static_cast<abi::Ptr>(step.number),
                      static_cast<abi::Size>(choices_.below(64))};
    if (choices_.one_in(16)) buffer.buf = static_cast<abi::Ptr>(hostile());
    if (choices_.one_in(16)) buffer.len = static_cast<abi::Size>(hostile());
    memory_.store(kBuffers + static_cast<abi::Ptr>(i * sizeof buffer), buffer);
  }
  add(kBuffers);
  add(count);
}

void Guest::add_subscriptions(const vfs::Step& step) {
  const std::uint64_t count = choices_.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    abi::Subscription subscription{};
    subscription.userdata = i;
    subscription.tag = static_cast<std::uint8_t>(choices_.below(4));
    subscription.clock_or_fd = static_cast<std::uint32_t>(choices_.below(8));
    subscription.timeout = choices_.one_in(2) ? step.number : static_cast<std::uint64_t>(hostile());
    subscription.flags = static_cast<std::uint16_t>(choices_.below(3));
    memory_.store(kSubscriptions + static_cast<abi::Ptr>(i * sizeof subscription), subscription);
  }
  add(kSubscriptions);
  add(kEvents);
  add(count);
}

void Guest::add_flags(char kind, const vfs::Step& step) {
  const vfs::OpenOptions& o = step.options;
  switch (kind) {
    case 'l':
      return add(o.follow ? abi::kLookupFollow : 0);
    case 'O':
      return add((o.create ? abi::kOpenCreate : 0U) | (o.directory ? abi::kOpenDirectory : 0U) |
                 (o.exclusive ? abi::kOpenExclusive : 0U) | (o.truncate ? abi::kOpenTruncate : 0U));
    case 'r':
      return add((o.read ? abi::kRightFdRead : 0) | (o.write ? abi::kRightFdWrite : 0));
    default:
      return add(choices_.one_in(4) ? choices_.below(64) : choices_.below(2));
  }
}

void Guest::add(char kind, const vfs::Step& step) {
  switch (kind) {
    // The three directories come after the streams, and then what was opened.
    case 'd':
      return add(choices_.one_in(2) ? 3 + choices_.below(3) : choices_.below(12));
    case 'h':
      return add(choices_.one_in(4) ? choices_.below(12) : 6 + choices_.below(4));
    case 'p':
      add_text(second_ ? step.second : step.path);
      second_ = !second_;
      return;
    case 'o':
      return add(kOut + 64 * choices_.below(2));
    case 'b':
      add(kData);
      return add(choices_.below(1000));
    case 'v':
      return add_buffers(step);
    case 'q':
      return add_subscriptions(step);
    case 'w':
      return add(choices_.one_in(8) ? static_cast<std::uint64_t>(hostile()) : step.number);
    case 'u':
      return add(choices_.below(16));
    default:
      return add_flags(kind, step);
  }
}

Values Guest::arguments(std::string_view kinds, const vfs::Step& step) {
  values_ = {};
  count_ = 0;
  second_ = step.call == vfs::Call::symlink;  // the target comes first
  for (const char kind : kinds)
    add(kind, step);
  return values_;
}

struct Row {
  wasm::HostFunction function;
  std::string_view kinds;
};

// The rows of the table, each with what its parameters mean.
const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> made;
    for (const wasm::HostFunction& function : wasi::import_module().functions) {
      const auto* const known =
          std::find_if(kWasiCalls.begin(), kWasiCalls.end(),
                       [&function](const CallKinds& call) { return call.name == function.name; });
      check(known != kWasiCalls.end() && parameters(known->kinds) == function.param_count,
            "the parameters of every function are known");
      made.push_back({function, known->kinds});
    }
    return made;
  }();
  return all;
}

const Row& row(std::string_view name) {
  return *std::find_if(rows().begin(), rows().end(),
                       [name](const Row& row) { return row.function.name == name; });
}

// Calls `row`. False when the guest has ended.
bool call(Sandbox& sandbox, const Memory& memory, const Row& row, Values values, Nanos deadline) {
  wasm::Budget budget(deadline);
  wasm::HostCall host{memory.view(), budget};
  row.function.invoke(&sandbox.context(), host, values.data());
  if (row.function.has_result) {
    check(to_string(static_cast<Errno>(values[0].i32)) != "errno", "every answer is an errno");
  }
  check(!memory.holds(secret_text()), "the secret stays where it is");
  sandbox.check_outside();
  return row.function.name != "proc_exit";
}

// With nothing to choose from, every argument is the most likely one.
void furnish(Sandbox& sandbox, const Memory& memory) {
  vfs::ByteChoices none({});
  Guest guest(none, memory);
  for (const vfs::Step& step : vfs::Generator::furnish()) {
    const Row& chosen = row(wasi_name(step.call));
    call(sandbox, memory, chosen, guest.arguments(chosen.kinds, step), Nanos{});
  }
}

void live(vfs::ByteChoices& choices, const Memory& memory) {
  Sandbox sandbox(static_cast<Store>(choices.below(3)));
  furnish(sandbox, memory);
  Guest guest(choices, memory);
  const std::size_t before = open_descriptors();
  for (int i = 0; i < kMostCalls && !choices.exhausted(); ++i) {
    const vfs::Step step = guest.step();
    const bool any = choices.one_in(2);
    const Row& chosen = any ? rows()[choices.below(rows().size())] : row(wasi_name(step.call));
    Values values = guest.arguments(chosen.kinds, step);
    const std::size_t count = chosen.function.param_count;
    if (count > 0 && choices.one_in(4)) guest.spoil(values, count);
    // Whatever waits is told soon that its time is up, or before it begins.
    const Nanos deadline =
        choices.one_in(2) ? Nanos{} : monotonic() + std::chrono::microseconds(300);
    if (!call(sandbox, memory, chosen, values, deadline)) sandbox.restart();
  }
  // A descriptor of the host for each of the guest's, and one more where a directory is being read.
  check(open_descriptors() <= before + 2 * Sandbox::kMaxOpenFiles + 8,
        "a guest has no more descriptors than it may");
}

// Guests have no quota here, and one that allocates a terabyte would fill the machine's disk for
// all that runs beside it. What is larger answers fbig.
bool limit_files() {
  constexpr rlim_t kMostBytes = 1ULL << 30U;
  const rlimit limit{kMostBytes, kMostBytes};
  ::signal(SIGXFSZ, SIG_IGN);
  return ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon;  // NOLINT(google-build-using-namespace)
  static const bool limited = fuzz::limit_files();
  fuzz::check(limited, "files are limited in size");
  static const fuzz::Memory memory;
  memory.clear();
  vfs::ByteChoices choices({data, size});
  const std::size_t before = fuzz::open_descriptors();
  fuzz::live(choices, memory);
  fuzz::check(fuzz::open_descriptors() == before, "no descriptor is left open");
  return 0;
}
