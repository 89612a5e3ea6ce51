// midimon key sign | rotate: signs a plugin, any other file, or the statement that another key
// takes over.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/key_files.h"
#include "midimon/plugin.h"
#include "midimon/plugin_id.h"
#include "trust/plugin_binding.h"
#include "trust/private_file.h"
#include "trust/rotation.h"
#include "trust/signature.h"

namespace midimon::cli {
namespace {

struct SignOptions {
  std::string file;
  std::string secret_key;
  std::string output;
  std::string id;
  std::string version;
  std::optional<std::string> comment;
  bool json = false;
};

// What the plugin says of itself, asked in the sandbox.
Result<std::pair<std::string, std::string>> ask_plugin(std::span<const std::byte> module) {
  auto runtime = Runtime::create({print_log, {}, 8});
  if (!runtime) return tl::unexpected(runtime.error());
  const auto plugin = WasmPlugin::load(**runtime, module);
  if (!plugin) {
    return fail(plugin.error().code,
                plugin.error().message +
                    " It can be signed without being asked, with --id and --version, or as any "
                    "other file, with --comment.");
  }
  return std::pair(plugin->metadata().name, plugin->metadata().version);
}

Result<trust::PluginBinding> bind(const SignOptions& options, std::span<const std::byte> module) {
  std::string id = options.id;
  std::string version = options.version;
  if (id.empty() || version.empty()) {
    auto said = ask_plugin(module);
    if (!said) return tl::unexpected(said.error());
    if (id.empty()) id = said->first;
    if (version.empty()) version = said->second;
  }
  auto binding = trust::make_binding(id, version, trust::digest_of(module).sha256);
  if (!binding) {
    return fail(binding.error().code,
                binding.error().message + " It can be given with --id or --version.");
  }
  return binding;
}

std::string plain_comment(const std::string& file) {
  return fmt::format("timestamp:{} file:{}", trust::now(SystemClock()).time_since_epoch().count(),
                     escape_line(std::filesystem::path(file).filename().string()));
}

Result<std::string> choose_comment(const SignOptions& options, std::span<const std::byte> bytes) {
  const bool named = !options.id.empty() || !options.version.empty();
  if (options.comment && named) {
    return fail(ErrorCode::invalid,
                "--comment makes the signature of a plain file: give it without --id and "
                "--version.");
  }
  if (options.comment) {
    if (!trust::is_binding(*options.comment)) return *options.comment;
    return fail(ErrorCode::invalid,
                "A comment that begins like that of a plugin is made by --id and --version only.");
  }
  if (!is_module(bytes) && !named) return plain_comment(options.file);
  const auto binding = bind(options, bytes);
  if (!binding) return tl::unexpected(binding.error());
  return trust::to_comment(*binding);
}

Result<std::string> default_secret_key(const std::string& given) {
  if (!given.empty()) return given;
  const auto places = find_key_places();
  if (!places) return tl::unexpected(places.error());
  return places->secret_key;
}

Result<trust::Signature> sign_to(const std::string& output, const std::string& secret_key,
                                 std::span<const std::byte> bytes, const std::string& comment) {
  const auto path = default_secret_key(secret_key);
  if (!path) return tl::unexpected(path.error());
  const auto key = open_secret_key(*path);
  if (!key) return tl::unexpected(key.error());
  auto signature = key->sign(bytes, comment);
  if (!signature) return signature;
  const std::string text = trust::to_file(*signature);
  const auto written = trust::replace_file(
      output, {reinterpret_cast<const unsigned char*>(text.data()), text.size()}, 0644);
  if (!written) return tl::unexpected(written.error());
  return signature;
}

int show(const std::string& output, const trust::Signature& signature, bool as_json) {
  if (as_json) {
    print_json({{"signature_file", output},
                {"key_id", to_string(signature.key_id)},
                {"trusted_comment", signature.trusted_comment}});
  } else {
    print(fmt::format("{}: signed by the key {}\n  {}\n", output, to_string(signature.key_id),
                      escape_line(signature.trusted_comment)));
  }
  return kOk;
}

int sign(const SignOptions& options) {
  const auto bytes = read_signed_file(options.file);
  if (!bytes) return report(bytes.error());
  const auto comment = choose_comment(options, *bytes);
  if (!comment) return report(comment.error());
  const std::string output = options.output.empty() ? options.file + ".minisig" : options.output;
  const auto signature = sign_to(output, options.secret_key, *bytes, *comment);
  return signature ? show(output, *signature, options.json) : report(signature.error());
}

struct RotateOptions {
  std::string new_key;
  std::string plugin;
  std::string secret_key;
  std::string output;
  bool json = false;
};

int rotate(const RotateOptions& options) {
  const auto new_key = read_public_key(options.new_key);
  if (!new_key) return report(new_key.error());
  if (!is_plugin_id(options.plugin)) {
    return report({ErrorCode::invalid, "--plugin takes the id of a plugin."});
  }
  const auto path = default_secret_key(options.secret_key);
  if (!path) return report(path.error());
  const auto key = open_secret_key(*path);
  if (!key) return report(key.error());
  const std::string text =
      trust::to_file(trust::Rotation{options.plugin, key->public_key(), *new_key});
  if (const auto sound = trust::parse_rotation(text); !sound) return report(sound.error());
  const std::span bytes(reinterpret_cast<const std::byte*>(text.data()), text.size());
  const auto signature = key->sign(bytes, "midimon-rotation " + options.plugin);
  if (!signature) return report(signature.error());

  const std::string output = options.output.empty() ? options.plugin + ".rotation" : options.output;
  const std::pair<std::string, std::string> files[] = {
      {output, text}, {output + ".minisig", trust::to_file(*signature)}};
  for (const auto& [name, content] : files) {
    const auto written = trust::replace_file(
        name, {reinterpret_cast<const unsigned char*>(content.data()), content.size()}, 0644);
    if (!written) return report(written.error());
  }
  return show(output + ".minisig", *signature, options.json);
}

}  // namespace

void add_key_sign(CLI::App& key, int& status) {
  auto options = std::make_shared<SignOptions>();
  CLI::App* command = key.add_subcommand(
      "sign",
      "Sign a plugin or any other file; the signature is FILE.minisig.\n"
      "The signature of a module is for its id and version only, which the module is asked for in "
      "the sandbox. `minisign -Vm FILE` checks it too. The passphrase of the key is asked for at "
      "the terminal, or read from the file that MIDIMON_KEY_PASSPHRASE_FILE names. Exit status: 0 "
      "signed, 2 not.");
  command->add_option("FILE", options->file, "What to sign")->required();
  command->add_option("-s,--secret", options->secret_key,
                      "File of the secret key, also one of minisign's (default: signing.key in the "
                      "configuration directory)");
  command->add_option("-x,--output", options->output, "File of the signature");
  command->add_option("--id", options->id, "The plugin's id, instead of what the module says");
  command->add_option("--version", options->version,
                      "The plugin's version, instead of what the module says");
  command->add_option("-t,--comment", options->comment,
                      "Sign as a plain file that is no plugin, with this trusted comment");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = sign(*options); });
}

void add_key_rotate(CLI::App& key, int& status) {
  auto options = std::make_shared<RotateOptions>();
  CLI::App* command = key.add_subcommand(
      "rotate",
      "Make a statement, signed by the old key, that another key signs a plugin from now on.\n"
      "Whoever trusts the old key takes it with `midimon key trust --rotation FILE`. Exit status: "
      "0 made, 2 not.");
  command->add_option("KEY", options->new_key, "The new public key (RW...) or the file of it")
      ->required();
  command->add_option("--plugin", options->plugin, "The id of the plugin")->required();
  command->add_option("-s,--secret", options->secret_key,
                      "File of the old secret key (default: signing.key in the configuration "
                      "directory)");
  command->add_option("-o,--output", options->output,
                      "File of the statement (default: ID.rotation); its signature is "
                      "FILE.minisig");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = rotate(*options); });
}

}  // namespace midimon::cli
