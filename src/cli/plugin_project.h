// The directory of a plugin that is being written: plugin.toml says what it is called and what it
// is written in, cases.toml how it is tested, and sdk/ holds a copy of what it is built with.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"

namespace midimon::cli {

class ScratchCode;  // cli/scratch.h

// Each adds one command.
void add_plugin_new(CLI::App& plugin, int& status);
void add_plugin_build(CLI::App& plugin, int& status);
void add_plugin_test(CLI::App& plugin, int& status);
void add_plugin_dev(CLI::App& plugin, int& status);
void add_plugin_conform(CLI::App& plugin, int& status);

enum class Language { c, cpp, rust, go, assemblyscript };

// "c", "cpp", ...; as --lang and plugin.toml have them, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string>& language_names();
[[nodiscard]] std::optional<Language> parse_language(std::string_view name);

struct Project {
  std::filesystem::path directory;
  std::string name;  // the plugin's id
  Language language = Language::c;

  // What a build makes.
  [[nodiscard]] std::filesystem::path module() const { return directory / (name + ".wasm"); }
};

// Reads DIRECTORY/plugin.toml.
Result<Project> open_project(const std::filesystem::path& directory);

// Whether the module has the names of its functions, which a trap's trace then says: they are a
// third of a module, and C, C++ and Rust can leave them out.
enum class Names { strip, keep };

// Runs the language's own tools, whose output goes to stderr, and checks what they made as a load
// does. Errors: unsupported, a tool is missing, and how it is had; invalid, it does not build, or
// is no plugin. What was compiled to check it is kept in `code`.
Result<void> build_project(const Project& project, const ScratchCode& code,
                           Names names = Names::strip);

}  // namespace midimon::cli
