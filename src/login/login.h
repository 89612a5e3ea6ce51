// The Login class is one login of a user to a service, on behalf of a plugin: OAuth 2.0's
// authorization code with PKCE, by a browser and a redirect to this machine.
//
// Sources: RFC 6749, RFC 7636, RFC 8252 (native apps), RFC 9700 (best current practice).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/until.h"
#include "login/listener.h"
#include "login/proof.h"
#include "login/tokens.h"
#include "midimon/result.h"
#include "net/url.h"
#include "net/web.h"

namespace midimon::login {

struct Service {
  net::Url authorize;  // both https, or on this machine
  net::Url token;
  std::vector<std::string> scopes;
  std::string client_id;
};

class Login {
 public:
  // Listens at `port` (0: a free one) from now on. Errors: denied, a URL that is neither https nor
  // on this machine; those of Listener::open().
  static Result<Login> begin(Service service, std::uint16_t port);

  // Where the user is to go.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string redirect_uri() const { return listener_.redirect_uri(); }

  // Waits for the user's answer and gets tokens for it. A redirect of the token server is not
  // followed: the code is for it alone. Errors: denied, the user or a server said no; io, `until`
  // was over or the network; invalid, limit, what the server says is no answer.
  Result<Tokens> finish(net::Web& web, const Until& until);

 private:
  Login(Service service, Listener listener, Proof proof)
      : service_(std::move(service)), listener_(std::move(listener)), proof_(std::move(proof)) {}

  Result<Tokens> exchange(net::Web& web, const std::string& code, const std::string& redirect_uri,
                          const Until& until) const;

  Service service_;
  Listener listener_;
  Proof proof_;
};

}  // namespace midimon::login
