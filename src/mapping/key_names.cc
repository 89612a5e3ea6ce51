#include "mapping/key_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "toml/closest.h"

namespace midimon {
namespace {

struct NamedKey {
  std::string_view name;
  std::uint32_t symbol;
};

// X11/keysymdef.h and X11/XF86keysym.h. Of a symbol with several names the first is shown.
constexpr std::array kKeys = {
    NamedKey{"space", 0x0020},
    NamedKey{"plus", 0x002b},
    NamedKey{"return", 0xff0d},
    NamedKey{"enter", 0xff0d},
    NamedKey{"escape", 0xff1b},
    NamedKey{"esc", 0xff1b},
    NamedKey{"tab", 0xff09},
    NamedKey{"backspace", 0xff08},
    NamedKey{"delete", 0xffff},
    NamedKey{"insert", 0xff63},
    NamedKey{"home", 0xff50},
    NamedKey{"end", 0xff57},
    NamedKey{"page_up", 0xff55},
    NamedKey{"pageup", 0xff55},
    NamedKey{"page_down", 0xff56},
    NamedKey{"pagedown", 0xff56},
    NamedKey{"left", 0xff51},
    NamedKey{"leftarrow", 0xff51},
    NamedKey{"up", 0xff52},
    NamedKey{"uparrow", 0xff52},
    NamedKey{"right", 0xff53},
    NamedKey{"rightarrow", 0xff53},
    NamedKey{"down", 0xff54},
    NamedKey{"downarrow", 0xff54},
    NamedKey{"caps_lock", 0xffe5},
    NamedKey{"capslock", 0xffe5},
    NamedKey{"num_lock", 0xff7f},
    NamedKey{"scroll_lock", 0xff14},
    NamedKey{"print_screen", 0xff61},
    NamedKey{"pause_break", 0xff13},
    NamedKey{"menu", 0xff67},
    NamedKey{"f1", 0xffbe},
    NamedKey{"f2", 0xffbf},
    NamedKey{"f3", 0xffc0},
    NamedKey{"f4", 0xffc1},
    NamedKey{"f5", 0xffc2},
    NamedKey{"f6", 0xffc3},
    NamedKey{"f7", 0xffc4},
    NamedKey{"f8", 0xffc5},
    NamedKey{"f9", 0xffc6},
    NamedKey{"f10", 0xffc7},
    NamedKey{"f11", 0xffc8},
    NamedKey{"f12", 0xffc9},
    NamedKey{"f13", 0xffca},
    NamedKey{"f14", 0xffcb},
    NamedKey{"f15", 0xffcc},
    NamedKey{"f16", 0xffcd},
    NamedKey{"f17", 0xffce},
    NamedKey{"f18", 0xffcf},
    NamedKey{"f19", 0xffd0},
    NamedKey{"f20", 0xffd1},
    NamedKey{"f21", 0xffd2},
    NamedKey{"f22", 0xffd3},
    NamedKey{"f23", 0xffd4},
    NamedKey{"f24", 0xffd5},
    NamedKey{"keypad_0", 0xffb0},
    NamedKey{"keypad_1", 0xffb1},
    NamedKey{"keypad_2", 0xffb2},
    NamedKey{"keypad_3", 0xffb3},
    NamedKey{"keypad_4", 0xffb4},
    NamedKey{"keypad_5", 0xffb5},
    NamedKey{"keypad_6", 0xffb6},
    NamedKey{"keypad_7", 0xffb7},
    NamedKey{"keypad_8", 0xffb8},
    NamedKey{"keypad_9", 0xffb9},
    NamedKey{"keypad_multiply", 0xffaa},
    NamedKey{"keypad_add", 0xffab},
    NamedKey{"keypad_subtract", 0xffad},
    NamedKey{"keypad_decimal", 0xffae},
    NamedKey{"keypad_divide", 0xffaf},
    NamedKey{"keypad_enter", 0xff8d},
    NamedKey{"play_pause", 0x1008ff14},
    NamedKey{"play", 0x1008ff14},
    NamedKey{"stop", 0x1008ff15},
    NamedKey{"previous", 0x1008ff16},
    NamedKey{"next", 0x1008ff17},
    NamedKey{"volume_down", 0x1008ff11},
    NamedKey{"mute", 0x1008ff12},
    NamedKey{"volume_up", 0x1008ff13},
    NamedKey{"mic_mute", 0x1008ffb2},
    NamedKey{"brightness_up", 0x1008ff02},
    NamedKey{"brightness_down", 0x1008ff03},
};

struct NamedModifier {
  std::string_view name;
  std::uint8_t bit;
};

constexpr std::array kModifiers = {
    NamedModifier{"ctrl", kControl}, NamedModifier{"control", kControl},
    NamedModifier{"shift", kShift},  NamedModifier{"alt", kAlt},
    NamedModifier{"option", kAlt},   NamedModifier{"super", kSuper},
    NamedModifier{"cmd", kSuper},    NamedModifier{"command", kSuper},
    NamedModifier{"win", kSuper},    NamedModifier{"meta", kSuper},
};

constexpr std::uint32_t kUnicode = 0x01000000;

// Names are ASCII, in lower case.
bool is_name(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(),
                    [](char a, char b) { return to_lower(a) == b; });
}

std::string key_name(std::uint32_t symbol) {
  const auto* found = std::find_if(kKeys.begin(), kKeys.end(),
                                   [&](const NamedKey& key) { return key.symbol == symbol; });
  if (found != kKeys.end()) return std::string(found->name);
  return encode_utf8(symbol >= kUnicode ? symbol - kUnicode : symbol);
}

Error no_key(std::string_view name) {
  std::vector<std::string_view> names;
  names.reserve(kKeys.size());
  for (const NamedKey& key : kKeys)
    names.push_back(key.name);
  const auto nearest = closest(name, names);
  return {ErrorCode::invalid,
          fmt::format("there is no key \"{}\"{}", escape_line(name.substr(0, 40)),
                      nearest ? fmt::format("; did you mean \"{}\"?", *nearest)
                              : ": keys are single characters and names such as space, return, "
                                "F5, left or play_pause")};
}

}  // namespace

std::optional<std::uint8_t> parse_modifier(std::string_view name) {
  for (const NamedModifier& modifier : kModifiers) {
    if (is_name(name, modifier.name)) return modifier.bit;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> parse_key(std::string_view name) {
  if (const auto text = decode_utf8(name); text && text->size() == 1) {
    const std::uint32_t code = text->front();
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return std::nullopt;
    return code <= 0xff ? code : kUnicode + code;
  }
  for (const NamedKey& key : kKeys) {
    if (is_name(name, key.name)) return key.symbol;
  }
  return std::nullopt;
}

Result<KeyChord> parse_chord(std::string_view text) {
  KeyChord chord;
  while (true) {
    // From 1 on: "+" at the beginning is the key.
    const std::size_t plus = text.find('+', 1);
    const std::string_view part = text.substr(0, plus);
    const auto modifier = parse_modifier(part);
    if (plus == std::string_view::npos || plus + 1 == text.size()) {
      if (plus == std::string_view::npos && modifier) {
        chord.modifiers |= *modifier;
        return chord;
      }
      const auto key = parse_key(text);
      if (!key) return tl::unexpected(no_key(text));
      chord.symbol = *key;
      return chord;
    }
    if (!modifier) {
      return fail(ErrorCode::invalid,
                  fmt::format("\"{}\" is no modifier: they are ctrl, shift, alt and super",
                              escape_line(part.substr(0, 40))));
    }
    chord.modifiers |= *modifier;
    text.remove_prefix(plus + 1);
  }
}

std::string to_text(const KeyChord& chord) {
  std::string text;
  for (const auto& [name, bit] : {NamedModifier{"ctrl", kControl}, NamedModifier{"shift", kShift},
                                  NamedModifier{"alt", kAlt}, NamedModifier{"super", kSuper}}) {
    if ((chord.modifiers & bit) == 0) continue;
    text += text.empty() ? "" : "+";
    text += name;
  }
  if (chord.symbol == 0) return text;
  return text + (text.empty() ? "" : "+") + key_name(chord.symbol);
}

}  // namespace midimon
