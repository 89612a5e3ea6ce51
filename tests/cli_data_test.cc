// midimon data, as a user sees it, over what real plugins stored and over what no plugin could.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/terminal.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Data : public ::testing::Test {
 protected:
  // "hostile" stores file.txt.
  Data() { EXPECT_EQ(call("write").status, 0); }

  [[nodiscard]] Finished call(const std::string& action) const {
    return run_midimon(scratch_, {"plugin", "run", guest("hostile"), action, "--unsigned",
                                  "--grant", "filesystem", "--grant", "filesystem:/shared"});
  }
  Finished run(std::vector<std::string> args, const std::string& input = {}) const {
    args.insert(args.begin(), "data");
    return run_midimon(scratch_, args, input);
  }
  [[nodiscard]] fs::path own(const std::string& name = {}) const {
    const fs::path path = scratch_.path("home/data/plugin-data/hostile");
    return name.empty() ? path : path / name;
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return scratch_.path(name).string();
  }
  [[nodiscard]] int shell(const std::string& command) const {
    return std::system(
        ("cd '" + scratch_.path().string() + "' && { " + command + "; } >shell.log 2>&1").c_str());
  }
  // All that a round trip has to keep.
  [[nodiscard]] std::string picture() const {
    EXPECT_EQ(shell("cd home/data/plugin-data/hostile && find . -mindepth 1 -printf "
                    "'%P %M %T@ %l\\n' | sort > ../../../../picture && find . -type f -print0 | "
                    "sort -z | xargs -0 sha256sum >> ../../../../picture"),
              0);
    return read_text(scratch_.path("picture"));
  }
  // Holds the lock of a directory, as a process that runs the plugin does.
  [[nodiscard]] int hold(const std::string& pid) const {
    const int fd = ::open(scratch_.path("home/data/locks/plugin-data-hostile.lock").c_str(),
                          O_RDWR | O_TRUNC | O_CLOEXEC);
    EXPECT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(::write(fd, pid.data(), pid.size()), static_cast<ssize_t>(pid.size()));
    return fd;
  }

  Scratch scratch_;
};

TEST_F(Data, UsageShowsWhatEachPluginStoresAndMay) {
  write_text(own("big"), std::string(10'000, 'x'));
  ASSERT_EQ(call("shared").status, 0);
  const Finished shown = run({"usage"});
  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("hostile      17KiB      64MiB        2     1000"),
                               HasSubstr("9.76KiB  big"), HasSubstr("5B  file.txt"),
                               HasSubstr("/shared"), Not(HasSubstr("█"))));
  const json usage = json::parse(run({"usage", "--json"}).out);
  ASSERT_EQ(usage["plugins"].size(), 2U);
  EXPECT_EQ(usage["plugins"][0],
            json({{"plugin", "hostile"},
                  {"used_bytes", 12'288 + 4096 + 2 * 512},
                  {"allowed_bytes", 64 << 20},
                  {"used_entries", 2},
                  {"allowed_entries", 1000},
                  {"in_use", false},
                  {"biggest",
                   {{{"path", "big"}, {"size", 10'000}}, {{"path", "file.txt"}, {"size", 5}}}}}));
}

TEST_F(Data, UsageTakesTheLimitsOfAProfileAndSaysWhatIsInUse) {
  write_text(scratch_.path("profile.toml"),
             "[plugins.hostile]\nmodule = \"hostile.wasm\"\n"
             "limits = { storage = \"1MiB\", storage_entries = 7 }\n");
  const int held = hold("4711\n");
  const json usage = json::parse(run({"usage", "-c", file("profile.toml"), "--json"}).out);
  EXPECT_EQ(usage["plugins"][0]["allowed_bytes"], 1 << 20);
  EXPECT_EQ(usage["plugins"][0]["allowed_entries"], 7);
  EXPECT_EQ(usage["plugins"][0]["in_use"], true);
  EXPECT_THAT(run({"usage"}).out, HasSubstr("(in use)"));
  ::close(held);
  write_text(scratch_.path("profile.toml"), "[plugins.hostile]\nlimits = { storage = \"much\" }\n");
  const Finished wrong = run({"usage", "-c", file("profile.toml")});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("profile.toml:2:22:"));
}

TEST_F(Data, UsageHasABarOnATerminal) {
  write_text(own("big"), "");
  fs::resize_file(own("big"), 32 << 20);
  Terminal terminal(scratch_, {"data", "usage"});
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_THAT(terminal.shown(), HasSubstr("  ██████████\r\n"));
}

TEST_F(Data, UsageOfNobodyIsEmptyAndMakesNothing) {
  const Scratch empty;
  const Finished shown = run_midimon(empty, {"data", "usage", "--json"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_EQ(shown.out, "{\"plugins\":[]}\n");
  EXPECT_FALSE(fs::exists(empty.path("home")));
  EXPECT_EQ(run_midimon(empty, {"data", "ls", "hostile"}).status, 2);
  EXPECT_EQ(run_midimon(empty, {"data", "verify"}).status, 0);
  EXPECT_FALSE(fs::exists(empty.path("home")));
}

TEST_F(Data, UsageGoesOnAfterADirectoryThatCannotBeTrusted) {
  fs::create_directory_symlink("/etc", scratch_.path("home/data/plugin-data/evil"));
  const Finished shown = run({"usage"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_THAT(shown.err, HasSubstr("plugin-data/evil is not a directory but"));
  EXPECT_THAT(shown.out, AllOf(HasSubstr("hostile"), Not(HasSubstr("passwd"))));
}

TEST_F(Data, LsShowsNamesThatCannotFoolATerminal) {
  fs::create_directories(own("scenes"));
  write_text(own("scenes/\x1b]0;x\x07\n\xE2\x80\xAE"), "12345");
  fs::create_symlink("/etc/passwd", own("out"));
  ASSERT_EQ(::mkfifo(own("fifo").c_str(), 0600), 0);
  const Finished all = run({"ls", "hostile"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("directory"), HasSubstr("  scenes\n"),
                             HasSubstr("  out -> /etc/passwd\n"), HasSubstr("other"),
                             HasSubstr("5B 20"), HasSubstr("  file.txt\n")));
  for (const char* const path : {"scenes", "/scenes", "/scenes/", "scenes/../scenes"}) {
    const Finished below = run({"ls", "hostile", path});
    EXPECT_EQ(below.status, 0) << below.err;
    EXPECT_THAT(below.out,
                AllOf(HasSubstr("\\x1b]0;x\\x07\\n\\u{202e}\n"), Not(HasSubstr("\x1b"))));
  }
  const json entries = json::parse(run({"ls", "hostile", "file.txt", "--json"}).out)["entries"];
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0]["name"], "file.txt");
  EXPECT_EQ(entries[0]["type"], "file");
  EXPECT_EQ(entries[0]["size"], 5);
  EXPECT_EQ(entries[0]["mode"], "0600");
}

TEST_F(Data, LsDoesNotLeaveTheDirectory) {
  fs::create_symlink("/etc", own("etc"));
  for (const char* const path : {"etc/passwd", "etc/", "../", "a/../../x", "/../.."}) {
    const Finished out = run({"ls", "hostile", path});
    EXPECT_EQ(out.status, 2) << path;
    EXPECT_EQ(out.out, "");
  }
  EXPECT_THAT(run({"ls", "hostile", "etc/passwd"}).err, HasSubstr("leads out of the directory"));
  EXPECT_THAT(run({"ls", "hostile", "no"}).err, HasSubstr("hostile has no \"no\""));
  EXPECT_THAT(run({"ls", "../hostile"}).err, HasSubstr("is not the id of a plugin"));
  EXPECT_THAT(run({"ls", "other"}).err, HasSubstr("other has stored nothing yet"));
}

TEST_F(Data, ExportPurgeImportGivesBackWhatWasThere) {
  fs::create_directories(own("scenes/old"));
  write_text(own("scenes/\xC3\xA9\n"), std::string(100'000, 'e'));
  fs::create_symlink("old", own("scenes/link"));
  ::chmod(own("file.txt").c_str(), 0640);
  ASSERT_EQ(shell("cd home/data/plugin-data/hostile && touch -d '2001-02-03 04:05:06.123456789' "
                  "file.txt scenes/old && touch -h -d '1999-01-01' scenes/link"),
            0);
  const std::string before = picture();
  const Finished exported = run({"export", "hostile", file("saved.tar")});
  EXPECT_EQ(exported.status, 0) << exported.err;
  EXPECT_EQ(exported.out, "hostile: 5 entries with 97.66KiB in " + file("saved.tar") + "\n");
  EXPECT_EQ(fs::status(scratch_.path("saved.tar")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);

  EXPECT_EQ(run({"purge", "hostile", "--yes"}).status, 0);
  EXPECT_FALSE(fs::exists(own()));
  EXPECT_EQ(run({"ls", "hostile"}).status, 2);

  const Finished imported = run({"import", "hostile", file("saved.tar")});
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(imported.out, "hostile: now 5 names, 110.5KiB\n");
  EXPECT_EQ(picture(), before);
  EXPECT_EQ(fs::status(own()).permissions(), fs::perms::owner_all);
  EXPECT_EQ(run({"verify", "hostile"}).out, "hostile: 5 names, 110.5KiB, as counted\n");
  EXPECT_EQ(call("write").status, 0);  // and the plugin goes on with it
}

TEST_F(Data, ItIsATarFileLikeOthers) {
  ASSERT_EQ(run({"export", "hostile", file("saved.tar")}).status, 0);
  ASSERT_EQ(shell("tar -xf saved.tar file.txt && grep -q hello file.txt"), 0);
  for (const char* const format : {"ustar", "pax", "gnu"}) {
    ASSERT_EQ(shell(std::string("mkdir -p new && echo x > new/other && tar -C new --format ") +
                    format + " -cf other.tar ."),
              0);
    const Finished imported = run({"import", "hostile", file("other.tar")});
    EXPECT_EQ(imported.status, 0) << imported.err;
    EXPECT_TRUE(fs::exists(own("other")));
    EXPECT_FALSE(fs::exists(own("file.txt")));
  }
}

TEST_F(Data, ExportAndImportGoThroughAPipe) {
  const std::string before = picture();
  const Finished exported = run({"export", "hostile", "-"});
  ASSERT_EQ(exported.status, 0);
  ASSERT_EQ(run({"purge", "hostile", "--yes"}).status, 0);
  const Finished imported = run({"import", "hostile", "-"}, exported.out);
  EXPECT_EQ(imported.status, 0) << imported.err;
  EXPECT_EQ(picture(), before);
}

TEST_F(Data, ExportSaysWhatItLeftOutAndWritesOverNothing) {
  fs::create_symlink("/etc/passwd", own("out"));
  const Finished left = run({"export", "hostile", file("saved.tar")});
  EXPECT_EQ(left.status, 1);
  EXPECT_THAT(left.err, HasSubstr("left out: \"out\" is a symbolic link that leads out"));
  const Finished again = run({"export", "hostile", file("saved.tar")});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
  EXPECT_EQ(run({"export", "other", file("other.tar")}).status, 2);
  EXPECT_FALSE(fs::exists(scratch_.path("other.tar")));
  EXPECT_EQ(run({"export", "hostile", file("no/such/place.tar")}).status, 2);
}

TEST_F(Data, AnImportThatIsRefusedChangesNothing) {
  const std::string before = picture();
  const auto refuses = [&](const std::string& make, const std::string& why) {
    ASSERT_EQ(shell("rm -rf new bad.tar && mkdir new && cd new && " + make), 0) << why;
    const Finished imported = run({"import", "hostile", file("bad.tar")});
    EXPECT_EQ(imported.status, 2) << why;
    EXPECT_THAT(imported.err, AllOf(HasSubstr(why), HasSubstr("What hostile had is as it was.")));
    EXPECT_EQ(picture(), before);
    EXPECT_EQ(std::distance(fs::directory_iterator(own().parent_path()), {}), 1);
  };
  refuses("echo x > good && tar -cPf ../bad.tar good /etc/hostname", "absolute name");
  refuses("echo x > ../x && tar -cPf ../bad.tar ../x", "\"..\"");
  refuses("echo x > a && ln a b && tar -cf ../bad.tar a b", "is a hard link");
  refuses("ln -s ../../../etc out && tar -cf ../bad.tar out", "leads out");
  refuses("mkfifo fifo && tar -cf ../bad.tar fifo", "not a file, directory or symbolic link");
  refuses("truncate -s 100M big && tar -cf ../bad.tar big", "holds more than may be stored");
  refuses("truncate -s 1T big && tar -cSf ../bad.tar big", "holds more than may be stored");
  refuses("touch $(seq 1001) && tar -cf ../bad.tar .", "64MiB and 1000 names");
  refuses("echo x > a && tar -czf ../bad.tar a", "unpacked first");
  refuses("head -c 100000 /dev/urandom > a && tar -cf - a | head -c 50000 > ../bad.tar",
          "not a tar file that can be read, or a damaged one");
  EXPECT_THAT(run({"import", "hostile", file("no.tar")}).err, HasSubstr("No such file"));
}

// Killed at any moment, an import leaves what was there or what was to come, and no mixture.
TEST_F(Data, AnImportThatIsKilledIsDoneOrNotDone) {
  ASSERT_EQ(shell("mkdir new && cd new && for i in $(seq 200); do echo $i > f$i; done && "
                  "tar -cf ../new.tar ."),
            0);
  const auto names = [&] { return std::distance(fs::directory_iterator(own()), {}); };
  int done = 0;
  for (int i = 0; i < 15; ++i) {
    run_midimon(scratch_, {"data", "import", "hostile", file("new.tar")}, {}, [&](pid_t pid) {
      std::this_thread::sleep_for(std::chrono::microseconds(i * 2500));
      ::kill(pid, SIGKILL);
    });
    ASSERT_THAT(names(), ::testing::AnyOf(1, 200)) << "kill " << i;
    if (names() == 200) ++done;
    // What the killed one left behind does not outlive the next one.
    ASSERT_EQ(run({"purge", "hostile", "--yes"}).status, 0);
    ASSERT_TRUE(fs::is_empty(own().parent_path()));
    ASSERT_EQ(call("write").status, 0);
  }
  EXPECT_LT(done, 15);
}

TEST_F(Data, AProfileMayAllowAnImportMoreOrLess) {
  ASSERT_EQ(shell("mkdir new && touch new/1 new/2 new/3 && tar -C new -cf new.tar 1 2 3"), 0);
  write_text(scratch_.path("profile.toml"),
             "[plugins.hostile]\nmodule = \"x\"\nlimits = { storage_entries = 2 }\n");
  EXPECT_THAT(run({"import", "hostile", file("new.tar"), "-c", file("profile.toml")}).err,
              HasSubstr("and 2 names"));
  EXPECT_EQ(run({"import", "hostile", file("new.tar")}).status, 0);
  const Finished over = run({"verify", "hostile", "-c", file("profile.toml")});
  EXPECT_EQ(over.status, 1);
  EXPECT_THAT(over.out, HasSubstr("are allowed"));
}

TEST_F(Data, NothingIsChangedWhileAProcessHasThePlugin) {
  ASSERT_EQ(run({"export", "hostile", file("saved.tar")}).status, 0);
  const int held = hold("4711\n");
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"export", "hostile", file("other.tar")},
                                             {"import", "hostile", file("saved.tar")},
                                             {"purge", "hostile", "--yes"},
                                             {"verify"}}) {
    const Finished busy = run(args);
    EXPECT_EQ(busy.status, 2);
    EXPECT_THAT(busy.err, HasSubstr("plugin-data/hostile is in use by process 4711"));
  }
  EXPECT_FALSE(fs::exists(scratch_.path("other.tar")));
  EXPECT_TRUE(fs::exists(own("file.txt")));
  EXPECT_EQ(run({"ls", "hostile"}).status, 0);  // looking is always allowed
  ::close(held);
}

TEST_F(Data, PurgeWithNoTerminalSaysWhatToRun) {
  const Finished refused = run({"purge", "hostile"}, "y\n");
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("run: midimon data purge hostile --yes"),
                                 HasSubstr("1 name, 4.5KiB")));
  EXPECT_TRUE(fs::exists(own("file.txt")));
}

TEST_F(Data, PurgeAsksOnATerminal) {
  for (const char* const answer : {"n\n", "\n", "yesterday\n"}) {
    Terminal terminal(scratch_, {"data", "purge", "hostile"});
    ASSERT_TRUE(terminal.shows("Delete all that hostile has stored (1 name, 4.5KiB)? [y/N] "));
    terminal.type(answer);
    EXPECT_EQ(terminal.wait(), 1);
    EXPECT_TRUE(fs::exists(own("file.txt")));
  }
  Terminal terminal(scratch_, {"data", "purge", "hostile"});
  ASSERT_TRUE(terminal.shows("[y/N] "));
  terminal.type("y\n");
  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_FALSE(fs::exists(own()));
}

TEST_F(Data, PurgeDeletesWhatAPluginCouldNotEvenBeLoadedWith) {
  fs::path deep = own();
  for (int i = 0; i < 300; ++i)
    deep /= "d";
  fs::create_directories(deep);
  fs::create_symlink(scratch_.path("home"), own("link"));
  write_text(own("\xFF"), "x");
  EXPECT_EQ(call("write").status, 2);
  EXPECT_EQ(run({"purge", "hostile", "--yes"}).status, 0);
  EXPECT_FALSE(fs::exists(own()));
  EXPECT_TRUE(fs::exists(scratch_.path("home/data/locks")));
  EXPECT_EQ(call("write").status, 0);
}

TEST_F(Data, VerifyFindsWhatSomebodyElseChanged) {
  const Finished same = run({"verify"});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_EQ(same.out, "hostile: 1 name, 4.5KiB, as counted\n/shared: 0 names, 0B, as counted\n");
  write_text(own("planted"), "x");
  for (int i = 0; i < 2; ++i) {  // to look at it does not make it right
    const Finished changed = run({"verify", "hostile"});
    EXPECT_EQ(changed.status, 1);
    EXPECT_THAT(changed.out, HasSubstr("1 name, 4.5KiB (4608 bytes) were counted when it was last "
                                       "in use, and 2 names, 9KiB (9216 bytes) are there"));
  }
  EXPECT_EQ(call("write").status, 0);  // which counts anew
  EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(Data, VerifyAfterAKillHasNothingToCompareWith) {
  ::close(hold("4711\n"));  // whoever held it left no count
  const Finished killed = run({"verify", "hostile"});
  EXPECT_EQ(killed.status, 0);
  EXPECT_THAT(killed.out, HasSubstr("nobody left a count"));
}

TEST_F(Data, VerifyFindsAHardLinkOutOfTheDirectory) {
  fs::create_hard_link(own("file.txt"), scratch_.path("outside"));
  const Finished linked = run({"verify", "hostile"});
  EXPECT_EQ(linked.status, 1);
  EXPECT_THAT(linked.out, AllOf(HasSubstr("will not be loaded"), HasSubstr("file.txt")));
}

TEST_F(Data, WhatPluginsShareIsLookedAfterTheSameWay) {
  ASSERT_EQ(call("shared").status, 0);
  const fs::path shared = scratch_.path("home/data/shared/from-hostile.txt");
  EXPECT_THAT(run({"ls", "/shared"}).out, HasSubstr("from-hostile.txt"));
  ASSERT_EQ(run({"export", "/shared", file("shared.tar")}).status, 0);
  ASSERT_EQ(run({"purge", "/shared", "--yes"}).status, 0);
  EXPECT_FALSE(fs::exists(shared));
  ASSERT_EQ(run({"import", "/shared", file("shared.tar")}).status, 0);
  EXPECT_EQ(read_text(shared), "hello");
}

}  // namespace
}  // namespace midimon::testing
