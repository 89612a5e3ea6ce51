#include "net/web.h"

#include <curl/curl.h>

#include "net/certificates.h"

namespace midimon::net {

Result<Web> Web::create(const std::string& ca_file, DialerOptions options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_ALL);
  if (ready != CURLE_OK) {
    return fail(ErrorCode::unsupported, "libcurl cannot be used; install it anew.");
  }
  auto certificates = certificates_with(ca_file);
  if (!certificates) return tl::unexpected(certificates.error());
  if (ca_file.empty()) *certificates = system_certificates();
  return Web(std::move(*certificates), std::move(options));
}

}  // namespace midimon::net
