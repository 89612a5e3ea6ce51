#include "desktop/input_device.h"

#include <fmt/format.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#include <algorithm>
#include <iterator>
#include <optional>

namespace midimon {
namespace {

constexpr std::size_t kCharactersBetweenLooks = 64;  // at whether to stop

std::uint32_t symbol_of(char32_t character) {
  if (character == '\n') return XKB_KEY_Return;
  if (character == '\t') return XKB_KEY_Tab;
  return character <= 0xff ? character : 0x01000000 + character;
}

}  // namespace

// `next` are the symbols that are wanted after it, so that keys are given to all of them at once.
Result<KeyTable::Place> InputDevice::place_of(const KeyChord& chord,
                                              std::span<const std::uint32_t> next) {
  auto keys = table();
  if (!keys) return tl::unexpected(keys.error());
  const auto* place = (*keys)->find(chord.symbol);
  // A Shift that is ours alone would make another shortcut of it.
  const bool shifted = place != nullptr && place->shift && is_bound(place->code);
  if (place != nullptr && !(shifted && chord.modifiers != 0)) return *place;
  std::vector<std::uint32_t> missing = {chord.symbol};
  for (const std::uint32_t one : next) {
    const bool known = (*keys)->find(one) != nullptr ||
                       std::find(missing.begin(), missing.end(), one) != missing.end();
    if (!known) missing.push_back(one);
  }
  if (auto bound = bind(missing); !bound) return tl::unexpected(bound.error());
  keys = table();
  if (!keys) return tl::unexpected(keys.error());
  place = (*keys)->find(chord.symbol);
  if (place != nullptr) return *place;
  return fail(ErrorCode::unsupported,
              fmt::format("{} has no key for {}", name(), to_text(KeyChord{0, chord.symbol})));
}

// In the order in which they go down.
Result<std::vector<KeyCode>> InputDevice::codes_of(const KeyChord& chord,
                                                   std::span<const std::uint32_t> next) {
  std::optional<KeyTable::Place> place;
  if (chord.symbol != 0) {
    auto found = place_of(chord, next);
    if (!found) return tl::unexpected(found.error());
    place = *found;
  }
  const auto keys = table();
  if (!keys) return tl::unexpected(keys.error());
  std::vector<KeyCode> codes;
  const bool shift = place && place->shift;
  const auto wanted = static_cast<std::uint8_t>(chord.modifiers | (shift ? kShift : 0));
  for (const std::uint8_t bit : {kControl, kAlt, kSuper, kShift}) {
    if ((wanted & bit) == 0) continue;
    const auto code = (*keys)->modifier(bit);
    if (!code) {
      return fail(ErrorCode::unsupported, fmt::format("the keyboard layout of {} has no {} key",
                                                      name(), to_text(KeyChord{bit, 0})));
    }
    codes.push_back(*code);
  }
  if (place && place->level3) codes.push_back((*keys)->level3().value_or(0));
  if (place) codes.push_back(place->code);
  return codes;
}

Result<void> InputDevice::press(const KeyChord& chord) {
  auto codes = codes_of(chord, {});
  if (!codes) return tl::unexpected(codes.error());
  for (const KeyCode code : *codes)
    key_down(code);
  pressed_.emplace_back(chord, std::move(*codes));
  return flush();
}

Result<void> InputDevice::release(const KeyChord& chord) {
  const auto found = std::find_if(pressed_.begin(), pressed_.end(),
                                  [&](const auto& one) { return one.first == chord; });
  if (found == pressed_.end()) return {};
  const std::vector<KeyCode> codes = std::move(found->second);
  pressed_.erase(found);
  for (auto code = codes.rbegin(); code != codes.rend(); ++code)
    key_up(*code);
  return flush();
}

Result<void> InputDevice::type(std::u32string_view text, const std::function<bool()>& stopped) {
  std::vector<std::uint32_t> symbols;
  symbols.reserve(text.size());
  std::transform(text.begin(), text.end(), std::back_inserter(symbols), symbol_of);
  std::span<const std::uint32_t> rest = symbols;
  while (!rest.empty()) {
    const auto codes = codes_of({0, rest.front()}, rest.subspan(1));
    if (!codes) return tl::unexpected(codes.error());
    for (const KeyCode code : *codes)
      key_down(code);
    for (auto code = codes->rbegin(); code != codes->rend(); ++code)
      key_up(*code);
    rest = rest.subspan(1);
    if (rest.size() % kCharactersBetweenLooks != 0) continue;
    if (auto done = flush(); !done) return done;
    if (stopped()) return {};
  }
  return {};
}

void InputDevice::key_down(KeyCode code) {
  if (++down_[code] == 1) send_key(code, true);
}

void InputDevice::key_up(KeyCode code) {
  const auto found = down_.find(code);
  if (--found->second > 0) return;
  down_.erase(found);
  send_key(code, false);
}

void InputDevice::release_all() {
  for (const auto& [code, count] : down_)
    send_key(code, false);
  down_.clear();
  pressed_.clear();
}

}  // namespace midimon
