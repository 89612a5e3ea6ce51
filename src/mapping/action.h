// The Action struct describes what a mapping asks for. It does nothing itself; actions/ runs it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "mapping/condition.h"
#include "mapping/params_template.h"
#include "mapping/system_action.h"
#include "toml/source_pos.h"

namespace midimon {

struct Action;

// A call of a plugin's action.
struct PluginAction {
  std::string plugin;              // its id
  std::string action;              // the id of one of its actions
  std::string params_json = "{}";  // an object
  SourcePos pos;  // where it stands, for whoever checks the three against the plugin
  std::optional<ParamsTemplate>
      params{};  // in place of params_json, where it holds values of the event
};

// Makes another mode the current one.
struct ModeChange {
  std::size_t mode = 0;     // index in Profile::modes
  std::string name;         // its name, for people
  bool while_held = false;  // only until the note that asked for it is released
};

// Waits, inside a Sequence; alone it does nothing but wait.
struct Delay {
  Nanos duration{};
};

// Does one thing after another; the first that fails ends it.
struct Sequence {
  std::vector<Action> actions;
};

// Does one thing or another.
struct Conditional {
  Condition condition;
  std::vector<Action> then;       // exactly one
  std::vector<Action> otherwise;  // one at most
};

// Does one thing several times, with a pause between.
struct Repeat {
  std::vector<Action> action;  // exactly one
  int count = 1;
  Nanos delay{};
  bool while_held = false;  // until the note that asked for it is released, however often that is
};

// Does several things at once; it has ended when all have.
struct Parallel {
  std::vector<Action> actions;
};

// Does one of several things: the first at the first press, the next at the next, and after the
// last the first again.
struct Cycle {
  std::vector<Action> actions;  // two at least
  std::size_t number = 0;       // which Cycle of the profile this is, from 0
};

// What the profile asks for and may not have.
struct UnavailableAction {
  std::string type;  // "Shell"
  std::string why;   // a sentence
};

struct Action {
  std::variant<PluginAction, ModeChange, Delay, Sequence, Conditional, Repeat, Parallel, Cycle,
               SystemAction, Panic, UnavailableAction>
      what;
};

// How deep actions may stand in one another, and how many steps one may come to in all.
inline constexpr int kMaxSequenceDepth = 16;
inline constexpr std::size_t kMaxSteps = 10'000;

// A few words for people: "plugin practice-log/note", "mode Live", "delay 20ms",
// "sequence of 3 actions".
[[nodiscard]] std::string describe(const PluginAction& action);
[[nodiscard]] std::string describe(const ModeChange& action);
[[nodiscard]] std::string describe(const Delay& action);
[[nodiscard]] std::string describe(const Sequence& action);
[[nodiscard]] std::string describe(const Conditional& action);
[[nodiscard]] std::string describe(const Repeat& action);
[[nodiscard]] std::string describe(const Parallel& action);
[[nodiscard]] std::string describe(const Cycle& action);
[[nodiscard]] std::string describe(const Panic& action);
[[nodiscard]] std::string describe(const UnavailableAction& action);
[[nodiscard]] std::string describe(const Action& action);

// The values that a step asks its event for, and where the step stands in the profile.
[[nodiscard]] std::vector<ValueName> values_wanted(const Action& step);
[[nodiscard]] SourcePos pos_of_step(const Action& step);

// Whether it asks to know when the note is released that asked for it: it holds a key, or repeats
// until then.
[[nodiscard]] bool is_held(const Action& action);

// How many steps it comes to at most, one for each thing that is done; kMaxSteps + 1 if it is more.
[[nodiscard]] std::size_t count_steps(const Action& action);

// Calls `visit` with each action in `action`, itself included, that is not made of others.
template <typename Visit>
void for_each_step(const Action& action, const Visit& visit);

template <typename Visit>
void for_each_step(const Action& action, const Visit& visit) {
  const auto each = [&visit](const std::vector<Action>& actions) {
    for (const Action& inner : actions)
      for_each_step(inner, visit);
  };
  if (const auto* sequence = std::get_if<Sequence>(&action.what)) {
    each(sequence->actions);
  } else if (const auto* conditional = std::get_if<Conditional>(&action.what)) {
    each(conditional->then);
    each(conditional->otherwise);
  } else if (const auto* repeat = std::get_if<Repeat>(&action.what)) {
    each(repeat->action);
  } else if (const auto* parallel = std::get_if<Parallel>(&action.what)) {
    each(parallel->actions);
  } else if (const auto* cycle = std::get_if<Cycle>(&action.what)) {
    each(cycle->actions);
  } else {
    visit(action);
  }
}

}  // namespace midimon
