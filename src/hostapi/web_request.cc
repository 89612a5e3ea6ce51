#include "hostapi/web_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/bounded_json.h"
#include "base/text.h"
#include "hostapi/secret_source.h"
#include "net/header.h"

namespace midimon::hostapi {
namespace {

constexpr int kMaxDepth = 4;
constexpr int kMostRedirects = 10;
constexpr std::uint32_t kMaxTimeoutMs = 24U * 60 * 60 * 1000;
constexpr std::size_t kMaxProtocols = 8;
constexpr std::size_t kMaxMethod = 16;

using Json = nlohmann::json;

Result<void> read_headers(const Json& object, std::vector<net::Header>& headers) {
  if (!object.is_object()) {
    return fail(ErrorCode::invalid, "Headers are an object of names and values, both texts.");
  }
  if (object.size() > net::kMaxHeaders) {
    return fail(ErrorCode::invalid, "The request has more than 64 headers.");
  }
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) {
      return fail(ErrorCode::invalid,
                  fmt::format("The header \"{}\" is no text.", escape_line(name)));
    }
    net::Header header{name, value.get<std::string>()};
    if (auto checked = net::check_header(header); !checked) return checked;
    headers.push_back(std::move(header));
  }
  return {};
}

Result<std::uint32_t> read_number(std::string_view key, const Json& value, std::uint32_t max) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" is a whole number, at most {}.", key, max));
  }
  return value.get<std::uint32_t>();
}

Result<void> read_method(const Json& value, WebRequest& request) {
  const std::string method = value.is_string() ? value.get<std::string>() : "";
  const bool capitals =
      std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (method.empty() || method.size() > kMaxMethod || !capitals || method == "CONNECT" ||
      method == "TRACE") {
    return fail(ErrorCode::invalid,
                "\"method\" is a word such as GET, POST or DELETE, in capitals.");
  }
  request.method = method;
  return {};
}

Result<void> read_protocols(const Json& value, WebRequest& request) {
  bool good = value.is_array() && value.size() <= kMaxProtocols;
  for (std::size_t i = 0; good && i < value.size(); ++i) {
    good = value[i].is_string() && net::is_token(value[i].get_ref<const std::string&>());
    if (good) request.protocols.push_back(value[i].get<std::string>());
  }
  if (good) return {};
  return fail(ErrorCode::invalid, "\"protocols\" is a list of at most 8 words.");
}

Result<void> read_key(const std::string& key, const Json& value, WebKind kind,
                      WebRequest& request) {
  if (key == "url") {
    if (!value.is_string()) return fail(ErrorCode::invalid, "\"url\" is a text.");
    request.url = value.get<std::string>();
    return {};
  }
  if (key == "headers") return read_headers(value, request.headers);
  if (key == "secret_headers") return read_headers(value, request.secret_headers);
  if (key == "timeout_ms") {
    const auto number = read_number(key, value, kMaxTimeoutMs);
    if (!number) return tl::unexpected(number.error());
    request.timeout_ms = *number;
    return {};
  }
  if (key == "method" && kind == WebKind::http) return read_method(value, request);
  if (key == "protocols" && kind == WebKind::websocket) return read_protocols(value, request);
  if (key == "max_redirects" && kind == WebKind::http) {
    const auto number = read_number(key, value, kMostRedirects);
    if (!number) return tl::unexpected(number.error());
    request.max_redirects = static_cast<int>(*number);
    return {};
  }
  return fail(ErrorCode::invalid,
              fmt::format("A request has no \"{}\".", escape_line(key.substr(0, 64))));
}

// ws and wss as what they begin as. Nothing if the scheme is not of this kind.
std::optional<std::string> as_http(std::string_view url, WebKind kind) {
  const std::string start = to_lower(url.substr(0, 8));
  if (kind == WebKind::http) {
    if (!start.starts_with("http://") && start != "https://") return std::nullopt;
    return std::string(url);
  }
  if (start.starts_with("ws://")) return "http" + std::string(url.substr(2));
  if (start.starts_with("wss://")) return "https" + std::string(url.substr(3));
  return std::nullopt;
}

// Whether a rule names this host itself: whoever granted that knew where it is.
bool is_named(const grants::Permissions& permissions, const grants::HostRule& origin) {
  if (permissions.is_whole(CapabilityKind::network)) return false;
  const auto& rules = permissions.rules(CapabilityKind::network);
  return std::any_of(rules.begin(), rules.end(), [&](const grants::Rule& rule) {
    const auto* host = std::get_if<grants::HostRule>(&rule);
    return host != nullptr && !host->any_label && grants::includes(rule, origin);
  });
}

void wipe(std::string& text) {
  volatile char* const bytes = text.data();
  for (std::size_t i = 0; i < text.size(); ++i)
    bytes[i] = 0;
}

// Wiped when it is not needed any more.
class UsedSecret {
 public:
  explicit UsedSecret(std::optional<SecretSource::Usable> secret) : secret_(std::move(secret)) {}
  ~UsedSecret() {
    if (secret_) wipe(secret_->value);
  }
  UsedSecret(const UsedSecret&) = delete;
  UsedSecret& operator=(const UsedSecret&) = delete;
  explicit operator bool() const { return secret_.has_value(); }
  const SecretSource::Usable* operator->() const { return &*secret_; }

 private:
  std::optional<SecretSource::Usable> secret_;
};

// Puts the secrets into `pattern`: {{NAME}} is the one of that name.
tl::expected<std::string, Answer> fill_in(Context& context, const grants::HostRule& origin,
                                          std::string_view pattern) {
  std::string value;
  while (true) {
    const std::size_t start = pattern.find("{{");
    value += pattern.substr(0, start);
    if (start == std::string_view::npos) return value;
    const std::size_t end = pattern.find("}}", start);
    if (end == std::string_view::npos) {
      return tl::unexpected(context.explain(
          Answer::invalid, "In a secret header, {{NAME}} stands for a secret; a }} is missing."));
    }
    const std::string_view name = pattern.substr(start + 2, end - start - 2);
    const UsedSecret secret(context.services().secrets->use(context.plugin(), name));
    if (!secret) {
      return tl::unexpected(context.explain(
          Answer::not_found,
          fmt::format("No secret {} is stored for this plugin: `midimon secret set {} {}`.",
                      escape_line(name), context.plugin(), escape_line(name))));
    }
    if (secret->only_to && !grants::includes(*secret->only_to, origin)) {
      wipe(value);
      context.refuse(origin);
      return tl::unexpected(context.explain(
          Answer::not_granted,
          fmt::format("The secret {} is for {} only, and not for {}.", escape_line(name),
                      grants::to_string(*secret->only_to), grants::to_string(origin))));
    }
    value += secret->value;
    pattern.remove_prefix(end + 2);
  }
}

}  // namespace

Result<WebRequest> parse_web_request(std::string_view json, WebKind kind) {
  const auto object = parse_bounded_json(json, kMaxDepth);
  if (!object || !object->is_object()) {
    return fail(ErrorCode::invalid, "The request is not a JSON object with a \"url\".");
  }
  WebRequest request;
  for (const auto& [key, value] : object->items()) {
    if (auto read = read_key(key, value, kind, request); !read) {
      return tl::unexpected(read.error());
    }
  }
  if (request.url.empty()) return fail(ErrorCode::invalid, "The request has no \"url\".");
  return request;
}

tl::expected<Target, Answer> aim(Context& context, std::string_view url, WebKind kind) {
  const auto http = as_http(url, kind);
  if (!http) {
    return tl::unexpected(context.explain(
        Answer::invalid, kind == WebKind::http ? "The URL must begin with http:// or https://."
                                               : "The URL must begin with ws:// or wss://."));
  }
  auto parsed = net::Url::parse(*http);
  if (!parsed) return tl::unexpected(context.explain(Answer::invalid, parsed.error().message));
  // The rule is made of what libcurl understood, so that there is one reading of a URL.
  const std::string understood =
      kind == WebKind::http ? parsed->text() : "ws" + parsed->text().substr(4);
  auto origin = grants::origin_of(understood);
  if (!origin) return tl::unexpected(context.explain(Answer::invalid, origin.error().message));
  const std::string& host = parsed->host();
  if (parsed->port() != origin->first_port ||
      (host != origin->host && host != origin->host + ".")) {
    return tl::unexpected(context.explain(
        Answer::invalid, fmt::format("\"{}\" can be read in two ways.", escape_line(url))));
  }
  if (!context.allows(*origin)) return tl::unexpected(Answer::not_granted);
  const bool named = is_named(context.permissions(), *origin);
  return Target{std::move(*parsed), std::move(*origin), named};
}

tl::expected<std::vector<net::Header>, Answer> secret_headers(Context& context,
                                                              const grants::HostRule& origin,
                                                              const WebRequest& request) {
  std::vector<net::Header> headers;
  if (!request.secret_headers.empty() && context.services().secrets == nullptr) {
    return tl::unexpected(
        context.explain(Answer::unavailable, "This host keeps no secrets for plugins."));
  }
  for (const net::Header& header : request.secret_headers) {
    auto value = fill_in(context, origin, header.value);
    if (!value) return tl::unexpected(value.error());
    headers.push_back({header.name, std::move(*value)});
    if (auto checked = net::check_header(headers.back()); !checked) {
      return tl::unexpected(context.explain(Answer::invalid, checked.error().message));
    }
  }
  return headers;
}

}  // namespace midimon::hostapi
