#include "grants/host_rule.h"

#include <gtest/gtest.h>

#include <string>

namespace midimon::grants {
namespace {

std::string parsed(std::string_view text) {
  const auto rule = parse_host_rule(text);
  return rule ? to_string(*rule) : rule.error().message;
}

TEST(HostRule, IsWrittenOneWay) {
  EXPECT_EQ(parsed("https://API.Example.org"), "https://api.example.org");
  EXPECT_EQ(parsed("HTTPS://api.example.org:443/"), "https://api.example.org");
  EXPECT_EQ(parsed("https://api.example.org."), "https://api.example.org");
  EXPECT_EQ(parsed("ws://127.0.0.1:4455"), "ws://127.0.0.1:4455");
  EXPECT_EQ(parsed("http://[0:0:0:0:0:0:0:1]:80"), "http://[::1]");
  EXPECT_EQ(parsed("http://[2001:DB8::A]:8000-8080"), "http://[2001:db8::a]:8000-8080");
  EXPECT_EQ(parsed("wss://*.example.org:*"), "wss://*.example.org:*");
  EXPECT_EQ(parsed("http://localhost:1-65535"), "http://localhost:*");
}

TEST(HostRule, WhatCouldMeanAnotherHostIsRefused) {
  for (const char* text : {
           "https://user@example.org",
           "https://example.org@evil.org",
           "https://user:pw@example.org",
           "https://2130706433",
           "https://127.1",
           "https://0177.0.0.1",
           "https://0x7f.0.0.1",
           "https://0x7f000001",
           "https://127.0.0.01",
           "https://127.0.0.256",
           "https://1.2.3.4.5",
           "https://[::ffff:127.0.0.1]",
           "https://[::ffff:7f00:1]",
           "https://[::127.0.0.1]",
           "https://[fe80::1%25eth0]",
           "https://[fe80::1%eth0]",
           "https://[::1",
           "https://::1",
           "https://ex%61mple.org",
           "https://ex\xC3\xA4mple.org",
           "https://\xEF\xBD\x85xample.org",
           "https://example.org\\@evil.org",
           "https://exam ple.org",
           "https://example.org\n",
           "https://",
           "https://.",
           "https://..",
           "https://a..b",
           "https://-a.org",
           "https://a-.org",
       }) {
    EXPECT_FALSE(parse_host_rule(text)) << text;
    EXPECT_FALSE(origin_of(text)) << text;
  }
}

TEST(HostRule, AStarIsOneWholeLabelInFrontOfTwo) {
  for (const char* text : {"https://*", "https://*.org", "https://a*.example.org",
                           "https://api.*.org", "https://*.*.example.org", "https://*.127.0.0.1",
                           "https://*.[::1]", "https://**.example.org"}) {
    EXPECT_FALSE(parse_host_rule(text)) << text;
  }
}

TEST(HostRule, PortsAreNumbersARangeOrAll) {
  for (const char* text :
       {"http://a:0", "http://a:65536", "http://a:080", "http://a:", "http://a:-1", "http://a:9-8",
        "http://a:1-", "http://a:80:80", "http://a:+80"}) {
    EXPECT_FALSE(parse_host_rule(text)) << text;
  }
}

TEST(HostRule, IsForAWholeHostAndASchemeOfOurs) {
  for (const char* text : {"https://example.org/path", "https://example.org?q", "ftp://example.org",
                           "example.org", "//example.org", "file:///etc/passwd", ""}) {
    EXPECT_FALSE(parse_host_rule(text)) << text;
  }
}

TEST(HostRule, AnErrorIsSafeToShow) {
  EXPECT_EQ(parsed("https://a\x1b[31m").find('\x1b'), std::string::npos);
}

TEST(OriginOf, IsWhereAnAddressLeads) {
  const auto origin = [](std::string_view url) {
    const auto rule = origin_of(url);
    return rule ? to_string(*rule) : rule.error().message;
  };
  EXPECT_EQ(origin("https://Example.org/a?b=c@d#e"), "https://example.org");
  EXPECT_EQ(origin("ws://127.0.0.1:4455/"), "ws://127.0.0.1:4455");
  EXPECT_EQ(origin("http://example.org?u=x@y"), "http://example.org");
  EXPECT_FALSE(origin_of("http://*.example.org/"));
  EXPECT_FALSE(origin_of("http://example.org:*/"));
}

}  // namespace
}  // namespace midimon::grants
