#include "cli/data_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/load_profile.h"
#include "cli/plugin_config.h"
#include "data/tree.h"
#include "midimon/plugin_id.h"

namespace midimon::cli {

Result<DataTarget> DataTarget::find(const std::string& id) {
  if (id != kSharedId && !is_plugin_id(id)) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" is not the id of a plugin; `midimon data usage` lists those "
                            "that have stored something, and {} is what they share",
                            escape_line(id), kSharedId));
  }
  auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  return DataTarget(id, std::move(*places));
}

std::string DataTarget::place() const {
  return is_shared() ? "shared" : "plugin-data/" + id_;
}

std::string DataTarget::name() const {
  return is_shared() ? "shared" : id_;
}

Result<UniqueFd> DataTarget::open() const {
  auto fd = is_shared() ? plugins::open_shared(places_, plugins::Missing::refuse)
                        : plugins::open_plugin_data(places_, id_, plugins::Missing::refuse);
  if (!fd && fd.error().code == ErrorCode::not_found) {
    return fail(ErrorCode::not_found, fmt::format("{} has stored nothing yet: there is no {}.",
                                                  is_shared() ? "nobody" : id_, path()));
  }
  return fd;
}

Result<UniqueFd> DataTarget::open_parent(plugins::Missing missing) const {
  return is_shared() ? plugins::open_data_root(places_, missing)
                     : plugins::open_all_plugin_data(places_, missing);
}

Result<std::vector<std::string>> list_data_ids() {
  const auto shared = DataTarget::find(kSharedId);
  if (!shared) return tl::unexpected(shared.error());
  const auto all = plugins::open_all_plugin_data(shared->places(), plugins::Missing::refuse);
  std::vector<std::string> ids;
  if (all) {
    const auto names = data::names_in(all->get());
    if (!names) {
      return fail(ErrorCode::io, fmt::format("Cannot list {}/plugin-data ({}).",
                                             shared->places().data, to_string(names.error())));
    }
    std::copy_if(names->begin(), names->end(), std::back_inserter(ids), is_plugin_id);
  } else if (all.error().code != ErrorCode::not_found) {
    return tl::unexpected(all.error());
  }
  if (shared->open()) ids.emplace_back(kSharedId);
  return ids;
}

CLI::Option* add_profile(CLI::App& command, std::string& profile) {
  return command.add_option("-c,--config", profile,
                            "The profile whose limits hold (default: 64MiB and 1000 names)");
}

Result<Profile> profile_or_none(const std::string& path) {
  return path.empty() ? Profile{} : load_profile(path);
}

Result<plugins::StorageLimits> storage_limits(const DataTarget& target, const Profile& profile) {
  WasmConfig config;
  const auto entry = profile.plugins.find(target.id());
  if (entry != profile.plugins.end()) {
    const auto with_limits = to_config(entry->first, entry->second);
    if (!with_limits) return tl::unexpected(with_limits.error());
    config = *with_limits;
  }
  plugins::StorageLimits limits;
  limits.allowed = {config.max_storage_bytes, config.max_storage_entries};
  limits.min_free_disk = profile.storage.min_free_disk;
  return limits;
}

vfs::ResolverKind resolver_kind() {
  return vfs::choose_resolver(std::getenv("MIDIMON_RESOLVER"), vfs::openat2_works());
}

std::unique_ptr<vfs::Resolver> make_resolver() {
  return vfs::make_resolver(resolver_kind());
}

std::string to_text(const vfs::QuotaUsage& usage) {
  return fmt::format("{} {}, {}", usage.entries, usage.entries == 1 ? "name" : "names",
                     format_bytes(usage.bytes));
}

int report_data(const Error& error) {
  print_error(error.message);
  return kUsage;
}

}  // namespace midimon::cli
