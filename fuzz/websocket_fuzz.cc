// FrameReader: whatever a server sends, it comes to the same messages and the same failure however
// the bytes are cut, none larger than it may be, and every text is UTF-8.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "fuzz/check.h"
#include "net/websocket_frame.h"

namespace midimon::fuzz {
namespace {

using net::FrameReader;
using net::WebSocketMessage;

struct Heard {
  std::vector<WebSocketMessage> messages;
  std::uint16_t failure = 0;
};

// Reads all that is there. False once it failed.
bool drain(FrameReader& reader, Heard& heard) {
  while (true) {
    auto message = reader.next();
    if (!message) {
      check(net::is_close_code(message.error().code), "a failure is one that can be closed with");
      check(!message.error().why.empty(), "a failure says why");
      heard.failure = message.error().code;
      return false;
    }
    if (!*message) return true;
    heard.messages.push_back(std::move(**message));
  }
}

Heard hear(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  Heard heard;
  while (!bytes.empty()) {
    reader.add(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (!drain(reader, heard)) break;
    check(reader.pending() <= net::kMaxWebSocketMessage + 14 + piece,
          "no more is kept than a frame");
  }
  return heard;
}

void examine(std::string_view bytes) {
  const Heard whole = hear(bytes, std::max<std::size_t>(bytes.size(), 1));
  for (const std::size_t piece : {1UL, 7UL}) {
    const Heard cut = hear(bytes, piece);
    check(cut.failure == whole.failure, "a failure does not depend on how the bytes come");
    check(cut.messages.size() == whole.messages.size(), "nor does the number of messages");
    for (std::size_t i = 0; i < cut.messages.size(); ++i) {
      check(cut.messages[i].payload == whole.messages[i].payload &&
                cut.messages[i].kind == whole.messages[i].kind,
            "nor do the messages");
    }
  }
  for (const WebSocketMessage& message : whole.messages) {
    check(message.payload.size() <= net::kMaxWebSocketMessage, "a message has its bound");
    const bool is_text = message.kind == WebSocketMessage::Kind::text ||
                         message.kind == WebSocketMessage::Kind::close;
    check(!is_text || is_utf8(message.payload), "a text is UTF-8");
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  midimon::fuzz::examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
