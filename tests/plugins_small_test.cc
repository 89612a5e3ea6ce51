// The plugins counter, script-log and http-request, as their users meet them; and what the READMEs
// of all plugins show.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/plugin_refusals.h"
#include "tests/run_program.h"
#include "tests/web_server.h"

namespace midimon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class SmallPlugins : public ::testing::Test {
 protected:
  json call(const std::string& plugin, const std::string& action, const json& params,
            const std::vector<std::string>& more) {
    std::vector<std::string> args = {"plugin", "run",      guest(plugin), "--unsigned",
                                     action,   "--params", params.dump(), "--json"};
    args.insert(args.end(), more.begin(), more.end());
    const Finished done = run_midimon(scratch_, args);
    err_ = done.err;
    return json::parse(done.out, nullptr, false);
  }
  json count(const std::string& action, const json& params, const json& settings = {}) {
    std::vector<std::string> more = {"--grant", "filesystem"};
    if (!settings.is_null()) more.insert(more.end(), {"--settings", settings.dump()});
    return call("counter", action, params, more);
  }
  json note(const json& params, const std::vector<std::string>& more = {}) {
    std::vector<std::string> args = {"--grant", "filesystem", "--velocity", "90", "--mode", "2"};
    args.insert(args.end(), more.begin(), more.end());
    return call("script-log", "append", params, args);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& plugin,
                                           const std::string& name) const {
    return scratch_.path("home/data/plugin-data/" + plugin) / name;
  }
  std::vector<json> lines(const std::string& name) {
    std::ifstream in(file("script-log", name));
    std::vector<json> all;
    for (std::string line; std::getline(in, line);)
      all.push_back(json::parse(line));
    return all;
  }

  Scratch scratch_;
  std::string err_;
};

TEST_F(SmallPlugins, CountsUpAndDownInFiles) {
  EXPECT_EQ(count("increment", {{"counter", "deaths"}})["output"]["value"], 1);
  const json two = count("increment", {{"counter", "deaths"}, {"by", 10}});
  EXPECT_EQ(two["output"]["text"], "11");
  EXPECT_EQ(two["state"]["text"], "11");
  EXPECT_EQ(read_text(file("counter", "deaths.txt")), "11");
  EXPECT_EQ(count("decrement", {{"counter", "wins"}})["output"]["value"], -1);
  EXPECT_EQ(count("set", {{"counter", "deaths"}, {"value", 7}})["output"]["value"], 7);
  EXPECT_EQ(count("reset", {{"counter", "deaths"}})["output"]["value"], 0);
  EXPECT_EQ(json::parse(read_text(file("counter", "counters.json"))),
            json({{"deaths", 0}, {"wins", -1}}));
}

TEST_F(SmallPlugins, ACounterSaysWhatItsTemplateSays) {
  const json settings = {{"templates", {{"deaths", "Deaths: {value} ({value}!)"}}}};
  count("increment", {{"counter", "deaths"}}, settings);
  EXPECT_EQ(read_text(file("counter", "deaths.txt")), "Deaths: 1 (1!)");
  const json wrong = count("increment", {{"counter", "deaths"}}, {{"templates", 5}});
  EXPECT_TRUE(wrong.is_discarded());
  EXPECT_THAT(err_, HasSubstr("templates"));
}

TEST_F(SmallPlugins, ACounterHasNoNameThatLeadsElsewhere) {
  std::vector<json> all;
  for (const char* name : {"", "..", "a/b", "a.txt", "Ä", "A", "012345678901234567890123456789012"})
    all.push_back({{"counter", name}});
  expect_refused(scratch_, "counter", "increment", all);
  EXPECT_FALSE(std::filesystem::exists(file("counter", "counters.json")));
}

TEST_F(SmallPlugins, ACounterStaysWithinWhatItHolds) {
  const std::int64_t most = 1'000'000'000'000'000;
  EXPECT_EQ(count("set", {{"counter", "a"}, {"value", most}})["outcome"], "Ok");
  const json beyond = count("increment", {{"counter", "a"}});
  EXPECT_EQ(beyond["code"], 4);
  EXPECT_EQ(read_text(file("counter", "a.txt")), std::to_string(most));
  write_text(file("counter", "counters.json"), R"({"a": 9223372036854775807, "b": "x"})");
  EXPECT_EQ(count("increment", {{"counter", "a"}})["output"]["value"], 1);
  EXPECT_EQ(count("increment", {{"counter", "b"}})["output"]["value"], 1);
}

TEST_F(SmallPlugins, DamagedCountersArePutAside) {
  count("increment", {{"counter", "a"}});
  write_text(file("counter", "counters.json"), R"({"a": )");
  EXPECT_EQ(count("increment", {{"counter", "a"}})["output"]["value"], 1);
  EXPECT_EQ(read_text(file("counter", "counters.json.damaged")), R"({"a": )");
  EXPECT_THAT(err_, HasSubstr("counters.json.damaged"));
}

TEST_F(SmallPlugins, WithoutTheGrantACounterSaysSo) {
  const json result = call("counter", "increment", {{"counter", "a"}}, {});
  EXPECT_EQ(result["outcome"], "PluginError");
  EXPECT_THAT(err_, HasSubstr("filesystem"));
}

TEST_F(SmallPlugins, ScriptLogWritesALineForEachCall) {
  const json first = note({{"text", "intro \"1\""}, {"data", {{"note", "C4"}}}});
  EXPECT_EQ(first["outcome"], "Ok") << first;
  note({{"file", "other.log"}});
  note(json::object());
  const auto all = lines("events.jsonl");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["text"], "intro \"1\"");
  EXPECT_EQ(all[0]["data"]["note"], "C4");
  EXPECT_EQ(all[0]["velocity"], 90);
  EXPECT_EQ(all[0]["mode"], 2);
  EXPECT_EQ(lines("other.log").size(), 1U);
  // The time is the same in both ways of writing it.
  const auto ms = all[0]["timestamp_ms"].get<std::int64_t>();
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms % 1000));
  EXPECT_EQ(all[0]["time"], std::string(text) + fraction);
}

TEST_F(SmallPlugins, ScriptLogKeepsToItsDirectory) {
  std::vector<json> all;
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden", "a\nb", "/x"})
    all.push_back({{"file", name}});
  expect_refused(scratch_, "script-log", "append", all);
}

TEST_F(SmallPlugins, ScriptLogBeginsAFileAnewOnceItIsFull) {
  const std::vector<std::string> small = {"--settings", R"({"max_kib": 16})"};
  note(json::object(), small);
  write_text(file("script-log", "events.jsonl"), std::string(16 * 1024 - 10, '\n'));
  note({{"text", "new"}}, small);
  EXPECT_EQ(read_text(file("script-log", "events.jsonl.1")).size(), 16U * 1024 - 10);
  ASSERT_EQ(lines("events.jsonl").size(), 1U);
  EXPECT_EQ(lines("events.jsonl")[0]["text"], "new");
}

TEST_F(SmallPlugins, EveryPluginHasAReadmeAnIconAndSchemas) {
  int plugins = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MIDIMON_SOURCE_DIR "/plugins")) {
    if (!entry.is_directory()) continue;
    ++plugins;
    const std::string name = entry.path().filename();
    EXPECT_FALSE(read_text(entry.path() / "README.md").empty()) << name;
    EXPECT_THAT(read_text(entry.path() / "icon.svg"), HasSubstr("</svg>")) << name;
    const Finished info = run_midimon(scratch_, {"plugin", "info", guest(name), "--json"});
    const json metadata = json::parse(info.out, nullptr, false);
    ASSERT_TRUE(metadata.is_object()) << name << info.err;
    for (const json& action : metadata["actions"])
      EXPECT_TRUE(action.contains("params")) << name << action;
  }
  EXPECT_GE(plugins, 8);
}

// The profiles of the READMEs are right, and each plugin takes what they say.
TEST_F(SmallPlugins, TheProfilesOfTheReadmesCanBeUsed) {
  for (const char* name :
       {"counter", "http-request", "midi-tools", "script-log", "spotify", "system-utils"}) {
    const std::string readme =
        read_text(std::string(MIDIMON_SOURCE_DIR "/plugins/") + name + "/README.md");
    const std::size_t start = readme.find("```toml\n") + 8;
    std::string profile = readme.substr(start, readme.find("```", start) - start);
    const std::string module = std::string(name) + ".wasm";
    ASSERT_NE(profile.find(module), std::string::npos) << name;
    profile.replace(profile.find(module), module.size(), guest(name));
    write_text(scratch_.path("profile.toml"), profile);
    const Finished done = run_midimon(scratch_, {"check", scratch_.path("profile.toml")});
    EXPECT_EQ(done.status, 0) << name << done.out << done.err;
  }
}

class HttpRequestPlugin : public SmallPlugins {
 protected:
  json send(json params, const std::string& name = "hook") {
    params["url"] = server_.url(name);
    return call("http-request", "send", params,
                {"--grant", "network:http://127.0.0.1:" + server_.port()});
  }
  [[nodiscard]] json request(std::size_t index = 0) const {
    return json::parse(server_.requests().at(index));
  }

  bool made_ = std::filesystem::create_directory(scratch_.path("www"));
  WebServer server_{scratch_.path("www")};
};

TEST_F(HttpRequestPlugin, SendsWhatItIsToldAndSaysWhatCameBack) {
  server_.put("hook", R"({"done": true})", "status 201");
  const json result = send({{"json", {{"level", 70}}}, {"headers", {{"X-Pad", "A1"}}}});
  EXPECT_EQ(result["outcome"], "Ok") << result;
  EXPECT_EQ(result["output"]["status"], 201);
  EXPECT_EQ(result["output"]["json"]["done"], true);
  EXPECT_EQ(request()["method"], "POST");
  EXPECT_EQ(request()["body"], R"({"level":70})");
  EXPECT_EQ(request()["headers"]["content-type"], "application/json");
  EXPECT_EQ(request()["headers"]["x-pad"], "A1");
}

TEST_F(HttpRequestPlugin, SendsABodyAsItIs) {
  server_.put("hook", "thanks");
  const json result =
      send({{"method", "PUT"}, {"body", "a=1"}, {"headers", {{"content-type", "text/plain"}}}});
  EXPECT_EQ(result["output"]["body"], "thanks");
  EXPECT_EQ(request()["method"], "PUT");
  EXPECT_EQ(request()["body"], "a=1");
  EXPECT_EQ(request()["headers"]["content-type"], "text/plain");
}

TEST_F(HttpRequestPlugin, ASecretReachesTheServerAndNobodyElse) {
  server_.put("hook", "ok");
  ASSERT_EQ(
      run_midimon(scratch_, {"secret", "set", guest("http-request"), "TOKEN"}, "s3cret\n").status,
      0);
  const json result = send({{"secret_headers", {{"Authorization", "Bearer {{TOKEN}}"}}}});
  EXPECT_EQ(result["outcome"], "Ok") << result;
  EXPECT_EQ(request()["headers"]["authorization"], "Bearer s3cret");
  EXPECT_THAT(result.dump() + err_, Not(HasSubstr("s3cret")));
  const json unknown = send({{"secret_headers", {{"X-Key", "{{OTHER}}"}}}});
  EXPECT_NE(unknown["outcome"], "Ok");
  const json none = send({{"secret_headers", {{"X-Key", "{TOKEN}}"}}}});
  EXPECT_EQ(none["code"], 4);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpRequestPlugin, AProfileSendsValuesOfTheEventAndASecret) {
  server_.put("hook", "ok");
  ASSERT_EQ(
      run_midimon(scratch_, {"secret", "set", guest("http-request"), "TOKEN"}, "s3cret\n").status,
      0);
  const std::string origin = "http://127.0.0.1:" + server_.port();
  write_text(scratch_.path("p.toml"),
             "[plugins.http-request]\nunsigned = true\nmodule = \"" + guest("http-request") +
                 "\"\ngrant = [\"network:" + origin +
                 "\"]\n[[global_mappings]]\ntrigger = { type = \"Note\", note = 60 }\n"
                 "[global_mappings.action]\ntype = \"Plugin\"\nplugin = \"http-request\"\n"
                 "action = \"send\"\n[global_mappings.action.params]\nurl = \"" +
                 origin +
                 "/hook\"\njson = { note = \"{note}\", hit = \"{note_name} {velocity}\" }\n"
                 "secret_headers = { Authorization = \"Bearer {{{TOKEN}}\" }\n");
  write_text(scratch_.path("song.mid"),
             std::string("MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\14", 22) +
                 std::string("\0\x90\x3c\x64\x10\x80\x3c\0\0\xff\x2f\0", 12));
  const Finished done = run_midimon(
      scratch_, {"run", "-c", scratch_.path("p.toml"), "--midi-file", scratch_.path("song.mid")});
  EXPECT_EQ(done.status, 0) << done.out << done.err;
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(request()["headers"]["authorization"], "Bearer s3cret");
  EXPECT_EQ(json::parse(request()["body"].get<std::string>()),
            json({{"note", 60}, {"hit", "C4 100"}}));
}

TEST_F(HttpRequestPlugin, AStatusThatIsAnErrorFailsUnlessItIsExpected) {
  server_.put("hook", "no such \x1b[2J hook", "status 404");
  const json failed = send(json::object());
  EXPECT_EQ(failed["code"], 5);
  EXPECT_THAT(failed["message"], HasSubstr("404: no such \\x1b[2J hook"));
  EXPECT_EQ(failed["output"]["status"], 404);
  EXPECT_EQ(send({{"accept_errors", true}})["outcome"], "Ok");
}

TEST_F(HttpRequestPlugin, ABodyThatIsLargeIsCutAndWhatIsNoTextLeftOut) {
  server_.put("hook", std::string(100'000, 'a') + "ä");
  const json large = send({{"method", "GET"}});
  EXPECT_EQ(large["output"]["whole"], false);
  EXPECT_EQ(large["output"]["body"].get<std::string>().size(), 16U * 1024);
  server_.put("bytes", "\xff\xfe");
  const json bytes = send({{"method", "GET"}}, "bytes");
  EXPECT_EQ(bytes["outcome"], "Ok") << bytes;
  EXPECT_FALSE(bytes["output"].contains("body"));
}

TEST_F(HttpRequestPlugin, RefusesWhatIsNoRequest) {
  server_.put("hook", "ok");
  std::vector<json> all = {json{{"body", "a"}, {"json", 1}},
                           json{{"headers", {{"A", 1}}}},
                           json{{"method", "TRACE"}},
                           json{{"headers", {{"Host", "evil"}}}},
                           json{{"headers", {{"A", "b\r\nC: d"}}}},
                           json{{"timeout_ms", 0}}};
  for (json& params : all)
    params["url"] = server_.url("hook");
  expect_refused(scratch_, "http-request", "send", all);
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(HttpRequestPlugin, GoesNowhereThatWasNotGranted) {
  server_.put("hook", "ok");
  const json result = call("http-request", "send", {{"url", server_.url("hook")}},
                           {"--grant", "network:https://example.org"});
  EXPECT_EQ(result["outcome"], "PluginError");
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace midimon::testing
