// Capabilities in plain words, for the person who is to decide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grants/rule.h"
#include "midimon/capability.h"

namespace midimon::grants {

// What `capability` allows, one line for each part: "talk to api.example.org (https, port 443)".
// `capability` is one that Permissions::add() takes.
[[nodiscard]] std::vector<std::string> describe(const Capability& capability);

// What the worst is that a plugin could do with it.
[[nodiscard]] std::string_view worst_case(CapabilityKind kind);

// `capability` as a user would grant it, one text for each part: "network:https://api.example.org".
// Where the user has to say which directory it is, it says DIRECTORY.
[[nodiscard]] std::vector<std::string> grant_texts(const Capability& capability);

// The whole line that grants `what` to `plugin`, ready for a shell.
[[nodiscard]] std::string grant_command(std::string_view plugin,
                                        const std::vector<std::string>& what);

// The same for one thing that a plugin wanted to do; nothing if it has no name that could be typed.
[[nodiscard]] std::optional<std::string> grant_command(std::string_view plugin, const Rule& what);

// `text` as one word of a shell's command line.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace midimon::grants
