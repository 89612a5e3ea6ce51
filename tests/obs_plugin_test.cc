// The obs plugin against a server that misbehaves as no OBS would; obs_test.cc has the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>

#include "tests/obs_support.h"
#include "tests/run_program.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ObsFaults : public ::testing::Test {
 protected:
  void start(const std::string& mode = {}, json settings = json::object()) {
    server_ = std::make_unique<PythonServer>(
        "obs_server.py", std::vector<std::string>{scratch_.path("log").string(), mode});
    plugin_ = std::make_unique<ObsPlugin>(server_->port(), std::move(settings));
    plugin_->store_password();
  }
  Called request(const std::string& type, const json& data = json::object()) {
    return plugin_->call("request", {{"type", type}, {"data", data}});
  }
  // How often `line` is in what the server noted.
  [[nodiscard]] long noted(const std::string& line) const {
    std::ifstream log(scratch_.path("log"));
    long count = 0;
    for (std::string found; std::getline(log, found);)
      count += found == line ? 1 : 0;
    return count;
  }
  // The session goes on after whatever was.
  void expect_well() {
    const Called after = request("Echo", {{"a", 1}});
    EXPECT_EQ(after.outcome, Outcome::ok) << after.message;
    EXPECT_EQ(after.output["a"], 1);
  }

  Scratch scratch_;
  std::unique_ptr<PythonServer> server_;
  std::unique_ptr<ObsPlugin> plugin_;
};

TEST_F(ObsFaults, OneConnectionIsKeptFromCallToCall) {
  start();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(plugin_->call("switch_scene", {{"scene", "Game"}}).outcome, Outcome::ok);
  EXPECT_EQ(plugin_->poll().outcome, Outcome::ok);
  EXPECT_EQ(noted("connected"), 1);
  EXPECT_EQ(noted("SetCurrentProgramScene"), 5);
}

TEST_F(ObsFaults, WithoutAPasswordNoneIsAskedFor) {
  server_ = std::make_unique<PythonServer>(
      "obs_server.py", std::vector<std::string>{scratch_.path("log").string(), "open"});
  plugin_ = std::make_unique<ObsPlugin>(server_->port());
  expect_well();
}

TEST_F(ObsFaults, APasswordThatIsMissingOrWrongIsSaidWithWhatToDo) {
  server_ = std::make_unique<PythonServer>("obs_server.py",
                                           std::vector<std::string>{scratch_.path("log").string()});
  plugin_ = std::make_unique<ObsPlugin>(server_->port());
  EXPECT_THAT(request("Echo").message, AllOf(HasSubstr("OBS asks for a password"),
                                             HasSubstr("midimon secret set obs password")));
  plugin_->store_password("wrong");
  const Called refused = request("Echo");
  EXPECT_EQ(refused.outcome, Outcome::plugin_error);
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.message, HasSubstr("OBS refused the password"));
  EXPECT_THAT(refused.message, Not(HasSubstr("wrong")));
  plugin_->store_password();
  expect_well();
}

TEST_F(ObsFaults, WhereNobodyListensItSaysWhatToSwitchOn) {
  start();
  const std::string port = server_->port();
  server_.reset();
  const Called off = request("Echo");
  EXPECT_EQ(off.code, 3);
  EXPECT_THAT(off.message, AllOf(HasSubstr("OBS does not answer at ws://127.0.0.1:" + port),
                                 HasSubstr("Enable WebSocket server")));
  EXPECT_EQ(off.state["state"], "offline");
}

TEST_F(ObsFaults, WhatIsNoObsIsRecognised) {
  for (const char* mode : {"not-obs", "no-hello"}) {
    start(mode);
    EXPECT_THAT(request("Echo").message, HasSubstr("is not obs-websocket 5")) << mode;
  }
  start("old");
  EXPECT_THAT(request("Echo").message, HasSubstr("4010"));
}

TEST_F(ObsFaults, AServerThatSaysNothingIsWaitedForAsLongAsTheSettingsSay) {
  start("mute", {{"timeout_ms", 200}});
  EXPECT_THAT(request("Echo").message, HasSubstr("did not answer in time"));
  start({}, {{"timeout_ms", 200}});
  EXPECT_THAT(request("Hang").message, HasSubstr("it may have done it or not"));
  expect_well();
}

TEST_F(ObsFaults, WhatBreaksWhileItAnswersIsNotAskedAgainAndTheNextPressConnectsAnew) {
  start();
  long connections = 1;
  for (const char* fault : {"Drop", "Kick", "Garbage", "Deep", "Large"}) {
    const Called broken = request(fault);
    EXPECT_EQ(broken.outcome, Outcome::plugin_error) << fault;
    EXPECT_THAT(broken.message, HasSubstr("it may have done it or not")) << fault;
    EXPECT_EQ(broken.state["state"], "offline") << fault;
    EXPECT_EQ(noted(fault), 1);
    expect_well();
    EXPECT_EQ(noted("connected"), ++connections) << fault;
  }
}

TEST_F(ObsFaults, WhatTheOtherSideSaysCannotCheatATerminal) {
  start();
  EXPECT_THAT(request("Kick").message,
              AllOf(HasSubstr("4011"), HasSubstr("Kicked"), Not(HasSubstr("\x1b"))));
}

TEST_F(ObsFaults, AConnectionThatBrokeBetweenPressesIsMadeAnewUnnoticed) {
  start();
  expect_well();
  const std::string port = server_->port();
  server_.reset();
  server_ = std::make_unique<PythonServer>("obs_server.py",
                                           std::vector<std::string>{scratch_.path("log").string()});
  ASSERT_EQ(server_->port(), port);
  expect_well();
  EXPECT_EQ(noted("connected"), 2);
}

TEST_F(ObsFaults, AnswersAreToldApartByTheirIds) {
  start();
  EXPECT_EQ(request("OtherFirst", {{"right", true}}).output, json({{"right", true}}));
}

TEST_F(ObsFaults, ManyEventsAreTakenAndTheLastOneCounts) {
  start();
  EXPECT_EQ(request("Flood").outcome, Outcome::ok);
  EXPECT_EQ(plugin_->poll().state["text"], "Scene 999");
  EXPECT_EQ(noted("connected"), 1);
}

TEST_F(ObsFaults, ARefusalWithoutWordsGetsSome) {
  start();
  EXPECT_THAT(request("Silent").message, HasSubstr("OBS refused, with status 702"));
}

TEST_F(ObsFaults, ASceneThatIsNotThereIsComparedWithThoseThatAre) {
  start();
  EXPECT_THAT(plugin_->call("switch_scene", {{"scene", "game "}}).message,
              HasSubstr(R"(OBS has no scene "game ". Did you mean "Game"?)"));
  EXPECT_THAT(plugin_->call("switch_scene", {{"scene", "Something else"}}).message,
              AllOf(HasSubstr(R"("Talk")"), HasSubstr(R"("Game")"), Not(HasSubstr("mean"))));
}

TEST_F(ObsFaults, WrongParamsNeverReachObs) {
  start();
  const Called none = plugin_->call("volume", {{"input", "Mic"}});
  EXPECT_EQ(none.code, 4);
  EXPECT_THAT(none.message, HasSubstr("takes one of"));
  EXPECT_EQ(plugin_->call("volume", {{"input", "Mic"}, {"db", 0}, {"percent", 3}}).code, 4);
  EXPECT_EQ(plugin_->call("hotkey").code, 4);
  const auto keys = [&](const std::string& text) {
    return plugin_->call("hotkey", {{"keys", text}}).message;
  };
  EXPECT_THAT(keys("ctrl+hyper+x"), HasSubstr("\"hyper\" is no modifier"));
  EXPECT_THAT(keys("ctrl+f99"), HasSubstr("no key that OBS knows"));
  EXPECT_THAT(keys("escpe"), HasSubstr("did you mean \"escape\"?"));
  EXPECT_THAT(keys("ctrl+"), HasSubstr("no key that OBS knows"));
  EXPECT_NE(plugin_->call("switch_scene").outcome, Outcome::ok);
  EXPECT_NE(plugin_->call("switch_scene", {{"scene", 7}}).outcome, Outcome::ok);
  EXPECT_NE(plugin_->call("record", {{"set", "begin"}}).outcome, Outcome::ok);
  EXPECT_NE(plugin_->call("no such action").outcome, Outcome::ok);
  EXPECT_EQ(noted("SetInputVolume"), 0);
  EXPECT_EQ(noted("StartRecord"), 0);
}

TEST_F(ObsFaults, APictureThatIsNoneIsNotKept) {
  start();
  EXPECT_THAT(plugin_->call("screenshot", {{"source", "Talk"}}).message,
              HasSubstr("What OBS sent is no picture"));
  EXPECT_FALSE(std::filesystem::exists(plugin_->file("/screenshots")));
}

TEST_F(ObsFaults, PollsTryMoreAndMoreRarelyWhileThereIsNoObs) {
  start();
  EXPECT_EQ(plugin_->poll().output["next_ms"], 100);
  const std::string port = server_->port();
  server_.reset();
  int last = 0;
  for (int i = 0; i < 8; ++i) {
    const Called off = plugin_->poll();
    EXPECT_EQ(off.outcome, Outcome::ok) << off.message;
    EXPECT_GE(off.output["next_ms"], last);
    last = off.output["next_ms"].get<int>();
  }
  EXPECT_EQ(last, 30'000);
}

TEST_F(ObsFaults, NotesTellOfTheSceneAndAreReleasedWhenObsGoes) {
  start({}, {{"notes", {{"scene Talk", 10}, {"scene Game", 11}, {"recording", 12}}}});
  EXPECT_EQ(plugin_->poll().output["events"], json({"press 10 100"}));
  EXPECT_EQ(plugin_->poll().output["events"], json::array());
  plugin_->call("switch_scene", {{"scene", "Game"}});
  EXPECT_EQ(plugin_->poll().output["events"], json({"release 10", "press 11 100"}));
  plugin_->call("record", {{"set", "start"}});
  EXPECT_EQ(plugin_->poll().output["events"], json({"press 12 100"}));
  server_.reset();
  EXPECT_EQ(plugin_->poll().output["events"], json({"release 11", "release 12"}));
}

TEST_F(ObsFaults, WithoutTheGrantItSaysWhichOneAndAsksNobody) {
  start();
  const Finished run =
      run_midimon(scratch_, {"plugin", "run", guest("obs"), "--unsigned", "status"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("--grant network"));
  EXPECT_EQ(noted("connected"), 0);
}

// The capability is as narrow as it can be: other programs of this computer that take WebSockets
// are out of reach whatever was granted.
TEST(ObsMetadata, AsksForTheWebSocketOfObsAndItsOwnDirectory) {
  const ObsPlugin plugin("4455");
  const auto& asked = plugin.metadata().capabilities;
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked[0].allow,
            (std::vector<std::string>{"ws://127.0.0.1:4455-4470", "ws://localhost:4455-4470"}));
  EXPECT_EQ(asked[1].kind, CapabilityKind::filesystem);
  EXPECT_TRUE(asked[1].allow.empty());
  for (const ActionInfo& action : plugin.metadata().actions)
    EXPECT_FALSE(action.label.empty() || action.description.empty()) << action.id;
}

}  // namespace
}  // namespace midimon::testing
