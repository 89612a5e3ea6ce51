#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/text.h"
#include "hostapi/blocking.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "hostapi/open_things.h"
#include "hostapi/rows.h"
#include "hostapi/secret_headers.h"
#include "hostapi/web_request.h"

namespace midimon::hostapi {
namespace {

using Kind = net::WebSocketMessage::Kind;

constexpr std::size_t kMaxRequest = 64UL * 1024;
// How long a goodbye may take that the other side does not listen to.
constexpr std::uint32_t kGoodbyeMs = 100;

// A real one.
class NetSocket final : public MessageSocket {
 public:
  explicit NetSocket(net::WebSocket socket) : socket_(std::move(socket)) {}
  static Result<std::unique_ptr<MessageSocket>> connect(net::Web& web,
                                                        const net::WebSocketRequest& request,
                                                        const Until& until) {
    auto socket = net::WebSocket::connect(web, request, until);
    if (!socket) return tl::unexpected(socket.error());
    return std::make_unique<NetSocket>(std::move(*socket));
  }

  Result<void> send(Kind kind, std::string_view payload, const Until& until) override {
    return socket_.send(kind, payload, until);
  }
  Result<std::optional<net::WebSocketMessage>> receive(const Until& until) override {
    return socket_.receive(until);
  }
  [[nodiscard]] bool is_closed() const override { return socket_.is_closed(); }
  void close(std::uint16_t code, const Until& until) override { socket_.close(code, until); }

 private:
  net::WebSocket socket_;
};

tl::expected<std::unique_ptr<WebSocketHandle>, Answer> connect(Context& context, HostCall& call,
                                                               const WebRequest& wanted) {
  auto target = aim(context, wanted.url, WebKind::websocket);
  if (!target) return tl::unexpected(target.error());
  StandIn* const stand_in = context.services().stand_in;
  if (context.services().web == nullptr && stand_in == nullptr) {
    return tl::unexpected(
        context.explain(Answer::unavailable, "This host has no network for plugins."));
  }
  auto secrets = fill_in_secrets(context, call, target->origin, wanted.secret_headers);
  if (!secrets) return tl::unexpected(secrets.error());
  net::WebSocketRequest request{target->url, wanted.headers, wanted.protocols, target->any_address,
                                context.open().lookups()};
  request.headers.insert(request.headers.end(), secrets->begin(), secrets->end());
  const Until until = until_of(context, call, wanted.timeout_ms);
  auto socket = stand_in != nullptr ? stand_in->connect(request)
                                    : NetSocket::connect(*context.services().web, request, until);
  if (socket) return std::make_unique<WebSocketHandle>(std::move(*socket));
  if (socket.error().code == ErrorCode::denied) context.refuse(target->origin);
  return tl::unexpected(failed(context, call, until, socket.error()));
}

// ws_connect(request, request_length, handle*): connects, and returns once the server has agreed.
Answer ws_connect(Context& context, HostCall& call, std::uint32_t request,
                  std::uint32_t request_length, std::uint32_t handle) {
  const auto json = read_text(call, request, request_length, kMaxRequest);
  if (!json) return json.error();
  if (!call.memory.holds<std::uint32_t>(handle)) return Answer::bad_text;
  const auto parsed = parse_web_request(*json, WebKind::websocket);
  if (!parsed) return context.explain(Answer::invalid, parsed.error().message);
  if (!context.open().sockets.has_room()) return Answer::too_many;
  auto socket = connect(context, call, *parsed);
  if (!socket) return socket.error();
  call.memory.store(handle, *context.open().sockets.add(std::move(*socket)));
  return Answer::ok;
}

// ws_send(handle, kind, data, length): one message; kind 1 text, 2 binary.
Answer ws_send(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t kind,
               std::uint32_t data, std::uint32_t length) {
  const auto bytes = read_bytes(call, data, length, net::kMaxWebSocketMessage);
  if (!bytes) return bytes.error();
  WebSocketHandle* const socket = context.open().sockets.find(handle);
  if (socket == nullptr) return Answer::not_found;
  if (kind != 1 && kind != 2) {
    return context.explain(Answer::invalid, "A message is text, 1, or binary, 2.");
  }
  if (kind == 1 && !is_utf8(*bytes)) return Answer::bad_text;
  if (socket->socket->is_closed()) return Answer::closed;
  const Until until = until_of(context, call);
  const auto sent = socket->socket->send(static_cast<Kind>(kind), *bytes, until);
  return sent ? Answer::ok : failed(context, call, until, sent.error());
}

// What a function gives the guest of one message.
struct Received {
  std::uint32_t kind;
  std::uint32_t length;
};

// ws_receive(handle, timeout_ms, buffer, capacity, received*): the next message, whole. One that is
// too large for the buffer stays for the next call.
Answer ws_receive(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t timeout_ms,
                  std::uint32_t buffer, std::uint32_t capacity, std::uint32_t received) {
  charge(call);
  if (!call.memory.contains(buffer, capacity) || !call.memory.holds<Received>(received)) {
    return Answer::bad_text;
  }
  WebSocketHandle* const socket = context.open().sockets.find(handle);
  if (socket == nullptr) return Answer::not_found;
  if (!socket->waiting) {
    const Until until = until_of(context, call, timeout_ms);
    auto message = socket->socket->receive(until);
    // A connection that broke is no message that did not come in time, however late it is.
    if (!message) return failed(context, call, until_of(context, call), message.error());
    if (!*message) {
      return failed(context, call, until, {ErrorCode::io, "No message came in that time."});
    }
    if ((*message)->kind == Kind::close) {
      const std::string& reason = (*message)->payload;
      return context.explain(Answer::closed,
                             fmt::format("The connection was closed with {}{}.", (*message)->code,
                                         reason.empty() ? "" : ": " + escape_line(reason)));
    }
    call.budget.charge((*message)->payload.size() / kBytesPerFuel);
    socket->waiting = std::move(**message);
  }
  const std::string& payload = socket->waiting->payload;
  call.memory.store(received, Received{static_cast<std::uint32_t>(socket->waiting->kind),
                                       static_cast<std::uint32_t>(payload.size())});
  if (payload.size() > capacity) return Answer::too_small;
  call.budget.charge(payload.size() / kBytesPerFuel);
  if (!payload.empty()) {
    std::memcpy(call.memory.bytes(buffer, payload.size()).data(), payload.data(), payload.size());
  }
  socket->waiting.reset();
  return Answer::ok;
}

// ws_close(handle, code): says goodbye with 1000 or 3000 to 4999, and closes the handle.
Answer ws_close(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t code) {
  charge(call);
  if (context.open().sockets.find(handle) == nullptr) return Answer::not_found;
  if (code != 1000 && (code < 3000 || code > 4999)) {
    return context.explain(Answer::invalid, "A close code is 1000, or 3000 to 4999.");
  }
  const auto socket = context.open().sockets.take(handle);
  socket->socket->close(static_cast<std::uint16_t>(code), until_of(context, call, kGoodbyeMs));
  return Answer::ok;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<ws_connect>("ws_connect"),
    host_function<ws_send>("ws_send"),
    host_function<ws_receive>("ws_receive"),
    host_function<ws_close>("ws_close"),
};

}  // namespace

Rows websocket_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
