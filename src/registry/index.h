// The Index struct is what a registry offers: which plugins there are, in which versions, and where
// and what each file is. It has no say in whom to trust: that is decided by each plugin's own
// signature.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "trust/digest.h"
#include "trust/public_key.h"
#include "trust/semver.h"
#include "trust/utc.h"

namespace midimon::registry {

inline constexpr std::string_view kIndexFile = "index.json";
inline constexpr std::size_t kMaxIndexBytes = 4UL * 1024 * 1024;
inline constexpr std::size_t kMaxPlugins = 10'000;
inline constexpr std::size_t kMaxReleases = 1'000;  // of one plugin
inline constexpr std::size_t kMaxName = 100;        // bytes, of the registry
inline constexpr std::size_t kMaxDescription = 500;
inline constexpr std::size_t kMaxReference = 2048;
// The largest whole number that every JSON reader reads as it is written.
inline constexpr std::uint64_t kMaxVersion = (1ULL << 53U) - 1;

struct Release {
  trust::SemVer version;
  std::string url;  // of the package: https://..., or below the directory of the index
  trust::Sha256 sha256{};
  std::uint64_t size = 0;             // bytes
  std::optional<std::string> yanked;  // why nobody should use it any more
};

struct Plugin {
  std::string id;
  std::string description;
  std::optional<trust::PublicKey> signer;  // as its author says; for people to compare
  std::vector<Release> releases;           // the newest first, each version once

  // Null if there is none.
  [[nodiscard]] const Release* find(const trust::SemVer& version) const;
  // The one to use: not yanked, and a prerelease only if there is nothing else. Null if all are
  // yanked.
  [[nodiscard]] const Release* newest() const;
};

struct Index {
  std::string name;
  std::uint64_t version = 0;  // of the index itself: each has a higher one than the one before
  trust::UtcSeconds expires{};
  std::vector<Plugin> plugins;  // by id, each once

  [[nodiscard]] const Plugin* find(std::string_view id) const;
};

// Whether a release may be found under `reference`: an https URL, or names with '/' between them,
// each of letters, digits and `. _ - +` and none beginning with '.'.
Result<void> check_reference(std::string_view reference);

// Reads index.json, which may be anybody's. Refused: what is no JSON or has a key twice, values of
// another type or beyond the limits above, text that a terminal does not show as it is, what is no
// id, version, URL, hash or time, the same plugin or version twice. Keys that are not known are
// left to later versions of this format.
Result<Index> parse_index(std::string_view text);
// The text of index.json, which parse_index() reads as the same.
[[nodiscard]] std::string to_json(const Index& index);

}  // namespace midimon::registry
