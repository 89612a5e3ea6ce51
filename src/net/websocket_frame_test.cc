#include "net/websocket_frame.h"

#include <gtest/gtest.h>

#include "net/sha1.h"

namespace midimon::net {
namespace {

using Kind = WebSocketMessage::Kind;
using namespace std::string_literals;  // NOLINT(google-build-using-namespace)

std::string hex(const std::array<std::uint8_t, 20>& digest) {
  std::string out;
  for (const unsigned byte : digest) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
  return out;
}

TEST(Sha1, IsThatOfTheStandard) {
  EXPECT_EQ(hex(sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(hex(sha1(std::string(1'000'000, 'a'))), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// A frame of a server.
std::string frame(unsigned first, const std::string& payload) {
  std::string out;
  out += static_cast<char>(first);
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() < 65'536) {
    out += "\x7E"s + static_cast<char>(payload.size() >> 8U) + static_cast<char>(payload.size());
  } else {
    out += '\x7F';
    for (unsigned shift = 64; shift > 0; shift -= 8)
      out += static_cast<char>(std::uint64_t{payload.size()} >> (shift - 8));
  }
  return out + payload;
}

std::uint16_t failure(const std::string& bytes) {
  FrameReader reader;
  reader.add(bytes);
  while (true) {
    const auto message = reader.next();
    if (!message) {
      EXPECT_EQ(reader.next().error().code, message.error().code);  // it stays
      return message.error().code;
    }
    if (!*message) return 0;
  }
}

TEST(FrameReader, ReadsWholeMessages) {
  FrameReader reader;
  reader.add(frame(0x81, "hello") + frame(0x82, "\x00\xFF"s) + frame(0x81, ""));
  EXPECT_EQ((*reader.next())->payload, "hello");
  const auto binary = reader.next().value();
  EXPECT_EQ(binary->kind, Kind::binary);
  EXPECT_EQ(binary->payload, "\x00\xFF"s);
  EXPECT_EQ((*reader.next())->payload, "");
  EXPECT_FALSE(*reader.next());
  EXPECT_EQ(reader.pending(), 0U);
}

TEST(FrameReader, DoesNotCareHowTheBytesCome) {
  const std::string all = frame(0x01, "one ") + frame(0x89, "ping") + frame(0x00, "two ") +
                          frame(0x80, std::string(70'000, 'x')) +
                          frame(0x82, std::string(300, 'y')) +
                          frame(0x88,
                                "\x03\xE8"
                                "bye");
  FrameReader reader;
  std::vector<WebSocketMessage> messages;
  for (const char byte : all) {
    reader.add({&byte, 1});
    auto message = reader.next();
    ASSERT_TRUE(message) << message.error().why;
    if (*message) messages.push_back(std::move(**message));
  }
  ASSERT_EQ(messages.size(), 4U);
  EXPECT_EQ(messages[0].kind, Kind::ping);  // between the pieces
  EXPECT_EQ(messages[1].payload, "one two " + std::string(70'000, 'x'));
  EXPECT_EQ(messages[2].payload.size(), 300U);
  EXPECT_EQ(messages[3].code, 1000);
  EXPECT_EQ(messages[3].payload, "bye");
}

TEST(FrameReader, FailsOnWhatTheStandardForbids) {
  EXPECT_EQ(failure(frame(0xC1, "x")), 1002);  // reserved bits
  EXPECT_EQ(failure(frame(0x83, "x")), 1002);  // reserved kinds
  EXPECT_EQ(failure(frame(0x8B, "x")), 1002);
  EXPECT_EQ(failure("\x81\x81\x00\x00\x00\x00x"s), 1002);  // masked
  EXPECT_EQ(failure("\x81\x7E\x00\x05hello"s), 1002);      // a needless length
  EXPECT_EQ(failure("\x81\x7F\0\0\0\0\0\0\x01\x00"s), 1002);
  EXPECT_EQ(failure(frame(0x09, "x")), 1002);                             // a ping in pieces
  EXPECT_EQ(failure("\x89\x7E\x00\x7E"s + std::string(126, 'x')), 1002);  // a long ping
  EXPECT_EQ(failure(frame(0x80, "x")), 1002);                             // the end of nothing
  EXPECT_EQ(failure(frame(0x01, "x") + frame(0x81, "y")), 1002);          // a message in a message
  EXPECT_EQ(failure(frame(0x81, "\xFF")), 1007);                          // not UTF-8
  EXPECT_EQ(failure(frame(0x01, "\xC3") + frame(0x80, "\xC3")), 1007);
  EXPECT_EQ(failure(frame(0x01, "\xC3") + frame(0x80, "\xA4")), 0);
  EXPECT_EQ(failure(frame(0x88, "x")), 1002);  // half a close code
  EXPECT_EQ(failure(frame(0x88, "\x03\xE8\xFF")), 1007);
}

TEST(FrameReader, KnowsWhichCloseCodesMayBeSent) {
  for (const int code : {1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999})
    EXPECT_TRUE(is_close_code(code)) << code;
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65'535})
    EXPECT_FALSE(is_close_code(code)) << code;
  EXPECT_EQ(failure(frame(0x88, "\x03\xED")), 1002);  // 1005
  FrameReader reader;
  reader.add(frame(0x88, ""));
  EXPECT_EQ((*reader.next())->code, 1005);
}

TEST(FrameReader, RefusesWhatIsTooLargeBeforeItIsThere) {
  EXPECT_EQ(failure("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), 1009);
  EXPECT_EQ(failure("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s), 1009);
  EXPECT_EQ(failure("\x82\x7F\0\0\0\0\0\x10\0\x01"s), 1009);
  const std::string half(kMaxWebSocketMessage / 2, 'x');
  EXPECT_EQ(failure(frame(0x02, half) + frame(0x00, half) + frame(0x80, "x")), 1009);
  EXPECT_EQ(failure(frame(0x02, half) + frame(0x80, half)), 0);
}

TEST(MakeFrame, MasksWhatItSends) {
  // The example of RFC 6455, 5.7.
  EXPECT_EQ(make_frame(Kind::text, "Hello", {0x37, 0xfa, 0x21, 0x3d}),
            "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
  EXPECT_EQ(make_frame(Kind::binary, std::string(126, 'x'), {}).substr(0, 4), "\x82\xFE\x00\x7E"s);
  EXPECT_EQ(make_frame(Kind::binary, std::string(65'536, 'x'), {}).substr(0, 10),
            "\x82\xFF\0\0\0\0\0\x01\0\0"s);
  EXPECT_EQ(close_payload(1000, std::string(200, 'x')).size(), kMaxControlPayload);
}

}  // namespace
}  // namespace midimon::net
