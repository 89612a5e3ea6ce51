// What a loaded plugin may do: asked for, granted, and left by a policy, for as long as it holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "plugins/test_support.h"

namespace midimon::plugins {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PluginAccess : public ::testing::Test {
 protected:
  PluginAccess() {
    // Beside midimon's own directories, not in them.
    music_ = runtime_.home() / "music";
    work_ = runtime_.home() / "work";
    for (const fs::path& directory : {music_, work_}) {
      fs::create_directories(directory);
      std::ofstream(directory / "song.txt") << "la la la";
    }
  }
  static WasmConfig granted(const std::vector<std::string>& grants) {
    WasmConfig config;
    for (const std::string& text : grants)
      config.capabilities.push_back(*parse_capability(text));
    return config;
  }
  WasmPlugin load(WasmConfig config) { return runtime_.load("mounts", std::move(config)); }
  std::string load_error(WasmConfig config) {
    const auto plugin = WasmPlugin::load(runtime_.get(), guest("mounts"), std::move(config));
    return plugin ? "" : plugin.error().message;
  }
  [[nodiscard]] std::string music(const std::string& more = "") const {
    return "filesystem:" + music_.string() + "::/music" + more;
  }
  [[nodiscard]] std::string work(const std::string& more = "") const {
    return "filesystem:" + work_.string() + "::/work" + more;
  }
  static std::string text(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TestRuntime runtime_;
  fs::path music_;
  fs::path work_;
};

Outcome run(WasmPlugin& plugin, const char* action) {
  return plugin.execute({.action = action}).outcome;
}

TEST_F(PluginAccess, ADirectoryOfTheHostIsThereWithTheRightsThatBothSidesName) {
  WasmPlugin plugin = load(granted({music(), work()}));
  EXPECT_EQ(plugin.execute({.action = "read-music"}).output_json, "\"la la la\"");
  EXPECT_EQ(run(plugin, "write-music"), Outcome::plugin_error) << "it asked to read it";
  EXPECT_EQ(text(music_ / "song.txt"), "la la la");
  EXPECT_EQ(run(plugin, "write-work"), Outcome::ok);
  EXPECT_EQ(text(work_ / "song.txt"), "written");
  EXPECT_EQ(run(plugin, "write-shared"), Outcome::plugin_error);
  EXPECT_EQ(run(plugin, "write-own"), Outcome::ok);
}

TEST_F(PluginAccess, AGrantToReadIsNoGrantToWrite) {
  WasmPlugin plugin = load(granted({work(":ro"), "filesystem:/shared:ro"}));
  EXPECT_EQ(run(plugin, "read-work"), Outcome::ok);
  EXPECT_EQ(run(plugin, "write-work"), Outcome::plugin_error);
  EXPECT_EQ(run(plugin, "write-shared"), Outcome::plugin_error);
}

TEST_F(PluginAccess, TheKernelHoldsTheThreadToTheSameDirectories) {
  WasmPlugin plugin = load(granted({music(), work()}));
  std::thread([&] {
    ASSERT_TRUE(plugin.confine_thread());
    EXPECT_EQ(run(plugin, "read-music"), Outcome::ok);
    EXPECT_EQ(run(plugin, "write-work"), Outcome::ok);
    EXPECT_EQ(run(plugin, "write-own"), Outcome::ok);
  }).join();
}

TEST_F(PluginAccess, APolicyIsTheMostThereIs) {
  WasmConfig config = granted({music(), work(), "filesystem:/shared", "network", "midi"});
  config.policy = {{CapabilityKind::filesystem, {work_.string() + "/...::*:ro"}, {}},
                   {CapabilityKind::network, {"https://a.example.org"}, {}}};
  WasmPlugin plugin = load(config);
  EXPECT_EQ(run(plugin, "read-music"), Outcome::plugin_error);
  EXPECT_EQ(run(plugin, "read-work"), Outcome::ok);
  EXPECT_EQ(run(plugin, "write-work"), Outcome::plugin_error);
  ASSERT_EQ(plugin.capabilities().size(), 2U);
  EXPECT_THAT(plugin.capabilities()[1].allow, ElementsAre("https://a.example.org"));
}

TEST_F(PluginAccess, WhatIsMidimonsOwnIsNeverMounted) {
  for (const fs::path& path :
       {runtime_.home(), runtime_.home() / "data", runtime_.home() / "state", fs::path("/")}) {
    fs::create_directories(path);
    EXPECT_THAT(load_error(granted({"filesystem:" + path.string() + "::/music:ro"})),
                HasSubstr("midimon's own"))
        << path;
  }
}

TEST_F(PluginAccess, ADirectoryThatIsNotThereOrIsALinkIsSaid) {
  fs::create_directory_symlink(music_, runtime_.home() / "link");
  const std::string home = runtime_.home().string();
  EXPECT_THAT(load_error(granted({"filesystem:" + home + "/gone::/work"})), HasSubstr("mkdir -p"));
  EXPECT_THAT(load_error(granted({"filesystem:" + home + "/link::/work"})),
              HasSubstr("symbolic link"));
}

TEST_F(PluginAccess, ADirectoryOfTheHostHasAQuotaFromWhereItStands) {
  fs::rename(work_ / "song.txt", work_ / "other.txt");
  fs::resize_file(work_ / "other.txt", 10'000'000);
  WasmConfig config = granted({work()});
  config.max_storage_entries = 0;
  config.max_storage_bytes = 0;
  {
    WasmPlugin full = load(config);
    EXPECT_EQ(run(full, "write-work"), Outcome::plugin_error) << "nothing may come to it";
  }
  config.max_storage_entries = 1;
  config.max_storage_bytes = 4096 + 512;
  WasmPlugin room = load(config);
  EXPECT_EQ(run(room, "write-work"), Outcome::ok);
}

TEST_F(PluginAccess, AFileWithAnotherNameElsewhereIsRefusedWhereItCouldBeChanged) {
  fs::create_hard_link(music_ / "song.txt", work_ / "same.txt");
  EXPECT_THAT(load_error(granted({work()})), HasSubstr("same.txt"));
  WasmPlugin plugin = load(granted({music()}));
  EXPECT_EQ(run(plugin, "read-music"), Outcome::ok);
}

TEST_F(PluginAccess, TheUserIsAskedOnceItIsKnownWhatIsWanted) {
  std::string asked;
  WasmConfig config;
  config.grants = [&](const Metadata& metadata, std::string_view sha256) -> Result<GrantAnswer> {
    asked = metadata.name + " " + std::string(sha256);
    return GrantAnswer{{*parse_capability("filesystem")}, {}, {}};
  };
  WasmPlugin plugin = load(config);
  EXPECT_EQ(asked.size(), std::string("mounts ").size() + 64);
  EXPECT_EQ(run(plugin, "write-own"), Outcome::ok);
  config.grants = [](const Metadata&, std::string_view) -> Result<GrantAnswer> {
    return fail(ErrorCode::denied, "not today");
  };
  EXPECT_THAT(load_error(config), HasSubstr("not today"));
}

TEST_F(PluginAccess, AGrantForSomeCallsEndsWithThem) {
  std::uint64_t made = 0;
  WasmConfig config;
  config.grants = [&](const Metadata&, std::string_view) -> Result<GrantAnswer> {
    return GrantAnswer{{*parse_capability(work(":ro"))},
                       {{*parse_capability(work()), 2},
                        {*parse_capability("filesystem:/shared"), 3},
                        {*parse_capability("network:https://a.example.org"), 1}},
                       [&](std::uint64_t calls) { made = calls; }};
  };
  {
    WasmPlugin plugin = load(config);
    const auto next = [&](const char* action) {
      plugin.prepare();  // what was made ready with more rights must not serve a later call
      plugin.prepare();
      return run(plugin, action);
    };
    EXPECT_EQ(next("write-work"), Outcome::ok);
    EXPECT_EQ(next("write-work"), Outcome::ok);
    EXPECT_EQ(next("write-shared"), Outcome::ok);
    EXPECT_EQ(next("write-shared"), Outcome::plugin_error);
    EXPECT_EQ(next("write-work"), Outcome::plugin_error);
    EXPECT_EQ(next("read-work"), Outcome::ok) << "what holds for good is still there";
  }
  EXPECT_EQ(made, 6U);
}

TEST_F(PluginAccess, ThreadsThatCallAtOnceShareTheCalls) {
  WasmConfig config;
  config.grants = [&](const Metadata&, std::string_view) -> Result<GrantAnswer> {
    return GrantAnswer{{}, {{*parse_capability("filesystem"), 10}}, {}};
  };
  WasmPlugin plugin = load(config);
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 10; ++call) {
        if (run(plugin, "usage") == Outcome::ok) ++allowed;
        plugin.prepare();
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(allowed, 10);
}

TEST_F(PluginAccess, ADenialReachesThePluginAndTheLogWithTheCommandThatAllowsIt) {
  WasmPlugin plugin = load({});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(plugin.execute({.action = "usage"}).message, "not granted");
  const auto log = runtime_.log();
  EXPECT_EQ(std::count_if(log.begin(), log.end(),
                          [](const std::string& line) {
                            return line.find("midimon permission grant mounts filesystem") !=
                                   std::string::npos;
                          }),
            1);
}

}  // namespace
}  // namespace midimon::plugins
