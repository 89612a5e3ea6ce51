#include "net/download.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <fstream>

#include "net/partial.h"
#include "net/test_support.h"

namespace midimon::net {
namespace {

using namespace testing;  // NOLINT
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kMax = 1000000;

class Downloads : public Web {
 protected:
  Downloads() {
    for (int i = 0; i < 30000; ++i)
      file_ += std::to_string(i);
  }

  Result<Answer> fetch(const std::string& name = "a.bin", std::uint64_t max_bytes = kMax) {
    return download(client_, {server_.url(name), max_bytes}, directory());
  }
  [[nodiscard]] std::string directory() const { return (root_ / "cache/downloads").string(); }
  [[nodiscard]] std::size_t kept() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory()), {}));
  }
  // Leaves the first 1000 bytes of the file.
  void break_off() {
    server_.put("a.bin", file_, "cut 1000\nno-range\n");
    const auto answer = fetch();
    EXPECT_THAT(error_of(answer), HasSubstr("the same command goes on with it"));
    EXPECT_EQ(kept(), 1U);
    server_.behave("a.bin", "");
  }
  [[nodiscard]] std::string last_request() const { return server_.requests().back(); }

  std::string file_;
};

TEST_F(Downloads, LeaveNothingBehindWhenAllIsThere) {
  server_.put("a.bin", file_);
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, file_);
  EXPECT_EQ(kept(), 0U);
  struct stat status {};
  ASSERT_EQ(::stat(directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(Downloads, GoOnByThemselvesAfterABrokenConnection) {
  server_.put("a.bin", file_, "cut 1000\nonce\n");
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, file_);
  EXPECT_EQ(answer->status, 200);
  ASSERT_EQ(server_.requests().size(), 2U);
  EXPECT_THAT(last_request(), AllOf(HasSubstr(R"("range": "bytes=1000-")"), HasSubstr("if-range")));
}

TEST_F(Downloads, GoOnTheNextTime) {
  break_off();
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, file_);
  EXPECT_THAT(last_request(), HasSubstr(R"("range": "bytes=1000-")"));
  EXPECT_EQ(kept(), 0U);
}

TEST_F(Downloads, GiveUpWhenTheyComeNoFurther) {
  server_.put("a.bin", file_, "cut 1000\nno-range\n");
  EXPECT_EQ(code_of(fetch()), ErrorCode::io);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(Downloads, StartAgainWhereRangeIsNotUnderstood) {
  break_off();
  server_.behave("a.bin", "no-range\n");
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, file_);
}

TEST_F(Downloads, StartAgainWhenTheFileIsAnotherOne) {
  break_off();
  const std::string other = "another" + file_;
  server_.put("a.bin", other);
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, other);
  ASSERT_THAT(last_request(), HasSubstr("if-range"));
}

TEST_F(Downloads, StartAgainWhenAServerMixesTwoFiles) {
  break_off();
  const std::string other = "another" + file_;
  server_.put("a.bin", other, "careless\n");
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, other);
  EXPECT_THAT(last_request(), Not(HasSubstr("range")));
}

TEST_F(Downloads, RefuseAPartThatWasNotAskedFor) {
  server_.put("a.bin", "rest", "status 206\nheader Content-Range: bytes 0-3/4\n");
  EXPECT_THAT(error_of(fetch()), HasSubstr("something else than the rest of it"));
  EXPECT_EQ(kept(), 0U);
}

TEST_F(Downloads, StartAgainWhenThereIsLessThanBefore) {
  break_off();
  server_.put("a.bin", "short", "careless\n");
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, "short");
}

TEST_F(Downloads, KeepNothingThatHasNoName) {
  for (const char* etag : {"etag none\n", "etag W/\"weak\"\n"}) {
    server_.put("a.bin", file_, std::string("cut 1000\n") + etag);
    EXPECT_EQ(code_of(fetch()), ErrorCode::io) << etag;
    EXPECT_EQ(kept(), 0U) << etag;
  }
}

TEST_F(Downloads, GoOnByTheDateWhereThereIsNoEtag) {
  const std::string date = "header Last-Modified: Tue, 01 Jul 2025 00:00:00 GMT\netag none\n";
  server_.put("a.bin", file_, date + "cut 1000\nno-range\n");
  EXPECT_FALSE(fetch());
  server_.behave("a.bin", date + "careless\n");
  const auto answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, file_);
  EXPECT_THAT(last_request(), HasSubstr(R"("if-range": "Tue, 01 Jul 2025 00:00:00 GMT")"));
}

TEST_F(Downloads, AreBoundedOverAllParts) {
  server_.put("a.bin", file_, "cut 1000\nonce\n");
  EXPECT_EQ(code_of(fetch("a.bin", file_.size() - 1)), ErrorCode::limit);
  EXPECT_EQ(kept(), 0U);
  server_.put("a.bin", file_, "cut 1000\nonce\n");
  EXPECT_TRUE(fetch("a.bin", file_.size()));
}

TEST_F(Downloads, AnswerWithAnErrorPageAndKeepWhatThereIs) {
  auto answer = fetch("missing");
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "There is no such file.\n");
  EXPECT_EQ(kept(), 0U);
  break_off();
  server_.behave("a.bin", "status 500\n");
  answer = fetch();
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_EQ(kept(), 1U);
}

TEST_F(Downloads, TellProgressOfTheWhole) {
  break_off();
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  Request request{server_.url("a.bin"), kMax};
  request.progress = [&](std::uint64_t received, std::uint64_t total) {
    if (first == 0) first = received;
    last = received;
    EXPECT_EQ(total, file_.size());
  };
  ASSERT_TRUE(download(client_, request, directory()));
  EXPECT_GT(first, 1000U);
  EXPECT_EQ(last, file_.size());
}

TEST_F(Downloads, DoNotBelieveAPartialFileOfAnotherUrlOrShape) {
  break_off();
  const auto path = std::filesystem::directory_iterator(directory())->path();
  for (const std::string& text :
       {std::string("midimon download 1\nhttp://127.0.0.1/other\n\"x\"\nevil"), std::string("evil"),
        std::string(), std::string("midimon download 1\n")}) {
    std::ofstream(path, std::ios::trunc) << text;
    server_.put("a.bin", file_);
    const auto answer = fetch();
    ASSERT_TRUE(answer) << error_of(answer);
    EXPECT_EQ(answer->body, file_);
    EXPECT_THAT(last_request(), Not(HasSubstr("range")));
  }
}

TEST_F(Downloads, RefuseLinksAndDirectoriesOfOthers) {
  break_off();
  const auto path = std::filesystem::directory_iterator(directory())->path();
  std::filesystem::create_hard_link(path, root_ / "link");
  EXPECT_EQ(code_of(fetch()), ErrorCode::denied);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(root_ / "link", path);
  EXPECT_FALSE(fetch());
  std::filesystem::remove(path);
  ASSERT_EQ(::chmod(directory().c_str(), 0755), 0);
  EXPECT_EQ(code_of(fetch()), ErrorCode::denied);
}

TEST_F(Downloads, AreOnePerUrlAtATime) {
  server_.put("a.bin", file_);
  const auto held = Partial::open(directory(), server_.url("a.bin"));
  ASSERT_TRUE(held) << error_of(held);
  const auto answer = fetch();
  EXPECT_EQ(code_of(answer), ErrorCode::busy);
  EXPECT_THAT(error_of(answer), HasSubstr("Another midimon is fetching"));
  EXPECT_EQ(code_of(fetch("b.bin")), ErrorCode::internal);  // no error
}

TEST_F(Downloads, ClearAwayWhatNobodyWentOnWith) {
  break_off();
  const auto path = std::filesystem::directory_iterator(directory())->path();
  const timeval old[2] = {{::time(nullptr) - 8L * 24 * 60 * 60, 0},
                          {::time(nullptr) - 8L * 24 * 60 * 60, 0}};
  ASSERT_EQ(::utimes(path.c_str(), old), 0);
  ASSERT_TRUE(fetch("missing"));
  EXPECT_EQ(kept(), 0U);
}

}  // namespace
}  // namespace midimon::net
