#include "midi/split_messages.h"

#include <algorithm>

#include "midi/message.h"

namespace midimon {
namespace {

constexpr std::uint8_t kSysex = 0xF0;
constexpr std::uint8_t kSysexEnd = 0xF7;

bool is_data(std::uint8_t byte) {
  return byte < 0x80;
}

// Bytes of the message that begins with `status`, which is no sysex; 0 if there is no such.
std::size_t size_of(std::uint8_t status) {
  if (is_data(status) || status == 0xF4 || status == 0xF5 || status == kSysexEnd ||
      status == 0xF9 || status == 0xFD) {
    return 0;
  }
  const auto kind =
      static_cast<MessageKind>(status < kSysex ? (status & 0xF0U) : std::uint32_t{status});
  return 1 + static_cast<std::size_t>(data_size(kind));
}

}  // namespace

std::optional<std::vector<std::vector<std::uint8_t>>> split_messages(std::string_view text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  std::vector<std::vector<std::uint8_t>> out;
  for (auto at = bytes.begin(); at != bytes.end();) {
    auto end = bytes.end();
    if (*at == kSysex) {
      end = std::find_if_not(at + 1, bytes.end(), is_data);
      if (end == bytes.end() || *end != kSysexEnd) return std::nullopt;
      ++end;
    } else {
      const std::size_t size = size_of(*at);
      if (size == 0 || size > static_cast<std::size_t>(bytes.end() - at)) return std::nullopt;
      end = at + static_cast<std::ptrdiff_t>(size);
      if (!std::all_of(at + 1, end, is_data)) return std::nullopt;
    }
    out.emplace_back(at, end);
    at = end;
  }
  return out;
}

}  // namespace midimon
