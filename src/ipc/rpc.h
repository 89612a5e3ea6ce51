// JSON-RPC 2.0, one object a line: what the daemon and those who talk to it say to each other.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::ipc {

// The longest line that is read, its end not counted.
inline constexpr std::size_t kMaxLine = 64UL * 1024;

// Codes of the specification; kFailed is ours.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kFailed = -32000;

struct RpcError {
  int code = kFailed;
  std::string message;  // a sentence
};

struct Request {
  nlohmann::json id;  // null: a notification, which is not answered
  std::string method;
  nlohmann::json params = nlohmann::json::object();  // an object
};

// Reads one line. The error is what is answered; `id` is the request's, if it can be told.
tl::expected<Request, RpcError> parse_request(std::string_view line, nlohmann::json& id);

// Lines, each with its end.
[[nodiscard]] std::string request_line(const Request& request);
[[nodiscard]] std::string result_line(const nlohmann::json& id, const nlohmann::json& result);
[[nodiscard]] std::string error_line(const nlohmann::json& id, const RpcError& error);
[[nodiscard]] std::string notification_line(std::string_view method, const nlohmann::json& params);

// What a server says: the answer to a request, or a notification.
struct Reply {
  nlohmann::json id;   // of an answer
  std::string method;  // of a notification
  nlohmann::json value;
  std::optional<RpcError> error;
};
Result<Reply> parse_reply(std::string_view line);

}  // namespace midimon::ipc
