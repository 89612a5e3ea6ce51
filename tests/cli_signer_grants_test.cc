// Whose grants are whose: plugins that are installed, updated, removed, and signed by one key or
// another, as a user sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Args = std::vector<std::string>;

void replace(std::string& bytes, const std::string& old, const std::string& now) {
  ASSERT_EQ(old.size(), now.size());
  const std::size_t at = bytes.find(old);
  ASSERT_NE(at, std::string::npos) << old;
  bytes.replace(at, old.size(), now);
}

// The guest mounts, which says that it is `version` (five characters). From 2.0.0 on it asks for
// all of MIDI rather than to send it.
std::string mounts(const std::string& version) {
  std::string bytes = read_text(guest("mounts"));
  replace(bytes, R"("version":"1.0.0")", R"("version":")" + version + "\"");
  if (version >= "2") replace(bytes, R"("midi:out")", R"("midi"    )");
  return bytes;
}

class SignerGrants : public ::testing::Test {
 protected:
  SignerGrants() {
    std::filesystem::create_directory(path("music"));
    write_text(path("music/song.txt"), "la la la");
    for (const char* name : {"a", "b"}) {
      const Finished made = run({"key", "generate", "--no-passphrase", "-s", path(name) + ".key",
                                 "-p", path(name) + ".pub"});
      EXPECT_EQ(made.status, 0) << made.err;
    }
  }

  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }
  [[nodiscard]] Finished run(const Args& args) const { return run_midimon(scratch_, args); }
  void trust(const std::string& key) const {
    const Finished done = run({"key", "trust", path(key + ".pub"), "--plugin", "mounts"});
    EXPECT_EQ(done.status, 0) << done.err;
  }
  // The file of a module, signed by `key` unless that is empty.
  [[nodiscard]] std::string module(const std::string& version, const std::string& key) const {
    std::string file = path("mounts-" + version + key + ".wasm");
    write_text(file, mounts(version));
    if (key.empty()) return file;
    const Finished made = run({"key", "sign", file, "-s", path(key + ".key")});
    EXPECT_EQ(made.status, 0) << made.err;
    return file;
  }
  [[nodiscard]] std::string key_id(const std::string& name) const {
    for (const json& key : json::parse(run({"key", "list", "--json"}).out)) {
      if (read_text(path(name + ".pub")).find(key["public_key"]) != std::string::npos)
        return key["key_id"];
    }
    return "no key " + name;
  }
  // What `permission show` knows of the plugin, one object for each signer.
  [[nodiscard]] json shown() const {
    const json all =
        json::parse(run({"permission", "show", "mounts", "--json"}).out, nullptr, false);
    return all.is_discarded() ? json::array() : all;
  }
  // How a call of what is installed, or of a file, ends.
  [[nodiscard]] std::string outcome(const std::string& plugin, const std::string& action,
                                    const Args& more = {}) const {
    Args args = {"plugin", "run", plugin, action, "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return json::parse(run(args).out, nullptr, false).value("outcome", "");
  }
  void grant(const Args& what) const {
    Args args = {"permission", "grant", "mounts"};
    args.insert(args.end(), what.begin(), what.end());
    const Finished done = run(args);
    EXPECT_EQ(done.status, 0) << done.err;
  }

  // Once the first question of `install` is shown: always yes to the music, no to the network,
  // `midi` to MIDI.
  void answer(Terminal& terminal, const std::string& midi) const {
    terminal.type("a\n");
    ASSERT_TRUE(terminal.shows("Which directory is /music:ro?"));
    terminal.type(path("music") + "\n");
    ASSERT_TRUE(terminal.shows("Which directory is /work?"));
    terminal.type("\n");
    ASSERT_TRUE(terminal.shows("Allow it?"));
    terminal.type("n\n");
    ASSERT_TRUE(terminal.shows("Allow it?"));
    terminal.type(midi + "\n");
    EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  }

  Scratch scratch_;
};

TEST_F(SignerGrants, InstallAsksInPlainWordsAndItsAnswersHoldForTheSigner) {
  trust("a");
  Terminal terminal(scratch_, {"plugin", "install", module("1.0.0", "a")});
  ASSERT_TRUE(terminal.shows("mounts 1.0.0 is installed")) << terminal.shown();
  ASSERT_TRUE(terminal.shows("The plugin mounts 1.0.0 (signed by " + key_id("a") + ") asks for"))
      << terminal.shown();
  ASSERT_TRUE(terminal.shows("because it says: \"to play your music\""));
  ASSERT_TRUE(terminal.shows("At worst:"));
  ASSERT_TRUE(terminal.shows("y = yes, until the machine restarts"));
  ASSERT_NO_FATAL_FAILURE(answer(terminal, "y"));
  const json all = shown();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["signer"], key_id("a"));
  ASSERT_EQ(all[0]["grants"].size(), 2U);
  EXPECT_EQ(all[0]["grants"][0]["until_restart"], false);
  EXPECT_EQ(all[0]["grants"][1]["capability"], "midi");
  EXPECT_EQ(all[0]["grants"][1]["until_restart"], true);
  EXPECT_EQ(outcome("mounts", "read-music"), "Ok");

  Terminal again(scratch_, {"plugin", "run", "mounts", "read-music"});
  EXPECT_EQ(again.wait(), 0);
  EXPECT_THAT(again.shown(), Not(HasSubstr("Allow it?"))) << "it was answered";
}

TEST_F(SignerGrants, WithoutATerminalInstallSaysTheCommandThatWorksAtOnce) {
  trust("a");
  const Finished installed = run({"plugin", "install", module("1.0.0", "a")});
  EXPECT_EQ(installed.status, 0) << installed.err;
  EXPECT_THAT(installed.err, HasSubstr("midimon permission grant mounts filesystem"));
  EXPECT_EQ(shown()[0]["grants"], json::array());
  EXPECT_EQ(outcome("mounts", "write-shared"), "PluginError");
  grant({"filesystem:/shared"});
  EXPECT_EQ(outcome("mounts", "write-shared"), "Ok");
  // Also of what is installed and was never heard of.
  ASSERT_EQ(run({"permission", "reset", "mounts"}).status, 0);
  EXPECT_EQ(outcome("mounts", "write-shared"), "PluginError");
  ASSERT_EQ(run({"permission", "reset", "mounts"}).status, 0);
  grant({"filesystem:/shared"});
  EXPECT_EQ(outcome("mounts", "write-shared"), "Ok");
}

TEST_F(SignerGrants, AnUpdateThatWantsMoreKeepsWhatItHasAndSaysWhatItLacks) {
  trust("a");
  ASSERT_EQ(run({"plugin", "install", module("1.0.0", "a")}).status, 0);
  grant({"midi", "filesystem"});
  const Finished same = run({"plugin", "update", module("1.1.0", "a")});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_THAT(same.err, Not(HasSubstr("asks for midi")));
  Terminal more(scratch_, {"plugin", "update", module("2.0.0", "a")});
  EXPECT_EQ(more.wait(), 0) << more.shown();
  EXPECT_THAT(more.shown(), AllOf(HasSubstr("mounts asks for midi"),
                                  HasSubstr("midimon permission grant mounts midi"),
                                  Not(HasSubstr("Allow it?"))));
  const json all = shown();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["version"], "2.0.0");
  ASSERT_EQ(all[0]["grants"].size(), 2U);
  EXPECT_EQ(all[0]["grants"][0]["allow"], json::array({"out"})) << "no wider than it was asked for";
  const Finished started = run({"plugin", "run", "mounts", "write-own"});
  EXPECT_EQ(started.status, 0) << started.err;
  EXPECT_THAT(started.err, HasSubstr("mounts asks for midi"));
  grant({"midi"});
  EXPECT_THAT(run({"plugin", "run", "mounts", "write-own"}).err,
              Not(HasSubstr("mounts asks for midi")));
}

TEST_F(SignerGrants, EachWayToRunKnowsTheSigner) {
  trust("a");
  const std::string file = module("1.0.0", "a");
  EXPECT_EQ(outcome(file, "write-own"), "PluginError");
  ASSERT_EQ(run({"permission", "grant", file, "filesystem"}).status, 0);
  ASSERT_EQ(shown().size(), 1U);
  EXPECT_EQ(shown()[0]["signer"], key_id("a"));
  EXPECT_EQ(outcome(file, "write-own"), "Ok");
  EXPECT_EQ(outcome(module("1.1.0", "a"), "write-own"), "Ok") << "another build by the same key";
  ASSERT_EQ(run({"plugin", "install", module("1.2.0", "a")}).status, 0);
  EXPECT_EQ(outcome("mounts", "write-own"), "Ok") << "installed, by the same key";

  const std::string song = std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\14", 22) +
                           std::string("\0\x90\x3c\x64\x10\x80\x3c\0\0\xff\x2f\0", 12);
  write_text(path("song.mid"), song);
  const auto play = [&](const std::string& table) {
    write_text(path("profile.toml"),
               "[plugins.mounts]\n" + table +
                   "[[global_mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
                   "action = { type = \"Plugin\", plugin = \"mounts\", action = \"write-own\" }\n");
    return run(
        {"run", "-c", path("profile.toml"), "--midi-file", path("song.mid"), "--speed", "max"});
  };
  EXPECT_EQ(play("").status, 0);
  EXPECT_EQ(play("module = \"" + module("1.3.0", "a") + "\"\n").status, 0);
  const std::string bare = module("1.3.0", "");
  EXPECT_EQ(play("unsigned = true\nmodule = \"" + bare + "\"\n").status, 1)
      << "these bytes were granted nothing under nobody's name";
  EXPECT_EQ(outcome(bare, "write-own", {"--unsigned"}), "PluginError");
  ASSERT_EQ(shown().size(), 2U);
  EXPECT_THAT(shown()[1]["signer"].get<std::string>(), StartsWith("unsigned:"));
}

TEST_F(SignerGrants, AnotherSignerStartsWithNothing) {
  trust("a");
  ASSERT_EQ(run({"plugin", "install", module("1.0.0", "a")}).status, 0);
  grant({"filesystem"});
  EXPECT_EQ(outcome("mounts", "write-own"), "Ok");
  trust("b");  // the plugin is b's from now on
  ASSERT_EQ(run({"plugin", "update", module("1.1.0", "b")}).status, 0);
  EXPECT_EQ(outcome("mounts", "write-own"), "PluginError");
  ASSERT_EQ(shown().size(), 2U);
  EXPECT_EQ(shown()[1]["signer"], key_id("b"));
  EXPECT_EQ(shown()[1]["grants"], json::array());
}

TEST_F(SignerGrants, RemoveForgetsThemUnlessTheDataIsKept) {
  trust("a");
  const std::string file = module("1.0.0", "a");
  ASSERT_EQ(run({"plugin", "install", file}).status, 0);
  grant({"filesystem"});
  ASSERT_EQ(run({"plugin", "remove", "mounts", "--keep-data"}).status, 0);
  ASSERT_EQ(run({"plugin", "install", file}).status, 0);
  EXPECT_EQ(outcome("mounts", "write-own"), "Ok");
  const Finished removed = run({"plugin", "remove", "mounts"});
  EXPECT_EQ(removed.status, 0) << removed.err;
  EXPECT_EQ(run({"permission", "show", "mounts"}).status, 2);
  ASSERT_EQ(run({"plugin", "install", file}).status, 0);
  EXPECT_EQ(outcome("mounts", "write-own"), "PluginError");
}

TEST_F(SignerGrants, NothingIsGrantedToWhoeverIsNotTrusted) {
  const std::string file = module("1.0.0", "a");
  const Finished refused = run({"permission", "grant", file, "filesystem"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("not known"));
  const Args attempt = {"plugin", "try", file, "write-own", "--write-grants"};
  const Finished tried = run(attempt);
  EXPECT_EQ(tried.status, 3);
  EXPECT_THAT(tried.out, HasSubstr("This would have been enough"));
  EXPECT_EQ(shown(), json::array());
  EXPECT_EQ(run({"plugin", "try", file, "write-own"}).status, 0) << "to look needs no trust";
  trust("a");
  EXPECT_EQ(run(attempt).status, 0);
  EXPECT_EQ(shown()[0]["signer"], key_id("a"));
  EXPECT_EQ(outcome(file, "write-own"), "Ok");
}

TEST_F(SignerGrants, WhatIsInstalledUnsignedIsAskedAboutAndItsGrantsAreForTheseBytes) {
  Terminal terminal(scratch_, {"plugin", "install", "--unsigned", module("1.0.0", "")});
  ASSERT_TRUE(terminal.shows("mounts 1.0.0 (not signed) asks for")) << terminal.shown();
  ASSERT_TRUE(terminal.shows("Allow it?"));
  ASSERT_NO_FATAL_FAILURE(answer(terminal, "n"));
  const json all = shown();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_THAT(all[0]["signer"].get<std::string>(), StartsWith("unsigned:"));
  EXPECT_EQ(outcome("mounts", "read-music", {"--unsigned"}), "Ok");
  ASSERT_EQ(run({"plugin", "install", "--unsigned", module("1.1.0", "")}).status, 0);
  EXPECT_EQ(outcome("mounts", "read-music", {"--unsigned"}), "PluginError") << "other bytes";
}

TEST_F(SignerGrants, InstallAsksForNothingThatThePolicyForbids) {
  trust("a");
  std::filesystem::create_directories(path("home/config"));
  write_text(path("home/config/config.toml"),
             "[policy]\nmidi = false\nfilesystem = false\nnetwork = false\n");
  Terminal terminal(scratch_, {"plugin", "install", module("1.0.0", "a")});
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_THAT(terminal.shown(),
              AllOf(HasSubstr("mounts 1.0.0 is installed"), HasSubstr("your policy forbids it"),
                    Not(HasSubstr("Allow it?"))));
  EXPECT_EQ(shown()[0]["grants"], json::array());
}

TEST_F(SignerGrants, TryTakesPackages) {
  std::filesystem::create_directory(path("source"));
  std::filesystem::copy(module("1.0.0", ""), path("source/plugin.wasm"));
  const std::string package = path("mounts.midiplug");
  ASSERT_EQ(run({"plugin", "pack", path("source"), "-o", package}).status, 0);
  const Finished tried = run({"plugin", "try", package, "write-own"});
  EXPECT_EQ(tried.status, 0) << tried.err;
  EXPECT_THAT(tried.out, HasSubstr("called write-own: Ok"));
}

}  // namespace
}  // namespace midimon::testing
