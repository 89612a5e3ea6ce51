#include "grants/book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grants/book_toml.h"

namespace midimon::grants {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Signer kKey(trust::KeyId{{0, 1, 2, 3, 4, 5, 6, 7}});
const Signer kModule(trust::Sha256{1});
const Signer kRebuilt(trust::Sha256{2});

Entry entry(const Signer& signer = kKey) {
  return {"obs", signer, "1.0", false, {{CapabilityKind::network, {"https://a.org"}, "to talk"}},
          {}};
}

Grant grant(const std::string& text, Lasting lasting = {}) {
  return {*parse_capability(text), {}, std::move(lasting)};
}

GrantBook book_with(const std::vector<Grant>& grants) {
  GrantBook book;
  EXPECT_TRUE(book.note(entry()));
  for (const Grant& one : grants)
    EXPECT_TRUE(book.grant("obs", kKey, one));
  return book;
}

const std::vector<Grant>& grants_of(const GrantBook& book) {
  return book.find("obs", kKey)->grants;
}

TEST(GrantBook, AGrantIsOfOnePluginAndOneSigner) {
  const GrantBook book = book_with({grant("network:https://a.org")});
  EXPECT_NE(book.find("obs", kKey), nullptr);
  EXPECT_EQ(book.find("obs", kModule), nullptr);
  EXPECT_EQ(book.find("obsx", kKey), nullptr);
  GrantBook none;
  EXPECT_EQ(none.grant("obs", kKey, grant("midi")).error().code, ErrorCode::not_found);
}

TEST(GrantBook, GrantsOfOneKindBecomeOneAndTheLastingOnesStayApart) {
  const GrantBook book =
      book_with({grant("network:https://a.org"), grant("network:https://b.org"),
                 grant("network:https://c.org", {"boot", {}}),
                 grant("network:https://d.org", {"", 3}), grant("network:https://d.org", {"", 5})});
  ASSERT_EQ(grants_of(book).size(), 3U);
  EXPECT_THAT(grants_of(book)[0].what.allow, ElementsAre("https://b.org", "https://a.org"));
  EXPECT_EQ(grants_of(book)[1].lasting.boot, "boot");
  EXPECT_EQ(grants_of(book)[2].lasting.calls, 5U);
}

TEST(GrantBook, ARestartEndsWhatHeldUntilIt) {
  GrantBook book = book_with({grant("midi", {"boot-1", {}}), grant("audio")});
  EXPECT_TRUE(grants_of(book)[0].holds("boot-1"));
  EXPECT_FALSE(grants_of(book)[0].holds("boot-2"));
  EXPECT_FALSE(grants_of(book)[0].holds(""));
  EXPECT_TRUE(grants_of(book)[1].holds(""));
  book.drop_outdated("boot-2");
  ASSERT_EQ(grants_of(book).size(), 1U);
  EXPECT_EQ(grants_of(book)[0].what.kind, CapabilityKind::audio);
}

TEST(GrantBook, CallsAreTakenOnceAndWhatIsLeftComesBack) {
  GrantBook book = book_with({grant("midi", {"", 5}), grant("audio", {"", 2}), grant("network")});
  auto taken = book.take_calls("obs", kKey);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_TRUE(book.take_calls("obs", kKey).empty()) << "nobody else has them";
  EXPECT_FALSE(grants_of(book)[0].holds("boot"));
  ASSERT_TRUE(*book.revoke("obs", kKey, *parse_capability("audio")));
  taken[0].lasting.calls = 3;
  book.give_back("obs", kKey, taken);
  ASSERT_EQ(grants_of(book).size(), 2U) << "what was revoked meanwhile stays so";
  EXPECT_EQ(grants_of(book)[0].lasting.calls, 3U);
}

TEST(GrantBook, RevokesAllOfAKindOrTheRulesThatAreMeant) {
  GrantBook book = book_with({grant("filesystem:/shared"), grant("network:https://a.org"),
                              grant("network:https://b.org:*")});
  EXPECT_FALSE(*book.revoke("obs", kKey, *parse_capability("network:https://c.org")));
  EXPECT_TRUE(*book.revoke("obs", kKey, *parse_capability("network:https://a.org")));
  EXPECT_THAT(book.revoke("obs", kKey, *parse_capability("network:https://b.org")).error().message,
              HasSubstr("https://b.org:*"));
  EXPECT_TRUE(*book.revoke("obs", kKey, *parse_capability("filesystem:/shared")));
  ASSERT_EQ(grants_of(book).size(), 2U);
  EXPECT_EQ(grants_of(book)[0].what.kind, CapabilityKind::filesystem) << "its own directory stays";
  EXPECT_TRUE(*book.revoke("obs", kKey, *parse_capability("filesystem")));
  EXPECT_TRUE(*book.revoke("obs", kKey, *parse_capability("network")));
  EXPECT_TRUE(grants_of(book).empty());
  EXPECT_TRUE(book.find("obs", kKey)->answered);
}

TEST(GrantBook, APartOfAWholeGrantCannotBeRevoked) {
  GrantBook book = book_with({grant("network")});
  EXPECT_THAT(book.revoke("obs", kKey, *parse_capability("network:https://a.org")).error().message,
              HasSubstr("granted whole"));
  EXPECT_EQ(grants_of(book).size(), 1U);
}

TEST(GrantBook, AnUpdateKeepsItsGrantsAndARebuiltModuleHasNone) {
  GrantBook book = book_with({grant("network:https://a.org")});
  Entry update = entry();
  update.version = "2.0";
  update.asks.push_back({CapabilityKind::midi, {}, ""});
  ASSERT_TRUE(book.note(update));
  EXPECT_EQ(grants_of(book).size(), 1U);
  EXPECT_EQ(book.find("obs", kKey)->asks.size(), 2U);
  EXPECT_EQ(book.find("obs", kKey)->version, "2.0");

  ASSERT_TRUE(book.note(entry(kModule)));
  ASSERT_TRUE(book.note(entry(kRebuilt)));
  EXPECT_EQ(book.find("obs", kModule), nullptr) << "nothing was granted to it";
  ASSERT_TRUE(book.grant("obs", kRebuilt, grant("network:https://a.org")));
  ASSERT_TRUE(book.note(entry(kModule)));
  EXPECT_NE(book.find("obs", kRebuilt), nullptr);
  EXPECT_EQ(book.find_all("obs").back()->signer, kModule);
  EXPECT_EQ(book.reset("obs"), 3U);
  EXPECT_TRUE(book.entries().empty());
}

TEST(GrantBook, KeepsWhatAPluginSaysOnOneLineThatCanBeShown) {
  GrantBook book;
  Entry odd = entry();
  odd.version = "1\n\x1b[31m";
  odd.asks[0].reason = "because\r\n\x7F";
  ASSERT_TRUE(book.note(odd));
  const std::string text = to_toml(book);
  const auto again = parse_book(text, "g");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_toml(*again), text);
  EXPECT_EQ(book.find("obs", kKey)->version, "1\\n\\x1b[31m");
  odd.id = "Not An Id";
  EXPECT_FALSE(book.note(odd));
}

TEST(GrantBook, HasABoundAndSaysHowToMakeRoom) {
  GrantBook book;
  for (std::size_t i = 0; i < kMaxEntries; ++i) {
    Entry one = entry();
    one.id = "p" + std::to_string(i);
    ASSERT_TRUE(book.note(one));
  }
  EXPECT_THAT(book.note(entry()).error().message, HasSubstr("permission reset"));
}

}  // namespace
}  // namespace midimon::grants
