#include "cli/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/bounded_json.h"
#include "base/text.h"
#include "mapping/key_names.h"

namespace midimon::cli {
namespace {

using net::WebSocketMessage;
using nlohmann::json;

constexpr int kMaxDepth = 32;

std::string shown(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int number_of(const json& object, const char* key, int fallback) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : fallback;
}

// The error that an answer is.
std::optional<Error> error_of(const json& answer) {
  if (!answer.contains("error")) return std::nullopt;
  return Error{ErrorCode::io, text_of(answer, "error")};
}

// Text as it is; bytes that are no text as a list of numbers.
json payload_json(std::string_view bytes) {
  if (is_utf8(bytes)) return bytes;
  json list = json::array();
  for (const char byte : bytes)
    list.push_back(static_cast<unsigned char>(byte));
  return list;
}

WebSocketMessage message_of(const json& item) {
  WebSocketMessage message;
  if (item.is_array()) {
    message.kind = WebSocketMessage::Kind::binary;
    for (const json& byte : item)
      message.payload += static_cast<char>(byte.is_number_integer() ? byte.get<int>() : 0);
  } else {
    message.kind = WebSocketMessage::Kind::text;
    message.payload = item.is_string() ? item.get<std::string>() : shown(item);
  }
  return message;
}

// What the case has the server say comes one message after another; then nothing does.
class RehearsedSocket final : public hostapi::MessageSocket {
 public:
  RehearsedSocket(Rehearsal& rehearsal, const json& answer) : rehearsal_(rehearsal) {
    queue(answer);
  }

  Result<void> send(WebSocketMessage::Kind kind, std::string_view payload, const Until&) override {
    json call = {{"call", "ws_send"}};
    const bool text = kind == WebSocketMessage::Kind::text;
    call[text ? "text" : "bytes"] = payload_json(payload);
    if (const auto parsed = text ? parse_bounded_json(payload, kMaxDepth) : std::nullopt) {
      call["json"] = *parsed;
    }
    const json answer = rehearsal_.perform(call);
    if (const auto error = error_of(answer)) return tl::unexpected(*error);
    queue(answer);
    return {};
  }

  Result<std::optional<WebSocketMessage>> receive(const Until&) override {
    if (waiting_.empty()) {
      if (!closed_) return std::nullopt;
      WebSocketMessage goodbye;
      goodbye.kind = WebSocketMessage::Kind::close;
      goodbye.code = 1000;
      return goodbye;
    }
    WebSocketMessage message = std::move(waiting_.front());
    waiting_.pop_front();
    return message;
  }

  [[nodiscard]] bool is_closed() const override { return closed_ && waiting_.empty(); }
  void close(std::uint16_t, const Until&) override { closed_ = true; }

 private:
  void queue(const json& answer) {
    const auto messages = answer.find("messages");
    if (messages != answer.end() && messages->is_array()) {
      for (const json& item : *messages)
        waiting_.push_back(message_of(item));
    }
    const auto close = answer.find("close");
    if (close != answer.end() && *close == true) closed_ = true;
  }

  Rehearsal& rehearsal_;
  std::deque<WebSocketMessage> waiting_;
  bool closed_ = false;
};

struct ToJson {
  json operator()(const KeyRequest& keys) const {
    return {{"call", "key_send"}, {"chord", to_text(keys.chords.front())}};
  }
  json operator()(const TextRequest& typed) const {
    return {{"call", "text_send"}, {"text", typed.text}};
  }
  json operator()(const MouseClick& click) const {
    return {{"call", "mouse_click"},
            {"button", static_cast<int>(click.button) + 1},
            {"count", click.count}};
  }
  json operator()(const MoveRequest& move) const {
    return {{"call", "mouse_move"}, {"x", move.x}, {"y", move.y}, {"relative", move.relative}};
  }
  // No plugin can ask for the rest.
  template <typename Other>
  json operator()(const Other&) const {
    return {{"call", "unknown"}};
  }

  json operator()(const VolumeQuery& query) const {
    return {{"call", "volume_get"}, {"output", query.target}};
  }
  json operator()(const VolumeSetting& setting) const {
    static constexpr const char* kMute[] = {"off", "on", "leave", "toggle"};
    json call = {{"call", "volume_set"},
                 {"output", setting.target},
                 {"mute", kMute[static_cast<std::size_t>(setting.mute)]}};
    if (setting.percent) call["percent"] = *setting.percent;
    return call;
  }
  json operator()(const Notification& notice) const {
    static constexpr const char* kUrgency[] = {"low", "normal", "critical"};
    return {{"call", "notify"},
            {"title", notice.title},
            {"body", notice.body},
            {"urgency", kUrgency[static_cast<std::size_t>(notice.urgency)]}};
  }
  json operator()(const OpenUrlRequest& request) const {
    return {{"call", "open_url"}, {"url", request.url}};
  }
  json operator()(const ClipboardQuery&) const { return {{"call", "clipboard_get"}}; }
  json operator()(const ClipboardText& text) const {
    return {{"call", "clipboard_set"}, {"text", text.text}};
  }
  json operator()(const AppListQuery&) const { return {{"call", "app_list"}}; }
  json operator()(const AppFocusRequest& request) const {
    return {{"call", "app_focus"}, {"name", request.name}};
  }
  json operator()(const AppLaunchRequest& request) const {
    return {{"call", "app_launch"}, {"id", request.id}};
  }
  json operator()(const MidiSending& sending) const {
    json bytes = json::array();
    for (const auto& message : sending.messages) {
      for (const std::uint8_t byte : message)
        bytes.push_back(byte);
    }
    return {{"call", "midi_send"},
            {"port", sending.outputs.empty() ? "" : sending.outputs.front()},
            {"bytes", std::move(bytes)}};
  }
};

DesktopAnswer answer_of(const json& given) {
  DesktopAnswer answer;
  answer.percent = number_of(given, "percent", 0);
  answer.muted = given.contains("muted") && given["muted"] == true;
  answer.text = text_of(given, "text");
  if (const auto apps = given.find("apps"); apps != given.end() && apps->is_array()) {
    for (const json& app : *apps) {
      if (!app.is_object()) continue;
      answer.windows.push_back({text_of(app, "name"), text_of(app, "title"),
                                app.contains("focused") && app["focused"] == true});
    }
  }
  return answer;
}

}  // namespace

bool includes(const json& actual, const json& expected) {
  if (!expected.is_object() || !actual.is_object()) return actual == expected;
  return std::all_of(expected.items().begin(), expected.items().end(), [&](const auto& member) {
    const auto found = actual.find(member.key());
    return found != actual.end() && includes(*found, member.value());
  });
}

void Rehearsal::expect(std::vector<json> calls) {
  const std::lock_guard lock(mutex_);
  expected_ = std::move(calls);
  next_ = 0;
  problems_.clear();
}

json Rehearsal::perform(const json& call) {
  const std::lock_guard lock(mutex_);
  if (next_ >= expected_.size()) {
    problems_.push_back("it called " + shown(call) + ", which the case does not expect");
    return {{"error", "The test expects no such call."}};
  }
  json expected = expected_[next_++];
  json answer = expected.value("answer", json::object());
  expected.erase("answer");
  if (includes(call, expected)) return answer.is_object() ? answer : json::object();
  problems_.push_back("it called " + shown(call) + " where the case expects " + shown(expected));
  return {{"error", "The test expects another call."}};
}

std::vector<std::string> Rehearsal::problems() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all = problems_;
  for (std::size_t i = next_; i < expected_.size(); ++i) {
    json expected = expected_[i];
    expected.erase("answer");
    all.push_back("it did not call " + shown(expected));
  }
  return all;
}

Result<net::Answer> Rehearsal::ask(const net::ExchangeRequest& request) {
  json headers = json::object();
  for (const net::Header& header : request.headers)
    headers[to_lower(header.name)] = header.value;
  json call = {{"call", "http_request"},
               {"method", request.method},
               {"url", request.url.text()},
               {"headers", std::move(headers)},
               {"body", payload_json(request.body)}};
  if (const auto parsed = parse_bounded_json(request.body, kMaxDepth)) call["json"] = *parsed;
  const json given = perform(call);
  if (const auto error = error_of(given)) return tl::unexpected(*error);
  net::Answer answer;
  answer.status = number_of(given, "status", 200);
  answer.url = request.url.text();
  if (const auto all = given.find("headers"); all != given.end() && all->is_object()) {
    for (const auto& [name, value] : all->items()) {
      answer.headers.push_back(
          {to_lower(name), value.is_string() ? value.get<std::string>() : shown(value)});
    }
  }
  answer.body = given.contains("json") ? shown(given["json"]) : text_of(given, "body");
  return answer;
}

Result<std::unique_ptr<hostapi::MessageSocket>> Rehearsal::connect(
    const net::WebSocketRequest& request) {
  // A WebSocket's URL is kept as that of the request it begins with.
  json headers = json::object();
  for (const net::Header& header : request.headers)
    headers[to_lower(header.name)] = header.value;
  const json answer = perform({{"call", "ws_connect"},
                               {"url", "ws" + request.url.text().substr(4)},
                               {"headers", std::move(headers)},
                               {"protocols", request.protocols}});
  if (const auto error = error_of(answer)) return tl::unexpected(*error);
  return std::make_unique<RehearsedSocket>(*this, answer);
}

Result<RunResult> Rehearsal::run(const RunRequest& request) {
  const json answer =
      perform({{"call", "exec"}, {"argv", request.argv}, {"input", payload_json(request.input)}});
  if (const auto error = error_of(answer)) return tl::unexpected(*error);
  RunResult result;
  if (answer.contains("signal")) {
    result.signal = number_of(answer, "signal", 9);
  } else {
    result.status = number_of(answer, "status", 0);
  }
  result.timed_out = answer.contains("timed_out") && answer["timed_out"] == true;
  result.out = text_of(answer, "stdout").substr(0, kMaxRunOutput);
  result.err = text_of(answer, "stderr").substr(0, kMaxRunOutput);
  return result;
}

void Rehearsal::call(SystemRequest request, std::stop_token,
                     std::function<void(SystemReport)> done) {
  const auto error = error_of(perform(std::visit(ToJson(), request)));
  done(error ? SystemReport{Outcome::failed, error->message} : SystemReport{});
}

void Rehearsal::ask(DesktopRequest request, std::stop_token, Done done) {
  if (const auto* query = std::get_if<MidiOutputsQuery>(&request)) {
    // Every output is there, under the name that is asked for.
    DesktopAnswer answer;
    answer.names.push_back(query->port);
    done(std::move(answer));
    return;
  }
  const json given = perform(std::visit(ToJson(), request));
  if (const auto error = error_of(given)) {
    done(tl::unexpected(*error));
  } else {
    done(answer_of(given));
  }
}

}  // namespace midimon::cli
