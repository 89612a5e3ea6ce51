// parse_config and parse_seen: whatever the text is, the answer is registries that may be asked and
// a memory that can be written and read again, or problems that a terminal can show.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "net/url.h"
#include "registry/config_toml.h"
#include "registry/seen.h"

namespace midimon::registry {
namespace {

using fuzz::check;

void check_config(const Config& config) {
  check(!config.name.empty(), "a registry has a name");
  if (!net::looks_like_url(config.location)) {
    check(config.location.starts_with('/'), "a path is absolute");
    return;
  }
  const auto url = net::Url::parse(config.location);
  check(url && (url->is_secure() || url->is_loopback()), "only this machine is asked over http");
}

void check_seen(const Seen& seen) {
  const std::string text = to_toml(seen);
  const auto again = parse_seen(text, "r.toml");
  check(again && to_toml(*again) == text, "what was written is read again");
}

template <typename T>
void check_problem(const Result<T>& result) {
  check(result || fuzz::is_safe_to_show(result.error().message, "\n"), "a problem can be shown");
}

}  // namespace
}  // namespace midimon::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::registry;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto configs = parse_config(text, "/c/config.toml");
  check_problem(configs);
  for (std::size_t i = 0; configs && i < configs->size(); ++i)
    check_config((*configs)[i]);
  const auto seen = parse_seen(text, "r.toml");
  check_problem(seen);
  if (seen) check_seen(*seen);
  return 0;
}
