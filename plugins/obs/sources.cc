#include "sources.h"

#include <algorithm>

#include "turn.h"

namespace obs {

using midimon::Call;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

namespace {

constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxText = 16'384;
// What OBS's own faders have.
constexpr double kLeastDb = -100;
constexpr double kMostDb = 26;

void input_field(Fields& field, std::string& input, std::string_view what) {
  field("input", input).describe(what).required().length(1, kMaxName);
}

Json named(const std::string& input) {
  return Json::object({{"inputName", input}});
}

Status no_input(Turn& turn, const Reply& reply, const std::string& input) {
  return not_there(reply, "input", input,
                   reply.code == Code::not_found ? input_names(turn) : Names());
}

}  // namespace

void Mute::fields(Fields& field) {
  input_field(field, input, "The input to mute, such as \"Mic/Aux\"");
  field("set", set).describe("\"on\" mutes it").choices({"on", "off", "toggle"});
}

Status mute(const Mute& params, const Call& /*call*/) {
  Turn turn;
  const Switch wanted = switch_of(params.set);
  Json data = named(params.input);
  bool muted = wanted == Switch::on;
  if (wanted != Switch::toggle) data.set("inputMuted", muted);
  const Reply reply =
      turn.request(wanted == Switch::toggle ? "ToggleInputMute" : "SetInputMute", data);
  if (!reply.ok()) return no_input(turn, reply, params.input);
  if (wanted == Switch::toggle) muted = reply.data["inputMuted"].boolean();
  return done(Json::object({{"input", params.input}, {"muted", muted}}));
}

void Volume::fields(Fields& field) {
  input_field(field, input, "The input to make louder or softer");
  field("percent", percent)
      .describe(
          "Where its fader is, on a cubic scale; 100 is 0 dB. One of the three has to be given")
      .range(0, 100);
  field("db", db).describe("How loud, in dB; 0 is as it comes").range(kLeastDb, kMostDb);
  field("change_db", change_db).describe("How much louder, in dB").range(kLeastDb, -kLeastDb);
}

Status volume(const Volume& params, const Call& /*call*/) {
  const int given = int{params.percent.has_value()} + int{params.db.has_value()} +
                    int{params.change_db.has_value()};
  if (given != 1) return wrong(R"("volume" takes one of "percent", "db" and "change_db".)");
  Turn turn;
  Json data = named(params.input);
  if (params.percent) {
    const double part = *params.percent / 100;
    data.set("inputVolumeMul", part * part * part);
  } else if (params.db) {
    data.set("inputVolumeDb", *params.db);
  } else {
    const Reply now = turn.request("GetInputVolume", data);
    if (!now.ok()) return no_input(turn, now, params.input);
    // What is silent has no decibels.
    const double db = now.data["inputVolumeDb"].number(kLeastDb);
    data.set("inputVolumeDb", std::clamp(db + *params.change_db, kLeastDb, kMostDb));
  }
  const Reply reply = turn.request("SetInputVolume", data);
  if (!reply.ok()) return no_input(turn, reply, params.input);
  data = Json::object({{"input", params.input}});
  const Reply now = turn.request("GetInputVolume", named(params.input));
  if (now.ok()) data.set("db", now.data["inputVolumeDb"]);
  return done(data);
}

void Filter::fields(Fields& field) {
  field("source", source)
      .describe("The source or scene that has the filter")
      .required()
      .length(1, kMaxName);
  field("filter", filter).describe("The filter").required().length(1, kMaxName);
  field("set", set).describe("What to do with it").choices({"on", "off", "toggle"});
}

Status filter(const Filter& params, const Call& /*call*/) {
  Turn turn;
  Json data = Json::object({{"sourceName", params.source}, {"filterName", params.filter}});
  const Reply now = turn.request("GetSourceFilter", data);
  if (now.code == Code::not_found) {
    const Names filters = filter_names(turn, params.source);
    Names sources = input_names(turn);
    for (std::string& scene : scene_names(turn))
      sources.push_back(std::move(scene));
    const bool there = std::find(sources.begin(), sources.end(), params.source) != sources.end();
    if (!there) return not_there(now, "source", params.source, sources);
    return not_there(now, "filter of " + quoted(params.source) + " called", params.filter, filters);
  }
  if (!now.ok()) return failed(now);
  const Switch wanted = switch_of(params.set);
  const bool on =
      wanted == Switch::toggle ? !now.data["filterEnabled"].boolean() : wanted == Switch::on;
  data.set("filterEnabled", on);
  const Reply reply = turn.request("SetSourceFilterEnabled", data);
  if (!reply.ok()) return failed(reply);
  return done(
      Json::object({{"source", params.source}, {"filter", params.filter}, {"enabled", on}}));
}

void Media::fields(Fields& field) {
  input_field(field, input, "The media source");
  field("set", set)
      .describe("What to do with it; \"toggle\" pauses it or goes on")
      .choices({"play", "pause", "stop", "restart", "next", "previous", "toggle"});
}

Status media(const Media& params, const Call& /*call*/) {
  Turn turn;
  std::string what = params.set;
  if (what == "toggle") {
    const Reply now = turn.request("GetMediaInputStatus", named(params.input));
    if (!now.ok()) return no_input(turn, now, params.input);
    what = now.data["mediaState"].string() == "OBS_MEDIA_STATE_PLAYING" ? "pause" : "play";
  }
  std::string word = "OBS_WEBSOCKET_MEDIA_INPUT_ACTION_";
  for (const char c : what)
    word += static_cast<char>(c - 'a' + 'A');
  Json data = named(params.input);
  data.set("mediaAction", word);
  const Reply reply = turn.request("TriggerMediaInputAction", data);
  if (!reply.ok()) return no_input(turn, reply, params.input);
  return done(Json::object({{"input", params.input}, {"did", what}}));
}

void Text::fields(Fields& field) {
  input_field(field, input, "The text source");
  field("text", text).describe("What it shows from now on").required().length(0, kMaxText);
}

Status text(const Text& params, const Call& /*call*/) {
  Turn turn;
  Json data = named(params.input);
  const Reply now = turn.request("GetInputSettings", data);
  if (!now.ok()) return no_input(turn, now, params.input);
  if (now.data["inputKind"].string().substr(0, 5) != "text_") {
    return midimon::failed(quoted(params.input) + " is no text source.");
  }
  data.set("inputSettings", Json::object({{"text", params.text}})).set("overlay", true);
  const Reply reply = turn.request("SetInputSettings", data);
  if (!reply.ok()) return no_input(turn, reply, params.input);
  return done(Json::object({{"input", params.input}, {"text", params.text}}));
}

}  // namespace obs
