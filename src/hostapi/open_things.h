// What a guest has open: the responses, connections and ended programs that its handles stand for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "hostapi/connection_pool.h"
#include "hostapi/handle_table.h"
#include "hostapi/stand_in.h"
#include "net/exchange.h"
#include "net/websocket.h"
#include "process/runner.h"

namespace midimon::hostapi {

inline constexpr std::size_t kMaxHandles = 16;  // of each kind

struct HttpResponse {
  std::unique_ptr<net::Exchange> exchange;  // null where a stand-in answered
  std::string body;                         // and then this is the rest of it
  std::string head;                         // JSON
  Nanos deadline = Nanos::max();
};

struct WebSocketHandle {
  explicit WebSocketHandle(std::unique_ptr<MessageSocket> the_socket)
      : socket(std::move(the_socket)) {}
  std::unique_ptr<MessageSocket> socket;
  std::optional<net::WebSocketMessage> waiting;  // received, and too large for the guest's buffer
};

struct EndedProgram {
  RunResult result;
  std::string summary;  // JSON
  std::size_t out = 0;  // how much of its stdout was read
  std::size_t err = 0;  // and of its stderr
};

// Of one instance; not thread-safe.
class OpenThings {
 public:
  // `pool` may be null; then connections end with the instance.
  explicit OpenThings(ConnectionPool* pool) : pool_(pool) {}
  ~OpenThings() { close(); }
  OpenThings(const OpenThings&) = delete;
  OpenThings& operator=(const OpenThings&) = delete;

  // The plugin's connections, which are this instance's until close().
  net::Connections& connections(net::Web& web) {
    if (connections_ == nullptr) {
      connections_ = pool_ != nullptr ? pool_->take(web) : std::make_unique<net::Connections>(web);
    }
    return *connections_;
  }

  [[nodiscard]] std::shared_ptr<net::Lookups> lookups() const {
    return pool_ != nullptr ? pool_->lookups() : nullptr;
  }

  // Closes all of it; the connections go back to the plugin's other instances.
  void close() {
    responses.clear();
    sockets.clear();
    programs.clear();
    if (connections_ != nullptr && pool_ != nullptr) pool_->give(std::move(connections_));
    connections_.reset();
  }

  HandleTable<HttpResponse, kMaxHandles> responses;
  HandleTable<WebSocketHandle, kMaxHandles> sockets;
  HandleTable<EndedProgram, kMaxHandles> programs;

 private:
  ConnectionPool* pool_;
  std::unique_ptr<net::Connections> connections_;
};

}  // namespace midimon::hostapi
