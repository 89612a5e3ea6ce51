#include "secrets/file_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "secrets/secret_file.h"

namespace midimon::secrets {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSigner = "6F1C0A2B3C4D5E6F";
const std::string kOther = "0000000000000001";

Secret secret(std::string_view text, Kind kind = Kind::hidden) {
  Secret out{trust::SecretBytes(text.size()), kind};
  std::copy(text.begin(), text.end(), out.value.data());
  return out;
}

class FileStoreTest : public ::testing::Test {
 protected:
  FileStoreTest() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    places_.state = root_ / "state";
    store_ = open_file_store(places_);
  }
  ~FileStoreTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  void set(const Owner& owner, const std::string& name, const Secret& value) {
    const auto done = store_->set(owner, name, value);
    ASSERT_TRUE(done) << done.error().message;
  }
  // Its text; "-" if there is none.
  std::string get(const Owner& owner, const std::string& name) {
    const auto got = store_->get(owner, name);
    if (!got) return "error: " + got.error().message;
    return *got ? std::string((*got)->value.text()) : "-";
  }
  [[nodiscard]] std::filesystem::path file() const { return root_ / "state/secrets/obs"; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path root_;
  Places places_;
  std::unique_ptr<Store> store_;
  const Owner obs_{"obs", kSigner};
};

TEST_F(FileStoreTest, GivesBackWhatWasStoredByteForByte) {
  const std::string bytes("\0\xff\n \x80", 5);
  EXPECT_EQ(get(obs_, "token"), "-");
  set(obs_, "token", secret(bytes, Kind::readable));
  set(obs_, "other", secret("2"));
  EXPECT_EQ(get(obs_, "token"), bytes);
  EXPECT_EQ(get(obs_, "other"), "2");
  EXPECT_EQ((*store_->get(obs_, "token"))->kind, Kind::readable);
  set(obs_, "token", secret("new"));
  EXPECT_EQ(open_file_store(places_)->get(obs_, "token")->value().value.text(), "new");
}

TEST_F(FileStoreTest, KeepsWhomAHiddenOneIsFor) {
  const auto rule = *grants::parse_host_rule("https://*.example.org");
  Secret bound = secret("x");
  bound.only_to = rule;
  set(obs_, "token", bound);
  EXPECT_EQ(open_file_store(places_)->get(obs_, "token")->value().only_to, rule);
  EXPECT_EQ(store_->list("obs")->at(0).only_to, rule);
  bound.kind = Kind::readable;
  EXPECT_EQ(store_->set(obs_, "token", bound).error().code, ErrorCode::invalid);
}

TEST_F(FileStoreTest, AnotherSignerAndAnotherPluginHaveNone) {
  set(obs_, "token", secret("mine"));
  EXPECT_EQ(get({"obs", kOther}, "token"), "-");
  EXPECT_EQ(get({"obs2", kSigner}, "token"), "-");
  set({"obs", kOther}, "token", secret("theirs"));
  EXPECT_EQ(get(obs_, "token"), "mine");
  ASSERT_EQ(store_->list("obs")->size(), 2U);
  EXPECT_EQ(*store_->remove({"obs", kOther}, "token"), true);
  EXPECT_EQ(*store_->remove({"obs", kOther}, "token"), false);
  EXPECT_EQ(get(obs_, "token"), "mine");
}

TEST_F(FileStoreTest, OnlyTheUserCanReadTheFile) {
  set(obs_, "token", secret("x"));
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(file().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
}

TEST_F(FileStoreTest, AFileThatOthersCouldReadOrThatLeadsElsewhereIsRefused) {
  set(obs_, "token", secret("x"));
  ::chmod(file().c_str(), 0640);
  EXPECT_THAT(get(obs_, "token"), HasSubstr("chmod 0600"));
  EXPECT_FALSE(store_->set(obs_, "token", secret("y")));
  ::chmod(file().c_str(), 0600);
  EXPECT_EQ(get(obs_, "token"), "x");

  std::filesystem::rename(file(), root_ / "elsewhere");
  std::filesystem::create_symlink(root_ / "elsewhere", file());
  EXPECT_THAT(get(obs_, "token"), HasSubstr("link"));
  EXPECT_FALSE(store_->set(obs_, "token", secret("y")));
}

TEST_F(FileStoreTest, ANameCannotLeaveTheDirectory) {
  for (const char* plugin : {"..", "../obs", "a/b", "", ".obs"}) {
    EXPECT_FALSE(store_->set({plugin, kSigner}, "token", secret("x"))) << plugin;
    EXPECT_FALSE(store_->get({plugin, kSigner}, "token")) << plugin;
    EXPECT_FALSE(store_->remove_all(plugin)) << plugin;
  }
  for (const char* name : {"", "a b", "a\nb", "a/b", "\xc3\xbc"}) {
    EXPECT_FALSE(store_->set(obs_, name, secret("x"))) << name;
  }
  EXPECT_FALSE(store_->set(obs_, std::string(65, 'a'), secret("x")));
}

TEST_F(FileStoreTest, BoundsHowManyThereAreAndHowLarge) {
  EXPECT_FALSE(store_->set(obs_, "big", secret(std::string(kMaxSecretBytes + 1, 'x'))));
  for (std::size_t i = 0; i < kMaxSecrets; ++i)
    set(obs_, "n" + std::to_string(i), secret(std::string(kMaxSecretBytes, 'x')));
  EXPECT_FALSE(store_->set(obs_, "more", secret("x")));
  set(obs_, "n0", secret("replaced"));
  EXPECT_EQ(get(obs_, "n0"), "replaced");
  set({"obs", kOther}, "more", secret("x"));  // each signer has as many
}

TEST_F(FileStoreTest, APluginCannotReplaceWhatTheUserStored) {
  set(obs_, "token", secret("user's"));
  const auto replaced = store_->set(obs_, "token", secret("plugin's", Kind::own));
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, ErrorCode::denied);
  EXPECT_EQ(get(obs_, "token"), "user's");
  set(obs_, "refreshed", secret("1", Kind::own));
  set(obs_, "refreshed", secret("2", Kind::own));
  EXPECT_EQ(get(obs_, "refreshed"), "2");
}

TEST_F(FileStoreTest, RemovesAllOfAPluginEvenIfItCannotBeRead) {
  set(obs_, "token", secret("x"));
  set({"obs", kOther}, "token", secret("x"));
  EXPECT_EQ(*store_->remove_all("obs"), 2U);
  EXPECT_EQ(*store_->remove_all("obs"), 0U);
  EXPECT_EQ(get(obs_, "token"), "-");
  std::ofstream(file()) << "nonsense";
  ::chmod(file().c_str(), 0600);
  EXPECT_EQ(*store_->remove_all("obs"), 1U);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(FileStoreTest, ErrorsDoNotTellWhatIsSecret) {
  set(obs_, "token", secret("abc"));
  const std::string whole = text();
  ASSERT_THAT(whole, HasSubstr("616263"));
  for (std::size_t length = 1; length < whole.size(); ++length) {
    std::ofstream(file(), std::ios::trunc) << whole.substr(0, length);
    const std::string got = get(obs_, "token");
    EXPECT_THAT(got, Not(HasSubstr("616263"))) << length;
    if (length == whole.find('\n') + 1) continue;  // a file without secrets
    EXPECT_THAT(got, HasSubstr("line ")) << length;
  }
}

TEST_F(FileStoreTest, WritersWaitForEachOther) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto store = open_file_store(places_);
      for (int j = 0; j < 10; ++j) {
        const std::string name = "n" + std::to_string(i) + "-" + std::to_string(j);
        EXPECT_TRUE(store->set({"obs", kSigner}, name, secret(name)));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(store_->list("obs")->size(), 40U);
}

TEST(SecretFile, RefusesEveryLineThatWeDoNotWrite) {
  const std::string first = "midimon secrets 1\n";
  EXPECT_TRUE(parse_secrets(first + kSigner + " hidden a 00\n"));
  EXPECT_TRUE(parse_secrets(first + kSigner + " own a -\n"));
  EXPECT_TRUE(parse_secrets(first + kSigner + " hidden a 00 https://*.example.org\n"));
  for (const std::string& line :
       {std::string("x hidden a 00"), kSigner + " secret a 00", kSigner + " hidden a/b 00",
        kSigner + " hidden a 0", kSigner + " hidden a 0G", kSigner + " hidden a",
        kSigner + " hidden a 00 ", kSigner + " readable a 00 https://example.org",
        kSigner + " hidden a 00 example.org", kSigner + " hidden a 00 https://a https://b",
        kSigner + " hidden  00", std::string()}) {
    EXPECT_FALSE(parse_secrets(first + line + "\n")) << line;
  }
  const std::string twice = kSigner + " hidden a 00\n";
  EXPECT_FALSE(parse_secrets(first + twice + twice));
  EXPECT_FALSE(parse_secrets("midimon secrets 2\n"));
}

}  // namespace
}  // namespace midimon::secrets
