#include "desktop/wayland_input.h"

#include <fmt/format.h>
#include <linux/input-event-codes.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>
#include <wayland-virtual-keyboard.h>
#include <wayland-virtual-pointer.h>
#include <wayland-xdg-output-unstable-v1.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstring>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "base/unique_fd.h"
#include "desktop/own_keymap.h"

namespace midimon {
namespace {

struct Disconnect {
  void operator()(wl_display* display) const { wl_display_disconnect(display); }
};
using Display = std::unique_ptr<wl_display, Disconnect>;

// What a compositor offers. The objects are those of the connection, and go with it.
struct Globals {
  struct Output {
    std::uint32_t name = 0;
    wl_output* output = nullptr;
    zxdg_output_v1* details = nullptr;
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
  };
  wl_seat* seat = nullptr;
  zwp_virtual_keyboard_manager_v1* keyboards = nullptr;
  zwlr_virtual_pointer_manager_v1* pointers = nullptr;
  zxdg_output_manager_v1* details = nullptr;
  std::list<Output> outputs;

  void found(wl_registry* registry, std::uint32_t name, std::string_view interface);
  void gone(std::uint32_t name);
  void ask_details();
};

template <typename Object>
void bind_to(Object*& object, wl_registry* registry, std::uint32_t name,
             const wl_interface& interface) {
  object = static_cast<Object*>(wl_registry_bind(registry, name, &interface, 1));
}

void Globals::found(wl_registry* registry, std::uint32_t name, std::string_view interface) {
  if (interface == wl_seat_interface.name && seat == nullptr) {
    bind_to(seat, registry, name, wl_seat_interface);
  } else if (interface == zwp_virtual_keyboard_manager_v1_interface.name) {
    bind_to(keyboards, registry, name, zwp_virtual_keyboard_manager_v1_interface);
  } else if (interface == zwlr_virtual_pointer_manager_v1_interface.name) {
    bind_to(pointers, registry, name, zwlr_virtual_pointer_manager_v1_interface);
  } else if (interface == zxdg_output_manager_v1_interface.name) {
    bind_to(details, registry, name, zxdg_output_manager_v1_interface);
  } else if (interface == wl_output_interface.name) {
    outputs.push_back({name});
    bind_to(outputs.back().output, registry, name, wl_output_interface);
  }
}

void Globals::gone(std::uint32_t name) {
  std::erase_if(outputs, [name](const Output& output) {
    if (output.name != name) return false;
    if (output.details != nullptr) zxdg_output_v1_destroy(output.details);
    wl_output_destroy(output.output);
    return true;
  });
}

// Where each output is, in the pixels that programs count in.
void Globals::ask_details() {
  static constexpr zxdg_output_v1_listener kListener = {
      [](void* data, zxdg_output_v1*, std::int32_t x, std::int32_t y) {
        static_cast<Output*>(data)->x = x;
        static_cast<Output*>(data)->y = y;
      },
      [](void* data, zxdg_output_v1*, std::int32_t width, std::int32_t height) {
        static_cast<Output*>(data)->width = width;
        static_cast<Output*>(data)->height = height;
      },
      [](void*, zxdg_output_v1*) {},
      [](void*, zxdg_output_v1*, const char*) {},
      [](void*, zxdg_output_v1*, const char*) {},
  };
  for (Output& output : outputs) {
    if (details == nullptr || output.details != nullptr) continue;
    output.details = zxdg_output_manager_v1_get_xdg_output(details, output.output);
    zxdg_output_v1_add_listener(output.details, &kListener, &output);
  }
}

constexpr wl_registry_listener kRegistryListener = {
    [](void* data, wl_registry* registry, std::uint32_t name, const char* interface,
       std::uint32_t /*version*/) {
      static_cast<Globals*>(data)->found(registry, name, interface);
    },
    [](void* data, wl_registry* /*registry*/, std::uint32_t name) {
      static_cast<Globals*>(data)->gone(name);
    },
};

std::uint32_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(now).count());
}

class WaylandInput final : public InputDevice {
 public:
  WaylandInput(Display display, std::string name)
      : display_(std::move(display)), name_(std::move(name)) {}
  ~WaylandInput() override;

  Result<void> set_up();

  [[nodiscard]] std::string name() const override { return "Wayland display " + name_; }
  [[nodiscard]] bool alive() override;
  Result<void> click(MouseButton button, int count) override;
  Result<void> move(const MoveRequest& move) override;

 protected:
  Result<const KeyTable*> table() override;
  Result<void> bind(std::span<const std::uint32_t> symbols) override;
  void send_key(KeyCode code, bool down) override;
  Result<void> flush() override;

 private:
  Result<void> scroll(MouseButton button, int count);
  Result<void> use_keymap();
  void send_modifiers();
  [[nodiscard]] Error gone() const;
  Result<void> need_pointer() const;

  Display display_;
  std::string name_;
  Globals globals_;
  zwp_virtual_keyboard_v1* keyboard_ = nullptr;
  zwlr_virtual_pointer_v1* pointer_ = nullptr;

  OwnKeymap keymap_;
  XkbState state_;
  KeyTable table_;
  xkb_mod_mask_t locked_ = 0;
};

WaylandInput::~WaylandInput() {
  release_all();
  (void)flush();
}

Error WaylandInput::gone() const {
  return {ErrorCode::io, fmt::format("the Wayland display {} is gone; it is opened again for the "
                                     "next action",
                                     name_)};
}

Result<void> WaylandInput::set_up() {
  wl_registry* registry = wl_display_get_registry(display_.get());
  wl_registry_add_listener(registry, &kRegistryListener, &globals_);
  if (auto asked = flush(); !asked) return asked;
  if (globals_.keyboards == nullptr || globals_.seat == nullptr) {
    return fail(ErrorCode::unsupported,
                fmt::format("the Wayland compositor of {} lets no program press keys (it lacks "
                            "zwp_virtual_keyboard_manager_v1, which sway and its kin have); where "
                            "it runs Xwayland, MIDIMON_INPUT=x11 reaches X11 programs, and "
                            "MIDIMON_INPUT=uinput all",
                            name_));
  }
  keyboard_ =
      zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(globals_.keyboards, globals_.seat);
  if (globals_.pointers != nullptr) {
    pointer_ =
        zwlr_virtual_pointer_manager_v1_create_virtual_pointer(globals_.pointers, globals_.seat);
  }
  return use_keymap();
}

// Makes `keymap_` the one that keys are of, for the compositor and for us.
Result<void> WaylandInput::use_keymap() {
  if (keymap_.get() == nullptr) {
    return fail(ErrorCode::not_found,
                "the descriptions of keyboards are missing; install Debian's xkb-data");
  }
  const std::string text = keymap_.text();
  const std::size_t size = text.size() + 1;  // it ends with a zero
  const UniqueFd file(::memfd_create("midimon-keymap", MFD_CLOEXEC));
  if (!file.valid() || ::write(file.get(), text.c_str(), size) != static_cast<ssize_t>(size)) {
    return fail(ErrorCode::io, fmt::format("a keyboard cannot be described to the Wayland display "
                                           "{}: {}",
                                           name_, std::strerror(errno)));
  }
  zwp_virtual_keyboard_v1_keymap(keyboard_, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, file.get(),
                                 static_cast<std::uint32_t>(size));
  state_.reset(xkb_state_new(keymap_.get()));
  xkb_state_update_mask(state_.get(), 0, 0, locked_, 0, 0, 0);
  for (KeyCode code = 0; code <= kMaxKeyCode; ++code) {
    if (is_down(code)) xkb_state_update_key(state_.get(), code, XKB_KEY_DOWN);
  }
  table_ = KeyTable(keymap_.get(), 0, locked_);
  send_modifiers();
  return flush();
}

bool WaylandInput::alive() {
  wl_display* display = display_.get();
  while (wl_display_prepare_read(display) != 0)
    wl_display_dispatch_pending(display);
  wl_display_flush(display);
  pollfd fd{wl_display_get_fd(display), POLLIN, 0};
  if (::poll(&fd, 1, 0) > 0) {
    wl_display_read_events(display);
  } else {
    wl_display_cancel_read(display);
  }
  wl_display_dispatch_pending(display);
  return wl_display_get_error(display) == 0;
}

Result<const KeyTable*> WaylandInput::table() {
  const auto locked = xkb_state_serialize_mods(state_.get(), XKB_STATE_MODS_LOCKED);
  if (locked != locked_) {
    table_ = KeyTable(keymap_.get(), 0, locked);
    locked_ = locked;
  }
  return &table_;
}

// A new keymap comes in its place between the keys, so that nothing has to be waited for.
Result<void> WaylandInput::bind(std::span<const std::uint32_t> symbols) {
  const bool bound = keymap_.bind(symbols, [this](KeyCode code) { return is_down(code); });
  if (bound) return use_keymap();
  return fail(ErrorCode::limit, "all keys are held down; release one");
}

void WaylandInput::send_key(KeyCode code, bool down) {
  constexpr KeyCode kEvdevOffset = 8;
  zwp_virtual_keyboard_v1_key(
      keyboard_, now_ms(), code - kEvdevOffset,
      down ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
  if (xkb_state_update_key(state_.get(), code, down ? XKB_KEY_DOWN : XKB_KEY_UP) != 0) {
    send_modifiers();
  }
}

// Compositors do not work them out from the keys.
void WaylandInput::send_modifiers() {
  const auto mods = [this](xkb_state_component which) {
    return xkb_state_serialize_mods(state_.get(), which);
  };
  zwp_virtual_keyboard_v1_modifiers(
      keyboard_, mods(XKB_STATE_MODS_DEPRESSED), mods(XKB_STATE_MODS_LATCHED),
      mods(XKB_STATE_MODS_LOCKED),
      xkb_state_serialize_layout(state_.get(), XKB_STATE_LAYOUT_EFFECTIVE));
}

Result<void> WaylandInput::need_pointer() const {
  if (pointer_ != nullptr) return {};
  return fail(ErrorCode::unsupported,
              fmt::format("the Wayland compositor of {} lets no program move the pointer (it lacks "
                          "zwlr_virtual_pointer_manager_v1); MIDIMON_INPUT=uinput may",
                          name_));
}

Result<void> WaylandInput::click(MouseButton button, int count) {
  if (auto there = need_pointer(); !there) return there;
  if (button >= MouseButton::scroll_up) return scroll(button, count);
  constexpr std::array<std::uint32_t, 3> kButtons = {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT};
  const std::uint32_t code = kButtons[static_cast<std::size_t>(button)];
  for (int i = 0; i < 2 * count; ++i) {
    zwlr_virtual_pointer_v1_button(
        pointer_, now_ms(), code,
        i % 2 == 0 ? WL_POINTER_BUTTON_STATE_PRESSED : WL_POINTER_BUTTON_STATE_RELEASED);
    zwlr_virtual_pointer_v1_frame(pointer_);
  }
  return flush();
}

// A step of a wheel is 15 pixels, as libinput has it.
Result<void> WaylandInput::scroll(MouseButton button, int count) {
  const bool upright = button <= MouseButton::scroll_down;
  const bool back = button == MouseButton::scroll_up || button == MouseButton::scroll_left;
  for (int i = 0; i < count; ++i) {
    zwlr_virtual_pointer_v1_axis(
        pointer_, now_ms(),
        upright ? WL_POINTER_AXIS_VERTICAL_SCROLL : WL_POINTER_AXIS_HORIZONTAL_SCROLL,
        wl_fixed_from_int(back ? -15 : 15));
    zwlr_virtual_pointer_v1_frame(pointer_);
  }
  return flush();
}

// A place is told as a part of the rectangle that all outputs are in.
Result<void> WaylandInput::move(const MoveRequest& move) {
  if (auto there = need_pointer(); !there) return there;
  if (move.relative) {
    zwlr_virtual_pointer_v1_motion(pointer_, now_ms(), wl_fixed_from_int(move.x),
                                   wl_fixed_from_int(move.y));
  } else {
    globals_.ask_details();
    if (auto asked = flush(); !asked) return asked;
    int left = std::numeric_limits<int>::max();
    int top = left;
    int right = std::numeric_limits<int>::min();
    int bottom = right;
    for (const Globals::Output& output : globals_.outputs) {
      left = std::min(left, output.x);
      top = std::min(top, output.y);
      right = std::max(right, output.x + output.width);
      bottom = std::max(bottom, output.y + output.height);
    }
    if (right <= left || bottom <= top) {
      return fail(
          ErrorCode::unsupported,
          fmt::format("the Wayland display {} does not say how large its screen is; move by "
                      "\"dx\" and \"dy\"",
                      name_));
    }
    const auto part = [](int at, int from, int to) {
      return static_cast<std::uint32_t>(std::clamp(at, from, to) - from);
    };
    zwlr_virtual_pointer_v1_motion_absolute(pointer_, now_ms(), part(move.x, left, right),
                                            part(move.y, top, bottom), part(right, left, right),
                                            part(bottom, top, bottom));
  }
  zwlr_virtual_pointer_v1_frame(pointer_);
  return flush();
}

Result<void> WaylandInput::flush() {
  if (wl_display_roundtrip(display_.get()) < 0) return tl::unexpected(gone());
  return {};
}

}  // namespace

Result<std::unique_ptr<InputDevice>> open_wayland_input(const std::string& display) {
  wl_log_set_handler_client([](const char*, va_list) {});  // our errors say it
  Display connection(wl_display_connect(display.c_str()));
  if (!connection) {
    return fail(
        ErrorCode::io,
        fmt::format("the Wayland display \"{}\" cannot be opened ({}); WAYLAND_DISPLAY names "
                    "it, in XDG_RUNTIME_DIR",
                    display, std::strerror(errno)));
  }
  auto input = std::make_unique<WaylandInput>(std::move(connection), display);
  if (auto ready = input->set_up(); !ready) return tl::unexpected(ready.error());
  return input;
}

}  // namespace midimon
