// With a real keyring: a bus of the test's own, and GNOME Keyring on it.
#include "secrets/keyring_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT: POSIX
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "secrets/file_store.h"
#include "secrets/open_store.h"

namespace midimon::secrets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Owner kOwner = {"obs", "6F1C0A2B3C4D5E6F"};
const Owner kOther = {"obs", "0000000000000001"};

Secret secret(std::string_view text, Kind kind = Kind::hidden) {
  Secret out{trust::SecretBytes(text.size()), kind};
  std::copy(text.begin(), text.end(), out.value.data());
  return out;
}

// Starts a program; its stdin and stdout are pipes.
class Piped {
 public:
  explicit Piped(std::vector<const char*> argv) {
    argv.push_back(nullptr);
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      for (const int fd : {in[0], in[1], out[0], out[1]})
        ::close(fd);
      ::execvp(argv[0], const_cast<char**>(argv.data()));
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~Piped() {
    ::close(in_);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::close(out_);
  }
  Piped(const Piped&) = delete;
  Piped& operator=(const Piped&) = delete;

  void write(std::string_view text) {
    ASSERT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(in_);
    in_ = -1;
  }
  std::string line() {
    std::string out;
    char letter = 0;
    while (::read(out_, &letter, 1) == 1 && letter != '\n')
      out += letter;
    return out;
  }

 private:
  pid_t pid_ = 0;
  int in_ = -1;
  int out_ = -1;
};

// libsecret keeps its first connection for the life of the process, and so one keyring serves all.
class Keyring : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-XXXXXX").string();
    root() = ::mkdtemp(name.data());
    for (const char* variable : {"HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"})
      ::setenv(variable, root().c_str(), 1);
    static Piped bus({"dbus-daemon", "--session", "--nofork", "--print-address=1"});
    ::setenv("DBUS_SESSION_BUS_ADDRESS", bus.line().c_str(), 1);
    static Piped daemon(
        {"gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"});
    daemon.write("a passphrase");
    (void)daemon.line();  // it serves once it says where; until then the bus would start another
    for (int i = 0; i < 500 && !open_keyring_store(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  void SetUp() override {
    auto opened = open_keyring_store();
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    ASSERT_TRUE(store_->remove_all("obs"));
    places_.state = (root() / "state").string();
  }
  static std::filesystem::path& root() {
    static std::filesystem::path path;
    return path;
  }
  static std::string get(Store& store, const Owner& owner, const std::string& name) {
    const auto got = store.get(owner, name);
    if (!got) return "error: " + got.error().message;
    return *got ? std::string(to_string((*got)->kind)) + " " + std::string((*got)->value.text())
                : "-";
  }
  static std::vector<std::string> listed(Store& store) {
    const auto all = store.list("obs");
    if (!all) return {"error: " + all.error().message};
    std::vector<std::string> out;
    for (const Listed& one : *all)
      out.push_back(one.signer + " " + one.name + " " + std::string(to_string(one.kind)) + " " +
                    std::to_string(one.bytes));
    return out;
  }

  std::unique_ptr<Store> store_;
  Places places_;
};

TEST_F(Keyring, KeepsAndFindsSecretsByWhoseTheyAre) {
  ASSERT_TRUE(store_->set(kOwner, "password", secret(std::string("s\0cret", 6))));
  ASSERT_TRUE(store_->set(kOther, "password", secret("other", Kind::readable)));
  EXPECT_EQ(get(*store_, kOwner, "password"), std::string("hidden s\0cret", 13));
  EXPECT_EQ(get(*store_, kOther, "password"), "readable other");
  EXPECT_EQ(get(*store_, {"obs2", kOwner.signer}, "password"), "-");
  EXPECT_THAT(listed(*store_), ElementsAre("0000000000000001 password readable 5",
                                           "6F1C0A2B3C4D5E6F password hidden 6"));
}

TEST_F(Keyring, KeepsWhomAHiddenOneIsFor) {
  Secret bound = secret(std::string("\n\0x\n", 4));
  bound.only_to = *grants::parse_host_rule("https://api.example.org");
  ASSERT_TRUE(store_->set(kOwner, "token", bound));
  const auto got = store_->get(kOwner, "token");
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->only_to, bound.only_to);
  EXPECT_EQ((*got)->value.text(), bound.value.text());
  EXPECT_EQ(store_->list("obs")->at(0).only_to, bound.only_to);
  bound.kind = Kind::readable;
  EXPECT_EQ(store_->set(kOwner, "token", bound).error().code, ErrorCode::invalid);
  ASSERT_TRUE(store_->remove(kOwner, "token"));
}

TEST_F(Keyring, ReplacesAndRemoves) {
  ASSERT_TRUE(store_->set(kOwner, "token", secret("one", Kind::own)));
  ASSERT_TRUE(store_->set(kOwner, "token", secret("two", Kind::readable)));
  EXPECT_EQ(get(*store_, kOwner, "token"), "readable two");
  EXPECT_EQ(listed(*store_).size(), 1U) << "of another kind it is the same one";
  EXPECT_EQ(store_->set(kOwner, "token", secret("x", Kind::own)).error().code, ErrorCode::denied);
  EXPECT_TRUE(*store_->remove(kOwner, "token"));
  EXPECT_FALSE(*store_->remove(kOwner, "token"));
  EXPECT_EQ(get(*store_, kOwner, "token"), "-");
}

TEST_F(Keyring, HoldsTheSameBoundsAsFiles) {
  EXPECT_EQ(store_->set(kOwner, "a b", secret("x")).error().code, ErrorCode::invalid);
  EXPECT_EQ(store_->set(kOwner, "big", secret(std::string(kMaxSecretBytes + 1, 'x'))).error().code,
            ErrorCode::limit);
  ASSERT_TRUE(store_->set(kOwner, "big", secret(std::string(kMaxSecretBytes, 'x'))));
  EXPECT_EQ(get(*store_, kOwner, "big").size(), kMaxSecretBytes + 7);
}

TEST_F(Keyring, ComesBeforeFilesAndTakesOverWhatIsInThem) {
  const auto files = open_file_store(places_);
  ASSERT_TRUE(files->set(kOwner, "old", secret("in a file")));
  ASSERT_TRUE(files->set(kOwner, "both", secret("file")));
  auto both = open_store(places_, std::move(store_));
  EXPECT_EQ(both->place(), "the keyring");
  EXPECT_EQ(get(*both, kOwner, "old"), "hidden in a file");
  EXPECT_EQ(both->set(kOwner, "old", secret("x", Kind::own)).error().code, ErrorCode::denied)
      << "the user stored it";
  ASSERT_TRUE(both->set(kOwner, "both", secret("keyring")));
  EXPECT_EQ(get(*both, kOwner, "both"), "hidden keyring");
  EXPECT_EQ(get(*files, kOwner, "both"), "-");
  EXPECT_EQ(listed(*both).size(), 2U);
  EXPECT_EQ(*both->remove_all("obs"), 2U);
  EXPECT_TRUE(listed(*both).empty());
}

TEST(KeyringWithoutOne, FilesAreUsed) {
  std::string name = (std::filesystem::temp_directory_path() / "midimon-XXXXXX").string();
  const std::filesystem::path root = ::mkdtemp(name.data());
  Places places;
  places.state = root / "state";
  auto store = open_store(places, nullptr);
  ASSERT_TRUE(store->set(kOwner, "a", secret("x")));
  EXPECT_THAT(store->place(), HasSubstr(root.string()));
  EXPECT_TRUE(std::filesystem::exists(root / "state/secrets/obs"));
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
}

}  // namespace
}  // namespace midimon::secrets
