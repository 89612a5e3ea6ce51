// The Profile struct is one configuration: which device, which modes, and what each event does.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "mapping/action.h"
#include "mapping/condition.h"
#include "mapping/params_template.h"
#include "mapping/trigger.h"
#include "midi/thru_filter.h"
#include "midimon/plugin_id.h"

namespace midimon {

struct Mapping {
  std::string description;  // the user's own words, or else describe(action)
  Trigger trigger;
  Action action;
  SourcePos pos;
  std::optional<Condition> condition{};  // it matches only while this holds
  std::optional<Action> on_release{};    // when the note of the press is released
  bool cancel_on_release = false;        // then `action` ends, if it still runs
  bool consume = false;                  // mappings after it do not get what it matches
  std::optional<std::size_t> device{};   // it listens to this one alone: index in Profile::devices
};

// Of all that a mapping does.
template <typename Visit>
void for_each_step(const Mapping& mapping, const Visit& visit) {
  for_each_step(mapping.action, visit);
  if (mapping.on_release) for_each_step(*mapping.on_release, visit);
}

struct Mode {
  std::string name;   // unique in its profile
  std::string color;  // as written; empty if not given
  std::vector<Mapping> mappings;
  std::optional<Action> on_enter{};  // these change no mode
  std::optional<Action> on_exit{};
  SourcePos pos{};
};

// What a user allows a plugin to use up; what is not given keeps the runtime's default.
struct PluginLimits {
  std::optional<std::uint64_t> memory;  // bytes
  std::optional<std::uint64_t> fuel;
  std::optional<Nanos> time;
  std::optional<std::uint64_t> storage;  // bytes
  std::optional<std::uint64_t> storage_entries;
  std::optional<std::uint64_t> open_files;
};

struct PluginEntry {
  // Relative paths are resolved against the profile's directory; empty: the installed plugin.
  std::filesystem::path module;
  // What the user grants, each once: one of kCapabilities, whole ("filesystem") or narrowed by what
  // follows a colon ("filesystem:/shared").
  std::vector<std::string> grant;
  PluginLimits limits;
  std::string settings_json = "{}";  // what the plugin gets with config_get, an object
  bool allow_unsigned = false;       // `unsigned = true`: the module needs no signature
  SourcePos pos;
};

// What a plugin can be granted.
inline constexpr std::array<std::string_view, 6> kCapabilities = {
    "filesystem", "network", "midi", "audio", "subprocess", "systemcontrol"};

// What [policy] says of one capability: the most that any plugin may be granted.
struct PolicyEntry {
  std::string capability;          // one of kCapabilities
  bool whole = false;              // no ceiling
  std::vector<std::string> allow;  // if it is not whole; none: nothing
  SourcePos pos;
};

struct DeviceSettings {
  std::string name;  // part of the port's name; empty: any
  bool auto_connect = true;
  bool auto_reconnect = true;
  std::optional<std::uint32_t> port;  // its number, instead of the name
};

// One of several controllers, by a name that triggers call it by.
struct DeviceAlias {
  std::string alias;  // unique in its profile
  std::string name;   // part of its port's name, in any case
  SourcePos pos{};
};

// What is passed on as it comes in, whatever mappings make of it.
struct ThruRule {
  std::optional<std::size_t> from;  // index in Profile::devices; every device if not given
  std::string to;                   // part of the name of an output, in any case
  ThruFilter filter;
  SourcePos pos{};
};

struct AdvancedSettings {
  Nanos chord_timeout = std::chrono::milliseconds(50);
  Nanos double_tap_timeout = std::chrono::milliseconds(300);
  Nanos hold_threshold = std::chrono::milliseconds(2000);
  bool allow_shell = false;  // Shell actions run
};

struct LoggingSettings {
  LogLevel level = LogLevel::info;
  bool off = false;  // nothing is logged
  std::string file;  // as written; empty: none
};

// Something in a profile that is well-formed, but that this version does not do.
struct ProfileNote {
  SourcePos pos;
  std::string text;
};

// How the journal of what plugins do is kept; what is not given keeps the runtime's default.
struct AuditSettings {
  bool strict = false;  // nothing runs unrecorded
  bool sync = false;    // records reach the disk before anything goes on
  std::optional<std::uint64_t> file_bytes;
  std::optional<Nanos> file_age;
  std::optional<std::uint64_t> keep_bytes;
  std::optional<Nanos> keep_age;
};

struct StorageSettings {
  std::optional<std::uint64_t> min_free_disk;  // bytes that plugins leave of the host's disk
};

// A value that is not changed once it is made: share it as std::shared_ptr<const Profile>.
struct Profile {
  std::filesystem::path file;  // where it was read from
  DeviceSettings device;
  bool has_device = false;           // [device] is there
  std::vector<DeviceAlias> devices;  // further ones, told apart
  std::vector<ThruRule> thru;        // what is passed on, in file order
  AdvancedSettings advanced;
  LoggingSettings logging;
  AuditSettings audit;
  StorageSettings storage;
  std::vector<Mode> modes;  // never empty; the first is current at the start
  std::vector<Mapping> global_mappings;
  std::map<std::string, PluginEntry, std::less<>> plugins;  // by id
  Curves curves;
  std::size_t cycles = 0;           // how many Cycle actions it has
  std::vector<PolicyEntry> policy;  // of what it does not name, all may be granted
  std::vector<ProfileNote> notes;   // in the order in which they were found
};

// How many devices and rules for passing on a profile may have.
inline constexpr std::size_t kMaxDevices = 32;
inline constexpr std::size_t kMaxThruRules = 64;
// How many modes a profile may have.
inline constexpr std::size_t kMaxModes = 256;
// The mode of a profile that names none.
inline constexpr std::string_view kDefaultModeName = "Default";

}  // namespace midimon
