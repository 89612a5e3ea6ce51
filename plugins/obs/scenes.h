// Actions on scenes: which one is shown, what of it is shown, and how one gives way to another.
#pragma once

#include <optional>
#include <string>

#include "midimon.hpp"

namespace obs {

struct SwitchScene {
  std::string scene;
  std::optional<std::string> transition;
  std::optional<int> duration_ms;
  void fields(midimon::Fields& field);
};
midimon::Status switch_scene(const SwitchScene& params, const midimon::Call& call);

struct PreviewScene {
  std::string scene;
  void fields(midimon::Fields& field);
};
midimon::Status preview_scene(const PreviewScene& params, const midimon::Call& call);

struct StudioMode {
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status studio_mode(const StudioMode& params, const midimon::Call& call);

struct Transition {
  std::optional<std::string> transition;
  std::optional<int> duration_ms;
  void fields(midimon::Fields& field);
};
midimon::Status transition(const Transition& params, const midimon::Call& call);

struct ShowSource {
  std::string source;
  std::optional<std::string> scene;
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status show_source(const ShowSource& params, const midimon::Call& call);

// A scene collection or a profile of OBS.
struct ByName {
  std::string name;
  void fields(midimon::Fields& field);
};
midimon::Status scene_collection(const ByName& params, const midimon::Call& call);
midimon::Status obs_profile(const ByName& params, const midimon::Call& call);

}  // namespace obs
