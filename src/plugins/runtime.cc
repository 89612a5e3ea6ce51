#include "plugins/runtime.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "audit/journal.h"
#include "hostapi/table.h"
#include "secrets/open_store.h"
#include "wasi/table.h"

namespace midimon {
namespace {

// Hands log lines to the function that the program gave.
class FunctionLog final : public LogSink {
 public:
  explicit FunctionLog(LogFunction function) : function_(std::move(function)) {}
  void write(LogLevel level, std::string_view source, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    if (function_) function_(static_cast<int>(level), source, text);
  }

 private:
  std::mutex mutex_;
  LogFunction function_;
};

Environment environment_with_home(const std::string& home) {
  if (home.empty()) return process_environment();
  return [home, base = process_environment()](const std::string& name) {
    return name == "MIDIMON_HOME" ? std::optional(home) : base(name);
  };
}

FileEvent to_file_event(const audit::Event& event) {
  return {to_string(event.kind),
          to_string(event.result),
          event.time,
          event.plugin,
          event.version,
          event.mount,
          event.directory,
          event.path,
          event.target_directory,
          event.target,
          event.detail,
          event.size,
          event.bytes_read,
          event.bytes_written,
          event.count};
}

// The recorder that `options` ask for; null if they ask for none. A journal that another process
// writes, or that cannot be trusted, stops nothing but a strict runtime.
Result<std::unique_ptr<audit::Recorder>> make_recorder(const RuntimeOptions& options,
                                                       const Places& places, LogSink& log,
                                                       const Clock& clock) {
  std::unique_ptr<audit::Journal> journal;
  if (options.audit) {
    audit::JournalOptions journal_options;
    journal_options.directory = places.state + "/audit";
    journal_options.file_bytes = options.journal.file_bytes;
    journal_options.file_age = options.journal.file_age;
    journal_options.keep_age = options.journal.keep_age;
    journal_options.keep_bytes = options.journal.keep_bytes;
    journal_options.sync = options.journal.sync;
    auto opened = audit::Journal::open(std::move(journal_options), clock);
    if (opened) {
      journal = std::move(*opened);
    } else if (options.audit_strict) {
      return tl::unexpected(opened.error());
    } else {
      log.write(LogLevel::warning, "audit", "Nothing is recorded: " + opened.error().message);
    }
  }
  if (journal == nullptr && !options.on_file_event) return nullptr;
  audit::RecorderOptions recorder;
  recorder.strict = options.audit_strict;
  if (options.on_file_event) {
    recorder.on_event = [tell = options.on_file_event](const audit::Event& event) {
      tell(to_file_event(event));
    };
  }
  recorder.on_trouble = [&log](const std::optional<Error>& error) {
    log.write(LogLevel::warning, "audit",
              error ? "The journal cannot be written: " + error->message
                    : "The journal is written again.");
  };
  return std::make_unique<audit::Recorder>(std::move(journal), std::move(recorder), clock);
}

// The plugins' way to the network; null where there is none. Like the runner of programs it is made
// here, by a thread that is not confined as those are that run guests.
std::unique_ptr<net::Web> make_web(LogSink& log) {
  auto web = net::Web::create({process_environment()("MIDIMON_CA_FILE").value_or("")});
  if (!web) {
    log.write(LogLevel::warning, "network", web.error().message);
    web = net::Web::create({});
  }
  return web ? std::make_unique<net::Web>(std::move(*web)) : nullptr;
}

// Null if it is not wanted.
std::unique_ptr<wasm::AotCache> make_aot_cache(const Places& places, LogSink& log) {
  auto options = wasm::aot_options(
      places, process_environment(),
      [&log](LogLevel level, std::string_view text) { log.write(level, "compiled code", text); });
  return options ? std::make_unique<wasm::AotCache>(std::move(*options)) : nullptr;
}

}  // namespace

Runtime::Runtime(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::create(RuntimeOptions options) {
  auto parts = std::make_unique<Parts>();
  Result<Places> places = find_places(this_platform(), environment_with_home(options.home));
  if (!places) return tl::unexpected(places.error());
  parts->places = std::move(*places);
  parts->log = std::make_unique<FunctionLog>(std::move(options.log));
  auto recorder = make_recorder(options, parts->places, *parts->log, parts->clock);
  if (!recorder) return tl::unexpected(recorder.error());
  parts->recorder = std::move(*recorder);
  parts->min_free_disk = options.min_free_disk;
  parts->secrets = std::make_unique<secrets::Keeper>(secrets::open_store(parts->places));
  parts->resolver = vfs::choose_resolver(
      process_environment()("MIDIMON_RESOLVER").value_or("").c_str(), vfs::openat2_works());
  parts->web = make_web(*parts->log);
  parts->programs = std::make_unique<Runner>();
  parts->services.web = parts->web.get();
  parts->services.programs = parts->programs.get();
  wasm::EngineOptions engine;
  engine.pool_size = options.max_instances;
  parts->engine = wasm::Engine::create(engine);
  if (options.aot_cache) parts->aot_cache = make_aot_cache(parts->places, *parts->log);
  const std::array modules = {wasi::import_module(), hostapi::import_module()};
  parts->linker = std::make_unique<wasm::Linker>(*parts->engine, modules);
  return std::unique_ptr<Runtime>(new Runtime(std::move(parts)));
}

void Runtime::cancel() {
  parts_->cancel.cancel();
  parts_->engine->tick();
}

}  // namespace midimon
