// What a plugin may be allowed to do. Requested is not granted: a call gets what the plugin's
// metadata asks for, its user granted and a policy leaves, and nothing else (docs/permissions.md).
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
// `filesystem` is the plugin's own directory as `/`; what is in `allow` comes to that: "/shared" is
// the directory that plugins share on purpose, "/music:ro" one that the user chooses, to be read; a
// grant says which, "/srv/music::/music:ro". Every other kind is all of it, or what is in `allow`:
// "https://*.example.org", "/usr/bin/playerctl next", "out:Synth*", "play".
struct Capability {
  CapabilityKind kind = CapabilityKind::filesystem;
  std::vector<std::string> allow;  // what it is narrowed to; empty: not narrowed
  std::string reason;              // why the plugin wants it, in its author's words
};

// "filesystem", "network", "midi", "audio", "subprocess", "systemcontrol".
[[nodiscard]] MIDIMON_API std::string_view to_string(CapabilityKind kind);

// Reads "network" or "network:https://example.org", as a user writes a grant. The error says what
// is wrong with it.
[[nodiscard]] MIDIMON_API Result<Capability> parse_capability(std::string_view text);

}  // namespace midimon
