#include "login/peers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace midimon::login {
namespace {

// The tables have addresses as the numbers that their bytes are to this machine.
std::string in_table(std::uint32_t address, std::uint16_t port) {
  return fmt::format("{:08X}:{:04X}", address, port);
}

// An IPv4 address in an IPv6 one (::ffff:a.b.c.d) without what is around it; others as they are.
std::string without_mapping(const std::string& address) {
  static const std::string kMapped = fmt::format("{:08X}{:08X}{:08X}", 0, 0, htonl(0xFFFF));
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

}  // namespace

Peers::Peers(std::uint16_t port) : host_(in_table(htonl(INADDR_LOOPBACK), port)) {}

bool Peers::add(std::istream& table) {
  std::string line;
  std::getline(table, line);  // the names of the columns
  while (std::getline(table, line)) {
    std::istringstream row(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string ignored;
    std::uint64_t uid = 0;
    std::uint64_t inode = 0;
    row >> number >> local >> remote;
    if (without_mapping(remote) != host_) continue;
    row >> ignored >> ignored >> ignored >> ignored >> uid >> ignored >> inode;
    // Without an inode it was closed, and its row says nothing of who did that.
    if (!row || inode == 0) continue;
    const auto [place, is_new] = is_own_.try_emplace(without_mapping(local), true);
    place->second = place->second && uid == ::geteuid();
  }
  return !table.bad();
}

std::optional<Peers> Peers::look(std::uint16_t port) {
  Peers peers(port);
  std::ifstream table("/proc/self/net/tcp");
  if (!table || !peers.add(table)) return std::nullopt;
  errno = 0;
  std::ifstream table6("/proc/self/net/tcp6");
  if (!table6 && errno == ENOENT) return peers;  // a kernel without IPv6
  if (!table6 || !peers.add(table6)) return std::nullopt;
  return peers;
}

Peers::Owner Peers::owner(const sockaddr_in& peer) const {
  const auto found = is_own_.find(in_table(peer.sin_addr.s_addr, ntohs(peer.sin_port)));
  if (found == is_own_.end()) return Owner::nobody;
  return found->second ? Owner::us : Owner::another;
}

}  // namespace midimon::login
