// Attacks on the cache of compiled code by who may write to its directory and cannot read the key.
// What they are after: that the module with 7 answers 666, which is what other code answers that
// midimon compiled as well.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "wasm/aot_test_support.h"
#include "wasm/sealed_copy.h"

namespace midimon::wasm {
namespace {

using testing::answer_of;
using testing::AotTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_file;
using testing::shared_engine;
using testing::write_file;
namespace fs = std::filesystem;

constexpr int kGood = 7;
constexpr int kEvil = 666;

class AotAttack : public AotTest {
 protected:
  AotAttack() {
    ask(kGood);
    ask(kEvil);
    good_ = read_file(entry(kGood));
    evil_ = read_file(entry(kEvil));
    path_ = entry(kGood);
    EXPECT_EQ(good_.size(), evil_.size());
    EXPECT_NE(good_, evil_);
  }

  // Writes over the file that is there, so that whoever has it open or mapped sees it.
  static void write_over(const fs::path& path, const std::string& bytes) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.valid()) (void)!::pwrite(fd.get(), bytes.data(), bytes.size(), 0);
  }
  // The good header with the evil code.
  [[nodiscard]] std::string mixed() const {
    return good_.substr(0, EntryHeader::kBytes) + evil_.substr(EntryHeader::kBytes);
  }
  // What is in the place of the entry is not used, is gone afterwards, and is said to be `why`.
  void expect_refused(const std::string& why) {
    (void)take_remarks();
    EXPECT_EQ(ask(kGood), kGood);
    EXPECT_FALSE(found());
    EXPECT_THAT(take_remarks(), ElementsAre(HasSubstr(why)));
    EXPECT_EQ(ask(kGood), kGood);
    EXPECT_TRUE(found());
  }

  std::string good_;
  std::string evil_;
  fs::path path_;
};

TEST_F(AotAttack, TheEntryOfAnotherModuleIsRefused) {
  write_file(path_, evil_);
  expect_refused("that of another module");
}

TEST_F(AotAttack, TheCodeOfAnotherModuleIsRefused) {
  write_file(path_, mixed());
  expect_refused("not as midimon wrote it");
  // With all of the other's header but the part that says which module it is.
  std::string claims = evil_;
  claims.replace(16, 32, good_, 16, 32);
  write_file(path_, claims);
  expect_refused("not as midimon wrote it");
}

TEST_F(AotAttack, TheSwapIsFoundAlsoIfItIsARename) {
  fs::rename(entry(kEvil), path_);
  expect_refused("that of another module");
}

TEST_F(AotAttack, NothingIsFollowedOrWaitedFor) {
  const fs::path elsewhere = root_ / "elsewhere";
  write_file(elsewhere, good_);
  fs::remove(path_);
  fs::create_symlink(elsewhere, path_);
  expect_refused("symbolic link");
  EXPECT_EQ(read_file(elsewhere), good_);

  fs::remove(path_);
  fs::create_hard_link(elsewhere, path_);
  expect_refused("hard link");
  EXPECT_EQ(read_file(elsewhere), good_);

  fs::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  expect_refused("not a file");

  fs::remove(path_);
  fs::create_directory(path_);
  expect_refused("not a file");
}

TEST_F(AotAttack, WhatOthersMayWriteToIsRefused) {
  ::chmod(path_.c_str(), 0622);
  expect_refused("mode");
  ::chmod(path_.c_str(), 0620);
  expect_refused("mode");
}

// It cannot be cleared away, so nothing is kept; the module runs all the same.
TEST_F(AotAttack, ADirectoryThatIsNotEmptyInItsPlaceStopsNothing) {
  fs::remove(path_);
  fs::create_directories(path_ / "x");
  (void)take_remarks();
  EXPECT_EQ(ask(kGood), kGood);
  EXPECT_EQ(ask(kGood), kGood);
  EXPECT_FALSE(found());
  EXPECT_TRUE(fs::exists(path_ / "x"));
}

// Shows that the attack below has teeth: a loader that checks the file and then maps it runs what
// was written in between.
TEST_F(AotAttack, WouldWinAgainstALoaderThatMapsWhatItChecked) {
  const fs::path code = root_ / "code";
  write_file(code, good_.substr(EntryHeader::kBytes));
  const UniqueFd fd(::open(code.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(read_file(code), good_.substr(EntryHeader::kBytes));  // the check
  write_over(code, evil_.substr(EntryHeader::kBytes));
  const auto module = Module::map(shared_engine(), fd.get());
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(answer_of(shared_engine(), *module), kEvil);
}

TEST_F(AotAttack, WhatIsWrittenBetweenCheckAndUseIsNotUsed) {
  options_.after_check = [this] { write_over(path_, evil_); };
  EXPECT_EQ(ask(kGood), kGood);
  EXPECT_TRUE(found());
  options_.after_check = {};
  expect_refused("that of another module");
}

TEST_F(AotAttack, WhatReplacesTheFileBetweenCheckAndUseIsNotUsed) {
  options_.after_check = [this] { fs::rename(entry(kEvil), path_); };
  EXPECT_EQ(ask(kGood), kGood);
  EXPECT_TRUE(found());
}

TEST_F(AotAttack, TheCheckedCopyCanBeChangedByNobody) {
  const UniqueFd file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  const auto copy = SealedCopy::of(file.get(), 0, good_.size());
  ASSERT_TRUE(copy);
  EXPECT_EQ(::pwrite(copy->fd(), "x", 1, 0), -1);
  EXPECT_NE(::ftruncate(copy->fd(), 0), 0);
  EXPECT_NE(::ftruncate(copy->fd(), 1 << 20), 0);
  EXPECT_EQ(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, copy->fd(), 0), MAP_FAILED);
  // Nor through /proc, as another process of the same user would try it.
  const std::string path = "/proc/self/fd/" + std::to_string(copy->fd());
  const UniqueFd again(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_TRUE(!again.valid() || ::pwrite(again.get(), "x", 1, 0) == -1);
  EXPECT_FALSE(SealedCopy::of(file.get(), 0, good_.size() + 1));
}

// A thread writes over the entry all the time, sometimes all of it and sometimes the code alone,
// and puts the good one back. What is found or compiled must answer as it should, every time.
TEST_F(AotAttack, ARaceForTheBytesIsNeverWon) {
  std::atomic<bool> stop = false;
  std::thread attacker([&] {
    for (unsigned round = 0; !stop; ++round) {
      write_over(path_, round % 2 == 0 ? evil_ : mixed());
      if (round % 3 == 0) std::this_thread::yield();
      write_over(path_, good_);
      if (round % 5 == 0) std::this_thread::yield();
    }
  });
  int found_rounds = 0;
  int refused_rounds = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  bool held = true;
  while (held && std::chrono::steady_clock::now() < end) {
    held = ask(kGood) == kGood;
    ++(found() ? found_rounds : refused_rounds);
  }
  stop = true;
  attacker.join();
  EXPECT_TRUE(held);
  EXPECT_GT(found_rounds, 0);
  EXPECT_GT(refused_rounds, 0);
}

}  // namespace
}  // namespace midimon::wasm
