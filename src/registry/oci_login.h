// The OciLogin struct is what the user has to show at a registry, as Docker and ORAS keep it: the
// "auths" of ${DOCKER_CONFIG:-~/.docker}/config.json. Programs that keep passwords elsewhere
// (credential helpers) are not run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/places.h"
#include "midimon/result.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxLoginBytes = 1024UL * 1024;

struct OciLogin {
  std::string basic;     // user:password in base64, as the scheme Basic has it; empty: none
  std::string obstacle;  // why there is none although the file names the host: a sentence, or empty
};

// The path of the file; none without a home directory.
[[nodiscard]] std::optional<std::string> login_path(const Environment& environment);

// For HOST[:PORT], in the text of the file. Error: it is no such file.
Result<OciLogin> find_login(std::string_view json, std::string_view host);

// The same of the file, which may be missing. It holds secrets: one that others may read is
// refused, with the command that mends it.
Result<OciLogin> load_login(const std::string& path, std::string_view host);

}  // namespace midimon::registry
