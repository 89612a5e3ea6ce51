#include "registry/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHash =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// An index of one plugin in one version, with `from` replaced by `to`.
std::string text(const std::string& from = {}, const std::string& to = {}) {
  std::string out = R"({"format": 1, "name": "main", "version": 7,
    "expires": "2027-01-01T00:00:00Z", "plugins": [
      {"id": "echo", "description": "Says it again", "versions": [
        {"version": "1.0.0", "url": "p/echo-1.0.0.midiplug", "size": 12345,
         "sha256": ")" +
                    std::string(kHash) + R"("}]}]})";
  if (!from.empty()) {
    EXPECT_NE(out.find(from), std::string::npos) << from;
    out.replace(out.find(from), from.size(), to);
  }
  return out;
}

std::string error_of(const std::string& source) {
  const auto index = parse_index(source);
  return index ? "" : index.error().message;
}

TEST(Index, IsReadAndWritten) {
  const auto index = parse_index(text());
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(index->name, "main");
  EXPECT_EQ(index->version, 7U);
  EXPECT_EQ(trust::format_utc(index->expires), "2027-01-01T00:00:00Z");
  const Plugin* echo = index->find("echo");
  ASSERT_NE(echo, nullptr);
  EXPECT_EQ(echo->description, "Says it again");
  ASSERT_EQ(echo->releases.size(), 1U);
  EXPECT_EQ(echo->releases[0].size, 12345U);
  EXPECT_EQ(trust::to_hex(echo->releases[0].sha256), kHash);
  EXPECT_EQ(index->find("other"), nullptr);
  const auto again = parse_index(to_json(*index));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(*index));
}

TEST(Index, LeavesUnknownKeysToLaterVersions) {
  EXPECT_EQ(error_of(text("\"id\"", "\"later\": [1], \"id\"")), "");
}

TEST(Index, RefusesAKeyThatIsThereTwice) {
  EXPECT_THAT(error_of(text("\"version\": 7", "\"version\": 7, \"version\": 8")),
              HasSubstr("has a key twice"));
  EXPECT_THAT(error_of(text("\"size\": 12345", "\"size\": 12345, \"size\": 1")),
              HasSubstr("has a key twice"));
}

TEST(Index, RefusesWhatIsNoJson) {
  for (const std::string& source :
       {std::string(), std::string("{"), text() + "x", text() + text(), std::string("null"),
        std::string("[]"), std::string(1000000, '['), std::string("\xFF")}) {
    EXPECT_NE(error_of(source), "") << source.substr(0, 80);
  }
  EXPECT_THAT(error_of(std::string(kMaxIndexBytes + 1, ' ')), HasSubstr("larger than 4MiB"));
}

TEST(Index, SaysWhereSomethingIsWrong) {
  const std::string hash(kHash);
  const struct {
    std::string from, to, problem;
  } cases[] = {
      {"\"format\": 1", "\"format\": 2", "format is not 1"},
      {"\"name\": \"main\"", "\"name\": \"\"", "name must be 1 to 100 bytes"},
      {"\"name\": \"main\"", "\"name\": 3", "name must be 1 to 100 bytes"},
      {"\"name\": \"main\"", "\"name\": \"a\\u001b[31m\"", "name must be 1 to 100 bytes"},
      {"\"name\": \"main\"", "\"name\": \"" + std::string(101, 'x') + "\"", "name must be"},
      {"\"version\": 7", "\"version\": 0", "version must be a whole number"},
      {"\"version\": 7", "\"version\": -7", "version must be a whole number"},
      {"\"version\": 7", "\"version\": 7.0", "version must be a whole number"},
      {"\"version\": 7", "\"version\": \"7\"", "version must be a whole number"},
      {"\"version\": 7", "\"version\": 9007199254740992", "version must be a whole number"},
      {"\"version\": 7", "\"version\": 99999999999999999999", "version must be a whole number"},
      {"2027-01-01T00:00:00Z", "tomorrow", "expires must be a time"},
      {"\"plugins\": [", "\"plugins\": {\"a\":[", "not JSON"},
      {"\"id\": \"echo\"", "\"id\": \"../echo\"", "plugins[0].id must be the id"},
      {"\"id\": \"echo\"", "\"id\": \"Echo\"", "plugins[0].id must be the id"},
      {"Says it again", "a\\nb", "plugins[0].description must be"},
      {"Says it again", "txt.\\u202Eexe", "plugins[0].description must be"},
      {"\"description\"", "\"signer\": \"RWxx\", \"description\"", "plugins[0].signer must be"},
      {"\"1.0.0\"", "\"1.0\"", "plugins[0].versions[0].version must be"},
      {"\"1.0.0\"", "\"01.0.0\"", "plugins[0].versions[0].version must be"},
      {"\"size\": 12345", "\"size\": 67108865", "plugins[0].versions[0].size must be"},
      {"\"size\": 12345", "\"size\": 0", "plugins[0].versions[0].size must be"},
      {hash, hash.substr(1), "plugins[0].versions[0].sha256 must be 64 digits"},
      {hash, "BA" + hash.substr(2), "plugins[0].versions[0].sha256 must be 64 digits"},
      {"\"size\": 12345", "\"size\": 12345, \"yanked\": true", "versions[0].yanked must be"},
      {"\"versions\": [", "\"versions\": [1, ", "plugins[0].versions[0].version must be"},
      {"\"plugins\": [", "\"plugins\": [[], ", "plugins[0].id must be"},
  };
  for (const auto& one : cases)
    EXPECT_THAT(error_of(text(one.from, one.to)), HasSubstr(one.problem)) << one.to;
}

TEST(Index, RefusesTricksInUrls) {
  for (const char* url : {"http://a.example/e.midiplug",
                          "ftp://a.example/e",
                          "file:///etc/passwd",
                          "//a.example/e",
                          "/etc/passwd",
                          "../e.midiplug",
                          "p/../e.midiplug",
                          "p/..",
                          "./e.midiplug",
                          "p//e",
                          "p/",
                          "p\\\\e",
                          "%2e%2e/e",
                          "e?x",
                          "e#x",
                          ".hidden",
                          "https://user@a.example/e",
                          "https://",
                          "a b",
                          "",
                          "javascript:x",
                          "https:e"}) {
    EXPECT_NE(error_of(text("p/echo-1.0.0.midiplug", url)), "") << url;
  }
  for (const char* url : {"e.midiplug", "p/q/e-1.0.0+b.midiplug", "https://a.example/e?t=1"}) {
    EXPECT_EQ(error_of(text("p/echo-1.0.0.midiplug", url)), "") << url;
  }
}

TEST(Index, RefusesTheSamePluginOrVersionTwice) {
  std::string twice = text();
  const std::string plugin =
      twice.substr(twice.find("{\"id\""), twice.rfind("]}") - twice.find("{\"id\""));
  EXPECT_THAT(error_of(text("\"plugins\": [", "\"plugins\": [" + plugin + ",")),
              HasSubstr("plugins has echo twice"));
  const std::string release =
      R"({"version": "1.0.0+b", "url": "e", "size": 1, "sha256": ")" + std::string(kHash) + "\"},";
  EXPECT_THAT(error_of(text("\"versions\": [", "\"versions\": [" + release)),
              HasSubstr("plugins[0].versions has 1.0.0"));
}

TEST(Index, BoundsHowManyThereAre) {
  std::string many;
  for (std::size_t i = 0; i <= kMaxPlugins; ++i)
    many += "1,";
  EXPECT_THAT(error_of(text("\"plugins\": [", "\"plugins\": [" + many)),
              HasSubstr("plugins must be a list of at most 10000"));
  many.resize((kMaxReleases + 1) * 2);
  EXPECT_THAT(error_of(text("\"versions\": [", "\"versions\": [" + many)),
              HasSubstr("plugins[0].versions must be a list of at most 1000"));
}

TEST(Plugin, ItsNewestIsNotYankedAndAPrereleaseOnlyIfThereIsNothingElse) {
  const auto release = [](const char* version, bool yanked) {
    Release one;
    one.version = *trust::SemVer::parse(version);
    if (yanked) one.yanked = "It was wrong.";
    return one;
  };
  Plugin plugin;
  EXPECT_EQ(plugin.newest(), nullptr);
  plugin.releases = {release("3.0.0", true), release("2.1.0-rc.1", false)};
  EXPECT_EQ(plugin.newest()->version.text(), "2.1.0-rc.1");
  plugin.releases.push_back(release("2.0.0", false));
  EXPECT_EQ(plugin.newest()->version.text(), "2.0.0");
  EXPECT_EQ(plugin.find(*trust::SemVer::parse("3.0.0")), plugin.releases.data());
  EXPECT_EQ(plugin.find(*trust::SemVer::parse("4.0.0")), nullptr);
}

}  // namespace
}  // namespace midimon::registry
