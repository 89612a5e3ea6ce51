// A plugin that uses the C++ SDK as a whole: params of every kind, settings, and each host function
// once, so that all of it compiles and links.
#include "midimon.hpp"

namespace {

using midimon::Call;
using midimon::Json;
using midimon::Status;

struct Gain {
  double gain = 0.5;
  void fields(midimon::Fields& field) { field("gain", gain).range(0.0, 1.0); }
};

struct Everything {
  std::string who = "world";
  std::uint8_t times = 1;
  bool loud = false;
  std::vector<std::string> words;
  std::optional<int> maybe;
  Json anything;
  Gain gain;
  void fields(midimon::Fields& field) {
    field("who", who).describe("Whom to greet").length(1, 64);
    field("times", times).range(1, 10);
    field("loud", loud);
    field("words", words);
    field("maybe", maybe);
    field("anything", anything);
    field("gain", gain);
  }
};

Status echo(const Everything& params, const Call& call) {
  Json output = Json::object({{"who", params.who}, {"times", params.times}, {"loud", params.loud}});
  output.set("words", static_cast<int>(params.words.size())).set("anything", params.anything);
  output.set("gain", params.gain.gain).set("setting", midimon::settings<Gain>().gain);
  if (params.maybe) output.set("maybe", *params.maybe);
  if (call.velocity) output.set("velocity", *call.velocity);
  return midimon::set_output(output).status();
}

Status fetch(const Call& call) {
  auto response = midimon::http::request({.url = std::string(call.params["url"].string()),
                                          .method = "POST",
                                          .headers = {{"X-Test", "1"}},
                                          .secret_headers = {{"Authorization", "Bearer {{TOKEN}}"}},
                                          .body = "{\"n\":1}"});
  if (!response) return response.status();
  const auto json = response->json();
  if (!json) return json.status();
  return midimon::set_output(Json::object({{"status", response->status()}, {"json", *json}}))
      .status();
}

Status talk(const Call&) {
  auto socket = midimon::ws::Connection::connect({.url = "ws://127.0.0.1:4455"});
  if (!socket) return socket.status();
  if (const auto sent = socket->send_text("hello"); !sent) return sent.status();
  const auto message = socket->receive(1000);
  if (!message) return message.status();
  return midimon::set_output(message->data).status();
}

Status desktop(const Call&) {
  const auto steps = {midimon::key_send("ctrl+s"),
                      midimon::text_send("typed"),
                      midimon::mouse_click(midimon::Button::left, 2),
                      midimon::mouse_move_by(1, 2),
                      midimon::set_volume(50, midimon::Mute::toggle),
                      midimon::notify("Title", "Body"),
                      midimon::open_url("https://example.org"),
                      midimon::set_clipboard("copied"),
                      midimon::focus_app("obs"),
                      midimon::launch_app("com.obsproject.Studio"),
                      midimon::midi_send("Synth", {0x90, 60, 100}),
                      midimon::set_secret("refreshed", "value"),
                      midimon::set_state({.state = "on", .text = "ON", .led = 127})};
  for (const auto& step : steps) {
    if (!step) return step.status();
  }
  const auto clipboard = midimon::clipboard();
  const auto volume = midimon::volume();
  const auto apps = midimon::apps();
  const auto secret = midimon::secret("refreshed");
  if (!clipboard || !volume || !apps || !secret) return midimon::failed(7, "Something is missing.");
  return midimon::set_output(Json::object({{"clipboard", *clipboard},
                                           {"percent", volume->percent},
                                           {"apps", apps->size()},
                                           {"secret", *secret}}))
      .status();
}

Status run(const Call&) {
  const auto output = midimon::exec::run({.argv = {"/usr/bin/playerctl", "next"}, .input = "in"});
  if (!output) return output.status();
  return midimon::set_output(
             Json::object({{"status", output->status.value_or(-1)}, {"out", output->out}}))
      .status();
}

Status keep(const Call&) {
  if (const auto made = midimon::make_directory("/notes"); !made) return made.status();
  if (const auto kept = midimon::write_file("/notes/a", "one"); !kept) return kept.status();
  if (const auto more = midimon::append_file("/notes/a", " two"); !more) return more.status();
  const auto text = midimon::read_file("/notes/a");
  if (!text) return text.status();
  const auto usage = midimon::storage_usage();
  if (!usage || usage->used_bytes == 0) return midimon::failed("Nothing is counted.");
  if (midimon::read_file("/none").answer() != midimon::Answer::not_found) {
    return midimon::failed("There is a /none.");
  }
  return midimon::set_output(*text).status();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("sdk-cpp").version("1.0.0").description("Uses all of the SDK").trigger();
  plugin.needs("filesystem", "to keep notes")
      .needs("network", {"https://api.example.org", "ws://127.0.0.1:4455"}, "to fetch")
      .needs("subprocess", {"/usr/bin/playerctl next"}, "to play")
      .needs("midi", "to play")
      .needs("audio:volume", "to be heard")
      .needs("systemcontrol", "to type");
  plugin.settings<Gain>();
  plugin.action("echo", echo).label("Echo").description("Says what it was given");
  plugin.action("fetch", fetch);
  plugin.action("talk", talk);
  plugin.action("desktop", desktop);
  plugin.action("run", run);
  plugin.action("keep", keep);
}

midimon::Events poll() {
  return midimon::Events().press(36).release(36).cc(7, 64, 2).next(250);
}

}  // namespace

MIDIMON_PLUGIN(declare)
MIDIMON_TRIGGER(poll)
