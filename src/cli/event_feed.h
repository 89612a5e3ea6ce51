// The EventFeed class tells what happens in a daemon to those who want to know, and keeps the last
// of it for those who ask later.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/clock.h"
#include "ipc/server.h"

namespace midimon::cli {

// Thread-safe, and never waits for whoever listens.
class EventFeed {
 public:
  static constexpr std::size_t kKept = 1'000;

  // `clock` outlives this. Times of events count from now.
  explicit EventFeed(const Clock& clock) : clock_(clock), began_(clock.monotonic()) {}

  // Whom to tell; null: nobody any more. It goes after whoever has something to tell.
  void set_server(ipc::Server* server) { server_.store(server, std::memory_order_release); }

  // Whether anybody listens: to be asked before an event that is not kept is written down.
  [[nodiscard]] bool has_listeners() const { return listened_to() != nullptr; }

  // Tells of an event that many of come: those who listen alone hear of it. It was at `at`, or is
  // now.
  void tell(std::string_view kind, nlohmann::json event) {
    tell(kind, std::move(event), clock_.monotonic());
  }
  void tell(std::string_view kind, nlohmann::json event, Nanos at);
  // The same, and keeps it.
  void keep(std::string_view kind, nlohmann::json event);

  // What was kept after the event with this number, the oldest first, as much as fits into one line
  // of the socket: {"event": kind, "data": {..., "at_ns": n, "number": n}}.
  [[nodiscard]] nlohmann::json kept(std::uint64_t after) const;
  [[nodiscard]] Nanos began() const { return began_; }

 private:
  // Null if nobody listens.
  [[nodiscard]] ipc::Server* listened_to() const {
    ipc::Server* const server = server_.load(std::memory_order_acquire);
    return server != nullptr && server->has_subscribers() ? server : nullptr;
  }

  const Clock& clock_;
  const Nanos began_;
  std::atomic<ipc::Server*> server_ = nullptr;
  mutable std::mutex mutex_;
  std::uint64_t number_ = 0;
  struct Kept {
    std::uint64_t number;
    nlohmann::json event;
  };
  std::deque<Kept> kept_;
};

}  // namespace midimon::cli
