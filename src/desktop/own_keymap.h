// The OwnKeymap class is a keyboard of our own making, whose spare keys can have any symbols.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "desktop/key_table.h"

namespace midimon {

// A PC keyboard with the layout "us".
class OwnKeymap {
 public:
  OwnKeymap();

  // Null if the descriptions of keyboards are not installed.
  [[nodiscard]] xkb_keymap* get() const { return keymap_.get(); }
  // As xkbcommon reads it.
  [[nodiscard]] std::string text() const;

  // Gives keys to as many of `symbols` as there are spare keys, from the first on; others lose
  // theirs, but for keys that are `taken`. False if it cannot.
  bool bind(std::span<const std::uint32_t> symbols, const std::function<bool(KeyCode)>& taken);

 private:
  [[nodiscard]] XkbKeymap compile() const;

  XkbContext context_;
  std::map<KeyCode, std::string> spare_;  // with their names
  std::map<KeyCode, std::uint32_t> bound_;
  XkbKeymap keymap_;
};

}  // namespace midimon
