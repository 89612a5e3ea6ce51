// Reads the manifest of an artifact: which of its blobs is the plugin.
//
// It comes from a stranger: sizes, depth and every field that is used are checked. What an image
// manifest may hold besides (the config, annotations, a subject) is not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/digest.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxManifestBytes = 4UL * 1024 * 1024;

inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
// Of a package, besides any tar whose title ends in ".midiplug".
inline constexpr std::string_view kPackageType = "application/vnd.midimon.plugin.package.v1+tar";

struct OciBlob {
  trust::Sha256 digest{};
  std::uint64_t size = 0;
};

struct OciManifest {
  OciBlob plugin;                    // a package, or a module
  std::optional<OciBlob> signature;  // of a module
};

// `type` is the Content-Type that came with it, which may be empty. The error says what is wrong
// with it and not where it came from.
Result<OciManifest> parse_oci_manifest(std::string_view json, std::string_view type);

}  // namespace midimon::registry
