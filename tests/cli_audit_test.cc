// midimon audit, as a user sees it, over journals made with the library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/recorder.h"
#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using audit::Event;
using audit::EventKind;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Audit : public ::testing::Test {
 protected:
  Audit() { write({call("obs"), open("scenes/live", Errno::success), open("../x", Errno::perm)}); }

  static Event call(std::string_view plugin) {
    Event event;
    event.kind = EventKind::call;
    event.plugin = plugin;
    event.detail = "greet";
    return event;
  }
  static Event open(std::string_view path, Errno result, std::string_view plugin = "obs") {
    Event event;
    event.plugin = plugin;
    event.mount = "/";
    event.path = path;
    event.result = result;
    return event;
  }
  // As the program that runs plugins does.
  void write(const std::vector<Event>& events) {
    audit::JournalOptions options;
    options.directory = directory();
    auto journal = audit::Journal::open(options, clock_);
    ASSERT_TRUE(journal) << journal.error().message;
    audit::Recorder recorder(std::move(*journal), {}, clock_);
    for (const Event& event : events)
      recorder.record(event);
  }
  std::string directory() const { return scratch_.path("home/state/audit").string(); }
  Finished run(std::vector<std::string> args,
               const std::function<void(pid_t)>& meanwhile = {}) const {
    args.insert(args.begin(), "audit");
    return run_midimon(scratch_, args, {}, meanwhile);
  }
  int shell(const std::string& command) const {
    return std::system(
        ("cd '" + scratch_.path().string() + "' && { " + command + "; } >shell.log 2>&1").c_str());
  }

  Scratch scratch_;
  SystemClock clock_;
};

TEST_F(Audit, TailShowsTheNewestRecords) {
  const Finished all = run({"tail"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("Z obs call (greet)\n"), HasSubstr("open /scenes/live\n"),
                             HasSubstr("open /../x: perm\n"), Not(HasSubstr("\x1b"))));
  const Finished one = run({"tail", "-n", "1"});
  EXPECT_THAT(one.out, AllOf(HasSubstr("perm"), Not(HasSubstr("live"))));
  write({open("y", Errno::success, "other")});
  EXPECT_THAT(run({"tail", "--plugin", "other"}).out, Not(HasSubstr("obs")));
}

TEST_F(Audit, TailFollows) {
  const Finished followed = run({"tail", "--follow", "-n", "0"}, [&](pid_t pid) {
    const auto wait_for = [&](const std::string& text) {
      for (int i = 0; i < 500; ++i) {
        if (read_text(scratch_.path(".out")).find(text) != std::string::npos) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    };
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    write({open("new-one", Errno::success)});
    wait_for("new-one");
    write({open("new-two", Errno::success)});
    wait_for("new-two");
    ::kill(pid, SIGTERM);
  });
  EXPECT_THAT(followed.out, AllOf(HasSubstr("new-one"), HasSubstr("new-two")));
}

TEST_F(Audit, QueryFilters) {
  const auto lines = [&](const std::vector<std::string>& args) {
    const std::string out = run(args).out;
    return std::count(out.begin(), out.end(), '\n');
  };
  EXPECT_EQ(lines({"query"}), 3);
  EXPECT_EQ(lines({"query", "--event", "call"}), 1);
  EXPECT_EQ(lines({"query", "--result", "refused"}), 1);
  EXPECT_EQ(lines({"query", "--result", "perm"}), 1);
  EXPECT_EQ(lines({"query", "--result", "success"}), 2);
  EXPECT_EQ(lines({"query", "--path", "/scenes"}), 1);
  EXPECT_EQ(lines({"query", "--path", "*live"}), 1);
  EXPECT_EQ(lines({"query", "--plugin", "other"}), 0);
  EXPECT_EQ(lines({"query", "--since", "2h"}), 3);
  EXPECT_EQ(lines({"query", "--until", "3d"}), 0);
  EXPECT_EQ(lines({"query", "--since", "2026-01-01T00:00:00Z", "--until", "2026-01-02T00:00:00Z"}),
            0);
}

TEST_F(Audit, WrongFiltersSayWhatIsRight) {
  const auto error = [&](const std::vector<std::string>& args) {
    const Finished done = run(args);
    EXPECT_EQ(done.status, 2);
    return done.err;
  };
  EXPECT_THAT(error({"query", "--since", "yesterday"}), HasSubstr("2h or 3d"));
  EXPECT_THAT(error({"query", "--event", "look"}), HasSubstr("rename"));
  EXPECT_THAT(error({"query", "--result", "bad"}), HasSubstr("noent"));
  EXPECT_THAT(error({"query", "--dir", "/nowhere"}), HasSubstr("/nowhere"));
}

TEST_F(Audit, JsonIsTheJournalsOwnLines) {
  const Finished done = run({"query", "--json"});
  EXPECT_EQ(done.out, read_text(fs::path(directory()) / "audit-00000001.jsonl"));
  EXPECT_EQ(json::parse(done.out.substr(0, done.out.find('\n')))["detail"], "greet");
}

TEST_F(Audit, NamesCannotFoolATerminal) {
  write({open("a\n\x1b[2J\xff\xe2\x80\xae", Errno::success)});
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"tail"}, {"query", "--json"}}) {
    const std::string out = run(args).out;
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 4);
    EXPECT_THAT(out, AllOf(HasSubstr("x1b[2J"), HasSubstr("xff"), HasSubstr("u{202e}")));
    EXPECT_THAT(
        out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")), Not(HasSubstr("\xe2\x80\xae"))));
  }
}

TEST_F(Audit, LinesThatAreNoRecordsAreNamed) {
  const std::string file = directory() + "/audit-00000001.jsonl";
  write_text(file, "\x1b[2J\n" + read_text(file));
  const Finished done = run({"query"});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("audit-00000001.jsonl:1: "), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(done.out, HasSubstr("live"));
}

TEST_F(Audit, VerifySaysWholeOrWhereAndWhyNot) {
  const Finished whole = run({"verify"});
  EXPECT_EQ(whole.status, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("whole: records 1 to 3"));
  const std::string file = directory() + "/audit-00000001.jsonl";
  std::string text = read_text(file);
  text.replace(text.find("live"), 4, "love");
  write_text(file, text);
  const Finished changed = run({"verify"});
  EXPECT_EQ(changed.status, 1);
  EXPECT_THAT(changed.out, HasSubstr("audit-00000001.jsonl:2: its hash is not that of its text"));
  EXPECT_EQ(run({"verify", file}).status, 1);
  const json out = json::parse(run({"verify", "--json"}).out);
  EXPECT_EQ(out["whole"], false);
  EXPECT_EQ(out["flaw"]["line"], 2);
  EXPECT_EQ(run({"verify", "/nowhere"}).status, 2);
  EXPECT_EQ(run({"verify", "--dir", "/nowhere"}).status, 2);
}

TEST_F(Audit, AUserWithoutAJournalSeesNothingAndNoError) {
  fs::remove_all(directory());
  for (const char* command : {"tail", "query", "verify", "stats"}) {
    const Finished done = run({command});
    EXPECT_EQ(done.status, 0) << command;
    EXPECT_EQ(done.err, "") << command;
  }
}

TEST_F(Audit, StatsSumsUpByPlugin) {
  const Finished done = run({"stats"});
  EXPECT_EQ(done.status, 0);
  EXPECT_THAT(done.out, ::testing::ContainsRegex("obs +1 +1 +0B +0B +1\n"));
  const json out = json::parse(run({"stats", "--json"}).out);
  EXPECT_EQ(out["plugins"][0]["plugin"], "obs");
  EXPECT_EQ(out["plugins"][0]["refused"], 1);
  EXPECT_EQ(out["records"], 3);
}

// With the real program: the head is a file that can be signed, and what was signed has to be
// there.
TEST_F(Audit, AHeadSignedWithMinisignFindsARewrittenJournal) {
  const std::string head = directory() + "/head.json";
  ASSERT_EQ(shell("minisign -G -W -p key.pub -s key.sec && cp '" + head +
                  "' signed.json && minisign -S -s key.sec -m signed.json"),
            0)
      << read_text(scratch_.path("shell.log"));
  ASSERT_EQ(shell("minisign -S -s key.sec -m '" + head + "'"), 0) << "where it lies as well";
  EXPECT_EQ(run({"verify"}).status, 0);
  write({open("later", Errno::success)});
  EXPECT_NE(shell("minisign -V -p key.pub -m '" + head + "'"), 0) << "it is another one by now";
  EXPECT_EQ(shell("minisign -V -p key.pub -m signed.json"), 0);
  const std::vector<std::string> with_head = {"verify", "--head",
                                              scratch_.path("signed.json").string()};
  EXPECT_EQ(run(with_head).status, 0);

  // Whoever has the account writes all of it anew: whole in itself, but not what was signed.
  fs::remove_all(directory());
  for (int i = 0; i < 2; ++i)
    write({call("obs"), open("scenes/live", Errno::success)});
  EXPECT_EQ(run({"verify"}).status, 0);
  const Finished found = run(with_head);
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.out, HasSubstr("signed.json: the hash that it names is not that of record 3"));
  // And the signature says that the head was not changed to fit.
  write_text(scratch_.path("signed.json"), read_text(head));
  EXPECT_NE(shell("minisign -V -p key.pub -m signed.json"), 0);
}

}  // namespace
}  // namespace midimon::testing
