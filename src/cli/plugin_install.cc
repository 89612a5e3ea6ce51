// midimon plugin install | update: takes a plugin into the store.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/console.h"
#include "cli/grant_source.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_source.h"
#include "cli/plugin_store.h"
#include "store/install.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string source;
  std::string key;
  bool unsigned_allowed = false;
  bool older = false;
  bool update = false;
  bool json = false;
};

std::string question(const store::FirstUse& first) {
  const std::string why =
      first.decision.verdict == trust::Verdict::first_use
          ? fmt::format(
                "The signature holds, but the key is not known here:\n\n  {}\n\nAnyone can "
                "make a key. Compare it with what its author publishes. If you say yes, "
                "only",
                to_string(first.key))
          : fmt::format("{}\nIf you say yes, only", first.decision.message);
  return fmt::format(
      "{} {} is signed by the key {}.\n{} this key may sign {} from now on.\n"
      "Trust it, and install the plugin?",
      first.claim.id, first.claim.version, to_string(first.key.id), why, first.claim.id);
}

// The plugin's id and version have passed decide(), so that they are safe to show.
Result<void> ask(const store::FirstUse& first) {
  const auto answer = confirm(question(first));
  if (!answer) return fail(answer.error().code, first.decision.message);
  if (*answer) return {};
  return fail(ErrorCode::denied,
              fmt::format("{} was not installed, as its key is not trusted.", first.claim.id));
}

int show(const store::Installed& installed, bool as_json) {
  const Metadata& plugin = installed.metadata;
  if (as_json) {
    nlohmann::json out = {{"id", plugin.name},
                          {"version", plugin.version},
                          {"replaced", nullptr},
                          {"verdict", to_string(installed.decision.verdict)},
                          {"key_id", nullptr}};
    if (installed.replaced) out["replaced"] = *installed.replaced;
    if (installed.decision.key) out["key_id"] = to_string(*installed.decision.key);
    print_json(out);
    return kOk;
  }
  print(fmt::format("{} {} is installed{}. {}\n", plugin.name, plugin.version,
                    installed.replaced ? " in place of " + *installed.replaced : "",
                    installed.decision.message));
  return kOk;
}

int install(const Options& options) {
  const auto package = read_plugin(options.source);
  if (!package) return report(package.error());
  store::InstallRequest request;
  request.name = options.source;
  request.unsigned_allowed = options.unsigned_allowed;
  request.older_allowed = options.older;
  request.update = options.update;
  if (!options.key.empty()) {
    const auto key = read_public_key(options.key);
    if (!key) return report(key.error());
    request.offered_key = *key;
  }
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return report(runtime.error());
  const auto installed = store::install(**runtime, *package, request, ask);
  if (!installed) return report(installed.error());
  const int status = show(*installed, options.json);
  std::fflush(stdout);  // before what is asked
  // It is installed all the same, and each start says the same.
  if (const auto offered = offer_grants(installed->metadata, installed->signer); !offered) {
    print_error(offered.error().message);
  }
  return status;
}

constexpr const char* kStatuses =
    " Exit status: 0 done, 2 usage or a file that is missing or wrong, and those of `midimon key "
    "verify` where the signature is not enough: 1, 3 to 7.";

void add_common(CLI::App& command, Options& options) {
  command
      .add_option(
          "SOURCE", options.source,
          "A .midiplug file, or a .wasm file with its .minisig beside it, here or on the web "
          "(https://...); or a directory")
      ->required();
  command.add_option("-p,--key", options.key,
                     "The public key (RW...) that you expect it to be signed by, or its file, "
                     "rather than the one in the package");
  command.add_flag("--unsigned", options.unsigned_allowed,
                   "Take it without a signature; it runs only where that is allowed again");
  command.add_flag("--json", options.json, "As one JSON object");
}

}  // namespace

void add_plugin_install(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* install_command = plugin.add_subcommand(
      "install",
      std::string(
          "Install a plugin from a file, a directory or the web.\n"
          "It must be signed by a key that is trusted for it. If nobody knows the key yet, "
          "you are asked at the terminal; without one the answer is no. Then you are asked what "
          "the plugin may do (`midimon permission` changes that later).") +
          kStatuses);
  add_common(*install_command, *options);
  install_command->add_flag("--older", options->older, "Also if a newer version was in use here");
  install_command->callback([=, &status] { status = install(*options); });

  auto update_options = std::make_shared<Options>();
  update_options->update = true;
  CLI::App* update_command = plugin.add_subcommand(
      "update", std::string("Install a newer version of a plugin that is installed.\n"
                            "The one before stays beside it, to go back to.") +
                    kStatuses);
  add_common(*update_command, *update_options);
  update_command->callback([=, &status] { status = install(*update_options); });
}

}  // namespace midimon::cli
