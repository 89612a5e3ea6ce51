#include "midimon/capability.h"

#include <array>

#include "base/text.h"
#include "grants/permissions.h"

namespace midimon {
namespace {

struct Row {
  CapabilityKind kind;
  std::string_view name;
};

constexpr std::array kRows = {
    Row{CapabilityKind::filesystem, "filesystem"},
    Row{CapabilityKind::network, "network"},
    Row{CapabilityKind::midi, "midi"},
    Row{CapabilityKind::audio, "audio"},
    Row{CapabilityKind::subprocess, "subprocess"},
    Row{CapabilityKind::systemcontrol, "systemcontrol"},
};

}  // namespace

std::string_view to_string(CapabilityKind kind) {
  for (const Row& row : kRows) {
    if (row.kind == kind) return row.name;
  }
  return "capability";
}

Result<Capability> parse_capability(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    Capability capability{row.kind, {}, {}};
    if (colon != std::string_view::npos) capability.allow.emplace_back(text.substr(colon + 1));
    grants::Permissions checked;
    if (auto added = checked.add(capability, grants::Side::grant); !added) {
      return tl::unexpected(added.error());
    }
    return checked.to_capabilities().front();
  }
  return fail(ErrorCode::invalid, "There is no capability \"" + escape_line(name.substr(0, 64)) +
                                      "\"; there are filesystem, network, midi, audio, subprocess "
                                      "and systemcontrol.");
}

}  // namespace midimon
