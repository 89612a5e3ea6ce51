// The Message struct is one MIDI channel voice message, as compact as it is on the wire.
#pragma once

#include <cstdint>
#include <string_view>

namespace midimon {

// The upper half of a status byte.
enum class MessageKind : std::uint8_t {
  note_off = 0x80,
  note_on = 0x90,
  poly_pressure = 0xA0,
  control_change = 0xB0,
  program_change = 0xC0,
  channel_pressure = 0xD0,
  pitch_bend = 0xE0,
};

// A stable name: "note_off", "note_on", ...
[[nodiscard]] constexpr std::string_view to_string(MessageKind kind) {
  switch (kind) {
    case MessageKind::note_off:
      return "note_off";
    case MessageKind::note_on:
      return "note_on";
    case MessageKind::poly_pressure:
      return "poly_pressure";
    case MessageKind::control_change:
      return "control_change";
    case MessageKind::program_change:
      return "program_change";
    case MessageKind::channel_pressure:
      return "channel_pressure";
    case MessageKind::pitch_bend:
      return "pitch_bend";
  }
  return "unknown";
}

// How many data bytes follow the status byte: 1 or 2.
[[nodiscard]] constexpr int data_size(MessageKind kind) {
  return kind == MessageKind::program_change || kind == MessageKind::channel_pressure ? 1 : 2;
}

// Plain bytes; a value, safe to copy anywhere. Whoever makes one keeps to the ranges noted here.
struct Message {
  std::uint8_t status = 0x80;  // 0x80 to 0xEF
  std::uint8_t data1 = 0;  // 0 to 127: note, controller, program or pressure; low bits of a bend
  std::uint8_t data2 = 0;  // 0 to 127: velocity, pressure or value; high bits of a bend

  [[nodiscard]] constexpr MessageKind kind() const {
    return static_cast<MessageKind>(status & 0xF0U);
  }
  // 0 to 15. People count channels from 1; what is shown to them adds one.
  [[nodiscard]] constexpr std::uint8_t channel() const { return status & 0x0FU; }

  [[nodiscard]] constexpr bool is_press() const {
    return kind() == MessageKind::note_on && data2 != 0;
  }
  // A note-on with velocity 0 is a release: devices send it so that running status can go on.
  [[nodiscard]] constexpr bool is_release() const {
    return kind() == MessageKind::note_off || (kind() == MessageKind::note_on && data2 == 0);
  }
  // -8192 to 8191; 0 is the centre. For a pitch bend only.
  [[nodiscard]] constexpr int bend() const { return (data2 << 7 | data1) - 8192; }

  friend constexpr bool operator==(const Message&, const Message&) = default;
};

static_assert(sizeof(Message) == 3);

// Makes a message; values beyond their range lose their upper bits.
[[nodiscard]] constexpr Message make_message(MessageKind kind, int channel, int data1,
                                             int data2 = 0) {
  return {static_cast<std::uint8_t>(static_cast<unsigned>(kind) | (channel & 0x0FU)),
          static_cast<std::uint8_t>(data1 & 0x7FU), static_cast<std::uint8_t>(data2 & 0x7FU)};
}

}  // namespace midimon
