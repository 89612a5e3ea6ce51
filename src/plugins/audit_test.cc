// What plugins do is recorded: in the journal, and for a program that asks.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "plugins/test_support.h"

namespace midimon::plugins {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

WasmConfig with_files() {
  WasmConfig config;
  config.capabilities.push_back({CapabilityKind::filesystem, {}, {}});
  return config;
}

class PluginAudit : public testing::Test {
 protected:
  PluginAudit() {
    std::string name = (fs::temp_directory_path() / "midimon-test-XXXXXX").string();
    home_ = ::mkdtemp(name.data());
  }
  ~PluginAudit() override {
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  RuntimeOptions options() {
    RuntimeOptions options;
    options.home = home_.string();
    options.max_instances = 8;
    options.log = [this](int, std::string_view, std::string_view line) { log_.emplace_back(line); };
    return options;
  }
  std::vector<std::string> journal() {
    std::vector<std::string> lines;
    for (const auto& entry : fs::directory_iterator(home_ / "state/audit")) {
      if (entry.path().extension() != ".jsonl") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    }
    return lines;
  }

  fs::path home_;
  std::vector<std::string> log_;
};

TEST_F(PluginAudit, TheJournalHasLoadsCallsFilesAndRefusals) {
  {
    const auto runtime = *Runtime::create(options());
    auto plugin = *WasmPlugin::load(*runtime, guest("hostile"), with_files());
    plugin.execute({.action = "write"});
    plugin.execute({.action = "escape"});
  }
  const auto lines = journal();
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"load")"), HasSubstr(R"("detail":")"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"call")"), HasSubstr("write"))));
  EXPECT_THAT(lines,
              Contains(AllOf(HasSubstr(R"("event":"create")"), HasSubstr(R"("plugin":"hostile")"),
                             HasSubstr(R"("path":"file.txt")"))));
  EXPECT_THAT(lines,
              Contains(AllOf(HasSubstr(R"("event":"close")"), HasSubstr(R"("bytes_written":5)"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"open")"), HasSubstr(R"("result":"perm")"),
                                    HasSubstr("etc/passwd"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"end")"), HasSubstr(R"("detail":"Ok")"),
                                    HasSubstr(R"("bytes_written":5)"))));
  for (const std::string& line : lines)
    EXPECT_THAT(line, Not(HasSubstr("hello")));  // contents are nobody's business
}

TEST_F(PluginAudit, QuotaHitsAndWarningsAreRecordedAndFolded) {
  WasmConfig config = with_files();
  config.max_storage_entries = 200;
  {
    const auto runtime = *Runtime::create(options());
    auto plugin = *WasmPlugin::load(*runtime, guest("hostile"), config);
    plugin.execute({.action = "fill"});
  }
  const auto lines = journal();
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"quota_hit")"),
                                    HasSubstr(R"("result":"dquot")"))));
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr(R"("event":"quota_warning")"),
                                    HasSubstr(R"("detail":"entries")"))));
}

TEST_F(PluginAudit, AProgramIsToldOfTheSameEventsOffThePluginsThread) {
  std::vector<std::string> seen;
  std::thread::id teller;
  {
    RuntimeOptions with_events = options();
    with_events.audit = false;
    with_events.on_file_event = [&](const FileEvent& event) {
      teller = std::this_thread::get_id();
      seen.push_back(fmt::format("{} {} {}", event.event, event.path, event.result));
    };
    const auto runtime = *Runtime::create(std::move(with_events));
    auto plugin = *WasmPlugin::load(*runtime, guest("hostile"), with_files());
    plugin.execute({.action = "write"});
  }
  EXPECT_THAT(seen, Contains("create file.txt success"));
  EXPECT_NE(teller, std::this_thread::get_id());
  EXPECT_FALSE(fs::exists(home_ / "state/audit"));
}

TEST_F(PluginAudit, ASecondProcessRunsWithoutAndSaysSo) {
  const auto runtime = *Runtime::create(options());
  const auto second = Runtime::create(options());
  ASSERT_TRUE(second);
  EXPECT_THAT(log_, Contains(HasSubstr("Nothing is recorded")));
  RuntimeOptions strict = options();
  strict.audit_strict = true;
  EXPECT_FALSE(Runtime::create(std::move(strict)));
}

TEST_F(PluginAudit, AStrictRuntimeRunsNothingWithoutAJournal) {
  RuntimeOptions strict = options();
  strict.audit_strict = true;
  strict.audit = false;
  strict.on_file_event = [](const FileEvent&) {};
  const auto runtime = *Runtime::create(std::move(strict));
  auto plugin = *WasmPlugin::load(*runtime, guest("hostile"), with_files());
  const CallResult result = plugin.execute({.action = "write"});
  EXPECT_EQ(result.outcome, Outcome::denied);
  EXPECT_FALSE(fs::exists(fs::path(plugin.data_directory()) / "file.txt"));
}

}  // namespace
}  // namespace midimon::plugins
