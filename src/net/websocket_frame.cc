#include "net/websocket_frame.h"

#include <utility>

#include "base/text.h"

namespace midimon::net {
namespace {

using Kind = WebSocketMessage::Kind;
using Failure = FrameReader::Failure;

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kNotText = 1007;
constexpr std::uint16_t kTooBig = 1009;
constexpr std::uint16_t kNoCode = 1005;

tl::unexpected<Failure> broken(std::string_view why) {
  return tl::unexpected(Failure{kProtocolError, why});
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes)
    value = value << 8U | static_cast<std::uint8_t>(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i)
    out += static_cast<char>(value >> (8 * (i - 1)));
}

bool is_control(unsigned opcode) {
  return opcode >= 8;
}

}  // namespace

void FrameReader::add(std::string_view bytes) {
  // Once for all frames that were in it: a flood of small ones would make it long otherwise.
  input_.erase(0, taken_);
  taken_ = 0;
  input_.append(bytes);
}

tl::expected<std::optional<FrameReader::Frame>, Failure> FrameReader::read_frame() const {
  const std::string_view in = std::string_view(input_).substr(taken_);
  if (in.size() < 2) return std::nullopt;
  const auto first = static_cast<std::uint8_t>(in[0]);
  const auto second = static_cast<std::uint8_t>(in[1]);
  Frame frame;
  frame.last = (first & 0x80U) != 0;
  frame.opcode = first & 0x0FU;
  if ((first & 0x70U) != 0) return broken("a reserved bit is set");
  if (frame.opcode > 2 && frame.opcode != 8 && frame.opcode != 9 && frame.opcode != 10) {
    return broken("there is no such kind of frame");
  }
  if ((second & 0x80U) != 0) return broken("a server does not mask");
  std::uint64_t length = second & 0x7FU;
  std::size_t head = 2;
  if (is_control(frame.opcode)) {
    if (!frame.last) return broken("a control frame is in pieces");
    if (length > kMaxControlPayload) return broken("a control frame is too long");
  }
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    head += bytes;
    if (in.size() < head) return std::nullopt;
    length = big_endian(in.substr(2, bytes));
    if (length < (bytes == 2 ? 126U : 0x10000U)) return broken("a length has needless bytes");
  }
  // Before the payload is waited for.
  const std::size_t before = is_control(frame.opcode) ? 0 : message_.size();
  if (length > kMaxWebSocketMessage - before) {
    return tl::unexpected(Failure{kTooBig, "a message is larger than 1 MiB"});
  }
  if (in.size() - head < length) return std::nullopt;
  frame.payload = in.substr(head, length);
  frame.size = head + length;
  return frame;
}

tl::expected<WebSocketMessage, Failure> FrameReader::take_close(std::string_view payload) {
  if (payload.empty()) return WebSocketMessage{Kind::close, {}, kNoCode};
  if (payload.size() == 1) return broken("a close code is cut off");
  const auto code = static_cast<std::uint16_t>(big_endian(payload.substr(0, 2)));
  if (!is_close_code(code)) return broken("nobody may send that close code");
  const std::string_view reason = payload.substr(2);
  if (!is_utf8(reason)) return tl::unexpected(Failure{kNotText, "a reason is not UTF-8"});
  return WebSocketMessage{Kind::close, std::string(reason), code};
}

tl::expected<std::optional<WebSocketMessage>, Failure> FrameReader::take(const Frame& frame) {
  if (frame.opcode == 8) return take_close(frame.payload);
  if (is_control(frame.opcode)) {
    return WebSocketMessage{static_cast<Kind>(frame.opcode), std::string(frame.payload), 0};
  }
  if (frame.opcode == 0 && opcode_ == 0) return broken("a piece belongs to no message");
  if (frame.opcode != 0 && opcode_ != 0) return broken("a message begins inside of another");
  if (frame.opcode != 0) opcode_ = frame.opcode;
  message_.append(frame.payload);
  if (!frame.last) return std::nullopt;
  WebSocketMessage message{static_cast<Kind>(opcode_), std::exchange(message_, {}), 0};
  opcode_ = 0;
  if (message.kind == Kind::text && !is_utf8(message.payload)) {
    return tl::unexpected(Failure{kNotText, "a text is not UTF-8"});
  }
  return message;
}

tl::expected<std::optional<WebSocketMessage>, Failure> FrameReader::next() {
  while (!failed_) {
    const auto frame = read_frame();
    if (!frame) {
      failed_ = frame.error();
      break;
    }
    if (!*frame) return std::nullopt;
    auto message = take(**frame);
    taken_ += (*frame)->size;
    if (!message) {
      failed_ = message.error();
      break;
    }
    if (*message) return message;
  }
  return tl::unexpected(*failed_);
}

std::string make_frame(Kind kind, std::string_view payload, std::array<std::uint8_t, 4> mask) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80U | static_cast<unsigned>(kind));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else if (payload.size() < 0x10000) {
    frame += static_cast<char>(0x80U | 126U);
    append_big_endian(frame, payload.size(), 2);
  } else {
    frame += static_cast<char>(0x80U | 127U);
    append_big_endian(frame, payload.size(), 8);
  }
  for (const std::uint8_t byte : mask)
    frame += static_cast<char>(byte);
  const std::size_t start = frame.size();
  frame.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame[start + i] = static_cast<char>(static_cast<std::uint8_t>(payload[i]) ^ mask[i % 4]);
  return frame;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_big_endian(payload, code, 2);
  payload += reason.substr(0, kMaxControlPayload - 2);
  return payload;
}

bool is_close_code(std::uint32_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != kNoCode && code != 1006;
}

}  // namespace midimon::net
