// midimon plugin install: takes a plugin into the store.
#include "cli/plugin_install.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/console.h"
#include "cli/grant_source.h"
#include "cli/key_files.h"
#include "cli/oci_source.h"
#include "cli/plugin_config.h"
#include "cli/plugin_source.h"
#include "cli/plugin_store.h"
#include "store/install.h"

namespace midimon::cli {
namespace {

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

nlohmann::json to_json(const store::Installed& installed) {
  nlohmann::json out = {{"id", installed.metadata.name},
                        {"version", installed.metadata.version},
                        {"replaced", nullptr},
                        {"verdict", to_string(installed.decision.verdict)},
                        {"key_id", nullptr}};
  if (installed.replaced) out["replaced"] = *installed.replaced;
  if (installed.decision.key) out["key_id"] = to_string(*installed.decision.key);
  return out;
}

// What is to be installed, and what its tag in an OCI registry is to be pinned to then.
struct Source {
  std::string name;
  package::Package package;
  std::optional<registry::OciReference> pin = {};
};

Result<Source> read(const InstallOptions& options) {
  if (options.registry.empty() && registry::is_oci(options.source)) {
    auto pulled = pull_oci(options.source, options.update);
    if (!pulled) return tl::unexpected(pulled.error());
    return Source{to_string(pulled->target), std::move(pulled->package), pulled->target};
  }
  auto package = read_plugin(options.source, options.registry);
  if (!package) return tl::unexpected(package.error());
  return Source{options.source, std::move(*package)};
}

}  // namespace

const char* const kInstallStatuses =
    " Exit status: 0 done, 2 usage or a file that is missing or wrong, and those of `midimon key "
    "verify` where the signature is not enough: 1, 3 to 7.";

void add_install_options(CLI::App& command, InstallOptions& options) {
  command.add_option("--registry", options.registry,
                     "Look for ID in this registry only (default: in all, in the order of "
                     "config.toml)");
  command.add_option("-p,--key", options.key,
                     "The public key (RW...) that you expect it to be signed by, or its file, "
                     "rather than the one in the package");
  command.add_flag("--unsigned", options.unsigned_allowed,
                   "Take it without a signature; it runs only where that is allowed again");
  command.add_flag("--json", options.json, "As one JSON object");
}

Result<store::InstallRequest> to_request(const InstallOptions& options) {
  store::InstallRequest request;
  request.name = options.source;
  request.unsigned_allowed = options.unsigned_allowed;
  request.older_allowed = options.older;
  request.update = options.update;
  if (!options.key.empty()) {
    const auto key = read_public_key(options.key);
    if (!key) return tl::unexpected(key.error());
    request.offered_key = *key;
  }
  return request;
}

store::OrRefusal<store::Installed> install_package(Runtime& runtime,
                                                   const package::Package& package,
                                                   const store::InstallRequest& request) {
  return store::install(runtime, package, request, ask);
}

std::string to_text(const store::Installed& installed) {
  return fmt::format(
      "{} {} is installed{}. {}\n", installed.metadata.name, installed.metadata.version,
      installed.replaced ? " in place of " + *installed.replaced : "", installed.decision.message);
}

void ask_for_grants(const store::Installed& installed) {
  std::fflush(stdout);
  // It is installed all the same, and each start says the same.
  if (const auto offered = offer_grants(installed.metadata, installed.signer); !offered) {
    print_error(offered.error().message);
  }
}

int install(const InstallOptions& options) {
  const auto source = read(options);
  if (!source) return report(source.error());
  auto request = to_request(options);
  if (!request) return report(request.error());
  request->name = source->name;
  auto runtime = Runtime::create(runtime_options(8));
  if (!runtime) return report(runtime.error());
  const auto installed = install_package(**runtime, source->package, *request);
  if (!installed) return report(installed.error());
  const auto pinned = source->pin ? pin_oci(*source->pin) : Result<void>();
  if (options.json) {
    print_json(to_json(*installed));
  } else {
    print(to_text(*installed));
  }
  const int status = pinned ? kOk : report(pinned.error());  // though it is installed
  ask_for_grants(*installed);
  return status;
}

void add_plugin_install(CLI::App& plugin, int& status) {
  auto options = std::make_shared<InstallOptions>();
  CLI::App* command = plugin.add_subcommand(
      "install",
      std::string(
          "Install a plugin from a file, a directory, the web or a registry.\n"
          "It must be signed by a key that is trusted for it. If nobody knows the key yet, "
          "you are asked at the terminal; without one the answer is no. Then you are asked what "
          "the plugin may do (`midimon permission` changes that later).") +
          kInstallStatuses);
  command
      ->add_option("SOURCE", options->source,
                   "A .midiplug file, or a .wasm file with its .minisig beside it, here or on the "
                   "web (https://...); a directory; ID or ID@VERSION in a registry; or "
                   "oci://HOST/NAME:TAG in a registry of container images")
      ->required();
  add_install_options(*command, *options);
  command->add_flag("--older", options->older, "Also if a newer version was in use here");
  command->callback([=, &status] { status = install(*options); });
}

}  // namespace midimon::cli
