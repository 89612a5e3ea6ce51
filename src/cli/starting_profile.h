// Writes the profile that somebody begins with, of what `midimon init` was told.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace midimon::cli {

// What a pad is to do.
struct StartingPad {
  std::string description;
  std::string action;  // a table as TOML writes it in one line, "{ type = ... }"
};

struct StartingProfile {
  std::string controller;  // part of the port's name; empty: any
  std::uint8_t first_note = 36;
  int pads = 8;                         // their notes follow one another; none is above 127
  std::vector<StartingPad> actions;     // of the first pads; not more than there are
  std::vector<std::string> modes;       // two or more: the last pad goes from each to the next
  std::map<std::string, bool> plugins;  // by id: whether they need no signature
};

// `text` as TOML writes it, quotes included. It is UTF-8 without control characters.
[[nodiscard]] std::string toml_quote(std::string_view text);

// What needs no plugin, no program and no question: volume and play or pause on eight pads from C2.
[[nodiscard]] StartingProfile default_profile();

// The text of the profile, with a line for each pad that does nothing yet.
[[nodiscard]] std::string to_toml(const StartingProfile& profile);

}  // namespace midimon::cli
