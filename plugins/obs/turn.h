// What every action needs: the session, and how its answers become those of the plugin.
#pragma once

#include <string>
#include <string_view>

#include "midimon.hpp"
#include "session.h"
#include "words.h"

namespace obs {

inline constexpr int kWrongParams = 4;  // what `execute` returns; the others are the SDK's

// The Turn class is one call's use of the session: it begins with what OBS told meanwhile, and ends
// with the pad showing what OBS is doing.
class Turn {
 public:
  explicit Turn(std::int64_t at_most_ms = kLongestMs) { session().begin(at_most_ms); }
  ~Turn() { session().show(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // The instance's own.
  static Session& session();

  Reply request(std::string_view type, const midimon::Json& data = midimon::Json::object()) {
    return session().request(type, data);
  }
  [[nodiscard]] const Studio& studio() const { return session().studio(); }
};

// Names of things that OBS has, for what was not found; none if OBS does not tell.
Names scene_names(Turn& turn);
Names input_names(Turn& turn);
// Of the sources in a scene or group.
Names item_names(Turn& turn, const std::string& scene);
Names filter_names(Turn& turn, const std::string& source);

// The strings in `list`, or at `key` of the objects in it.
Names strings_of(const midimon::Json& list, std::string_view key = {});

// Ends a call: with `output`, or with what went wrong.
midimon::Status done(const midimon::Json& output);
midimon::Status failed(const Reply& reply);
midimon::Status wrong(std::string sentence);
// As failed(); if OBS did not find it, with the names that are most like it.
midimon::Status not_there(const Reply& reply, std::string_view what, const std::string& wanted,
                          const Names& names);

// "on", "off" and "toggle", or other such words, by their place in the list.
enum class Switch { on, off, toggle };
Switch switch_of(std::string_view word);

}  // namespace obs
