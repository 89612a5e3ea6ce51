#include "ipc/rpc.h"

#include <utility>

namespace midimon::ipc {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

// Null if it is no JSON, or deeper than anybody means.
std::optional<json> parse(std::string_view line) {
  bool shallow = true;
  const auto callback = [&shallow](int depth, json::parse_event_t /*event*/, json& /*parsed*/) {
    if (depth > kMaxDepth) shallow = false;
    return shallow;
  };
  json value = json::parse(line, callback, false);
  if (value.is_discarded() || !shallow) return std::nullopt;
  return value;
}

std::string line_of(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

json envelope() {
  return {{"jsonrpc", "2.0"}};
}

}  // namespace

tl::expected<Request, RpcError> parse_request(std::string_view line, json& id) {
  id = nullptr;
  auto value = parse(line);
  if (!value) return tl::unexpected(RpcError{kParseError, "This line is no JSON."});
  const auto invalid = [](std::string why) {
    return tl::unexpected(RpcError{kInvalidRequest, std::move(why)});
  };
  if (!value->is_object()) return invalid("A request is one object.");
  if (value->contains("id")) {
    const json& given = (*value)["id"];
    if (!given.is_string() && !given.is_number_integer()) {
      return invalid("An id is a string or a whole number.");
    }
    id = given;
  }
  const auto version = value->find("jsonrpc");
  if (version == value->end() || *version != "2.0") return invalid("\"jsonrpc\" must be \"2.0\".");
  const auto method = value->find("method");
  if (method == value->end() || !method->is_string()) return invalid("A request has a \"method\".");
  Request request;
  request.id = id;
  request.method = method->get<std::string>();
  if (const auto params = value->find("params"); params != value->end()) {
    if (!params->is_object()) {
      return tl::unexpected(RpcError{kInvalidParams, "\"params\" must be an object."});
    }
    request.params = std::move(*params);
  }
  return request;
}

std::string request_line(const Request& request) {
  json out = envelope();
  if (!request.id.is_null()) out["id"] = request.id;
  out["method"] = request.method;
  out["params"] = request.params;
  return line_of(out);
}

std::string result_line(const json& id, const json& result) {
  json out = envelope();
  out["id"] = id;
  out["result"] = result;
  return line_of(out);
}

std::string error_line(const json& id, const RpcError& error) {
  json out = envelope();
  out["id"] = id;
  out["error"] = {{"code", error.code}, {"message", error.message}};
  return line_of(out);
}

std::string notification_line(std::string_view method, const json& params) {
  json out = envelope();
  out["method"] = method;
  out["params"] = params;
  return line_of(out);
}

Result<Reply> parse_reply(std::string_view line) {
  auto value = parse(line);
  if (!value || !value->is_object()) {
    return fail(ErrorCode::invalid, "The daemon's answer is no JSON object.");
  }
  Reply reply;
  if (const auto method = value->find("method"); method != value->end() && method->is_string()) {
    reply.method = method->get<std::string>();
    reply.value = value->value("params", json::object());
    return reply;
  }
  reply.id = value->value("id", json());
  if (const auto error = value->find("error"); error != value->end() && error->is_object()) {
    const auto code = error->find("code");
    const auto message = error->find("message");
    reply.error.emplace();
    if (code != error->end() && code->is_number_integer()) reply.error->code = code->get<int>();
    if (message != error->end() && message->is_string()) {
      reply.error->message = message->get<std::string>();
    }
    return reply;
  }
  const auto result = value->find("result");
  if (result == value->end()) {
    return fail(ErrorCode::invalid, "The daemon's answer has neither a result nor an error.");
  }
  reply.value = std::move(*result);
  return reply;
}

}  // namespace midimon::ipc
