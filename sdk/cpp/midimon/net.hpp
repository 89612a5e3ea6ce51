// Requests over HTTP, WebSockets, and programs, to where the plugin was allowed to go. Responses,
// connections and programs are handles of the host: each class owns one and gives it back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json.hpp"
#include "result.hpp"

namespace midimon {
namespace detail {

// A handle of the host, closed once; 0 is none.
template <auto kClose>
class Handle {
 public:
  Handle() = default;
  explicit Handle(std::uint32_t number) : number_(number) {}
  Handle(Handle&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, 0);
    }
    return *this;
  }
  ~Handle() { close(); }

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ != 0; }
  void close() {
    if (number_ != 0) kClose(number_);
    number_ = 0;
  }
  void forget() { number_ = 0; }

 private:
  std::uint32_t number_ = 0;
};

inline void close_http(std::uint32_t handle) {
  midimon_http_close(handle);
}
inline void close_websocket(std::uint32_t handle) {
  midimon_ws_close(handle, 1000);
}
inline void close_program(std::uint32_t handle) {
  midimon_exec_close(handle);
}

// Joins pieces to at most `limit` bytes; `read(piece)` is a Result, and an empty piece the end.
template <typename Read>
Result<std::string> join(std::size_t limit, Read read) {
  std::string whole;
  for (;;) {
    Result<std::string> piece = read();
    if (!piece) return piece;
    if (piece->empty()) return whole;
    if (piece->size() > limit - whole.size()) {
      return {Answer::too_large, "The answer is larger than the plugin takes."};
    }
    whole += *piece;
  }
}

inline constexpr std::size_t kPiece = 16384;

}  // namespace detail

struct Header {
  std::string name;
  std::string value;
};

namespace detail {

inline void put_headers(Json& json, std::string_view key, const std::vector<Header>& headers) {
  if (headers.empty()) return;
  Json object = Json::object();
  for (const Header& header : headers)
    object.set(header.name, header.value);
  json.set(key, std::move(object));
}

}  // namespace detail

namespace http {

struct Request {
  std::string url;
  std::string method = "GET";
  std::vector<Header> headers = {};
  // In their values, {{NAME}} stands for a secret that the plugin does not get to see.
  std::vector<Header> secret_headers = {};
  std::string body = {};                            // at most 1 MiB
  std::optional<std::uint32_t> timeout_ms = {};     // nothing: the time of the call
  std::optional<std::uint32_t> max_redirects = {};  // nothing: 5
};

class Response {
 public:
  Response() = default;
  Response(std::uint32_t handle, Json head) : handle_(handle), head_(std::move(head)) {}

  [[nodiscard]] int status() const { return static_cast<int>(head_["status"].integer()); }
  [[nodiscard]] bool good() const { return status() >= 200 && status() < 300; }
  // Where it came from, after redirects.
  [[nodiscard]] std::string_view url() const { return head_["url"].string(); }
  // The first header of that name, which is in lower case; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const Json& pair : head_["headers"].items()) {
      if (pair[0].string() == name) return pair[1].string();
    }
    return {};
  }
  // All of them: [["name", "value"], ...].
  [[nodiscard]] const Json& headers() const { return head_["headers"]; }

  // The next piece of the body; empty at its end.
  Result<std::string> read() {
    std::string piece(detail::kPiece, '\0');
    std::uint32_t length = 0;
    const std::uint32_t answer = midimon_http_read(
        handle_.number(), piece.data(), static_cast<std::uint32_t>(piece.size()), &length);
    piece.resize(answer == 0 ? length : 0);
    return detail::result(answer, std::move(piece));
  }
  // All that is left of the body; too_large if that is more than `limit` bytes.
  Result<std::string> body(std::size_t limit = std::size_t{1} << 20) {
    return detail::join(limit, [this] { return read(); });
  }
  // The body as JSON; invalid if it is none.
  Result<Json> json(std::size_t limit = std::size_t{1} << 20) {
    const Result<std::string> text = body(limit);
    if (!text) return Result<Json>::from(text);
    std::optional<Json> json = Json::parse(*text);
    if (!json) return {Answer::invalid, "The server's answer is not JSON."};
    return std::move(*json);
  }

 private:
  detail::Handle<detail::close_http> handle_;
  Json head_;
};

// Asks, and waits for the head of the response. A status such as 404 is a response, too.
inline Result<Response> request(const Request& request) {
  Json json = Json::object({{"url", request.url}, {"method", request.method}});
  detail::put_headers(json, "headers", request.headers);
  detail::put_headers(json, "secret_headers", request.secret_headers);
  if (request.timeout_ms) json.set("timeout_ms", *request.timeout_ms);
  if (request.max_redirects) json.set("max_redirects", *request.max_redirects);
  const std::string text = json.dump();
  std::uint32_t handle = 0;
  std::uint32_t answer =
      midimon_http_request(text.data(), detail::size32(text), request.body.data(),
                           detail::size32(request.body), &handle);
  std::string head;
  if (answer == 0) {
    answer = detail::read_whole(head, 4096,
                                [&](char* buffer, std::uint32_t size, std::uint32_t* length) {
                                  return midimon_http_head(handle, buffer, size, length);
                                });
    if (answer != 0) midimon_http_close(handle);
  }
  if (answer != 0) return Result<Response>::from(detail::result(answer));
  return Response(handle, Json::parse(head).value_or(Json::object()));
}

inline Result<Response> get(std::string url, std::vector<Header> headers = {}) {
  return request({.url = std::move(url), .headers = std::move(headers)});
}

}  // namespace http

namespace ws {

struct Request {
  std::string url;  // ws or wss
  std::vector<Header> headers = {};
  std::vector<Header> secret_headers = {};  // as of http::Request
  std::vector<std::string> protocols = {};
  std::optional<std::uint32_t> timeout_ms = {};
};

struct Message {
  bool is_text = true;
  std::string data;
};

// In a "session" plugin a connection that is kept in a global stays open from call to call.
class Connection {
 public:
  Connection() = default;

  static Result<Connection> connect(const Request& request) {
    Json json = Json::object({{"url", request.url}});
    detail::put_headers(json, "headers", request.headers);
    detail::put_headers(json, "secret_headers", request.secret_headers);
    if (!request.protocols.empty()) {
      Json protocols = Json::array();
      for (const std::string& protocol : request.protocols)
        protocols.push_back(protocol);
      json.set("protocols", std::move(protocols));
    }
    if (request.timeout_ms) json.set("timeout_ms", *request.timeout_ms);
    const std::string text = json.dump();
    std::uint32_t handle = 0;
    const std::uint32_t answer = midimon_ws_connect(text.data(), detail::size32(text), &handle);
    if (answer != 0) return Result<Connection>::from(detail::result(answer));
    Connection connection;
    connection.handle_ = detail::Handle<detail::close_websocket>(handle);
    return connection;
  }

  // Whether it was opened and not closed by this side; the other may have closed it since.
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(handle_); }

  Result<> send_text(std::string_view text) { return send(MIDIMON_TEXT, text); }
  Result<> send_binary(std::string_view bytes) { return send(MIDIMON_BINARY, bytes); }

  // The next message; timed_out if none comes in time, closed once there is no connection.
  Result<Message> receive(std::uint32_t timeout_ms) {
    Message message;
    message.data.resize(detail::kPiece);
    for (;;) {
      midimon_received received{};
      const std::uint32_t answer =
          midimon_ws_receive(handle_.number(), timeout_ms, message.data.data(),
                             static_cast<std::uint32_t>(message.data.size()), &received);
      const bool larger = answer == MIDIMON_TOO_SMALL && received.length > message.data.size();
      message.is_text = received.kind == MIDIMON_TEXT;
      message.data.resize(answer == 0 || larger ? received.length : 0);
      if (!larger) return detail::result(answer, std::move(message));
    }
  }

  // Says goodbye, with 1000 or 3000 to 4999.
  void close(std::uint32_t code = 1000) {
    if (!handle_) return;
    midimon_ws_close(handle_.number(), code);
    handle_.forget();
  }

 private:
  Result<> send(std::uint32_t kind, std::string_view data) {
    return detail::result(
        midimon_ws_send(handle_.number(), kind, data.data(), detail::size32(data)));
  }

  detail::Handle<detail::close_websocket> handle_;
};

}  // namespace ws

namespace exec {

struct Command {
  std::vector<std::string> argv;  // the program by its whole path, and its arguments
  std::string input = {};         // its stdin
  std::optional<std::uint32_t> timeout_ms = {};
};

struct Output {
  std::optional<int> status;  // nothing if a signal ended it
  std::optional<int> signal;
  bool timed_out = false;
  bool truncated = false;  // more than 64 KiB was written to stdout or stderr
  std::string out;
  std::string err;

  [[nodiscard]] bool good() const { return status == 0; }
};

// Runs a program to its end. One that fails is a result, too: see good().
inline Result<Output> run(const Command& command) {
  Json argv = Json::array();
  for (const std::string& argument : command.argv)
    argv.push_back(argument);
  Json json = Json::object({{"argv", std::move(argv)}});
  if (command.timeout_ms) json.set("timeout_ms", *command.timeout_ms);
  const std::string text = json.dump();
  std::uint32_t number = 0;
  std::uint32_t answer = midimon_exec(text.data(), detail::size32(text), command.input.data(),
                                      detail::size32(command.input), &number);
  if (answer != 0) return Result<Output>::from(detail::result(answer));
  const detail::Handle<detail::close_program> handle(number);
  std::string ended;
  answer =
      detail::read_whole(ended, 256, [&](char* buffer, std::uint32_t size, std::uint32_t* length) {
        return midimon_exec_result(number, buffer, size, length);
      });
  if (answer != 0) return Result<Output>::from(detail::result(answer));
  const Json result = Json::parse(ended).value_or(Json::object());
  Output output;
  if (result["status"].is_integer()) output.status = static_cast<int>(result["status"].integer());
  if (result["signal"].is_integer()) output.signal = static_cast<int>(result["signal"].integer());
  output.timed_out = result["timed_out"].boolean();
  output.truncated = result["stdout_truncated"].boolean() || result["stderr_truncated"].boolean();
  for (const std::uint32_t stream : {MIDIMON_STDOUT, MIDIMON_STDERR}) {
    Result<std::string> all = detail::join(std::size_t{1} << 20, [&]() -> Result<std::string> {
      std::string piece(detail::kPiece, '\0');
      std::uint32_t length = 0;
      const std::uint32_t read = midimon_exec_read(
          number, stream, piece.data(), static_cast<std::uint32_t>(piece.size()), &length);
      piece.resize(read == 0 ? length : 0);
      return detail::result(read, std::move(piece));
    });
    if (!all) return Result<Output>::from(all);
    (stream == MIDIMON_STDOUT ? output.out : output.err) = std::move(*all);
  }
  return output;
}

}  // namespace exec
}  // namespace midimon
