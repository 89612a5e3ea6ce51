// The MidiOutput class is where MIDI that an action sends goes out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "midimon/result.h"

namespace midimon {

// Implementations are thread-safe, and do not wait for a device.
class MidiOutput {
 public:
  virtual ~MidiOutput() = default;
  // One whole message. `port` is part of an output's name; empty: the controller itself.
  virtual Result<void> send(const std::string& port, std::span<const std::uint8_t> bytes) = 0;
  // The names of the outputs that send() would send to.
  virtual Result<std::vector<std::string>> names_of(const std::string& port) = 0;
  // Whole messages, to the outputs with exactly these names.
  virtual Result<void> send_to(std::span<const std::string> names,
                               std::span<const std::vector<std::uint8_t>> messages) = 0;
  // All notes off and all sound off, on every channel of every output.
  virtual Result<void> silence() = 0;
};

}  // namespace midimon
