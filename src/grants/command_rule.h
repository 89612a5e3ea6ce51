// The CommandRule struct is a program that a plugin may run, and with which arguments.
//
//   /usr/bin/playerctl next            that and nothing else
//   /usr/bin/obs-cmd scene switch *    "*": any one argument, "--title=*": one that begins so
//   /usr/bin/notify-send ...           "...", at the end: any number of arguments
//
// Arguments are separated by one space each and are patterns as in text_pattern.h. There is no
// shell: nothing else in them has a meaning.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grants/text_pattern.h"
#include "midimon/result.h"

namespace midimon::grants {

struct CommandRule {
  std::string path;               // absolute
  std::vector<TextPattern> args;  // the program's name is not among them
  bool more = false;              // any arguments after these

  friend bool operator==(const CommandRule&, const CommandRule&) = default;
};

[[nodiscard]] std::optional<CommandRule> intersect(const CommandRule& a, const CommandRule& b);
Result<CommandRule> parse_command_rule(std::string_view text);
[[nodiscard]] std::string to_string(const CommandRule& rule);

}  // namespace midimon::grants
