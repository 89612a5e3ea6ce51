#include "trust/keyring.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const PublicKey kAnna = SecretKey::generate().public_key();
const PublicKey kBen = SecretKey::generate().public_key();
const UtcSeconds kNow = *parse_utc("2026-11-25T11:07:00Z");

KnownKey pinned(const PublicKey& key, std::string name, std::vector<std::string> plugins,
                bool any = false) {
  return {std::move(name), key, TrustOrigin::pinned, kNow, std::move(plugins), any, {}};
}

TEST(Keyring, AKeySignsThePluginsInItsListAndNoOthers) {
  Keyring ring;
  ASSERT_TRUE(ring.trust(pinned(kAnna, "Anna", {"b", "a", "b"})));
  const KnownKey* anna = ring.find(kAnna.id);
  ASSERT_NE(anna, nullptr);
  EXPECT_THAT(anna->plugins, ElementsAre("a", "b"));
  EXPECT_TRUE(ring.may_sign(*anna, "a"));
  EXPECT_FALSE(ring.may_sign(*anna, "c"));
  EXPECT_EQ(ring.signer_of("b"), anna);
  EXPECT_EQ(ring.signer_of("c"), nullptr);
}

TEST(Keyring, AKeyForAnyPluginSignsThoseThatHaveNoOtherSigner) {
  Keyring ring;
  ASSERT_TRUE(ring.trust(pinned(kBen, "Ben", {"b"})));
  ASSERT_TRUE(ring.trust(pinned(kAnna, "Anna", {}, true)));
  EXPECT_TRUE(ring.may_sign(*ring.find(kAnna), "a"));
  EXPECT_FALSE(ring.may_sign(*ring.find(kAnna), "b"));
  ASSERT_TRUE(ring.bind(kAnna.id, "a"));
  EXPECT_EQ(ring.signer_of("a"), ring.find(kAnna));
  EXPECT_TRUE(ring.may_sign(*ring.find(kAnna), "z")) << "it still signs any";
  EXPECT_FALSE(ring.bind(kAnna.id, "b"));
  EXPECT_FALSE(ring.bind(kBen.id, "c"));
  EXPECT_FALSE(ring.bind(public_key().id, "c"));
}

TEST(Keyring, NamingAPluginMovesItToTheKey) {
  Keyring ring;
  ASSERT_TRUE(ring.trust(pinned(kAnna, "Anna", {"a", "b"})));
  ASSERT_TRUE(ring.trust(pinned(kBen, "Ben", {"b"})));
  EXPECT_THAT(ring.find(kAnna)->plugins, ElementsAre("a"));
  EXPECT_EQ(ring.signer_of("b"), ring.find(kBen));
}

TEST(Keyring, FirstUseDoesNotMoveAPlugin) {
  Keyring ring;
  ASSERT_TRUE(ring.trust_first_use(kAnna, "Anna", "a", kNow));
  EXPECT_EQ(ring.find(kAnna)->origin, TrustOrigin::first_use);
  EXPECT_THAT(error_of(ring.trust_first_use(kBen, "Ben", "a", kNow)),
              HasSubstr("not the first use"));
  EXPECT_EQ(ring.find(kBen), nullptr);
  EXPECT_TRUE(ring.trust_first_use(kAnna, "Anna", "a", kNow)) << "said twice";
  EXPECT_TRUE(ring.trust_first_use(kAnna, "Anna", "b", kNow));
  EXPECT_THAT(ring.find(kAnna)->plugins, ElementsAre("a", "b"));
}

TEST(Keyring, ARevokedKeySignsNothingAndStaysKnown) {
  Keyring ring;
  ASSERT_TRUE(ring.trust(pinned(kAnna, "Anna", {"a"}, true)));
  ASSERT_TRUE(ring.revoke(kAnna, "?", {kNow, "laptop stolen"}));
  const KnownKey* anna = ring.find(kAnna.id);
  EXPECT_FALSE(ring.may_sign(*anna, "a"));
  EXPECT_FALSE(ring.may_sign(*anna, "z"));
  EXPECT_EQ(anna->name, "Anna");
  EXPECT_EQ(ring.signer_of("a"), anna) << "no other key takes the plugin by itself";
  EXPECT_FALSE(ring.trust_first_use(kBen, "Ben", "a", kNow));
  EXPECT_THAT(error_of(ring.trust(pinned(kAnna, "Anna", {"b"}))), HasSubstr("laptop stolen"));
  ASSERT_TRUE(ring.trust(pinned(kBen, "Ben", {"a"}))) << "but it can be given to one by name";
  EXPECT_EQ(ring.signer_of("a"), ring.find(kBen));
}

TEST(Keyring, TheFirstRevocationCounts) {
  Keyring ring;
  ASSERT_TRUE(ring.revoke(kAnna, "Anna", {kNow, "never met"}));
  ASSERT_TRUE(ring.revoke(kAnna, "Anna", {kNow + std::chrono::hours(1), "again"}));
  EXPECT_EQ(ring.find(kAnna)->revoked->reason, "never met");
  EXPECT_FALSE(ring.trust(pinned(kAnna, "Anna", {"a"})));
}

TEST(Keyring, AKeyThatLooksLikeAnotherIsRefused) {
  Keyring ring;
  ASSERT_TRUE(ring.trust(pinned(kAnna, "Anna", {"a"})));
  PublicKey same_id = kBen;
  same_id.id = kAnna.id;
  PublicKey same_key = kAnna;
  same_key.id = kBen.id;
  for (const PublicKey& key : {same_id, same_key}) {
    EXPECT_THAT(error_of(ring.trust(pinned(key, "Eve", {"e"}))), HasSubstr("\"Anna\""));
    EXPECT_FALSE(ring.revoke(key, "Eve", {kNow, "x"}));
    EXPECT_FALSE(ring.trust_first_use(key, "Eve", "e", kNow));
  }
  EXPECT_EQ(ring.keys().size(), 1U);
  EXPECT_FALSE(ring.find(kAnna)->revoked);
}

TEST(Keyring, TextsOfOneLineAndIdsOfPluginsAreAllItTakes) {
  Keyring ring;
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string("\xff"),
                                  std::string("\x7f"), std::string(257, 'x')}) {
    EXPECT_FALSE(ring.trust(pinned(kAnna, name, {"a"})));
    EXPECT_FALSE(ring.revoke(kAnna, "Anna", {kNow, name}));
  }
  EXPECT_FALSE(ring.trust(pinned(kAnna, "Anna", {"*"})));
  EXPECT_FALSE(ring.trust(pinned(kAnna, "Anna", {"acme-*"})));
  EXPECT_THAT(ring.keys(), IsEmpty());
}

}  // namespace
}  // namespace midimon::trust
