#include "audit/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "audit/test_support.h"
#include "audit/verify.h"

namespace midimon::audit {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class JournalTest : public ::testing::Test {
 protected:
  JournalOptions options() const { return {.directory = place_.directory()}; }
  std::string flaw() const {
    const auto out = verify_directory(place_.directory(), {});
    if (!out) return out.error().message;
    if (!out->flaw) return "";
    return out->flaw->file + ":" + std::to_string(out->flaw->line) + ": " + out->flaw->why;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }

  TestPlace place_;
  TurnedClock clock_;
};

TEST_F(JournalTest, IsForTheOwnerAlone) {
  const mode_t before = ::umask(0);
  open_journal(options(), clock_)->append(opened("a"));
  ::umask(before);
  EXPECT_EQ(mode_of(place_.directory()), 0700U);
  for (const char* name : {"audit-00000001.jsonl", "head.json", "lock"}) {
    EXPECT_EQ(mode_of(place_.path(name)), 0600U) << name;
  }
}

TEST_F(JournalTest, RefusesADirectoryOthersCanWriteToAndALink) {
  fs::create_directory(place_.directory());
  ::chmod(place_.directory().c_str(), 0770);
  const auto open = Journal::open(options(), clock_);
  ASSERT_FALSE(open);
  EXPECT_THAT(open.error().message, HasSubstr("chmod 0700"));
  fs::rename(place_.directory(), place_.root() / "other");
  ::chmod((place_.root() / "other").c_str(), 0700);
  fs::create_directory_symlink(place_.root() / "other", place_.directory());
  const auto link = Journal::open(options(), clock_);
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message, HasSubstr("symbolic link"));
}

TEST_F(JournalTest, DoesNotWriteThroughALinkInPlaceOfAFile) {
  open_journal(options(), clock_)->append(opened("a"));
  const std::string other = (place_.root() / "other").string();
  fs::rename(place_.file(1), other);
  fs::create_symlink(other, place_.file(1));
  const std::string before = read_all(other);
  EXPECT_FALSE(Journal::open(options(), clock_));
  EXPECT_EQ(read_all(other), before);
}

TEST_F(JournalTest, ASecondOwnerIsToldWhoHasItAndWhatToDo) {
  const auto first = open_journal(options(), clock_);
  const auto second = Journal::open(options(), clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("MIDIMON_HOME"));
}

TEST_F(JournalTest, GoesOnAfterACleanEndWithoutAMark) {
  for (int i = 0; i < 3; ++i)
    open_journal(options(), clock_)->append(opened("a"));
  const auto records = records_in(place_.directory());
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[2].seq, 3U);
  EXPECT_EQ(records[2].kind, EventKind::open);
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, RotatesBySizeAndByAgeAndTheChainCrosses) {
  JournalOptions small = options();
  small.file_bytes = 1000;
  {
    const auto journal = open_journal(small, clock_);
    for (int i = 0; i < 20; ++i)
      journal->append(opened("a"));
  }
  const auto fd = open_directory(place_.directory());
  const auto by_size = list_files(fd->get(), place_.directory());
  EXPECT_GT(by_size->size(), 3U);
  clock_.advance(std::chrono::hours(25));
  open_journal(options(), clock_)->append(opened("b"));
  EXPECT_EQ(list_files(fd->get(), place_.directory())->size(), by_size->size() + 1);
  EXPECT_EQ(records_in(place_.directory()).size(), 21U);
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, DropsTheOldestFilesBySizeAndTheRestIsWhole) {
  JournalOptions small = options();
  small.file_bytes = 1000;
  small.keep_bytes = 3500;
  {
    const auto journal = open_journal(small, clock_);
    for (int i = 0; i < 100; ++i)
      journal->append(opened("a"));
  }
  const auto records = records_in(place_.directory());
  EXPECT_LT(records.size(), 30U);
  EXPECT_GT(records.size(), 5U);
  EXPECT_EQ(records.back().seq, 100U);
  EXPECT_EQ(flaw(), "");
  open_journal(options(), clock_)->append(opened("b"));
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, DropsFilesThatAreOlderThanTheirTime) {
  make_journal(place_, 3, 2);
  const SystemClock real;  // file times are the system's
  JournalOptions brief = options();
  brief.keep_age = Nanos(1);
  open_journal(brief, real)->append(opened("b"));
  EXPECT_FALSE(fs::exists(place_.file(1)));
  EXPECT_FALSE(fs::exists(place_.file(2)));
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, ATornLineIsCutOffAndTheBreakIsMarked) {
  make_journal(place_, 1, 3);
  write_file(place_.path("lock"), "12345\n");  // as a killed process leaves it
  const std::string whole = read_all(place_.file(1));
  write_file(place_.file(1), whole + whole.substr(0, 100));
  open_journal(options(), clock_)->append(opened("after"));
  const auto records = records_in(place_.directory());
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[3].kind, EventKind::resume);
  EXPECT_EQ(records[3].size, 100U);
  EXPECT_EQ(records[3].detail, "");
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, AFileThatHoldsOnlyATornLineIsTakenAway) {
  make_journal(place_, 1, 3);
  write_file(place_.file(2), R"({"seq":4,"time":)");
  write_file(place_.path("lock"), "12345\n");
  open_journal(options(), clock_)->append(opened("after"));
  EXPECT_FALSE(fs::exists(place_.file(2)));
  EXPECT_EQ(records_in(place_.directory()).size(), 5U);
  EXPECT_EQ(flaw(), "");
}

// What happened while nothing ran cannot be mended by running again.
TEST_F(JournalTest, RecordsCutOffWhileNothingRanStayVisible) {
  make_journal(place_, 1, 5);
  auto lines = lines_in(place_.file(1));
  lines.pop_back();
  lines.pop_back();
  write_lines(place_.file(1), lines);
  open_journal(options(), clock_)->append(opened("after"));
  const auto records = records_in(place_.directory());
  EXPECT_EQ(records[3].kind, EventKind::resume);
  EXPECT_EQ(records[3].count, 2U);
  EXPECT_EQ(records[3].seq, 6U);
  EXPECT_THAT(flaw(), HasSubstr("audit-00000001.jsonl:4: "));
  EXPECT_THAT(flaw(), HasSubstr("2 records are missing"));
}

TEST_F(JournalTest, AHeadTakenAwayOrSpoiledStaysVisible) {
  for (const bool spoil : {false, true}) {
    make_journal(place_, 1, 2);
    if (spoil) {
      write_file(place_.path("head.json"), "{}");
    } else {
      fs::remove(place_.path("head.json"));
    }
    open_journal(options(), clock_)->append(opened("after"));
    EXPECT_THAT(flaw(), HasSubstr("the head record was " +
                                  std::string(spoil ? "not readable" : "missing")));
    fs::remove_all(place_.directory());
  }
}

TEST_F(JournalTest, RecordsPutBehindTheHeadWhileNothingRanStayVisible) {
  make_journal(place_, 1, 2);
  const std::string head = read_all(place_.path("head.json"));
  open_journal(options(), clock_)->append(opened("put in"));
  write_file(place_.path("head.json"), head);
  open_journal(options(), clock_)->append(opened("after"));
  EXPECT_THAT(flaw(), HasSubstr("the journal was longer than its head record"));
}

TEST_F(JournalTest, GoesOnInANewFileWhereALaterOneIsNotOurs) {
  make_journal(place_, 1, 2);
  write_file(place_.file(2), "not\na record\n");
  open_journal(options(), clock_)->append(opened("after"));
  EXPECT_EQ(read_all(place_.file(2)), "not\na record\n");
  EXPECT_TRUE(fs::exists(place_.file(3)));
  EXPECT_THAT(flaw(), HasSubstr("audit-00000002.jsonl:1: "));
}

// A disk that is full, or not: lets `room` bytes through.
struct FakeDisk {
  std::size_t room = 0;
  ssize_t operator()(int fd, const void* bytes, std::size_t size) {
    if (room == 0) {
      errno = ENOSPC;
      return -1;
    }
    const ssize_t wrote = ::write(fd, bytes, std::min(size, room));
    room -= static_cast<std::size_t>(wrote);
    return wrote;
  }
};

TEST_F(JournalTest, AFullDiskLeavesNoPartOfALineAndWhatWasLostIsCounted) {
  FakeDisk disk{.room = 1000};
  JournalOptions full = options();
  full.write = std::ref(disk);
  {
    const auto journal = open_journal(full, clock_);
    journal->append(opened("kept"));
    ASSERT_TRUE(journal->flush());
    disk.room = 100;  // in the middle of the next line
    Event counted = opened("refused", Errno::noent);
    counted.count = 7;
    journal->append(counted);
    EXPECT_FALSE(journal->flush());
    ASSERT_TRUE(journal->error());
    EXPECT_THAT(journal->error()->message, HasSubstr("No space left"));
    EXPECT_EQ(lines_in(place_.file(1)).size(), 1U);
    EXPECT_TRUE(read_all(place_.file(1)).ends_with("}\n"));
    journal->append(opened("lost"));
    EXPECT_FALSE(journal->flush());
    EXPECT_EQ(journal->unwritten(), 8U);
    disk.room = 100'000;
    journal->append(opened("kept again"));
    EXPECT_TRUE(journal->flush());
    EXPECT_FALSE(journal->error());
    EXPECT_EQ(journal->unwritten(), 0U);
  }
  const auto records = records_in(place_.directory());
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[1].kind, EventKind::lost);
  EXPECT_EQ(records[1].count, 8U);
  EXPECT_EQ(records[2].path, "kept again");
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, TriesAgainByItselfOnceASecond) {
  FakeDisk disk{.room = 1000};
  JournalOptions full = options();
  full.write = std::ref(disk);
  const auto journal = open_journal(full, clock_);
  disk.room = 0;
  journal->append(opened("lost"));
  EXPECT_FALSE(journal->flush());
  disk.room = 100'000;
  journal->tick();
  EXPECT_TRUE(journal->error());
  clock_.advance(std::chrono::seconds(1));
  journal->tick();
  EXPECT_FALSE(journal->error());
  EXPECT_EQ(records_in(place_.directory()).at(0).kind, EventKind::lost);
}

TEST_F(JournalTest, AFileSizeLimitOfTheProcessIsAFullDisk) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto journal = open_journal(options(), clock_);
    const rlimit limit{3000, 3000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 100; ++i) {
      journal->append(opened("a"));
      journal->flush();
    }
    ::_exit(journal->error() && journal->unwritten() > 50 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(read_all(place_.file(1)).ends_with("}\n"));
  open_journal(options(), clock_)->append(opened("after"));
  EXPECT_EQ(flaw(), "");
}

TEST_F(JournalTest, TheHeadIsWrittenAtMostOnceASecond) {
  const auto journal = open_journal(options(), clock_);
  clock_.advance(std::chrono::seconds(5));
  journal->append(opened("a"));
  journal->flush();
  const std::string first = read_all(place_.path("head.json"));
  EXPECT_THAT(first, HasSubstr("{\"seq\":1,"));
  journal->append(opened("b"));
  journal->flush();
  journal->tick();
  EXPECT_EQ(read_all(place_.path("head.json")), first);
  clock_.advance(std::chrono::seconds(1));
  journal->tick();
  EXPECT_THAT(read_all(place_.path("head.json")), HasSubstr("{\"seq\":2,"));
}

TEST_F(JournalTest, TheChainVerifiesAfterBeingKilledInTheMiddleOfWriting) {
  JournalOptions small = options();
  small.file_bytes = 50'000;
  small.keep_bytes = 1'000'000;
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      const SystemClock real;
      const auto journal = open_journal(small, real);
      while (true) {
        for (int i = 0; i < 100; ++i)
          journal->append(opened("some file", Errno::success, std::to_string(i)));
        journal->flush();
        journal->tick();
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(15 + round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    {
      const SystemClock real;
      open_journal(small, real)->append(opened("after"));
    }
    ASSERT_EQ(flaw(), "") << "round " << round;
  }
  const auto records = records_in(place_.directory());
  EXPECT_GT(std::count_if(records.begin(), records.end(),
                          [](const Record& r) { return r.kind == EventKind::resume; }),
            0);
}

}  // namespace
}  // namespace midimon::audit
