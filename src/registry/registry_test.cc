#include "registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "registry/seen.h"
#include "trust/secret_key.h"
#include "trust/signature.h"

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string sign(const trust::SecretKey& key, const std::string& text) {
  return trust::to_file(key.sign(bytes_of(text), "an index").value());
}

// A web of files in memory.
class Web final : public Fetcher {
 public:
  Result<std::optional<std::string>> find(const std::string& url,
                                          std::uint64_t max_bytes) override {
    if (on_fetch) on_fetch(url);
    const auto found = files.find(url);
    if (found == files.end()) return std::optional<std::string>();
    if (found->second.size() > max_bytes) return fail(ErrorCode::limit, "It is too large.");
    return std::optional(found->second);
  }
  Result<std::string> download(const std::string& url, std::uint64_t max_bytes) override {
    auto found = find(url, max_bytes);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return fail(ErrorCode::not_found, "There is no such file.");
    return **found;
  }

  std::map<std::string, std::string> files;
  std::function<void(const std::string&)> on_fetch;
};

class Registries : public ::testing::Test {
 protected:
  Registries() {
    std::string name =
        (std::filesystem::temp_directory_path() / "midimon-registry-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    places_ = find_places(Platform::linux, [this](const std::string& variable) {
                return variable == "MIDIMON_HOME" ? std::optional(root_.string()) : std::nullopt;
              }).value();
    Release release;
    release.version = *trust::SemVer::parse("1.0.0");
    release.url = "e.midiplug";
    release.sha256 = trust::digest_of(bytes_of(file_)).sha256;
    release.size = file_.size();
    index_ = {"main", 7, *trust::parse_utc("2027-01-01"), {{"echo", "", {}, {release}}}};
    web_.files[kUrl + "e.midiplug"] = file_;
  }
  ~Registries() override { std::filesystem::remove_all(root_); }

  void publish() { publish(to_json(index_), key_); }
  void publish(const std::string& text, const trust::SecretKey& key) {
    web_.files[kUrl + "index.json"] = text;
    web_.files[kUrl + "index.json.minisig"] = sign(key, text);
  }
  Result<Registry> open(const std::string& location = kUrl, const char* now = "2026-12-31") {
    return Registry::open({"main", location, key_.public_key()}, web_, places_,
                          *trust::parse_utc(now));
  }
  void expect_refused(const std::string& because) {
    const auto registry = open();
    ASSERT_FALSE(registry);
    EXPECT_EQ(registry.error().code, ErrorCode::denied);
    EXPECT_THAT(registry.error().message, HasSubstr(because));
  }
  // Of the only release, with the index as it is.
  Result<std::string> download(const std::string& location = kUrl) {
    publish();
    const auto registry = open(location);
    if (!registry) return tl::unexpected(registry.error());
    const Plugin& plugin = registry->index().plugins[0];
    return registry->download(plugin, plugin.releases[0], web_);
  }
  void expect_other_file(const std::string& because) {
    const auto bytes = download();
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::denied);
    EXPECT_THAT(bytes.error().message, HasSubstr("is not the file that the index of main names"));
    EXPECT_THAT(bytes.error().message, HasSubstr(because));
  }

  inline static const std::string kUrl = "https://plugins.example/p/";
  std::filesystem::path root_;
  Places places_;
  trust::SecretKey key_ = trust::SecretKey::generate();
  std::string file_ = "the bytes of a package";
  Index index_;
  Web web_;
};

TEST_F(Registries, AreOpenedByTheirDirectoryOrTheirIndex) {
  publish();
  for (const std::string& location : {kUrl, kUrl.substr(0, kUrl.size() - 1), kUrl + "index.json"}) {
    const auto registry = open(location);
    ASSERT_TRUE(registry) << registry.error().message;
    EXPECT_EQ(registry->index().version, 7U);
    EXPECT_TRUE(registry->check_fresh());
  }
}

TEST_F(Registries, AreDirectoriesToo) {
  std::filesystem::create_directory(root_ / "p");
  const std::string text = to_json(index_);
  std::ofstream(root_ / "p/index.json") << text;
  std::ofstream(root_ / "p/index.json.minisig") << sign(key_, text);
  std::ofstream(root_ / "p/e.midiplug") << file_;
  for (const std::string& location : {(root_ / "p").string(), (root_ / "p/index.json").string()}) {
    const auto bytes = download(location);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(*bytes, file_);
  }
  std::ofstream(root_ / "p/e.midiplug", std::ios::app) << "and more";
  EXPECT_THAT(download((root_ / "p").string()).error().message, HasSubstr("another size"));
  std::filesystem::remove(root_ / "p/e.midiplug");
  EXPECT_EQ(download((root_ / "p").string()).error().code, ErrorCode::not_found);
  ASSERT_EQ(::mkfifo((root_ / "p/e.midiplug").c_str(), 0600), 0);
  EXPECT_FALSE(download((root_ / "p").string()));
}

TEST_F(Registries, RefuseAnIndexThatWasTamperedWith) {
  publish();
  web_.files[kUrl + "index.json"] += " ";
  expect_refused("is not what the key");
}

TEST_F(Registries, RefuseAnIndexByAnotherKey) {
  const trust::SecretKey other = trust::SecretKey::generate();
  publish(to_json(index_), other);
  expect_refused("is signed by the key " + to_string(other.public_key().id));
}

// An id is what its maker says.
TEST_F(Registries, RefuseAnIndexByAnotherKeyWithTheSameId) {
  publish();
  const std::string text = to_json(index_);
  auto signature = trust::SecretKey::generate().sign(bytes_of(text), "an index").value();
  signature.key_id = key_.public_key().id;
  web_.files[kUrl + "index.json.minisig"] = trust::to_file(signature);
  expect_refused("is not what the key");
}

TEST_F(Registries, RefuseASignatureWithAnotherComment) {
  const std::string text = to_json(index_);
  publish();
  auto signature = key_.sign(bytes_of(text), "an index").value();
  signature.trusted_comment = "another";
  web_.files[kUrl + "index.json.minisig"] = trust::to_file(signature);
  expect_refused("is not what the key");
}

TEST_F(Registries, RefuseAnIndexWithoutASignature) {
  publish();
  web_.files.erase(kUrl + "index.json.minisig");
  expect_refused("index.json.minisig, so that its index could be anybody's");
  web_.files[kUrl + "index.json.minisig"] = "signed, honestly";
  expect_refused("is none");
  web_.files.clear();
  EXPECT_EQ(open().error().code, ErrorCode::not_found);
}

TEST_F(Registries, RefuseWhatIsSignedAndNoIndex) {
  publish("{}", key_);
  const auto registry = open();
  ASSERT_FALSE(registry);
  EXPECT_THAT(registry.error().message, HasSubstr("The index of main cannot be used: format"));
}

TEST_F(Registries, RefuseEndlessIndices) {
  publish();
  web_.files[kUrl + "index.json"].resize(kMaxIndexBytes + 1);
  EXPECT_EQ(open().error().code, ErrorCode::limit);
  publish();
  web_.files[kUrl + "index.json.minisig"].resize(1UL << 20);
  EXPECT_EQ(open().error().code, ErrorCode::limit);
}

TEST_F(Registries, RefuseAnOlderIndexThanWasSeen) {
  publish();
  ASSERT_TRUE(open());
  index_.version = 6;
  publish();
  expect_refused("has version 6 of the index, and version 7 was seen before");
  index_.version = 8;
  publish();
  EXPECT_TRUE(open());
}

TEST_F(Registries, RefuseOtherBytesUnderTheSameVersion) {
  publish();
  ASSERT_TRUE(open());
  EXPECT_TRUE(open());
  index_.expires += std::chrono::hours(1);
  publish();
  expect_refused("another index than before under the same version, 7");
}

TEST_F(Registries, RememberWhatWasSeenOfAnExpiredIndexToo) {
  publish();
  ASSERT_TRUE(open(kUrl, "2027-06-01"));
  index_.version = 6;
  publish();
  expect_refused("version 7 was seen before");
}

TEST_F(Registries, KeepWhatWasSeenInAPrivateFile) {
  publish();
  ASSERT_TRUE(open());
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "state/registries.toml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::chmod((root_ / "state/registries.toml").c_str(), 0666), 0);
  EXPECT_FALSE(open());
}

TEST_F(Registries, BeginAnewWithAnotherKeyOrPlace) {
  publish();
  ASSERT_TRUE(open());
  index_.version = 1;
  key_ = trust::SecretKey::generate();
  publish();
  EXPECT_TRUE(open());
  web_.files["https://other.example/index.json"] = web_.files[kUrl + "index.json"];
  web_.files["https://other.example/index.json.minisig"] = web_.files[kUrl + "index.json.minisig"];
  EXPECT_TRUE(open("https://other.example"));
}

TEST_F(Registries, SayThatAnIndexExpired) {
  publish();
  const auto registry = open(kUrl, "2027-01-01");
  ASSERT_TRUE(registry) << registry.error().message;
  const auto fresh = registry->check_fresh();
  ASSERT_FALSE(fresh);
  EXPECT_THAT(fresh.error().message, HasSubstr("expired at 2027-01-01T00:00:00Z"));
}

TEST_F(Registries, FetchTheTwoFilesAgainWhereTheyWereReplacedInBetween) {
  publish();
  int fetched = 0;
  web_.on_fetch = [&](const std::string& /*url*/) {
    if (++fetched != 2) return;
    index_.version = 8;
    publish();
  };
  const auto registry = open();
  ASSERT_TRUE(registry) << registry.error().message;
  EXPECT_EQ(registry->index().version, 8U);
}

TEST_F(Registries, GiveTheFileThatTheirIndexNames) {
  const auto bytes = download();
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(*bytes, file_);
  index_.version = 8;
  index_.plugins[0].releases[0].url = "https://other.example/x/e.midiplug";
  web_.files["https://other.example/x/e.midiplug"] = file_;
  EXPECT_TRUE(download());
}

TEST_F(Registries, RefuseAFileWithAnotherHash) {
  file_[0] = 'T';
  web_.files[kUrl + "e.midiplug"] = file_;
  expect_other_file("its SHA-256 is another one");
}

// As if the file of one version were given for another.
TEST_F(Registries, RefuseTheFileOfAnotherRelease) {
  Release other = index_.plugins[0].releases[0];
  other.version = *trust::SemVer::parse("0.9.0");
  const std::string old_file = "the bytes of an older";
  other.sha256 = trust::digest_of(bytes_of(old_file + "!")).sha256;
  index_.plugins[0].releases.push_back(other);
  web_.files[kUrl + "e.midiplug"] = old_file + "!";
  ASSERT_EQ(other.size, old_file.size() + 1);
  expect_other_file("its SHA-256 is another one");
}

TEST_F(Registries, RefuseAFileOfAnotherSize) {
  web_.files[kUrl + "e.midiplug"] = file_ + "!";
  expect_other_file("it is larger");
  index_.version = 8;
  web_.files[kUrl + "e.midiplug"] = file_.substr(1);
  expect_other_file("it has another size");
}

TEST(Seen, SaysWhatIsWrongInItsFile) {
  const auto error = [](const std::string& text) {
    const auto seen = parse_seen(text, "registries.toml");
    return seen ? "" : seen.error().message;
  };
  EXPECT_EQ(error("format = 1\n"), "");
  EXPECT_THAT(error("format = 2\n"), HasSubstr("registries.toml:1:10: "));
  EXPECT_THAT(error("format = 1\n[[registries]]\nversion = 0\n"), HasSubstr("registries.toml:3:"));
  EXPECT_THAT(error("format = 1\nx = 1\n"), HasSubstr("registries.toml:2:1: "));
}

TEST(Seen, IsReadAsItWasWritten) {
  Seen seen;
  const trust::PublicKey key = trust::SecretKey::generate().public_key();
  ASSERT_TRUE(seen.add({"https://a.example/\"x\"", key, 3, {}}));
  ASSERT_TRUE(seen.add({"/srv/p/index.json", key, 9, {}}));
  const auto again = parse_seen(to_toml(seen), "registries.toml");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_toml(*again), to_toml(seen));
  EXPECT_EQ(again->all().size(), 2U);
}

}  // namespace
}  // namespace midimon::registry
