#include "ports/rtmidi.h"

#include <fmt/format.h>
#include <jack/jack.h>
#include <rtmidi/RtMidi.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <type_traits>
#include <utility>

namespace midimon {
namespace {

RtMidi::Api to_rtmidi(PortApi api) {
  return api == PortApi::jack ? RtMidi::UNIX_JACK : RtMidi::LINUX_ALSA;
}

// Both libraries print what they have to say; we say it ourselves.
void ignore_error(RtMidiError::Type /*type*/, const std::string& /*text*/, void* /*data*/) {}

// Knows whether a JACK server runs: while it has a client there, without asking. RtMidi does not
// tell when the server goes. Thread-safe.
class JackServer {
 public:
  // For as long as the process: it is never the last to go.
  static JackServer& instance() {
    static auto* const server = new JackServer;
    return *server;
  }

  bool is_there() {
    const std::scoped_lock lock(mutex_);
    if (client_ != nullptr && !gone_) return true;
    if (client_ != nullptr) ++changes_;
    gone_ = false;  // the client is left behind, as Lifeline has it
    client_ = ::jack_client_open("midimon-watch", JackNoStartServer, nullptr);
    if (client_ == nullptr) return false;
    ++changes_;
    ::jack_on_shutdown(
        client_, [](void* gone) { static_cast<std::atomic<bool>*>(gone)->store(true); }, &gone_);
    return true;
  }

  std::uint64_t changes() {
    (void)is_there();
    const std::scoped_lock lock(mutex_);
    return changes_;
  }

 private:
  JackServer() {
    ::jack_set_error_function([](const char*) {});
    ::jack_set_info_function([](const char*) {});
  }

  std::mutex mutex_;
  std::uint64_t changes_ = 0;
  jack_client_t* client_ = nullptr;
  std::atomic<bool> gone_ = false;
};

// Which server something of RtMidi's is on. What belonged to a JACK server that has ended cannot be
// closed (libjack 1.9.21 ends the process then); it is left behind, for what memory it has.
class Lifeline {
 public:
  explicit Lifeline(PortApi api)
      : api_(api), server_(api == PortApi::jack ? JackServer::instance().changes() : 0) {}

  [[nodiscard]] bool is_cut() const {
    return api_ == PortApi::jack && JackServer::instance().changes() != server_;
  }

 private:
  PortApi api_;
  std::uint64_t server_;
};

// Closes what can be closed.
template <typename State>
void close(std::unique_ptr<State>& state) {
  if (state && state->lifeline.is_cut()) (void)state.release();
  state.reset();
}

bool has_alsa() {
  std::error_code error;
  return std::filesystem::exists("/dev/snd/seq", error);
}

Error not_there(PortApi api) {
  return {ErrorCode::not_found,
          api == PortApi::jack
              ? "No JACK server runs here. Start one, for example: jackd -d alsa"
              : "ALSA has no sequencer here (/dev/snd/seq). Load it: modprobe snd-seq"};
}

// Calls `act`, in which RtMidi may throw.
template <typename Act>
auto guarded(std::string_view what, Act act) -> Result<decltype(act())> {
  try {
    if constexpr (std::is_void_v<decltype(act())>) {
      act();
      return {};
    } else {
      return act();
    }
  } catch (const std::exception& error) {
    return fail(ErrorCode::io, fmt::format("{}: {}", what, error.what()));
  }
}

template <typename Port>
Result<std::unique_ptr<Port>> make(PortApi api, const std::string& name) {
  if (api == PortApi::jack ? !JackServer::instance().is_there() : !has_alsa())
    return tl::unexpected(not_there(api));
  return guarded("The MIDI ports cannot be used", [&] {
    std::unique_ptr<Port> port;
    if constexpr (std::is_same_v<Port, RtMidiIn>) {
      port = std::make_unique<RtMidiIn>(to_rtmidi(api), name, 1);
    } else {
      port = std::make_unique<RtMidiOut>(to_rtmidi(api), name);
    }
    port->setErrorCallback(ignore_error);
    return port;
  });
}

Result<std::vector<std::string>> names_of(RtMidi& midi) {
  return guarded("The MIDI ports cannot be listed", [&] {
    std::vector<std::string> names;
    const unsigned count = midi.getPortCount();
    for (unsigned i = 0; i < count; ++i)
      names.push_back(midi.getPortName(i));
    return names;
  });
}

Result<void> open_named(RtMidi& midi, const std::string& name) {
  const auto names = names_of(midi);
  if (!names) return tl::unexpected(names.error());
  const auto found = std::find(names->begin(), names->end(), name);
  if (found == names->end()) {
    return fail(ErrorCode::not_found, fmt::format("There is no MIDI port \"{}\".", name));
  }
  const auto opened = guarded("The MIDI port cannot be opened", [&] {
    midi.openPort(static_cast<unsigned>(found - names->begin()), "midi");
    return midi.isPortOpen();
  });
  if (!opened) return tl::unexpected(opened.error());
  if (!*opened) {
    return fail(ErrorCode::io, fmt::format("The MIDI port \"{}\" cannot be opened.", name));
  }
  return {};
}

// Whom a library's thread calls. It may have begun before, and reads it without a lock.
struct Receiver {
  MidiReceiver call;
  std::atomic<bool> there = false;

  void set(MidiReceiver given) {
    call = std::move(given);
    there.store(true, std::memory_order_release);
  }
};

void receive(double /*since*/, std::vector<unsigned char>* message, void* argument) {
  const auto& receiver = *static_cast<const Receiver*>(argument);
  if (message == nullptr || message->empty()) return;
  if (!receiver.there.load(std::memory_order_acquire)) return;
  receiver.call({message->data(), message->size()});
}

}  // namespace

std::string_view to_string(PortApi api) {
  return api == PortApi::jack ? "jack" : "alsa";
}

std::vector<PortApi> usable_apis() {
  std::vector<PortApi> apis;
  if (JackServer::instance().is_there()) apis.push_back(PortApi::jack);
  if (has_alsa()) apis.push_back(PortApi::alsa);
  return apis;
}

// --- Input ---------------------------------------------------------------------------------------

struct RtInput::State {
  State(PortApi api, std::unique_ptr<RtMidiIn> made) : lifeline(api), in(std::move(made)) {}

  Lifeline lifeline;
  Receiver receiver;
  std::unique_ptr<RtMidiIn> in;  // last: it calls the receiver until it goes
};

RtInput::RtInput(std::unique_ptr<State> state) : state_(std::move(state)) {}
RtInput::RtInput(RtInput&&) noexcept = default;
RtInput& RtInput::operator=(RtInput&& other) noexcept {
  close(state_);
  state_ = std::move(other.state_);
  return *this;
}
RtInput::~RtInput() {
  close(state_);
}

bool RtInput::is_dead() const {
  return state_->lifeline.is_cut();
}

Result<RtInput> RtInput::create(PortApi api, const std::string& name) {
  auto in = make<RtMidiIn>(api, name);
  if (!in) return tl::unexpected(in.error());
  // Sysex and the clock are wanted; active sensing says nothing.
  (*in)->ignoreTypes(false, false, true);
  return RtInput(std::make_unique<State>(api, std::move(*in)));
}

Result<std::vector<std::string>> RtInput::sources() {
  return names_of(*state_->in);
}

Result<void> RtInput::open(const std::string& source, MidiReceiver receiver) {
  state_->receiver.set(std::move(receiver));
  state_->in->setCallback(receive, &state_->receiver);
  return open_named(*state_->in, source);
}

Result<void> RtInput::open_virtual(const std::string& name, MidiReceiver receiver) {
  state_->receiver.set(std::move(receiver));
  state_->in->setCallback(receive, &state_->receiver);
  return guarded("The MIDI input cannot be made", [&] { state_->in->openVirtualPort(name); });
}

// --- Output --------------------------------------------------------------------------------------

struct RtOutput::State {
  Lifeline lifeline;
  std::unique_ptr<RtMidiOut> out;
};

RtOutput::RtOutput(std::unique_ptr<State> state) : state_(std::move(state)) {}
RtOutput::RtOutput(RtOutput&&) noexcept = default;
RtOutput& RtOutput::operator=(RtOutput&& other) noexcept {
  close(state_);
  state_ = std::move(other.state_);
  return *this;
}
RtOutput::~RtOutput() {
  close(state_);
}

bool RtOutput::is_dead() const {
  return state_->lifeline.is_cut();
}

Result<RtOutput> RtOutput::create(PortApi api, const std::string& name) {
  auto out = make<RtMidiOut>(api, name);
  if (!out) return tl::unexpected(out.error());
  return RtOutput(std::make_unique<State>(State{Lifeline(api), std::move(*out)}));
}

Result<std::vector<std::string>> RtOutput::targets() {
  return names_of(*state_->out);
}

Result<void> RtOutput::open(const std::string& target) {
  return open_named(*state_->out, target);
}

Result<void> RtOutput::open_virtual(const std::string& name) {
  return guarded("The MIDI output cannot be made", [&] { state_->out->openVirtualPort(name); });
}

Result<void> RtOutput::send(std::span<const std::uint8_t> message) {
  return guarded("The MIDI message cannot be sent",
                 [&] { state_->out->sendMessage(message.data(), message.size()); });
}

}  // namespace midimon
