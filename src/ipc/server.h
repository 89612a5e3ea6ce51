// The Server class answers those who talk to a running daemon, over a socket in a directory of the
// user's own.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/places.h"
#include "base/unique_fd.h"
#include "ipc/rpc.h"
#include "midimon/result.h"

namespace midimon::ipc {

inline constexpr std::size_t kMaxClients = 16;
// What waits for a client that does not read. One that is told of events and lets more of it pile
// up is dropped.
inline constexpr std::size_t kMaxUnread = 1UL << 20;

using Answer = tl::expected<nlohmann::json, RpcError>;
// Answers a request, on the server's own thread: what takes long holds up the other clients.
using Handler = std::function<Answer(const Request&)>;

// "PLACES.runtime/midimon.sock".
[[nodiscard]] std::string socket_path(const Places& places);

class Server {
 public:
  // Takes the lock and begins to listen. Requests go to `handler`, but for `subscribe` and
  // `unsubscribe`, which the server knows itself. Errors: busy, another daemon runs, with its pid;
  // what open_private_place() refuses; io.
  static Result<std::unique_ptr<Server>> start(const Places& places, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Thread-safe. Whether anybody wants to be told of events: cheap, to be asked before they are
  // written down.
  [[nodiscard]] bool has_subscribers() const { return subscribers_.load() > 0; }
  // Thread-safe. Tells them. Never waits.
  void notify(std::string_view method, const nlohmann::json& params);

 private:
  struct Client;

  Server(std::string path, Handler handler, UniqueFd lock, UniqueFd listener, UniqueFd event);
  void work();
  void accept_all();
  bool read(Client& client);
  void take_line(Client& client, std::string_view line);
  static bool write(Client& client);
  Answer answer(Client& client, const Request& request);
  static void put(Client& client, const std::string& line);
  void hand_out_events();

  std::string path_;
  Handler handler_;
  UniqueFd lock_;
  UniqueFd listener_;
  UniqueFd event_;
  std::vector<std::unique_ptr<Client>> clients_;  // of its thread alone
  std::atomic<int> subscribers_ = 0;
  std::mutex mutex_;
  std::vector<std::string> events_;  // lines for subscribers
  std::size_t event_bytes_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace midimon::ipc
