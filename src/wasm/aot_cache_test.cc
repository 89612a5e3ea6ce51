#include "wasm/aot_cache.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "wasm/aot_test_support.h"

namespace midimon::wasm {
namespace {

using testing::answer_of;
using testing::AotTest;
using testing::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::module_that_answers;
using testing::read_file;
using testing::sha256_of;
using testing::shared_engine;
using testing::write_file;
namespace fs = std::filesystem;

class AotCacheTest : public AotTest {
 protected:
  // Kept, then found.
  void warm(int number) {
    EXPECT_EQ(ask(number), number);
    EXPECT_EQ(ask(number), number);
    EXPECT_TRUE(found());
    (void)take_remarks();
  }
  // The entry of the module with `number` is wrong: it is not used, made anew, and said to be
  // `why`.
  void expect_rebuilt(int number, const std::string& why) {
    EXPECT_EQ(ask(number), number);
    EXPECT_FALSE(found());
    EXPECT_THAT(take_remarks(), ElementsAre(HasSubstr(why)));
    EXPECT_EQ(ask(number), number);
    EXPECT_TRUE(found());
    EXPECT_THAT(take_remarks(), IsEmpty());
    struct stat status {};
    EXPECT_EQ(::lstat(entry(number).c_str(), &status), 0);
    EXPECT_TRUE(S_ISREG(status.st_mode));
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
  }
  // It works all the same, and nothing is found.
  void expect_without(const AotCacheOptions& options, const std::string& why) {
    AotCache cache(options);
    for (int number = 1; number <= 3; ++number)
      EXPECT_EQ(ask(cache, number), number);
    EXPECT_EQ(cache.counts().found, 0U);
    EXPECT_EQ(cache.counts().kept, 0U);
    EXPECT_THAT(take_remarks(), ElementsAre(HasSubstr(why)));
  }
  void set_used(int number, std::time_t when) const {
    const timespec times[2] = {{when, 0}, {when, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, entry(number).c_str(), times, 0), 0);
  }
};

TEST_F(AotCacheTest, CompilesAModuleOnceAndFindsItThen) {
  AotCache cache(options_);
  EXPECT_EQ(ask(cache, 7), 7);
  EXPECT_FALSE(found());
  EXPECT_EQ(ask(cache, 7), 7);
  EXPECT_TRUE(found());
  EXPECT_EQ(cache.counts().compiled, 1U);
  EXPECT_EQ(cache.counts().kept, 1U);
  EXPECT_EQ(cache.counts().dropped, 0U);
  EXPECT_THAT(entries(), ElementsAre(entry(7)));
  EXPECT_EQ(ask(7), 7);  // by another one, as after a restart
  EXPECT_TRUE(found());
  EXPECT_THAT(take_remarks(), IsEmpty());
}

TEST_F(AotCacheTest, MakesItsDirectoriesForTheirOwnerAlone) {
  const mode_t before = ::umask(0);
  ask(7);
  ::umask(before);
  for (const fs::path& path : {directory(), directory().parent_path(), mac_key().parent_path()})
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all) << path;
  EXPECT_EQ(fs::status(entry(7)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AotCacheTest, TouchesNothingBeforeItIsAsked) {
  const AotCache cache(options_);
  EXPECT_FALSE(fs::exists(directory()));
  EXPECT_FALSE(fs::exists(mac_key()));
}

TEST_F(AotCacheTest, WhatIsFoundIsWhatWasCompiled) {
  const Bytes wasm = wat_to_wasm(R"((module
    (import "env" "f" (func (param i64) (result f32)))
    (memory (export "memory") 3)
    (func (export "run") (result i32) i32.const 1)))")
                         .value();
  AotCache cache(options_);
  const auto compiled = cache.compile(shared_engine(), wasm, sha256_of(wasm));
  const auto found = cache.compile(shared_engine(), wasm, sha256_of(wasm));
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(cache.counts().found, 1U);
  ASSERT_EQ(found->imports().size(), 1U);
  EXPECT_EQ(found->imports()[0].function, compiled->imports()[0].function);
  ASSERT_EQ(found->exports().size(), 2U);
  EXPECT_EQ(found->find_export("memory")->memory_minimum_bytes, 3U * 65536);
  EXPECT_EQ(*found->serialize(), *compiled->serialize());
}

TEST_F(AotCacheTest, KeepsNothingOfAModuleThatIsNotValid) {
  const Bytes junk(100);
  AotCache cache(options_);
  const auto module = cache.compile(shared_engine(), junk, sha256_of(junk));
  ASSERT_FALSE(module);
  EXPECT_THAT(module.error().message, HasSubstr("not valid WebAssembly"));
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(AotCacheTest, KeepsCodeOfEachSettingByItself) {
  EXPECT_EQ(ask(7, true), 7);
  EXPECT_EQ(ask(7, false), 7);
  EXPECT_FALSE(found());
  EXPECT_EQ(entries().size(), 2U);
  EXPECT_EQ(ask(7, true), 7);
  EXPECT_TRUE(found());
  EXPECT_EQ(ask(7, false), 7);
  EXPECT_TRUE(found());
}

TEST_F(AotCacheTest, CodeServesEnginesThatDifferInWhatDoesNotShapeIt) {
  ask(7);
  EngineOptions options;
  options.pool_size = 3;
  options.max_stack_bytes = 1024UL * 1024;
  const auto engine = Engine::create(options);  // with a pool, which the one above has not
  const Bytes wasm = module_that_answers(7);
  AotCache cache(options_);
  const auto module = cache.compile(*engine, wasm, sha256_of(wasm));
  ASSERT_TRUE(module) << module.error().message;
  EXPECT_EQ(cache.counts().found, 1U);
  EXPECT_EQ(answer_of(*engine, *module), 7);
}

TEST_F(AotCacheTest, ReplacesAnEntryOfAnotherVersionWithoutAWord) {
  warm(7);
  std::string bytes = read_file(entry(7));
  bytes[48] ^= 1;  // the hash of what made it
  write_file(entry(7), bytes);
  EXPECT_EQ(ask(7), 7);
  EXPECT_FALSE(found());
  EXPECT_THAT(take_remarks(), IsEmpty());
  EXPECT_EQ(ask(7), 7);
  EXPECT_TRUE(found());
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(AotCacheTest, DropsAnEntryWithAByteChangedAnywhere) {
  warm(7);
  const std::string good = read_file(entry(7));
  std::vector<std::size_t> places = {120, 121, good.size() / 2, good.size() - 1};
  for (std::size_t at = 0; at < EntryHeader::kBytes; ++at)
    places.push_back(at);
  for (const std::size_t at : places) {
    std::string bytes = good;
    bytes[at] ^= 0x40;
    write_file(entry(7), bytes);
    AotCache cache(options_);
    EXPECT_EQ(ask(cache, 7), 7) << at;
    EXPECT_EQ(cache.counts().dropped, 1U) << at;
    EXPECT_EQ(cache.counts().kept, 1U) << at;
  }
  EXPECT_EQ(ask(7), 7);
  EXPECT_TRUE(found());
}

TEST_F(AotCacheTest, DropsAnEntryThatIsCutOrLonger) {
  warm(7);
  const std::string good = read_file(entry(7));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, EntryHeader::kBytes - 1,
                                 EntryHeader::kBytes, good.size() - 1}) {
    write_file(entry(7), good.substr(0, size));
    expect_rebuilt(7, "a part of it is missing");
  }
  write_file(entry(7), good + "x");
  expect_rebuilt(7, "more was added");
}

TEST_F(AotCacheTest, DropsWhatIsNoEntry) {
  warm(7);
  write_file(entry(7), std::string(10'000, 'x'));
  expect_rebuilt(7, "something else");
}

TEST_F(AotCacheTest, DropsAnEntryThatIsTooLargeBeforeItIsRead) {
  warm(7);
  fs::resize_file(entry(7), 1ULL << 40);
  expect_rebuilt(7, "more was added");
}

TEST_F(AotCacheTest, DropsAnEntryMadeUnderAnotherKey) {
  warm(7);
  fs::remove(mac_key());
  expect_rebuilt(7, "not as midimon wrote it");
}

TEST_F(AotCacheTest, AKeyThatOthersCouldReadVouchesForNothing) {
  warm(7);
  ::chmod(mac_key().c_str(), 0644);
  EXPECT_EQ(ask(7), 7);
  EXPECT_FALSE(found());
  EXPECT_THAT(take_remarks(),
              ElementsAre(HasSubstr("was replaced"), HasSubstr("not as midimon wrote it")));
}

TEST_F(AotCacheTest, WorksWithoutARoomOfItsOwn) {
  AotCacheOptions options = options_;
  options.cache = "/proc/midimon";  // no directory can be made there
  expect_without(options, "/proc/midimon");
  options = options_;
  options.state = "/proc/midimon";
  expect_without(options, "/proc/midimon");
}

TEST_F(AotCacheTest, UsesNoDirectoryThatOthersMayEnter) {
  fs::create_directories(directory());
  ::chmod(directory().parent_path().c_str(), 0700);
  ::chmod(directory().c_str(), 0755);
  expect_without(options_, "chmod 0700 '" + directory().string() + "'");
}

TEST_F(AotCacheTest, UsesNoDirectoryBehindALink) {
  ask(7);
  const fs::path elsewhere = root_ / "elsewhere";
  fs::rename(directory(), elsewhere);
  fs::create_directory_symlink(elsewhere, directory());
  expect_without(options_, "symbolic link");
}

TEST_F(AotCacheTest, GoesOnWhereItsDirectoryIsTakenAway) {
  AotCache cache(options_);
  EXPECT_EQ(ask(cache, 1), 1);
  fs::remove_all(directory());
  EXPECT_EQ(ask(cache, 2), 2);
  EXPECT_EQ(ask(cache, 3), 3);
  EXPECT_EQ(cache.counts().kept, 1U);
  EXPECT_THAT(take_remarks(), ElementsAre(HasSubstr("Cannot write")));  // once
}

// For as long as it lives no file may become larger than 1 KiB: writing ends as on a full disk.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit little{1024, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &little);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(AotCacheTest, LeavesNothingBehindWhereTheDiskIsFull) {
  {
    const FullDisk full;
    expect_without(options_, "Cannot write");
  }
  EXPECT_THAT(entries(), IsEmpty());
  warm(1);
}

// For as long as it lives nothing can be opened.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(AotCacheTest, AnEntryThatCannotBeReadNowIsThereLater) {
  warm(7);
  const std::string before = read_file(entry(7));
  AotCache cache(options_);
  ask(cache, 1);
  {
    const NoDescriptors none;
    EXPECT_EQ(ask(cache, 7), 7);
    EXPECT_EQ(ask(cache, 7), 7);
  }
  EXPECT_EQ(cache.counts().found, 0U);
  EXPECT_EQ(cache.counts().dropped, 0U);
  EXPECT_THAT(take_remarks(), ElementsAre(HasSubstr("cannot be read")));
  EXPECT_EQ(read_file(entry(7)), before);
  EXPECT_EQ(ask(cache, 7), 7);
  EXPECT_EQ(cache.counts().found, 1U);
}

TEST_F(AotCacheTest, TheEntryThatWasUsedLongestAgoGoesFirst) {
  for (int number = 1; number <= 4; ++number)
    ask(number);
  const std::uint64_t each = fs::file_size(entry(1));
  for (int number = 1; number <= 4; ++number)
    set_used(number, 1'000'000 + number);
  ask(1);  // which is used by that
  ASSERT_TRUE(found());
  options_.max_bytes = 4 * each + each / 2;
  ask(5);
  EXPECT_TRUE(fs::exists(entry(1)));
  EXPECT_FALSE(fs::exists(entry(2)));
  EXPECT_TRUE(fs::exists(entry(3)));
  EXPECT_TRUE(fs::exists(entry(4)));
  EXPECT_TRUE(fs::exists(entry(5)));
}

TEST_F(AotCacheTest, NeverHoldsMoreThanItMay) {
  ask(1);
  const std::uint64_t each = fs::file_size(entry(1));
  options_.max_bytes = 5 * each;
  for (int number = 1; number <= 12; ++number) {
    ask(number);
    const auto usage = examine_aot(options_);
    ASSERT_TRUE(usage);
    EXPECT_LE(usage->bytes, options_.max_bytes);
    EXPECT_TRUE(fs::exists(entry(number)));
  }
  EXPECT_EQ(examine_aot(options_)->entries, 5U);
}

TEST_F(AotCacheTest, KeepsNoModuleThatWouldTakeMoreThanAQuarter) {
  ask(1);
  const std::uint64_t each = fs::file_size(entry(1));
  fs::remove(entry(1));
  options_.max_bytes = 4 * each - 1;
  ask(1);
  EXPECT_THAT(entries(), IsEmpty());
  options_.max_bytes = 0;
  EXPECT_EQ(ask(1), 1);
  EXPECT_THAT(entries(), IsEmpty());
}

TEST_F(AotCacheTest, ClearsWhatAProcessLeftThatWasKilledWhileItWrote) {
  ask(1);
  write_file(directory() / ".new-0123", "half");
  write_file(directory() / ".new-4567", "half");
  const timespec long_ago[2] = {{1'000'000, 0}, {1'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (directory() / ".new-0123").c_str(), long_ago, 0), 0);
  write_file(directory() / "README", "somebody else's");
  ask(2);
  EXPECT_FALSE(fs::exists(directory() / ".new-0123"));
  EXPECT_TRUE(fs::exists(directory() / ".new-4567"));  // its process may be at it still
  EXPECT_TRUE(fs::exists(directory() / "README"));
}

TEST_F(AotCacheTest, IsSharedByThreads) {
  AotCache cache(options_);
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int number = 1; number <= 8; ++number) {
        const Bytes wasm = module_that_answers(number);
        const auto module = cache.compile(shared_engine(), wasm, sha256_of(wasm));
        if (!module || answer_of(shared_engine(), *module) != number) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(cache.counts().dropped, 0U);
  EXPECT_EQ(entries().size(), 8U);
}

// Each with a descriptor and a key of its own, as processes have them; there is room for a few.
TEST_F(AotCacheTest, IsSharedByCachesThatEvictEachOthersEntries) {
  ask(1);
  options_.max_bytes = 4 * fs::file_size(entry(1)) + 100;
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 12; ++round) {
        const int number = 1 + (i + round) % 6;
        const Bytes wasm = module_that_answers(number);
        AotCache cache(options_);
        const auto module = cache.compile(shared_engine(), wasm, sha256_of(wasm));
        if (!module || answer_of(shared_engine(), *module) != number) ++wrong;
        if (cache.counts().dropped != 0) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_THAT(take_remarks(), IsEmpty());
  EXPECT_LE(examine_aot(options_)->bytes, options_.max_bytes);
}

TEST_F(AotCacheTest, IsWhatTheEnvironmentWantsItToBe) {
  Places places;
  places.cache = "/c";
  places.state = "/s";
  std::string said;
  const auto options_for = [&](const char* wish) {
    said.clear();
    return aot_options(
        places,
        [wish](const std::string& name) {
          return name == "MIDIMON_AOT_CACHE" && wish != nullptr ? std::optional<std::string>(wish)
                                                                : std::nullopt;
        },
        [&](LogLevel, std::string_view text) { said = text; });
  };
  EXPECT_EQ(options_for(nullptr)->cache, "/c");
  EXPECT_EQ(options_for(nullptr)->state, "/s");
  EXPECT_EQ(options_for(nullptr)->max_bytes, 256ULL * 1024 * 1024);
  EXPECT_FALSE(options_for("off"));
  EXPECT_EQ(options_for("1MiB")->max_bytes, 1024U * 1024);
  EXPECT_EQ(said, "");
  EXPECT_EQ(options_for("of")->max_bytes, 256ULL * 1024 * 1024);
  EXPECT_THAT(said, HasSubstr("MIDIMON_AOT_CACHE"));
}

TEST_F(AotCacheTest, IsExaminedWithoutBeingMade) {
  EXPECT_EQ(examine_aot(options_)->entries, 0U);
  EXPECT_FALSE(fs::exists(root_ / "cache"));
  ask(1);
  EXPECT_EQ(examine_aot(options_)->entries, 1U);
  EXPECT_EQ(examine_aot(options_)->bytes, fs::file_size(entry(1)));
  ::chmod(directory().c_str(), 0755);
  EXPECT_FALSE(examine_aot(options_));
}

}  // namespace
}  // namespace midimon::wasm
