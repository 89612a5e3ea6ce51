// Registries of plugins, as a publisher and a user see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/signed_plugins.h"
#include "tests/terminal.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A registry "main" on a server of this machine, whose index key b signs; plugins are signed by a.
class Registry : public SignedPlugins {
 protected:
  Registry() { configure(entry("main", server_.url(""))); }

  std::filesystem::path make(const std::string& name) const {
    std::filesystem::create_directory(scratch_.path(name));
    return scratch_.path(name);
  }
  [[nodiscard]] std::string line_of(const std::string& key) const {
    const std::string file = read_text(path(key + ".pub"));
    return file.substr(file.find("RW"), 56);
  }
  [[nodiscard]] std::string entry(const std::string& name, const std::string& url) const {
    return "[[registries]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\nkey = \"" +
           line_of("b") + "\"\n";
  }
  void configure(const std::string& text) const {
    std::filesystem::create_directories(path("home/config"));
    std::filesystem::permissions(path("home/config"), std::filesystem::perms::owner_all);
    write_text(path("home/config/config.toml"), text);
  }
  // Puts the versions into the registry and publishes its index.
  void publish(const std::vector<std::string>& versions, Args options = {}) const {
    for (const std::string& version : versions) {
      std::filesystem::copy_file(package(version, "a"), path("www/echo-" + version + ".midiplug"),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    options.insert(options.begin(), {"plugin", "index", path("www")});
    const Finished made = run(options);
    EXPECT_EQ(made.status, 0) << made.err;
    sign_index();
  }
  void sign_index(const std::string& key = "b") const {
    const Finished made = run({"key", "sign", path("www/index.json"), "-s", path(key + ".key")});
    EXPECT_EQ(made.status, 0) << made.err;
  }
  [[nodiscard]] json index() const { return json::parse(read_text(path("www/index.json"))); }
  // Publishes the index with a change of the publisher's own.
  void publish_changed(const std::function<void(json&)>& change) const {
    json changed = index();
    change(changed);
    write_text(path("www/index.json"), changed.dump());
    sign_index();
  }

  WebServer server_{make("www")};
};

TEST_F(Registry, IsPublishedSearchedAndInstalledFrom) {
  trust("a");
  publish({"1.0.0", "1.1.0"}, {"--name", "A registry"});
  EXPECT_EQ(index()["name"], "A registry");
  EXPECT_EQ(index()["version"], 1);
  const json found = run_json({"plugin", "search", "ECHO"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["id"], "echo");
  EXPECT_EQ(found[0]["version"], "1.1.0");
  EXPECT_EQ(found[0]["registry"], "main");
  EXPECT_EQ(found[0]["signer"], line_of("a"));
  EXPECT_EQ(found[0]["installed"], nullptr);
  EXPECT_EQ(run_json({"plugin", "search", "nothing", "such"}), json::array());
  EXPECT_EQ(run_json({"plugin", "install", "echo@1.0.0"})["version"], "1.0.0");
  EXPECT_EQ(run_json({"plugin", "search"})[0]["installed"], "1.0.0");
  const Finished shown = run({"plugin", "search"});
  EXPECT_THAT(shown.out, HasSubstr("(main, 1.0.0 is installed)"));
  EXPECT_EQ(run_json({"plugin", "install", "echo"})["version"], "1.1.0");
}

TEST_F(Registry, MayBeADirectoryBesideTheConfiguration) {
  trust("a");
  publish({"1.0.0"});
  configure(entry("here", "../../www"));
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Registry, CannotWidenWhomToTrust) {
  publish({"1.0.0"});
  // Its index is signed by a key that the user named for it; the plugin's own is not known.
  expect_refused({"plugin", "install", "echo"}, 3, "midimon key trust");
  EXPECT_EQ(in_use(), "none");
  trust("b");
  expect_refused({"plugin", "install", "echo"}, 5, "has been signed by");
}

TEST_F(Registry, RefusesAnIndexThatWasTamperedWithOrIsByAnotherKey) {
  trust("a");
  publish({"1.0.0"});
  const std::string good = read_text(path("www/index.json"));
  write_text(path("www/index.json"), good + " ");
  expect_refused({"plugin", "install", "echo"}, 2, "is not what the key");
  write_text(path("www/index.json"), good);
  sign_index("a");
  expect_refused({"plugin", "install", "echo"}, 2, "is signed by the key");
  std::filesystem::remove(path("www/index.json.minisig"));
  expect_refused({"plugin", "install", "echo"}, 2, "could be anybody's");
  expect_refused({"plugin", "search"}, 1, "could be anybody's");
  sign_index();
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
}

TEST_F(Registry, RefusesAnOlderIndexOrAnotherOneUnderTheSameNumber) {
  trust("a");
  publish({"1.0.0"});
  const std::string first = read_text(path("www/index.json"));
  publish({"1.1.0"});
  EXPECT_EQ(run({"plugin", "search"}).status, 0);
  write_text(path("www/index.json"), first);
  sign_index();
  expect_refused({"plugin", "install", "echo"}, 2, "version 2 was seen before");
  publish_changed([](json& changed) {
    changed["version"] = 2;
    changed["name"] = "other";
  });
  expect_refused({"plugin", "install", "echo"}, 2, "under the same version, 2");
}

TEST_F(Registry, InstallsNothingByAnExpiredIndexButShowsIt) {
  trust("a");
  publish({"1.0.0", "1.1.0"});
  EXPECT_EQ(run({"plugin", "install", "echo@1.0.0"}).status, 0);
  publish_changed([](json& changed) {
    changed["version"] = 2;
    changed["expires"] = "2020-01-01T00:00:00Z";
  });
  expect_refused({"plugin", "install", "echo"}, 2, "expired at 2020-01-01T00:00:00Z");
  expect_refused({"plugin", "update", "echo"}, 2, "expired at");
  const Finished all = run({"plugin", "update", "--all"});
  EXPECT_EQ(all.status, 1);
  EXPECT_THAT(all.err, HasSubstr("expired at"));
  const Finished shown = run({"plugin", "search"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.err, HasSubstr("expired at"));
  EXPECT_THAT(shown.out, HasSubstr("echo 1.1.0"));
  EXPECT_EQ(in_use(), "1.0.0");
}

TEST_F(Registry, RefusesAFileThatTheIndexDoesNotName) {
  trust("a");
  publish({"1.0.0"});
  // Genuine, newer, and not what the index says.
  std::filesystem::copy_file(package("1.1.0", "a"), path("www/echo-1.0.0.midiplug"),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused({"plugin", "install", "echo"}, 2, "is not the file that the index of main names");
  server_.behave("echo-1.0.0.midiplug", "no-length\nendless\n");
  expect_refused({"plugin", "install", "echo"}, 2, "it is larger");
  EXPECT_EQ(in_use(), "none");
}

TEST_F(Registry, RefusesAPackageThatIsListedAsAnotherOne) {
  trust("a");
  publish({"1.0.0"});
  publish_changed([](json& changed) {
    changed["version"] = 2;
    changed["plugins"][0]["versions"][0]["version"] = "2.0.0";
  });
  expect_refused({"plugin", "install", "echo"}, 2, "is listed as echo 2.0.0, and holds echo 1.0.0");
  publish_changed([](json& changed) {
    changed["version"] = 3;
    changed["plugins"][0]["id"] = "other";
  });
  expect_refused({"plugin", "install", "other"}, 2, "is listed as other 2.0.0, and holds echo");
}

TEST_F(Registry, UpdatesWhatIsInstalled) {
  trust("a");
  publish({"1.0.0"});
  expect_refused({"plugin", "update", "echo"}, 2, "not installed");
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
  json update = run_json({"plugin", "update", "echo"});
  EXPECT_EQ(update["result"], "current");
  publish({"1.1.0"});
  update = run_json({"plugin", "update", "echo"});
  EXPECT_EQ(update["result"], "updated");
  EXPECT_EQ(update["from"], "1.0.0");
  EXPECT_EQ(update["to"], "1.1.0");
  EXPECT_EQ(in_use(), "1.1.0");
  publish({"1.2.0"});
  const Finished all = run({"plugin", "update", "--all"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("echo 1.2.0 is installed in place of 1.1.0."),
                             HasSubstr("1 updated, 0 up to date, 0 in no registry, 0 not")));
}

TEST_F(Registry, AFailedUpdateIsToldAndTheOthersGoOn) {
  trust("a");
  trust("a", "hostile");
  const std::string other = path("www/hostile.midiplug");
  std::filesystem::copy_file(package("1.0.0", "a", "hostile"), other);
  publish({"1.0.0"});
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
  EXPECT_EQ(run({"plugin", "install", "hostile"}).status, 0);
  std::filesystem::copy_file(package("1.1.0", "b"), path("www/echo-1.1.0.midiplug"));
  std::filesystem::copy_file(package("1.1.0", "a", "hostile"), other,
                             std::filesystem::copy_options::overwrite_existing);
  publish({});
  const json all = run_json({"plugin", "update", "--all"});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["id"], "echo");
  EXPECT_EQ(all[0]["result"], "failed");
  EXPECT_THAT(all[0]["message"].get<std::string>(), HasSubstr("has been signed by"));
  EXPECT_EQ(all[1]["id"], "hostile");
  EXPECT_EQ(all[1]["result"], "updated");
  const Finished again = run({"plugin", "update", "--all"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.out, HasSubstr("0 updated, 1 up to date, 0 in no registry, 1 not updated."));
  EXPECT_THAT(again.err, HasSubstr("has been signed by"));
  // One alone has the status that says why.
  expect_refused({"plugin", "update", "echo"}, 5, "has been signed by");
}

TEST_F(Registry, WithdrawnVersionsAreInstalledOnlyByName) {
  trust("a");
  publish({"1.0.0", "1.1.0"}, {"--yank", "echo@1.1.0", "It forgets."});
  EXPECT_EQ(run_json({"plugin", "search"})[0]["version"], "1.0.0");
  EXPECT_EQ(run_json({"plugin", "install", "echo"})["version"], "1.0.0");
  publish({});  // and stay so
  EXPECT_EQ(run_json({"plugin", "update", "echo"})["result"], "current");
  const Finished named = run({"plugin", "install", "echo@1.1.0"});
  EXPECT_EQ(named.status, 0) << named.err;
  EXPECT_THAT(named.err, HasSubstr("echo 1.1.0 was withdrawn: It forgets."));
}

TEST_F(Registry, TheFirstThatHasAPluginIsTheOneItComesFrom) {
  trust("a");
  publish({"1.0.0"});
  std::filesystem::copy(path("www"), path("first"));
  publish({"1.1.0"});
  configure(entry("first", "../../first") + entry("second", server_.url("")));
  EXPECT_EQ(run_json({"plugin", "install", "echo"})["version"], "1.0.0");
  EXPECT_EQ(run_json({"plugin", "install", "echo", "--registry", "second"})["version"], "1.1.0");
  // Nobody can say whether one that cannot be read has it.
  std::filesystem::remove(path("first/index.json"));
  expect_refused({"plugin", "install", "echo"}, 2, "The registry first has no");
  EXPECT_EQ(run_json({"plugin", "update", "echo"})["result"], "current");
  const Finished all = run({"plugin", "update", "--all"});
  EXPECT_EQ(all.status, 1);
  EXPECT_THAT(all.err, HasSubstr("The registry first has no"));
  expect_refused({"plugin", "install", "echo", "--registry", "secnd"}, 2,
                 "did you mean \"second\"?");
}

TEST_F(Registry, SaysWhatIsNotThere) {
  publish({"1.0.0"});
  expect_refused({"plugin", "install", "other"}, 2, "No registry has the plugin other.");
  expect_refused({"plugin", "install", "echo@3.0.0"}, 2, "has no version 3.0.0 of echo");
  expect_refused({"plugin", "install", "other.wasm"}, 2, "other.wasm");
  configure("");
  expect_refused({"plugin", "install", "echo"}, 2, "Add [[registries]]");
  expect_refused({"plugin", "search"}, 2, "Add [[registries]]");
  configure("[[registries]]\nname = \"main\"\nurll = \"/p\"\n");
  expect_refused({"plugin", "search"}, 2, "config.toml:3:1: ");
}

TEST_F(Registry, InfoShowsHowAPluginIsInstalledAndAsksForUpdatesOnlyWhenToldTo) {
  trust("a");
  publish({"1.0.0"});
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
  const std::size_t requests = server_.requests().size();
  json info = run_json({"plugin", "info", "echo"});
  EXPECT_EQ(info["verdict"], "trusted");
  EXPECT_EQ(info["versions"], json::array({"1.0.0"}));
  EXPECT_EQ(info["data"], path("home/data/plugin-data/echo"));
  EXPECT_EQ(info["grants"], json::array());
  EXPECT_FALSE(info.contains("update"));
  EXPECT_EQ(server_.requests().size(), requests);
  EXPECT_EQ(run_json({"plugin", "info", "echo", "--check"})["update"], nullptr);
  publish({"1.1.0"});
  info = run_json({"plugin", "info", "echo", "--check"});
  EXPECT_EQ(info["update"], "1.1.0");
  EXPECT_EQ(info["registry"], "main");
  const Finished shown = run({"plugin", "info", "echo", "--check"});
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("echo 1.0.0\n"), HasSubstr("signed by    \""), HasSubstr("  may\n"),
                    HasSubstr("main has 1.1.0. To install it: midimon plugin update echo")));
  std::filesystem::remove(path("www/index.json"));
  expect_refused({"plugin", "info", "echo", "--check"}, 1, "The registry main has no");
}

TEST_F(Registry, AFileOfThatNameComesFirst) {
  trust("a");
  const std::string here = std::filesystem::current_path();
  std::filesystem::current_path(scratch_.path());
  std::filesystem::rename(source("1.0.0", "a"), "echo");
  EXPECT_EQ(run({"plugin", "install", "echo"}).status, 0);
  EXPECT_TRUE(server_.requests().empty());
  std::filesystem::current_path(here);
}

TEST_F(Registry, AProfileMayHoldRegistriesToo) {
  publish({"1.0.0"});
  const std::string profile = path("home/config/config.toml");
  configure(entry("main", server_.url("")) + "[device]\nname = \"Pad\"\n");
  EXPECT_EQ(run({"check", profile}).status, 0);
  EXPECT_EQ(run({"plugin", "search"}).status, 0);
  configure("[[registries]]\nname = \"main\"\nurl = \"/p\"\nkey = \"RWx\"\n");
  expect_refused({"check", profile}, 2, "config.toml:4:7: ");
}

TEST_F(Registry, AsksAboutTheKeyAtTheTerminal) {
  publish({"1.0.0"});
  Terminal terminal(scratch_, {"plugin", "install", "echo"});
  ASSERT_TRUE(terminal.shows("[y/N] ")) << terminal.shown();
  terminal.type("y\n");
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_EQ(in_use(), "1.0.0");
}

TEST_F(Registry, PublishesNothingThatNobodyCouldInstall) {
  publish({"1.0.0"});
  const std::string before = read_text(path("www/index.json"));
  write_text(path("www/bad.midiplug"), "no package");
  expect_refused({"plugin", "index", path("www")}, 2, "bad.midiplug: ");
  std::filesystem::copy_file(package("1.1.0", ""), path("www/bad.midiplug"),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused({"plugin", "index", path("www")}, 2, "It is not signed");
  std::filesystem::copy_file(package("1.0.0", "a"), path("www/bad.midiplug"),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused({"plugin", "index", path("www")}, 2, "There is another file with echo 1.0.0");
  std::filesystem::remove(path("www/bad.midiplug"));
  expect_refused({"plugin", "index", path("www"), "--yank", "echo@9.0.0", "x"}, 2,
                 "There is no echo@9.0.0");
  EXPECT_EQ(read_text(path("www/index.json")), before);
  write_text(path("www/index.json"), "{}");
  expect_refused({"plugin", "index", path("www")}, 2, "give --number");
  std::filesystem::remove(path("www/index.json"));
  EXPECT_EQ(run_json({"plugin", "index", path("www"), "--number", "9"})["number"], 9);
}

}  // namespace
}  // namespace midimon::testing
