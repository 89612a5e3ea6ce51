// The Exchange class is one request on behalf of a plugin and its response, which is read as far as
// somebody wants it; the Connections class is what outlasts it.
//
// The thread that asks does the work itself; only a connection that has to be made is made on
// another. TLS 1.2 or newer with a certificate that holds; HTTP/1.1 or 2. No cookies, no .netrc, no
// proxy, no compression is asked for, and no redirect followed: who follows one asks again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/until.h"
#include "midimon/result.h"
#include "net/client.h"
#include "net/url.h"
#include "net/web.h"

namespace midimon::net {

inline constexpr std::size_t kMaxExchangeHead = 64UL * 1024;
inline constexpr std::uint64_t kMaxExchangeBody = 16UL * 1024 * 1024;

struct ExchangeRequest {
  std::string method = "GET";  // a token in capitals; neither CONNECT nor TRACE
  Url url;
  std::vector<Header> headers = {};  // check_header() says yes to each
  std::string body = {};
  bool any_address = false;  // the host may be where addresses are not public
};

// Connections that were made for one plugin, and are kept open for its next request. Used by one
// thread at a time; outlives its exchanges.
class Connections {
 public:
  explicit Connections(Web& web, std::shared_ptr<Lookups> lookups = {});
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  struct Impl;  // connections.h
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class Exchange {
 public:
  Exchange(Connections& connections, ExchangeRequest request);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Asks, and returns once the head of the response is there. Errors: denied, none of
  // the host's addresses is allowed; not_found, no such host; limit, the head is too large; io, the
  // network, a certificate that does not hold, or `until` was over.
  Result<void> begin(const Until& until);
  // Status, URL and headers; the body stays empty.
  [[nodiscard]] const Answer& head() const;

  // The next bytes of the body, at most `size` of them into `bytes`; 0 at its end. Errors: limit,
  // it is larger than kMaxExchangeBody; io.
  Result<std::size_t> read(char* bytes, std::size_t size, const Until& until);

  struct Impl;  // for libcurl's callbacks

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace midimon::net
