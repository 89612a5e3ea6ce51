#include "studio.h"

#include <cstddef>

namespace obs {
namespace {

using midimon::Json;

constexpr std::string_view kScene = "scene ";
constexpr std::size_t kShownCharacters = 64;  // what a state may have

// The first characters of `text`, without control characters; without any that are not ASCII if
// `plain`.
std::string shortened(std::string_view text, bool plain) {
  std::string result;
  std::size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool begins = (byte & 0xC0U) != 0x80;
    if (begins && ++characters > kShownCharacters) break;
    if (plain && !begins) continue;
    result += byte < 0x20 || byte == 0x7F ? ' ' : plain && byte >= 0x80 ? '?' : c;
  }
  return result;
}

Json question(std::string_view type) {
  return Json::object({{"requestType", type}, {"requestId", type}});
}

}  // namespace

Json Studio::first_questions() {
  return Json::array({question("GetCurrentProgramScene"), question("GetRecordStatus"),
                      question("GetStreamStatus"), question("GetReplayBufferStatus"),
                      question("GetVirtualCamStatus"), question("GetStudioModeEnabled")});
}

void Studio::take_answer(std::string_view type, const Json& data) {
  connected_ = true;
  const bool active = data["outputActive"].boolean();
  if (type == "GetCurrentProgramScene") {
    scene_ = data["currentProgramSceneName"].string();
    stale_ = scene_.empty();
  } else if (type == "GetRecordStatus") {
    recording_ = active;
    paused_ = data["outputPaused"].boolean();
  } else if (type == "GetStreamStatus") {
    streaming_ = active;
  } else if (type == "GetReplayBufferStatus") {
    replay_buffer_ = active;
  } else if (type == "GetVirtualCamStatus") {
    virtual_camera_ = active;
  } else if (type == "GetStudioModeEnabled") {
    studio_mode_ = data["studioModeEnabled"].boolean();
  }
}

void Studio::take_event(std::string_view type, const Json& data) {
  const bool active = data["outputActive"].boolean();
  if (type == "CurrentProgramSceneChanged") {
    scene_ = data["sceneName"].string();
  } else if (type == "SceneNameChanged") {
    if (data["oldSceneName"].string() == scene_) scene_ = data["sceneName"].string();
  } else if (type == "CurrentSceneCollectionChanged") {
    stale_ = true;
  } else if (type == "RecordStateChanged") {
    const std::string_view state = data["outputState"].string();
    paused_ = state == "OBS_WEBSOCKET_OUTPUT_PAUSED";
    recording_ = paused_ || active;
  } else if (type == "StreamStateChanged") {
    streaming_ = active;
  } else if (type == "ReplayBufferStateChanged") {
    replay_buffer_ = active;
  } else if (type == "VirtualcamStateChanged") {
    virtual_camera_ = active;
  } else if (type == "StudioModeStateChanged") {
    studio_mode_ = data["studioModeEnabled"].boolean();
  }
}

bool Studio::is(std::string_view word) const {
  if (word.substr(0, kScene.size()) == kScene) {
    return connected_ && word.substr(kScene.size()) == scene_;
  }
  if (word == "recording") return recording_;
  if (word == "paused") return paused_;
  if (word == "streaming") return streaming_;
  if (word == "replay_buffer") return replay_buffer_;
  if (word == "virtual_camera") return virtual_camera_;
  return word == "studio_mode" && studio_mode_;
}

std::string_view Studio::word() const {
  if (!connected_) return "offline";
  if (streaming_) return recording_ ? "streaming+recording" : "streaming";
  if (!recording_) return "idle";
  return paused_ ? "paused" : "recording";
}

midimon::State Studio::shown(bool by_scene, bool plain) const {
  constexpr int kBright = 127;
  constexpr int kDim = 32;
  const std::string scene = shortened(scene_, plain);
  midimon::State state;
  state.state = by_scene && connected_ ? scene : std::string(word());
  const auto looks = [&state](std::string text, const char* color, int led) {
    state.text = std::move(text);
    state.color = color;
    state.led = led;
  };
  if (!connected_) {
    looks("OBS off", "#000000", 0);
  } else if (streaming_) {
    looks(recording_ ? "LIVE REC" : "LIVE", "#a000ff", kBright);
  } else if (paused_) {
    looks("PAUSE", "#ffa000", kDim);
  } else if (recording_) {
    looks("REC", "#ff0000", kBright);
  } else {
    looks(scene, "#00a040", kDim);
  }
  return state;
}

Json Studio::told() const {
  return Json::object({{"scene", scene_},
                       {"recording", recording_},
                       {"paused", paused_},
                       {"streaming", streaming_},
                       {"replay_buffer", replay_buffer_},
                       {"virtual_camera", virtual_camera_},
                       {"studio_mode", studio_mode_}});
}

}  // namespace obs
