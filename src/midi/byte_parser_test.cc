#include "midi/byte_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "midi/held_notes.h"

namespace midimon {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Messages = std::vector<Message>;

Messages parse(ByteParser& parser, const Bytes& bytes) {
  Messages out;
  for (const std::uint8_t byte : bytes) {
    if (const auto message = parser.push(byte)) out.push_back(*message);
  }
  return out;
}

Messages parse(const Bytes& bytes) {
  ByteParser parser;
  return parse(parser, bytes);
}

TEST(ByteParser, FindsEachKindOfMessage) {
  EXPECT_EQ(parse({0x80, 1,    2,    0x91, 3,    4,    0xA2, 5,    6,    0xB3, 7,
                   8,    0xC4, 9,    0xD5, 10,   0xE6, 11,   12,   0xF1, 13,   0xF2,
                   14,   15,   0xF3, 16,   0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF}),
            (Messages{{0x80, 1, 2},
                      {0x91, 3, 4},
                      {0xA2, 5, 6},
                      {0xB3, 7, 8},
                      {0xC4, 9, 0},
                      {0xD5, 10, 0},
                      {0xE6, 11, 12},
                      {0xF1, 13, 0},
                      {0xF2, 14, 15},
                      {0xF3, 16, 0},
                      {0xF6, 0, 0},
                      {0xF8, 0, 0},
                      {0xFA, 0, 0},
                      {0xFB, 0, 0},
                      {0xFC, 0, 0},
                      {0xFE, 0, 0},
                      {0xFF, 0, 0}}));
}

TEST(ByteParser, ARunningStatusHoldsForWhatFollows) {
  EXPECT_EQ(parse({0x90, 60, 100, 60, 0, 62, 90}),
            (Messages{{0x90, 60, 100}, {0x90, 60, 0}, {0x90, 62, 90}}));
  EXPECT_EQ(parse({0xC0, 1, 2}), (Messages{{0xC0, 1, 0}, {0xC0, 2, 0}}));
}

TEST(ByteParser, RealTimeBytesStandInsideOthersAndLeaveThemWhole) {
  EXPECT_EQ(parse({0x90, 0xF8, 60, 0xFE, 100, 0xF8, 61, 1}),
            (Messages{{0xF8, 0, 0}, {0xFE, 0, 0}, {0x90, 60, 100}, {0xF8, 0, 0}, {0x90, 61, 1}}));
  ByteParser parser;
  EXPECT_EQ(parse(parser, {0xF0, 1, 0xF8, 2, 0xF7}), (Messages{{0xF8, 0, 0}, {0xF0, 0, 0}}));
  EXPECT_EQ(Bytes(parser.sysex().begin(), parser.sysex().end()), (Bytes{1, 2}));
}

TEST(ByteParser, SystemCommonMessagesEndTheRunningStatus) {
  ByteParser parser;
  EXPECT_EQ(parse(parser, {0x90, 60, 1, 0xF3, 5, 60, 1}), (Messages{{0x90, 60, 1}, {0xF3, 5, 0}}));
  EXPECT_EQ(parser.losses().stray_bytes, 2U);
  EXPECT_EQ(parse({0x90, 60, 1, 0xF6, 60, 1}), (Messages{{0x90, 60, 1}, {0xF6, 0, 0}}));
  EXPECT_EQ(parse({0x90, 60, 1, 0xF0, 0xF7, 60, 1}), (Messages{{0x90, 60, 1}, {0xF0, 0, 0}}));
}

TEST(ByteParser, UndefinedStatusesAreNoMessages) {
  EXPECT_EQ(parse({0x90, 60, 0xF9, 1, 0xFD, 61, 1}), (Messages{{0x90, 60, 1}, {0x90, 61, 1}}))
      << "those of real time disturb nothing";
  EXPECT_EQ(parse({0x90, 60, 0xF4, 1, 0xF5, 1, 0xF7, 1}), Messages{});
}

TEST(ByteParser, AStatusInAMessageEndsItAndBeginsAnother) {
  ByteParser parser;
  EXPECT_EQ(parse(parser, {0x90, 60, 0xB0, 7, 1}), (Messages{{0xB0, 7, 1}}));
  EXPECT_EQ(parser.losses().cut_messages, 1U);
}

TEST(ByteParser, ATruncatedSysexIsDroppedAndWhatCutItIsRead) {
  ByteParser parser;
  EXPECT_EQ(parse(parser, {0xF0, 1, 2, 0x90, 60, 1}), (Messages{{0x90, 60, 1}}));
  EXPECT_EQ(parse(parser, {0xF0, 1, 0xF0, 2, 0xF7}), (Messages{{0xF0, 0, 0}}));
  EXPECT_EQ(Bytes(parser.sysex().begin(), parser.sysex().end()), Bytes{2});
  EXPECT_EQ(parse(parser, {0xF0, 1}), Messages{});
  parser.reset();
  EXPECT_EQ(parse(parser, {0xF7}), Messages{});
  EXPECT_EQ(parser.losses().cut_sysex, 3U);
}

TEST(ByteParser, AnOversizedSysexIsDroppedWhole) {
  ByteParser parser(3);
  EXPECT_EQ(parse(parser, {0xF0, 1, 2, 3, 0xF7}), (Messages{{0xF0, 0, 0}}));
  EXPECT_EQ(parser.sysex().size(), 3U);
  EXPECT_EQ(parse(parser, {0xF0, 1, 2, 3, 4, 0xF7, 0x90, 60, 1}), (Messages{{0x90, 60, 1}}));
  EXPECT_EQ(parser.losses().oversized_sysex, 1U);
  EXPECT_EQ(parse(parser, {0xF0, 5, 0xF7}), (Messages{{0xF0, 0, 0}})) << "the next one is read";
}

TEST(ByteParser, AfterAResetNoStatusRuns) {
  ByteParser parser;
  EXPECT_EQ(parse(parser, {0x90, 60, 1, 61}), (Messages{{0x90, 60, 1}}));
  parser.reset();
  EXPECT_EQ(parse(parser, {1, 62, 1}), Messages{});
}

// A stream that is mostly MIDI, with mistakes.
Bytes noisy_stream(std::mt19937& random, std::size_t size) {
  Bytes out(size);
  for (std::uint8_t& byte : out) {
    const unsigned roll = random() % 16;
    byte = static_cast<std::uint8_t>(roll == 0   ? random()
                                     : roll == 1 ? 0xF0 + random() % 16
                                     : roll < 6  ? 0x80 + random() % 48
                                                 : random() % 128);
  }
  return out;
}

TEST(ByteParser, WhateverTheBytesEveryMessageIsOne) {
  std::mt19937 random(20240609);  // NOLINT(cert-msc51-cpp): the same streams on every run
  for (int round = 0; round < 300; ++round) {
    ByteParser parser(16);
    std::size_t found = 0;
    const Bytes bytes = noisy_stream(random, 1000);
    for (const std::uint8_t byte : bytes) {
      const auto message = parser.push(byte);
      if (!message) continue;
      ++found;
      EXPECT_GE(message->status, 0x80);
      EXPECT_LT(message->data1 | message->data2, 0x80);
      EXPECT_NE(to_string(message->kind()), "unknown");
      EXPECT_LE(parser.sysex().size(), 16U);
    }
    EXPECT_GT(found, 100U);
  }
}

TEST(ByteParser, ReadsBackWhatWasWrittenWithoutLoss) {
  std::mt19937 random(20240610);  // NOLINT(cert-msc51-cpp)
  for (int round = 0; round < 200; ++round) {
    Bytes bytes;
    Messages written;
    std::uint8_t running = 0;
    for (int i = 0; i < 100; ++i) {
      const auto status = static_cast<std::uint8_t>(0x80 + random() % 0x70);
      Message message{status, static_cast<std::uint8_t>(random() % 128), 0};
      if (data_size(message.kind()) == 2) {
        message.data2 = static_cast<std::uint8_t>(random() % 128);
      }
      if (status != running || random() % 2 == 0) bytes.push_back(status);
      running = status;
      bytes.push_back(message.data1);
      if (data_size(message.kind()) == 2) bytes.push_back(message.data2);
      written.push_back(message);
    }
    ByteParser parser;
    EXPECT_EQ(parse(parser, bytes), written);
    EXPECT_EQ(parser.losses().stray_bytes + parser.losses().cut_messages, 0U);
  }
}

TEST(HeldNotes, AreThoseThatWerePressedAndNotReleased) {
  HeldNotes held;
  held.take({0x90, 60, 1});
  held.take({0x9F, 127, 1});
  held.take({0x90, 61, 1});
  held.take({0x90, 61, 0});
  held.take({0xB0, 62, 1});
  EXPECT_EQ(held.count(), 2U);
  EXPECT_TRUE(held.is_held(0, 60));
  EXPECT_FALSE(held.is_held(1, 60));
  EXPECT_TRUE(held.is_held(15, 127));
  Messages released;
  held.release_all([&](const Message& message) { released.push_back(message); });
  EXPECT_EQ(released, (Messages{{0x80, 60, 0}, {0x8F, 127, 0}}));
  EXPECT_EQ(held.count(), 0U);
}

TEST(HeldNotes, AfterAnyStreamEveryPressHasItsRelease) {
  std::mt19937 random(20240611);  // NOLINT(cert-msc51-cpp)
  for (int round = 0; round < 200; ++round) {
    ByteParser parser;
    HeldNotes held;
    std::vector<bool> down(16 * 128);
    const auto see = [&down](const Message& message) {
      const auto key = static_cast<std::size_t>(message.channel() * 128 + message.data1);
      if (message.is_press()) down[key] = true;
      if (message.is_release()) down[key] = false;
    };
    for (const std::uint8_t byte : noisy_stream(random, 500)) {
      const auto message = parser.push(byte);
      if (!message) continue;
      held.take(*message);
      see(*message);
    }
    EXPECT_GT(held.count(), 0U);
    held.release_all(see);
    EXPECT_EQ(std::count(down.begin(), down.end(), true), 0);
  }
}

}  // namespace
}  // namespace midimon
