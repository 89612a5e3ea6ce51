#include "cli/plugin_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/places.h"
#include "cli/plugin_config.h"
#include "mapping/sample_values.h"
#include "plugins/params_check.h"
#include "store/load.h"
#include "store/store.h"
#include "toml/closest.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

class ActionChecks {
 public:
  explicit ActionChecks(const Metadata& plugin) : plugin_(plugin), params_(plugin) {}

  // `trigger` is null where no event is there to bring values along.
  void look_at(const Action& all, const Trigger* trigger) {
    for_each_step(all, [&](const Action& step) {
      const auto* action = std::get_if<PluginAction>(&step.what);
      if (action != nullptr && action->plugin == plugin_.name) look_at(*action, trigger);
    });
  }
  [[nodiscard]] std::vector<Flaw> take() { return std::move(found_); }

 private:
  void look_at(const PluginAction& action, const Trigger* trigger) {
    if (const auto wrong = check_action(plugin_, action.action)) {
      found_.push_back({action.pos, *wrong});
      return;
    }
    if (!action.params || trigger == nullptr) {
      check(action, action.params_json, "");
      return;
    }
    std::vector<std::string> tried;
    for (const EventValues& values : sample_values(*trigger)) {
      std::string params = action.params->render(values);
      if (std::find(tried.begin(), tried.end(), params) != tried.end()) continue;
      // One event is enough to show that something is wrong.
      if (check(action, params, with_values(action, values))) return;
      tried.push_back(std::move(params));
    }
  }

  bool check(const PluginAction& action, const std::string& params, const std::string& when) {
    std::vector<std::string> problems = params_.problems(action.action, params, when);
    for (std::string& problem : problems)
      found_.push_back({action.pos, std::move(problem)});
    return !problems.empty();
  }

  // ", with {velocity} = 127".
  static std::string with_values(const PluginAction& action, const EventValues& values) {
    std::vector<ValueName> names = action.params->names();
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string out;
    for (const ValueName name : names) {
      Placeholder plain;
      plain.name = name;
      out += fmt::format("{}{{{}}} = {}", out.empty() ? ", with " : ", ",
                         kValueNames[static_cast<std::size_t>(name)], plain.render(values));
    }
    return out;
  }

  const Metadata& plugin_;
  plugins::ParamsCheck params_;
  std::vector<Flaw> found_;
};

// The trigger of what runs when the note of `trigger` is released.
std::optional<Trigger> release_of(const Trigger& trigger) {
  return std::visit(
      [](const auto& what) -> std::optional<Trigger> {
        if constexpr (requires { ReleaseTrigger{what.note, what.channel}; }) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(what)>, PressureTrigger>) {
            return ReleaseTrigger{what.note, what.channel};
          }
        }
        return std::nullopt;
      },
      trigger);
}

}  // namespace

std::vector<Flaw> check_actions(const Profile& profile, const Metadata& plugin) {
  ActionChecks checks(plugin);
  const auto mapping = [&checks](const Mapping& one) {
    checks.look_at(one.action, &one.trigger);
    if (!one.on_release) return;
    const auto release = release_of(one.trigger);
    checks.look_at(*one.on_release, release ? &*release : nullptr);
  };
  for (const Mode& mode : profile.modes) {
    std::for_each(mode.mappings.begin(), mode.mappings.end(), mapping);
    if (mode.on_enter) checks.look_at(*mode.on_enter, nullptr);
    if (mode.on_exit) checks.look_at(*mode.on_exit, nullptr);
  }
  std::for_each(profile.global_mappings.begin(), profile.global_mappings.end(), mapping);
  return checks.take();
}

std::string why_refused(const std::string& id, const PluginEntry& entry,
                        const store::Refusal& refusal) {
  if (!entry.module.empty() || refusal.error.code != ErrorCode::not_found) {
    return refusal.error.message;
  }
  const auto places = find_places(this_platform(), process_environment());
  const auto installed = places ? store::Store(*places).ids() : tl::unexpected(places.error());
  if (!installed) return refusal.error.message;
  const std::vector<std::string_view> known(installed->begin(), installed->end());
  const auto near = closest(id, known);
  if (!near || *near == id) return refusal.error.message;
  return fmt::format("{} Did you mean {}, which is installed?", refusal.error.message,
                     in_quotes(*near));
}

std::vector<Flaw> check_plugins(const Profile& profile, bool unsigned_allowed) {
  std::vector<Flaw> found;
  if (profile.plugins.empty()) return found;
  RuntimeOptions quiet = runtime_options(8);
  quiet.audit = false;  // looking at a plugin is not worth a record
  auto runtime = Runtime::create(std::move(quiet));
  if (!runtime) return {{{}, runtime.error().message}};
  for (const auto& [id, entry] : profile.plugins) {
    auto config = to_config(id, entry);
    if (!config) {
      found.push_back({entry.pos, config.error().message});
      continue;
    }
    // Nobody calls it here, and it may do nothing while it says what it is.
    config->capabilities.clear();
    const store::LoadRequest request{id, entry.module.string(),
                                     entry.allow_unsigned || unsigned_allowed, std::move(*config)};
    const auto loaded = store::load(**runtime, request);
    if (!loaded) {
      found.push_back({entry.pos, why_refused(id, entry, loaded.error())});
      continue;
    }
    std::vector<Flaw> wrong = check_actions(profile, loaded->plugin.metadata());
    found.insert(found.end(), std::make_move_iterator(wrong.begin()),
                 std::make_move_iterator(wrong.end()));
  }
  return found;
}

}  // namespace midimon::cli
