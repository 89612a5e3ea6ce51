#include "trust/public_key.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;
using ::testing::Not;

TEST(PublicKey, IsReadFromItsFileAndFromItsLine) {
  const auto file = parse_public_key(kPublicKeyFile);
  ASSERT_TRUE(file) << error_of(file);
  EXPECT_EQ(to_string(file->id), "2EE9E7BB236A49A6");
  for (const std::string& text : {std::string(kPublicKeyLine), std::string(kPublicKeyLine) + "\n",
                                  with_crlf(kPublicKeyFile)}) {
    const auto key = parse_public_key(text);
    ASSERT_TRUE(key) << text << error_of(key);
    EXPECT_EQ(*key, *file);
  }
}

TEST(PublicKey, IsWrittenAsMinisignWritesIt) {
  EXPECT_EQ(to_file(public_key()), kPublicKeyFile);
  EXPECT_EQ(to_string(public_key()), kPublicKeyLine);
}

TEST(PublicKey, RefusesWhateverIsNotExactlyOne) {
  const std::string line(kPublicKeyLine);
  const std::string file(kPublicKeyFile);
  for (const std::string& text :
       {std::string(), std::string("\n"), line.substr(1), line.substr(0, 55), line + "=",
        line + "A", " " + line, line + " ", line + "\n\n", file + "x", file + "\n", "x" + file,
        file.substr(0, file.find('\n') + 1), line.substr(0, 20) + "\n" + line.substr(20),
        line.substr(0, 20) + '\0' + line.substr(21), line.substr(0, 20) + "-" + line.substr(21),
        std::string("untrusted comment: ") + std::string(1025, 'x') + "\n" + line,
        std::string(100'000, 'A'), "untrusted comment: a\rb\n" + line}) {
    EXPECT_FALSE(parse_public_key(text)) << text.substr(0, 200);
  }
  EXPECT_THAT(error_of(parse_public_key("RX" + line.substr(2))), HasSubstr("another algorithm"));
}

TEST(PublicKey, AnErrorDoesNotRepeatWhatMayBeASecret) {
  const std::string secret(kOpenSecretKey);
  EXPECT_THAT(error_of(parse_public_key(secret)), Not(HasSubstr(secret.substr(60, 10))));
}

TEST(KeyId, IsShownAndReadAsMinisignShowsIt) {
  EXPECT_EQ(parse_key_id("2EE9E7BB236A49A6"), public_key().id);
  EXPECT_EQ(parse_key_id("2ee9e7bb236a49a6"), public_key().id);
  EXPECT_EQ(to_string(*parse_key_id("000000000000000A")), "000000000000000A");
  for (const char* text : {"", "2EE9E7BB236A49A", "2EE9E7BB236A49A66", "2EE9E7BB236A49AG",
                           "+EE9E7BB236A49A6", " EE9E7BB236A49A6", "0x2EE9E7BB236A49"}) {
    EXPECT_FALSE(parse_key_id(text)) << text;
  }
}

}  // namespace
}  // namespace midimon::trust
