// What a plugin may be allowed to do. Requested is not granted: a call gets what the plugin's
// metadata asks for and its user granted, and nothing else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "midimon/export.h"
#include "midimon/result.h"

namespace midimon {

enum class CapabilityKind { filesystem, network, midi, audio, subprocess, systemcontrol };

// A capability, whole or narrowed to some of it.
//
// For `filesystem`: alone it is the plugin's own directory as `/`; with "/shared" in `allow` the
// directory that plugins share on purpose as well.
struct Capability {
  CapabilityKind kind = CapabilityKind::filesystem;
  std::vector<std::string> allow;  // what it is narrowed to; empty: not narrowed
  std::string reason;              // why the plugin wants it, in its author's words

  [[nodiscard]] bool allows(std::string_view what) const;
};

// "filesystem", "network", "midi", "audio", "subprocess", "systemcontrol".
[[nodiscard]] MIDIMON_API std::string_view to_string(CapabilityKind kind);

// Reads "filesystem" or "filesystem:/shared", as a user writes a grant. The error lists the kinds.
[[nodiscard]] MIDIMON_API Result<Capability> parse_capability(std::string_view text);

}  // namespace midimon
