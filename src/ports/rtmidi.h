// The ports of the system, through RtMidi: ALSA's sequencer or JACK. What RtMidi throws ends here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "midimon/result.h"

namespace midimon {

enum class PortApi : std::uint8_t { alsa, jack };

// "alsa", "jack".
[[nodiscard]] std::string_view to_string(PortApi api);

// What this machine offers now, the best first: JACK where a server runs, ALSA where there is a
// sequencer. Starts no server.
[[nodiscard]] std::vector<PortApi> usable_apis();

// Called with whole messages on a real-time thread of the API's: it must not wait.
using MidiReceiver = std::function<void(std::span<const std::uint8_t> message)>;

// The RtInput class is one input port of ours. Not thread-safe.
class RtInput {
 public:
  // Without a port yet. `name` is ours, as others see it. Error: not_found, the API is not there.
  static Result<RtInput> create(PortApi api, const std::string& name);
  RtInput(RtInput&&) noexcept;
  RtInput& operator=(RtInput&&) noexcept;
  ~RtInput();

  // The ports of others that send.
  [[nodiscard]] Result<std::vector<std::string>> sources();
  // Its JACK server has ended: nothing comes of it any more.
  [[nodiscard]] bool is_dead() const;
  // Of one that open() opened: whether it still is connected to that port, and not merely to one
  // that came back under its name. Cheap. ALSA does not tell: always, there.
  [[nodiscard]] bool is_connected() const;
  // Connects to the one with this very name; or waits for others to connect. `receiver` is called
  // until this goes. Errors: not_found, io.
  Result<void> open(const std::string& source, MidiReceiver receiver);
  Result<void> open_virtual(const std::string& name, MidiReceiver receiver);

 private:
  struct State;
  explicit RtInput(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The RtOutput class is one output port of ours. Not thread-safe.
class RtOutput {
 public:
  static Result<RtOutput> create(PortApi api, const std::string& name);
  RtOutput(RtOutput&&) noexcept;
  RtOutput& operator=(RtOutput&&) noexcept;
  ~RtOutput();

  // As RtInput has them.
  [[nodiscard]] bool is_dead() const;
  [[nodiscard]] bool is_connected() const;
  // The ports of others that receive.
  [[nodiscard]] Result<std::vector<std::string>> targets();
  Result<void> open(const std::string& target);
  Result<void> open_virtual(const std::string& name);
  // One whole message.
  Result<void> send(std::span<const std::uint8_t> message);

 private:
  struct State;
  explicit RtOutput(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace midimon
