#include "mapping/devices_toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "mapping/names_toml.h"
#include "mapping/profile_keys.h"
#include "toml/closest.h"

namespace midimon {
namespace {

// In the order of kThruWords.
constexpr std::array<std::uint8_t, kThruWords.size()> kKinds = {
    thru::kNotes, thru::kControls, thru::kPrograms, thru::kPressure,
    thru::kBends, thru::kSysex,    thru::kRealtime};

std::optional<std::uint8_t> kind_in(const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) return std::nullopt;
  const auto* const found = std::find(kThruWords.begin(), kThruWords.end(), text->get());
  if (found == kThruWords.end()) return std::nullopt;
  return kKinds[static_cast<std::size_t>(found - kThruWords.begin())];
}

ThruFilter read_filter(TomlTable& table) {
  ThruFilter filter;
  if (const toml::array* kinds = table.array("messages", Need::optional)) {
    filter.kinds = 0;
    for (const toml::node& node : *kinds) {
      const auto bit = kind_in(node);
      if (!bit)
        table.refuse("messages", node,
                     fmt::format("an array of some of {}", fmt::join(kThruWords, ", ")));
      filter.kinds = static_cast<std::uint8_t>(filter.kinds | bit.value_or(0));
    }
  }
  if (const toml::array* channels = table.array("channels", Need::optional)) {
    filter.channels = 0;
    for (const toml::node& node : *channels) {
      const auto* number = node.as_integer();
      if (number == nullptr || number->get() < 1 || number->get() > 16) {
        table.refuse("channels", node, "an array of channels, each a number from 1 to 16");
        continue;
      }
      filter.channels = static_cast<std::uint16_t>(filter.channels | 1U << (number->get() - 1));
    }
  }
  filter.note_min = read_note(table, "note_min", Need::optional).value_or(filter.note_min);
  filter.note_max = read_note(table, "note_max", Need::optional).value_or(filter.note_max);
  if (filter.note_min > filter.note_max) {
    table.add_problem(table.pos("note_min"), "\"note_min\" must not be above \"note_max\"");
  }
  if (const auto channel = table.integer("to_channel", 1, 16, Need::optional)) {
    filter.to_channel = static_cast<std::uint8_t>(*channel - 1);
  }
  return filter;
}

}  // namespace

void read_devices(TomlTable& table, Profile& profile, Problems& problems) {
  for (const toml::table* source : table.tables("devices")) {
    TomlTable entry(*source, "a [[devices]] entry", problems);
    const auto alias = entry.string("alias", Need::required);
    const auto name = entry.string("name", Need::required, "a part of the name of its port");
    entry.refuse_other_keys(names_of(keys_in(profile_keys(), "devices")));
    if (!alias || !name) continue;
    const auto same = [&](const DeviceAlias& device) { return device.alias == *alias; };
    if (std::any_of(profile.devices.begin(), profile.devices.end(), same)) {
      problems.add(entry.pos("alias"),
                   fmt::format("there is a device {} already", in_quotes(*alias)));
      continue;
    }
    if (profile.devices.size() == kMaxDevices) {
      problems.add(entry.pos(), fmt::format("a profile has {} devices at most", kMaxDevices));
      return;
    }
    profile.devices.push_back({*alias, *name, entry.pos()});
  }
}

void read_thru(TomlTable& table, Profile& profile, Problems& problems) {
  for (const toml::table* source : table.tables("thru")) {
    TomlTable entry(*source, "a [[thru]] entry", problems);
    ThruRule rule;
    rule.pos = entry.pos();
    rule.from = read_device(entry, "from", profile);
    const auto to = entry.string("to", Need::required, "a part of the name of an output");
    rule.filter = read_filter(entry);
    entry.refuse_other_keys(names_of(keys_in(profile_keys(), "thru")));
    if (!to) continue;
    if (profile.thru.size() == kMaxThruRules) {
      problems.add(entry.pos(),
                   fmt::format("a profile has {} [[thru]] entries at most", kMaxThruRules));
      return;
    }
    rule.to = *to;
    profile.thru.push_back(std::move(rule));
  }
}

std::optional<std::size_t> read_device(TomlTable& table, std::string_view key,
                                       const Profile& profile) {
  const auto alias = table.string(key, Need::optional, "the alias of one of [[devices]]");
  if (!alias) return std::nullopt;
  std::vector<std::string_view> known;
  for (const DeviceAlias& device : profile.devices)
    known.emplace_back(device.alias);
  const auto found = std::find(known.begin(), known.end(), *alias);
  if (found != known.end()) return static_cast<std::size_t>(found - known.begin());
  table.add_problem(
      table.pos(key),
      known.empty()
          ? fmt::format("there is no device {}; add [[devices]] with alias = {} and its name",
                        in_quotes(*alias), in_quotes(*alias))
          : fmt::format("there is no device {}{}", in_quotes(*alias), hint(*alias, known)));
  return std::nullopt;
}

}  // namespace midimon
