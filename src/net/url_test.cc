#include "net/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace midimon::net {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? "" : url.error().message;
}

std::string resolved(std::string_view base, std::string_view reference) {
  const auto url = Url::parse(base).value().resolve(reference);
  return url ? url->text() : "";
}

TEST(Url, HasItsParts) {
  const auto url = Url::parse("https://Plugins.Example:8443/a/b.midiplug?token=secret#part");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_TRUE(url->is_secure());
  EXPECT_EQ(url->host(), "plugins.example");
  EXPECT_EQ(url->port(), 8443);
  EXPECT_EQ(url->path(), "/a/b.midiplug");
  EXPECT_THAT(url->text(), HasSubstr("/a/b.midiplug?token=secret"));
  EXPECT_EQ(url->text().find('#'), std::string::npos);
  EXPECT_EQ(url->shown().find("secret"), std::string::npos);
}

TEST(Url, KnowsTheUsualPorts) {
  EXPECT_EQ(Url::parse("https://a.example")->port(), 443);
  EXPECT_EQ(Url::parse("http://a.example")->port(), 80);
  EXPECT_EQ(Url::parse("https://a.example")->path(), "/");
}

TEST(Url, RefusesWhatIsNotTheWeb) {
  for (const char* text :
       {"ftp://a.example/x", "file:///etc/passwd", "gopher://a.example", "a.txt", "//a.example/x",
        "https:", "https://", "", "javascript:alert(1)", "dict://a.example", "https://a.example:0/",
        "https://a.example:99999/"}) {
    EXPECT_THAT(error_of(text), HasSubstr("is no URL that can be fetched")) << text;
  }
}

TEST(Url, RefusesNamesAndPasswords) {
  EXPECT_THAT(error_of("https://anna:secret@a.example/"), HasSubstr("a user name or a password"));
  EXPECT_THAT(error_of("https://a.example@evil.example/"), HasSubstr("a user name or a password"));
}

TEST(Url, RefusesCharactersThatReadDifferentlyElsewhere) {
  for (const std::string& text :
       {std::string("https://a.example/a b"), std::string("https://a.example/\r\nX: y"),
        std::string("https://a.example\\@evil.example/"), std::string("https://a.example/\0", 19),
        std::string("https://\xC3\xA4.example/"), "https://a.example/" + std::string(8192, 'a')}) {
    EXPECT_NE(error_of(text), "") << text;
  }
}

// libcurl puts what is escaped in a host into its URL as it is.
TEST(Url, RefusesAHostThatHidesOtherCharacters) {
  for (const char* text : {"https://a%ee.example/", "https://a%9b31m.example/", "https://%c3%a4/"})
    EXPECT_THAT(error_of(text), HasSubstr("characters that no host has")) << text;
  const auto plain = Url::parse("https://%61.example/");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(Url::parse(plain->text())->host(), "a.example");
}

TEST(Url, KnowsThisMachineByItsNumbersOnly) {
  for (const char* text : {"http://localhost/", "http://LOCALHOST:80/", "http://127.0.0.1/",
                           "http://127.255.3.4/", "http://[::1]:8080/", "http://127.1/"}) {
    ASSERT_EQ(error_of(text), "") << text;
    EXPECT_TRUE(Url::parse(text)->is_loopback()) << text;
  }
  for (const char* text : {"http://localhost.example/", "http://127.0.0.1.example/",
                           "http://128.0.0.1/", "http://[::2]/", "http://0.0.0.0/"}) {
    ASSERT_EQ(error_of(text), "") << text;
    EXPECT_FALSE(Url::parse(text)->is_loopback()) << text;
  }
}

TEST(Url, ResolvesReferencesAsBrowsersDo) {
  EXPECT_EQ(resolved("https://a.example/x/index.json", "p/a.midiplug"),
            "https://a.example/x/p/a.midiplug");
  EXPECT_EQ(resolved("https://a.example/x/index.json", "/p"), "https://a.example/p");
  EXPECT_EQ(resolved("https://a.example/x/", "//b.example/p"), "https://b.example/p");
  EXPECT_EQ(resolved("https://a.example/x/", "http://b.example/p"), "http://b.example/p");
  EXPECT_EQ(resolved("https://a.example/x/", "file:///etc/passwd"), "");
}

TEST(Url, NamesTheFileBesideIt) {
  EXPECT_EQ(Url::parse("https://a.example/x.wasm?a=b#c")->beside(".minisig"),
            "https://a.example/x.wasm.minisig?a=b");
}

TEST(Url, HasTheSameOriginWithSchemeHostAndPort) {
  const Url url = Url::parse("https://a.example/x").value();
  EXPECT_TRUE(url.same_origin(Url::parse("https://A.example:443/y").value()));
  EXPECT_FALSE(url.same_origin(Url::parse("https://a.example:444/x").value()));
  EXPECT_FALSE(url.same_origin(Url::parse("http://a.example:443/x").value()));
  EXPECT_FALSE(url.same_origin(Url::parse("https://b.example/x").value()));
}

}  // namespace
}  // namespace midimon::net
