// What the commands of `midimon key` share: keys by file or text, the keyring, output.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"
#include "trust/decision.h"
#include "trust/keyring.h"
#include "trust/public_key.h"
#include "trust/secret_key.h"

namespace midimon::cli {

// Each adds one command; key_command.cc says in which order.
void add_key_generate(CLI::App& key, int& status);
void add_key_list(CLI::App& key, int& status);
void add_key_trust(CLI::App& key, int& status);
void add_key_revoke(CLI::App& key, int& status);
void add_key_sign(CLI::App& key, int& status);
void add_key_rotate(CLI::App& key, int& status);
void add_key_verify(CLI::App& key, int& status);

// The files of the user's own key pair and of the keyring, in the configuration directory.
struct KeyPlaces {
  std::string secret_key;
  std::string public_key;
  std::string keyring;
};
Result<KeyPlaces> find_key_places();

// A public key that is given as its line ("RW…") or as the path of a file that holds it.
Result<trust::PublicKey> read_public_key(const std::string& given);

// Opens a secret key, by default the user's own; asks for its passphrase if it has one.
Result<trust::SecretKey> open_secret_key(const std::string& path);

// The bytes of the file to be signed or checked; none of the later steps reads it again.
Result<std::vector<std::byte>> read_signed_file(const std::string& path);
[[nodiscard]] bool is_module(std::span<const std::byte> bytes);

// The text of a small file.
Result<std::string> read_small_file(const std::string& path);

// What `key verify` exits with, and whatever else refuses a plugin for its signature.
[[nodiscard]] int exit_status(trust::Verdict verdict);

// Prints the error and answers the exit status for it.
int report(const Error& error);
void print(std::string_view text);
void print_json(const nlohmann::json& value);

}  // namespace midimon::cli
