// midimon doctor: whether what the promises rest on is there, and whether the sandbox holds.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/doctor.h"

namespace midimon::cli {
namespace {

struct Options {
  bool sandbox = false;
  bool json = false;
};

std::string_view word(CheckState state) {
  switch (state) {
    case CheckState::good:
      return "good";
    case CheckState::note:
      return "note";
    case CheckState::problem:
      break;
  }
  return "problem";
}

std::string_view colour(CheckState state) {
  switch (state) {
    case CheckState::good:
      return "\x1b[32m";
    case CheckState::note:
      return "\x1b[33m";
    case CheckState::problem:
      break;
  }
  return "\x1b[31m";
}

std::string to_text(const std::vector<Check>& checks, bool in_colour) {
  std::size_t width = 0;
  for (const Check& check : checks)
    width = std::max(width, check.name.size());
  std::string text;
  for (const Check& check : checks) {
    text += fmt::format("{}{:<7}{}  {:<{}}  {}\n", in_colour ? colour(check.state) : "",
                        word(check.state), in_colour ? "\x1b[0m" : "", check.name, width,
                        escape_line(check.saw));
    if (!check.advice.empty()) {
      text += fmt::format("{:{}}-> {}\n", "", width + 11, escape_line(check.advice));
    }
  }
  return text;
}

std::string to_json(const std::vector<Check>& checks, bool well) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Check& check : checks) {
    rows.push_back({{"name", check.name},
                    {"state", word(check.state)},
                    {"saw", check.saw},
                    {"advice", check.advice}});
  }
  const nlohmann::json all = {{"well", well}, {"checks", std::move(rows)}};
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int run(const Options& options) {
  std::vector<Check> checks = examine_machine();
  if (options.sandbox) {
    Progress progress;
    progress.show("trying to get out of the sandbox ...");
    auto attempts = try_sandbox();
    progress.clear();
    std::move(attempts.begin(), attempts.end(), std::back_inserter(checks));
  }
  const auto problems = std::count_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.state == CheckState::problem;
  });
  std::string text = options.json ? to_json(checks, problems == 0)
                                  : to_text(checks, is_colour_terminal(STDOUT_FILENO));
  if (!options.json) {
    text += problems == 0
                ? "All promises hold here.\n"
                : fmt::format("{} of {} checks found a problem.\n", problems, checks.size());
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return problems == 0 ? kOk : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Look whether everything that midimon's promises rest on is in place.\n"
      "Kernel features, how paths are resolved, the modes of its directories, the engine's "
      "settings; and where keys and the volume go. Exit status: 0 all promises hold, 1 there is a "
      "problem.");
  command->add_flag("--sandbox", options->sandbox,
                    "Also run a hostile guest and say what became of each attempt to get out");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = run(*options); });
}

}  // namespace midimon::cli
