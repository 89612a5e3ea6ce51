// Where the MIDI of actions goes: through ports.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

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
  Result<std::vector<std::string>> names_of(const std::string& port) override {
    return outputs_.names_of(port);
  }
  Result<void> send_to(std::span<const std::string> names,
                       std::span<const std::vector<std::uint8_t>> messages) override {
    return outputs_.send_to(names, messages);
  }
  Result<void> silence() override { return outputs_.silence(); }

 private:
  Outputs& outputs_;
};

}  // namespace midimon::cli
