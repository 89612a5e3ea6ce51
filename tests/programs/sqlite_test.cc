// SQLite keeps its promises under midimon: what was committed outlives SIGKILL, whenever it comes.
#include <gmock/gmock.h>

#include <random>
#include <sstream>

#include "tests/programs/support.h"

namespace midimon::testing {
namespace {

// What tests/programs/sqlite/ledger.c puts into a batch.
int entries_of(int batch) {
  return 1 + batch * 7 % 40;
}

long bytes_of(int batch) {
  long bytes = 0;
  for (int line = 0; line < entries_of(batch); ++line)
    bytes += 1 + (batch * 31 + line * 17) % 900;
  return bytes;
}

std::vector<long> amounts_after(int batches) {
  std::vector<long> amounts(100, 1000);
  for (int batch = 1; batch <= batches; ++batch) {
    amounts[batch % 100] -= batch;
    amounts[batch * 3 % 100] += batch;
  }
  return amounts;
}

// All that `list` says of a whole ledger of `batches`.
std::string listing(const std::string& journal, int batches) {
  std::ostringstream out;
  out << "journal " << journal << "\nintegrity ok\n";
  for (int batch = 1; batch <= batches; ++batch)
    out << "batch " << batch << " " << entries_of(batch) << " " << bytes_of(batch) << "\n";
  out << "money 100000\n";
  const std::vector<long> amounts = amounts_after(batches);
  for (std::size_t id = 0; id < amounts.size(); ++id)
    out << "account " << id << " " << amounts[id] << "\n";
  return out.str();
}

// The last batch that a program said it committed, or that was there before.
int last_commit(const std::string& out, int before) {
  const std::size_t line = out.rfind("committed ");
  // A line that the kill cut short is no promise.
  const std::size_t end = out.rfind('\n');
  if (line == std::string::npos) return before;
  if (end != std::string::npos && end > line) return std::stoi(out.substr(line + 10));
  return last_commit(out.substr(0, line), before);
}

class Sqlite : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  [[nodiscard]] static const std::string& journal() { return std::get<0>(GetParam()); }

  [[nodiscard]] std::vector<std::string> ledger(const std::string& command) const {
    return {"exec",  "--dir",  root_.path().string() + "::/", guest("program_sqlite"),
            command, journal()};
  }

  // Inserts until SIGKILL comes: at any moment from the start on, or once there was a commit.
  Finished insert_until_killed(bool after_a_commit, std::chrono::milliseconds delay) {
    std::vector<std::string> args = ledger("insert");
    args.emplace_back("1000000");
    const auto kill = [&](pid_t pid) {
      const std::filesystem::path out = root_.outside(".out");
      for (int i = 0; after_a_commit && i < 30'000; ++i) {
        if (read_text(out).find("committed") != std::string::npos) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      std::this_thread::sleep_for(delay);
      ::kill(pid, SIGKILL);
    };
    std::filesystem::remove(root_.outside(".out"));
    return run_midimon(root_.scratch(), args, {}, kill);
  }

  [[nodiscard]] int batches_in(const std::string& listed) const {
    int batches = 0;
    std::istringstream in(listed);
    for (std::string line; std::getline(in, line);)
      batches += line.rfind("batch ", 0) == 0 ? 1 : 0;
    return batches;
  }

  Root root_;

 private:
  WithResolver resolver_{std::get<1>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(All, Sqlite,
                         ::testing::Combine(::testing::Values("delete", "truncate", "persist"),
                                            ::testing::Values("openat2", "walker")),
                         [](const auto& values) {
                           return std::get<0>(values.param) + "_" + std::get<1>(values.param);
                         });

TEST_P(Sqlite, KeepsWhatWasCommittedWhenItIsKilled) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int committed = 0;
  for (int round = 0; round < 4; ++round) {
    const bool after_a_commit = round % 4 != 3;
    const std::chrono::milliseconds delay(random() % (after_a_commit ? 200 : 1000));
    const Finished killed = insert_until_killed(after_a_commit, delay);
    ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
    ASSERT_TRUE(!after_a_commit || last_commit(killed.out, 0) > committed) << killed.out;

    const int acknowledged = last_commit(killed.out, committed);
    const Finished listed = run_midimon(root_.scratch(), ledger("list"));
    ASSERT_EQ(listed.status, 0) << listed.err;
    committed = batches_in(listed.out);
    // One more may have been committed before the program could say so.
    ASSERT_GE(committed, acknowledged);
    ASSERT_LE(committed, acknowledged + 1);
    ASSERT_THAT(listed.out, ::testing::StartsWith(listing(journal(), committed)));
    std::filesystem::remove(root_.path("copy.db"));
  }
}

TEST_P(Sqlite, SortsInTemporaryFilesAndCopiesItself) {
  std::vector<std::string> insert = ledger("insert");
  insert.emplace_back("60");
  const Finished inserted = run_midimon(root_.scratch(), insert);
  ASSERT_EQ(inserted.status, 0) << inserted.err;
  EXPECT_EQ(last_commit(inserted.out, 0), 60);
  const Finished listed = run_midimon(root_.scratch(), ledger("list"));
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_EQ(listed.out, listing(journal(), 60) + "longest 29 0\ndiffer 0\ncopy ok\n");
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(root_.path()))
    left.push_back(entry.path().filename());
  if (journal() == "delete") {
    EXPECT_THAT(left, ::testing::UnorderedElementsAre("ledger.db", "copy.db"));
  } else {
    EXPECT_THAT(left, ::testing::UnorderedElementsAre("ledger.db", "ledger.db-journal", "copy.db"));
  }
}

}  // namespace
}  // namespace midimon::testing
