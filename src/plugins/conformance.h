// Checks what the ABI asks of a plugin that a load cannot see: sdk/conformance/README.md lists it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/plugin.h"
#include "midimon/result.h"

namespace midimon::plugins {

struct Finding {
  std::string_view check;    // as in the list
  std::string problem = {};  // a sentence; empty: it is as it should be
};

// Calls the plugin again and again with good and bad requests, without any capability. The error
// says why it could not even be loaded.
Result<std::vector<Finding>> check_conformance(Runtime& runtime, std::span<const std::byte> wasm);

}  // namespace midimon::plugins
