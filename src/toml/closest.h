// Finds the word somebody may have meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace midimon {

// The one of `known` that `word` is most like, case aside; nothing if none is near: more than one
// change in three letters. The first of several.
[[nodiscard]] std::optional<std::string_view> closest(std::string_view word,
                                                      std::span<const std::string_view> known);

}  // namespace midimon
