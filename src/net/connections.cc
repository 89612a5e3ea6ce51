#include "net/connections.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/text.h"

namespace midimon::net {
namespace {

constexpr long kMaxIdle = 8;  // connections that are kept
constexpr std::size_t kMaxReached = 64;
constexpr long kTryForMs = 5'000;  // how long one of several addresses of a name is tried

// Port and address of two addresses of one family; what else is in them says nothing of where they
// lead. `b` has as many bytes behind it as its family needs.
bool is_same(const sockaddr& a, const sockaddr& b, socklen_t size) {
  if (a.sa_family == AF_INET) {
    const auto& left = reinterpret_cast<const sockaddr_in&>(a);
    const auto& right = reinterpret_cast<const sockaddr_in&>(b);
    return left.sin_port == right.sin_port && left.sin_addr.s_addr == right.sin_addr.s_addr;
  }
  return std::memcmp(&a, &b, size) == 0;
}

std::string place(const Destination& to) {
  return fmt::format("{}:{}", to.host, to.port);
}

// As the rules have it: without the dot that ends a whole name.
std::string host_of(const Url& url) {
  std::string host = url.host();
  if (host.size() > 1 && host.back() == '.') host.pop_back();
  return host;
}

}  // namespace

Connections::Connections(Web& web, std::shared_ptr<Lookups> lookups)
    : impl_(std::make_unique<Impl>(web, std::move(lookups))) {}
Connections::~Connections() = default;

Connections::Impl::Impl(Web& the_web, std::shared_ptr<Lookups> the_lookups)
    : web(the_web), lookups(std::move(the_lookups)), multi(curl_multi_init()) {
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxIdle);
}

bool Connections::Impl::advance(const Until& until) {
  if (until.is_over()) return false;
  int running = 0;
  return curl_multi_perform(multi.get(), &running) == CURLM_OK;
}

void Connections::Impl::wait(const Until& until) {
  curl_waitfd cancel{until.cancel_fd, CURL_WAIT_POLLIN, 0};
  curl_multi_poll(multi.get(), &cancel, until.cancel_fd < 0 ? 0 : 1, until.milliseconds(), nullptr);
}

Line::Line(Connections::Impl& connections, const Url& url, bool any_address)
    : connections_(connections),
      to_{host_of(url), url.port(), any_address, connections.lookups},
      shown_(url.shown()),
      easy_(curl_easy_init()) {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, url.text().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, url.is_secure() ? "https" : "http");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");     // unlike none, it keeps the environment out
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);  // it sends with MSG_NOSIGNAL, TLS too since 7.87
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "midimon");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Line::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  set_trust();
}

void Line::set_trust() {
  CURL* const easy = easy_.get();
  const std::string& ca = connections_.web.certificates();
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // An empty blob would be none, and none the system's directory, which this thread cannot read.
  curl_blob blob{const_cast<char*>(ca.data()), ca.size(), CURL_BLOB_NOCOPY};
  if (!ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
}

// libcurl is given the address in place of the name, so that it has nothing to resolve, and the
// same address decides which of the open connections serves: one that a grant allowed does not
// serve who has that grant no more.
void Line::aim_at(const Address& address) {
  address_ = address;
  pinned_.reset(curl_slist_append(nullptr, fmt::format("::{}:", to_string(address)).c_str()));
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_TO, pinned_.get());
}

Result<CURLcode> Line::run(const Drive& drive, const Until& until) {
  const auto known = connections_.reached.find(place(to_));
  if (known != connections_.reached.end() && (to_.any_address || known->second.judged)) {
    aim_at(known->second.address);
    must_connect_ = false;
    const CURLcode code = drive(until);
    if (!must_connect_) return code;
  }
  return connect(drive, until);
}

Result<CURLcode> Line::connect(const Drive& drive, const Until& until) {
  const auto addresses = connections_.web.resolver().find(to_, until);
  if (!addresses) {
    if (until.is_over()) return CURLE_ABORTED_BY_CALLBACK;
    return fail(addresses.error().code,
                fmt::format("{} was not reached. {}", shown_, addresses.error().message));
  }
  if (addresses->size() > 1) curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS, kTryForMs);
  CURLcode code = CURLE_COULDNT_CONNECT;
  for (const Address& address : *addresses) {
    aim_at(address);
    may_connect_ = true;
    const bool ran = connections_.web.outside([&] { code = drive(until); });
    may_connect_ = false;
    if (!ran) {
      return fail(ErrorCode::busy, "Too many connections are being made; try again later.");
    }
    if (code != CURLE_COULDNT_CONNECT && code != CURLE_OPERATION_TIMEDOUT) break;
  }
  if (code == CURLE_OK) {
    if (connections_.reached.size() >= kMaxReached) connections_.reached.clear();
    connections_.reached[place(to_)] = {address_, !to_.any_address};
  }
  return code;
}

// What is about to be connected to is what was let through, or nothing is.
curl_socket_t Line::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  auto& line = *static_cast<Line*>(self);
  line.must_connect_ = !line.may_connect_;
  const Address& checked = line.address_;
  const bool same = address->family == checked.family() && address->addrlen == checked.size &&
                    is_same(*checked.get(), address->addr, checked.size);
  if (!line.may_connect_ || !same || !line.connections_.web.may_connect(checked)) {
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

tl::unexpected<Error> Line::explain(CURLcode code, const Until& until) const {
  if (until.is_cancelled()) return fail(ErrorCode::io, "The request was cancelled.");
  if (until.is_late()) {
    return fail(ErrorCode::io, fmt::format("{} does not answer in time.", shown_));
  }
  if (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT) {
    return fail(ErrorCode::io,
                fmt::format("{} cannot be reached. Does the server run?", place(to_)));
  }
  const std::string reason =
      escape_line(detail_[0] != '\0' ? detail_.data() : curl_easy_strerror(code));
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return fail(ErrorCode::io,
                fmt::format("Nothing was asked of {}: its certificate does not hold ({}). If your "
                            "own authority signed it, name that one's certificate in "
                            "MIDIMON_CA_FILE.",
                            place(to_), reason));
  }
  if (code == CURLE_SSL_CONNECT_ERROR) {
    return fail(ErrorCode::io,
                fmt::format("There is no secure connection to {}: {}.", place(to_), reason));
  }
  return fail(ErrorCode::io, fmt::format("Asking {} broke off: {}.", shown_, reason));
}

}  // namespace midimon::net
