#include "mapping/profile_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/units.h"
#include "mapping/action_toml.h"
#include "mapping/devices_toml.h"
#include "mapping/json_toml.h"
#include "mapping/mapping_toml.h"
#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"
#include "mapping/settings_toml.h"
#include "toml/toml_table.h"

namespace midimon {
namespace {

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

class ProfileReader {
 public:
  ProfileReader(std::filesystem::path file, Problems& problems) : problems_(problems) {
    profile_.file = std::move(file);
  }

  Profile read(const toml::table& source);

 private:
  void device(const toml::table& source);
  void advanced(const toml::table& source);
  void logging(const toml::table& source);
  void curves(const toml::table& source);
  void policy(const toml::table& source);
  void plugins(const toml::table& source);
  PluginEntry plugin(const std::string& id, const toml::table& source);
  std::vector<std::string> grants(TomlTable& table);
  PluginLimits limits(const toml::table& source);
  void add_mode(TomlTable& table);
  std::optional<Action> mode_action(TomlTable& table, std::string_view key);
  std::vector<Mapping> mappings(std::span<const toml::table* const> sources);

  Problems& problems_;
  Profile profile_;
};

Profile ProfileReader::read(const toml::table& source) {
  TomlTable table(source, "a profile", problems_);
  if (const auto* section = table.table("device", Need::optional)) device(*section);
  read_devices(table, profile_, problems_);
  read_thru(table, profile_, problems_);
  if (const auto* section = table.table("advanced_settings", Need::optional)) advanced(*section);
  if (const auto* section = table.table("logging", Need::optional)) logging(*section);
  if (const auto* section = table.table("audit", Need::optional)) {
    profile_.audit = read_audit(*section, problems_);
  }
  if (const auto* section = table.table("storage", Need::optional)) {
    profile_.storage = read_storage(*section, problems_);
  }
  if (const auto* section = table.table("curves", Need::optional)) curves(*section);
  if (const auto* section = table.table("policy", Need::optional)) policy(*section);
  if (const auto* section = table.table("plugins", Need::optional)) plugins(*section);
  table.tables("registries");  // which registry/config_toml.h reads
  const auto modes = table.tables("modes");
  const auto globals = table.tables("global_mappings");
  table.refuse_other_keys(names_of(profile_keys()));

  std::vector<TomlTable> mode_tables;
  mode_tables.reserve(modes.size());
  for (const toml::table* mode : modes)
    mode_tables.emplace_back(*mode, "a mode", problems_);
  for (TomlTable& mode : mode_tables)
    add_mode(mode);
  if (modes.size() > kMaxModes) {
    mode_tables[kMaxModes].add_problem(
        mode_tables[kMaxModes].pos(),
        fmt::format("a profile has {} modes at most; leave out the rest", kMaxModes));
  }
  if (modes.empty()) profile_.modes.push_back({std::string(kDefaultModeName), "", {}});

  // Mappings come last: their actions name plugins and modes, also those further down.
  for (std::size_t i = 0; i < modes.size(); ++i) {
    profile_.modes[i].on_enter = mode_action(mode_tables[i], "on_enter");
    profile_.modes[i].on_exit = mode_action(mode_tables[i], "on_exit");
    profile_.modes[i].mappings = mappings(mode_tables[i].tables("mappings"));
    mode_tables[i].refuse_other_keys(names_of(keys_in(profile_keys(), "modes")));
  }
  profile_.global_mappings = mappings(globals);
  return std::move(profile_);
}

void ProfileReader::device(const toml::table& source) {
  TomlTable table(source, "[device]", problems_);
  profile_.has_device = true;
  profile_.device.name = table.string("name", Need::optional).value_or("");
  profile_.device.auto_connect =
      table.boolean("auto_connect").value_or(profile_.device.auto_connect);
  profile_.device.auto_reconnect =
      table.boolean("auto_reconnect").value_or(profile_.device.auto_reconnect);
  if (const auto port = table.integer("port", 0, 0xFFFF, Need::optional)) {
    profile_.device.port = static_cast<std::uint32_t>(*port);
  }
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "device")));
}

void ProfileReader::advanced(const toml::table& source) {
  constexpr std::int64_t kMaxMs = 60'000;
  TomlTable table(source, "[advanced_settings]", problems_);
  const auto milliseconds = [&table](std::string_view key, Nanos& setting) {
    if (const auto ms = table.integer(key, 1, kMaxMs, Need::optional)) {
      setting = std::chrono::milliseconds(*ms);
    }
  };
  profile_.advanced.allow_shell = table.boolean("allow_shell").value_or(false);
  milliseconds("chord_timeout_ms", profile_.advanced.chord_timeout);
  milliseconds("double_tap_timeout_ms", profile_.advanced.double_tap_timeout);
  milliseconds("hold_threshold_ms", profile_.advanced.hold_threshold);
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "advanced_settings")));
}

void ProfileReader::logging(const toml::table& source) {
  static constexpr std::array<LogLevel, 7> kMeaning = {
      LogLevel::debug, LogLevel::info,  LogLevel::warning, LogLevel::error,
      LogLevel::error, LogLevel::debug, LogLevel::warning};
  TomlTable table(source, "[logging]", problems_);
  if (const auto level = read_word(table, "level", kLevelWords)) {
    profile_.logging.level = kMeaning[*level];
    profile_.logging.off = kLevelWords[*level] == "off";
  }
  profile_.logging.file = table.string("file", Need::optional).value_or("");
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "logging")));
}

void ProfileReader::curves(const toml::table& source) {
  static constexpr std::string_view kExpected = "an array of 2 to 128 numbers from 0 to 1";
  for (const auto& [key, node] : source) {
    std::vector<double> points;
    bool good = node.is_array() && node.as_array()->size() >= 2 && node.as_array()->size() <= 128;
    if (good) {
      for (const toml::node& point : *node.as_array()) {
        const auto number = point.value<double>();
        good = good && number && *number >= 0 && *number <= 1;
        points.push_back(number.value_or(0));
      }
    }
    if (good) {
      profile_.curves.emplace(key.str(), Curve::table(std::move(points)));
    } else {
      problems_.add(pos_of(node),
                    fmt::format("curve {} must be {}", in_quotes(key.str()), kExpected));
    }
  }
}

void ProfileReader::policy(const toml::table& source) {
  constexpr std::string_view kExpected = "true, false, or an array of what may be granted at most";
  TomlTable table(source, "[policy]", problems_);
  for (const std::string_view capability : kCapabilities) {
    const toml::node* node = table.find(capability, Need::optional, kExpected);
    if (node == nullptr) continue;
    PolicyEntry entry{std::string(capability), false, {}, pos_of(*node)};
    if (const auto* whole = node->as_boolean()) {
      entry.whole = whole->get();
    } else if (const auto* list = node->as_array(); list != nullptr && !list->empty()) {
      for (const toml::node& item : *list) {
        if (const auto text = as_line(item)) {
          entry.allow.push_back(*text);
        } else {
          table.refuse(capability, item, kExpected);
        }
      }
    } else {
      table.refuse(capability, *node, kExpected);
    }
    profile_.policy.push_back(std::move(entry));
  }
  table.refuse_other_keys(names_of(keys_in(profile_keys(), "policy")));
}

void ProfileReader::plugins(const toml::table& source) {
  for (const auto& [key, node] : source) {
    const std::string id(key.str());
    if (!is_plugin_id(id)) {
      problems_.add(pos_of(key.source()),
                    fmt::format("{} cannot be a plugin's id: an id is 1 to 64 of a-z, 0-9, '.', "
                                "'_', '-', begins and ends with a letter or digit, has no \"..\"",
                                in_quotes(id)));
    }
    if (const auto* table = node.as_table()) {
      profile_.plugins.emplace(id, plugin(id, *table));
    } else {
      problems_.add(pos_of(node), fmt::format("a plugin must be a table, [plugins.{}], not {}",
                                              in_quotes(id), type_name(node)));
    }
  }
}

PluginEntry ProfileReader::plugin(const std::string& id, const toml::table& source) {
  TomlTable table(source, fmt::format("[plugins.{}]", in_quotes(id)), problems_);
  PluginEntry entry;
  entry.pos = table.pos();
  if (const auto module = table.string("module", Need::optional)) {
    entry.module = (profile_.file.parent_path() / *module).lexically_normal();
  }
  entry.grant = grants(table);
  if (const auto* section = table.table("limits", Need::optional)) entry.limits = limits(*section);
  if (auto settings = read_json_object(table, "settings")) {
    entry.settings_json = std::move(*settings);
  }
  entry.allow_unsigned = table.boolean("unsigned").value_or(false);
  table.refuse_other_keys(names_of(plugin_keys()));
  return entry;
}

std::vector<std::string> ProfileReader::grants(TomlTable& table) {
  std::vector<std::string> out;
  const toml::array* source = table.array("grant", Need::optional);
  if (source == nullptr) return out;
  for (const toml::node& node : *source) {
    const auto name = as_line(node);
    if (!name) {
      table.refuse("grant", node, "an array of capability names");
      continue;
    }
    const std::string kind = name->substr(0, name->find(':'));  // the rest narrows it
    if (std::find(kCapabilities.begin(), kCapabilities.end(), kind) == kCapabilities.end()) {
      problems_.add(pos_of(node), fmt::format("there is no capability {}{}", in_quotes(kind),
                                              hint(kind, kCapabilities)));
    } else if (std::find(out.begin(), out.end(), *name) != out.end()) {
      problems_.add(pos_of(node), fmt::format("{} is granted twice", in_quotes(*name)));
    } else {
      out.push_back(*name);
    }
  }
  return out;
}

PluginLimits ProfileReader::limits(const toml::table& source) {
  TomlTable table(source, "\"limits\"", problems_);
  const auto count = [&table](std::string_view key, std::int64_t min) {
    const auto number = table.integer(key, min, kMaxInteger, Need::optional);
    return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
  };
  PluginLimits limits;
  limits.memory = read_size(table, "memory", 1);
  limits.fuel = count("fuel", 1);
  limits.time = read_time(table, "time", std::chrono::hours(24));
  limits.storage = read_size(table, "storage", 0);
  limits.storage_entries = count("storage_entries", 0);
  limits.open_files = count("open_files", 0);
  table.refuse_other_keys(names_of(keys_in(plugin_keys(), "limits")));
  return limits;
}

// Adds a mode that has no mappings yet.
void ProfileReader::add_mode(TomlTable& table) {
  Mode mode;
  mode.pos = table.pos();
  mode.name = table.string("name", Need::required).value_or("");
  mode.color = table.string("color", Need::optional).value_or("");
  const auto same = [&mode](const Mode& other) { return other.name == mode.name; };
  if (!mode.name.empty() && std::any_of(profile_.modes.begin(), profile_.modes.end(), same)) {
    table.add_problem(table.pos("name"), fmt::format("there is another mode {} above; names of "
                                                     "modes must differ",
                                                     in_quotes(mode.name)));
  }
  profile_.modes.push_back(std::move(mode));
}

// Reads what is done when a mode begins or ends. It changes no mode: that would never end.
std::optional<Action> ProfileReader::mode_action(TomlTable& table, std::string_view key) {
  const toml::table* source = table.table(key, Need::optional);
  if (source == nullptr) return std::nullopt;
  auto action = read_action(*source, profile_, problems_);
  if (!action) return std::nullopt;
  for_each_step(*action, [&](const Action& step) {
    if (std::holds_alternative<ModeChange>(step.what)) {
      problems_.add(pos_of(*source), fmt::format("\"{}\" may not change the mode", key));
    }
    if (!values_wanted(step).empty()) {
      problems_.add(pos_of_step(step),
                    fmt::format("\"{}\" comes of no event, and has no values", key));
    }
    if (is_held(step)) {
      problems_.add(pos_of(*source),
                    fmt::format("\"{}\" comes of no note that could be held", key));
    }
  });
  return action;
}

std::vector<Mapping> ProfileReader::mappings(std::span<const toml::table* const> sources) {
  std::vector<Mapping> out;
  out.reserve(sources.size());
  for (const toml::table* source : sources) {
    if (auto mapping = read_mapping(*source, profile_, problems_)) {
      out.push_back(std::move(*mapping));
    }
  }
  return out;
}

std::string too_large() {
  return fmt::format("a profile of more than {} is not read", format_bytes(kMaxProfileBytes));
}

}  // namespace

Result<Profile> parse_profile(std::string_view text, const std::filesystem::path& file) {
  if (text.size() > kMaxProfileBytes) {
    return fail(ErrorCode::limit, file.string() + ": " + too_large());
  }
  Problems problems;
  auto profile = parse_profile(text, file, problems);
  if (!profile) return fail(ErrorCode::invalid, problems.lines(file.string()));
  return std::move(*profile);
}

std::optional<Profile> parse_profile(std::string_view text, const std::filesystem::path& file,
                                     Problems& problems) {
  if (text.size() > kMaxProfileBytes) {
    problems.add({}, too_large());
    return std::nullopt;
  }
  const auto source = parse_toml(text, problems);
  if (!source) return std::nullopt;
  Profile profile = ProfileReader(file, problems).read(*source);
  if (!problems.empty()) return std::nullopt;
  return profile;
}

}  // namespace midimon
