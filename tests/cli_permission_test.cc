// midimon permission, the questions at the first use, and plugin try, as a user sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"
#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Permission : public ::testing::Test {
 protected:
  Permission() {
    for (const char* name : {"music", "work"}) {
      std::filesystem::create_directory(scratch_.path(name));
      write_text(scratch_.path(name) / "song.txt", "la la la");
    }
  }
  [[nodiscard]] Finished midimon(const std::vector<std::string>& args) const {
    return run_midimon(scratch_, args);
  }
  [[nodiscard]] Finished permission(std::vector<std::string> args) const {
    args.insert(args.begin(), "permission");
    return midimon(args);
  }
  // Runs an action of the guest that asks for directories; answers its outcome.
  [[nodiscard]] std::string run(const std::string& action,
                                const std::vector<std::string>& more = {}) const {
    std::vector<std::string> args = {"plugin",        "run",  "--unsigned",
                                     guest("mounts"), action, "--json"};
    args.insert(args.end(), more.begin(), more.end());
    return json::parse(midimon(args).out, nullptr, false).value("outcome", "");
  }
  [[nodiscard]] std::string directory(const std::string& name, const std::string& guest) const {
    return "filesystem:" + scratch_.path(name).string() + "::" + guest;
  }
  void write_policy(const std::string& lines) const {
    std::filesystem::create_directories(scratch_.path("home/config"));
    write_text(scratch_.path("home/config/config.toml"), "[policy]\n" + lines);
  }
  [[nodiscard]] json shown(const std::string& plugin = "mounts") const {
    return json::parse(permission({"show", plugin, "--json"}).out, nullptr, false);
  }
  [[nodiscard]] std::filesystem::path book() const {
    return scratch_.path("home/state/grants.toml");
  }

  Scratch scratch_;
};

TEST_F(Permission, WithoutATerminalTheAnswerIsNoAndTheCommandIsSaid) {
  const Finished first = midimon({"plugin", "run", "--unsigned", guest("mounts"), "read-music"});
  EXPECT_EQ(first.status, 1);
  EXPECT_THAT(first.err,
              AllOf(HasSubstr("midimon permission grant mounts filesystem filesystem:/shared "
                              "filesystem:DIRECTORY::/music:ro"),
                    HasSubstr("midimon permission grant mounts 'network:https://*.example.org'"),
                    HasSubstr("\"to ask for names\"")));
  struct stat status {};
  ASSERT_EQ(::stat(book().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_THAT(permission({"list"}).out,
              AllOf(HasSubstr("mounts 1.0.0  unsigned:"), HasSubstr("may: nothing")));
}

TEST_F(Permission, WhatIsGrantedHoldsFromTheNextStartUntilItIsRevoked) {
  EXPECT_EQ(run("write-work"), "PluginError");
  const Finished granted = permission({"grant", "mounts", directory("work", "/work")});
  EXPECT_EQ(granted.status, 0) << granted.err;
  EXPECT_THAT(granted.out, HasSubstr("read and change all in " + scratch_.path("work").string()));
  EXPECT_EQ(run("write-work"), "Ok");
  EXPECT_EQ(read_text(scratch_.path("work") / "song.txt"), "written");
  EXPECT_EQ(permission({"revoke", "mounts", "filesystem"}).status, 0);
  EXPECT_EQ(run("write-work"), "PluginError");
  EXPECT_EQ(permission({"revoke", "mounts", "filesystem"}).status, 2) << "there is none any more";
}

TEST_F(Permission, OnlyWhatThePluginAsksForCanBeGranted) {
  const auto refuses = [&](const std::string& what, const std::string& because) {
    const Finished refused = permission({"grant", guest("mounts"), what});
    EXPECT_EQ(refused.status, 2) << what;
    EXPECT_THAT(refused.err, HasSubstr(because)) << what;
    EXPECT_FALSE(std::filesystem::exists(book())) << what;
  };
  refuses("audio", "does not ask for audio");
  refuses("network:https://example.com", "does not ask for network:https://example.com");
  refuses(directory("music", "/music"), "does not ask for");  // it asks to read it
  refuses(directory("music", "/video"), "does not ask for");
  refuses(directory("gone", "/music:ro"), "mkdir -p");
  refuses("filesystem:" + scratch_.path("home").string() + "::/music:ro", "midimon's own");
  refuses("filesystem:/music:ro", "does not say which directory");
  refuses("network:https://user@a.example.org", "leave out what stands before the @");
  refuses("networks", "There is no capability");
}

TEST_F(Permission, APolicyCapsEveryCommand) {
  write_policy("network = false\nfilesystem = [\"" + scratch_.path("music").string() +
               "/...::*\"]\n");
  const Finished refused = permission({"grant", guest("mounts"), "network"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("policy forbids network"));
  EXPECT_EQ(permission({"grant", guest("mounts"), directory("work", "/work")}).status, 2);
  EXPECT_EQ(permission({"grant", guest("mounts"), directory("music", "/music:ro")}).status, 0);
  EXPECT_EQ(run("read-music"), "Ok");
  EXPECT_EQ(run("write-work", {"--grant", directory("work", "/work")}), "PluginError")
      << "what is granted on the command line is under it too";
  EXPECT_THAT(midimon({"plugin", "run", "--unsigned", guest("mounts"), "read-music"}).err,
              HasSubstr("your policy forbids it"));
  write_policy("network = [\"ftp://a.org\"]\n");
  const Finished wrong = midimon({"plugin", "run", "--unsigned", guest("mounts"), "read-music"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("config.toml:2:11: "));
}

TEST_F(Permission, AProfileHasItsOwnPolicyBesides) {
  write_text(scratch_.path("p.toml"),
             "[policy]\nfilesystem = false\n[plugins.mounts]\nunsigned = true\nmodule = \"" +
                 guest("mounts") + "\"\ngrant = [\"filesystem\"]\n");
  const Finished played = midimon(
      {"run", "-c", scratch_.path("p.toml"), "--midi-file",
       "/usr/share/games/openttd/baseset/openmsx/be_sharp_bw_redfarn.mid", "--speed", "max"});
  EXPECT_EQ(played.status, 0) << played.err;
  EXPECT_THAT(played.err, HasSubstr("and runs without it; your policy forbids it"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("home/data/plugin-data")));
}

TEST_F(Permission, AGrantForSomeCallsIsUsedUpAcrossProcesses) {
  ASSERT_EQ(permission({"grant", guest("mounts"), "filesystem", "--calls", "2"}).status, 0);
  EXPECT_EQ(run("write-own"), "Ok");
  EXPECT_EQ(shown()[0]["grants"][0]["calls"], 1);
  EXPECT_EQ(run("write-own"), "Ok");
  EXPECT_EQ(run("write-own"), "PluginError");
  EXPECT_EQ(shown()[0]["grants"][0]["calls"], 0);
}

TEST_F(Permission, AGrantUntilTheRestartIsNoneForAnotherStart) {
  ASSERT_EQ(permission({"grant", guest("mounts"), "filesystem", "--until-restart"}).status, 0);
  EXPECT_EQ(run("write-own"), "Ok");
  std::string text = read_text(book());
  const std::string key = "until_restart_of = \"";
  text.replace(text.find(key) + key.size(), 8, "00000000");
  write_text(book(), text);
  EXPECT_EQ(run("write-own"), "PluginError");
  EXPECT_EQ(shown()[0]["grants"], json::array());
  EXPECT_EQ(permission({"grant", "mounts", "filesystem", "--until-restart", "--calls", "1"}).status,
            2);
}

TEST_F(Permission, AGrantIsForTheseBytesWhereNobodySigned) {
  ASSERT_EQ(permission({"grant", guest("mounts"), "filesystem"}).status, 0);
  // The same plugin with a custom section more: another module.
  write_text(scratch_.path("other.wasm"), read_text(guest("mounts")) + std::string("\0\2\1x", 4));
  const Finished other =
      midimon({"plugin", "run", "--unsigned", scratch_.path("other.wasm"), "write-own"});
  EXPECT_EQ(other.status, 1) << other.err;
  const Finished ambiguous = permission({"grant", "mounts", "midi"});
  EXPECT_EQ(ambiguous.status, 2);
  EXPECT_THAT(ambiguous.err, HasSubstr("--signer unsigned:"));
  const std::string signer = json::parse(permission({"list", "--json"}).out)[0]["signer"];
  EXPECT_EQ(permission({"grant", "mounts", "midi", "--signer", signer.substr(0, 20)}).status, 0);
  EXPECT_EQ(shown().size(), 2U);
  EXPECT_EQ(permission({"reset", "mounts"}).status, 0);
  EXPECT_THAT(permission({"list", "--json"}).out, HasSubstr("[]"));
  EXPECT_EQ(permission({"show", "mounts"}).status, 2);
  EXPECT_EQ(permission({"reset", "mounts"}).status, 2);
  EXPECT_EQ(permission({"reset", "--all"}).status, 0);
}

TEST_F(Permission, ABookThatIsWrongStopsWhatWouldReadIt) {
  ASSERT_EQ(permission({"grant", guest("mounts"), "filesystem"}).status, 0);
  write_text(book(), read_text(book()) + "cals = 3\n");
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"permission", "list"},
        {"permission", "grant", "mounts", "midi"},
        {"plugin", "run", "--unsigned", guest("mounts"), "write-own"}}) {
    const Finished refused = midimon(args);
    EXPECT_EQ(refused.status, 2) << args[1];
    EXPECT_THAT(refused.err, HasSubstr("did you mean \"calls\"")) << args[1];
  }
}

TEST_F(Permission, TheFirstUseIsAskedAboutInPlainWords) {
  Terminal terminal(scratch_, {"plugin", "run", "--unsigned", guest("mounts"), "read-music"});
  ASSERT_TRUE(terminal.shows("The plugin mounts 1.0.0 (not signed) asks for")) << terminal.shown();
  ASSERT_TRUE(terminal.shows("because it says: \"to play your music\""));
  ASSERT_TRUE(terminal.shows("read all in a directory that you choose, as /music"));
  ASSERT_TRUE(terminal.shows("At worst:"));
  ASSERT_TRUE(terminal.shows("Allow it?"));
  terminal.type("a\n");
  ASSERT_TRUE(terminal.shows("Which directory is /music:ro?"));
  terminal.type("music\n");
  ASSERT_TRUE(terminal.shows("absolute path"));
  ASSERT_TRUE(terminal.shows("Which directory is /music:ro?"));
  terminal.type(scratch_.path("home").string() + "\n");
  ASSERT_TRUE(terminal.shows("midimon's own"));
  ASSERT_TRUE(terminal.shows("Which directory is /music:ro?"));
  terminal.type(scratch_.path("music").string() + "\n");
  ASSERT_TRUE(terminal.shows("Which directory is /work?"));
  terminal.type("\n");
  ASSERT_TRUE(terminal.shows("talk to every host one name below example.org"));
  terminal.type("n\n");
  ASSERT_TRUE(terminal.shows("send MIDI to every port"));
  terminal.type("perhaps\nn\n");
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_EQ(run("read-music"), "Ok");
  EXPECT_EQ(shown()[0]["grants"].size(), 1U);

  Terminal again(scratch_, {"plugin", "run", "--unsigned", guest("mounts"), "read-music"});
  EXPECT_EQ(again.wait(), 0);
  EXPECT_THAT(again.shown(), AllOf(Not(HasSubstr("Allow it?")), HasSubstr("permission grant")));
}

TEST_F(Permission, YesThisTimeIsForThisTime) {
  for (int i = 0; i < 2; ++i) {
    Terminal terminal(scratch_, {"plugin", "run", "--unsigned", guest("hostile"), "write"});
    ASSERT_TRUE(terminal.shows("Allow it?")) << terminal.shown();
    terminal.type("y\n");
    EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  }
  EXPECT_EQ(shown("hostile")[0]["grants"], json::array());
}

TEST_F(Permission, NoIsRememberedUntilAReset) {
  const std::vector<std::string> args = {"plugin", "run", "--unsigned", guest("hostile"), "write"};
  Terminal first(scratch_, args);
  ASSERT_TRUE(first.shows("Allow it?"));
  first.type("\n");
  EXPECT_EQ(first.wait(), 1);
  Terminal second(scratch_, args);
  EXPECT_EQ(second.wait(), 1);
  EXPECT_THAT(second.shown(), Not(HasSubstr("Allow it?")));
  ASSERT_EQ(permission({"reset", "hostile"}).status, 0);
  Terminal third(scratch_, args);
  EXPECT_TRUE(third.shows("Allow it?"));
  third.type("\x03");
  EXPECT_EQ(third.wait(), 130);
  EXPECT_FALSE(shown("hostile")[0]["answered"]);
}

TEST_F(Permission, WhoGrantsOnTheCommandLineIsNotAsked) {
  Terminal terminal(scratch_, {"plugin", "run", "--unsigned", guest("hostile"), "write", "--grant",
                               "filesystem"});
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("Allow it?")));
}

TEST_F(Permission, TryShowsWhatAPluginDoesAndChangesNothing) {
  const Finished tried = midimon({"plugin", "try", guest("hostile"), "escape"});
  EXPECT_EQ(tried.status, 0) << tried.err;
  EXPECT_THAT(tried.out,
              AllOf(HasSubstr("asks for\n    filesystem: \"to break out\""),
                    HasSubstr("/../escape: open (perm)"), HasSubstr("/link_out: symlink"),
                    HasSubstr("midimon permission grant hostile filesystem\n")));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("home/data")));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("home/state/audit")));
  EXPECT_FALSE(std::filesystem::exists(book()));
}

TEST_F(Permission, TryGivesDirectoriesThatAreNotReal) {
  const json tried = json::parse(
      midimon({"plugin", "try", guest("mounts"), "write-work", "--json"}).out, nullptr, false);
  EXPECT_EQ(tried["outcome"], "Ok");
  EXPECT_EQ(tried["touched"]["/work/song.txt"]["bytes_written"], 7);
  EXPECT_EQ(tried["needed"], json::array());
  EXPECT_EQ(tried["left"], json::array({"filesystem:DIRECTORY::/work"}));
  EXPECT_EQ(read_text(scratch_.path("work") / "song.txt"), "la la la");
}

TEST_F(Permission, TryWritesTheLeastThatTheRunNeeded) {
  const Finished tried =
      midimon({"plugin", "try", guest("mounts"), "write-shared", "--write-grants"});
  EXPECT_EQ(tried.status, 0) << tried.err;
  EXPECT_THAT(tried.out, HasSubstr("was granted what this needed: filesystem:/shared"));
  EXPECT_EQ(run("write-shared"), "Ok");
  ASSERT_EQ(shown()[0]["grants"].size(), 1U) << "neither network nor MIDI was needed";
  EXPECT_EQ(shown()[0]["grants"][0]["allow"], json::array({"/shared"}));
  write_policy("filesystem = false\n");
  const Finished forbidden =
      midimon({"plugin", "try", guest("hostile"), "write", "--write-grants"});
  EXPECT_EQ(forbidden.status, 0);
  EXPECT_EQ(permission({"show", "hostile"}).status, 2) << "nothing was written";
}

TEST_F(Permission, TrySaysWhatCannotBeTried) {
  EXPECT_EQ(midimon({"plugin", "try", scratch_.path("gone.wasm")}).status, 2);
  EXPECT_EQ(midimon({"plugin", "try", guest("mounts"), "nope"}).status, 2);
  EXPECT_EQ(midimon({"plugin", "try", guest("hello")}).status, 2);
  const Finished stopped =
      midimon({"plugin", "try", guest("hostile"), "loop", "--fuel", "1000000"});
  EXPECT_EQ(stopped.status, 0);
  EXPECT_THAT(stopped.out, HasSubstr("called loop: OutOfFuel"));
}

}  // namespace
}  // namespace midimon::testing
