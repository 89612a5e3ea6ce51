// What OBS is doing, as its events tell, and how a pad shows it.
#pragma once

#include <string>
#include <string_view>

#include "midimon.hpp"

namespace obs {

// The Studio class is what is known of OBS while the connection lasts.
class Studio {
 public:
  // What OBS tells: an event, or the answers to kFirstQuestions.
  void take_event(std::string_view type, const midimon::Json& data);
  void take_answer(std::string_view type, const midimon::Json& data);
  // Whether it has to be asked again: after another scene collection OBS does not tell the scene.
  [[nodiscard]] bool is_stale() const { return stale_; }
  // Nobody answers any more.
  void leave() { *this = {}; }

  [[nodiscard]] const std::string& scene() const { return scene_; }
  [[nodiscard]] bool studio_mode() const { return studio_mode_; }
  // Of the words "recording", "paused", "streaming", "replay_buffer", "virtual_camera",
  // "studio_mode" or "scene NAME": whether that is so now. False for other words.
  [[nodiscard]] bool is(std::string_view word) const;

  // One word: "offline", "idle", "recording", "paused", "streaming" or "streaming+recording".
  [[nodiscard]] std::string_view word() const;
  // What set_state takes. `state` is word(), or the scene if `by_scene`; a name only of ASCII if
  // `plain`, for one with characters that no pad shows.
  [[nodiscard]] midimon::State shown(bool by_scene, bool plain) const;
  // What the action "status" answers.
  [[nodiscard]] midimon::Json told() const;

  // What to ask first, as the requests of a batch.
  [[nodiscard]] static midimon::Json first_questions();

 private:
  bool connected_ = false;
  bool stale_ = false;
  bool recording_ = false;
  bool paused_ = false;
  bool streaming_ = false;
  bool replay_buffer_ = false;
  bool virtual_camera_ = false;
  bool studio_mode_ = false;
  std::string scene_;
};

}  // namespace obs
