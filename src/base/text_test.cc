#include "base/text.h"

#include <gtest/gtest.h>

namespace midimon {
namespace {

TEST(IsUtf8, TakesWellFormedText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("plain, h\xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x8E\xB9"));
}

TEST(IsUtf8, RefusesWhatUnicodeForbids) {
  EXPECT_FALSE(is_utf8("\x80"));              // a continuation on its own
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong "/"
  EXPECT_FALSE(is_utf8("\xE0\x80\xAF"));      // overlong "/", three bytes
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // a surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("\xE2\x82"));          // cut short
  EXPECT_FALSE(is_utf8("\xFF"));
}

TEST(EscapeLine, WritesControlsAndBrokenBytesAsText) {
  EXPECT_EQ(escape_line("a\nb\tc\x1B[31m\x7F"), "a\\nb\\tc\\x1b[31m\\x7f");
  EXPECT_EQ(escape_line("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(escape_line("C:\\x"), "C:\\\\x");
}

TEST(EscapeLine, ShowsCharactersThatReverseOrHideText) {
  EXPECT_EQ(escape_line("txt.\xE2\x80\xAE"
                        "exe"),
            "txt.\\u{202e}exe");
  EXPECT_EQ(escape_line("a\xE2\x80\x8B"
                        "b"),
            "a\\u{200b}b");
  EXPECT_EQ(escape_line("\xC2\x9B"
                        "31m"),
            "\\u{9b}31m");
}

TEST(EscapeLine, KeepsOtherText) {
  EXPECT_EQ(escape_line("h\xC3\xA9llo \xF0\x9F\x8E\xB9"), "h\xC3\xA9llo \xF0\x9F\x8E\xB9");
}

TEST(Showable, IsWhatATerminalShowsAsItIs) {
  EXPECT_TRUE(is_showable("C:\\a \"b\" h\xC3\xA9llo"));
  for (const char* text : {"a\nb", "\x1B[31m", "\xFF",
                           "txt.\xE2\x80\xAE"
                           "exe"})
    EXPECT_FALSE(is_showable(text)) << text;
}

TEST(DecodeUtf8, ReadsCharactersAndEncodeWritesThem) {
  const std::string text = "aé世😀";
  const auto characters = decode_utf8(text);
  ASSERT_TRUE(characters);
  EXPECT_EQ(*characters, U"aé世😀");
  std::string again;
  for (const char32_t character : *characters)
    again += encode_utf8(character);
  EXPECT_EQ(again, text);
  EXPECT_EQ(decode_utf8(""), U"");
}

TEST(DecodeUtf8, EachLengthHasItsFirstAndLastCharacter) {
  for (const char32_t character :
       {0x1U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    const std::string text = encode_utf8(character);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(decode_utf8(text), std::u32string(1, character));
  }
}

TEST(DecodeUtf8, WhatIsNotWellFormedIsNothing) {
  for (const char* text : {"a\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80"})
    EXPECT_EQ(decode_utf8(text), std::nullopt) << escape_line(text);
}

TEST(JsonQuote, EscapesWhatJsonRequires) {
  EXPECT_EQ(json_quote("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(json_quote("\xFF"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace midimon
