// What the commands of `midimon plugin` share that have to do with installed plugins.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "store/judge.h"
#include "store/load.h"

namespace midimon::cli {

// Each adds its commands; plugin_command.cc says in which order.
void add_plugin_login(CLI::App& plugin, int& status);
void add_plugin_pack(CLI::App& plugin, int& status);
void add_plugin_index(CLI::App& plugin, int& status);
void add_plugin_search(CLI::App& plugin, int& status);
void add_plugin_install(CLI::App& plugin, int& status);
void add_plugin_update(CLI::App& plugin, int& status);
void add_plugin_list(CLI::App& plugin, int& status);  // and verify
void add_plugin_info(CLI::App& plugin, int& status);
void add_plugin_remove(CLI::App& plugin, int& status);  // and rollback

// Whether what was given for a plugin is the path of a file; otherwise it is the id of an installed
// plugin. A path has a / in it or ends in ".wasm" or ".midiplug".
[[nodiscard]] bool is_file(const std::string& given);

// Loads what was given for a plugin, and says so if it is not signed.
store::OrRefusal<WasmPlugin> load_plugin(Runtime& runtime, const store::LoadRequest& request);

// The exit status for it: that of `key verify` where the signature is the reason.
[[nodiscard]] int exit_status(const store::Refusal& refusal);
// Prints the error and answers that.
int report(const store::Refusal& refusal);

}  // namespace midimon::cli
