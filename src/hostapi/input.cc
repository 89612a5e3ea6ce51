#include <string>

#include "hostapi/desktop_errand.h"
#include "hostapi/rows.h"
#include "mapping/key_names.h"

namespace midimon::hostapi {
namespace {

constexpr std::size_t kMaxChordBytes = 64;
constexpr std::size_t kMaxTypedBytes = 4096;
constexpr std::uint32_t kMaxClicks = 20;  // and steps of a wheel
constexpr std::int32_t kFarthest = 32767;

// key_send(chord, length): presses and releases it, as "ctrl+shift+s".
Answer key_send(Context& context, HostCall& call, std::uint32_t chord, std::uint32_t length) {
  const auto text = read_text(call, chord, length, kMaxChordBytes);
  if (!text) return text.error();
  if (!may_control(context, "keys")) return Answer::not_granted;
  const auto parsed = parse_chord(*text);
  if (!parsed) return context.explain(Answer::invalid, parsed.error().message);
  return ask_system(context, call, KeyRequest{{*parsed}, KeyMotion::tap});
}

// text_send(text, length): types it.
Answer text_send(Context& context, HostCall& call, std::uint32_t text, std::uint32_t length) {
  const auto typed = read_text(call, text, length, kMaxTypedBytes);
  if (!typed) return typed.error();
  if (!may_control(context, "keys")) return Answer::not_granted;
  return ask_system(context, call, TextRequest{std::string(*typed)});
}

// mouse_click(button, count): with the numbers of X11: 1 left, 2 middle, 3 right, 4 to 7 the wheel
// up, down, left and right.
Answer mouse_click(Context& context, HostCall& call, std::uint32_t button, std::uint32_t count) {
  charge(call);
  if (!may_control(context, "mouse")) return Answer::not_granted;
  if (button < 1 || button > kMouseButtons.size()) {
    return context.explain(Answer::invalid,
                           "The buttons are 1 to 7: left, middle, right, and the "
                           "wheel up, down, left and right.");
  }
  if (count < 1 || count > kMaxClicks) {
    return context.explain(Answer::invalid, "A button can be clicked 1 to 20 times.");
  }
  MouseClick click;
  click.button = static_cast<MouseButton>(button - 1);
  click.count = static_cast<int>(count);
  return ask_system(context, call, click);
}

// mouse_move(x, y, relative): 0: to that place of the screen; 1: so far from where it is.
Answer mouse_move(Context& context, HostCall& call, std::int32_t x, std::int32_t y,
                  std::uint32_t relative) {
  charge(call);
  if (!may_control(context, "mouse")) return Answer::not_granted;
  if (relative > 1 || x < -kFarthest || x > kFarthest || y < -kFarthest || y > kFarthest) {
    return context.explain(Answer::invalid, "x and y are -32767 to 32767, and relative is 0 or 1.");
  }
  return ask_system(context, call, MoveRequest{x, y, relative == 1});
}

constexpr wasm::HostFunction kRows[] = {
    host_function<key_send>("key_send"),
    host_function<text_send>("text_send"),
    host_function<mouse_click>("mouse_click"),
    host_function<mouse_move>("mouse_move"),
};

}  // namespace

Rows input_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
