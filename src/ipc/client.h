// The Client class talks to a daemon that runs.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/places.h"
#include "base/unique_fd.h"
#include "ipc/rpc.h"
#include "midimon/result.h"

namespace midimon::ipc {

// Not thread-safe.
class Client {
 public:
  // Error: not_found, none runs, with the command that starts one; denied, the socket is not ours.
  static Result<Client> connect(const Places& places);

  // The answer; what is told meanwhile is kept for next_event(). Errors: io, it went away, or did
  // not answer within `patience`; failed requests have the daemon's own words.
  Result<nlohmann::json> call(std::string_view method,
                              nlohmann::json params = nlohmann::json::object(),
                              Nanos patience = std::chrono::seconds(30));
  // The next notification. Waits; error: io, the daemon went away.
  Result<Reply> next_event();
  // The same, or nothing if none comes within `patience`.
  Result<std::optional<Reply>> next_event(Nanos patience);

 private:
  explicit Client(UniqueFd fd) : fd_(std::move(fd)) {}
  // Nothing if none has come by `until`, a time of the monotonic clock.
  Result<std::optional<Reply>> read_reply(Nanos until);

  UniqueFd fd_;
  std::string in_;
  std::deque<Reply> events_;
  int next_id_ = 1;
};

}  // namespace midimon::ipc
