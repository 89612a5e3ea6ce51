// What a plugin may ask of its host, apart from the network and programs. Each needs the capability
// that docs/abi.md names, and says what is missing if it was not granted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "result.hpp"

namespace midimon {

enum class Level : std::uint32_t { debug = 0, info = 1, warning = 2, error = 3 };

// One line to midimon's log.
inline void log(Level level, std::string_view text) {
  midimon_host_log(static_cast<std::uint32_t>(level), text.data(), detail::size32(text));
}
inline void log(std::string_view text) {
  log(Level::info, text);
}

// The call's result, at most 64 KiB; the last one stands.
inline Result<> set_output(const Json& value) {
  const std::string text = value.dump();
  return detail::result(midimon_host_set_output(text.data(), detail::size32(text)));
}

// What the pad shows. What is not given stays as it is.
struct State {
  std::optional<std::string> state;  // what PluginState conditions of profiles ask for
  std::optional<std::string> text;   // at most 64 characters
  std::optional<std::string> color;  // "#rrggbb"
  std::optional<int> led;            // 0 to 127
};
inline Result<> set_state(const State& state) {
  Json json = Json::object();
  if (state.state) json.set("state", *state.state);
  if (state.text) json.set("text", *state.text);
  if (state.color) json.set("color", *state.color);
  if (state.led) json.set("led", *state.led);
  const std::string text = json.dump();
  return detail::result(midimon_set_state(text.data(), detail::size32(text)));
}

// The plugin's settings in the profile, an object; empty without any.
inline Json config() {
  std::string text;
  if (detail::read_whole(text, 1024, midimon_config_get) != 0) return Json::object();
  std::optional<Json> json = Json::parse(text);
  return json && json->is_object() ? *json : Json::object();
}

// A secret that the user stored with --readable, or that the plugin stored itself; not_found if
// there is none.
inline Result<std::string> secret(std::string_view name) {
  std::string text;
  const std::uint32_t answer =
      detail::read_whole(text, 256, [&](char* buffer, std::uint32_t size, std::uint32_t* length) {
        return midimon_secret_get(name.data(), detail::size32(name), buffer, size, length);
      });
  return detail::result(answer, text);
}
// Keeps one of the plugin's own; an empty one is removed.
inline Result<> set_secret(std::string_view name, std::string_view value) {
  return detail::result(
      midimon_secret_set(name.data(), detail::size32(name), value.data(), detail::size32(value)));
}

// What the plugin keeps in its directory, and what it may.
inline Result<midimon_storage> storage_usage() {
  midimon_storage usage{};
  const std::uint32_t answer = midimon_storage_usage(&usage);
  return detail::result(answer, usage);
}

// Whole MIDI messages, to each output with `port` in its name; "" is the controllers themselves.
inline Result<> midi_send(std::string_view port, const std::vector<std::uint8_t>& bytes) {
  return detail::result(midimon_midi_send(port.data(), detail::size32(port), bytes.data(),
                                          static_cast<std::uint32_t>(bytes.size())));
}

// "ctrl+shift+s", as in profiles.
inline Result<> key_send(std::string_view chord) {
  return detail::result(midimon_key_send(chord.data(), detail::size32(chord)));
}
// Types it.
inline Result<> text_send(std::string_view text) {
  return detail::result(midimon_text_send(text.data(), detail::size32(text)));
}

enum class Button : std::uint32_t {
  left = 1,
  middle = 2,
  right = 3,
  wheel_up = 4,
  wheel_down = 5,
  wheel_left = 6,
  wheel_right = 7,
};
inline Result<> mouse_click(Button button, std::uint32_t count = 1) {
  return detail::result(midimon_mouse_click(static_cast<std::uint32_t>(button), count));
}
// To a place of the screen, in pixels.
inline Result<> mouse_move_to(std::int32_t x, std::int32_t y) {
  return detail::result(midimon_mouse_move(x, y, 0));
}
inline Result<> mouse_move_by(std::int32_t x, std::int32_t y) {
  return detail::result(midimon_mouse_move(x, y, 1));
}

struct Volume {
  int percent = 0;
  bool muted = false;
};
// Of the output of that name; "" is the default one.
inline Result<Volume> volume(std::string_view output = {}) {
  midimon_volume volume{};
  const std::uint32_t answer = midimon_volume_get(output.data(), detail::size32(output), &volume);
  return detail::result(answer, Volume{static_cast<int>(volume.percent), volume.muted != 0});
}
enum class Mute : std::uint32_t { off = 0, on = 1, leave = 2, toggle = 3 };
// `percent` 0 to 100; nothing leaves it as it is.
inline Result<> set_volume(std::optional<int> percent, Mute mute = Mute::leave,
                           std::string_view output = {}) {
  return detail::result(midimon_volume_set(output.data(), detail::size32(output),
                                           percent.value_or(-1), static_cast<std::uint32_t>(mute)));
}

enum class Urgency { low, normal, critical };
inline Result<> notify(std::string_view title, std::string_view body = {},
                       Urgency urgency = Urgency::normal) {
  const char* word = urgency == Urgency::low        ? "low"
                     : urgency == Urgency::critical ? "critical"
                                                    : "normal";
  const std::string text =
      Json::object({{"title", title}, {"body", body}, {"urgency", word}}).dump();
  return detail::result(midimon_notify(text.data(), detail::size32(text)));
}

// A web page or a mail: http, https or mailto.
inline Result<> open_url(std::string_view url) {
  return detail::result(midimon_open_url(url.data(), detail::size32(url)));
}

inline Result<std::string> clipboard() {
  std::string text;
  const std::uint32_t answer = detail::read_whole(text, 1024, midimon_clipboard_get);
  return detail::result(answer, text);
}
inline Result<> set_clipboard(std::string_view text) {
  return detail::result(midimon_clipboard_set(text.data(), detail::size32(text)));
}

struct App {
  std::string name;
  std::string title;
  bool focused = false;
};
// One for each window.
inline Result<std::vector<App>> apps() {
  std::string text;
  const std::uint32_t answer = detail::read_whole(text, 4096, midimon_app_list);
  std::vector<App> found;
  if (answer == 0) {
    const std::optional<Json> list = Json::parse(text);
    if (list) {
      for (const Json& app : list->items()) {
        found.push_back({std::string(app["name"].string()), std::string(app["title"].string()),
                         app["focused"].boolean()});
      }
    }
  }
  return detail::result(answer, found);
}
// Gives a window of the program of that name the keyboard.
inline Result<> focus_app(std::string_view name) {
  return detail::result(midimon_app_focus(name.data(), detail::size32(name)));
}
// Starts the installed application whose desktop file is called so: "org.mozilla.firefox".
inline Result<> launch_app(std::string_view id) {
  return detail::result(midimon_app_launch(id.data(), detail::size32(id)));
}

}  // namespace midimon
