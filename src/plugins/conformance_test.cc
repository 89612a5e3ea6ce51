#include "plugins/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "plugins/read_module.h"
#include "plugins/test_support.h"

namespace midimon::plugins {
namespace {

std::vector<Finding> findings(const std::string& name) {
  TestRuntime runtime;
  const auto bytes = read_module(guest(name).c_str(), WasmConfig().max_module_bytes);
  if (!bytes) throw std::runtime_error(bytes.error().message);
  const auto found = check_conformance(runtime.get(), *bytes);
  if (!found) throw std::runtime_error(found.error().message);
  return *found;
}

std::string problem_of(const std::vector<Finding>& all, std::string_view check) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Finding& one) { return one.check == check; });
  return found == all.end() ? "there is no such check" : found->problem;
}

TEST(Conformance, APluginOfTheCppSdkDoesAllOfIt) {
  for (const Finding& finding : findings("sdk_cpp")) {
    EXPECT_EQ(finding.problem, "") << finding.check;
  }
}

TEST(Conformance, FindsWhatAnEmptyPluginDoesNotDo) {
  const auto all = findings("empty_plugin");
  EXPECT_EQ(problem_of(all, "init-again"), "");
  EXPECT_NE(problem_of(all, "alloc-too-much"), "");
  EXPECT_NE(problem_of(all, "outside-memory"), "");
  EXPECT_NE(problem_of(all, "not-json"), "");
  EXPECT_NE(problem_of(all, "no-request"), "");
  EXPECT_NE(problem_of(all, "unknown-action"), "");
}

TEST(Conformance, FindsAnAllocThatAlwaysFails) {
  EXPECT_NE(problem_of(findings("alloc_zero"), "dealloc"), "");
  EXPECT_NE(problem_of(findings("alloc_zero"), "goes-on"), "");
}

TEST(Conformance, WhatIsNoPluginIsRefused) {
  TestRuntime runtime;
  const std::string text = "no module";
  EXPECT_FALSE(check_conformance(runtime.get(), std::as_bytes(std::span(text))));
}

}  // namespace
}  // namespace midimon::plugins
