// midimon plugin dev: builds and reloads a plugin whenever one of its files is saved.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/daemon_client.h"
#include "cli/interrupt.h"
#include "cli/key_files.h"
#include "cli/plugin_cases.h"
#include "cli/plugin_config.h"
#include "cli/plugin_project.h"
#include "cli/scratch.h"
#include "midimon/plugin.h"

namespace midimon::cli {
namespace {

namespace fs = std::filesystem;

// How often the files are looked at. An editor's several writes of one save come closer together.
constexpr auto kPause = std::chrono::milliseconds(200);
constexpr std::size_t kMaxFiles = 10'000;

struct Options {
  std::string directory = ".";
  std::string action;
  std::string params = "{}";
  PluginSettings settings;
  bool reload = false;
  bool once = false;
};

using Times = std::map<std::string, fs::file_time_type>;

// Of what a plugin is made of, which is not what builds make: modules, hidden files, node_modules
// and target.
Times look_at(const fs::path& directory) {
  Times times;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(directory, error);
       !error && it != fs::recursive_directory_iterator() && times.size() < kMaxFiles;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool skipped = name.starts_with(".") || name == "node_modules" || name == "target" ||
                         it->path().extension() == ".wasm" || name.ends_with("~");
    std::error_code gone;  // between the two looks
    if (it->is_directory(gone)) {
      if (skipped) it.disable_recursion_pending();
    } else if (!skipped) {
      const auto time = fs::last_write_time(it->path(), gone);
      if (!gone) times[it->path().string()] = time;
    }
  }
  return times;
}

// Calls the action with what was just built; its log lines come as it writes them.
Result<void> call(const Project& project, const Options& options) {
  const auto config = to_config(options.settings);
  if (!config) return tl::unexpected(config.error());
  const auto params = Params::from_json(options.params);
  if (!params) return fail(ErrorCode::invalid, "--params: " + params.error().message);
  auto runtime = Runtime::create(runtime_options(4));
  if (!runtime) return tl::unexpected(runtime.error());
  auto plugin = WasmPlugin::load(**runtime, project.module(), *config);
  if (!plugin) return tl::unexpected(plugin.error());
  const auto problems = check_call(plugin->metadata(), options.action, *params);
  if (!problems.empty()) {
    return fail(ErrorCode::invalid, fmt::format("{}", fmt::join(problems, "\n")));
  }
  CallResult result;
  // On a thread of its own, because what confines a thread stays.
  std::thread([&] {
    if (const auto confined = plugin->confine_thread(); !confined) {
      result.outcome = Outcome::denied;
      result.message = confined.error().message;
      return;
    }
    result = plugin->execute({options.action, *params, {}, {}, 0});
  }).join();
  print(result.out);
  if (!result.output_json.empty()) print(result.output_json + "\n");
  print(fmt::format("{}: {} in {}{}{}\n", options.action, to_string(result.outcome),
                    format_duration(result.duration), result.message.empty() ? "" : ": ",
                    result.message));
  return {};
}

// What is done after each save. Whether all went well.
bool turn(const Options& options) {
  const auto project = open_project(options.directory);
  if (!project) return report(project.error()) == kOk;
  const auto began = std::chrono::steady_clock::now();
  const ScratchCode code;
  if (const auto built = build_project(*project, code, Names::keep); !built) {
    return report(built.error()) == kOk;
  }
  print(fmt::format("{} is built in {}\n", project->name,
                    format_duration(std::chrono::steady_clock::now() - began)));
  bool good = true;
  if (fs::exists(project->directory / "cases.toml")) {
    const auto failed = run_cases(*project, "", code);
    if (!failed) report(failed.error());
    good = failed && *failed == 0;
  }
  if (!options.action.empty()) {
    if (const auto called = call(*project, options); !called) {
      report(called.error());
      good = false;
    }
  }
  if (options.reload) {
    auto daemon = connect_daemon();
    const auto answer =
        daemon ? daemon->call("reload") : Result<nlohmann::json>(tl::unexpected(daemon.error()));
    if (answer) {
      print("the daemon has reloaded its profile\n");
    } else {
      report(answer.error());
      good = false;
    }
  }
  std::fflush(stdout);
  return good;
}

int develop(const Options& options) {
  if (options.once) return turn(options) ? kOk : kFailed;
  if (const auto project = open_project(options.directory); !project) {
    return report(project.error());
  }
  Interrupt interrupt;
  std::atomic<bool> done{false};
  const OnInterrupt on_interrupt(interrupt, [&] { done = true; });
  std::optional<Times> built;
  while (!done) {
    Times seen = look_at(options.directory);
    if (built != seen) {
      // Not before the files have come to rest.
      std::this_thread::sleep_for(kPause);
      for (Times again = look_at(options.directory); again != seen && !done;
           again = look_at(options.directory)) {
        seen = std::move(again);
        std::this_thread::sleep_for(kPause);
      }
      turn(options);
      print("waiting for the next save; Ctrl-C ends it\n");
      std::fflush(stdout);
      built = std::move(seen);
    }
    std::this_thread::sleep_for(kPause);
  }
  return kOk;
}

}  // namespace

void add_plugin_dev(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "dev",
      "Build and test the plugin in a directory whenever one of its files is saved, and call an "
      "action of it, whose log lines are shown as they come.\n"
      "Exit status: 0 ended by Ctrl-C, 2 something is missing; with --once 1 where something "
      "failed.");
  command->add_option("DIRECTORY", options->directory, "Where its plugin.toml is")
      ->capture_default_str();
  command->add_option("--action", options->action, "Call this action after each build");
  command->add_option("--params", options->params, "A JSON object")->capture_default_str();
  add_plugin_settings(*command, options->settings);
  command->add_flag("--reload", options->reload,
                    "Have a daemon that runs take what was built: its profile names the module");
  command->add_flag("--once", options->once, "Once, and end");
  command->callback([=, &status] { status = develop(*options); });
}

}  // namespace midimon::cli
