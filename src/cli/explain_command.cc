// midimon explain: which mappings an event calls for, and why not the others.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/load_profile.h"
#include "daemon/clock_facts.h"
#include "mapping/explain.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string profile;
  std::vector<std::string> event;
  std::string mode;
  std::string at;
  std::string device;
  std::vector<std::string> running;
  std::string front;
  std::vector<std::string> states;  // "PLUGIN=STATE"
  bool json = false;
};

// What conditions see: the time, or the one that is given, and of the world outside what is given.
class GivenFacts final : public Facts {
 public:
  GivenFacts(const Options& options, const Clock& clock, std::optional<LocalTime> time)
      : options_(options), clock_facts_(clock), time_(time) {}
  [[nodiscard]] LocalTime local_time() const override {
    return time_ ? *time_ : clock_facts_.local_time();
  }
  [[nodiscard]] bool holds(const OutsideCondition& condition) const override {
    const std::string name = to_lower(condition.subject);
    const auto is_named = [&](const std::string& one) { return to_lower(one) == name; };
    switch (condition.kind) {
      case OutsideCondition::Kind::app_running:
        return is_named(options_.front) ||
               std::any_of(options_.running.begin(), options_.running.end(), is_named);
      case OutsideCondition::Kind::app_frontmost:
        return is_named(options_.front);
      case OutsideCondition::Kind::plugin_state:
        return std::find(options_.states.begin(), options_.states.end(),
                         condition.subject + "=" + condition.state) != options_.states.end();
    }
    return false;
  }

 private:
  const Options& options_;
  ClockFacts clock_facts_;
  std::optional<LocalTime> time_;
};

Result<std::optional<std::size_t>> find_device(const Profile& profile, const std::string& alias) {
  if (alias.empty()) return std::nullopt;
  std::vector<std::string_view> aliases;
  for (const DeviceAlias& device : profile.devices)
    aliases.emplace_back(device.alias);
  const auto found = std::find(aliases.begin(), aliases.end(), alias);
  if (found != aliases.end()) return static_cast<std::size_t>(found - aliases.begin());
  return fail(ErrorCode::not_found,
              fmt::format("there is no device {}{}", in_quotes(alias), hint(alias, aliases)));
}

Result<std::optional<std::size_t>> find_mode(const Profile& profile, const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<std::string_view> names;
  for (const Mode& mode : profile.modes)
    names.emplace_back(mode.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  return fail(ErrorCode::not_found,
              fmt::format("there is no mode {}{}", in_quotes(name), hint(name, names)));
}

json to_json(const std::vector<ExplainedMode>& modes) {
  json out = json::array();
  for (const ExplainedMode& mode : modes) {
    json mappings = json::array();
    for (const Explained& one : mode.mappings) {
      mappings.push_back({{"line", one.mapping->pos.line},
                          {"column", one.mapping->pos.column},
                          {"description", one.mapping->description},
                          {"trigger", describe(one.mapping->trigger)},
                          {"answer", one.answer},
                          {"reason", one.why}});
    }
    out.push_back({{"mode", mode.mode->name}, {"mappings", mappings}, {"others", mode.others}});
  }
  return {{"modes", std::move(out)}};
}

int usage_error(const Error& error) {
  print_error(error.message);
  return kUsage;
}

int explain_event(const Options& options) {
  Result<Profile> profile = load_profile(options.profile);
  if (!profile) return usage_error(profile.error());
  const auto event = parse_event(fmt::format("{}", fmt::join(options.event, " ")));
  if (!event) return usage_error(event.error());
  const auto mode = find_mode(*profile, options.mode);
  if (!mode) return usage_error(mode.error());
  const auto device = find_device(*profile, options.device);
  if (!device) return usage_error(device.error());
  std::optional<LocalTime> time;
  if (!options.at.empty()) {
    const auto given = parse_local_time(options.at);
    if (!given) return usage_error(given.error());
    time = *given;
  }
  const SystemClock clock;
  const GivenFacts facts(options, clock, time);
  const Mapper mapper(std::make_shared<const Profile>(std::move(*profile)), facts, *device);
  if (options.json) {
    print_json(to_json(explain_modes(mapper, *event, *mode, facts)));
  } else {
    fmt::print("{}", explain(mapper, *event, *mode, facts));
  }
  return kOk;
}

}  // namespace

void add_explain(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "explain",
      "Say which mappings of a profile an event calls for in which mode, and why not the others.\n"
      "An event is what a script of `simulate` has: press C2 100, cc 7 64 channel 2, bend 8192.\n"
      "Exit status: 0 done, 2 the event or a file is missing or wrong.");
  command->add_option("EVENT", options->event, "The event")->required();
  command->add_option("-c,--config", options->profile, "The profile, a TOML file")->required();
  command->add_option("--mode", options->mode, "Only in this mode");
  command->add_option("--at", options->at,
                      "The time of the week that conditions see: \"Mon 09:30\"");
  command->add_option(
      "--device", options->device,
      "Which of the profile's [[devices]] it comes from; none of them if not given");
  command->add_option("--running", options->running, "A program that runs, for AppRunning")
      ->allow_extra_args(false);
  command->add_option("--front", options->front,
                      "The program whose window is in front, for AppFrontmost");
  command
      ->add_option("--state", options->states,
                   "What a plugin is doing, for PluginState: PLUGIN=STATE")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = explain_event(*options); });
}

}  // namespace midimon::cli
