#include "grants/book_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace midimon::grants {
namespace {

using ::testing::HasSubstr;

const std::string kBook = R"(format = 1

[[plugins]]
id = "obs"
signer = "0706050403020100"
version = "1.4.0"
answered = true

[[plugins.asks]]
capability = "network"
allow = ["ws://127.0.0.1:4455", "https://*.example.org"]
reason = "To switch scenes"

[[plugins.asks]]
capability = "filesystem"

[[plugins.grants]]
capability = "network"
allow = ["ws://127.0.0.1:4455"]
since = "2026-11-25T11:07:00Z"

[[plugins.grants]]
capability = "filesystem"
allow = ["/shared:ro", "/srv/music::/music"]
since = "2026-11-25"
until_restart_of = "5f0c"

[[plugins.grants]]
capability = "midi"
since = "2026-11-25"
calls = 3

[[plugins]]
id = "obs"
signer = "unsigned:0000000000000000000000000000000000000000000000000000000000000000"
version = "2"
)";

std::string problems(const std::string& text) {
  const auto book = parse_book(text, "g.toml");
  return book ? "" : book.error().message;
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = kBook;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BookToml, ReadsWhatItWrites) {
  const auto book = parse_book(kBook, "g.toml");
  ASSERT_TRUE(book) << book.error().message;
  ASSERT_EQ(book->entries().size(), 2U);
  const Entry& obs = book->entries().front();
  EXPECT_EQ(obs.signer.text(), "0706050403020100");
  EXPECT_TRUE(obs.answered);
  EXPECT_EQ(obs.asks.at(0).reason, "To switch scenes");
  ASSERT_EQ(obs.grants.size(), 3U);
  EXPECT_EQ(obs.grants[1].lasting.boot, "5f0c");
  EXPECT_EQ(obs.grants[2].lasting.calls, 3U);
  EXPECT_TRUE(obs.grants[2].what.allow.empty());
  EXPECT_TRUE(book->entries().back().signer.is_unsigned());
  const std::string text = to_toml(*book);
  const auto again = parse_book(text, "g.toml");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_toml(*again), text);
}

TEST(BookToml, EveryMistakeIsNamedByLineAndColumn) {
  EXPECT_THAT(problems(replaced("format = 1", "format = 2")), HasSubstr("g.toml:1:10: "));
  EXPECT_THAT(problems(replaced("\"obs\"", "\"../obs\"")), HasSubstr("g.toml:4:6: "));
  EXPECT_THAT(problems(replaced("0706050403020100", "07060504030201")), HasSubstr("g.toml:5:10: "));
  EXPECT_THAT(problems(replaced("unsigned:", "unsigned:0")), HasSubstr("signer"));
  EXPECT_THAT(problems(replaced("\"network\"", "\"netwrok\"")),
              HasSubstr("g.toml:10:14: there is no capability \"netwrok\"; did you mean"));
  EXPECT_THAT(problems(replaced("https://*.example.org", "https://*")),
              HasSubstr("g.toml:11:33: "));
  EXPECT_THAT(problems(replaced("[\"ws://127.0.0.1:4455\"]\nsince", "[]\nsince")),
              HasSubstr("leave it out if all is meant"));
  EXPECT_THAT(problems(replaced("[\"ws://127.0.0.1:4455\"]\nsince", "[3]\nsince")),
              HasSubstr("g.toml:19:10: "));
  EXPECT_THAT(problems(replaced("/srv/music::/music", "/music")), HasSubstr("g.toml:24:24: "));
  EXPECT_THAT(problems(replaced("calls = 3", "calls = -1")), HasSubstr("\"calls\""));
  EXPECT_THAT(problems(replaced("calls = 3", "calls = 3\nuntil_restart_of = \"x\"")),
              HasSubstr("not both"));
  EXPECT_THAT(problems(replaced("calls = 3", "call = 3")), HasSubstr("did you mean \"calls\""));
  EXPECT_THAT(problems(replaced("since = \"2026-11-25T11:07:00Z\"\n", "")), HasSubstr("\"since\""));
  EXPECT_THAT(problems(replaced("To switch", "To\\u202Eswitch")), HasSubstr("cannot be shown"));
  EXPECT_THAT(problems(kBook + kBook.substr(kBook.find("[[plugins]]"))),
              HasSubstr("there already"));
}

TEST(BookToml, DamagedTextNeverCrashesAndIsNeverReadAsAnother) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string text = kBook;
    for (int i = 0; i < 3; ++i)
      text[random() % text.size()] = static_cast<char>(random());
    const auto book = parse_book(text, "g.toml");
    if (!book) continue;
    const std::string written = to_toml(*book);
    const auto again = parse_book(written, "g.toml");
    ASSERT_TRUE(again) << text << '\n' << again.error().message;
    ASSERT_EQ(to_toml(*again), written);
  }
}

}  // namespace
}  // namespace midimon::grants
