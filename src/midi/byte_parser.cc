#include "midi/byte_parser.h"

namespace midimon {
namespace {

constexpr std::uint8_t kSysexStart = 0xF0;
constexpr std::uint8_t kSysexEnd = 0xF7;
constexpr std::uint8_t kFirstRealTime = 0xF8;

bool is_undefined(std::uint8_t status) {
  return status == 0xF4 || status == 0xF5 || status == 0xF9 || status == 0xFD;
}

}  // namespace

ByteParser::ByteParser(std::size_t max_sysex) : sysex_(max_sysex) {}

std::optional<Message> ByteParser::push(std::uint8_t byte) {
  // Real-time messages stand anywhere, also inside of others, and leave those as they are.
  if (byte >= kFirstRealTime) {
    return is_undefined(byte) ? std::nullopt : std::optional(Message{byte, 0, 0});
  }
  return byte >= 0x80 ? take_status(byte) : take_data(byte);
}

void ByteParser::reset() {
  drop_begun();
  has_status_ = false;
}

std::optional<Message> ByteParser::take_status(std::uint8_t status) {
  if (status == kSysexEnd && in_sysex_) return end_sysex();
  drop_begun();
  has_status_ = false;
  if (status == kSysexStart) {
    in_sysex_ = true;
    oversized_ = false;
    sysex_size_ = 0;
    return std::nullopt;
  }
  if (status == kSysexEnd || is_undefined(status)) return std::nullopt;
  begun_ = {status, 0, 0};
  if (data_size(begun_.kind()) == 0) return begun_;
  has_status_ = true;
  return std::nullopt;
}

std::optional<Message> ByteParser::take_data(std::uint8_t data) {
  if (in_sysex_) {
    if (sysex_size_ == sysex_.size()) {
      oversized_ = true;
    } else {
      sysex_[sysex_size_++] = data;
    }
    return std::nullopt;
  }
  if (!has_status_) {
    ++losses_.stray_bytes;
    return std::nullopt;
  }
  (have_ == 0 ? begun_.data1 : begun_.data2) = data;
  if (++have_ < data_size(begun_.kind())) return std::nullopt;
  have_ = 0;
  // Only the status of a channel message goes on to hold for what follows.
  has_status_ = begun_.status < kSysexStart;
  return begun_;
}

std::optional<Message> ByteParser::end_sysex() {
  in_sysex_ = false;
  if (!oversized_) return Message{kSysexStart, 0, 0};
  ++losses_.oversized_sysex;
  sysex_size_ = 0;
  return std::nullopt;
}

void ByteParser::drop_begun() {
  if (in_sysex_) ++losses_.cut_sysex;
  if (have_ > 0) ++losses_.cut_messages;
  in_sysex_ = false;
  sysex_size_ = 0;
  have_ = 0;
}

}  // namespace midimon
