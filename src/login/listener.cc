#include "login/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "login/peers.h"

namespace midimon::login {
namespace {

constexpr std::size_t kMaxConnections = 16;
constexpr Nanos kPatience = std::chrono::seconds(10);
constexpr int kLook = 100;  // milliseconds between looks at whether to give up
constexpr int kBacklog = 128;
// The kernel writes its tables piece by piece, so that a row can be missing once.
constexpr int kMaxLooks = 3;

tl::unexpected<Error> cannot(std::string_view what, int error) {
  return fail(error == EADDRINUSE ? ErrorCode::busy : ErrorCode::io,
              fmt::format("{}: {}", what, std::generic_category().message(error)));
}

// Closes it in a way that leaves nothing behind in the kernel.
void cut_off(UniqueFd fd) {
  const linger at_once{1, 0};
  static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
}

}  // namespace

// One browser, or whoever it is, while it says what it wants.
struct Listener::Visitor {
  UniqueFd fd;
  Nanos deadline{};
  std::string head;

  bool read_more();
  void answer(const Callback& callback) const;
};

// Who has connected, and is not known yet.
struct Listener::Arrival {
  UniqueFd fd;
  sockaddr_in peer{};
};

// Takes what came. Whether there is more to wait for.
bool Listener::Visitor::read_more() {
  std::array<char, 4096> bytes{};
  while (head.size() < kMaxCallbackHead) {
    const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0) return false;
    head.append(bytes.data(), static_cast<std::size_t>(got));
    if (head.find("\r\n\r\n") != std::string::npos) return false;
  }
  return false;
}

// The page is smaller than any socket's buffer, so that nobody can make us wait.
void Listener::Visitor::answer(const Callback& callback) const {
  const std::string page = page_for(callback);
  static_cast<void>(::send(fd.get(), page.data(), page.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(fd.get(), SHUT_WR);
}

Result<Listener> Listener::open(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return cannot("Cannot listen for the browser", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), kBacklog) != 0 ||
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

// Lets in who is this user, as many as there is room for.
void Listener::admit(std::list<Visitor>& visitors) {
  std::vector<Arrival> arrived;
  while (visitors.size() + arrived.size() < kMaxConnections) {
    Arrival one;
    socklen_t size = sizeof one.peer;
    one.fd.reset(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&one.peer), &size,
                           SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!one.fd.valid()) break;
    arrived.push_back(std::move(one));
  }
  const Nanos deadline = SystemClock().monotonic() + kPatience;
  for (int look = 1; !arrived.empty(); ++look) {
    const auto peers = Peers::look(port_);
    std::vector<Arrival> unknown;
    for (Arrival& one : arrived) {
      const auto owner = peers ? peers->owner(one.peer) : Peers::Owner::us;
      if (owner == Peers::Owner::us) {
        visitors.push_back({std::move(one.fd), deadline, {}});
      } else if (owner == Peers::Owner::nobody && look < kMaxLooks) {
        unknown.push_back(std::move(one));
      } else {
        cut_off(std::move(one.fd));
        strangers_came_ = true;
      }
    }
    arrived = std::move(unknown);
  }
}

Error Listener::nobody_came(bool interrupted) const {
  std::string text = interrupted ? "The login was interrupted."
                                 : "Nobody came back from the browser in time. Begin again, and "
                                   "give it longer with --timeout if need be.";
  if (strangers_came_) {
    text +=
        " Another account of this machine came, which is not listened to: open the address in "
        "a browser of your own account.";
  }
  return {ErrorCode::io, text};
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
    admit(visitors);
    for (auto visitor = visitors.begin(); visitor != visitors.end();) {
      if (visitor->read_more() && clock.monotonic() < visitor->deadline) {
        ++visitor;
        continue;
      }
      const bool whole = visitor->head.find("\r\n\r\n") != std::string::npos;
      const Callback callback =
          whole ? read_callback(visitor->head, host(), state) : Callback(Stray{400});
      visitor->answer(callback);
      if (!std::holds_alternative<Stray>(callback)) {
        fd_.reset();
        return callback;
      }
      visitor = visitors.erase(visitor);
    }
  }
  return tl::unexpected(nobody_came(until.is_cancelled()));
}

}  // namespace midimon::login
