#include "desktop/clipboard_x11.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "actions/desktop_caller.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "base/worker.h"
#include "desktop/x11_connection.h"

namespace midimon {
namespace {

using std::chrono::steady_clock;

enum AtomIndex : std::size_t { kClipboard, kUtf8, kTargets, kIncr, kProperty, kPlainText };
const std::vector<std::string>& atom_names() {
  static const std::vector<std::string> names = {"CLIPBOARD",         "UTF8_STRING",
                                                 "TARGETS",           "INCR",
                                                 "MIDIMON_CLIPBOARD", "text/plain;charset=utf-8"};
  return names;
}

constexpr std::uint32_t kPieceWords = kMaxClipboardBytes / 4 + 1;

// A selection is served by who holds it, whenever somebody asks; so a thread listens all the time,
// and does what is asked of this object in between.
class X11Clipboard final : public Clipboard {
 public:
  X11Clipboard(X11Connection connection, std::vector<xcb_atom_t> atoms)
      : connection_(std::move(connection)),
        atoms_(std::move(atoms)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~X11Clipboard() override;

  Result<void> set_up();
  [[nodiscard]] bool alive() const override {
    const std::lock_guard lock(mutex_);
    return alive_;
  }
  Result<std::string> get() override;
  Result<void> set(const std::string& text) override;

 private:
  using Job = std::function<void()>;
  void run(Job job);
  void work();
  void wait(std::optional<steady_clock::time_point> end);

  Result<std::string> fetch();
  Result<void> hold(const std::string& text);
  // The next event that `wanted` says yes to; the others are dealt with. Null if none comes in
  // time.
  X11Reply<xcb_generic_event_t> next(const std::function<bool(xcb_generic_event_t&)>& wanted);
  void take_events();
  void handle(xcb_generic_event_t& event);
  void serve(const xcb_selection_request_event_t& request);
  Result<std::string> take_property(bool& incremental);
  Result<std::string> take_pieces();

  X11Connection connection_;
  std::vector<xcb_atom_t> atoms_;
  xcb_window_t window_ = XCB_NONE;
  std::optional<std::string> held_;  // the thread's

  UniqueFd wake_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Job job_;  // empty: nothing is asked
  bool busy_ = false;
  bool closing_ = false;
  bool alive_ = true;
  std::thread thread_;
};

X11Clipboard::~X11Clipboard() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

Result<void> X11Clipboard::set_up() {
  xcb_connection_t* x = connection_.get();
  window_ = xcb_generate_id(x);
  const std::uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;
  xcb_create_window(x, XCB_COPY_FROM_PARENT, window_, connection_.root(), 0, 0, 1, 1, 0,
                    XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &mask);
  if (auto done = connection_.sync(); !done) return done;
  thread_ = std::thread([this] {
    block_signals();
    work();
  });
  return {};
}

// Has the thread do it, and waits until that is done: a few times kPatience at most.
void X11Clipboard::run(Job job) {
  std::unique_lock lock(mutex_);
  job_ = std::move(job);
  busy_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  changed_.wait(lock, [this] { return !busy_; });
}

void X11Clipboard::work() {
  while (true) {
    take_events();
    Job job;
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
      alive_ = connection_.alive();
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
    wait(std::nullopt);
  }
}

// Until an event comes, something is asked, or `end`.
void X11Clipboard::wait(std::optional<steady_clock::time_point> end) {
  xcb_flush(connection_.get());
  int rest = -1;
  if (end) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*end - steady_clock::now());
    rest = static_cast<int>(std::max<long>(ms.count(), 0));
  }
  // Of a connection that has ended nothing more comes.
  const int x = connection_.alive() ? xcb_get_file_descriptor(connection_.get()) : -1;
  std::array<pollfd, 2> watched = {pollfd{x, POLLIN, 0}, pollfd{end ? -1 : wake_.get(), POLLIN, 0}};
  ::poll(watched.data(), watched.size(), rest);
  if (end) return;
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &ignored, sizeof ignored);
}

X11Reply<xcb_generic_event_t> X11Clipboard::next(
    const std::function<bool(xcb_generic_event_t&)>& wanted) {
  const auto end = steady_clock::now() + kPatience;
  while (true) {
    while (X11Reply<xcb_generic_event_t> event{xcb_poll_for_event(connection_.get())}) {
      if (wanted(*event)) return event;
      handle(*event);
    }
    if (steady_clock::now() >= end || !connection_.alive()) return nullptr;
    wait(end);
  }
}

void X11Clipboard::take_events() {
  while (const X11Reply<xcb_generic_event_t> event{xcb_poll_for_event(connection_.get())})
    handle(*event);
}

void X11Clipboard::handle(xcb_generic_event_t& event) {
  const int type = event.response_type & 0x7F;
  if (type == XCB_SELECTION_CLEAR) held_.reset();
  if (type == XCB_SELECTION_REQUEST)
    serve(reinterpret_cast<const xcb_selection_request_event_t&>(event));
}

void X11Clipboard::serve(const xcb_selection_request_event_t& request) {
  xcb_connection_t* x = connection_.get();
  xcb_selection_notify_event_t notice{};
  notice.response_type = XCB_SELECTION_NOTIFY;
  notice.time = request.time;
  notice.requestor = request.requestor;
  notice.selection = request.selection;
  notice.target = request.target;
  notice.property = XCB_ATOM_NONE;  // no
  // Clients that follow older conventions leave the property to us.
  const xcb_atom_t property = request.property != XCB_ATOM_NONE ? request.property : request.target;
  const std::size_t most = std::size_t{xcb_get_maximum_request_length(x)} * 4 - 64;
  if (held_ && request.target == atoms_[kTargets]) {
    const std::array<xcb_atom_t, 3> targets = {atoms_[kTargets], atoms_[kUtf8], atoms_[kPlainText]};
    xcb_change_property(x, XCB_PROP_MODE_REPLACE, request.requestor, property, XCB_ATOM_ATOM, 32,
                        targets.size(), targets.data());
    notice.property = property;
  } else if (held_ && held_->size() <= most &&
             (request.target == atoms_[kUtf8] || request.target == atoms_[kPlainText])) {
    xcb_change_property(x, XCB_PROP_MODE_REPLACE, request.requestor, property, request.target, 8,
                        static_cast<std::uint32_t>(held_->size()), held_->data());
    notice.property = property;
  }
  std::array<char, 32> bytes{};
  static_assert(sizeof notice <= bytes.size());
  std::memcpy(bytes.data(), &notice, sizeof notice);
  xcb_send_event(x, 0, request.requestor, 0, bytes.data());
  xcb_flush(x);
}

tl::unexpected<Error> too_much() {
  return fail(ErrorCode::limit,
              fmt::format("the clipboard holds more than {} KiB", kMaxClipboardBytes / 1024));
}

// What was put into our property, which goes; whether it will come in pieces.
Result<std::string> X11Clipboard::take_property(bool& incremental) {
  const auto property = connection_.reply<xcb_get_property_reply_t>(xcb_get_property(
      connection_.get(), 1, window_, atoms_[kProperty], XCB_ATOM_ANY, 0, kPieceWords));
  if (!property) return tl::unexpected(connection_.gone());
  incremental = property->type == atoms_[kIncr];
  if (incremental || property->format != 8) return std::string();
  const auto size = static_cast<std::size_t>(xcb_get_property_value_length(property.get()));
  if (property->bytes_after > 0 || size > kMaxClipboardBytes) {
    xcb_delete_property(connection_.get(), window_, atoms_[kProperty]);
    return too_much();
  }
  return std::string(static_cast<const char*>(xcb_get_property_value(property.get())), size);
}

// Each piece is put in place once the one before has gone; an empty one ends them.
Result<std::string> X11Clipboard::take_pieces() {
  std::string all;
  const auto end = steady_clock::now() + 2 * kPatience;
  while (steady_clock::now() < end) {
    const auto event = next([this](xcb_generic_event_t& one) {
      if ((one.response_type & 0x7F) != XCB_PROPERTY_NOTIFY) return false;
      const auto& notice = reinterpret_cast<const xcb_property_notify_event_t&>(one);
      return notice.window == window_ && notice.atom == atoms_[kProperty] &&
             notice.state == XCB_PROPERTY_NEW_VALUE;
    });
    if (!event) break;
    bool incremental = false;
    auto piece = take_property(incremental);
    if (!piece) return piece;
    if (piece->empty()) return all;
    if (all.size() + piece->size() > kMaxClipboardBytes) return too_much();
    all += *piece;
  }
  return fail(ErrorCode::io, "the program that holds the clipboard did not hand it over in time");
}

Result<std::string> X11Clipboard::fetch() {
  xcb_connection_t* x = connection_.get();
  const auto owner = connection_.reply<xcb_get_selection_owner_reply_t>(
      xcb_get_selection_owner(x, atoms_[kClipboard]));
  if (!owner) return tl::unexpected(connection_.gone());
  if (owner->owner == XCB_NONE) return std::string();
  if (owner->owner == window_ && held_) return *held_;
  xcb_delete_property(x, window_, atoms_[kProperty]);
  xcb_convert_selection(x, window_, atoms_[kClipboard], atoms_[kUtf8], atoms_[kProperty],
                        XCB_CURRENT_TIME);
  const auto event = next([this](xcb_generic_event_t& one) {
    if ((one.response_type & 0x7F) != XCB_SELECTION_NOTIFY) return false;
    const auto& notice = reinterpret_cast<const xcb_selection_notify_event_t&>(one);
    return notice.requestor == window_ && notice.selection == atoms_[kClipboard];
  });
  if (!event) {
    return fail(ErrorCode::io, "the program that holds the clipboard did not hand it over in time");
  }
  if (reinterpret_cast<const xcb_selection_notify_event_t&>(*event).property == XCB_ATOM_NONE) {
    return std::string();  // it holds no text
  }
  bool incremental = false;
  auto text = take_property(incremental);
  if (text && incremental) text = take_pieces();
  if (text && !is_utf8(*text)) return std::string();
  return text;
}

Result<void> X11Clipboard::hold(const std::string& text) {
  xcb_connection_t* x = connection_.get();
  held_ = text;
  xcb_set_selection_owner(x, window_, atoms_[kClipboard], XCB_CURRENT_TIME);
  const auto owner = connection_.reply<xcb_get_selection_owner_reply_t>(
      xcb_get_selection_owner(x, atoms_[kClipboard]));
  if (!owner) return tl::unexpected(connection_.gone());
  if (owner->owner == window_) return {};
  held_.reset();
  return fail(ErrorCode::io, "another program took the clipboard at the same time");
}

Result<std::string> X11Clipboard::get() {
  Result<std::string> result;
  run([&] { result = fetch(); });
  return result;
}

Result<void> X11Clipboard::set(const std::string& text) {
  Result<void> result;
  run([&] { result = hold(text); });
  return result;
}

}  // namespace

Result<std::unique_ptr<Clipboard>> open_x11_clipboard(const std::string& display) {
  auto connection = X11Connection::open(display);
  if (!connection) return tl::unexpected(connection.error());
  auto atoms = connection->atoms(atom_names());
  if (!atoms) return tl::unexpected(atoms.error());
  auto clipboard = std::make_unique<X11Clipboard>(std::move(*connection), std::move(*atoms));
  if (auto ready = clipboard->set_up(); !ready) return tl::unexpected(ready.error());
  return clipboard;
}

}  // namespace midimon
