// midimon check: says what is wrong with a profile before it runs.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/read_file.h"
#include "mapping/flaws.h"
#include "mapping/profile_toml.h"
#include "registry/config_toml.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string profile;
  bool strict = false;
};

std::string count(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string summary(const Profile& profile) {
  std::size_t mappings = profile.global_mappings.size();
  for (const Mode& mode : profile.modes)
    mappings += mode.mappings.size();
  return fmt::format("{}, {}, {}", count(profile.modes.size(), "mode"), count(mappings, "mapping"),
                     count(profile.plugins.size(), "plugin"));
}

// Reads the file once, as it may be a pipe. What a profile leaves to others is checked too.
Result<Profile> read_all(const std::string& path) {
  const auto bytes = read_file(path, kMaxProfileBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  auto profile = parse_profile(text, path);
  if (!profile) return profile;
  const auto registries = registry::parse_config(text, path);
  if (!registries) return tl::unexpected(registries.error());
  return profile;
}

int check(const Options& options) {
  const Result<Profile> profile = read_all(options.profile);
  if (!profile) {
    print_error(profile.error().message);
    return kUsage;
  }
  std::vector<Flaw> found = find_flaws(*profile);
  for (const ProfileNote& note : profile->notes)
    found.push_back({note.pos, note.text});
  std::stable_sort(found.begin(), found.end(), [](const Flaw& a, const Flaw& b) {
    return std::tie(a.pos.line, a.pos.column) < std::tie(b.pos.line, b.pos.column);
  });
  for (const Flaw& flaw : found) {
    fmt::print("{}:{}:{}: {}\n", profile->file.string(), flaw.pos.line, flaw.pos.column, flaw.text);
  }
  fmt::print("{}: no mistake; {}\n", profile->file.string(), summary(*profile));
  return options.strict && !found.empty() ? kFailed : kOk;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "check",
      "Say what is wrong with a profile: all mistakes at once, each with its place; then what this "
      "version does not do, mappings that never run or run twice, and modes that nothing leads "
      "to.\n"
      "Exit status: 0 no mistake, 1 with --strict if there is anything to say, 2 a mistake.");
  command->add_option("PROFILE", options->profile, "The profile, a TOML file")->required();
  command->add_flag("--strict", options->strict, "Fail also for what is no mistake");
  command->callback([=, &status] { status = check(*options); });
}

}  // namespace midimon::cli
