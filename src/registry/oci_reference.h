// The OciReference struct names an artifact in an OCI registry.
//
//   oci://HOST[:PORT]/NAME[:TAG][@sha256:HEX]     oci://ghcr.io/anna/scene-switch:1.4
//
// NAME and TAG are as the OCI distribution specification 1.1 has them. Without tag and digest the
// tag is "latest", as everywhere. There is one way to write a host: in lower case, and no part of
// it is a user name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/digest.h"

namespace midimon::registry {

struct OciReference {
  std::string host;  // with ":PORT" where one was given
  std::string name;  // of the repository, such as "anna/scene-switch"
  std::string tag;   // empty where only a digest was given
  std::optional<trust::Sha256> digest;

  friend bool operator==(const OciReference&, const OciReference&) = default;
};

// Whether `text` is meant to be a reference, whatever is wrong with it.
[[nodiscard]] bool is_oci(std::string_view text);

// Errors say which part is wrong.
Result<OciReference> parse_oci_reference(std::string_view text);
[[nodiscard]] std::string to_string(const OciReference& reference);
// Its tag alone, without a digest: what a pin is for. It must have a tag.
[[nodiscard]] std::string tag_of(const OciReference& reference);

// "sha256:" and 64 digits in lower case; nothing for any other text, and so for any other hash.
[[nodiscard]] std::optional<trust::Sha256> parse_oci_digest(std::string_view text);
[[nodiscard]] std::string to_oci_digest(const trust::Sha256& digest);

}  // namespace midimon::registry
