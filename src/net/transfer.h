// The Transfer class is one request and its answer, without redirects: all that knows libcurl's
// callbacks.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/client.h"

namespace midimon::net {

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Transfer {
 public:
  // What is given outlives this. `ca` are certificates in PEM in place of the system's, or empty.
  Transfer(const ClientOptions& options, const std::string& ca, const Request& request,
           BodySink& sink)
      : options_(options), ca_(ca), request_(request), sink_(sink) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Asks for `url` with `headers`, until `due` on the monotonic clock. Of a redirect that names a
  // place only the headers are read, and the sink is told nothing.
  Result<Answer> run(CURLM* multi, const Url& url, const std::vector<Header>& headers, Nanos due);

 private:
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);

  void set_up(const Url& url);
  void set_trust(const Url& url);
  Result<void> set_headers(const std::vector<Header>& headers);
  CURLcode perform(CURLM* multi);
  Result<void> take_header(std::string_view line);
  Result<void> begin();
  Result<void> take_body(std::string_view bytes);
  [[nodiscard]] bool cancelled() const;
  [[nodiscard]] tl::unexpected<Error> explain(CURLcode code, const Url& url, Nanos due) const;

  const ClientOptions& options_;
  const std::string& ca_;
  const Request& request_;
  BodySink& sink_;

  std::unique_ptr<CURL, FreeEasy> easy_;
  std::unique_ptr<curl_slist, FreeList> list_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  Answer answer_;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t expected_ = 0;  // by the server; 0: it does not say
  bool begun_ = false;          // the headers are complete
  bool enough_ = false;         // ended here, and well
  Result<void> stopped_;        // ended here, and why
};

}  // namespace midimon::net
