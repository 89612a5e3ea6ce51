// parse_keyring: whatever the text is, the answer is a keyring that keeps its promises and can be
// written and read again, or problems that a terminal can show.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "trust/keyring_toml.h"

namespace midimon::trust {
namespace {

using fuzz::check;

void check_keyring(const Keyring& keyring) {
  std::set<std::string> ids;
  std::set<std::string> plugins;
  for (const KnownKey& key : keyring.keys()) {
    check(ids.insert(to_string(key.key.id)).second, "a key is there once");
    check(is_label(key.name), "a name is one line");
    for (const std::string& plugin : key.plugins) {
      check(plugins.insert(plugin).second, "a plugin has one signer");
      check(keyring.may_sign(key, plugin) == !key.revoked, "a key signs its plugins until revoked");
    }
  }
  const std::string text = to_toml(keyring);
  const auto again = parse_keyring(text, "k.toml");
  check(again && to_toml(*again) == text, "what was written is read again");
}

}  // namespace
}  // namespace midimon::trust

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::trust;  // NOLINT(google-build-using-namespace)
  const auto keyring = parse_keyring({reinterpret_cast<const char*>(data), size}, "k.toml");
  if (keyring) {
    check_keyring(*keyring);
  } else {
    midimon::fuzz::check(midimon::fuzz::is_safe_to_show(keyring.error().message, "\n"),
                         "a problem can be shown");
  }
  return 0;
}
