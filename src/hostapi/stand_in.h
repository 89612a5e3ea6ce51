// The StandIn class answers plugins in the place of the network and of programs, where a plugin is
// tested and must reach nothing real. What the plugin was not granted it is not asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/until.h"
#include "midimon/result.h"
#include "net/exchange.h"
#include "net/websocket.h"
#include "process/runner.h"

namespace midimon::hostapi {

// A connection on which messages go both ways: net::WebSocket, or what stands in for one. As
// net::WebSocket says.
class MessageSocket {
 public:
  MessageSocket() = default;
  virtual ~MessageSocket() = default;
  MessageSocket(const MessageSocket&) = delete;
  MessageSocket& operator=(const MessageSocket&) = delete;

  virtual Result<void> send(net::WebSocketMessage::Kind kind, std::string_view payload,
                            const Until& until) = 0;
  virtual Result<std::optional<net::WebSocketMessage>> receive(const Until& until) = 0;
  [[nodiscard]] virtual bool is_closed() const = 0;
  virtual void close(std::uint16_t code, const Until& until) = 0;
};

// Called on the threads of guests. Errors are what the world could have answered.
class StandIn {
 public:
  StandIn() = default;
  virtual ~StandIn() = default;
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  // The whole response, its body included; a redirect is followed as a real one is.
  virtual Result<net::Answer> ask(const net::ExchangeRequest& request) = 0;
  virtual Result<std::unique_ptr<MessageSocket>> connect(const net::WebSocketRequest& request) = 0;
  virtual Result<RunResult> run(const RunRequest& request) = 0;
};

}  // namespace midimon::hostapi
