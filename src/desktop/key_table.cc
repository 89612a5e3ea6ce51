#include "desktop/key_table.h"

#include <xkbcommon/xkbcommon-keysyms.h>

#include <algorithm>

namespace midimon {
namespace {

constexpr std::uint32_t kUnicode = 0x01000000;
// Function and keypad keys: that they stand for a character does not make them its key.
constexpr bool is_function_key(std::uint32_t symbol) {
  return symbol >= 0xfd00 && symbol <= 0xffff;
}

// Whether nothing comes of a key, in any layout and level.
bool is_spare(xkb_keymap* keymap, KeyCode code) {
  for (xkb_layout_index_t layout = 0; layout < xkb_keymap_num_layouts_for_key(keymap, code);
       ++layout) {
    for (xkb_level_index_t level = 0; level < xkb_keymap_num_levels_for_key(keymap, code, layout);
         ++level) {
      const xkb_keysym_t* symbols = nullptr;
      const int count = xkb_keymap_key_get_syms_by_level(keymap, code, layout, level, &symbols);
      if (std::any_of(symbols, symbols + count, [](xkb_keysym_t s) { return s != 0; })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

// What a key gives is asked for with each of the modifiers down in its turn, so that the rules of
// the layout are xkbcommon's to know.
KeyTable::KeyTable(xkb_keymap* keymap, xkb_layout_index_t layout, xkb_mod_mask_t locked) {
  const auto fresh = [&] {
    XkbState state(xkb_state_new(keymap));
    xkb_state_update_mask(state.get(), 0, 0, locked, 0, 0, layout);
    return state;
  };
  add_level(keymap, fresh().get(), false, false);
  const std::optional<KeyCode> shift = code_of(XKB_KEY_Shift_L);
  const std::optional<KeyCode> third = level3();
  const auto add = [&](bool with_shift, bool with_third) {
    if ((with_shift && !shift) || (with_third && !third)) return;
    const XkbState state = fresh();
    if (with_shift) xkb_state_update_key(state.get(), *shift, XKB_KEY_DOWN);
    if (with_third) xkb_state_update_key(state.get(), *third, XKB_KEY_DOWN);
    add_level(keymap, state.get(), with_shift, with_third);
  };
  add(true, false);
  add(false, true);
  add(true, true);
  add_equivalents();
  for (KeyCode code = xkb_keymap_min_keycode(keymap);
       code <= std::min(xkb_keymap_max_keycode(keymap), kMaxKeyCode); ++code) {
    if (is_spare(keymap, code)) spare_.push_back(code);
  }
}

void KeyTable::add_level(xkb_keymap* keymap, xkb_state* state, bool shift, bool level3) {
  for (KeyCode code = xkb_keymap_min_keycode(keymap);
       code <= std::min(xkb_keymap_max_keycode(keymap), kMaxKeyCode); ++code) {
    const xkb_keysym_t symbol = xkb_state_key_get_one_sym(state, code);
    if (symbol != XKB_KEY_NoSymbol) places_.try_emplace(symbol, Place{code, shift, level3});
  }
}

// Layouts have older symbols for many characters.
void KeyTable::add_equivalents() {
  std::map<std::uint32_t, Place> more;
  for (const auto& [symbol, place] : places_) {
    const std::uint32_t character = is_function_key(symbol) ? 0 : xkb_keysym_to_utf32(symbol);
    if (character != 0) {
      more.try_emplace(character <= 0xff ? character : kUnicode + character, place);
    }
  }
  places_.merge(more);  // keeps what is there
}

const KeyTable::Place* KeyTable::find(std::uint32_t symbol) const {
  const auto found = places_.find(symbol);
  return found == places_.end() ? nullptr : &found->second;
}

std::optional<KeyCode> KeyTable::code_of(std::uint32_t symbol) const {
  const Place* place = find(symbol);
  if (place == nullptr || place->shift || place->level3) return std::nullopt;
  return place->code;
}

std::optional<KeyCode> KeyTable::modifier(std::uint8_t bit) const {
  switch (bit) {
    case kControl:
      return code_of(XKB_KEY_Control_L);
    case kShift:
      return code_of(XKB_KEY_Shift_L);
    case kAlt:
      return code_of(XKB_KEY_Alt_L);
    default:
      return code_of(XKB_KEY_Super_L);
  }
}

std::optional<KeyCode> KeyTable::level3() const {
  return code_of(XKB_KEY_ISO_Level3_Shift);
}

}  // namespace midimon
