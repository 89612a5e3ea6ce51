// Where midimon keeps things, as each platform wants it. A pure function of the environment.
//
// Sources: XDG Base Directory Specification 0.8 for Linux; Apple's File System Programming Guide
// for macOS; Known Folders (RoamingAppData, LocalAppData) for Windows.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "midimon/result.h"

namespace midimon {

enum class Platform { linux, macos, windows };

// Absolute paths, none of which need exist yet.
struct Places {
  std::string config;   // config.toml, trusted_keys.toml
  std::string data;     // plugins/<id>/<version>/, plugin-data/<id>/, shared/
  std::string state;    // grants.toml, audit/
  std::string cache;    // aot/, downloads/
  std::string runtime;  // midimon.sock

  // `part` below `data` and so on, with the platform's separator.
  [[nodiscard]] std::string plugin_data(const std::string& id) const;
  [[nodiscard]] std::string shared() const;
  [[nodiscard]] std::string downloads() const;  // in `cache`

  char separator = '/';
  bool portable = false;  // all of it lies below one directory that was named (MIDIMON_HOME)
};

// Answers the value of an environment variable, none if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The environment of this process.
[[nodiscard]] Environment process_environment();
// The platform this was built for.
[[nodiscard]] Platform this_platform();

// The places for `platform` in `environment`. MIDIMON_HOME=DIR puts all of them below DIR.
// Variables that hold a relative path are ignored, as XDG asks. Error: there is no home directory
// to start from.
Result<Places> find_places(Platform platform, const Environment& environment);

}  // namespace midimon
