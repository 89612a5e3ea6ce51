// The limits and grants of a plugin. Every limit applies on every path into the plugin: its start
// function, `_initialize`, `init`, `alloc`, `execute`, `dealloc`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/capability.h"
#include "midimon/metadata.h"
#include "midimon/result.h"

namespace midimon {

// What holds for the first `calls` calls of a loaded plugin, and then no more.
struct LimitedGrant {
  Capability capability;
  std::uint64_t calls = 0;
};

// What the user grants one plugin.
struct GrantAnswer {
  std::vector<Capability> capabilities;
  std::vector<LimitedGrant> limited;
  // Told, when the plugin goes, how many calls it made; may be empty, and must not throw.
  std::function<void(std::uint64_t calls)> done;
};

// Asked while a plugin is loaded, once it has said what it is and wants; `sha256` is that of its
// module, in hex. It may take its time: nothing of the plugin runs meanwhile.
using GrantFunction =
    std::function<Result<GrantAnswer>(const Metadata& metadata, std::string_view sha256)>;

struct WasmConfig {
  // What the user grants. A plugin gets what it asks for in its metadata, is granted here or by
  // `grants`, and `policy` leaves.
  std::vector<Capability> capabilities;
  GrantFunction grants;
  // The most that any plugin may be granted: of a kind that is not here, nothing. None: no ceiling.
  // For `filesystem` "/srv/...::*" is every directory from /srv on, "/...::*" every one there is.
  std::optional<std::vector<Capability>> policy;

  // Bytes of linear memory of one instance. A larger growth is refused, as memory.grow says it.
  std::uint64_t max_memory_bytes = 128ULL * 1024 * 1024;
  // Units of fuel for one call, about one for each WebAssembly instruction; host functions charge
  // for their work too (docs/limits.md).
  std::uint64_t max_fuel = 100'000'000;
  // Wall-clock time of one call, time spent in host functions included.
  std::chrono::nanoseconds max_execution_time = std::chrono::seconds(5);
  // Bytes on disk in the plugin's own directory, and names of files, links and directories in it.
  // A file counts as its size rounded up to 4 KiB, a name as 512 bytes (docs/limits.md).
  std::uint64_t max_storage_bytes = 64ULL * 1024 * 1024;
  std::uint64_t max_storage_entries = 1'000;
  // Elements of one table.
  std::uint64_t max_table_elements = 10'000;
  // Files and directories open at the same time in one instance.
  std::size_t max_open_files = 64;
  // Bytes kept of stdout, and of stderr, for one call.
  std::size_t max_captured_bytes = 64 * 1024;
  // Bytes of log lines in a minute, over all instances of the plugin.
  std::size_t max_log_bytes_per_minute = 64 * 1024;
  // Bytes of the module file.
  std::uint64_t max_module_bytes = 32ULL * 1024 * 1024;

  // What the user set for the plugin, a JSON object: it gets it with config_get. Checked against
  // the `settings` of its metadata when it is loaded.
  std::string settings_json = "{}";
  // Who vouches for the module, as grants know it; empty: not known, and then it has no secrets.
  std::string signer;

  // The id the plugin must have; empty: whatever its metadata says.
  std::string expected_id;
  // The same of its version.
  std::string expected_version;
};

}  // namespace midimon
