// The plugin spotify and `midimon plugin login`, against a server that speaks Spotify's documented
// HTTP (spotify_server.py). The module is the one that is shipped, with the addresses of this
// machine in the place of Spotify's; they have as many letters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "tests/run_program.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kClient[] = "0123456789abcdef0123456789abcdef";

void replace_all(std::string& text, const std::string& old, const std::string& with) {
  ASSERT_EQ(old.size(), with.size());
  ASSERT_NE(text.find(old), std::string::npos);
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos;)
    text.replace(at, old.size(), with);
}

class SpotifyPlugin : public ::testing::Test {
 protected:
  SpotifyPlugin() {
    std::string module = read_text(guest("spotify"));
    replace_all(module, "https://api.spotify.com", "http://127.0.0.10:" + server_.port());
    replace_all(module, "https://accounts.spotify.com", "http://127.100.100.100:" + server_.port());
    write_text(module_, module);
  }

  // What the program printed after `browser` was called with the address it prints first.
  Finished login(const std::function<void(const std::string& url)>& browser,
                 std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"plugin",  "login",       module_, "--unsigned",  "--grant",
                                     "network", "--client-id", kClient, "--no-browser"};
    args.insert(args.end(), more.begin(), more.end());
    return run_midimon(scratch_, args, "", [&](pid_t) {
      const std::string start = "http://127.100.100.100:";
      for (int i = 0; i < 3000; ++i) {
        const std::string out = read_text(scratch_.path(".out"));
        const std::size_t at = out.find(start);
        const std::size_t end = at == std::string::npos ? at : out.find('\n', at);
        if (end != std::string::npos) return browser(out.substr(at, end - at));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
  }
  // Follows the redirects, as a browser whose user agrees to everything.
  static void agree(const std::string& url) {
    ASSERT_EQ(std::system(("curl -s -L -o /dev/null '" + url + "'").c_str()), 0);
  }
  void log_in() {
    const Finished done = login(agree);
    ASSERT_EQ(done.status, 0) << done.err;
    // What the login asked is not what the tests look for.
    std::filesystem::remove(www() / "requests.log");
  }

  json call(const std::string& action, const json& params = json::object()) {
    // They are near, so the user has to name them.
    const Finished done = run_midimon(
        scratch_, {"plugin", "run", module_, "--unsigned", action, "--params", params.dump(),
                   "--json", "--grant", "network:http://127.0.0.10:" + server_.port(), "--grant",
                   "network:http://127.100.100.100:" + server_.port(), "--timeout", "60s"});
    log_ += done.err + done.out;
    return json::parse(done.out, nullptr, false);
  }
  void expect_ok(const std::string& action, const json& params = json::object()) {
    const json result = call(action, params);
    EXPECT_EQ(result.value("outcome", ""), "Ok") << action << ": " << result;
  }
  void expect_error(const std::string& action, int code, const std::string& says,
                    const json& params = json::object()) {
    const json result = call(action, params);
    EXPECT_EQ(result.value("code", -1), code) << result;
    EXPECT_THAT(result.value("message", ""), HasSubstr(says));
  }
  // "PUT /v1/me/player/play {...}" of each request since the login.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::vector<std::string> all;
    std::ifstream in(www() / "requests.log");
    for (std::string line; std::getline(in, line);) {
      const json entry = json::parse(line);
      std::string text =
          entry["method"].get<std::string>() + " " + entry["path"].get<std::string>();
      const auto body = entry["body"].get<std::string>();
      if (!body.empty() && body[0] == '{') text += " " + body;
      all.push_back(text);
    }
    return all;
  }
  [[nodiscard]] std::string last_request() const { return requests().back(); }
  void touch(const std::string& name) const { write_text(www() / name, ""); }
  void next(const json& answer) const { write_text(www() / "next.json", answer.dump()); }
  [[nodiscard]] std::string secrets() const {
    std::string all;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(scratch_.path("home/state/secrets"))) {
      if (entry.is_regular_file()) all += read_text(entry.path());
    }
    return all;
  }
  [[nodiscard]] std::filesystem::path www() const { return scratch_.path("www"); }

  Scratch scratch_;
  bool made_ = std::filesystem::create_directory(scratch_.path("www"));
  PythonServer server_{"spotify_server.py", {scratch_.path("www").string()}};
  std::string module_ = scratch_.path("spotify.wasm").string();
  std::string log_;  // all that was printed
};

TEST_F(SpotifyPlugin, LogsInAndKeepsTheTokensForThePluginAlone) {
  const Finished done = login(agree);
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("spotify is logged in"));
  const json list = json::parse(run_midimon(scratch_, {"secret", "list", "spotify", "--json"}).out);
  std::vector<std::string> names;
  for (const json& one : list) {
    names.push_back(one["name"]);
    EXPECT_EQ(one["kind"], "own");
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("access_token", "client_id", "expires_at",
                                                     "refresh_token"));
}

// On a desktop the browser is opened, with the address as one argument.
TEST_F(SpotifyPlugin, OpensTheBrowser) {
  std::filesystem::create_directory(scratch_.path("bin"));
  const std::string opener = scratch_.path("bin/xdg-open").string();
  write_text(opener, "#!/bin/sh\ntest $# = 1 && exec curl -s -L -o /dev/null \"$1\"\n");
  ASSERT_EQ(::chmod(opener.c_str(), 0700), 0);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (scratch_.path("bin").string() + ":" + path).c_str(), 1);
  ::setenv("DISPLAY", ":none", 1);
  const Finished done = run_midimon(scratch_, {"plugin", "login", module_, "--unsigned", "--grant",
                                               "network", "--client-id", kClient});
  ::setenv("PATH", path.c_str(), 1);
  ::unsetenv("DISPLAY");
  EXPECT_EQ(done.status, 0) << done.err;
}

TEST_F(SpotifyPlugin, NoLoginComesOfANo) {
  touch("deny");
  const Finished done = login(agree);
  EXPECT_EQ(done.status, 1);
  EXPECT_THAT(done.err, HasSubstr("access_denied"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("home/state/secrets/spotify")));
  expect_error("pause", 5, "midimon plugin login spotify");
}

TEST_F(SpotifyPlugin, ACodeOfSomebodyElseIsNotTaken) {
  const Finished done = login([](const std::string& url) {
    const std::size_t at = url.find("redirect_uri=http%3A%2F%2F127.0.0.1%3A");
    const std::string port = url.substr(at + 38, url.find("%2F", at + 38) - at - 38);
    const std::string forged = "http://127.0.0.1:" + port + "/callback?code=evil&state=guess";
    EXPECT_EQ(std::system(("curl -s -o /dev/null '" + forged + "'").c_str()), 0);
    agree(url);
  });
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_THAT(read_text(www() / "requests.log"), Not(HasSubstr("evil")));
}

TEST_F(SpotifyPlugin, LogsInNowhereWithoutTheGrantOrAClient) {
  const Finished none =
      run_midimon(scratch_, {"plugin", "login", module_, "--unsigned", "--client-id", kClient});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("midimon permission grant spotify network"));
  const Finished nobody =
      run_midimon(scratch_, {"plugin", "login", module_, "--unsigned", "--grant", "network"});
  EXPECT_EQ(nobody.status, 2);
  EXPECT_THAT(nobody.err, HasSubstr("--client-id"));
  const Finished other = run_midimon(
      scratch_, {"plugin", "login", guest("counter"), "--unsigned", "--client-id", kClient});
  EXPECT_THAT(other.err, HasSubstr("needs no login"));
}

TEST_F(SpotifyPlugin, TheClientMayStandInAProfileAndTheTimeIsHeld) {
  write_text(scratch_.path("profile.toml"),
             "[plugins.spotify.settings]\nclient_id = \"" + std::string(kClient) + "\"\n");
  const std::vector<std::string> base = {
      "plugin",    "login",   module_,       "--unsigned",
      "--grant",   "network", "-c",          scratch_.path("profile.toml"),
      "--timeout", "1ms",     "--no-browser"};
  const Finished late = run_midimon(scratch_, base);
  EXPECT_EQ(late.status, 1);
  EXPECT_THAT(late.out, HasSubstr("client_id=" + std::string(kClient)));
  EXPECT_THAT(late.err, HasSubstr("in time"));
}

TEST_F(SpotifyPlugin, PlaysAndPauses) {
  log_in();
  expect_ok("play");
  EXPECT_EQ(last_request(), "PUT /v1/me/player/play");
  expect_ok("toggle");
  EXPECT_EQ(last_request(), "PUT /v1/me/player/pause");
  const json toggled = call("toggle");
  EXPECT_EQ(last_request(), "PUT /v1/me/player/play");
  EXPECT_EQ(toggled["state"]["state"], "playing");
  expect_ok("pause");
  expect_ok("next");
  EXPECT_EQ(last_request(), "POST /v1/me/player/next");
  expect_ok("previous");
  EXPECT_EQ(last_request(), "POST /v1/me/player/previous");
  expect_error("pause", 3, "Restriction violated");
}

TEST_F(SpotifyPlugin, PlaysWhatIsMeant) {
  log_in();
  expect_ok("play", {{"uri", "spotify:track:4uLU6hMCjMI75M1A2tKUQC"}});
  EXPECT_EQ(last_request(),
            R"(PUT /v1/me/player/play {"uris":["spotify:track:4uLU6hMCjMI75M1A2tKUQC"]})");
  expect_ok("play", {{"uri", "https://open.spotify.com/intl-de/album/1DFixLWuPkv3KT3T?si=x"}});
  EXPECT_EQ(last_request(),
            R"(PUT /v1/me/player/play {"context_uri":"spotify:album:1DFixLWuPkv3KT3T"})");
  expect_ok("play", {{"name", "running"}});
  EXPECT_THAT(last_request(), HasSubstr("spotify:playlist:37i9dQZF1DX0hWmn8d5pRH"));
  expect_ok("play", {{"name", "Best & of"}, {"kind", "album"}});
  EXPECT_THAT(requests()[requests().size() - 2], HasSubstr("q=Best%20%26%20of&type=album"));
  EXPECT_THAT(last_request(), HasSubstr("spotify:album:6rqhFgbbKwnb9MLm"));
  expect_error("play", 9, "knows no artist", {{"name", "nothing"}, {"kind", "artist"}});
  for (const char* uri : {"spotify:track:", "spotify:user:x", "https://evil.example/track/a",
                          "spotify:track:a/../b", "https://open.spotify.com/intl-", "x"}) {
    expect_error("play", 4, "open.spotify.com", {{"uri", uri}});
  }
}

TEST_F(SpotifyPlugin, SetsVolumeShuffleRepeatAndPlace) {
  log_in();
  expect_ok("volume", {{"percent", 30}});
  expect_ok("volume_up", {{"percent", 15}});
  EXPECT_EQ(last_request(), "PUT /v1/me/player/volume?volume_percent=45");
  expect_ok("volume_down", {{"percent", 100}});
  EXPECT_EQ(last_request(), "PUT /v1/me/player/volume?volume_percent=0");
  expect_ok("shuffle");
  EXPECT_EQ(last_request(), "PUT /v1/me/player/shuffle?state=true");
  expect_ok("repeat");
  EXPECT_EQ(last_request(), "PUT /v1/me/player/repeat?state=context");
  expect_ok("seek", {{"position_ms", 1000}});
  expect_ok("seek", {{"by_ms", -5000}});
  EXPECT_EQ(last_request(), "PUT /v1/me/player/seek?position_ms=0");
  expect_error("seek", 4, "position_ms");
}

TEST_F(SpotifyPlugin, QueuesSavesAndTransfers) {
  log_in();
  expect_ok("queue", {{"uri", "spotify:track:4uLU6hMCjMI75M1A2tKUQC"}});
  EXPECT_EQ(last_request(),
            "POST /v1/me/player/queue?uri=spotify%3Atrack%3A4uLU6hMCjMI75M1A2tKUQC");
  expect_error("queue", 4, "Only a track", {{"uri", "spotify:album:1DFixLWuPkv3KT3T"}});
  expect_ok("save");
  EXPECT_EQ(last_request(), "PUT /v1/me/library?uris=spotify%3Atrack%3A11dFghVXANMlKmJXsNCbNl");
  expect_ok("unsave");
  EXPECT_THAT(last_request(), HasSubstr("DELETE /v1/me/library?"));
  expect_ok("transfer", {{"device", "firefox"}});
  EXPECT_EQ(last_request(), R"(PUT /v1/me/player {"device_ids":["ed01a3f7"],"play":true})");
  expect_error("transfer", 6, "Kitchen speaker, Web Player (Firefox)", {{"device", "car"}});
  EXPECT_EQ(call("devices")["output"]["devices"][1]["active"], true);
  const json now = call("now");
  EXPECT_EQ(now["output"]["title"], "Cut To The Feeling - Carly Rae Jepsen");
  EXPECT_EQ(now["output"]["playing"], true);
}

TEST_F(SpotifyPlugin, ATokenThatEndedIsRefreshedOnce) {
  log_in();
  touch("expire");
  expect_ok("next");
  const std::vector<std::string> expected = {"POST /v1/me/player/next", "POST /api/token",
                                             "POST /v1/me/player/next"};
  EXPECT_EQ(requests(), expected);
  expect_ok("next");  // with the new token, and the new refresh token
  touch("expire");
  expect_ok("next");
  EXPECT_EQ(requests().size(), 7U);
}

TEST_F(SpotifyPlugin, ATokenThatIsNotTakenAfterItsRefreshIsNotRefreshedAgain) {
  log_in();
  touch("expire");
  EXPECT_EQ(call("next")["outcome"], "Ok");
  touch("expire");
  next({{"path", "/api/token"},
        {"status", 200},
        {"body", R"({"access_token":"wrong","token_type":"Bearer","expires_in":3600})"}});
  std::filesystem::remove(www() / "requests.log");
  expect_error("next", 5, "Log in");
  EXPECT_EQ(requests().size(), 3U);
}

TEST_F(SpotifyPlugin, ALoginThatWasEndedIsSaid) {
  log_in();
  touch("expire");
  touch("revoke");
  expect_error("next", 5, "ended at Spotify");
}

TEST_F(SpotifyPlugin, WaitsWhereItMayAndSaysHowLongWhereNot) {
  log_in();
  next({{"path", "/v1/me/player/next"}, {"status", 429}, {"headers", {{"Retry-After", "1"}}}});
  expect_ok("next");
  EXPECT_EQ(requests().size(), 2U);
  next({{"path", "/v1/me/player/next"}, {"status", 429}, {"headers", {{"Retry-After", "37"}}}});
  expect_error("next", 8, "37 seconds");
  EXPECT_EQ(requests().size(), 3U);
  next({{"path", "/v1/me/player/next"}, {"status", 429}});
  expect_error("next", 8, "a while");
}

TEST_F(SpotifyPlugin, SaysInWordsWhatIsWrong) {
  log_in();
  touch("closed");
  expect_error("next", 6, "open nowhere");
  expect_error("now", 6, "Nothing plays");
  std::filesystem::remove(www() / "closed");
  touch("free");
  expect_error("next", 7, "Premium");
  std::filesystem::remove(www() / "free");
  next({{"path", "/v1/me/player/next"}, {"status", 503}, {"body", "<html>"}});
  expect_error("next", 3, "(503)");
  next({{"path", "/v1/me/player/next"},
        {"status", 403},
        {"body", R"({"error":{"status":403,"message":"Insufficient client scope"}})"}});
  expect_error("next", 5, "does not cover");
  next({{"path", "/v1/me/player/next"},
        {"status", 302},
        {"headers", {{"Location", "http://127.0.0.1:1/"}}}});
  expect_error("next", 3, "(302)");
}

TEST_F(SpotifyPlugin, NothingSaysATokenAloud) {
  log_in();
  touch("expire");
  call("now");
  call("devices");
  const std::string kept = secrets();
  ASSERT_THAT(kept, HasSubstr("access_token"));
  const std::string audit = run_midimon(scratch_, {"audit", "query", "--json"}).out;
  for (const std::string& said : {log_, audit}) {
    EXPECT_THAT(said, Not(HasSubstr("Bearer BQ")));
    EXPECT_THAT(said, Not(::testing::ContainsRegex("[AB]Q[A-Za-z0-9_-]{60}")));
  }
}

TEST_F(SpotifyPlugin, ReachesSpotifyAndNothingElse) {
  const json info =
      json::parse(run_midimon(scratch_, {"plugin", "info", guest("spotify"), "--json"}).out);
  ASSERT_EQ(info["capabilities"].size(), 1U);
  EXPECT_EQ(info["capabilities"][0]["allow"],
            json::array({"https://api.spotify.com", "https://accounts.spotify.com"}));
}

}  // namespace
}  // namespace midimon::testing
