#include "cli/ask.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "cli/policy.h"
#include "grants/file_rule.h"
#include "grants/words.h"

namespace midimon::cli {
namespace {

constexpr std::size_t kMaxReason = 200;  // bytes shown of what a plugin gives as its reason

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

// A line without its end; nothing once there are no more.
std::optional<std::string> read_line() {
  constexpr std::size_t kMaxLine = 4096;
  std::string line;
  for (int c = std::getc(stdin); c != EOF; c = std::getc(stdin)) {
    if (c == '\n') return line;
    if (line.size() < kMaxLine) line += static_cast<char>(c);
  }
  return std::nullopt;
}

// Not in the middle of a character.
std::string shorten(std::string text) {
  if (text.size() <= kMaxReason) return text;
  std::size_t size = kMaxReason;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80)
    --size;
  return text.substr(0, size) + "...";
}

void show(const Capability& wish) {
  std::string text = fmt::format(
      "\n  {}{}\n", to_string(wish.kind),
      wish.reason.empty() ? ", and gives no reason"
                          : fmt::format(", because it says: \"{}\"", shorten(wish.reason)));
  for (const std::string& line : grants::describe(wish))
    text += fmt::format("    - {}\n", line);
  text += fmt::format("    At worst: {}\n", grants::worst_case(wish.kind));
  say(text);
}

// Asks which directory of the host `text` is, until it can be given; empty: none. Nothing once
// there are no more answers.
std::optional<std::string> choose_directory(const std::string& text, const Places& places) {
  while (true) {
    say(fmt::format("  Which directory is {}? Its absolute path, or nothing for none: ", text));
    auto typed = read_line();
    if (!typed || typed->empty()) return typed;
    const auto grant = parse_capability("filesystem:" + *typed + "::" + text);
    const auto checked =
        grant ? check_directories(*grant, places) : Result<void>(tl::unexpected(grant.error()));
    if (checked) return grant->allow.front();
    say("  " + checked.error().message + "\n");
  }
}

// Fills in which directories of the host are meant; those that the person names none for are left
// out.
std::optional<Capability> choose_directories(const Capability& wish, const Places& places) {
  Capability chosen{wish.kind, {}, {}};
  for (const std::string& text : wish.allow) {
    const auto rule = grants::parse_file_rule(text);
    if (!rule) continue;
    if (rule->place != grants::FileRule::Place::directory) {
      chosen.allow.push_back(text);
      continue;
    }
    auto directory = choose_directory(text, places);
    if (!directory) return std::nullopt;
    if (!directory->empty()) chosen.allow.push_back(std::move(*directory));
  }
  return chosen;
}

// y, a or n.
std::optional<char> read_answer(std::string_view for_now) {
  while (true) {
    say(fmt::format("  Allow it?  y = yes, {}   a = yes, always   n = no  [n]: ", for_now));
    const auto typed = read_line();
    if (!typed) return std::nullopt;
    if (typed->empty() || *typed == "n" || *typed == "no") return 'n';
    if (*typed == "y" || *typed == "yes") return 'y';
    if (*typed == "a" || *typed == "always") return 'a';
  }
}

}  // namespace

bool can_ask() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

Answers ask(const Metadata& metadata, const std::string& signer,
            const std::vector<Capability>& wanted, std::string_view for_now, const Places& places) {
  Answers answers;
  say(fmt::format("\nThe plugin {} {} ({}) asks for:\n", metadata.name, metadata.version, signer));
  for (const Capability& wish : wanted) {
    show(wish);
    const auto answer = read_answer(for_now);
    if (!answer) return answers;
    if (*answer == 'n') continue;
    auto granted =
        wish.kind == CapabilityKind::filesystem ? choose_directories(wish, places) : wish;
    if (!granted) return answers;
    granted->reason.clear();
    (*answer == 'a' ? answers.always : answers.for_now).push_back(std::move(*granted));
  }
  answers.complete = true;
  return answers;
}

}  // namespace midimon::cli
