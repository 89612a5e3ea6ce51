// A plugin's grants and limits as a person gives them, on the command line or in a profile.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mapping/profile.h"
#include "midimon/config.h"
#include "midimon/metadata.h"
#include "midimon/plugin.h"
#include "midimon/result.h"

namespace midimon::cli {

struct PluginSettings {
  std::vector<std::string> grants;
  std::string memory;
  std::string fuel;
  std::string timeout;
};

// Adds --grant, --memory, --fuel and --timeout to a command.
void add_plugin_settings(CLI::App& command, PluginSettings& settings);
// The same without --grant.
void add_limit_settings(CLI::App& command, PluginSettings& settings);

Result<WasmConfig> to_config(const PluginSettings& settings);
Result<WasmConfig> to_config(const std::string& id, const PluginEntry& entry);

// A sentence if the plugin lists actions and `action` is not among them.
std::optional<std::string> check_action(const Metadata& metadata, const std::string& action);

// The same, or what is wrong with the params by the plugin's own schema: a sentence for each thing,
// as `midimon check` has it of a profile.
std::vector<std::string> check_call(const Metadata& metadata, const std::string& action,
                                    const Params& params);

// What every command's runtime has in common.
RuntimeOptions runtime_options(std::uint32_t max_instances);
// And with what the profile says of the journal and the disk.
RuntimeOptions runtime_options(std::uint32_t max_instances, const Profile& profile);

}  // namespace midimon::cli
