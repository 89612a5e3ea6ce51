#include "midi/thru_filter.h"

namespace midimon {
namespace {

std::uint8_t kind_bit(MessageKind kind) {
  switch (kind) {
    case MessageKind::note_off:
    case MessageKind::note_on:
    case MessageKind::poly_pressure:
      return thru::kNotes;
    case MessageKind::control_change:
      return thru::kControls;
    case MessageKind::program_change:
      return thru::kPrograms;
    case MessageKind::channel_pressure:
      return thru::kPressure;
    case MessageKind::pitch_bend:
      return thru::kBends;
    case MessageKind::sysex:
      return thru::kSysex;
    case MessageKind::clock:
    case MessageKind::start:
    case MessageKind::resume:
    case MessageKind::stop:
    case MessageKind::song_position:
    case MessageKind::song_select:
    case MessageKind::time_code:
      return thru::kRealtime;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Message> ThruFilter::pass(const Message& message) const {
  const std::uint8_t kind = kind_bit(message.kind());
  if ((kinds & kind) == 0) return std::nullopt;
  if (message.status >= 0xF0) return message;
  if ((channels >> message.channel() & 1U) == 0) return std::nullopt;
  if (kind == thru::kNotes && (message.data1 < note_min || message.data1 > note_max)) {
    return std::nullopt;
  }
  Message out = message;
  if (to_channel) out.status = static_cast<std::uint8_t>((out.status & 0xF0U) | *to_channel);
  return out;
}

}  // namespace midimon
