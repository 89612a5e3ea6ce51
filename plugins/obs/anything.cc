#include "anything.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "sha256.h"
#include "turn.h"

namespace obs {

using midimon::Call;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

namespace {

constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxBatch = 100;

// OBS's word for a modifier of profiles; empty for another key.
std::string_view modifier(std::string_view key) {
  constexpr std::array<std::array<std::string_view, 2>, 8> kModifiers = {{{"ctrl", "control"},
                                                                          {"control", "control"},
                                                                          {"shift", "shift"},
                                                                          {"alt", "alt"},
                                                                          {"super", "command"},
                                                                          {"cmd", "command"},
                                                                          {"win", "command"},
                                                                          {"meta", "command"}}};
  for (const auto& [word, name] : kModifiers) {
    if (word == key) return name;
  }
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// What OBS calls the keys that have no character of their own, without the OBS_KEY_ in front.
const Names& key_names() {
  static const Names names = {"RETURN",     "ENTER",       "ESCAPE",      "TAB",       "BACKSPACE",
                              "INSERT",     "DELETE",      "PAUSE",       "PRINT",     "HOME",
                              "END",        "LEFT",        "UP",          "RIGHT",     "DOWN",
                              "PAGEUP",     "PAGEDOWN",    "SPACE",       "MINUS",     "PLUS",
                              "EQUAL",      "COMMA",       "PERIOD",      "SLASH",     "SEMICOLON",
                              "APOSTROPHE", "BRACKETLEFT", "BACKSLASH",   "QUOTELEFT", "ASTERISK",
                              "NUMPLUS",    "NUMMINUS",    "NUMASTERISK", "NUMPERIOD", "NUMSLASH",
                              "MENU",       "BRACKETRIGHT"};
  return names;
}

// Whether that is "A", "7", "NUM7", "F12", or one of key_names().
bool is_key(std::string_view name) {
  const auto is_number = [](std::string_view text, int most) {
    int value = text.empty() || text.size() > 2 || text[0] == '0' ? -1 : 0;
    for (const char c : text)
      value = value < 0 || !is_digit(c) ? -1 : value * 10 + (c - '0');
    return value >= 0 && value <= most;
  };
  constexpr int kFunctionKeys = 35;
  if (name.size() == 1) return (name[0] >= 'A' && name[0] <= 'Z') || is_digit(name[0]);
  if (name[0] == 'F' && is_number(name.substr(1), kFunctionKeys)) return true;
  if (name.size() == 4 && name.substr(0, 3) == "NUM" && is_digit(name[3])) return true;
  const Names& names = key_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "ctrl+shift+f9" as OBS has it, or null with what is wrong. OBS takes a key that it does not know
// for none, and then says nothing.
Json key_sequence(const std::string& keys, std::string& problem) {
  constexpr std::string_view kPrefix = "OBS_KEY_";
  Json modifiers = Json::object();
  std::string_view rest = keys;
  for (std::size_t plus = rest.find('+'); plus != rest.npos; plus = rest.find('+')) {
    const std::string_view name = modifier(lower(rest.substr(0, plus)));
    if (name.empty()) {
      problem =
          quoted(rest.substr(0, plus)) + " is no modifier; there are ctrl, shift, alt and super.";
      return {};
    }
    modifiers.set(name, true);
    rest.remove_prefix(plus + 1);
  }
  std::string key;
  for (const char c : rest) {
    // page_up is OBS's PAGEUP; what is spelled out is sent as it is.
    if (c == '_' && rest.substr(0, kPrefix.size()) != kPrefix) continue;
    key += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (key.rfind(kPrefix, 0) != 0) {
    if (key.empty() || !is_key(key)) {
      const std::string like = nearest(key, key_names());
      problem = quoted(rest) + " is no key that OBS knows" +
                (like.empty() ? std::string("; write it as in \"ctrl+shift+f9\".")
                              : "; did you mean " + quoted(lower(like)) + "?");
      return {};
    }
    key.insert(0, kPrefix);
  }
  return Json::object({{"keyId", key}, {"keyModifiers", std::move(modifiers)}});
}

std::int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// "2026-01-02-10-11-12-345", in UTC.
std::string file_time(std::int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::string text;
  const auto put = [&text](int value, std::size_t digits) {
    const std::string number = std::to_string(value);
    if (!text.empty()) text += '-';
    text.append(digits > number.size() ? digits - number.size() : 0, '0');
    text += number;
  };
  put(parts.tm_year + 1900, 4);
  put(parts.tm_mon + 1, 2);
  put(parts.tm_mday, 2);
  put(parts.tm_hour, 2);
  put(parts.tm_min, 2);
  put(parts.tm_sec, 2);
  put(static_cast<int>(ms % 1000), 3);
  return text;
}

Status keep_picture(const std::string& bytes, const std::string& format) {
  constexpr char kFolder[] = "/screenshots";
  const std::string path = std::string(kFolder) + "/" + file_time(now_ms()) + "." + format;
  auto kept = midimon::make_directory(kFolder);
  if (kept) kept = midimon::write_file(path, bytes);
  if (!kept && kept.answer() == midimon::Answer::not_granted) {
    return midimon::failed("Screenshots need a directory to be kept in: grant \"filesystem\".");
  }
  if (!kept) {
    return midimon::failed(kept.why() + " `midimon data ls obs` shows what is there already.");
  }
  return done(Json::object({{"file", path}, {"bytes", bytes.size()}}));
}

Json request_json(const Request& request, std::size_t number) {
  return Json::object({{"requestType", request.type},
                       {"requestId", std::to_string(number)},
                       {"requestData", request.data.is_object() ? request.data : Json::object()}});
}

// "Your request type is not valid" helps nobody.
Status no_request(Turn& turn, const Reply& reply, const std::string& type) {
  constexpr int kUnknownRequest = 204;
  if (static_cast<int>(reply.code) != kUnknownRequest) return failed(reply);
  const Names known = strings_of(turn.request("GetVersion").data["availableRequests"]);
  const std::string like = nearest(type, known);
  return midimon::failed("OBS knows no request " + quoted(type) + ". " +
                         (like.empty() ? "The protocol of obs-websocket 5 lists what there is."
                                       : "Did you mean " + quoted(like) + "?"));
}

}  // namespace

void Hotkey::fields(Fields& field) {
  field("name", name)
      .describe("OBS's own name for it, such as \"OBSBasic.Transition\"")
      .length(1, kMaxName);
  field("keys", keys)
      .describe("Or the keys that it has in OBS's settings, such as \"ctrl+shift+f9\"")
      .length(1, 64);
}

Status hotkey(const Hotkey& params, const Call& /*call*/) {
  if (params.name.has_value() == params.keys.has_value()) {
    return wrong(R"("hotkey" takes either "name" or "keys".)");
  }
  if (params.name) {
    Turn turn;
    const Reply reply =
        turn.request("TriggerHotkeyByName", Json::object({{"hotkeyName", *params.name}}));
    if (!reply.ok()) {
      return not_there(reply, "hotkey", *params.name,
                       strings_of(turn.request("GetHotkeyList").data["hotkeys"]));
    }
    return done(Json::object({{"hotkey", *params.name}}));
  }
  std::string problem;
  const Json sequence = key_sequence(*params.keys, problem);
  if (sequence.is_null()) return wrong(std::move(problem));
  Turn turn;
  const Reply reply = turn.request("TriggerHotkeyByKeySequence", sequence);
  return reply.ok() ? done(Json::object({{"keys", *params.keys}})) : failed(reply);
}

void Screenshot::fields(Fields& field) {
  field("source", source)
      .describe("The scene or source; the scene on air without it")
      .length(1, kMaxName);
  field("format", format).describe("The kind of file").choices({"jpg", "png"});
  field("width", width).describe("How wide, in pixels; as it is without it").range(8, 4096);
  field("quality", quality)
      .describe("The less, the smaller the file; a picture may have 750 KB")
      .range(0, 100);
}

Status screenshot(const Screenshot& params, const Call& /*call*/) {
  Turn turn;
  if (auto problem = Turn::session().connect()) return midimon::failed(std::move(*problem));
  const std::string source = params.source.value_or(turn.studio().scene());
  Json data = Json::object({{"sourceName", source},
                            {"imageFormat", params.format},
                            {"imageCompressionQuality", params.quality}});
  if (params.width) data.set("imageWidth", *params.width);
  const Reply reply = turn.request("GetSourceScreenshot", data);
  if (reply.code == Code::not_found) {
    Names names = scene_names(turn);
    for (std::string& input : input_names(turn))
      names.push_back(std::move(input));
    return not_there(reply, "source", source, names);
  }
  if (!reply.ok()) return failed(reply);
  // data:image/png;base64,...
  const std::string_view image = reply.data["imageData"].string();
  const std::size_t comma = image.find(',');
  std::string bytes;
  if (comma == image.npos || !decode_base64(image.substr(comma + 1), bytes) || bytes.empty()) {
    return midimon::failed("What OBS sent is no picture.");
  }
  return keep_picture(bytes, params.format);
}

void Request::fields(Fields& field) {
  field("type", type)
      .describe("A request of obs-websocket 5, such as \"SetInputSettings\"")
      .required()
      .length(1, 128);
  field("data", data).describe("Its requestData").say("type", "object");
}

Status request(const Request& params, const Call& /*call*/) {
  Turn turn;
  const Reply reply =
      turn.request(params.type, params.data.is_object() ? params.data : Json::object());
  if (!reply.ok()) return no_request(turn, reply, params.type);
  return done(reply.data.is_null() ? Json::object() : reply.data);
}

void Batch::fields(Fields& field) {
  field("requests", requests)
      .describe("Requests of obs-websocket 5, one after another")
      .required()
      .length(1, kMaxBatch);
  field("stop_at_failure", stop_at_failure)
      .describe("Whether the ones after one that fails are left out");
  field("run", run)
      .describe("One after another, one for each frame, or all at once")
      .choices({"serial", "frame", "parallel"});
}

Status batch(const Batch& params, const Call& /*call*/) {
  Turn turn;
  Json requests = Json::array();
  for (const Request& one : params.requests)
    requests.push_back(request_json(one, requests.size() + 1));
  const int how = params.run == "frame" ? 1 : params.run == "parallel" ? 2 : 0;
  const Reply reply = Turn::session().batch(Json::object({{"requests", std::move(requests)},
                                                          {"haltOnFailure", params.stop_at_failure},
                                                          {"executionType", how}}));
  if (!reply.data.is_array()) return failed(reply);
  const Status told = done(reply.data);
  return reply.ok() ? told : failed(reply);
}

Status status(const Call& /*call*/) {
  Turn turn;
  if (auto problem = Turn::session().connect()) return midimon::failed(std::move(*problem));
  return done(turn.studio().told());
}

}  // namespace obs
