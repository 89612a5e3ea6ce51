#include "net/certificates.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/path_error.h"
#include "base/read_fd.h"
#include "base/unique_fd.h"

namespace midimon::net {
namespace {

constexpr std::size_t kMaxCaBytes = 16UL * 1024 * 1024;

Result<std::string> read_certificates(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return cannot("read", path, errno);
  auto text = read_to_end(fd.get(), kMaxCaBytes);
  if (!text) return cannot("read", path, errno);
  if (text->find("-----BEGIN ") == std::string::npos || text->size() > kMaxCaBytes) {
    return fail(ErrorCode::invalid,
                fmt::format("{} holds no certificates in PEM. Set MIDIMON_CA_FILE to a file that "
                            "does, or unset it.",
                            path));
  }
  return std::move(*text);
}

}  // namespace

std::string system_certificates() {
  const char* const bundle = curl_version_info(CURLVERSION_NOW)->cainfo;
  if (bundle == nullptr) return {};
  return read_certificates(bundle).value_or("");
}

Result<std::string> certificates_with(const std::string& file) {
  if (file.empty()) return std::string();
  auto own = read_certificates(file);
  if (own) *own += "\n" + system_certificates();  // without them there are only the file's
  return own;
}

}  // namespace midimon::net
