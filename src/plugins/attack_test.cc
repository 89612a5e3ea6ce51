// The attack catalogue across plugins (docs/wasi.md): ids, ledgers, modules, and what comes back
// from `init` and `alloc`. The rest of it is beside what it attacks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "plugins/read_module.h"
#include "plugins/test_support.h"

namespace midimon::plugins {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

WasmConfig with_files() {
  WasmConfig config;
  config.capabilities.push_back({CapabilityKind::filesystem, {"/shared"}, {}});
  return config;
}

// The plugin hostile.wasm with another name in its metadata; same length, so that it is only bytes.
std::vector<std::byte> renamed(const std::string& name) {
  auto bytes = *read_module(guest("hostile").c_str(), 1 << 20);
  const std::string from = R"("name":"hostile")";
  const std::string to = R"("name":")" + name + '"';
  EXPECT_EQ(from.size(), to.size());
  const auto* start = reinterpret_cast<const std::byte*>(from.data());
  const auto at = std::search(bytes.begin(), bytes.end(), start, start + from.size());
  EXPECT_NE(at, bytes.end());
  std::copy_n(reinterpret_cast<const std::byte*>(to.data()), to.size(), at);
  return bytes;
}

std::string output(WasmPlugin& plugin, const char* action) {
  return plugin.execute({.action = action}).output_json;
}

std::string names_below(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory))
    names.insert(entry.path().filename());
  std::string all;
  for (const std::string& name : names)
    all += (all.empty() ? "" : " ") + name;
  return all;
}

TEST(Attack66, NoIdIsTheDirectoryOfAnother) {
  TestRuntime runtime;
  // ".." and "/", capitals, look-alikes in Unicode, dots at the ends.
  for (const char* name : {"../../b", "..", "a/../bb", "HOSTILE", "Hostile", "h\xc3\xb6stil",
                           ".hostil", "hostil.", "hos tile", "hos:ile", "hos\\\\le"}) {
    std::string padded = name;
    padded.resize(7, 'x');
    const auto plugin = WasmPlugin::load(runtime.get(), renamed(padded), with_files());
    const bool proper =
        padded.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string::npos &&
        padded.front() != '.' && padded.back() != '.';
    EXPECT_EQ(plugin.has_value(), proper) << padded;
  }
  for (const auto& entry : fs::recursive_directory_iterator(runtime.home()))
    EXPECT_NE(entry.path().filename(), "b") << entry.path();
}

TEST(Attack67, NothingIsRenamedOrLinkedFromOnePluginToAnother) {
  TestRuntime runtime;
  auto one = runtime.load("hostile", with_files());
  auto other = *WasmPlugin::load(runtime.get(), renamed("another"), with_files());
  EXPECT_EQ(other.execute({.action = "write"}).outcome, Outcome::ok);
  // Of each pair the rename and the link: 63 is PERM, 75 XDEV.
  EXPECT_EQ(output(one, "steal"), "[[63,63],[63,63],[63,63],[63,63],[75,75],[75,75],[75,75]]");
  EXPECT_EQ(names_below(other.data_directory()), "file.txt");
  EXPECT_EQ(names_below(one.data_directory()), "file.txt to_another");
}

TEST(Attack69, LedgerLockAndAuditAreNotInThePluginsTree) {
  TestRuntime runtime;
  auto plugin = runtime.load("hostile", with_files());
  EXPECT_EQ(output(plugin, "list"), R"([".",".."])");
  EXPECT_EQ(output(plugin, "search"), "[]");
  EXPECT_TRUE(fs::exists(runtime.home() / "data/locks/plugin-data-hostile.lock"));
}

TEST(Attack70, TheBytesThatWereCheckedAreTheBytesThatRun) {
  TestRuntime runtime;
  const fs::path path = runtime.home() / "module.wasm";
  fs::create_directories(runtime.home());
  fs::copy_file(guest("echo"), path);
  auto plugin = WasmPlugin::load(runtime.get(), path);
  ASSERT_TRUE(plugin) << plugin.error().message;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "something else";
  EXPECT_EQ(plugin->execute({.action = "say"}).outcome, Outcome::ok);
}

TEST(Attack71, APluginsDirectoryIsNotReachedThroughALink) {
  TestRuntime runtime;
  const fs::path all = runtime.home() / "data/plugin-data";
  fs::create_directories(runtime.home() / "elsewhere");
  fs::create_directories(all);
  fs::permissions(runtime.home() / "data", fs::perms::owner_all);
  fs::permissions(all, fs::perms::owner_all);
  fs::create_directory_symlink(runtime.home() / "elsewhere", all / "hostile");
  const auto plugin = WasmPlugin::load(runtime.get(), guest("hostile"), with_files());
  ASSERT_FALSE(plugin);
  EXPECT_THAT(plugin.error().message, HasSubstr("symbolic link"));
}

TEST(Attack72, ThePluginsModuleAndTheCacheAreOutOfReach) {
  TestRuntime runtime;
  fs::create_directories(runtime.home() / "cache/aot");
  fs::create_directories(runtime.home() / "data/plugins/hostile");
  fs::permissions(runtime.home() / "data", fs::perms::owner_all);
  fs::copy_file(guest("hostile"), runtime.home() / "data/plugins/hostile/hostile.wasm");
  auto plugin = WasmPlugin::load(
      runtime.get(), runtime.home() / "data/plugins/hostile/hostile.wasm", with_files());
  ASSERT_TRUE(plugin) << plugin.error().message;
  EXPECT_EQ(output(*plugin, "search"), "[]");
}

TEST(Attack85, InitThatMisbehavesIsRefused) {
  TestRuntime runtime;
  WasmConfig config;
  config.max_execution_time = std::chrono::milliseconds(200);
  for (const char* name : {"initialize_sleeps", "init_out_of_bounds", "init_deep_json"}) {
    const auto plugin = WasmPlugin::load(runtime.get(), guest(name), config);
    EXPECT_FALSE(plugin) << name;
  }
}

TEST(Attack86, AllocThatLiesIsABrokenAbi) {
  TestRuntime runtime;
  for (const char* name : {"alloc_zero", "alloc_out_of_bounds", "alloc_overlaps"}) {
    auto plugin = runtime.load(name);
    const CallResult result = plugin.execute({.action = "x"});
    if (std::string(name) == "alloc_overlaps") {
      // Over its own data, which is its own affair: the host writes only where it was told, inside.
      EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
    } else {
      EXPECT_EQ(result.outcome, Outcome::trapped) << name;
    }
  }
}

// --- The quota, through a plugin -----------------------------------------------------------------

TEST(PluginQuota, AFullDirectoryIsDquotAndNothingElseIsLost) {
  TestRuntime runtime;
  WasmConfig config = with_files();
  config.max_storage_bytes = 64 * 1024;
  config.max_storage_entries = 20;
  auto plugin = runtime.load("hostile", config);
  EXPECT_EQ(output(plugin, "fill"), R"({"write":19,"create":19,"files":20})");  // EDQUOT
  EXPECT_EQ(output(plugin, "usage"), "[0,10240,65536,20,20]");
  EXPECT_EQ(plugin.storage_usage()->used_entries, 20U);
}

TEST(PluginQuota, IsNotForPluginsWithoutFiles) {
  TestRuntime runtime;
  auto plugin = runtime.load("hostile");
  EXPECT_EQ(output(plugin, "usage"), "[3,0,0,0,0]");
  EXPECT_FALSE(plugin.storage_usage());
}

TEST(PluginQuota, WhatWasPutThereByHandIsCountedAtTheNextLoad) {
  TestRuntime runtime;
  std::string directory;
  {
    const auto plugin = runtime.load("hostile", with_files());
    directory = plugin.data_directory();
  }
  std::ofstream(fs::path(directory) / "by-hand") << std::string(5000, 'x');
  auto plugin = runtime.load("hostile", with_files());
  EXPECT_EQ(plugin.storage_usage()->used_bytes, 8192U + 512);
}

TEST(PluginQuota, ThePluginsOfOneProcessShareALedger) {
  TestRuntime runtime;
  auto one = runtime.load("hostile", with_files());
  auto two = runtime.load("hostile", with_files());
  EXPECT_EQ(one.execute({.action = "write"}).outcome, Outcome::ok);
  EXPECT_EQ(two.storage_usage()->used_entries, 1U);
}

TEST(PluginQuota, ASecondProcessIsToldWhoHoldsTheDirectory) {
  TestRuntime runtime;
  const auto plugin = runtime.load("hostile", with_files());
  RuntimeOptions options;
  options.home = runtime.home().string();
  options.max_instances = 4;
  const auto second = *Runtime::create(std::move(options));  // stands for another process
  const auto refused = WasmPlugin::load(*second, guest("hostile"), with_files());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::busy);
  EXPECT_THAT(refused.error().message, HasSubstr("process " + std::to_string(::getpid())));
}

TEST(PluginQuota, TheHostsDiskKeepsItsFloor) {
  TestRuntime runtime;
  RuntimeOptions options;
  options.home = (runtime.home() / "floor").string();
  options.max_instances = 4;
  options.min_free_disk = UINT64_MAX / 2;
  const auto floored = *Runtime::create(std::move(options));
  auto plugin = *WasmPlugin::load(*floored, guest("hostile"), with_files());
  EXPECT_THAT(output(plugin, "fill"), HasSubstr(R"("create":51)"));  // ENOSPC
}

}  // namespace
}  // namespace midimon::plugins
