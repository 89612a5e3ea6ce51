#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "base/text.h"
#include "hostapi/desktop_test_support.h"
#include "wasm/cancel.h"

namespace midimon::hostapi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DesktopFunctions : public HostFunctionsTest {
 protected:
  // Every function that reaches the machine, with arguments that are right.
  struct Row {
    std::string_view name;
    std::vector<Argument> arguments;
    std::string grant;
  };
  [[nodiscard]] static std::vector<Row> rows() {
    return {{"key_send", {"ctrl+s"}, "systemcontrol:keys"},
            {"text_send", {"Grüße"}, "systemcontrol:keys"},
            {"mouse_click", {1, 1}, "systemcontrol:mouse"},
            {"mouse_move", {1, -1, 1}, "systemcontrol:mouse"},
            {"notify", {R"({"title":"x"})"}, "systemcontrol:notify"},
            {"open_url", {"https://a.example"}, "systemcontrol:open-url"},
            {"clipboard_get", {kOut, 100, kLength}, "systemcontrol:clipboard-read"},
            {"clipboard_set", {"x"}, "systemcontrol:clipboard-write"},
            {"app_list", {kOut, 100, kLength}, "systemcontrol:apps"},
            {"app_focus", {"obs"}, "systemcontrol:apps"},
            {"app_launch", {"org.mozilla.firefox"}, "systemcontrol:launch"},
            {"volume_get", {"", kOut}, "audio:volume"},
            {"volume_set", {"", 50, 2}, "audio:volume"},
            {"midi_send", {"", "\x90\x3c\x64"}, "midi:out"}};
  }
  void grant_all() {
    for (const auto kind :
         {CapabilityKind::systemcontrol, CapabilityKind::audio, CapabilityKind::midi})
      grant(kind);
  }
};

TEST_F(DesktopFunctions, WithoutTheGrantNothingIsAskedAndTheAuditKnows) {
  for (const Row& row : rows()) {
    denied.clear();
    EXPECT_EQ(call(row.name, row.arguments), Answer::not_granted) << row.name;
    EXPECT_THAT(denied, ElementsAre(row.grant));
    EXPECT_THAT(context_->last_error(), HasSubstr(row.grant));
  }
  EXPECT_TRUE(system_.asked.empty());
  EXPECT_TRUE(desktop_.asked.empty());
}

TEST_F(DesktopFunctions, TheWordThatIsNamedIsEnoughAndNoOtherIs) {
  for (const Row& row : rows()) {
    granted_ = {};
    const std::string kind = row.grant.substr(0, row.grant.find(':'));
    const std::string word = row.grant.substr(row.grant.find(':') + 1);
    if (kind == "midi") continue;  // its rules are ports, below
    grant(parse_capability(kind)->kind, {"other"});
    EXPECT_EQ(call(row.name, row.arguments), Answer::not_granted) << row.name;
    grant(parse_capability(kind)->kind, {word});
    EXPECT_EQ(call(row.name, row.arguments), Answer::ok) << row.name;
  }
}

TEST_F(DesktopFunctions, AHostWithoutADesktopSaysSo) {
  grant_all();
  context_.emplace(
      ContextParts{*this, budget_, launches_, clock_, plugin_, gate_, granted_, granted_});
  for (const Row& row : rows()) {
    EXPECT_EQ(call(row.name, row.arguments), Answer::unavailable) << row.name;
    EXPECT_THAT(context_->last_error(), HasSubstr("This host gives")) << row.name;
  }
}

TEST_F(DesktopFunctions, PointersThatLeadOutsideAreRefusedBeforeAnythingIsAsked) {
  grant_all();
  for (const Row& row : rows()) {
    if (row.name.starts_with("mouse")) continue;  // it has none
    std::vector<Argument> wild;
    for (const Argument& argument : row.arguments) {
      if (std::holds_alternative<std::string_view>(argument)) {
        wild.emplace_back(std::int64_t{0xFFFFFFF0});
        wild.emplace_back(std::int64_t{0x20});
      } else {
        wild.push_back(argument);
      }
    }
    if (wild.size() == row.arguments.size()) wild[0] = std::int64_t{kMemory};
    EXPECT_EQ(call(row.name, wild), Answer::bad_text) << row.name;
  }
  EXPECT_EQ(call("volume_get", {"", kOut + 2}), Answer::bad_text);  // not aligned
  EXPECT_EQ(call("clipboard_get", {kOut, 100, kMemory - 2}), Answer::bad_text);
  EXPECT_EQ(call("text_send", {"\xff\xfe"}), Answer::bad_text);
  EXPECT_EQ(call("text_send", {kText, 4097}), Answer::too_large);
  EXPECT_EQ(call("clipboard_set", {kText, 256 * 1024 + 1}), Answer::too_large);
  EXPECT_EQ(call("app_launch", {kText, 257}), Answer::too_large);
  EXPECT_TRUE(system_.asked.empty());
  EXPECT_TRUE(desktop_.asked.empty());
}

TEST_F(DesktopFunctions, ValuesThatMeanNothingAreRefusedWithASentence) {
  grant_all();
  const std::string long_title = R"({"title":")" + std::string(257, 'x') + "\"}";
  const std::string long_id(256, 'x');
  const std::vector<std::pair<std::string_view, std::vector<Argument>>> wrong = {
      {"key_send", {"ctrl+nokey"}},
      {"key_send", {""}},
      {"mouse_click", {0, 1}},
      {"mouse_click", {8, 1}},
      {"mouse_click", {1, 0}},
      {"mouse_click", {1, 21}},
      {"mouse_move", {40000, 0, 0}},
      {"mouse_move", {0, 0, 2}},
      {"notify", {""}},
      {"notify", {"[]"}},
      {"notify", {"{}"}},
      {"notify", {R"({"title":5})"}},
      {"notify", {R"({"title":"x","urgency":"very"})"}},
      {"notify", {R"({"title":"x","icon":"/etc/passwd"})"}},
      {"notify", {long_title}},
      {"open_url", {"file:///etc/passwd"}},
      {"open_url", {"javascript:alert(1)"}},
      {"open_url", {"https://a.example/ --help"}},
      {"open_url", {"https://a.example/\"x"}},
      {"open_url", {"https://"}},
      {"open_url", {"-https://a.example"}},
      {"open_url", {"https://a.example/\xc3\xbc"}},
      {"open_url", {"mailto:a@b.example?attach=/etc/passwd"}},
      {"app_focus", {""}},
      {"app_launch", {""}},
      {"app_launch", {"/usr/share/applications/firefox.desktop"}},
      {"app_launch", {"../firefox"}},
      {"app_launch", {"kde-..-..-etc-x"}},
      {"app_launch", {".firefox"}},
      {"app_launch", {"-firefox"}},
      {"app_launch", {"--help"}},
      {"app_launch", {"fire\nfox"}},
      {"app_launch", {std::string_view("fire\0fox", 8)}},
      {"app_launch", {"fire\u202efox"}},
      {"app_launch", {long_id}},
      {"volume_set", {"", 101, 2}},
      {"volume_set", {"", -2, 2}},
      {"volume_set", {"", 0, 4}},
      {"midi_send", {"", "\x90\x3c"}},
      {"midi_send", {"", "\x3c"}},
  };
  for (const auto& [name, arguments] : wrong) {
    const auto* text = std::get_if<std::string_view>(&arguments.front());
    EXPECT_EQ(call(name, arguments), Answer::invalid)
        << name << " " << (text != nullptr ? escape_line(*text) : "");
    EXPECT_NE(context_->last_error(), "");
  }
  EXPECT_TRUE(system_.asked.empty());
  EXPECT_TRUE(desktop_.asked.empty());
}

TEST_F(DesktopFunctions, WhatIsAskedIsWhatWasMeant) {
  grant_all();
  EXPECT_EQ(call("key_send", {"ctrl+shift+s"}), Answer::ok);
  EXPECT_EQ(call("mouse_click", {4, 2}), Answer::ok);
  ASSERT_EQ(system_.asked.size(), 2U);
  EXPECT_THAT(system_.asked[0], HasSubstr("ctrl+shift+s"));
  EXPECT_THAT(system_.asked[1], HasSubstr("scroll_up"));

  EXPECT_EQ(call("notify", {R"({"title":"T","body":"<b>","urgency":"critical"})"}), Answer::ok);
  const auto& notice = desktop_.last<Notification>();
  EXPECT_EQ(notice.from, "obs");
  EXPECT_EQ(notice.title + notice.body, "T<b>");
  EXPECT_EQ(notice.urgency, Notification::Urgency::critical);

  EXPECT_EQ(call("app_launch", {"Zoom 5.desktop"}), Answer::ok);
  EXPECT_EQ(desktop_.last<AppLaunchRequest>().id, "Zoom 5.desktop");
  EXPECT_EQ(call("open_url", {"HTTPS://a.example/x?y=%20"}), Answer::ok);
  EXPECT_EQ(desktop_.last<OpenUrlRequest>().url, "HTTPS://a.example/x?y=%20");
  EXPECT_EQ(call("volume_set", {"speakers", -1, 3}), Answer::ok);
  EXPECT_EQ(desktop_.last<VolumeSetting>().target, "speakers");
  EXPECT_EQ(desktop_.last<VolumeSetting>().percent, std::nullopt);
  EXPECT_EQ(desktop_.last<VolumeSetting>().mute, VolumeSetting::Mute::toggle);
}

TEST_F(DesktopFunctions, AnswersComeWholeOrNotAtAll) {
  grant_all();
  DesktopAnswer answer;
  answer.text = "copied";
  answer.windows = {{"obs", "OBS \"1\"", true}};
  answer.percent = 150;
  answer.muted = true;
  desktop_.answer = answer;
  EXPECT_EQ(call("clipboard_get", {kOut, 5, kLength}), Answer::too_small);
  EXPECT_EQ(u32(kLength), 6U);
  EXPECT_EQ(memory_[kOut], std::byte{0});
  EXPECT_EQ(call("clipboard_get", {kOut, 6, kLength}), Answer::ok);
  EXPECT_EQ(out(), "copied");
  EXPECT_EQ(call("app_list", {kOut, 1000, kLength}), Answer::ok);
  EXPECT_EQ(nlohmann::json::parse(out()),
            nlohmann::json::parse(R"([{"name":"obs","title":"OBS \"1\"","focused":true}])"));
  EXPECT_EQ(call("volume_get", {"", kOut}), Answer::ok);
  EXPECT_EQ(u32(kOut), 150U);
  EXPECT_EQ(u32(kOut + 4), 1U);
}

TEST_F(DesktopFunctions, ErrorsOfTheMachineAreToldApart) {
  grant_all();
  const std::vector<std::pair<ErrorCode, Answer>> codes = {
      {ErrorCode::unsupported, Answer::unavailable},
      {ErrorCode::not_found, Answer::not_found},
      {ErrorCode::limit, Answer::too_large},
      {ErrorCode::io, Answer::failed}};
  for (const auto& [code, answer] : codes) {
    desktop_.answer = fail(code, "so it is");
    EXPECT_EQ(call("app_focus", {"obs"}), answer);
    EXPECT_EQ(context_->last_error(), "so it is");
  }
  system_.report = {Outcome::failed, "no display"};
  EXPECT_EQ(call("key_send", {"a"}), Answer::failed);
  EXPECT_EQ(context_->last_error(), "no display");
}

TEST_F(DesktopFunctions, AttackAPluginThatOpensPagesAndStartsApplicationsInALoopGetsAFew) {
  grant_all();
  ManualClock clock;
  remake(&desktop_, clock);
  for (int i = 0; i < 1000; ++i) {
    if (i % 100 == 50) remake(&desktop_, clock);  // another instance has no more
    const Answer answer =
        i % 2 == 0 ? call("app_launch", {"firefox"}) : call("open_url", {"https://a.example"});
    EXPECT_EQ(answer, i < 6 ? Answer::ok : Answer::failed) << i;
  }
  EXPECT_EQ(desktop_.asked.size(), 6U);
  EXPECT_THAT(context_->last_error(), HasSubstr("the next in 10 s"));
  EXPECT_EQ(denied.size(), 994U);
  EXPECT_EQ(denied.back(), "systemcontrol:open-url");

  clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(call("open_url", {"https://a.example"}), Answer::ok);
  EXPECT_EQ(call("app_launch", {"firefox"}), Answer::failed);
  EXPECT_EQ(denied.back(), "systemcontrol:launch");
  EXPECT_EQ(call("app_focus", {"obs"}), Answer::ok);  // which starts nothing
}

TEST_F(DesktopFunctions, MidiGoesOnlyWhereItIsGranted) {
  grant(CapabilityKind::midi, {"in", "out:Synth*"});
  DesktopAnswer answer;
  answer.names = {"Synth A", "Lights"};
  desktop_.answer = answer;
  EXPECT_EQ(call("midi_send", {"", "\xf8"}), Answer::not_granted);
  EXPECT_THAT(denied, ElementsAre("midi:out:Lights"));
  EXPECT_EQ(desktop_.asked.size(), 1U);  // only which there are
  answer.names = {"Synth A", "Synth B"};
  desktop_.answer = answer;
  EXPECT_EQ(call("midi_send", {"syn", "\x90\x3c\x64\xf8"}), Answer::ok);
  EXPECT_THAT(desktop_.last<MidiSending>().outputs, ElementsAre("Synth A", "Synth B"));
  EXPECT_EQ(desktop_.last<MidiSending>().messages.size(), 2U);
}

TEST_F(DesktopFunctions, ACallThatIsOverWaitsNoMore) {
  grant_all();
  desktop_.answers = false;
  system_.answers = false;
  call_budget_.emplace(clock_.monotonic() + std::chrono::milliseconds(30));
  (void)call("app_focus", {"obs"});
  EXPECT_TRUE(call_budget_->is_over());
  EXPECT_GE(clock_.monotonic(), call_budget_->deadline());
  EXPECT_TRUE(desktop_.last_stop.stop_requested());
  (void)call("key_send", {"a"});
  EXPECT_TRUE(system_.last_stop.stop_requested());
}

TEST_F(DesktopFunctions, AnAnswerFromAnotherThreadIsWaitedFor) {
  class Slow final : public DesktopCaller {
   public:
    ~Slow() override { thread_.join(); }
    void ask(DesktopRequest, std::stop_token, Done done) override {
      thread_ = std::thread([done = std::move(done)] {
        DesktopAnswer answer;
        answer.text = "from afar";
        done(answer);
      });
    }

   private:
    std::thread thread_;
  } slow;
  grant_all();
  remake(&slow);
  EXPECT_EQ(call("clipboard_get", {kOut, 100, kLength}), Answer::ok);
  EXPECT_EQ(out(), "from afar");
}

}  // namespace
}  // namespace midimon::hostapi
