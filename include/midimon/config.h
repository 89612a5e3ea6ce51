// The limits and grants of a plugin. Every limit applies on every path into the plugin: its start
// function, `_initialize`, `init`, `alloc`, `execute`, `dealloc`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "midimon/capability.h"

namespace midimon {

struct WasmConfig {
  // What the user grants. A plugin gets what it asks for in its metadata and is granted here.
  std::vector<Capability> capabilities;

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

  // The id the plugin must have; empty: whatever its metadata says.
  std::string expected_id;
  // The same of its version.
  std::string expected_version;
};

}  // namespace midimon
