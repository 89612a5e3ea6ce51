// The inside of Connections: what libcurl is told by all who go through them.
#pragma once

#include <curl/curl.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/exchange.h"
#include "net/resolver.h"
#include "net/transfer.h"

namespace midimon::net {

struct Connections::Impl {
  Impl(Web& the_web, std::shared_ptr<Lookups> the_lookups);

  Web& web;
  std::shared_ptr<Lookups> lookups;  // of the plugin
  std::unique_ptr<CURLM, FreeMulti> multi;
  // At which address each host, with its port, was reached last: where a connection may be open.
  struct Reached {
    Address address;
    bool judged = false;  // it serves those, too, who may go to no near one
  };
  std::map<std::string, Reached> reached;

  // Does what there is to do. False once `until` is over.
  bool advance(const Until& until);
  // Waits for more to do, but not past `until`.
  void wait(const Until& until);
};

// The Line class is the way of one transfer to its server, and what is true of every transfer of a
// plugin. It stays where it is made.
//
// Connecting is not for the thread that asks, which Landlock may forbid it. So a transfer is first
// tried over a connection that is open; where there is none it is tried again on a thread of the
// web's, and comes back with a connection that any thread may use.
class Line {
 public:
  Line(Connections::Impl& connections, const Url& url, bool any_address);
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_.get(); }

  // Begins the transfer from the start and brings it as far as it should come: CURLE_OK if it came
  // there, CURLE_ABORTED_BY_CALLBACK if `until` was over.
  using Drive = std::function<CURLcode(const Until& until)>;
  // Has `drive` do that over a connection, one that is open or a new one. Error: there is no way to
  // the host.
  Result<CURLcode> run(const Drive& drive, const Until& until);

  // What a transfer that ended with `code` is called in a sentence.
  [[nodiscard]] tl::unexpected<Error> explain(CURLcode code, const Until& until) const;

 private:
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  void set_trust();
  void aim_at(const Address& address);
  Result<CURLcode> connect(const Drive& drive, const Until& until);

  Connections::Impl& connections_;
  Destination to_;
  std::string shown_;
  Address address_;
  bool may_connect_ = false;   // is on a thread for it
  bool must_connect_ = false;  // was on a thread that is not
  std::unique_ptr<curl_slist, FreeList> pinned_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
};

}  // namespace midimon::net
