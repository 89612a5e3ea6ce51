// midimon check: says what is wrong with a profile before it runs.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_checks.h"
#include "cli/read_file.h"
#include "mapping/flaws.h"
#include "mapping/profile_toml.h"
#include "registry/config_toml.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string profile;
  bool strict = false;
  bool no_plugins = false;
  bool unsigned_allowed = false;
  bool json = false;
};

std::string count(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::size_t count_mappings(const Profile& profile) {
  std::size_t mappings = profile.global_mappings.size();
  for (const Mode& mode : profile.modes)
    mappings += mode.mappings.size();
  return mappings;
}

// All that is said of a profile.
struct Report {
  std::string file;
  std::optional<Profile> profile;  // if it could be read
  Problems errors;
  Problems warnings;
};

// Reads the file once, as it may be a pipe. What a profile leaves to others is checked too.
Result<Report> look_at(const Options& options) {
  const auto bytes = read_file(options.profile, kMaxProfileBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  Report report;
  report.file = options.profile;
  report.profile = parse_profile(text, options.profile, report.errors);
  if (!report.profile) return report;
  registry::parse_config(text, options.profile, report.errors);
  if (!options.no_plugins) {
    for (const Flaw& flaw : check_plugins(*report.profile, options.unsigned_allowed))
      report.errors.add(flaw.pos, flaw.text);
  }
  for (const Flaw& flaw : find_flaws(*report.profile))
    report.warnings.add(flaw.pos, flaw.text);
  for (const ProfileNote& note : report.profile->notes)
    report.warnings.add(note.pos, note.text);
  return report;
}

void print_text(const Report& report) {
  if (!report.errors.empty()) {
    print_error(report.errors.lines(report.file));
    return;
  }
  if (!report.warnings.empty()) fmt::print("{}\n", report.warnings.lines(report.file));
  const Profile& profile = *report.profile;
  fmt::print("{}: no mistake; {}, {}, {}\n", report.file, count(profile.modes.size(), "mode"),
             count(count_mappings(profile), "mapping"), count(profile.plugins.size(), "plugin"));
}

void print_findings(const Report& report) {
  const auto list = [&](const Problems& problems, std::string_view severity) {
    for (const Problem& problem : problems.in_order()) {
      print_json({{"file", report.file},
                  {"line", problem.pos.line},
                  {"column", problem.pos.column},
                  {"severity", severity},
                  {"text", problem.text}});
    }
    return problems.in_order().size();
  };
  const std::size_t errors = list(report.errors, "error");
  const std::size_t warnings = list(report.warnings, "warning");
  json summary = {{"file", report.file}, {"errors", errors}, {"warnings", warnings}};
  if (report.profile) {
    summary["modes"] = report.profile->modes.size();
    summary["mappings"] = count_mappings(*report.profile);
    summary["plugins"] = report.profile->plugins.size();
  }
  print_json({{"summary", std::move(summary)}});
}

int check(const Options& options) {
  const Result<Report> report = look_at(options);
  if (!report) {
    print_error(report.error().message);
    return kUsage;
  }
  if (options.json) {
    print_findings(*report);
  } else {
    print_text(*report);
  }
  if (!report->errors.empty()) return kUsage;
  return options.strict && !report->warnings.empty() ? kFailed : kOk;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Say what is wrong with a profile: all mistakes at once, each with its place, also in what "
      "it "
      "asks of its plugins; then what this version does not do, mappings that never run or run "
      "twice, and modes that nothing leads to.\n"
      "Exit status: 0 no mistake, 1 with --strict if there is anything to say, 2 a mistake.");
  command->add_option("PROFILE", options->profile, "The profile, a TOML file")->required();
  command->add_flag("--strict", options->strict, "Fail also for what is no mistake");
  command->add_flag("--no-plugins", options->no_plugins,
                    "Do not look at its plugins, which may not be here");
  command->add_flag("--unsigned", options->unsigned_allowed,
                    "Its plugins need not be signed, as with `run --unsigned`");
  command->add_flag("--json", options->json,
                    "One JSON object a line: each finding, and a summary last");
  command->callback([=, &status] { status = check(*options); });
}

}  // namespace midimon::cli
