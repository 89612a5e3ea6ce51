#include "net/dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>

namespace midimon::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A network in which names lead where the test says, and connections nowhere.
struct Net {
  std::vector<std::vector<std::string>> answers;  // one for each time that is asked
  std::size_t asked = 0;
  std::vector<std::string> connected = {};
  int error = ECONNREFUSED;

  DialerOptions options() {
    return {[this](const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
              std::vector<Address> addresses;
              for (const std::string& text : answers.at(std::min(asked, answers.size() - 1)))
                addresses.push_back(parse_address(text, port).value());
              ++asked;
              return addresses;
            },
            [this](int, const sockaddr* address, socklen_t size) {
              Address copy;
              std::memcpy(&copy.storage, address, size);
              connected.push_back(to_string(copy));
              errno = error;
              return error == 0 ? 0 : -1;
            }};
  }
};

Until soon() {
  return {SystemClock().monotonic() + std::chrono::seconds(5), -1, {}};
}

std::string error_of(const Result<UniqueFd>& result) {
  return result ? "" : result.error().message;
}

TEST(Dialer, RebindingANameFromAPublicToAPrivateAddressGainsNothing) {
  Net net{{{"8.8.8.8"}, {"127.0.0.1"}}};
  Dialer dialer(net.options());
  EXPECT_FALSE(dialer.dial({"rebind.example", 80}, soon()));
  EXPECT_EQ(net.asked, 1U);  // no second question whose answer could differ
  EXPECT_THAT(net.connected, ElementsAre("8.8.8.8"));  // what was checked is what is connected to
  const auto second = dialer.dial({"rebind.example", 80}, soon());
  EXPECT_EQ(second.error().code, ErrorCode::denied);
  EXPECT_THAT(net.connected, ElementsAre("8.8.8.8"));
}

TEST(Dialer, ANameThatLeadsIntoThisMachineOrItsNetworksIsRefused) {
  for (const char* address : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1",
                              "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "0.0.0.0"}) {
    Net net{{{address}}};
    Dialer dialer(net.options());
    const auto answer = dialer.dial({"evil.example", 80}, soon());
    ASSERT_FALSE(answer) << address;
    EXPECT_EQ(answer.error().code, ErrorCode::denied) << address;
    EXPECT_THAT(net.connected, IsEmpty()) << address;
  }
}

TEST(Dialer, OfMixedAnswersOnlyThePublicOnesAreTried) {
  Net net{{{"127.0.0.1", "8.8.8.8", "::1", "1.1.1.1"}}};
  Dialer dialer(net.options());
  EXPECT_FALSE(dialer.dial({"mixed.example", 80}, soon()));
  EXPECT_THAT(net.connected, ElementsAre("8.8.8.8", "1.1.1.1"));
}

TEST(Dialer, AHostThatIsNamedInAGrantMayBeAnywhere) {
  Net net{{{"192.168.1.5"}}};
  Dialer dialer(net.options());
  EXPECT_FALSE(dialer.dial({"nas.lan", 80, true}, soon()));
  EXPECT_THAT(net.connected, ElementsAre("192.168.1.5"));
}

TEST(Dialer, AnAddressIsNotAskedOfANameServer) {
  Net net{{{"8.8.8.8"}}};
  Dialer dialer(net.options());
  EXPECT_EQ(dialer.dial({"127.0.0.1", 80}, soon()).error().code, ErrorCode::denied);
  EXPECT_EQ(dialer.dial({"[::1]", 80}, soon()).error().code, ErrorCode::denied);
  EXPECT_FALSE(dialer.dial({"1.1.1.1", 80}, soon()));
  EXPECT_EQ(net.asked, 0U);
  EXPECT_THAT(net.connected, ElementsAre("1.1.1.1"));
}

// The C library's resolver takes all of these for 127.0.0.1.
TEST(Dialer, DecimalOctalHexAndShortSpellingsOfThisMachineAreRefused) {
  Dialer dialer;
  for (const char* host : {"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1",
                           "localhost", "localhost."}) {
    const auto answer = dialer.dial({host, 9}, soon());
    ASSERT_FALSE(answer) << host;
    EXPECT_THAT(error_of(answer),
                ::testing::AnyOf(HasSubstr("this machine"), HasSubstr("There is no host")))
        << host;
  }
}

TEST(Dialer, ConnectsToAServerOfThisMachine) {
  const UniqueFd server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address address = parse_address("127.0.0.1", 0).value();
  ASSERT_EQ(::bind(server.get(), address.get(), address.size), 0);
  ASSERT_EQ(::listen(server.get(), 1), 0);
  ASSERT_EQ(
      ::getsockname(server.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size), 0);
  const auto port = ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  Dialer dialer;
  EXPECT_TRUE(dialer.dial({"127.0.0.1", port, true}, soon()));
  EXPECT_TRUE(dialer.dial({"localhost", port, true}, soon()));
}

TEST(Dialer, SaysThatThereIsNoSuchHost) {
  Dialer dialer;
  const auto answer = dialer.dial({"no-such-host.invalid", 80}, soon());
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
}

TEST(Dialer, EndsWhenItIsCalledBackThoughTheResolverHangs) {
  const auto hang = std::make_shared<std::promise<void>>();
  DialerOptions options;
  options.resolve = [hanging = hang->get_future().share()](
                        const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
    hanging.wait();
    return std::vector<Address>{};
  };
  const UniqueFd cancel(::eventfd(1, EFD_CLOEXEC));
  {
    Dialer dialer(options);
    EXPECT_FALSE(dialer.dial({"slow.example", 80}, {Nanos::max(), cancel.get(), {}}));
    EXPECT_FALSE(dialer.dial({"slow.example", 80}, {SystemClock().monotonic(), -1, {}}));
  }
  hang->set_value();
}

}  // namespace
}  // namespace midimon::net
