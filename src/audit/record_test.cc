#include "audit/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "audit/escape.h"
#include "audit/rfc3339.h"
#include "base/text.h"

namespace midimon::audit {
namespace {

using ::testing::HasSubstr;

std::string line_of(const Event& event, std::uint64_t seq = 7,
                    const std::optional<FileStart>& start = {}) {
  std::string line;
  append_text(line, seq, start, event);
  append_hash(line, chain({}, line));
  line.pop_back();  // its end
  return line;
}

TEST(Record, ReadsLikeThis) {
  Event event;
  event.kind = EventKind::rename;
  event.result = Errno::noent;
  event.time = Nanos(1'795'604'819'000'000'001);
  event.plugin = "obs";
  event.version = "1.2.0";
  event.mount = "/";
  event.directory = "scenes";
  event.path = "a";
  event.target = "b";
  event.count = 3;
  EXPECT_THAT(
      line_of(event),
      ::testing::StartsWith(R"({"seq":7,"time":"2026-11-25T11:06:59.000000001Z","event":"rename",)"
                            R"("plugin":"obs","version":"1.2.0","mount":"/","path":"scenes/a",)"
                            R"("target":"b","result":"noent","count":3,"hash":")"));
}

TEST(Record, ComesBackAsItWas) {
  Event event{EventKind::end,
              Errno::dquot,
              Nanos(5),
              "p",
              "v",
              "m",
              "",
              "a",
              "",
              "b",
              "ok",
              1,
              2,
              3,
              4,
              5,
              6,
              7,
              8,
              9,
              true};
  const auto record = parse_line(line_of(event, 12, FileStart{3, chain({}, "x")}));
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->seq, 12U);
  ASSERT_TRUE(record->start);
  EXPECT_EQ(record->start->file, 3U);
  EXPECT_EQ(record->start->previous, chain({}, "x"));
  EXPECT_EQ(record->kind, EventKind::end);
  EXPECT_EQ(record->result, Errno::dquot);
  EXPECT_EQ(record->time, Nanos(5));
  EXPECT_EQ(record->plugin + record->version + record->mount + record->path + record->target +
                record->detail,
            "pvmabok");
  EXPECT_EQ(record->size + record->bytes_read * 10 + record->bytes_written * 100 +
                record->fuel * 1000 + record->duration * 10'000 + record->memory_peak * 100'000 +
                record->used * 1'000'000 + record->allowed * 10'000'000 +
                record->count * 100'000'000,
            987'654'321U);
  EXPECT_TRUE(record->cut);
}

// Attack 74: what a guest may call a file.
TEST(Record, NamesCannotForgeOrSpoilALineAndComeBackByteForByte) {
  const std::string names[] = {"a\nb",
                               "\",\"event\":\"load\",\"x\":\"",
                               "\\",
                               "\\\\",
                               "\\n",
                               "\\\"",
                               "\"",
                               "\x1b[2J",
                               std::string("a\0b", 3),
                               "\xff",
                               "\xc3",
                               "a\xe2\x80",
                               "\xed\xa0\x80",
                               "txt.\xe2\x80\xae"
                               "exe",
                               "\xc2\x9b"
                               "31m",
                               "\xe2\x80\xa8",
                               "\xef\xbb\xbf",
                               "\x7f",
                               "h\xc3\xa9 \xf0\x9f\x8e\xb9",
                               "\\x41",
                               "\\u{202e}",
                               "\r",
                               "{}"};
  for (const std::string& name : names) {
    Event event;
    event.path = name;
    event.directory = name;
    const std::string line = line_of(event);
    EXPECT_EQ(escape_line(line).size() - line.size(),
              static_cast<std::size_t>(std::count(line.begin(), line.end(), '\\')))
        << "something in it had to be escaped: " << line;
    const auto record = parse_line(line);
    ASSERT_TRUE(record) << line << record.error().message;
    EXPECT_EQ(record->path, name + "/" + name);
    EXPECT_EQ(record->kind, EventKind::open);
    // Other readers of JSON see one safe text.
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["path"].get<std::string>(), escape_line(name + "/" + name));
  }
}

TEST(Record, ALineOfTheLongestTextsIsNotTooLong) {
  const std::string worst(4096, '\xff');
  Event event{EventKind::rename,
              Errno::noent,
              Nanos(5),
              worst,
              worst,
              worst,
              worst,
              worst,
              worst,
              worst,
              worst,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              ~0ULL,
              true};
  const std::string line = line_of(event, ~0ULL, FileStart{~0ULL, {}});
  EXPECT_LE(line.size(), kMaxLine);
  EXPECT_TRUE(parse_line(line));
}

TEST(Record, RefusesTextsThatAreNotEscapedAsOurs) {
  for (const char* inside : {"\x1b[2J", "\\n", "\\u001b", "\xff", "\xe2\x80\xae", "\\\\x41",
                             "\\\\u{41}", "\\\\u{d800}", "\\\\u{110000}", "\\\\", "\\\\q"}) {
    EXPECT_FALSE(unescape(inside)) << inside;
  }
}

TEST(Record, TakesMembersOfALaterMidimon) {
  std::string line = line_of({});
  line.insert(line.find(",\"hash\""), R"(,"colour":"blue","depth":3,"new":false)");
  EXPECT_TRUE(parse_line(line));
  line.insert(line.find(",\"hash\""), ",\"\x1b[2J\":1");
  EXPECT_FALSE(parse_line(line)) << "their names are safe to print as well";
}

TEST(Record, EveryMutationOfALineIsReadOrRefused) {
  Event event;
  event.path = "a\nb\xff";
  event.size = 5;
  const std::string line = line_of(event, 7, FileStart{1, {}});
  int refused = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (const char c : {'\0', '"', '\\', '}', '9', 'x', '\xff'}) {
      std::string other = line;
      other[i] = c;
      refused += parse_line(other) ? 0 : 1;
    }
    EXPECT_FALSE(parse_line(line.substr(0, i)));
  }
  EXPECT_GT(refused, 0);
}

TEST(Rfc3339, WritesAndReadsTheSamePoint) {
  for (const std::int64_t ns : {0LL, 1LL, 951'782'400'000'000'000LL, 1'795'604'819'123'456'789LL}) {
    const std::string text = format_time(Nanos(ns));
    EXPECT_EQ(text.size(), kTimeLength);
    EXPECT_EQ(parse_time(text), Nanos(ns)) << text;
  }
  EXPECT_EQ(format_time(Nanos(951'782'400'000'000'000)), "2000-02-29T00:00:00.000000000Z");
}

TEST(Rfc3339, ReadsOffsetsAndFewerDigits) {
  EXPECT_EQ(parse_time("1970-01-01T02:00:00.5+02:00"), Nanos(500'000'000));
  EXPECT_EQ(parse_time("1970-01-01 00:00:01Z"), Nanos(1'000'000'000));
  for (const char* text : {"", "1970", "1970-01-01", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z",
                           "1970-01-01T00:00:00", "1970-01-01T00:00:00.Z", "9999-01-01T00:00:00Z",
                           "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00.1234567890Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Hash, IsSha256OverThePreviousHashAndTheText) {
  // printf 'abc' after 32 zero bytes, by sha256sum.
  EXPECT_EQ(to_hex(chain({}, "abc")),
            "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370");
  EXPECT_EQ(from_hex(to_hex(chain({}, "abc"))), chain({}, "abc"));
  EXPECT_FALSE(from_hex(std::string(64, 'A')));
  EXPECT_FALSE(from_hex("00"));
}

}  // namespace
}  // namespace midimon::audit
