// What the author of a plugin does: new, build, test, conform, dev, in every language, with the
// tools of the language as tools/guest_compiler.sh has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/run_program.h"

namespace midimon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// In front of PATH, so that each language's tools are those that this machine has or fetches.
const bool kPathIsSet = [] {
  const std::string path = std::string(MIDIMON_SOURCE_DIR) + "/tools/guest_compilers:" +
                           (std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  return ::setenv("PATH", path.c_str(), 1) == 0;
}();

class Author : public ::testing::Test {
 protected:
  Finished midimon(const std::vector<std::string>& args) { return run_midimon(scratch_, args); }
  std::string make(const std::string& language) {
    std::string directory = scratch_.path("hello").string();
    const Finished made =
        midimon({"plugin", "new", "hello", "--lang", language, "--directory", directory});
    EXPECT_EQ(made.status, 0) << made.err;
    return directory;
  }
  Scratch scratch_;
};

// What the SDK is to stay below; for Go, whose runtime is in each plugin, a size that is no
// mistake.
std::uintmax_t most_bytes(const std::string& language) {
  if (language == "c") return 8 * 1024;
  if (language == "rust") return 40 * 1024;
  return language == "go" ? 8 * 1024 * 1024 : 128 * 1024;
}

class AuthorIn : public Author, public ::testing::WithParamInterface<std::string> {};

TEST_P(AuthorIn, WhatNewMakesBuildsPassesConformsAndRuns) {
  const std::string directory = make(GetParam());
  const Finished built = midimon({"plugin", "build", directory});
  ASSERT_EQ(built.status, 0) << built.err;
  EXPECT_THAT(built.out, HasSubstr("hello.wasm is built"));
  EXPECT_LT(fs::file_size(directory + "/hello.wasm"), most_bytes(GetParam()));
  const Finished tested = midimon({"plugin", "test", "--no-build", directory});
  EXPECT_EQ(tested.status, 0) << tested.out << tested.err;
  const Finished conforms = midimon({"plugin", "conform", directory + "/hello.wasm"});
  EXPECT_EQ(conforms.status, 0) << conforms.out << conforms.err;
  const Finished called = midimon({"plugin", "run", directory + "/hello.wasm", "greet",
                                   "--unsigned", "--params", R"({"who":"\u00dc \ud83c\udfb9"})"});
  EXPECT_EQ(called.status, 0) << called.err;
  EXPECT_THAT(called.out, HasSubstr("Hello, Ü 🎹!"));
  const Finished refused = midimon({"plugin", "run", directory + "/hello.wasm", "greet",
                                    "--unsigned", "--params", R"({"who":7})"});
  EXPECT_NE(refused.status, 0);
  // As deep as an SDK reads it is read, or refused; a stack that is too small for it is a trap.
  const std::string deep =
      "{\"deep\":" + std::string(60, '[') + "1.5e-300" + std::string(60, ']') + "}";
  const Finished nested = midimon(
      {"plugin", "run", directory + "/hello.wasm", "greet", "--unsigned", "--params", deep});
  EXPECT_THAT(nested.err, Not(HasSubstr("Trapped")));
}

INSTANTIATE_TEST_SUITE_P(Languages, AuthorIn,
                         ::testing::Values("c", "cpp", "rust", "go", "assemblyscript"),
                         [](const auto& language) { return language.param; });

TEST_F(Author, NewRefusesNamesAndDirectoriesThatWouldNotDo) {
  EXPECT_EQ(midimon({"plugin", "new", "No Name"}).status, 2);
  EXPECT_EQ(midimon({"plugin", "new", "../up"}).status, 2);
  EXPECT_EQ(midimon({"plugin", "new", "hello", "--lang", "cobol"}).status, 2);
  const std::string directory = make("c");
  const Finished again = midimon({"plugin", "new", "hello", "--directory", directory});
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("not empty"));
}

TEST_F(Author, BuildSaysWhatIsWrong) {
  const std::string directory = make("c");
  EXPECT_THAT(midimon({"plugin", "build", scratch_.path("none").string()}).err,
              HasSubstr("midimon plugin new"));
  write_text(directory + "/src/plugin.c", "int x = ;");
  const Finished broken = midimon({"plugin", "build", directory});
  EXPECT_EQ(broken.status, 1);
  EXPECT_THAT(broken.err, HasSubstr("did not build the plugin"));
  write_text(directory + "/src/plugin.c", "int main(void) { return 0; }");
  const Finished no_plugin = midimon({"plugin", "build", directory});
  EXPECT_EQ(no_plugin.status, 1);
  EXPECT_THAT(no_plugin.err, HasSubstr("A plugin exports"));
  write_text(directory + "/plugin.toml", "name = \"hello\"\nlanguage = \"rusty\"\n");
  EXPECT_THAT(midimon({"plugin", "build", directory}).err, HasSubstr("did you mean \"rust\""));
}

TEST_F(Author, AMissingToolIsNamedWithHowToHaveIt) {
  const std::string directory = make("go");
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const Finished built = midimon({"plugin", "build", directory});
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(built.status, 2);
  EXPECT_THAT(built.err, HasSubstr("There is no go in PATH. Install Go"));
}

TEST_F(Author, APanicInRustIsALineInTheLogAndTheStandardLibraryAChoice) {
  const std::string directory = make("rust");
  const auto replace = [&](const std::string& file, const std::string& old,
                           const std::string& text) {
    std::string content = read_text(directory + "/" + file);
    const std::size_t at = content.find(old);
    ASSERT_NE(at, std::string::npos) << file;
    write_text(directory + "/" + file, content.replace(at, old.size(), text));
  };
  const auto call = [&] {
    const Finished built = midimon({"plugin", "build", directory});
    EXPECT_EQ(built.status, 0) << built.err;
    return midimon({"plugin", "run", directory + "/hello.wasm", "greet", "--unsigned"}).err;
  };
  replace("src/plugin.rs", "midimon::log(&greeting);",
          "midimon::log(&greeting);\n    let _ = greeting.as_bytes()[greeting.len() + "
          "params.who.len()];");
  EXPECT_THAT(call(), AllOf(HasSubstr("panicked at"), HasSubstr("src/plugin.rs:"),
                            HasSubstr("the len is 13 but the index is 18")));
  replace("src/plugin.rs", "#![no_std]", "use std::collections::HashMap;");
  replace("src/plugin.rs", "midimon::log(&greeting);",
          "eprintln!(\"{:?}\", HashMap::from([(1.5f64.to_string(), std::env::args().count())]));");
  replace("Cargo.toml", R"({ path = "sdk" })", R"({ path = "sdk", features = ["std"] })");
  EXPECT_THAT(call(), AllOf(HasSubstr("{\"1.5\": "), HasSubstr("panicked at"),
                            HasSubstr("the len is 13 but the index is 18")));
}

// A project whose module is a guest.
class CasesOf : public Author {
 protected:
  CasesOf(const std::string& module, const std::string& id) {
    fs::create_directory(scratch_.path("made"));
    write_text(scratch_.path("made/plugin.toml"), "name = \"" + id + "\"\nlanguage = \"cpp\"\n");
    fs::copy_file(guest(module), scratch_.path("made/" + id + ".wasm"));
  }
  Finished test(const std::string& cases) {
    write_text(scratch_.path("made/cases.toml"), cases);
    return midimon({"plugin", "test", "--no-build", scratch_.path("made").string()});
  }
};

// The one that uses all of the C++ SDK.
class Cases : public CasesOf {
 protected:
  Cases() : CasesOf("sdk_cpp", "sdk-cpp") {}
};

// One that keeps its memory from call to call, and has events.
class Steps : public CasesOf {
 protected:
  Steps() : CasesOf("stepper", "stepper") {}
};

TEST_F(Cases, AnswerForTheWorld) {
  const Finished all = test(R"(
[[case]]
name = "params of every kind"
action = "echo"
velocity = 90
settings = { gain = 0.25 }
params = { times = 3, words = ["a", "b"], maybe = -7, anything = { x = [1, 2.5] }, gain = { gain = 1 } }
expect.output = { who = "world", times = 3, loud = false, words = 2, anything = { x = [1, 2.5] }, gain = 1, setting = 0.25, maybe = -7, velocity = 90 }

[[case]]
name = "a host"
action = "fetch"
params = { url = "https://api.example.org/v1" }
secrets = { TOKEN = "s3cret" }
expect.output = { status = 201, json = { ok = true } }
[[case.expect.calls]]
call = "http_request"
method = "POST"
url = "https://api.example.org/v1"
json = { n = 1 }
headers = { x-test = "1", authorization = "Bearer s3cret" }
answer = { status = 201, json = { ok = true } }

[[case]]
name = "a host that redirects to where nothing is granted"
action = "fetch"
params = { url = "https://api.example.org/v1" }
secrets = { TOKEN = "s3cret" }
expect.outcome = "PluginError"
[[case.expect.calls]]
call = "http_request"
answer = { status = 302, headers = { location = "https://evil.example" } }

[[case]]
name = "a host that is not there"
action = "fetch"
params = { url = "https://api.example.org/" }
secrets = { TOKEN = "t" }
expect.outcome = "PluginError"
expect.error = "no route."
expect.calls = [{ call = "http_request", answer = { error = "There is no route." } }]

[[case]]
name = "a host that was not granted is not asked"
action = "fetch"
params = { url = "https://api.example.org/v1" }
deny = ["network"]
expect.outcome = "PluginError"

[[case]]
name = "a WebSocket"
action = "talk"
expect.output = "welcome"
[[case.expect.calls]]
call = "ws_connect"
url = "ws://127.0.0.1:4455/"
[[case.expect.calls]]
call = "ws_send"
text = "hello"
answer = { messages = ["welcome"] }

[[case]]
name = "a program"
action = "run"
expect.output = { status = 3, out = "printed" }
expect.calls = [{ call = "exec", argv = ["/usr/bin/playerctl", "next"], input = "in", answer = { status = 3, stdout = "printed" } }]

[[case]]
name = "files"
action = "keep"
expect.output = "one two"
expect.files = { "/notes/a" = "one two", "/notes/a.tmp" = false }

[[case]]
name = "the desktop"
action = "desktop"
expect.output = { clipboard = "text", percent = 40, apps = 1, secret = "value" }
expect.state = { state = "on", text = "ON", led = 127 }
expect.calls = [
  { call = "key_send", chord = "ctrl+s" },
  { call = "text_send", text = "typed" },
  { call = "mouse_click", button = 1, count = 2 },
  { call = "mouse_move", x = 1, y = 2, relative = true },
  { call = "volume_set", percent = 50, mute = "toggle", output = "" },
  { call = "notify", title = "Title", body = "Body", urgency = "normal" },
  { call = "open_url", url = "https://example.org" },
  { call = "clipboard_set", text = "copied" },
  { call = "app_focus", name = "obs" },
  { call = "app_launch", id = "com.obsproject.Studio" },
  { call = "midi_send", port = "Synth", bytes = [144, 60, 100] },
  { call = "clipboard_get", answer = { text = "text" } },
  { call = "volume_get", answer = { percent = 40, muted = true } },
  { call = "app_list", answer = { apps = [{ name = "obs", title = "OBS", focused = true }] } },
]
)");
  EXPECT_EQ(all.status, 0) << all.out << all.err;
  EXPECT_THAT(all.out, HasSubstr("9 of 9 cases are as they should be"));
}

TEST_F(Cases, WhatIsNotAsExpectedIsSaid) {
  const auto problem = [&](const std::string& expectations) {
    const Finished done = test("[[case]]\nname = \"x\"\naction = \"keep\"\n" + expectations);
    EXPECT_EQ(done.status, 1) << done.out << done.err;
    return done.out;
  };
  EXPECT_THAT(problem("expect.output = \"other\"\n"), HasSubstr("its output is \"one two\""));
  EXPECT_THAT(problem("expect.outcome = \"PluginError\"\n"), HasSubstr("it ended as Ok"));
  EXPECT_THAT(problem("expect.code = 4\n"), HasSubstr("its code is 0, not 4"));
  EXPECT_THAT(problem("expect.log = [\"said\"]\n"), HasSubstr("no line of its log has"));
  EXPECT_THAT(problem("expect.state = { state = \"on\" }\n"), HasSubstr("its state is nothing"));
  EXPECT_THAT(problem("expect.files = { \"/notes/a\" = \"one\" }\n"), HasSubstr("holds"));
  EXPECT_THAT(problem("expect.files = { \"/notes/a\" = false }\n"), HasSubstr("is still there"));
  EXPECT_THAT(problem("expect.files = { \"/b\" = \"\" }\n"), HasSubstr("is not there"));
  EXPECT_THAT(problem("expect.calls = [{ call = \"exec\" }]\n"), HasSubstr("it did not call"));
  const Finished unexpected = test("[[case]]\nname = \"x\"\naction = \"run\"\n");
  EXPECT_EQ(unexpected.status, 1);
  EXPECT_THAT(unexpected.out, HasSubstr("which the case does not expect"));
  const Finished another =
      test("[[case]]\nname = \"x\"\naction = \"run\"\nexpect.calls = [{ call = \"key_send\" }]\n");
  EXPECT_THAT(another.out, HasSubstr("where the case expects"));
}

TEST_F(Cases, MistakesInTheFileHaveTheirPlace) {
  EXPECT_THAT(test("").err, HasSubstr("there is no [[case]]"));
  EXPECT_THAT(test("[[case]]\nname = \"x\"\n").err, HasSubstr("action"));
  const Finished unknown =
      test("[[case]]\nname = \"x\"\naction = \"keep\"\nexpect.ouput = 1\nvelocty = 3\n");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("expect.ouput is not known"));
  EXPECT_THAT(unknown.err, HasSubstr("velocty"));
  EXPECT_THAT(test("[[case]]\nname = \"x\"\naction = \"keep\"\ndeny = [\"all\"]\n").err,
              HasSubstr("cases.toml:4"));
  EXPECT_THAT(test("[[case]]\nname = \"x\"\naction = \"none\"\n").out, HasSubstr("none"));
}

TEST_F(Cases, EachMistakeIsSaidInWords) {
  const auto refuses = [&](const std::string& text, const std::string& why) {
    const Finished done = test("[[case]]\nname = \"x\"\n" + text);
    EXPECT_EQ(done.status, 2) << text << done.out;
    EXPECT_THAT(done.err, HasSubstr(why)) << text;
  };
  const auto expects = [&](const std::string& what, const std::string& why) {
    refuses("action = \"keep\"\nexpect = { " + what + " }\n", why);
  };
  expects("outcome = \"Okay\"", "expect.outcome is none: it is Ok, PluginError");
  expects("outcome = 1", "expect.outcome is no string");
  expects("code = \"0\"", "expect.code is no whole number");
  expects("code = 9223372036854775807", "expect.code is no whole number");
  expects("state = 5", "expect.state is no table");
  expects("log = \"line\"", "expect.log is no list");
  expects("log = [5]", "expect.log holds what is no string");
  expects("files = [\"/a\"]", "expect.files is no table");
  expects("files = { \"/a\" = true }", "neither what is in it nor false");
  for (const std::string path : {"a", "/", "/a/", "/../a", "/a/./b", "/a//b", ""}) {
    expects("files = { \"" + path + "\" = \"\" }", "is no path of a file");
    refuses("action = \"keep\"\nfiles = { \"" + path + "\" = \"\" }\n", "is no path of a file");
  }
  expects("calls = { call = \"exec\" }", "expect.calls is no list");
  expects("calls = [5]", "holds tables with a \"call\"");
  expects("calls = [{ chord = \"a\" }]", "holds tables with a \"call\"");
  expects("calls = [{ call = \"key_sent\" }]", "did you mean \"key_send\"?");
  expects("calls = [{ call = \"key_send\", cord = \"a\" }]", "did you mean \"chord\"?");
  expects("calls = [{ call = \"key_send\", chord = 5 }]",
          "\"chord\" of key_send that is not a string");
  expects("calls = [{ call = \"exec\", answer = 0 }]", "the answer to exec is no table");
  expects("calls = [{ call = \"exec\", answer = { status = \"0\" } }]", "not a whole number");
  expects("calls = [{ call = \"exec\", answer = { out = \"\" } }]",
          "the answer to exec has \"out\"");
  expects("calls = [{ call = \"app_list\", answer = { apps = 3 } }]", "not a list");
  expects("calls = [{ call = \"ws_send\", answer = { close = 1 } }]", "not true or false");
  expects("events = []", "expect.events belongs to a poll");
  expects("next_ms = 10", "expect.next_ms belongs to a poll");
  refuses("", "needs \"action\", which one is called (or poll = true)");
  refuses("poll = false\n", "needs \"action\"");
  refuses("poll = 1\n", "must be true or false");
  for (const std::string key : {"action = \"keep\"", "params = {}", "velocity = 5", "mode = 0"})
    refuses("poll = true\n" + key + "\n", "is of an action, and poll = true calls none");
  const auto poll_expects = [&](const std::string& what, const std::string& why) {
    refuses("poll = true\nexpect = { " + what + " }\n", why);
  };
  poll_expects("output = 1", "expect.output belongs to an action");
  poll_expects("events = \"press C2\"", "expect.events is no list");
  poll_expects("events = [\"pres C2\"]", "expect.events holds what is no event");
  poll_expects("events = [5]", "expect.events holds what is no event");
  poll_expects("next_ms = \"soon\"", "expect.next_ms is no whole number");
  refuses("action = \"keep\"\nat_ms = -1\n", "\"at_ms\" must be an integer from 0");
  refuses("action = \"keep\"\nnow = \"today\"\n", "is no time such as");
  refuses("action = \"keep\"\nnow = \"2262-01-01T00:00:00Z\"\n", "is no time such as");
  refuses("action = \"keep\"\nstep = []\n", "there is no [[case.step]]");
  refuses("action = \"keep\"\nstep = [{ poll = true }]\n",
          "\"action\" belongs into a [[case.step]]");
  refuses("expect = {}\nstep = [{ poll = true }]\n", "\"expect\" belongs into a [[case.step]]");
  refuses("step = [5]\n", "an array of tables");
  refuses("step = [{}]\n", "a [[case.step]] needs \"action\"");
  refuses("step = [{ poll = true, secrets = {} }]\n", "a [[case.step]] has no key \"secrets\"");
  refuses("step = [{ poll = true, at_ms = 2 }, { poll = true }, { poll = true, at_ms = 1 }]\n",
          "time does not go back");
  EXPECT_THAT(test("[[case]]\nname = \"good one\"\naction = \"keep\"\nsettings = { no = 1 }\n").err,
              HasSubstr("The case \"good one\" could not be run."));
}

TEST_F(Steps, OneAfterAnotherMeetTheSamePlugin) {
  const Finished done = test(R"(
[[case]]
name = "counts on"
[[case.step]]
action = "press"
expect = { output = { presses = 1, at = 1767225600000 }, log = ["press 1"] }
[[case.step]]
action = "press"
at_ms = 600000
expect = { output = { presses = 2, at = 1767226200000 }, log = ["press 2"] }

[[case]]
name = "and every case begins anew"
action = "press"
expect = { output = { presses = 1, at = 1767225600000 } }
)");
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("2 of 2 cases"));
}

TEST_F(Steps, EventsAreAskedForInATimeThatTheCaseSays) {
  const Finished done = test(R"(
[[case]]
name = "events"
now = "2026-03-04T12:00:00+02:00"
[[case.step]]
poll = true
expect = { events = [], next_ms = 500 }
[[case.step]]
action = "press"
at_ms = 100
[[case.step]]
poll = true  # when it asked to be
expect = { events = ["cc 1 1"] }
[[case.step]]
poll = true
at_ms = 30000
expect = { events = ["press 36 100", "release C2"] }
[[case.step]]
action = "times"
at_ms = 3600000
expect = { output = { real = 1772622000, up = 7200 } }
[[case.step]]
action = "rest"  # a sleep is no longer for all that
[[case.step]]
poll = true
expect = { events = [] }

[[case]]
name = "what is no event"
[[case.step]]
action = "spoil"
[[case.step]]
poll = true
expect = { outcome = "PluginError", error = "an event that is none", events = [], next_ms = 1000 }
)");
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("2 of 2 cases"));
}

TEST_F(Steps, AConnectionLivesOnFromStepToStep) {
  const Finished done = test(R"(
[[case]]
name = "what came in between"
[[case.step]]
action = "listen"
expect.calls = [{ call = "ws_connect", answer = { messages = ["press 40", "press 41"] } }]
[[case.step]]
poll = true
expect.events = ["press 40 100"]
[[case.step]]
poll = true
expect.events = ["press 41 100"]
)");
  EXPECT_EQ(done.status, 0) << done.out << done.err;
}

TEST_F(Steps, TheFirstThatIsNotAsExpectedIsSaidByItsNumber) {
  const Finished done = test(R"(
[[case]]
name = "wrong"
[[case.step]]
action = "press"
[[case.step]]
poll = true
expect = { events = ["cc 1 2"], next_ms = 20 }
[[case.step]]
action = "none"

[[case]]
name = "alone"
action = "press"
expect.output = 5
)");
  EXPECT_EQ(done.status, 1) << done.err;
  EXPECT_THAT(done.out, HasSubstr("step 2: it answers {\"events\":[\"cc 1 1\"]"));
  EXPECT_THAT(done.out, HasSubstr("which are not the 1 events of the case"));
  EXPECT_THAT(done.out, HasSubstr("step 2: it wants to be asked again after 500"));
  EXPECT_THAT(done.out, Not(HasSubstr("step 3")));
  EXPECT_THAT(done.out, Not(HasSubstr("step 1")));
  EXPECT_THAT(done.out, HasSubstr("0 of 2 cases"));
}

TEST_F(Author, WhatIsNoTriggerIsNotAskedForEvents) {
  const std::string directory = make("c");
  write_text(directory + "/cases.toml", "[[case]]\nname = \"x\"\npoll = true\n");
  const Finished done = midimon({"plugin", "test", directory});
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.out, HasSubstr("hello is not asked for events"));
}

TEST_F(Author, DevBuildsTestsAndCallsOnce) {
  const std::string directory = make("c");
  const Finished good = midimon({"plugin", "dev", "--once", "--action", "greet", directory});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("3 of 3 cases"));
  EXPECT_THAT(good.out, HasSubstr("greet: Ok"));
  EXPECT_THAT(good.err, HasSubstr("Hello, world!"));
  // A trace has names there, which a build leaves out.
  const auto with_names = fs::file_size(directory + "/hello.wasm");
  EXPECT_THAT(read_text(directory + "/hello.wasm"), HasSubstr("midimon_abi_execute"));
  EXPECT_EQ(midimon({"plugin", "build", directory}).status, 0);
  EXPECT_LT(fs::file_size(directory + "/hello.wasm"), with_names);
  write_text(directory + "/src/plugin.c", "int x = ;");
  EXPECT_EQ(midimon({"plugin", "dev", "--once", directory}).status, 1);
}

TEST_F(Author, ConformTellsWhatAHostilePluginDoes) {
  const Finished hostile = midimon({"plugin", "conform", "--json", guest("empty_plugin")});
  EXPECT_EQ(hostile.status, 1) << hostile.err;
  const auto list = nlohmann::json::parse(hostile.out);
  bool found = false;
  for (const auto& one : list)
    found = found || (one["check"] == "not-json" && one["ok"] == false &&
                      !one["problem"].get<std::string>().empty());
  EXPECT_TRUE(found) << hostile.out;
  EXPECT_EQ(midimon({"plugin", "conform", guest("hello")}).status, 2);
}

}  // namespace
}  // namespace midimon::testing
