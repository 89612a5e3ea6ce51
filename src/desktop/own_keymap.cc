#include "desktop/own_keymap.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace midimon {

OwnKeymap::OwnKeymap() : context_(xkb_context_new(XKB_CONTEXT_NO_FLAGS)), keymap_(compile()) {
  if (!keymap_) return;
  const KeyTable table(keymap_.get(), 0, 0);
  for (const KeyCode code : table.spare()) {
    const char* name = xkb_keymap_key_get_name(keymap_.get(), code);
    if (name != nullptr) spare_.emplace(code, name);
  }
}

XkbKeymap OwnKeymap::compile() const {
  std::string keys;
  for (const auto& [code, symbol] : bound_) {
    std::array<char, 64> name{};
    xkb_keysym_get_name(symbol, name.data(), name.size());
    keys += fmt::format("    key <{}> {{ [ {} ] }};\n", spare_.at(code), name.data());
  }
  const std::string text = fmt::format(
      "xkb_keymap {{\n"
      "  xkb_keycodes {{ include \"evdev+aliases(qwerty)\" }};\n"
      "  xkb_types {{ include \"complete\" }};\n"
      "  xkb_compatibility {{ include \"complete\" }};\n"
      "  xkb_symbols {{ include \"pc+us+inet(evdev)\"\n{}  }};\n}};\n",
      keys);
  return XkbKeymap(xkb_keymap_new_from_string(
      context_.get(), text.c_str(), XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS));
}

std::string OwnKeymap::text() const {
  const std::unique_ptr<char, decltype(&std::free)> text(
      xkb_keymap_get_as_string(keymap_.get(), XKB_KEYMAP_FORMAT_TEXT_V1), &std::free);
  return text ? text.get() : "";
}

bool OwnKeymap::bind(std::span<const std::uint32_t> symbols,
                     const std::function<bool(KeyCode)>& taken) {
  auto next = symbols.begin();
  for (const auto& [code, name] : spare_) {
    if (next == symbols.end()) break;
    if (!taken(code)) bound_[code] = *next++;
  }
  auto keymap = compile();
  if (next == symbols.begin() || !keymap) return false;
  keymap_ = std::move(keymap);
  return true;
}

}  // namespace midimon
