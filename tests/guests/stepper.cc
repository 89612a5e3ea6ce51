// A session with events of its own: counts its presses, tells the time as it sees it, and answers
// what came over a WebSocket between the presses.
#include <ctime>
#include <optional>

#include "midimon.hpp"

namespace {

using midimon::Call;
using midimon::Json;
using midimon::Status;

int presses = 0;
int shown = 0;
bool broken = false;
std::optional<midimon::ws::Connection> connection;

std::int64_t seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec;
}

Status press(const Call& call) {
  ++presses;
  midimon::log("press " + Json(presses).dump());
  return midimon::set_output(Json::object({{"presses", presses}, {"at", call.timestamp_ms}}))
      .status();
}

Status times(const Call&) {
  return midimon::set_output(Json::object({{"real", seconds_of(CLOCK_REALTIME)},
                                           {"up", seconds_of(CLOCK_MONOTONIC)}}))
      .status();
}

Status listen(const Call&) {
  auto opened = midimon::ws::Connection::connect({.url = "ws://127.0.0.1:4455/"});
  if (!opened) return opened.status();
  connection = std::move(*opened);
  return midimon::ok();
}

Status rest(const Call&) {
  timespec time{0, 2'000'000};
  return nanosleep(&time, nullptr) == 0 ? midimon::ok() : midimon::failed("It cannot sleep.");
}

Status spoil(const Call&) {
  broken = true;
  return midimon::ok();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("stepper").version("1.0.0").trigger().session();
  plugin.needs("network", {"ws://127.0.0.1:4455"}, "to listen").needs("filesystem", "to keep");
  plugin.action("press", press);
  plugin.action("times", times);
  plugin.action("listen", listen);
  plugin.action("rest", rest);
  plugin.action("spoil", spoil);
}

midimon::Events poll() {
  midimon::Events events;
  if (broken) return std::move(events.event("no such event"));
  if (presses > shown) events.cc(1, presses);
  shown = presses;
  if (connection) {
    const auto message = connection->receive(0);
    if (message) events.event(message->data);
  }
  // Every half minute, a beat.
  if (seconds_of(CLOCK_REALTIME) % 60 == 30) events.press(36).release(36);
  return std::move(events.next(500));
}

}  // namespace

MIDIMON_PLUGIN(declare)
MIDIMON_TRIGGER(poll)
