// midimon run: plays MIDI through a profile to its plugins.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/summary.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/grant_source.h"
#include "cli/interrupt.h"
#include "cli/load_plugins.h"
#include "cli/load_profile.h"
#include "cli/machine.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "cli/read_file.h"
#include "cli/report_text.h"
#include "cli/run_live.h"
#include "daemon/session.h"
#include "midi/smf.h"
#include "midi/smf_player.h"
#include "midimon/plugin.h"
#include "plugins/plugin_host.h"
#include "plugins/plugin_worker.h"
#include "plugins/runtime.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string profile;
  std::string midi_file;
  std::string speed = "1";
  LiveOptions live;
  bool unsigned_allowed = false;
  bool json = false;
};

Result<Smf> load_midi(const std::string& path) {
  const auto bytes = read_file(path, kMaxSmfBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  Result<Smf> smf = parse_smf(*bytes);
  if (!smf) return fail(smf.error().code, path + ": " + smf.error().message);
  return smf;
}

// Shows what happens while it happens.
class Output {
 public:
  Output(bool json, Nanos length) : json_(json), length_(length) {}

  void report(const ActionReport& report) {
    summary_.add_report(report);
    progress_.clear();
    const std::string line =
        json_ ? report_json(report).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              : report_line(report);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    if (!json_ && !report.message.empty()) print_error(report.message);
  }

  void event(std::size_t mappings) { summary_.add_event(mappings); }

  void progress(Nanos song_time) {
    if (song_time - last_shown_ < std::chrono::milliseconds(200)) return;
    last_shown_ = song_time;
    progress_.show(fmt::format("{} of {}", format_duration(round(song_time)),
                               format_duration(round(length_))));
  }

  void finish() {
    progress_.clear();
    const std::string text = json_ ? "{\"summary\":" + summary_.json() + "}\n" : summary_.text();
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  [[nodiscard]] const Summary& summary() const { return summary_; }

 private:
  static Nanos round(Nanos time) { return std::chrono::floor<std::chrono::seconds>(time); }

  bool json_;
  Nanos length_;
  Nanos last_shown_{};
  Summary summary_;
  Progress progress_;
};

int play(const Options& options, Smf smf, PlaySpeed speed, Profile profile) {
  Interrupt interrupt;
  const auto shared = std::make_shared<const Profile>(std::move(profile));
  auto runtime = Runtime::create(runtime_options(256, *shared));
  if (!runtime) {
    print_error(runtime.error().message);
    return kUsage;
  }
  Machine machine(**runtime, {shared->device.name});
  auto host = std::make_unique<plugins::PluginHost>();
  if (const auto loaded = load_plugins(**runtime, *shared, options.unsigned_allowed, *host);
      !loaded) {
    return report(loaded.error());
  }
  const SystemClock clock;
  Output output(options.json, smf.length);
  bool finished = false;
  {
    Session session(shared, {*host, machine.desktop()}, clock,
                    {[&](const ActionReport& report) { output.report(report); },
                     [&](std::size_t mappings) { output.event(mappings); },
                     [&](Nanos song_time) { output.progress(song_time); }});
    const OnInterrupt on_interrupt(interrupt, [&] {
      session.stop();
      (*runtime)->cancel();
    });
    SmfPlayer player(std::move(smf), speed, clock.monotonic());
    finished = session.play(player);
  }
  output.finish();
  host.reset();
  const bool failed = output.summary().failed() + output.summary().not_run() > 0;
  const int status = !finished ? kInterrupted : failed ? kFailed : kOk;
  if (plugins::lost_threads() == 0) return status;
  // What is stuck uses what would go now.
  if (const auto& recorder = (*runtime)->parts().recorder) recorder->flush();
  std::fflush(stdout);
  ::_exit(status);
}

int run(const Options& options) {
  const Result<PlaySpeed> speed = PlaySpeed::parse(options.speed);
  if (!speed) {
    print_error("--speed: " + speed.error().message);
    return kUsage;
  }
  Result<Profile> profile = load_profile(options.profile);
  if (!profile) {
    print_error(profile.error().message);
    return kUsage;
  }
  for (const std::string& note : note_lines(*profile))
    print_error(note);
  if (options.midi_file.empty()) {
    LiveOptions live = options.live;
    live.profile = options.profile;
    live.unsigned_allowed = options.unsigned_allowed;
    live.json = options.json;
    return run_live(live, std::move(*profile));
  }
  Result<Smf> smf = load_midi(options.midi_file);
  if (!smf) {
    print_error(smf.error().message);
    return kUsage;
  }
  return play(options, std::move(*smf), *speed, std::move(*profile));
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Play what controllers send through a profile, until Ctrl-C or `midimon stop`; or a MIDI "
      "file.\n"
      "One line for each action with what became of it, and a summary at the end. Exit status: 0 "
      "all "
      "went well, 1 an action failed, 2 a file is missing or wrong, 130 interrupted; and those of "
      "`midimon key verify` where the signature of a plugin is not enough: 1, 3 to 7.");
  command->add_option("-c,--config", options->profile, "The profile, a TOML file")->required();
  command->add_option("--midi-file", options->midi_file,
                      "Play this Standard MIDI File, in place of what comes in");
  command->add_option("--port", options->live.port,
                      "Listen to the ports with this in their names, rather than the profile's "
                      "[device]");
  command->add_option("--api", options->live.api, "Where ports are looked for")
      ->check(CLI::IsMember({"jack", "alsa"}));
  command->add_flag("--safe", options->live.safe, "Without plugins: their actions are denied");
  command->add_flag("!--no-watch", options->live.watch,
                    "Do not read the profile again when its file changes");
  command
      ->add_option("--speed", options->speed,
                   "How fast: 2 is twice as fast, 0.5 half; max does not wait at all")
      ->capture_default_str();
  command->add_flag("--unsigned", options->unsigned_allowed,
                    "Run its plugins though they are not signed");
  command->add_flag("--json", options->json, "One JSON object a line on stdout");
  command->callback([=, &status] { status = run(*options); });
}

}  // namespace midimon::cli
