// The ControlDetector class turns control changes into what they are parts of: values with what was
// before, values of 14 bits, turns of encoders, RPNs and NRPNs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "events/gesture.h"
#include "events/gesture_rules.h"
#include "midi/message.h"

namespace midimon {

// How many steps a relative encoder was turned by the value it sent: clockwise above 0, 0 for none.
[[nodiscard]] int decode_steps(Encoding encoding, std::uint8_t value);

// Allocates only when it is made. Not thread-safe.
class ControlDetector {
 public:
  explicit ControlDetector(std::shared_ptr<const GestureRules> rules);

  // Takes in a control change and appends what it completes: the change itself first.
  void feed(const Message& message, Nanos at, std::vector<Gesture>& out);
  // Forgets all values.
  void reset();

 private:
  static constexpr std::uint8_t kUnknown = 0xFF;
  static constexpr std::uint16_t kNoParameter = 0x3FFF;  // selects none, says the specification

  struct Turn {
    Nanos at = Nanos::min();
    bool clockwise = false;
  };
  // The RPN or NRPN that a channel's data entry is for.
  struct Parameter {
    bool registered = false;
    std::uint16_t number = kNoParameter;
    std::uint8_t upper = 0;  // half of its value
  };
  // The value that a channel's last parameter got, for steps from it.
  struct ParameterValue {
    bool registered = false;
    std::uint16_t number = kNoParameter;
    bool wide = false;
    std::uint16_t value = 0;
  };

  void wide(const Message& message, Nanos at, std::vector<Gesture>& out);
  void encoders(const Message& message, std::uint8_t previous, Nanos at, std::vector<Gesture>& out);
  void turned(const Message& message, Encoding encoding, int steps, Nanos at,
              std::vector<Gesture>& out);
  void parameter(const Message& message, Nanos at, std::vector<Gesture>& out);
  void got_value(std::uint8_t channel, bool wide, std::uint16_t value, Nanos at,
                 std::vector<Gesture>& out);
  void step(std::uint8_t channel, int by, Nanos at, std::vector<Gesture>& out);

  std::shared_ptr<const GestureRules> rules_;
  std::vector<std::uint8_t> values_;  // by key
  std::vector<std::uint16_t> wide_;   // by key of the upper half
  std::vector<Turn> turns_;           // by key
  std::array<Parameter, 16> parameters_{};
  std::array<ParameterValue, 16> parameter_values_{};
};

}  // namespace midimon
