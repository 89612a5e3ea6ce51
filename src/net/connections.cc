#include "net/connections.h"

#include <fmt/format.h>

#include "base/text.h"

namespace midimon::net {
namespace {

constexpr long kMaxIdle = 8;  // connections that are kept

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

Connections::Connections(Web& web) : impl_(std::make_unique<Impl>(web)) {}
Connections::~Connections() = default;

Connections::Impl::Impl(Web& the_web) : web(the_web), multi(curl_multi_init()) {
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxIdle);
}

bool Connections::Impl::advance(const Until& the_until) {
  if (the_until.is_over()) return false;
  int running = 0;
  until = &the_until;
  const CURLMcode code = curl_multi_perform(multi.get(), &running);
  until = nullptr;
  return code == CURLM_OK;
}

Line::Line(Connections::Impl& connections, const Url& url, bool any_address)
    : connections_(connections),
      to_{host_of(url), url.port(), any_address},
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
  // What libcurl takes for any host's address is one where nobody is (RFC 5737): it gets a socket
  // that is connected, and if it ever did not, it would reach nothing.
  nowhere_.reset(curl_slist_append(nullptr, "::192.0.2.1:"));
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, nowhere_.get());
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Line::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &Line::on_opened);
  // A connection that a grant allowed does not serve who has that grant no more.
  if (!any_address && connections_.not_public.contains(place(to_))) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  }
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

curl_socket_t Line::on_open(void* self, curlsocktype /*purpose*/, curl_sockaddr* /*address*/) {
  auto& line = *static_cast<Line*>(self);
  const Until* const until = line.connections_.until;
  if (until == nullptr) return CURL_SOCKET_BAD;
  auto socket = line.connections_.web.dialer().dial(line.to_, *until);
  if (!socket) {
    line.dialed_ = tl::unexpected(socket.error());
    return CURL_SOCKET_BAD;
  }
  if (line.to_.any_address) line.connections_.not_public.insert(place(line.to_));
  return socket->release();
}

int Line::on_opened(void* /*self*/, curl_socket_t /*socket*/, curlsocktype /*purpose*/) {
  return CURL_SOCKOPT_ALREADY_CONNECTED;
}

tl::unexpected<Error> Line::explain(CURLcode code, const Until& until) const {
  if (until.is_cancelled()) return fail(ErrorCode::io, "The request was cancelled.");
  if (until.is_late()) {
    return fail(ErrorCode::io, fmt::format("{} does not answer in time.", shown_));
  }
  if (!dialed_) {
    return fail(dialed_.error().code,
                fmt::format("{} was not reached. {}", shown_, dialed_.error().message));
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
