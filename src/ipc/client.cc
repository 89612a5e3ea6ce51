#include "ipc/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/path_error.h"
#include "ipc/server.h"

namespace midimon::ipc {
namespace {

// A monitor's line has a few hundred bytes, a status a few thousand.
constexpr std::size_t kMaxReply = 4UL << 20;

Nanos now() {
  return SystemClock().monotonic();
}

}  // namespace

Result<Client> Client::connect(const Places& places) {
  const std::string path = socket_path(places);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return cannot("connect to", path, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return cannot("connect to", path, errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) {
      return fail(ErrorCode::not_found,
                  "midimon does not run here. Start it with: midimon run -c profile.toml");
    }
    return cannot("connect to", path, errno);
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.uid != ::geteuid()) {
    return fail(ErrorCode::denied, path + " belongs to another user; nothing is said to it.");
  }
  return Client(std::move(fd));
}

Result<std::optional<Reply>> Client::read_reply(Nanos until) {
  while (true) {
    if (const std::size_t end = in_.find('\n'); end != std::string::npos) {
      auto reply = parse_reply(std::string_view(in_).substr(0, end));
      in_.erase(0, end + 1);
      if (!reply) return tl::unexpected(reply.error());
      return std::optional(std::move(*reply));
    }
    if (in_.size() > kMaxReply) return fail(ErrorCode::limit, "The daemon's answer has no end.");
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(rest, 0, 3'600'000));
    pollfd polled{fd_.get(), POLLIN, 0};
    const int ready = ::poll(&polled, 1, timeout);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return std::optional<Reply>();
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    if (size <= 0) return fail(ErrorCode::io, "The daemon has ended.");
    in_.append(bytes.data(), static_cast<std::size_t>(size));
  }
}

Result<nlohmann::json> Client::call(std::string_view method, nlohmann::json params,
                                    Nanos patience) {
  const int id = next_id_++;
  const std::string line = request_line({id, std::string(method), std::move(params)});
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t size = ::send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail(ErrorCode::io, "The daemon has ended.");
    sent += static_cast<std::size_t>(size);
  }
  const Nanos until = now() + patience;
  while (true) {
    auto reply = read_reply(until);
    if (!reply) return tl::unexpected(reply.error());
    if (!*reply) return fail(ErrorCode::io, "The daemon does not answer.");
    if (!(*reply)->method.empty()) {
      events_.push_back(std::move(**reply));
    } else if ((*reply)->id == id) {
      if ((*reply)->error) return fail(ErrorCode::invalid, (*reply)->error->message);
      return std::move((*reply)->value);
    }
  }
}

Result<Reply> Client::next_event() {
  while (true) {
    auto event = next_event(std::chrono::hours(1));
    if (!event) return tl::unexpected(event.error());
    if (*event) return std::move(**event);
  }
}

Result<std::optional<Reply>> Client::next_event(Nanos patience) {
  if (!events_.empty()) {
    std::optional<Reply> event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  const Nanos until = now() + patience;
  while (true) {
    auto reply = read_reply(until);
    if (!reply || !*reply || !(*reply)->method.empty()) return reply;
  }
}

}  // namespace midimon::ipc
