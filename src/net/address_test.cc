#include "net/address.h"

#include <gtest/gtest.h>

namespace midimon::net {
namespace {

bool is_public(const std::string& text) {
  const auto address = parse_address(text, 80);
  EXPECT_TRUE(address) << text;
  return address && !why_not_public(*address);
}

TEST(Address, PublicOnesArePublic) {
  for (const char* text : {"1.1.1.1",
                           "8.8.8.8",
                           "9.255.255.255",
                           "11.0.0.0",
                           "100.63.255.255",
                           "100.128.0.0",
                           "126.255.255.255",
                           "128.0.0.1",
                           "169.253.255.255",
                           "169.255.0.0",
                           "172.15.255.255",
                           "172.32.0.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "198.17.255.255",
                           "198.20.0.0",
                           "223.255.255.255",
                           "2606:4700:4700::1111",
                           "[2a00:1450:4001::5]",
                           "2001:4860:4860::8888"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(Address, ThisMachineTheNetworksAroundItAndMetadataAreNot) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "169.254.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "192.168.255.255",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.7",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ff0e::1",
                           "100::1",
                           "2001:db8::1",
                           "3fff::1",
                           "4000::1",
                           "fd00:ec2::254"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(Address, Ipv4InsideOfIpv6IsWhatIsInside) {
  for (const char* text :
       {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1",
        "::127.0.0.1", "::a9fe:a9fe", "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254",
        "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::1", "::ffff:8.8.8.8", "2002:808:808::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
  EXPECT_TRUE(is_public("64:ff9b::8.8.8.8"));
}

TEST(Address, OtherSpellingsAreNone) {
  for (const char* text :
       {"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.1", "localhost", "",
        "1.2.3.4.", "1.2.3.4 ", "fe80::1%lo", "[::1", "::1]", "1.2.3.256"}) {
    EXPECT_FALSE(parse_address(text, 80)) << text;
  }
}

TEST(Address, IsShownAsItIsWritten) {
  EXPECT_EQ(to_string(*parse_address("8.8.8.8", 1)), "8.8.8.8");
  EXPECT_EQ(to_string(*parse_address("[2A00::0005]", 1)), "[2a00::5]");
}

TEST(Address, OfAnotherFamilyIsNotPublic) {
  EXPECT_TRUE(why_not_public(Address{}));
}

}  // namespace
}  // namespace midimon::net
