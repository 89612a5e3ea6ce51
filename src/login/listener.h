// The Listener class waits on this machine, for this user only, for the browser to come back with
// an answer (RFC 8252 7.3).
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "base/until.h"
#include "login/callback.h"
#include "midimon/result.h"

namespace midimon::login {

class Listener {
 public:
  // On 127.0.0.1 at `port`, 0: at a free one. Error: busy, somebody else is there; io.
  static Result<Listener> open(std::uint16_t port);

  [[nodiscard]] std::string host() const;  // "127.0.0.1:8888"
  [[nodiscard]] std::string redirect_uri() const;

  // The first answer with `state` in it, a Code or a Refused; from then on nobody is listened to.
  // What else comes is answered and forgotten; 16 connections are held at once, each for 10
  // seconds. Other accounts may connect and may know `state`, as it is in the command line of what
  // opens the browser: whoever is not this user is cut off at once, if the kernel tells who it is
  // (peers.h). Error: io, `until` was over first.
  Result<Callback> wait(std::string_view state, const Until& until);

 private:
  struct Visitor;
  struct Arrival;

  Listener(UniqueFd fd, std::uint16_t port) : fd_(std::move(fd)), port_(port) {}
  void admit(std::list<Visitor>& visitors);
  [[nodiscard]] Error nobody_came(bool interrupted) const;

  UniqueFd fd_;
  std::uint16_t port_;
  bool strangers_came_ = false;
};

}  // namespace midimon::login
