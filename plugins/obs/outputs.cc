#include "outputs.h"

#include <string_view>

#include "turn.h"

namespace obs {

using midimon::Call;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

namespace {

// One thing that OBS can make.
struct Output {
  std::string_view request;  // what its requests end with: Start..., Stop...
  std::string_view event;    // that tells of it
  std::string_view key;      // of the output of its action
};

constexpr Output kRecord{"Record", "RecordStateChanged", "recording"};
constexpr Output kStream{"Stream", "StreamStateChanged", "streaming"};
constexpr Output kReplayBuffer{"ReplayBuffer", "ReplayBufferStateChanged", "replay_buffer"};
constexpr Output kVirtualCamera{"VirtualCam", "VirtualcamStateChanged", "virtual_camera"};

Reply ask(Turn& turn, std::string_view verb, const Output& output) {
  return turn.request(std::string(verb) + std::string(output.request));
}

// Starts or stops it, whichever it is not; asked of OBS, as it may have ended by itself.
Reply active(Turn& turn, const Output& output) {
  Reply reply = turn.request("Get" + std::string(output.request) + "Status");
  if (reply.ok()) reply.data = reply.data["outputActive"];
  return reply;
}

// What is as wanted already was no failure: a pad for "start" may be pressed twice.
Status start_or_stop(Turn& turn, const Output& output, std::string_view what) {
  bool start = what == "start";
  if (what == "toggle") {
    const Reply now = active(turn, output);
    if (!now.ok()) return failed(now);
    start = !now.data.boolean();
  }
  const Reply reply = ask(turn, start ? "Start" : "Stop", output);
  const bool was = reply.code == (start ? Code::already_running : Code::not_running);
  if (!reply.ok() && !was) return failed(reply);
  Turn::session().learn(output.event, Json::object({{"outputActive", start}}));
  Json result = Json::object({{output.key, start}, {"changed", !was}});
  if (const Json& path = reply.data["outputPath"]; path.is_string()) result.set("file", path);
  return done(result);
}

// Halts a recording or goes on with it. What it is doing is asked first: OBS takes a pause of no
// recording, and then is confused.
Status pause(Turn& turn, std::string_view what) {
  const Reply now = turn.request("GetRecordStatus");
  if (!now.ok()) return failed(now);
  if (!now.data["outputActive"].boolean()) {
    return midimon::failed("OBS is not recording, so there is nothing to pause or go on with.");
  }
  const bool paused = now.data["outputPaused"].boolean();
  const bool halt = what == "toggle_pause" ? !paused : what == "pause";
  if (halt != paused) {
    const Reply reply = ask(turn, halt ? "Pause" : "Resume", kRecord);
    if (!reply.ok()) return failed(reply);
  }
  Turn::session().learn(kRecord.event,
                        Json::object({{"outputActive", true},
                                      {"outputState", halt ? "OBS_WEBSOCKET_OUTPUT_PAUSED"
                                                           : "OBS_WEBSOCKET_OUTPUT_RESUMED"}}));
  return done(Json::object({{"paused", halt}, {"changed", halt != paused}}));
}

}  // namespace

void Record::fields(Fields& field) {
  field("set", set)
      .describe("What to do with the recording")
      .choices({"start", "stop", "toggle", "pause", "resume", "toggle_pause"});
}

Status record(const Record& params, const Call& /*call*/) {
  Turn turn;
  const bool whole = params.set == "start" || params.set == "stop" || params.set == "toggle";
  return whole ? start_or_stop(turn, kRecord, params.set) : pause(turn, params.set);
}

void StartStop::fields(Fields& field) {
  field("set", set).describe("What to do with it").choices({"start", "stop", "toggle"});
}

Status stream(const StartStop& params, const Call& /*call*/) {
  Turn turn;
  return start_or_stop(turn, kStream, params.set);
}

Status virtual_camera(const StartStop& params, const Call& /*call*/) {
  Turn turn;
  return start_or_stop(turn, kVirtualCamera, params.set);
}

void ReplayBuffer::fields(Fields& field) {
  field("set", set)
      .describe("\"save\" keeps what was before now as a file")
      .choices({"start", "stop", "toggle", "save"});
}

Status replay_buffer(const ReplayBuffer& params, const Call& /*call*/) {
  Turn turn;
  if (params.set != "save") return start_or_stop(turn, kReplayBuffer, params.set);
  const Reply reply = turn.request("SaveReplayBuffer");
  if (reply.code == Code::not_running) {
    return midimon::failed(
        "The replay buffer is not running, so there is nothing to save; start it first.");
  }
  return reply.ok() ? done(Json::object({{"saved", true}})) : failed(reply);
}

}  // namespace obs
