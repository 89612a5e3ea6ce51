#include <fmt/format.h>

#include <utility>

#include "base/ascii.h"
#include "base/bounded_json.h"
#include "base/text.h"
#include "hostapi/blocking.h"
#include "hostapi/context.h"
#include "hostapi/guest.h"
#include "hostapi/open_things.h"
#include "hostapi/rows.h"
#include "hostapi/secret_headers.h"
#include "hostapi/web_request.h"
#include "net/header.h"

namespace midimon::hostapi {
namespace {

constexpr std::size_t kMaxRequest = 64UL * 1024;
constexpr std::size_t kMaxBody = 1024UL * 1024;

std::string head_json(const net::Answer& head) {
  nlohmann::json headers = nlohmann::json::array();
  for (const net::Header& header : head.headers)
    headers.push_back({header.name, header.value});
  const nlohmann::json json = {
      {"status", head.status}, {"url", head.url}, {"headers", std::move(headers)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// One request with the redirects that come of it: each is a place that has to be granted.
class Chain {
 public:
  Chain(Context& context, HostCall& call, WebRequest request, std::string body)
      : context_(context),
        call_(call),
        until_(until_of(context, call, request.timeout_ms)),
        request_(std::move(request)),
        method_(request_.method),
        headers_(request_.headers),
        body_(std::move(body)) {}

  // Follows it to its end.
  tl::expected<std::unique_ptr<HttpResponse>, Answer> run() {
    std::string url = request_.url;
    std::optional<net::Url> from;
    for (int hops = 0;; ++hops) {
      auto target = aim(context_, url, WebKind::http);
      if (!target) return tl::unexpected(target.error());
      if (context_.services().web == nullptr && context_.services().stand_in == nullptr) {
        return tl::unexpected(
            context_.explain(Answer::unavailable, "This host has no network for plugins."));
      }
      if (!from) {
        if (auto added = add_secrets(target->origin); !added) return tl::unexpected(added.error());
      } else if (!from->same_origin(target->url)) {
        drop_credentials();
      }
      auto asked = ask(*target);
      if (!asked) return tl::unexpected(asked.error());
      const net::Answer& head = asked->head();
      if (!net::is_redirect(head) || request_.max_redirects == 0) {
        auto response = std::make_unique<HttpResponse>();
        response->head = head_json(head);
        response->body = std::move(asked->staged.body);
        response->exchange = std::move(asked->exchange);
        if (request_.timeout_ms) response->deadline = until_.deadline;
        return response;
      }
      if (hops >= request_.max_redirects) {
        return tl::unexpected(context_.explain(
            Answer::failed, fmt::format("{} redirects again and again.", target->url.shown())));
      }
      auto next = target->url.resolve(*head.header("location"));
      if (!next) {
        return tl::unexpected(context_.explain(
            Answer::failed, fmt::format("{} redirects to where no request goes. {}",
                                        target->url.shown(), next.error().message)));
      }
      change_method(head.status);
      from = std::move(target->url);
      url = next->text();
    }
  }

 private:
  tl::expected<void, Answer> add_secrets(const grants::HostRule& origin) {
    auto secrets = fill_in_secrets(context_, call_, origin, request_.secret_headers);
    if (!secrets) return tl::unexpected(secrets.error());
    secrets_ = std::move(*secrets);
    return {};
  }

  // A response whose head is there.
  struct Asked {
    std::unique_ptr<net::Exchange> exchange;  // null where a stand-in answered
    net::Answer staged;
    [[nodiscard]] const net::Answer& head() const { return exchange ? exchange->head() : staged; }
  };

  tl::expected<Asked, Answer> ask(const Target& target) {
    net::ExchangeRequest request{method_, target.url, headers_, body_, target.any_address};
    request.headers.insert(request.headers.end(), secrets_.begin(), secrets_.end());
    if (StandIn* const stand_in = context_.services().stand_in) {
      auto answer = stand_in->ask(request);
      if (answer) return Asked{nullptr, std::move(*answer)};
      return tl::unexpected(failed(context_, call_, until_, answer.error()));
    }
    net::Connections& connections = context_.open().connections(*context_.services().web);
    auto exchange = std::make_unique<net::Exchange>(connections, std::move(request));
    const auto begun = exchange->begin(until_);
    if (begun) return Asked{std::move(exchange), {}};
    if (begun.error().code == ErrorCode::denied) context_.refuse(target.origin);
    return tl::unexpected(failed(context_, call_, until_, begun.error()));
  }

  // As browsers do (Fetch, 4.4): who is sent elsewhere after a POST asks with GET.
  void change_method(int status) {
    const bool to_get = ((status == 301 || status == 302) && method_ == "POST") ||
                        (status == 303 && method_ != "GET" && method_ != "HEAD");
    if (!to_get) return;
    method_ = "GET";
    body_.clear();
    std::erase_if(headers_, [](const net::Header& header) {
      return to_lower(header.name).starts_with("content-");
    });
  }

  void drop_credentials() {
    secrets_.clear();
    std::erase_if(headers_,
                  [](const net::Header& header) { return net::is_credential(header.name); });
  }

  Context& context_;
  HostCall& call_;
  Until until_;
  WebRequest request_;
  std::string method_;
  std::vector<net::Header> headers_;
  std::vector<net::Header> secrets_;
  std::string body_;
};

// http_request(request, request_length, body, body_length, handle*): asks, and returns once the
// head of the response is there.
Answer http_request(Context& context, HostCall& call, std::uint32_t request,
                    std::uint32_t request_length, std::uint32_t body, std::uint32_t body_length,
                    std::uint32_t handle) {
  const auto json = read_text(call, request, request_length, kMaxRequest);
  if (!json) return json.error();
  const auto bytes = read_bytes(call, body, body_length, kMaxBody);
  if (!bytes) return bytes.error();
  if (!call.memory.holds<std::uint32_t>(handle)) return Answer::bad_text;
  auto parsed = parse_web_request(*json, WebKind::http);
  if (!parsed) return context.explain(Answer::invalid, parsed.error().message);
  if (!context.open().responses.has_room()) return Answer::too_many;
  auto response = Chain(context, call, std::move(*parsed), std::string(*bytes)).run();
  if (!response) return response.error();
  call.budget.charge((*response)->head.size() / kBytesPerFuel);
  call.memory.store(handle, *context.open().responses.add(std::move(*response)));
  return Answer::ok;
}

// http_head(handle, buffer, capacity, length*): status, URL after redirects, and headers.
Answer http_head(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t buffer,
                 std::uint32_t capacity, std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  const HttpResponse* const response = context.open().responses.find(handle);
  if (response == nullptr) return Answer::not_found;
  return write_whole(call, out, response->head);
}

// http_read(handle, buffer, capacity, length*): the next piece of the body; 0 bytes at its end.
Answer http_read(Context& context, HostCall& call, std::uint32_t handle, std::uint32_t buffer,
                 std::uint32_t capacity, std::uint32_t length) {
  charge(call);
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  HttpResponse* const response = context.open().responses.find(handle);
  if (response == nullptr) return Answer::not_found;
  if (capacity == 0) {
    call.memory.store(length, std::uint32_t{1});
    return Answer::too_small;
  }
  Until until = until_of(context, call);
  until.deadline = std::min(until.deadline, response->deadline);
  auto* const bytes = reinterpret_cast<char*>(call.memory.bytes(buffer, capacity).data());
  if (response->exchange == nullptr) {
    const std::size_t taken = response->body.copy(bytes, capacity);
    response->body.erase(0, taken);
    call.memory.store(length, static_cast<std::uint32_t>(taken));
    return Answer::ok;
  }
  const auto count = response->exchange->read(bytes, capacity, until);
  if (!count) return failed(context, call, until, count.error());
  call.budget.charge(*count / kBytesPerFuel);
  call.memory.store(length, static_cast<std::uint32_t>(*count));
  return Answer::ok;
}

// http_close(handle)
Answer http_close(Context& context, HostCall& call, std::uint32_t handle) {
  charge(call);
  return context.open().responses.take(handle) == nullptr ? Answer::not_found : Answer::ok;
}

constexpr wasm::HostFunction kRows[] = {
    host_function<http_request>("http_request"),
    host_function<http_head>("http_head"),
    host_function<http_read>("http_read"),
    host_function<http_close>("http_close"),
};

}  // namespace

Rows http_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
