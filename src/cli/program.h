// The Program class is a WASI command module, linked and with its directories mounted: what `exec`
// and `doctor` run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "vfs/audited.h"
#include "vfs/mount_table.h"
#include "wasi/context.h"
#include "wasm/aot_cache.h"
#include "wasm/cancel.h"
#include "wasm/instance.h"

namespace midimon::cli {

struct ProgramLimits {
  std::optional<std::uint64_t> fuel;       // none: not counted
  std::optional<Nanos> timeout;            // none: no limit
  std::uint64_t memory = 0;                // bytes
  std::optional<vfs::QuotaUsage> storage;  // of all writable mounts together; none: no limit
};

// What the guest is started with. The streams may be null and outlive the run.
struct ProgramStart {
  std::vector<std::string> args;  // the program's own name first
  std::vector<std::string> env;   // "NAME=value"
  wasi::InputStream* input = nullptr;
  wasi::OutputStream* output = nullptr;
  wasi::OutputStream* error = nullptr;
};

// Where the module's code may be found, compiled.
struct CodeCache {
  wasm::AotCache* cache = nullptr;
  wasm::Sha256 hash{};  // of the module
};

class Program {
 public:
  static constexpr std::uint64_t kMaxModuleBytes = 1ULL << 30;

  // Checks and compiles `wasm`, by `cache` if there is one. The error says what is wrong with it.
  static Result<Program> load(std::span<const std::byte> wasm, const ProgramLimits& limits,
                              const CodeCache& cache = {});

  // Tells `source` from now on what is done in the mounts, and how the run ends; before mount().
  void audit(vfs::AuditSource source) { audit_ = std::move(source); }

  // Opens the directories that the guest finds; before run().
  Result<void> mount(const std::vector<vfs::MountRequest>& requests, vfs::ResolverKind resolver);

  // Runs the guest to its end, on a thread of its own that is held to the mounts (Landlock). The
  // error says why it could not be. `cancel` calls it back; call tick() too.
  Result<wasm::Stop> run(const ProgramStart& start, const wasm::CancelSource& cancel);

  // Makes a guest that computes look whether it was called back. Thread-safe.
  void tick() const { engine_->tick(); }

  // The memory in bytes that the last run asked for and was refused; 0 if none was.
  [[nodiscard]] std::uint64_t memory_refused_bytes() const { return memory_refused_bytes_; }

 private:
  explicit Program(const ProgramLimits& limits) : limits_(limits) {}
  Result<void> link(std::span<const std::byte> wasm, const CodeCache& cache);
  wasm::Stop call_guest(const ProgramStart& start, const wasm::CancelSource& cancel,
                        audit::Event& end);
  Result<wasm::Stop> run_here(const ProgramStart& start, const wasm::CancelSource& cancel);

  ProgramLimits limits_;
  std::unique_ptr<wasm::Engine> engine_;
  std::unique_ptr<wasm::Linker> linker_;
  std::optional<wasm::Program> program_;
  std::optional<vfs::AuditSource> audit_;
  vfs::MountTable mounts_;
  std::vector<wasi::Preopen> preopens_;
  std::uint64_t memory_refused_bytes_ = 0;
};

}  // namespace midimon::cli
