#include "ports/rtmidi.h"

#include <fmt/format.h>
#include <jack/jack.h>
#include <rtmidi/RtMidi.h>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

namespace midimon {
namespace {

// How others see a port of ours that is connected to one of theirs.
constexpr const char* kPortName = "midi";

RtMidi::Api to_rtmidi(PortApi api) {
  return api == PortApi::jack ? RtMidi::UNIX_JACK : RtMidi::LINUX_ALSA;
}

// Both libraries print what they have to say; we say it ourselves.
void ignore_error(RtMidiError::Type /*type*/, const std::string& /*text*/, void* /*data*/) {}

// Knows whether a JACK server runs and what is connected there: while it has a client there,
// without asking. RtMidi does not tell when the server goes, or what became of a connection.
// Thread-safe.
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

  // The port of this process that was opened by this name alone, whatever JACK called its client.
  jack_port_t* port_named(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    if (client_ == nullptr || gone_) return nullptr;
    const Names found(::jack_get_ports(client_, (":" + name + "$").c_str(), nullptr, 0));
    return found && found[0] != nullptr ? ::jack_port_by_name(client_, found[0]) : nullptr;
  }

  bool has(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    return client_ != nullptr && !gone_ && ::jack_port_by_name(client_, name.c_str()) != nullptr;
  }

  // `ours` is of port_named(), and its client has not gone.
  bool is_connected(jack_port_t* ours, const std::string& other) {
    const std::scoped_lock lock(mutex_);
    if (client_ == nullptr || gone_) return false;
    const Names names(::jack_port_get_all_connections(client_, ours));
    if (!names) return false;
    for (std::size_t i = 0; names[i] != nullptr; ++i) {
      if (names[i] == other) return true;
    }
    return false;
  }

 private:
  struct Free {
    void operator()(const char** names) const { ::jack_free(names); }
  };
  using Names = std::unique_ptr<const char*[], Free>;

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

// Closes what can be closed. What is of a server that has gone is kept as it is, for good: leaving
// that server would wait for it. It stays in sight, so that no checker takes it for a leak.
template <typename State>
void close(std::unique_ptr<State>& state) {
  if (state && state->lifeline.is_cut()) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<std::unique_ptr<State>>();
    const std::scoped_lock lock(mutex);
    kept.push_back(std::move(state));
  }
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

// What a port of ours is connected to. JACK may drop that at any time, as it does when the other
// port goes; that there is one of its name again does not bring it back.
struct Connection {
  jack_port_t* ours = nullptr;  // none: not on JACK
  std::string other;

  [[nodiscard]] bool holds() const {
    return ours == nullptr || JackServer::instance().is_connected(ours, other);
  }
};

// A name for a port that no other process gives one, nor this one a second time.
std::string unique_name() {
  static std::atomic<unsigned> count = 0;
  return fmt::format("{}-{}-{}", kPortName, ::getpid(), ++count);
}

// The connection that JACK makes, between two periods, from our port `own` to `other`.
Result<Connection> await_connection(const std::string& own, const std::string& other) {
  static constexpr auto kLongest = std::chrono::seconds(2);
  const auto until = std::chrono::steady_clock::now() + kLongest;
  JackServer& server = JackServer::instance();
  while (server.has(other) && std::chrono::steady_clock::now() < until) {
    // A server such as PipeWire's may tell of our port a moment later.
    jack_port_t* const ours = server.port_named(own);
    if (ours != nullptr && server.is_connected(ours, other)) return Connection{ours, other};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return fail(ErrorCode::io,
              fmt::format("The MIDI port \"{}\" went away, or JACK does not connect to it; "
                          "look at it with midimon ports.",
                          other));
}

Result<Connection> open_named(RtMidi& midi, PortApi api, const std::string& name) {
  const auto names = names_of(midi);
  if (!names) return tl::unexpected(names.error());
  const auto found = std::find(names->begin(), names->end(), name);
  if (found == names->end()) {
    return fail(ErrorCode::not_found, fmt::format("There is no MIDI port \"{}\".", name));
  }
  // RtMidi does not say what JACK called its client, so the port is found by a name of its own.
  const bool jack = api == PortApi::jack;
  const std::string own = jack ? unique_name() : kPortName;
  const auto opened = guarded("The MIDI port cannot be opened", [&] {
    midi.openPort(static_cast<unsigned>(found - names->begin()), own);
    return midi.isPortOpen();
  });
  if (!opened) return tl::unexpected(opened.error());
  if (!*opened) {
    return fail(ErrorCode::io, fmt::format("The MIDI port \"{}\" cannot be opened.", name));
  }
  if (!jack) return Connection{nullptr, name};
  auto connection = await_connection(own, name);
  if (!connection) return connection;
  auto named = guarded("The MIDI port cannot be named", [&] { midi.setPortName(kPortName); });
  if (!named) return tl::unexpected(named.error());
  return connection;
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
  State(PortApi of, std::unique_ptr<RtMidiIn> made) : lifeline(of), api(of), in(std::move(made)) {}

  Lifeline lifeline;
  PortApi api;
  Connection connection;
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

bool RtInput::is_connected() const {
  return !is_dead() && state_->connection.holds();
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
  auto opened = open_named(*state_->in, state_->api, source);
  if (!opened) return tl::unexpected(opened.error());
  state_->connection = std::move(*opened);
  return {};
}

Result<void> RtInput::open_virtual(const std::string& name, MidiReceiver receiver) {
  state_->receiver.set(std::move(receiver));
  state_->in->setCallback(receive, &state_->receiver);
  return guarded("The MIDI input cannot be made", [&] { state_->in->openVirtualPort(name); });
}

// --- Output --------------------------------------------------------------------------------------

struct RtOutput::State {
  Lifeline lifeline;
  PortApi api;
  Connection connection;
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

bool RtOutput::is_connected() const {
  return !is_dead() && state_->connection.holds();
}

Result<RtOutput> RtOutput::create(PortApi api, const std::string& name) {
  auto out = make<RtMidiOut>(api, name);
  if (!out) return tl::unexpected(out.error());
  return RtOutput(std::make_unique<State>(State{Lifeline(api), api, {}, std::move(*out)}));
}

Result<std::vector<std::string>> RtOutput::targets() {
  return names_of(*state_->out);
}

Result<void> RtOutput::open(const std::string& target) {
  auto opened = open_named(*state_->out, state_->api, target);
  if (!opened) return tl::unexpected(opened.error());
  state_->connection = std::move(*opened);
  return {};
}

Result<void> RtOutput::open_virtual(const std::string& name) {
  return guarded("The MIDI output cannot be made", [&] { state_->out->openVirtualPort(name); });
}

Result<void> RtOutput::send(std::span<const std::uint8_t> message) {
  return guarded("The MIDI message cannot be sent",
                 [&] { state_->out->sendMessage(message.data(), message.size()); });
}

}  // namespace midimon
