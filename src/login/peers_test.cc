#include "login/peers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

namespace midimon::login {
namespace {

constexpr const char* kColumns =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

sockaddr_in address(const char* host, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, host, &out.sin_addr), 1);
  return out;
}

std::string place(const char* host, std::uint16_t port) {
  return fmt::format("{:08X}:{:04X}", address(host, port).sin_addr.s_addr, port);
}

std::string row(const std::string& from, const std::string& to, std::uint64_t uid,
                std::uint64_t inode, const char* state = "01") {
  return fmt::format(
      "   3: {} {} {} 00000000:00000000 00:00000000 00000000 {:5}        0 {} 1 0000000093a446dc "
      "20 4 30 10 -1\n",
      from, to, state, uid, inode);
}

// Of the connection from 127.0.0.1:5000 to port 8888, by `rows`.
Peers::Owner owner(const std::string& rows) {
  Peers peers(8888);
  std::istringstream table(kColumns + rows);
  EXPECT_TRUE(peers.add(table));
  return peers.owner(address("127.0.0.1", 5000));
}

const std::string kPeer = place("127.0.0.1", 5000);
const std::string kHost = place("127.0.0.1", 8888);

TEST(Peers, TellsOursFromAnothers) {
  const std::uint64_t us = ::geteuid();
  EXPECT_EQ(owner(row(kPeer, kHost, us, 7)), Peers::Owner::us);
  EXPECT_EQ(owner(row(kPeer, kHost, us + 1, 7)), Peers::Owner::another);
  EXPECT_EQ(owner(row(kPeer, kHost, 4'294'967'296 + us, 7)), Peers::Owner::another);
  EXPECT_EQ(owner(row(kPeer, kHost, us, 7) + row(kPeer, kHost, us + 1, 8)), Peers::Owner::another);
}

TEST(Peers, FindsAnIpv4AddressInAnIpv6One) {
  const std::string mapped = fmt::format("{:08X}{:08X}{:08X}", 0, 0, htonl(0xFFFF));
  EXPECT_EQ(owner(row(mapped + kPeer, mapped + kHost, ::geteuid(), 7)), Peers::Owner::us);
  EXPECT_EQ(owner(row(mapped + kPeer, mapped + kHost, ::geteuid() + 1, 7)), Peers::Owner::another);
}

// A row of a connection that its process has closed says 0, which is root.
TEST(Peers, AttackAConnectionThatWasClosedIsNobodys) {
  EXPECT_EQ(owner(row(kPeer, kHost, ::geteuid(), 0, "05")), Peers::Owner::nobody);
  EXPECT_EQ(owner(row(kPeer, kHost, 0, 0, "06")), Peers::Owner::nobody);
}

TEST(Peers, NoOtherRowCounts) {
  const std::uint64_t us = ::geteuid();
  const std::string others[] = {
      row(kHost, kPeer, us, 7),  // our own end
      row(kPeer, place("127.0.0.1", 8889), us, 7),
      row(kPeer, place("127.0.0.2", 8888), us, 7),
      row(place("127.0.0.2", 5000), kHost, us, 7),
      row(place("127.0.0.1", 5001), kHost, us, 7),
      row("0" + kPeer, "0" + kHost, us, 7),
      "   3: " + kPeer + " " + kHost + "\n",
      "   3: " + kPeer + " " + kHost + " 01 0:0 0:0 0 x 0 7\n",
      "\n",
      "",
  };
  for (const std::string& rows : others)
    EXPECT_EQ(owner(rows), Peers::Owner::nobody) << rows;
}

TEST(Peers, ATableThatCannotBeReadIsSaid) {
  std::istringstream table;
  table.setstate(std::ios::badbit);
  EXPECT_FALSE(Peers(8888).add(table));
}

}  // namespace
}  // namespace midimon::login
