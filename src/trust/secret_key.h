// Secret keys in minisign's format: made, kept encrypted under a passphrase, used to sign.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "midimon/result.h"
#include "trust/public_key.h"
#include "trust/secret_bytes.h"
#include "trust/signature.h"

namespace midimon::trust {

// What scrypt may use to make a key of a passphrase. The defaults are minisign's: some seconds and
// 1 GiB. They are also the most that is accepted from a file, so that a stranger's key file cannot
// take more of the machine than one's own does.
struct ScryptLimits {
  std::uint64_t operations = 33'554'432;
  std::uint64_t memory_bytes = 1ULL << 30;
};

// minisign reads no longer one.
inline constexpr std::size_t kMaxPassphrase = 1024;

// The SecretKey class signs. Not copyable; wiped when it goes.
class SecretKey {
 public:
  [[nodiscard]] static SecretKey generate();

  [[nodiscard]] PublicKey public_key() const;

  // Signs a message, prehashed, and the trusted comment with it. Error: a comment is no single line
  // without control characters, or too long.
  [[nodiscard]] Result<Signature> sign(std::span<const std::byte> message,
                                       std::string trusted_comment) const;

  // The text of a key file, encrypted. Error: not as much memory as `limits` says.
  [[nodiscard]] Result<SecretBytes> to_file(std::string_view passphrase,
                                            const ScryptLimits& limits = {}) const;
  // The same readable by whoever gets the file, as `minisign -GW` makes it.
  [[nodiscard]] SecretBytes to_open_file() const;

 private:
  friend class SecretKeyFile;
  explicit SecretKey(SecretBytes id_and_key) : id_and_key_(std::move(id_and_key)) {}

  SecretBytes id_and_key_;
};

// The SecretKeyFile class is a key file that was read and not opened yet.
class SecretKeyFile {
 public:
  static Result<SecretKeyFile> parse(std::string_view text);

  [[nodiscard]] bool is_encrypted() const { return encrypted_; }
  // `passphrase` is not looked at where the file is not encrypted. Errors: denied, the passphrase
  // is wrong; limit, there is not as much memory as the file asks for; invalid, the key contradicts
  // itself.
  [[nodiscard]] Result<SecretKey> open(std::string_view passphrase) const;

 private:
  explicit SecretKeyFile(SecretBytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] ScryptLimits limits() const;

  SecretBytes bytes_;
  bool encrypted_ = false;
};

}  // namespace midimon::trust
