#include "session.h"

#include <algorithm>
#include <ctime>

#include "sha256.h"

namespace obs {
namespace {

using midimon::Answer;
using midimon::Json;
namespace ws = midimon::ws;

// obs-websocket's messages.
constexpr std::int64_t kHello = 0;
constexpr std::int64_t kIdentify = 1;
constexpr std::int64_t kIdentified = 2;
constexpr std::int64_t kEvent = 5;
constexpr std::int64_t kRequest = 6;
constexpr std::int64_t kAnswer = 7;
constexpr std::int64_t kBatch = 8;
constexpr std::int64_t kBatchAnswer = 9;

// Events of scene collections, scenes, outputs and the studio mode: all that Studio looks at, and
// nothing that comes many times a second.
constexpr std::int64_t kConfig = 1 << 1;
constexpr std::int64_t kScenes = 1 << 2;
constexpr std::int64_t kOutputs = 1 << 6;
constexpr std::int64_t kUi = 1 << 10;

constexpr int kWaitingTaken = 500;  // messages at the beginning of a call

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// With which code and words the other side closed the connection.
std::string why_closed() {
  std::string text;
  midimon::detail::read_whole(text, 256, midimon_last_error);
  return text.empty() ? "The connection was closed." : text;
}

// A sentence for a status that OBS says nothing about.
std::string said_by_code(std::int64_t code) {
  switch (code) {
    case 500:
      return "OBS is doing that already.";
    case 501:
      return "OBS is not doing that.";
    case 502:
      return "It is paused already.";
    case 503:
      return "It is not paused.";
    case 504:
      return "That output is switched off in OBS.";
    case 505:
      return "OBS is in studio mode.";
    case 506:
      return "OBS is not in studio mode; switch it on with the action \"studio_mode\".";
    case 207:
      return "OBS is not ready yet: it is still starting, or changing its scene collection.";
    default:
      return "OBS refused, with status " + std::to_string(code) + ".";
  }
}

// What became of one request, of a batch or alone.
Reply reply_of(const Json& answer) {
  const Json& status = answer["requestStatus"];
  if (status["result"].boolean()) return {Code::success, answer["responseData"], {}};
  const std::int64_t code = status["code"].integer();
  const std::string_view comment = status["comment"].string();
  const bool known = code > 0 && code < 10'000;
  return {known ? static_cast<Code>(code) : Code::none,
          {},
          comment.empty() ? said_by_code(code) : "OBS: " + std::string(comment)};
}

}  // namespace

void Settings::fields(midimon::Fields& field) {
  field("host", host)
      .describe("Where OBS runs: this computer, by one of its names")
      .choices({"127.0.0.1", "localhost"});
  field("port", port)
      .describe("The port of OBS's WebSocket server; 4455 unless you changed it")
      .range(4455, 4470);
  field("timeout_ms", timeout_ms)
      .describe("How long OBS may take for all that one press asks of it")
      .range<std::int64_t>(1, kLongestMs);
  field("state", state)
      .describe("What conditions of type PluginState see: what OBS is doing, or its scene's name")
      .choices({"outputs", "scene"});
  field("notes", notes)
      .describe(
          "Notes of the device plugin:obs that are down while something is so: \"recording\", "
          "\"paused\", \"streaming\", \"replay_buffer\", \"virtual_camera\", "
          "\"studio_mode\" or \"scene NAME\"")
      .say("type", "object")
      .say("maxProperties", 128)
      .say("additionalProperties",
           Json::object({{"type", "integer"}, {"minimum", 0}, {"maximum", 127}}));
}

void Session::begin(std::int64_t at_most_ms) {
  settings_ = midimon::settings<Settings>();
  deadline_ms_ = now_ms() + std::min<std::int64_t>(settings_.timeout_ms, at_most_ms);
  if (socket_ && connected_to_ != url()) close();
  take_waiting();
  refresh();
}

std::uint32_t Session::left_ms() const {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(deadline_ms_ - now_ms(), 0, kLongestMs));
}

std::string Session::url() const {
  return "ws://" + settings_.host + ":" + std::to_string(settings_.port);
}

std::string Session::no_connection(const midimon::Result<ws::Connection>& tried) const {
  if (tried.answer() == Answer::not_granted || tried.answer() == Answer::invalid) {
    return tried.why();
  }
  return "OBS does not answer at " + url() +
         ". Start it, and see to it that Tools > WebSocket Server Settings says "
         "\"Enable WebSocket server\" and this port. (" +
         tried.why() + ")";
}

std::optional<std::string> Session::connect() {
  if (socket_) return std::nullopt;
  auto problem = open();
  if (!problem) problem = ask_what_it_does();
  if (problem) close();
  return problem;
}

std::optional<std::string> Session::open() {
  const std::string wanted = url();
  auto tried = ws::Connection::connect(
      {.url = wanted, .protocols = {"obswebsocket.json"}, .timeout_ms = left_ms()});
  if (!tried) return no_connection(tried);
  socket_ = std::move(*tried);
  connected_to_ = wanted;
  Json hello;
  if (auto problem = await(kHello, {}, hello)) return problem;
  return identify(hello);
}

std::optional<std::string> Session::identify(const Json& hello) {
  Json data =
      Json::object({{"rpcVersion", 1}, {"eventSubscriptions", kConfig | kScenes | kOutputs | kUi}});
  const Json& challenge = hello["authentication"];
  if (challenge.is_object()) {
    const auto password = midimon::secret("password");
    if (!password) {
      return "OBS asks for a password. Tell it once: `midimon secret set obs password --readable`; "
             "OBS shows it at Tools > WebSocket Server Settings > Show Connect Info.";
    }
    data.set("authentication", answer_challenge(*password, challenge["salt"].string(),
                                                challenge["challenge"].string()));
  }
  Json identified;
  auto problem = exchange(kIdentify, data, kIdentified, {}, identified);
  if (problem && problem->find("4009") != std::string::npos) {
    return "OBS refused the password. Set the one that OBS shows at Tools > WebSocket Server "
           "Settings > Show Connect Info: `midimon secret set obs password --readable`.";
  }
  return problem;
}

std::optional<std::string> Session::ask_what_it_does() {
  const std::string id = std::to_string(++requests_);
  Json answers;
  auto problem =
      exchange(kBatch, Json::object({{"requestId", id}, {"requests", Studio::first_questions()}}),
               kBatchAnswer, id, answers);
  if (problem) return problem;
  for (const Json& answer : answers["results"].items()) {
    const Reply reply = reply_of(answer);
    // What this OBS cannot do, such as a virtual camera, it does not do.
    studio_.take_answer(answer["requestType"].string(), reply.data);
  }
  return std::nullopt;
}

Reply Session::request(std::string_view type, const Json& data) {
  if (auto problem = connect()) return failed(std::move(*problem));
  const std::string id = std::to_string(++requests_);
  Json answer;
  auto problem = exchange(
      kRequest, Json::object({{"requestType", type}, {"requestId", id}, {"requestData", data}}),
      kAnswer, id, answer);
  return problem ? failed(std::move(*problem)) : reply_of(answer);
}

Reply Session::batch(Json data) {
  if (auto problem = connect()) return failed(std::move(*problem));
  const std::string id = std::to_string(++requests_);
  data.set("requestId", id);
  Json answer;
  auto problem = exchange(kBatch, data, kBatchAnswer, id, answer);
  if (problem) return failed(std::move(*problem));
  Json results = Json::array();
  std::string first_problem;
  for (const Json& result : answer["results"].items()) {
    const Reply reply = reply_of(result);
    if (!reply.ok() && first_problem.empty()) {
      first_problem = "Request " + std::to_string(results.size() + 1) + ", " +
                      std::string(result["requestType"].string()) + ": " + reply.problem;
    }
    results.push_back(reply.ok() ? Json::object({{"done", true}, {"data", reply.data}})
                                 : Json::object({{"done", false}, {"problem", reply.problem}}));
  }
  return {first_problem.empty() ? Code::success : Code::none, std::move(results),
          std::move(first_problem)};
}

std::optional<std::string> Session::exchange(std::int64_t op, const Json& data, std::int64_t answer,
                                             std::string_view id, Json& out) {
  if (auto problem = send(op, data)) return problem;
  return await(answer, id, out);
}

std::optional<std::string> Session::send(std::int64_t op, const Json& data) {
  const auto sent = socket_.send_text(Json::object({{"op", op}, {"d", data}}).dump());
  if (sent) return std::nullopt;
  if (sent.answer() == Answer::too_large) return "OBS can be asked for 1 MiB at once, and no more.";
  close();
  return "The connection to OBS broke before it was asked; try again. (" + sent.why() + ")";
}

std::optional<std::string> Session::await(std::int64_t op, std::string_view id, Json& out) {
  for (;;) {
    std::string problem;
    auto message = receive(left_ms(), problem);
    if (!problem.empty()) return "OBS did not answer; it may have done it or not. " + problem;
    if (!message) {
      // A late answer would be read as that of another call, were it not for the ids; but what does
      // not answer is better asked anew.
      close();
      return "OBS did not answer in time; it may have done it or not.";
    }
    if (message->op != op) continue;
    if (!id.empty() && message->data["requestId"].string() != id) continue;
    out = std::move(message->data);
    return std::nullopt;
  }
}

std::optional<Session::Message> Session::receive(std::uint32_t timeout_ms, std::string& problem) {
  const auto got = socket_.receive(timeout_ms);
  if (got.answer() == Answer::timed_out) return std::nullopt;
  if (!got) {
    problem = got.answer() == Answer::closed ? why_closed() : got.why();
    close();
    return std::nullopt;
  }
  auto json = Json::parse(got->data);
  if (!json || !json->is_object() || !(*json)["op"].is_integer()) {
    problem = "What answers at " + connected_to_ + " is not obs-websocket 5.";
    close();
    return std::nullopt;
  }
  Message message{(*json)["op"].integer(), (*json)["d"]};
  if (message.op == kEvent) {
    studio_.take_event(message.data["eventType"].string(), message.data["eventData"]);
  }
  return message;
}

void Session::take_waiting() {
  for (int i = 0; socket_ && i < kWaitingTaken; ++i) {
    std::string problem;
    if (!receive(0, problem)) return;
  }
}

void Session::close() {
  socket_.close();
  studio_.leave();
}

void Session::refresh() {
  if (socket_ && studio_.is_stale() && ask_what_it_does()) close();
}

void Session::show() {
  refresh();
  const bool by_scene = settings_.state == "scene";
  for (const bool plain : {false, true}) {
    if (midimon::set_state(studio_.shown(by_scene, plain))) return;
  }
}

}  // namespace obs
