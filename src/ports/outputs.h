// The Outputs class sends MIDI: to ports that are found by name when something is sent to them, and
// to our own, which others can connect to.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "midimon/result.h"
#include "ports/rtmidi.h"

namespace midimon {

struct OutputOptions {
  std::optional<PortApi> api;  // the best that there is, if not given
  std::string own_name = "midimon";
  // Parts of the names of the controllers: where goes what is sent to no port by name.
  std::vector<std::string> controllers;
};

// Thread-safe; one message is sent at a time.
class Outputs {
 public:
  // `clock` outlives this.
  Outputs(OutputOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  // Sends one whole message to every port whose name has `port` in it, in any case; to the
  // controllers if it is empty, and to our own port if it is "midimon". The first message to a port
  // opens it, which takes milliseconds; which ports there are is looked at again after kLookAgain.
  // A port that cannot be sent to keeps nothing from the others; the error names such ports.
  // Errors: not_found, no such port, with those that there are; io.
  Result<void> send(std::string_view port, std::span<const std::uint8_t> message);
  // The names of the ports that send() would send to. The same errors.
  Result<std::vector<std::string>> names_of(std::string_view port);
  // Sends whole messages to the ports with exactly these names; those that have gone are passed
  // over.
  Result<void> send_to(std::span<const std::string> names,
                       std::span<const std::vector<std::uint8_t>> messages);
  // All notes off and all sound off, on every channel of every port that something was sent to.
  Result<void> silence();

  static constexpr Nanos kLookAgain = std::chrono::milliseconds(500);

  void set_controllers(std::vector<std::string> patterns);
  // The ports that receive.
  [[nodiscard]] Result<std::vector<std::string>> targets();

 private:
  Result<void> connect();
  Result<std::vector<std::string>> match(std::string_view port);
  Result<RtOutput*> open(const std::string& name);
  Result<void> send_each(std::span<const std::string> names,
                         std::span<const std::vector<std::uint8_t>> messages);
  Result<void> send_to_one(const std::string& name,
                           std::span<const std::vector<std::uint8_t>> messages);
  void forget_if_dead();
  Result<void> look(bool now);

  std::mutex mutex_;
  OutputOptions options_;
  const Clock& clock_;
  std::vector<std::string> names_;  // of the ports that receive, when we last looked
  Nanos looked_{};
  PortApi api_ = PortApi::jack;  // while own_ is open
  std::optional<RtOutput> own_;  // our port; also what lists the others
  std::map<std::string, RtOutput, std::less<>> open_;
};

}  // namespace midimon
