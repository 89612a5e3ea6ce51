// midimon and the real minisign: each takes what the other makes, and neither takes more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;

std::string second_line(const std::string& text) {
  const std::size_t at = text.find('\n');
  return at == std::string::npos ? "" : text.substr(at + 1);
}

class Minisign : public ::testing::Test {
 protected:
  Minisign() {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
    std::string bytes(100'000, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    write_text(path("file"), bytes);
    write_text(path("empty"), "");
    write_text(path("passphrase"), "a passphrase\n");
    ::chmod(path("passphrase").c_str(), 0600);
    ::setenv("MIDIMON_KEY_PASSPHRASE_FILE", path("passphrase").c_str(), 1);
  }
  ~Minisign() override { ::unsetenv("MIDIMON_KEY_PASSPHRASE_FILE"); }

  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }

  // Runs it in the scratch directory, with `input` typed; what it says is in the file "said".
  [[nodiscard]] int minisign(const std::string& args, const std::string& input = "") const {
    write_text(path("typed"), input);
    const std::string line = "cd '" + path("") + "' && minisign " + args + " <typed >said 2>&1";
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): a test's own words
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] Finished key(std::vector<std::string> args) const {
    args.insert(args.begin(), "key");
    return run_midimon(scratch_, args);
  }
  // A good signature of a key that is not among the trusted ones is status 3.
  [[nodiscard]] bool verifies(const std::string& file, const std::string& public_key) const {
    const Finished run = key({"verify", path(file), "--key", path(public_key)});
    EXPECT_THAT(run.status, ::testing::AnyOf(1, 3)) << run.err;
    return run.status == 3;
  }

  Scratch scratch_;
};

TEST_F(Minisign, UsesOurKeysAndChecksOurSignatures) {
  const std::vector<std::string> pair = {"generate", "-s", path("k"), "-p", path("k.pub")};
  ASSERT_EQ(key(pair).status, 0);
  ASSERT_EQ(key({"sign", path("file"), "-s", path("k"), "-t", "a comment"}).status, 0);
  EXPECT_EQ(minisign("-V -H -p k.pub -m file"), 0) << read_text(path("said"));
  EXPECT_THAT(read_text(path("said")), HasSubstr("Trusted comment: a comment\n"));
  EXPECT_EQ(minisign("-S -s k -m file", "a passphrase\n"), 0) << read_text(path("said"));
  EXPECT_TRUE(verifies("file", "k.pub"));
}

TEST_F(Minisign, UsesOurKeysWithoutAPassphrase) {
  ASSERT_EQ(key({"generate", "--no-passphrase", "-s", path("k"), "-p", path("k.pub")}).status, 0);
  EXPECT_EQ(minisign("-S -W -s k -m file"), 0) << read_text(path("said"));
  EXPECT_TRUE(verifies("file", "k.pub"));
  EXPECT_EQ(minisign("-R -s k -p again.pub"), 0) << read_text(path("said"));
  // The comment above the key has its id, which minisign writes without leading zeros.
  EXPECT_EQ(second_line(read_text(path("again.pub"))), second_line(read_text(path("k.pub"))));
  ASSERT_EQ(key({"sign", path("empty"), "-s", path("k")}).status, 0);
  EXPECT_EQ(minisign("-V -p k.pub -m empty"), 0) << read_text(path("said"));
}

TEST_F(Minisign, ItsKeysAndSignaturesWorkHere) {
  ASSERT_EQ(minisign("-G -s k -p k.pub", "a passphrase\na passphrase\n"), 0);
  ASSERT_EQ(key({"sign", path("file"), "-s", path("k")}).status, 0);
  EXPECT_EQ(minisign("-V -p k.pub -m file"), 0) << read_text(path("said"));
  EXPECT_TRUE(verifies("file", "k.pub"));
}

TEST_F(Minisign, ItsSignaturesOfEveryKindHoldHere) {
  ASSERT_EQ(minisign("-G -W -s k -p k.pub"), 0) << read_text(path("said"));
  for (const char* kind : {"", "-l ", "-t '' ", "-t 'b\\c \xC3\xA9' ", "-c untrusted "}) {
    for (const char* file : {"file", "empty"}) {
      ASSERT_EQ(minisign(std::string("-S -W -s k ") + kind + "-m " + file), 0);
      EXPECT_TRUE(verifies(file, "k.pub")) << kind << file;
    }
  }
  ASSERT_EQ(minisign("-G -W -f -s other -p other.pub"), 0);
  EXPECT_FALSE(verifies("file", "other.pub"));
  EXPECT_EQ(key({"sign", path("file"), "-s", path("k")}).status, 0);
  EXPECT_EQ(minisign("-V -p k.pub -m file"), 0);
}

TEST_F(Minisign, APluginsSignatureIsOneThatItShows) {
  ASSERT_EQ(minisign("-G -W -s k -p k.pub"), 0);
  std::filesystem::copy(guest("echo"), path("echo.wasm"));
  ASSERT_EQ(key({"sign", path("echo.wasm"), "-s", path("k")}).status, 0);
  EXPECT_EQ(minisign("-V -p k.pub -m echo.wasm"), 0);
  EXPECT_THAT(read_text(path("said")),
              HasSubstr("Trusted comment: midimon-plugin 1 id=echo version=1.0.0 sha256="));
  // And one that it can make.
  std::string said = read_text(path("said"));
  said = said.substr(said.find("midimon-plugin"));
  said.pop_back();
  ASSERT_EQ(minisign("-S -W -s k -m echo.wasm -t '" + said + "'"), 0);
  EXPECT_TRUE(verifies("echo.wasm", "k.pub"));
  ASSERT_EQ(key({"trust", path("k.pub"), "--plugin", "echo"}).status, 0);
  EXPECT_EQ(key({"verify", path("echo.wasm")}).status, 0);
}

TEST_F(Minisign, RefusesWhatIsRefusedHere) {
  ASSERT_EQ(minisign("-G -W -s k -p k.pub"), 0);
  ASSERT_EQ(key({"sign", path("empty"), "-s", path("k"), "-t", "c"}).status, 0);
  const std::string good = read_text(path("empty.minisig"));
  std::mt19937 random(2);  // NOLINT(cert-msc51-cpp): the same each time
  int taken = 0;
  for (int round = 0; round < 150; ++round) {
    std::string changed = good;
    const std::size_t at = random() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ (1U << random() % 8));
    write_text(path("empty.minisig"), changed);
    if (!verifies("empty", "k.pub")) continue;
    ++taken;
    EXPECT_LT(at, good.find('\n')) << "only the untrusted comment is nobody's";
    EXPECT_EQ(minisign("-V -p k.pub -m empty"), 0) << changed;
  }
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 75);
}

}  // namespace
}  // namespace midimon::testing
