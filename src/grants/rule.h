// A Rule is one thing that a capability allows: a directory, a host, a command, a MIDI port, or a
// word such as "play". It stands for a set of things that a plugin may do; a capability is a list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "grants/command_rule.h"
#include "grants/file_rule.h"
#include "grants/host_rule.h"
#include "grants/text_pattern.h"
#include "midimon/capability.h"
#include "midimon/result.h"

namespace midimon::grants {

// "in" or "out": MIDI from or to every port; "out:APC mini*": those whose name begins so.
struct PortRule {
  bool out = false;
  TextPattern port{"", true};
  friend bool operator==(const PortRule&, const PortRule&) = default;
};

// What `audio` and `systemcontrol` are narrowed to: "play", "record"; "volume", "lock", ...
struct WordRule {
  CapabilityKind kind = CapabilityKind::audio;
  std::string word;  // a-z, 0-9, - and _, at most 32
  friend bool operator==(const WordRule&, const WordRule&) = default;
};

using Rule = std::variant<FileRule, HostRule, CommandRule, PortRule, WordRule>;

[[nodiscard]] CapabilityKind kind_of(const Rule& rule);
// What both allow; nothing if there is no such thing. Exact, and again a rule.
[[nodiscard]] std::optional<Rule> intersect(const Rule& a, const Rule& b);
// Whether `outer` allows all that `inner` does.
[[nodiscard]] bool includes(const Rule& outer, const Rule& inner);

Result<Rule> parse_rule(CapabilityKind kind, std::string_view text);
// What parse_rule() reads.
[[nodiscard]] std::string to_string(const Rule& rule);

// "network:https://api.example.org": what parse_capability() reads.
[[nodiscard]] std::string to_grant(const Rule& rule);

}  // namespace midimon::grants
