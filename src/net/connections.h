// The inside of Connections: what libcurl is told by all who go through them.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <set>
#include <string>

#include "net/exchange.h"
#include "net/transfer.h"

namespace midimon::net {

struct Connections::Impl {
  explicit Impl(Web& the_web);

  Web& web;
  std::unique_ptr<CURLM, FreeMulti> multi;
  // Hosts with a port that were reached at an address that is not public.
  std::set<std::string> not_public;
  // Of who is at work; null in between, and then nothing is connected.
  const Until* until = nullptr;

  // Does what there is to do, then waits for more, but not past `until`. False once it is over.
  bool advance(const Until& the_until);
};

// The Line class is the way of one transfer to its server, which the dialer makes if there is none
// yet, and what is true of every transfer of a plugin. It stays where it is made.
class Line {
 public:
  Line(Connections::Impl& connections, const Url& url, bool any_address);
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_.get(); }
  // What a transfer that ended with `code` is called in a sentence.
  [[nodiscard]] tl::unexpected<Error> explain(CURLcode code, const Until& until) const;

 private:
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_opened(void* self, curl_socket_t socket, curlsocktype purpose);
  void set_trust();

  Connections::Impl& connections_;
  Destination to_;
  std::string shown_;
  std::unique_ptr<curl_slist, FreeList> nowhere_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  Result<void> dialed_;
};

}  // namespace midimon::net
