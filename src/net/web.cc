#include "net/web.h"

#include <curl/curl.h>

#include <future>

#include "net/certificates.h"

namespace midimon::net {

Result<Web> Web::create(WebOptions options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_ALL);
  if (ready != CURLE_OK) {
    return fail(ErrorCode::unsupported, "libcurl cannot be used; install it anew.");
  }
  auto certificates = certificates_with(options.ca_file);
  if (!certificates) return tl::unexpected(certificates.error());
  if (options.ca_file.empty()) *certificates = system_certificates();
  return Web(std::move(*certificates), std::move(options));
}

bool Web::outside(const std::function<void()>& job) {
  const auto done = std::make_shared<std::promise<void>>();
  const bool taken = outside_->connecting.run([&job, done] {
    job();
    done->set_value();
  });
  if (taken) done->get_future().wait();
  return taken;
}

}  // namespace midimon::net
