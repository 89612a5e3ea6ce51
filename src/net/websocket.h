// The WebSocket class is a connection on which messages go both ways, of a plugin's.
//
// libcurl makes the connection and speaks TLS, the frames are ours (websocket_frame.h). While
// nobody asks for anything nothing happens, either: the server's pings are answered with the next
// call. Source: RFC 6455.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/until.h"
#include "midimon/result.h"
#include "net/client.h"
#include "net/url.h"
#include "net/web.h"
#include "net/websocket_frame.h"

namespace midimon::net {

struct WebSocketRequest {
  Url url;                           // http for ws, https for wss
  std::vector<Header> headers = {};  // check_header() says yes to each
  std::vector<std::string> protocols = {};
  bool any_address = false;
  std::shared_ptr<Lookups> lookups = {};  // as a Destination has them
};

// One thread at a time. Whoever drops it closes the connection without a word.
class WebSocket {
 public:
  // Errors: as Exchange::begin(); io also for a server that answers with something else.
  static Result<WebSocket> connect(Web& web, const WebSocketRequest& request, const Until& until);
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();

  // Sends one message, at most kMaxWebSocketMessage. Error: io; the connection is lost then.
  Result<void> send(WebSocketMessage::Kind kind, std::string_view payload, const Until& until);

  // The next text or binary message; nothing if none came in time, and nothing is lost then; once
  // the connection is closed, `close`, again and again. Error: io, the connection is lost.
  Result<std::optional<WebSocketMessage>> receive(const Until& until);

  // Whether either side has said goodbye.
  [[nodiscard]] bool is_closed() const;

  // Says goodbye, as far as that is possible at once.
  void close(std::uint16_t code, const Until& until);

  struct Impl;

 private:
  explicit WebSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace midimon::net
