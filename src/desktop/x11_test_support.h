// An X server of a test's own, and a program on it that tells which keys and clicks it gets.
#pragma once

#include <poll.h>
#include <xcb/xcb.h>
#include <xkbcommon/xkbcommon-x11.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "desktop/key_table.h"
#include "desktop/test_process.h"
#include "desktop/test_support.h"
#include "desktop/xcb_xkb.h"

namespace midimon::testing {

class XServer {
 public:
  XServer();
  // ":7"; empty if it did not start.
  [[nodiscard]] const std::string& display() const { return display_; }
  void kill() { process_->kill(); }

 private:
  TestFolder folder_;
  std::unique_ptr<TestProcess> process_;
  std::string display_;
};

// A window over the whole screen that has the focus.
class XWindow {
 public:
  explicit XWindow(const std::string& display);
  ~XWindow();
  XWindow(const XWindow&) = delete;
  XWindow& operator=(const XWindow&) = delete;

  // What happened so far: "+ctrl+s" (a key went down, and what was down with it), "-s", "click 1",
  // "at 10,20".
  [[nodiscard]] std::vector<std::string> events() const;
  // The characters of the keys that went down, in UTF-8.
  [[nodiscard]] std::string text() const;
  // Locks a layout, and modifiers, for everybody.
  void lock(unsigned layout, unsigned modifiers);

 private:
  struct Connection;
  void read();

  std::unique_ptr<Connection> connection_;
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
  std::string text_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

inline XServer::XServer() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return;
  const UniqueFd read(fds[0]);
  UniqueFd write(fds[1]);
  process_ = std::make_unique<TestProcess>(
      std::vector<std::string>{"Xvfb", "-displayfd", std::to_string(write.get()), "-screen", "0",
                               "800x600x24", "-nolisten", "tcp", "-noreset"},
      std::vector<std::string>{}, write.get(), folder_.path() / "Xvfb.log");
  write.reset();
  std::string number;
  for (char c = 0; ::read(read.get(), &c, 1) == 1 && c != '\n';)
    number += c;
  if (!number.empty()) display_ = ":" + number;
}

struct XWindow::Connection {
  xcb_connection_t* x = nullptr;
  std::int32_t device = -1;
  std::uint8_t xkb_event = 0;
  XkbContext context{xkb_context_new(XKB_CONTEXT_NO_FLAGS)};
  XkbKeymap keymap;

  void ask_keymap() {
    keymap.reset(
        xkb_x11_keymap_new_from_device(context.get(), x, device, XKB_KEYMAP_COMPILE_NO_FLAGS));
  }
  void sync() { std::free(xcb_get_input_focus_reply(x, xcb_get_input_focus(x), nullptr)); }
};

inline XWindow::XWindow(const std::string& display) : connection_(std::make_unique<Connection>()) {
  xcb_connection_t* x = connection_->x = xcb_connect(display.c_str(), nullptr);
  xkb_x11_setup_xkb_extension(x, 1, 0, XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, nullptr, nullptr,
                              &connection_->xkb_event, nullptr);
  connection_->device = xkb_x11_get_core_keyboard_device_id(x);
  connection_->ask_keymap();
  constexpr std::uint16_t kEvents =
      XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY;
  xcb_xkb_select_events(x, static_cast<xcb_xkb_device_spec_t>(connection_->device), kEvents, 0,
                        kEvents, 0xFF, 0xFF, nullptr);
  const xcb_window_t window = xcb_generate_id(x);
  const auto screen = xcb_setup_roots_iterator(xcb_get_setup(x));
  const std::array<std::uint32_t, 2> values = {
      1, XCB_EVENT_MASK_KEY_PRESS | XCB_EVENT_MASK_KEY_RELEASE | XCB_EVENT_MASK_BUTTON_PRESS |
             XCB_EVENT_MASK_POINTER_MOTION};
  xcb_create_window(x, XCB_COPY_FROM_PARENT, window, screen.data->root, 0, 0, 800, 600, 0,
                    XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT,
                    XCB_CW_OVERRIDE_REDIRECT | XCB_CW_EVENT_MASK, values.data());
  xcb_map_window(x, window);
  xcb_set_input_focus(x, XCB_INPUT_FOCUS_NONE, window, XCB_CURRENT_TIME);
  connection_->sync();
  thread_ = std::thread([this] { read(); });
}

inline XWindow::~XWindow() {
  done_ = true;
  thread_.join();
  xcb_disconnect(connection_->x);
}

inline void XWindow::lock(unsigned layout, unsigned modifiers) {
  xcb_connection_t* x = connection_->x;
  xcb_xkb_latch_lock_state(x, static_cast<xcb_xkb_device_spec_t>(connection_->device), 0xFF,
                           static_cast<std::uint8_t>(modifiers), 1,
                           static_cast<std::uint8_t>(layout), 0, 0, 0);
  connection_->sync();
}

inline std::vector<std::string> XWindow::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

inline std::string XWindow::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

inline std::string with_modifiers(std::uint16_t state) {
  std::string out;
  if ((state & XCB_MOD_MASK_CONTROL) != 0) out += "ctrl+";
  if ((state & XCB_MOD_MASK_SHIFT) != 0) out += "shift+";
  if ((state & XCB_MOD_MASK_1) != 0) out += "alt+";
  if ((state & XCB_MOD_MASK_4) != 0) out += "super+";
  return out;
}

// As any program does it: a change of the keyboard comes between the keys before and after it.
inline void XWindow::read() {
  pollfd fd{xcb_get_file_descriptor(connection_->x), POLLIN, 0};
  while (!done_ && xcb_connection_has_error(connection_->x) == 0) {
    ::poll(&fd, 1, 10);
    while (xcb_generic_event_t* event = xcb_poll_for_event(connection_->x)) {
      const int type = event->response_type & 0x7F;
      if (type == connection_->xkb_event) {
        connection_->ask_keymap();
      } else if (type == XCB_KEY_PRESS || type == XCB_KEY_RELEASE) {
        const auto* key = reinterpret_cast<xcb_key_press_event_t*>(event);
        const XkbState state(xkb_state_new(connection_->keymap.get()));
        xkb_state_update_mask(state.get(), key->state & 0xFFU, 0, 0, 0, 0,
                              (key->state >> 13U) & 3U);
        const xkb_keysym_t symbol = xkb_state_key_get_one_sym(state.get(), key->detail);
        std::array<char, 64> name{};
        xkb_keysym_get_name(symbol, name.data(), name.size());
        std::array<char, 8> character{};
        xkb_keysym_to_utf8(symbol, character.data(), character.size());
        const std::lock_guard lock(mutex_);
        events_.push_back(type == XCB_KEY_PRESS ? "+" + with_modifiers(key->state) + name.data()
                                                : std::string("-") + name.data());
        if (type == XCB_KEY_PRESS) text_ += character.data();
      } else if (type == XCB_BUTTON_PRESS) {
        const std::lock_guard lock(mutex_);
        events_.push_back("click " + std::to_string(event->pad0));
      } else if (type == XCB_MOTION_NOTIFY) {
        const auto* motion = reinterpret_cast<xcb_motion_notify_event_t*>(event);
        const std::lock_guard lock(mutex_);
        events_.push_back("at " + std::to_string(motion->root_x) + "," +
                          std::to_string(motion->root_y));
      }
      std::free(event);
    }
  }
}

}  // namespace midimon::testing
