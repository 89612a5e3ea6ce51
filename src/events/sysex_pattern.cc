#include "events/sysex_pattern.h"

#include <fmt/format.h>

#include <algorithm>

namespace midimon {
namespace {

constexpr std::size_t kMaxPatternBytes = 256;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::invalid,
              fmt::format("a sysex pattern is bytes such as \"7E ?? 06 01 *\": {}", what));
}

}  // namespace

Result<SysexPattern> SysexPattern::parse(std::string_view text) {
  SysexPattern pattern;
  bool ended = false;
  bool started = false;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) break;
    if (ended) return malformed("nothing may stand after F7");
    std::vector<std::uint8_t>& part = pattern.open_ ? pattern.tail_ : pattern.head_;
    const bool first = !started;
    started = true;
    if (text.front() == '*') {
      if (pattern.open_) return malformed("\"*\" may stand there only once");
      pattern.open_ = true;
      text.remove_prefix(1);
      continue;
    }
    if (text.starts_with("??")) {
      part.push_back(kAny);
      text.remove_prefix(2);
    } else {
      const int high = hex_digit(text.front());
      const int low = text.size() > 1 ? hex_digit(text[1]) : -1;
      if (high < 0 || low < 0) {
        return malformed("a byte is two digits from 0 to F, \"??\" or \"*\"");
      }
      text.remove_prefix(2);
      const int byte = high << 4 | low;
      if (byte == 0xF0 && first) continue;
      ended = byte == 0xF7;
      if (ended) continue;
      if (byte >= 0x80) return malformed(fmt::format("{:02X} is no data byte, 00 to 7F are", byte));
      part.push_back(static_cast<std::uint8_t>(byte));
    }
    if (pattern.head_.size() + pattern.tail_.size() > kMaxPatternBytes) {
      return malformed(fmt::format("it has more than {} bytes", kMaxPatternBytes));
    }
  }
  if (pattern.head_.empty() && !pattern.open_) return malformed("it has none");
  return pattern;
}

bool SysexPattern::same(std::span<const std::uint8_t> wanted, std::span<const std::uint8_t> bytes) {
  return std::equal(wanted.begin(), wanted.end(), bytes.begin(),
                    [](std::uint8_t want, std::uint8_t is) { return want == kAny || want == is; });
}

bool SysexPattern::matches(std::span<const std::uint8_t> bytes) const {
  const std::size_t fixed = head_.size() + tail_.size();
  if (open_ ? bytes.size() < fixed : bytes.size() != fixed) return false;
  return same(head_, bytes.first(head_.size())) && same(tail_, bytes.last(tail_.size()));
}

std::optional<std::uint8_t> SysexPattern::open_byte(std::span<const std::uint8_t> bytes) const {
  const auto in_head = std::find(head_.begin(), head_.end(), kAny);
  if (in_head != head_.end()) return bytes[static_cast<std::size_t>(in_head - head_.begin())];
  const auto in_tail = std::find(tail_.begin(), tail_.end(), kAny);
  if (in_tail == tail_.end()) return std::nullopt;
  return bytes.last(tail_.size())[static_cast<std::size_t>(in_tail - tail_.begin())];
}

std::optional<std::uint8_t> SysexPattern::first() const {
  if (head_.empty() || head_.front() == kAny) return std::nullopt;
  return head_.front();
}

std::optional<std::vector<std::uint8_t>> SysexPattern::bytes() const {
  if (open_ || std::find(head_.begin(), head_.end(), kAny) != head_.end()) return std::nullopt;
  return head_;
}

std::string SysexPattern::text() const {
  std::string out;
  const auto add = [&out](std::string_view word) {
    if (!out.empty()) out += ' ';
    out += word;
  };
  const auto add_bytes = [&add](const std::vector<std::uint8_t>& bytes) {
    for (const std::uint8_t byte : bytes)
      add(byte == kAny ? "??" : fmt::format("{:02X}", byte));
  };
  add_bytes(head_);
  if (open_) add("*");
  add_bytes(tail_);
  return out;
}

}  // namespace midimon
