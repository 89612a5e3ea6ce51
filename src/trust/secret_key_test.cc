#include "trust/secret_key.h"

#include <gmock/gmock.h>

#include <array>

#include "trust/minisign_text.h"
#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;
using ::testing::Not;

using Packed = std::array<unsigned char, 158>;

Packed unpack(std::string_view file) {
  Packed packed{};
  const std::size_t start = file.find('\n') + 1;
  EXPECT_TRUE(decode_base64(file.substr(start, file.size() - start - 1), packed));
  return packed;
}

std::string pack(const Packed& packed) {
  return "untrusted comment: x\n" + encode_base64(packed) + "\n";
}

Result<SecretKey> open(std::string_view file, std::string_view passphrase = {}) {
  const auto parsed = SecretKeyFile::parse(file);
  if (!parsed) return tl::unexpected(parsed.error());
  return parsed->open(passphrase);
}

TEST(SecretKey, OfMinisignIsReadWithAndWithoutPassphrase) {
  EXPECT_FALSE(SecretKeyFile::parse(kOpenSecretKey)->is_encrypted());
  EXPECT_TRUE(SecretKeyFile::parse(kEncryptedSecretKey)->is_encrypted());
  const auto plain = open(kOpenSecretKey);
  ASSERT_TRUE(plain) << error_of(plain);
  EXPECT_EQ(plain->public_key(), public_key());
  const auto encrypted = open(kEncryptedSecretKey, kPassphrase);
  ASSERT_TRUE(encrypted) << error_of(encrypted);
  EXPECT_EQ(encrypted->public_key(), public_key());
  EXPECT_TRUE(open(with_crlf(kEncryptedSecretKey), kPassphrase));
}

TEST(SecretKey, WithoutPassphraseIsWrittenAsMinisignWritesIt) {
  EXPECT_EQ(secret_key().to_open_file().text(), kOpenSecretKey);
}

TEST(SecretKey, GoesThroughAnEncryptedFile) {
  const SecretKey key = SecretKey::generate();
  const auto file = key.to_file("geheim", kLowLimits);
  ASSERT_TRUE(file) << error_of(file);
  const auto opened = open(file->text(), "geheim");
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ(opened->public_key(), key.public_key());
  EXPECT_NE(key.to_file("geheim", kLowLimits)->text(), file->text()) << "the salt is fresh";
  EXPECT_NE(SecretKey::generate().public_key(), key.public_key());
}

TEST(SecretKey, TheDefaultsAreThoseOfMinisign) {
  EXPECT_EQ(ScryptLimits().operations, 33'554'432U);
  EXPECT_EQ(ScryptLimits().memory_bytes, 1'073'741'824U);
}

TEST(SecretKey, AWrongPassphraseIsRefused) {
  for (const std::string_view wrong : {"", "correct hors", "correct horse ", "Correct horse"}) {
    const auto opened = open(kEncryptedSecretKey, wrong);
    ASSERT_FALSE(opened) << wrong;
    EXPECT_EQ(opened.error().code, ErrorCode::denied);
    EXPECT_THAT(opened.error().message, HasSubstr("passphrase is wrong"));
  }
}

TEST(SecretKey, EveryByteOfAnEncryptedFileCounts) {
  // With the lowest limits there are, as scrypt runs once for each byte.
  const auto file = secret_key().to_file(kPassphrase, {32'768, 1'048'576});
  ASSERT_TRUE(open(file->text(), kPassphrase));
  const Packed good = unpack(file->text());
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= 38 && i < 54) continue;  // the limits: see below
    Packed changed = good;
    changed[i] ^= 1;
    EXPECT_FALSE(open(pack(changed), kPassphrase)) << i;
  }
}

TEST(SecretKey, EveryByteOfAnOpenFileCounts) {
  const Packed good = unpack(kOpenSecretKey);
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= 6 && i < 54) continue;  // salt and limits stand for nothing here
    Packed changed = good;
    changed[i] ^= 1;
    const auto opened = open(pack(changed));
    // The id is only a name, and a key without a checksum can have any.
    const bool is_id = i >= 54 && i < 62;
    EXPECT_EQ(opened.has_value(), is_id) << i;
    if (opened) {
      EXPECT_NE(opened->public_key(), public_key());
    }
  }
}

TEST(SecretKey, AFileCannotAskForMoreThanMinisignDoes) {
  const auto with_limits = [](std::uint64_t operations, std::uint64_t memory) {
    Packed packed = unpack(kEncryptedSecretKey);
    for (unsigned i = 0; i < 8; ++i) {
      packed[38 + i] = static_cast<unsigned char>(operations >> (8 * i));
      packed[46 + i] = static_cast<unsigned char>(memory >> (8 * i));
    }
    return SecretKeyFile::parse(pack(packed));
  };
  constexpr ScryptLimits kMost;
  EXPECT_TRUE(with_limits(kMost.operations, kMost.memory_bytes));
  for (const auto& file : {with_limits(kMost.operations + 1, kMost.memory_bytes),
                           with_limits(kMost.operations, kMost.memory_bytes + 1),
                           with_limits(UINT64_MAX, 0), with_limits(0, UINT64_MAX)}) {
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::limit);
    EXPECT_THAT(file.error().message, HasSubstr("1GiB"));
  }
  // Too low ones are raised by the library rather than dividing by nothing.
  EXPECT_FALSE(with_limits(0, 0)->open(kPassphrase));
}

TEST(SecretKey, HalvesThatDoNotBelongTogetherAreRefused) {
  Packed packed = unpack(kOpenSecretKey);
  const PublicKey other = SecretKey::generate().public_key();
  std::copy(other.ed25519.begin(), other.ed25519.end(), packed.begin() + 94);
  EXPECT_THAT(error_of(open(pack(packed))), HasSubstr("do not belong together"));
}

TEST(SecretKey, RefusesWhateverIsNotExactlyOne) {
  const std::string text(kOpenSecretKey);
  for (const std::string& changed :
       {std::string(), text + "\n", text + "x", text.substr(1), text.substr(text.find('\n') + 1),
        text.substr(0, text.size() - 3), std::string(kPublicKeyFile), std::string(5000, 'A'),
        text.substr(0, 70) + '\0' + text.substr(71), text.substr(0, 70) + " " + text.substr(71)}) {
    const auto file = SecretKeyFile::parse(changed);
    EXPECT_FALSE(file) << changed;
    EXPECT_THAT(error_of(file), Not(HasSubstr(text.substr(130, 16)))) << "shows the secret";
  }
}

TEST(SecretBytes, AreMovedAndShrunkWithoutALoss) {
  SecretBytes bytes(4);
  EXPECT_EQ(bytes.text(), std::string(4, '\0'));
  bytes.data()[0] = 'a';
  bytes.data()[3] = 'd';
  SecretBytes other = std::move(bytes);
  other.shrink(1);
  EXPECT_EQ(other.text(), "a");
  EXPECT_EQ(other.data()[3], 0) << "what was cut off is wiped";
  SecretBytes assigned;
  assigned = std::move(other);
  EXPECT_EQ(assigned.text(), "a");
}

}  // namespace
}  // namespace midimon::trust
