// WebSocket frames: bytes of a server in, messages out; and messages of ours as bytes.
//
// Source: RFC 6455, 5 and 7.4. What it calls a failure of the connection is one here: a masked
// frame, reserved bits, lengths in more bytes than needed, fragments out of turn, text that is not
// UTF-8, control frames that are long or in pieces, a close code that nobody may send.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::net {

inline constexpr std::size_t kMaxWebSocketMessage = 1024UL * 1024;
inline constexpr std::size_t kMaxControlPayload = 125;

struct WebSocketMessage {
  enum class Kind : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
  Kind kind = Kind::text;
  std::string payload;     // of `close`: the reason
  std::uint16_t code = 0;  // of `close`; 1005 if there was none
};

// The FrameReader class puts the frames of a server together. Holds no more than a message, a
// control frame, and what it was given beyond them.
class FrameReader {
 public:
  void add(std::string_view bytes);
  // How much was added and not read yet.
  [[nodiscard]] std::size_t pending() const { return input_.size() - taken_; }

  // The next message or control frame; nothing until there is more. An error is the end: `code` of
  // it is what to close with, and every later call answers it again.
  struct Failure {
    std::uint16_t code = 1002;
    std::string_view why;
  };
  tl::expected<std::optional<WebSocketMessage>, Failure> next();

 private:
  struct Frame {
    bool last = false;
    unsigned opcode = 0;
    std::string_view payload;
    std::size_t size = 0;  // of all of it
  };
  // Nothing until it is whole.
  tl::expected<std::optional<Frame>, Failure> read_frame() const;
  tl::expected<std::optional<WebSocketMessage>, Failure> take(const Frame& frame);
  static tl::expected<WebSocketMessage, Failure> take_close(std::string_view payload);

  std::string input_;
  std::size_t taken_ = 0;  // of the input, in frames that were read
  std::string message_;    // its fragments so far
  unsigned opcode_ = 0;    // of the message that is in pieces; 0: none is
  std::optional<Failure> failed_;
};

// One unfragmented frame of a client. `mask` is unpredictable for who chose the payload.
[[nodiscard]] std::string make_frame(WebSocketMessage::Kind kind, std::string_view payload,
                                     std::array<std::uint8_t, 4> mask);
// The payload of a close frame.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);

// Whether an endpoint may send this code in a close frame.
[[nodiscard]] bool is_close_code(std::uint32_t code);

}  // namespace midimon::net
