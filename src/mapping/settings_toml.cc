#include "mapping/settings_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/units.h"
#include "mapping/profile_keys.h"

namespace midimon {
namespace {

// A journal of files that are smaller would be mostly names.
constexpr std::uint64_t kMinFileBytes = 64UL * 1024;
constexpr std::chrono::hours kMaxFileAge(24 * 366);
constexpr std::int64_t kMaxDays = 36'500;

}  // namespace

std::optional<std::uint64_t> read_size(TomlTable& table, std::string_view key, std::uint64_t min) {
  const std::string expected =
      fmt::format("a size such as \"64MiB\" or a number of bytes, at least {}", min);
  const toml::node* node = table.find(key, Need::optional, expected);
  if (node == nullptr) return std::nullopt;
  std::optional<std::uint64_t> size;
  if (const auto* number = node->as_integer(); number != nullptr && number->get() >= 0) {
    size = static_cast<std::uint64_t>(number->get());
  } else if (const auto* text = node->as_string()) {
    if (const auto parsed = parse_bytes(text->get())) size = *parsed;
  }
  if (size && *size >= min) return size;
  table.refuse(key, *node, expected);
  return std::nullopt;
}

std::optional<Nanos> read_time(TomlTable& table, std::string_view key, std::chrono::hours max) {
  const std::string expected = fmt::format(
      "a time such as \"500ms\" or \"5s\", or a number of milliseconds, above 0 and up to {} hours",
      max.count());
  const std::int64_t max_ms = std::chrono::milliseconds(max).count();
  const toml::node* node = table.find(key, Need::optional, expected);
  if (node == nullptr) return std::nullopt;
  Nanos time{};
  if (const auto* number = node->as_integer(); number != nullptr && number->get() <= max_ms) {
    time = std::chrono::milliseconds(std::max<std::int64_t>(number->get(), 0));
  } else if (const auto* text = node->as_string()) {
    time = parse_duration(text->get()).value_or(Nanos::zero());
  }
  if (time > Nanos::zero() && time <= max) return time;
  table.refuse(key, *node, expected);
  return std::nullopt;
}

AuditSettings read_audit(const toml::table& source, Problems& problems) {
  TomlTable table(source, "[audit]", problems);
  AuditSettings audit;
  audit.strict = table.boolean("strict").value_or(false);
  audit.sync = table.boolean("sync").value_or(false);
  audit.file_bytes = read_size(table, "file_size", kMinFileBytes);
  audit.file_age = read_time(table, "file_age", kMaxFileAge);
  audit.keep_bytes = read_size(table, "keep_size", kMinFileBytes);
  if (const auto days = table.integer("keep_days", 1, kMaxDays, Need::optional)) {
    audit.keep_age = std::chrono::hours(24) * *days;
  }
  if (audit.keep_bytes && audit.file_bytes && *audit.keep_bytes < *audit.file_bytes) {
    table.add_problem(table.pos("keep_size"),
                      "\"keep_size\" is what all files may take and cannot be less than "
                      "\"file_size\", what one may");
  }
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "audit")));
  return audit;
}

StorageSettings read_storage(const toml::table& source, Problems& problems) {
  TomlTable table(source, "[storage]", problems);
  StorageSettings storage;
  storage.min_free_disk = read_size(table, "min_free_disk", 0);
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "storage")));
  return storage;
}

}  // namespace midimon
