#include "desktop/volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "desktop/test_process.h"
#include "desktop/test_support.h"

namespace midimon {
namespace {

using testing::eventually;
using ::testing::HasSubstr;

// A sound server of the test's own, with an output that goes nowhere.
class VolumeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("PULSE_SERVER", ("unix:" + socket()).c_str(), 1);
    start();
  }
  void TearDown() override { ::unsetenv("PULSE_SERVER"); }

  [[nodiscard]] std::string socket() const { return folder_.path() / "socket"; }
  void start() {
    server_ = std::make_unique<testing::TestProcess>(
        std::vector<std::string>{"pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no",
                                 "--exit-idle-time=-1", "--disable-shm", "-L",
                                 "module-null-sink sink_name=nowhere channels=2", "-L",
                                 "module-native-protocol-unix auth-anonymous=1 socket=" + socket()},
        std::vector<std::string>{"HOME=" + folder_.path().string(),
                                 "XDG_RUNTIME_DIR=" + folder_.path().string()},
        -1, folder_.path() / "log");
    ASSERT_TRUE(eventually([&] { return !pactl("info").empty(); }));
  }
  static std::string pactl(const std::string& arguments) {
    std::FILE* out = ::popen(("LC_ALL=C pactl " + arguments + " 2>/dev/null").c_str(), "r");
    std::string text;
    std::array<char, 1024> buffer;
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), out))
      text.append(buffer.data(), got);
    ::pclose(out);
    return text;
  }
  static std::string volume() { return pactl("get-sink-volume @DEFAULT_SINK@"); }
  static std::string mute() { return pactl("get-sink-mute @DEFAULT_SINK@"); }
  void apply(VolumeOperation operation, double percent = 0) {
    const auto done = volume_.apply({operation, percent});
    EXPECT_TRUE(done) << done.error().message;
  }

  testing::TestFolder folder_;
  std::unique_ptr<testing::TestProcess> server_;
  SystemClock clock_;
  Volume volume_{clock_};
};

TEST_F(VolumeTest, GoesUpAndDownBetweenNothingAndAll) {
  apply(VolumeOperation::set, 40);
  EXPECT_THAT(volume(), HasSubstr(" 40% "));
  apply(VolumeOperation::up, 5);
  EXPECT_THAT(volume(), HasSubstr(" 45% "));
  apply(VolumeOperation::down, 20);
  EXPECT_THAT(volume(), HasSubstr(" 25% "));
  apply(VolumeOperation::down, 50);
  EXPECT_THAT(volume(), HasSubstr(" 0% "));
  apply(VolumeOperation::up, 60);
  apply(VolumeOperation::up, 60);
  EXPECT_THAT(volume(), HasSubstr(" 100% "));
}

TEST_F(VolumeTest, UpLeavesWhatIsLouderAsItIs) {
  pactl("set-sink-volume @DEFAULT_SINK@ 130%");
  apply(VolumeOperation::up, 5);
  EXPECT_THAT(volume(), HasSubstr(" 130% "));
  apply(VolumeOperation::set, 100);
  EXPECT_THAT(volume(), HasSubstr(" 100% "));
}

TEST_F(VolumeTest, TheBalanceStays) {
  pactl("set-sink-volume @DEFAULT_SINK@ 80% 40%");
  apply(VolumeOperation::set, 40);
  EXPECT_THAT(volume(), HasSubstr("front-left: 26214 /  40% "));
  EXPECT_THAT(volume(), HasSubstr("front-right: 13107 /  20% "));
}

TEST_F(VolumeTest, MutesUnmutesAndToggles) {
  apply(VolumeOperation::mute);
  EXPECT_EQ(mute(), "Mute: yes\n");
  apply(VolumeOperation::mute);
  EXPECT_EQ(mute(), "Mute: yes\n");
  apply(VolumeOperation::unmute);
  EXPECT_EQ(mute(), "Mute: no\n");
  apply(VolumeOperation::toggle);
  EXPECT_EQ(mute(), "Mute: yes\n");
  apply(VolumeOperation::toggle);
  EXPECT_EQ(mute(), "Mute: no\n");
}

TEST_F(VolumeTest, AServerThatIsGoneIsAFailureAndANewOneIsUsed) {
  EXPECT_THAT(volume_.server_name().value_or(""), HasSubstr("pulseaudio"));
  server_->kill();
  const auto failed = volume_.apply({VolumeOperation::mute, 0});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("there is no sound server"));
  start();
  apply(VolumeOperation::mute);
  EXPECT_EQ(mute(), "Mute: yes\n");
}

TEST_F(VolumeTest, AServerThatHangsIsNotWaitedForLong) {
  apply(VolumeOperation::mute);
  ::kill(server_->pid(), SIGSTOP);
  const Nanos before = clock_.monotonic();
  const auto failed = volume_.apply({VolumeOperation::unmute, 0});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("did not answer within 2 s"));
  EXPECT_LT(clock_.monotonic() - before, 2 * Volume::kPatience);
  ::kill(server_->pid(), SIGCONT);
  apply(VolumeOperation::unmute);
  EXPECT_EQ(mute(), "Mute: no\n");
}

TEST_F(VolumeTest, AServerWithoutAnOutputSaysSo) {
  pactl("unload-module module-null-sink");
  const auto failed = volume_.apply({VolumeOperation::mute, 0});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("has no output"));
}

TEST_F(VolumeTest, TellsAndSetsTheOutputOfThatName) {
  ASSERT_TRUE(volume_.set({"nowhere", 37, VolumeSetting::Mute::on}));
  const auto state = volume_.state("");
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->percent, 37);
  EXPECT_TRUE(state->muted);
  EXPECT_THAT(volume(), HasSubstr("37%"));
  ASSERT_TRUE(volume_.set({"", std::nullopt, VolumeSetting::Mute::toggle}));
  EXPECT_EQ(volume_.state("nowhere")->percent, 37);
  EXPECT_FALSE(volume_.state("nowhere")->muted);
  const auto missing = volume_.state("nobody's\n");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("nobody's\\n"));
}

}  // namespace
}  // namespace midimon
