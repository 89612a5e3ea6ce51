#include <gmock/gmock.h>

#include <map>

#include "net/client.h"
#include "net/test_support.h"

namespace midimon::net {
namespace {

using namespace testing;  // NOLINT
using midimon::testing::WebServer;
using ::testing::HasSubstr;

using Tls = Web;

TEST_F(Tls, FetchesFromAServerWhoseAuthorityIsNamed) {
  const WebServer server(www(), certificate());
  server.put("a.txt", "hello");
  const auto answer = secure_client().fetch({server.url("a.txt"), 100});
  ASSERT_TRUE(answer) << error_of(answer);
  EXPECT_EQ(answer->body, "hello");
}

TEST_F(Tls, RefusesACertificateOfAnUnknownAuthority) {
  const WebServer server(www(), certificate());
  server.put("a.txt", "hello");
  const auto answer = client_.fetch({server.url("a.txt"), 100});
  EXPECT_EQ(code_of(answer), ErrorCode::denied);
  EXPECT_THAT(error_of(answer), HasSubstr("MIDIMON_CA_FILE"));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Tls, RefusesACertificateForAnotherHost) {
  midimon::testing::make_certificate(root_ / "tls", "DNS:other.example");
  const WebServer server(www(), root_ / "tls");
  const auto answer = secure_client().fetch({server.url("a.txt"), 100});
  EXPECT_EQ(code_of(answer), ErrorCode::denied);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Tls, RefusesAServerThatSpeaksNone) {
  std::string url = server_.url("a.txt");
  url.replace(0, 4, "https");
  EXPECT_EQ(code_of(client_.fetch({url, 100})), ErrorCode::io);
}

TEST_F(Tls, RefusesARedirectToPlainHttpEvenToThisMachine) {
  const WebServer server(www(), certificate());
  server_.put("b.txt", "hello");
  server.put("a.txt", "", "status 302\nheader Location: " + server_.url("b.txt") + "\n");
  Request request{server.url("a.txt"), 100};
  request.plain_http = true;
  const auto answer = secure_client().fetch(request);
  EXPECT_EQ(code_of(answer), ErrorCode::denied);
  EXPECT_THAT(error_of(answer), HasSubstr("is not secure"));
  EXPECT_EQ(server.requests().size(), 1U);  // the two servers write one log
}

TEST_F(Tls, NeedsCertificatesInTheFileThatIsNamed) {
  ClientOptions options;
  options.ca_file = (root_ / "none.pem").string();
  EXPECT_EQ(code_of(Client::create(options)), ErrorCode::not_found);
  server_.put("text.pem", "hello");
  options.ca_file = (www() / "text.pem").string();
  EXPECT_THAT(error_of(Client::create(options)), HasSubstr("holds no certificates"));
}

TEST(ClientOptions, AreThoseThreeOfTheEnvironment) {
  const std::map<std::string, std::string> variables = {
      {"MIDIMON_CA_FILE", "/ca.pem"},        {"https_proxy", "http://proxy:1"},
      {"HTTPS_PROXY", "http://other:1"},     {"NO_PROXY", "intern.example"},
      {"http_proxy", "http://not-this-one"}, {"ALL_PROXY", "http://nor-this"}};
  const ClientOptions options = client_options([&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
  EXPECT_EQ(options.ca_file, "/ca.pem");
  EXPECT_EQ(options.proxy, "http://proxy:1");
  EXPECT_EQ(options.no_proxy, "intern.example");
}

TEST_F(Tls, GoesThroughTheProxyToOtherMachinesOnly) {
  ClientOptions options;
  options.proxy = server_.url("");
  Client client = std::move(Client::create(options).value());
  EXPECT_FALSE(client.fetch({"https://plugins.example/a", 100}));
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(server_.requests()[0], HasSubstr(R"("path": "plugins.example:443")"));
  const WebServer server(www(), certificate());
  server.put("a.txt", "hello");
  options.ca_file = (root_ / "tls/certificate.pem").string();
  client = std::move(Client::create(options).value());
  EXPECT_TRUE(client.fetch({server.url("a.txt"), 100}));
  options.no_proxy = "plugins.example";
  client = std::move(Client::create(options).value());
  EXPECT_FALSE(client.fetch({"https://plugins.example/a", 100}));
  ASSERT_EQ(server_.requests().size(), 2U);  // that to `server`, which writes the same log
}

}  // namespace
}  // namespace midimon::net
