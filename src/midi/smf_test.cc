#include "midi/smf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "midi/byte_parser.h"

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
using std::chrono::seconds;

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes big_endian(std::size_t value, int width) {
  Bytes out;
  for (int i = width - 1; i >= 0; --i)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

Bytes chunk(std::string_view tag, const Bytes& content) {
  return Bytes(tag.begin(), tag.end()) + big_endian(content.size(), 4) + content;
}

Bytes header(int format, int tracks, int division) {
  return chunk("MThd", big_endian(format, 2) + big_endian(tracks, 2) + big_endian(division, 2));
}

const Bytes kEnd = {0x00, 0xFF, 0x2F, 0x00};

Bytes track(const Bytes& events) {
  return chunk("MTrk", events + kEnd);
}

// One track, 96 ticks per quarter note.
Result<Smf> parse_track(const Bytes& events) {
  return parse_smf(header(0, 1, 96) + track(events));
}

std::string error_of(const Bytes& bytes) {
  const auto result = parse_smf(bytes);
  return result ? "no error" : result.error().message;
}

std::vector<Nanos> times(const Smf& smf) {
  std::vector<Nanos> out;
  for (const SmfMessage& message : smf.messages)
    out.push_back(message.at);
  return out;
}

TEST(ParseSmf, ReadsEveryKindOfMessage) {
  const auto smf = parse_track({0, 0x90, 60, 100,  0, 0x81, 61,   64, 0, 0xA2, 62, 1,   0, 0xB3,
                                7, 127,  0,  0xC4, 5, 0,    0xD5, 99, 0, 0xEF, 0,  0x40});
  ASSERT_TRUE(smf) << smf.error().message;
  ASSERT_EQ(smf->messages.size(), 7U);
  EXPECT_EQ(smf->messages[0].message, (Message{0x90, 60, 100}));
  EXPECT_EQ(smf->messages[1].message, (Message{0x81, 61, 64}));
  EXPECT_EQ(smf->messages[2].message, (Message{0xA2, 62, 1}));
  EXPECT_EQ(smf->messages[3].message, (Message{0xB3, 7, 127}));
  EXPECT_EQ(smf->messages[4].message, (Message{0xC4, 5, 0}));
  EXPECT_EQ(smf->messages[5].message, (Message{0xD5, 99, 0}));
  EXPECT_EQ(smf->messages[6].message, (Message{0xEF, 0, 0x40}));
}

TEST(ParseSmf, ReportsFormatTracksNameTempoAndLength) {
  const Bytes first =
      track({0, 0xFF, 0x03, 4, 'S', 'o', 'n', 0xE9, 0, 0xFF, 0x51, 3, 0x03, 0xD0, 0x90});
  const Bytes second = track({0, 0xFF, 0x03, 1, 'x', 96, 0xC0, 1});
  const auto smf = parse_smf(header(1, 2, 96) + first + second);
  ASSERT_TRUE(smf) << smf.error().message;
  EXPECT_EQ(smf->format, 1);
  EXPECT_EQ(smf->tracks, 2);
  EXPECT_EQ(smf->name, "Son\\xe9") << "what is not UTF-8 is not passed on";
  EXPECT_EQ(smf->initial_tempo, 250'000U);
  EXPECT_EQ(smf->length, milliseconds(250));
}

TEST(ParseSmf, WithoutATempoAQuarterNoteTakesHalfASecond) {
  const auto smf = parse_track({96, 0x90, 60, 1, 48, 0x80, 60, 0});
  ASSERT_TRUE(smf);
  EXPECT_EQ(smf->initial_tempo, 500'000U);
  EXPECT_EQ(times(*smf), (std::vector<Nanos>{milliseconds(500), milliseconds(750)}));
}

TEST(ParseSmf, ATempoInOneTrackHoldsForAll) {
  // The second track changes the tempo after one quarter note, from 500 ms to 1 s.
  const Bytes notes = track({96, 0x90, 60, 1, 96, 0x80, 60, 0});
  const Bytes tempo = track({96, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40});
  const auto smf = parse_smf(header(1, 2, 96) + notes + tempo);
  ASSERT_TRUE(smf);
  EXPECT_EQ(times(*smf), (std::vector<Nanos>{milliseconds(500), milliseconds(1500)}));
}

TEST(ParseSmf, TimesDoNotDrift) {
  // 1 000 000 / 7 microseconds per tick cannot be written in nanoseconds; 70 000 of them can.
  Bytes events = {0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40};
  for (int i = 0; i < 70'000; ++i)
    events = std::move(events) + Bytes{1, 0xC0, 0};
  const auto smf = parse_smf(header(0, 1, 7) + track(events));
  ASSERT_TRUE(smf);
  EXPECT_EQ(smf->messages[0].at, Nanos(142'857'142));
  EXPECT_EQ(smf->messages[6].at, seconds(1));
  EXPECT_EQ(smf->messages.back().at, seconds(10'000));
}

TEST(ParseSmf, SmpteDivisionsCountFramesAndIgnoreTempo) {
  struct Case {
    int frames;
    Nanos after_100_frames;
  };
  for (const Case& c : {Case{24, Nanos(4'166'666'666)}, Case{25, seconds(4)},
                        Case{29, Nanos(3'336'666'666)}, Case{30, Nanos(3'333'333'333)}}) {
    const int division = (256 - c.frames) << 8 | 40;
    const auto smf =
        parse_smf(header(0, 1, division) + track({0, 0xFF, 0x51, 3, 0, 0, 1, 0x9F, 0x20, 0xC0, 1}));
    ASSERT_TRUE(smf) << smf.error().message;
    EXPECT_EQ(smf->messages[0].at, c.after_100_frames) << c.frames;
  }
}

TEST(ParseSmf, MergesTracksByTimeAndEqualTimesByTrack) {
  const Bytes first = track({10, 0xC0, 1, 10, 0xC0, 2, 0, 0xC0, 3});
  const Bytes second = track({5, 0xC1, 4, 15, 0xC1, 5});
  const auto smf = parse_smf(header(1, 2, 96) + first + second);
  ASSERT_TRUE(smf);
  std::vector<int> programs;
  for (const auto& message : smf->messages)
    programs.push_back(message.message.data1);
  EXPECT_EQ(programs, (std::vector<int>{4, 1, 2, 3, 5}));
  EXPECT_EQ(smf->messages[0].track, 1);
  EXPECT_EQ(smf->messages[4].track, 1);
}

TEST(ParseSmf, RunningStatusRepeatsTheLastStatus) {
  const auto smf = parse_track({0, 0x90, 60, 100, 10, 60, 0, 0, 61, 5});
  ASSERT_TRUE(smf);
  ASSERT_EQ(smf->messages.size(), 3U);
  EXPECT_TRUE(smf->messages[1].message.is_release());
  EXPECT_EQ(smf->messages[2].message, (Message{0x90, 61, 5}));
}

TEST(ParseSmf, RunningStatusOutlivesMetaEventsButNotSysex) {
  EXPECT_TRUE(parse_track({0, 0x90, 60, 1, 0, 0xFF, 0x01, 1, 'x', 0, 60, 0}));
  EXPECT_EQ(error_of(header(0, 1, 96) + track({0, 0x90, 60, 1, 0, 0xF0, 1, 0xF7, 0, 60, 0})),
            "byte 31: expected a status byte, found data 0x3C");
  EXPECT_EQ(error_of(header(0, 1, 96) + track({0, 0x90, 60, 1, 0, 0xF7, 1, 0xF8, 0, 60, 0})),
            "byte 31: expected a status byte, found data 0x3C");
}

TEST(ParseSmf, RunningStatusDoesNotCrossTracks) {
  EXPECT_EQ(error_of(header(1, 2, 96) + track({0, 0x90, 60, 1}) + track({0, 60, 0})),
            "byte 39: expected a status byte, found data 0x3C");
}

TEST(ParseSmf, SkipsCutSysexMetaEventsAndUnknownChunks) {
  const Bytes events = {0,    0xF0, 3, 0x7E, 0x90, 0xF7, 0,    0xF7, 2, 0x33, 1, 0,
                        0xFF, 0x7F, 1, 0x90, 0,    0xFF, 0x60, 0,    0, 0xC0, 9};
  const auto smf =
      parse_smf(header(0, 1, 96) + chunk("XFIH", {1, 2, 3}) + chunk("MTrq", {}) + track(events));
  ASSERT_TRUE(smf) << smf.error().message;
  ASSERT_EQ(smf->messages.size(), 1U);
  EXPECT_EQ(smf->messages[0].message, (Message{0xC0, 9, 0}));
}

TEST(ParseSmf, ReadsSysexInOneOrSeveralEventsAndWhatIsEscaped) {
  const auto smf = parse_track({0,  0xF0, 3,  0x7E, 0x01, 0xF7,  // a whole one
                                96, 0xF0, 2,  0x43, 0x12,        // one in three parts
                                0,  0x90, 60, 100,               // and a note between
                                96, 0xF7, 1,  0x34, 96,   0xF7, 2, 0x56, 0xF7,  //
                                0,  0xF7, 1,  0xFA, 0,    0xF7, 2, 0xF3, 5});
  ASSERT_TRUE(smf) << smf.error().message;
  ASSERT_EQ(smf->messages.size(), 5U);
  EXPECT_EQ(smf->messages[0].message.kind(), MessageKind::sysex);
  EXPECT_EQ(smf->sysex.at(smf->messages[0].sysex), (Bytes{0x7E, 0x01}));
  EXPECT_EQ(smf->messages[1].message.kind(), MessageKind::note_on);
  EXPECT_EQ(smf->messages[2].at, milliseconds(1500)) << "a sysex is there once it is whole";
  EXPECT_EQ(smf->sysex.at(smf->messages[2].sysex), (Bytes{0x43, 0x12, 0x34, 0x56}));
  EXPECT_EQ(smf->messages[3].message.kind(), MessageKind::start);
  EXPECT_EQ(smf->messages[4].message, (Message{0xF3, 5, 0}));
}

TEST(ParseSmf, ASysexEndsWithItsTrackAndIsNeverLongerThanOneOfACable) {
  const auto cut = parse_smf(header(1, 2, 96) + track({0, 0xF0, 1, 1}) + track({0, 0xF7, 1, 0xF7}));
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_TRUE(cut->messages.empty());
  const Bytes events = Bytes{0, 0xF0, 0xA0, 0x01} + Bytes(kMaxSysexBytes, 1) + Bytes{0xF7};
  const auto longest = parse_track(events);
  ASSERT_TRUE(longest) << longest.error().message;
  ASSERT_EQ(longest->sysex.size(), 1U);
  EXPECT_EQ(longest->sysex[0].size(), kMaxSysexBytes);
  const auto longer =
      parse_track(Bytes{0, 0xF0, 0xA0, 0x02} + Bytes(kMaxSysexBytes + 1, 1) + Bytes{0xF7});
  ASSERT_TRUE(longer) << longer.error().message;
  EXPECT_TRUE(longer->sysex.empty());
}

TEST(ParseSmf, AcceptsLongerHeadersAndTemposAndWhatFollowsTheEnd) {
  const Bytes long_header = chunk("MThd", {0, 0, 0, 1, 0, 96, 0xAA, 0xBB});
  const Bytes events = {0, 0xFF, 0x51, 4, 0x0F, 0x42, 0x40, 9, 96, 0xC0, 1};
  const auto smf =
      parse_smf(long_header + chunk("MTrk", events + kEnd + Bytes{0xFF, 0xFF}) + Bytes{'j', 'u'});
  ASSERT_TRUE(smf) << smf.error().message;
  EXPECT_EQ(smf->length, seconds(1));
}

TEST(ParseSmf, TracksOfAFormat0FileSoundTogether) {
  const auto smf = parse_smf(header(0, 2, 96) + track({96, 0xC0, 1}) + track({0, 0xC0, 2}));
  ASSERT_TRUE(smf);
  EXPECT_EQ(smf->messages[0].message.data1, 2);
}

TEST(ParseSmf, SaysThatFormat2IsNotSupported) {
  const auto result = parse_smf(header(2, 1, 96) + track({}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::unsupported);
  EXPECT_EQ(result.error().message,
            "byte 8: format 2 (independent patterns) is not supported, expected 0 or 1");
}

TEST(ParseSmf, NamesTheOffsetAndWhatWasExpectedInTheHeader) {
  EXPECT_EQ(error_of({}), "byte 0: expected \"MThd\", the file is over");
  EXPECT_EQ(error_of({'R', 'I', 'F', 'F', 0, 0}),
            "byte 0: expected \"MThd\"; this is not a Standard MIDI File");
  EXPECT_EQ(error_of({'M', 'T', 'h', 'd', 0, 0}),
            "byte 4: expected the length of the header (4 bytes), the file has only 2 left");
  EXPECT_EQ(error_of({'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 1}),
            "byte 8: expected the header (6 bytes), the file has only 2 left");
  EXPECT_EQ(error_of(chunk("MThd", {0, 0, 0, 1})),
            "byte 4: expected a header of at least 6 bytes, found 4");
  EXPECT_EQ(error_of(header(3, 1, 96)), "byte 8: expected format 0 or 1, found 3");
  EXPECT_EQ(error_of(header(1, 0, 96)), "byte 10: expected at least 1 track, found 0");
}

TEST(ParseSmf, RefusesDivisionsThatAreNoTime) {
  EXPECT_EQ(error_of(header(0, 1, 0)), "byte 12: expected a division of at least 1 tick, found 0");
  EXPECT_EQ(error_of(header(0, 1, 0xE700)),
            "byte 12: expected a division of at least 1 tick, found 0");
  EXPECT_EQ(error_of(header(0, 1, 0xFF28)),
            "byte 12: expected a division in ticks, or of -24, -25, -29 or -30 frames, found -1 "
            "frames");
}

TEST(ParseSmf, NamesTheOffsetAndWhatWasExpectedInChunks) {
  EXPECT_EQ(error_of(header(1, 2, 96) + track({})),
            "byte 26: expected track 2 of 2, the file is over");
  EXPECT_EQ(error_of(header(0, 1, 96) + Bytes{'M', 'T'}),
            "byte 14: expected the tag of a chunk (4 bytes), the file has only 2 left");
  EXPECT_EQ(error_of(header(0, 1, 96) + Bytes{'M', 'T', 'r', 'k', 0xFF, 0xFF, 0xFF, 0xFF, 0}),
            "byte 22: expected the bytes of a chunk (4294967295 bytes), the file has only 1 left");
}

TEST(ParseSmf, NamesTheOffsetAndWhatWasExpectedInTracks) {
  const auto error = [](const Bytes& events) {
    return error_of(header(0, 1, 96) + chunk("MTrk", events) + Bytes{0});
  };
  EXPECT_EQ(error({}), "byte 22: expected an \"end of track\" event, the track is over");
  EXPECT_EQ(error({0, 0xC0, 1}), "byte 25: expected an \"end of track\" event, the track is over");
  EXPECT_EQ(error({0x80, 0x80, 0x80, 0x80, 0}),
            "byte 22: expected a delta time of at most 4 bytes, the 4th says there is more");
  EXPECT_EQ(error({0x81}), "byte 23: expected a delta time, the track is over");
  EXPECT_EQ(error({0, 60, 1}), "byte 23: expected a status byte, found data 0x3C");
  EXPECT_EQ(error({0, 0x90, 60, 0x85}), "byte 25: expected a data byte, found status 0x85");
  EXPECT_EQ(error({0, 0x90, 60}), "byte 25: expected a data byte, the track is over");
  EXPECT_EQ(error({0, 0xF8}),
            "byte 23: expected an event, found 0xF8, which is not allowed in a file");
  EXPECT_EQ(error({0, 0xF0, 5, 1}),
            "byte 25: expected the bytes of a sysex event (5 bytes), the track has only 1 left");
  EXPECT_EQ(
      error({0, 0xFF, 0x01, 0xFF, 0xFF, 0xFF, 0x7F, 1}),
      "byte 29: expected the bytes of a meta event (268435455 bytes), the track has only 1 left");
  EXPECT_EQ(error({0, 0xFF, 0x51, 2, 1, 1}), "byte 26: expected a tempo of 3 bytes, found 2");
  EXPECT_EQ(error({0, 0xFF, 0x51, 3, 0, 0, 0}), "byte 26: expected a tempo of at least 1, found 0");
}

TEST(ParseSmf, EndlessFilesAreRefusedWithoutOverflow) {
  Bytes events = {0, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF};
  for (int i = 0; i < 10'000; ++i)
    events = std::move(events) + Bytes{0xFF, 0xFF, 0xFF, 0x7F, 0xC0, 0};
  const auto result = parse_smf(header(0, 1, 1) + track(events));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::limit);
  EXPECT_EQ(result.error().message, "the file plays for more than 168 hours");
}

TEST(ParseSmf, FilesBeyondTheSizeLimitAreRefused) {
  const auto result = parse_smf(Bytes(kMaxSmfBytes + 1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::limit);
}

// A file with something of everything, as a seed for mutations.
Bytes rich_file() {
  return header(1, 2, 96) + track({0, 0xFF, 3,    3,    'a',  'b',  'c',  0, 0xFF, 0x51, 3,
                                   7, 0xA1, 0x20, 0x87, 0x40, 0xFF, 0x51, 3, 3,    0xD0, 0x90}) +
         chunk("junk", {1, 2, 3, 4}) +
         track({0,    0x90, 60, 100, 10,   62, 0,    0, 0xF0, 2, 1, 0xF7, 5,
                0xB0, 7,    1,  0,   0xE0, 0,  0x40, 1, 0xC0, 9, 8, 4});
}

void expect_sane(const Smf& smf) {
  EXPECT_TRUE(std::is_sorted(smf.messages.begin(), smf.messages.end(),
                             [](const auto& a, const auto& b) { return a.at < b.at; }));
  EXPECT_LE(smf.length, kMaxSmfLength);
  for (const SmfMessage& message : smf.messages) {
    EXPECT_LE(message.at, smf.length);
    EXPECT_LT(message.track, smf.tracks);
    EXPECT_GE(message.message.status, 0x80);
    if (message.message.kind() == MessageKind::sysex) {
      EXPECT_LT(message.sysex, smf.sysex.size());
    }
    EXPECT_LT(message.message.data1 | message.message.data2, 0x80);
  }
}

TEST(ParseSmf, EveryTruncationOfAFileIsAnErrorWithAnOffset) {
  const Bytes whole = rich_file();
  ASSERT_TRUE(parse_smf(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own, so that the sanitizer sees a read past its end.
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(error_of(part).substr(0, 5), "byte ") << size;
  }
}

TEST(ParseSmf, RandomMutationsNeverCrash) {
  std::mt19937 random(20240607);  // NOLINT(cert-msc51-cpp): the same mutations on every run
  const Bytes seed = rich_file();
  int parsed = 0;
  for (int round = 0; round < 50'000; ++round) {
    Bytes bytes = seed;
    for (int changes = 1 + static_cast<int>(random() % 6); changes > 0; --changes) {
      const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
      const auto value = static_cast<std::uint8_t>(random());
      switch (random() % 4) {
        case 0:
          bytes.insert(bytes.begin() + at, value);
          break;
        case 1:
          if (bytes.size() > 1) bytes.erase(bytes.begin() + at);
          break;
        case 2:
          bytes[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << (random() % 8));
          break;
        default:
          bytes[static_cast<std::size_t>(at)] = value;
      }
    }
    if (const auto smf = parse_smf(bytes)) {
      ++parsed;
      expect_sane(*smf);
    } else {
      EXPECT_FALSE(smf.error().message.empty());
    }
  }
  EXPECT_GT(parsed, 100) << "mutations that all fail early test little";
}

TEST(ParseSmf, ReadsEveryFileOfOpenMsx) {
  const std::filesystem::path folder = "/usr/share/games/openttd/baseset/openmsx";
  ASSERT_TRUE(std::filesystem::exists(folder)) << "run tools/install_deps.sh --test";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".mid") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(stream), {}};
    const auto smf = parse_smf(bytes);
    ASSERT_TRUE(smf) << entry.path() << ": " << smf.error().message;
    expect_sane(*smf);
    EXPECT_GT(smf->messages.size(), 100U) << entry.path();
    EXPECT_GT(smf->length, seconds(30)) << entry.path();
    EXPECT_LT(smf->length, seconds(600)) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace midimon
