#include "trust/keyring_toml.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <random>

#include "trust/test_support.h"

namespace midimon::trust {
namespace {

using namespace testing;  // NOLINT
using ::testing::HasSubstr;

const std::string kKey =
    "format = 1\n"
    "[[keys]]\n"
    "name = \"Anna\"\n"
    "public_key = \"RWSmSWoju+fpLrqqvLkTsQxPuO6KAhkVBMKvQb7f+i0v+/JkdzidBVW8\"\n"
    "trust = \"first-use\"\n"
    "since = \"2026-11-25T11:07:00Z\"\n"
    "plugins = [\"a\", \"b\"]\n";

std::string problems(const std::string& text) {
  return error_of(parse_keyring(text, "k"));
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string out = kKey;
  return out.replace(out.find(from), from.size(), to);
}

TEST(KeyringToml, ReadsKeysWithAllThatIsKnownOfThem) {
  const auto ring = parse_keyring(kKey + "revoked = \"2026-12-01\"\nreason = \"lost\"\n", "k");
  ASSERT_TRUE(ring) << error_of(ring);
  ASSERT_EQ(ring->keys().size(), 1U);
  const KnownKey& key = ring->keys()[0];
  EXPECT_EQ(key.name, "Anna");
  EXPECT_EQ(key.key, public_key());
  EXPECT_EQ(key.origin, TrustOrigin::first_use);
  EXPECT_EQ(format_utc(key.since), "2026-11-25T11:07:00Z");
  EXPECT_EQ(key.plugins, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(key.any_plugin);
  EXPECT_EQ(format_utc(key.revoked->when), "2026-12-01T00:00:00Z");
  EXPECT_EQ(key.revoked->reason, "lost");
  EXPECT_TRUE(parse_keyring("format = 1\n", "k")->keys().empty());
}

TEST(KeyringToml, ReadsWhatItWrote) {
  Keyring ring;
  const UtcSeconds time = *parse_utc("2026-11-25T11:07:00Z");
  ASSERT_TRUE(
      ring.trust({"Zoë \"\\' # [x]", public_key(), TrustOrigin::rotation, time, {"a"}, true, {}}));
  const PublicKey lost = SecretKey::generate().public_key();
  ASSERT_TRUE(ring.trust({"=", lost, TrustOrigin::pinned, time, {"b", "c"}, false, {}}));
  ASSERT_TRUE(ring.revoke(lost, "=", {time, "it's \"gone\""}));
  const std::string text = to_toml(ring);
  const auto again = parse_keyring(text, "k");
  ASSERT_TRUE(again) << error_of(again) << text;
  EXPECT_EQ(to_toml(*again), text);
  EXPECT_EQ(again->keys()[0].name, "Zoë \"\\' # [x]");
  EXPECT_TRUE(again->keys()[0].any_plugin);
  EXPECT_EQ(again->keys()[1].revoked->reason, "it's \"gone\"");
}

TEST(KeyringToml, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problems(""), "k:1:1: the file needs \"format\", an integer from 1 to 1");
  EXPECT_THAT(problems(replaced("format = 1", "format = 2")), HasSubstr("k:1:10: \"format\""));
  EXPECT_THAT(problems(replaced("name = \"Anna\"", "nam = \"Anna\"")), HasSubstr("did you mean"));
  EXPECT_THAT(problems(replaced("\"Anna\"", "\"\"")), HasSubstr("k:3:8: "));
  EXPECT_THAT(problems(replaced("Anna", std::string(300, 'a'))),
              HasSubstr("k:3:8: \"name\" is too"));
  EXPECT_THAT(problems(replaced("RWSm", "RWSn")), ::testing::Eq("no error")) << "another key id";
  EXPECT_THAT(problems(replaced("RWSm", "RXSm")), HasSubstr("k:4:14: This is no minisign public"));
  EXPECT_THAT(problems(replaced("first-use", "always")), HasSubstr("k:5:9: \"trust\" must be"));
  EXPECT_THAT(problems(replaced("\"2026-11-25T11:07:00Z\"", "2026-11-25T11:07:00Z")),
              HasSubstr("k:6:9: \"since\" must be a time in quotes"));
  EXPECT_THAT(problems(replaced("2026-11-25", "2026-31-25")), HasSubstr("k:6:9: "));
  EXPECT_THAT(problems(replaced("\"b\"", "\"B\"")), HasSubstr("k:7:17: \"plugins\" must be"));
  EXPECT_THAT(problems(replaced("\"b\"", "7")), HasSubstr("k:7:17: "));
  EXPECT_THAT(problems(replaced("plugins", "#")), HasSubstr("needs \"plugins\""));
  EXPECT_THAT(problems(kKey + "revoked = \"2026-12-01\"\n"), HasSubstr("needs \"reason\""));
  EXPECT_THAT(problems(kKey + "reason = \"x\"\n"), HasSubstr("k:8:10: \"reason\" belongs"));
  EXPECT_THAT(problems(kKey + "revoked = 7\nreason = \"x\"\n"), HasSubstr("k:8:11: \"revoked\""));
  EXPECT_THAT(problems("format = 1\nkeys = 7\n"), HasSubstr("[[keys]]"));
  EXPECT_THAT(problems("format = \n"), HasSubstr("k:1:"));
}

TEST(KeyringToml, APluginHasOneSignerAndAKeyOnePlace) {
  const std::string second = kKey.substr(kKey.find("[["));
  EXPECT_THAT(problems(kKey + second),
              HasSubstr("k:10:14: the key 2EE9E7BB236A49A6 is there already"));
  std::string other = second;
  other.replace(other.find("RWSm"), 4, "RWSn");  // another id, the same key
  other.replace(other.find("\"a\", \"b\""), 8, "\"c\"");
  EXPECT_THAT(problems(kKey + other),
              HasSubstr("k:10:14: the key 2EE9E7BB236A49A7 is there already"));
  const std::string stranger = to_string(SecretKey::generate().public_key());
  std::string same_plugin = second;
  same_plugin.replace(same_plugin.find("RWSm"), 56, stranger);
  EXPECT_THAT(problems(kKey + same_plugin),
              HasSubstr("k:13:12: the plugin \"a\" is in the list of"));
}

TEST(KeyringToml, ReadsTheExampleOfTheDocs) {
  std::ifstream in(MIDIMON_SOURCE_DIR "/docs/trust.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const std::size_t start = page.find("```toml\n") + 8;
  const auto ring = parse_keyring(page.substr(start, page.find("```", start) - start), "docs");
  ASSERT_TRUE(ring) << error_of(ring);
  EXPECT_TRUE(ring->keys().at(0).revoked);
}

TEST(KeyringToml, SurvivesHostileText) {
  EXPECT_THAT(problems(std::string(2'000'000, '#')), HasSubstr("1MiB"));
  EXPECT_NE(problems("a" + std::string(100'000, '.') + "b = 1"), "no error");
  EXPECT_NE(problems("a = " + std::string(100'000, '[')), "no error");
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < 3000; ++round) {
    std::string text = kKey;
    for (unsigned i = random() % 3; i < 3; ++i) {
      text[random() % text.size()] = static_cast<char>(random());
      text.insert(random() % text.size(), text.substr(random() % text.size(), random() % 30));
    }
    const auto ring = parse_keyring(text, "k");
    if (!ring) continue;
    EXPECT_TRUE(parse_keyring(to_toml(*ring), "k")) << text;
  }
}

}  // namespace
}  // namespace midimon::trust
