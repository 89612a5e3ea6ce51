// midimon exec: runs any WASI command module in the sandbox.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/file_log.h"
#include "audit/hash.h"
#include "audit/recorder.h"
#include "base/places.h"
#include "base/unique_fd.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/program.h"
#include "plugins/read_module.h"
#include "wasm/aot_cache.h"

namespace midimon::cli {
namespace {

struct Options {
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  std::string fuel;
  std::string timeout;
  std::string memory = "128MiB";
  std::string quota;
  std::string entries;
  std::string audit;
  std::vector<std::string> command;  // the module and its arguments
};

// The options, read.
struct Plan {
  std::vector<vfs::MountRequest> mounts;
  ProgramLimits limits;
};

// A whole number from 1 on; `what` ends the sentence "--fuel takes ...".
Result<std::uint64_t> parse_count(const char* option, const std::string& text, const char* what) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] == '-' || *end != '\0' || errno != 0 || value == 0) {
    return fail(ErrorCode::invalid,
                fmt::format("{} takes a whole number from 1 on, {}.", option, what));
  }
  return value;
}

Result<vfs::QuotaUsage> read_quota(const Options& options) {
  vfs::QuotaUsage storage{UINT64_MAX, UINT64_MAX};
  if (!options.quota.empty()) {
    const auto bytes = parse_bytes(options.quota);
    if (!bytes) return fail(ErrorCode::invalid, "--quota: " + bytes.error().message);
    storage.bytes = *bytes;
  }
  if (!options.entries.empty()) {
    const auto entries =
        parse_count("--entries", options.entries, "of files, directories and links");
    if (!entries) return tl::unexpected(entries.error());
    storage.entries = *entries;
  }
  return storage;
}

Result<Plan> read_options(const Options& options) {
  Plan plan;
  for (const std::string& text : options.dirs) {
    const auto mount = vfs::parse_mount(text);
    if (!mount) return tl::unexpected(mount.error());
    plan.mounts.push_back(*mount);
  }
  for (const std::string& text : options.env) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorCode::invalid, "--env takes NAME=VALUE, and \"" + text + "\" is not that.");
    }
  }
  if (!options.fuel.empty()) {
    const auto fuel = parse_count("--fuel", options.fuel, "about one unit for each instruction");
    if (!fuel) return tl::unexpected(fuel.error());
    plan.limits.fuel = *fuel;
  }
  if (!options.quota.empty() || !options.entries.empty()) {
    auto storage = read_quota(options);
    if (!storage) return tl::unexpected(storage.error());
    plan.limits.storage = *storage;
  }
  if (!options.timeout.empty()) {
    const auto timeout = parse_duration(options.timeout);
    if (!timeout) return fail(ErrorCode::invalid, "--timeout: " + timeout.error().message);
    plan.limits.timeout = *timeout;
  }
  const auto memory = parse_bytes(options.memory);
  if (!memory) return fail(ErrorCode::invalid, "--memory: " + memory.error().message);
  plan.limits.memory = *memory;
  return plan;
}

// Says on stderr why the guest did not come to its end, and answers the exit status.
int report(const wasm::Stop& stop, const ProgramLimits& limits, std::uint64_t refused_bytes) {
  switch (stop.reason) {
    case wasm::StopReason::returned:
      return kOk;
    case wasm::StopReason::exited:
      return stop.exit_code;
    case wasm::StopReason::fuel:
      print_error(
          fmt::format("the guest used up its {} units of fuel (--fuel)", limits.fuel.value_or(0)));
      return kOutOfFuel;
    case wasm::StopReason::deadline:
      print_error(fmt::format("the guest ran longer than {} (--timeout)",
                              format_duration(limits.timeout.value_or(Nanos{}))));
      return kTimedOut;
    case wasm::StopReason::memory:
      print_error(
          fmt::format("the guest asked for {} of memory, may have {} (--memory), and gave "
                      "up: {}",
                      format_bytes(refused_bytes), format_bytes(limits.memory), stop.message));
      return kTrapped;
    case wasm::StopReason::cancelled:
      return kInterrupted;
    case wasm::StopReason::trapped:
    case wasm::StopReason::unavailable:
      break;
  }
  print_error(fmt::format("the guest was stopped: {}", stop.message));
  return kTrapped;
}

// Makes the file that --audit names. The guest must not reach it: it would change what is told of
// it.
Result<UniqueFd> make_audit_file(const std::string& file, const Plan& plan) {
  const std::filesystem::path path(file);
  const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
  const UniqueFd directory(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return fail(ErrorCode::not_found,
                fmt::format("--audit: there is no directory {} to make the file in; create it "
                            "first: mkdir -p '{}'",
                            parent, parent));
  }
  if (const auto* mount = vfs::find_mount_over(plan.mounts, directory.get())) {
    return fail(ErrorCode::invalid,
                fmt::format("--audit: {} lies in {}, which the guest sees as {} and could change "
                            "it in; name a file outside",
                            file, mount->host, mount->guest));
  }
  UniqueFd fd(::openat(directory.get(), path.filename().c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (fd.valid()) return fd;
  return fail(ErrorCode::invalid,
              errno == EEXIST
                  ? fmt::format("--audit: {} is there already, and a file tells of one run; name "
                                "another, or remove it",
                                file)
                  : fmt::format("--audit: {} cannot be made: {}", file, std::strerror(errno)));
}

// What is told of the run, where the user wants to know.
struct Audit {
  SystemClock clock;
  std::optional<Error> trouble;               // set once the recorder is gone
  std::unique_ptr<audit::Recorder> recorder;  // null: nobody wants to know

  Result<void> begin(const Options& options, const Plan& plan) {
    auto fd = make_audit_file(options.audit, plan);
    if (!fd) return tl::unexpected(fd.error());
    auto log = std::make_unique<audit::FileLog>(std::move(*fd), options.audit, trouble);
    recorder = std::make_unique<audit::Recorder>(std::move(log), audit::RecorderOptions{}, clock);
    return {};
  }
  // Whether all is written.
  bool end() {
    recorder.reset();
    if (trouble) print_error("--audit: " + trouble->message);
    return !trouble;
  }
};

// Where there is no home there is no cache, and that is no reason not to run. Of what it says, only
// what is wrong is for who runs a program.
std::unique_ptr<wasm::AotCache> open_aot_cache() {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return nullptr;
  auto options =
      wasm::aot_options(*places, process_environment(), [](LogLevel level, std::string_view text) {
        if (level >= LogLevel::warning) print_error(text);
      });
  return options ? std::make_unique<wasm::AotCache>(std::move(*options)) : nullptr;
}

// The program, its directories mounted; `audit` is begun if the user wants it.
Result<Program> load(const Plan& plan, const Options& options, Audit& audit) {
  const std::string& path = options.command[0];
  const auto bytes = plugins::read_module(path.c_str(), Program::kMaxModuleBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const audit::Hash sha256 = audit::sha256(*bytes);
  const auto cache = open_aot_cache();
  auto program = Program::load(*bytes, plan.limits, {cache.get(), sha256});
  if (!program) return fail(program.error().code, path + ": " + program.error().message);
  if (!options.audit.empty()) {
    if (auto begun = audit.begin(options, plan); !begun) return tl::unexpected(begun.error());
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string hash = audit::to_hex(sha256);
    audit::Event loaded;
    loaded.kind = audit::EventKind::load;
    loaded.plugin = name;
    loaded.detail = hash;
    audit.recorder->record(loaded);
    program->audit({audit.recorder.get(), name, "", ""});
  }
  const auto resolver = vfs::choose_resolver(std::getenv("MIDIMON_RESOLVER"), vfs::openat2_works());
  if (auto mounted = program->mount(plan.mounts, resolver); !mounted) {
    if (audit.recorder != nullptr) ::unlink(options.audit.c_str());  // it tells of no run
    return tl::unexpected(mounted.error());
  }
  return program;
}

int run(Program& program, const Plan& plan, const Options& options, Interrupt& interrupt) {
  wasi::HostInput in(STDIN_FILENO);
  wasi::HostOutput out(STDOUT_FILENO);
  wasi::HostOutput err(STDERR_FILENO);
  const wasm::CancelSource cancel;
  const OnInterrupt on_interrupt(interrupt, [&] {
    cancel.cancel();
    program.tick();
  });
  const Result<wasm::Stop> stop =
      program.run({options.command, options.env, &in, &out, &err}, cancel);
  if (!stop) {
    print_error(stop.error().message);
    return kFailed;
  }
  return report(*stop, plan.limits, program.memory_refused_bytes());
}

int execute(const Options& options) {
  if (options.command.empty() || options.command[0].starts_with('-')) {
    print_error(options.command.empty()
                    ? "exec needs a module: midimon exec [OPTIONS] MODULE.wasm [ARG...]"
                    : fmt::format("exec has no option {}; options come before the module, and "
                                  "`midimon exec --help` lists them",
                                  options.command[0]));
    return kUsage;
  }
  const Result<Plan> plan = read_options(options);
  if (!plan) {
    print_error(plan.error().message);
    return kUsage;
  }
  Interrupt interrupt;
  Audit audit;
  int status = kUsage;
  {
    Result<Program> program = load(*plan, options, audit);
    if (program) {
      status = run(*program, *plan, options, interrupt);
    } else {
      print_error(program.error().message);
    }
  }  // its directories are gone before the recorder that they tell
  if (!audit.end() && status == kOk) status = kFailed;
  return status;
}

}  // namespace

void add_exec(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* exec = app.add_subcommand(
      "exec",
      "Run any WASI program in the sandbox: midimon exec [OPTIONS] MODULE.wasm [ARG...]\n"
      "stdin, stdout and stderr pass through; it sees no file, variable or argument that is not "
      "given here. Options come before the module, everything after it belongs to the program.\n"
      "Exit status: the program's own; 2 usage or file not found, 124 time limit, 125 out of fuel, "
      "130 interrupted, 134 stopped by a trap.");
  exec->add_option("--dir", options->dirs,
                   "HOST::GUEST[:ro]: show the directory HOST as GUEST, which is an absolute path "
                   "(/ is the root); with :ro nothing in it can be changed")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  exec->add_option("--env", options->env, "NAME=VALUE: an environment variable")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  exec->add_option("--fuel", options->fuel,
                   "Stop after so many units, about one for each instruction (default: no limit)");
  exec->add_option("--timeout", options->timeout,
                   "Stop after this time, as in 5s or 500ms (default: no limit)");
  exec->add_option("--memory", options->memory, "The most memory it may have")
      ->capture_default_str();
  exec->add_option("--quota", options->quota,
                   "The most that all writable directories together may hold, as in 64MiB: files "
                   "rounded up to 4 KiB, and 512 bytes for each name (default: no limit)");
  exec->add_option("--entries", options->entries,
                   "The most names in them: files, directories and links (default: no limit)");
  exec->add_option("--audit", options->audit,
                   "Write what it does with files to this new file, as records that `midimon audit "
                   "verify FILE` can check; 1 instead of 0 is the status if that fails");
  exec->prefix_command();
  exec->callback([exec, options, &status] {
    options->command = exec->remaining();
    status = execute(*options);
  });
}

}  // namespace midimon::cli
