#include "ipc/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/path_error.h"
#include "base/private_directory.h"

namespace midimon::ipc {
namespace {

constexpr std::string_view kSocket = "midimon.sock";
constexpr std::string_view kLock = "midimon.lock";

// Holds the lock for as long as it is open. Whoever has it has written its pid into it.
Result<UniqueFd> take_lock(int directory, const std::string& path) {
  UniqueFd fd(::openat(directory, std::string(kLock).c_str(),
                       O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return cannot("open", path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> pid{};
    const ssize_t size = ::pread(fd.get(), pid.data(), pid.size() - 1, 0);
    std::string_view who(pid.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    who = who.substr(0, std::min(who.find_first_not_of("0123456789"), who.size()));
    return fail(ErrorCode::busy, fmt::format("midimon runs already{}; stop it with: midimon stop",
                                             who.empty() ? "" : fmt::format(" (process {})", who)));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) != 0 ||
      ::pwrite(fd.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return cannot("write", path, errno);
  }
  return fd;
}

// The directory is ours alone, and so nobody can be before us between the two calls.
Result<UniqueFd> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::invalid,
                fmt::format("The path {} is too long for a socket ({} bytes at most); set "
                            "XDG_RUNTIME_DIR to a shorter one.",
                            path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return cannot("make", path, errno);
  (void)::unlink(path.c_str());  // left by one that was killed: we have the lock
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 8) != 0) {
    return cannot("listen at", path, errno);
  }
  return fd;
}

bool is_ours(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace

struct Server::Client {
  UniqueFd fd;
  std::string in;   // no whole line
  std::string out;  // not written yet
  bool subscribed = false;
  bool closing = false;  // once `out` is written
};

std::string socket_path(const Places& places) {
  return fmt::format("{}{}{}", places.runtime, places.separator, kSocket);
}

Result<std::unique_ptr<Server>> Server::start(const Places& places, Handler handler) {
  auto directory = open_private_place(
      places.runtime, "so whoever owns it could answer in our place", Missing::make);
  if (!directory) return tl::unexpected(directory.error());
  auto lock =
      take_lock(directory->get(), fmt::format("{}{}{}", places.runtime, places.separator, kLock));
  if (!lock) return tl::unexpected(lock.error());
  const std::string path = socket_path(places);
  auto listener = listen_at(path);
  if (!listener) return tl::unexpected(listener.error());
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return cannot("make", "an event", errno);
  return std::unique_ptr<Server>(new Server(path, std::move(handler), std::move(*lock),
                                            std::move(*listener), std::move(event)));
}

Server::Server(std::string path, Handler handler, UniqueFd lock, UniqueFd listener, UniqueFd event)
    : path_(std::move(path)),
      handler_(std::move(handler)),
      lock_(std::move(lock)),
      listener_(std::move(listener)),
      event_(std::move(event)),
      thread_([this] { work(); }) {}

Server::~Server() {
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
  thread_.join();
  (void)::unlink(path_.c_str());
}

void Server::notify(std::string_view method, const nlohmann::json& params) {
  std::string line = notification_line(method, params);
  {
    const std::scoped_lock lock(mutex_);
    // The thread that hands them out is far behind: they would be dropped for each client.
    if (event_bytes_ + line.size() > kMaxUnread) return;
    event_bytes_ += line.size();
    events_.push_back(std::move(line));
  }
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
}

void Server::hand_out_events() {
  std::vector<std::string> events;
  {
    const std::scoped_lock lock(mutex_);
    events.swap(events_);
    event_bytes_ = 0;
  }
  for (const auto& client : clients_) {
    if (!client->subscribed) continue;
    for (const std::string& line : events)
      put(*client, line);
  }
}

// A client that reads nothing keeps nothing but its own words back.
void Server::put(Client& client, const std::string& line) {
  if (client.out.size() + line.size() > kMaxUnread) {
    client.closing = true;
    client.out.clear();
    return;
  }
  client.out += line;
}

void Server::accept_all() {
  while (true) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) return;
    if (!is_ours(fd.get()) || clients_.size() >= kMaxClients) continue;
    auto client = std::make_unique<Client>();
    client->fd = std::move(fd);
    clients_.push_back(std::move(client));
  }
}

Answer Server::answer(Client& client, const Request& request) {
  if (request.method == "subscribe" || request.method == "unsubscribe") {
    const bool wanted = request.method == "subscribe";
    if (wanted != client.subscribed) subscribers_ += wanted ? 1 : -1;
    client.subscribed = wanted;
    return nlohmann::json(true);
  }
  return handler_(request);
}

void Server::take_line(Client& client, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  nlohmann::json id;
  const auto request = parse_request(line, id);
  const Answer answered = request ? answer(client, *request) : tl::unexpected(request.error());
  if (request && id.is_null()) return;
  put(client, answered ? result_line(id, *answered) : error_line(id, answered.error()));
}

// False if the client is gone.
bool Server::read(Client& client) {
  std::array<char, 4096> bytes;
  const ssize_t size = ::recv(client.fd.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  client.in.append(bytes.data(), static_cast<std::size_t>(size));
  std::size_t begin = 0;
  for (std::size_t end = client.in.find('\n'); end != std::string::npos && !client.closing;
       end = client.in.find('\n', begin)) {
    take_line(client, std::string_view(client.in).substr(begin, end - begin));
    begin = end + 1;
  }
  client.in.erase(0, begin);
  if (client.in.size() > kMaxLine) {
    put(client, error_line(nullptr, {kInvalidRequest, "A line is 64 KiB at most."}));
    client.closing = true;
  }
  return true;
}

bool Server::write(Client& client) {
  const ssize_t size = ::send(client.fd.get(), client.out.data(), client.out.size(), MSG_NOSIGNAL);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  client.out.erase(0, static_cast<std::size_t>(size));
  return true;
}

void Server::work() {
  std::vector<pollfd> polled;
  while (!stopping_) {
    polled.clear();
    polled.push_back({event_.get(), POLLIN, 0});
    polled.push_back({listener_.get(), POLLIN, 0});
    for (const auto& client : clients_) {
      // Whoever does not read its answers is not read from.
      const bool in = !client->closing && client->out.size() < kMaxLine;
      polled.push_back({client->fd.get(),
                        static_cast<short>((in ? POLLIN : 0) | (client->out.empty() ? 0 : POLLOUT)),
                        0});
    }
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    std::uint64_t count = 0;
    (void)!::read(event_.get(), &count, sizeof count);
    for (std::size_t i = 2; i < polled.size(); ++i) {
      Client& client = *clients_[i - 2];
      bool there = (polled[i].revents & (POLLERR | POLLNVAL)) == 0;
      if (there && (polled[i].revents & (POLLIN | POLLHUP)) != 0 && !client.closing) {
        there = read(client);
      }
      if (there && !client.out.empty()) there = write(client);
      if (!there || (client.closing && client.out.empty())) client.fd.reset();
    }
    hand_out_events();
    std::erase_if(clients_, [this](const auto& client) {
      if (client->fd.valid()) return false;
      if (client->subscribed) --subscribers_;
      return true;
    });
    if ((polled[1].revents & POLLIN) != 0) accept_all();
  }
}

}  // namespace midimon::ipc
