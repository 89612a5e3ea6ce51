// midimon plugin pack: makes one file of a plugin and what belongs to it.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "cli/plugin_config.h"
#include "cli/plugin_store.h"
#include "package/archive.h"
#include "store/source.h"
#include "trust/private_file.h"
#include "trust/signature.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string source;
  std::string output;
  std::string key;
  bool json = false;
};

void set_file(std::vector<package::File>& files, std::string_view name, std::string bytes) {
  std::erase_if(files, [&](const package::File& file) { return file.name == name; });
  files.push_back({std::string(name), std::move(bytes)});
}

// What the module says of itself, which must be what it is signed as.
Result<package::Manifest> ask_module(const package::Package& package) {
  RuntimeOptions runtime_settings = runtime_options(8);
  runtime_settings.audit = false;  // looking at a plugin is not worth a record
  auto runtime = Runtime::create(std::move(runtime_settings));
  if (!runtime) return tl::unexpected(runtime.error());
  const store::Suspect suspect(package, {});
  WasmConfig config;
  config.expected_id = suspect.claim().id;
  config.expected_version = suspect.claim().version;
  const auto plugin = WasmPlugin::load(**runtime, suspect.bytes(), std::move(config));
  if (!plugin) return tl::unexpected(plugin.error());
  return package::Manifest{plugin->metadata().name, plugin->metadata().version};
}

// The public key of the signature: as given, as it lies in the package, or else the user's own.
Result<trust::PublicKey> choose_key(const package::Package& package, const std::string& given) {
  if (!given.empty()) return read_public_key(given);
  if (const auto text = package.text(package::kSigner)) return trust::parse_public_key(*text);
  const auto places = find_key_places();
  if (!places) return tl::unexpected(places.error());
  auto own = read_public_key(places->public_key);
  if (own) return own;
  return fail(own.error().code,
              fmt::format("The public key of the signature belongs into the package. Give it with "
                          "--key, or put it into the directory as {}.",
                          package::kSigner));
}

// The key goes along so that whoever installs the package can be asked whether to trust it. A wrong
// one would help nobody, so the signature is held against it.
Result<void> check_signature(const package::Package& package, const trust::PublicKey& key) {
  const auto signature = trust::parse_signature(*package.text(package::kSignature));
  if (!signature) return tl::unexpected(signature.error());
  const std::string& module = package.module();
  const std::span bytes(reinterpret_cast<const std::byte*>(module.data()), module.size());
  auto holds = trust::verify(*signature, key, bytes);
  if (holds) return holds;
  return fail(holds.error().code,
              holds.error().message + " If it is by another key, give that with --key.");
}

Result<package::Package> complete(const package::Package& package, const Options& options) {
  const auto manifest = ask_module(package);
  if (!manifest) return tl::unexpected(manifest.error());
  std::vector<package::File> files = package.files();
  set_file(files, package::kManifest, package::to_toml(*manifest));
  if (package.text(package::kSignature)) {
    const auto key = choose_key(package, options.key);
    if (!key) return tl::unexpected(key.error());
    if (auto checked = check_signature(package, *key); !checked) {
      return tl::unexpected(checked.error());
    }
    set_file(files, package::kSigner, trust::to_file(*key));
  } else if (!options.key.empty()) {
    return fail(ErrorCode::invalid,
                "--key belongs to a signature, and there is none. Run `midimon key sign` first.");
  }
  return package::Package::make(std::move(files));
}

int pack(const Options& options) {
  const auto source = store::read_source(options.source);
  if (!source) return report(source.error());
  const auto package = complete(*source, options);
  if (!package) return report(package.error());
  const auto bytes = package::write_archive(*package);
  if (!bytes) return report(bytes.error());
  const package::Manifest& manifest = *package->manifest();
  const std::string output = options.output.empty()
                                 ? fmt::format("{}-{}.midiplug", manifest.id, manifest.version)
                                 : options.output;
  const auto written = trust::replace_file(
      output, {reinterpret_cast<const unsigned char*>(bytes->data()), bytes->size()}, 0644);
  if (!written) return report(written.error());
  const bool is_signed = package->text(package::kSignature).has_value();
  if (options.json) {
    nlohmann::json files = nlohmann::json::array();
    for (const package::File& file : package->files())
      files.push_back(file.name);
    print_json({{"file", output},
                {"id", manifest.id},
                {"version", manifest.version},
                {"bytes", bytes->size()},
                {"signed", is_signed},
                {"files", std::move(files)}});
  } else {
    print(fmt::format("{}: {} {}, {} files, {}\n", output, manifest.id, manifest.version,
                      package->files().size(), format_bytes(bytes->size())));
  }
  if (!is_signed) {
    print_error(
        "The plugin is not signed, so that nobody can install it without --unsigned. Run "
        "`midimon key sign` before.");
  }
  return kOk;
}

}  // namespace

void add_plugin_pack(CLI::App& plugin, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = plugin.add_subcommand(
      "pack",
      "Make a package, one file, of a plugin and what belongs to it.\n"
      "A directory holds plugin.wasm, plugin.wasm.minisig (of `midimon key sign`), and what else "
      "there is: README.md, LICENSE, icon.png, presets/. A module alone is taken with the "
      "signature "
      "that is beside it. The same files give the same bytes. Exit status: 0 made, 2 not.");
  command->add_option("SOURCE", options->source, "A directory or a .wasm file")->required();
  command->add_option("-o,--output", options->output,
                      "File of the package (default: ID-VERSION.midiplug)");
  command->add_option(
      "-p,--key", options->key,
      "The public key of the signature (RW...), or its file (default: signer.pub in "
      "the directory, then signing.pub in the configuration directory)");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = pack(*options); });
}

}  // namespace midimon::cli
