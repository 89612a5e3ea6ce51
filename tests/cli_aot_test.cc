// The cache of compiled code, as a user and several processes see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// A variable of the environment, for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::vector<fs::path> entries(const fs::path& home) {
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& item : fs::directory_iterator(home / "cache" / "aot", none))
    paths.push_back(item.path());
  return paths;
}

// What stat says of the entry: whether it is the same file still, and not one that was made anew.
ino_t inode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_ino;
}

// The guest hello as another module: with a section behind it that nobody reads.
std::string hello(int number) {
  return read_text(guest("hello")) + std::string("\0\x05\x04", 3) + "abc" +
         static_cast<char>('a' + number);
}

TEST(CompiledCode, OfAProgramIsKeptAndDoesTheSame) {
  const Scratch scratch;
  const std::vector<std::string> args = {"exec", guest("hello"), "one"};
  const Finished first = run_midimon(scratch, args, "input");
  const auto kept = entries(scratch.path("home"));
  ASSERT_THAT(kept, SizeIs(1));
  const ino_t inode = inode_of(kept[0]);
  const Finished again = run_midimon(scratch, args, "input");
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(first.out, again.out);
  EXPECT_EQ(first.err, again.err);
  EXPECT_EQ(inode_of(kept[0]), inode);
}

TEST(CompiledCode, TellsOfATrapByTheSameNames) {
  const Scratch scratch;
  const std::vector<std::string> args = {"exec", guest("exit_with"), "trap"};
  const Finished first = run_midimon(scratch, args);
  EXPECT_THAT(entries(scratch.path("home")), SizeIs(1));
  const Finished again = run_midimon(scratch, args);
  EXPECT_EQ(first.status, 134);
  EXPECT_EQ(again.status, 134);
  EXPECT_EQ(first.err, again.err);
}

TEST(CompiledCode, CountsFuelOrNotAsTheProgramIsRun) {
  const Scratch scratch;
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("hello")}).status, 0);
  EXPECT_EQ(run_midimon(scratch, {"exec", "--fuel", "10", guest("hello")}).status, 125);
  EXPECT_THAT(entries(scratch.path("home")), SizeIs(2));
  EXPECT_EQ(run_midimon(scratch, {"exec", "--fuel", "10", guest("hello")}).status, 125);
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("hello")}).status, 0);
}

TEST(CompiledCode, ThatWasChangedIsSaidAndNotRun) {
  const Scratch scratch;
  run_midimon(scratch, {"exec", guest("hello")});
  const auto kept = entries(scratch.path("home"));
  ASSERT_THAT(kept, SizeIs(1));
  std::string bytes = read_text(kept[0]);
  bytes[bytes.size() / 2] ^= 1;
  write_text(kept[0], bytes);
  const Finished run = run_midimon(scratch, {"exec", guest("hello"), "one"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "arg one\n");
  EXPECT_THAT(run.err, HasSubstr("not as midimon wrote it"));
  EXPECT_THAT(run_midimon(scratch, {"exec", guest("hello")}).err, Not(HasSubstr("midimon")));
}

TEST(CompiledCode, IsNotKeptWhereThatIsSwitchedOff) {
  const Scratch scratch;
  const Variable off("MIDIMON_AOT_CACHE", "off");
  EXPECT_EQ(run_midimon(scratch, {"exec", guest("hello")}).status, 0);
  EXPECT_EQ(run_midimon(scratch, {"plugin", "info", guest("echo")}).status, 0);
  EXPECT_THAT(entries(scratch.path("home")), IsEmpty());
}

TEST(CompiledCode, ProgramsRunWhereNothingCanBeKept) {
  const Scratch scratch;
  fs::create_directories(scratch.path("home"));
  write_text(scratch.path("home/cache"), "in the way");
  const Finished run = run_midimon(scratch, {"exec", guest("hello"), "one"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out, "arg one\n");
  EXPECT_EQ(run.err, "done\n");
}

// Without HOME and MIDIMON_HOME there is no place for it.
TEST(CompiledCode, ProgramsRunWhereThereIsNoHome) {
  const Scratch scratch;
  const std::string command = std::string("env -i ") + MIDIMON_PROGRAM + " exec " + guest("hello") +
                              " one > " + scratch.path("out").string() + " < /dev/null 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c)
  EXPECT_EQ(read_text(scratch.path("out")), "arg one\ndone\n");
}

// There is room for four of eight modules: processes load, keep and evict at the same time, and the
// first of them make the key.
TEST(CompiledCode, IsSharedByProcesses) {
  const Scratch scratch;
  for (int number = 0; number < 8; ++number)
    write_text(scratch.path("hello" + std::to_string(number) + ".wasm"), hello(number));
  fs::create_directories(scratch.path("home"));
  const Variable little("MIDIMON_AOT_CACHE", "450KiB");
  std::vector<pid_t> workers;
  for (int worker = 0; worker < 6; ++worker) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      bool good = true;
      {
        const Scratch own;
        fs::create_directory_symlink(scratch.path("home"), own.path("home"));
        for (int round = 0; round < 10; ++round) {
          const std::string module = "hello" + std::to_string((worker + round) % 8) + ".wasm";
          const Finished run = run_midimon(own, {"exec", scratch.path(module), module});
          good =
              good && run.status == 0 && run.out == "arg " + module + "\n" && run.err == "done\n";
        }
      }
      ::_exit(good ? 0 : 1);
    }
    workers.push_back(pid);
  }
  for (const pid_t pid : workers) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::uintmax_t bytes = 0;
  for (const fs::path& path : entries(scratch.path("home")))
    bytes += fs::file_size(path);
  EXPECT_GT(bytes, 0U);
  EXPECT_LE(bytes, 450U * 1024);
}

TEST(CompiledCode, IsWhatTheDoctorLooksAt) {
  const Scratch scratch;
  const auto look = [&] {
    const auto report =
        nlohmann::json::parse(run_midimon(scratch, {"doctor", "--json"}).out, nullptr, false);
    for (const auto& check : report.at("checks")) {
      if (check.at("name") == "compiled code") return check;
    }
    return nlohmann::json();
  };
  EXPECT_EQ(look().at("saw"), "0 modules, 0B of 256MiB");
  EXPECT_FALSE(fs::exists(scratch.path("home/cache")));
  run_midimon(scratch, {"exec", guest("hello")});
  EXPECT_THAT(look().at("saw"), HasSubstr("1 module, "));
  EXPECT_EQ(look().at("state"), "good");
  ::chmod(scratch.path("home/cache/aot").c_str(), 0755);
  EXPECT_EQ(look().at("state"), "note");
  EXPECT_THAT(look().at("saw"), HasSubstr("chmod 0700"));
  const Variable off("MIDIMON_AOT_CACHE", "off");
  EXPECT_THAT(look().at("saw"), HasSubstr("MIDIMON_AOT_CACHE"));
}

}  // namespace
}  // namespace midimon::testing
