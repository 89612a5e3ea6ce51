#include "preferences.h"

#include <charconv>
#include <cstddef>

#include "files.h"
#include "text.h"

namespace practice_log {
namespace {

constexpr std::size_t kMaxConfigBytes = 16 * 1024;
constexpr std::size_t kMaxProblems = 8;
constexpr std::size_t kMaxShownKey = 40;

constexpr std::string_view kDefaultConfig =
    R"(# Preferences of practice-log, read anew at every call. The values shown are the defaults: to
# change one, remove the # before it.

# A gap between two notes that is longer than this is not counted as playing. 1 to 3600.
# pause_seconds = 10

# After so long without a note, the next one starts a new session. 1 to 1440.
# session_minutes = 30

# Notes softer than this were not meant and are not counted. 0 to 127.
# ignore_velocity_below = 1

# What MIDI note 60 is called: "C4", or "C3" as on Yamaha's keyboards, or "C5".
# middle_c = "C4"

# What is written to /plugin.log: "all" (every note), "milestones" (and sessions, resets, problems)
# or "off".
# log = "milestones"

# A milestone is reached every so many notes; 0 for never.
# milestone = 100

# false: a note survives that midimon is killed. true: it survives a power failure, too, and every
# note waits for the disk.
# durable = false
)";

struct IntegerPreference {
  std::string_view key;
  int Preferences::*value;
  int minimum;
  int maximum;
};

constexpr IntegerPreference kIntegers[] = {
    {"pause_seconds", &Preferences::pause_seconds, 1, 3600},
    {"session_minutes", &Preferences::session_minutes, 1, 1440},
    {"ignore_velocity_below", &Preferences::ignore_velocity_below, 0, 127},
    {"milestone", &Preferences::milestone, 0, 1'000'000},
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Splits the value from what follows it, which may be a comment only.
bool cut_comment(std::string_view& value) {
  std::size_t end = 0;
  if (!value.empty() && (value[0] == '"' || value[0] == '\'')) {
    end = value.find(value[0], 1);
    if (end == std::string_view::npos) return false;
    ++end;
  } else {
    end = value.find('#');
    if (end == std::string_view::npos) end = value.size();
  }
  const std::string_view rest = trim(value.substr(end));
  value = trim(value.substr(0, end));
  return !value.empty() && (rest.empty() || rest[0] == '#');
}

bool is_bare_key(std::string_view key) {
  if (key.empty() || key.size() > kMaxShownKey) return false;
  for (const char c : key) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!good) return false;
  }
  return true;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value[0] == '"' || value[0] == '\'');
  return quoted ? value.substr(1, value.size() - 2) : std::string_view();
}

// What is wrong with a value; empty if it was taken. `known` says whether there is such a key.
std::string set_preference(Preferences& preferences, std::string_view key, std::string_view value,
                           bool& known) {
  for (const IntegerPreference& row : kIntegers) {
    if (key != row.key) continue;
    int number = 0;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = end.ec == std::errc() && end.ptr == value.data() + value.size();
    if (whole && number >= row.minimum && number <= row.maximum) {
      preferences.*row.value = number;
      return {};
    }
    std::string wanted = "a whole number from ";
    append_number(wanted, row.minimum);
    append_number(wanted += " to ", row.maximum);
    return wanted;
  }
  if (key == "middle_c") {
    const std::string_view name = unquoted(value);
    if (name != "C3" && name != "C4" && name != "C5") return R"("C3", "C4" or "C5")";
    preferences.middle_c_octave = name[1] - '0';
  } else if (key == "log") {
    const std::string_view name = unquoted(value);
    if (name == "all") {
      preferences.log = Preferences::Log::all;
    } else if (name == "milestones") {
      preferences.log = Preferences::Log::milestones;
    } else if (name == "off") {
      preferences.log = Preferences::Log::off;
    } else {
      return R"("all", "milestones" or "off")";
    }
  } else if (key == "durable") {
    if (value != "true" && value != "false") return "true or false";
    preferences.durable = value == "true";
  } else {
    known = false;
  }
  return {};
}

class ConfigReader {
 public:
  explicit ConfigReader(Config& config) : config_(config) {}

  void line(std::string_view text) {
    ++number_;
    text = trim(text);
    if (text.empty() || text[0] == '#') return;
    if (text[0] == '[') {
      in_table_ = true;  // no preference is in a table
      return;
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return problem("this is not `key = value`");
    const std::string_view key = trim(text.substr(0, equals));
    std::string_view value = text.substr(equals + 1);
    value = trim(value);
    if (key.empty() || !cut_comment(value)) return problem("this is not `key = value`");
    if (!in_table_) preference(key, value);
  }

 private:
  void preference(std::string_view key, std::string_view value) {
    bool known = true;
    const std::string wanted = set_preference(config_.preferences, key, value, known);
    const std::string name = is_bare_key(key) ? " \"" + std::string(key) + "\"" : "";
    if (!known) {
      problem("there is no preference" + name + "; it is ignored");
    } else if (!wanted.empty()) {
      problem(std::string(key) + " must be " + wanted + "; the line is ignored");
    }
  }

  void problem(const std::string& what) {
    if (config_.problems.size() == kMaxProblems) {
      config_.problems.emplace_back(std::string(kConfigPath) + ": there are more wrong lines");
    }
    if (config_.problems.size() > kMaxProblems) return;
    std::string text = std::string(kConfigPath) + ", line ";
    append_number(text, number_);
    config_.problems.push_back(text + ": " + what);
  }

  Config& config_;
  int number_ = 0;
  bool in_table_ = false;
};

}  // namespace

Config parse_config(std::string_view text) {
  Config config;
  config.fingerprint = fingerprint(text);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  ConfigReader reader(config);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return config;
}

bool load_config(Config& config, std::string& problem) {
  std::string text;
  switch (read_file(kConfigPath, kMaxConfigBytes, text, problem)) {
    case ReadStatus::ok:
      config = parse_config(text);
      return true;
    case ReadStatus::missing: {
      const WriteStatus status = replace_file(kConfigPath, kDefaultConfig, false, problem);
      if (status == WriteStatus::no_directory) return false;
      if (status == WriteStatus::failed) config.problems.push_back(problem);
      break;
    }
    case ReadStatus::too_large:
      problem = std::string(kConfigPath) +
                " is larger than 16 KiB and was not read. Remove what does not belong there.";
      config.problems.push_back(problem);
      break;
    case ReadStatus::failed:
      config.problems.push_back(problem);
      break;
  }
  config.fingerprint = fingerprint(problem);
  return true;
}

}  // namespace practice_log
