#include "net/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <future>
#include <memory>
#include <thread>

#include "base/unique_fd.h"

namespace midimon::net {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Name servers that answer as the test says, one answer after the other.
struct Names {
  std::vector<std::vector<std::string>> answers;
  std::size_t asked = 0;

  Resolve resolve() {
    return [this](const std::string&, std::uint16_t port) -> Result<std::vector<Address>> {
      std::vector<Address> addresses;
      for (const std::string& text : answers.at(std::min(asked, answers.size() - 1)))
        addresses.push_back(parse_address(text, port).value());
      ++asked;
      return addresses;
    };
  }
};

Until soon() {
  return {SystemClock().monotonic() + std::chrono::seconds(20), -1, {}};
}

// What is found, or the error in brackets.
std::vector<std::string> found(Resolver& resolver, const Destination& destination) {
  const auto addresses = resolver.find(destination, soon());
  if (!addresses) return {"(" + addresses.error().message + ")"};
  std::vector<std::string> texts;
  for (const Address& address : *addresses)
    texts.push_back(to_string(address));
  return texts;
}

TEST(Resolver, ANameIsAskedOnceSoThatRebindingGainsNothing) {
  Names names{{{"8.8.8.8"}, {"127.0.0.1"}}};
  Resolver resolver(names.resolve());
  EXPECT_THAT(found(resolver, {"rebind.example", 80}), ElementsAre("8.8.8.8"));
  EXPECT_EQ(names.asked, 1U);
  EXPECT_EQ(resolver.find({"rebind.example", 80}, soon()).error().code, ErrorCode::denied);
}

TEST(Resolver, ANameThatLeadsIntoThisMachineOrItsNetworksIsRefused) {
  for (const char* address : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1",
                              "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "0.0.0.0"}) {
    Names names{{{address}}};
    Resolver resolver(names.resolve());
    const auto answer = resolver.find({"evil.example", 80}, soon());
    ASSERT_FALSE(answer) << address;
    EXPECT_EQ(answer.error().code, ErrorCode::denied) << address;
  }
}

TEST(Resolver, OfMixedAnswersOnlyThePublicOnesAreLeft) {
  Names names{{{"127.0.0.1", "8.8.8.8", "::1", "1.1.1.1"}}};
  Resolver resolver(names.resolve());
  EXPECT_THAT(found(resolver, {"mixed.example", 80}), ElementsAre("8.8.8.8", "1.1.1.1"));
}

TEST(Resolver, AHostThatIsNamedInAGrantMayBeAnywhere) {
  Names names{{{"192.168.1.5"}}};
  Resolver resolver(names.resolve());
  EXPECT_THAT(found(resolver, {"nas.lan", 80, true}), ElementsAre("192.168.1.5"));
}

TEST(Resolver, AnAddressIsNotAskedOfANameServer) {
  Names names{{{"8.8.8.8"}}};
  Resolver resolver(names.resolve());
  EXPECT_EQ(resolver.find({"127.0.0.1", 80}, soon()).error().code, ErrorCode::denied);
  EXPECT_EQ(resolver.find({"[::1]", 80}, soon()).error().code, ErrorCode::denied);
  EXPECT_THAT(found(resolver, {"1.1.1.1", 80}), ElementsAre("1.1.1.1"));
  EXPECT_EQ(names.asked, 0U);
}

// The C library's resolver takes all of these for 127.0.0.1.
TEST(Resolver, DecimalOctalHexAndShortSpellingsOfThisMachineAreRefused) {
  Resolver resolver;
  for (const char* host : {"2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1",
                           "localhost", "localhost."}) {
    EXPECT_THAT(found(resolver, {host, 9}),
                ElementsAre(AnyOf(HasSubstr("this machine"), HasSubstr("There is no host"))))
        << host;
  }
}

TEST(Resolver, FindsThisMachineForWhoMayGoThere) {
  Resolver resolver;
  EXPECT_THAT(found(resolver, {"localhost", 80, true}), ::testing::Contains("127.0.0.1"));
}

TEST(Resolver, SaysThatThereIsNoSuchHost) {
  Resolver resolver;
  const auto answer = resolver.find({"no-such-host.invalid", 80}, soon());
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
}

TEST(Resolver, EndsWhenItIsCalledBackThoughTheSystemHangs) {
  const auto hang = std::make_shared<std::promise<void>>();
  const UniqueFd cancel(::eventfd(1, EFD_CLOEXEC));
  {
    Resolver resolver([hanging = hang->get_future().share()](
                          const std::string&, std::uint16_t) -> Result<std::vector<Address>> {
      hanging.wait();
      return std::vector<Address>{};
    });
    EXPECT_FALSE(resolver.find({"slow.example", 80}, {Nanos::max(), cancel.get(), {}}));
    EXPECT_FALSE(resolver.find({"slow.example", 80}, {SystemClock().monotonic(), -1, {}}));
  }
  hang->set_value();
}

TEST(Resolver, WhoseLookupsHangDoesNotUseUpThoseOfOthers) {
  const auto hang = std::make_shared<std::promise<void>>();
  const auto one = std::make_shared<Lookups>(0);
  const auto other = std::make_shared<Lookups>(0);
  const Until now{SystemClock().monotonic(), -1, {}};
  {
    Resolver resolver([hanging = hang->get_future().share()](
                          const std::string& host, std::uint16_t) -> Result<std::vector<Address>> {
      if (host == "slow.example") hanging.wait();
      return std::vector{parse_address("8.8.8.8", 80).value()};
    });
    for (int i = 0; i < 20; ++i) {
      const auto answer = resolver.find({"slow.example", 80, false, one}, now);
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, i < Resolver::kMaxEach ? ErrorCode::io : ErrorCode::busy);
    }
    EXPECT_EQ(*one, Resolver::kMaxEach);
    EXPECT_THAT(found(resolver, {"fast.example", 80, false, other}), ElementsAre("8.8.8.8"));
    hang->set_value();
    while (*one != 0)
      std::this_thread::yield();
  }
  while (*other != 0)  // the thread lets go of it a moment after the answer
    std::this_thread::yield();
}

}  // namespace
}  // namespace midimon::net
