// Why a guest stopped, as an Outcome and a sentence: what ran out, how much was allowed, and which
// setting raises it.
#pragma once

#include <cstdint>
#include <string>

#include "midimon/config.h"
#include "midimon/outcome.h"
#include "wasm/stop.h"

namespace midimon::plugins {

struct Explained {
  Outcome outcome = Outcome::ok;
  std::string message;
};

// `refused_bytes` is the memory that the guest asked for last and did not get; 0 if none.
Explained explain(const wasm::Stop& stop, const WasmConfig& config, std::uint64_t refused_bytes);

}  // namespace midimon::plugins
