// http-request: one request over HTTP for each press, to the hosts that its user allowed.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "midimon.hpp"

namespace {

using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Header;
using midimon::Json;
using midimon::Status;

constexpr std::size_t kMaxShown = 16 * 1024;  // of a body in the output
constexpr int kWrongParams = 4;
constexpr int kRefused = 5;  // the server answered, and not with what was hoped for

struct Send {
  std::string url;
  std::string method = "POST";
  Json headers = Json::object();
  Json secret_headers = Json::object();
  std::string body;
  Json json;
  bool accept_errors = false;
  std::uint32_t timeout_ms = 4000;
  void fields(Fields& field) {
    const Json texts = Json::object({{"type", "string"}, {"maxLength", 4096}});
    field("url", url).describe("Where it goes: http or https").required().length(8, 2048);
    field("method", method).choices({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"});
    field("headers", headers)
        .describe("Headers, names and values")
        .say("type", "object")
        .say("additionalProperties", texts);
    field("secret_headers", secret_headers)
        .describe(
            "Headers in which {{NAME}} stands for a secret of `midimon secret set`, as in "
            "\"Bearer {{TOKEN}}\"; nobody but the server sees it")
        .say("type", "object")
        .say("additionalProperties", texts);
    field("body", body).describe("The body, as it is").length(0, 60'000);
    field("json", json).describe("The body as a value, which is sent as JSON; instead of body");
    field("accept_errors", accept_errors).describe("A status of 400 and above is a success, too");
    field("timeout_ms", timeout_ms)
        .describe("How long it may take")
        .range(std::uint32_t{1}, std::uint32_t{60'000});
  }
};

// The fields of `object`, all of them texts; false if one is not.
bool read_headers(const Json& object, std::vector<Header>& headers) {
  for (std::size_t i = 0; i < object.size(); ++i) {
    if (!object[i].is_string()) return false;
    headers.push_back({std::string(object.name(i)), std::string(object[i].string())});
  }
  return object.is_object();
}

bool has_content_type(const std::vector<Header>& headers) {
  constexpr std::string_view kName = "content-type";
  for (const Header& header : headers) {
    bool same = header.name.size() == kName.size();
    for (std::size_t i = 0; same && i < kName.size(); ++i)
      same = (header.name[i] | 0x20) == (kName[i] | 0x20);
    if (same) return true;
  }
  return false;
}

// As much of a body as an output takes, and no half a character.
std::string shortened(std::string text) {
  if (text.size() <= kMaxShown) return text;
  text.resize(kMaxShown);
  while (!text.empty() && !midimon::is_utf8(text) && text.size() + 4 > kMaxShown)
    text.pop_back();
  return text;
}

// What came back, for the action after this one and for people. The rest of a body that is large is
// left where it is.
Json output_of(midimon::http::Response& response, std::string& body) {
  bool whole = true;
  for (;;) {
    auto piece = response.read();
    if (!piece || piece->empty()) {
      whole = static_cast<bool>(piece);
      break;
    }
    body += *piece;
    if (body.size() <= kMaxShown) continue;
    whole = false;
    break;
  }
  body = shortened(std::move(body));
  Json out =
      Json::object({{"status", response.status()}, {"url", response.url()}, {"whole", whole}});
  const std::optional<Json> json = whole ? Json::parse(body) : std::nullopt;
  if (json) {
    out.set("json", *json);
  } else if (midimon::is_utf8(body)) {
    out.set("body", body);
  }
  return out;
}

Status send(const Send& params, const Call&) {
  midimon::http::Request request{.url = params.url, .method = params.method};
  if (!read_headers(params.headers, request.headers) ||
      !read_headers(params.secret_headers, request.secret_headers)) {
    return failed(kWrongParams, "Headers are texts, by their names.");
  }
  for (const Header& header : request.secret_headers) {
    if (header.value.find("{{") != std::string::npos) continue;
    return failed(kWrongParams, "There is no {{NAME}} in the secret header " + header.name +
                                    "; a profile has it as {{{NAME}}.");
  }
  if (!params.body.empty() && !params.json.is_null()) {
    return failed(kWrongParams, "Give the body as \"body\" or as \"json\", not both.");
  }
  request.body = params.json.is_null() ? params.body : params.json.dump();
  if (!params.json.is_null() && !has_content_type(request.headers)) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  request.timeout_ms = params.timeout_ms;
  auto response = midimon::http::request(request);
  if (!response) return response.status();
  std::string body;
  const Json out = output_of(*response, body);
  if (auto given = midimon::set_output(out); !given) return given.status();
  if (response->status() < 400 || params.accept_errors) return midimon::ok();
  std::string says = body.substr(0, 200);
  while (!says.empty() && !midimon::is_utf8(says))
    says.pop_back();
  return failed(kRefused, "The server answered " + Json(response->status()).dump() +
                              (says.empty() ? "." : ": " + says));
}

void declare(midimon::Plugin& plugin) {
  plugin.name("http-request").version("1.0.0").description("Sends a request over HTTP: a webhook");
  plugin.author("midimon").license("Apache-2.0");
  plugin.needs("network", "sends your requests to the hosts that you allow, and to no other");
  plugin.action("send", send)
      .label("Send a request")
      .description("Sends it and gives status, URL and the beginning of what came back");
}

}  // namespace

MIDIMON_PLUGIN(declare)
