#include "base/places.h"

#include <cctype>
#include <cstdlib>
#include <string_view>

namespace midimon {
namespace {

bool is_absolute(Platform platform, std::string_view path) {
  if (platform != Platform::windows) return path.starts_with('/');
  const bool drive = path.size() >= 3 && std::isalpha(static_cast<unsigned char>(path[0])) != 0 &&
                     path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  return drive || path.starts_with("\\\\");
}

std::optional<std::string> absolute(Platform platform, const Environment& environment,
                                    const std::string& name) {
  std::optional<std::string> value = environment(name);
  if (!value || !is_absolute(platform, *value)) return {};
  return value;
}

Places below(const std::string& root, char separator) {
  const auto at = [&](const char* part) { return root + separator + part; };
  return {at("config"), at("data"), at("state"), at("cache"), at("run"), separator, true};
}

Result<Places> linux_places(const Environment& environment) {
  const auto home = absolute(Platform::linux, environment, "HOME");
  const auto directory = [&](const char* variable, const char* fallback) {
    const auto value = absolute(Platform::linux, environment, variable);
    if (value) return *value + "/midimon";
    return home ? *home + fallback + "/midimon" : std::string();
  };
  Places places{
      directory("XDG_CONFIG_HOME", "/.config"),     directory("XDG_DATA_HOME", "/.local/share"),
      directory("XDG_STATE_HOME", "/.local/state"), directory("XDG_CACHE_HOME", "/.cache"),
      directory("XDG_RUNTIME_DIR", "/.cache"),      '/'};
  if (places.config.empty() || places.data.empty() || places.state.empty() ||
      places.cache.empty()) {
    return fail(ErrorCode::not_found,
                "There is no home directory: HOME is not set to an absolute path. Set HOME, or set "
                "MIDIMON_HOME to a directory that midimon may use.");
  }
  return places;
}

Result<Places> macos_places(const Environment& environment) {
  const auto home = absolute(Platform::macos, environment, "HOME");
  if (!home) {
    return fail(ErrorCode::not_found,
                "There is no home directory: HOME is not set to an absolute path. Set HOME, or set "
                "MIDIMON_HOME to a directory that midimon may use.");
  }
  const std::string support = *home + "/Library/Application Support/midimon";
  const std::string caches = *home + "/Library/Caches/midimon";
  return Places{support + "/config", support, support + "/state", caches, caches + "/run", '/'};
}

Result<Places> windows_places(const Environment& environment) {
  const auto roaming = absolute(Platform::windows, environment, "APPDATA");
  const auto local = absolute(Platform::windows, environment, "LOCALAPPDATA");
  if (!roaming || !local) {
    return fail(ErrorCode::not_found,
                "APPDATA or LOCALAPPDATA is not set. Set them, or set MIDIMON_HOME to a directory "
                "that midimon may use.");
  }
  const std::string base = *local + "\\midimon";
  return Places{*roaming + "\\midimon", base + "\\data", base + "\\state",
                base + "\\cache",       base + "\\run",  '\\'};
}

}  // namespace

std::string Places::plugin_data(const std::string& id) const {
  return data + separator + "plugin-data" + separator + id;
}

std::string Places::shared() const {
  return data + separator + "shared";
}

std::string Places::downloads() const {
  return cache + separator + "downloads";
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // nothing in midimon changes the environment
    if (value == nullptr) return {};
    return std::string(value);
  };
}

Platform this_platform() {
#if defined(_WIN32)
  return Platform::windows;
#elif defined(__APPLE__)
  return Platform::macos;
#else
  return Platform::linux;
#endif
}

Result<Places> find_places(Platform platform, const Environment& environment) {
  if (const auto home = environment("MIDIMON_HOME"); home && !home->empty()) {
    if (!is_absolute(platform, *home)) {
      return fail(ErrorCode::invalid, "MIDIMON_HOME is \"" + *home +
                                          "\", which is not an absolute path. Set it to one, or "
                                          "unset it.");
    }
    return below(*home, platform == Platform::windows ? '\\' : '/');
  }
  switch (platform) {
    case Platform::linux:
      return linux_places(environment);
    case Platform::macos:
      return macos_places(environment);
    case Platform::windows:
      return windows_places(environment);
  }
  return linux_places(environment);
}

}  // namespace midimon
