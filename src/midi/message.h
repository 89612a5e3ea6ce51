// The Message struct is one MIDI message, as compact as it is on the wire.
#pragma once

#include <cstdint>
#include <string_view>

namespace midimon {

// Of a channel message the upper half of its status byte, of a system message all of it.
enum class MessageKind : std::uint8_t {
  note_off = 0x80,
  note_on = 0x90,
  poly_pressure = 0xA0,
  control_change = 0xB0,
  program_change = 0xC0,
  channel_pressure = 0xD0,
  pitch_bend = 0xE0,
  sysex = 0xF0,
  time_code = 0xF1,
  song_position = 0xF2,
  song_select = 0xF3,
  tune_request = 0xF6,
  clock = 0xF8,
  start = 0xFA,
  resume = 0xFB,  // which MIDI calls "continue"
  stop = 0xFC,
  active_sensing = 0xFE,
  reset = 0xFF,
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
    case MessageKind::sysex:
      return "sysex";
    case MessageKind::time_code:
      return "time_code";
    case MessageKind::song_position:
      return "song_position";
    case MessageKind::song_select:
      return "song_select";
    case MessageKind::tune_request:
      return "tune_request";
    case MessageKind::clock:
      return "clock";
    case MessageKind::start:
      return "start";
    case MessageKind::resume:
      return "continue";
    case MessageKind::stop:
      return "stop";
    case MessageKind::active_sensing:
      return "active_sensing";
    case MessageKind::reset:
      return "reset";
  }
  return "unknown";
}

// How many data bytes follow the status byte: 0 to 2. Of a sysex 0, for a Message has none of them.
[[nodiscard]] constexpr int data_size(MessageKind kind) {
  switch (kind) {
    case MessageKind::program_change:
    case MessageKind::channel_pressure:
    case MessageKind::time_code:
    case MessageKind::song_select:
      return 1;
    case MessageKind::song_position:
      return 2;
    default:
      return kind < MessageKind::sysex ? 2 : 0;
  }
}

// Plain bytes; a value, safe to copy anywhere. Whoever makes one keeps to the ranges noted here.
// The bytes of a sysex travel beside it.
struct Message {
  std::uint8_t status = 0x80;  // 0x80 to 0xEF, or that of a system message
  std::uint8_t data1 = 0;      // 0 to 127: note, controller, program or pressure; low bits of a
                               // bend or song position
  std::uint8_t data2 = 0;      // 0 to 127: velocity, pressure or value; high bits likewise

  [[nodiscard]] constexpr MessageKind kind() const {
    return static_cast<MessageKind>(status < 0xF0 ? status & 0xF0U : status);
  }
  // 0 to 15, of a channel message. People count channels from 1; what is shown to them adds one.
  [[nodiscard]] constexpr std::uint8_t channel() const { return status & 0x0FU; }

  [[nodiscard]] constexpr bool is_press() const {
    return kind() == MessageKind::note_on && data2 != 0;
  }
  // A note-on with velocity 0 is a release: devices send it so that running status can go on.
  [[nodiscard]] constexpr bool is_release() const {
    return kind() == MessageKind::note_off || (kind() == MessageKind::note_on && data2 == 0);
  }
  // A control change by which a device says that no note of the channel sounds any more.
  [[nodiscard]] constexpr bool is_all_notes_off() const {
    return kind() == MessageKind::control_change && (data1 == 120 || data1 == 123);
  }
  // Both data bytes as one number, 0 to 16383: of a pitch bend (8192 is the centre) or a song
  // position (in sixteenth notes).
  [[nodiscard]] constexpr int wide() const { return data2 << 7 | data1; }
  // -8192 to 8191; 0 is the centre. For a pitch bend only.
  [[nodiscard]] constexpr int bend() const { return wide() - 8192; }

  friend constexpr bool operator==(const Message&, const Message&) = default;
};

static_assert(sizeof(Message) == 3);

// Makes a channel message; values beyond their range lose their upper bits.
[[nodiscard]] constexpr Message make_message(MessageKind kind, int channel, int data1,
                                             int data2 = 0) {
  return {static_cast<std::uint8_t>(static_cast<unsigned>(kind) | (channel & 0x0FU)),
          static_cast<std::uint8_t>(data1 & 0x7FU), static_cast<std::uint8_t>(data2 & 0x7FU)};
}

}  // namespace midimon
