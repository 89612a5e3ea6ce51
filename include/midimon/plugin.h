// Start here: load a plugin, look at what it says of itself, call it.
//
//   auto runtime = midimon::Runtime::create();
//   midimon::WasmConfig config;
//   config.capabilities.push_back({midimon::CapabilityKind::filesystem, {}, {}});
//   auto plugin = midimon::WasmPlugin::load(*runtime, "practice-log.wasm", config);
//   auto result = plugin->execute({.action = "note"});
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "midimon/config.h"
#include "midimon/export.h"
#include "midimon/file_event.h"
#include "midimon/metadata.h"
#include "midimon/outcome.h"
#include "midimon/result.h"

namespace midimon {

// How serious a log line is: 0 debug, 1 info, 2 warning, 3 error.
using LogFunction = std::function<void(int level, std::string_view source, std::string_view line)>;

// How the files of the journal come and go (docs/audit.md).
struct JournalSettings {
  // A new file is begun once this one has so many bytes, or its first record is so old.
  std::uint64_t file_bytes = 16UL * 1024 * 1024;
  std::chrono::nanoseconds file_age = std::chrono::hours(24);
  // The oldest files go once they are so old, or all together have more bytes.
  std::chrono::nanoseconds keep_age = std::chrono::hours(24 * 90);
  std::uint64_t keep_bytes = 512UL * 1024 * 1024;
  // Wait for the disk: records then outlive a machine that loses power.
  bool sync = false;
};

struct RuntimeOptions {
  // Takes the log lines of plugins, one at a time from any thread, free of control characters.
  LogFunction log;
  // An absolute directory below which all of midimon's own directories lie; empty: where the
  // platform wants them (docs/places.md).
  std::string home;
  // How many instances may be alive at the same time. Each costs 4 GiB of address space, not
  // memory.
  std::uint32_t max_instances = 256;
  // Bytes that the disk keeps free whatever plugins may store; growth beyond is refused. None: 1
  // GiB or 5 % of the disk, whichever is less.
  std::optional<std::uint64_t> min_free_disk = {};
  // Keep compiled code on disk, in the cache directory, so that a module is compiled once and not
  // at every start. What is kept is checked by a key in the state directory (docs/places.md).
  bool aot_cache = false;
  // Keep a journal of what plugins do (docs/audit.md). One process at a time writes it; another
  // runs without, and says so in its log.
  bool audit = true;
  // With the journal: what cannot be recorded is not done, and calls wait until it is.
  bool audit_strict = false;
  JournalSettings journal = {};
  // Told of the same events, in order, on a thread of its own; it may be slow and may throw.
  FileEventFunction on_file_event = {};
};

// The Runtime class owns the WebAssembly engine. One for a process is enough. It must outlive the
// plugins loaded with it. Thread-safe.
class MIDIMON_API Runtime {
 public:
  static Result<std::unique_ptr<Runtime>> create(RuntimeOptions options = {});
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Calls back every running call, and every later one: each ends as Outcome::cancelled.
  void cancel();

  struct Parts;
  [[nodiscard]] Parts& parts() { return *parts_; }  // for midimon itself

 private:
  explicit Runtime(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The Params class is a JSON object that has been checked, so that a call need not.
class MIDIMON_API Params {
 public:
  Params() : json_("{}") {}
  // Errors: not JSON, not an object, nested deeper than 64, longer than 64 KiB.
  static Result<Params> from_json(std::string_view json);
  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  explicit Params(std::string json) : json_(std::move(json)) {}
  std::string json_;
};

// One call: what the press was like.
struct Request {
  std::string action;
  Params params = {};
  std::optional<int> velocity = {};      // 0 to 127
  std::optional<int> current_mode = {};  // index of the mode
  std::int64_t timestamp_ms = 0;         // since 1970-01-01T00:00:00Z; 0: now
};

// What became of it.
struct CallResult {
  Outcome outcome = Outcome::ok;
  int code = 0;             // what `execute` returned, or the status the plugin exited with
  std::string message;      // for people: what went wrong and which setting would allow it
  std::string output_json;  // what the plugin gave to set_output; empty if nothing
  // What the plugin gave to set_state, a JSON object of "state", "text", "color" and "led", each
  // optional (docs/abi.md); empty if nothing.
  std::string state_json;
  std::string out;  // captured stdout and stderr
  std::string err;
  std::size_t captured_dropped = 0;  // bytes of stdout and stderr beyond max_captured_bytes
  std::uint64_t fuel_used = 0;
  std::uint64_t memory_peak_bytes = 0;
  std::uint64_t bytes_read = 0;  // from files, where an audit is kept
  std::uint64_t bytes_written = 0;
  std::chrono::nanoseconds duration{};
};

// What a plugin keeps in its directory, and what it may.
struct StorageUsage {
  std::uint64_t used_bytes = 0;
  std::uint64_t allowed_bytes = 0;
  std::uint64_t used_entries = 0;
  std::uint64_t allowed_entries = 0;
};

// The WasmPlugin class is a loaded plugin. Thread-safe: a plugin with lifetime "call" runs as many
// calls at once as there are threads that make them; one with "session" runs one after another.
//
// A thread that calls needs 1 MiB of stack.
class MIDIMON_API WasmPlugin {
 public:
  // Reads, checks and compiles a module, and asks it for its metadata. The error says what is wrong
  // with the module and what its author can do.
  static Result<WasmPlugin> load(Runtime& runtime, const std::filesystem::path& module,
                                 WasmConfig config = {});
  static Result<WasmPlugin> load(Runtime& runtime, std::span<const std::byte> wasm,
                                 WasmConfig config = {});
  struct Bytes;  // for midimon itself: with their hash, where that is known
  static Result<WasmPlugin> load(Runtime& runtime, const Bytes& bytes, WasmConfig config);
  WasmPlugin(WasmPlugin&&) noexcept;
  WasmPlugin& operator=(WasmPlugin&&) noexcept;
  ~WasmPlugin();

  [[nodiscard]] const Metadata& metadata() const;
  [[nodiscard]] const WasmConfig& config() const;
  // What a call gets: asked for and granted.
  [[nodiscard]] const std::vector<Capability>& capabilities() const;
  // The host's path of what the plugin sees as `/`; empty without the capability.
  [[nodiscard]] const std::string& data_directory() const;
  // None without the capability. Exact at any time.
  [[nodiscard]] std::optional<StorageUsage> storage_usage() const;

  // Holds the calling thread, for good, to the plugin's own directories: the kernel (Landlock) then
  // refuses it every other file, and TCP. For a thread that does nothing but call this plugin.
  // False where the kernel has no Landlock that would do; an error where it has and does not let
  // us: then do not call.
  [[nodiscard]] Result<bool> confine_thread() const;

  // Runs `execute` in the sandbox and returns when it has ended, one way or another.
  CallResult execute(const Request& request);

  // Runs `poll` of a plugin of type "trigger" likewise; `output_json` is what it returned, empty if
  // that is nothing. It need not be JSON.
  CallResult poll();

  // Of all that makes it what it is: its bytes, limits and grants. Two that were loaded from the
  // same have the same.
  [[nodiscard]] std::string fingerprint() const;

  // A call of a session plugin that does not return is given up: it keeps its instance, and the
  // next call starts another. Of a plugin with lifetime "call" nothing.
  void give_up_running();

  // Makes ready what the next call needs, so that it pays for the call only. Call it when there is
  // time: after a result has been handed on.
  void prepare();

 private:
  class Impl;
  explicit WasmPlugin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace midimon
