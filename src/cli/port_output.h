// Where the MIDI of actions goes: through ports.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "desktop/midi_output.h"
#include "ports/outputs.h"

namespace midimon::cli {

class PortOutput final : public MidiOutput {
 public:
  // `outputs` outlives this.
  explicit PortOutput(Outputs& outputs) : outputs_(outputs) {}
  Result<void> send(const std::string& port, std::span<const std::uint8_t> bytes) override {
    return outputs_.send(port, bytes);
  }
  Result<void> silence() override { return outputs_.silence(); }

 private:
  Outputs& outputs_;
};

}  // namespace midimon::cli
