// The PluginBinding struct is what the trusted comment of a plugin's signature says: which plugin,
// which version and which bytes it is for.
//
//   midimon-plugin 1 id=scene-switch version=1.4.0 sha256=6f1c…e0
//
// One line that `minisign -V` prints. Words are separated by one space: the mark, the version of
// the format, then fields in any order. A field whose name begins with "x-" may be passed over by
// who does not know it; any other unknown one, and any that is there twice, makes the comment
// invalid.
#pragma once

#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/digest.h"
#include "trust/semver.h"

namespace midimon::trust {

struct PluginBinding {
  std::string id;  // is_plugin_id() holds
  SemVer version;
  Sha256 sha256{};
};

// Checks the two texts. The error says which of them cannot be bound, and what it must look like.
Result<PluginBinding> make_binding(std::string_view id, std::string_view version,
                                   const Sha256& sha256);

[[nodiscard]] std::string to_comment(const PluginBinding& binding);
Result<PluginBinding> parse_binding(std::string_view trusted_comment);

// Whether the comment means to be one, well-formed or not.
[[nodiscard]] bool is_binding(std::string_view trusted_comment);

}  // namespace midimon::trust
