#include "trust/secret_key.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/units.h"
#include "trust/minisign_text.h"

namespace midimon::trust {
namespace {

constexpr std::string_view kWhat = "minisign secret key";

// The bytes of a key file: three names of algorithms, what scrypt needs, then key id, key and
// checksum, these encrypted by adding the stream that scrypt makes.
constexpr std::size_t kSalt = 6;
constexpr std::size_t kOperations = 38;
constexpr std::size_t kMemory = 46;
constexpr std::size_t kId = 54;
constexpr std::size_t kChecksum = 126;
constexpr std::size_t kSize = 158;

constexpr std::size_t kIdSize = 8;
constexpr std::size_t kIdAndKeySize = kChecksum - kId;
constexpr std::size_t kSaltSize = kOperations - kSalt;
constexpr std::size_t kStreamSize = kSize - kId;
constexpr std::size_t kChecksumSize = kSize - kChecksum;
static_assert(kSaltSize == crypto_pwhash_scryptsalsa208sha256_SALTBYTES);
static_assert(kIdAndKeySize == kIdSize + crypto_sign_SECRETKEYBYTES);

constexpr ScryptLimits kMost;

std::uint64_t read_number(const unsigned char* from) {
  std::uint64_t number = 0;
  for (int i = 7; i >= 0; --i)
    number = number << 8 | from[i];
  return number;
}

void write_number(unsigned char* to, std::uint64_t number) {
  for (int i = 0; i < 8; ++i)
    to[i] = static_cast<unsigned char>(number >> (8 * i) & 0xFFU);
}

// Of the algorithm's name, the id and the key.
void checksum(const unsigned char* id_and_key, unsigned char* out) {
  crypto_generichash_state state;
  ::crypto_generichash_init(&state, nullptr, 0, kChecksumSize);
  ::crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>("Ed"), 2);
  ::crypto_generichash_update(&state, id_and_key, kIdAndKeySize);
  ::crypto_generichash_final(&state, out, kChecksumSize);
  ::sodium_memzero(&state, sizeof state);
}

// Encrypts or decrypts the end of `file`.
Result<void> apply_scrypt(SecretBytes& file, std::string_view passphrase,
                          const ScryptLimits& limits) {
  SecretBytes stream(kStreamSize);
  if (::crypto_pwhash_scryptsalsa208sha256(
          stream.data(), kStreamSize, passphrase.data(), passphrase.size(), file.data() + kSalt,
          limits.operations, static_cast<std::size_t>(limits.memory_bytes)) != 0) {
    return fail(ErrorCode::limit,
                fmt::format("There is not enough memory to make a key of the passphrase: it takes "
                            "{}. Close other programs, or use a larger machine.",
                            format_bytes(limits.memory_bytes)));
  }
  for (std::size_t i = 0; i < kStreamSize; ++i)
    file.data()[kId + i] ^= stream.data()[i];
  return {};
}

SecretBytes plain_file(const SecretBytes& id_and_key, bool encrypt) {
  SecretBytes file(kSize);
  std::memcpy(file.data(), encrypt ? "EdScB2" : "Ed\0\0B2", 6);
  std::copy_n(id_and_key.data(), kIdAndKeySize, file.data() + kId);
  return file;
}

SecretBytes to_text(const SecretBytes& file) {
  const std::string head =
      fmt::format("{}minisign encrypted secret key\n", kUntrusted);  // unencrypted ones say so too
  constexpr std::size_t kEncoded =
      sodium_base64_ENCODED_LEN(kSize, sodium_base64_VARIANT_ORIGINAL);  // with a NUL
  SecretBytes text(head.size() + kEncoded);
  std::copy(head.begin(), head.end(), text.data());
  ::sodium_bin2base64(reinterpret_cast<char*>(text.data()) + head.size(), kEncoded, file.data(),
                      kSize, sodium_base64_VARIANT_ORIGINAL);
  text.data()[text.size() - 1] = '\n';
  return text;
}

// A key whose public half is not that of its seed would give the seed away by signing.
bool is_consistent(const unsigned char* key) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> derived{};
  SecretBytes secret(crypto_sign_SECRETKEYBYTES);
  ::crypto_sign_seed_keypair(derived.data(), secret.data(), key);
  return ::sodium_memcmp(secret.data(), key, crypto_sign_SECRETKEYBYTES) == 0;
}

}  // namespace

SecretKey SecretKey::generate() {
  SecretBytes bytes(kIdAndKeySize);
  PublicKey key;
  ::randombytes_buf(bytes.data(), kIdSize);
  ::crypto_sign_keypair(key.ed25519.data(), bytes.data() + kIdSize);
  return SecretKey(std::move(bytes));
}

PublicKey SecretKey::public_key() const {
  PublicKey key;
  std::copy_n(id_and_key_.data(), kIdSize, key.id.bytes.begin());
  ::crypto_sign_ed25519_sk_to_pk(key.ed25519.data(), id_and_key_.data() + kIdSize);
  return key;
}

Result<Signature> SecretKey::sign(std::span<const std::byte> message,
                                  std::string trusted_comment) const {
  if (!is_comment(trusted_comment, kMaxTrustedComment)) {
    return fail(ErrorCode::invalid,
                fmt::format("A trusted comment must be one line of at most {} bytes, without "
                            "control characters.",
                            kMaxTrustedComment));
  }
  Signature signature;
  signature.key_id = public_key().id;
  signature.untrusted_comment = "signature from midimon secret key";
  signature.trusted_comment = std::move(trusted_comment);
  const unsigned char* key = id_and_key_.data() + kIdSize;
  const Blake2b512 hash = digest_of(message).blake2b;
  ::crypto_sign_detached(signature.bytes.data(), nullptr, hash.data(), hash.size(), key);
  std::string with_comment(signature.bytes.begin(), signature.bytes.end());
  with_comment += signature.trusted_comment;
  ::crypto_sign_detached(signature.comment_bytes.data(), nullptr,
                         reinterpret_cast<const unsigned char*>(with_comment.data()),
                         with_comment.size(), key);
  return signature;
}

Result<SecretBytes> SecretKey::to_file(std::string_view passphrase,
                                       const ScryptLimits& limits) const {
  SecretBytes file = plain_file(id_and_key_, true);
  checksum(file.data() + kId, file.data() + kChecksum);
  ::randombytes_buf(file.data() + kSalt, kSaltSize);
  write_number(file.data() + kOperations, limits.operations);
  write_number(file.data() + kMemory, limits.memory_bytes);
  if (auto applied = apply_scrypt(file, passphrase, limits); !applied) {
    return tl::unexpected(applied.error());
  }
  return to_text(file);
}

SecretBytes SecretKey::to_open_file() const {
  // Without a checksum, as minisign makes it.
  return to_text(plain_file(id_and_key_, false));
}

ScryptLimits SecretKeyFile::limits() const {
  return {read_number(bytes_.data() + kOperations), read_number(bytes_.data() + kMemory)};
}

Result<SecretKeyFile> SecretKeyFile::parse(std::string_view text) {
  const auto lines = split_lines(text, 2, kMaxKeyFile, kWhat);
  if (!lines) return tl::unexpected(lines.error());
  const auto comment = read_comment(lines->front(), kUntrusted, kMaxUntrustedComment, kWhat);
  if (!comment) return tl::unexpected(comment.error());
  SecretKeyFile file{SecretBytes(kSize)};
  if (!decode_base64(lines->back(), file.bytes_.span())) {
    return fail(ErrorCode::invalid,
                "This is no minisign secret key: the second line is not 212 characters of base64. "
                "A public key, or a key of another program, cannot sign.");
  }
  const unsigned char* names = file.bytes_.data();
  file.encrypted_ = std::memcmp(names, "EdScB2", 6) == 0;
  if (!file.encrypted_ && std::memcmp(names, "Ed\0\0B2", 6) != 0) {
    return fail(ErrorCode::unsupported,
                "This secret key is of another kind than Ed25519, scrypt and BLAKE2b, which are "
                "all that minisign has.");
  }
  const ScryptLimits limits = file.limits();
  if (limits.operations > kMost.operations || limits.memory_bytes > kMost.memory_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("This secret key asks for more work or memory than minisign's {} "
                            "before it opens. If it is yours, change its passphrase with "
                            "`minisign -C`.",
                            format_bytes(kMost.memory_bytes)));
  }
  return file;
}

Result<SecretKey> SecretKeyFile::open(std::string_view passphrase) const {
  SecretBytes file(kSize);
  std::copy_n(bytes_.data(), kSize, file.data());
  if (encrypted_) {
    if (auto applied = apply_scrypt(file, passphrase, limits()); !applied) {
      return tl::unexpected(applied.error());
    }
  }
  SecretBytes expected(kChecksumSize);
  checksum(file.data() + kId, expected.data());
  const unsigned char* found = file.data() + kChecksum;
  const bool holds = ::sodium_memcmp(expected.data(), found, kChecksumSize) == 0;
  // minisign leaves the checksum of a key without passphrase empty.
  if (!holds && (encrypted_ || ::sodium_is_zero(found, kChecksumSize) == 0)) {
    return fail(ErrorCode::denied, encrypted_
                                       ? "The passphrase is wrong, or the secret key is damaged."
                                       : "The secret key is damaged: its checksum is wrong.");
  }
  if (!is_consistent(file.data() + kId + kIdSize)) {
    return fail(ErrorCode::invalid,
                "The secret key is damaged: its two halves do not belong together.");
  }
  SecretBytes id_and_key(kIdAndKeySize);
  std::copy_n(file.data() + kId, kIdAndKeySize, id_and_key.data());
  return SecretKey(std::move(id_and_key));
}

}  // namespace midimon::trust
