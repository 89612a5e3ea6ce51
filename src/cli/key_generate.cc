// midimon key generate: makes a key pair to sign with.
#include <fmt/format.h>
#include <sys/stat.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "cli/key_files.h"
#include "cli/passphrase.h"
#include "trust/private_file.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string secret_key;
  std::string public_key;
  bool no_passphrase = false;
  bool force = false;
  bool json = false;
};

// Before anything is asked, rather than after two passphrases.
Result<void> check_free(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  return fail(ErrorCode::busy,
              path +
                  " is there already. A key that is overwritten is lost, and with it whatever "
                  "relies on it; give another name, or --force.");
}

Result<trust::SecretBytes> to_file(const trust::SecretKey& key, bool no_passphrase) {
  if (no_passphrase) return key.to_open_file();
  const auto passphrase = read_passphrase("Passphrase for the new secret key: ", true);
  if (!passphrase) return tl::unexpected(passphrase.error());
  return key.to_file(passphrase->text());
}

Result<void> write(const std::string& path, std::span<const unsigned char> bytes, mode_t mode,
                   bool force) {
  return force ? trust::replace_file(path, bytes, mode) : trust::create_file(path, bytes, mode);
}

Result<trust::PublicKey> generate_pair(const Options& options) {
  for (const std::string& path : {options.secret_key, options.public_key}) {
    if (options.force) continue;
    if (auto free = check_free(path); !free) return tl::unexpected(free.error());
  }
  const trust::SecretKey key = trust::SecretKey::generate();
  const auto file = to_file(key, options.no_passphrase);
  if (!file) return tl::unexpected(file.error());
  auto written = write(options.secret_key, file->span(), 0600, options.force);
  if (!written) return tl::unexpected(written.error());
  const std::string text = trust::to_file(key.public_key());
  written =
      write(options.public_key, {reinterpret_cast<const unsigned char*>(text.data()), text.size()},
            0644, options.force);
  if (!written) return tl::unexpected(written.error());
  return key.public_key();
}

int generate(Options options) {
  const auto places = find_key_places();
  if (!places) return report(places.error());
  if (options.secret_key.empty() != options.public_key.empty()) {
    return report({ErrorCode::invalid, "Give both of --secret and --public, or neither."});
  }
  if (options.secret_key.empty()) {
    options.secret_key = places->secret_key;
    options.public_key = places->public_key;
    const auto directory = trust::open_private_directory(options.secret_key);
    if (!directory) return report(directory.error());
  }
  const auto key = generate_pair(options);
  if (!key) return report(key.error());
  if (options.json) {
    print_json({{"key_id", to_string(key->id)},
                {"public_key", to_string(*key)},
                {"secret_key_file", options.secret_key},
                {"public_key_file", options.public_key}});
    return kOk;
  }
  print(
      fmt::format("Key {}\n  secret  {} (keep it, and a copy, where only you get at it)\n"
                  "  public  {}\n{}\nSign with `midimon key sign FILE`. To use what it signs "
                  "here: midimon key trust {} --plugin ID\n",
                  to_string(key->id), options.secret_key, options.public_key, to_string(*key),
                  to_string(*key)));
  return kOk;
}

}  // namespace

void add_key_generate(CLI::App& key, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = key.add_subcommand(
      "generate",
      "Make a key pair to sign with.\n"
      "The secret key is encrypted under a passphrase, which is asked for at the terminal or read "
      "from the file that MIDIMON_KEY_PASSPHRASE_FILE names. Encrypting takes some seconds and 1 "
      "GiB of memory, so that guessing does too. Both files are minisign's. Exit status: 0 made, 2 "
      "not made.");
  command->add_option("-s,--secret", options->secret_key,
                      "File of the secret key (default: signing.key in the configuration "
                      "directory)");
  command->add_option("-p,--public", options->public_key,
                      "File of the public key (default: signing.pub there)");
  command->add_flag("--no-passphrase", options->no_passphrase,
                    "Do not encrypt: whoever reads the file can sign");
  command->add_flag("--force", options->force, "Overwrite files that are there");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = generate(*options); });
}

}  // namespace midimon::cli
