// What engine/lib.rs adds to the C API. The struct has the same layout there.
#pragma once

#include <cstdint>

struct wasmtime_store;

namespace midimon::wasm {

struct StoreLimits {
  std::uint64_t max_memory_bytes = 0;
  std::uint64_t max_table_elements = 0;
  std::uint64_t memory_peak_bytes = 0;
  std::uint64_t memory_refused_bytes = 0;    // 0: no growth was refused
  std::uint64_t table_refused_elements = 0;  // 0: no growth was refused
};

extern "C" void midimon_store_set_limits(wasmtime_store* store, StoreLimits* limits);

}  // namespace midimon::wasm
