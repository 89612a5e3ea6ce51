// The ByteParser class finds the messages in a stream of bytes, as a MIDI cable carries them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "midi/message.h"

namespace midimon {

// The longest sysex that is kept. Those with which controllers speak of themselves have a few dozen
// bytes; what is longer is a dump of memory.
inline constexpr std::size_t kMaxSysexBytes = 4096;

// What a stream held that is no message. Counts, for people who look for a bad cable.
struct ParserLosses {
  std::uint64_t stray_bytes = 0;      // data that belongs to no status
  std::uint64_t cut_messages = 0;     // ended by another status before their last byte
  std::uint64_t cut_sysex = 0;        // ended by another status, or by the end of the stream
  std::uint64_t oversized_sysex = 0;  // longer than what is kept
};

// Takes any bytes and never fails: what is no message is counted and passed over. Knows running
// status, and real-time messages in the middle of others. Fit for a real-time thread: it allocates
// nothing after it is made. Not thread-safe.
class ByteParser {
 public:
  explicit ByteParser(std::size_t max_sysex = kMaxSysexBytes);

  // Takes the next byte and gives the message that it completes, if it does. Of a message of kind
  // `sysex` the bytes are in sysex().
  [[nodiscard]] std::optional<Message> push(std::uint8_t byte);

  // What stood between F0 and F7, until the next byte is pushed.
  [[nodiscard]] std::span<const std::uint8_t> sysex() const { return {sysex_.data(), sysex_size_}; }

  // The stream broke off: what was begun is forgotten, and so is the running status.
  void reset();

  [[nodiscard]] const ParserLosses& losses() const { return losses_; }

 private:
  std::optional<Message> take_status(std::uint8_t status);
  std::optional<Message> take_data(std::uint8_t data);
  std::optional<Message> end_sysex();
  void drop_begun();

  std::vector<std::uint8_t> sysex_;  // as long as the longest that is kept
  std::size_t sysex_size_ = 0;
  bool in_sysex_ = false;
  bool oversized_ = false;  // the sysex at hand is
  Message begun_;           // whose data bytes are awaited
  bool has_status_ = false;
  int have_ = 0;  // data bytes of `begun_`
  ParserLosses losses_;
};

}  // namespace midimon
