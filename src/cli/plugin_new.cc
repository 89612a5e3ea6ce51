// midimon plugin new: makes the directory of a plugin that builds, is tested and runs at once.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_project.h"
#include "cli/sdk_files.h"
#include "midimon/plugin_id.h"

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemplate = "/template/";
constexpr std::string_view kName = "@NAME@";

struct Options {
  std::string name;
  std::string directory;
  std::string language = "cpp";
};

std::string replace_name(std::string_view text, const std::string& name) {
  std::string out;
  for (std::size_t at = text.find(kName); at != text.npos; at = text.find(kName)) {
    out += text.substr(0, at);
    out += name;
    text.remove_prefix(at + kName.size());
  }
  return out += text;
}

// Where a file of sdk/ goes in the project; empty: it is not for this language.
std::string place_of(std::string_view path, const std::string& language) {
  const std::string own = language + "/";
  // The header of C is underneath that of C++.
  if (language == "cpp" && path == "c/midimon.h") return "sdk/midimon.h";
  if (!path.starts_with(own)) return {};
  path.remove_prefix(own.size() - 1);
  // go.mod.in would be a module of its own in the tree if it were called go.mod.
  if (path.ends_with(".in")) path.remove_suffix(3);
  if (path.starts_with(kTemplate)) return std::string(path.substr(kTemplate.size()));
  return "sdk" + std::string(path);
}

Result<void> write_file(const fs::path& path, const std::string& contents) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  out << contents;
  out.close();
  if (error || !out) return fail(ErrorCode::io, "Cannot write " + path.string() + ".");
  return {};
}

int make(const Options& options) {
  if (!is_plugin_id(options.name)) {
    return report({ErrorCode::invalid,
                   "A plugin's name is a to z and 0 to 9, with . _ - between them, and at most 64 "
                   "characters: \"scene-switcher\"."});
  }
  const fs::path directory = options.directory.empty() ? options.name : options.directory;
  std::error_code error;
  if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
    return report({ErrorCode::invalid, fmt::format("{} is there already, and not empty. Give "
                                                   "another with --directory.",
                                                   directory.string())});
  }
  std::string made;
  for (const SdkFile& file : sdk_files()) {
    const std::string place = place_of(file.path, options.language);
    if (place.empty()) continue;
    const bool is_template = !place.starts_with("sdk/");
    const std::string contents =
        is_template ? replace_name(file.contents, options.name) : std::string(file.contents);
    if (auto written = write_file(directory / place, contents); !written) {
      return report(written.error());
    }
    if (is_template) made += "  " + (directory / place).string() + "\n";
  }
  print(
      fmt::format("{}\n{}What comes next:\n  cd {}\n  midimon plugin build\n  midimon plugin "
                  "test\n  midimon plugin dev\n",
                  fmt::format("{} is a plugin in {} now:", options.name, options.language), made,
                  directory.string()));
  return kOk;
}

}  // namespace

void add_plugin_new(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      plugin.add_subcommand("new",
                            "Make the directory of a new plugin, with what builds and tests it.\n"
                            "Exit status: 0 made, 2 it could not be.");
  command->add_option("NAME", options->name, "The plugin's id, such as scene-switcher")->required();
  command->add_option("--lang", options->language, "What it is written in")
      ->check(CLI::IsMember(language_names()))
      ->capture_default_str();
  command->add_option("--directory", options->directory, "Where; NAME if it is not given");
  command->callback([=, &status] { status = make(*options); });
}

}  // namespace midimon::cli
