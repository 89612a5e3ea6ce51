// obs: controls OBS Studio over obs-websocket 5, and shows on the pad what it is doing. README.md
// is for its users.
#include <bitset>
#include <cstdint>

#include "anything.h"
#include "midimon.hpp"
#include "outputs.h"
#include "scenes.h"
#include "sources.h"
#include "turn.h"

namespace obs {
namespace {

void declare(midimon::Plugin& plugin) {
  plugin.name("obs").version("1.0.0").description("Scenes, recordings and streams of OBS Studio");
  plugin.author("midimon").license("Apache-2.0");
  plugin.session().trigger().settings<Settings>();
  plugin.needs("network", {"ws://127.0.0.1:4455-4470", "ws://localhost:4455-4470"},
               "to talk to OBS on this computer");
  plugin.needs("filesystem", "to keep the screenshots that you take");

  plugin.action("switch_scene", switch_scene)
      .label("Switch scene")
      .description("Puts a scene on air");
  plugin.action("preview_scene", preview_scene)
      .label("Preview scene")
      .description("Puts a scene into the preview of studio mode");
  plugin.action("studio_mode", studio_mode)
      .label("Studio mode")
      .description("Switches studio mode on or off");
  plugin.action("transition", transition)
      .label("Transition")
      .description("Puts the preview of studio mode on air");
  plugin.action("show_source", show_source)
      .label("Show source")
      .description("Shows or hides a source of a scene");
  plugin.action("mute", mute).label("Mute").description("Mutes an input, or no longer");
  plugin.action("volume", volume).label("Volume").description("Makes an input louder or softer");
  plugin.action("record", record)
      .label("Record")
      .description("Starts, stops or pauses the recording");
  plugin.action("stream", stream).label("Stream").description("Starts or stops the stream");
  plugin.action("replay_buffer", replay_buffer)
      .label("Replay buffer")
      .description("Saves what just happened; starts or stops the buffer for that");
  plugin.action("virtual_camera", virtual_camera)
      .label("Virtual camera")
      .description("Starts or stops the virtual camera");
  plugin.action("filter", filter).label("Filter").description("Switches a filter on or off");
  plugin.action("hotkey", hotkey)
      .label("Hotkey")
      .description("Does what one of OBS's hotkeys does, by its name or its keys");
  plugin.action("media", media).label("Media").description("Plays, pauses or stops a media source");
  plugin.action("text", text).label("Text").description("Sets what a text source shows");
  plugin.action("screenshot", screenshot)
      .label("Screenshot")
      .description("Keeps a picture of a scene or source in the plugin's directory");
  plugin.action("scene_collection", scene_collection)
      .label("Scene collection")
      .description("Changes to another scene collection");
  plugin.action("profile", obs_profile).label("Profile").description("Changes to another profile");
  plugin.action("request", request)
      .label("Request")
      .description("Sends any request of obs-websocket 5, and gives its answer");
  plugin.action("batch", batch)
      .label("Batch")
      .description("Sends several requests of obs-websocket 5 at once");
  plugin.action("status", status)
      .no_params()
      .label("Status")
      .description("Tells the scene, and whether OBS records or streams");
}

// What there was to hear of OBS since the last time, as notes of the device plugin:obs.
class Notes {
 public:
  void tell(midimon::Events& events) {
    const midimon::Json& notes = Turn::session().settings().notes;
    std::bitset<128> now;
    for (std::size_t i = 0; i < notes.size(); ++i) {
      const std::int64_t note = notes[i].integer(-1);
      const bool is_note = note >= 0 && note < 128;
      if (is_note && Turn::session().studio().is(notes.name(i)))
        now.set(static_cast<std::size_t>(note));
    }
    // Releases first, so that of scenes no two are down at once.
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (down_[i] && !now[i]) events.release(static_cast<int>(i));
    }
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (!down_[i] && now[i]) events.press(static_cast<int>(i));
    }
    down_ = now;
  }

 private:
  std::bitset<128> down_;
};

// A press waits for a poll to end: so a poll waits little for OBS, and tries rarely while there is
// none.
constexpr std::int64_t kPollMs = 500;
constexpr std::uint32_t kNextMs = 100;
constexpr std::uint32_t kFirstRetryMs = 1000;
constexpr std::uint32_t kLastRetryMs = 30'000;

midimon::Events poll() {
  static Notes notes;
  static std::uint32_t retry_ms = kFirstRetryMs;
  midimon::Events events;
  Turn turn(kPollMs);
  const bool connected = !Turn::session().connect();
  notes.tell(events);
  if (connected) {
    retry_ms = kFirstRetryMs;
    events.next(kNextMs);
  } else {
    events.next(retry_ms);
    retry_ms = std::min(retry_ms * 2, kLastRetryMs);
  }
  return events;
}

}  // namespace
}  // namespace obs

MIDIMON_PLUGIN(obs::declare)
MIDIMON_TRIGGER(obs::poll)
