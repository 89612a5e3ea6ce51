#include "net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/ascii.h"
#include "base/text.h"

namespace midimon::net {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

// What is no part of a URL, or is read as one thing here and as another there.
bool is_url_character(char c) {
  return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

tl::unexpected<Error> bad_url(std::string_view text, std::string_view reason) {
  return fail(ErrorCode::invalid, fmt::format("\"{}\" is no URL that can be fetched: {}.",
                                              escape_line(text.substr(0, 200)), reason));
}

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* value = nullptr;
  if (curl_url_get(url, which, &value, flags) != CURLUE_OK) return {};
  std::string copy = value;
  curl_free(value);
  return copy;
}

Result<void> set(CURLU* url, std::string_view text) {
  if (text.size() > kMaxUrlBytes) return bad_url(text, "it is too long");
  if (!std::all_of(text.begin(), text.end(), is_url_character)) {
    return bad_url(text, "it has characters that must be written as %XX");
  }
  const CURLUcode code =
      curl_url_set(url, CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED) {
    return bad_url(text, "a user name or a password does not belong into it");
  }
  if (code == CURLUE_UNSUPPORTED_SCHEME) {
    return bad_url(text, "only https:// (and http://) is understood");
  }
  if (code == CURLUE_BAD_SCHEME) return bad_url(text, "it does not begin with https://");
  if (code != CURLUE_OK) return bad_url(text, to_lower(curl_url_strerror(code)));
  return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const Handle handle(curl_url());
  if (auto done = set(handle.get(), text); !done) return tl::unexpected(done.error());
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  const std::string scheme = part(handle.get(), CURLUPART_SCHEME);
  if (scheme != "https" && scheme != "http") {
    return bad_url(text, "only https:// (and http://) is understood");
  }
  Url url;
  url.text_ = part(handle.get(), CURLUPART_URL);
  url.host_ = to_lower(part(handle.get(), CURLUPART_HOST));
  url.path_ = part(handle.get(), CURLUPART_PATH);
  url.secure_ = scheme == "https";
  const std::string port = part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::from_chars(port.data(), port.data() + port.size(), url.port_);
  if (url.host_.empty() || url.port_ == 0) return bad_url(text, "it names no host");
  // What was escaped in the host no longer is.
  if (!std::all_of(url.text_.begin(), url.text_.end(), is_url_character)) {
    return bad_url(text, "its host has characters that no host has");
  }
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  const Handle handle(curl_url());
  if (auto done = set(handle.get(), text_); !done) return tl::unexpected(done.error());
  if (auto done = set(handle.get(), reference); !done) return tl::unexpected(done.error());
  return parse(part(handle.get(), CURLUPART_URL));
}

std::string Url::beside(std::string_view suffix) const {
  std::string text = text_;
  return text.insert(shown().size(), suffix);
}

std::string_view Url::shown() const {
  return without_query(text_);
}

bool Url::is_loopback() const {
  if (host_ == "localhost") return true;  // which libcurl never asks a name server about
  in_addr address{};
  if (::inet_pton(AF_INET, host_.c_str(), &address) == 1) {
    return (ntohl(address.s_addr) >> 24U) == 127;
  }
  return host_ == "[::1]";
}

bool Url::same_origin(const Url& other) const {
  return secure_ == other.secure_ && host_ == other.host_ && port_ == other.port_;
}

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find('?'));
}

bool looks_like_url(std::string_view text) {
  const std::string start = to_lower(text.substr(0, 8));
  return start.starts_with("http://") || start == "https://";
}

}  // namespace midimon::net
