// What the tests of installed plugins share: keys, and versions of a plugin that are signed by
// them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {

using Args = std::vector<std::string>;

// A guest that is a plugin, which says that it is `version` (five characters).
inline std::string plugin_module(const std::string& name, const std::string& version) {
  std::string bytes = read_text(guest(name));
  const std::string said = R"("version":"1.0.0")";
  bytes.replace(bytes.find(said), said.size(), R"("version":")" + version + "\"");
  return bytes;
}

inline std::string echo(const std::string& version) {
  return plugin_module("echo", version);
}

// Keys a and b, and directories of packages that are signed by one of them.
class SignedPlugins : public ::testing::Test {
 protected:
  SignedPlugins() {
    for (const char* name : {"a", "b"}) {
      const Finished made = run({"key", "generate", "--no-passphrase", "-s", path(name) + ".key",
                                 "-p", path(name) + ".pub"});
      EXPECT_EQ(made.status, 0) << made.err;
    }
  }

  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }
  [[nodiscard]] Finished run(const Args& args) const { return run_midimon(scratch_, args); }
  [[nodiscard]] nlohmann::json run_json(Args args) const {
    args.emplace_back("--json");
    const Finished done = run(args);
    const nlohmann::json out = nlohmann::json::parse(done.out, nullptr, false);
    EXPECT_FALSE(out.is_discarded()) << done.out << done.err;
    return out;
  }
  // A directory with a plugin as `version`, signed by `key` unless that is empty.
  [[nodiscard]] std::string source(const std::string& version, const std::string& key,
                                   const std::string& plugin = "echo") const {
    std::string directory = path(plugin + "-" + version + key);
    std::filesystem::create_directory(directory);
    write_text(directory + "/plugin.wasm", plugin_module(plugin, version));
    write_text(directory + "/README.md", "# Echo\n");
    if (!key.empty()) {
      const Finished made =
          run({"key", "sign", directory + "/plugin.wasm", "-s", path(key + ".key")});
      EXPECT_EQ(made.status, 0) << made.err;
      std::filesystem::copy_file(path(key + ".pub"), directory + "/signer.pub",
                                 std::filesystem::copy_options::overwrite_existing);
    }
    return directory;
  }
  [[nodiscard]] std::string package(const std::string& version, const std::string& key,
                                    const std::string& plugin = "echo") const {
    const std::string file = path(plugin + "-" + version + key + ".midiplug");
    const Finished made = run({"plugin", "pack", source(version, key, plugin), "-o", file});
    EXPECT_EQ(made.status, 0) << made.err;
    return file;
  }
  void trust(const std::string& key, const std::string& plugin = "echo") const {
    const Finished done = run({"key", "trust", path(key + ".pub"), "--plugin", plugin});
    EXPECT_EQ(done.status, 0) << done.err;
  }
  void install(const std::string& version) const {
    const Finished done = run({"plugin", "install", source(version, "a")});
    ASSERT_EQ(done.status, 0) << done.err;
  }
  void expect_refused(const Args& args, int status, const std::string& because) const {
    const Finished done = run(args);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_THAT(done.err, ::testing::HasSubstr(because));
  }
  [[nodiscard]] std::string in_use() const {
    const nlohmann::json all = run_json({"plugin", "list"});
    return all.empty() ? "none" : all[0]["version"].get<std::string>();
  }
  [[nodiscard]] std::string stored(const std::string& name) const {
    return path("home/data/plugins/echo/" + name);
  }
  [[nodiscard]] std::string audited() const { return run({"audit", "query"}).out; }

  Scratch scratch_;
};

}  // namespace midimon::testing
