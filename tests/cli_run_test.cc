// midimon run, as a user sees it: a .mid file goes through a profile to plugins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string big_endian(unsigned value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

// A format 0 file at 500,000 us a quarter and 480 ticks to it: each of `notes` is pressed for a
// quarter, one after another.
std::string song(const std::vector<int>& notes) {
  std::string track;
  for (const int note : notes) {
    track += std::string("\x00\x90", 2) + static_cast<char>(note) + "\x64";
    track += std::string("\x83\x60\x80", 3) + static_cast<char>(note) + std::string(1, '\0');
  }
  track += std::string("\x00\xFF\x2F\x00", 4);
  return "MThd" + big_endian(6, 4) + big_endian(0, 2) + big_endian(1, 2) + big_endian(480, 2) +
         "MTrk" + big_endian(static_cast<unsigned>(track.size()), 4) + track;
}

class Run : public ::testing::Test {
 protected:
  void SetUp() override {
    write_text(scratch_.path("song.mid"), song({60, 62, 64}));
    profile(R"(
      [plugins.echo]
      module = ")" +
            guest("echo") + R"("
      [plugins.hostile]
      module = ")" +
            guest("hostile") + R"("
      grant = ["filesystem"]
      limits = { time = "5s", fuel = 1000000 }

      [[modes]]
      name = "A"
      [[modes.mappings]]
      description = "say it"
      trigger = { type = "Note", note = 60 }
      action = { type = "Sequence", actions = [
        { type = "Plugin", plugin = "echo", action = "say" },
        { type = "Delay", ms = 5 },
        { type = "ModeChange", mode = "B" } ] }

      [[modes]]
      name = "B"
      [[modes.mappings]]
      trigger = { type = "Note", note = 64 }
      action = { type = "Plugin", plugin = "hostile", action = "loop" }

      [[global_mappings]]
      description = "always"
      trigger = { type = "Note", note = 62 }
      action = { type = "Plugin", plugin = "echo", action = "fail" }
    )");
  }

  void profile(const std::string& text) { write_text(scratch_.path("profile.toml"), text); }

  Finished run(const std::vector<std::string>& more,
               const std::function<void(pid_t)>& meanwhile = {}) {
    std::vector<std::string> args = {"run",         "--unsigned",
                                     "-c",          scratch_.path("profile.toml").string(),
                                     "--midi-file", scratch_.path("song.mid").string()};
    args.insert(args.end(), more.begin(), more.end());
    return run_midimon(scratch_, args, {}, meanwhile);
  }

  Scratch scratch_;
};

TEST_F(Run, EveryActionHasALineWithItsOutcome) {
  const Finished played = run({"--speed", "50"});
  EXPECT_EQ(played.status, 1) << played.err;
  EXPECT_THAT(played.out, HasSubstr("Ok                say it (plugin echo/say)"));
  EXPECT_THAT(played.out, HasSubstr("mode B"));
  EXPECT_THAT(played.out, HasSubstr("PluginError       always (plugin echo/fail)"));
  EXPECT_THAT(played.out, HasSubstr("OutOfFuel         plugin hostile/loop"));
}

TEST_F(Run, ProgramsRunAndTellWhatTheyDid) {
  profile(R"(
    [[global_mappings]]
    description = "good"
    trigger = { type = "Note", note = 60 }
    action = { type = "Command", argv = ["sh", "-c", "echo first; echo second", "{note_name}"] }
    [[global_mappings]]
    description = "bad"
    trigger = { type = "Note", note = 62 }
    action = { type = "Command", argv = ["sh", "-c", "echo 'no disk' >&2; exit 3"] }
    [[global_mappings]]
    trigger = { type = "Note", note = 64 }
    action = { type = "Launch", argv = ["midimon-no-such-program", "a\tb"] }
  )");
  const Finished played = run({"--speed", "max"});
  EXPECT_EQ(played.status, 1) << played.err;
  EXPECT_THAT(played.out, HasSubstr("Ok                good (command sh -c"));
  EXPECT_THAT(played.out, HasSubstr("Failed            bad (command sh -c"));
  EXPECT_THAT(played.out, HasSubstr("Failed            launch midimon-no-such-program \"a\\tb\""));
  EXPECT_THAT(played.err, HasSubstr("midimon: first\n"));
  EXPECT_THAT(played.err, HasSubstr("[sh] second\n"));
  EXPECT_THAT(played.err, HasSubstr("midimon: sh exited with 3: no disk\n"));
  EXPECT_THAT(played.err, HasSubstr("there is no program \"midimon-no-such-program\""));
}

TEST_F(Run, JsonHasOneObjectALineAndASummary) {
  const Finished played = run({"--speed", "50", "--json"});
  std::vector<json> lines;
  std::string rest = played.out;
  for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
    lines.push_back(json::parse(rest.substr(0, end)));
    rest.erase(0, end + 1);
  }
  ASSERT_EQ(lines.size(), 6U) << played.out << played.err;  // 3 steps, fail, loop, the summary
  const json& summary = lines.back()["summary"];
  EXPECT_EQ(summary["events"], 6);
  EXPECT_EQ(summary["matched"], 3);
  EXPECT_EQ(summary["ran"], 5);
  EXPECT_EQ(summary["failed_by_outcome"]["OutOfFuel"], 1);
  EXPECT_EQ(summary["failed_by_outcome"]["PluginError"], 1);
  EXPECT_EQ(summary["latency_ns"]["count"], 3);
}

TEST_F(Run, PlaysInTimeWithTheMusic) {
  const auto start = std::chrono::steady_clock::now();
  run({"--speed", "5"});  // 1.5 s of music
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, std::chrono::milliseconds(300 - 100));  // the last note starts at 1 s
}

TEST_F(Run, ControlCEndsItCleanlyWithASummary) {
  const auto loaded = scratch_.path("home/data/locks/plugin-data-hostile.lock");
  const Finished played = run({"--speed", "0.001"}, [&](pid_t pid) {
    for (int i = 0; i < 2000 && !std::filesystem::exists(loaded); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    ::kill(pid, SIGINT);
  });
  EXPECT_EQ(played.status, 130) << played.err;
  EXPECT_THAT(played.out, HasSubstr("say it"));
}

TEST_F(Run, AtFullSpeedNothingIsDropped) {
  write_text(scratch_.path("song.mid"), song(std::vector<int>(2000, 60)));
  profile("[plugins.echo]\nmodule = \"" + guest("echo") +
          "\"\n[[global_mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
          "action = { type = \"Plugin\", plugin = \"echo\", action = \"say\" }\n");
  const Finished played = run({"--speed", "max", "--json"});
  EXPECT_EQ(played.status, 0) << played.err.substr(0, 1000);
  const std::size_t last_line = played.out.rfind('\n', played.out.size() - 2) + 1;
  const json summary = json::parse(played.out.substr(last_line))["summary"];
  EXPECT_EQ(summary["matched"], 2000);
  EXPECT_EQ(summary["ran"], 2000);
  EXPECT_EQ(summary["failed"], 0);
}

TEST_F(Run, SaysWhereTheProfileIsWrong) {
  profile(
      "[[modes]]\nname = \"A\"\n[[modes.mappings]]\ntrigger = { type = \"Nite\", note = 1 }\n"
      "action = { type = \"Plugin\", plugin = \"nobody\", action = \"x\" }\n");
  const Finished played = run({});
  EXPECT_EQ(played.status, 2);
  EXPECT_THAT(played.err, HasSubstr("profile.toml:4:"));
  EXPECT_THAT(played.err, HasSubstr("Note"));
  EXPECT_THAT(played.err, HasSubstr("profile.toml:5:"));
}

TEST_F(Run, SaysWhereTheProfileAsksForAnActionThatThereIsNot) {
  profile("[plugins.echo]\nmodule = \"" + guest("echo") +
          "\"\n[[global_mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
          "action = { type = \"Plugin\", plugin = \"echo\", action = \"shout\" }\n");
  const Finished played = run({});
  EXPECT_EQ(played.status, 2);
  EXPECT_THAT(played.err, HasSubstr("profile.toml:5:"));
  EXPECT_THAT(played.err, HasSubstr("it has say, fail"));
}

TEST_F(Run, APluginUnderAnotherPluginsIdIsRefused) {
  profile("[plugins.other]\nmodule = \"" + guest("echo") + "\"\n");
  const Finished played = run({});
  EXPECT_EQ(played.status, 2);
  EXPECT_THAT(played.err, HasSubstr("\"echo\""));
}

TEST_F(Run, ABrokenMidiFileIsRefusedWithItsOffset) {
  write_text(scratch_.path("song.mid"), song({60}).substr(0, 26));
  const Finished played = run({});
  EXPECT_EQ(played.status, 2);
  EXPECT_THAT(played.err, HasSubstr("song.mid: "));
  EXPECT_THAT(played.err, HasSubstr("byte"));
}

TEST_F(Run, MissingFilesAndABadSpeedAreUsageErrors) {
  EXPECT_EQ(run({"--speed", "fast"}).status, 2);
  std::filesystem::remove(scratch_.path("song.mid"));
  EXPECT_THAT(run({}).err, HasSubstr("song.mid"));
  std::filesystem::remove(scratch_.path("profile.toml"));
  EXPECT_THAT(run({}).err, HasSubstr("profile.toml"));
}

// A profile with one plugin that writes a file, and `settings`.
std::string writing(const std::string& settings) {
  return settings + "\n[plugins.hostile]\nmodule = \"" + guest("hostile") +
         "\"\ngrant = [\"filesystem\"]\n[[global_mappings]]\n"
         "trigger = { type = \"Note\", note = 60 }\n"
         "action = { type = \"Plugin\", plugin = \"hostile\", action = \"write\" }\n";
}

TEST_F(Run, AStrictAuditThatCannotBeKeptStopsItAndAnotherDoesNot) {
  std::filesystem::create_directories(scratch_.path("home/state"));
  write_text(scratch_.path("home/state/audit"), "in the way");
  profile(writing("[audit]\nstrict = true"));
  const Finished strict = run({"--speed", "50"});
  EXPECT_EQ(strict.status, 2);
  EXPECT_THAT(strict.err, HasSubstr("audit"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("home/data/plugin-data/hostile/file.txt")));
  profile(writing("[audit]\nstrict = false"));
  const Finished lax = run({"--speed", "50"});
  EXPECT_EQ(lax.status, 0) << lax.err;
  EXPECT_THAT(lax.err, HasSubstr("Nothing is recorded"));
}

TEST_F(Run, TheJournalIsKeptAsTheProfileSays) {
  std::string song_of_presses = song(std::vector<int>(400, 60));
  write_text(scratch_.path("song.mid"), song_of_presses);
  profile(writing("[audit]\nstrict = true\nfile_size = \"64KiB\"\nkeep_size = \"128KiB\""));
  EXPECT_EQ(run({"--speed", "1000"}).status, 0);
  const auto journal = scratch_.path("home/state/audit");
  EXPECT_FALSE(std::filesystem::exists(journal / "audit-00000001.jsonl"));  // too much, so it went
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(journal))
    bytes += file.file_size();
  EXPECT_LE(bytes, 192U * 1024 + 4096);
  EXPECT_EQ(run_midimon(scratch_, {"audit", "verify"}).status, 0);
}

TEST_F(Run, TheDiskIsLeftWhatTheProfileSays) {
  profile(writing("[storage]\nmin_free_disk = \"1000TB\""));
  const Finished full = run({"--speed", "50"});
  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr("No space left"));
  profile(writing("[storage]\nmin_free_disk = 0"));
  EXPECT_EQ(run({"--speed", "50"}).status, 0);
}

}  // namespace
}  // namespace midimon::testing
