#include "login/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bounded_json.h"
#include "base/text.h"

namespace midimon::login {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxShown = 200;
constexpr std::int64_t kMaxLifetime = 10LL * 366 * 24 * 3600;

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// VSCHAR, of which tokens are made; so they fit into a header.
bool is_token(const std::string& value) {
  return value.size() <= kMaxTokenBytes &&
         std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string shown(const std::string& value) {
  std::string cut = value.substr(0, kMaxShown);
  while (!cut.empty() && !is_utf8(cut))
    cut.pop_back();
  return escape_line(cut);
}

tl::unexpected<Error> refused(int status, const json& object) {
  const std::string error = text(object, "error");
  const std::string description = text(object, "error_description");
  if (error.empty()) {
    return fail(ErrorCode::io,
                fmt::format("The token server answered {}, and not with tokens.", status));
  }
  return fail(ErrorCode::denied,
              fmt::format("The token server says no ({}){}", shown(error),
                          description.empty() ? "." : ": \"" + shown(description) + "\"."));
}

}  // namespace

Result<Tokens> read_tokens(int status, std::string_view body) {
  const auto object = parse_bounded_json(body, kMaxDepth);
  const bool is_object = object && object->is_object();
  if (status != 200) return refused(status, is_object ? *object : json::object());
  if (!is_object) {
    return fail(ErrorCode::invalid, "The token server's answer is not the JSON that it should be.");
  }
  Tokens tokens{text(*object, "access_token"), text(*object, "refresh_token"), 0};
  const std::string type = text(*object, "token_type");
  if (tokens.access_token.empty() || !is_token(tokens.access_token) ||
      !is_token(tokens.refresh_token)) {
    return fail(ErrorCode::invalid, "The token server's answer has no access token in it.");
  }
  if (type != "Bearer" && type != "bearer") {
    return fail(ErrorCode::invalid,
                fmt::format("The token server gives tokens of the type \"{}\", and only \"Bearer\" "
                            "is understood.",
                            shown(type)));
  }
  if (const auto expires = object->find("expires_in");
      expires != object->end() && expires->is_number_integer()) {
    const auto seconds = expires->get<std::int64_t>();
    tokens.expires_in = std::clamp<std::int64_t>(seconds, 0, kMaxLifetime);
  }
  return tokens;
}

}  // namespace midimon::login
