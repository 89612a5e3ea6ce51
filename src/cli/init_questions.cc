#include "cli/init_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/plugin_checks.h"
#include "mapping/key_names.h"
#include "mapping/profile_toml.h"
#include "midi/note_name.h"
#include "toml/problems.h"

namespace midimon::cli {
namespace {

constexpr int kMostPads = 64;
constexpr int kMostAsked = 8;  // pads, one after another
constexpr std::size_t kMostModes = 16;

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::optional<int> read_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Answers until they end. Every question gives what it asks for, or nothing at the end.
class Questions {
 public:
  Questions(const InitGiven& given, const InitFacts& facts) : given_(given), facts_(facts) {}

  std::optional<StartingProfile> ask();

 private:
  using Answer = std::optional<std::string>;
  // What is wrong with an answer; empty: nothing.
  using Check = std::function<std::string(const std::string&)>;

  // Asks until the answer can be used. An empty answer is `otherwise`.
  Answer ask_line(const std::string& question, const std::string& otherwise, const Check& check);
  static Answer read_line();

  bool controller();
  bool pads();
  bool modes();
  bool actions();
  bool action(int pad);
  bool keystroke();
  bool launch();
  bool volume();
  bool plugin();
  bool call(const KnownPlugin& plugin);
  // What is wrong with a call of `action` with these params.
  static std::string check_call(const KnownPlugin& plugin, const std::string& action);
  bool add(std::string description, std::string action) {
    profile_.actions.push_back({std::move(description), std::move(action)});
    return true;
  }

  const InitGiven& given_;
  const InitFacts& facts_;
  StartingProfile profile_;
};

Questions::Answer Questions::read_line() {
  constexpr std::size_t kMaxLine = 1024;
  std::string line;
  for (int c = std::getc(stdin); c != EOF; c = std::getc(stdin)) {
    if (c == '\n') return line;
    if (line.size() < kMaxLine) line += static_cast<char>(c);
  }
  return std::nullopt;
}

Questions::Answer Questions::ask_line(const std::string& question, const std::string& otherwise,
                                      const Check& check) {
  while (true) {
    say(otherwise.empty() ? question + ": "
                          : fmt::format("{} [{}]: ", question, escape_line(otherwise)));
    Answer typed = read_line();
    if (!typed) return typed;
    if (typed->empty()) typed = otherwise;
    std::string wrong = is_showable(*typed) ? check(*typed) : "that cannot be shown as it is";
    if (wrong.empty()) return typed;
    say(fmt::format("  {}\n", wrong));
  }
}

std::optional<StartingProfile> Questions::ask() {
  const bool done = controller() && pads() && modes() && actions();
  if (!done) return std::nullopt;
  return std::move(profile_);
}

bool Questions::controller() {
  if (given_.controller) {
    profile_.controller = *given_.controller;
    return true;
  }
  const auto& ports = facts_.controllers;
  std::string list = ports.empty() ? "No controller is connected.\n" : "Connected controllers:\n";
  for (std::size_t i = 0; i < ports.size(); ++i)
    list += fmt::format("  {}  {}\n", i + 1, escape_line(ports[i]));
  say(list);
  const auto typed = ask_line(ports.empty() ? "Part of your controller's name, or nothing for any"
                                            : "Which? A number, part of a name, or nothing for any",
                              "", [](const std::string& /*text*/) { return std::string(); });
  if (!typed) return false;
  const auto number = read_number(*typed);
  const bool is_listed =
      number && *number >= 1 && static_cast<std::size_t>(*number) <= ports.size();
  profile_.controller = is_listed ? ports[static_cast<std::size_t>(*number) - 1] : *typed;
  // A port's name is a stranger's.
  if (!is_showable(profile_.controller)) profile_.controller.clear();
  return true;
}

bool Questions::pads() {
  if (given_.first_note) {
    profile_.first_note = *given_.first_note;
  } else {
    const auto note = ask_line(
        "The note of your first pad, a name or a number", "C2", [](const std::string& text) {
          return read_note(text) ? std::string()
                                 : "a note is 0 to 127 or a name such as C2; "
                                   "`midimon monitor` shows what a pad sends";
        });
    if (!note) return false;
    profile_.first_note = *read_note(*note);
  }
  const int most = most_pads(profile_.first_note);
  if (given_.pads) {
    profile_.pads = std::min(*given_.pads, most);
    return true;
  }
  const auto count =
      ask_line("How many pads", std::to_string(std::min(8, most)), [most](const std::string& text) {
        const auto number = read_number(text);
        return number && *number >= 1 && *number <= most
                   ? std::string()
                   : fmt::format("1 to {}, from this note on", most);
      });
  if (!count) return false;
  profile_.pads = *read_number(*count);
  return true;
}

// A mode more needs a pad that leads there.
bool Questions::modes() {
  if (profile_.pads < 2) return true;
  const auto check = [](const std::string& text) {
    std::vector<std::string> names;
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) names.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return names;
  };
  const auto typed = ask_line(
      "Modes that the last pad goes through, their names with blanks between, or nothing for none",
      "", [&](const std::string& text) -> std::string {
        std::vector<std::string> names = check(text);
        std::sort(names.begin(), names.end());
        if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
          return "each needs a name of its own";
        }
        if (names.size() == 1) return "one mode needs no name; give two or more";
        return names.size() > kMostModes ? fmt::format("{} at most", kMostModes) : "";
      });
  if (!typed) return false;
  profile_.modes = check(*typed);
  return true;
}

bool Questions::actions() {
  const int last = profile_.modes.empty() ? profile_.pads : profile_.pads - 1;
  for (int pad = 0; pad < std::min(last, kMostAsked); ++pad) {
    const std::size_t before = profile_.actions.size();
    if (!action(pad)) return false;
    if (profile_.actions.size() == before) break;
  }
  return true;
}

// Adds nothing where the rest of the pads is to stay free.
bool Questions::action(int pad) {
  const bool has_plugins = !facts_.plugins.empty();
  const auto kind = ask_line(
      fmt::format("Pad {} ({}): k = keystroke, l = launch a program, v = volume{}, n = no more",
                  pad + 1, note_name(static_cast<std::uint8_t>(profile_.first_note + pad)),
                  has_plugins ? ", p = plugin" : ""),
      "n", [&](const std::string& text) -> std::string {
        const bool known = text == "k" || text == "l" || text == "v" || text == "n" ||
                           (has_plugins && text == "p");
        return known ? "" : "one of these letters";
      });
  if (!kind) return false;
  if (*kind == "k") return keystroke();
  if (*kind == "l") return launch();
  if (*kind == "v") return volume();
  if (*kind == "p") return plugin();
  return true;
}

bool Questions::keystroke() {
  const auto keys =
      ask_line("  Which keys, such as ctrl+s", "play_pause", [](const std::string& text) {
        const auto chord = parse_chord(text);
        return chord ? std::string() : chord.error().message;
      });
  if (!keys) return false;
  return add(*keys, fmt::format("{{ type = \"Keystroke\", keys = {} }}", toml_quote(*keys)));
}

bool Questions::launch() {
  const auto line = ask_line("  The program and its arguments, with blanks between", "",
                             [](const std::string& text) -> std::string {
                               const bool empty = text.find_first_not_of(' ') == std::string::npos;
                               if (empty) return "a program, such as firefox";
                               return text.find('{') == std::string::npos
                                          ? ""
                                          : "braces stand for values of the event; write such a "
                                            "thing into the file";
                             });
  if (!line) return false;
  std::string argv;
  std::string_view rest = *line;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) argv += (argv.empty() ? "" : ", ") + toml_quote(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return add("Launch " + *line, fmt::format("{{ type = \"Launch\", argv = [{}] }}", argv));
}

bool Questions::volume() {
  const auto which =
      ask_line("  u = up, d = down, m = mute or not", "u", [](const std::string& text) {
        return text == "u" || text == "d" || text == "m" ? std::string() : "u, d or m";
      });
  if (!which) return false;
  if (*which == "m") return add("Mute", "{ type = \"VolumeControl\", operation = \"Toggle\" }");
  const bool up = *which == "u";
  return add(up ? "Louder" : "Quieter",
             fmt::format("{{ type = \"VolumeControl\", operation = \"{}\", value = 5 }}",
                         up ? "Up" : "Down"));
}

bool Questions::plugin() {
  std::vector<std::string_view> ids;
  for (const KnownPlugin& known : facts_.plugins)
    ids.emplace_back(known.metadata.name);
  const auto id = ask_line(
      fmt::format("  Which plugin ({})", fmt::join(ids, ", ")), std::string(ids.front()),
      [&](const std::string& text) {
        const bool known = std::find(ids.begin(), ids.end(), text) != ids.end();
        return known ? std::string()
                     : fmt::format("there is no plugin {}{}", in_quotes(text), hint(text, ids));
      });
  if (!id) return false;
  const auto at = std::find(ids.begin(), ids.end(), *id) - ids.begin();
  return call(facts_.plugins[static_cast<std::size_t>(at)]);
}

bool Questions::call(const KnownPlugin& plugin) {
  const std::string& id = plugin.metadata.name;
  std::vector<std::string_view> actions;
  for (const ActionInfo& info : plugin.metadata.actions)
    actions.emplace_back(info.id);
  const auto action = ask_line(
      fmt::format("  Which action{}",
                  actions.empty() ? "" : fmt::format(" ({})", fmt::join(actions, ", "))),
      actions.empty() ? "" : std::string(actions.front()), [&](const std::string& text) {
        const bool known = actions.empty()
                               ? !text.empty()
                               : std::find(actions.begin(), actions.end(), text) != actions.end();
        return known
                   ? std::string()
                   : fmt::format("{} has no action {}{}", id, in_quotes(text), hint(text, actions));
      });
  if (!action) return false;
  const auto table = [&](const std::string& params) {
    return fmt::format("{{ type = \"Plugin\", plugin = {}, action = {}{} }}", toml_quote(id),
                       toml_quote(*action),
                       params.empty() ? "" : fmt::format(", params = {{ {} }}", params));
  };
  std::string params;
  if (const std::string wrong = check_call(plugin, table("")); !wrong.empty()) {
    say(fmt::format("  {}\n", wrong));
    const auto typed =
        ask_line("  Its params as they stand in the file, such as level = 5, name = \"x\"", "",
                 [&](const std::string& text) { return check_call(plugin, table(text)); });
    if (!typed) return false;
    params = *typed;
  }
  profile_.plugins[id] = !plugin.is_signed;
  return add(fmt::format("{} of {}", *action, id), table(params));
}

// The mapping is read as it would be from the file.
std::string Questions::check_call(const KnownPlugin& plugin, const std::string& action) {
  StartingProfile alone;
  alone.pads = 1;
  alone.actions = {{"x", action}};
  alone.plugins[plugin.metadata.name] = false;
  Problems problems;
  const auto profile = parse_profile(to_toml(alone), "profile.toml", problems);
  if (!profile) return problems.in_order().front().text;
  const std::vector<Flaw> flaws = check_actions(*profile, plugin.metadata);
  return flaws.empty() ? "" : flaws.front().text;
}

}  // namespace

int most_pads(std::uint8_t first_note) {
  return std::min(kMostPads, 128 - first_note);
}

std::optional<std::uint8_t> read_note(const std::string& text) {
  if (const auto number = read_number(text)) {
    if (*number < 0 || *number > 127) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
  }
  return parse_note(text);
}

std::optional<StartingProfile> ask_for_profile(const InitGiven& given, const InitFacts& facts) {
  return Questions(given, facts).ask();
}

}  // namespace midimon::cli
