// spotify: plays, pauses and all that a remote control of Spotify does. README.md says how to log
// in.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client.h"
#include "link.h"
#include "midimon.hpp"

namespace spotify {
namespace {

using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

constexpr int kMostMs = 24 * 3600 * 1000;

struct Settings {
  std::string client_id;
  void fields(Fields& field) {
    field("client_id", client_id)
        .describe("The client id of your application at developer.spotify.com, for the login")
        .length(0, 128);
  }
};

struct What {
  std::string uri;
  std::string name;
  std::string kind = "playlist";
  void fields(Fields& field) {
    field("uri", uri)
        .describe("\"spotify:playlist:...\", or a link to open.spotify.com")
        .length(0, 256);
    field("name", name).describe("What to look for, in place of a uri").length(0, 256);
    field("kind", kind)
        .describe("What the name is of")
        .choices({"playlist", "album", "track", "artist"});
  }
};

struct Percent {
  int percent = 50;
  void fields(Fields& field) {
    field("percent", percent).describe("How loud").required().range(0, 100);
  }
};

struct Step {
  int percent = 5;
  void fields(Fields& field) { field("percent", percent).describe("By how much").range(1, 100); }
};

struct Shuffle {
  std::string state = "toggle";
  void fields(Fields& field) { field("state", state).choices({"on", "off", "toggle"}); }
};

struct Repeat {
  std::string state = "next";
  void fields(Fields& field) {
    field("state", state)
        .describe("\"context\" is the playlist or album, \"next\" the next one of the three")
        .choices({"off", "context", "track", "next"});
  }
};

struct Seek {
  std::optional<int> position_ms;
  std::optional<int> by_ms;
  void fields(Fields& field) {
    field("position_ms", position_ms).describe("Where to").range(0, kMostMs);
    field("by_ms", by_ms).describe("Or how far, back below 0").range(-kMostMs, kMostMs);
  }
};

struct Device {
  std::string device;
  bool play = true;
  void fields(Fields& field) {
    field("device", device).describe("Its id, or a part of its name").required().length(1, 128);
    field("play", play).describe("Whether it begins to play there; otherwise it goes on as it was");
  }
};

Status done(const Reply& reply, midimon::State state = {}) {
  if (!reply) return reply.status;
  static_cast<void>(midimon::set_state(state));
  return midimon::ok();
}

Status nothing_plays() {
  return failed(kNoDevice, "Nothing plays on Spotify at the moment.");
}

// What plays, and how; an error if nothing does.
Reply player(Client& client) {
  Reply reply = client.ask("GET", "/me/player");
  if (reply && (reply.answer.status == 204 || !reply.answer.json.is_object())) {
    return {nothing_plays()};
  }
  return reply;
}

std::string title_of(const Json& item) {
  std::string title(item["name"].string());
  const std::string_view artist = item["artists"][0]["name"].string();
  if (!artist.empty()) title += " - " + std::string(artist);
  return title;
}

// At most 64 characters, of which a pad shows two lines.
std::string short_text(std::string text) {
  if (text.size() <= 60) return text;
  text.resize(60);
  while (!text.empty() && !midimon::is_utf8(text))
    text.pop_back();
  return text;
}

midimon::State playing() {
  return {.state = "playing", .led = 127};
}
midimon::State paused() {
  return {.state = "paused", .led = 0};
}

// The first thing of that name: of one's own playlists the one that is called so, then what the
// search gives.
Reply find(Client& client, const What& what) {
  if (what.kind == "playlist") {
    Reply own = client.ask("GET", "/me/playlists?limit=50");
    if (!own) return own;
    for (const Json& item : own.answer.json["items"].items()) {
      if (same_name(item["name"].string(), what.name)) return {midimon::ok(), {200, item}};
    }
  }
  Reply found =
      client.ask("GET", "/search?q=" + encode(what.name) + "&type=" + what.kind + "&limit=5");
  if (!found) return found;
  for (const Json& item : found.answer.json[what.kind + "s"]["items"].items()) {
    if (parse_link(item["uri"].string())) return {midimon::ok(), {200, item}};
  }
  return {failed(kNotFound, "Spotify knows no " + what.kind + " called \"" + what.name + "\".")};
}

// What is meant by the params: nothing, if they name nothing.
Status resolve(Client& client, const What& what, std::optional<Thing>& thing) {
  if (!what.uri.empty() && !what.name.empty()) {
    return failed(kWrongParams, "Give \"uri\" or \"name\", not both.");
  }
  if (!what.uri.empty()) {
    thing = parse_link(what.uri);
    if (thing) return midimon::ok();
    return failed(kWrongParams, "\"uri\" is \"spotify:track:...\" or a link to open.spotify.com.");
  }
  if (what.name.empty()) return midimon::ok();
  Reply found = find(client, what);
  if (found) thing = parse_link(found.answer.json["uri"].string());
  return std::move(found.status);
}

Status play(const What& what, const Call&) {
  Client client;
  std::optional<Thing> thing;
  if (auto resolved = resolve(client, what, thing); !resolved) return resolved;
  if (!thing) return done(client.ask("PUT", "/me/player/play"), playing());
  const Json body = thing->is_single() ? Json::object({{"uris", Json::array({thing->uri()})}})
                                       : Json::object({{"context_uri", thing->uri()}});
  return done(client.ask("PUT", "/me/player/play", body), playing());
}

Status pause(const Call&) {
  return done(Client().ask("PUT", "/me/player/pause"), paused());
}

Status toggle(const Call&) {
  Client client;
  const Reply now = client.ask("GET", "/me/player");
  if (!now) return now.status;
  if (now.answer.json["is_playing"].boolean()) {
    return done(client.ask("PUT", "/me/player/pause"), paused());
  }
  return done(client.ask("PUT", "/me/player/play"), playing());
}

Status next(const Call&) {
  return done(Client().ask("POST", "/me/player/next"));
}
Status previous(const Call&) {
  return done(Client().ask("POST", "/me/player/previous"));
}

Status set_volume(Client& client, std::int64_t percent) {
  const std::string text = Json(percent < 0 ? 0 : percent > 100 ? 100 : percent).dump();
  return done(client.ask("PUT", "/me/player/volume?volume_percent=" + text), {.text = text + " %"});
}

Status change_volume(int by) {
  Client client;
  const Reply now = player(client);
  if (!now) return now.status;
  const auto volume = now.answer.json["device"]["volume_percent"].whole();
  if (!volume) return failed("The device that plays has no volume that can be set from here.");
  return set_volume(client, *volume + by);
}

Status volume(const Percent& params, const Call&) {
  Client client;
  return set_volume(client, params.percent);
}
Status volume_up(const Step& params, const Call&) {
  return change_volume(params.percent);
}
Status volume_down(const Step& params, const Call&) {
  return change_volume(-params.percent);
}

Status shuffle(const Shuffle& params, const Call&) {
  Client client;
  bool on = params.state == "on";
  if (params.state == "toggle") {
    const Reply now = player(client);
    if (!now) return now.status;
    on = !now.answer.json["shuffle_state"].boolean();
  }
  return done(client.ask("PUT", std::string("/me/player/shuffle?state=") + (on ? "true" : "false")),
              {.text = on ? "shuffle on" : "shuffle off"});
}

Status repeat(const Repeat& params, const Call&) {
  Client client;
  std::string state = params.state;
  if (state == "next") {
    const Reply now = player(client);
    if (!now) return now.status;
    const std::string_view old = now.answer.json["repeat_state"].string();
    state = old == "off" ? "context" : old == "context" ? "track" : "off";
  }
  return done(client.ask("PUT", "/me/player/repeat?state=" + state), {.text = "repeat " + state});
}

Status seek(const Seek& params, const Call&) {
  if (params.position_ms.has_value() == params.by_ms.has_value()) {
    return failed(kWrongParams, "Give \"position_ms\" or \"by_ms\".");
  }
  Client client;
  std::int64_t position = params.position_ms.value_or(0);
  if (params.by_ms) {
    const Reply now = player(client);
    if (!now) return now.status;
    position = now.answer.json["progress_ms"].integer() + *params.by_ms;
  }
  const std::string text = Json(position < 0 ? 0 : position).dump();
  return done(client.ask("PUT", "/me/player/seek?position_ms=" + text));
}

Status queue(const What& what, const Call&) {
  Client client;
  std::optional<Thing> thing;
  if (auto resolved = resolve(client, what, thing); !resolved) return resolved;
  if (!thing || !thing->is_single()) {
    return failed(kWrongParams,
                  "Only a track or an episode can be queued: give its \"uri\", or a "
                  "\"name\" with \"kind\" \"track\".");
  }
  return done(client.ask("POST", "/me/player/queue?uri=" + encode(thing->uri())));
}

Json describe(const Json& device) {
  return Json::object({{"id", device["id"]},
                       {"name", device["name"]},
                       {"type", device["type"]},
                       {"active", device["is_active"]},
                       {"volume", device["volume_percent"]}});
}

Status devices(const Call&) {
  const Reply reply = Client().ask("GET", "/me/player/devices");
  if (!reply) return reply.status;
  Json list = Json::array();
  for (const Json& device : reply.answer.json["devices"].items())
    list.push_back(describe(device));
  return midimon::set_output(Json::object({{"devices", std::move(list)}})).status();
}

Status transfer(const Device& params, const Call&) {
  Client client;
  const Reply reply = client.ask("GET", "/me/player/devices");
  if (!reply) return reply.status;
  std::string names;
  for (const Json& device : reply.answer.json["devices"].items()) {
    if (device["id"].string() == params.device ||
        has_part(device["name"].string(), params.device)) {
      const Json body =
          Json::object({{"device_ids", Json::array({device["id"]})}, {"play", params.play}});
      return done(client.ask("PUT", "/me/player", body));
    }
    names += (names.empty() ? "" : ", ") + std::string(device["name"].string());
  }
  return failed(kNoDevice, "No device of that name is there" +
                               (names.empty() ? std::string(".") : "; there is " + names + "."));
}

// The URI of what plays now.
Status current(Client& client, Json& item) {
  const Reply now = player(client);
  if (!now) return now.status;
  item = now.answer.json["item"];
  return parse_link(item["uri"].string()) ? midimon::ok() : nothing_plays();
}

Status keep(const char* method, const char* text) {
  Client client;
  Json item;
  if (auto found = current(client, item); !found) return found;
  return done(client.ask(method, "/me/library?uris=" + encode(item["uri"].string())),
              {.text = text});
}

Status save(const Call&) {
  return keep("PUT", "saved");
}
Status unsave(const Call&) {
  return keep("DELETE", "removed");
}

Status now(const Call&) {
  Client client;
  const Reply reply = player(client);
  if (!reply) return reply.status;
  const Json& json = reply.answer.json;
  const bool plays = json["is_playing"].boolean();
  midimon::State state = plays ? playing() : paused();
  state.text = short_text(title_of(json["item"]));
  static_cast<void>(midimon::set_state(state));
  return midimon::set_output(Json::object({{"playing", plays},
                                           {"title", title_of(json["item"])},
                                           {"uri", json["item"]["uri"]},
                                           {"progress_ms", json["progress_ms"]},
                                           {"duration_ms", json["item"]["duration_ms"]},
                                           {"shuffle", json["shuffle_state"]},
                                           {"repeat", json["repeat_state"]},
                                           {"device", describe(json["device"])}}))
      .status();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("spotify").version("1.0.0").description("A remote control of Spotify");
  plugin.author("midimon").license("Apache-2.0");
  plugin.needs("network", {"https://api.spotify.com", "https://accounts.spotify.com"},
               "talks to Spotify, and logs you in there");
  plugin.settings<Settings>();
  plugin.login(kAuthorizeUrl, kTokenUrl,
               {"user-read-playback-state", "user-modify-playback-state", "playlist-read-private",
                "user-library-modify"},
               "client_id");
  plugin.action("play", play)
      .label("Play")
      .description("Goes on, or plays a track, album, artist or playlist by its uri or name");
  plugin.action("pause", pause).no_params().label("Pause");
  plugin.action("toggle", toggle).no_params().label("Play or pause");
  plugin.action("next", next).no_params().label("Next");
  plugin.action("previous", previous).no_params().label("Previous");
  plugin.action("volume", volume).label("Volume").description("Sets it");
  plugin.action("volume_up", volume_up).label("Louder");
  plugin.action("volume_down", volume_down).label("Quieter");
  plugin.action("shuffle", shuffle).label("Shuffle");
  plugin.action("repeat", repeat).label("Repeat");
  plugin.action("seek", seek).label("Seek").description("Goes to a place in what plays");
  plugin.action("queue", queue).label("Queue").description("Plays a track after this one");
  plugin.action("devices", devices)
      .no_params()
      .label("Devices")
      .description("Gives the devices there are");
  plugin.action("transfer", transfer).label("Transfer").description("Goes on on another device");
  plugin.action("save", save)
      .no_params()
      .label("Save")
      .description("Keeps what plays in your library");
  plugin.action("unsave", unsave)
      .no_params()
      .label("Unsave")
      .description("Takes what plays out of it");
  plugin.action("now", now)
      .no_params()
      .label("What plays")
      .description("Gives it, and shows it on the pad");
}

}  // namespace
}  // namespace spotify

MIDIMON_PLUGIN(spotify::declare)
