// Plugins from the web, as a user sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/signed_plugins.h"
#include "tests/terminal.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FromTheWeb : public SignedPlugins {
 protected:
  FromTheWeb() {
    ::unsetenv("MIDIMON_CA_FILE");
    trust("a");
  }

  std::filesystem::path make(const std::string& name) const {
    std::filesystem::create_directory(scratch_.path(name));
    return scratch_.path(name);
  }
  // Puts a package on the server, and answers its URL.
  std::string serve(const std::string& version, const std::string& how = {}) const {
    server_.put("echo.midiplug", read_text(package(version, "a")), how);
    return server_.url("echo.midiplug");
  }

  WebServer server_{make("www")};
};

TEST_F(FromTheWeb, InstallsAndUpdatesAPackage) {
  const Finished done = run({"plugin", "install", serve("1.0.0")});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(done.err, "");  // no progress where there is no terminal
  EXPECT_EQ(in_use(), "1.0.0");
  EXPECT_EQ(run({"plugin", "update", serve("1.1.0")}).status, 0);
  EXPECT_EQ(in_use(), "1.1.0");
  EXPECT_TRUE(std::filesystem::is_empty(path("home/cache/downloads")));
}

TEST_F(FromTheWeb, InstallsAModuleWithTheSignatureBesideIt) {
  const std::string directory = source("1.0.0", "a");
  server_.put("e.wasm", read_text(directory + "/plugin.wasm"));
  expect_refused({"plugin", "install", server_.url("e.wasm?v=1")}, 2, "is not signed");
  server_.put("e.wasm.minisig", read_text(directory + "/plugin.wasm.minisig"));
  EXPECT_EQ(run({"plugin", "install", server_.url("e.wasm?v=1")}).status, 0);
  EXPECT_THAT(server_.requests().back(), HasSubstr(R"("path": "/e.wasm.minisig?v=1")"));
}

TEST_F(FromTheWeb, ASignatureThatCannotBeFetchedIsNoMissingOne) {
  const std::string directory = source("1.0.0", "a");
  server_.put("e.wasm", read_text(directory + "/plugin.wasm"));
  server_.put("e.wasm.minisig", "", "status 500\n");
  expect_refused({"plugin", "install", "--unsigned", server_.url("e.wasm")}, 2, "status 500");
}

TEST_F(FromTheWeb, TheSignatureIsJudgedLikeThatOfAFile) {
  server_.put("echo.midiplug", read_text(package("1.0.0", "b")));
  expect_refused({"plugin", "install", server_.url("echo.midiplug")}, 5, "has been signed by");
  EXPECT_EQ(in_use(), "none");
}

TEST_F(FromTheWeb, RefusesPlainHttpFromOtherMachines) {
  expect_refused({"plugin", "install", "http://192.0.2.1/echo.midiplug"}, 2, "Use https://.");
}

TEST_F(FromTheWeb, SaysWhatIsNotThere) {
  expect_refused({"plugin", "install", server_.url("none.midiplug")}, 2, "Check the URL.");
  server_.put("page.html", "<html>");
  expect_refused({"plugin", "install", server_.url("page.html")}, 2, "page.html: ");
}

TEST_F(FromTheWeb, UsesTlsWithTheAuthorityThatIsNamed) {
  make_certificate(make("tls"));
  const WebServer server(scratch_.path("www"), scratch_.path("tls"));
  serve("1.0.0");
  expect_refused({"plugin", "install", server.url("echo.midiplug")}, 2, "MIDIMON_CA_FILE");
  ::setenv("MIDIMON_CA_FILE", path("tls/certificate.pem").c_str(), 1);
  EXPECT_EQ(run({"plugin", "install", server.url("echo.midiplug")}).status, 0);
}

TEST_F(FromTheWeb, GoesOnWithADownloadThatWasKilled) {
  const std::string url = serve("1.0.0", "drip 0.02\n");
  const Finished killed = run_midimon(scratch_, {"plugin", "install", url}, {}, [&](pid_t pid) {
    while (server_.requests().empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(pid, SIGINT);
  });
  EXPECT_EQ(killed.status, 130);
  server_.behave("echo.midiplug", "");
  EXPECT_EQ(run({"plugin", "install", url}).status, 0);
  EXPECT_THAT(server_.requests().back(), HasSubstr(R"("range": "bytes=)"));
}

TEST_F(FromTheWeb, ShowsProgressOnATerminal) {
  Terminal terminal(scratch_, {"plugin", "install", serve("1.0.0")});
  EXPECT_EQ(terminal.wait(), 0) << terminal.shown();
  EXPECT_THAT(terminal.shown(), AllOf(HasSubstr("echo.midiplug  "), HasSubstr(" of ")));
}

}  // namespace
}  // namespace midimon::testing
