#include "desktop/uinput_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "desktop/own_keymap.h"

namespace midimon {
namespace {

// How long programs that watch for new keyboards have to find this one. What is typed before is
// lost.
constexpr auto kToBeFound = std::chrono::milliseconds(300);
constexpr KeyCode kEvdevOffset = 8;

class UinputInput final : public InputDevice {
 public:
  explicit UinputInput(UniqueFd device) : device_(std::move(device)) {}
  ~UinputInput() override;

  Result<void> set_up();

  [[nodiscard]] std::string name() const override { return "uinput"; }
  [[nodiscard]] bool alive() override { return alive_; }
  Result<void> click(MouseButton button, int count) override;
  Result<void> move(const MoveRequest& move) override;

 protected:
  Result<const KeyTable*> table() override { return &table_; }
  Result<void> bind(std::span<const std::uint32_t> symbols) override;
  void send_key(KeyCode code, bool down) override {
    send(EV_KEY, static_cast<std::uint16_t>(code - kEvdevOffset), down ? 1 : 0);
    send(EV_SYN, SYN_REPORT, 0);
  }
  Result<void> flush() override;

 private:
  void send(std::uint16_t type, std::uint16_t code, std::int32_t value);
  bool allow(unsigned long request, int value) {
    return ::ioctl(device_.get(), request, value) == 0;
  }

  UniqueFd device_;
  bool alive_ = true;
  OwnKeymap keymap_;
  KeyTable table_;
};

UinputInput::~UinputInput() {
  release_all();
  ::ioctl(device_.get(), UI_DEV_DESTROY);
}

Result<void> UinputInput::set_up() {
  if (keymap_.get() == nullptr) {
    return fail(ErrorCode::not_found,
                "the descriptions of keyboards are missing; install Debian's xkb-data");
  }
  table_ = KeyTable(keymap_.get(), 0, 0);
  bool good = allow(UI_SET_EVBIT, EV_KEY) && allow(UI_SET_EVBIT, EV_REL) &&
              allow(UI_SET_RELBIT, REL_X) && allow(UI_SET_RELBIT, REL_Y) &&
              allow(UI_SET_RELBIT, REL_WHEEL) && allow(UI_SET_RELBIT, REL_HWHEEL);
  for (KeyCode code = kEvdevOffset + 1; good && code <= kMaxKeyCode; ++code)
    good = allow(UI_SET_KEYBIT, static_cast<int>(code - kEvdevOffset));
  for (const int button : {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT})
    good = good && allow(UI_SET_KEYBIT, button);
  uinput_setup setup{};
  setup.id.bustype = BUS_VIRTUAL;
  std::memcpy(setup.name, "midimon", sizeof "midimon");
  good = good && ::ioctl(device_.get(), UI_DEV_SETUP, &setup) == 0 &&
         ::ioctl(device_.get(), UI_DEV_CREATE) == 0;
  if (!good) {
    return fail(ErrorCode::io, fmt::format("uinput makes no keyboard: {}; `modprobe uinput` loads "
                                           "it into the kernel (4.5 or later)",
                                           std::strerror(errno)));
  }
  std::this_thread::sleep_for(kToBeFound);
  return {};
}

void UinputInput::send(std::uint16_t type, std::uint16_t code, std::int32_t value) {
  input_event event{};
  event.type = type;
  event.code = code;
  event.value = value;
  alive_ = alive_ && ::write(device_.get(), &event, sizeof event) == sizeof event;
}

Result<void> UinputInput::flush() {
  if (alive_) return {};
  return fail(ErrorCode::io, "uinput took no more keys; it is opened again for the next action");
}

Result<void> UinputInput::bind(std::span<const std::uint32_t> symbols) {
  return fail(
      ErrorCode::unsupported,
      fmt::format("uinput sends keys, and the layout \"us\" has none for {}; under X11, and "
                  "Wayland of the wlroots kind, any character can be typed",
                  to_text(KeyChord{0, symbols.front()})));
}

Result<void> UinputInput::click(MouseButton button, int count) {
  if (button >= MouseButton::scroll_up) {
    const bool upright = button <= MouseButton::scroll_down;
    const bool plus = button == MouseButton::scroll_up || button == MouseButton::scroll_right;
    for (int i = 0; i < count; ++i) {
      send(EV_REL, upright ? REL_WHEEL : REL_HWHEEL, plus ? 1 : -1);
      send(EV_SYN, SYN_REPORT, 0);
    }
    return flush();
  }
  constexpr std::array<std::uint16_t, 3> kButtons = {BTN_LEFT, BTN_MIDDLE, BTN_RIGHT};
  for (int i = 0; i < 2 * count; ++i) {
    send(EV_KEY, kButtons[static_cast<std::size_t>(button)], i % 2 == 0 ? 1 : 0);
    send(EV_SYN, SYN_REPORT, 0);
  }
  return flush();
}

Result<void> UinputInput::move(const MoveRequest& move) {
  if (!move.relative) {
    return fail(ErrorCode::unsupported,
                "uinput knows no screen, and so no place on it; move by \"dx\" and \"dy\"");
  }
  send(EV_REL, REL_X, move.x);
  send(EV_REL, REL_Y, move.y);
  send(EV_SYN, SYN_REPORT, 0);
  return flush();
}

}  // namespace

Result<std::unique_ptr<InputDevice>> open_uinput_input(const std::string& file) {
  UniqueFd device(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  if (!device.valid()) {
    const int error = errno;
    return fail(error == EACCES ? ErrorCode::denied : ErrorCode::unsupported,
                fmt::format("{} cannot be opened ({}); {}", file, std::strerror(error),
                            error == EACCES
                                ? "a udev rule can give it to your group: KERNEL==\"uinput\", "
                                  "GROUP=\"input\", MODE=\"0660\""
                                : "`modprobe uinput` makes it, or set DISPLAY or WAYLAND_DISPLAY "
                                  "to your screen"));
  }
  auto input = std::make_unique<UinputInput>(std::move(device));
  if (auto ready = input->set_up(); !ready) return tl::unexpected(ready.error());
  return input;
}

}  // namespace midimon
