#include "desktop/desktop.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "desktop/open_input.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxVolumes = 64;     // that wait
constexpr std::size_t kMaxMessages = 1024;  // the same

using Reported = std::function<void(SystemReport)>;

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

SystemReport to_report(const Result<void>& result) {
  if (result) return {};
  return {Outcome::failed, result.error().message};
}

}  // namespace

Desktop::Desktop(const Clock& clock, const Environment& environment, LogSink& log, MidiOutput* midi)
    : midi_(midi),
      input_([environment] { return open_input_device(environment); }),
      processes_(clock, log),
      volume_(clock),
      volume_worker_(kMaxVolumes, [] {}),
      midi_worker_(kMaxMessages, [] {}),
      asks_(clock, environment, processes_, midi) {}

void Desktop::call(SystemRequest request, std::stop_token stop, Reported done) {
  const auto input = [&](auto one) { input_.call(std::move(one), std::move(stop), done); };
  const auto launch = [&](LaunchRequest what) {
    processes_.launch(std::move(what), Processes::Launcher::user, std::move(done));
  };
  const auto midi = [&](auto what) { send(std::move(what), std::move(stop), done); };
  std::visit(Overloaded{
                 [&](KeyRequest& keys) { input(std::move(keys)); },
                 [&](TextRequest& text) { input(std::move(text)); },
                 [&](MouseClick& click) { input(click); },
                 [&](MoveRequest& move) { input(move); },
                 [&](LaunchRequest& program) { launch(std::move(program)); },
                 [&](CommandRequest& command) {
                   processes_.run(std::move(command), std::move(stop), std::move(done));
                 },
                 [&](VolumeRequest& volume) { turn(volume, std::move(stop), done); },
                 [&](MidiRequest& message) {
                   midi([message = std::move(message)](MidiOutput& out) {
                     return out.send(message.port, message.bytes);
                   });
                 },
                 [&](SilenceRequest&) { midi([](MidiOutput& out) { return out.silence(); }); },
             },
             request);
}

void Desktop::turn(const VolumeRequest& request, std::stop_token stop, const Reported& done) {
  const bool queued =
      volume_worker_.post([this, request, stop = std::move(stop), done](bool closing) {
        if (closing || stop.stop_requested()) {
          done({Outcome::cancelled, "cancelled before it was done"});
        } else {
          done(to_report(volume_.apply(request)));
        }
      });
  if (queued) return;
  done({Outcome::failed,
        fmt::format("{} changes of the volume already wait for the sound server", kMaxVolumes)});
}

void Desktop::send(std::function<Result<void>(MidiOutput&)> what, std::stop_token stop,
                   const Reported& done) {
  if (midi_ == nullptr) {
    done({Outcome::failed, "no MIDI output is open"});
    return;
  }
  const bool queued =
      midi_worker_.post([this, what = std::move(what), stop = std::move(stop), done](bool closing) {
        if (closing || stop.stop_requested()) {
          done({Outcome::cancelled, "cancelled before it was done"});
        } else {
          done(to_report(what(*midi_)));
        }
      });
  if (queued) return;
  done({Outcome::failed, fmt::format("{} MIDI messages already wait to be sent", kMaxMessages)});
}

}  // namespace midimon
