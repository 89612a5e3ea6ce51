// midimon plugin: run, which calls a plugin once; the rest has files of its own.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/grant_source.h"
#include "cli/interrupt.h"
#include "cli/machine.h"
#include "cli/plugin_config.h"
#include "cli/plugin_project.h"
#include "cli/plugin_store.h"
#include "midimon/plugin.h"
#include "store/load.h"

namespace midimon::cli {
namespace {

using nlohmann::json;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

struct RunOptions {
  std::string module;
  std::string action;
  std::string params = "{}";
  std::string settings_json = "{}";
  std::optional<int> velocity;
  std::optional<int> mode;
  PluginSettings settings;
  bool unsigned_allowed = false;
  bool json = false;
};

json to_json(const CallResult& result) {
  json out = {{"outcome", to_string(result.outcome)},
              {"code", result.code},
              {"message", result.message},
              {"stdout", result.out},
              {"stderr", result.err},
              {"dropped_bytes", result.captured_dropped},
              {"fuel_used", result.fuel_used},
              {"memory_peak_bytes", result.memory_peak_bytes},
              {"duration_ns", result.duration.count()}};
  out["output"] = result.output_json.empty() ? json() : json::parse(result.output_json);
  out["state"] = result.state_json.empty() ? json() : json::parse(result.state_json);
  return out;
}

void print_result(const CallResult& result) {
  print(result.out);
  std::fwrite(result.err.data(), 1, result.err.size(), stderr);
  if (result.captured_dropped > 0) {
    std::fprintf(stderr, "(%zu more bytes of output were dropped)\n", result.captured_dropped);
  }
  if (!result.output_json.empty()) print(result.output_json + "\n");
  std::fflush(stdout);
  std::fprintf(stderr, "%s",
               fmt::format("{} in {}, {} fuel, {} of memory\n", to_string(result.outcome),
                           format_duration(result.duration), result.fuel_used,
                           format_bytes(result.memory_peak_bytes))
                   .c_str());
  if (!result.message.empty()) print_error(result.message);
}

// Calls on a thread of its own, because what confines a thread stays.
CallResult execute_confined(WasmPlugin& plugin, const Request& request) {
  CallResult result;
  std::thread([&] {
    if (const auto confined = plugin.confine_thread(); !confined) {
      result.outcome = Outcome::denied;
      result.message = confined.error().message;
      return;
    }
    result = plugin.execute(request);
  }).join();
  return result;
}

int run(const RunOptions& options) {
  Result<WasmConfig> config = to_config(options.settings);
  const Result<Params> params = Params::from_json(options.params);
  if (!config || !params) {
    print_error(config ? "--params: " + params.error().message : config.error().message);
    return kUsage;
  }
  config->settings_json = options.settings_json;
  Interrupt interrupt;
  const bool file = is_file(options.module);
  store::LoadRequest request{file ? "" : options.module, file ? options.module : "",
                             options.unsigned_allowed, std::move(*config)};
  if (const auto used = use_grants(request, nullptr); !used) {
    print_error(used.error().message);
    return kUsage;
  }
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) {
    print_error(runtime.error().message);
    return kUsage;
  }
  Machine machine(**runtime, {});
  auto plugin = load_plugin(**runtime, request);
  if (!plugin) return report(plugin.error());
  // Not before: while a person is asked, an interrupt ends the program.
  const OnInterrupt on_interrupt(interrupt, [&] { (*runtime)->cancel(); });
  const auto problems = check_call(plugin->metadata(), options.action, *params);
  for (const std::string& problem : problems)
    print_error(problem);
  if (!problems.empty()) return kUsage;
  const CallResult result =
      execute_confined(*plugin, {options.action, *params, options.velocity, options.mode, 0});
  if (options.json) {
    print(dump(to_json(result)) + "\n");
  } else {
    print_result(result);
  }
  return exit_status(result.outcome);
}

}  // namespace

void add_plugin(CLI::App& app, int& status) {
  CLI::App* plugin = app.add_subcommand("plugin", "Install plugins, look at them and try them");
  plugin->require_subcommand(1);
  add_plugin_search(*plugin, status);
  add_plugin_install(*plugin, status);
  add_plugin_update(*plugin, status);
  add_plugin_list(*plugin, status);
  add_plugin_info(*plugin, status);
  add_plugin_remove(*plugin, status);
  add_plugin_login(*plugin, status);
  add_plugin_pack(*plugin, status);
  add_plugin_index(*plugin, status);

  auto options = std::make_shared<RunOptions>();
  CLI::App* run_command = plugin->add_subcommand(
      "run",
      "Call one action of a plugin, in the sandbox.\n"
      "What it prints and its output go to stdout, what became of it to stderr. Exit status: 0 ok, "
      "1 "
      "the plugin says it failed, 2 usage, params that its schema does not allow, or a module that "
      "is wrong, 124 time limit, 125 out of "
      "fuel, 130 interrupted, 134 stopped by a trap or out of memory; and those of `midimon key "
      "verify` where its signature is not enough: 1, 3 to 7.");
  run_command
      ->add_option("PLUGIN", options->module,
                   "The id of an installed plugin, or a .midiplug file, or a .wasm file with its "
                   ".minisig beside it (a path with a / in it is a file too)")
      ->required();
  run_command->add_option("ACTION", options->action, "The action's id")->required();
  run_command->add_option("--params", options->params, "A JSON object")->capture_default_str();
  run_command
      ->add_option("--settings", options->settings_json,
                   "A JSON object, as [plugins.ID.settings] of a profile has it")
      ->capture_default_str();
  run_command->add_option("--velocity", options->velocity, "As if a pad were pressed so hard")
      ->check(CLI::Range(0, 127));
  run_command->add_option("--mode", options->mode, "As if this mode were current")
      ->check(CLI::Range(0, 1'000'000));
  add_plugin_settings(*run_command, options->settings);
  run_command->add_flag("--unsigned", options->unsigned_allowed,
                        "Run it though it is not signed: for plugins you make yourself");
  run_command->add_flag("--json", options->json, "What became of it as one JSON object on stdout");
  run_command->callback([=, &status] { status = run(*options); });
  add_plugin_try(*plugin, status);
  add_plugin_new(*plugin, status);
  add_plugin_build(*plugin, status);
  add_plugin_test(*plugin, status);
  add_plugin_dev(*plugin, status);
  add_plugin_conform(*plugin, status);
}

}  // namespace midimon::cli
