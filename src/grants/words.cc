#include "grants/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace midimon::grants {
namespace {

std::string describe_rule(const FileRule& rule) {
  if (rule.place == FileRule::Place::own) return "keep files in a directory of its own";
  const char* what = rule.writable ? "read and change" : "read";
  if (rule.place == FileRule::Place::shared) {
    return fmt::format("{} what plugins share (/shared)", what);
  }
  const std::string_view guest = rule.guest.empty() ? "any name" : std::string_view(rule.guest);
  if (rule.below) {
    return rule.host == "/"
               ? fmt::format("{} all in a directory that you choose, as {}", what, guest)
               : fmt::format("{} all in {} or a directory below it, as {}", what, rule.host, guest);
  }
  return fmt::format("{} all in {}, as {}", what, rule.host, guest);
}

std::string describe_rule(const HostRule& rule) {
  const std::string host =
      rule.any_label ? fmt::format("every host one name below {}", rule.host) : rule.host;
  const std::string ports = rule.first_port == rule.last_port
                                ? fmt::format("port {}", rule.first_port)
                                : fmt::format("ports {} to {}", rule.first_port, rule.last_port);
  return fmt::format("talk to {} ({}, {})", host, rule.scheme, ports);
}

std::string describe_rule(const CommandRule& rule) {
  if (rule.args.empty()) {
    return fmt::format("run {} {}", rule.path,
                       rule.more ? "with any arguments" : "without arguments");
  }
  return fmt::format("run {}", to_string(rule));
}

std::string describe_rule(const PortRule& rule) {
  const std::string port = to_string(rule.port, false);
  return fmt::format("{} {}", rule.out ? "send MIDI to" : "read MIDI from",
                     port == "*" ? "every port" : fmt::format("the port {}", port));
}

struct Word {
  CapabilityKind kind;
  std::string_view word;
  std::string_view means;
};
constexpr std::array kWords = {
    Word{CapabilityKind::audio, "volume", "see and change the volume"},
    Word{CapabilityKind::systemcontrol, "keys", "type into whatever window has the keyboard"},
    Word{CapabilityKind::systemcontrol, "mouse", "move the mouse and click"},
    Word{CapabilityKind::systemcontrol, "notify", "show notifications"},
    Word{CapabilityKind::systemcontrol, "open-url", "open web pages and mail"},
    Word{CapabilityKind::systemcontrol, "clipboard-read", "read what you copy"},
    Word{CapabilityKind::systemcontrol, "clipboard-write", "change what you paste"},
    Word{CapabilityKind::systemcontrol, "apps", "see which windows are open and switch to one"},
    Word{CapabilityKind::systemcontrol, "launch", "start any application that is installed"},
};

std::string describe_rule(const WordRule& rule) {
  for (const Word& word : kWords) {
    if (word.kind == rule.kind && word.word == rule.word) return std::string(word.means);
  }
  return fmt::format("{}: {}", to_string(rule.kind), rule.word);
}

std::string_view describe_whole(CapabilityKind kind) {
  switch (kind) {
    case CapabilityKind::network:
      return "talk to any host that this machine reaches, also in your own network";
    case CapabilityKind::midi:
      return "read MIDI from every port and send it to every port";
    case CapabilityKind::audio:
      return "change the volume, play and record sound";
    case CapabilityKind::subprocess:
      return "run any program with any arguments";
    case CapabilityKind::systemcontrol:
      return "press keys, click, read and change the clipboard, see and switch windows, start "
             "applications, show notifications, open web pages";
    case CapabilityKind::filesystem:
      break;
  }
  return "keep files in a directory of its own";
}

}  // namespace

std::vector<std::string> describe(const Capability& capability) {
  if (capability.allow.empty()) return {std::string(describe_whole(capability.kind))};
  std::vector<std::string> lines;
  for (const std::string& text : capability.allow) {
    const auto rule = parse_rule(capability.kind, text);
    if (!rule) continue;
    lines.push_back(std::visit([](const auto& one) { return describe_rule(one); }, *rule));
  }
  return lines;
}

std::string_view worst_case(CapabilityKind kind) {
  switch (kind) {
    case CapabilityKind::filesystem:
      return "It can read all that is in these directories and no other, and where it may change "
             "things, delete all of it and fill its quota.";
    case CapabilityKind::network:
      return "It can send all that it knows to these hosts, and do there whatever anyone on this "
             "machine could.";
    case CapabilityKind::midi:
      return "It can follow all that you play, and play, change or upset every device on these "
             "ports.";
    case CapabilityKind::audio:
      return "It can listen to the room, or play anything at full volume.";
    case CapabilityKind::subprocess:
      return "These programs run outside of the sandbox, with all that you may do yourself.";
    case CapabilityKind::systemcontrol:
      return "With keys or mouse it can do what you can at this machine, also type into a "
             "terminal; "
             "with clipboard-read it sees what you copy, passwords too.";
  }
  return "";
}

std::vector<std::string> grant_texts(const Capability& capability) {
  const std::string name(to_string(capability.kind));
  if (capability.allow.empty()) return {name};
  std::vector<std::string> texts;
  for (const std::string& text : capability.allow) {
    const auto rule = parse_rule(capability.kind, text);
    const auto* file = rule ? std::get_if<FileRule>(&*rule) : nullptr;
    const bool asks_where = file != nullptr && !file->is_exact();
    if (asks_where) {
      texts.push_back(fmt::format("{}:DIRECTORY::{}", name, text));
    } else if (rule) {
      texts.push_back(to_grant(*rule));
    }
  }
  return texts;
}

std::string grant_command(std::string_view plugin, const std::vector<std::string>& what) {
  std::string out = fmt::format("midimon permission grant {}", plugin);
  for (const std::string& text : what)
    out += " " + shell_word(text);
  return out;
}

std::optional<std::string> grant_command(std::string_view plugin, const Rule& what) {
  const auto again = parse_rule(kind_of(what), to_string(what));
  if (!again || *again != what) return std::nullopt;
  return grant_command(plugin, std::vector{to_grant(what)});
}

std::string shell_word(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:,+=@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace midimon::grants
