#include "login/login.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <variant>

#include "base/text.h"
#include "login/form.h"
#include "net/exchange.h"
#include "trust/secret_bytes.h"

namespace midimon::login {
namespace {

Result<void> check_url(const net::Url& url) {
  if (url.is_secure() || url.is_loopback()) return {};
  return fail(ErrorCode::denied,
              fmt::format("{} is not https, so that anybody on the way could read along.",
                          escape_line(url.shown())));
}

tl::unexpected<Error> explain(const Refused& refused) {
  std::string text = refused.error == "access_denied"
                         ? "You, or the service, did not agree (access_denied)"
                         : fmt::format("The service says no: {}", escape_line(refused.error));
  if (!refused.description.empty()) {
    text += fmt::format(", \"{}\"", escape_line(refused.description));
  }
  return fail(ErrorCode::denied, text + ". Nothing is stored.");
}

Result<std::string> read_all(net::Exchange& exchange, const Until& until) {
  std::string body;
  std::array<char, 4096> piece{};
  while (true) {
    const auto count = exchange.read(piece.data(), piece.size(), until);
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) return body;
    body.append(piece.data(), *count);
    if (body.size() > kMaxTokenAnswer) {
      trust::wipe(body);
      return fail(ErrorCode::limit, "The token server's answer is larger than 64 KiB.");
    }
  }
}

}  // namespace

Result<Login> Login::begin(Service service, std::uint16_t port) {
  for (const net::Url* url : {&service.authorize, &service.token}) {
    if (auto good = check_url(*url); !good) return tl::unexpected(good.error());
  }
  auto proof = make_proof();
  if (!proof) return tl::unexpected(proof.error());
  auto listener = Listener::open(port);
  if (!listener) return tl::unexpected(listener.error());
  return Login(std::move(service), std::move(*listener), std::move(*proof));
}

std::string Login::url() const {
  std::string scope;
  for (const std::string& one : service_.scopes)
    scope += (scope.empty() ? "" : " ") + one;
  Fields fields = {{"response_type", "code"},         {"client_id", service_.client_id},
                   {"redirect_uri", redirect_uri()},  {"state", proof_.state},
                   {"code_challenge_method", "S256"}, {"code_challenge", proof_.challenge}};
  if (!scope.empty()) fields.emplace_back("scope", scope);
  const std::string& base = service_.authorize.text();
  return base + (base.find('?') == std::string::npos ? "?" : "&") + to_form(fields);
}

Result<Tokens> Login::finish(net::Web& web, const Until& until) {
  const std::string redirect = redirect_uri();
  auto callback = listener_.wait(proof_.state, until);
  if (!callback) return tl::unexpected(callback.error());
  if (const auto* refused = std::get_if<Refused>(&*callback)) return explain(*refused);
  auto& code = std::get<Code>(*callback).code;
  auto tokens = exchange(web, code, redirect, until);
  trust::wipe(code);
  return tokens;
}

Result<Tokens> Login::exchange(net::Web& web, const std::string& code,
                               const std::string& redirect_uri, const Until& until) const {
  net::Connections connections(web);
  net::ExchangeRequest request{
      "POST",
      service_.token,
      {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}},
      to_form({{"grant_type", "authorization_code"},
               {"code", code},
               {"redirect_uri", redirect_uri},
               {"client_id", service_.client_id},
               {"code_verifier", proof_.verifier}}),
      service_.token.is_loopback()};
  net::Exchange exchange(connections, std::move(request));
  if (auto begun = exchange.begin(until); !begun) return tl::unexpected(begun.error());
  const int status = exchange.head().status;
  if (status >= 300 && status < 400) {
    return fail(ErrorCode::denied,
                fmt::format("The token server sends the code elsewhere ({}), which is not done. "
                            "Nothing is stored.",
                            status));
  }
  auto body = read_all(exchange, until);
  if (!body) return tl::unexpected(body.error());
  auto tokens = read_tokens(status, *body);
  trust::wipe(*body);
  return tokens;
}

}  // namespace midimon::login
