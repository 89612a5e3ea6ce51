#include "grants/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace midimon::grants {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FileEvent event(std::string_view name, std::string_view mount, std::string_view path) {
  FileEvent out;
  out.event = name;
  out.result = "success";
  out.mount = mount;
  out.path = path;
  return out;
}

FileEvent denial(std::string_view what, std::uint64_t count = 0) {
  FileEvent out;
  out.event = "deny";
  out.result = "notcapable";
  out.detail = what;
  out.count = count;
  return out;
}

Permissions requested() {
  Permissions all;
  for (const Capability& ask :
       std::vector<Capability>{{CapabilityKind::filesystem, {"/shared", "/music"}, ""},
                               {CapabilityKind::network, {"https://*.example.org"}, ""},
                               {CapabilityKind::subprocess, {"/usr/bin/obs ..."}, ""}}) {
    EXPECT_TRUE(all.add(ask, Side::request));
  }
  return all;
}

TEST(Trial, NeedsTheRightToReadWhereNothingWasChanged) {
  Trial trial;
  trial.see(event("open", "/music", "a"));
  trial.see(event("open", "/shared", "b"));
  FileEvent close = event("close", "/shared", "b");
  close.bytes_written = 3;
  trial.see(close);
  const auto needed = trial.needed(requested());
  ASSERT_EQ(needed.size(), 1U);
  EXPECT_THAT(needed[0].allow, ElementsAre("/music:ro", "/shared"));
  EXPECT_TRUE(trial.used("/music"));
  EXPECT_FALSE(trial.used("/"));
  EXPECT_EQ(trial.files().at("/shared/b").bytes_written, 3U);
}

TEST(Trial, NeedsWhatWasDeniedAndAskedForAndNoMore) {
  Trial trial;
  trial.see(denial("network:https://a.example.org"));
  trial.see(denial("network:https://a.example.org", 4));
  trial.see(denial("network:https://evil.org"));
  trial.see(denial("subprocess:/usr/bin/obs scene Live"));
  trial.see(denial("subprocess:/bin/sh"));
  trial.see(denial("midi:out"));
  trial.see(denial("flood", 100));
  trial.see(denial("filesystem"));
  const auto needed = trial.needed(requested());
  ASSERT_EQ(needed.size(), 3U);
  EXPECT_THAT(needed[0].allow, IsEmpty());
  EXPECT_THAT(needed[1].allow, ElementsAre("https://a.example.org"));
  EXPECT_THAT(needed[2].allow, ElementsAre("/usr/bin/obs scene Live"));
  EXPECT_EQ(trial.denied().at("network:https://a.example.org"), 5U);
}

TEST(Trial, WhatAPluginCallsItsFilesIsSafeToShowAndBounded) {
  Trial trial;
  trial.see(event("create", "/", "\x1b[2J"));
  EXPECT_EQ(trial.files().begin()->first, "/\\x1b[2J");
  for (std::size_t i = 0; i < 2 * Trial::kMaxPaths; ++i) {
    trial.see(event("create", "/", std::to_string(i)));
    trial.see(denial("network:https://" + std::to_string(i) + ".example.org"));
  }
  EXPECT_EQ(trial.files().size(), Trial::kMaxPaths);
  EXPECT_EQ(trial.more_paths(), Trial::kMaxPaths + 1);
  EXPECT_LE(trial.denied().size(), Trial::kMaxPaths);
}

}  // namespace
}  // namespace midimon::grants
