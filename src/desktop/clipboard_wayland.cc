#include "desktop/clipboard_wayland.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wayland-data-control.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "actions/desktop_caller.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "base/worker.h"

namespace midimon {
namespace {

using std::chrono::steady_clock;

// In the order in which they are liked.
constexpr std::array<const char*, 3> kTextTypes = {"text/plain;charset=utf-8", "UTF8_STRING",
                                                   "text/plain"};

struct Disconnect {
  void operator()(wl_display* display) const { wl_display_disconnect(display); }
};
using Display = std::unique_ptr<wl_display, Disconnect>;

// What somebody offers, and which of kTextTypes it comes as: kTextTypes.size() if as none.
struct Offer {
  zwlr_data_control_offer_v1* object = nullptr;
  std::size_t type = kTextTypes.size();
};

// Text on its way to somebody who pastes.
struct Sending {
  UniqueFd to;
  std::shared_ptr<const std::string> text;
  std::size_t sent = 0;
  steady_clock::time_point end;
};

class WaylandClipboard final : public Clipboard {
 public:
  explicit WaylandClipboard(Display display)
      : display_(std::move(display)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~WaylandClipboard() override;

  Result<void> set_up(const std::string& name);
  [[nodiscard]] bool alive() const override {
    const std::lock_guard lock(mutex_);
    return alive_;
  }
  Result<std::string> get() override;
  Result<void> set(const std::string& text) override;

 private:
  static const wl_registry_listener kRegistryListener;
  static const zwlr_data_control_device_v1_listener kDeviceListener;
  static const zwlr_data_control_offer_v1_listener kOfferListener;
  static const zwlr_data_control_source_v1_listener kSourceListener;

  void run(std::function<void()> job);
  void work();
  bool turn(int timeout_ms, bool with_wake);
  void write_out();
  void forget(zwlr_data_control_offer_v1* offer);
  void select(zwlr_data_control_offer_v1* offer);

  Result<std::string> fetch();
  Result<void> hold(const std::string& text);

  Display display_;
  wl_seat* seat_ = nullptr;
  zwlr_data_control_manager_v1* manager_ = nullptr;
  zwlr_data_control_device_v1* device_ = nullptr;

  // The thread's.
  std::list<Offer> offers_;
  zwlr_data_control_offer_v1* selected_ = nullptr;
  zwlr_data_control_source_v1* source_ = nullptr;  // ours, while we hold the clipboard
  std::shared_ptr<const std::string> held_;
  std::list<Sending> sendings_;

  UniqueFd wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;  // empty: nothing is asked
  bool busy_ = false;
  bool closing_ = false;
  bool alive_ = true;
  std::thread thread_;
};

const wl_registry_listener WaylandClipboard::kRegistryListener = {
    [](void* data, wl_registry* registry, std::uint32_t name, const char* interface,
       std::uint32_t /*version*/) {
      auto& self = *static_cast<WaylandClipboard*>(data);
      const std::string_view what = interface;
      if (what == wl_seat_interface.name && self.seat_ == nullptr) {
        self.seat_ = static_cast<wl_seat*>(wl_registry_bind(registry, name, &wl_seat_interface, 1));
      } else if (what == zwlr_data_control_manager_v1_interface.name) {
        self.manager_ = static_cast<zwlr_data_control_manager_v1*>(
            wl_registry_bind(registry, name, &zwlr_data_control_manager_v1_interface, 1));
      }
    },
    [](void*, wl_registry*, std::uint32_t) {},
};

const zwlr_data_control_device_v1_listener WaylandClipboard::kDeviceListener = {
    [](void* data, zwlr_data_control_device_v1*, zwlr_data_control_offer_v1* offer) {
      auto& self = *static_cast<WaylandClipboard*>(data);
      self.offers_.push_back({offer});
      zwlr_data_control_offer_v1_add_listener(offer, &kOfferListener, &self.offers_.back());
    },
    [](void* data, zwlr_data_control_device_v1*, zwlr_data_control_offer_v1* offer) {
      static_cast<WaylandClipboard*>(data)->select(offer);
    },
    [](void*, zwlr_data_control_device_v1*) {},
};

const zwlr_data_control_offer_v1_listener WaylandClipboard::kOfferListener = {
    [](void* data, zwlr_data_control_offer_v1*, const char* type) {
      auto& offer = *static_cast<Offer*>(data);
      for (std::size_t i = 0; i < offer.type; ++i) {
        if (std::strcmp(kTextTypes.at(i), type) == 0) offer.type = i;
      }
    },
};

const zwlr_data_control_source_v1_listener WaylandClipboard::kSourceListener = {
    [](void* data, zwlr_data_control_source_v1*, const char* /*type*/, std::int32_t fd) {
      auto& self = *static_cast<WaylandClipboard*>(data);
      UniqueFd to(fd);
      constexpr std::size_t kMaxSendings = 16;
      if (self.held_ == nullptr || self.sendings_.size() >= kMaxSendings) return;
      ::fcntl(fd, F_SETFL, O_NONBLOCK);
      self.sendings_.push_back({std::move(to), self.held_, 0, steady_clock::now() + kPatience});
    },
    [](void* data, zwlr_data_control_source_v1* source) {
      auto& self = *static_cast<WaylandClipboard*>(data);
      if (self.source_ == source) {
        self.source_ = nullptr;
        self.held_.reset();
      }
      zwlr_data_control_source_v1_destroy(source);
    },
};

void WaylandClipboard::forget(zwlr_data_control_offer_v1* offer) {
  offers_.remove_if([offer](const Offer& one) {
    if (one.object != offer) return false;
    zwlr_data_control_offer_v1_destroy(offer);
    return true;
  });
}

// What was selected before is of no use any more.
void WaylandClipboard::select(zwlr_data_control_offer_v1* offer) {
  if (selected_ != nullptr) forget(selected_);
  selected_ = offer;
}

WaylandClipboard::~WaylandClipboard() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

Result<void> WaylandClipboard::set_up(const std::string& name) {
  wl_display* display = display_.get();
  wl_registry* registry = wl_display_get_registry(display);
  wl_registry_add_listener(registry, &kRegistryListener, this);
  const bool answered = wl_display_roundtrip(display) >= 0;
  wl_registry_destroy(registry);
  if (!answered || manager_ == nullptr || seat_ == nullptr) {
    return fail(
        ErrorCode::unsupported,
        fmt::format("the Wayland compositor of {} gives the clipboard to no program without "
                    "a window (it lacks zwlr_data_control_manager_v1, which sway and its "
                    "kin have)",
                    escape_line(name)));
  }
  device_ = zwlr_data_control_manager_v1_get_data_device(manager_, seat_);
  zwlr_data_control_device_v1_add_listener(device_, &kDeviceListener, this);
  if (wl_display_roundtrip(display) < 0) {
    return fail(ErrorCode::io, fmt::format("the Wayland display {} is gone", escape_line(name)));
  }
  thread_ = std::thread([this] {
    block_signals();
    work();
  });
  return {};
}

// Has the thread do it, and waits until that is done: a few times kPatience at most.
void WaylandClipboard::run(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  job_ = std::move(job);
  busy_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  changed_.wait(lock, [this] { return !busy_; });
}

void WaylandClipboard::work() {
  bool good = true;
  while (true) {
    std::function<void()> job;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
      alive_ = good;
      job.swap(job_);
    }
    if (job) {
      job();
      {
        const std::lock_guard lock(mutex_);
        busy_ = false;
      }
      changed_.notify_all();
      continue;
    }
    good = turn(-1, true);
  }
}

void WaylandClipboard::write_out() {
  const auto now = steady_clock::now();
  sendings_.remove_if([now](Sending& one) {
    while (one.sent < one.text->size()) {
      const ssize_t got =
          ::write(one.to.get(), one.text->data() + one.sent, one.text->size() - one.sent);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno != EAGAIN || now >= one.end;
      one.sent += static_cast<std::size_t>(got);
    }
    return true;
  });
}

// Deals with what comes, and with what is on its way, until something happened or the time is over.
// False once the compositor is gone.
bool WaylandClipboard::turn(int timeout_ms, bool with_wake) {
  wl_display* display = display_.get();
  write_out();
  const bool good = wl_display_get_error(display) == 0;
  bool reading = false;
  if (good) {
    while (wl_display_prepare_read(display) != 0)
      wl_display_dispatch_pending(display);
    reading = true;
    wl_display_flush(display);
  }
  std::vector<pollfd> watched = {{reading ? wl_display_get_fd(display) : -1, POLLIN, 0},
                                 {with_wake ? wake_.get() : -1, POLLIN, 0}};
  for (const Sending& one : sendings_)
    watched.push_back({one.to.get(), POLLOUT, 0});
  constexpr int kLookAtSendings = 100;
  if (!sendings_.empty() && (timeout_ms < 0 || timeout_ms > kLookAtSendings)) {
    timeout_ms = kLookAtSendings;
  }
  ::poll(watched.data(), watched.size(), timeout_ms);
  if (reading) {
    if (watched[0].revents != 0) {
      wl_display_read_events(display);
    } else {
      wl_display_cancel_read(display);
    }
    wl_display_dispatch_pending(display);
  }
  if (with_wake) {
    std::uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
  }
  write_out();
  return good && wl_display_get_error(display) == 0;
}

Result<std::string> WaylandClipboard::fetch() {
  turn(0, false);
  if (source_ != nullptr && held_ != nullptr) return *held_;
  std::size_t type = kTextTypes.size();
  for (const Offer& offer : offers_) {
    if (offer.object == selected_ && selected_ != nullptr) type = offer.type;
  }
  if (type == kTextTypes.size()) return std::string();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return fail(ErrorCode::io, std::string("the clipboard: ") + std::strerror(errno));
  }
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  zwlr_data_control_offer_v1_receive(selected_, kTextTypes.at(type), out.get());
  wl_display_flush(display_.get());
  out.reset();
  std::string text;
  const auto end = steady_clock::now() + kPatience;
  while (true) {
    std::array<char, 4096> piece;
    const ssize_t got = ::read(in.get(), piece.data(), piece.size());
    if (got == 0) break;
    if (got > 0) {
      text.append(piece.data(), static_cast<std::size_t>(got));
      if (text.size() > kMaxClipboardBytes) {
        return fail(ErrorCode::limit,
                    fmt::format("the clipboard holds more than {} KiB", kMaxClipboardBytes / 1024));
      }
      continue;
    }
    const auto rest =
        std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now()).count();
    if ((errno != EAGAIN && errno != EINTR) || rest <= 0) {
      return fail(ErrorCode::io,
                  "the program that holds the clipboard did not hand it over in time");
    }
    pollfd fd{in.get(), POLLIN, 0};
    ::poll(&fd, 1, static_cast<int>(rest));
  }
  return is_utf8(text) ? std::move(text) : std::string();
}

Result<void> WaylandClipboard::hold(const std::string& text) {
  zwlr_data_control_source_v1* source = zwlr_data_control_manager_v1_create_data_source(manager_);
  zwlr_data_control_source_v1_add_listener(source, &kSourceListener, this);
  for (const char* type : kTextTypes)
    zwlr_data_control_source_v1_offer(source, type);
  source_ = source;  // the one before is told that it is cancelled, and goes then
  held_ = std::make_shared<const std::string>(text);
  zwlr_data_control_device_v1_set_selection(device_, source);
  if (wl_display_roundtrip(display_.get()) >= 0) return {};
  return fail(ErrorCode::io, "the Wayland compositor is gone");
}

Result<std::string> WaylandClipboard::get() {
  Result<std::string> result;
  run([&] { result = fetch(); });
  return result;
}

Result<void> WaylandClipboard::set(const std::string& text) {
  Result<void> result;
  run([&] { result = hold(text); });
  return result;
}

}  // namespace

Result<std::unique_ptr<Clipboard>> open_wayland_clipboard(const std::string& display) {
  Display connection(wl_display_connect(display.c_str()));
  if (!connection) {
    return fail(ErrorCode::unsupported,
                fmt::format("the Wayland display \"{}\" cannot be opened ({}); WAYLAND_DISPLAY "
                            "names it, in XDG_RUNTIME_DIR",
                            escape_line(display), std::strerror(errno)));
  }
  auto clipboard = std::make_unique<WaylandClipboard>(std::move(connection));
  if (auto ready = clipboard->set_up(display); !ready) return tl::unexpected(ready.error());
  return clipboard;
}

}  // namespace midimon
