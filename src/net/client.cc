#include "net/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/units.h"
#include "net/certificates.h"
#include "net/transfer.h"

namespace midimon::net {
namespace {

constexpr int kMaxRedirects = 5;

class MemorySink final : public BodySink {
 public:
  explicit MemorySink(std::string& body) : body_(body) {}
  Result<void> begin(const Answer& /*answer*/) override { return {}; }
  Result<void> take(std::string_view bytes) override {
    body_ += bytes;
    return {};
  }

 private:
  std::string& body_;
};

Result<void> check_scheme(const Url& url, bool plain_http) {
  if (url.is_secure() || url.is_loopback() || plain_http) return {};
  return fail(ErrorCode::denied,
              fmt::format("{} is not fetched: on its way anyone could read or change it. Use "
                          "https://.",
                          url.shown()));
}

Result<Url> follow(const Url& from, const Answer& answer, bool plain_http) {
  auto to = from.resolve(*answer.header("location"));
  if (!to) {
    return fail(ErrorCode::invalid, fmt::format("{} redirects to what cannot be fetched. {}",
                                                from.shown(), to.error().message));
  }
  if (from.is_secure() && !to->is_secure()) {
    return fail(ErrorCode::denied,
                fmt::format("{} redirects to {}, which is not secure. Nothing was fetched; tell "
                            "who runs the server.",
                            from.shown(), to->shown()));
  }
  if (auto checked = check_scheme(*to, plain_http); !checked) {
    return tl::unexpected(checked.error());
  }
  return to;
}

bool is_authorization(const Header& header) {
  return to_lower(header.name) == "authorization";
}

}  // namespace

ClientOptions client_options(const Environment& environment) {
  const auto either = [&](const char* lower, const char* upper) {
    const auto value = environment(lower);
    return value ? *value : environment(upper).value_or("");
  };
  ClientOptions options;
  options.ca_file = environment("MIDIMON_CA_FILE").value_or("");
  options.proxy = either("https_proxy", "HTTPS_PROXY");
  options.no_proxy = either("no_proxy", "NO_PROXY");
  return options;
}

std::optional<std::string> Answer::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const Header& header) { return header.name == name; });
  if (found == headers.end()) return {};
  return found->value;
}

struct Client::Impl {
  ClientOptions options;
  std::string ca;
  std::unique_ptr<CURLM, FreeMulti> multi;  // keeps the connections
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::create(ClientOptions options) {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto impl = std::make_unique<Impl>();
  impl->multi.reset(kReady == CURLE_OK ? curl_multi_init() : nullptr);
  if (impl->multi == nullptr) return fail(ErrorCode::internal, "libcurl cannot be started.");
  auto ca = certificates_with(options.ca_file);
  if (!ca) return tl::unexpected(ca.error());
  impl->ca = std::move(*ca);
  impl->options = std::move(options);
  return Client(std::move(impl));
}

bool Client::cancelled() const {
  return impl_->options.cancel != nullptr && impl_->options.cancel->load();
}

Result<Answer> Client::fetch(const Request& request) {
  std::string body;
  MemorySink sink(body);
  auto answer = fetch(request, sink);
  if (answer) answer->body = std::move(body);
  return answer;
}

Result<Answer> Client::fetch(const Request& request, BodySink& sink) {
  auto url = Url::parse(request.url);
  if (!url) return tl::unexpected(url.error());
  if (auto checked = check_scheme(*url, request.plain_http); !checked) {
    return tl::unexpected(checked.error());
  }
  const Nanos due = SystemClock().monotonic() + request.timeout;
  std::vector<Header> headers = request.headers;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    Transfer transfer(impl_->options, impl_->ca, request, sink);
    auto answer = transfer.run(impl_->multi.get(), *url, headers, due);
    if (!answer || !is_redirect(*answer)) return answer;
    auto next = follow(*url, *answer, request.plain_http);
    if (!next) return tl::unexpected(next.error());
    if (!next->same_origin(*url)) {
      headers.erase(std::remove_if(headers.begin(), headers.end(), is_authorization),
                    headers.end());
    }
    url = std::move(next);
  }
  return fail(ErrorCode::limit,
              fmt::format("{} redirects more than {} times. Tell who runs the server.",
                          without_query(request.url), kMaxRedirects));
}

Result<void> check_status(const Answer& answer) {
  if (answer.status == 200) return {};
  const std::string_view url = without_query(answer.url);
  switch (answer.status) {
    case 404:
    case 410:
      return fail(ErrorCode::not_found,
                  fmt::format("There is no {} (status {}). Check the URL.", url, answer.status));
    case 401:
    case 403:
      return fail(ErrorCode::denied, fmt::format("{} is not for everyone (status {}). Ask who runs "
                                                 "the server for another URL.",
                                                 url, answer.status));
    default:
      return fail(ErrorCode::io,
                  fmt::format("The server answers status {} for {}. Try again later, or tell who "
                              "runs it.",
                              answer.status, url));
  }
}

Result<void> check_size(std::uint64_t bytes, std::uint64_t max_bytes, const std::string& url) {
  if (bytes <= max_bytes) return {};
  return fail(ErrorCode::limit, fmt::format("{} is larger than {}, which is the most that is "
                                            "fetched.",
                                            without_query(url), format_bytes(max_bytes)));
}

}  // namespace midimon::net
