// midimon plugin install | update | list | verify | rollback | remove | pack, and what loads
// installed plugins, as a user sees them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/signed_plugins.h"
#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Store = SignedPlugins;

TEST_F(Store, InstallsFromAPackageADirectoryOrAModule) {
  trust("a");
  const json installed = run_json({"plugin", "install", package("1.0.0", "a")});
  EXPECT_EQ(installed["id"], "echo");
  EXPECT_EQ(installed["verdict"], "trusted");
  EXPECT_EQ(installed["replaced"], nullptr);
  EXPECT_EQ(read_text(stored("1.0.0/plugin.wasm")), echo("1.0.0"));
  EXPECT_EQ(read_text(stored("1.0.0/README.md")), "# Echo\n");
  EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0);
  EXPECT_EQ(run_json({"plugin", "install", source("1.1.0", "a")})["replaced"], "1.0.0");
  const std::string module = source("1.2.0", "a") + "/plugin.wasm";
  EXPECT_EQ(run_json({"plugin", "install", module})["version"], "1.2.0");
  EXPECT_EQ(run_json({"plugin", "info", "echo"})["version"], "1.2.0");
  EXPECT_THAT(audited(), HasSubstr("echo install ("));
}

TEST_F(Store, WithoutATerminalAnUnknownKeyIsRefusedWithTheCommandThatTrustsIt) {
  const std::string file = package("1.0.0", "a");
  const Finished refused = run({"plugin", "install", file});
  EXPECT_EQ(refused.status, 3);
  const std::string line = read_text(path("a.pub")).substr(read_text(path("a.pub")).find("RW"), 56);
  const std::string command = "midimon key trust " + line + " --plugin echo";
  EXPECT_THAT(refused.err, HasSubstr("`" + command + "`"));
  EXPECT_EQ(in_use(), "none");
  EXPECT_THAT(audited(), HasSubstr("echo refuse (first_use)"));
  ASSERT_EQ(run({"key", "trust", line, "--plugin", "echo"}).status, 0);
  EXPECT_EQ(run({"plugin", "install", file}).status, 0);
}

TEST_F(Store, AsksAtTheTerminalAndBindsThePluginToTheKey) {
  const std::string file = package("1.0.0", "a");
  Terminal no(scratch_, {"plugin", "install", file});
  ASSERT_TRUE(no.shows("RW")) << no.shown();
  ASSERT_TRUE(no.shows("[y/N] ")) << no.shown();
  no.type("\n");
  EXPECT_EQ(no.wait(), 3) << no.shown();
  EXPECT_THAT(no.shown(), HasSubstr("not installed"));
  EXPECT_EQ(in_use(), "none");
  Terminal yes(scratch_, {"plugin", "install", file});
  ASSERT_TRUE(yes.shows("[y/N] ")) << yes.shown();
  yes.type("y\n");
  EXPECT_EQ(yes.wait(), 0) << yes.shown();
  EXPECT_EQ(in_use(), "1.0.0");
  const json keys = run_json({"key", "list"});
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0]["trust"], "first-use");
  EXPECT_EQ(keys[0]["plugins"], json::array({"echo"}));
  // The next version needs no answer, and one by another key gets none.
  EXPECT_EQ(run({"plugin", "update", source("1.1.0", "a")}).status, 0);
  expect_refused({"plugin", "update", package("1.2.0", "b")}, 5, "has been signed by");
  EXPECT_EQ(in_use(), "1.1.0");
}

TEST_F(Store, AsksWhetherAKnownKeyMaySignOneMorePlugin) {
  trust("a", "other");
  const std::string file = package("1.0.0", "a");
  expect_refused({"plugin", "install", file}, 7, "but not for this plugin");
  Terminal yes(scratch_, {"plugin", "install", file});
  ASSERT_TRUE(yes.shows("[y/N] ")) << yes.shown();
  yes.type("yes\n");
  EXPECT_EQ(yes.wait(), 0) << yes.shown();
  const json keys = run_json({"key", "list"});
  EXPECT_EQ(keys[0]["plugins"], json::array({"echo", "other"}));
}

TEST_F(Store, AKeyForAnyPluginIsBoundToWhatItIsFoundToSign) {
  trust("a", "*");
  install("1.0.0");
  EXPECT_EQ(run_json({"key", "list"})[0]["plugins"], json::array({"*", "echo"}));
  trust("b", "*");
  expect_refused({"plugin", "install", source("1.1.0", "b")}, 5, "has been signed by");
}

TEST_F(Store, EachRefusalToInstallHasItsOwnStatus) {
  trust("a");
  const std::string good = source("1.0.0", "a");
  const auto with = [&](const std::string& name, const std::string& bytes) {
    const std::string copy = path("copy");
    std::filesystem::remove_all(copy);
    std::filesystem::copy(good, copy);
    write_text(copy + "/" + name, bytes);
    return Args{"plugin", "install", copy};
  };
  const std::string module = echo("1.0.0");
  expect_refused(with("plugin.wasm", module + std::string("\0\1\0", 3)), 1, "changed since");
  expect_refused(with("plugin.wasm.minisig", "hello"), 1, "no minisign signature");
  expect_refused(
      with("plugin.wasm.minisig", read_text(source("1.1.0", "a") + "/plugin.wasm.minisig")), 1,
      "not the one that was signed");
  expect_refused({"plugin", "install", source("1.0.0", "")}, 2, "--unsigned");
  expect_refused(with("manifest.toml", "format = 1\nid = \"echo\"\nversion = \"9.0.0\"\n"), 2,
                 "says that it holds echo 9.0.0");
  expect_refused(with("manifest.toml", "id = 1"), 2, "manifest.toml:1:");
  expect_refused({"plugin", "install", path("none")}, 2, "No such file");
  write_text(path("text"), "hello");
  expect_refused({"plugin", "install", path("text")}, 2, "no tar file");
  ASSERT_EQ(
      run({"key", "sign", good + "/plugin.wasm", "-s", path("a.key"), "--version", "2.0.0"}).status,
      0);
  expect_refused({"plugin", "install", good}, 2, "says that it is version 1.0.0");
  ASSERT_EQ(run({"key", "revoke", path("a.pub"), "--reason", "It was stolen."}).status, 0);
  expect_refused({"plugin", "install", good}, 4, "It was stolen.");
  EXPECT_EQ(in_use(), "none");
  EXPECT_FALSE(std::filesystem::exists(path("home/data/plugins/.staged")));
}

TEST_F(Store, TheKeyInAPackageHasNoAuthority) {
  // Signed by b, and the package says that it is by a.
  const std::string directory = source("1.0.0", "b");
  std::filesystem::copy_file(path("a.pub"), directory + "/signer.pub",
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused({"plugin", "install", directory}, 3, "not known here");
  trust("a");
  expect_refused({"plugin", "install", directory}, 5, "has been signed by");
}

TEST_F(Store, AnotherKeyThanTheExpectedOneIsRefusedThoughItIsTrusted) {
  trust("a");
  const std::string file = package("1.0.0", "a");
  expect_refused({"plugin", "install", file, "--key", path("b.pub")}, 1,
                 "not the key that you gave");
  EXPECT_EQ(run({"plugin", "install", file, "--key", path("a.pub")}).status, 0);
}

TEST_F(Store, AnUpdateIsNewerAndAnOlderVersionIsADowngrade) {
  trust("a");
  expect_refused({"plugin", "update", source("1.0.0", "a")}, 2, "midimon plugin install");
  install("1.1.0");
  expect_refused({"plugin", "update", source("1.1.0", "a")}, 2, "not newer");
  expect_refused({"plugin", "install", source("1.0.0", "a")}, 6, "--older");
  EXPECT_EQ(in_use(), "1.1.0");
  EXPECT_EQ(run({"plugin", "update", source("1.2.0", "a")}).status, 0);
  ASSERT_EQ(run({"plugin", "remove", "echo"}).status, 0);
  expect_refused({"plugin", "install", source("1.1.0", "a")}, 6, "older than 1.2.0");
  EXPECT_EQ(run({"plugin", "install", "--older", source("1.1.0", "a")}).status, 0);
  EXPECT_EQ(in_use(), "1.1.0");
}

TEST_F(Store, GoesBackToAnOlderVersionAndForthAgain) {
  trust("a");
  install("1.0.0");
  install("1.1.0");
  install("1.2.0");
  EXPECT_EQ(run_json({"plugin", "rollback", "echo"})["version"], "1.1.0");
  EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0);
  EXPECT_EQ(run_json({"plugin", "rollback", "echo", "1.0.0"})["version"], "1.0.0");
  EXPECT_EQ(run_json({"plugin", "info", "echo"})["version"], "1.0.0");
  expect_refused({"plugin", "rollback", "echo"}, 2, "there is 1.2.0, 1.1.0, 1.0.0");
  expect_refused({"plugin", "rollback", "echo", "../1.0.0"}, 2, "No version ../1.0.0");
  expect_refused({"plugin", "rollback", "other"}, 2, "not installed");
  EXPECT_EQ(run({"plugin", "update", source("1.2.0", "a")}).status, 0);
  write_text(stored("1.1.0/plugin.wasm"), echo("1.0.0"));
  expect_refused({"plugin", "rollback", "echo"}, 1, "changed since");
  EXPECT_EQ(in_use(), "1.2.0");
}

TEST_F(Store, RemovesAPluginWithItsDataOrWithout) {
  trust("a");
  const std::string data = path("home/data/plugin-data/echo");
  for (const bool keep : {true, false}) {
    install("1.0.0");
    std::filesystem::create_directories(data);
    write_text(data + "/scene", "Live");
    Args args = {"plugin", "remove", "echo"};
    if (keep) args.emplace_back("--keep-data");
    EXPECT_EQ(run(args).status, 0);
    EXPECT_EQ(in_use(), "none");
    EXPECT_EQ(std::filesystem::exists(data + "/scene"), keep);
  }
  expect_refused({"plugin", "remove", "echo"}, 2, "not installed");
  expect_refused({"plugin", "remove", "../.."}, 2, "not installed");
  expect_refused({"plugin", "run", "echo", "say"}, 2, "midimon plugin install");
  EXPECT_THAT(audited(), HasSubstr("echo uninstall"));
}

TEST_F(Store, VerifyLooksAtEveryVersion) {
  trust("a");
  install("1.0.0");
  install("1.1.0");
  EXPECT_EQ(run({"plugin", "verify"}).status, 0);
  write_text(stored("1.0.0/plugin.wasm"), "changed");
  const json found = run_json({"plugin", "verify", "echo"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["version"], "1.1.0");
  EXPECT_EQ(found[0]["verdict"], "trusted");
  EXPECT_EQ(found[0]["in_use"], true);
  EXPECT_EQ(found[1]["verdict"], "tampered");
  EXPECT_EQ(run({"plugin", "verify"}).status, 1);
  EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0) << "it is not the one in use";
  write_text(stored("1.0.0/plugin.wasm"), echo("1.0.0"));
  std::filesystem::remove_all(stored("1.1.0"));
  expect_refused({"plugin", "verify"}, 2, "Install echo 1.1.0 again");
  expect_refused({"plugin", "verify", "other"}, 2, "not installed");
}

TEST_F(Store, AnUnsignedPluginRunsOnlyWhereThatIsSaid) {
  const Finished done = run({"plugin", "install", "--unsigned", source("1.0.0", "")});
  EXPECT_EQ(done.status, 0) << done.err;
  expect_refused({"plugin", "run", "echo", "say"}, 2, "not signed");
  expect_refused({"plugin", "verify"}, 2, "not signed");
  EXPECT_THAT(run({"plugin", "info", "echo"}).out, HasSubstr("It is not signed"));
  const Finished allowed = run({"plugin", "run", "--unsigned", "echo", "say"});
  EXPECT_EQ(allowed.status, 0);
  EXPECT_THAT(allowed.err, HasSubstr("echo is not signed, and runs because you allowed that"));
}

TEST_F(Store, AProfileRunsInstalledPluginsAndRefusesOthers) {
  trust("a");
  install("1.0.0");
  const std::string song = std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\14", 22) +
                           std::string("\0\x90\x3c\x64\x10\x80\x3c\0\0\xff\x2f\0", 12);
  write_text(path("song.mid"), song);
  const auto play = [&](const std::string& table, const Args& more = {}) {
    write_text(path("profile.toml"),
               "[plugins.echo]\n" + table +
                   "[[global_mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
                   "action = { type = \"Plugin\", plugin = \"echo\", action = \"say\" }\n");
    Args args = {"run",     "-c", path("profile.toml"), "--midi-file", path("song.mid"),
                 "--speed", "max"};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  };
  const Finished installed = play("");
  EXPECT_EQ(installed.status, 0) << installed.err;
  EXPECT_THAT(installed.err, Not(HasSubstr("not signed")));
  const std::string module = "module = \"" + guest("echo") + "\"\n";
  const Finished refused = play(module);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("profile.toml:1:1: "));
  EXPECT_THAT(refused.err, HasSubstr("`unsigned = true`"));
  for (const Finished& allowed :
       {play(module + "unsigned = true\n"), play(module, {"--unsigned"})}) {
    EXPECT_EQ(allowed.status, 0) << allowed.err;
    EXPECT_THAT(allowed.err, HasSubstr("echo is not signed"));
  }
  write_text(stored("1.0.0/plugin.wasm"), "changed");
  EXPECT_EQ(play("").status, 1);
  EXPECT_EQ(play("unsigned = true\n").status, 1) << "a signature that does not hold is no none";
  ASSERT_EQ(run({"key", "revoke", path("a.pub"), "--reason", "gone"}).status, 0);
  EXPECT_EQ(play("").status, 4);
}

TEST_F(Store, PacksTheSameFilesToTheSameBytes) {
  const std::string directory = source("1.0.0", "a");
  const json packed = run_json({"plugin", "pack", directory, "-o", path("one")});
  EXPECT_EQ(packed["id"], "echo");
  EXPECT_EQ(packed["signed"], true);
  EXPECT_EQ(packed["files"], json::array({"README.md", "manifest.toml", "plugin.wasm",
                                          "plugin.wasm.minisig", "signer.pub"}));
  std::filesystem::last_write_time(directory + "/README.md", {});
  ASSERT_EQ(run({"plugin", "pack", directory, "-o", path("two")}).status, 0);
  EXPECT_EQ(read_text(path("one")), read_text(path("two")));
  const Finished info = run({"plugin", "info", path("one")});
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("echo 1.0.0"));
}

TEST_F(Store, PacksNothingThatNobodyCouldInstall) {
  std::string directory = source("1.0.0", "a");
  std::filesystem::remove(directory + "/signer.pub");
  expect_refused({"plugin", "pack", directory}, 2, "--key");
  expect_refused({"plugin", "pack", directory, "--key", path("b.pub")}, 2, "--key");
  write_text(directory + "/.hidden", "");
  expect_refused({"plugin", "pack", directory, "--key", path("a.pub")}, 2, "no name for a file");
  directory = source("1.1.0", "");
  const Finished bare = run({"plugin", "pack", directory, "-o", path("bare")});
  EXPECT_EQ(bare.status, 0);
  EXPECT_THAT(bare.err, HasSubstr("not signed"));
}

// The real minisign and the store agree on who signed what.
TEST_F(Store, TakesWhatTheRealMinisignSigned) {
  const auto shell = [&](const std::string& line) {
    return std::system(("cd '" + path("") + "' && " + line + " >said 2>&1").c_str());  // NOLINT
  };
  ASSERT_EQ(shell("minisign -G -W -s m.key -p m.pub"), 0) << read_text(path("said"));
  std::filesystem::copy(guest("echo"), path("echo.wasm"));
  ASSERT_EQ(shell("minisign -S -W -s m.key -m echo.wasm -t \"midimon-plugin 1 id=echo "
                  "version=1.0.0 sha256=$(sha256sum echo.wasm | cut -c1-64)\""),
            0)
      << read_text(path("said"));
  expect_refused({"plugin", "install", path("echo.wasm")}, 3, "not known here");
  ASSERT_EQ(run({"key", "trust", path("m.pub"), "--plugin", "echo"}).status, 0);
  ASSERT_EQ(run({"plugin", "install", path("echo.wasm")}).status, 0);
  EXPECT_EQ(shell("minisign -V -p m.pub -m home/data/plugins/echo/1.0.0/plugin.wasm"), 0);
  EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0);
  // A legacy signature, and one that says nothing of a plugin.
  ASSERT_EQ(shell("minisign -S -W -l -s m.key -m echo.wasm"), 0) << read_text(path("said"));
  expect_refused({"plugin", "install", path("echo.wasm")}, 1, "legacy");
  ASSERT_EQ(shell("minisign -S -W -s m.key -m echo.wasm"), 0) << read_text(path("said"));
  expect_refused({"plugin", "install", path("echo.wasm")}, 1, "does not say which plugin");
}

TEST_F(Store, ASecondProcessIsToldWhoChangesTheStore) {
  trust("a");
  install("1.0.0");
  const int lock = ::open(path("home/data/locks/plugins.lock").c_str(), O_RDWR);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  expect_refused({"plugin", "install", source("1.1.0", "a")}, 2, "is in use by process");
  expect_refused({"plugin", "remove", "echo"}, 2, "is in use by process");
  EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0) << "who only reads does not wait";
  ::close(lock);
}

// The whole program, killed while it updates: store, keyring and journal together.
TEST_F(Store, AKillDuringAnUpdateLeavesTheOldOrTheNew) {
  const char* text = std::getenv("MIDIMON_KILLS");
  const int rounds = text == nullptr ? 10 : std::atoi(text) / 5;
  trust("a", "*");
  install("1.0.0");
  const std::string update = package("1.1.0", "a");
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same each time
  for (int round = 0; round < rounds; ++round) {
    ASSERT_THAT(run({"plugin", "install", "--older", source("1.0.0", "a")}).status, 0);
    static_cast<void>(run_midimon(scratch_, {"plugin", "update", update}, "", [&](pid_t pid) {
      ::usleep(static_cast<useconds_t>(random() % 200'000));
      ::kill(pid, SIGKILL);
    }));
    EXPECT_THAT(in_use(), AnyOf("1.0.0", "1.1.0"));
    EXPECT_EQ(run({"plugin", "verify"}).status, 0);
    EXPECT_EQ(run({"plugin", "run", "echo", "say"}).status, 0);
  }
}

}  // namespace
}  // namespace midimon::testing
