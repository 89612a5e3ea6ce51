// The obs plugin with a real OBS: what it says it did is asked of OBS by another client.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "desktop/test_process.h"
#include "tests/obs_support.h"
#include "tests/run_program.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

bool comes_true(const std::function<bool()>& condition, int tries = 200) {
  for (int i = 0; i < tries; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

// A port of this machine that is free just now.
std::string free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(probe);
  return bound ? std::to_string(ntohs(address.sin_port)) : "0";
}

// A file of these notes, one after another, each half a second long.
std::string song(const std::vector<int>& notes) {
  const auto number = [](std::size_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>(value >> (8 * i) & 255U);
    return out;
  };
  std::string track;
  for (const int note : notes) {
    track += std::string("\x00\x90", 2) + static_cast<char>(note) + "\x64";
    track += std::string("\x83\x60\x80", 3) + static_cast<char>(note) + std::string(1, '\0');
  }
  track += std::string("\x00\xFF\x2F\x00", 4);
  return "MThd" + number(6, 4) + number(0, 2) + number(1, 2) + number(480, 2) + "MTrk" +
         number(track.size(), 4) + track;
}

class RealObs : public ::testing::Test {
 protected:
  [[nodiscard]] json ask(const std::string& request, const json& data = json::object()) const {
    const std::string command = "/usr/bin/python3 " MIDIMON_SOURCE_DIR "/tests/obs_client.py " +
                                obs_.port() + " " + kObsPassword + " " + request + " '" +
                                data.dump() + "' 2>&1";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    std::string text;
    for (int c = 0; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;)
      text += static_cast<char>(c);
    if (pipe != nullptr) ::pclose(pipe);
    const json answer = json::parse(text, nullptr, false);
    return answer.is_discarded() ? json(text) : answer;
  }
  [[nodiscard]] std::string scene() const {
    return ask("GetCurrentProgramScene")["currentProgramSceneName"];
  }
  [[nodiscard]] bool is_active(const std::string& output) const {
    return ask("Get" + output + "Status")["outputActive"].get<bool>();
  }
  // Whether OBS has made a file of more than a header.
  [[nodiscard]] bool has_recording(const std::string& begin = {}) const {
    for (const auto& file : std::filesystem::directory_iterator(scratch_.path("obs/recordings"))) {
      if (file.path().filename().string().rfind(begin, 0) == 0 && file.file_size() > 1000)
        return true;
    }
    return false;
  }
  // For `midimon run`: the plugin's table of a profile, and the password as a user stores it.
  [[nodiscard]] std::string plugin_table(const std::string& more = {}) const {
    return "[plugins.obs]\nunsigned = true\nmodule = \"" + guest("obs") +
           "\"\ngrant = [\"network:ws://127.0.0.1:" + obs_.port() +
           "\"]\n[plugins.obs.settings]\nport = " + obs_.port() + "\n" + more;
  }
  void store_password() const {
    const Finished set = run_midimon(
        scratch_, {"secret", "set", guest("obs"), "password", "--readable"}, kObsPassword + "\n");
    ASSERT_EQ(set.status, 0) << set.err;
  }
  // What an action gives; it has to go well.
  json done(const std::string& action, const json& params = json::object()) {
    const Called called = plugin().call(action, params);
    EXPECT_EQ(called.outcome, Outcome::ok) << action << ": " << called.message;
    return called.output;
  }
  std::string refused(const std::string& action, const json& params) {
    const Called called = plugin().call(action, params);
    EXPECT_EQ(called.outcome, Outcome::plugin_error) << action << " " << called.output;
    return called.message;
  }
  ObsPlugin& plugin(const json& settings = json::object()) {
    if (plugin_ == nullptr) {
      plugin_ = std::make_unique<ObsPlugin>(obs_.port(), settings);
      plugin_->store_password();
    }
    return *plugin_;
  }

  Scratch scratch_;
  PythonServer obs_{"obs_studio.py", {scratch_.path("obs").string()}};
  std::unique_ptr<ObsPlugin> plugin_;
};

TEST_F(RealObs, NotesOfAFileSwitchTheSceneAndRecord) {
  const auto pad = [](int note, const std::string& call) {
    return "[[global_mappings]]\ntrigger = { type = \"Note\", note = " + std::to_string(note) +
           " }\naction = { type = \"Plugin\", plugin = \"obs\", " + call + " }\n";
  };
  write_text(scratch_.path("p.toml"),
             plugin_table() + pad(60, R"(action = "switch_scene", params = { scene = "Game" })") +
                 pad(61, R"(action = "record", params = { set = "start" })") +
                 pad(62, R"(action = "record", params = { set = "stop" })"));
  store_password();
  ASSERT_EQ(scene(), "Talk");
  const Finished check = run_midimon(scratch_, {"check", scratch_.path("p.toml")});
  EXPECT_EQ(check.status, 0) << check.out << check.err;

  const auto play = [&](const std::vector<int>& notes) {
    write_text(scratch_.path("song.mid"), song(notes));
    const Finished played = run_midimon(
        scratch_, {"run", "-c", scratch_.path("p.toml"), "--midi-file", scratch_.path("song.mid")});
    EXPECT_EQ(played.status, 0) << played.out << played.err;
  };
  play({60, 61});
  EXPECT_EQ(scene(), "Game");
  // However slow the machine is: so much of it that there is something to see.
  EXPECT_TRUE(comes_true([&] { return ask("GetRecordStatus")["outputBytes"] > 2000; }));
  play({62});
  EXPECT_TRUE(comes_true([&] { return !is_active("Record"); }));
  EXPECT_TRUE(comes_true([&] { return has_recording(); }));
}

TEST_F(RealObs, ScenesPreviewsAndTransitions) {
  EXPECT_EQ(done("switch_scene", {{"scene", "Game"}})["scene"], "Game");
  EXPECT_EQ(scene(), "Game");
  EXPECT_EQ(refused("switch_scene", {{"scene", "talk"}}),
            R"(OBS has no scene "talk". Did you mean "Talk"?)");
  EXPECT_THAT(refused("preview_scene", {{"scene", "Talk"}}), HasSubstr("not in studio mode"));
  EXPECT_EQ(done("studio_mode", {{"set", "on"}})["studio_mode"], true);
  EXPECT_EQ(ask("GetStudioModeEnabled")["studioModeEnabled"], true);
  done("preview_scene", {{"scene", "Talk"}});
  EXPECT_EQ(ask("GetCurrentPreviewScene")["currentPreviewSceneName"], "Talk");
  EXPECT_EQ(scene(), "Game");
  EXPECT_EQ(refused("transition", {{"transition", "Fad"}}),
            R"(OBS has no transition "Fad". Did you mean "Fade"?)");
  done("transition", {{"transition", "Fade"}, {"duration_ms", 60}});
  EXPECT_EQ(ask("GetCurrentSceneTransition")["transitionDuration"], 60);
  EXPECT_TRUE(comes_true([&] { return scene() == "Talk"; }));
  EXPECT_EQ(done("studio_mode")["studio_mode"], false);
  EXPECT_EQ(ask("GetStudioModeEnabled")["studioModeEnabled"], false);
}

TEST_F(RealObs, SourcesFiltersAndText) {
  const auto shown = [&] {
    const json id = ask("GetSceneItemId", {{"sceneName", "Talk"}, {"sourceName", "Title"}});
    return ask("GetSceneItemEnabled",
               {{"sceneName", "Talk"}, {"sceneItemId", id["sceneItemId"]}})["sceneItemEnabled"];
  };
  EXPECT_EQ(done("show_source", {{"source", "Title"}})["shown"], false);
  EXPECT_EQ(shown(), false);
  done("show_source", {{"source", "Title"}, {"scene", "Talk"}, {"set", "show"}});
  EXPECT_EQ(shown(), true);
  EXPECT_THAT(refused("show_source", {{"source", "Titel"}}), HasSubstr(R"(Did you mean "Title"?)"));
  EXPECT_THAT(refused("show_source", {{"source", "Title"}, {"scene", "Tlak"}}),
              HasSubstr(R"(no scene "Tlak". Did you mean "Talk"?)"));

  const json filter = {{"sourceName", "Title"}, {"filterName", "Tint"}};
  EXPECT_EQ(done("filter", {{"source", "Title"}, {"filter", "Tint"}})["enabled"], false);
  EXPECT_EQ(ask("GetSourceFilter", filter)["filterEnabled"], false);
  done("filter", {{"source", "Title"}, {"filter", "Tint"}, {"set", "on"}});
  EXPECT_EQ(ask("GetSourceFilter", filter)["filterEnabled"], true);
  EXPECT_THAT(refused("filter", {{"source", "Title"}, {"filter", "Tnit"}}),
              HasSubstr(R"(Did you mean "Tint"?)"));
  EXPECT_THAT(refused("filter", {{"source", "Tile"}, {"filter", "Tint"}}),
              HasSubstr(R"(no source "Tile". Did you mean "Title"?)"));

  done("text", {{"input", "Words"}, {"text", "10 kg → \"ok\""}});
  EXPECT_EQ(ask("GetInputSettings", {{"inputName", "Words"}})["inputSettings"]["text"],
            "10 kg → \"ok\"");
  EXPECT_EQ(refused("text", {{"input", "Title"}, {"text", "x"}}), R"("Title" is no text source.)");
}

TEST_F(RealObs, SoundAndMedia) {
  const json tone = {{"inputName", "Tone"}};
  EXPECT_EQ(done("mute", {{"input", "Tone"}})["muted"], true);
  EXPECT_EQ(ask("GetInputMute", tone)["inputMuted"], true);
  done("mute", {{"input", "Tone"}, {"set", "off"}});
  EXPECT_EQ(ask("GetInputMute", tone)["inputMuted"], false);
  EXPECT_EQ(refused("mute", {{"input", "Tune"}}),
            R"(OBS has no input "Tune". Did you mean "Tone"?)");
  EXPECT_THAT(refused("mute", {{"input", "Title"}}), HasSubstr("does not support audio"));

  const auto db = [&] { return ask("GetInputVolume", tone)["inputVolumeDb"].get<double>(); };
  done("volume", {{"input", "Tone"}, {"db", -20}});
  EXPECT_NEAR(db(), -20, 0.01);
  done("volume", {{"input", "Tone"}, {"change_db", 6.5}});
  EXPECT_NEAR(db(), -13.5, 0.01);
  done("volume", {{"input", "Tone"}, {"percent", 100}});
  EXPECT_NEAR(db(), 0, 0.01);
  done("volume", {{"input", "Tone"}, {"percent", 0}});
  done("volume", {{"input", "Tone"}, {"change_db", 40}});
  EXPECT_NEAR(db(), -60, 0.01) << "from silence on";

  const auto media = [&] { return ask("GetMediaInputStatus", tone)["mediaState"]; };
  ASSERT_EQ(media(), "OBS_MEDIA_STATE_PLAYING");
  EXPECT_EQ(done("media", {{"input", "Tone"}})["did"], "pause");
  EXPECT_TRUE(comes_true([&] { return media() == "OBS_MEDIA_STATE_PAUSED"; }));
  EXPECT_EQ(done("media", {{"input", "Tone"}})["did"], "play");
  EXPECT_TRUE(comes_true([&] { return media() == "OBS_MEDIA_STATE_PLAYING"; }));
  EXPECT_TRUE(comes_true([&] {
    // OBS loses one that comes while it is still beginning to play.
    done("media", {{"input", "Tone"}, {"set", "stop"}});
    return media() == "OBS_MEDIA_STATE_STOPPED";
  })) << media();
}

TEST_F(RealObs, RecordingsReplaysAndTheVirtualCamera) {
  const Called started = plugin().call("record", {{"set", "start"}});
  EXPECT_EQ(started.output["changed"], true) << started.message;
  EXPECT_EQ(started.state,
            json({{"state", "recording"}, {"text", "REC"}, {"color", "#ff0000"}, {"led", 127}}));
  ASSERT_TRUE(comes_true([&] { return is_active("Record"); }));
  EXPECT_EQ(done("record", {{"set", "start"}})["changed"], false);
  done("record", {{"set", "pause"}});
  EXPECT_EQ(ask("GetRecordStatus")["outputPaused"], true);
  EXPECT_EQ(plugin().call("status").state["state"], "paused");
  done("record", {{"set", "toggle_pause"}});
  EXPECT_EQ(ask("GetRecordStatus")["outputPaused"], false);
  const json stopped = done("record");
  EXPECT_EQ(stopped["recording"], false);
  EXPECT_THAT(stopped["file"].get<std::string>(), HasSubstr("obs/recordings/"));
  ASSERT_TRUE(comes_true([&] { return !is_active("Record"); }));
  EXPECT_TRUE(std::filesystem::exists(stopped["file"].get<std::string>()));
  EXPECT_THAT(refused("record", {{"set", "pause"}}), HasSubstr("not recording"));

  EXPECT_THAT(refused("replay_buffer", {{"set", "save"}}), HasSubstr("start it first"));
  done("replay_buffer", {{"set", "start"}});
  ASSERT_TRUE(comes_true([&] { return is_active("ReplayBuffer"); }));
  EXPECT_TRUE(comes_true([&] {
    // Each puts off what the one before asked for, and one that comes too early finds no frames.
    done("replay_buffer");
    return comes_true([&] { return has_recording("Replay"); }, 20);
  }));
  done("replay_buffer", {{"set", "stop"}});
  EXPECT_TRUE(comes_true([&] { return !is_active("ReplayBuffer"); }));

  // A machine without v4l2loopback has no virtual camera.
  if (ask("GetVirtualCamStatus").is_string()) {
    EXPECT_EQ(refused("virtual_camera", {{"set", "start"}}), "OBS: VirtualCam is not available.");
  } else {
    done("virtual_camera", {{"set", "start"}});
    EXPECT_TRUE(comes_true([&] { return is_active("VirtualCam"); }));
  }
}

// To a server that takes it as a streaming service would.
TEST_F(RealObs, Streams) {
  const std::string server = "rtmp://127.0.0.1:" + free_port() + "/live";
  const TestProcess taker({"ffmpeg", "-nostdin", "-listen", "1", "-i", server + "/key", "-c",
                           "copy", scratch_.path("stream.flv")},
                          {}, -1, scratch_.path("ffmpeg.log"));
  (void)ask("SetStreamServiceSettings",
            {{"streamServiceType", "rtmp_custom"},
             {"streamServiceSettings", {{"server", server}, {"key", "key"}}}});
  const Called started = plugin().call("stream");
  EXPECT_EQ(started.output["streaming"], true) << started.message;
  EXPECT_EQ(started.state["state"], "streaming");
  EXPECT_TRUE(comes_true([&] { return ask("GetStreamStatus")["outputBytes"] > 1000; }))
      << read_text(scratch_.path("ffmpeg.log"));
  EXPECT_EQ(done("stream", {{"set", "stop"}})["changed"], true);
  EXPECT_TRUE(comes_true([&] { return !is_active("Stream"); }));
  EXPECT_TRUE(comes_true([&] {
    std::error_code none_yet;
    return std::filesystem::file_size(scratch_.path("stream.flv"), none_yet) > 1000 && !none_yet;
  })) << read_text(scratch_.path("ffmpeg.log"));
}

TEST_F(RealObs, HotkeysPicturesRequestsAndBatches) {
  EXPECT_THAT(refused("hotkey", {{"name", "OBSBasic.StartRecordin"}}),
              HasSubstr(R"(Did you mean "OBSBasic.StartRecording"?)"));
  done("hotkey", {{"name", "OBSBasic.StartRecording"}});
  EXPECT_TRUE(comes_true([&] { return is_active("Record"); }));
  done("record", {{"set", "stop"}});
  EXPECT_TRUE(comes_true([&] { return !is_active("Record"); }));
  for (const char* keys : {"ctrl+shift+f9", "alt+page_up", "7", "OBS_KEY_NUM7"})
    done("hotkey", {{"keys", keys}});

  const json kept = done("screenshot", {{"format", "png"}, {"width", 64}});
  const std::string png = read_text(plugin().file(kept["file"]));
  EXPECT_EQ(png.size(), kept["bytes"]);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(16, 4), std::string("\0\0\0\x40", 4)) << "as wide as was asked";
  const std::string jpg = read_text(plugin().file(done("screenshot")["file"]));
  EXPECT_EQ(jpg.substr(0, 2), "\xFF\xD8");
  EXPECT_EQ(refused("screenshot", {{"source", "Tittle"}}),
            R"(OBS has no source "Tittle". Did you mean "Title"?)");

  EXPECT_EQ(done("request", {{"type", "GetVideoSettings"}})["baseWidth"], 320);
  EXPECT_EQ(refused("request", {{"type", "GetVideoSetings"}}),
            R"(OBS knows no request "GetVideoSetings". Did you mean "GetVideoSettings"?)");
  const json switch_to_game = {{"type", "SetCurrentProgramScene"},
                               {"data", {{"sceneName", "Game"}}}};
  const json no_such = {{"type", "SetCurrentProgramScene"}, {"data", {{"sceneName", "None"}}}};
  const json results = done("batch", {{"requests", {{{"type", "GetStats"}}, switch_to_game}}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0]["data"].contains("activeFps"));
  EXPECT_EQ(scene(), "Game");
  EXPECT_THAT(refused("batch", {{"requests", {no_such, switch_to_game}}}),
              HasSubstr("Request 1, SetCurrentProgramScene: OBS: No source was found"));
  EXPECT_EQ(refused("scene_collection", {{"name", "midimom"}}),
            R"(OBS has no scene collection "midimom". Did you mean "midimon"?)");
  EXPECT_EQ(refused("profile", {{"name", "midimom"}}),
            R"(OBS has no profile "midimom". Did you mean "midimon"?)");
}

TEST_F(RealObs, ItsEventsLightThePadAndPressNotes) {
  plugin({{"state", "scene"}, {"notes", {{"scene Game", 1}, {"recording", 2}}}});
  EXPECT_EQ(plugin().poll().state["text"], "Talk");
  (void)ask("SetCurrentProgramScene", {{"sceneName", "Game"}});
  json events = json::array();
  const auto heard = [&](const std::string& event) {
    return comes_true([&] {
      const Called polled = plugin().poll();
      for (const json& one : polled.output["events"])
        events.push_back(one);
      return std::find(events.begin(), events.end(), event) != events.end();
    });
  };
  EXPECT_TRUE(heard("press 1 100")) << events;
  EXPECT_EQ(plugin().poll().state["state"], "Game");
  (void)ask("StartRecord");
  EXPECT_TRUE(heard("press 2 100")) << events;
  EXPECT_EQ(plugin().poll().state["text"], "REC");
  (void)ask("StopRecord");
  EXPECT_TRUE(heard("release 2")) << events;
  // A name that no pad shows as it is.
  (void)ask("SetSceneName", {{"sceneName", "Game"}, {"newSceneName", "Ga\u202Eme"}});
  EXPECT_TRUE(heard("release 1")) << events;
  EXPECT_EQ(plugin().poll().state["text"], "Ga?me");
  (void)ask("CreateSceneCollection", {{"sceneCollectionName", "other"}});
  EXPECT_TRUE(comes_true([&] { return plugin().poll().state["text"] == scene(); }));
  EXPECT_NE(scene(), "Talk");
  EXPECT_EQ(plugin().call("scene_collection", {{"name", "midimon"}}).state["text"], "Ga?me");
}

TEST_F(RealObs, InTheDaemonWhatObsDoesIsShownAndRunsMappings) {
  write_text(scratch_.path("p.toml"),
             "[[devices]]\nalias = \"obs\"\nname = \"plugin:obs\"\n" +
                 plugin_table("[plugins.obs.settings.notes]\n\"scene Game\" = 1\n") +
                 "[[global_mappings]]\ndevice = \"obs\"\n"
                 "trigger = { type = \"Note\", note = 1 }\n"
                 "action = { type = \"Plugin\", plugin = \"obs\", action = \"mute\", params = "
                 "{ input = \"Tone\", set = \"on\" } }\n");
  store_password();
  json pad;
  const Finished ran =
      run_midimon(scratch_, {"run", "-c", scratch_.path("p.toml")}, {}, [&](pid_t daemon) {
        const auto shows = [&](const std::string& text) {
          return comes_true([&] {
            pad = json::parse(run_midimon(scratch_, {"status", "--json"}).out, nullptr, false);
            return pad.is_object() && !pad["plugins"].empty() &&
                   pad["plugins"][0]["pad"]["text"] == text;
          });
        };
        EXPECT_TRUE(shows("Talk")) << pad;
        (void)ask("SetCurrentProgramScene", {{"sceneName", "Game"}});
        EXPECT_TRUE(shows("Game")) << pad;
        EXPECT_TRUE(comes_true([&] {
          return ask("GetInputMute", {{"inputName", "Tone"}})["inputMuted"] == true;
        }));
        ::kill(daemon, SIGTERM);
      });
  EXPECT_EQ(ran.status, 0) << ran.err;
}

}  // namespace
}  // namespace midimon::testing
