#include "desktop/desktop.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "desktop/open_input.h"
#include "midi/message.h"

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

// Of a message that is a note: whether it begins or ends. One at velocity 0 ends.
std::optional<KeyMotion> motion_of(const std::vector<std::uint8_t>& bytes) {
  if (bytes.size() != 3) return std::nullopt;
  const Message message{bytes[0], bytes[1], bytes[2]};
  if (message.is_press()) return KeyMotion::down;
  if (message.is_release()) return KeyMotion::up;
  return std::nullopt;
}

SystemReport too_many_messages() {
  return {Outcome::failed, fmt::format("{} MIDI messages already wait to be sent", kMaxMessages)};
}

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
                 [&](MidiRequest& message) { send(std::move(message), std::move(stop), done); },
                 [&](SilenceRequest&) { silence(std::move(stop), done); },
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

// A note that sounds goes off however many messages wait.
void Desktop::send(MidiRequest message, std::stop_token stop, const Reported& done) {
  const auto motion = motion_of(message.bytes);
  Note note;
  if (motion) note = {message.port, message.bytes[0] & 0x0F, message.bytes[1]};
  bool queued = false;
  {
    const std::scoped_lock lock(notes_mutex_);
    const bool goes_off = motion == KeyMotion::up && notes_.is_down(note);
    queued = post([message = std::move(message)](
                      MidiOutput& out) { return out.send(message.port, message.bytes); },
                  std::move(stop), done, goes_off ? Worker::Room::always : Worker::Room::limited);
    if (queued && motion == KeyMotion::down) notes_.down(note);
    if (queued && motion == KeyMotion::up) notes_.up(note);
  }
  if (!queued) done(too_many_messages());
}

// The same: while any note sounds.
void Desktop::silence(std::stop_token stop, const Reported& done) {
  bool queued = false;
  {
    const std::scoped_lock lock(notes_mutex_);
    queued = post([](MidiOutput& out) { return out.silence(); }, std::move(stop), done,
                  notes_.any() ? Worker::Room::always : Worker::Room::limited);
    if (queued) notes_.all_up();
  }
  if (!queued) done(too_many_messages());
}

// False if too many wait.
bool Desktop::post(std::function<Result<void>(MidiOutput&)> what, std::stop_token stop,
                   const Reported& done, Worker::Room room) {
  return midi_worker_.post(
      [this, what = std::move(what), stop = std::move(stop), done](bool closing) {
        if (midi_ == nullptr) {
          done({Outcome::failed, "no MIDI output is open"});
        } else if (closing || stop.stop_requested()) {
          done({Outcome::cancelled, "cancelled before it was done"});
        } else {
          done(to_report(what(*midi_)));
        }
      },
      room);
}

}  // namespace midimon
