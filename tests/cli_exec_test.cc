// midimon exec, as a user sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;

TEST(Exec, PassesStreamsArgumentsAndNamedVariables) {
  const Scratch scratch;
  const Finished run =
      run_midimon(scratch, {"exec", "--env", "GREETING=hi", guest("hello"), "one", "--two", "-3"},
                  "from stdin");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "arg one\narg --two\narg -3\nenv hi\nfrom stdin");
  EXPECT_EQ(run.err, "done\n");
}

TEST(Exec, GivesNothingOfTheHostsEnvironment) {
  const Scratch scratch;
  ::setenv("GREETING", "leaked", 1);
  const Finished run = run_midimon(scratch, {"exec", guest("hello")});
  ::unsetenv("GREETING");
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "");
}

TEST(Exec, PosixProgramsFindTheirFiles) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  const Finished run = run_midimon(
      scratch, {"exec", "--dir", scratch.path("root").string() + "::/", guest("posix_files")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "all is well\n");
  EXPECT_EQ(read_text(scratch.path("root/greeting.txt")), "hello, world");
}

TEST(Exec, PosixProgramsFindTheirFilesThroughTheWalker) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  ::setenv("MIDIMON_RESOLVER", "walker", 1);
  const Finished run = run_midimon(
      scratch, {"exec", "--dir", scratch.path("root").string() + "::/", guest("posix_files")});
  ::unsetenv("MIDIMON_RESOLVER");
  EXPECT_EQ(run.status, 0) << run.err;
}

TEST(Exec, ReadOnlyMountsStayAsTheyAre) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  const Finished run = run_midimon(
      scratch, {"exec", "--dir", scratch.path("root").string() + "::/:ro", guest("posix_files")});
  EXPECT_EQ(run.status, 1);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path("root")));
}

TEST(Exec, WithoutAMountThereAreNoFiles) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"exec", guest("posix_files")});
  EXPECT_EQ(run.status, 1);
}

TEST(Exec, PassesOnTheGuestsStatus) {
  const Scratch scratch;
  for (const int status : {0, 1, 42, 125}) {
    EXPECT_EQ(run_midimon(scratch, {"exec", guest("exit_with"), std::to_string(status)}).status,
              status);
  }
}

TEST(Exec, ATrapIs134WithABacktraceOfNames) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"exec", guest("exit_with"), "trap"});
  EXPECT_EQ(run.status, 134);
  EXPECT_THAT(run.err, HasSubstr("unreachable"));
  EXPECT_THAT(run.err, HasSubstr("\n    at main"));
}

TEST(Exec, EndlessRecursionIsATrap) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"exec", guest("exit_with"), "recurse"});
  EXPECT_EQ(run.status, 134);
  EXPECT_THAT(run.err, HasSubstr("at deeper"));
}

TEST(Exec, TheTimeLimitEndsALoopAndASleep) {
  const Scratch scratch;
  const Finished loop = run_midimon(scratch, {"exec", "--timeout", "50ms", guest("spin")});
  EXPECT_EQ(loop.status, 124);
  EXPECT_THAT(loop.err, HasSubstr("--timeout"));
  EXPECT_EQ(run_midimon(scratch, {"exec", "--timeout", "50ms", guest("exit_with"), "sleep"}).status,
            124);
}

TEST(Exec, RunningOutOfFuelIs125) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"exec", "--fuel", "100000", guest("spin")});
  EXPECT_EQ(run.status, 125);
  EXPECT_THAT(run.err, HasSubstr("--fuel"));
}

TEST(Exec, MemoryIsLimitedEvenWhenNothingIsAskedFor) {
  const Scratch scratch;
  // The guest stops asking when it is refused, and ends well.
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("exit_with"), "hog"}).status, 0);
}

TEST(Exec, ControlCEndsALoopAndASleep) {
  const Scratch scratch;
  const auto interrupt = [](pid_t pid) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(pid, SIGINT);
  };
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("spin")}, {}, interrupt).status, 130);
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("exit_with"), "sleep"}, {}, interrupt).status, 130);
}

// What Linux shows of a thread that restricted itself is that it gave up gaining privileges.
int restricted_threads(pid_t pid) {
  int count = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    const std::string status = read_text(task.path() / "status");
    if (status.find("NoNewPrivs:\t1") != std::string::npos) ++count;
  }
  return count;
}

TEST(Exec, TheKernelHoldsTheGuestsThreadToItsMounts) {
  const Scratch scratch;
  int restricted = 0;
  const auto look = [&](pid_t pid) {
    for (int i = 0; i < 500 && restricted == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      restricted = restricted_threads(pid);
    }
    ::kill(pid, SIGINT);
  };
  run_midimon(scratch, {"exec", guest("spin")}, {}, look);
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
  EXPECT_EQ(restricted, abi >= 2 ? 1 : 0);
}

TEST(Exec, AQuotaHoldsOverAllWritableMountsTogether) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("a"));
  std::filesystem::create_directory(scratch.path("b"));
  write_text(scratch.path("a/there"), std::string(10'000, 'x'));  // 12 KiB and a name
  const std::string a = scratch.path("a").string() + "::/a";
  const std::string b = scratch.path("b").string() + "::/b";
  const auto fill = [&](const std::string& quota) {
    return run_midimon(scratch,
                       {"exec", "--quota", quota, "--dir", a, "--dir", b, guest("fill"), "/b/big"});
  };
  EXPECT_EQ(fill("32KiB").out, "16384 bytes, then Quota exceeded\n");
  EXPECT_EQ(std::filesystem::file_size(scratch.path("b/big")), 16'384U);
  std::filesystem::remove(scratch.path("b/big"));
  EXPECT_EQ(fill("8KiB").out, "Quota exceeded\n");  // over it already: nothing new

  const Finished twice = run_midimon(scratch, {"exec", "--quota", "1MiB", "--dir", a, "--dir",
                                               scratch.path("a").string() + "::/c", guest("fill")});
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("mounted twice"));
}

// wasi.md, attack 60: whatever the guest was in the middle of, the next one counts what is there
// and finds no more than was allowed.
TEST(Exec, Attack60_KilledInTheMiddleOfWriting) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  const std::uint64_t quota = 1 << 20;
  const std::vector<std::string> churn = {"exec",
                                          "--quota",
                                          std::to_string(quota),
                                          "--entries",
                                          "40",
                                          "--dir",
                                          scratch.path("root").string() + "::/",
                                          guest("churn")};
  const char* const rounds = std::getenv("MIDIMON_KILLS");
  const int kills = rounds != nullptr ? std::atoi(rounds) : 50;
  for (int i = 0; i < kills; ++i) {
    write_text(scratch.path("root/mark"), "");
    run_midimon(scratch, churn, {}, [&](pid_t pid) {
      for (int tries = 0; tries < 500 && std::filesystem::exists(scratch.path("root/mark"));
           ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      std::this_thread::sleep_for(std::chrono::microseconds(i * 997 % 20'000));
      ::kill(pid, SIGKILL);
    });
    std::uint64_t bytes = 0;
    std::uint64_t entries = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path("root"))) {
      ++entries;
      bytes += 512;
      if (entry.is_regular_file()) bytes += (entry.file_size() + 4095) / 4096 * 4096;
    }
    ASSERT_LE(bytes, quota) << "kill " << i;
    ASSERT_LE(entries, 40U) << "kill " << i;
    ASSERT_FALSE(std::filesystem::exists(scratch.path("root/mark")));  // or nothing was going on
  }
}

TEST(Exec, TheAuditTellsWhatWasDoneWithFilesAndIsWhole) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  const std::string root = scratch.path("root").string();
  const std::string file = scratch.path("run.jsonl").string();
  const Finished run = run_midimon(scratch, {"exec", "--audit", file, "--quota", "64KiB", "--dir",
                                             root + "::/data", guest("fill"), "/data/big"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string text = read_text(file);
  std::size_t lines = 0;
  std::string events;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at);
    const auto record = nlohmann::json::parse(text.substr(at, end - at));
    EXPECT_EQ(record["plugin"], "fill.wasm");
    events += record["event"].get<std::string>() + " ";
    if (record["event"] == "load") {
      EXPECT_EQ(record["file"], 1);
      EXPECT_EQ(record["detail"].get<std::string>().size(), 64U);
    }
    if (record["event"] == "create") {
      EXPECT_EQ(record["mount"], "/data");
      EXPECT_EQ(record["path"], "big");
    }
    if (record["event"] == "close") {
      EXPECT_EQ(record["bytes_written"], 61'440);
    }
    if (record["event"] == "quota_hit") {
      EXPECT_EQ(record["result"], "dquot");
    }
    if (record["event"] == "end") {
      EXPECT_EQ(record["detail"], "Ok");
      EXPECT_EQ(record["bytes_written"], 61'440);
    }
    at = end + 1;
  }
  EXPECT_EQ(events, "load create quota_warning quota_hit quota_hit close end ");
  const Finished whole = run_midimon(scratch, {"audit", "verify", file});
  EXPECT_EQ(whole.status, 0) << whole.out;
  EXPECT_THAT(whole.out, HasSubstr("records 1 to " + std::to_string(lines)));
  write_text(file, text.substr(0, text.find("big")) + "bug" + text.substr(text.find("big") + 3));
  EXPECT_EQ(run_midimon(scratch, {"audit", "verify", file}).status, 1);
}

TEST(Exec, TheAuditGoesToANewFileThatTheGuestCannotReach) {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path("root/below"));
  const std::string root = scratch.path("root").string();
  const auto run = [&](const std::string& file, const std::string& module = guest("hello")) {
    return run_midimon(scratch, {"exec", "--audit", file, "--dir", root + "::/data:ro", module});
  };
  std::filesystem::create_directory_symlink(root, scratch.path("link"));
  for (const char* const name : {"root/run.jsonl", "root/below/run.jsonl", "link/below/x"}) {
    const Finished inside = run(scratch.path(name).string());
    EXPECT_EQ(inside.status, 2);
    EXPECT_THAT(inside.err, HasSubstr("which the guest sees as /data"));
    EXPECT_FALSE(std::filesystem::exists(scratch.path(name)));
  }
  const std::string there = scratch.path("there").string();
  write_text(there, "mine");
  EXPECT_THAT(run(there).err, HasSubstr("there already"));
  EXPECT_EQ(read_text(there), "mine");
  std::filesystem::create_symlink(scratch.path("away"), scratch.path("dangling"));
  EXPECT_EQ(run(scratch.path("dangling").string()).status, 2);
  EXPECT_THAT(run(scratch.path("no/file").string()).err, HasSubstr("mkdir -p"));
  EXPECT_EQ(run(scratch.path("unmade").string(), "/no/such.wasm").status, 2);
  EXPECT_EQ(run_midimon(scratch, {"exec", "--audit", scratch.path("unmade").string(), "--dir",
                                  "/no/such::/", guest("hello")})
                .status,
            2);
  EXPECT_FALSE(std::filesystem::exists(scratch.path("unmade")));
}

// The guest makes a thousand files, which is more than fits, and ends well.
TEST(Exec, AnAuditThatCannotGoOnIsWholeAsFarAsItGoesAndNoSuccess) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("root"));
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small { 256 * 1024, before.rlim_max };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string file = scratch.path("run.jsonl").string();
  const Finished run =
      run_midimon(scratch, {"exec", "--audit", file, "--dir", scratch.path("root").string() + "::/",
                            guest("wasi_fs"), "/", "clock_gettime"});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("clock_gettime "));
  EXPECT_THAT(run.err, HasSubstr("--audit: Cannot write " + file));
  EXPECT_THAT(run.err, HasSubstr("events are missing at its end"));
  EXPECT_LE(std::filesystem::file_size(file), 256U * 1024);
  EXPECT_EQ(run_midimon(scratch, {"audit", "verify", file}).status, 0);
}

TEST(Exec, SaysWhatIsWrongWithItsArguments) {
  const Scratch scratch;
  const auto refuses = [&](const std::vector<std::string>& args, const std::string& because) {
    const Finished run = run_midimon(scratch, args);
    EXPECT_EQ(run.status, 2) << because;
    EXPECT_THAT(run.err, HasSubstr(because));
    EXPECT_EQ(run.out, "");
  };
  const std::string here = scratch.path().string();
  refuses({"exec"}, "needs a module");
  refuses({"exec", "--nope", guest("hello")}, "no option --nope");
  refuses({"exec", "/no/such.wasm"}, "No such file");
  refuses({"exec", here}, "not a file");
  refuses({"exec", "--env", "=x", guest("hello")}, "NAME=VALUE");
  refuses({"exec", "--entries", "many", guest("hello")}, "--entries");
  refuses({"exec", "--quota", "lots", guest("hello")}, "--quota");
  refuses({"exec", "--fuel", "-1", guest("hello")}, "--fuel");
  refuses({"exec", "--timeout", "soon", guest("hello")}, "--timeout");
  refuses({"exec", "--memory", "lots", guest("hello")}, "--memory");
  refuses({"exec", "--dir", "/no/such::/", guest("hello")}, "/no/such");
  refuses({"exec", "--dir", here, guest("hello")}, "::");
  refuses({"exec", "--dir", here + "::relative", guest("hello")}, "relative");
  refuses({"exec", "--dir", here + "::/a/../b", guest("hello")}, "..");
  refuses({"exec", "--dir", here + "::/", "--dir", here + "::/", guest("hello")}, "twice");
  refuses({"exec", guest("echo")}, "midimon plugin run");
  write_text(scratch.path("text.wasm"), "(module)");
  refuses({"exec", scratch.path("text.wasm").string()}, "not a WebAssembly module");
}

TEST(Exec, AFifoInThePlaceOfAModuleDoesNotHangIt) {
  const Scratch scratch;
  ASSERT_EQ(::mkfifo(scratch.path("fifo.wasm").c_str(), 0600), 0);
  EXPECT_EQ(run_midimon(scratch, {"exec", scratch.path("fifo.wasm").string()}).status, 2);
}

}  // namespace
}  // namespace midimon::testing
