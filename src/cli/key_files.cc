#include "cli/key_files.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/places.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/passphrase.h"
#include "cli/read_file.h"
#include "trust/keyring_file.h"
#include "trust/minisign_text.h"
#include "trust/private_file.h"

namespace midimon::cli {
namespace {

constexpr std::size_t kMaxSignedBytes = 1UL << 30;

Result<std::string> read_text(const std::string& path, std::size_t max_bytes) {
  const auto bytes = read_file(path, max_bytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return std::string(bytes->begin(), bytes->end());
}

}  // namespace

Result<KeyPlaces> find_key_places() {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  const std::string directory = places->config + places->separator;
  return KeyPlaces{directory + "signing.key", directory + "signing.pub",
                   trust::keyring_path(*places)};
}

Result<trust::PublicKey> read_public_key(const std::string& given) {
  if (auto key = trust::parse_public_key(given)) return key;
  const auto text = read_text(given, trust::kMaxKeyFile);
  if (!text) {
    return fail(text.error().code,
                text.error().message + " Give a public key, which begins with RW, or its file.");
  }
  auto key = trust::parse_public_key(*text);
  if (!key) return fail(key.error().code, given + ": " + key.error().message);
  return key;
}

Result<trust::SecretKey> open_secret_key(const std::string& path) {
  const auto text = trust::read_secret_file(path, trust::kMaxKeyFile);
  if (!text) {
    const bool missing = text.error().code == ErrorCode::not_found;
    return fail(text.error().code,
                text.error().message +
                    (missing ? " Give the secret key with --secret, or make one with `midimon key "
                               "generate`."
                             : ""));
  }
  const auto file = trust::SecretKeyFile::parse(text->text());
  if (!file) return fail(file.error().code, path + ": " + file.error().message);
  trust::SecretBytes passphrase;
  if (file->is_encrypted()) {
    auto given = read_passphrase("Passphrase of " + path + ": ", false);
    if (!given) return tl::unexpected(given.error());
    passphrase = std::move(*given);
  }
  auto key = file->open(passphrase.text());
  if (!key) return fail(key.error().code, path + ": " + key.error().message);
  return key;
}

Result<std::vector<std::byte>> read_signed_file(const std::string& path) {
  const auto bytes = read_file(path, kMaxSignedBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto* begin = reinterpret_cast<const std::byte*>(bytes->data());
  return std::vector<std::byte>(begin, begin + bytes->size());
}

bool is_module(std::span<const std::byte> bytes) {
  constexpr std::array<std::byte, 4> kMagic = {std::byte{0}, std::byte{'a'}, std::byte{'s'},
                                               std::byte{'m'}};
  return bytes.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), bytes.begin());
}

Result<std::string> read_small_file(const std::string& path) {
  return read_text(path, trust::kMaxSignatureFile);
}

int exit_status(trust::Verdict verdict) {
  using trust::Verdict;
  switch (verdict) {
    case Verdict::trusted:
      return kOk;
    case Verdict::bad_signature:
    case Verdict::tampered:
    case Verdict::unbound:
    case Verdict::wrong_plugin:
      return kFailed;
    case Verdict::missing_signature:
    case Verdict::unsigned_allowed:
      return kUsage;
    case Verdict::first_use:
    case Verdict::unknown_signer:
      return kUnknownKey;
    case Verdict::revoked_key:
      return kRevokedKey;
    case Verdict::changed_signer:
      return kChangedSigner;
    case Verdict::downgrade:
      return kDowngrade;
    case Verdict::not_allowed:
      return kKeyNotAllowed;
  }
  return kFailed;
}

int report(const Error& error) {
  print_error(error.message);
  return kUsage;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print_json(const nlohmann::json& value) {
  print(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace midimon::cli
