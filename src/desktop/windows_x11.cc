#include "desktop/windows_x11.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text.h"
#include "desktop/x11_connection.h"

namespace midimon {
namespace {

// The numbers that the server gave to the names that we speak of.
enum AtomIndex : std::size_t {
  kClientList,
  kActiveWindow,
  kWmName,
  kWmPid,
  kUtf8String,
  kSupportingCheck,
};
const std::vector<std::string>& atom_names() {
  static const std::vector<std::string> names = {"_NET_CLIENT_LIST", "_NET_ACTIVE_WINDOW",
                                                 "_NET_WM_NAME",     "_NET_WM_PID",
                                                 "UTF8_STRING",      "_NET_SUPPORTING_WM_CHECK"};
  return names;
}

class X11Windows final : public Windows {
 public:
  X11Windows(X11Connection connection, std::vector<xcb_atom_t> atoms)
      : connection_(std::move(connection)), atoms_(std::move(atoms)) {}

  Result<void> set_up() {
    const std::uint32_t mask = XCB_EVENT_MASK_PROPERTY_CHANGE;
    xcb_change_window_attributes(connection_.get(), connection_.root(), XCB_CW_EVENT_MASK, &mask);
    return connection_.sync();
  }
  [[nodiscard]] std::string name() const override {
    return "X11 display " + escape_line(connection_.display());
  }
  [[nodiscard]] int fd() const override { return xcb_get_file_descriptor(connection_.get()); }
  Result<bool> take_events() override;
  Result<std::vector<Window>> list() override;
  Result<void> focus(std::uint64_t id) override;

 private:
  struct Asked {
    xcb_get_property_cookie_t name;
    xcb_get_property_cookie_t old_name;
    xcb_get_property_cookie_t classes;
    xcb_get_property_cookie_t pid;
  };
  using Property = X11Reply<xcb_get_property_reply_t>;

  xcb_get_property_cookie_t ask(xcb_window_t window, xcb_atom_t property, std::size_t bytes) {
    return xcb_get_property(connection_.get(), 0, window, property, XCB_ATOM_ANY, 0,
                            static_cast<std::uint32_t>((bytes + 3) / 4));
  }
  Property answer(xcb_get_property_cookie_t cookie) {
    return connection_.reply<xcb_get_property_reply_t>(cookie);
  }
  static std::string_view text(const Property& property);
  static std::vector<std::uint32_t> numbers(const Property& property);
  Window take(xcb_window_t window, const Asked& asked);

  X11Connection connection_;
  std::vector<xcb_atom_t> atoms_;
};

Result<bool> X11Windows::take_events() {
  bool changed = false;
  while (const X11Reply<xcb_generic_event_t> event{xcb_poll_for_event(connection_.get())}) {
    if ((event->response_type & 0x7FU) != XCB_PROPERTY_NOTIFY) continue;
    xcb_property_notify_event_t notice{};
    std::memcpy(&notice, event.get(), sizeof notice);
    changed = changed || notice.atom == atoms_[kActiveWindow] || notice.atom == atoms_[kClientList];
  }
  if (!connection_.alive()) return tl::unexpected(connection_.gone());
  return changed;
}

std::string_view X11Windows::text(const Property& property) {
  if (!property || property->format != 8) return {};
  const int length = xcb_get_property_value_length(property.get());
  return {static_cast<const char*>(xcb_get_property_value(property.get())),
          static_cast<std::size_t>(length)};
}

std::vector<std::uint32_t> X11Windows::numbers(const Property& property) {
  if (!property || property->format != 32) return {};
  const auto bytes = static_cast<std::size_t>(xcb_get_property_value_length(property.get()));
  std::vector<std::uint32_t> out(bytes / sizeof(std::uint32_t));
  if (!out.empty()) {
    std::memcpy(out.data(), xcb_get_property_value(property.get()),
                out.size() * sizeof(std::uint32_t));
  }
  return out;
}

Window X11Windows::take(xcb_window_t window, const Asked& asked) {
  const Property name = answer(asked.name);
  const Property old_name = answer(asked.old_name);
  const Property classes = answer(asked.classes);
  const Property pid = answer(asked.pid);
  Window out;
  out.id = window;
  out.title = bounded_title(text(name));
  if (out.title.empty()) out.title = bounded_title(text(old_name));
  // WM_CLASS: two strings that end with a zero, the instance and the class.
  const std::string_view both = text(classes);
  const std::string_view instance = both.substr(0, both.find('\0'));
  std::string_view rest = both.substr(std::min(instance.size() + 1, both.size()));
  rest = rest.substr(0, rest.find('\0'));
  out.name = bounded_title(rest.empty() ? instance : rest);
  out.other = bounded_title(instance);
  const auto number = numbers(pid);
  if (!number.empty()) out.pid = static_cast<pid_t>(number[0]);
  return out;
}

Result<std::vector<Window>> X11Windows::list() {
  const xcb_window_t root = connection_.root();
  const auto ask_manager = ask(root, atoms_[kSupportingCheck], sizeof(xcb_window_t));
  const auto ask_all = ask(root, atoms_[kClientList], kMaxWindows * sizeof(xcb_window_t));
  const auto ask_active = ask(root, atoms_[kActiveWindow], sizeof(xcb_window_t));
  const auto manager = numbers(answer(ask_manager));
  const auto all = numbers(answer(ask_all));
  const auto active = numbers(answer(ask_active));
  if (!connection_.alive()) return tl::unexpected(connection_.gone());
  if (manager.empty() && all.empty() && active.empty()) {
    return fail(ErrorCode::unsupported,
                fmt::format("the X11 display {} has no window manager that tells its windows "
                            "(_NET_CLIENT_LIST); nearly all do",
                            escape_line(connection_.display())));
  }
  std::vector<Asked> asked;
  asked.reserve(all.size());
  for (const xcb_window_t window : all) {
    asked.push_back({ask(window, atoms_[kWmName], kMaxTitleBytes + 4),
                     ask(window, XCB_ATOM_WM_NAME, kMaxTitleBytes + 4),
                     ask(window, XCB_ATOM_WM_CLASS, kMaxTitleBytes),
                     ask(window, atoms_[kWmPid], sizeof(std::uint32_t))});
  }
  std::vector<Window> out;
  out.reserve(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    out.push_back(take(all[i], asked[i]));
    out.back().focused = !active.empty() && active[0] == all[i];
  }
  if (!connection_.alive()) return tl::unexpected(connection_.gone());
  return out;
}

// As a pager asks for it (source 2), so that the window manager does not take it for a program that
// puts itself in front.
Result<void> X11Windows::focus(std::uint64_t id) {
  xcb_client_message_event_t message{};
  message.response_type = XCB_CLIENT_MESSAGE;
  message.format = 32;
  message.window = static_cast<xcb_window_t>(id);
  message.type = atoms_[kActiveWindow];
  message.data.data32[0] = 2;
  std::array<char, 32> bytes{};
  static_assert(sizeof message == bytes.size());
  std::memcpy(bytes.data(), &message, sizeof message);
  xcb_send_event(connection_.get(), 0, connection_.root(),
                 XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY | XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT,
                 bytes.data());
  return connection_.sync();
}

}  // namespace

Result<std::unique_ptr<Windows>> open_x11_windows(const std::string& display) {
  auto connection = X11Connection::open(display);
  if (!connection) return tl::unexpected(connection.error());
  auto atoms = connection->atoms(atom_names());
  if (!atoms) return tl::unexpected(atoms.error());
  auto windows = std::make_unique<X11Windows>(std::move(*connection), std::move(*atoms));
  if (auto ready = windows->set_up(); !ready) return tl::unexpected(ready.error());
  return windows;
}

}  // namespace midimon
