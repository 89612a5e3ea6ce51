// The Record struct is what the store knows of one plugin: installed.toml beside its versions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/semver.h"

namespace midimon::store {

inline constexpr std::string_view kRecord = "installed.toml";
inline constexpr std::size_t kMaxRecordBytes = 4096;

struct Record {
  std::optional<trust::SemVer> version;  // in use; none: the plugin was removed
  // The newest that was in use, or what the user went back to: older ones are refused.
  trust::SemVer not_older_than;
};

// `file` is its name, for errors.
Result<Record> parse_record(std::string_view text, std::string_view file);
[[nodiscard]] std::string to_toml(const Record& record);

}  // namespace midimon::store
