#include "events/control_detector.h"

#include <algorithm>
#include <utility>

namespace midimon {
namespace {

// Controllers by which RPNs and NRPNs are set.
constexpr std::uint8_t kDataUpper = 6;
constexpr std::uint8_t kDataLower = 38;
constexpr std::uint8_t kDataIncrement = 96;
constexpr std::uint8_t kDataDecrement = 97;
constexpr std::uint8_t kNrpnLower = 98;
constexpr std::uint8_t kNrpnUpper = 99;
constexpr std::uint8_t kRpnLower = 100;
constexpr std::uint8_t kRpnUpper = 101;

constexpr std::uint8_t kToLowerHalf = 32;

// An absolute encoder that has reached an end goes on to send that end.
int absolute_steps(std::uint8_t previous, std::uint8_t value) {
  if (value != previous) return value - previous;
  if (value == 127) return 1;
  return value == 0 ? -1 : 0;
}

}  // namespace

int decode_steps(Encoding encoding, std::uint8_t value) {
  switch (encoding) {
    case Encoding::twos_complement:
      return value < 64 ? value : value - 128;
    case Encoding::offset_binary:
      return value - 64;
    case Encoding::sign_magnitude:
      return value < 64 ? value : 64 - value;
    case Encoding::absolute:
      break;
  }
  return 0;
}

ControlDetector::ControlDetector(std::shared_ptr<const GestureRules> rules)
    : rules_(std::move(rules)), values_(kKeys, kUnknown), wide_(kKeys), turns_(kKeys) {}

void ControlDetector::feed(const Message& message, Nanos at, std::vector<Gesture>& out) {
  const std::uint8_t controller = message.data1;
  const std::uint16_t key = key_of(message.channel(), controller);
  const std::uint8_t previous = std::exchange(values_[key], message.data2);
  out.push_back({at, ControlChanged{message.channel(), controller, message.data2,
                                    previous == kUnknown ? std::uint8_t{0} : previous}});
  if ((rules_->control(key) & ~kWideControl) != 0) encoders(message, previous, at, out);
  if (controller >= kToLowerHalf && controller < 2 * kToLowerHalf) wide(message, at, out);
  parameter(message, at, out);
}

void ControlDetector::reset() {
  std::fill(values_.begin(), values_.end(), kUnknown);
  std::fill(wide_.begin(), wide_.end(), std::uint16_t{0});
  std::fill(turns_.begin(), turns_.end(), Turn{});
  parameters_ = {};
  parameter_values_ = {};
}

// The lower half comes last and completes the value; the upper one alone says too little.
void ControlDetector::wide(const Message& message, Nanos at, std::vector<Gesture>& out) {
  const auto upper = static_cast<std::uint8_t>(message.data1 - kToLowerHalf);
  const std::uint16_t key = key_of(message.channel(), upper);
  if ((rules_->control(key) & kWideControl) == 0) return;
  const unsigned half = values_[key] == kUnknown ? 0U : values_[key];
  const auto value = static_cast<std::uint16_t>(half << 7U | message.data2);
  out.push_back(
      {at, WideControlChanged{message.channel(), upper, value, std::exchange(wide_[key], value)}});
}

void ControlDetector::encoders(const Message& message, std::uint8_t previous, Nanos at,
                               std::vector<Gesture>& out) {
  const std::uint8_t asked = rules_->control(key_of(message.channel(), message.data1));
  // Where an absolute encoder stood before the first message, nobody knows.
  if ((asked & bit_of(Encoding::absolute)) != 0 && previous != kUnknown) {
    turned(message, Encoding::absolute, absolute_steps(previous, message.data2), at, out);
  }
  for (const Encoding encoding :
       {Encoding::twos_complement, Encoding::offset_binary, Encoding::sign_magnitude}) {
    if ((asked & bit_of(encoding)) == 0) continue;
    turned(message, encoding, decode_steps(encoding, message.data2), at, out);
  }
}

void ControlDetector::turned(const Message& message, Encoding encoding, int steps, Nanos at,
                             std::vector<Gesture>& out) {
  if (steps == 0) return;
  Turn& last = turns_[key_of(message.channel(), message.data1)];
  const bool clockwise = steps > 0;
  const bool goes_on = last.at != Nanos::min() && last.clockwise == clockwise;
  const Nanos interval = goes_on ? std::min(at - last.at, kSlowTurn) : kSlowTurn;
  last = {at, clockwise};
  out.push_back({at, EncoderTurned{message.channel(), message.data1, encoding,
                                   static_cast<std::int8_t>(steps), interval}});
}

void ControlDetector::parameter(const Message& message, Nanos at, std::vector<Gesture>& out) {
  Parameter& parameter = parameters_[message.channel()];
  const auto select = [&](bool registered, unsigned kept, unsigned half) {
    parameter = {registered, static_cast<std::uint16_t>((parameter.number & kept) | half), 0};
  };
  const std::uint8_t value = message.data2;
  switch (message.data1) {
    case kNrpnUpper:
    case kRpnUpper:
      select(message.data1 == kRpnUpper, 0x7FU, static_cast<unsigned>(value) << 7U);
      return;
    case kNrpnLower:
    case kRpnLower:
      select(message.data1 == kRpnLower, 0x3F80U, value);
      return;
    case kDataUpper:
      parameter.upper = value;
      got_value(message.channel(), false, value, at, out);
      return;
    case kDataLower:
      got_value(message.channel(), true, static_cast<std::uint16_t>(parameter.upper << 7 | value),
                at, out);
      return;
    case kDataIncrement:
    case kDataDecrement:
      step(message.channel(), message.data1 == kDataIncrement ? 1 : -1, at, out);
      return;
    default:
      return;
  }
}

void ControlDetector::got_value(std::uint8_t channel, bool wide, std::uint16_t value, Nanos at,
                                std::vector<Gesture>& out) {
  const Parameter& parameter = parameters_[channel];
  if (parameter.number == kNoParameter) return;
  parameter_values_[channel] = {parameter.registered, parameter.number, wide, value};
  out.push_back(
      {at, ParameterChanged{channel, parameter.registered, wide, parameter.number, value}});
}

// A step from the value that the parameter got last, in the resolution of that; from 0, of 7 bits,
// where it got none since another one did. A step at an end is one all the same. How large a step
// is, is up to the receiver (RP-018); the data byte says nothing.
void ControlDetector::step(std::uint8_t channel, int by, Nanos at, std::vector<Gesture>& out) {
  Parameter& parameter = parameters_[channel];
  ParameterValue last = parameter_values_[channel];
  if (last.registered != parameter.registered || last.number != parameter.number) {
    last = {parameter.registered, parameter.number, false, 0};
  }
  const auto value =
      static_cast<std::uint16_t>(std::clamp(last.value + by, 0, last.wide ? 0x3FFF : 0x7F));
  parameter.upper = static_cast<std::uint8_t>(last.wide ? value >> 7 : value);
  got_value(channel, last.wide, value, at, out);
}

}  // namespace midimon
