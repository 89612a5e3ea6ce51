#include "net/exchange.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include "base/unique_fd.h"
#include "net/header.h"
#include "net/test_support.h"

namespace midimon::net {
namespace {

using midimon::testing::WebServer;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

class ExchangeTest : public testing::Web {
 protected:
  static Until soon() { return {SystemClock().monotonic() + std::chrono::seconds(20), -1, {}}; }
  static ExchangeRequest to(const std::string& url, const std::string& method = "GET") {
    return {method, Url::parse(url).value(), {}, {}, true};
  }
  // The whole body; or the error.
  static Result<std::string> body(Exchange& exchange, std::size_t piece = 7'000) {
    std::string all;
    std::string buffer(piece, ' ');
    while (true) {
      const auto count = exchange.read(buffer.data(), buffer.size(), soon());
      if (!count) return tl::unexpected(count.error());
      if (*count == 0) return all;
      all.append(buffer, 0, *count);
    }
  }
  Result<std::string> fetch(ExchangeRequest request) {
    Exchange exchange(connections_, std::move(request));
    if (auto begun = exchange.begin(soon()); !begun) return tl::unexpected(begun.error());
    return body(exchange);
  }

  net::Web web_ = net::Web::create({}).value();
  Connections connections_{web_};
};

TEST_F(ExchangeTest, HasTheHeadBeforeTheBodyIsRead) {
  server_.put("a.txt", "hello", "status 201\nheader X-Thing: one\nheader X-Thing: two\n");
  Exchange exchange(connections_, to(server_.url("a.txt")));
  ASSERT_TRUE(exchange.begin(soon()));
  EXPECT_EQ(exchange.head().status, 201);
  EXPECT_EQ(exchange.head().url, server_.url("a.txt"));
  std::vector<std::string> things;
  for (const Header& header : exchange.head().headers) {
    if (header.name == "x-thing") things.push_back(header.value);
  }
  EXPECT_THAT(things, ::testing::ElementsAre("one", "two"));
  EXPECT_EQ(body(exchange).value(), "hello");
}

TEST_F(ExchangeTest, SendsMethodBodyAndHeadersAndNothingOfTheHosts) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  server_.put("a", "ok");
  ExchangeRequest request = to(server_.url("a"), "POST");
  request.headers = {{"X-One", "1"}, {"X-Empty", ""}, {"Content-Type", "application/json"}};
  request.body = "{}";
  EXPECT_EQ(fetch(request).value(), "ok");
  ::unsetenv("http_proxy");
  const std::string line = server_.requests().at(0);
  EXPECT_THAT(line, HasSubstr(R"("method": "POST")"));
  EXPECT_THAT(line, HasSubstr(R"("body": "{}")"));
  EXPECT_THAT(line, HasSubstr(R"("x-one": "1")"));
  EXPECT_THAT(line, HasSubstr(R"("x-empty": "")"));
  EXPECT_THAT(line, HasSubstr(R"("content-type": "application/json")"));
  for (const char* name : {"cookie", "authorization", "expect", "accept-encoding", "referer"})
    EXPECT_THAT(line, Not(HasSubstr(name))) << name;
}

TEST_F(ExchangeTest, KnowsTheMethods) {
  server_.put("a", "ok");
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"})
    EXPECT_EQ(fetch(to(server_.url("a"), method)).value(), "ok") << method;
  EXPECT_EQ(fetch(to(server_.url("a"), "HEAD")).value(), "");
  EXPECT_EQ(server_.requests().size(), 7U);
  EXPECT_THAT(server_.requests().at(6), HasSubstr(R"("method": "HEAD")"));
}

TEST_F(ExchangeTest, DoesNotFollowRedirectsItself) {
  server_.put("a", "", "status 302\nheader Location: file:///etc/passwd\n");
  Exchange exchange(connections_, to(server_.url("a")));
  ASSERT_TRUE(exchange.begin(soon()));
  EXPECT_EQ(exchange.head().status, 302);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ExchangeTest, AnAddressThatIsNotPublicIsRefusedBeforeAnythingIsSent) {
  server_.put("a", "ok");
  ExchangeRequest request = to(server_.url("a"));
  request.any_address = false;
  EXPECT_EQ(fetch(request).error().code, ErrorCode::denied);
  EXPECT_TRUE(server_.requests().empty());
}

// Also where the connection is there already.
TEST_F(ExchangeTest, AConnectionMadeByAGrantDoesNotServeWithoutIt) {
  server_.put("a", "ok");
  EXPECT_EQ(fetch(to(server_.url("a"))).value(), "ok");
  ExchangeRequest request = to(server_.url("a"));
  request.any_address = false;
  EXPECT_EQ(fetch(request).error().code, ErrorCode::denied);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(ExchangeTest, ABodyNobodyReadsWaitsAtTheServer) {
  server_.put("big", std::string(3'000'000, 'x'));
  server_.put("small", "ok");
  Exchange big(connections_, to(server_.url("big")));
  ASSERT_TRUE(big.begin(soon()));
  EXPECT_EQ(fetch(to(server_.url("small"))).value(), "ok");  // beside it, meanwhile
  EXPECT_EQ(body(big).value(), std::string(3'000'000, 'x'));
}

TEST_F(ExchangeTest, EndlessBodiesAndHeadsAreCutOff) {
  server_.put("endless", std::string(100'000, 'x'), "endless\nno-length\n");
  EXPECT_EQ(fetch(to(server_.url("endless"))).error().code, ErrorCode::limit);
  server_.put("heads", "x", "endless-headers\n");
  EXPECT_EQ(fetch(to(server_.url("heads"))).error().code, ErrorCode::limit);
}

// Empty pieces of it, compressed four times over, would keep the machine busy and give no byte that
// could be counted.
TEST_F(ExchangeTest, ABodyThatIsCompressedOnTheWayIsNotUndone) {
  for (const char* coding :
       {"gzip", "deflate", "gzip, gzip, gzip, chunked", "GZIP", "chunked, gzip", "br", "x-gzip"}) {
    server_.put("bomb", "\x1f\x8b",
                std::string("header Transfer-Encoding: ") + coding + "\nno-length\n");
    const auto answer = fetch(to(server_.url("bomb")));
    ASSERT_FALSE(answer) << coding;
    EXPECT_THAT(answer.error().message, HasSubstr("coding")) << coding;
  }
}

TEST_F(ExchangeTest, ABodyThatBreaksOffIsAnError) {
  server_.put("cut", std::string(1'000, 'x'), "length 1000\ncut 500\n");
  const auto answer = fetch(to(server_.url("cut")));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::io);
}

TEST_F(ExchangeTest, EndsAtItsDeadlineAndWhenItIsCalledBack) {
  server_.put("drip", std::string(1'000, 'x'), "drip 0.2\n");
  Exchange late(connections_, to(server_.url("drip")));
  ASSERT_TRUE(late.begin(soon()));
  std::string buffer(1'000, ' ');
  const Until now{SystemClock().monotonic() + std::chrono::milliseconds(100), -1, {}};
  Result<std::size_t> count = 1;
  while (count)
    count = late.read(buffer.data(), buffer.size(), now);
  EXPECT_THAT(count.error().message, HasSubstr("in time"));

  Exchange cancelled(connections_, to(server_.url("drip")));
  const UniqueFd event(::eventfd(1, EFD_CLOEXEC));
  const auto begun = cancelled.begin({Nanos::max(), event.get(), [] { return true; }});
  EXPECT_THAT(error_of(begun), HasSubstr("cancelled"));
}

TEST_F(ExchangeTest, ConnectionsServeTheNextRequest) {
  server_.put("a", "ok");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(fetch(to(server_.url("a"))).value(), "ok");
  Connections others(web_);
  Exchange other(others, to(server_.url("a")));
  ASSERT_TRUE(other.begin(soon()));
  const auto client = [&](std::size_t i) {
    const std::string line = server_.requests().at(i);
    return line.substr(line.find("\"client\""), 18);
  };
  EXPECT_EQ(client(0), client(1));
  EXPECT_EQ(client(0), client(2));
  EXPECT_NE(client(0), client(3));
}

TEST_F(ExchangeTest, SpeaksTlsAndRefusesCertificatesThatDoNotHold) {
  const WebServer server(www(), certificate());
  server.put("a", "secure");
  EXPECT_THAT(fetch(to(server.url("a"))).error().message, HasSubstr("certificate does not hold"));
  EXPECT_TRUE(server.requests().empty());
  net::Web web = net::Web::create({(root_ / "tls/certificate.pem").string()}).value();
  Connections connections(web);
  Exchange exchange(connections, to(server.url("a")));
  ASSERT_TRUE(exchange.begin(soon()));
  EXPECT_EQ(body(exchange).value(), "secure");
}

TEST_F(ExchangeTest, SpeaksHttp2WithServersThatDo) {
  server_.put("big", std::string(1'000'000, 'x'));
  server_.put("small", "hello");
  std::vector<std::string> arguments = midimon::testing::certificate_files(certificate());
  arguments.insert(arguments.begin(), www().string());
  const midimon::testing::PythonServer server("h2_server.py", arguments);
  const std::string url = "https://127.0.0.1:" + server.port() + "/";
  net::Web web = net::Web::create({(root_ / "tls/certificate.pem").string()}).value();
  Connections connections(web);
  Exchange big(connections, to(url + "big"));
  ASSERT_TRUE(big.begin(soon()));
  Exchange small(connections, to(url + "small"));
  const auto begun = small.begin(soon());
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(small.head().status, 200);
  EXPECT_EQ(body(small).value(), "hello");
  EXPECT_EQ(body(big).value(), std::string(1'000'000, 'x'));
}

// The C library makes 127.0.0.1 of all of these; a URL with them must not become one that we reach.
TEST_F(ExchangeTest, OtherSpellingsOfThisMachineAreNotReached) {
  server_.put("a", "ok");
  for (const char* host : {"2130706433", "0177.0.0.1", "0x7f.1", "127.1", "[::ffff:127.0.0.1]",
                           "localhost", "localhost.", "[::ffff:7f00:1]", "0"}) {
    const auto url = Url::parse("http://" + std::string(host) + ":" + server_.port() + "/a");
    if (!url) continue;
    const auto answer = fetch({"GET", *url, {}, {}, false});
    ASSERT_FALSE(answer) << host;
    EXPECT_NE(answer.error().code, ErrorCode::internal) << host;
  }
  EXPECT_TRUE(server_.requests().empty());
}

TEST(Header, RefusesLineBreaksAndWhatBelongsToTheConnection) {
  for (const Header& header : {Header{"X", "a\r\nHost: evil"},
                               Header{"X", "a\nb"},
                               Header{"X", std::string("a\0b", 3)},
                               Header{"X\r\nY", "1"},
                               Header{"X:", "1"},
                               Header{"", "1"},
                               Header{" X", "1"},
                               Header{"X Y", "1"},
                               Header{"X", "\xC3\xA4"},
                               Header{"Host", "evil"},
                               Header{"hOsT", "evil"},
                               Header{"Content-Length", "0"},
                               Header{"Transfer-Encoding", "chunked"},
                               Header{"Connection", "close"},
                               Header{"Upgrade", "h2c"},
                               Header{"Proxy-Authorization", "x"},
                               Header{"Sec-WebSocket-Key", "x"},
                               Header{"Expect", "100-continue"},
                               Header{"TE", "x"},
                               Header{"X", std::string(kMaxHeaderValue + 1, 'x')}}) {
    EXPECT_FALSE(check_header(header)) << header.name;
  }
  for (const Header& header : {Header{"X", "1"}, Header{"x-a_b.c", ""}, Header{"Cookie", "a=b"},
                               Header{"Authorization", "Bearer a b"}, Header{"Accept", "*/*"}}) {
    EXPECT_TRUE(check_header(header)) << header.name;
  }
}

TEST(Header, TheSentenceDoesNotShowTheValue) {
  EXPECT_THAT(check_header({"X", "secret\n"}).error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace midimon::net
