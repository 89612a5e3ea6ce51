// The Sounding class knows which notes the plugin has started, so that it can end each of them,
// once, and no other. It lives as long as the session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "midimon.hpp"

namespace midi_tools {

// Where notes go.
struct Output {
  std::string port;  // part of an output's name; empty: the controllers themselves
  int channel = 1;   // 1 to 16
  friend bool operator==(const Output&, const Output&) = default;
};

class Sounding {
 public:
  static constexpr std::size_t kMost = 256;

  // Starts `notes` in place of what sounds for `key`, such as the key that was pressed.
  midimon::Status start(const Output& output, std::string_view key, const std::vector<int>& notes,
                        int velocity);
  // Ends what was started for `key`; nothing is as good.
  midimon::Status stop(const Output& output, std::string_view key);
  midimon::Status stop_all();

 private:
  struct Note {
    Output output;
    std::string key;
    std::uint8_t note = 0;
  };
  std::vector<Note> notes_;
};

}  // namespace midi_tools
