#include "hostapi/web_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/bounded_json.h"
#include "base/text.h"
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

// Whether the user named this host, and by a name that says that it is near. A plugin that asks for
// one by name gains nothing by it; nor does whoever owns a public name and has it lead here.
bool is_named(const grants::Permissions& granted, const grants::HostRule& origin) {
  if (granted.is_whole(CapabilityKind::network) || !grants::is_near(origin.host)) return false;
  const auto& rules = granted.rules(CapabilityKind::network);
  return std::any_of(rules.begin(), rules.end(), [&](const grants::Rule& rule) {
    const auto* host = std::get_if<grants::HostRule>(&rule);
    return host != nullptr && !host->any_label && grants::includes(rule, origin);
  });
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
  const bool named = is_named(context.granted(), *origin);
  return Target{std::move(*parsed), std::move(*origin), named};
}

}  // namespace midimon::hostapi
