#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "wasi/test_support.h"

namespace midimon::wasi {
namespace {

class ArgsTest : public WasiTest {
 protected:
  ArgsTest() {
    ContextOptions options;
    options.args = {"prog", "", "h\xC3\xA9"};
    options.env = {"A=1", "LONG=value"};
    restart(std::move(options));
  }

  // The strings that a *_get call gave: its pointers are at kOut, its bytes at `buf`.
  std::vector<std::string> strings(std::size_t count, Ptr pointers = kOut) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = out<Ptr>(static_cast<Ptr>(pointers + i * 4));
      all.emplace_back(reinterpret_cast<const char*>(bytes_.data() + at));
    }
    return all;
  }
};

TEST_F(ArgsTest, SizesIncludeTheNuls) {
  EXPECT_EQ(run(args_sizes_get, kOut, kOut + 4), Errno::success);
  EXPECT_EQ(out<Size>(), 3U);
  EXPECT_EQ(out<Size>(kOut + 4), 5U + 1U + 4U);
  EXPECT_EQ(run(environ_sizes_get, kOut, kOut + 4), Errno::success);
  EXPECT_EQ(out<Size>(), 2U);
  EXPECT_EQ(out<Size>(kOut + 4), 4U + 11U);
}

TEST_F(ArgsTest, StringsAreTerminatedAndInOrder) {
  EXPECT_EQ(run(args_get, kOut, kBuffer), Errno::success);
  EXPECT_EQ(strings(3), (std::vector<std::string>{"prog", "", "h\xC3\xA9"}));
  EXPECT_EQ(out<Ptr>(), kBuffer);
  EXPECT_EQ(text_at(kBuffer, 10), std::string("prog\0\0h\xC3\xA9\0", 10));
  EXPECT_EQ(run(environ_get, kOut, kBuffer), Errno::success);
  EXPECT_EQ(strings(2), (std::vector<std::string>{"A=1", "LONG=value"}));
}

TEST_F(ArgsTest, NothingBehindTheLastByteIsTouched) {
  EXPECT_EQ(run(args_get, kOut, kBuffer), Errno::success);
  EXPECT_EQ(bytes_[kBuffer + 10], std::byte{0xAA});
  EXPECT_EQ(bytes_[kOut + 12], std::byte{0xAA});
}

TEST_F(ArgsTest, EmptyListsFitTheVeryEndOfMemory) {
  restart({});
  EXPECT_EQ(run(args_sizes_get, kOut, kOut + 4), Errno::success);
  EXPECT_EQ(out<Size>(), 0U);
  EXPECT_EQ(out<Size>(kOut + 4), 0U);
  EXPECT_EQ(run(args_get, kEnd, kEnd), Errno::success);
  EXPECT_EQ(run(environ_get, kEnd, kEnd), Errno::success);
  EXPECT_EQ(run(args_get, kEnd + 4, kEnd), Errno::fault);
}

TEST_F(ArgsTest, ListsMayEndWithTheLastByteOfMemory) {
  EXPECT_EQ(run(args_get, kEnd - 12, kBuffer), Errno::success);
  EXPECT_EQ(run(args_get, kOut, kEnd - 10), Errno::success);
  EXPECT_EQ(run(args_get, kEnd - 8, kBuffer), Errno::fault);
  EXPECT_EQ(run(args_get, kOut, kEnd - 9), Errno::fault);
}

TEST_F(ArgsTest, BadPointersFaultAndWriteNothing) {
  EXPECT_TRUE(leaves_memory_alone([&] {
    for (const Ptr bad : {kEnd, kEnd - 3, Ptr{0xFFFFFFFC}, Ptr{0xFFFFFFFF}, kOut + 1, kOut + 2}) {
      EXPECT_EQ(run(args_sizes_get, bad, kOut), Errno::fault) << bad;
      EXPECT_EQ(run(args_sizes_get, kOut, bad), Errno::fault) << bad;
      EXPECT_EQ(run(environ_sizes_get, bad, kOut), Errno::fault) << bad;
      EXPECT_EQ(run(environ_sizes_get, kOut, bad), Errno::fault) << bad;
      EXPECT_EQ(run(args_get, bad, kBuffer), Errno::fault) << bad;
      EXPECT_EQ(run(environ_get, bad, kBuffer), Errno::fault) << bad;
    }
    for (const Ptr bad : {kEnd, kEnd - 3, Ptr{0xFFFFFFFC}, Ptr{0xFFFFFFFF}}) {
      EXPECT_EQ(run(args_get, kOut, bad), Errno::fault) << bad;
      EXPECT_EQ(run(environ_get, kOut, bad), Errno::fault) << bad;
    }
  }));
}

TEST_F(ArgsTest, AGuestWithoutMemoryGetsNothing) {
  bytes_.clear();
  EXPECT_EQ(run(args_sizes_get, 0, 4), Errno::fault);
  EXPECT_EQ(run(args_get, 0, 0), Errno::fault);
}

}  // namespace
}  // namespace midimon::wasi
