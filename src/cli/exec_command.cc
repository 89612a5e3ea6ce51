// midimon exec: runs any WASI command module in the sandbox.
#include <fmt/format.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "plugins/read_module.h"
#include "plugins/validate.h"
#include "vfs/mount_table.h"
#include "wasi/context.h"
#include "wasi/table.h"
#include "wasm/instance.h"

namespace midimon::cli {
namespace {

constexpr std::uint64_t kMaxModuleBytes = 1ULL << 30;
constexpr std::size_t kMaxOpenFiles = 512;  // half of the usual limit of a process

struct Options {
  std::vector<std::string> dirs;
  std::vector<std::string> env;
  std::string fuel;
  std::string timeout;
  std::string memory = "128MiB";
  std::vector<std::string> command;  // the module and its arguments
};

// The options, read.
struct Plan {
  std::vector<vfs::MountRequest> mounts;
  std::optional<std::uint64_t> fuel;
  std::optional<Nanos> timeout;
  std::uint64_t memory = 0;
};

Result<std::uint64_t> parse_fuel(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] == '-' || *end != '\0' || errno != 0 || value == 0) {
    return fail(ErrorCode::invalid,
                "--fuel takes a whole number from 1 on, about one unit for each instruction.");
  }
  return value;
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
    const auto fuel = parse_fuel(options.fuel);
    if (!fuel) return tl::unexpected(fuel.error());
    plan.fuel = *fuel;
  }
  if (!options.timeout.empty()) {
    const auto timeout = parse_duration(options.timeout);
    if (!timeout) return fail(ErrorCode::invalid, "--timeout: " + timeout.error().message);
    plan.timeout = *timeout;
  }
  const auto memory = parse_bytes(options.memory);
  if (!memory) return fail(ErrorCode::invalid, "--memory: " + memory.error().message);
  plan.memory = *memory;
  return plan;
}

// Everything an instance needs, alive as long as it runs.
struct Guest {
  std::unique_ptr<wasm::Engine> engine;
  std::unique_ptr<wasm::Linker> linker;
  std::optional<wasm::Program> program;
  vfs::MountTable mounts;
  std::vector<wasi::Preopen> preopens;
};

Result<void> open_mounts(Guest& guest, const Plan& plan) {
  vfs::DiskOptions options;
  options.resolver = vfs::choose_resolver(std::getenv("MIDIMON_RESOLVER"), vfs::openat2_works());
  for (const vfs::MountRequest& request : plan.mounts) {
    if (auto added = guest.mounts.add(request, options); !added) return added;
  }
  for (const vfs::Mount& mount : guest.mounts.mounts()) {
    guest.preopens.push_back({mount.guest, mount.directory.get()});
  }
  return {};
}

Result<void> load(Guest& guest, const Plan& plan, const std::string& path) {
  const auto bytes = plugins::read_module(path.c_str(), kMaxModuleBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto problem = [&](const Error& error) {
    return fail(error.code, path + ": " + error.message);
  };
  WasmConfig config;
  config.max_module_bytes = kMaxModuleBytes;
  if (auto checked = plugins::check_bytes(*bytes, config); !checked)
    return problem(checked.error());
  wasm::EngineOptions engine;
  engine.fuel = plan.fuel.has_value();
  engine.pooling = false;  // one instance does not pay for a pool
  engine.max_stack_bytes = 1024UL * 1024;
  guest.engine = wasm::Engine::create(engine);
  auto module = wasm::Module::compile(*guest.engine, *bytes);
  if (!module) {
    return problem(
        {ErrorCode::invalid, "The module is not valid WebAssembly: " + module.error().message +
                                 ". Rebuild it; the file may also be damaged."});
  }
  const wasm::ImportModule modules[] = {wasi::import_module()};
  guest.linker = std::make_unique<wasm::Linker>(*guest.engine, modules);
  const wasm::Export* start = module->find_export("_start");
  if (start == nullptr || start->kind != wasm::ExternKind::function ||
      start->function != wasm::FunctionType{}) {
    return problem({ErrorCode::invalid,
                    module->find_export("execute") != nullptr
                        ? "This is a plugin and not a program: it exports no `_start`. Run it with "
                          "`midimon plugin run`."
                        : "This is no program: it exports no function `_start`. Build it as a "
                          "command for wasm32-wasip1."});
  }
  if (auto checked = plugins::check_imports(*module, *guest.linker); !checked) {
    return problem(checked.error());
  }
  auto program = wasm::Program::link(*guest.linker, *module);
  if (!program) return problem(program.error());
  guest.program.emplace(std::move(*program));
  return open_mounts(guest, plan);
}

// Says on stderr why the guest did not come to its end, and answers the exit status.
int report(const wasm::Stop& stop, const Plan& plan, std::uint64_t refused_bytes) {
  switch (stop.reason) {
    case wasm::StopReason::returned:
      return kOk;
    case wasm::StopReason::exited:
      return stop.exit_code;
    case wasm::StopReason::fuel:
      print_error(
          fmt::format("the guest used up its {} units of fuel (--fuel)", plan.fuel.value_or(0)));
      return kOutOfFuel;
    case wasm::StopReason::deadline:
      print_error(fmt::format("the guest ran longer than {} (--timeout)",
                              format_duration(plan.timeout.value_or(Nanos{}))));
      return kTimedOut;
    case wasm::StopReason::memory:
      print_error(
          fmt::format("the guest asked for {} of memory, may have {} (--memory), and gave "
                      "up: {}",
                      format_bytes(refused_bytes), format_bytes(plan.memory), stop.message));
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

// Gives this thread a descriptor table of its own. While threads share one the kernel counts a
// reference in every call on a descriptor, which costs a guest 45 ns on each. The other threads use
// none of what is opened from here on; where the kernel refuses, nothing is lost but the time.
void unshare_descriptors() {
  ::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE);  // closes nothing
}

// Runs the guest to its end, on a thread of its own: what confines a thread stays, and the program
// has things to do afterwards.
Result<wasm::Stop> run_confined(wasm::Instance& instance, const wasm::CallLimits& limits,
                                const vfs::MountTable& mounts) {
  Result<wasm::Stop> result = fail(ErrorCode::internal, "the guest was not run");
  std::thread([&] {
    unshare_descriptors();
    if (const auto confined = vfs::confine_thread(mounts.landlock_ruleset()); !confined) {
      result = tl::unexpected(confined.error());
      return;
    }
    instance.begin(limits);
    if (instance.start()) {
      if (const auto start = instance.function("_start")) instance.call(*start, {});
    }
    result = instance.end();
  }).join();
  return result;
}

int run(Guest& guest, const Plan& plan, const Options& options, Interrupt& interrupt) {
  const SystemClock clock;
  const wasm::CancelSource cancel;
  wasi::HostInput in(STDIN_FILENO);
  wasi::HostOutput out(STDOUT_FILENO);
  wasi::HostOutput err(STDERR_FILENO);
  wasi::ContextOptions wasi_options;
  wasi_options.args = options.command;
  wasi_options.env = options.env;
  wasi_options.preopens = &guest.preopens;
  wasi_options.input = &in;
  wasi_options.output = &out;
  wasi_options.error = &err;
  wasi_options.clock = &clock;
  wasi_options.max_open_files = kMaxOpenFiles;
  wasi::Context context(std::move(wasi_options));

  wasm::Instance instance(*guest.engine, *guest.program, {plan.memory, UINT64_MAX}, {&context});
  const OnInterrupt on_interrupt(interrupt, [&] {
    cancel.cancel();
    guest.engine->tick();
  });
  const Nanos now = clock.monotonic();
  const Nanos rest = Nanos::max() - now;
  wasm::CallLimits limits;
  limits.fuel = plan.fuel.value_or(UINT64_MAX);
  limits.deadline = now + std::min(plan.timeout.value_or(rest), rest);
  limits.cancel = &cancel;
  const Result<wasm::Stop> stop = run_confined(instance, limits, guest.mounts);
  if (!stop) {
    print_error(stop.error().message);
    return kFailed;
  }
  return report(*stop, plan, instance.memory_refused_bytes());
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
  Guest guest;
  if (const auto loaded = load(guest, *plan, options.command[0]); !loaded) {
    print_error(loaded.error().message);
    return kUsage;
  }
  return run(guest, *plan, options, interrupt);
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
  exec->prefix_command();
  exec->callback([exec, options, &status] {
    options->command = exec->remaining();
    status = execute(*options);
  });
}

}  // namespace midimon::cli
