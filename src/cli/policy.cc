#include "cli/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/read_file.h"
#include "mapping/profile_toml.h"
#include "vfs/mount_table.h"

namespace midimon::cli {
namespace {

using grants::Permissions;
using grants::Side;

// All of a kind, written out: a bare "filesystem" is a plugin's own directory and no more.
Capability all_of(CapabilityKind kind) {
  if (kind != CapabilityKind::filesystem) return {kind, {}, {}};
  return {kind, {"/shared", "/...::*"}, {}};
}

Result<Permissions> read_policy(const Profile& profile) {
  Permissions policy;
  for (const std::string_view name : kCapabilities) {
    const auto entry = std::find_if(profile.policy.begin(), profile.policy.end(),
                                    [&](const PolicyEntry& one) { return one.capability == name; });
    Capability capability = all_of(parse_capability(name)->kind);
    const bool narrows = entry != profile.policy.end() && !entry->whole;
    if (narrows && entry->allow.empty()) continue;
    if (narrows) capability.allow = entry->allow;
    if (auto added = policy.add(capability, Side::policy); !added) {
      return fail(ErrorCode::invalid,
                  fmt::format("{}:{}:{}: {}", profile.file.string(), entry->pos.line,
                              entry->pos.column, added.error().message));
    }
  }
  return policy;
}

// The profile in the configuration directory; none if there is no such file.
Result<std::optional<Profile>> user_profile(const Places& places) {
  const std::string path = places.config + places.separator + "config.toml";
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  const auto bytes = read_file(path, kMaxProfileBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  auto profile = parse_profile({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
  if (!profile) return tl::unexpected(profile.error());
  return std::move(*profile);
}

}  // namespace

Result<Permissions> find_ceiling(const Places& places, const Profile* profile) {
  const auto user = user_profile(places);
  if (!user) return tl::unexpected(user.error());
  auto ceiling = read_policy(*user ? **user : Profile());
  if (!ceiling || profile == nullptr) return ceiling;
  const auto other = read_policy(*profile);
  if (!other) return tl::unexpected(other.error());
  return intersect(*ceiling, *other);
}

Result<void> check_directories(const Capability& what, const Places& places) {
  if (what.kind != CapabilityKind::filesystem) return {};
  vfs::MountTable table;
  for (const std::string* path :
       {&places.config, &places.data, &places.state, &places.cache, &places.runtime}) {
    table.forbid(*path);
  }
  for (const std::string& text : what.allow) {
    const auto rule = grants::parse_file_rule(text);
    if (!rule || rule->place != grants::FileRule::Place::directory) continue;
    if (auto added = table.add({rule->host, rule->guest, true}, {}); !added) {
      return fail(added.error().code, added.error().message + ".");
    }
  }
  return {};
}

}  // namespace midimon::cli
