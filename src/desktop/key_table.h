// The KeyTable class says which key of a keyboard gives which symbol, and what is held for it.
#pragma once

#include <xkbcommon/xkbcommon.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "mapping/key_names.h"

namespace midimon {

struct FreeXkb {
  void operator()(xkb_context* context) const { xkb_context_unref(context); }
  void operator()(xkb_keymap* keymap) const { xkb_keymap_unref(keymap); }
  void operator()(xkb_state* state) const { xkb_state_unref(state); }
};
using XkbContext = std::unique_ptr<xkb_context, FreeXkb>;
using XkbKeymap = std::unique_ptr<xkb_keymap, FreeXkb>;
using XkbState = std::unique_ptr<xkb_state, FreeXkb>;

// A key by its code, as XKB counts: evdev's plus 8.
using KeyCode = std::uint32_t;

// The highest that X clients can see.
inline constexpr KeyCode kMaxKeyCode = 255;

class KeyTable {
 public:
  struct Place {
    KeyCode code = 0;
    bool shift = false;   // with Shift down
    bool level3 = false;  // with AltGr, or what the layout has in its place, down
  };

  KeyTable() = default;
  // Of the keys as they are in `layout`, the index of one, while the modifiers `locked` are on.
  KeyTable(xkb_keymap* keymap, xkb_layout_index_t layout, xkb_mod_mask_t locked);

  // Null if no key gives `symbol`, which is as KeyChord has it.
  [[nodiscard]] const Place* find(std::uint32_t symbol) const;
  // The keys that are held for a modifier (kShift and so on) and for level 3; nothing if there is
  // none.
  [[nodiscard]] std::optional<KeyCode> modifier(std::uint8_t bit) const;
  [[nodiscard]] std::optional<KeyCode> level3() const;
  // Keys without any symbol, in any layout.
  [[nodiscard]] const std::vector<KeyCode>& spare() const { return spare_; }

 private:
  void add_level(xkb_keymap* keymap, xkb_state* state, bool shift, bool level3);
  void add_equivalents();
  [[nodiscard]] std::optional<KeyCode> code_of(std::uint32_t symbol) const;

  std::map<std::uint32_t, Place> places_;
  std::vector<KeyCode> spare_;
};

}  // namespace midimon
