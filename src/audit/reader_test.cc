#include "audit/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "audit/test_support.h"

namespace midimon::audit {
namespace {

using ::testing::ElementsAre;
namespace fs = std::filesystem;

std::vector<std::string> paths_of(Reader& reader) {
  std::vector<std::string> paths;
  while (const auto entry = reader.next())
    paths.push_back(entry->record ? entry->record->path : "(malformed)");
  return paths;
}

Reader open_reader(const TestPlace& place, std::size_t skip = 0) {
  auto reader = Reader::open(place.directory(), skip);
  if (!reader) std::abort();
  return std::move(*reader);
}

TEST(Reader, ReadsAllFilesInOrder) {
  const TestPlace place;
  make_journal(place, 3, 2);
  Reader reader = open_reader(place);
  EXPECT_EQ(reader.file_count(), 3U);
  EXPECT_THAT(paths_of(reader), ElementsAre("file0", "file1", "file2", "file3", "file4", "file5"));
  Reader later = open_reader(place, 2);
  EXPECT_THAT(paths_of(later), ElementsAre("file4", "file5"));
  Reader beyond = open_reader(place, 7);
  EXPECT_THAT(paths_of(beyond), ElementsAre("file4", "file5"));
}

TEST(Reader, FollowsAcrossRotationAndFilesThatGo) {
  const TestPlace place;
  const TurnedClock clock;
  JournalOptions options{.directory = place.directory()};
  options.file_bytes = 400;  // two records
  options.keep_bytes = 1;    // nothing but the last file
  const auto journal = open_journal(options, clock);
  Reader reader = open_reader(place);
  EXPECT_THAT(paths_of(reader), ElementsAre());
  for (int i = 0; i < 10; ++i) {
    const std::string name = "a" + std::to_string(i);
    journal->append(opened(name));
    journal->flush();
    EXPECT_THAT(paths_of(reader), ElementsAre(name));
  }
  EXPECT_FALSE(fs::exists(place.file(1)));
}

TEST(Reader, WaitsForTheRestOfALine) {
  const TestPlace place;
  make_journal(place, 1, 2);
  const std::string text = read_all(place.file(1));
  write_file(place.file(1), text.substr(0, text.size() - 20));
  Reader reader = open_reader(place);
  EXPECT_THAT(paths_of(reader), ElementsAre("file0"));
  write_file(place.file(1), text);
  EXPECT_THAT(paths_of(reader), ElementsAre("file1"));
}

TEST(Reader, NamesMalformedLinesAndGoesOn) {
  const TestPlace place;
  make_journal(place, 1, 3);
  auto lines = lines_in(place.file(1));
  lines[1] = "\x1b[2J{}";
  write_lines(place.file(1), lines);
  Reader reader = open_reader(place);
  EXPECT_THAT(paths_of(reader), ElementsAre("file0", "(malformed)", "file2"));
}

TEST(Reader, SurvivesWhatIsNoJournal) {
  const TestPlace place;
  make_journal(place, 3, 1);
  write_file(place.file(1), std::string(3'000'000, 'x'));
  write_file(place.file(2), std::string(1'000, '\0') + "\n");
  fs::remove(place.file(3));
  fs::create_symlink("/etc/passwd", place.file(3));
  fs::create_directory(place.file(4));
  write_file(place.path("audit-1.jsonl"), "no\n");
  Reader reader = open_reader(place);
  std::size_t malformed = 0;
  while (const auto entry = reader.next()) {
    EXPECT_FALSE(entry->record);
    EXPECT_LE(entry->text.size(), kMaxLine);
    ++malformed;
  }
  EXPECT_EQ(malformed, 3'000'000 / kMaxLine + 1 + 1);
}

TEST(Filter, AsksForWhatItSays) {
  Record record;
  record.plugin = "obs";
  record.mount = "/shared";
  record.path = "scenes/live.json";
  record.target = "scenes/old.json";
  record.kind = EventKind::rename;
  record.result = Errno::perm;
  record.time = Nanos(100);
  EXPECT_TRUE(matches({}, record));
  const auto with = [&](auto change) {
    Filter filter;
    change(filter);
    return matches(filter, record);
  };
  EXPECT_TRUE(with([](Filter& f) { f.plugin = "obs"; }));
  EXPECT_FALSE(with([](Filter& f) { f.plugin = "ob"; }));
  EXPECT_TRUE(with([](Filter& f) { f.since = Nanos(100); }));
  EXPECT_FALSE(with([](Filter& f) { f.since = Nanos(101); }));
  EXPECT_TRUE(with([](Filter& f) { f.until = Nanos(101); }));
  EXPECT_FALSE(with([](Filter& f) { f.until = Nanos(100); }));
  EXPECT_FALSE(with([](Filter& f) { f.event = EventKind::open; }));
  EXPECT_TRUE(with([](Filter& f) { f.result = Errno::perm; }));
  EXPECT_FALSE(with([](Filter& f) { f.result = Errno::success; }));
  EXPECT_TRUE(with([](Filter& f) { f.refused = true; }));
  for (const char* path : {"scenes/", "/shared/scenes/l", "*live*", "/shared/*.json", "*/old.json"})
    EXPECT_TRUE(with([&](Filter& f) { f.path = path; })) << path;
  for (const char* path : {"live", "/scenes", "*.txt", "/shared/?"})
    EXPECT_FALSE(with([&](Filter& f) { f.path = path; })) << path;
}

TEST(Stats, SumsUpWhatEachPluginDid) {
  const TestPlace place;
  const TurnedClock clock;
  {
    const auto journal = open_journal({.directory = place.directory()}, clock);
    Event call = opened("");
    call.kind = EventKind::call;
    journal->append(call);
    journal->append(opened("a"));
    journal->append(opened("a"));
    journal->append(opened("b"));
    Event close = opened("b");
    close.kind = EventKind::close;
    close.bytes_read = 10;
    close.bytes_written = 20;
    journal->append(close);
    Event end = close;
    end.kind = EventKind::end;
    journal->append(end);
    Event refused = opened("../x", Errno::perm);
    refused.count = 5;
    journal->append(refused);
    journal->append(opened("c", Errno::success, "other"));
    Event lost;
    lost.kind = EventKind::lost;
    lost.count = 7;
    journal->append(lost);
  }
  const auto got = stats(place.directory(), {});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->records, 9U);
  EXPECT_EQ(got->lost, 7U);
  ASSERT_EQ(got->plugins.size(), 2U);
  const PluginStats& obs = got->plugins[0];
  EXPECT_EQ(obs.plugin, "obs");
  EXPECT_EQ((std::vector{obs.calls, obs.files, obs.bytes_read, obs.bytes_written, obs.refused}),
            (std::vector<std::uint64_t>{1, 2, 10, 20, 5}));
  EXPECT_EQ(got->plugins[1].files, 1U);
}

}  // namespace
}  // namespace midimon::audit
