#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "hostapi/connection_pool.h"
#include "hostapi/test_support.h"
#include "net/web.h"
#include "tests/web_server.h"

namespace midimon::hostapi {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Http : public ::testing::Test {
 protected:
  ~Http() override { std::filesystem::remove_all(www_); }

  static std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-http-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  [[nodiscard]] Guest guest(const std::vector<std::string>& hosts) {
    return {granted(CapabilityKind::network, hosts), services(&web_, &secrets_)};
  }
  // One that may talk to the server.
  [[nodiscard]] Guest guest() { return guest({origin()}); }
  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + server_.port(); }

  static net::WebOptions all_names_lead_here() {
    net::WebOptions options;
    options.resolve = [](const std::string&, std::uint16_t port) {
      return Result<std::vector<net::Address>>({net::parse_address("127.0.0.1", port).value()});
    };
    return options;
  }
  struct Asked {
    Answer answer;
    std::uint32_t handle;
  };
  static Asked ask(Guest& guest, const nlohmann::json& request, const std::string& body = "") {
    const auto json = guest.put(request.dump());
    const auto bytes = guest.put(body);
    const std::uint32_t handle = guest.slot();
    const Answer answer = guest.call(
        "http_request", {json.address, json.length, bytes.address, bytes.length, handle});
    return {answer, guest.number(handle)};
  }
  static Answer get(Guest& guest, const std::string& url) {
    return ask(guest, {{"url", url}}).answer;
  }
  static nlohmann::json head(Guest& guest, std::uint32_t handle) {
    return nlohmann::json::parse(guest.read("http_head", {handle}).second);
  }
  static std::string body(Guest& guest, std::uint32_t handle) {
    std::string all;
    while (true) {
      const auto [answer, piece] = guest.read("http_read", {handle});
      EXPECT_EQ(answer, Answer::ok) << guest.last_error();
      if (answer != Answer::ok || piece.empty()) return all;
      all += piece;
    }
  }
  // How many requests came to the server.
  [[nodiscard]] std::size_t seen() const { return server_.requests().size(); }

  std::filesystem::path www_ = make_directory();
  midimon::testing::WebServer server_{www_};
  net::Web web_ = net::Web::create({}).value();
  MapSecrets secrets_;
  net::Web near_ = net::Web::create(all_names_lead_here()).value();
};

TEST_F(Http, AsksAndReadsHeadAndBody) {
  server_.put("a", "hello", "header X-Thing: 1\n");
  Guest it = guest();
  const Asked asked = ask(it, {{"url", server_.url("a")}});
  ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
  EXPECT_EQ(head(it, asked.handle)["status"], 200);
  EXPECT_EQ(head(it, asked.handle)["url"], server_.url("a"));
  EXPECT_THAT(head(it, asked.handle)["headers"].dump(), HasSubstr(R"(["x-thing","1"])"));
  EXPECT_EQ(body(it, asked.handle), "hello");
  EXPECT_EQ(it.call("http_close", {asked.handle}), Answer::ok);
  EXPECT_EQ(it.call("http_close", {asked.handle}), Answer::not_found);
  EXPECT_EQ(it.read("http_head", {asked.handle}).first, Answer::not_found);
  EXPECT_EQ(it.read("http_read", {asked.handle}).first, Answer::not_found);
}

TEST_F(Http, WithoutAGrantNothingIsSentAndItIsKnown) {
  Guest it = guest({"https://api.example.org"});
  EXPECT_EQ(get(it, server_.url("a")), Answer::not_granted);
  EXPECT_EQ(it.last_error(), "The plugin was not granted network:" + origin() + ".");
  EXPECT_THAT(it.sink.events, ElementsAre("deny network:" + origin()));
  EXPECT_EQ(seen(), 0U);
}

TEST_F(Http, AnotherPortOrSchemeIsAnotherPlace) {
  Guest it =
      guest({"http://127.0.0.1:1", "https://127.0.0.1:" + server_.port(), "http://localhost"});
  EXPECT_EQ(get(it, server_.url("a")), Answer::not_granted);
  EXPECT_EQ(seen(), 0U);
}

// A grant of everything is one of the internet, and not of what listens on this machine.
TEST_F(Http, AWholeGrantDoesNotOpenThisMachine) {
  Guest it = guest({});
  EXPECT_EQ(get(it, server_.url("a")), Answer::not_granted);
  EXPECT_THAT(it.last_error(), HasSubstr("this machine"));
  EXPECT_THAT(it.sink.events, ElementsAre("deny network:" + origin()));
  EXPECT_EQ(get(it, "http://localhost:" + server_.port() + "/a"), Answer::not_granted);
  EXPECT_EQ(get(it, "http://[::1]:" + server_.port() + "/a"), Answer::not_granted);
  EXPECT_EQ(seen(), 0U);
}

TEST_F(Http, DecimalOctalHexShortMappedAndDottedSpellingsOfThisMachineAreRefused) {
  Guest it = guest({});
  for (const char* host : {"2130706433",
                           "0177.0.0.1",
                           "0x7f.0.0.1",
                           "0x7f000001",
                           "127.1",
                           "127.0.1",
                           "0",
                           "[::ffff:127.0.0.1]",
                           "[::ffff:7f00:1]",
                           "[::127.0.0.1]",
                           "[64:ff9b::127.0.0.1]",
                           "[2002:7f00:1::]",
                           "localhost.",
                           "127.0.0.1.",
                           "LOCALHOST",
                           "%6cocalhost",
                           "127.0.0.1%2f",
                           "[::1%25lo]",
                           "0x7f.1",
                           "017700000001",
                           "127.0.0.1\\@example.org"}) {
    const Answer answer = get(it, "http://" + std::string(host) + ":" + server_.port() + "/a");
    EXPECT_TRUE(answer == Answer::invalid || answer == Answer::not_granted)
        << host << " " << static_cast<int>(answer) << it.last_error();
  }
  EXPECT_EQ(seen(), 0U);
}

TEST_F(Http, MetadataAndPrivateAddressesAreRefused) {
  Guest it = guest({});
  for (const char* host : {"169.254.169.254", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1",
                           "0.0.0.0", "[fd00:ec2::254]", "[fe80::1]", "224.0.0.1"}) {
    EXPECT_EQ(get(it, "http://" + std::string(host) + "/latest/meta-data/"), Answer::not_granted)
        << host;
  }
}

TEST_F(Http, UserInfoInternationalNamesAndOtherSchemesAreRefused) {
  Guest it = guest({});
  for (const std::string& url :
       {std::string("http://a:b@example.org/"), std::string("http://example.org@127.0.0.1/"),
        std::string("http://\xC3\xA4.example/"), std::string("file:///etc/passwd"),
        std::string("gopher://127.0.0.1:70/x"), std::string("ftp://example.org/"),
        std::string("dict://127.0.0.1/"), std::string("ws://127.0.0.1/"), std::string("//a"),
        std::string("http://a.example/\r\nX: 1"), std::string("")}) {
    EXPECT_EQ(get(it, url), Answer::invalid) << url;
    EXPECT_NE(it.last_error(), "") << url;
  }
}

// DNS rebinding: a public address for the check, this machine for the connection.
TEST_F(Http, RebindingGainsNothing) {
  int asked = 0;
  std::vector<std::string> connected;
  net::WebOptions options;
  options.resolve = [&](const std::string&, std::uint16_t port) {
    ++asked;
    const char* const address = asked == 1 ? "8.8.8.8" : "127.0.0.1";
    return Result<std::vector<net::Address>>({net::parse_address(address, port).value()});
  };
  options.may_connect = [&](const net::Address& address) {
    connected.push_back(net::to_string(address));
    return false;  // it would be somebody's
  };
  net::Web web = net::Web::create(std::move(options)).value();
  Guest it({granted(CapabilityKind::network, {})}, services(&web));
  const std::string url = "http://rebind.example:" + server_.port() + "/a";
  EXPECT_EQ(get(it, url), Answer::failed);
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(connected, ElementsAre("8.8.8.8"));
  EXPECT_EQ(get(it, url), Answer::not_granted);
  EXPECT_THAT(connected, ElementsAre("8.8.8.8"));
  EXPECT_EQ(seen(), 0U);
}

// What a plugin asks for by name is no word of its user's.
TEST_F(Http, AskingForOneHostByNameOpensNoPrivateAddress) {
  server_.put("a", "secret");
  grants::Permissions whole;
  whole.add_everything(CapabilityKind::network);
  Guest it(whole, granted(CapabilityKind::network, {origin()}), services(&web_));
  EXPECT_EQ(get(it, server_.url("a")), Answer::not_granted);
  Guest wide(granted(CapabilityKind::network, {"http://*.evil.lan:*"}),
             granted(CapabilityKind::network, {"http://a.evil.lan:*"}), services(&near_));
  EXPECT_EQ(get(wide, "http://a.evil.lan:" + server_.port() + "/a"), Answer::not_granted);
  EXPECT_EQ(seen(), 0U);
}

// Whoever owns a name that a user granted may have it lead to the user's own network.
TEST_F(Http, AGrantedPublicNameLeadsToNoPrivateAddressAndAGrantedNearOneDoes) {
  server_.put("a", "near");
  for (const char* host :
       {"evil.example", "a.b.evil.example", "xn--lan-a.example", "lan.example"}) {
    const std::string there = "http://" + std::string(host) + ":" + server_.port();
    Guest it(granted(CapabilityKind::network, {there}), services(&near_));
    EXPECT_EQ(get(it, there + "/a"), Answer::not_granted) << host;
    EXPECT_THAT(it.last_error(), HasSubstr("leads to 127.0.0.1"));
  }
  EXPECT_EQ(seen(), 0U);
  for (const char* host : {"nas", "nas.lan", "nas.local", "a.home.arpa", "nas.internal"}) {
    const std::string there = "http://" + std::string(host) + ":" + server_.port();
    Guest it(granted(CapabilityKind::network, {there}), services(&near_));
    EXPECT_EQ(get(it, there + "/a"), Answer::ok) << host << it.last_error();
  }
}

TEST_F(Http, ARedirectIsAskedOfTheGrantAgain) {
  server_.put("b", "hello");
  server_.put("here", "", "status 302\nheader Location: /b\n");
  Guest it = guest();
  const Asked asked = ask(it, {{"url", server_.url("here")}});
  ASSERT_EQ(asked.answer, Answer::ok);
  EXPECT_EQ(head(it, asked.handle)["url"], server_.url("b"));
  EXPECT_EQ(body(it, asked.handle), "hello");
  server_.put("there", "", "status 302\nheader Location: https://evil.example/\n");
  EXPECT_EQ(get(it, server_.url("there")), Answer::not_granted);
  EXPECT_THAT(it.last_error(), HasSubstr("https://evil.example"));
  EXPECT_THAT(it.sink.events, ElementsAre("deny network:https://evil.example"));
}

TEST_F(Http, ARedirectToAFileAGopherOrAPrivateAddressIsRefused) {
  Guest it(granted(CapabilityKind::network, {origin(), "http://*.example.org:*"}), services(&web_));
  for (const char* place :
       {"file:///etc/passwd", "gopher://127.0.0.1:70/_x", "dict://127.0.0.1:11211/stat",
        "http://user:pw@127.0.0.1/", "http://169.254.169.254/latest/", "http://127.0.0.1:1/",
        "http://[::1]/", "http://2130706433/", "//10.0.0.1/", "scp://127.0.0.1/etc/passwd"}) {
    server_.put("r", "", std::string("status 302\nheader Location: ") + place + "\n");
    const Answer answer = get(it, server_.url("r"));
    EXPECT_TRUE(answer == Answer::failed || answer == Answer::not_granted ||
                answer == Answer::invalid)
        << place << " " << static_cast<int>(answer);
  }
  for (const std::string& line : server_.requests())
    EXPECT_THAT(line, HasSubstr(R"("path": "/r")"));
}

TEST_F(Http, RedirectsAreCountedAndCanBeLeftToThePlugin) {
  server_.put("loop", "", "status 302\nheader Location: /loop\n");
  Guest it = guest();
  EXPECT_EQ(get(it, server_.url("loop")), Answer::failed);
  EXPECT_THAT(it.last_error(), HasSubstr("redirects again and again"));
  EXPECT_EQ(seen(), 6U);
  const Asked asked = ask(it, {{"url", server_.url("loop")}, {"max_redirects", 0}});
  ASSERT_EQ(asked.answer, Answer::ok);
  EXPECT_EQ(head(it, asked.handle)["status"], 302);
}

TEST_F(Http, MethodsChangeWithRedirectsAsInBrowsers) {
  server_.put("to", "ok");
  Guest it = guest();
  struct Case {
    const char* method;
    int status;
    const char* then;
  };
  for (const Case& one :
       {Case{"POST", 301, "GET"}, Case{"POST", 302, "GET"}, Case{"PUT", 302, "PUT"},
        Case{"PUT", 303, "GET"}, Case{"POST", 307, "POST"}, Case{"POST", 308, "POST"},
        Case{"DELETE", 303, "GET"}}) {
    server_.put("r", "", "status " + std::to_string(one.status) + "\nheader Location: /to\n");
    const Asked asked = ask(it,
                            {{"url", server_.url("r")},
                             {"method", one.method},
                             {"headers", {{"Content-Type", "text/x"}}}},
                            "data");
    ASSERT_EQ(asked.answer, Answer::ok);
    it.call("http_close", {asked.handle});
    const auto last = nlohmann::json::parse(server_.requests().back());
    EXPECT_EQ(last["method"], one.then) << one.method << one.status;
    EXPECT_EQ(last.contains("body"), std::string(one.then) != "GET") << one.method << one.status;
    EXPECT_EQ(last["headers"].contains("content-type"), std::string(one.then) != "GET");
  }
}

TEST_F(Http, CredentialsAndSecretsNeverCrossAnOrigin) {
  secrets_.secrets["guest/TOKEN"] = "s3cr3t";
  server_.put("to", "ok");
  const midimon::testing::WebServer other(www_);  // another port is another origin
  server_.put("same", "", "status 307\nheader Location: /to\n");
  server_.put("cross", "", "status 307\nheader Location: " + other.url("to") + "\n");
  Guest it = guest({origin(), "http://127.0.0.1:" + other.port()});
  const nlohmann::json headers = {
      {"Authorization", "Basic x"}, {"cookie", "a=b"}, {"X-Other", "stays"}};
  for (const char* name : {"same", "cross"}) {
    const Asked asked = ask(it, {{"url", server_.url(name)},
                                 {"headers", headers},
                                 {"secret_headers", {{"X-Key", "Bearer {{TOKEN}}"}}}});
    ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
    const std::string last = server_.requests().back();
    EXPECT_THAT(last, HasSubstr("stays"));
    const bool kept = std::string(name) == "same";
    EXPECT_EQ(last.find("Bearer s3cr3t") != std::string::npos, kept) << last;
    EXPECT_EQ(last.find("authorization") != std::string::npos, kept) << last;
    EXPECT_EQ(last.find("cookie") != std::string::npos, kept) << last;
  }
}

TEST_F(Http, ASecretForOneHostIsNotSentToAnother) {
  secrets_.secrets["guest/TOKEN"] = "s3cr3t";
  secrets_.only_to = *grants::parse_host_rule(origin());
  server_.put("a", "ok");
  const midimon::testing::WebServer other(www_);
  Guest it = guest({origin(), "http://127.0.0.1:" + other.port()});
  const auto to = [&](const std::string& url) {
    return ask(it, {{"url", url}, {"secret_headers", {{"X-Key", "Bearer {{TOKEN}}"}}}}).answer;
  };
  EXPECT_EQ(to(server_.url("a")), Answer::ok) << it.last_error();
  EXPECT_THAT(server_.requests().back(), HasSubstr("Bearer s3cr3t"));
  EXPECT_EQ(to(other.url("a")), Answer::not_granted);
  EXPECT_THAT(it.last_error(), HasSubstr("TOKEN is for " + origin() + " only"));
  EXPECT_THAT(it.last_error(), Not(HasSubstr("s3cr3t")));
  EXPECT_EQ(seen(), 1U);
}

TEST_F(Http, SecretsAreLookedUpOnceAndWithinTheCallsTime) {
  secrets_.secrets["guest/A"] = std::string(100, 'a');
  server_.put("a", "ok");
  Guest it = guest();
  const auto with = [&](const std::string& value) {
    return ask(it,
               {{"url", server_.url("a")}, {"secret_headers", {{"X-Key", value}, {"Y", value}}}})
        .answer;
  };
  std::string many;
  for (int i = 0; i < 50; ++i)
    many += "{{A}}";
  EXPECT_EQ(with(many), Answer::ok) << it.last_error();
  EXPECT_EQ(secrets_.used, 1);
  EXPECT_EQ(with(many + many), Answer::invalid) << "more than 8 KiB";
  std::string other;
  for (int i = 0; i < 17; ++i) {
    secrets_.secrets["guest/B" + std::to_string(i)] = "b";
    other += "{{B" + std::to_string(i) + "}}";
  }
  EXPECT_EQ(with(other), Answer::invalid) << "more than 16 of them";
  secrets_.hangs = true;
  it.call_time = std::chrono::milliseconds(100);
  with("{{A}}");
  EXPECT_TRUE(it.over);
}

TEST_F(Http, ASecretThatIsNotThereOrCannotBeSentIsNotShown) {
  secrets_.secrets["guest/BAD"] = "top\r\nX: secret";
  secrets_.secrets["other/TOKEN"] = "not yours";
  server_.put("a", "ok");
  Guest it = guest();
  const auto with = [&](const char* value) {
    return ask(it, {{"url", server_.url("a")}, {"secret_headers", {{"X-Key", value}}}}).answer;
  };
  EXPECT_EQ(with("{{TOKEN}}"), Answer::not_found);
  EXPECT_EQ(with("{{BAD}}"), Answer::invalid);
  EXPECT_THAT(it.last_error(), Not(HasSubstr("secret")));
  EXPECT_EQ(with("{{BAD"), Answer::invalid);
  EXPECT_EQ(seen(), 0U);
  Guest bare(granted(CapabilityKind::network, {origin()}), services(&web_));
  EXPECT_EQ(ask(bare, {{"url", server_.url("a")}, {"secret_headers", {{"X", "{{A}}"}}}}).answer,
            Answer::unavailable);
}

TEST_F(Http, HeadersCannotSmuggleARequestOrNameAnotherHost) {
  server_.put("a", "ok");
  Guest it = guest();
  for (const auto& headers :
       {nlohmann::json{{"X", "a\r\nHost: evil"}}, nlohmann::json{{"X", "a\n"}},
        nlohmann::json{{"X\r\nY", "a"}}, nlohmann::json{{"Host", "evil"}},
        nlohmann::json{{"Content-Length", "5"}}, nlohmann::json{{"Transfer-Encoding", "chunked"}},
        nlohmann::json{{"Connection", "keep-alive"}}, nlohmann::json{{"X", 1}},
        nlohmann::json::array()}) {
    EXPECT_EQ(ask(it, {{"url", server_.url("a")}, {"headers", headers}}).answer, Answer::invalid)
        << headers;
  }
  for (const char* method : {"CONNECT", "TRACE", "get", "GET / HTTP/1.1\r\n", "", "G T"}) {
    EXPECT_EQ(ask(it, {{"url", server_.url("a")}, {"method", method}}).answer, Answer::invalid)
        << method;
  }
  EXPECT_EQ(seen(), 0U);
}

TEST_F(Http, RequestsThatAreNoneAreRefused) {
  Guest it = guest();
  for (const char* json : {"", "null", "[]", "{}", "{\"url\":1}", "{\"url\":\"http://a\",\"x\":1}",
                           "{\"url\":\"http://a.example\",\"timeout_ms\":-1}",
                           "{\"url\":\"http://a.example\",\"max_redirects\":11}",
                           "{\"url\":\"http://a.example\",\"protocols\":[]}", "{\"url\":"}) {
    const auto text = it.put(json);
    EXPECT_EQ(it.call("http_request", {text.address, text.length, 0, 0, it.slot()}),
              Answer::invalid)
        << json;
  }
}

TEST_F(Http, PointersAndLengthsAreChecked) {
  server_.put("a", "ok");
  Guest it = guest();
  const auto json = it.put(nlohmann::json{{"url", server_.url("a")}}.dump());
  const std::uint32_t end = Guest::kSize;
  const auto request = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                           std::uint32_t e) {
    return it.call("http_request", {a, b, c, d, e});
  };
  EXPECT_EQ(request(end, 1, 0, 0, 8), Answer::bad_text);
  EXPECT_EQ(request(json.address, ~0U, 0, 0, 8), Answer::bad_text);
  EXPECT_EQ(request(json.address, json.length, end - 1, 2, 8), Answer::bad_text);
  EXPECT_EQ(request(json.address, json.length, 0, 0, end - 3), Answer::bad_text);
  EXPECT_EQ(request(json.address, json.length, 0, 0, 9), Answer::bad_text);
  EXPECT_EQ(request(0, 70'000, 0, 0, 8), Answer::too_large);
  EXPECT_EQ(request(json.address, json.length, 0, 1'048'577, 8), Answer::too_large);
  EXPECT_EQ(seen(), 0U);
  ASSERT_EQ(request(json.address, json.length, 0, 0, 8), Answer::ok);
  const std::uint32_t handle = it.number(8);
  EXPECT_EQ(it.call("http_head", {handle, 1024, 10, 8}), Answer::too_small);
  EXPECT_GT(it.number(8), 10U);
  EXPECT_EQ(it.call("http_head", {handle, end - 5, 10, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("http_read", {handle, 1024, 10, 6}), Answer::bad_text);
  EXPECT_EQ(it.call("http_read", {handle, end, 1, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("http_read", {handle, 1024, 0, 8}), Answer::too_small);
  EXPECT_EQ(body(it, handle), "ok");  // nothing was lost
}

TEST_F(Http, HandlesAreBounded) {
  server_.put("a", "ok");
  Guest it = guest();
  std::uint32_t last = 0;
  for (int i = 0; i < 16; ++i) {
    const Asked asked = ask(it, {{"url", server_.url("a")}});
    ASSERT_EQ(asked.answer, Answer::ok) << i;
    last = asked.handle;
  }
  EXPECT_EQ(get(it, server_.url("a")), Answer::too_many);
  EXPECT_EQ(seen(), 16U);
  it.call("http_close", {last});
  EXPECT_EQ(get(it, server_.url("a")), Answer::ok);
  it.context.close();
  EXPECT_EQ(it.call("http_close", {last}), Answer::not_found);
}

TEST_F(Http, ConnectionsStayWithThePluginFromCallToCall) {
  server_.put("a", "ok");
  ConnectionPool pool;
  ConnectionPool of_another;
  for (ConnectionPool* one : {&pool, &pool, &of_another}) {
    Guest it(granted(CapabilityKind::network, {origin()}), services(&web_), one);
    const Asked asked = ask(it, {{"url", server_.url("a")}});
    ASSERT_EQ(asked.answer, Answer::ok);
    EXPECT_EQ(body(it, asked.handle), "ok");
  }
  std::vector<int> clients;
  for (const std::string& line : server_.requests())
    clients.push_back(nlohmann::json::parse(line)["client"]);
  ASSERT_EQ(clients.size(), 3U);
  EXPECT_EQ(clients[0], clients[1]);
  EXPECT_NE(clients[0], clients[2]);
}

TEST_F(Http, TimesOutByItsOwnTimeAndByTheCalls) {
  server_.put("drip", std::string(100, 'x'), "drip 0.3\n");
  Guest it = guest();
  const Asked slow = ask(it, {{"url", server_.url("drip")}, {"timeout_ms", 2'000}});
  ASSERT_EQ(slow.answer, Answer::ok);
  Answer answer = Answer::ok;
  while (answer == Answer::ok)
    answer = it.read("http_read", {slow.handle}).first;
  EXPECT_EQ(answer, Answer::timed_out);
  EXPECT_FALSE(it.over);  // the plugin may go on
  const Asked other = ask(it, {{"url", server_.url("drip")}});
  ASSERT_EQ(other.answer, Answer::ok);
  it.call_time = std::chrono::milliseconds(100);
  answer = Answer::ok;
  for (int i = 0; i < 100 && answer == Answer::ok; ++i)
    answer = it.read("http_read", {other.handle}, 200).first;
  EXPECT_TRUE(it.over);
}

TEST_F(Http, WithoutANetworkItIsUnavailable) {
  Guest it(granted(CapabilityKind::network, {origin()}), {});
  EXPECT_EQ(get(it, server_.url("a")), Answer::unavailable);
  EXPECT_NE(it.last_error(), "");
}

}  // namespace
}  // namespace midimon::hostapi
