// midimon exec: runs any WASI command module in the sandbox.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/program.h"
#include "plugins/read_module.h"

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

Result<Program> load(const Plan& plan, const std::string& path) {
  const auto bytes = plugins::read_module(path.c_str(), Program::kMaxModuleBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto program = Program::load(*bytes, plan.limits);
  if (!program) return fail(program.error().code, path + ": " + program.error().message);
  const auto resolver = vfs::choose_resolver(std::getenv("MIDIMON_RESOLVER"), vfs::openat2_works());
  if (auto mounted = program->mount(plan.mounts, resolver); !mounted) {
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
  Result<Program> program = load(*plan, options.command[0]);
  if (!program) {
    print_error(program.error().message);
    return kUsage;
  }
  return run(*program, *plan, options, interrupt);
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
  exec->prefix_command();
  exec->callback([exec, options, &status] {
    options->command = exec->remaining();
    status = execute(*options);
  });
}

}  // namespace midimon::cli
