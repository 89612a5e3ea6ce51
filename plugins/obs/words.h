// What one wrote instead of a name that OBS knows, and how such names are told to a person.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace obs {

using Names = std::vector<std::string>;

// The name that `wanted` is most like, in any case, if it is like one at all; empty if not.
[[nodiscard]] std::string nearest(std::string_view wanted, const Names& names);

// `"Talk", "Game" and 3 more`; "none" for no names.
[[nodiscard]] std::string listed(const Names& names);

// `OBS has no scene "Gme". Did you mean "Game"?`, or else what there is.
[[nodiscard]] std::string no_such(std::string_view what, std::string_view wanted,
                                  const Names& names);

[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace obs
