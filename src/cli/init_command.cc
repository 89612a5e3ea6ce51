// midimon init: writes a profile to begin with.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/places.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/init_questions.h"
#include "cli/plugin_config.h"
#include "cli/starting_profile.h"
#include "mapping/flaws.h"
#include "mapping/profile_toml.h"
#include "midi/note_name.h"
#include "ports/inputs.h"
#include "store/load.h"
#include "store/store.h"
#include "trust/private_file.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string file = "profile.toml";
  std::string controller;
  std::string note;
  std::optional<int> pads;
  bool force = false;
  bool defaults = false;
};

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::vector<std::string> connected_controllers() {
  const SystemClock clock;
  Inputs inputs({}, clock);
  inputs.look_now();
  return inputs.state().available;
}

// Those that are installed and may be used; none is called, each says what it is.
std::vector<KnownPlugin> known_plugins() {
  std::vector<KnownPlugin> known;
  const auto places = find_places(this_platform(), process_environment());
  const auto ids = places ? store::Store(*places).ids() : tl::unexpected(places.error());
  if (!ids || ids->empty()) return known;
  RuntimeOptions quiet = runtime_options(8);
  quiet.audit = false;  // looking at a plugin is not worth a record
  auto runtime = Runtime::create(std::move(quiet));
  if (!runtime) return known;
  for (const std::string& id : *ids) {
    const auto loaded = store::load(**runtime, {id, "", true, {}});
    if (!loaded) {
      print_error(loaded.error().error.message);
      continue;
    }
    known.push_back(
        {loaded->plugin.metadata(), loaded->decision.verdict == trust::Verdict::trusted});
  }
  return known;
}

Result<InitGiven> read_given(const Options& options) {
  InitGiven given;
  if (!options.controller.empty()) {
    if (!is_showable(options.controller)) {
      return fail(ErrorCode::invalid, "--controller: a name has no control characters.");
    }
    given.controller = options.controller;
  }
  if (!options.note.empty()) {
    given.first_note = read_note(options.note);
    if (!given.first_note) {
      return fail(ErrorCode::invalid, "--note takes 0 to 127, or a name such as C2.");
    }
  }
  given.pads = options.pads;
  const int most = most_pads(given.first_note.value_or(36));
  if (given.pads && (*given.pads < 1 || *given.pads > most)) {
    return fail(ErrorCode::invalid,
                fmt::format("--pads takes 1 to {}: there is no note above 127.", most));
  }
  return given;
}

StartingProfile without_asking(const InitGiven& given) {
  StartingProfile profile = default_profile();
  profile.controller = given.controller.value_or("");
  profile.first_note = given.first_note.value_or(profile.first_note);
  profile.pads = given.pads.value_or(std::min(profile.pads, most_pads(profile.first_note)));
  return profile;
}

// A profile of ours has no mistake and nothing odd, whatever was answered.
Result<void> check(const std::string& text, const std::string& path) {
  const auto profile = parse_profile(text, path);
  if (!profile) return tl::unexpected(profile.error());
  const std::vector<Flaw> flaws = find_flaws(*profile);
  if (flaws.empty()) return {};
  return fail(ErrorCode::internal,
              fmt::format("{}:{}: {}", path, flaws.front().pos.line, flaws.front().text));
}

Result<void> write(const std::string& path, const std::string& text, bool force) {
  constexpr mode_t kMode = 0644;
  const std::span bytes(reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return force ? trust::replace_file(path, bytes, kMode) : trust::create_file(path, bytes, kMode);
}

int init(const Options& options) {
  const std::string shown = escape_line(options.file);
  if (!options.force && is_there(options.file)) {
    print_error(
        fmt::format("{} is there already. Name another file, or replace it with --force.", shown));
    return kUsage;
  }
  const auto given = read_given(options);
  if (!given) {
    print_error(given.error().message);
    return kUsage;
  }
  std::optional<StartingProfile> profile;
  if (options.defaults || !can_ask()) {
    profile = without_asking(*given);
  } else {
    profile = ask_for_profile(
        *given, {given->controller ? std::vector<std::string>() : connected_controllers(),
                 known_plugins()});
  }
  if (!profile) {
    print_error("the answers ended; nothing was written");
    return kFailed;
  }
  const std::string text = to_toml(*profile);
  auto written = check(text, options.file);
  if (written) written = write(options.file, text, options.force);
  if (!written) {
    print_error(written.error().message);
    return kUsage;
  }
  fmt::print(
      "{0} has {1} pad{2} from {3} on.\nCheck it:  midimon check {0}\n"
      "Run it:    midimon run -c {0}\n",
      shown, profile->pads, profile->pads == 1 ? "" : "s", note_name(profile->first_note));
  return kOk;
}

}  // namespace

void add_init(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "init",
      "Write a profile to begin with, by a few questions: which controller, which pads, what they "
      "do. Where there is no terminal to ask at, it is one for eight pads from C2 on.\n"
      "Exit status: 0 written, 1 the answers ended, 2 the file is there or cannot be written.");
  command->add_option("FILE", options->file, "The file to write")->capture_default_str();
  command->add_option("--controller", options->controller, "Part of the name of its port");
  command->add_option("--note", options->note, "The note of the first pad: C2, 36");
  command->add_option("--pads", options->pads, "How many pads there are, on notes in a row");
  command->add_flag("--defaults", options->defaults, "Ask nothing");
  command->add_flag("--force", options->force, "Replace the file if it is there");
  command->callback([=, &status] { status = init(*options); });
}

}  // namespace midimon::cli
