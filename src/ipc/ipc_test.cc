#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ipc/client.h"
#include "ipc/server.h"

namespace midimon::ipc {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Ipc : public testing::Test {
 protected:
  Ipc() {
    std::string name = "/tmp/midimon-ipc-XXXXXX";
    root_ = ::mkdtemp(name.data());
    places_.runtime = root_ / "run";
  }
  ~Ipc() override {
    server_.reset();
    std::filesystem::remove_all(root_);
  }

  void start() {
    auto server = Server::start(places_, [this](const Request& request) -> Answer {
      ++calls_;
      if (request.method == "echo") return request.params;
      if (request.method == "big") return json(std::string(200'000, 'x'));
      if (request.method == "fail") return tl::unexpected(RpcError{kFailed, "It cannot be done."});
      return tl::unexpected(RpcError{kMethodNotFound, "There is no method " + request.method});
    });
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  // A socket without any manners.
  UniqueFd raw() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket_path(places_);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static std::string say(int fd, const std::string& text) {
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    std::string got;
    char byte = 0;
    while (!got.ends_with('\n') && ::recv(fd, &byte, 1, 0) == 1)
      got += byte;
    return got;
  }
  static bool is_closed(int fd) {
    char byte = 0;
    return ::recv(fd, &byte, 1, 0) <= 0;
  }

  std::filesystem::path root_;
  Places places_;
  std::atomic<int> calls_ = 0;
  std::unique_ptr<Server> server_;
};

TEST_F(Ipc, ARequestIsAnswered) {
  start();
  auto client = Client::connect(places_);
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(client->call("echo", {{"a", 1}}).value(), json({{"a", 1}}));
  EXPECT_EQ(client->call("big").value().get<std::string>().size(), 200'000U);
  EXPECT_EQ(client->call("fail").error().message, "It cannot be done.");
  EXPECT_EQ(client->call("nothing").error().message, "There is no method nothing");
}

TEST_F(Ipc, NobodyElseReachesTheSocket) {
  ::umask(0);
  start();
  struct stat status {};
  ASSERT_EQ(::stat(socket_path(places_).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(places_.runtime.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ::umask(022);
  if (::geteuid() != 0) return;
  // Also where the modes were loosened: the peer's user counts.
  ::chmod(root_.c_str(), 0755);
  ::chmod(places_.runtime.c_str(), 0755);
  ::chmod(socket_path(places_).c_str(), 0666);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(9);
    const UniqueFd fd = raw();
    char byte = 0;
    ::_exit(::recv(fd.get(), &byte, 1, 0) == 0 ? 0 : 1);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

TEST_F(Ipc, OneDaemonRunsAtATimeAndTheSecondIsToldWhich) {
  start();
  const auto second = Server::start(places_, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::busy);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
  EXPECT_TRUE(Client::connect(places_)) << "the first one is still there";
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(socket_path(places_)));
  start();
}

TEST_F(Ipc, WhatAKilledDaemonLeftIsInNobodysWay) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto server = Server::start(places_, {});
    ::_exit(server ? 0 : 1);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  ASSERT_EQ(result, 0);
  ASSERT_TRUE(std::filesystem::exists(socket_path(places_)));
  EXPECT_THAT(Client::connect(places_).error().message, HasSubstr("midimon run"));
  start();
  EXPECT_TRUE(Client::connect(places_));
}

TEST_F(Ipc, WithoutADaemonThereIsAHint) {
  const auto client = Client::connect(places_);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, ErrorCode::not_found);
  EXPECT_THAT(client.error().message, HasSubstr("midimon run"));
}

TEST_F(Ipc, SubscribersAreToldAndOthersAreNot) {
  start();
  auto listening = Client::connect(places_);
  auto other = Client::connect(places_);
  EXPECT_FALSE(server_->has_subscribers());
  ASSERT_TRUE(listening->call("subscribe"));
  EXPECT_TRUE(server_->has_subscribers());
  ASSERT_TRUE(other->call("echo"));
  server_->notify("event", {{"n", 1}});
  server_->notify("event", {{"n", 2}});
  EXPECT_EQ(listening->next_event()->value["n"], 1);
  EXPECT_EQ(listening->call("echo", {{"a", 1}}).value()["a"], 1) << "between two events";
  EXPECT_EQ(listening->next_event()->value["n"], 2);
  ASSERT_TRUE(listening->call("unsubscribe"));
  EXPECT_FALSE(server_->has_subscribers());
  ASSERT_TRUE(listening->call("subscribe"));
  listening = Client::connect(places_);
  for (int i = 0; i < 200 && server_->has_subscribers(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(server_->has_subscribers()) << "it hung up";
}

TEST_F(Ipc, WhoeverSubscribesAndDoesNotReadIsDropped) {
  start();
  const UniqueFd lazy = raw();
  EXPECT_THAT(say(lazy.get(), R"({"jsonrpc":"2.0","id":1,"method":"subscribe"})"
                              "\n"),
              HasSubstr("true"));
  const json event = {{"text", std::string(1000, 'x')}};
  for (int i = 0; i < 5000 && server_->has_subscribers(); ++i) {
    server_->notify("event", event);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  EXPECT_FALSE(server_->has_subscribers());
  EXPECT_TRUE(Client::connect(places_)->call("echo"));
}

TEST_F(Ipc, BadRequestsAreAnsweredByWhatIsWrong) {
  start();
  const UniqueFd fd = raw();
  const auto error = [&](const std::string& line) {
    return json::parse(say(fd.get(), line + "\n"))["error"]["code"].get<int>();
  };
  EXPECT_EQ(error("no json"), kParseError);
  EXPECT_EQ(error(std::string(40, '[') + std::string(40, ']')), kParseError);
  EXPECT_EQ(error("\xff\xfe"), kParseError);
  EXPECT_EQ(error("[]"), kInvalidRequest);
  EXPECT_EQ(error(R"({"id":1,"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(error(R"({"jsonrpc":"2.0","id":{},"method":"echo"})"), kInvalidRequest);
  EXPECT_EQ(error(R"({"jsonrpc":"2.0","id":1})"), kInvalidRequest);
  EXPECT_EQ(error(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":[1]})"), kInvalidParams);
  EXPECT_EQ(calls_, 0);
  // One without an id is done and not answered; a blank line is nothing.
  EXPECT_THAT(say(fd.get(),
                  "\r\n{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n"
                  "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"echo\"}\n"),
              HasSubstr("\"id\":\"x\""));
  EXPECT_EQ(calls_, 2);
}

TEST_F(Ipc, ALineWithoutAnEndIsCutOff) {
  start();
  const UniqueFd fd = raw();
  const std::string piece(4096, 'x');
  for (int i = 0; i < 40; ++i) {
    if (::send(fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
  }
  std::string got;
  char byte = 0;
  while (::recv(fd.get(), &byte, 1, 0) == 1)
    got += byte;
  EXPECT_THAT(got, ::testing::AnyOf(HasSubstr("64 KiB"), std::string()));
  EXPECT_TRUE(Client::connect(places_)->call("echo"));
}

TEST_F(Ipc, TooManyClientsAreSentAway) {
  start();
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kMaxClients; ++i) {
    clients.push_back(std::move(*Client::connect(places_)));
    ASSERT_TRUE(clients.back().call("echo"));
  }
  EXPECT_TRUE(is_closed(raw().get()));
  clients.pop_back();
  bool again = false;
  for (int i = 0; i < 200 && !again; ++i) {
    auto client = Client::connect(places_);
    again = client && client->call("echo").has_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(again);
}

TEST_F(Ipc, TheDaemonsEndEndsTheWaiting) {
  start();
  auto client = Client::connect(places_);
  ASSERT_TRUE(client->call("subscribe"));
  std::thread ending([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    server_.reset();
  });
  EXPECT_EQ(client->next_event().error().code, ErrorCode::io);
  ending.join();
}

}  // namespace
}  // namespace midimon::ipc
