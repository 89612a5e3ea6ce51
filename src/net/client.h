// The Client class fetches from the web within limits that hold whatever the server does.
//
// TLS 1.2 or newer with a certificate that holds; plain http only to this machine, or where the
// caller says so. No cookies, no .netrc, no compression is asked for. Redirects are followed here
// and not by libcurl, so that each is held to the same rules as the URL it began with: never from
// https to http, and an Authorization header goes to the origin it was meant for and to no other.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/places.h"
#include "midimon/result.h"
#include "net/url.h"

namespace midimon::net {

struct ClientOptions {
  std::string ca_file;   // PEM: certificates that are trusted besides the system's
  std::string proxy;     // for https to other machines; empty: none
  std::string no_proxy;  // hosts that are reached without it, as curl has them
  Nanos connect_timeout = std::chrono::seconds(20);
  Nanos stall_timeout = std::chrono::seconds(30);  // with less than kSlowest; at least a second
  const std::atomic<bool>* cancel = nullptr;       // looked at ten times a second
};

// Bytes in a second.
inline constexpr long kSlowest = 512;

// From MIDIMON_CA_FILE; https_proxy and no_proxy, or the same in capitals. No other variable of the
// environment has a say: http goes to this machine, and never through a proxy.
[[nodiscard]] ClientOptions client_options(const Environment& environment);

struct Header {
  std::string name;  // lower case, in answers
  std::string value;
};

enum class Method { get, head };

struct Request {
  std::string url;
  std::uint64_t max_bytes = 0;  // of the body; one byte more is an error
  Method method = Method::get;
  std::vector<Header> headers = {};
  bool plain_http = false;                   // may go to other machines than this one
  Nanos timeout = std::chrono::minutes(10);  // for all of it, redirects included
  // Told what is there so far and, if the server says so, how much there will be (else 0).
  std::function<void(std::uint64_t received, std::uint64_t total)> progress = {};
};

struct Answer {
  int status = 0;   // not a redirect that names a place
  std::string url;  // that answered, after redirects
  std::vector<Header> headers = {};
  std::string body = {};

  // Of the first header with that name, in lower case.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

// Whether an answer points elsewhere.
[[nodiscard]] bool is_redirect(const Answer& answer);

// What reads the body of an answer while it comes.
class BodySink {
 public:
  BodySink() = default;
  virtual ~BodySink() = default;
  BodySink(const BodySink&) = delete;
  BodySink& operator=(const BodySink&) = delete;
  // Once, before any take(), with status and headers. An error ends the transfer.
  virtual Result<void> begin(const Answer& answer) = 0;
  virtual Result<void> take(std::string_view bytes) = 0;
};

// One at a time; not thread-safe. Keeps connections open for the next fetch.
class Client {
 public:
  // Error: the CA file cannot be read.
  static Result<Client> create(ClientOptions options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // The answer with any status, into memory. Error: invalid, the URL or a header; denied, what the
  // rules above say or a certificate that does not hold; limit, the answer is too large; io, the
  // network.
  Result<Answer> fetch(const Request& request);
  // The same, with the body into `sink`; its error is the answer's.
  Result<Answer> fetch(const Request& request, BodySink& sink);

  // Whether `cancel` was set.
  [[nodiscard]] bool cancelled() const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Error: the answer is not the file that was asked for (its status is not 200), in a sentence:
// not_found, denied, or io.
Result<void> check_status(const Answer& answer);

// Error: limit, the answer of `url` is larger than `max_bytes`.
Result<void> check_size(std::uint64_t bytes, std::uint64_t max_bytes, const std::string& url);

}  // namespace midimon::net
