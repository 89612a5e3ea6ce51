// midimon plugin conform: what the ABI asks of a plugin, whatever it is written in.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_project.h"
#include "cli/read_file.h"
#include "cli/scratch.h"
#include "plugins/conformance.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string module;
  bool json = false;
};

int conform(const Options& options) {
  const auto bytes = read_file(options.module, WasmConfig().max_module_bytes);
  if (!bytes) return report(bytes.error());
  const ScratchDirectory scratch;
  if (scratch.path().empty()) {
    return report({ErrorCode::io,
                   "Cannot make a scratch directory. Set TMPDIR to one that you may "
                   "write to."});
  }
  RuntimeOptions runtime_settings = runtime_options(8);
  runtime_settings.home = scratch.path().string();
  runtime_settings.audit = false;
  runtime_settings.aot_cache = false;
  runtime_settings.log = {};
  const auto runtime = Runtime::create(std::move(runtime_settings));
  if (!runtime) return report(runtime.error());
  const auto findings = plugins::check_conformance(**runtime, std::as_bytes(std::span(*bytes)));
  if (!findings) return report(findings.error());
  bool good = true;
  nlohmann::json list = nlohmann::json::array();
  for (const plugins::Finding& finding : *findings) {
    const bool held = finding.problem.empty();
    good = good && held;
    list.push_back({{"check", finding.check}, {"ok", held}, {"problem", finding.problem}});
    if (options.json) continue;
    print(fmt::format("{}  {}\n", held ? "ok    " : "FAILED", finding.check));
    if (!held) print(fmt::format("        {}\n", escape_line(finding.problem)));
  }
  if (options.json) print_json(list);
  return good ? kOk : kFailed;
}

}  // namespace

void add_plugin_conform(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "conform",
      "Call a module with good and bad requests, and say where it does not do what the ABI asks: "
      "for those who write SDKs. It reaches nothing.\n"
      "Exit status: 0 it does all, 1 it does not, 2 it is no plugin.");
  command->add_option("FILE", options->module, "A .wasm file")->required();
  command->add_flag("--json", options->json, "As a JSON list");
  command->callback([=, &status] { status = conform(*options); });
}

}  // namespace midimon::cli
