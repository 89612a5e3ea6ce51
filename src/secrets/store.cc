#include "secrets/store.h"

#include <fmt/format.h>

#include <algorithm>

namespace midimon::secrets {

Result<void> check_new(std::string_view name, const Secret& secret,
                       const std::vector<Listed>& others) {
  if (!is_secret_name(name)) {
    return fail(ErrorCode::invalid,
                "A secret's name is 1 to 64 of letters, digits, '_', '-' and '.'.");
  }
  if (secret.value.size() > kMaxSecretBytes) {
    return fail(ErrorCode::limit, "A secret may have 16 KiB.");
  }
  if (secret.only_to && secret.kind != Kind::hidden) {
    return fail(
        ErrorCode::invalid,
        "A plugin that may read a secret can send it anywhere it may talk to; such a secret "
        "cannot be for some hosts only.");
  }
  const auto same = std::find_if(others.begin(), others.end(),
                                 [name](const Listed& other) { return other.name == name; });
  if (same != others.end()) {
    if (secret.kind != Kind::own || same->kind == Kind::own) return {};
    return fail(
        ErrorCode::denied,
        fmt::format("The user stored {}; a plugin cannot replace it. Use another name.", name));
  }
  if (others.size() < kMaxSecrets) return {};
  return fail(ErrorCode::limit,
              fmt::format("A plugin may have {} secrets; remove one first.", kMaxSecrets));
}

}  // namespace midimon::secrets
