// parse_secrets: what is in a file of secrets. What is taken is what would be written again, and an
// error has nothing of it.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "secrets/secret_file.h"

namespace midimon::fuzz {
namespace {

void check_secrets(std::string_view text) {
  const auto secrets = secrets::parse_secrets(text);
  if (!secrets) {
    check(secrets.error().message.size() < 64 && is_safe_to_show(secrets.error().message),
          "an error says which line, and no more");
    return;
  }
  for (const auto& [key, secret] : *secrets) {
    check(secrets::is_secret_name(key.second), "a secret has a name");
    check(secret.value.size() <= secrets::kMaxSecretBytes, "a secret is bounded");
    check(!secret.only_to || secret.kind == secrets::Kind::hidden,
          "what a plugin reads is for no hosts");
  }
  const std::string written = to_text(*secrets);
  const auto again = secrets::parse_secrets(written);
  check(again.has_value() && to_text(*again) == written, "what is written is read");
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  midimon::fuzz::check_secrets({reinterpret_cast<const char*>(data), size});
  return 0;
}
