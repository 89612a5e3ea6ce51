#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "hostapi/test_support.h"
#include "process/runner.h"

namespace midimon::hostapi {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Exec : public ::testing::Test {
 protected:
  [[nodiscard]] Guest guest(const std::vector<std::string>& commands) {
    Services services;
    services.programs = &runner_;
    return {granted(CapabilityKind::subprocess, commands), services};
  }
  struct Asked {
    Answer answer;
    std::uint32_t handle;
  };
  static Asked exec(Guest& guest, const nlohmann::json& request, const std::string& input = "") {
    const auto json = guest.put(request.dump());
    const auto bytes = guest.put(input);
    const std::uint32_t handle = guest.slot();
    const Answer answer =
        guest.call("exec", {json.address, json.length, bytes.address, bytes.length, handle});
    return {answer, guest.number(handle)};
  }
  static Answer run(Guest& guest, const std::vector<std::string>& argv) {
    return exec(guest, {{"argv", argv}}).answer;
  }

  Runner runner_;
};

TEST_F(Exec, RunsAndTellsWhatCameOfIt) {
  Guest it = guest({"/bin/sh ..."});
  const Asked asked =
      exec(it, {{"argv", {"/bin/sh", "-c", "cat; echo oops >&2; exit 3"}}}, "hello");
  ASSERT_EQ(asked.answer, Answer::ok) << it.last_error();
  const auto result = nlohmann::json::parse(it.read("exec_result", {asked.handle}).second);
  EXPECT_EQ(result, nlohmann::json::parse(R"({"status":3,"signal":null,"timed_out":false,
                                            "stdout_truncated":false,"stderr_truncated":false})"));
  EXPECT_EQ(it.read("exec_read", {asked.handle, 1}, 3).second, "hel");
  EXPECT_EQ(it.read("exec_read", {asked.handle, 1}, 3).second, "lo");
  EXPECT_EQ(it.read("exec_read", {asked.handle, 1}, 3).second, "");
  EXPECT_EQ(it.read("exec_read", {asked.handle, 2}).second, "oops\n");
  EXPECT_EQ(it.call("exec_close", {asked.handle}), Answer::ok);
  EXPECT_EQ(it.call("exec_close", {asked.handle}), Answer::not_found);
}

TEST_F(Exec, WithoutAGrantNothingRunsAndItIsKnown) {
  Guest it = guest({"/bin/echo hello"});
  EXPECT_EQ(run(it, {"/bin/echo", "other"}), Answer::not_granted);
  EXPECT_THAT(it.last_error(), HasSubstr("/bin/echo other"));
  EXPECT_THAT(it.sink.events, ElementsAre("deny subprocess:/bin/echo other"));
  EXPECT_EQ(run(it, {"/bin/echo", "hello"}), Answer::ok);
}

TEST_F(Exec, ArgumentInjectionMoreArgumentsThanGranted) {
  Guest it = guest({"/bin/echo hello *"});
  EXPECT_EQ(run(it, {"/bin/echo", "hello", "x", "--more"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "hello"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "hello", "x"}), Answer::ok);
}

TEST_F(Exec, ArgumentInjectionAnOptionInPlaceOfAWord) {
  Guest it = guest({"/bin/echo next", "/bin/echo --title=*"});
  EXPECT_EQ(run(it, {"/bin/echo", "--next"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "-e"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "--titl"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "--title=--next"}), Answer::ok);
}

TEST_F(Exec, ArgumentInjectionAWordThatIsSeveral) {
  Guest it = guest({"/bin/echo a b"});
  EXPECT_EQ(run(it, {"/bin/echo", "a b"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo a b"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "a\nb"}), Answer::not_granted);
}

TEST_F(Exec, ArgumentInjectionAStarOrDotsAreNoPatternInARequest) {
  Guest it = guest({"/bin/echo a"});
  EXPECT_EQ(run(it, {"/bin/echo", "*"}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "..."}), Answer::not_granted);
  EXPECT_EQ(run(it, {"/bin/echo", "a*"}), Answer::not_granted);
}

TEST_F(Exec, ArgumentInjectionNobodyExpandsAWord) {
  Guest it = guest({"/bin/echo *"});
  const Asked asked = exec(it, {{"argv", {"/bin/echo", "$(id); `id` | cat > /tmp/x && * ~"}}});
  ASSERT_EQ(asked.answer, Answer::ok);
  EXPECT_EQ(it.read("exec_read", {asked.handle, 1}).second, "$(id); `id` | cat > /tmp/x && * ~\n");
}

TEST_F(Exec, ArgumentInjectionANulWouldHideTheRest) {
  Guest it = guest({"/bin/echo a*"});
  EXPECT_EQ(run(it, {"/bin/echo", std::string("a\0--evil", 8)}), Answer::invalid);
  EXPECT_EQ(run(it, {std::string("/bin/echo\0x", 11), "a"}), Answer::invalid);
}

TEST_F(Exec, AProgramHasOnePath) {
  Guest it = guest({"/bin/echo ..."});
  for (const char* path : {"echo", "./echo", "../bin/echo", "", "/", "/bin/../bin/echo",
                           "/bin/./echo", "//bin/echo", "/bin//echo", "/bin/echo/"}) {
    EXPECT_EQ(run(it, {path, "x"}), Answer::invalid) << path;
  }
  EXPECT_EQ(run(it, {"/usr/bin/echo", "x"}), Answer::not_granted);  // though it is the same file
  EXPECT_EQ(run(it, {"/bin/sh", "x"}), Answer::not_granted);
}

TEST_F(Exec, RequestsThatAreNoneAreRefused) {
  Guest it = guest({"/bin/echo ..."});
  for (const char* json :
       {"", "null", "[]", "{}", R"({"argv":[]})", R"({"argv":"/bin/echo"})",
        R"({"argv":["/bin/echo",1]})", R"({"argv":["/bin/echo"],"shell":true})",
        R"({"argv":["/bin/echo"],"env":{"LD_PRELOAD":"x"}})", R"({"argv":["/bin/echo"],"cwd":"/"})",
        R"({"argv":["/bin/echo"],"timeout_ms":-1})", R"({"argv":[["/bin/echo"]]})"}) {
    const auto text = it.put(json);
    EXPECT_EQ(it.call("exec", {text.address, text.length, 0, 0, it.slot()}), Answer::invalid)
        << json;
  }
  EXPECT_EQ(run(it, std::vector<std::string>(66, "/bin/echo")), Answer::invalid);
}

TEST_F(Exec, PointersHandlesAndStreamsAreChecked) {
  Guest it = guest({"/bin/echo ..."});
  const auto json = it.put(R"({"argv":["/bin/echo","hello"]})");
  const std::uint32_t end = Guest::kSize;
  EXPECT_EQ(it.call("exec", {end, 1, 0, 0, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("exec", {json.address, json.length, end, 1, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("exec", {json.address, json.length, 0, 0, 10}), Answer::bad_text);
  EXPECT_EQ(it.call("exec", {json.address, json.length, 0, 2U << 20U, 8}), Answer::too_large);
  std::uint32_t handle = 0;
  for (int i = 0; i < 16; ++i) {
    ASSERT_EQ(it.call("exec", {json.address, json.length, 0, 0, 8}), Answer::ok);
    handle = it.number(8);
  }
  EXPECT_EQ(it.call("exec", {json.address, json.length, 0, 0, 8}), Answer::too_many);
  EXPECT_EQ(it.read("exec_read", {handle, 0}).first, Answer::invalid);
  EXPECT_EQ(it.read("exec_read", {handle, 3}).first, Answer::invalid);
  EXPECT_EQ(it.read("exec_read", {handle + 256, 1}).first, Answer::not_found);
  EXPECT_EQ(it.call("exec_read", {handle, 1, end, 4, 8}), Answer::bad_text);
  EXPECT_EQ(it.call("exec_read", {handle, 1, 1024, 0, 8}), Answer::too_small);
  EXPECT_EQ(it.call("exec_result", {handle, 1024, 4, 8}), Answer::too_small);
  EXPECT_EQ(it.read("exec_read", {handle, 1}).second, "hello\n");
}

TEST_F(Exec, EndsInTimeAndWithTheCall) {
  Guest it = guest({"/bin/sleep *"});
  const Asked asked = exec(it, {{"argv", {"/bin/sleep", "1000"}}, {"timeout_ms", 100}});
  ASSERT_EQ(asked.answer, Answer::ok);
  EXPECT_FALSE(it.over);
  EXPECT_THAT(it.read("exec_result", {asked.handle}).second,
              HasSubstr(R"("signal":9,"status":null)"));
  it.call_time = std::chrono::milliseconds(100);
  exec(it, {{"argv", {"/bin/sleep", "1000"}}});
  EXPECT_TRUE(it.over);
}

TEST_F(Exec, WhatCannotRunIsAFailureAndNoLackOfAGrant) {
  Guest it = guest({"/no/such/program", "/etc/passwd"});
  EXPECT_EQ(run(it, {"/no/such/program"}), Answer::failed);
  EXPECT_THAT(it.last_error(), HasSubstr("/no/such/program"));
  EXPECT_EQ(run(it, {"/etc/passwd"}), Answer::failed);
  Guest bare(granted(CapabilityKind::subprocess, {"/bin/true"}), {});
  EXPECT_EQ(run(bare, {"/bin/true"}), Answer::unavailable);
}

}  // namespace
}  // namespace midimon::hostapi
