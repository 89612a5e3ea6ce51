// Escape attempts by a real guest, in a scratch directory with something worth stealing beside it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "base/errno.h"
#include "base/units.h"
#include "cli/doctor.h"
#include "cli/program.h"
#include "vfs/landlock.h"

extern "C" const std::byte midimon_doctor_guest[];
extern "C" const std::byte midimon_doctor_guest_end[];

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSecret = "the secret outside";

// The Stage class is the scratch directory: root/ is the mount, outside/secret must stay as it is.
class Stage {
 public:
  Stage() {
    std::string name = (fs::temp_directory_path() / "midimon-doctor-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return;
    path_ = name;
    std::error_code ignored;
    fs::create_directory(root(), ignored);
    fs::create_directory(path_ / "outside", ignored);
    std::ofstream(secret()) << kSecret;
    std::ofstream(root() / "file") << "inside";
    fs::create_symlink("../outside/secret", root() / "planted_relative", ignored);
    fs::create_symlink(secret(), root() / "planted_absolute", ignored);
    fs::create_symlink("/proc/self/root", root() / "planted_proc", ignored);
    ::mkfifo((root() / "fifo").c_str(), 0600);
  }
  ~Stage() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] bool is_set() const { return fs::exists(secret()); }
  [[nodiscard]] fs::path root() const { return path_ / "root"; }
  [[nodiscard]] fs::path secret() const { return path_ / "outside/secret"; }
  [[nodiscard]] bool outside_is_untouched() const {
    std::error_code error;
    struct stat info {};
    const fs::directory_iterator beside(path_, error);
    const fs::directory_iterator outside(path_ / "outside", error);
    std::ifstream in(secret());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return !error && text == kSecret && std::distance(begin(outside), end(outside)) == 1 &&
           std::distance(begin(beside), end(beside)) == 2 && ::stat(secret().c_str(), &info) == 0 &&
           info.st_mtime > 1;  // the guest tries to set 1 ns
  }

 private:
  fs::path path_;
};

// What became of one run of the guest.
struct Ran {
  wasm::Stop stop;
  std::string out;
  std::uint64_t memory_refused_bytes = 0;
};

Result<Ran> run_guest(const Stage& stage, const std::vector<std::string>& args,
                      const ProgramLimits& limits, vfs::ResolverKind resolver) {
  const auto size = static_cast<std::size_t>(midimon_doctor_guest_end - midimon_doctor_guest);
  auto program = Program::load({midimon_doctor_guest, size}, limits);
  if (!program) return tl::unexpected(program.error());
  if (auto mounted = program->mount({{stage.root().string(), "/", false}}, resolver); !mounted) {
    return tl::unexpected(mounted.error());
  }
  wasi::CapturedOutput out(64UL * 1024);
  ProgramStart start;
  start.args = {"doctor"};
  start.args.insert(start.args.end(), args.begin(), args.end());
  start.output = &out;
  const wasm::CancelSource cancel;
  auto stop = program->run(start, cancel);
  if (!stop) return tl::unexpected(stop.error());
  return Ran{std::move(*stop), out.take(), program->memory_refused_bytes()};
}

constexpr std::uint64_t kMemory = 16ULL * 1024 * 1024;

ProgramLimits timed(std::chrono::milliseconds time) {
  ProgramLimits limits;
  limits.timeout = time;
  limits.memory = kMemory;
  return limits;
}

// "NAME ERRNO" as the guest prints it.
void add_attempts(std::vector<Check>& checks, const std::string& prefix, const std::string& out) {
  std::istringstream lines(out);
  std::string name;
  unsigned number = 0;
  while (lines >> name >> number) {
    const std::string_view refusal = to_string(static_cast<Errno>(number));
    if (number != 0) {
      checks.push_back({prefix + name, CheckState::good, fmt::format("refused ({})", refusal)});
    } else {
      checks.push_back({prefix + name, CheckState::problem, "it worked",
                        "do not run plugins you do not trust here, and report this"});
    }
  }
}

Check failed(std::string name, const std::string& why) {
  return {std::move(name), CheckState::problem, why, "report this with what is above"};
}

void try_to_escape(std::vector<Check>& checks, const char* resolver_name,
                   vfs::ResolverKind resolver) {
  const std::string prefix = fmt::format("{}: ", resolver_name);
  const Stage stage;
  if (!stage.is_set()) {
    checks.push_back(failed(prefix + "stage", "no scratch directory could be made; set TMPDIR"));
    return;
  }
  const std::size_t before = checks.size();
  const auto ran = run_guest(stage, {"escape", stage.secret().string()},
                             timed(std::chrono::seconds(10)), resolver);
  if (!ran) {
    checks.push_back(failed(prefix + "guest", ran.error().message));
    return;
  }
  add_attempts(checks, prefix, ran->out);
  constexpr std::size_t kAttempts = 24;  // as doctor_guest.c makes
  if (checks.size() - before != kAttempts || !ran->stop.returned()) {
    checks.push_back(failed(prefix + "guest",
                            fmt::format("it made {} of {} attempts. {}", checks.size() - before,
                                        kAttempts, ran->stop.message)));
  }
  const bool untouched = stage.outside_is_untouched();
  checks.push_back({prefix + "outside", untouched ? CheckState::good : CheckState::problem,
                    untouched ? "as it was" : "something was changed outside the mount",
                    untouched ? "" : "do not run plugins you do not trust here, and report this"});
}

// A limit: `wanted` must be what stops the guest.
Check try_limit(const Stage& stage, const char* name, const char* scenario,
                const ProgramLimits& limits, wasm::StopReason wanted, const char* saw) {
  const auto ran = run_guest(stage, {scenario}, limits, vfs::ResolverKind::openat2);
  if (!ran) return failed(name, ran.error().message);
  if (ran->stop.reason == wanted) return {name, CheckState::good, saw};
  return failed(name, "the limit did not hold. " + ran->stop.message);
}

// Whether the kernel refuses what our code did not: a plain open() on a thread that is held to the
// mount.
Check try_second_fence(const Stage& stage) {
  const char* const name = "Landlock alone: open outside";
  const UniqueFd root(::open(stage.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto ruleset = vfs::LandlockRuleset::create();
  if (!ruleset && ruleset.error().code == ErrorCode::unsupported) {
    return {name, CheckState::note, "not tried: " + ruleset.error().message};
  }
  if (ruleset) (void)ruleset->allow(root.get(), false);
  bool opened_outside = true;
  bool opened_inside = false;
  std::thread([&] {
    const auto confined = vfs::confine_thread(ruleset);
    if (!confined) return;
    opened_outside = UniqueFd(::open(stage.secret().c_str(), O_RDONLY | O_CLOEXEC)).valid();
    opened_inside = UniqueFd(::open((stage.root() / "file").c_str(), O_RDONLY | O_CLOEXEC)).valid();
  }).join();
  if (!opened_outside && opened_inside) return {name, CheckState::good, "refused by the kernel"};
  return failed(name, opened_outside ? "it worked" : "the mount itself could not be read");
}

void try_limits(std::vector<Check>& checks) {
  using std::chrono::milliseconds;
  const Stage stage;
  checks.push_back(try_limit(stage, "endless loop, time", "loop", timed(milliseconds(100)),
                             wasm::StopReason::deadline, "stopped at its deadline"));
  ProgramLimits fueled = timed(milliseconds(10'000));
  fueled.fuel = 1'000'000;
  checks.push_back(try_limit(stage, "endless loop, fuel", "loop", fueled, wasm::StopReason::fuel,
                             "stopped when its fuel was used up"));
  checks.push_back(try_limit(stage, "sleep of 100 years", "sleep", timed(milliseconds(100)),
                             wasm::StopReason::deadline, "woken and stopped at its deadline"));
  checks.push_back(try_limit(stage, "all the memory there is", "memory",
                             timed(milliseconds(10'000)), wasm::StopReason::memory,
                             "refused beyond its limit"));
  for (const char* scenario : {"files", "environment"}) {
    const auto ran =
        run_guest(stage, {scenario}, timed(milliseconds(10'000)), vfs::ResolverKind::openat2);
    if (!ran || ran->out.empty()) {
      checks.push_back(failed(scenario, ran ? ran->stop.message : ran.error().message));
    } else {
      add_attempts(checks, "", ran->out);
    }
  }
  checks.push_back(try_second_fence(stage));
}

}  // namespace

std::vector<Check> try_sandbox() {
  std::vector<Check> checks;
  if (vfs::openat2_works()) try_to_escape(checks, "openat2", vfs::ResolverKind::openat2);
  try_to_escape(checks, "walker", vfs::ResolverKind::walker);
  try_limits(checks);
  return checks;
}

}  // namespace midimon::cli
