// The Web class is what all plugins of a process share of their way to the network: who connects,
// and whose word counts for who a server is.
//
// It has to be made on a thread that is not confined, and reads and starts what threads that are
// need later: libcurl and OpenSSL, the certificates, the dialer's threads.
#pragma once

#include <string>
#include <utility>

#include "midimon/result.h"
#include "net/dialer.h"

namespace midimon::net {

// Thread-safe once it is made.
class Web {
 public:
  // With the certificates of `ca_file` besides the system's. Error: that file cannot be read.
  static Result<Web> create(const std::string& ca_file, DialerOptions options = {});

  [[nodiscard]] Dialer& dialer() { return *dialer_; }
  [[nodiscard]] const std::string& certificates() const { return certificates_; }  // PEM

 private:
  Web(std::string certificates, DialerOptions options)
      : certificates_(std::move(certificates)),
        dialer_(std::make_unique<Dialer>(std::move(options))) {}

  std::string certificates_;
  std::unique_ptr<Dialer> dialer_;
};

}  // namespace midimon::net
