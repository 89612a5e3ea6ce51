// system-utils: what the keys of a good keyboard do, and a little more: volume, media, brightness,
// lock, screenshot, launch, clipboard, notifications, sleep. README.md says what each needs.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon.hpp"

namespace {

using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

constexpr int kWrongParams = 4;

// The programs, each by the one path that grants can name.
constexpr char kPlayerctl[] = "/usr/bin/playerctl";
constexpr char kBrightnessctl[] = "/usr/bin/brightnessctl";
constexpr char kLoginctl[] = "/usr/bin/loginctl";
constexpr char kBusctl[] = "/usr/bin/busctl";
constexpr char kSystemctl[] = "/usr/bin/systemctl";

struct Settings {
  std::string screenshots;
  std::string screenshot_program = "maim";
  std::string lock_by = "loginctl";
  void fields(Fields& field) {
    field("screenshots", screenshots)
        .describe("The directory that screenshots go to, such as \"/home/me/Pictures\"")
        .length(0, 1024);
    field("screenshot_program", screenshot_program)
        .describe("maim for X11, grim for Wayland of the wlroots kind")
        .choices({"maim", "grim"});
    field("lock_by", lock_by)
        .describe("loginctl where systemd knows the session, screensaver by D-Bus")
        .choices({"loginctl", "screensaver"});
  }
};

struct VolumeTo {
  int percent = 50;
  std::string output;
  void fields(Fields& field) {
    field("percent", percent).describe("How loud").required().range(0, 100);
    field("output", output).describe("The output's name; nothing: the default one").length(0, 256);
  }
};

struct VolumeBy {
  int percent = 5;
  std::string output;
  void fields(Fields& field) {
    field("percent", percent).describe("How much louder; below 0 quieter").range(-100, 100);
    field("output", output).describe("The output's name; nothing: the default one").length(0, 256);
  }
};

struct MuteTo {
  std::string state = "toggle";
  std::string output;
  void fields(Fields& field) {
    field("state", state).choices({"on", "off", "toggle"});
    field("output", output).describe("The output's name; nothing: the default one").length(0, 256);
  }
};

struct Media {
  std::string command = "play-pause";
  std::string player = "%any";
  void fields(Fields& field) {
    field("command", command).choices({"play-pause", "play", "pause", "stop", "next", "previous"});
    field("player", player)
        .describe("Which player, such as \"spotify\" or \"firefox\"; \"%any\" is the first one")
        .length(1, 128)
        .pattern("^[A-Za-z0-9._%-]+$");
  }
};

struct Brightness {
  std::optional<int> percent;
  std::optional<int> by;
  void fields(Fields& field) {
    field("percent", percent).describe("How bright").range(1, 100);
    field("by", by).describe("Or how much brighter; below 0 darker").range(-100, 100);
  }
};

struct Text {
  std::string text;
  void fields(Fields& field) {
    field("text", text).describe("What is put there").required().length(0, 60'000);
  }
};

struct Note {
  std::string title;
  std::string body;
  std::string urgency = "normal";
  void fields(Fields& field) {
    field("title", title).required().length(1, 60);
    field("body", body).length(0, 500);
    field("urgency", urgency).choices({"low", "normal", "critical"});
  }
};

struct Link {
  std::string url;
  void fields(Fields& field) {
    field("url", url).describe("http, https or mailto").required().length(1, 2048);
  }
};

struct App {
  std::string name;
  void fields(Fields& field) {
    field("name", name).describe("The program's name").required().length(1, 128);
  }
};

struct Application {
  std::string id;
  void fields(Fields& field) {
    field("id", id)
        .describe(
            "The name of its file in /usr/share/applications, without .desktop, such as "
            "\"org.mozilla.firefox\"")
        .required()
        .length(1, 255)
        .pattern("^[^-./][^/]*$");
  }
};

// The first line of what a program said.
std::string first_line(const std::string& text) {
  return text.substr(0, std::min(text.find('\n'), std::size_t{300}));
}

Status run(std::string_view what, std::vector<std::string> argv) {
  const std::string program = argv.front();
  const auto output = midimon::exec::run({.argv = std::move(argv)});
  if (!output) return output.status();
  if (output->good()) return midimon::ok();
  std::string why = first_line(output->err.empty() ? output->out : output->err);
  if (output->timed_out) why = "it took too long";
  if (why.empty()) why = "it failed";
  return failed("Cannot " + std::string(what) + ": " + program + " says: " + why);
}

Status show_volume(const std::string& output) {
  const auto volume = midimon::volume(output);
  if (!volume) return volume.status();
  const std::string text = volume->muted ? "muted" : Json(volume->percent).dump() + " %";
  static_cast<void>(midimon::set_state({.state = volume->muted ? "muted" : "on", .text = text}));
  return midimon::set_output(Json::object({{"percent", volume->percent}, {"muted", volume->muted}}))
      .status();
}

Status set_volume(std::optional<int> percent, midimon::Mute mute, const std::string& output) {
  if (auto set = midimon::set_volume(percent, mute, output); !set) return set.status();
  return show_volume(output);
}

Status volume(const VolumeTo& params, const Call&) {
  return set_volume(params.percent, midimon::Mute::leave, params.output);
}

Status volume_by(const VolumeBy& params, const Call&) {
  const auto now = midimon::volume(params.output);
  if (!now) return now.status();
  // Somebody may have made it louder than all; up leaves that as it is.
  if (params.percent > 0 && now->percent >= 100) return show_volume(params.output);
  return set_volume(std::clamp(now->percent + params.percent, 0, 100), midimon::Mute::leave,
                    params.output);
}

Status mute(const MuteTo& params, const Call&) {
  const midimon::Mute mute = params.state == "on"    ? midimon::Mute::on
                             : params.state == "off" ? midimon::Mute::off
                                                     : midimon::Mute::toggle;
  return set_volume({}, mute, params.output);
}

Status media(const Media& params, const Call&) {
  for (const char c : params.player) {
    const bool good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '.' || c == '_' || c == '-' || c == '%';
    if (!good) return failed(kWrongParams, "A player's name is letters, digits, '.', '_' and '-'.");
  }
  return run("tell the player", {kPlayerctl, "--player=" + params.player, params.command});
}

Status brightness(const Brightness& params, const Call&) {
  if (params.percent.has_value() == params.by.has_value()) {
    return failed(kWrongParams, "Give \"percent\" or \"by\".");
  }
  // brightnessctl's own way: "40%", "10%+", "10%-".
  std::string value = Json(params.percent.value_or(std::abs(params.by.value_or(0)))).dump() + "%";
  if (params.by) value += *params.by < 0 ? "-" : "+";
  return run("change the brightness", {kBrightnessctl, "--class=backlight", "set", value});
}

Status lock(const Call&) {
  if (midimon::settings<Settings>().lock_by == "screensaver") {
    return run("lock the screen",
               {kBusctl, "--user", "call", "org.freedesktop.ScreenSaver",
                "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "Lock"});
  }
  return run("lock the screen", {kLoginctl, "lock-session"});
}

Status sleep_now(const Call&) {
  return run("sleep", {kSystemctl, "suspend"});
}

// "screenshot-2026-01-31-180405.png", in UTC.
std::string file_name(std::int64_t milliseconds) {
  const auto seconds = static_cast<time_t>(milliseconds / 1000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      ::strftime(text.data(), text.size(), "screenshot-%Y-%m-%d-%H%M%S.png", &parts);
  return {text.data(), size};
}

Status screenshot(const Call& call) {
  const auto settings = midimon::settings<Settings>();
  if (!settings.screenshots.starts_with('/')) {
    return failed(kWrongParams,
                  "Say where screenshots go: screenshots = \"/home/me/Pictures\" in "
                  "the plugin's settings.");
  }
  const std::string file = settings.screenshots + "/" + file_name(call.timestamp_ms);
  if (auto taken = run("take a screenshot", {"/usr/bin/" + settings.screenshot_program, file});
      !taken) {
    return taken;
  }
  return midimon::set_output(Json::object({{"file", file}})).status();
}

Status copy(const Text& params, const Call&) {
  return midimon::set_clipboard(params.text).status();
}

Status clipboard(const Call&) {
  const auto text = midimon::clipboard();
  if (!text) return text.status();
  return midimon::set_output(Json::object({{"text", *text}})).status();
}

Status notify(const Note& params, const Call&) {
  const midimon::Urgency urgency = params.urgency == "low"        ? midimon::Urgency::low
                                   : params.urgency == "critical" ? midimon::Urgency::critical
                                                                  : midimon::Urgency::normal;
  return midimon::notify(params.title, params.body, urgency).status();
}

Status open(const Link& params, const Call&) {
  return midimon::open_url(params.url).status();
}

Status focus(const App& params, const Call&) {
  return midimon::focus_app(params.name).status();
}

Status launch(const Application& params, const Call&) {
  const auto launched = midimon::launch_app(params.id);
  if (launched.answer() != midimon::Answer::not_found) return launched.status();
  return failed("There is no application " + Json(params.id).dump() +
                ": it goes by the name of its file in /usr/share/applications, without .desktop.");
}

void declare_needs(midimon::Plugin& plugin) {
  plugin.needs("audio:volume", "turns the volume up and down, and mutes");
  plugin.needs("subprocess",
               {"/usr/bin/playerctl --player=* play-pause", "/usr/bin/playerctl --player=* play",
                "/usr/bin/playerctl --player=* pause", "/usr/bin/playerctl --player=* stop",
                "/usr/bin/playerctl --player=* next", "/usr/bin/playerctl --player=* previous"},
               "tells players to play, pause and go on");
  plugin.needs("subprocess", {"/usr/bin/brightnessctl --class=backlight set *"},
               "makes the screen brighter and darker");
  plugin.needs("subprocess",
               {"/usr/bin/loginctl lock-session",
                "/usr/bin/busctl --user call org.freedesktop.ScreenSaver "
                "/org/freedesktop/ScreenSaver org.freedesktop.ScreenSaver Lock"},
               "locks the screen");
  plugin.needs("subprocess", {"/usr/bin/maim *", "/usr/bin/grim *"},
               "takes screenshots; the argument is the file, so grant your directory only");
  plugin.needs("subprocess", {"/usr/bin/systemctl suspend"}, "puts the machine to sleep");
  plugin.needs(
      "systemcontrol",
      {"notify", "open-url", "clipboard-read", "clipboard-write", "apps", "launch"},
      "shows notifications, opens pages, reads and sets the clipboard, changes the window, starts "
      "applications");
}

void declare(midimon::Plugin& plugin) {
  plugin.name("system-utils")
      .version("1.0.0")
      .description(
          "Volume, media keys, brightness, lock, screenshot, clipboard, notifications, sleep");
  plugin.author("midimon").license("Apache-2.0");
  declare_needs(plugin);
  plugin.settings<Settings>();
  plugin.action("volume", volume).label("Volume").description("Sets the volume");
  plugin.action("volume_by", volume_by).label("Louder or quieter");
  plugin.action("mute", mute).label("Mute").description("Mutes, or ends that");
  plugin.action("media", media).label("Media key").description("Tells a player what to do");
  plugin.action("brightness", brightness).label("Brightness").description("Of the screen");
  plugin.action("lock", lock).no_params().label("Lock the screen");
  plugin.action("sleep", sleep_now).no_params().label("Sleep").description("Suspends the machine");
  plugin.action("screenshot", screenshot)
      .no_params()
      .label("Screenshot")
      .description("Of the whole screen");
  plugin.action("copy", copy).label("Copy").description("Puts a text into the clipboard");
  plugin.action("clipboard", clipboard)
      .no_params()
      .label("Clipboard")
      .description("Gives the text in it");
  plugin.action("notify", notify).label("Notify").description("Shows a notification");
  plugin.action("open", open).label("Open").description("Opens a web page or a new mail");
  plugin.action("focus", focus)
      .label("Go to a program")
      .description("Gives its window the keyboard");
  plugin.action("launch", launch)
      .label("Start an application")
      .description("One that is installed");
}

}  // namespace

MIDIMON_PLUGIN(declare)
