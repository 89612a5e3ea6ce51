#include "desktop/desktop.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "desktop/open_input.h"

namespace midimon {
namespace {

constexpr std::size_t kMaxVolumes = 64;  // that wait

using Done = std::function<void(SystemReport)>;

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

template <typename Send>
SystemReport send_midi(MidiOutput* midi, const Send& send) {
  if (midi == nullptr) return {Outcome::failed, "no MIDI output is open"};
  return to_report(send(*midi));
}

}  // namespace

Desktop::Desktop(const Clock& clock, Environment environment, LogSink& log, MidiOutput* midi)
    : midi_(midi),
      input_([environment = std::move(environment)] { return open_input_device(environment); }),
      processes_(clock, log),
      volume_(clock),
      volume_worker_(kMaxVolumes, [] {}) {}

void Desktop::call(SystemRequest request, std::stop_token stop, Done done) {
  const auto input = [&](auto one) { input_.call(std::move(one), std::move(stop), done); };
  const auto midi = [&](const auto& send) { done(send_midi(midi_, send)); };
  std::visit(
      Overloaded{
          [&](KeyRequest& keys) { input(std::move(keys)); },
          [&](TextRequest& text) { input(std::move(text)); },
          [&](MouseClick& click) { input(click); },
          [&](MoveRequest& move) { input(move); },
          [&](LaunchRequest& launch) { processes_.launch(std::move(launch), std::move(done)); },
          [&](CommandRequest& command) {
            processes_.run(std::move(command), std::move(stop), std::move(done));
          },
          [&](VolumeRequest& volume) { turn(volume, std::move(stop), done); },
          [&](MidiRequest& message) {
            midi([&](MidiOutput& out) { return out.send(message.port, message.bytes); });
          },
          [&](SilenceRequest&) { midi([](MidiOutput& out) { return out.silence(); }); },
      },
      request);
}

void Desktop::turn(const VolumeRequest& request, std::stop_token stop, const Done& done) {
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

}  // namespace midimon
