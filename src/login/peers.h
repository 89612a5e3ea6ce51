// The Peers class knows whose the connections to a port of this machine are. Any account may
// connect to 127.0.0.1; the kernel tells in /proc/net/tcp and tcp6 who did.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>

namespace midimon::login {

// One thread uses it.
class Peers {
 public:
  enum class Owner : std::uint8_t {
    us,
    another,
    nobody,  // there is no such connection, or whoever made it has closed it
  };

  // Those of 127.0.0.1:`port`, as of now; none if the kernel does not tell.
  static std::optional<Peers> look(std::uint16_t port);

  explicit Peers(std::uint16_t port);
  // Adds the rows of a table as the kernel writes them. False: it cannot be read.
  bool add(std::istream& table);

  // Of the connection from `peer`.
  [[nodiscard]] Owner owner(const sockaddr_in& peer) const;

 private:
  std::string host_;                    // 127.0.0.1:`port` as the tables have it
  std::map<std::string, bool> is_own_;  // by the peer's address and port
};

}  // namespace midimon::login
