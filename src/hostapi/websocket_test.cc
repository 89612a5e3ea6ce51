#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "hostapi/test_support.h"
#include "net/web.h"
#include "tests/web_server.h"

namespace midimon::hostapi {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Ws : public ::testing::Test {
 protected:
  [[nodiscard]] std::string origin() const { return "ws://127.0.0.1:" + server_.port(); }
  [[nodiscard]] Guest guest() {
    return {granted(CapabilityKind::network, {origin()}), services(&web_, &secrets_)};
  }
  struct Asked {
    Answer answer;
    std::uint32_t handle;
  };
  static Asked connect(Guest& guest, const nlohmann::json& request) {
    const auto json = guest.put(request.dump());
    const std::uint32_t handle = guest.slot();
    const Answer answer = guest.call("ws_connect", {json.address, json.length, handle});
    return {answer, guest.number(handle)};
  }
  Asked to(Guest& guest, const std::string& path) {
    return connect(guest, {{"url", origin() + path}, {"timeout_ms", 10'000}});
  }
  static Answer send(Guest& guest, std::uint32_t handle, std::uint32_t kind,
                     const std::string& text) {
    const auto place = guest.put(text);
    return guest.call("ws_send", {handle, kind, place.address, place.length});
  }
  struct Message {
    Answer answer;
    std::uint32_t kind = 0;
    std::string text = {};
  };
  static Message receive(Guest& guest, std::uint32_t handle, std::uint32_t timeout_ms = 10'000,
                         std::uint32_t capacity = 1U << 20U) {
    const std::uint32_t received = guest.slot();
    const std::uint32_t buffer = Guest::kSize - capacity;
    const Answer answer =
        guest.call("ws_receive", {handle, timeout_ms, buffer, capacity, received});
    if (answer != Answer::ok) return {answer};
    return {answer, guest.number(received), guest.text(buffer, guest.number(received + 4))};
  }

  midimon::testing::PythonServer server_{"websocket_server.py", {}};
  net::Web web_ = net::Web::create({}).value();
  MapSecrets secrets_;
};

TEST_F(Ws, AConnectionThatBrokeIsNoMessageThatWasLate) {
  Guest it = guest();
  const Asked asked = to(it, "/cut");
  Answer answer = Answer::timed_out;
  while (answer == Answer::timed_out)
    answer = receive(it, asked.handle, 0).answer;
  EXPECT_EQ(answer, Answer::failed);
  EXPECT_THAT(it.last_error(), HasSubstr("broke off"));
}

TEST_F(Ws, MessagesGoBothWays) {
  Guest it = guest();
  const Asked asked = to(it, "/echo");
  ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
  for (const std::size_t size : {0UL, 5UL, 125UL, 126UL, 70'000UL, 1'048'576UL}) {
    const std::string text(size, 'x');
    ASSERT_EQ(send(it, asked.handle, 1, text), Answer::ok);
    const Message message = receive(it, asked.handle);
    ASSERT_EQ(message.answer, Answer::ok) << size << it.last_error();
    EXPECT_EQ(message.kind, 1U);
    EXPECT_EQ(message.text, text);
  }
  ASSERT_EQ(send(it, asked.handle, 2, std::string("\0\xFF", 2)), Answer::ok);
  const Message binary = receive(it, asked.handle);
  EXPECT_EQ(binary.kind, 2U);
  EXPECT_EQ(binary.text, std::string("\0\xFF", 2));
  EXPECT_EQ(it.call("ws_close", {asked.handle, 1000}), Answer::ok);
  EXPECT_EQ(it.call("ws_close", {asked.handle, 1000}), Answer::not_found);
}

TEST_F(Ws, SendsHeadersSecretsAndProtocols) {
  secrets_.secrets["guest/TOKEN"] = "s3cr3t";
  Guest it = guest();
  const Asked asked = connect(it, {{"url", origin() + "/headers"},
                                   {"headers", {{"X-One", "1"}}},
                                   {"secret_headers", {{"Authorization", "Bearer {{TOKEN}}"}}},
                                   {"protocols", {"obswebsocket.json", "other"}}});
  ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
  const std::string head = receive(it, asked.handle).text;
  EXPECT_THAT(head, HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(head, HasSubstr("Authorization: Bearer s3cr3t\r\n"));
  EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Protocol: obswebsocket.json, other\r\n"));
  EXPECT_THAT(head, HasSubstr("Host: 127.0.0.1:" + server_.port() + "\r\n"));
}

TEST_F(Ws, PiecesAreOneMessageAndPingsAreNone) {
  Guest it = guest();
  const Asked asked = to(it, "/pieces");
  EXPECT_EQ(receive(it, asked.handle).text, "one two three");
  EXPECT_EQ(receive(it, asked.handle, 0).answer, Answer::timed_out);
  EXPECT_FALSE(it.over);
}

TEST_F(Ws, AMessageThatIsTooLargeForTheBufferStays) {
  Guest it = guest();
  const Asked asked = to(it, "/pieces");
  const std::uint32_t received = it.slot();
  EXPECT_EQ(it.call("ws_receive", {asked.handle, 10'000, 1024, 5, received}), Answer::too_small);
  EXPECT_EQ(it.number(received + 4), 13U);
  EXPECT_EQ(receive(it, asked.handle).text, "one two three");
}

TEST_F(Ws, TheOtherSidesGoodbyeIsTold) {
  Guest it = guest();
  const Asked asked = to(it, "/close");
  EXPECT_EQ(receive(it, asked.handle).answer, Answer::closed);
  EXPECT_THAT(it.last_error(), HasSubstr("4001: enough"));
  EXPECT_EQ(receive(it, asked.handle).answer, Answer::closed);
  EXPECT_EQ(send(it, asked.handle, 1, "x"), Answer::closed);
}

TEST_F(Ws, AServerThatBreaksTheProtocolIsLeft) {
  Guest it = guest();
  for (const char* path : {"/masked", "/large", "/cut"}) {
    const Asked asked = to(it, path);
    ASSERT_EQ(asked.answer, Answer::ok) << path;
    EXPECT_EQ(receive(it, asked.handle).answer, Answer::failed) << path;
    EXPECT_EQ(receive(it, asked.handle).answer, Answer::failed) << path;
    EXPECT_EQ(send(it, asked.handle, 1, "x"), Answer::failed) << path;
    it.call("ws_close", {asked.handle, 1000});
  }
}

TEST_F(Ws, AServerThatDoesNotAgreeIsNone) {
  Guest it = guest();
  for (const char* path :
       {"/no-upgrade", "/bad-accept", "/protocol", "/extension", "/redirect", "/huge-head"}) {
    EXPECT_EQ(to(it, path).answer, Answer::failed) << path;
    EXPECT_NE(it.last_error(), "") << path;
  }
}

TEST_F(Ws, EveryWaitEnds) {
  Guest it = guest();
  EXPECT_EQ(connect(it, {{"url", origin() + "/hang"}, {"timeout_ms", 100}}).answer,
            Answer::timed_out);
  EXPECT_FALSE(it.over);
  const Asked asked = to(it, "/silent");
  EXPECT_EQ(receive(it, asked.handle, 50).answer, Answer::timed_out);
  EXPECT_FALSE(it.over);
  it.call_time = std::chrono::milliseconds(50);
  receive(it, asked.handle, 10'000);
  EXPECT_TRUE(it.over);
}

TEST_F(Ws, NotGrantedIsNotAsked) {
  Guest whole({granted(CapabilityKind::network, {})}, services(&web_));
  EXPECT_EQ(to(whole, "/echo").answer, Answer::not_granted);  // this machine
  Guest http({granted(CapabilityKind::network, {"http://127.0.0.1:" + server_.port()})},
             services(&web_));
  EXPECT_EQ(to(http, "/echo").answer, Answer::not_granted);  // another scheme
  EXPECT_THAT(http.sink.events, ElementsAre("deny network:" + origin()));
  EXPECT_EQ(connect(http, {{"url", "http://127.0.0.1:" + server_.port() + "/echo"}}).answer,
            Answer::invalid);
  Guest none(granted(CapabilityKind::network, {origin()}), {});
  EXPECT_EQ(to(none, "/echo").answer, Answer::unavailable);
}

TEST_F(Ws, RequestsAndMessagesThatAreNoneAreRefused) {
  Guest it = guest();
  for (const auto& more :
       {nlohmann::json{{"headers", {{"Sec-WebSocket-Key", "x"}}}},
        nlohmann::json{{"headers", {{"X", "a\r\nY: b"}}}}, nlohmann::json{{"protocols", {"a b"}}},
        nlohmann::json{{"protocols", "a"}}, nlohmann::json{{"method", "GET"}},
        nlohmann::json{{"protocols", {"a\r\nX: y"}}}}) {
    nlohmann::json request = more;
    request["url"] = origin() + "/echo";
    EXPECT_EQ(connect(it, request).answer, Answer::invalid) << more;
  }
  const Asked asked = to(it, "/silent");
  EXPECT_EQ(send(it, asked.handle, 0, "x"), Answer::invalid);
  EXPECT_EQ(send(it, asked.handle, 9, "x"), Answer::invalid);
  EXPECT_EQ(send(it, asked.handle, 1, "\xFF"), Answer::bad_text);
  EXPECT_EQ(send(it, asked.handle + 256, 1, "x"), Answer::not_found);
  EXPECT_EQ(it.call("ws_send", {asked.handle, 2, Guest::kSize - 1, 2}), Answer::bad_text);
  EXPECT_EQ(it.call("ws_send", {asked.handle, 2, 0, (1U << 20U) + 1}), Answer::too_large);
  EXPECT_EQ(it.call("ws_receive", {asked.handle, 0, 0, 8, Guest::kSize - 4}), Answer::bad_text);
  EXPECT_EQ(it.call("ws_receive", {asked.handle, 0, Guest::kSize, 8, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("ws_close", {asked.handle, 1006}), Answer::invalid);
  EXPECT_EQ(it.call("ws_close", {asked.handle, 3000}), Answer::ok);
}

TEST_F(Ws, AnEndlessServerIsReadOneMessageAtATime) {
  Guest it = guest();
  const Asked asked = to(it, "/endless");
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(receive(it, asked.handle).text, std::string(1'000, 'x'));
}

TEST_F(Ws, FramesThatAreNoMessagesHoldUpNobody) {
  for (const char* path : {"/pings", "/pongs", "/nothing"}) {
    Guest it = guest();
    const Asked asked = to(it, path);
    ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
    for (const std::uint32_t timeout : {0U, 200U})
      EXPECT_EQ(receive(it, asked.handle, timeout).answer, Answer::timed_out) << path;
    it.call_time = std::chrono::milliseconds(300);
    receive(it, asked.handle);
    EXPECT_TRUE(it.over) << path;
  }
}

TEST_F(Ws, SpeaksTls) {
  std::string name = (std::filesystem::temp_directory_path() / "midimon-ws-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(name.data());
  midimon::testing::make_certificate(directory);
  const midimon::testing::PythonServer server("websocket_server.py",
                                              midimon::testing::certificate_files(directory));
  const std::string place = "wss://127.0.0.1:" + server.port();
  Guest stranger(granted(CapabilityKind::network, {place}), services(&web_));
  EXPECT_EQ(connect(stranger, {{"url", place + "/echo"}}).answer, Answer::failed);
  EXPECT_THAT(stranger.last_error(), HasSubstr("certificate does not hold"));
  net::Web web = net::Web::create({(directory / "certificate.pem").string()}).value();
  Guest it(granted(CapabilityKind::network, {place}), services(&web));
  const Asked asked = connect(it, {{"url", place + "/echo"}});
  ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
  const std::string text(100'000, 'y');
  ASSERT_EQ(send(it, asked.handle, 1, text), Answer::ok);
  EXPECT_EQ(receive(it, asked.handle).text, text);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace midimon::hostapi
