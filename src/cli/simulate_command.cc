// midimon simulate: plays a script of events through a profile in virtual time.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/load_profile.h"
#include "cli/read_file.h"
#include "daemon/script.h"
#include "daemon/simulator.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

struct Options {
  std::string profile;
  std::string script;
  bool json = false;
};

json to_json(const StoryLine& line) {
  json out = {{"at_ns", line.at.count()}, {"kind", to_string(line.kind)}, {"text", line.text}};
  if (line.kind == StoryLine::Kind::mapping) out["line"] = line.line;
  if (line.kind == StoryLine::Kind::action) out["outcome"] = line.outcome;
  return out;
}

int simulate_script(const Options& options) {
  Result<Profile> profile = load_profile(options.profile);
  if (!profile) {
    print_error(profile.error().message);
    return kUsage;
  }
  const auto bytes = read_file(options.script, kMaxScriptBytes);
  if (!bytes) {
    print_error(bytes.error().message);
    return kUsage;
  }
  const auto script =
      parse_script({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, options.script);
  if (!script) {
    print_error(script.error().message);
    return kUsage;
  }
  for (const std::string& note : note_lines(*profile))
    print_error(note);
  auto shared = std::make_shared<const Profile>(std::move(*profile));
  const Result<void> done = options.json
                                ? tell(std::move(shared), *script,
                                       [](const StoryLine& line) { print_json(to_json(line)); })
                                : simulate(std::move(shared), *script,
                                           [](std::string_view line) { fmt::print("{}\n", line); });
  if (done) return kOk;
  print_error(done.error().message);
  return kUsage;
}

}  // namespace

void add_simulate(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "simulate",
      "Play a script of events through a profile, in virtual time and without its plugins, and "
      "show "
      "what comes of each. The same script gives the same lines, always.\n"
      "A line of a script is a time and an event: \"0ms press C2 100\", \"+120ms release C2\".\n"
      "Exit status: 0 done, 2 a file is missing or wrong.");
  command->add_option("SCRIPT", options->script, "The script, a text file")->required();
  command->add_option("-c,--config", options->profile, "The profile, a TOML file")->required();
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([=, &status] { status = simulate_script(*options); });
}

}  // namespace midimon::cli
