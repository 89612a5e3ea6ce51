// The Url class is an address on the web: https, or http, which only some may use.
//
// One parser reads it, libcurl's, and what is fetched is what that parser made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "midimon/result.h"

namespace midimon::net {

inline constexpr std::size_t kMaxUrlBytes = 8192;

class Url {
 public:
  // Error: invalid; another scheme, a name or password in it, characters that no URL has.
  static Result<Url> parse(std::string_view text);
  // What `reference`, as a Location header or a page has it, means at this URL.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;

  // Of the file beside this one whose name has `suffix` more.
  [[nodiscard]] std::string beside(std::string_view suffix) const;

  // All of it but a fragment, which no server is told.
  [[nodiscard]] const std::string& text() const { return text_; }
  // For people and logs.
  [[nodiscard]] std::string_view shown() const;
  [[nodiscard]] bool is_secure() const { return secure_; }
  [[nodiscard]] const std::string& host() const { return host_; }  // lower case; [] around IPv6
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& path() const { return path_; }  // begins with '/'
  // Whether the host is this machine whatever a name server says: localhost, 127.0.0.0/8, [::1].
  [[nodiscard]] bool is_loopback() const;
  // Scheme, host and port are the same.
  [[nodiscard]] bool same_origin(const Url& other) const;

 private:
  Url() = default;

  std::string text_;
  std::string host_;
  std::string path_;
  std::uint16_t port_ = 0;
  bool secure_ = false;
};

// Without what may hold a secret, for people and logs.
[[nodiscard]] std::string_view without_query(std::string_view url);

// Whether `text` is meant as a URL rather than as a file: it begins with http:// or https://.
[[nodiscard]] bool looks_like_url(std::string_view text);

}  // namespace midimon::net
