// The quota's part of the attack catalogue (docs/wasi.md), on disk with both resolvers and in
// memory, and a model: random operations, each followed by a scan.
#include "vfs/quota.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "vfs/read_only.h"
#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

constexpr std::uint64_t kBlock = kQuotaBlock;
constexpr std::uint64_t kName = kQuotaNameBytes;

enum class Store { memory, openat2, walker };

class Quota : public testing::TestWithParam<Store> {
 protected:
  Quota() { attach({16 * kBlock, 10}); }

  // Begins to count anew what is there, with another quota.
  void attach(QuotaUsage allowed) {
    QuotaOptions options;
    options.allowed = allowed;
    options.on_refusal = [this](Errno why, QuotaUsage) { refusals_.push_back(why); };
    options.on_warning = [this](std::string_view what, std::uint64_t, std::uint64_t) {
      warnings_.emplace_back(what);
    };
    attach_with(std::move(options));
  }
  void attach_with(QuotaOptions options) {
    ledger_ = std::make_shared<Ledger>(std::move(options));
    tree_ = *attach_quota(*raw_, ledger_);
    root_ = open_again();
    fs_.emplace(*root_);
  }
  std::unique_ptr<Directory> open_again() { return make_quota(Calls(*raw_).directory("."), tree_); }

  std::unique_ptr<Directory> make_raw() {
    if (GetParam() == Store::memory) return make_memory(clock_, 1ULL << 40);
    const auto kind = GetParam() == Store::walker ? ResolverKind::walker : ResolverKind::openat2;
    return std::move(*open_disk(host_.path().c_str(), {.owner_only = true, .resolver = kind}));
  }
  [[nodiscard]] QuotaUsage used() const { return ledger_->used(); }
  // At rest, with no nameless file open, the ledger is what a scan finds.
  void expect_exact() { EXPECT_EQ(used(), *scan_usage(*raw_)); }
  static std::string text(std::uint64_t size) { return std::string(size, 'x'); }

  SystemClock clock_;
  TempDir host_;
  std::unique_ptr<Directory> raw_ = make_raw();
  std::vector<Errno> refusals_;
  std::vector<std::string> warnings_;
  std::shared_ptr<Ledger> ledger_;
  std::shared_ptr<QuotaTree> tree_;
  std::unique_ptr<Directory> root_;
  std::optional<Calls> fs_;
};

void PrintTo(Store store, std::ostream* out) {
  constexpr std::array kNames = {"memory", "openat2", "walker"};
  *out << kNames[static_cast<std::size_t>(store)];
}
INSTANTIATE_TEST_SUITE_P(All, Quota, testing::Values(Store::memory, Store::openat2, Store::walker),
                         [](const auto& param) { return testing::PrintToString(param.param); });

// --- Counting ------------------------------------------------------------------------------------

TEST_P(Quota, CountsNamesAndWholeBlocks) {
  EXPECT_TRUE(fs_->put("file", "x"));
  EXPECT_EQ(used(), (QuotaUsage{kBlock + kName, 1}));
  EXPECT_EQ(fs_->mkdir("dir"), Errno::success);
  EXPECT_EQ(used(), (QuotaUsage{kBlock + 2 * kName, 2}));
  EXPECT_EQ(fs_->symlink("file", "dir/link"), Errno::success);
  EXPECT_EQ(used(), (QuotaUsage{2 * kBlock + 3 * kName, 3}));
  expect_exact();
}

TEST_P(Quota, WhatIsRemovedIsGivenBack) {
  EXPECT_TRUE(fs_->put("file", text(5000)));
  EXPECT_EQ(fs_->mkdir("dir"), Errno::success);
  EXPECT_EQ(fs_->symlink("file", "link"), Errno::success);
  EXPECT_EQ(fs_->unlink("file"), Errno::success);
  EXPECT_EQ(fs_->unlink("link"), Errno::success);
  EXPECT_EQ(fs_->rmdir("dir"), Errno::success);
  EXPECT_EQ(used(), QuotaUsage{});
}

TEST_P(Quota, WhatFailsIsNotCharged) {
  EXPECT_EQ(fs_->mkdir("no/dir"), Errno::noent);
  EXPECT_EQ(fs_->symlink("t", "no/link"), Errno::noent);
  EXPECT_EQ(fs_->link("no", "link"), Errno::noent);
  EXPECT_EQ(fs_->open("no/file", kCreate), Errno::noent);
  EXPECT_EQ(fs_->open("file/", kCreate), Errno::isdir);
  EXPECT_EQ(fs_->open("../file", kCreate), Errno::perm);
  EXPECT_EQ(used(), QuotaUsage{});
}

TEST_P(Quota, OpeningTellsWhetherItMadeTheFileAndAFullQuotaThatItWould) {
  attach({16 * kBlock, 1});
  bool made = false;
  for (const bool truncate : {false, true}) {
    const OpenOptions options{.write = true, .create = true, .truncate = truncate, .made = &made};
    EXPECT_EQ(fs_->open("file", options), Errno::success);
    EXPECT_TRUE(made);
    EXPECT_EQ(fs_->open("file", options), Errno::success);
    EXPECT_FALSE(made);
    EXPECT_TRUE(refusals_.empty()) << "what is there needs no room";
    EXPECT_EQ(fs_->open("more", options), Errno::dquot);
    EXPECT_TRUE(made);
    EXPECT_EQ(std::exchange(refusals_, {}), std::vector{Errno::dquot});
    EXPECT_EQ(fs_->unlink("file"), Errno::success);
  }
  expect_exact();
}

TEST_P(Quota, WhatIsThereAlreadyIsCountedEvenBeyondTheLimit) {
  EXPECT_TRUE(Calls(*raw_).put("big", text(10 * kBlock)));
  EXPECT_TRUE(Calls(*raw_).put("small", "x"));
  attach({4 * kBlock, 1});
  expect_exact();
  EXPECT_EQ(fs_->get("small"), "x");
  EXPECT_EQ(fs_->open("new", kCreate), Errno::dquot);
  EXPECT_EQ(write_text(*fs_->file("small", kReadWrite), text(2 * kBlock)),
            kBlock);  // its own block
  EXPECT_EQ(fs_->unlink("big"), Errno::success);
  expect_exact();
  EXPECT_EQ(write_text(*fs_->file("small", kReadWrite), text(2 * kBlock)), 2 * kBlock);
  expect_exact();
}

TEST_P(Quota, FullIsAShortWriteAndThenDquot) {
  const auto file = fs_->file("file");
  const std::uint64_t room = 15 * kBlock;  // the name takes a part of the sixteenth
  EXPECT_EQ(write_text(*file, text(20 * kBlock)), room);
  EXPECT_EQ(code(write_text(*file, "x", room)), Errno::dquot);
  EXPECT_EQ(write_text(*file, "y", room - 1), 1U);  // in what is charged there is always room
  EXPECT_EQ(file->stat()->size, room);
  EXPECT_FALSE(refusals_.empty());
  expect_exact();
}

TEST_P(Quota, SizeZeroWritesExtendNothing) {
  const auto file = fs_->file("file");
  EXPECT_EQ(write_text(*file, "", 1ULL << 40), 0U);
  EXPECT_EQ(used(), (QuotaUsage{kName, 1}));
}

TEST_P(Quota, CreatingThroughADanglingLinkIsCharged) {
  EXPECT_EQ(fs_->symlink("target", "link"), Errno::success);
  EXPECT_EQ(fs_->open("link", kCreateFollow), Errno::success);
  EXPECT_EQ(used().entries, 2U);
  expect_exact();
}

TEST_P(Quota, AnExclusiveOpenOfWhatIsThereSaysSoWhenFullToo) {
  EXPECT_TRUE(fs_->put("file", "x"));
  attach({16 * kBlock, 1});
  EXPECT_EQ(fs_->open("file", kCreateNew), Errno::exist);
  expect_exact();
}

TEST_P(Quota, WarnsOncePerCrossing) {
  attach({100 * kBlock, 1000});
  const auto file = fs_->file("file");
  EXPECT_EQ(file->set_size(70 * kBlock), Errno::success);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_EQ(file->set_size(85 * kBlock), Errno::success);
  EXPECT_EQ(file->set_size(86 * kBlock), Errno::success);
  EXPECT_EQ(warnings_, std::vector<std::string>{"bytes"});
  EXPECT_EQ(file->set_size(98 * kBlock), Errno::success);
  EXPECT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(file->set_size(1), Errno::success);
  EXPECT_EQ(file->set_size(85 * kBlock), Errno::success);
  EXPECT_EQ(warnings_.size(), 3U);
}

TEST_P(Quota, TheHostKeepsItsFloor) {
  std::uint64_t free = 1000 * kBlock;
  QuotaOptions options;
  options.min_free = 900 * kBlock;
  options.free_bytes = [&free] { return free; };
  attach_with(std::move(options));
  const auto file = fs_->file("file");
  EXPECT_EQ(file->set_size(40 * kBlock), Errno::success);
  free -= 40 * kBlock;
  EXPECT_EQ(file->set_size(200 * kBlock), Errno::nospc);
  EXPECT_EQ(code(write_text(*file, "x", 300 * kBlock)), Errno::nospc);
  EXPECT_EQ(fs_->unlink("file"), Errno::success);
}

// --- The catalogue -------------------------------------------------------------------------------

TEST_P(Quota, Attack38_AMillionCreates) {
  Errno last = Errno::success;
  int made = 0;
  for (; made < 1'000'000 && last == Errno::success; ++made)
    last = fs_->open("f" + std::to_string(made), kCreate);
  EXPECT_EQ(last, Errno::dquot);
  EXPECT_EQ(names_in(*raw_).size(), 10U);
  expect_exact();
}

TEST_P(Quota, Attack39_HardLinksToOneFile) {
  EXPECT_TRUE(fs_->put("file", "x"));
  Errno last = Errno::success;
  for (int i = 0; i < 1000 && last == Errno::success; ++i)
    last = fs_->link("file", "l" + std::to_string(i));
  EXPECT_EQ(last, Errno::dquot);
  EXPECT_EQ(used(), (QuotaUsage{kBlock + 10 * kName, 10}));
  expect_exact();
}

TEST_P(Quota, Attack40_DataInNamesIsCharged) {
  attach({8 * kName, 1'000'000});
  Errno last = Errno::success;
  int made = 0;
  for (; made < 1000 && last == Errno::success; ++made)
    last = fs_->mkdir(std::string(250, 'n') + std::to_string(made));
  EXPECT_EQ(last, Errno::dquot);
  EXPECT_EQ(used().bytes, 8 * kName);
  expect_exact();
}

TEST_P(Quota, Attack48_OneByteFarOut) {
  const auto file = fs_->file("file");
  EXPECT_EQ(code(write_text(*file, "x", 1ULL << 40)), Errno::dquot);
  EXPECT_EQ(file->stat()->size, 0U);
  EXPECT_EQ(used(), (QuotaUsage{kName, 1}));
}

TEST_P(Quota, Attack49_HugeSizes) {
  const auto file = fs_->file("file");
  EXPECT_EQ(file->set_size(1ULL << 40), Errno::dquot);
  EXPECT_EQ(file->set_size(1ULL << 63), Errno::inval);
  EXPECT_EQ(file->set_size(UINT64_MAX), Errno::inval);
  EXPECT_EQ(used(), (QuotaUsage{kName, 1}));
}

TEST_P(Quota, Attack50_OffsetAndLengthOverflow) {
  const auto file = fs_->file("file");
  EXPECT_EQ(code(write_text(*file, "xy", UINT64_MAX)), Errno::inval);
  EXPECT_NE(code(write_text(*file, "xy", INT64_MAX)), Errno::success);
  EXPECT_EQ(file->allocate(UINT64_MAX, UINT64_MAX), Errno::fbig);
  EXPECT_EQ(file->allocate(1, UINT64_MAX), Errno::fbig);
  EXPECT_EQ(used(), (QuotaUsage{kName, 1}));
}

TEST_P(Quota, Attack51_AllocatePastTheQuota) {
  const auto file = fs_->file("file");
  EXPECT_EQ(file->allocate(0, 100 * kBlock), Errno::dquot);
  EXPECT_EQ(file->allocate(0, 2 * kBlock), Errno::success);
  EXPECT_EQ(used().bytes, 2 * kBlock + kName);
  expect_exact();
}

TEST_P(Quota, Attack52_AnUnlinkedFileThatIsOpenIsStillCharged) {
  auto file = fs_->file("file");
  EXPECT_EQ(write_text(*file, text(kBlock)), kBlock);
  EXPECT_EQ(fs_->unlink("file"), Errno::success);
  EXPECT_EQ(used(), (QuotaUsage{kBlock, 1}));
  EXPECT_EQ(write_text(*file, text(kBlock), kBlock), kBlock);
  EXPECT_EQ(used(), (QuotaUsage{2 * kBlock, 1}));
  EXPECT_EQ(write_text(*file, text(20 * kBlock)), 16 * kBlock);
  EXPECT_EQ(code(write_text(*file, "x", 16 * kBlock)), Errno::dquot);
  file.reset();
  EXPECT_EQ(used(), QuotaUsage{});
}

TEST_P(Quota, Attack53_UnlinkedHereWhileOpenThere) {
  const auto other = open_again();
  auto here = fs_->file("file");
  auto there = Calls(*other).file("file", kReadWrite);
  EXPECT_EQ(write_text(*here, text(3 * kBlock)), 3 * kBlock);
  EXPECT_EQ(fs_->unlink("file"), Errno::success);
  here.reset();
  EXPECT_EQ(used(), (QuotaUsage{3 * kBlock, 1}));
  EXPECT_TRUE(fs_->put("file", "new"));  // another file of the same name
  EXPECT_EQ(used(), (QuotaUsage{4 * kBlock + kName, 2}));
  there.reset();
  EXPECT_EQ(used(), (QuotaUsage{kBlock + kName, 1}));
  expect_exact();
}

TEST_P(Quota, Attack54_RenamedOverAnOpenBigFile) {
  auto big = fs_->file("big");
  EXPECT_EQ(write_text(*big, text(8 * kBlock)), 8 * kBlock);
  EXPECT_TRUE(fs_->put("small", "x"));
  EXPECT_EQ(fs_->rename("small", "big"), Errno::success);
  EXPECT_EQ(used(), (QuotaUsage{9 * kBlock + kName, 2}));
  big.reset();
  EXPECT_EQ(used(), (QuotaUsage{kBlock + kName, 1}));
  expect_exact();
}

TEST_P(Quota, Attack55_RenameBetweenTwoNamesOfOneFileRefundsNothing) {
  EXPECT_TRUE(fs_->put("a", text(2 * kBlock)));
  EXPECT_EQ(fs_->link("a", "b"), Errno::success);
  const QuotaUsage before = used();
  EXPECT_EQ(fs_->rename("a", "b"), Errno::success);
  EXPECT_EQ(fs_->rename("a", "a"), Errno::success);
  EXPECT_EQ(used(), before);
  expect_exact();
}

TEST_P(Quota, Attack56_OneOfTwoNamesGivesNoBytesBack) {
  EXPECT_TRUE(fs_->put("a", text(2 * kBlock)));
  EXPECT_EQ(fs_->link("a", "b"), Errno::success);
  EXPECT_EQ(fs_->unlink("a"), Errno::success);
  EXPECT_EQ(used(), (QuotaUsage{2 * kBlock + kName, 1}));
  EXPECT_EQ(fs_->unlink("b"), Errno::success);
  EXPECT_EQ(used(), QuotaUsage{});
}

TEST_P(Quota, Attack57_TruncateAgainstWriteNeverChargesTooLittle) {
  const auto a = fs_->file("file");
  const auto b = fs_->file("file", kReadWrite);
  std::thread cutter([&] {
    for (int i = 0; i < 2000; ++i)
      EXPECT_EQ(a->set_size(0), Errno::success);
  });
  for (int i = 0; i < 2000; ++i) {
    (void)write_text(*b, text(2 * kBlock));
    const std::uint64_t charged = used().bytes;
    EXPECT_LE(charged, 16 * kBlock);
  }
  cutter.join();
  expect_exact();
}

TEST_P(Quota, Attack58_TwoInstancesAppendAtTheLimit) {
  const auto other = open_again();
  std::array<std::uint64_t, 2> appended{};
  const auto append_all = [&](Directory& root, std::uint64_t& sum) {
    const auto file = Calls(root).file("log");
    const std::string line = text(700);
    while (true) {
      const iovec buffer = as_iovec(line);
      const auto put = file->append({&buffer, 1});
      if (!put) break;
      sum += *put;
    }
  };
  std::thread first([&] { append_all(*root_, appended[0]); });
  append_all(*other, appended[1]);
  first.join();
  EXPECT_EQ(appended[0] + appended[1], 15 * kBlock);
  EXPECT_EQ(fs_->stat("log")->size, 15 * kBlock);  // nothing was written over
  expect_exact();
}

TEST_P(Quota, Attack59_TruncatedAndThenAFailedWrite) {
  EXPECT_TRUE(fs_->put("file", text(4 * kBlock)));
  const auto file = fs_->file("file", kTruncate);
  EXPECT_EQ(used().bytes, kName);
  EXPECT_EQ(code(write_text(*file, "x", 1ULL << 40)), Errno::dquot);
  EXPECT_EQ(used().bytes, kName);
  expect_exact();
}

TEST_P(Quota, Attack61_OneByteFilesAreRoundedUp) {
  attach({4 * (kBlock + kName), 1000});
  int made = 0;
  while (made < 100 && fs_->put("f" + std::to_string(made), "x"))
    ++made;
  EXPECT_EQ(made, 4);
}

TEST_P(Quota, Attack62_SymlinksAsStorage) {
  attach({4 * (kBlock + kName), 1000});
  Errno last = Errno::success;
  int made = 0;
  for (; made < 100 && last == Errno::success; ++made)
    last = fs_->symlink(text(4000), "l" + std::to_string(made));
  EXPECT_EQ(last, Errno::dquot);
  EXPECT_EQ(names_in(*raw_).size(), 4U);
  expect_exact();
}

TEST_P(Quota, ManyThreadsNeverExceedWhatIsAllowed) {
  const auto work = [this](unsigned seed) {
    std::mt19937 random(seed);
    const auto root = open_again();
    Calls fs(*root);
    const auto name = [&] { return std::string(1, static_cast<char>('a' + random() % 5)); };
    for (int i = 0; i < 400; ++i) {
      const std::string one = name();
      switch (random() % 6) {
        case 0:
          (void)fs.put(one, text(random() % (3 * kBlock)));
          break;
        case 1:
          (void)fs.unlink(one);
          break;
        case 2:
          (void)fs.rename(one, name());
          break;
        case 3:
          (void)fs.link(one, name());
          break;
        case 4:
          if (const auto file = fs.file(one, kWrite)) (void)file->set_size(random() % (2 * kBlock));
          break;
        default:
          (void)fs.open(one, kTruncate);
      }
      const QuotaUsage now = used();
      EXPECT_LE(now.bytes, ledger_->allowed().bytes);
      EXPECT_LE(now.entries, ledger_->allowed().entries);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 3; ++seed)
    threads.emplace_back(work, seed);
  for (std::thread& thread : threads)
    thread.join();
  expect_exact();
}

#ifndef NDEBUG
using QuotaDeathTest = Quota;
INSTANTIATE_TEST_SUITE_P(All, QuotaDeathTest, testing::Values(Store::memory),
                         [](const auto&) { return std::string("memory"); });

TEST_P(QuotaDeathTest, DebugBuildsNoticeALedgerThatIsWrong) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_TRUE(fs_->put("file", text(kBlock)));
  const auto go_on = [this] {
    for (int i = 0; i < 10; ++i)
      (void)fs_->mkdir("dir" + std::to_string(i));
  };
  EXPECT_DEATH(
      {
        (void)Calls(*raw_).unlink("file");  // more is charged than is there
        go_on();
      },
      "The ledger is wrong");
  EXPECT_DEATH(
      {
        (void)Calls(*raw_).put("other", "x");  // and less
        go_on();
      },
      "The ledger is wrong");
  go_on();
}
#endif

// --- The model -----------------------------------------------------------------------------------

// Random operations by one thread; files stay open for a while, some of them without a name. After
// each step no less is charged than a scan finds, no more than is allowed, and once all is closed
// exactly what it finds.
class Model {
 public:
  Model(std::uint64_t seed, Directory& root) : random_(seed), fs_(root) {}

  void step() {
    switch (random_() % 12) {
      case 0:
        (void)fs_.mkdir(path());
        break;
      case 1:
        (void)fs_.rmdir(path());
        break;
      case 2:
        (void)fs_.unlink(path());
        break;
      case 3:
        (void)fs_.rename(path(), path());
        break;
      case 4:
        (void)fs_.link(path(), path());
        break;
      case 5:
        (void)fs_.symlink(std::string(1 + random_() % 100, 's'), path());
        break;
      case 6:
      case 7:
        files_[random_() % files_.size()] = fs_.file(path(), options());
        break;
      case 8:
        files_[random_() % files_.size()].reset();
        break;
      default:
        change(files_[random_() % files_.size()].get());
    }
  }
  void close_all() { files_ = {}; }

 private:
  std::string path() {
    static constexpr std::array kPaths = {"a", "b", "c", "a/b", "a/c", "b/a", "a/b/c", "d"};
    return kPaths[random_() % kPaths.size()];
  }
  OpenOptions options() {
    OpenOptions options{.read = true, .write = true, .create = true, .follow = random_() % 2 == 0};
    options.truncate = random_() % 4 == 0;
    options.exclusive = random_() % 4 == 0;
    return options;
  }
  void change(File* file) {
    if (file == nullptr) return;
    const std::uint64_t number = random_() % (5 * kBlock);
    const std::string text(number % 3000, 'm');
    const iovec buffer = as_iovec(text);
    switch (random_() % 4) {
      case 0:
        (void)file->set_size(number);
        break;
      case 1:
        (void)file->append({&buffer, 1});
        break;
      case 2:
        (void)file->allocate(number, 1 + number / 2);
        break;
      default:
        (void)file->write_at({&buffer, 1}, number);
    }
  }

  std::mt19937_64 random_;
  Calls fs_;
  std::array<std::unique_ptr<File>, 4> files_;
};

TEST_P(Quota, AScanAgreesAfterEveryStep) {
  attach({20 * kBlock, 12});
  const std::uint64_t first = env_number("MIDIMON_QUOTA_SEED", 1);
  for (std::uint64_t seed = first; seed < first + 20; ++seed) {
    Model model(seed, *root_);
    for (int i = 0; i < 60; ++i) {
      model.step();
      const QuotaUsage found = *scan_usage(*raw_);
      ASSERT_GE(used().bytes, found.bytes) << "MIDIMON_QUOTA_SEED=" << seed << " step " << i;
      ASSERT_GE(used().entries, found.entries) << "MIDIMON_QUOTA_SEED=" << seed << " step " << i;
      ASSERT_LE(used().bytes, 20 * kBlock) << "MIDIMON_QUOTA_SEED=" << seed << " step " << i;
      ASSERT_LE(used().entries, 12U) << "MIDIMON_QUOTA_SEED=" << seed << " step " << i;
    }
    model.close_all();
    ASSERT_EQ(used(), *scan_usage(*raw_)) << "MIDIMON_QUOTA_SEED=" << seed;
  }
}

}  // namespace
}  // namespace midimon::vfs
