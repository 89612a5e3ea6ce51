// What is particular to memory; what all file systems promise is in the contract tests.
#include "vfs/memory.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

class Memory : public testing::Test {
 protected:
  ManualClock clock_{Nanos(0), Nanos(1000)};
  std::unique_ptr<Directory> root_ = make_memory(clock_, 100);
  Calls fs_{*root_};
};

TEST_F(Memory, AWriteThatIsPartlyTooMuchIsCutShort) {
  const auto file = fs_.file("f");
  EXPECT_EQ(write_text(*file, std::string(150, 'x')), 100U);
  EXPECT_EQ(code(write_text(*file, "x", 100)), Errno::nospc);
  EXPECT_EQ(write_text(*file, "y", 99), 1U) << "what is there may be written over";
  EXPECT_EQ(file->stat()->size, 100U);
}

TEST_F(Memory, HolesAndLinkTargetsCount) {
  const auto file = fs_.file("f");
  EXPECT_EQ(file->set_size(101), Errno::nospc);
  EXPECT_EQ(file->set_size(60), Errno::success);
  EXPECT_EQ(fs_.symlink(std::string(41, 't'), "l"), Errno::nospc);
  EXPECT_EQ(fs_.symlink(std::string(40, 't'), "l"), Errno::success);
  EXPECT_EQ(file->allocate(60, 1), Errno::nospc);
  EXPECT_EQ(code(write_text(*file, "x", std::uint64_t{1} << 40)), Errno::nospc);
  EXPECT_EQ(file->stat()->size, 60U);
}

TEST_F(Memory, RoomComesBackWithTheLastUser) {
  auto file = fs_.file("f");
  ASSERT_EQ(file->set_size(100), Errno::success);
  ASSERT_EQ(fs_.unlink("f"), Errno::success);
  EXPECT_FALSE(fs_.put("g", "x"));
  file.reset();
  EXPECT_TRUE(fs_.put("g", "x"));
  EXPECT_EQ(fs_.open("g", kTruncate), Errno::success);
  EXPECT_TRUE(fs_.put("g", std::string(100, 'x')));
}

TEST_F(Memory, TimesComeFromTheClock) {
  ASSERT_TRUE(fs_.put("f", ""));
  EXPECT_EQ(fs_.stat("f")->modified, Nanos(1000));
  clock_.advance(Nanos(5));
  ASSERT_TRUE(fs_.put("f", "x"));
  EXPECT_EQ(fs_.stat("f")->modified, Nanos(1005));
  EXPECT_EQ(fs_.set_times("f", false, {TimeNow{}, Nanos(3)}), Errno::success);
  EXPECT_EQ(fs_.stat("f")->accessed, Nanos(1005));
  EXPECT_EQ(fs_.stat("f")->modified, Nanos(3));
}

TEST_F(Memory, ItLivesAsLongAsAnythingOpenedFromIt) {
  ASSERT_EQ(fs_.mkdir("d"), Errno::success);
  ASSERT_EQ(fs_.mkdir("d/e"), Errno::success);
  const auto below = fs_.directory("d");
  root_.reset();
  Calls fs(*below);
  EXPECT_TRUE(fs.put("e/f", "text"));
  EXPECT_EQ(fs.rename("e", "e/x"), Errno::inval);
  EXPECT_EQ(fs.get("e/f"), "text");
}

TEST_F(Memory, DirectoriesMayBeNestedDeeperThanTheStack) {
  auto at = Calls(*root_).directory(".");
  for (int i = 0; i < 200'000; ++i) {
    Calls fs(*at);
    ASSERT_EQ(fs.mkdir("d"), Errno::success);
    at = fs.directory("d");
  }
}

TEST_F(Memory, MayBeUsedFromManyThreads) {
  const auto shared = make_memory(clock_, 1 << 20);
  std::array<std::thread, 4> threads;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t] = std::thread([&shared, t] {
      Calls fs(*shared);
      const std::string mine = fmt::format("f{}", t);
      for (int i = 0; i < 300; ++i) {
        EXPECT_TRUE(fs.put(mine, "text"));
        EXPECT_EQ(fs.get(mine), "text");
        (void)fs.rename(mine, "shared");
        (void)fs.open("shared", kTruncate);
        (void)names_in(*shared);
        (void)fs.unlink("shared");
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(names_in(*shared), std::vector<std::string>{});
}

}  // namespace
}  // namespace midimon::vfs
