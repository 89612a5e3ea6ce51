// The Action struct describes what a mapping asks for. It does nothing itself; actions/ runs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "toml/source_pos.h"

namespace midimon {

struct Action;

// A call of a plugin's action.
struct PluginAction {
  std::string plugin;              // its id
  std::string action;              // the id of one of its actions
  std::string params_json = "{}";  // an object
  SourcePos pos;  // where it stands, for whoever checks the three against the plugin
};

// Makes another mode the current one.
struct ModeChange {
  std::size_t mode = 0;  // index in Profile::modes
  std::string name;      // its name, for people
};

// Waits, inside a Sequence; alone it does nothing but wait.
struct Delay {
  Nanos duration{};
};

// Does one thing after another; the first that fails ends it.
struct Sequence {
  std::vector<Action> actions;
};

struct Action {
  std::variant<PluginAction, ModeChange, Delay, Sequence> what;
};

// How deep Sequences may stand in one another.
inline constexpr int kMaxSequenceDepth = 16;

// A few words for people: "plugin practice-log/note", "mode Live", "delay 20ms",
// "sequence of 3 actions".
[[nodiscard]] std::string describe(const PluginAction& action);
[[nodiscard]] std::string describe(const ModeChange& action);
[[nodiscard]] std::string describe(const Delay& action);
[[nodiscard]] std::string describe(const Sequence& action);
[[nodiscard]] std::string describe(const Action& action);

}  // namespace midimon
