// What comes from an OCI registry, and what names one: whatever the text is, it is refused in words
// that can be shown, or what was read keeps its promises.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "net/url.h"
#include "package/archive.h"
#include "registry/oci_challenge.h"
#include "registry/oci_login.h"
#include "registry/oci_manifest.h"
#include "registry/oci_pins.h"
#include "registry/oci_reference.h"

namespace midimon::registry {
namespace {

using fuzz::check;

template <typename T>
void check_error(const Result<T>& result, std::string_view allowed = "") {
  if (result) return;
  check(!result.error().message.empty(), "an error says something");
  check(fuzz::is_safe_to_show(result.error().message, allowed), "an error can be shown");
}

void check_reference(std::string_view text) {
  const auto reference = parse_oci_reference(text);
  check_error(reference);
  if (!reference) return;
  check(parse_oci_reference(to_string(*reference)) == *reference, "a reference is read again");
  const auto url = net::Url::parse("https://" + reference->host + "/v2/" + reference->name + "/");
  check(url && url->path() == "/v2/" + reference->name + "/", "its parts are parts of a URL");
  if (url->port() == 443) return;  // may be left out
  check(reference->host == url->host() + ":" + std::to_string(url->port()), "so is its host");
}

void check_manifest(std::string_view text) {
  const auto manifest = parse_oci_manifest(text, "");
  check_error(manifest);
  if (!manifest) return;
  check(manifest->plugin.size <= package::kMaxArchiveBytes, "a plugin has a bound");
  if (manifest->signature) {
    check(manifest->signature->size <= package::kMaxArchiveBytes, "a signature has a bound");
  }
}

void check_challenge(std::string_view text) {
  const auto challenge = parse_oci_challenge(text);
  check_error(challenge);
  if (!challenge) return;
  const auto url = token_url(*challenge, "a/b", false);
  check_error(url);
  if (!url) return;
  const auto parsed = net::Url::parse(*url);
  check(parsed && parsed->is_secure(), "tokens are had by https");
  check(parsed->same_origin(*net::Url::parse(challenge->realm)), "and where the realm says");
}

void check_answers(std::string_view text) {
  const auto token = parse_token(text);
  check_error(token);
  if (token) check(fuzz::is_safe_to_show(*token), "a token fits into a header");
  const auto login = find_login(text, "ghcr.io");
  check_error(login);
  if (login) check(fuzz::is_safe_to_show(login->basic + login->obstacle), "so does a login");
}

void check_pins(std::string_view text) {
  const auto pins = parse_pins(text, "pins.toml");
  check_error(pins, "\n");
  if (!pins) return;
  const std::string written = to_toml(*pins);
  const auto again = parse_pins(written, "pins.toml");
  check(again && to_toml(*again) == written, "pins that were written are read again");
  for (const OciPin& pin : pins->all())
    check(pins->check(pin.target, *pin.target.digest).has_value(), "a pin is of what it says");
}

}  // namespace
}  // namespace midimon::registry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  midimon::registry::check_reference(text);
  midimon::registry::check_manifest(text);
  midimon::registry::check_challenge(text);
  midimon::registry::check_answers(text);
  midimon::registry::check_pins(text);
  return 0;
}
