// The daemon as a user has it: a real JACK server, another client as the controller, commands that
// talk to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "ports/rtmidi.h"
#include "ports/test_support.h"
#include "tests/run_program.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// A program that runs beside the test.
class Running {
 public:
  Running(const Scratch& scratch, const std::string& name, const std::vector<std::string>& args)
      : out_(scratch.path(name + ".out")), err_(scratch.path(name + ".err")) {
    pid_ = ::fork();
    if (pid_ != 0) return;
    std::vector<char*> argv = {const_cast<char*>(MIDIMON_PROGRAM)};
    for (const std::string& arg : args)
      argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    ::setenv("MIDIMON_HOME", scratch.path("home").c_str(), 1);
    const bool redirected = std::freopen("/dev/null", "r", stdin) != nullptr &&
                            std::freopen(out_.c_str(), "w", stdout) != nullptr &&
                            std::freopen(err_.c_str(), "w", stderr) != nullptr;
    if (redirected) ::execv(MIDIMON_PROGRAM, argv.data());
    ::_exit(127);
  }
  ~Running() {
    if (pid_ > 0) (void)end(SIGKILL);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] std::string out() const { return read_text(out_); }
  [[nodiscard]] std::string err() const { return read_text(err_); }
  void signal(int number) const { ::kill(pid_, number); }
  // Without taking notice of it.
  [[nodiscard]] bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }
  // As a shell shows it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  int end(int number) {
    signal(number);
    return wait();
  }

 private:
  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = 0;
};

std::string profile(const std::string& action, const std::string& more = {}) {
  return "[device]\nname = \"keys\"\nauto_connect = true\n[plugins.echo]\nunsigned = true\n"
         "module = \"" +
         guest("echo") +
         "\"\n[[modes]]\nname = \"Live\"\n[[modes.mappings]]\ndescription = \"the pad\"\n"
         "trigger = { type = \"Note\", note = 60 }\naction = " +
         action + "\n" + more;
}
const std::string kSay = R"({ type = "Plugin", plugin = "echo", action = "say" })";

class DaemonTest : public ::testing::Test {
 protected:
  void start(const std::string& text, const std::vector<std::string>& more = {}) {
    write_text(scratch_.path("p.toml"), text);
    std::vector<std::string> args = {"run", "-c", scratch_.path("p.toml")};
    args.insert(args.end(), more.begin(), more.end());
    daemon_.emplace(scratch_, "daemon", args);
    ASSERT_TRUE(eventually([&] { return run({"status"}).status == 0; })) << daemon_->err();
  }
  // A server that has just started may not take a client at once.
  void plug_in() {
    std::string why;
    ASSERT_TRUE(eventually([&] {
      auto port = RtOutput::create(PortApi::jack, "keys");
      why = port ? "" : port.error().message;
      if (port) keys_.emplace(std::move(*port));
      return port.has_value();
    })) << why;
    ASSERT_TRUE(keys_.value().open_virtual("pads"));
  }
  void start_with_keys(const std::string& text, const std::vector<std::string>& more = {}) {
    jack_.start();
    ASSERT_NO_FATAL_FAILURE(plug_in());
    start(text, more);
    ASSERT_TRUE(eventually([&] { return status()["ports"]["connected"].size() == 1; }));
  }
  [[nodiscard]] Finished run(const std::vector<std::string>& args) const {
    return run_midimon(scratch_, args);
  }
  [[nodiscard]] json status() const {
    return json::parse(run({"status", "--json"}).out, nullptr, false);
  }
  void press(std::uint8_t note = 60) {
    const std::vector<std::uint8_t> down = {0x90, note, 99};
    const std::vector<std::uint8_t> up = {0x80, note, 0};
    ASSERT_TRUE(keys_.value().send(down));
    ASSERT_TRUE(keys_.value().send(up));
  }
  bool says(const std::string& text) {
    return eventually([&] { return daemon_->out().find(text) != std::string::npos; });
  }
  bool complains(const std::string& text) {
    return eventually([&] { return daemon_->err().find(text) != std::string::npos; });
  }

  Scratch scratch_;
  TestJack jack_;
  std::optional<RtOutput> keys_;
  std::optional<Running> daemon_;
};

TEST_F(DaemonTest, APressReachesAPlugin) {
  start_with_keys(profile(kSay));
  press();
  EXPECT_TRUE(says("Ok                the pad (plugin echo/say)")) << daemon_->out();
  const json now = status();
  EXPECT_EQ(now["mode"], "Live");
  EXPECT_EQ(now["messages"], 2);
  EXPECT_EQ(now["actions"]["ran"], 1);
  EXPECT_THAT(run({"status"}).out, HasSubstr("1 ran, 0 failed"));
  EXPECT_THAT(run({"ports"}).out, HasSubstr("* keys:pads"));
  const Finished stopped = run({"stop"});
  EXPECT_EQ(stopped.status, 0) << stopped.err;
  EXPECT_EQ(daemon_->wait(), 0) << daemon_->err();
  EXPECT_THAT(daemon_->out(), HasSubstr("events"));
}

TEST_F(DaemonTest, RunsWithoutAServerAndFindsOneThatComesLater) {
  start(profile(kSay));
  EXPECT_EQ(status()["ports"]["api"], nullptr);
  EXPECT_THAT(run({"ports"}).out, HasSubstr("neither a JACK server"));
  jack_.start();
  ASSERT_NO_FATAL_FAILURE(plug_in());
  ASSERT_TRUE(complains("keys:pads is connected"));
  press();
  EXPECT_TRUE(says("plugin echo/say"));
  jack_.stop(SIGKILL);
  EXPECT_TRUE(complains("keys:pads is gone"));
  EXPECT_EQ(run({"status"}).status, 0);
}

TEST_F(DaemonTest, SendsMidiToOthersAndToTheController) {
  start_with_keys(profile(R"({ type = "Sequence", actions = [
        { type = "SendMidi", port = "synth", message_type = "NoteOn", note = "{note}", velocity = "{velocity}" },
        { type = "SendMidi", message_type = "CC", controller = 7, value = 3 }] })"));
  const Synth synth("synth");
  const Synth lights("keys lights");
  press();
  const bool arrived =
      eventually([&] { return synth.got().size() == 1 && lights.got().size() == 1; });
  ASSERT_TRUE(arrived) << daemon_->out() << daemon_->err();
  EXPECT_EQ(synth.got()[0], (std::vector<std::uint8_t>{0x90, 60, 99}));
  EXPECT_EQ(lights.got()[0], (std::vector<std::uint8_t>{0xB0, 7, 3}));
}

TEST_F(DaemonTest, WhatAFilePlaysIsSentToo) {
  jack_.start();
  const Synth synth("synth");
  write_text(scratch_.path("p.toml"), profile(R"({ type = "Sequence", actions = [
        { type = "SendMidi", port = "synth", message_type = "PC", program = 7 },
        { type = "Delay", ms = 500 }] })"));
  const std::string song = std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\14", 22) +
                           std::string("\0\x90\x3c\x64\x10\x80\x3c\0\0\xff\x2f\0", 12);
  write_text(scratch_.path("song.mid"), song);
  const Finished played =
      run({"run", "-c", scratch_.path("p.toml"), "--midi-file", scratch_.path("song.mid")});
  EXPECT_EQ(played.status, 0) << played.out << played.err;
  const auto got = synth.got();
  ASSERT_FALSE(got.empty());
  EXPECT_EQ(got.back(), (std::vector<std::uint8_t>{0xC0, 7}));
}

TEST_F(DaemonTest, AServerThatHangsDoesNotHoldUpTheEnd) {
  start_with_keys(profile(kSay));
  jack_.signal(SIGSTOP);
  EXPECT_EQ(run({"stop"}).status, 0);
  const bool ended = eventually([&] { return daemon_->has_ended(); });
  EXPECT_TRUE(ended);
  if (!ended) daemon_->signal(SIGKILL);
  EXPECT_EQ(daemon_->wait(), 0);
  EXPECT_THAT(daemon_->out(), HasSubstr("events"));
  EXPECT_THAT(daemon_->err(), HasSubstr("does not let midimon go"));
  jack_.signal(SIGCONT);
}

// A reload that waits for JACK is no reason to stay either.
TEST_F(DaemonTest, AServerThatHangsDoesNotHoldUpTheEndWhileTheProfileIsReadAgain) {
  start_with_keys(profile(R"({ type = "Sequence", actions = [{ type = "Delay", ms = 700 },
        { type = "SendMidi", port = "keys", message_type = "NoteOn", note = 1, velocity = 1 }] })"));
  press();
  ASSERT_TRUE(eventually([&] { return status()["in_flight"] == 1; }));
  jack_.signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(900));
  write_text(scratch_.path("p.toml"), profile(kSay));
  std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
  daemon_->signal(SIGTERM);
  const bool ended = eventually([&] { return daemon_->has_ended(); });
  EXPECT_TRUE(ended);
  if (!ended) daemon_->signal(SIGKILL);
  daemon_->wait();
  jack_.signal(SIGCONT);
}

TEST_F(DaemonTest, WhatIsHeldIsReleasedAtTheEnd) {
  std::string text =
      profile(kSay) +
      "[[thru]]\nto = \"synth\"\nmessages = [\"note\"]\nnote_min = 90\nnote_max = 99\n";
  for (int note = 70; note < 78; ++note) {
    const std::string send = R"({ type = "SendMidi", port = "synth", velocity = 9, note = )" +
                             std::to_string(note) + ", message_type = ";
    text += "[[global_mappings]]\ntrigger = { type = \"Note\", note = " + std::to_string(note) +
            " }\naction = " + send + "\"NoteOn\" }\non_release = " + send + "\"NoteOff\" }\n";
  }
  start_with_keys(text);
  const Synth synth("synth");
  const auto count = [&](std::uint8_t kind) {
    const auto got = synth.got();
    return std::count_if(got.begin(), got.end(),
                         [&](const auto& message) { return (message[0] & 0xF0U) == kind; });
  };
  for (std::uint8_t note = 70; note < 78; ++note)
    ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0x90, note, 99}));
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0x90, 95, 99}));
  ASSERT_TRUE(eventually([&] { return count(0x90) == 9; })) << daemon_->out() << daemon_->err();
  EXPECT_EQ(run({"stop"}).status, 0);
  EXPECT_TRUE(eventually([&] { return count(0x80) == 9; })) << count(0x80);
}

TEST_F(DaemonTest, AfterStopAnotherFindsEverythingFree) {
  start_with_keys(profile(R"({ type = "Plugin", plugin = "hostile", action = "sleep" })") +
                  "[plugins.hostile]\nunsigned = true\nmodule = \"" + guest("hostile") +
                  "\"\nlimits = { time = \"2s\" }\n");
  press();
  ASSERT_TRUE(eventually([&] { return status()["in_flight"] == 1; }));
  EXPECT_EQ(run({"stop"}).status, 0);
  write_text(scratch_.path("song.mid"), std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4", 22) +
                                            std::string("\0\xff\x2f\0", 4));
  const Finished next =
      run({"run", "-c", scratch_.path("p.toml"), "--midi-file", scratch_.path("song.mid")});
  EXPECT_EQ(next.status, 0) << next.err;
  EXPECT_THAT(next.err, Not(HasSubstr("Nothing is recorded")));
  EXPECT_EQ(daemon_->wait(), 0) << daemon_->err();
}

// What it plays goes with its profile, though an action of that profile still runs.
TEST_F(DaemonTest, ATriggerPluginThatIsNotInTheProfileAnyMoreIsNotHeard) {
  const std::string metronome =
      "[plugins.metronome]\nunsigned = true\nmodule = \"" + guest("metronome") + "\"\n";
  start_with_keys(profile(R"({ type = "Delay", ms = 30_000 })", metronome));
  ASSERT_TRUE(eventually([&] { return status()["in_flight"] >= 1; }));
  ASSERT_TRUE(complains("plugin:metronome is connected"));
  write_text(scratch_.path("p.toml"), profile(R"({ type = "Delay", ms = 20_000 })"));
  ASSERT_EQ(run({"reload"}).status, 0);
  ASSERT_TRUE(complains("plugin:metronome is gone"));
  const json before = status();
  EXPECT_GE(before["in_flight"], 1) << "the earlier profile's";
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(status()["messages"], before["messages"]);
}

TEST_F(DaemonTest, AChangedProfileIsPlayedAndABrokenOneIsNot) {
  start_with_keys(profile(kSay));
  write_text(scratch_.path("p.toml"), "[[modes]\n");
  EXPECT_TRUE(complains("was not read again"));
  EXPECT_THAT(status()["reload_error"].get<std::string>(), HasSubstr("p.toml:1"));
  EXPECT_THAT(run({"status"}).out, HasSubstr("the one before goes on"));
  press();
  EXPECT_TRUE(says("plugin echo/say"));
  write_text(scratch_.path("p.toml"), profile(R"({ type = "Delay", ms = 1 })"));
  EXPECT_TRUE(complains("was read again"));
  press();
  EXPECT_TRUE(says("delay 1ms"));
  EXPECT_EQ(status()["reload_error"], "");
}

TEST_F(DaemonTest, ReloadSaysWhatIsWrong) {
  start(profile(kSay), {"--no-watch"});
  write_text(scratch_.path("p.toml"), profile("{ type = \"Pluging\" }"));
  const Finished wrong = run({"reload"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"Plugin\"?"));
  write_text(scratch_.path("p.toml"), profile(kSay));
  EXPECT_EQ(run({"reload"}).status, 0);
  EXPECT_THAT(daemon_->err(), Not(HasSubstr("read again"))) << "the file is not watched";
}

TEST_F(DaemonTest, MonitorShowsWhatHappens) {
  start_with_keys(profile(kSay));
  Running monitor(scratch_, "monitor", {"monitor", "--json"});
  // It may begin to listen in the middle of a press.
  ASSERT_TRUE(eventually([&] {
    press();
    return !monitor.out().empty();
  }));
  press();
  const auto shows = [&](const std::string& text) {
    return eventually([&] { return monitor.out().find(text) != std::string::npos; });
  };
  EXPECT_TRUE(shows(R"("bytes":"90 3C 63")"));
  EXPECT_TRUE(shows(R"("gesture":"note C4 pressed, velocity 99, channel 1")"));
  EXPECT_TRUE(shows(R"("description":"the pad")"));
  EXPECT_TRUE(shows(R"("event":"action")"));
  const std::string out = monitor.out();
  EXPECT_TRUE(json::parse(out.substr(0, out.find('\n')), nullptr, false).contains("event"));
  EXPECT_EQ(run({"stop"}).status, 0);
  EXPECT_EQ(monitor.wait(), 0);
}

TEST_F(DaemonTest, OneRunsAtATime) {
  start(profile(kSay));
  const Finished second = run({"run", "-c", scratch_.path("p.toml")});
  EXPECT_EQ(second.status, 2);
  EXPECT_THAT(second.err, HasSubstr("midimon runs already (process"));
  EXPECT_EQ(daemon_->end(SIGTERM), 0) << daemon_->err();
  for (const char* command : {"status", "reload", "stop", "monitor"}) {
    const Finished none = run({command});
    EXPECT_EQ(none.status, 2) << command;
    EXPECT_THAT(none.err, HasSubstr("midimon run -c")) << command;
  }
}

TEST_F(DaemonTest, SafeModeHasNoPlugins) {
  start_with_keys(profile(kSay), {"--safe"});
  press();
  EXPECT_TRUE(says("Denied            the pad (plugin echo/say)")) << daemon_->out();
}

TEST_F(DaemonTest, IsReadyWhenItSaysSo) {
  const std::string path = scratch_.path("notify").string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  start(profile(kSay));
  ::unsetenv("NOTIFY_SOCKET");
  char state[64] = {};
  ASSERT_GT(::recv(fd.get(), state, sizeof state - 1, 0), 0);
  EXPECT_STREQ(state, "READY=1");
}

// Of a session plugin the memory shows whether it is the same one.
std::string counting(const std::string& more) {
  return "[device]\nname = \"keys\"\n[plugins.counter-session]\nunsigned = true\nmodule = \"" +
         guest("counter_session") +
         "\"\n[[modes]]\nname = \"Live\"\n[[modes.mappings]]\n"
         "trigger = { type = \"Note\", note = 60 }\n"
         "action = { type = \"Plugin\", plugin = \"counter-session\", action = \"count\" }\n" +
         more;
}

TEST_F(DaemonTest, APluginThatDidNotChangeGoesOnOverAReload) {
  start_with_keys(counting(""));
  const auto calls = [this] { return status()["plugins"][0]["calls"].get<int>(); };
  press();
  ASSERT_TRUE(eventually([&] { return calls() == 1; })) << daemon_->err();
  write_text(scratch_.path("p.toml"), counting("[[modes]]\nname = \"Other\"\n"));
  ASSERT_EQ(run({"reload"}).status, 0);
  press();
  EXPECT_TRUE(eventually([&] { return calls() == 2; })) << "the worker is the same";
  write_text(scratch_.path("p.toml"),
             counting("[plugins.counter-session.limits]\nmemory = \"8MiB\"\n"));
  ASSERT_EQ(run({"reload"}).status, 0) << run({"reload"}).err;
  EXPECT_EQ(calls(), 0) << "another limit is another plugin";
}

TEST_F(DaemonTest, APluginThatKeepsFailingIsLeftAloneAndReloadTriesItAgain) {
  start_with_keys("[device]\nname = \"keys\"\n[plugins.hostile]\nunsigned = true\nmodule = \"" +
                  guest("hostile") +
                  "\"\n[[modes]]\nname = \"Live\"\n[[modes.mappings]]\n"
                  "trigger = { type = \"Note\", note = 60 }\n"
                  "action = { type = \"Plugin\", plugin = \"hostile\", action = \"crash\" }\n");
  for (int i = 0; i < 4; ++i)
    press();
  EXPECT_TRUE(complains("plugin hostile failed 3 times in a row")) << daemon_->err();
  EXPECT_TRUE(says("Denied")) << daemon_->out();
  EXPECT_EQ(status()["plugins"][0]["health"], "resting");
  EXPECT_THAT(run({"status"}).out, HasSubstr("hostile: resting"));
  EXPECT_THAT(run({"events"}).out, HasSubstr("plugin   hostile failed 3 times"));
  ASSERT_EQ(run({"reload"}).status, 0);
  EXPECT_EQ(status()["plugins"][0]["health"], "well");
}

TEST_F(DaemonTest, EventsAreKeptAndFollowed) {
  start_with_keys(profile(kSay));
  press();
  ASSERT_TRUE(says("plugin echo/say"));
  Running follow(scratch_, "follow", {"events", "--follow", "--json"});
  const auto shows = [&](std::size_t count) {
    return eventually([&] {
      std::size_t found = 0;
      const std::string out = follow.out();
      for (std::size_t at = 0; (at = out.find("plugin echo/say", at)) != std::string::npos; ++at)
        ++found;
      return found == count;
    });
  };
  EXPECT_TRUE(shows(1)) << follow.out();
  press();
  EXPECT_TRUE(shows(2)) << follow.out();
  const Finished last = run({"events", "--last", "1"});
  EXPECT_EQ(last.status, 0);
  EXPECT_THAT(last.out, HasSubstr("action   Ok plugin echo/say"));
  EXPECT_THAT(last.out, Not(HasSubstr("is connected")));
  EXPECT_THAT(run({"events"}).out, HasSubstr("input    keys:pads is connected"));
}

TEST_F(DaemonTest, WhatComesInIsPassedOnToOthers) {
  start_with_keys(profile(kSay, "[[thru]]\nto = \"synth\"\nmessages = [\"note\"]\n"));
  const Synth synth("synth");
  press();
  ASSERT_TRUE(synth.gets(2)) << daemon_->err();
  EXPECT_EQ(synth.got()[0], (std::vector<std::uint8_t>{0x90, 60, 99}));
  EXPECT_EQ(synth.got()[1], (std::vector<std::uint8_t>{0x80, 60, 0}));
  EXPECT_EQ(status()["passed_on"], 2);
  // The controller goes while a note is down: it is released at the other end.
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0x90, 61, 99}));
  ASSERT_TRUE(synth.gets(3));
  keys_.reset();
  ASSERT_TRUE(synth.gets(4));
  EXPECT_EQ(synth.got()[3], (std::vector<std::uint8_t>{0x80, 61, 0}));
}

TEST_F(DaemonTest, AnOutputThatIsNotThereIsSaidOnce) {
  start_with_keys(profile(kSay, "[[thru]]\nto = \"nobody\"\n"));
  ASSERT_TRUE(eventually([this] {
    press();
    return status()["passed_on"] >= 6;
  }));
  EXPECT_TRUE(complains("MIDI could not be sent: No MIDI output has \"nobody\" in its name"));
  const std::string err = daemon_->err();
  EXPECT_EQ(err.find("could not be sent"), err.rfind("could not be sent"));
}

TEST_F(DaemonTest, LearnTellsTheMappingOfWhatIsDone) {
  start_with_keys(profile(kSay));
  Running learn(scratch_, "learn", {"learn"});
  ASSERT_TRUE(eventually([&] { return learn.err().find("press a pad") != std::string::npos; }));
  press(36);
  EXPECT_EQ(learn.wait(), 0) << learn.err();
  EXPECT_THAT(learn.out(), HasSubstr("# C2 pressed, from keys:pads"));
  EXPECT_THAT(learn.out(), HasSubstr(R"(trigger = { type = "Note", note = "C2", channel = 1 })"));
  // It can be put into the profile as it is.
  write_text(scratch_.path("p.toml"), profile(kSay) + learn.out());
  const Finished checked = run({"check", "--strict", scratch_.path("p.toml")});
  EXPECT_EQ(checked.status, 0) << checked.out << checked.err;
}

TEST_F(DaemonTest, LearnListensToPortsWhereNoDaemonRuns) {
  jack_.start();
  ASSERT_NO_FATAL_FAILURE(plug_in());
  Running learn(scratch_, "learn", {"learn", "--json", "--port", "keys"});
  ASSERT_TRUE(eventually([&] { return learn.err().find("press a pad") != std::string::npos; }));
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0xB0, 20, 127}));
  EXPECT_EQ(learn.wait(), 0) << learn.err();
  EXPECT_EQ(json::parse(learn.out())["trigger"],
            R"({ type = "CC", cc = 20, channel = 1, value_min = 127, value_max = 127 })");
}

TEST_F(DaemonTest, LearnEndsWhenNothingComes) {
  start_with_keys(profile(kSay));
  const Finished nothing = run({"learn", "--timeout", "50ms"});
  EXPECT_EQ(nothing.status, 1);
  EXPECT_THAT(nothing.err, HasSubstr("nothing came in for 50ms"));
}

TEST_F(DaemonTest, ASessionIsRecordedAndPlayedAgain) {
  start_with_keys(profile(kSay,
                          "[[modes.mappings]]\ntrigger = { type = \"LongPress\", note = 61, "
                          "duration_ms = 50 }\naction = { type = \"ModeChange\", mode = \"Two\" }\n"
                          "[[modes]]\nname = \"Two\"\n"));
  const std::string file = scratch_.path("night.jsonl");
  Running record(scratch_, "record", {"record", file});
  ASSERT_TRUE(eventually([&] { return record.err().find("recording to") != std::string::npos; }));
  // It may begin to listen a moment later.
  ASSERT_TRUE(eventually([&] {
    press(50);
    return read_text(file).find("\"90 32 63\"") != std::string::npos;
  }));
  press();
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0x90, 61, 99}));
  ASSERT_TRUE(eventually([this] { return status()["mode"] == "Two"; }));
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0x80, 61, 0}));
  ASSERT_TRUE(
      eventually([&] { return read_text(file).find("\"80 3D 00\"") != std::string::npos; }));
  EXPECT_EQ(record.end(SIGINT), 0) << record.err();
  EXPECT_THAT(record.err(), HasSubstr("recorded "));

  const Finished again = run({"replay", file});
  EXPECT_EQ(again.status, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("-> the pad"));
  EXPECT_THAT(again.out, HasSubstr("Ok plugin echo/say"));
  EXPECT_THAT(again.out, HasSubstr("mode Two"));
  EXPECT_THAT(again.err, HasSubstr("the same as recorded"));
  EXPECT_EQ(run({"replay", file}).out, again.out);

  write_text(scratch_.path("other.toml"), "[[modes]]\nname = \"Live\"\n");
  const Finished other = run({"replay", "-q", "-c", scratch_.path("other.toml"), file});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("the pad (plugin echo/say), number 1: recorded Ok"));
  EXPECT_EQ(run({"record", file}).status, 2) << "a file that is there is not replaced";
}

TEST_F(DaemonTest, ASessionIsRecordedAsAMidiFileThatCanBePlayed) {
  start_with_keys(profile(kSay));
  const std::string file = scratch_.path("night.mid");
  Running record(scratch_, "record", {"record", file, "--for", "2s"});
  ASSERT_TRUE(eventually([&] { return record.err().find("recording to") != std::string::npos; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  press();
  ASSERT_TRUE(keys_.value().send(std::vector<std::uint8_t>{0xF0, 0x7E, 1, 0xF7}));
  EXPECT_EQ(record.wait(), 0) << record.err();
  const Finished played =
      run({"run", "-c", scratch_.path("p.toml"), "--midi-file", file, "--speed", "max"});
  EXPECT_EQ(played.status, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("Ok                the pad (plugin echo/say)"));
  const Finished replayed = run({"replay", "-c", scratch_.path("p.toml"), file});
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("-> the pad"));
}

TEST_F(DaemonTest, AProgramThatRunsIsACondition) {
  std::string text = profile(kSay);
  const std::string trigger = "trigger = { type = \"Note\", note = 60 }\n";
  text.insert(text.find(trigger), "condition = { type = \"AppRunning\", app_name = \"jackd\" }\n");
  start_with_keys(text +
                  "[[modes.mappings]]\ndescription = \"no\"\n"
                  "condition = { type = \"AppRunning\", app_name = \"no-such-program\" }\n" +
                  trigger + "action = { type = \"Delay\", ms = 1 }\n");
  ASSERT_TRUE(eventually([this] {
    press();
    return daemon_->out().find("plugin echo/say") != std::string::npos;
  }));
  EXPECT_THAT(daemon_->out(), Not(HasSubstr("delay")));
}

// A plugin with events, and one that says what its pad shows.
TEST_F(DaemonTest, ATriggerPluginIsAControllerAndStatesAreConditions) {
  start_with_keys(
      "[device]\nname = \"keys\"\n[plugins.metronome]\nunsigned = true\nmodule = \"" +
      guest("metronome") +
      "\"\n[[devices]]\nalias = \"beat\"\nname = \"plugin:metronome\"\n"
      "[[modes]]\nname = \"Live\"\n"
      "[[modes.mappings]]\ndescription = \"the beat\"\ndevice = \"beat\"\n"
      "trigger = { type = \"Note\", note = 60 }\n"
      "action = { type = \"Delay\", ms = 1 }\n"
      "[[modes.mappings]]\ndescription = \"set\"\ntrigger = { type = \"Note\", note = 61 }\n"
      "action = { type = \"Plugin\", plugin = \"metronome\", action = \"record\" }\n"
      "[[modes.mappings]]\ndescription = \"while it records\"\n"
      "trigger = { type = \"Note\", note = 62 }\n"
      "condition = { type = \"PluginState\", plugin = \"metronome\", state = \"recording\" }\n"
      "action = { type = \"Delay\", ms = 2 }\n");
  const Synth lights("keys lights");
  EXPECT_TRUE(says("the beat (delay 1ms)")) << daemon_->err();
  press(62);
  press(61);
  ASSERT_TRUE(says("set (plugin metronome/record)")) << daemon_->out() << daemon_->err();
  press(62);
  EXPECT_TRUE(says("while it records (delay 2ms)"));
  const std::string out = daemon_->out();
  EXPECT_EQ(out.find("while it records"), out.rfind("while it records"));
  EXPECT_EQ(status()["plugins"][0]["pad"]["text"], "REC");
  EXPECT_TRUE(eventually([&] {
    return lights.got() == std::vector<std::vector<std::uint8_t>>{{0x90, 61, 127}};
  }));
}

}  // namespace
}  // namespace midimon::testing
