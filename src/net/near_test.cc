#include "net/near.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace midimon::net {
namespace {

Address at(std::string_view text) {
  return parse_address(text, 80).value();
}

TEST(Near, IsWhatTheKernelKnowsToBeOnOurNetworks) {
  const std::vector<Interface> ours = {{at("5.6.7.8"), 22},
                                       {at("2a02:8100:1:2:3:4:5:6"), 64},
                                       {at("9.9.9.9"), 32},
                                       {at("11.0.0.1"), 0},
                                       {at("192.168.1.2"), 24}};
  for (const char* machine : {"5.6.7.8", "2a02:8100:1:2:3:4:5:6", "9.9.9.9", "11.0.0.1"})
    EXPECT_EQ(why_near(at(machine), ours), "this machine") << machine;
  for (const char* beside : {"5.6.4.1", "5.6.7.255", "2a02:8100:1:2::1"})
    EXPECT_EQ(why_near(at(beside), ours), "on the same network as this machine") << beside;
  for (const char* far : {"5.6.8.1", "5.6.3.255", "2a02:8100:1:3::1", "9.9.9.8", "8.8.8.8"})
    EXPECT_FALSE(why_near(at(far), ours)) << far;
  EXPECT_TRUE(why_near(at("10.0.0.1"), {})) << "private anywhere";
  EXPECT_FALSE(why_near(at("5.6.7.8"), {}));
}

TEST(Near, TheMachineHasALoopback) {
  const auto all = interfaces();
  const auto loopback = std::find_if(all.begin(), all.end(), [](const Interface& one) {
    return to_string(one.address) == "127.0.0.1";
  });
  ASSERT_NE(loopback, all.end());
  EXPECT_EQ(loopback->prefix, 8U);
}

}  // namespace
}  // namespace midimon::net
