#include "trust/semver.h"

#include <gtest/gtest.h>

namespace midimon::trust {
namespace {

TEST(SemVer, ReadsWhatTheSpecificationAllows) {
  for (const char* text :
       {"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-0.3.7",
        "1.0.0-x.7.z.92", "1.0.0-x-y-z.--", "1.0.0+20130313144700", "1.0.0-beta+exp.sha.5114f85",
        "1.0.0+21AF26D3---117B344092BD", "1.0.0+001", "1.0.0-0A.is.legal", "1.0.0--1",
        "99999999999999999999999.999999999999999999.99999999999999999"}) {
    const auto version = SemVer::parse(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(version->text(), text);
  }
}

TEST(SemVer, RefusesEverythingElse) {
  for (const char* text :
       {"",       "1",          "1.2",      "1.2.3.4", "01.2.3",     "1.02.3",    "1.2.03",
        "1.2.3-", "1.2.3-a..b", "1.2.3-01", "1.2.3+",  "1.2.3+a..b", "1.2.3+a+b", "v1.2.3",
        " 1.2.3", "1.2.3 ",     "1.2.3\n",  "1.2.-3",  "a.b.c",      "1.2.3-a_b", "1.2.3-\xC3\xA9",
        "-1.2.3", "1..3",       "+1.2.3"}) {
    EXPECT_FALSE(SemVer::parse(text)) << text;
  }
  EXPECT_FALSE(SemVer::parse("1.2." + std::string(200, '3')));
}

TEST(SemVer, ComparesInTheOrderOfTheSpecification) {
  const char* const order[] = {
      "0.0.1",      "0.9.0",        "1.0.0-0",       "1.0.0-9",
      "1.0.0-10",   "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0",      "1.0.9",        "1.0.10",        "1.2.0",
      "1.10.0",     "2.0.0",        "10.0.0",        "18446744073709551616.0.0"};
  for (std::size_t i = 0; i < std::size(order); ++i) {
    for (std::size_t j = 0; j < std::size(order); ++j) {
      EXPECT_EQ(*SemVer::parse(order[i]) <=> *SemVer::parse(order[j]), i <=> j)
          << order[i] << ' ' << order[j];
    }
  }
}

TEST(SemVer, WhatStandsBehindAPlusDoesNotCount) {
  EXPECT_EQ(*SemVer::parse("1.0.0+a"), *SemVer::parse("1.0.0+b"));
  EXPECT_EQ(*SemVer::parse("1.0.0-rc.1"), *SemVer::parse("1.0.0-rc.1+x-y"));
}

}  // namespace
}  // namespace midimon::trust
