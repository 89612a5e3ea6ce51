// What one program of tests/programs does and the others do not.
#include <gmock/gmock.h>

#include <sys/stat.h>

#include <chrono>

#include "tests/programs/support.h"

namespace midimon::testing {
namespace {

class Language : public ::testing::TestWithParam<std::string> {
 protected:
  Root root_;

 private:
  WithResolver resolver_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(All, Language, ::testing::Values("openat2", "walker"),
                         [](const auto& values) { return values.param; });

// Seconds since 1970 that a program printed as "now: N".
void expect_now(const std::string& text) {
  const std::size_t at = text.find("now: ");
  ASSERT_NE(at, std::string::npos) << text;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_NEAR(std::stod(text.substr(at + 5)),
              static_cast<double>(std::chrono::duration_cast<std::chrono::seconds>(now).count()),
              60);
}

std::string record(int number) {
  std::string text = "record " + std::to_string(number);
  text.resize(31, ' ');
  return text + "\n";
}

TEST_P(Language, CReversesRecordsInPlace) {
  std::string text;
  std::string expected;
  for (int i = 0; i < 5001; ++i) {
    text += record(i);
    expected += record(5000 - i);
  }
  root_.add("records", text + "not whole");
  const Finished run = root_.run("program_c", {"records", "/records"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(read_text(root_.path("records")) == expected + "5001" + std::string(27, ' ') + "\n");
}

TEST_P(Language, CppCountsTheWordsOfItsInput) {
  const Finished run =
      root_.run("program_cpp", {"words", "/counts"}, "pad knob pad\n\tfader  Pad knob pad é\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(read_text(root_.path("counts")),
            "words          8\nPad 1\nfader 1\nknob 2\npad 3\né 1\n");
}

TEST_P(Language, RustUsesLinksAndSeesErrors) {
  std::filesystem::create_directory(root_.path("linked"));
  const Finished run = root_.run("program_rust", {"links", "/linked"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out,
            "through the link: one two\n"
            "with a hole: [111, 110, 101, 32, 116, 119, 111, 0, 116, 104, 114, 101, 101]\n"
            "copied: 7\n"
            "soft is a link: true\n"
            "missing: Some(NotFound)\n"
            "again: Some(AlreadyExists)\n"
            "out: Some(PermissionDenied)\n"
            "twice: Some(AlreadyExists)\n"
            "slept: true\n"
            "written just now: true\n");
  EXPECT_FALSE(std::filesystem::exists(root_.path("linked/first")));
  EXPECT_EQ(read_text(root_.path("linked/hard")), "one two");
  EXPECT_EQ(read_text(root_.path("linked/copy")), "one two");
  EXPECT_EQ(std::filesystem::read_symlink(root_.path("linked/soft")), "hard");
  EXPECT_FALSE(std::filesystem::exists(root_.outside("out")));
}

TEST_P(Language, GoHasTimersAndTimesOfFiles) {
  const Finished run = root_.run("program_go", {"clocks", "/"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, ::testing::StartsWith("slept: true\n"
                                             "first: the short one\n"
                                             "dated: 2001-02-03T04:05:06.000000789Z\n"
                                             "random: true\n"));
  expect_now(run.out);
  struct stat status {};
  ASSERT_EQ(::stat(root_.path("dated").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 981173106);
  EXPECT_EQ(status.st_mtim.tv_nsec, 789);
}

TEST_P(Language, AssemblyScriptCopiesStreams) {
  std::string input;
  for (int i = 0; i < 300'000; ++i)
    input += static_cast<char>(i * 7 % 256);
  const Finished run =
      root_.run("program_assemblyscript", {"streams", "NAME"}, input, {"--env", "NAME=Ä b=c"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(run.out == input);
  EXPECT_THAT(run.err, ::testing::StartsWith("NAME: Ä b=c\nrandom: true\n"));
  expect_now(run.err);
}

}  // namespace
}  // namespace midimon::testing
