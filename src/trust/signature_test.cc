#include "trust/signature.h"

#include <gmock/gmock.h>

#include <random>

#include "trust/minisign_text.h"
#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;

bool holds(std::string_view signature, std::string_view message = kMessage,
           const PublicKey& key = public_key()) {
  const auto parsed = parse_signature(signature);
  return parsed && verify(*parsed, key, bytes_of(message));
}

TEST(Signature, OfMinisignHoldsPrehashedAndLegacy) {
  EXPECT_TRUE(holds(kPrehashedSignature));
  EXPECT_TRUE(holds(kLegacySignature));
  EXPECT_TRUE(holds(kEmptyFileSignature, ""));
  EXPECT_EQ(parse_signature(kPrehashedSignature)->kind, Signature::Kind::prehashed);
  EXPECT_EQ(parse_signature(kLegacySignature)->kind, Signature::Kind::legacy);
  EXPECT_EQ(parse_signature(kEmptyFileSignature)->trusted_comment,
            "timestamp:1795610721\tfile:empty\thashed");
}

TEST(Signature, HoldsWithTheLineEndsOfWindowsAndWithoutTheLast) {
  EXPECT_TRUE(holds(with_crlf(kPrehashedSignature)));
  EXPECT_TRUE(holds(kPrehashedSignature.substr(0, kPrehashedSignature.size() - 1)));
}

TEST(Signature, IsWrittenAsMinisignWritesIt) {
  for (const std::string_view text : {kPrehashedSignature, kLegacySignature, kEmptyFileSignature}) {
    EXPECT_EQ(to_file(*parse_signature(text)), text);
  }
}

TEST(Signature, OursHoldsAndIsPrehashed) {
  const auto signature = secret_key().sign(bytes_of(kMessage), "a comment");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->kind, Signature::Kind::prehashed);
  EXPECT_TRUE(holds(to_file(*signature)));
  // Ed25519 leaves no choice: minisign's signature of the same is the same.
  const auto same = secret_key().sign(bytes_of(kMessage), "trusted here");
  EXPECT_EQ(same->bytes, parse_signature(kPrehashedSignature)->bytes);
  EXPECT_EQ(same->comment_bytes, parse_signature(kPrehashedSignature)->comment_bytes);
}

TEST(Signature, CommentsThatWouldBreakItsLinesAreNotSigned) {
  for (const std::string& comment :
       {std::string("a\nb"), std::string("a\r"), std::string("a\0b", 3), std::string(8193, 'x')}) {
    EXPECT_FALSE(secret_key().sign(bytes_of(kMessage), comment)) << comment.substr(0, 80);
  }
  EXPECT_TRUE(secret_key().sign(bytes_of(kMessage), std::string(8192, 'x')));
  EXPECT_TRUE(secret_key().sign(bytes_of(kMessage), ""));
}

TEST(Signature, EveryBitOfItCounts) {
  for (const std::string_view text : {kPrehashedSignature, kLegacySignature}) {
    const std::size_t signed_part = text.find('\n') + 1;  // the first line is signed by nobody
    for (std::size_t i = signed_part; i < text.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed(text);
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        EXPECT_FALSE(holds(changed)) << "byte " << i << " bit " << bit;
      }
    }
  }
}

TEST(Signature, EveryBitOfTheKeyCounts) {
  for (std::size_t i = 0; i < kPublicKeyLine.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed(kPublicKeyLine);
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      const auto key = parse_public_key(changed);
      EXPECT_FALSE(key && holds(kPrehashedSignature, kMessage, *key)) << i << ' ' << bit;
      EXPECT_FALSE(key && holds(kLegacySignature, kMessage, *key)) << i << ' ' << bit;
    }
  }
}

TEST(Signature, EveryBitOfTheMessageCounts) {
  for (std::size_t i = 0; i < kMessage.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed(kMessage);
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(holds(kPrehashedSignature, changed));
      EXPECT_FALSE(holds(kLegacySignature, changed));
    }
  }
  EXPECT_FALSE(holds(kPrehashedSignature, "hello\n\n"));
  EXPECT_FALSE(holds(kPrehashedSignature, "hello"));
  EXPECT_FALSE(holds(kPrehashedSignature, ""));
}

TEST(Signature, CutAnywhereIsRefused) {
  for (std::size_t size = 0; size + 1 < kPrehashedSignature.size(); ++size) {
    EXPECT_FALSE(holds(kPrehashedSignature.substr(0, size))) << size;
  }
}

TEST(Signature, RefusesWhateverIsNotExactlyOne) {
  const std::string text(kPrehashedSignature);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string out = text;
    return out.replace(out.find(from), from.size(), to);
  };
  for (const std::string& changed :
       {text + "x", text + "\n", "\n" + text, text + text, replaced("untrusted", "Untrusted"),
        replaced("\ntrusted comment: ", "\ntrusted comment:"), replaced("here", std::string(1, 0)),
        replaced("here", "he\rre"), replaced("here", std::string(9000, 'x')),
        replaced("from", std::string(1100, 'x')), replaced("wwA=", "wwA"), replaced("wwA=", "wwB="),
        replaced("wwA=", "wwA=="), replaced("RUSm", "RUSm "), replaced("RUSm", "RUS\n"),
        replaced("RUSm", "QUSm"), std::string(1'000'000, 'x'), std::string(1'000'000, '\n')}) {
    EXPECT_FALSE(parse_signature(changed)) << changed.substr(0, 300);
  }
  EXPECT_THAT(error_of(parse_signature(replaced("RUSm", "QUSm"))), HasSubstr("another algorithm"));
  EXPECT_THAT(error_of(parse_signature(kPublicKeyFile)), HasSubstr("fewer"));
}

TEST(Signature, NamesTheKeyThatItIsBy) {
  PublicKey other = public_key();
  other.id.bytes[0] ^= 1;
  const auto verified = verify(*parse_signature(kPrehashedSignature), other, bytes_of(kMessage));
  EXPECT_THAT(error_of(verified), HasSubstr("2EE9E7BB236A49A6, not by 2EE9E7BB236A49A7"));
}

TEST(Signature, ACommentOfAnotherSignatureIsNotTaken) {
  auto signature = *parse_signature(kPrehashedSignature);
  const auto other = secret_key().sign(bytes_of("other"), "other comment");
  signature.trusted_comment = other->trusted_comment;
  signature.comment_bytes = other->comment_bytes;
  EXPECT_FALSE(comment_is_genuine(signature, public_key()));
  EXPECT_THAT(error_of(verify(signature, public_key(), bytes_of(kMessage))),
              HasSubstr("trusted comment"));
}

TEST(Signature, AKeyOfSmallOrderSignsNothing) {
  // With such a key a signature can be made that holds for any message.
  PublicKey weak;
  weak.ed25519[0] = 1;
  Signature signature;
  signature.bytes[0] = 1;
  signature.comment_bytes[0] = 1;
  EXPECT_FALSE(verify(signature, weak, bytes_of(kMessage)));
  EXPECT_FALSE(comment_is_genuine(signature, weak));
}

TEST(ParseSignature, SurvivesRandomChanges) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  int parsed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(kPrehashedSignature);
    for (unsigned i = random() % 4; i < 4; ++i) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
      if (text.empty()) text = "x";
    }
    const auto signature = parse_signature(text);
    if (!signature) continue;
    ++parsed;
    // What was read is what is written, but for the ends of lines.
    const auto again = parse_signature(to_file(*signature));
    ASSERT_TRUE(again);
    EXPECT_EQ(to_file(*again), to_file(*signature));
  }
  EXPECT_GT(parsed, 100);
}

TEST(Base64, IsStrict) {
  std::array<unsigned char, 2> out{};
  EXPECT_TRUE(decode_base64("AAE=", out));
  EXPECT_EQ(out[1], 1);
  for (const char* text :
       {"AAE", "AAF=", "AAE==", "A AE=", "AAE=\n", "AAEA", "AA==", "", "AA_=", "A\xAB\xAB="}) {
    EXPECT_FALSE(decode_base64(text, out)) << text;
  }
}

}  // namespace
}  // namespace midimon::trust
