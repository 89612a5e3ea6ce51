#include "login/login.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "login/form.h"
#include "net/test_support.h"

namespace midimon::login {
namespace {

using net::Url;
using net::testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

Until soon() {
  return {SystemClock().monotonic() + std::chrono::seconds(30), -1, {}};
}

UniqueFd connect_to(const std::string& host) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(host.substr(host.find(':') + 1))));
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return {};
  return fd;
}

void send_text(const UniqueFd& fd, const std::string& text) {
  ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string read_all(const UniqueFd& fd) {
  std::string all;
  char piece[1024];
  for (ssize_t got = 0; (got = ::recv(fd.get(), piece, sizeof piece, 0)) > 0;)
    all.append(piece, static_cast<std::size_t>(got));
  return all;
}

// What a browser does with `query`; what it is shown.
std::string visit(const std::string& host, const std::string& query) {
  const UniqueFd fd = connect_to(host);
  if (!fd.valid()) return "refused";
  send_text(fd, "GET /callback?" + query + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  return read_all(fd);
}

class LoginTest : public net::testing::Web {
 protected:
  Login begin() {
    Service service{Url::parse("https://example.org/authorize?show=1").value(),
                    Url::parse(server_.url("token")).value(),
                    {"play", "read-all"},
                    "client 1"};
    return std::move(Login::begin(std::move(service), 0).value());
  }
  static Fields question(const Login& login) {
    const std::string url = login.url();
    return parse_form(url.substr(url.find('?') + 1)).value();
  }
  static std::string state(const Login& login) { return *find(question(login), "state"); }
  static std::string host(const Login& login) {
    return login.redirect_uri().substr(7, login.redirect_uri().rfind('/') - 7);
  }
  // Goes through with it while `browser` does its part.
  Result<Tokens> finish(Login& login, const std::function<void()>& browser) {
    auto result = std::async(std::launch::async, [&] { return login.finish(net_, soon()); });
    browser();
    return result.get();
  }
  void answer_tokens() {
    server_.put("token", R"({"access_token":"at","token_type":"Bearer","expires_in":3600,)"
                         R"("refresh_token":"rt","scope":"play"})");
  }

  net::Web net_ = net::Web::create({}).value();
};

TEST_F(LoginTest, AsksWithEverythingAndProvesItWithTheCode) {
  answer_tokens();
  Login login = begin();
  const Fields asked = question(login);
  EXPECT_EQ(*find(asked, "show"), "1");
  EXPECT_EQ(*find(asked, "response_type"), "code");
  EXPECT_EQ(*find(asked, "client_id"), "client 1");
  EXPECT_EQ(*find(asked, "scope"), "play read-all");
  EXPECT_EQ(*find(asked, "redirect_uri"), "http://" + host(login) + "/callback");
  EXPECT_EQ(*find(asked, "code_challenge_method"), "S256");
  const auto tokens = finish(login, [&] {
    const std::string page = visit(host(login), "code=a%2Fb&state=" + state(login));
    EXPECT_THAT(page, HasSubstr("200 OK"));
    EXPECT_THAT(page, Not(HasSubstr("a/b")));
  });
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens->access_token, "at");
  EXPECT_EQ(tokens->refresh_token, "rt");
  EXPECT_EQ(tokens->expires_in, 3600);
  const auto request = nlohmann::json::parse(server_.requests().at(0));
  EXPECT_EQ(request["method"], "POST");
  const auto form = parse_form(request["body"].get<std::string>()).value();
  EXPECT_EQ(*find(form, "code"), "a/b");
  EXPECT_EQ(*find(form, "redirect_uri"), *find(asked, "redirect_uri"));
  EXPECT_EQ(challenge_of(*find(form, "code_verifier")), *find(asked, "code_challenge"));
}

TEST_F(LoginTest, EachHasSecretsOfItsOwn) {
  const Login one = begin();
  const Login two = begin();
  EXPECT_NE(state(one), state(two));
  EXPECT_NE(*find(question(one), "code_challenge"), *find(question(two), "code_challenge"));
}

TEST_F(LoginTest, WhatHasNotOurStateEndsNothingAndGetsNothing) {
  answer_tokens();
  Login login = begin();
  const auto tokens = finish(login, [&] {
    const std::string s = state(login);
    for (const std::string& query :
         {"code=evil&state=" + std::string(43, 'A'), std::string("code=evil"),
          "code=evil&state=" + s.substr(0, 42), "code=evil&state=" + s + "A",
          "state=" + s + "&code=evil&code=good", "code=evil&state=x&state=" + s, "code=&state=" + s,
          "code=%zz&state=" + s, "code=a%0d%0ab&state=" + s,
          std::string("error=access_denied&state=wrong"), std::string("error=access_denied")}) {
      EXPECT_THAT(visit(host(login), query), HasSubstr("400 Bad Request")) << query;
    }
    EXPECT_THAT(visit(host(login), "code=good&state=" + s), HasSubstr("200 OK"));
  });
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(server_.requests().at(0), HasSubstr("code=good"));
}

TEST_F(LoginTest, WhatIsNoSuchRequestEndsNothing) {
  answer_tokens();
  Login login = begin();
  const auto tokens = finish(login, [&] {
    const std::string to = host(login);
    const std::string good = "/callback?code=evil&state=" + state(login);
    for (const std::string& head :
         {fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\n\r\n", good, to),
          fmt::format("GET {} HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", good),
          fmt::format("GET {} HTTP/1.1\r\n\r\n", good),
          fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nHost: evil\r\n\r\n", good, to),
          fmt::format("GET {}\r\nHost: {}\r\n\r\n", good, to), std::string("\r\n\r\n"),
          fmt::format("GET /favicon.ico HTTP/1.1\r\nHost: {}\r\n\r\n", to)}) {
      const UniqueFd fd = connect_to(to);
      send_text(fd, head);
      EXPECT_THAT(read_all(fd), HasSubstr("HTTP/1.1 40")) << head;
    }
    const UniqueFd large = connect_to(to);
    const std::string much(kMaxCallbackHead + 1, 'x');
    ::send(large.get(), much.data(), much.size(), MSG_NOSIGNAL);
    read_all(large);  // ends, as it is let go
    visit(to, "code=good&state=" + state(login));
  });
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_THAT(server_.requests().at(0), HasSubstr("code=good"));
}

TEST_F(LoginTest, ASilentVisitorHoldsUpNobody) {
  answer_tokens();
  Login login = begin();
  const UniqueFd silent = connect_to(host(login));
  const UniqueFd slow = connect_to(host(login));
  send_text(slow, "GET /call");
  const auto tokens = finish(login, [&] { visit(host(login), "code=good&state=" + state(login)); });
  EXPECT_TRUE(tokens);
}

// What another account does, in a process of its own that has only this thread: 0 to 254.
int as_nobody(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    constexpr uid_t kNobody = 65534;
    ::_exit(::syscall(SYS_setresuid, kNobody, kNobody, kNobody) == 0 ? work() : 255);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

// It can read our state in the command line of xdg-open.
TEST_F(LoginTest, AttackAnotherAccountAnswersInTheBrowsersPlace) {
  if (::geteuid() != 0) return;  // nobody else can become another
  answer_tokens();
  Login login = begin();
  const std::string to = host(login);
  const std::string evil = fmt::format(
      "GET /callback?code=evil&state={} HTTP/1.1\r\nHost: {}\r\n\r\n", state(login), to);
  const auto send_evil = [&](bool stay) {
    const UniqueFd fd = connect_to(to);
    if (!fd.valid()) return 2;
    ::send(fd.get(), evil.data(), evil.size(), MSG_NOSIGNAL);
    char byte = 0;
    return stay && ::recv(fd.get(), &byte, 1, 0) > 0 ? 1 : 0;
  };
  const auto tokens = finish(login, [&] {
    EXPECT_EQ(as_nobody([&] { return send_evil(true); }), 0) << "it got an answer";
    EXPECT_EQ(as_nobody([&] { return send_evil(false); }), 0);
    EXPECT_THAT(visit(to, "code=good&state=" + state(login)), HasSubstr("200 OK"));
  });
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(server_.requests().at(0), HasSubstr("code=good"));
}

TEST_F(LoginTest, AttackIdleConnectionsOfAnotherAccountKeepNobodyOut) {
  if (::geteuid() != 0) return;
  answer_tokens();
  Login login = begin();
  const auto hold_forty = [&] {
    std::array<UniqueFd, 40> all;
    for (UniqueFd& fd : all)
      fd = connect_to(host(login));
    for (const UniqueFd& fd : all) {  // until each is let go
      char byte = 0;
      if (!fd.valid() || ::recv(fd.get(), &byte, 1, 0) > 0) return 1;
    }
    return 0;
  };
  const auto tokens = finish(login, [&] {
    EXPECT_EQ(as_nobody(hold_forty), 0);
    visit(host(login), "code=good&state=" + state(login));
  });
  EXPECT_TRUE(tokens);
}

TEST_F(LoginTest, ItIsSaidThatOnlyAnotherAccountCame) {
  if (::geteuid() != 0) return;
  Login login = begin();
  EXPECT_EQ(as_nobody([&] { return connect_to(host(login)).valid() ? 0 : 1; }), 0);
  int looks = 0;
  EXPECT_THAT(error_of(login.finish(net_, {Nanos::max(), -1, [&] { return ++looks > 3; }})),
              HasSubstr("browser of your own account"));
}

TEST_F(LoginTest, ABrowserMaySpeakIpv4OverIpv6) {
  answer_tokens();
  Login login = begin();
  const auto tokens = finish(login, [&] {
    const std::string to = host(login);
    const UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, "::ffff:127.0.0.1", &address.sin6_addr);
    address.sin6_port = htons(static_cast<std::uint16_t>(std::stoi(to.substr(to.find(':') + 1))));
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      visit(to, "code=good&state=" + state(login));  // a machine without IPv6
      return;
    }
    send_text(fd, fmt::format("GET /callback?code=good&state={} HTTP/1.1\r\nHost: {}\r\n\r\n",
                              state(login), to));
    EXPECT_THAT(read_all(fd), HasSubstr("200 OK"));
  });
  EXPECT_TRUE(tokens);
}

TEST_F(LoginTest, NobodyIsListenedToAfterTheAnswer) {
  answer_tokens();
  Login login = begin();
  const auto tokens = finish(login, [&] { visit(host(login), "code=good&state=" + state(login)); });
  ASSERT_TRUE(tokens);
  EXPECT_EQ(visit(host(login), "code=late&state=" + state(login)), "refused");
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(LoginTest, TheUserSaysNo) {
  Login login = begin();
  const auto tokens = finish(login, [&] {
    const std::string page =
        visit(host(login),
              "error=access_denied&error_description=%3Cb%3Eno%E2%80%AE&state=" + state(login));
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
  });
  ASSERT_FALSE(tokens);
  EXPECT_EQ(tokens.error().code, ErrorCode::denied);
  EXPECT_THAT(tokens.error().message, HasSubstr("access_denied"));
  EXPECT_THAT(tokens.error().message, HasSubstr("\\u{202e}"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(LoginTest, TheCodeGoesToNobodyElse) {
  server_.put("elsewhere", "{}");
  server_.put("token", "", "status 307\nheader Location: " + server_.url("elsewhere") + "\n");
  Login login = begin();
  const auto tokens = finish(login, [&] { visit(host(login), "code=good&state=" + state(login)); });
  EXPECT_THAT(error_of(tokens), HasSubstr("elsewhere"));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(LoginTest, ALateAnswerAndAnInterruption) {
  Login late = begin();
  EXPECT_THAT(error_of(late.finish(net_, {SystemClock().monotonic(), -1, {}})),
              HasSubstr("in time"));
  Login interrupted = begin();
  EXPECT_THAT(error_of(interrupted.finish(net_, {Nanos::max(), -1, [] { return true; }})),
              HasSubstr("interrupted"));
}

TEST_F(LoginTest, TheWayHasToBeSafe) {
  for (const bool authorize : {true, false}) {
    const Url good = Url::parse("https://example.org/").value();
    const Url bad = Url::parse("http://example.org/").value();
    const auto login = Login::begin({authorize ? bad : good, authorize ? good : bad, {}, "c"}, 0);
    EXPECT_THAT(error_of(login), HasSubstr("not https"));
  }
}

TEST_F(LoginTest, APortThatIsTakenIsSaid) {
  const Login first = begin();
  const std::string taken = host(first);
  const auto second =
      Listener::open(static_cast<std::uint16_t>(std::stoi(taken.substr(taken.find(':') + 1))));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
}

TEST_F(LoginTest, AnEndlessAnswerIsCutOff) {
  server_.put("token", std::string(70'000, ' '));
  Login login = begin();
  const auto tokens = finish(login, [&] { visit(host(login), "code=good&state=" + state(login)); });
  EXPECT_THAT(error_of(tokens), HasSubstr("64 KiB"));
}

// RFC 7636, appendix B.
TEST(Proof, IsThatOfTheStandard) {
  EXPECT_EQ(challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  EXPECT_EQ(make_proof()->verifier.size(), 43U);
}

// RFC 4648, section 10.
TEST(Proof, Base64HasNoPadding) {
  const auto encode = [](std::string_view text) {
    return base64url({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg");
  EXPECT_EQ(encode("fo"), "Zm8");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("\xfb\xff"), "-_8");
}

TEST(Form, GoesThereAndBack) {
  const Fields fields = {{"a b", "c&d=e+f"}, {"ä", "~-._"}};
  EXPECT_EQ(to_form(fields), "a%20b=c%26d%3De%2Bf&%C3%A4=~-._");
  EXPECT_EQ(parse_form(to_form(fields)), fields);
  EXPECT_EQ(*find(*parse_form("a=1+2&&b"), "a"), "1 2");
  EXPECT_EQ(*find(*parse_form("a=1&b"), "b"), "");
}

TEST(Form, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"a=1&a=2", "a=%", "a=%4", "a=%4g", "a=%00", "a=%ff", "%0a=1"})
    EXPECT_FALSE(parse_form(text)) << text;
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += std::to_string(i) + "=&";
  EXPECT_FALSE(parse_form(many));
}

TEST(Tokens, ErrorsAreTheServersWordsMadeSafe) {
  const auto tokens =
      read_tokens(400, R"({"error":"invalid_grant","error_description":"old\u001b[2J code"})");
  EXPECT_EQ(error_of(tokens), "The token server says no (invalid_grant): \"old\\x1b[2J code\".");
  EXPECT_THAT(error_of(read_tokens(503, "<html>")), HasSubstr("503"));
}

TEST(Tokens, NothingElseIsTaken) {
  for (const char* body :
       {"", "[]", "{}", R"({"access_token":"a"})", R"({"access_token":"","token_type":"Bearer"})",
        R"({"access_token":"a b","token_type":"Bearer"})",
        R"({"access_token":"a\r\nX: y","token_type":"Bearer"})",
        R"({"access_token":1,"token_type":"Bearer"})", R"({"access_token":"a","token_type":"mac"})",
        R"({"access_token":"a","token_type":"Bearer","refresh_token":"x\ny"})"}) {
    EXPECT_FALSE(read_tokens(200, body)) << body;
  }
  const std::string large(kMaxTokenBytes + 1, 'a');
  EXPECT_FALSE(read_tokens(200, R"({"token_type":"Bearer","access_token":")" + large + "\"}"));
}

TEST(Tokens, TheTimeTheyHaveIsBounded) {
  const auto lifetime = [](const std::string& expires) {
    return read_tokens(200,
                       R"({"access_token":"a","token_type":"bearer","expires_in":)" + expires + "}")
        ->expires_in;
  };
  EXPECT_EQ(lifetime("3600"), 3600);
  EXPECT_EQ(lifetime("-5"), 0);
  EXPECT_EQ(lifetime("\"x\""), 0);
  EXPECT_LT(lifetime("9223372036854775807"), 1'000'000'000);
}

}  // namespace
}  // namespace midimon::login
