// midimon plugin info | run, as a user sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs an action of the hostile guest with the filesystem granted; answers the JSON.
json hostile(const Scratch& scratch, const std::string& action,
             const std::vector<std::string>& more = {}) {
  std::vector<std::string> args = {"plugin", "run",    guest("hostile"), "--unsigned",
                                   action,   "--json", "--grant",        "filesystem"};
  args.insert(args.end(), more.begin(), more.end());
  return json::parse(run_midimon(scratch, args).out, nullptr, false);
}

TEST(PluginInfo, ShowsWhatThePluginSaysOfItself) {
  const Scratch scratch;
  const Finished text = run_midimon(scratch, {"plugin", "info", guest("hostile")});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("hostile 1.0.0"));
  EXPECT_THAT(text.out, HasSubstr("filesystem (/shared): to break out"));
  EXPECT_THAT(text.out, HasSubstr("escape"));
  const json info =
      json::parse(run_midimon(scratch, {"plugin", "info", "--json", guest("echo")}).out);
  EXPECT_EQ(info["name"], "echo");
  EXPECT_EQ(info["lifetime"], "call");
  EXPECT_EQ(info["actions"][0]["params"]["type"], "object");
}

TEST(PluginRun, HandsOverTheRequestAndShowsTheResult) {
  const Scratch scratch;
  const Finished run =
      run_midimon(scratch, {"plugin", "run", guest("echo"), "--unsigned", "say", "--params",
                            R"({"a":[1,"x"]})", "--velocity", "99", "--mode", "2"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("out: say\n"));
  EXPECT_THAT(run.out, HasSubstr(R"("params":{"a":[1,"x"]})"));
  EXPECT_THAT(run.out, HasSubstr(R"("velocity":99,"current_mode":2,"timestamp":)"));
  EXPECT_THAT(run.err, HasSubstr("err: say\n"));
  EXPECT_THAT(run.err, HasSubstr("[plugin echo] executing\\nline two\n"));
  EXPECT_THAT(run.err, HasSubstr("Ok in "));
}

TEST(PluginRun, APluginsErrorIsMadeSafeToShow) {
  const Scratch scratch;
  const Finished run = run_midimon(scratch, {"plugin", "run", guest("echo"), "--unsigned", "fail"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("failed \\x1b[31mas asked"));
  EXPECT_THAT(run.err, Not(HasSubstr("\x1b")));
}

TEST(PluginRun, EveryLimitHasItsOutcomeAndStatus) {
  const Scratch scratch;
  const auto outcome = [&](const char* action, const std::vector<std::string>& more = {}) {
    return hostile(scratch, action, more).value("outcome", "");
  };
  EXPECT_EQ(outcome("loop", {"--fuel", "1000000"}), "OutOfFuel");
  EXPECT_EQ(outcome("loop", {"--fuel", "1000000000000", "--timeout", "50ms"}), "DeadlineExceeded");
  EXPECT_EQ(outcome("sleep", {"--timeout", "50ms"}), "DeadlineExceeded");
  EXPECT_EQ(outcome("calls", {"--fuel", "1000000"}), "OutOfFuel");
  EXPECT_EQ(outcome("hog", {"--memory", "4MiB"}), "OutOfMemory");
  EXPECT_EQ(outcome("recurse"), "Trapped");
  EXPECT_EQ(outcome("crash"), "Trapped");
  EXPECT_EQ(outcome("abort"), "Trapped");
  EXPECT_EQ(outcome("exit"), "PluginError");
  const auto status = [&](const char* action, const char* option, const char* value) {
    return run_midimon(scratch,
                       {"plugin", "run", guest("hostile"), "--unsigned", action, option, value})
        .status;
  };
  EXPECT_EQ(status("loop", "--fuel", "1000000"), 125);
  EXPECT_EQ(status("sleep", "--timeout", "50ms"), 124);
  EXPECT_EQ(status("crash", "--timeout", "1s"), 134);
  EXPECT_EQ(status("hog", "--memory", "4MiB"), 134);
}

TEST(PluginRun, MessagesNameTheSettingThatWouldAllowIt) {
  const Scratch scratch;
  EXPECT_THAT(hostile(scratch, "loop", {"--fuel", "1000000"})["message"].get<std::string>(),
              HasSubstr("max_fuel"));
  EXPECT_THAT(hostile(scratch, "sleep", {"--timeout", "50ms"})["message"].get<std::string>(),
              HasSubstr("50ms"));
  EXPECT_THAT(hostile(scratch, "hog", {"--memory", "4MiB"})["message"].get<std::string>(),
              HasSubstr("4MiB"));
  EXPECT_THAT(hostile(scratch, "crash")["message"].get<std::string>(),
              HasSubstr("midimon_execute"));
}

TEST(PluginRun, OutputIsCapturedUpToItsBound) {
  const Scratch scratch;
  const json flood = hostile(scratch, "flood", {"--fuel", "10000000000"});
  EXPECT_EQ(flood["stdout"].get<std::string>().size(), 64U * 1024);
  EXPECT_GT(flood["dropped_bytes"].get<int>(), 0);
}

TEST(PluginRun, ThePluginSeesItsOwnDirectoryAsRoot) {
  const Scratch scratch;
  EXPECT_EQ(hostile(scratch, "write")["outcome"], "Ok");
  EXPECT_EQ(read_text(scratch.path("home/data/plugin-data/hostile/file.txt")), "hello");
  EXPECT_THAT(hostile(scratch, "list")["output"].dump(), HasSubstr("file.txt"));
}

TEST(PluginRun, ThePluginDoesNotGetOut) {
  const Scratch scratch;
  const json escape = hostile(scratch, "escape");
  EXPECT_EQ(escape["outcome"], "Ok") << escape;
  EXPECT_EQ(escape["output"]["escaped"], json::array());
}

TEST(PluginRun, WithoutTheGrantThereAreNoFilesAndTheUserIsTold) {
  const Scratch scratch;
  const Finished run =
      run_midimon(scratch, {"plugin", "run", guest("hostile"), "--unsigned", "write"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--grant filesystem"));
  EXPECT_FALSE(std::filesystem::exists(scratch.path("home/data/plugin-data")));
}

TEST(PluginRun, SharedIsMountedOnlyWhereItIsGranted) {
  const Scratch scratch;
  EXPECT_EQ(hostile(scratch, "shared")["outcome"], "PluginError");
  EXPECT_EQ(hostile(scratch, "shared", {"--grant", "filesystem:/shared"})["outcome"], "Ok");
  EXPECT_EQ(read_text(scratch.path("home/data/shared/from-hostile.txt")), "hello");
}

TEST(PluginRun, DirectoriesArePrivateWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0777U}) {
    const Scratch scratch;
    const Finished run = run_midimon(scratch, {"plugin", "info", guest("echo")});
    ASSERT_EQ(run.status, 0);
    std::filesystem::create_directory(scratch.path("home"));
    write_text(scratch.path(".in"), "");
    write_text(scratch.path(".out"), "");
    write_text(scratch.path(".err"), "");
    const mode_t before = ::umask(mask);
    const json result = hostile(scratch, "write");
    ::umask(before);
    EXPECT_EQ(result["outcome"], "Ok") << std::oct << mask << ' ' << result;
    for (const char* name :
         {"home/data", "home/state", "home/data/plugin-data", "home/data/plugin-data/hostile"}) {
      struct stat status {};
      ASSERT_EQ(::stat(scratch.path(name).c_str(), &status), 0) << name;
      EXPECT_EQ(status.st_mode & 07777U, 0700U) << name << " under umask " << std::oct << mask;
    }
    struct stat file {};
    ASSERT_EQ(::stat(scratch.path("home/data/plugin-data/hostile/file.txt").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777U, 0600U) << std::oct << mask;
  }
}

TEST(PluginRun, AnUnsafeDirectoryIsRefusedWithTheCommandThatMendsIt) {
  const Scratch scratch;
  ASSERT_EQ(hostile(scratch, "write")["outcome"], "Ok");
  const auto directory = scratch.path("home/data/plugin-data/hostile");
  ::chmod(directory.c_str(), 0755);
  const std::vector<std::string> write = {"plugin", "run",     guest("hostile"), "--unsigned",
                                          "write",  "--grant", "filesystem"};
  const Finished open_mode = run_midimon(scratch, write);
  EXPECT_EQ(open_mode.status, 2);
  EXPECT_THAT(open_mode.err, HasSubstr("chmod 0700"));

  std::filesystem::remove_all(directory);
  std::filesystem::create_directory(scratch.path("elsewhere"));
  std::filesystem::create_directory_symlink(scratch.path("elsewhere"), directory);
  const Finished link = run_midimon(scratch, write);
  EXPECT_EQ(link.status, 2);
  EXPECT_THAT(link.err, HasSubstr("symbolic link"));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path("elsewhere")));
}

TEST(PluginRun, SaysWhatIsWrongWithItsArguments) {
  const Scratch scratch;
  const auto refuses = [&](const std::vector<std::string>& more, const std::string& because) {
    std::vector<std::string> args = {"plugin", "run", "--unsigned", guest("echo")};
    args.insert(args.end(), more.begin(), more.end());
    const Finished run = run_midimon(scratch, args);
    EXPECT_EQ(run.status, 2) << because;
    EXPECT_THAT(run.err, HasSubstr(because));
  };
  refuses({"nope"}, "it has say, fail");
  refuses({"say", "--params", "{"}, "--params");
  refuses({"say", "--params", "[1]"}, "--params");
  refuses({"say", "--velocity", "128"}, "--velocity");
  refuses({"say", "--grant", "root"}, "--grant");
  refuses({"say", "--grant", "filesystem:/etc"}, "--grant");
  refuses({"say", "--memory", "x"}, "--memory");
  refuses({"say", "--timeout", "x"}, "--timeout");
}

TEST(PluginRun, SaysWhatIsWrongWithAModule) {
  const Scratch scratch;
  const auto refuses = [&](const char* name, const std::string& because,
                           const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"plugin", "run", "--unsigned", guest(name), "x"};
    args.insert(args.end(), more.begin(), more.end());
    const Finished run = run_midimon(scratch, args);
    EXPECT_EQ(run.status, 2) << name;
    EXPECT_THAT(run.err, HasSubstr(because)) << name;
    EXPECT_THAT(run.err, HasSubstr(std::string(name) + ".wasm: ")) << name;
  };
  refuses("no_execute", "does not export `execute`");
  refuses("wrong_type", "it must be (i32, i32) -> i32");
  refuses("unknown_import", "`emscripten_asm` from `env`");
  refuses("big_memory", "needs 1024 MiB of memory to start");
  refuses("hello", "midimon exec");
  refuses("start_loops", "max_fuel", {"--fuel", "1000000"});
  refuses("start_allocates", "max_memory_bytes");
  refuses("initialize_sleeps", "max_execution_time", {"--timeout", "50ms"});
  refuses("init_out_of_bounds", "4294967295 bytes");
  refuses("init_deep_json", "nested deeper");
}

}  // namespace
}  // namespace midimon::testing
