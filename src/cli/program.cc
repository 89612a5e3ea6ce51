#include "cli/program.h"

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "plugins/outcome_text.h"
#include "plugins/storage.h"
#include "plugins/validate.h"
#include "vfs/landlock.h"
#include "wasi/table.h"

namespace midimon::cli {
namespace {

constexpr std::size_t kMaxOpenFiles = 512;  // half of the usual limit of a process

// Gives this thread a descriptor table of its own. While threads share one the kernel counts a
// reference in every call on a descriptor, which costs a guest 45 ns on each. What the guest opens
// is opened and closed on this thread; where the kernel refuses, nothing is lost but the time.
void unshare_descriptors() {
  ::syscall(SYS_close_range, ~0U, ~0U, CLOSE_RANGE_UNSHARE);  // closes nothing
}

Result<void> check_start(const wasm::Module& module) {
  const wasm::Export* start = module.find_export("_start");
  if (start != nullptr && start->kind == wasm::ExternKind::function &&
      start->function == wasm::FunctionType{}) {
    return {};
  }
  return fail(ErrorCode::invalid,
              module.find_export("execute") != nullptr
                  ? "This is a plugin and not a program: it exports no `_start`. Run it with "
                    "`midimon plugin run`."
                  : "This is no program: it exports no function `_start`. Build it as a "
                    "command for wasm32-wasip1.");
}

}  // namespace

Result<Program> Program::load(std::span<const std::byte> wasm, const ProgramLimits& limits,
                              const CodeCache& cache) {
  Program program(limits);
  if (auto linked = program.link(wasm, cache); !linked) return tl::unexpected(linked.error());
  return program;
}

Result<void> Program::link(std::span<const std::byte> wasm, const CodeCache& cache) {
  WasmConfig config;
  config.max_module_bytes = kMaxModuleBytes;
  if (auto checked = plugins::check_bytes(wasm, config); !checked) return checked;
  wasm::EngineOptions options;
  options.fuel = limits_.fuel.has_value();
  options.pooling = false;  // one instance does not pay for a pool
  options.max_stack_bytes = 1024UL * 1024;
  engine_ = wasm::Engine::create(options);
  const auto module = cache.cache != nullptr ? cache.cache->compile(*engine_, wasm, cache.hash)
                                             : wasm::Module::compile(*engine_, wasm);
  if (!module) return tl::unexpected(module.error());
  const wasm::ImportModule modules[] = {wasi::import_module()};
  linker_ = std::make_unique<wasm::Linker>(*engine_, modules);
  if (auto checked = check_start(*module); !checked) return checked;
  if (auto checked = plugins::check_imports(*module, *linker_); !checked) return checked;
  auto program = wasm::Program::link(*linker_, *module);
  if (!program) return tl::unexpected(program.error());
  program_.emplace(std::move(*program));
  return {};
}

Result<void> Program::mount(const std::vector<vfs::MountRequest>& requests,
                            vfs::ResolverKind resolver) {
  vfs::DiskOptions options;
  options.resolver = resolver;
  if (limits_.storage) {
    vfs::QuotaOptions quota;
    quota.allowed = *limits_.storage;
    if (audit_) {
      plugins::report_quota(quota, std::make_shared<const vfs::AuditSource>(*audit_));
    }
    mounts_.limit(std::make_shared<vfs::Ledger>(std::move(quota)));
  }
  if (audit_) mounts_.audit(*audit_);
  for (const vfs::MountRequest& request : requests) {
    if (auto added = mounts_.add(request, options); !added) return added;
  }
  for (const vfs::Mount& mount : mounts_.mounts()) {
    preopens_.push_back({mount.guest, mount.directory.get()});
  }
  return {};
}

Result<wasm::Stop> Program::run(const ProgramStart& start, const wasm::CancelSource& cancel) {
  Result<wasm::Stop> result = fail(ErrorCode::internal, "The guest was not run.");
  std::thread([&] { result = run_here(start, cancel); }).join();
  return result;
}

Result<wasm::Stop> Program::run_here(const ProgramStart& start, const wasm::CancelSource& cancel) {
  unshare_descriptors();
  if (const auto confined = vfs::confine_thread(mounts_.landlock_ruleset()); !confined) {
    return tl::unexpected(confined.error());
  }
  const SystemClock clock;
  const Nanos began = clock.monotonic();
  audit::Event end;
  wasm::Stop stop = call_guest(start, cancel, end);
  if (!audit_) return stop;
  const Outcome outcome = plugins::explain(stop, {}, memory_refused_bytes_).outcome;
  end.kind = audit::EventKind::end;
  end.plugin = audit_->plugin;
  end.detail = to_string(outcome);
  end.duration = static_cast<std::uint64_t>((clock.monotonic() - began).count());
  end.bytes_read = vfs::transferred_by_this_thread().read;
  end.bytes_written = vfs::transferred_by_this_thread().written;
  audit_->sink->record(end);
  return stop;
}

// When it is back the guest's files are closed; `end` has the numbers that are gone with it.
wasm::Stop Program::call_guest(const ProgramStart& start, const wasm::CancelSource& cancel,
                               audit::Event& end) {
  const SystemClock clock;
  wasi::ContextOptions options;
  options.args = start.args;
  options.env = start.env;
  options.preopens = &preopens_;
  options.input = start.input;
  options.output = start.output;
  options.error = start.error;
  options.clock = &clock;
  options.max_open_files = kMaxOpenFiles;
  wasi::Context context(std::move(options));
  wasm::Instance instance(*engine_, *program_, {limits_.memory, UINT64_MAX}, {&context});

  const Nanos now = clock.monotonic();
  const Nanos rest = Nanos::max() - now;
  wasm::CallLimits limits;
  limits.fuel = limits_.fuel.value_or(UINT64_MAX);
  limits.deadline = now + std::min(limits_.timeout.value_or(rest), rest);
  limits.cancel = &cancel;
  instance.begin(limits);
  if (instance.start()) {
    if (const auto function = instance.function("_start")) instance.call(*function, {});
  }
  wasm::Stop stop = instance.end();
  memory_refused_bytes_ = instance.memory_refused_bytes();
  if (limits_.fuel) end.fuel = *limits_.fuel - instance.fuel_left();
  end.memory_peak = instance.memory_peak_bytes();
  return stop;
}

}  // namespace midimon::cli
