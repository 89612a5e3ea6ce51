#include "store/change.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>

#include "store/test_support.h"

namespace midimon::store {
namespace {

using namespace testing;  // NOLINT
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

trust::SemVer version(const std::string& text) {
  return *trust::SemVer::parse(text);
}

class Change : public Home {
 protected:
  // What is in every file of a version.
  static package::Package package(const std::string& number) {
    return package::Package::make({{"plugin.wasm", "module " + number},
                                   {"plugin.wasm.minisig", "signature " + number},
                                   {"README.md", "readme " + number},
                                   {"presets/live.json", "preset " + number}})
        .value();
  }
  static void put(StoreChange& change, const std::string& number) {
    const auto staged = change.stage(package(number));
    ASSERT_TRUE(staged) << staged.error().message;
    const auto done = change.put("echo", {version(number), version(number)});
    ASSERT_TRUE(done) << done.error().message;
  }
  void put(const std::string& number) const {
    auto change = StoreChange::begin(places_);
    ASSERT_TRUE(change) << change.error().message;
    put(*change, number);
  }
  [[nodiscard]] std::string in_use() const {
    const auto record = Store(places_).in_use("echo");
    return record ? record->version->text() : "none";
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& in = "") const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(stored(in)))
      all.push_back(entry.path().filename());
    std::sort(all.begin(), all.end());
    return all;
  }
  // That the version in use has all its files, if there is one.
  void expect_whole() const {
    const std::string number = in_use();
    if (number == "none") return;
    const package::Package expected = package(number);
    for (const package::File& file : expected.files())
      EXPECT_EQ(read_file(stored("echo/" + number + "/" + file.name)), file.bytes);
  }
  void make_data() const {
    std::filesystem::create_directories(places_.plugin_data("echo"));
    for (const char* name : {"a", "b", "c"})
      write_file(places_.plugin_data("echo") + "/" + name, "data");
  }
};

TEST_F(Change, PutsVersionsSideBySideForTheOwnerAlone) {
  const mode_t before = ::umask(0);
  put("1.0.0");
  put("1.1.0");
  ::umask(before);
  EXPECT_EQ(in_use(), "1.1.0");
  expect_whole();
  EXPECT_THAT(names("echo"), ElementsAre("1.0.0", "1.1.0", "installed.toml"));
  EXPECT_EQ(read_file(stored("echo/1.0.0/plugin.wasm")), "module 1.0.0");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(stored(""))) {
    struct stat status {};
    ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST_F(Change, PutsAVersionInThePlaceOfOneWithTheSameNumber) {
  put("1.0.0");
  write_file(stored("echo/1.0.0/plugin.wasm"), "damaged");
  write_file(stored("echo/1.0.0/more"), "");
  put("1.0.0");
  expect_whole();
  EXPECT_FALSE(std::filesystem::exists(stored("echo/1.0.0/more")));
  EXPECT_THAT(names(), ElementsAre("echo"));
}

TEST_F(Change, IsForOneProcessAtATime) {
  const auto held = StoreChange::begin(places_);
  ASSERT_TRUE(held);
  const auto second = StoreChange::begin(places_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(Change, RemovesAllButWhatItRemembers) {
  put("1.0.0");
  put("1.1.0");
  make_data();
  auto change = StoreChange::begin(places_);
  EXPECT_TRUE(change->remove("echo", false).value());
  EXPECT_EQ(in_use(), "none");
  EXPECT_THAT(names("echo"), ElementsAre("installed.toml"));
  EXPECT_EQ(Store(places_).record("echo").value()->not_older_than.text(), "1.1.0");
  EXPECT_TRUE(std::filesystem::exists(places_.plugin_data("echo") + "/a"));
  EXPECT_TRUE(change->remove("echo", true).value()) << "there is data yet";
  EXPECT_FALSE(std::filesystem::exists(places_.plugin_data("echo")));
  EXPECT_FALSE(change->remove("echo", true).value());
  EXPECT_THAT(names(), ElementsAre("echo"));
}

TEST_F(Change, DataIsNotRemovedUnderARunningPlugin) {
  put("1.0.0");
  make_data();
  const auto running = plugins::take_lock(places_, "plugin-data/echo", "runs");
  ASSERT_TRUE(running);
  auto change = StoreChange::begin(places_);
  const auto removed = change->remove("echo", true);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::busy);
  EXPECT_EQ(in_use(), "1.0.0") << "nothing was removed";
}

TEST_F(Change, WhatIsRemovedIsNeverReachedThroughALink) {
  put("1.0.0");
  const std::filesystem::path outside = root_ / "outside";
  std::filesystem::create_directory(outside);
  write_file(outside / "kept", "kept");
  std::filesystem::create_directories(
      std::filesystem::path(places_.plugin_data("echo")).parent_path());
  std::filesystem::create_directory_symlink(outside, places_.plugin_data("echo"));
  std::filesystem::create_directory_symlink(outside, stored("echo/2.0.0"));
  std::filesystem::create_directory_symlink(outside, stored(".staged"));
  auto change = StoreChange::begin(places_);
  EXPECT_TRUE(change->remove("echo", true).value());
  EXPECT_EQ(read_file(outside / "kept"), "kept");
  EXPECT_THAT(names(), ElementsAre("echo"));
}

TEST_F(Change, WritesIntoNoLink) {
  put("1.0.0");
  const std::filesystem::path outside = root_ / "outside";
  std::filesystem::create_directory(outside);
  std::filesystem::rename(stored("echo"), root_ / "moved");
  std::filesystem::create_directory_symlink(outside, stored("echo"));
  auto change = StoreChange::begin(places_);
  ASSERT_TRUE(change->stage(package("1.1.0")));
  const auto done = change->put("echo", {version("1.1.0"), version("1.1.0")});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("symbolic link"));
  EXPECT_TRUE(std::filesystem::is_empty(outside));
}

TEST_F(Change, SweepsWhatACrashLeft) {
  put("1.0.0");
  std::filesystem::create_directories(stored(".staged/presets"));
  write_file(stored(".staged/plugin.wasm"), "half");
  std::filesystem::create_directories(stored(".removed/deep"));
  write_file(stored("echo/.installed.toml.12345678"), "half");
  for (const char* name : {"new", "new/1.0.0"})
    ASSERT_EQ(::mkdir(stored(name).c_str(), 0700), 0) << "put in place, and not in use yet";
  write_file(stored("note"), "not ours");
  ASSERT_TRUE(StoreChange::begin(places_));
  EXPECT_THAT(names(), ElementsAre("echo", "note"));
  EXPECT_THAT(names("echo"), ElementsAre("1.0.0", "installed.toml"));
  EXPECT_EQ(in_use(), "1.0.0");
}

TEST_F(Change, LeavesAPluginAloneWhoseRecordCannotBeRead) {
  put("1.0.0");
  write_file(stored("echo/installed.toml"), "format = 1\nversion = \"../1.0.0\"\n");
  ASSERT_TRUE(StoreChange::begin(places_));
  EXPECT_THAT(names("echo"), ElementsAre("1.0.0", "installed.toml"));
  const auto record = Store(places_).in_use("echo");
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message, HasSubstr("installed.toml:2:"));
}

// Kills a process at a random moment while it does `act`, MIDIMON_KILLS times (50).
class Kill : public Change {
 protected:
  static int rounds() {
    const char* text = std::getenv("MIDIMON_KILLS");
    return text == nullptr ? 50 : std::atoi(text);
  }

  // `prepare` makes what is there before, `act` is killed, `look` looks at what it left.
  void run(const std::function<void()>& prepare, const std::function<void(StoreChange&)>& act,
           const std::function<void()>& look) const {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
    const auto reset = [&] {
      std::filesystem::remove_all(places_.data);
      prepare();
    };
    reset();
    const auto start = std::chrono::steady_clock::now();
    {
      auto change = StoreChange::begin(places_);
      act(*change);
    }
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    for (int round = 0; round < rounds(); ++round) {
      reset();
      const pid_t pid = ::fork();
      if (pid == 0) {
        auto change = StoreChange::begin(places_);
        act(*change);
        ::pause();
      }
      const auto most = static_cast<std::mt19937::result_type>(whole.count() * 3 / 2 + 500);
      ::usleep(static_cast<useconds_t>(random() % most));
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
      look();
      // And the next change finds nothing in its way.
      ASSERT_TRUE(StoreChange::begin(places_));
      look();
      for (const std::string& name : names())
        EXPECT_THAT(name, Not(AnyOf(".staged", ".removed")));
      put("2.0.0");
      EXPECT_EQ(in_use(), "2.0.0");
      expect_whole();
      if (HasFailure()) return;
    }
  }
};

TEST_F(Kill, WhileItInstallsLeavesNothingOrAll) {
  run([] {}, [](StoreChange& change) { put(change, "1.0.0"); },
      [this] {
        EXPECT_THAT(in_use(), AnyOf("none", "1.0.0"));
        expect_whole();
      });
}

TEST_F(Kill, WhileItUpdatesLeavesTheOldOrTheNew) {
  run([this] { put("1.0.0"); }, [](StoreChange& change) { put(change, "1.1.0"); },
      [this] {
        EXPECT_THAT(in_use(), AnyOf("1.0.0", "1.1.0"));
        expect_whole();
        EXPECT_EQ(read_file(stored("echo/1.0.0/plugin.wasm")), "module 1.0.0");
      });
}

TEST_F(Kill, WhileItMendsAVersionLeavesTheOldOrTheNew) {
  run(
      [this] {
        put("1.0.0");
        write_file(stored("echo/1.0.0/plugin.wasm"), "old");
      },
      [](StoreChange& change) { put(change, "1.0.0"); },
      [this] {
        EXPECT_EQ(in_use(), "1.0.0");
        EXPECT_THAT(read_file(stored("echo/1.0.0/plugin.wasm")), AnyOf("old", "module 1.0.0"));
        EXPECT_EQ(read_file(stored("echo/1.0.0/presets/live.json")), "preset 1.0.0");
      });
}

TEST_F(Kill, WhileItRemovesLeavesAllOrNothingInUse) {
  run(
      [this] {
        put("1.0.0");
        put("1.1.0");
        make_data();
      },
      [](StoreChange& change) { static_cast<void>(change.remove("echo", true)); },
      [this] {
        EXPECT_THAT(in_use(), AnyOf("none", "1.1.0"));
        expect_whole();
        const std::filesystem::path data(places_.plugin_data("echo"));
        EXPECT_TRUE(!std::filesystem::exists(data) || read_file(data / "c") == "data");
        EXPECT_TRUE(in_use() == "none" || std::filesystem::exists(data));
      });
}

}  // namespace
}  // namespace midimon::store
