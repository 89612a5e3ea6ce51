#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace practice_log {

inline constexpr char kConfigPath[] = "/config.toml";

// The Preferences struct is what the player may choose in /config.toml.
struct Preferences {
  enum class Log { off, milestones, all };

  int pause_seconds = 10;         // a longer gap between notes is not counted as playing
  int session_minutes = 30;       // after so long without a note, the next one starts a session
  int ignore_velocity_below = 1;  // softer notes were not meant; 0 is how MIDI writes a release
  int middle_c_octave = 4;        // what note 60 is called: C4, or C3 with Yamaha and others
  int milestone = 100;            // a line in the log every so many notes; 0 for none
  Log log = Log::milestones;      // what is written to /plugin.log
  bool durable = false;           // wait for the disk after every note
};

// What was read, and what was wrong with it.
struct Config {
  Preferences preferences;
  std::vector<std::string> problems;  // "/config.toml, line 3: ...", for people
  std::string fingerprint;            // of the file, to report the same problems once
};

// Reads `key = value` lines. What cannot be read, or is out of range, keeps its default.
Config parse_config(std::string_view text);

// Reads /config.toml, or makes it with the defaults. False, with `problem`, if the plugin has no
// directory; nothing else keeps a note from being counted.
[[nodiscard]] bool load_config(Config& config, std::string& problem);

}  // namespace practice_log
