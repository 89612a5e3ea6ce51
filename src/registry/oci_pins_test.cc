#include "registry/oci_pins.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "trust/test_support.h"

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;
using trust::testing::error_of;

const std::string kOld = "sha256:" + std::string(64, '1');
const std::string kNew = "sha256:" + std::string(64, '2');
const std::string kPins =
    "format = 1\n"
    "[[pins]]\n"
    "tag = \"oci://h/a:1\"\n"
    "digest = \"" +
    kOld +
    "\"\n"
    "since = \"2026-11-25T11:07:00Z\"\n";

OciReference reference(const std::string& text) {
  return parse_oci_reference(text).value();
}

trust::UtcSeconds time(const char* text) {
  return trust::parse_utc(text).value();
}

std::string problems(const std::string& text) {
  return error_of(parse_pins(text, "p"));
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string out = kPins;
  return out.replace(out.find(from), from.size(), to);
}

TEST(OciPins, ATagIsPinnedToWhatItFirstLedTo) {
  OciPins pins;
  const OciReference tag = reference("oci://h/a:1");
  EXPECT_TRUE(pins.check(tag, *parse_oci_digest(kOld))) << "nothing is known of it";
  pins.pin(reference("oci://h/a:1@" + kOld), time("2026-11-25"));
  EXPECT_TRUE(pins.check(tag, *parse_oci_digest(kOld)));
  const auto moved = pins.check(tag, *parse_oci_digest(kNew));
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::denied);
  EXPECT_THAT(moved.error().message, HasSubstr(kOld));
  EXPECT_THAT(moved.error().message, HasSubstr("on 2026-11-25T00:00:00Z"));
  EXPECT_THAT(moved.error().message, HasSubstr("run: midimon plugin update oci://h/a:1\n"));
  EXPECT_THAT(moved.error().message, HasSubstr("run: midimon plugin install oci://h/a:1@" + kNew));
}

TEST(OciPins, APinIsOfOneTagOfOneRepositoryOfOneHost) {
  OciPins pins;
  pins.pin(reference("oci://h/a:1@" + kOld), time("2026-11-25"));
  for (const char* other : {"oci://h/a:2", "oci://h/a", "oci://h/b:1", "oci://h:1/a:1"})
    EXPECT_TRUE(pins.check(reference(other), *parse_oci_digest(kNew))) << other;
}

TEST(OciPins, APinThatMovesForgetsWhereItWas) {
  OciPins pins;
  pins.pin(reference("oci://h/b:1@" + kOld), time("2026-11-25"));
  pins.pin(reference("oci://h/a:1@" + kOld), time("2026-11-25"));
  pins.pin(reference("oci://h/a:1@" + kNew), time("2026-11-26"));
  ASSERT_EQ(pins.all().size(), 2U);
  EXPECT_EQ(to_string(pins.all()[0].target), "oci://h/a:1@" + kNew);
  EXPECT_EQ(pins.all()[0].since, time("2026-11-26"));
  EXPECT_FALSE(pins.check(reference("oci://h/a:1"), *parse_oci_digest(kOld)));
  pins.pin(reference("oci://h/a:1@" + kNew), time("2026-11-27"));
  EXPECT_EQ(pins.all()[0].since, time("2026-11-26")) << "it is not new";
}

TEST(OciPins, ReadsWhatItWrote) {
  OciPins pins;
  pins.pin(reference("oci://ghcr.io/anna/echo:1.4@" + kOld), time("2026-11-25T11:07:00Z"));
  pins.pin(reference("oci://[::1]:5000/echo:latest@" + kNew), time("2026-11-25"));
  const auto again = parse_pins(to_toml(pins), "p");
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(to_toml(*again), to_toml(pins));
  EXPECT_EQ(again->all().size(), 2U);
  EXPECT_TRUE(parse_pins("format = 1\n", "p")->all().empty());
}

TEST(OciPins, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(problems(kPins), "no error");
  EXPECT_EQ(problems(""), "p:1:1: the file needs \"format\", an integer from 1 to 1");
  EXPECT_THAT(problems(replaced("format = 1", "format = 2")), HasSubstr("p:1:10: "));
  EXPECT_THAT(problems(replaced("oci://h/a:1", "h/a:1")), HasSubstr("p:3:7: "));
  EXPECT_THAT(problems(replaced("h/a:1", "h/a:1@" + kOld)), HasSubstr("p:3:7: \"tag\" ends with"));
  EXPECT_THAT(problems(replaced("sha256", "sha512")), HasSubstr("p:4:10: \"digest\" must be"));
  EXPECT_THAT(problems(replaced("2026-11", "2026-31")), HasSubstr("p:5:9: \"since\" must be"));
  EXPECT_THAT(problems(replaced("since", "sinse")), HasSubstr("did you mean"));
  EXPECT_THAT(problems(replaced("tag = \"oci://h/a:1\"", "tag = 7")), HasSubstr("p:3:7: "));
  EXPECT_THAT(problems(kPins + kPins.substr(kPins.find("[["))),
              HasSubstr("p:7:7: \"oci://h/a:1\" is pinned already"));
  EXPECT_THAT(problems("format = 1\npins = 7\n"), HasSubstr("p:2:8: "));
  EXPECT_THAT(problems(std::string(kMaxPinsBytes + 1, '#')), HasSubstr("more than 4MiB"));
}

TEST(OciPins, ReadsTheExampleOfTheDocs) {
  std::ifstream in(MIDIMON_SOURCE_DIR "/docs/oci.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const std::size_t start = page.find("```toml\n") + 8;
  const auto pins = parse_pins(page.substr(start, page.find("```", start) - start), "docs");
  ASSERT_TRUE(pins) << error_of(pins);
  EXPECT_EQ(pins->all().size(), 1U);
}

class OciPinsFile : public ::testing::Test {
 protected:
  OciPinsFile() { root_ = ::mkdtemp(name_.data()); }
  ~OciPinsFile() override { std::filesystem::remove_all(root_); }
  // In a directory that is not there yet.
  [[nodiscard]] std::string path() const { return root_ + "/state/oci_pins.toml"; }

 private:
  // Tests run at the same time.
  std::string name_ = ::testing::TempDir() + "midimon-oci-pins-XXXXXX";
  std::string root_;
};

TEST_F(OciPinsFile, IsMadeForItsUserAlone) {
  EXPECT_TRUE(load_pins(path())->all().empty());
  const auto add = [](OciPins& pins) {
    pins.pin(reference("oci://h/a:1@" + kOld), time("2026-11-25"));
  };
  ASSERT_TRUE(update_pins(path(), add));
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_NE(load_pins(path())->find(reference("oci://h/a:1")), nullptr);
}

TEST_F(OciPinsFile, ThatOthersMayWriteToIsRefused) {
  ASSERT_TRUE(update_pins(path(), [](OciPins& pins) {
    pins.pin(reference("oci://h/a:1@" + kOld), time("2026-11-25"));
  }));
  ASSERT_EQ(::chmod(path().c_str(), 0666), 0);
  EXPECT_THAT(error_of(load_pins(path())), HasSubstr("chmod go-w"));
  EXPECT_THAT(error_of(update_pins(path(), [](OciPins&) {})), HasSubstr("chmod go-w"));
}

}  // namespace
}  // namespace midimon::registry
