// The Web class is what all plugins of a process share of their way to the network: who resolves
// and who connects, and whose word counts for who a server is.
//
// It has to be made on a thread that is not confined, and reads and starts what threads that are
// need later: libcurl and OpenSSL, the certificates, the threads that resolve and connect.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/errands.h"
#include "midimon/result.h"
#include "net/resolver.h"

namespace midimon::net {

struct WebOptions {
  std::string ca_file = {};  // PEM: certificates that are trusted besides the system's
  Resolve resolve = {};      // empty: by the system
  // Has the last word on each connection that is about to be made; empty: yes.
  std::function<bool(const Address& address)> may_connect = {};
};

// Thread-safe once it is made.
class Web {
 public:
  // Error: the CA file cannot be read.
  static Result<Web> create(WebOptions options);

  [[nodiscard]] Resolver& resolver() { return outside_->resolver; }
  [[nodiscard]] const std::string& certificates() const { return certificates_; }  // PEM
  [[nodiscard]] bool may_connect(const Address& address) const {
    return !options_.may_connect || options_.may_connect(address);
  }

  // Runs `job` on a thread that may connect, and returns once it has ended. False if too many
  // wait for that already.
  [[nodiscard]] bool outside(const std::function<void()>& job);

 private:
  struct Outside {
    explicit Outside(Resolve resolve) : resolver(std::move(resolve)) {}
    Resolver resolver;
    Errands connecting{kMaxConnecting};
  };
  static constexpr std::size_t kMaxConnecting = 32;

  Web(std::string certificates, WebOptions options)
      : certificates_(std::move(certificates)),
        options_(std::move(options)),
        outside_(std::make_unique<Outside>(options_.resolve)) {}

  std::string certificates_;
  WebOptions options_;
  std::unique_ptr<Outside> outside_;
};

}  // namespace midimon::net
