#include "net/websocket.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "net/connections.h"
#include "net/sha1.h"

namespace midimon::net {
namespace {

using Kind = WebSocketMessage::Kind;

constexpr std::size_t kMaxHead = 16UL * 1024;
constexpr std::size_t kPiece = 16UL * 1024;
constexpr Nanos kGrace = std::chrono::milliseconds(2);

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const bool there = i + j < bytes.size();
      group = group << 8U | (there ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63U];
  }
  return out;
}

// From the kernel. With less than 256 bytes it gives all of them or, before it has any, waits.
template <std::size_t N>
std::array<std::uint8_t, N> random_bytes() {
  std::array<std::uint8_t, N> bytes{};
  while (::getrandom(bytes.data(), N, 0) != static_cast<ssize_t>(N)) {
  }
  return bytes;
}

std::string expected_accept(const std::string& key) {
  const auto digest = sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (to_lower(trim(list.substr(0, comma))) == word) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::string handshake(const WebSocketRequest& request, const std::string& key) {
  std::string_view target = request.url.text();
  target.remove_prefix(std::min(target.find('/', target.find("://") + 3), target.size()));
  const bool usual = request.url.port() == (request.url.is_secure() ? 443 : 80);
  std::string text = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: midimon\r\n",
      target.empty() ? "/" : target, request.url.host(),
      usual ? "" : fmt::format(":{}", request.url.port()), key);
  if (!request.protocols.empty()) {
    text += fmt::format("Sec-WebSocket-Protocol: {}\r\n", fmt::join(request.protocols, ", "));
  }
  for (const Header& header : request.headers)
    text += header.name + ": " + header.value + "\r\n";
  return text + "\r\n";
}

// What is wrong with the server's answer to the handshake; empty if it agrees.
std::string disagreement(std::string_view head, const std::string& key,
                         const std::vector<std::string>& protocols) {
  const std::string_view status = head.substr(0, head.find("\r\n"));
  if (!status.starts_with("HTTP/1.1 101")) {
    return fmt::format("it answers \"{}\"", escape_line(status.substr(0, 100)));
  }
  bool upgrade = false;
  bool connection = false;
  bool accept = false;
  head.remove_prefix(std::min(status.size() + 2, head.size()));
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string name = to_lower(line.substr(0, colon));
    const std::string_view value = trim(line.substr(std::min(colon + 1, line.size())));
    if (name == "upgrade") upgrade = to_lower(value) == "websocket";
    if (name == "connection") connection = connection || has_word(value, "upgrade");
    if (name == "sec-websocket-accept") accept = value == expected_accept(key);
    if (name == "sec-websocket-extensions") return "it wants extensions that nobody offered";
    if (name == "sec-websocket-protocol" &&
        std::find(protocols.begin(), protocols.end(), value) == protocols.end()) {
      return "it wants a protocol that nobody offered";
    }
  }
  if (!upgrade || !connection || !accept) return "it does not speak WebSocket";
  return {};
}

}  // namespace

struct WebSocket::Impl {
  Impl(Web& web, const WebSocketRequest& request)
      : connections(web, request.lookups),
        line(connections.impl(), request.url, request.any_address) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void stop() {
    if (added) curl_multi_remove_handle(connections.impl().multi.get(), line.easy());
    added = false;
  }
  CURLcode drive(const Until& until);
  Result<void> open(const Until& until);
  Result<void> shake_hands(const WebSocketRequest& request, const Until& until);
  Result<void> write(std::string_view bytes, const Until& until);
  // At least one byte into the buffer; 0 if `until` is over first.
  Result<std::size_t> read(const Until& until);
  bool ready_for(short events, const Until& until) const;
  Result<void> send_frame(Kind kind, std::string_view payload, const Until& until);
  tl::unexpected<Error> lose(tl::unexpected<Error> why) {
    lost = why.value();
    return why;
  }

  Connections connections;
  Line line;
  bool added = false;
  curl_socket_t socket = CURL_SOCKET_BAD;
  std::array<char, kPiece> buffer{};
  FrameReader frames;
  std::optional<WebSocketMessage> closed;
  std::optional<Error> lost;
};

// Begins from the start; until there is a connection, with TLS if there is to be.
CURLcode WebSocket::Impl::drive(const Until& until) {
  CURLM* const multi = connections.impl().multi.get();
  stop();
  curl_multi_add_handle(multi, line.easy());
  added = true;
  while (true) {
    if (!connections.impl().advance(until)) return CURLE_ABORTED_BY_CALLBACK;
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi, &left);
    if (message != nullptr && message->msg == CURLMSG_DONE) return message->data.result;
    connections.impl().wait(until);
  }
}

Result<void> WebSocket::Impl::open(const Until& until) {
  curl_easy_setopt(line.easy(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(line.easy(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  const auto code = line.run([&](const Until& mine) { return drive(mine); }, until);
  if (!code) return tl::unexpected(code.error());
  if (*code != CURLE_OK) return line.explain(*code, until);
  curl_easy_getinfo(line.easy(), CURLINFO_ACTIVESOCKET, &socket);
  return {};
}

bool WebSocket::Impl::ready_for(short events, const Until& until) const {
  return wait_for(socket, events, until);
}

Result<void> WebSocket::Impl::write(std::string_view bytes, const Until& until) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(line.easy(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_OK) {
      bytes.remove_prefix(sent);
    } else if (code != CURLE_AGAIN || !ready_for(POLLOUT, until)) {
      return lose(line.explain(code, until));  // half a frame cannot be taken back
    }
  }
  return {};
}

Result<std::size_t> WebSocket::Impl::read(const Until& until) {
  while (true) {
    std::size_t count = 0;
    const CURLcode code = curl_easy_recv(line.easy(), buffer.data(), buffer.size(), &count);
    if (code == CURLE_AGAIN) {
      if (!ready_for(POLLIN, until)) return 0;
    } else if (code != CURLE_OK || count == 0) {
      return lose(fail(ErrorCode::io, "The connection broke off without a goodbye."));
    } else {
      return count;
    }
  }
}

Result<void> WebSocket::Impl::shake_hands(const WebSocketRequest& request, const Until& until) {
  const auto random = random_bytes<16>();
  const std::string key = base64({reinterpret_cast<const char*>(random.data()), random.size()});
  if (auto sent = write(handshake(request, key), until); !sent) return sent;
  std::string head;
  std::size_t end = std::string::npos;
  while (end == std::string::npos) {
    const auto count = read(until);
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) return line.explain(CURLE_OK, until);
    head.append(buffer.data(), *count);
    end = head.find("\r\n\r\n");
    if (end == std::string::npos && head.size() > kMaxHead) {
      return fail(ErrorCode::limit,
                  fmt::format("The head of the response of {} is too large.", request.url.shown()));
    }
  }
  const std::string why =
      disagreement(std::string_view(head).substr(0, end + 2), key, request.protocols);
  if (!why.empty()) {
    return fail(ErrorCode::io,
                fmt::format("There is no WebSocket at {}: {}.", request.url.shown(), why));
  }
  frames.add(std::string_view(head).substr(end + 4));
  return {};
}

Result<void> WebSocket::Impl::send_frame(Kind kind, std::string_view payload, const Until& until) {
  return write(make_frame(kind, payload, random_bytes<4>()), until);
}

WebSocket::WebSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;
WebSocket::~WebSocket() = default;

Result<WebSocket> WebSocket::connect(Web& web, const WebSocketRequest& request,
                                     const Until& until) {
  auto impl = std::make_unique<Impl>(web, request);
  if (auto opened = impl->open(until); !opened) return tl::unexpected(opened.error());
  if (auto agreed = impl->shake_hands(request, until); !agreed) {
    return tl::unexpected(agreed.error());
  }
  return WebSocket(std::move(impl));
}

Result<void> WebSocket::send(Kind kind, std::string_view payload, const Until& until) {
  if (impl_->lost) return tl::unexpected(*impl_->lost);
  if (impl_->closed) return fail(ErrorCode::io, "The connection is closed.");
  return impl_->send_frame(kind, payload, until);
}

Result<std::optional<WebSocketMessage>> WebSocket::receive(const Until& until) {
  Impl& self = *impl_;
  // What has come is taken even without time to wait. A server that sends pings without end gets no
  // more than that.
  Until end = until;
  if (end.deadline < Nanos::max() - kGrace) end.deadline += kGrace;
  for (bool first = true; !self.closed; first = false) {
    if (self.lost) return tl::unexpected(*self.lost);
    if (!first && end.is_over()) return std::nullopt;
    auto message = self.frames.next();
    if (!message) {
      const auto failure = message.error();
      (void)self.send_frame(Kind::close, close_payload(failure.code, ""), until);
      return self.lose(fail(ErrorCode::io, fmt::format("The server breaks the WebSocket protocol: "
                                                       "{}.",
                                                       failure.why)));
    }
    if (!*message) {
      const auto count = self.read(until);
      if (!count) return tl::unexpected(count.error());
      if (*count == 0) return std::nullopt;
      self.frames.add({self.buffer.data(), *count});
      continue;
    }
    switch ((*message)->kind) {
      case Kind::ping:
        if (auto sent = self.send_frame(Kind::pong, (*message)->payload, until); !sent) {
          return tl::unexpected(sent.error());
        }
        break;
      case Kind::pong:
        break;
      case Kind::close:
        // The answer to it is a courtesy: nothing more is heard of this connection.
        (void)self.send_frame(Kind::close, close_payload(1000, ""), until);
        self.closed = std::move(**message);
        break;
      default:
        return std::move(*message);
    }
  }
  return self.closed;
}

bool WebSocket::is_closed() const {
  return impl_->closed.has_value();
}

void WebSocket::close(std::uint16_t code, const Until& until) {
  if (impl_->lost || impl_->closed) return;
  (void)impl_->send_frame(Kind::close, close_payload(code, ""), until);
  impl_->closed = WebSocketMessage{Kind::close, {}, code};
}

}  // namespace midimon::net
