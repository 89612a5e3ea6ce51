// The one connection to OBS: obs-websocket 5, kept open from call to call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon.hpp"
#include "studio.h"

namespace obs {

// Of obs-websocket's status codes those that are told apart here.
enum class Code : std::int32_t {
  none = 0,  // it was not OBS that refused
  already_running = 500,
  not_running = 501,
  not_found = 600,
  success = 100,
};

// What came of a request: its data, or why there is none.
struct Reply {
  Code code = Code::none;
  midimon::Json data;
  std::string problem;  // a sentence; empty if it was done

  [[nodiscard]] bool ok() const { return problem.empty(); }
};

inline Reply failed(std::string problem) {
  return {Code::none, {}, std::move(problem)};
}

// What its user can set.
struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 4455;
  std::uint32_t timeout_ms = 3000;
  std::string state = "outputs";
  midimon::Json notes;

  void fields(midimon::Fields& field);
};

inline constexpr std::int64_t kLongestMs = 60'000;

// The Session class connects when it is first asked for something, and again when the connection
// broke. What was sent is never sent again: a toggle that is done twice is not done.
//
// Every call begins with begin(), from which on all of it together takes no longer than the time
// that is set.
class Session {
 public:
  // Reads the settings, takes what OBS told meanwhile, and gives the call its time: that of the
  // settings, or less.
  void begin(std::int64_t at_most_ms = kLongestMs);

  // Connects if there is no connection; why there is none, or nothing.
  [[nodiscard]] std::optional<std::string> connect();

  Reply request(std::string_view type, const midimon::Json& data = midimon::Json::object());
  // `data` has "requests", and what else a batch can have; answers "results".
  Reply batch(midimon::Json data);

  [[nodiscard]] const Studio& studio() const { return studio_; }
  // An answer from which one can tell what OBS is doing, before its event comes.
  void learn(std::string_view event, const midimon::Json& data) { studio_.take_event(event, data); }

  // Shows on the pad what OBS is doing.
  void show();
  [[nodiscard]] bool is_connected() const { return static_cast<bool>(socket_); }
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  struct Message {
    std::int64_t op = -1;
    midimon::Json data;
  };

  [[nodiscard]] std::optional<std::string> open();
  [[nodiscard]] std::optional<std::string> identify(const midimon::Json& hello);
  [[nodiscard]] std::optional<std::string> ask_what_it_does();
  // Sends a message, and waits for the one with that `op` and request id (any if empty). Why it did
  // not come, or nothing.
  [[nodiscard]] std::optional<std::string> exchange(std::int64_t op, const midimon::Json& data,
                                                    std::int64_t answer, std::string_view id,
                                                    midimon::Json& out);
  [[nodiscard]] std::optional<std::string> send(std::int64_t op, const midimon::Json& data);
  [[nodiscard]] std::optional<std::string> await(std::int64_t op, std::string_view id,
                                                 midimon::Json& out);
  // The next message, within that time: nothing, with `problem`, if the connection is of no use any
  // more or, with an empty one, if none came.
  [[nodiscard]] std::optional<Message> receive(std::uint32_t timeout_ms, std::string& problem);
  void take_waiting();
  void refresh();
  void close();

  [[nodiscard]] std::uint32_t left_ms() const;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string no_connection(
      const midimon::Result<midimon::ws::Connection>& tried) const;

  Settings settings_;
  midimon::ws::Connection socket_;
  std::string connected_to_;
  std::uint64_t requests_ = 0;
  std::int64_t deadline_ms_ = 0;
  Studio studio_;
};

}  // namespace obs
