// midimon replay: plays a recording again in virtual time.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/load_profile.h"
#include "cli/read_file.h"
#include "cli/recorder.h"
#include "daemon/recording.h"
#include "daemon/replay.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string file;
  std::string profile;
  bool quiet = false;
  bool json = false;
};

Result<Recording> read_recording(const std::string& path) {
  const auto bytes = read_file(path, kMaxRecordingBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (is_midi_file(path)) return recording_of_midi(*bytes, path);
  return parse_recording({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, path);
}

void print(const Options& options, const RecordedEvent& event, Nanos began) {
  const auto us = std::chrono::floor<std::chrono::microseconds>(event.at - began).count();
  if (options.json) {
    print_json({{"at_us", us}, {"text", describe(event)}});
  } else {
    fmt::print("{:>10}.{:03}ms  {}\n", us / 1000, us % 1000, describe(event));
  }
}

int replay_file(const Options& options) {
  const auto recording = read_recording(options.file);
  if (!recording) return report(recording.error());
  const std::string path = options.profile.empty() ? recording->profile : options.profile;
  if (path.empty()) {
    return report(
        Error{ErrorCode::invalid, "A MIDI file names no profile: give one with -c profile.toml."});
  }
  auto profile = load_profile(path);
  if (!profile) return report(profile.error());
  const ReplayResult result =
      replay(*recording, std::make_shared<const Profile>(std::move(*profile)));
  const Nanos began = recording->events.empty() ? Nanos{} : recording->events.front().at;
  if (!options.quiet) {
    for (const RecordedEvent& event : result.events)
      print(options, event, began);
  }
  // A MIDI file has no outcomes to compare with.
  if (is_midi_file(options.file)) return kOk;
  for (const std::string& difference : result.differences) {
    if (options.json) {
      print_json({{"difference", difference}});
    } else {
      print_error(difference);
    }
  }
  if (!options.json) {
    print_error(result.differences.empty()
                    ? fmt::format("{} events, the same as recorded", result.events.size())
                    : fmt::format("{} events, not the same as recorded", result.events.size()));
  }
  return result.differences.empty() ? kOk : kFailed;
}

}  // namespace

void add_replay(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay",
      "Play a recording again through its profile, or another one, in virtual time, and compare "
      "what comes of it with what came of it then. Nothing is called: each action has the outcome "
      "that was recorded, so that the result is the same every time. A MIDI file (.mid) is played "
      "with every action going well.\n"
      "Exit status: 0 the same came of it, 1 something else did, 2 a file is missing or wrong.");
  command->add_option("FILE", options->file, "What `midimon record` wrote, or a MIDI file")
      ->required();
  command->add_option("-c,--config", options->profile, "The profile; the recording names its own");
  command->add_flag("-q,--quiet", options->quiet, "Only what is not the same");
  command->add_flag("--json", options->json, "As JSON, one object a line");
  command->callback([=, &status] { status = replay_file(*options); });
}

}  // namespace midimon::cli
