// What a plugin reaches with host functions, through the whole of it: the command, the grant, the
// confined thread, the engine and the guest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Reach : public ::testing::Test {
 protected:
  Reach() {
    std::filesystem::create_directory(scratch_.path("www"));
    write_text(scratch_.path("www") / "a", "hello");
  }
  [[nodiscard]] json run(const std::string& action, const json& request,
                         const std::vector<std::string>& grants) const {
    std::vector<std::string> args = {
        "plugin", "run",    "--unsigned", guest("reach"),
        action,   "--json", "--params",   json{{"request", request.dump()}}.dump()};
    for (const std::string& grant : grants)
      args.insert(args.end(), {"--grant", grant});
    const Finished finished = run_midimon(scratch_, args);
    return json::parse(finished.out, nullptr, false);
  }

  Scratch scratch_;
};

TEST_F(Reach, AServerByAConnectionThatTheConfinedThreadCouldNotMake) {
  const WebServer server(scratch_.path("www"));
  const std::string origin = "network:http://127.0.0.1:" + server.port();
  const json answer = run("http", {{"url", server.url("a")}}, {origin});
  EXPECT_EQ(answer.value("outcome", ""), "Ok") << answer;
  EXPECT_EQ(answer.value("stdout", ""), "hello") << answer;
}

TEST_F(Reach, ATlsServerByCertificatesThatTheConfinedThreadCouldNotRead) {
  std::filesystem::create_directory(scratch_.path("tls"));
  make_certificate(scratch_.path("tls"));
  const WebServer server(scratch_.path("www"), scratch_.path("tls"));
  const std::string origin = "network:https://localhost:" + server.port();
  const json request = {{"url", "https://localhost:" + server.port() + "/a"}};
  const json stranger = run("http", request, {origin});
  EXPECT_THAT(stranger.value("message", ""), HasSubstr("certificate does not hold"));
  ::setenv("MIDIMON_CA_FILE", scratch_.path("tls/certificate.pem").c_str(), 1);
  const json answer = run("http", request, {origin});
  ::unsetenv("MIDIMON_CA_FILE");
  EXPECT_EQ(answer.value("stdout", ""), "hello") << answer;
}

// The plugin asks for ports of 127.0.0.1; its user said no more than "network".
TEST_F(Reach, WhatAPluginAsksForByNameIsNotWhatItsUserNamed) {
  const auto run_obs = [&](const std::string& grant) {
    const Finished done = run_midimon(scratch_, {"plugin", "run", "--unsigned", guest("obs"),
                                                 "status", "--json", "--grant", grant});
    return json::parse(done.out, nullptr, false).value("message", "");
  };
  EXPECT_THAT(run_obs("network"), HasSubstr("127.0.0.1 is this machine; only a grant of that"));
  EXPECT_THAT(run_obs("network:ws://127.0.0.1:4455"), HasSubstr("cannot be reached"));
}

TEST_F(Reach, NothingWithoutAGrantAndThisMachineOnlyByName) {
  const WebServer server(scratch_.path("www"));
  const json request = {{"url", server.url("a")}};
  const json none = run("http", request, {});
  EXPECT_EQ(none.value("outcome", ""), "PluginError");
  EXPECT_EQ(none.value("code", 0), 3);
  EXPECT_THAT(none.value("message", ""), HasSubstr("was not granted network:"));
  const json whole = run("http", request, {"network"});
  EXPECT_EQ(whole.value("code", 0), 3);
  EXPECT_THAT(whole.value("message", ""), HasSubstr("this machine"));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Reach, AWebSocket) {
  const PythonServer server("websocket_server.py", {});
  const std::string origin = "ws://127.0.0.1:" + server.port();
  const json answer = run("talk", {{"url", origin + "/echo"}}, {"network:" + origin});
  EXPECT_EQ(answer.value("stdout", ""), "hello") << answer;
}

// Neither the plugin nor its thread could read that file.
TEST_F(Reach, AProgramAsItsUserWouldRunIt) {
  write_text(scratch_.path("secret"), "of the user\n");
  const std::string file = scratch_.path("secret").string();
  const json answer =
      run("exec", {{"argv", {"/bin/cat", file, "-"}}}, {"subprocess:/bin/cat " + file + " -"});
  EXPECT_EQ(answer.value("stdout", ""), "of the user\ninput") << answer;
  const json other = run("exec", {{"argv", {"/bin/cat", "/etc/passwd", "-"}}},
                         {"subprocess:/bin/cat " + file + " -"});
  EXPECT_EQ(other.value("code", 0), 3);
}

}  // namespace
}  // namespace midimon::testing
