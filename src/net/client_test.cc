#include "net/client.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "base/unique_fd.h"
#include "net/test_support.h"

namespace midimon::net {
namespace {

using namespace testing;  // NOLINT
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Fetch = Web;

// A port on which nobody listens.
std::string free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return std::to_string(ntohs(address.sin_port));
}

TEST_F(Fetch, AnswersWithStatusHeadersAndBody) {
  server_.put("a.txt", "hello", "header Docker-Content-Digest: sha256:00\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->url, server_.url("a.txt"));
  EXPECT_EQ(answer->header("docker-content-digest"), "sha256:00");
  EXPECT_EQ(answer->header("www-authenticate"), std::nullopt);
  EXPECT_TRUE(check_status(*answer));
}

TEST_F(Fetch, AnswersToHeadWithHeadersOnly) {
  server_.put("a.txt", "hello");
  const auto answer = client_.fetch({server_.url("a.txt"), 1, Method::head});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->header("content-length"), "5");
  EXPECT_EQ(answer->body, "");
}

TEST_F(Fetch, AnswersWithWhateverStatusAndSaysWhatItMeans) {
  server_.put("a.txt", "no", "status 401\nheader WWW-Authenticate: Bearer realm=\"x\"\n");
  auto answer = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->header("www-authenticate"), "Bearer realm=\"x\"");
  EXPECT_EQ(answer->body, "no");
  EXPECT_EQ(code_of(check_status(*answer)), ErrorCode::denied);
  answer = client_.fetch({server_.url("missing"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(code_of(check_status(*answer)), ErrorCode::not_found);
  EXPECT_THAT(error_of(check_status(*answer)), HasSubstr("Check the URL."));
  server_.behave("a.txt", "status 500\n");
  answer = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_THAT(error_of(check_status(*answer)), HasSubstr("status 500"));
}

TEST_F(Fetch, ReadsOnlyTheBeginningOfAnEndlessErrorPage) {
  server_.put("a.txt", std::string(1000, 'x'), "status 500\nno-length\nendless\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 1UL << 30});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_LE(answer->body.size(), 64UL * 1024);
}

TEST_F(Fetch, SendsNoMoreThanItIsAskedTo) {
  server_.put("a.txt", "hello");
  ASSERT_TRUE(client_.fetch({server_.url("a.txt"), 100, Method::get, {{"Accept", "text/plain"}}}));
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0],
              AllOf(HasSubstr(R"("accept": "text/plain")"), HasSubstr(R"("user-agent": "midimon")"),
                    Not(HasSubstr("encoding")), Not(HasSubstr("cookie"))));
}

TEST_F(Fetch, RefusesHeadersThatWouldBeTwo) {
  server_.put("a.txt", "hello");
  for (const Header& header : {Header{"A", "b\r\nC: d"}, Header{"A: b\r\nC", "d"}, Header{"A", ""},
                               Header{"", "b"}, Header{"A;", "b"}}) {
    const auto answer = client_.fetch({server_.url("a.txt"), 100, Method::get, {header}});
    EXPECT_EQ(code_of(answer), ErrorCode::invalid) << header.name;
  }
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Fetch, RefusesAnAnswerThatSaysItIsTooLarge) {
  server_.put("a.txt", "hello", "length 1000000\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  EXPECT_EQ(code_of(answer), ErrorCode::limit);
  EXPECT_THAT(error_of(answer), HasSubstr("a.txt is larger than 100B"));
}

TEST_F(Fetch, RefusesAnAnswerThatDoesNotSayHowLargeItIs) {
  server_.put("a.txt", "hello");
  for (const char* how : {"no-length\nendless\n", "chunked\nendless\n"}) {
    server_.behave("a.txt", how);
    const auto answer = client_.fetch({server_.url("a.txt"), 1000});
    EXPECT_EQ(code_of(answer), ErrorCode::limit) << how;
  }
}

TEST_F(Fetch, TakesExactlyTheMostThatIsAllowed) {
  server_.put("a.txt", "hello", "chunked\n");
  EXPECT_TRUE(client_.fetch({server_.url("a.txt"), 5}));
  EXPECT_EQ(code_of(client_.fetch({server_.url("a.txt"), 4})), ErrorCode::limit);
}

TEST_F(Fetch, DoesNotBelieveALengthThatIsTooSmallOrTooLarge) {
  server_.put("a.txt", "hello", "length 4\n");
  const auto less = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(less) << error_of(less);  // the rest belongs to no answer
  EXPECT_EQ(less->body, "hell");
  server_.behave("a.txt", "length 6\n");
  EXPECT_EQ(code_of(client_.fetch({server_.url("a.txt"), 100})), ErrorCode::io);
}

TEST_F(Fetch, RefusesEndlessHeaders) {
  server_.put("a.txt", "hello", "endless-headers\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  EXPECT_EQ(code_of(answer), ErrorCode::limit);
  EXPECT_THAT(error_of(answer), HasSubstr("64KiB of headers"));
}

TEST_F(Fetch, LeavesABodyCompressedThatItDidNotAskFor) {
  const std::string gzip = "\x1f\x8b and so on";
  server_.put("a.txt", gzip, "header Content-Encoding: gzip\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, gzip);
}

TEST_F(Fetch, RefusesWhatAServerCompressesOnTheWay) {
  const std::string command =
      "head -c 50000000 /dev/zero | gzip > '" + (www() / "bomb").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  server_.behave("bomb", "no-length\nheader Transfer-Encoding: gzip\n");
  const auto answer = client_.fetch({server_.url("bomb"), 1000000});
  EXPECT_EQ(code_of(answer), ErrorCode::io);
  EXPECT_THAT(error_of(answer), HasSubstr("a coding that nobody asked for"));
}

TEST_F(Fetch, FollowsRedirectsToTheirEnd) {
  server_.put("a.txt", "hello");
  for (int i = 0; i < 5; ++i) {
    server_.put("r" + std::to_string(i), "",
                "status 302\nheader Location: " +
                    (i == 0 ? server_.url("a.txt") : "/r" + std::to_string(i - 1)) + "\n");
  }
  const auto answer = client_.fetch({server_.url("r4"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->url, server_.url("a.txt"));
  EXPECT_EQ(answer->header("location"), std::nullopt);
}

TEST_F(Fetch, GivesUpOnARedirectLoop) {
  server_.put("a.txt", "", "status 301\nheader Location: /a.txt\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  EXPECT_EQ(code_of(answer), ErrorCode::limit);
  EXPECT_THAT(error_of(answer), HasSubstr("redirects more than 5 times"));
  EXPECT_EQ(server_.requests().size(), 6U);
}

TEST_F(Fetch, DoesNotReadTheBodyOfARedirect) {
  server_.put("b.txt", "there");
  server_.put("a.txt", "here", "status 307\nno-length\nendless\nheader Location: b.txt\n");
  const auto answer = client_.fetch({server_.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, "there");
}

TEST_F(Fetch, RefusesRedirectsToWhatIsNotTheWebOrNotSafe) {
  for (const char* to : {"file:///etc/passwd", "ftp://127.0.0.1/", "http://192.0.2.1/x"}) {
    server_.put("a.txt", "", "status 302\nheader Location: " + std::string(to) + "\n");
    const auto answer = client_.fetch({server_.url("a.txt"), 100});
    EXPECT_FALSE(answer) << to;
    EXPECT_NE(code_of(answer), ErrorCode::io) << to << error_of(answer);
  }
}

TEST_F(Fetch, KeepsAuthorizationToTheOriginItIsMeantFor) {
  std::filesystem::create_directory(root_ / "other");
  const midimon::testing::WebServer other(root_ / "other");
  other.put("a.txt", "hello");
  server_.put("here", "", "status 302\nheader Location: /there\n");
  server_.put("there", "", "status 302\nheader Location: " + other.url("a.txt") + "\n");
  const auto answer = client_.fetch({server_.url("here"),
                                     100,
                                     Method::get,
                                     {{"AUTHORIZATION", "Bearer secret"}, {"Accept", "a/b"}}});
  ASSERT_TRUE(answer) << error_of(answer);
  ASSERT_EQ(server_.requests().size(), 2U);
  EXPECT_THAT(server_.requests()[1], HasSubstr("Bearer secret"));
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_THAT(other.requests()[0], AllOf(HasSubstr("a/b"), Not(HasSubstr("secret"))));
}

TEST_F(Fetch, RefusesPlainHttpToOtherMachinesUnlessAsked) {
  const auto refused = client_.fetch({"http://192.0.2.1/a", 100});
  EXPECT_EQ(code_of(refused), ErrorCode::denied);
  EXPECT_THAT(error_of(refused), HasSubstr("Use https://."));
  Request request{"http://192.0.2.1/a", 100};
  request.plain_http = true;
  request.timeout = std::chrono::milliseconds(50);
  EXPECT_EQ(code_of(client_.fetch(request)), ErrorCode::io);  // it was tried
}

TEST_F(Fetch, EndsAtItsDeadlineHoweverTheServerDrips) {
  server_.put("a.txt", std::string(1000, 'x'), "drip 0.05\n");
  Request request{server_.url("a.txt"), 10000};
  request.timeout = std::chrono::milliseconds(300);
  const auto answer = client_.fetch(request);
  EXPECT_EQ(code_of(answer), ErrorCode::io);
  EXPECT_THAT(error_of(answer), HasSubstr("took longer than 300ms"));
}

TEST_F(Fetch, CountsRedirectsToTheDeadline) {
  server_.put("a.txt", "", "drip 0\nstatus 302\nheader Location: /b.txt\n");
  server_.put("b.txt", std::string(1000, 'x'), "drip 0.05\n");
  Request request{server_.url("a.txt"), 10000};
  request.timeout = std::chrono::milliseconds(300);
  EXPECT_THAT(error_of(client_.fetch(request)), HasSubstr("took longer than 300ms"));
}

TEST_F(Fetch, GivesUpOnAServerThatIsTooSlow) {
  ClientOptions options;
  options.stall_timeout = std::chrono::seconds(1);
  Client client = std::move(Client::create(std::move(options)).value());
  server_.put("a.txt", std::string(1000, 'x'), "drip 0.05\n");
  const auto answer = client.fetch({server_.url("a.txt"), 10000});
  EXPECT_EQ(code_of(answer), ErrorCode::io);
  EXPECT_THAT(error_of(answer), HasSubstr("too slowly"));
}

TEST_F(Fetch, EndsWhenItIsCancelled) {
  std::atomic<bool> cancel{false};
  ClientOptions options;
  options.cancel = &cancel;
  Client client = std::move(Client::create(std::move(options)).value());
  server_.put("a.txt", std::string(1000, 'x'), "drip 0.05\n");
  std::thread soon([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    cancel = true;
  });
  const auto answer = client.fetch({server_.url("a.txt"), 10000});
  soon.join();
  EXPECT_THAT(error_of(answer), HasSubstr("a.txt was interrupted."));
  EXPECT_TRUE(client.cancelled());
}

TEST_F(Fetch, TellsItsProgress) {
  server_.put("a.txt", std::string(300000, 'x'));
  std::uint64_t last = 0;
  Request request{server_.url("a.txt"), 1000000};
  request.progress = [&](std::uint64_t received, std::uint64_t total) {
    EXPECT_GT(received, last);
    EXPECT_EQ(total, 300000U);
    last = received;
  };
  ASSERT_TRUE(client_.fetch(request));
  EXPECT_EQ(last, 300000U);
}

TEST_F(Fetch, SaysThatNobodyAnswers) {
  const auto answer = client_.fetch({"http://127.0.0.1:" + free_port() + "/a", 100});
  EXPECT_EQ(code_of(answer), ErrorCode::io);
  EXPECT_THAT(error_of(answer), HasSubstr("cannot be reached"));
}

}  // namespace
}  // namespace midimon::net
