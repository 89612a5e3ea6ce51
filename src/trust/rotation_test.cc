#include "trust/rotation.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RotationTest : public ::testing::Test {
 protected:
  RotationTest() {
    EXPECT_TRUE(
        ring_.trust({"Anna", old_.public_key(), TrustOrigin::pinned, {}, {"a", "b"}, true, {}}));
  }

  [[nodiscard]] Rotation statement(const std::string& plugin = "a") const {
    return {plugin, old_.public_key(), new_.public_key()};
  }
  Result<Rotation> apply(const Rotation& rotation, const SecretKey& signer) {
    const std::string text = to_file(rotation);
    return apply_rotation(ring_, text, to_file(*signer.sign(bytes_of(text), "")),
                          *parse_utc("2026-11-25"));
  }

  SecretKey old_ = SecretKey::generate();
  SecretKey new_ = SecretKey::generate();
  Keyring ring_;
};

TEST_F(RotationTest, HandsOnePluginToTheNewKey) {
  const auto applied = apply(statement(), old_);
  ASSERT_TRUE(applied) << error_of(applied);
  const KnownKey* key = ring_.signer_of("a");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->key, new_.public_key());
  EXPECT_EQ(key->origin, TrustOrigin::rotation);
  EXPECT_EQ(key->name, "Anna");
  EXPECT_EQ(format_utc(key->since), "2026-11-25T00:00:00Z");
  EXPECT_FALSE(key->any_plugin) << "it gets no more than was named";
  EXPECT_FALSE(ring_.may_sign(*ring_.find(old_.public_key()), "a"));
  EXPECT_THAT(ring_.find(old_.public_key())->plugins, ElementsAre("b"));
}

TEST_F(RotationTest, OnlyTheOldKeyCanSayIt) {
  EXPECT_FALSE(apply(statement(), new_));
  EXPECT_FALSE(apply(statement(), SecretKey::generate()));
  const std::string text = to_file(statement());
  const std::string signature = to_file(*old_.sign(bytes_of(text), ""));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] ^= 1;
    EXPECT_FALSE(apply_rotation(ring_, changed, signature, {})) << i;
  }
  EXPECT_EQ(ring_.signer_of("a")->key, old_.public_key());
}

TEST_F(RotationTest, OnlyForAPluginThatIsBoundToTheOldKey) {
  EXPECT_THAT(error_of(apply(statement("c"), old_)), HasSubstr("midimon key trust RW"));
  ASSERT_TRUE(apply(statement(), old_));
  EXPECT_FALSE(apply(statement(), old_)) << "said again, it is of the past";
}

TEST_F(RotationTest, NeitherKeyMayBeRevoked) {
  ASSERT_TRUE(ring_.revoke(new_.public_key(), "x", {{}, "lost"}));
  EXPECT_THAT(error_of(apply(statement(), old_)), HasSubstr("lost"));
  ASSERT_TRUE(ring_.revoke(old_.public_key(), "x", {{}, "stolen"}));
  const Rotation to_another{"a", old_.public_key(), SecretKey::generate().public_key()};
  EXPECT_THAT(error_of(apply(to_another, old_)), HasSubstr("revoked"));
  EXPECT_EQ(ring_.signer_of("a")->key, old_.public_key());
}

TEST_F(RotationTest, ItsTextIsStrict) {
  const std::string text = to_file(statement());
  ASSERT_TRUE(parse_rotation(text));
  EXPECT_TRUE(parse_rotation(with_crlf(text)));
  for (const std::string& changed :
       {std::string(), text + "\n", text.substr(1), text.substr(0, 60), "x" + text,
        text.substr(0, 22) + "\nplugin: A" + text.substr(32), std::string(100'000, '\n')}) {
    EXPECT_FALSE(parse_rotation(changed)) << changed.substr(0, 200);
  }
  EXPECT_FALSE(parse_rotation(to_file({"a", old_.public_key(), old_.public_key()})));
}

}  // namespace
}  // namespace midimon::trust
