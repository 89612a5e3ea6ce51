#include "audit/file_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/recorder.h"
#include "audit/test_support.h"
#include "audit/verify.h"

namespace midimon::audit {
namespace {

using ::testing::HasSubstr;

class FileLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileLog> make(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
    return std::make_unique<FileLog>(std::move(fd), path, trouble_);
  }
  std::string path() const { return place_.directory() + "-run.jsonl"; }
  ~FileLogTest() override { ::unlink(path().c_str()); }

  TestPlace place_;
  TurnedClock clock_;
  std::optional<Error> trouble_;
};

TEST_F(FileLogTest, IsWholeForWhoeverVerifiesIt) {
  {
    Recorder recorder(make(path()), {}, clock_);
    for (int i = 0; i < 3000; ++i)
      recorder.record(opened("name " + std::to_string(i)));
  }
  EXPECT_FALSE(trouble_);
  const auto whole = verify_files({path()}, {});
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_FALSE(whole->flaw) << whole->flaw->why;
  EXPECT_EQ(whole->first_seq, 1U);
  EXPECT_EQ(whole->last_seq, 3000U);
  auto lines = lines_in(path());
  std::swap(lines[10], lines[11]);
  write_lines(path(), lines);
  EXPECT_TRUE(verify_files({path()}, {})->flaw);
}

TEST_F(FileLogTest, SaysHowMuchIsMissingOnceItCannotWrite) {
  {
    const auto log = make("/dev/full");
    log->append(opened("a"));
    Event many = opened("b");
    many.count = 5;
    log->append(many);
    EXPECT_FALSE(log->flush());
    EXPECT_TRUE(log->error());
    log->append(opened("c"));
    EXPECT_FALSE(log->flush());
    EXPECT_FALSE(trouble_);
  }
  ASSERT_TRUE(trouble_);
  EXPECT_THAT(trouble_->message, HasSubstr("/dev/full"));
  EXPECT_THAT(trouble_->message, HasSubstr("7 events are missing"));
}

}  // namespace
}  // namespace midimon::audit
