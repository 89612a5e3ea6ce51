#include "midimon/plugin.h"

#include <fmt/format.h>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "audit/hash.h"
#include "base/bounded_json.h"
#include "base/text.h"
#include "hostapi/gate.h"
#include "plugins/access_control.h"
#include "plugins/metadata.h"
#include "plugins/outcome_text.h"
#include "plugins/plugin_secrets.h"
#include "plugins/read_module.h"
#include "plugins/runtime.h"
#include "plugins/sandbox.h"
#include "plugins/settings.h"
#include "plugins/validate.h"
#include "vfs/audited.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxParamsBytes = 64 * 1024;
constexpr int kMaxParamsDepth = 64;
constexpr int kMaxOutputDepth = 64;

// How many ready sandboxes a plugin keeps: one for the next press, and a few for threads that call
// at the same time.
constexpr std::size_t kMaxSpares = 4;

void append_number_or_null(std::string& json, std::string_view key, std::optional<int> value) {
  json += key;
  json += value ? std::to_string(*value) : std::string("null");
}

std::string request_json(const Request& request, Nanos now) {
  const std::int64_t timestamp =
      request.timestamp_ms != 0
          ? request.timestamp_ms
          : std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  std::string json;
  json.reserve(request.action.size() + request.params.json().size() + 128);
  json += "{\"action\":";
  json += json_quote(request.action);
  json += ",\"params\":";
  json += request.params.json();
  append_number_or_null(json, ",\"context\":{\"velocity\":", request.velocity);
  append_number_or_null(json, ",\"current_mode\":", request.current_mode);
  json += ",\"timestamp\":";
  json += std::to_string(timestamp);
  json += "}}";
  return json;
}

}  // namespace

Result<Params> Params::from_json(std::string_view json) {
  if (json.size() > kMaxParamsBytes) {
    return fail(ErrorCode::limit, "The params are longer than 64 KiB.");
  }
  const auto value = parse_bounded_json(json, kMaxParamsDepth);
  if (!value || !value->is_object()) {
    return fail(ErrorCode::invalid,
                "The params are not a JSON object, such as {\"scene\": \"Live\"}, or are nested "
                "deeper than 64.");
  }
  return Params(value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

class WasmPlugin::Impl {
 public:
  Impl(Runtime::Parts& runtime, WasmConfig config, wasm::Module module, wasm::Program program)
      : runtime_(runtime),
        config_(std::move(config)),
        module_(std::move(module)),
        program_(std::move(program)),
        log_budget_(config_.max_log_bytes_per_minute) {}

  Result<void> learn_metadata();
  Result<void> open_access(std::string_view sha256);
  // Records an event of the plugin's own; `result` belongs to the end of a call.
  void record(audit::EventKind kind, std::string_view detail,
              const CallResult* result = nullptr) const;
  [[nodiscard]] Result<bool> confine_thread() const { return access_.confine_thread(); }
  CallResult execute(const Request& request);
  CallResult poll();
  void prepare();
  [[nodiscard]] std::string fingerprint() const;
  void give_up_running();

  [[nodiscard]] const Metadata& metadata() const { return metadata_; }
  [[nodiscard]] const WasmConfig& config() const { return config_; }
  [[nodiscard]] const std::vector<Capability>& capabilities() const {
    return access_.capabilities();
  }
  [[nodiscard]] const std::string& data_directory() const { return data_directory_; }
  [[nodiscard]] std::optional<StorageUsage> storage_usage() const;

 private:
  using SandboxPtr = std::unique_ptr<plugins::Sandbox>;

  [[nodiscard]] bool is_session() const {
    return metadata_.lifetime == Metadata::Lifetime::session;
  }
  SandboxPtr new_sandbox(std::shared_ptr<const plugins::Access> access) {
    return std::make_unique<plugins::Sandbox>(parts_, std::move(access));
  }
  // Held through a call of a session plugin; null for others. Another one once a call is given up.
  using Session = std::shared_ptr<std::mutex>;
  [[nodiscard]] Session session() {
    const std::lock_guard lock(spares_mutex_);
    return is_session() ? session_ : nullptr;
  }
  SandboxPtr take_spare(const plugins::Access& access);
  void keep_spare(SandboxPtr sandbox, const Session& session);
  void retire(SandboxPtr sandbox);
  // What is done with a sandbox that has started; the code it returned, none when it stopped.
  using Work = std::function<std::optional<int>(plugins::Sandbox&)>;
  CallResult perform(std::string_view what, const Work& work);
  CallResult run(SandboxPtr& sandbox, std::shared_ptr<const plugins::Access> access,
                 const Work& work);
  void describe(CallResult& result, plugins::Sandbox& sandbox, const wasm::Stop& stop,
                std::optional<int> code) const;

  Runtime::Parts& runtime_;
  WasmConfig config_;
  wasm::Module module_;
  wasm::Program program_;
  Metadata metadata_;
  std::string data_directory_;
  std::string log_source_ = "plugin";
  hostapi::LogBudget log_budget_;
  hostapi::LaunchBudget launches_;
  plugins::AccessControl access_{runtime_, config_, metadata_};
  hostapi::Gate gate_{
      {metadata_.name, metadata_.version, log_source_, access_.requested(), access_.policy()},
      *runtime_.log,
      runtime_.recorder.get()};
  hostapi::ConnectionPool connections_;
  std::optional<plugins::PluginSecrets> secrets_;
  plugins::SandboxParts parts_{runtime_,  program_, config_,      log_budget_,
                               launches_, gate_,    connections_, log_source_};

  std::string sha256_;  // of the module, in hex
  std::mutex spares_mutex_;
  Session session_ = std::make_shared<std::mutex>();
  std::vector<SandboxPtr> spares_;
  std::vector<SandboxPtr> retired_;  // used up, to be dropped when there is time
};

Result<void> WasmPlugin::Impl::learn_metadata() {
  plugins::Sandbox sandbox(parts_, std::make_shared<const plugins::Access>());
  sandbox.begin();
  std::optional<std::string> json;
  if (sandbox.start()) json = sandbox.init();
  const wasm::Stop stop = sandbox.finish();
  if (!json) {
    const std::string why =
        sandbox.abi_error().empty()
            ? plugins::explain(stop, config_, sandbox.memory_refused_bytes()).message
            : sandbox.abi_error() + ".";
    return fail(
        ErrorCode::invalid,
        "The module did not get as far as telling its metadata (start, _initialize, init): " +
            (why.empty() ? std::string("it exited.") : why));
  }
  Result<Metadata> metadata = plugins::parse_metadata(*json);
  if (!metadata) return tl::unexpected(metadata.error());
  if (!config_.expected_id.empty() && metadata->name != config_.expected_id) {
    return fail(ErrorCode::invalid,
                fmt::format("The module is the plugin \"{}\", and \"{}\" is expected here. Use the "
                            "id that the plugin has.",
                            metadata->name, config_.expected_id));
  }
  if (!config_.expected_version.empty() && metadata->version != config_.expected_version) {
    return fail(ErrorCode::invalid,
                fmt::format("The module says that it is version {} of \"{}\", and {} is expected "
                            "here. Its author can mend that, and sign it anew.",
                            metadata->version, metadata->name, config_.expected_version));
  }
  if (auto checked = plugins::check_settings(*metadata, config_.settings_json); !checked) {
    return checked;
  }
  if (metadata->type == Metadata::Type::trigger) {
    if (auto checked = plugins::check_poll(module_); !checked) return checked;
  }
  metadata_ = std::move(*metadata);
  log_source_ = "plugin " + metadata_.name;
  if (!config_.signer.empty()) {
    secrets_.emplace(*runtime_.secrets, secrets::Owner{metadata_.name, config_.signer});
    parts_.secrets = &*secrets_;
  }
  return {};
}

void WasmPlugin::Impl::record(audit::EventKind kind, std::string_view detail,
                              const CallResult* result) const {
  if (runtime_.recorder == nullptr) return;
  audit::Event event;
  event.kind = kind;
  event.plugin = metadata_.name;
  event.version = metadata_.version;
  event.detail = detail;
  if (result != nullptr) {
    event.fuel = result->fuel_used;
    event.duration = static_cast<std::uint64_t>(result->duration.count());
    event.memory_peak = result->memory_peak_bytes;
    event.bytes_read = result->bytes_read;
    event.bytes_written = result->bytes_written;
  }
  runtime_.recorder->record(event);
}

Result<void> WasmPlugin::Impl::open_access(std::string_view sha256) {
  sha256_ = sha256;
  if (auto opened = access_.open(sha256); !opened) return opened;
  if (access_.own_storage() != nullptr) {
    data_directory_ = runtime_.places.plugin_data(metadata_.name);
  }
  return {};
}

std::optional<StorageUsage> WasmPlugin::Impl::storage_usage() const {
  const vfs::Ledger* ledger = access_.own_storage();
  if (ledger == nullptr) return {};
  const vfs::QuotaUsage used = ledger->used();
  return StorageUsage{used.bytes, ledger->allowed().bytes, used.entries, ledger->allowed().entries};
}

// One that was made with other rights than the call has now does not serve it.
WasmPlugin::Impl::SandboxPtr WasmPlugin::Impl::take_spare(const plugins::Access& access) {
  const std::lock_guard lock(spares_mutex_);
  std::erase_if(spares_, [&](const SandboxPtr& spare) { return spare->access().get() != &access; });
  if (spares_.empty()) return nullptr;
  SandboxPtr sandbox = std::move(spares_.back());
  spares_.pop_back();
  return sandbox;
}

void WasmPlugin::Impl::keep_spare(SandboxPtr sandbox, const Session& session) {
  if (sandbox->access() != access_.next_call()) return;
  const std::lock_guard lock(spares_mutex_);
  if (session != nullptr && session != session_) return;  // of a call that was given up
  if (spares_.size() < (is_session() ? 1 : kMaxSpares)) spares_.push_back(std::move(sandbox));
}

// Who prepares calls also has the time to tidy up after them; for who does not, it is done at once.
void WasmPlugin::Impl::retire(SandboxPtr sandbox) {
  const std::lock_guard lock(spares_mutex_);
  if (retired_.size() < kMaxSpares) retired_.push_back(std::move(sandbox));
}

void WasmPlugin::Impl::prepare() {
  std::vector<SandboxPtr> used_up;
  {
    const std::lock_guard lock(spares_mutex_);
    used_up.swap(retired_);
  }
  used_up.clear();

  const Session session = this->session();
  const auto held = session ? std::unique_lock(*session) : std::unique_lock<std::mutex>();
  {
    const std::lock_guard lock(spares_mutex_);
    if (!spares_.empty()) return;
  }
  SandboxPtr sandbox = new_sandbox(access_.next_call());
  sandbox->begin();
  const bool started = sandbox->start();
  // One that does not start is not kept: the next call starts another and tells its caller why.
  if (sandbox->finish().returned() && started) keep_spare(std::move(sandbox), session);
}

void WasmPlugin::Impl::give_up_running() {
  const std::lock_guard lock(spares_mutex_);
  session_ = std::make_shared<std::mutex>();
}

std::string WasmPlugin::Impl::fingerprint() const {
  const WasmConfig& c = config_;
  std::string out = fmt::format("{} {} {} {} {} {} {} {} {} {}", sha256_, c.max_memory_bytes,
                                c.max_fuel, c.max_execution_time.count(), c.max_storage_bytes,
                                c.max_storage_entries, c.max_table_elements, c.max_open_files,
                                c.max_captured_bytes, c.max_log_bytes_per_minute);
  out += "\n" + c.settings_json;
  for (const Capability& capability : access_.capabilities()) {
    out += fmt::format("\n{}", to_string(capability.kind));
    for (const std::string& allowed : capability.allow)
      out += fmt::format(" {}", json_quote(allowed));
  }
  return out;
}

CallResult WasmPlugin::Impl::execute(const Request& request) {
  const std::string json = request_json(request, runtime_.clock.realtime());
  return perform(request.action,
                 [&json](plugins::Sandbox& sandbox) { return sandbox.execute(json); });
}

CallResult WasmPlugin::Impl::poll() {
  std::optional<std::string> events;
  CallResult result = perform("poll", [&events](plugins::Sandbox& sandbox) -> std::optional<int> {
    events = sandbox.poll();
    return events ? std::optional(0) : std::nullopt;
  });
  if (result.outcome == Outcome::ok) result.output_json = std::move(*events);
  return result;
}

CallResult WasmPlugin::Impl::perform(std::string_view what, const Work& work) {
  if (runtime_.recorder != nullptr && !runtime_.recorder->admits()) {
    CallResult refused;
    refused.outcome = Outcome::denied;
    refused.message =
        "The audit journal cannot be written, and nothing runs unrecorded (audit_strict). Make "
        "room "
        "on the disk, or look at what the log says of it.";
    return refused;
  }
  record(audit::EventKind::call, what);
  const vfs::Transferred before = vfs::transferred_by_this_thread();
  const Nanos start = runtime_.clock.monotonic();
  const Session session = this->session();
  const auto held = session ? std::unique_lock(*session) : std::unique_lock<std::mutex>();
  std::shared_ptr<const plugins::Access> access = access_.begin_call();
  SandboxPtr sandbox = take_spare(*access);
  const bool prepared = sandbox != nullptr;
  CallResult result = run(sandbox, std::move(access), work);
  if (is_session() && sandbox->usable()) {
    sandbox->renew_budget();
    sandbox->host().reset();
    keep_spare(std::move(sandbox), session);
  } else if (prepared) {
    retire(std::move(sandbox));
  }
  sandbox.reset();
  result.duration = runtime_.clock.monotonic() - start;
  result.bytes_read = vfs::transferred_by_this_thread().read - before.read;
  result.bytes_written = vfs::transferred_by_this_thread().written - before.written;
  record(audit::EventKind::end, to_string(result.outcome), &result);
  return result;
}

CallResult WasmPlugin::Impl::run(SandboxPtr& sandbox, std::shared_ptr<const plugins::Access> access,
                                 const Work& work) {
  const bool fresh = sandbox == nullptr;
  if (fresh) sandbox = new_sandbox(std::move(access));
  sandbox->begin();
  std::optional<int> code;
  if (!fresh || sandbox->start()) code = work(*sandbox);
  const wasm::Stop stop = sandbox->finish();
  CallResult result;
  describe(result, *sandbox, stop, code);
  return result;
}

void WasmPlugin::Impl::describe(CallResult& result, plugins::Sandbox& sandbox,
                                const wasm::Stop& stop, std::optional<int> code) const {
  result.captured_dropped = sandbox.out().dropped() + sandbox.err().dropped();
  result.out = sandbox.out().take();
  result.err = sandbox.err().take();
  result.fuel_used = sandbox.fuel_used();
  result.memory_peak_bytes = sandbox.memory_peak_bytes();
  result.output_json = sandbox.host().output();
  result.state_json = sandbox.host().state();

  plugins::Explained explained = plugins::explain(stop, config_, sandbox.memory_refused_bytes());
  result.outcome = explained.outcome;
  result.message = std::move(explained.message);
  result.code = stop.reason == wasm::StopReason::exited ? stop.exit_code : code.value_or(0);
  if (!stop.returned()) return;
  if (!sandbox.abi_error().empty()) {
    result.outcome = Outcome::trapped;
    result.message = "The plugin broke the plugin ABI: " + sandbox.abi_error() + ".";
  } else if (code && *code != 0) {
    result.outcome = Outcome::plugin_error;
    result.message = sandbox.host().error().empty()
                         ? fmt::format("The plugin returned {} and gave no reason.", *code)
                         : escape_line(sandbox.host().error());
  }
  if (!result.output_json.empty() && !parse_bounded_json(result.output_json, kMaxOutputDepth)) {
    result.output_json.clear();
    result.outcome = Outcome::plugin_error;
    result.message = "The plugin's output is not JSON, or is nested deeper than 64.";
  }
}

WasmPlugin::WasmPlugin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WasmPlugin::WasmPlugin(WasmPlugin&&) noexcept = default;
WasmPlugin& WasmPlugin::operator=(WasmPlugin&&) noexcept = default;
WasmPlugin::~WasmPlugin() = default;

Result<WasmPlugin> WasmPlugin::load(Runtime& runtime, const std::filesystem::path& module,
                                    WasmConfig config) {
  const auto bytes = plugins::read_module(module.c_str(), config.max_module_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  Result<WasmPlugin> plugin = load(runtime, *bytes, std::move(config));
  if (!plugin) {
    return fail(plugin.error().code, module.string() + ": " + plugin.error().message);
  }
  return plugin;
}

Result<WasmPlugin> WasmPlugin::load(Runtime& runtime, std::span<const std::byte> wasm,
                                    WasmConfig config) {
  return load(runtime, Bytes{wasm, audit::sha256(wasm)}, std::move(config));
}

Result<WasmPlugin> WasmPlugin::load(Runtime& runtime, const Bytes& bytes, WasmConfig config) {
  Runtime::Parts& parts = runtime.parts();
  if (auto checked = plugins::check_bytes(bytes.wasm, config); !checked) {
    return tl::unexpected(checked.error());
  }
  Result<wasm::Module> module =
      parts.aot_cache != nullptr ? parts.aot_cache->compile(*parts.engine, bytes.wasm, bytes.sha256)
                                 : wasm::Module::compile(*parts.engine, bytes.wasm);
  if (!module) return tl::unexpected(module.error());
  if (auto checked = plugins::check_plugin(*module, *parts.linker, config); !checked) {
    return tl::unexpected(checked.error());
  }
  Result<wasm::Program> program = wasm::Program::link(*parts.linker, *module);
  if (!program) return tl::unexpected(program.error());
  auto impl =
      std::make_unique<Impl>(parts, std::move(config), std::move(*module), std::move(*program));
  if (auto learned = impl->learn_metadata(); !learned) return tl::unexpected(learned.error());
  const std::string sha256 = audit::to_hex(bytes.sha256);
  if (auto opened = impl->open_access(sha256); !opened) return tl::unexpected(opened.error());
  impl->record(audit::EventKind::load, sha256);
  return WasmPlugin(std::move(impl));
}

const Metadata& WasmPlugin::metadata() const {
  return impl_->metadata();
}
const WasmConfig& WasmPlugin::config() const {
  return impl_->config();
}
const std::vector<Capability>& WasmPlugin::capabilities() const {
  return impl_->capabilities();
}
const std::string& WasmPlugin::data_directory() const {
  return impl_->data_directory();
}
Result<bool> WasmPlugin::confine_thread() const {
  return impl_->confine_thread();
}
std::optional<StorageUsage> WasmPlugin::storage_usage() const {
  return impl_->storage_usage();
}
std::string WasmPlugin::fingerprint() const {
  return impl_->fingerprint();
}
void WasmPlugin::give_up_running() {
  impl_->give_up_running();
}
CallResult WasmPlugin::execute(const Request& request) {
  return impl_->execute(request);
}
CallResult WasmPlugin::poll() {
  return impl_->poll();
}
void WasmPlugin::prepare() {
  impl_->prepare();
}

}  // namespace midimon
