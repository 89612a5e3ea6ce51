// midimon plugin test: calls a plugin as its cases say, with a world that answers as they say.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_cases.h"
#include "cli/plugin_project.h"
#include "cli/scratch.h"
#include "cli/test_case.h"
#include "cli/test_stage.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string directory = ".";
  std::string only;
  bool no_build = false;
};

int test(const Options& options) {
  const auto project = open_project(options.directory);
  if (!project) return report(project.error());
  const ScratchCode code;
  if (!options.no_build) {
    if (const auto built = build_project(*project, code); !built) {
      report(built.error());
      return built.error().code == ErrorCode::invalid ? kFailed : kUsage;
    }
  }
  const auto failed = run_cases(*project, options.only, code);
  if (!failed) return report(failed.error());
  return *failed == 0 ? kOk : kFailed;
}

}  // namespace

Result<std::size_t> run_cases(const Project& project, const std::string& only,
                              const ScratchCode& code) {
  const std::string file = (project.directory / "cases.toml").lexically_normal().string();
  const auto text = read_small_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto cases = parse_cases(*text, file);
  if (!cases) return tl::unexpected(cases.error());
  std::size_t run = 0;
  std::size_t failed = 0;
  for (const TestCase& one : *cases) {
    if (one.name.find(only) == std::string::npos) continue;
    ++run;
    const auto problems = run_case(one, project.module(), code);
    if (!problems) {
      return fail(problems.error().code,
                  fmt::format("The case {} could not be run. {}", in_quotes(one.name),
                              problems.error().message));
    }
    print(fmt::format("{}  {}\n", problems->empty() ? "ok    " : "FAILED", escape_line(one.name)));
    for (const std::string& problem : *problems)
      print(fmt::format("        {}\n", escape_line(problem)));
    if (!problems->empty()) ++failed;
  }
  if (run == 0) {
    return fail(ErrorCode::not_found,
                fmt::format("No case of {} has \"{}\" in its name.", file, only));
  }
  print(fmt::format("{} of {} cases are as they should be\n", run - failed, run));
  return failed;
}

void add_plugin_test(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "test",
      "Build the plugin in a directory, and call it as each [[case]] of its cases.toml says. "
      "Nothing real is reached: hosts, programs, the keyboard and all else answer what the case "
      "says.\n"
      "Exit status: 0 all is as expected, 1 something is not, 2 something is missing or wrong.");
  command->add_option("DIRECTORY", options->directory, "Where its plugin.toml is")
      ->capture_default_str();
  command->add_option("--only", options->only, "Only cases with this in their names");
  command->add_flag("--no-build", options->no_build, "Test what was built last");
  command->callback([=, &status] { status = test(*options); });
}

}  // namespace midimon::cli
