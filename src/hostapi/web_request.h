// What a guest asks of the network, as JSON, and the rules for where it may go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "hostapi/answer.h"
#include "hostapi/context.h"
#include "net/client.h"
#include "net/url.h"

namespace midimon::hostapi {

struct WebRequest {
  std::string method = "GET";
  std::string url;
  std::vector<net::Header> headers;
  std::vector<net::Header> secret_headers;  // values as patterns: "Bearer {{NAME}}"
  std::vector<std::string> protocols;       // of a WebSocket
  std::optional<std::uint32_t> timeout_ms;
  int max_redirects = 5;
};

enum class WebKind { http, websocket };

// Error: what is wrong with it, in a sentence; keys that it does not know among that.
Result<WebRequest> parse_web_request(std::string_view json, WebKind kind);

// A place that the plugin may go to.
struct Target {
  net::Url url;              // a WebSocket's as http or https
  grants::HostRule origin;   // what the grant was asked for
  bool any_address = false;  // the user's grant names this very host, and it is near
};

// Where `url` leads, if the plugin was granted that. Errors: invalid, it is none, or none of this
// kind; not_granted. Either is explained.
tl::expected<Target, Answer> aim(Context& context, std::string_view url, WebKind kind);

}  // namespace midimon::hostapi
