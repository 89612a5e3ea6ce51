#include "registry/oci_login.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/bounded_json.h"
#include "trust/minisign_text.h"
#include "trust/private_file.h"

namespace midimon::registry {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxBasic = 8192;

tl::unexpected<Error> refuse(std::string_view what) {
  return fail(
      ErrorCode::invalid,
      fmt::format("{}. Log in again with `docker login` or `oras login`, or mend it.", what));
}

// Whether the key of an entry means `host`. Older files have URLs there: https://HOST/v1/.
bool names(std::string_view key, std::string_view host) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!key.starts_with(scheme)) continue;
    key.remove_prefix(scheme.size());
    key = key.substr(0, key.find('/'));
    break;
  }
  return key == host;
}

// The value of the first key of `object` that means `host`, exact ones before others; null if there
// is none.
const json* find_entry(const json& object, std::string_view host) {
  if (!object.is_object()) return nullptr;
  if (const auto exact = object.find(host); exact != object.end()) return &*exact;
  for (const auto& [key, value] : object.items()) {
    if (names(key, host)) return &value;
  }
  return nullptr;
}

// Whether it is base64 of user:password.
bool is_basic(std::string_view text) {
  if (text.size() < 4 || text.size() > kMaxBasic || text.size() % 4 != 0) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  trust::SecretBytes decoded(text.size() / 4 * 3 - padding);
  return trust::decode_base64(text, decoded.span()) &&
         decoded.text().find(':') != std::string_view::npos;
}

std::string text_of(const json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Why the password for `host` is not in the file; empty if nothing says that it is elsewhere.
std::string obstacle(const json& config, const json& entry, std::string_view host) {
  const auto helpers = config.find("credHelpers");
  const bool has_helper = helpers != config.end() && find_entry(*helpers, host) != nullptr;
  if (has_helper || !text_of(config, "credsStore").empty()) {
    return fmt::format(
        "Docker's configuration leaves the password for {} to a credential helper, "
        "and midimon runs none.",
        host);
  }
  if (entry.is_object() && !text_of(entry, "identitytoken").empty()) {
    return fmt::format(
        "Docker's configuration holds an identity token for {}, and midimon knows "
        "passwords only.",
        host);
  }
  return "";
}

}  // namespace

std::optional<std::string> login_path(const Environment& environment) {
  constexpr std::string_view kFile = "/config.json";
  if (const auto directory = environment("DOCKER_CONFIG"); directory && !directory->empty()) {
    return *directory + std::string(kFile);
  }
  const auto home = environment("HOME");
  if (!home || home->empty()) return std::nullopt;
  return *home + "/.docker" + std::string(kFile);
}

Result<OciLogin> find_login(std::string_view text, std::string_view host) {
  const auto config = parse_bounded_json(text, kMaxDepth);
  if (!config || !config->is_object()) return refuse("it is no JSON object");
  const auto auths = config->find("auths");
  const json* entry = auths == config->end() ? nullptr : find_entry(*auths, host);
  OciLogin login;
  if (entry != nullptr && entry->is_object()) login.basic = text_of(*entry, "auth");
  if (login.basic.empty()) {
    login.obstacle = obstacle(*config, entry == nullptr ? json() : *entry, host);
  } else if (!is_basic(login.basic)) {
    return refuse(fmt::format("the \"auth\" of {} is not user:password in base64", host));
  }
  return login;
}

Result<OciLogin> load_login(const std::string& path, std::string_view host) {
  const auto text = trust::read_secret_file(path, kMaxLoginBytes);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return OciLogin();
    return tl::unexpected(text.error());
  }
  auto login = find_login(text->text(), host);
  if (!login) return fail(login.error().code, path + ": " + login.error().message);
  return login;
}

}  // namespace midimon::registry
