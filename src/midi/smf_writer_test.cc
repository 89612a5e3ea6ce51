#include "midi/smf_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "midi/byte_parser.h"

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;
using std::chrono::hours;
using std::chrono::milliseconds;

Smf read(const Bytes& bytes) {
  auto smf = parse_smf(bytes);
  EXPECT_TRUE(smf) << smf.error().message;
  return smf.value_or(Smf{});
}

Smf again(const Smf& song) {
  const auto bytes = write_smf(song);
  EXPECT_TRUE(bytes) << bytes.error().message;
  return read(bytes.value_or(Bytes{}));
}

Smf one_track() {
  Smf song;
  song.tracks = 1;
  return song;
}

// What is heard: where each message is, and what it says.
void expect_same(const Smf& is, const Smf& was, Nanos tolerance) {
  EXPECT_EQ(is.format, was.format);
  EXPECT_EQ(is.tracks, was.tracks);
  EXPECT_EQ(is.name, was.name);
  ASSERT_EQ(is.messages.size(), was.messages.size());
  for (std::size_t i = 0; i < is.messages.size(); ++i) {
    const SmfMessage& a = is.messages[i];
    const SmfMessage& b = was.messages[i];
    ASSERT_EQ(a.message, b.message) << i;
    ASSERT_EQ(a.track, b.track) << i;
    ASSERT_LE(std::chrono::abs(a.at - b.at), tolerance) << i;
    if (a.message.kind() == MessageKind::sysex) {
      ASSERT_EQ(is.sysex.at(a.sysex), was.sysex.at(b.sysex)) << i;
    }
  }
  EXPECT_LE(std::chrono::abs(is.length - was.length), tolerance);
}

// Tracks do not cross at one time, as a file has no order of messages in different tracks.
Smf random_song(std::mt19937& random) {
  const auto below = [&random](std::uint32_t limit) { return random() % limit; };
  Smf song;
  song.format = static_cast<int>(below(2));
  song.tracks = song.format == 0 ? 1 : 1 + static_cast<int>(below(4));
  song.name = below(2) == 0 ? "" : "A name";
  constexpr std::array<std::uint8_t, 16> kStatus = {0x80, 0x91, 0xA2, 0xB3, 0xC4, 0xD5, 0xE6, 0xF0,
                                                    0xF1, 0xF2, 0xF3, 0xF6, 0xF8, 0xFA, 0xFE, 0x9F};
  Nanos at{};
  for (auto left = below(60); left > 0; --left) {
    at += kSmfTick *
          (1 + static_cast<std::int64_t>(below(5) == 0 ? below(1'000'000'000) : below(300)));
    Message message{kStatus[below(kStatus.size())], 0, 0};
    const int data = data_size(message.kind());
    if (data > 0) message.data1 = static_cast<std::uint8_t>(below(128));
    if (data > 1) message.data2 = static_cast<std::uint8_t>(below(128));
    song.messages.push_back({at, static_cast<std::uint16_t>(below(song.tracks)), message});
    if (message.kind() != MessageKind::sysex) continue;
    song.messages.back().sysex = static_cast<std::uint32_t>(song.sysex.size());
    Bytes& bytes = song.sysex.emplace_back(below(300));
    std::generate(bytes.begin(), bytes.end(),
                  [&] { return static_cast<std::uint8_t>(below(128)); });
  }
  song.length = at + milliseconds(below(3));
  return song;
}

TEST(WriteSmf, WhatIsWrittenIsReadAsItWas) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same songs on every run
  for (int round = 0; round < 2000; ++round) {
    const Smf song = random_song(random);
    const Smf read_back = again(song);
    expect_same(read_back, song, Nanos{});
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(WriteSmf, TimesAreOffByHalfATickAtMostAndErrorsDoNotAddUp) {
  Smf song = one_track();
  for (int i = 0; i < 10'000; ++i)
    song.messages.push_back({Nanos(i * 13'337), 0, make_message(MessageKind::note_on, 0, 60, 1)});
  song.length = song.messages.back().at;
  const Smf once = again(song);
  expect_same(once, song, kSmfTick / 2);
  expect_same(again(once), once, Nanos{});
}

TEST(WriteSmf, ADayOfSilenceFits) {
  Smf song = one_track();
  song.messages.push_back({hours(30), 0, make_message(MessageKind::note_on, 0, 60, 1)});
  song.length = kMaxSmfLength;
  expect_same(again(song), song, Nanos{});
}

TEST(WriteSmf, RefusesWhatNoFileCanHold) {
  const auto refused = [](const Smf& song, std::string_view why) {
    const auto bytes = write_smf(song);
    return !bytes && bytes.error().message.find(why) != std::string::npos;
  };
  const Message note = make_message(MessageKind::note_on, 0, 60, 1);
  EXPECT_TRUE(refused(Smf{}, "1 to 65535 tracks"));
  Smf song = one_track();
  song.messages = {{milliseconds(2), 0, note}, {milliseconds(1), 0, note}};
  EXPECT_TRUE(refused(song, "earlier"));
  song.messages = {{Nanos(-1), 0, note}};
  EXPECT_TRUE(refused(song, "earlier"));
  song.messages = {{kMaxSmfLength + Nanos(1), 0, note}};
  EXPECT_TRUE(refused(song, "hours"));
  song.messages = {{{}, 0, {0x7F, 0, 0}}};
  EXPECT_TRUE(refused(song, "no MIDI message"));
  song.messages = {{{}, 0, {0x90, 0x80, 0}}};
  EXPECT_TRUE(refused(song, "no MIDI message"));
  song.messages = {{{}, 0, {0xF4, 0, 0}}};
  EXPECT_TRUE(refused(song, "no MIDI message"));
  song.messages = {{{}, 0, {0xF0, 0, 0}, 0}};
  EXPECT_TRUE(refused(song, "not those of a sysex"));
  song.sysex = {{0xF7}};
  EXPECT_TRUE(refused(song, "not those of a sysex"));
  song.sysex = {Bytes(kMaxSysexBytes + 1)};
  EXPECT_TRUE(refused(song, "too long"));
  song.sysex = {Bytes(kMaxSysexBytes)};
  song.messages.assign(5000, {{}, 0, {0xF0, 0, 0}, 0});
  EXPECT_TRUE(refused(song, "16 MiB"));
  song.format = 1;
  song.messages = {{{}, 1, note}};
  EXPECT_TRUE(refused(song, "no such track"));
}

TEST(WriteSmf, EveryFileOfOpenMsxSurvives) {
  const std::filesystem::path folder = "/usr/share/games/openttd/baseset/openmsx";
  ASSERT_TRUE(std::filesystem::exists(folder)) << "run tools/install_deps.sh --test";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".mid") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    Smf song = read(Bytes{std::istreambuf_iterator<char>(stream), {}});
    song.name.clear();  // what was escaped once would be twice
    // In one track all keep their order, also where rounding makes one time of two.
    song.format = 0;
    song.tracks = 1;
    for (SmfMessage& message : song.messages)
      message.track = 0;
    expect_same(again(song), song, kSmfTick / 2);
    ++files;
  }
  EXPECT_GT(files, 20);
}

}  // namespace
}  // namespace midimon
