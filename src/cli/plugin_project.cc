#include "cli/plugin_project.h"

#include <algorithm>
#include <utility>

#include "cli/key_files.h"
#include "midimon/plugin_id.h"
#include "toml/toml_table.h"

namespace midimon::cli {

const std::vector<std::string>& language_names() {
  static const std::vector<std::string> names = {"c", "cpp", "rust", "go", "assemblyscript"};
  return names;
}

std::optional<Language> parse_language(std::string_view name) {
  const auto& names = language_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Language>(found - names.begin());
}

Result<Project> open_project(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "plugin.toml";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return fail(ErrorCode::not_found, file.string() +
                                          " is not there. `midimon plugin new NAME` makes the "
                                          "directory of a plugin.");
  }
  const auto text = read_small_file(file.string());
  if (!text) return tl::unexpected(text.error());
  Problems problems;
  Project project;
  project.directory = directory;
  if (const auto toml = parse_toml(*text, problems)) {
    TomlTable table(*toml, "plugin.toml", problems);
    project.name = table.string("name", Need::required).value_or("");
    if (!project.name.empty() && !is_plugin_id(project.name)) {
      table.add_problem(table.pos(), "the name " + in_quotes(project.name) +
                                         " is no plugin's id: a to z, 0 to 9, and . _ - between");
    }
    const auto language = table.string("language", Need::required);
    if (language) {
      if (const auto known = parse_language(*language)) {
        project.language = *known;
      } else {
        const std::vector<std::string_view> names(language_names().begin(), language_names().end());
        table.add_problem(table.pos(),
                          "there is no language " + in_quotes(*language) + hint(*language, names));
      }
    }
    table.refuse_other_keys();
  }
  if (!problems.empty()) return fail(ErrorCode::invalid, problems.lines(file.string()));
  return project;
}

}  // namespace midimon::cli
