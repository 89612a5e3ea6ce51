// Every kind of edit is found, and where.
#include "audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "audit/test_support.h"

namespace midimon::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class Verify : public ::testing::Test {
 protected:
  Verify() { make_journal(place_, 3, 10); }

  std::string flaw(const VerifyOptions& options = {}) const {
    const auto out = verify_directory(place_.directory(), options);
    if (!out) return "unreadable: " + out.error().message;
    if (!out->flaw) return "";
    return out->flaw->file + ":" + std::to_string(out->flaw->line) + ": " + out->flaw->why;
  }
  void edit(std::uint64_t file, const std::function<void(std::vector<std::string>&)>& change) {
    auto lines = lines_in(place_.file(file));
    change(lines);
    write_lines(place_.file(file), lines);
  }

  TestPlace place_;
};

TEST_F(Verify, AnUntouchedJournalIsWhole) {
  const auto out = verify_directory(place_.directory(), {});
  ASSERT_TRUE(out);
  EXPECT_FALSE(out->flaw);
  EXPECT_EQ(out->files, 3U);
  EXPECT_EQ(out->records, 30U);
  EXPECT_EQ(out->first_seq, 1U);
  EXPECT_EQ(out->last_seq, 30U);
}

TEST_F(Verify, EveryChangedByteIsFoundInItsLine) {
  fs::remove_all(place_.directory());
  make_journal(place_, 2, 4);
  const std::string text = read_all(place_.file(2));
  std::uint64_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ (1 << (i % 7)));
    write_file(place_.file(2), other);
    EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:" + std::to_string(line) + ": "))
        << "byte " << i;
    if (text[i] == '\n') ++line;
  }
}

TEST_F(Verify, ALineRemoved) {
  edit(2, [](auto& lines) { lines.erase(lines.begin() + 4); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:5: record 15 is missing"));
}

TEST_F(Verify, TheFirstLineRemoved) {
  edit(2, [](auto& lines) { lines.erase(lines.begin()); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:1: the lines before it are missing"));
}

TEST_F(Verify, TheLastLineOfAnOlderFileRemoved) {
  edit(1, [](auto& lines) { lines.pop_back(); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:1: "));
}

TEST_F(Verify, LinesSwapped) {
  edit(2, [](auto& lines) { std::swap(lines[4], lines[5]); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:5: "));
}

TEST_F(Verify, ALineDuplicated) {
  edit(2, [](auto& lines) { lines.insert(lines.begin() + 5, lines[4]); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:6: record 15 stands here a second time"));
}

TEST_F(Verify, ALinePutInWithARightHash) {
  edit(2, [](auto& lines) {
    std::string forged;
    append_text(forged, 15, {}, opened("forged"));
    append_hash(forged, chain(split_line(lines[3])->hash, forged));
    forged.pop_back();
    lines.insert(lines.begin() + 4, forged);
  });
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:6: record 15 stands here a second time"));
}

TEST_F(Verify, EverythingAfterAnEditRewrittenIsFoundByTheHead) {
  Hash previous{};
  for (std::uint64_t file = 1; file <= 3; ++file) {
    edit(file, [&](auto& lines) {
      for (std::string& line : lines) {
        std::string text(split_line(line)->text);
        const std::size_t at = text.find("\"previous\":\"");
        if (at != std::string::npos) text.replace(at + 12, 64, to_hex(previous));
        const std::size_t name = text.find("\"file14\"");
        if (name != std::string::npos) text.replace(name, 8, "\"file99\"");
        previous = chain(previous, text);
        append_hash(text, previous);
        line = text.substr(0, text.size() - 1);
      }
    });
  }
  EXPECT_THAT(flaw(), StartsWith("head.json:0: the hash that it names"));
}

TEST_F(Verify, TheEndCutOff) {
  edit(3, [](auto& lines) { lines.resize(7); });
  EXPECT_THAT(flaw(), StartsWith("audit-00000003.jsonl:0: it ends with record 27, but "
                                 "head.json names record 30"));
  write_file(place_.file(3), "");
  EXPECT_THAT(flaw(), HasSubstr("the end is missing"));
}

TEST_F(Verify, TheEndCutInTheMiddleOfALine) {
  const std::string text = read_all(place_.file(3));
  write_file(place_.file(3), text.substr(0, text.size() - 10));
  EXPECT_THAT(flaw(), StartsWith("audit-00000003.jsonl:10: "));
}

TEST_F(Verify, AWholeFileMissing) {
  for (const std::uint64_t file : {1, 2, 3}) {
    const std::string text = read_all(place_.file(file));
    fs::remove(place_.file(file));
    EXPECT_EQ(flaw(), file_name(file) + ":0: the file is missing");
    write_file(place_.file(file), text);
  }
  for (const std::uint64_t file : {1, 2, 3})
    fs::remove(place_.file(file));
  EXPECT_EQ(flaw(), "audit-00000001.jsonl:0: the file is missing");
}

TEST_F(Verify, FilesReordered) {
  const std::string second = read_all(place_.file(2));
  write_file(place_.file(2), read_all(place_.file(1)));
  write_file(place_.file(1), second);
  EXPECT_THAT(flaw(), StartsWith("audit-00000001.jsonl:1: it was written as "
                                 "audit-00000002.jsonl: the file was renamed"));
}

TEST_F(Verify, AFileRenamed) {
  fs::rename(place_.file(3), place_.file(4));
  EXPECT_EQ(flaw(), "audit-00000003.jsonl:0: the file is missing");
}

TEST_F(Verify, TheHeadMissingOrEdited) {
  const std::string head = read_all(place_.path("head.json"));
  fs::remove(place_.path("head.json"));
  EXPECT_EQ(flaw(), "head.json:0: it is missing");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = head;
    text.replace(text.find(from), from.size(), to);
    write_file(place_.path("head.json"), text);
    return flaw();
  };
  EXPECT_THAT(with("\"seq\":30", "\"seq\":31"), HasSubstr("record 31"));
  EXPECT_THAT(with("\"seq\":30", "\"seq\":29"), HasSubstr("the hash that it names"));
  EXPECT_THAT(with("\"first_file\":1", "\"first_file\":2"), StartsWith("audit-00000001.jsonl:0: "));
  EXPECT_THAT(with("\"first_previous\":\"0", "\"first_previous\":\"1"),
              StartsWith("audit-00000001.jsonl:1: "));
  EXPECT_THAT(with("{\"seq\"", "{\"sea\""), StartsWith("head.json:0: "));
}

TEST_F(Verify, AnEarlierHeadFindsWhatTheHeadCannot) {
  const std::string earlier = (place_.root() / "earlier.json").string();
  fs::copy_file(place_.path("head.json"), earlier);
  VerifyOptions options;
  options.earlier_head = earlier;
  EXPECT_EQ(flaw(options), "");
  fs::remove_all(place_.directory());
  make_journal(place_, 3, 9);  // another one, whole in itself
  EXPECT_EQ(flaw(), "");
  EXPECT_THAT(flaw(options), HasSubstr("record 30"));
}

TEST_F(Verify, IsTheSameWithAnyNumberOfThreadsAndPieces) {
  fs::remove_all(place_.directory());
  make_journal(place_, 1, 30'000);  // several pieces
  for (const std::size_t line : {0UL, 5'000UL, 15'000UL, 29'998UL}) {
    const auto lines = lines_in(place_.file(1));
    edit(1, [&](auto& changed) { changed.erase(changed.begin() + static_cast<long>(line) + 1); });
    for (const unsigned threads : {1U, 2U, 5U}) {
      EXPECT_THAT(flaw({.threads = threads}),
                  line + 2 == lines.size()
                      ? HasSubstr("the end is missing")
                      : HasSubstr(":" + std::to_string(line + 2) + ": record " +
                                  std::to_string(line + 2) + " is missing"));
    }
    write_lines(place_.file(1), lines);
  }
  EXPECT_EQ(flaw({.threads = 3}), "");
}

// Files are looked at in pieces of half a mebibyte.
TEST_F(Verify, AnyLineMissingAtTheBorderOfTwoPiecesIsNamedMissing) {
  constexpr std::size_t kPiece = 512UL * 1024;
  fs::remove_all(place_.directory());
  make_journal(place_, 1, 8'000);
  const auto lines = lines_in(place_.file(1));
  std::size_t offset = 0;
  int tried = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    offset += lines[i].size() + 1;
    if ((offset + 700) % kPiece > 1400 || offset < kPiece / 2) continue;  // three lines each way
    auto changed = lines;
    changed.erase(changed.begin() + static_cast<long>(i));
    write_lines(place_.file(1), changed);
    ASSERT_THAT(flaw({.threads = 2}),
                StartsWith("audit-00000001.jsonl:" + std::to_string(i + 1) + ": record " +
                           std::to_string(i + 1) + " is missing"));
    ++tried;
  }
  EXPECT_GT(tried, 10);
}

TEST_F(Verify, HugeLinesAndEndlessGarbageAreFlawsAndNothingWorse) {
  write_file(place_.file(2), std::string(5'000'000, 'x'));
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:1: "));
  write_file(place_.file(2), std::string(5'000'000, '\n'));
  EXPECT_THAT(flaw(), StartsWith("audit-00000002.jsonl:1: "));
}

TEST_F(Verify, FilesAloneAreCheckedForWhatCanBeKnown) {
  const auto check = [&](std::vector<std::string> paths) {
    const auto out = verify_files(paths, {});
    if (!out) return std::string("unreadable");
    return out->flaw ? out->flaw->file + ":" + std::to_string(out->flaw->line) : "";
  };
  EXPECT_EQ(check({place_.file(2)}), "");
  EXPECT_EQ(check({place_.file(3), place_.file(1), place_.file(2)}), "");
  EXPECT_EQ(check({place_.file(1), place_.file(3)}), "");
  EXPECT_EQ(check({place_.path("nothing")}), "unreadable");
  EXPECT_EQ(check({place_.directory()}), "unreadable");
  edit(2, [](auto& lines) { lines.pop_back(); });
  EXPECT_EQ(check({place_.file(2)}), "");
  EXPECT_EQ(check({place_.file(2), place_.file(3)}), place_.file(3) + ":1");
}

TEST_F(Verify, IsWholeWhileSomebodyWrites) {
  const SystemClock clock;
  JournalOptions options{.directory = place_.directory()};
  options.file_bytes = 20'000;
  options.keep_bytes = 200'000;
  const auto journal = open_journal(options, clock);
  // About one file in each pause, so that even a slow reader sees all files before the oldest goes.
  constexpr int kBatches = 40;
  constexpr auto kPause = std::chrono::milliseconds(20);
  std::atomic<int> batches{0};
  std::thread writer([&] {
    for (; batches < kBatches; ++batches) {
      for (int i = 0; i < 50; ++i)
        journal->append(opened("x"));
      journal->flush();
      journal->tick();
      std::this_thread::sleep_for(kPause);
    }
  });
  int whole = 0;
  while (batches < kBatches)
    whole += flaw().empty() ? 1 : 0;
  writer.join();
  EXPECT_GT(whole, 0);
  EXPECT_EQ(flaw(), "");
}

}  // namespace
}  // namespace midimon::audit
