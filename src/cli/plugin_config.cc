#include "cli/plugin_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "cli/console.h"
#include "plugins/params_check.h"
#include "toml/closest.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

// The one of `kind` in a list, const or not; null if there is none.
template <typename List>
auto* find(List& list, CapabilityKind kind) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Capability& item) { return item.kind == kind; });
  return found == list.end() ? nullptr : &*found;
}

// Grants of one kind are put together: "filesystem" and "filesystem:/shared" are one grant.
Result<void> add_grants(WasmConfig& config, const std::vector<std::string>& grants) {
  for (const std::string& text : grants) {
    Result<Capability> grant = parse_capability(text);
    if (!grant) return tl::unexpected(grant.error());
    Capability* same = find(config.capabilities, grant->kind);
    if (same == nullptr) {
      config.capabilities.push_back(std::move(*grant));
    } else {
      same->allow.insert(same->allow.end(), grant->allow.begin(), grant->allow.end());
    }
  }
  return {};
}

}  // namespace

void add_plugin_settings(CLI::App& command, PluginSettings& settings) {
  command
      .add_option("--grant", settings.grants,
                  "Grant what the plugin asks for, for this run alone: filesystem (its own "
                  "directory), filesystem:/shared, filesystem:/srv/music::/music:ro, network, "
                  "network:https://example.org, midi, audio, subprocess, systemcontrol")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_limit_settings(command, settings);
}

void add_limit_settings(CLI::App& command, PluginSettings& settings) {
  command.add_option("--memory", settings.memory, "The most memory it may have (default: 128MiB)");
  command.add_option("--fuel", settings.fuel, "Units of fuel for the call (default: 100000000)");
  command.add_option("--timeout", settings.timeout, "The most time it may take (default: 5s)");
}

Result<WasmConfig> to_config(const PluginSettings& settings) {
  WasmConfig config;
  if (auto added = add_grants(config, settings.grants); !added) {
    return fail(ErrorCode::invalid, "--grant: " + added.error().message);
  }
  if (!settings.memory.empty()) {
    const auto bytes = parse_bytes(settings.memory);
    if (!bytes) return fail(ErrorCode::invalid, "--memory: " + bytes.error().message);
    config.max_memory_bytes = *bytes;
  }
  if (!settings.fuel.empty()) {
    const auto fuel = parse_bytes(settings.fuel);
    if (!fuel) return fail(ErrorCode::invalid, "--fuel takes a whole number.");
    config.max_fuel = *fuel;
  }
  if (!settings.timeout.empty()) {
    const auto time = parse_duration(settings.timeout);
    if (!time) return fail(ErrorCode::invalid, "--timeout: " + time.error().message);
    config.max_execution_time = *time;
  }
  return config;
}

Result<WasmConfig> to_config(const std::string& id, const PluginEntry& entry) {
  WasmConfig config;
  config.expected_id = id;
  config.settings_json = entry.settings_json;
  if (auto added = add_grants(config, entry.grant); !added) return tl::unexpected(added.error());
  const PluginLimits& limits = entry.limits;
  config.max_memory_bytes = limits.memory.value_or(config.max_memory_bytes);
  config.max_fuel = limits.fuel.value_or(config.max_fuel);
  config.max_execution_time = limits.time.value_or(config.max_execution_time);
  config.max_storage_bytes = limits.storage.value_or(config.max_storage_bytes);
  config.max_storage_entries = limits.storage_entries.value_or(config.max_storage_entries);
  config.max_open_files = limits.open_files.value_or(config.max_open_files);
  return config;
}

RuntimeOptions runtime_options(std::uint32_t max_instances) {
  RuntimeOptions options;
  options.log = print_log;
  options.max_instances = max_instances;
  options.aot_cache = true;
  return options;
}

RuntimeOptions runtime_options(std::uint32_t max_instances, const Profile& profile) {
  RuntimeOptions options = runtime_options(max_instances);
  const AuditSettings& audit = profile.audit;
  JournalSettings& journal = options.journal;
  options.audit_strict = audit.strict;
  journal.sync = audit.sync;
  // The file that is written to is always kept: where only one of the two sizes is given, the other
  // follows it.
  const std::uint64_t most = std::max(journal.keep_bytes, audit.file_bytes.value_or(0));
  journal.keep_bytes = audit.keep_bytes.value_or(most);
  journal.file_bytes = audit.file_bytes.value_or(std::min(journal.file_bytes, journal.keep_bytes));
  journal.file_age = audit.file_age.value_or(journal.file_age);
  journal.keep_age = audit.keep_age.value_or(journal.keep_age);
  options.min_free_disk = profile.storage.min_free_disk;
  return options;
}

std::optional<std::string> check_action(const Metadata& metadata, const std::string& action) {
  std::vector<std::string_view> known;
  for (const ActionInfo& item : metadata.actions) {
    if (item.id == action) return {};
    known.push_back(item.id);
  }
  if (known.empty()) return {};
  const auto near = closest(action, known);
  return fmt::format("{} has no action {}; it has {}{}", metadata.name, in_quotes(action),
                     fmt::join(known, ", "),
                     near ? fmt::format(" (did you mean {}?)", in_quotes(*near)) : "");
}

std::vector<std::string> check_call(const Metadata& metadata, const std::string& action,
                                    const Params& params) {
  if (auto wrong = check_action(metadata, action)) return {std::move(*wrong)};
  return plugins::ParamsCheck(metadata).problems(action, params.json());
}

}  // namespace midimon::cli
