#include "desktop/x11_input.h"

#include <fmt/format.h>
#include <xcb/xcb.h>
#include <xcb/xtest.h>
#include <xkbcommon/xkbcommon-x11.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <thread>
#include <utility>

#include "desktop/xcb_xkb.h"

namespace midimon {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename Reply>
using Owned = std::unique_ptr<Reply, Free>;

struct Disconnect {
  void operator()(xcb_connection_t* connection) const { xcb_disconnect(connection); }
};
using Connection = std::unique_ptr<xcb_connection_t, Disconnect>;

// How long programs have to take up what a key gave before it gives something else.
constexpr auto kBeforeRebinding = std::chrono::milliseconds(300);

class X11Input final : public InputDevice {
 public:
  X11Input(Connection connection, std::string display, xcb_window_t root)
      : connection_(std::move(connection)),
        display_(std::move(display)),
        root_(root),
        context_(xkb_context_new(XKB_CONTEXT_NO_FLAGS)) {}
  ~X11Input() override;

  Result<void> set_up();

  [[nodiscard]] std::string name() const override { return "X11 display " + display_; }
  [[nodiscard]] bool alive() override {
    take_events();
    return xcb_connection_has_error(connection_.get()) == 0;
  }
  Result<void> click(MouseButton button, int count) override;
  Result<void> move(const MoveRequest& move) override;

 protected:
  Result<const KeyTable*> table() override;
  Result<void> bind(std::span<const std::uint32_t> symbols) override;
  [[nodiscard]] bool is_bound(KeyCode code) const override {
    return std::find(bound_.begin(), bound_.end(), code) != bound_.end();
  }
  void send_key(KeyCode code, bool down) override {
    fake(down ? XCB_KEY_PRESS : XCB_KEY_RELEASE, static_cast<std::uint8_t>(code));
  }
  Result<void> flush() override;

 private:
  void fake(std::uint8_t type, std::uint8_t detail, std::int16_t x = 0, std::int16_t y = 0) {
    const xcb_window_t root = type == XCB_MOTION_NOTIFY && detail == 0 ? root_ : XCB_NONE;
    xcb_test_fake_input(connection_.get(), type, detail, XCB_CURRENT_TIME, root, x, y, 0);
  }
  void take_events();
  void set_symbols(KeyCode code, xcb_keysym_t plain, xcb_keysym_t shifted);
  [[nodiscard]] Error gone() const;

  Connection connection_;
  std::string display_;
  xcb_window_t root_;
  XkbContext context_;
  std::uint8_t xkb_event_ = 0;
  std::int32_t device_ = -1;

  XkbKeymap keymap_;  // null: to be asked for again
  KeyTable table_;
  xkb_layout_index_t layout_ = 0;
  xkb_mod_mask_t locked_ = 0;
  std::deque<KeyCode> bound_;  // spare keys that we gave a symbol to, the oldest first
};

// A server that is killed is found out by whoever waits for its answer; xcb calls nobody and ends
// nothing.
Error X11Input::gone() const {
  return {ErrorCode::io, fmt::format("the X11 display {} is gone; it is opened again for the next "
                                     "action",
                                     display_)};
}

X11Input::~X11Input() {
  release_all();
  for (const KeyCode code : bound_)
    set_symbols(code, XCB_NO_SYMBOL, XCB_NO_SYMBOL);
  (void)flush();
}

Result<void> X11Input::set_up() {
  xcb_connection_t* x = connection_.get();
  const auto* xtest = xcb_get_extension_data(x, &xcb_test_id);
  std::uint8_t event = 0;
  if (xtest == nullptr || xtest->present == 0 ||
      xkb_x11_setup_xkb_extension(x, XKB_X11_MIN_MAJOR_XKB_VERSION, XKB_X11_MIN_MINOR_XKB_VERSION,
                                  XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, nullptr, nullptr, &event,
                                  nullptr) == 0) {
    if (!alive()) return tl::unexpected(gone());
    return fail(ErrorCode::unsupported,
                fmt::format("the X11 display {} lacks the extensions XTEST and XKB, without which "
                            "no program may press keys; start its server with them",
                            display_));
  }
  xkb_event_ = event;
  device_ = xkb_x11_get_core_keyboard_device_id(x);
  if (device_ < 0) {
    return fail(ErrorCode::unsupported,
                fmt::format("the X11 display {} has no keyboard; connect one", display_));
  }
  constexpr std::uint16_t kEvents =
      XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY;
  constexpr std::uint16_t kParts =
      XCB_XKB_MAP_PART_KEY_TYPES | XCB_XKB_MAP_PART_KEY_SYMS | XCB_XKB_MAP_PART_MODIFIER_MAP;
  xcb_xkb_select_events(x, static_cast<xcb_xkb_device_spec_t>(device_), kEvents, 0, kEvents, kParts,
                        kParts, nullptr);
  return flush();
}

// All that we asked to be told is that the keyboard changed.
void X11Input::take_events() {
  while (const Owned<xcb_generic_event_t> event{xcb_poll_for_event(connection_.get())}) {
    if ((event->response_type & 0x7FU) == xkb_event_) keymap_.reset();
  }
}

Result<const KeyTable*> X11Input::table() {
  take_events();
  xcb_connection_t* x = connection_.get();
  const bool fresh = !keymap_;
  if (fresh) {
    keymap_.reset(
        xkb_x11_keymap_new_from_device(context_.get(), x, device_, XKB_KEYMAP_COMPILE_NO_FLAGS));
  }
  if (!keymap_) return tl::unexpected(gone());
  const XkbState state(xkb_x11_state_new_from_device(keymap_.get(), x, device_));
  if (!state) return tl::unexpected(gone());
  const auto layout = xkb_state_serialize_layout(state.get(), XKB_STATE_LAYOUT_EFFECTIVE);
  const auto locked = xkb_state_serialize_mods(state.get(), XKB_STATE_MODS_LOCKED);
  if (fresh || layout != layout_ || locked != locked_) {
    table_ = KeyTable(keymap_.get(), layout, locked);
    layout_ = layout;
    locked_ = locked;
  }
  return &table_;
}

// Keys keep their symbols until others need them: programs look up what a key gives when they get
// to it, which may be later than we think. There are about twenty, so each takes two symbols.
Result<void> X11Input::bind(std::span<const std::uint32_t> symbols) {
  std::vector<KeyCode> codes = table_.spare();
  if (codes.empty()) {
    std::copy_if(bound_.begin(), bound_.end(), std::back_inserter(codes),
                 [this](KeyCode code) { return !is_down(code); });
    if (codes.empty()) {
      return fail(ErrorCode::unsupported,
                  fmt::format("the layout of the X11 display {} leaves no key free for other "
                              "characters; setxkbmap sets a usual one",
                              display_));
    }
    std::this_thread::sleep_for(kBeforeRebinding);
  }
  std::size_t next = 0;
  for (const KeyCode code : codes) {
    if (next >= symbols.size()) break;
    set_symbols(code, symbols[next], symbols[std::min(next + 1, symbols.size() - 1)]);
    next += 2;
    std::erase(bound_, code);
    bound_.push_back(code);
  }
  keymap_.reset();
  return flush();
}

void X11Input::set_symbols(KeyCode code, xcb_keysym_t plain, xcb_keysym_t shifted) {
  const std::array<xcb_keysym_t, 2> levels = {plain, shifted};
  xcb_change_keyboard_mapping(connection_.get(), 1, static_cast<xcb_keycode_t>(code), levels.size(),
                              levels.data());
}

Result<void> X11Input::click(MouseButton button, int count) {
  const auto detail = static_cast<std::uint8_t>(1 + static_cast<int>(button));
  for (int i = 0; i < count; ++i) {
    fake(XCB_BUTTON_PRESS, detail);
    fake(XCB_BUTTON_RELEASE, detail);
  }
  return flush();
}

Result<void> X11Input::move(const MoveRequest& move) {
  fake(XCB_MOTION_NOTIFY, move.relative ? 1 : 0, static_cast<std::int16_t>(move.x),
       static_cast<std::int16_t>(move.y));
  return flush();
}

Result<void> X11Input::flush() {
  xcb_connection_t* x = connection_.get();
  const Owned<xcb_get_input_focus_reply_t> reply(
      xcb_get_input_focus_reply(x, xcb_get_input_focus(x), nullptr));
  if (!reply) return tl::unexpected(gone());
  return {};
}

}  // namespace

Result<std::unique_ptr<InputDevice>> open_x11_input(const std::string& display) {
  int number = 0;
  Connection connection(xcb_connect(display.c_str(), &number));
  if (xcb_connection_has_error(connection.get()) != 0) {
    return fail(ErrorCode::io, fmt::format("the X11 display \"{}\" cannot be opened; DISPLAY names "
                                           "it, and XAUTHORITY the file that lets programs in",
                                           display));
  }
  auto screen = xcb_setup_roots_iterator(xcb_get_setup(connection.get()));
  for (; number > 0 && screen.rem > 1; --number)
    xcb_screen_next(&screen);
  auto input = std::make_unique<X11Input>(std::move(connection), display, screen.data->root);
  if (auto ready = input->set_up(); !ready) return tl::unexpected(ready.error());
  return input;
}

}  // namespace midimon
