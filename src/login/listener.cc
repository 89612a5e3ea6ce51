#include "login/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace midimon::login {
namespace {

constexpr std::size_t kMaxConnections = 16;
constexpr Nanos kPatience = std::chrono::seconds(10);
constexpr int kLook = 100;  // milliseconds between looks at whether to give up

// One browser, or whoever it is, while it says what it wants.
struct Visitor {
  UniqueFd fd;
  Nanos deadline{};
  std::string head;
};

tl::unexpected<Error> cannot(std::string_view what, int error) {
  return fail(error == EADDRINUSE ? ErrorCode::busy : ErrorCode::io,
              fmt::format("{}: {}", what, std::generic_category().message(error)));
}

// Takes what came. Whether there is more to wait for.
bool read_more(Visitor& visitor) {
  std::array<char, 4096> bytes{};
  while (visitor.head.size() < kMaxCallbackHead) {
    const ssize_t got = ::recv(visitor.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0) return false;
    visitor.head.append(bytes.data(), static_cast<std::size_t>(got));
    if (visitor.head.find("\r\n\r\n") != std::string::npos) return false;
  }
  return false;
}

// The page is smaller than any socket's buffer, so that nobody can make us wait.
void answer(const Visitor& visitor, const Callback& callback) {
  const std::string page = page_for(callback);
  static_cast<void>(
      ::send(visitor.fd.get(), page.data(), page.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(visitor.fd.get(), SHUT_WR);
}

}  // namespace

Result<Listener> Listener::open(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return cannot("Cannot listen for the browser", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 16) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0) {
    return cannot(fmt::format("Cannot listen for the browser at 127.0.0.1:{}", port), errno);
  }
  return Listener(std::move(fd), ntohs(address.sin_port));
}

std::string Listener::host() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::string Listener::redirect_uri() const {
  return fmt::format("http://{}{}", host(), kCallbackPath);
}

Result<Callback> Listener::wait(std::string_view state, const Until& until) {
  std::list<Visitor> visitors;
  const SystemClock clock;
  while (!until.is_over()) {
    std::vector<pollfd> watched;
    if (visitors.size() < kMaxConnections) watched.push_back({fd_.get(), POLLIN, 0});
    for (const Visitor& visitor : visitors)
      watched.push_back({visitor.fd.get(), POLLIN, 0});
    if (::poll(watched.data(), watched.size(), std::min(kLook, until.milliseconds())) < 0 &&
        errno != EINTR) {
      return cannot("Cannot wait for the browser", errno);
    }
    while (visitors.size() < kMaxConnections) {
      UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd.valid()) break;
      visitors.push_back({std::move(fd), clock.monotonic() + kPatience, {}});
    }
    for (auto visitor = visitors.begin(); visitor != visitors.end();) {
      if (read_more(*visitor) && clock.monotonic() < visitor->deadline) {
        ++visitor;
        continue;
      }
      const bool whole = visitor->head.find("\r\n\r\n") != std::string::npos;
      const Callback callback =
          whole ? read_callback(visitor->head, host(), state) : Callback(Stray{400});
      answer(*visitor, callback);
      if (!std::holds_alternative<Stray>(callback)) {
        fd_.reset();
        return callback;
      }
      visitor = visitors.erase(visitor);
    }
  }
  return fail(ErrorCode::io, until.is_cancelled()
                                 ? "The login was interrupted."
                                 : "Nobody came back from the browser in time. Begin again, and "
                                   "give it longer with --timeout if need be.");
}

}  // namespace midimon::login
