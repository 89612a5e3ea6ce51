#include "registry/oci_reference.h"

#include <gmock/gmock.h>

#include "trust/test_support.h"

namespace midimon::registry {
namespace {

using ::testing::HasSubstr;
using trust::testing::error_of;

const std::string kHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string refused(const std::string& text) {
  return error_of(parse_oci_reference(text));
}

TEST(OciReference, ReadsHostNameTagAndDigest) {
  const auto whole = parse_oci_reference("oci://ghcr.io:8443/anna/scene-switch:1.4@sha256:" + kHex);
  ASSERT_TRUE(whole) << error_of(whole);
  EXPECT_EQ(whole->host, "ghcr.io:8443");
  EXPECT_EQ(whole->name, "anna/scene-switch");
  EXPECT_EQ(whole->tag, "1.4");
  EXPECT_EQ(to_oci_digest(*whole->digest), "sha256:" + kHex);
  EXPECT_EQ(to_string(*whole), "oci://ghcr.io:8443/anna/scene-switch:1.4@sha256:" + kHex);
  EXPECT_EQ(tag_of(*whole), "oci://ghcr.io:8443/anna/scene-switch:1.4");
}

TEST(OciReference, TheTagIsLatestIfNothingElseIsSaid) {
  EXPECT_EQ(parse_oci_reference("oci://ghcr.io/a")->tag, "latest");
  const auto exact = parse_oci_reference("oci://ghcr.io/a@sha256:" + kHex);
  EXPECT_EQ(exact->tag, "");
  EXPECT_EQ(to_string(*exact), "oci://ghcr.io/a@sha256:" + kHex);
}

TEST(OciReference, TakesWhatTheSpecificationAllows) {
  for (const char* good :
       {"oci://a/b", "oci://localhost:5000/a/b/c/d", "oci://127.0.0.1:5000/a", "oci://[::1]:5000/a",
        "oci://h/a.b_c__d-e---f/0", "oci://h/a:_", "oci://h/a:1.4.0-rc_1", "oci://h/a:LATEST"}) {
    EXPECT_EQ(refused(good), "no error") << good;
  }
  EXPECT_EQ(refused("oci://h/a:" + std::string(128, 'x')), "no error");
  EXPECT_EQ(refused("oci://h/" + std::string(253, 'x')), "no error");
}

TEST(OciReference, RefusesWhatIsNoReference) {
  EXPECT_FALSE(is_oci("OCI://h/a"));
  EXPECT_FALSE(is_oci("https://h/a"));
  EXPECT_THAT(refused("https://h/a"), HasSubstr("does not begin with oci://"));
  EXPECT_THAT(refused(""), HasSubstr("does not begin with oci://"));
  EXPECT_THAT(refused("oci://ghcr.io"), HasSubstr("no name after the host"));
  EXPECT_THAT(refused("oci://h/" + std::string(2000, 'x')), HasSubstr("too long"));
}

TEST(OciReference, RefusesHostsThatCouldMeanAnotherOne) {
  for (const char* bad : {"oci:///a",           "oci://GHCR.io/a",    "oci://-h/a",
                          "oci://h-/a",         "oci://h..i/a",       "oci://.h/a",
                          "oci://h./a",         "oci://h_i/a",        "oci://h%2e/a",
                          "oci://h\\i/a",       "oci://h:0/a",        "oci://h:/a",
                          "oci://h:080/a",      "oci://h:65536/a",    "oci://h:99999999999/a",
                          "oci://h:8:8/a",      "oci://[::1/a",       "oci://[0::1]/a",
                          "oci://[::1%25lo]/a", "oci://::1/a",        "oci://[::1]x/a",
                          "oci://h i/a",        "oci://127.1/a",      "oci://0x7f.0.0.1/a",
                          "oci://h.0x7f/a",     "oci://2130706433/a", "oci://0177.0.0.1/a",
                          "oci://1.2.3.4.5/a"}) {
    EXPECT_THAT(refused(bad), HasSubstr("the host must be")) << bad;
  }
  EXPECT_THAT(refused("oci://" + std::string(64, 'x') + "/a"), HasSubstr("the host must be"));
}

TEST(OciReference, RefusesUserNamesAndPasswords) {
  EXPECT_THAT(refused("oci://anna:secret@ghcr.io/a"), HasSubstr("user name"));
  EXPECT_THAT(refused("oci://@ghcr.io/a"), HasSubstr("user name"));
}

TEST(OciReference, RefusesQueriesAndFragments) {
  EXPECT_THAT(refused("oci://h/a?b"), HasSubstr("query"));
  EXPECT_THAT(refused("oci://h/a:1#b"), HasSubstr("query"));
}

TEST(OciReference, RefusesNamesThatAreNone) {
  for (const char* bad :
       {"oci://h/", "oci://h/A", "oci://h/a/", "oci://h//a", "oci://h/../a", "oci://h/.a",
        "oci://h/a.", "oci://h/a..b", "oci://h/a___b", "oci://h/a-.b", "oci://h/a_-b", "oci://h/-a",
        "oci://h/a%2fb", "oci://h/a b", "oci://h/\xC3\xA9", "oci://h/:1"}) {
    EXPECT_THAT(refused(bad), HasSubstr("a name is")) << bad;
  }
  EXPECT_THAT(refused("oci://h/" + std::string(254, 'x')), HasSubstr("longer than 255"));
}

TEST(OciReference, RefusesTagsThatAreNone) {
  for (const char* bad : {"oci://h/a:", "oci://h/a:.b", "oci://h/a:-b", "oci://h/a:b:c",
                          "oci://h/a:b/c", "oci://h/a:b c", "oci://h/a:b+c"}) {
    EXPECT_THAT(refused(bad), HasSubstr("a tag is")) << bad;
  }
  EXPECT_THAT(refused("oci://h/a:" + std::string(129, 'x')), HasSubstr("a tag is"));
}

TEST(OciReference, RefusesDigestsButSha256) {
  for (const std::string& bad :
       {std::string("@"), std::string("@sha256:"), "@sha256:" + kHex + "0",
        "@sha256:" + kHex.substr(1), "@SHA256:" + kHex, "@sha256:E" + kHex.substr(1),
        "@sha512:" + kHex + kHex, "@" + kHex, "@sha256:" + kHex + "@sha256:" + kHex}) {
    EXPECT_THAT(refused("oci://h/a:1" + bad), HasSubstr("what follows @ must be")) << bad;
  }
}

TEST(OciReference, WhatItShowsOfAReferenceCannotLie) {
  EXPECT_THAT(refused("oci://h/\x1B[2J"), HasSubstr("\\x1b[2J"));
}

}  // namespace
}  // namespace midimon::registry
