#include "desktop/windows_sway.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/bounded_json.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace midimon {
namespace {

using nlohmann::json;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr std::string_view kMagic = "i3-ipc";
constexpr std::size_t kHeader = kMagic.size() + 8;
constexpr std::size_t kMaxMessage = 8UL * 1024 * 1024;
constexpr std::size_t kPiece = 64UL * 1024;
constexpr int kMaxDepth = 256;  // containers stand in each other
constexpr std::uint32_t kRunCommand = 0;
constexpr std::uint32_t kSubscribe = 2;
constexpr std::uint32_t kGetTree = 4;
constexpr std::uint32_t kEvent = 0x80000000;  // the bit that events have and answers have not

struct Message {
  std::uint32_t type = 0;
  std::string payload;
};

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return bounded_title(found->get_ref<const std::string&>());
}

std::int64_t number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

class SwayWindows final : public Windows {
 public:
  explicit SwayWindows(UniqueFd fd) : fd_(std::move(fd)) {}

  Result<void> set_up();
  [[nodiscard]] std::string name() const override { return "sway"; }
  [[nodiscard]] int fd() const override { return fd_.get(); }
  Result<bool> take_events() override;
  Result<std::vector<Window>> list() override;
  Result<void> focus(std::uint64_t id) override;

 private:
  [[nodiscard]] static Error gone(std::string_view how) {
    return {ErrorCode::io, fmt::format("sway's socket {}", how)};
  }
  Result<json> ask(std::uint32_t type, std::string_view payload);
  Result<void> send(std::uint32_t type, std::string_view payload, TimePoint end);
  // The next message; none if `end` comes first.
  Result<std::optional<Message>> receive(TimePoint end);
  void note(const Message& event);

  UniqueFd fd_;
  std::string received_;  // and not yet looked at
  bool changed_ = false;
};

Result<void> wait_for(int fd, short what, TimePoint end) {
  const auto rest =
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  pollfd one{fd, what, 0};
  if (rest.count() > 0 && ::poll(&one, 1, static_cast<int>(rest.count())) > 0) return {};
  return fail(ErrorCode::io, "sway does not answer");
}

Result<void> SwayWindows::send(std::uint32_t type, std::string_view payload, TimePoint end) {
  std::string bytes(kMagic);
  const auto length = static_cast<std::uint32_t>(payload.size());
  bytes.append(reinterpret_cast<const char*>(&length), sizeof length);  // in the host's order
  bytes.append(reinterpret_cast<const char*>(&type), sizeof type);
  bytes += payload;
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(fd_.get(), POLLOUT, end); !ready) return ready;
    } else if (errno != EINTR) {
      return tl::unexpected(gone("is gone"));
    }
  }
  return {};
}

Result<std::optional<Message>> SwayWindows::receive(TimePoint end) {
  std::size_t wanted = kHeader;
  while (true) {
    if (received_.size() >= kHeader) {
      std::uint32_t length = 0;
      std::memcpy(&length, received_.data() + kMagic.size(), sizeof length);
      if (!received_.starts_with(kMagic) || length > kMaxMessage) {
        return tl::unexpected(gone("says what is not sway's"));
      }
      wanted = kHeader + length;
      if (received_.size() >= wanted) break;
    }
    const std::size_t had = received_.size();
    received_.resize(std::min(wanted, had + kPiece));
    const ssize_t got = ::recv(fd_.get(), received_.data() + had, received_.size() - had, 0);
    const int error = errno;
    received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got > 0 || (got < 0 && error == EINTR)) continue;
    if (got == 0 || error != EAGAIN) return tl::unexpected(gone("is gone"));
    if (!wait_for(fd_.get(), POLLIN, end)) return std::optional<Message>();
  }
  Message message;
  std::memcpy(&message.type, received_.data() + kMagic.size() + 4, sizeof message.type);
  message.payload = received_.substr(kHeader, wanted - kHeader);
  received_.erase(0, wanted);
  return message;
}

// Titles change all the time, and nobody asks for them until they are asked for.
void SwayWindows::note(const Message& event) {
  const auto value = parse_bounded_json(event.payload, kMaxDepth);
  if (!value || !value->is_object() || text_of(*value, "change") != "title") changed_ = true;
}

Result<json> SwayWindows::ask(std::uint32_t type, std::string_view payload) {
  const TimePoint end = std::chrono::steady_clock::now() + kPatience;
  if (auto sent = send(type, payload, end); !sent) return tl::unexpected(sent.error());
  while (true) {
    const auto message = receive(end);
    if (!message) return tl::unexpected(message.error());
    if (!*message) return tl::unexpected(gone("does not answer"));
    if (((*message)->type & kEvent) != 0) {
      note(**message);
      continue;
    }
    auto value = parse_bounded_json((*message)->payload, kMaxDepth);
    if ((*message)->type != type || !value) return tl::unexpected(gone("says what is not sway's"));
    return std::move(*value);
  }
}

Result<void> SwayWindows::set_up() {
  const auto answer = ask(kSubscribe, R"(["window","workspace"])");
  if (!answer) return tl::unexpected(answer.error());
  const auto success = answer->find("success");
  if (success == answer->end() || *success != true) {
    return tl::unexpected(gone("does not tell its events"));
  }
  return {};
}

Result<bool> SwayWindows::take_events() {
  while (true) {
    const auto message = receive(std::chrono::steady_clock::now());
    if (!message) return tl::unexpected(message.error());
    if (!*message) return std::exchange(changed_, false);
    note(**message);
  }
}

Result<std::vector<Window>> SwayWindows::list() {
  const auto tree = ask(kGetTree, "");
  if (!tree) return tl::unexpected(tree.error());
  std::vector<Window> out;
  std::vector<const json*> todo = {&*tree};
  while (!todo.empty() && out.size() < kMaxWindows) {
    const json& node = *todo.back();
    todo.pop_back();
    if (!node.is_object()) continue;
    for (const char* children : {"floating_nodes", "nodes"}) {
      const auto found = node.find(children);
      if (found == node.end() || !found->is_array()) continue;
      for (auto child = found->rbegin(); child != found->rend(); ++child)
        todo.push_back(&*child);
    }
    // What holds others has no process; and i3 tells none, but which X11 window it is.
    const auto x11 = node.find("window_properties");
    const bool is_x11 = x11 != node.end() && x11->is_object();
    if (!is_x11 && number_of(node, "pid") == 0) continue;
    Window& window = out.emplace_back();
    window.id = static_cast<std::uint64_t>(number_of(node, "id"));
    window.name = text_of(node, "app_id");
    if (is_x11 && window.name.empty()) {
      window.name = text_of(*x11, "class");
      window.other = text_of(*x11, "instance");
    }
    window.title = text_of(node, "name");
    window.pid = static_cast<pid_t>(number_of(node, "pid"));
    const auto focused = node.find("focused");
    window.focused = focused != node.end() && *focused == true;
  }
  return out;
}

Result<void> SwayWindows::focus(std::uint64_t id) {
  const auto answer = ask(kRunCommand, fmt::format("[con_id={}] focus", id));
  if (!answer) return tl::unexpected(answer.error());
  if (!answer->is_array() || answer->empty() || !answer->front().is_object() ||
      answer->front().value("success", json(false)) != true) {
    return fail(ErrorCode::not_found, "the window is not there any more");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Windows>> open_sway_windows(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool fits = socket.size() < sizeof address.sun_path;
  if (fits) std::memcpy(address.sun_path, socket.data(), socket.size());
  if (!fits || !fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(ErrorCode::unsupported,
                fmt::format("sway's socket \"{}\" cannot be opened ({}); SWAYSOCK names it",
                            escape_line(socket), std::strerror(fits ? errno : ENAMETOOLONG)));
  }
  auto windows = std::make_unique<SwayWindows>(std::move(fd));
  if (auto ready = windows->set_up(); !ready) return tl::unexpected(ready.error());
  return windows;
}

}  // namespace midimon
