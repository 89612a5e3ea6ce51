// Attack 60 (docs/wasi.md): killed at any moment, in the middle of writes, renames, truncations and
// deletes from two threads, a process leaves no more than was allowed, and the ledger of the next
// one is what is there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>

#include "vfs/quota.h"
#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

constexpr QuotaUsage kAllowed{64 * kQuotaBlock, 24};

// What the threads of the process that is killed have done, in memory that outlives it.
struct Done {
  struct Counts {
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> renames = 0;
    std::atomic<std::uint64_t> truncations = 0;
    std::atomic<std::uint64_t> deletes = 0;
    std::atomic<std::uint64_t> refusals = 0;
    [[nodiscard]] bool has_each() const {
      return writes > 0 && renames > 0 && truncations > 0 && deletes > 0 && refusals > 0;
    }
  };
  std::array<Counts, 2> threads;
};

class SharedDone {
 public:
  SharedDone()
      : memory_(::mmap(nullptr, sizeof(Done), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                       -1, 0)) {
    if (memory_ == MAP_FAILED) std::abort();
    done_ = new (memory_) Done;
  }
  ~SharedDone() { ::munmap(memory_, sizeof(Done)); }
  SharedDone(const SharedDone&) = delete;
  SharedDone& operator=(const SharedDone&) = delete;
  Done* operator->() const { return done_; }

 private:
  void* memory_;
  Done* done_;
};

// One operation on a few names in two directories.
class Worker {
 public:
  Worker(Directory& root, unsigned seed) : fs_(root), random_(seed) {}

  void step(Done::Counts& done) {
    switch (random_() % 6) {
      case 0:
        count(fs_.rename(name(), name()), done.renames, done);
        break;
      case 1:
        count(fs_.unlink(name()), done.deletes, done);
        break;
      case 2:
        if (const auto file = fs_.file(name(), kWrite)) {
          count(file->set_size(random_() % (8 * kQuotaBlock)), done.truncations, done);
        }
        break;
      case 3:
        count(fs_.open(name(), kTruncate), done.truncations, done);
        break;
      default:
        write(done);
    }
  }

 private:
  std::string name() {
    const std::string name(1, static_cast<char>('a' + random_() % 16));
    return random_() % 2 == 0 ? name : "dir/" + name;
  }
  void write(Done::Counts& done) {
    const auto file = fs_.file(name(), kCreate);
    if (file == nullptr) {
      ++done.refusals;
      return;
    }
    const std::string text(random_() % (6 * kQuotaBlock), 'w');
    const iovec buffer = as_iovec(text);
    const auto written = random_() % 2 == 0
                             ? code(file->append({&buffer, 1}))
                             : code(file->write_at({&buffer, 1}, random_() % (4 * kQuotaBlock)));
    count(written, done.writes, done);
  }
  static void count(Errno answer, std::atomic<std::uint64_t>& kind, Done::Counts& done) {
    if (answer == Errno::success) ++kind;
    if (answer == Errno::dquot) ++done.refusals;
  }

  Calls fs_;
  std::mt19937 random_;
};

struct Attached {
  std::shared_ptr<Ledger> ledger;
  std::shared_ptr<QuotaTree> tree;
  std::unique_ptr<Directory> root;
};

Attached attach(const std::string& path) {
  QuotaOptions options;
  options.allowed = kAllowed;
  auto ledger = std::make_shared<Ledger>(options);
  auto disk = *open_disk(path.c_str(), {.owner_only = true});
  auto tree = *attach_quota(*disk, ledger);
  return {ledger, tree, make_quota(std::move(disk), tree)};
}

// What a scan that knows nothing of ours finds.
QuotaUsage count_by_hand(const std::string& path) {
  QuotaUsage found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    ++found.entries;
    found.bytes += 512;
    if (entry.is_regular_file()) found.bytes += (entry.file_size() + 4095) / 4096 * 4096;
  }
  return found;
}

// Never comes back.
[[noreturn]] void work_until_killed(const std::string& path, unsigned seed, SharedDone& done,
                                    int ready) {
  Attached own = attach(path);
  const auto work = [&](unsigned index) {
    Worker worker(*own.root, seed * 2 + index);
    while (true)
      worker.step(done->threads[index]);
  };
  std::thread other(work, 1);
  (void)!::write(ready, "r", 1);
  work(0);
  other.join();
  std::abort();
}

class QuotaKill : public testing::Test {
 protected:
  QuotaKill() { std::filesystem::create_directories(temp_ / "root/dir"); }

  // Kills a process that works in the directory after about `delay`; whether it was alive then.
  bool kill_after(std::chrono::microseconds delay, unsigned seed) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd in(ends[0]);
    UniqueFd out(ends[1]);
    const pid_t pid = ::fork();
    if (pid == 0) work_until_killed(temp_ / "root", seed, done_, out.get());
    out.reset();
    char ready = 0;
    EXPECT_EQ(::read(in.get(), &ready, 1), 1) << "it ended by itself";
    std::this_thread::sleep_for(delay);
    ::kill(pid, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }

  TempDir temp_;
  SharedDone done_;
};

TEST_F(QuotaKill, Attack60_TheLedgerIsWhatIsThereAndNothingExceedsTheLimit) {
  const std::uint64_t kills = env_number("MIDIMON_KILLS", 50);
  for (unsigned i = 0; i < kills; ++i) {
    ASSERT_TRUE(kill_after(std::chrono::microseconds(i * 997 % 9'000), i)) << "kill " << i;
    const QuotaUsage found = count_by_hand(temp_ / "root");
    ASSERT_LE(found.bytes, kAllowed.bytes) << "kill " << i;
    ASSERT_LE(found.entries, kAllowed.entries) << "kill " << i;
    Attached next = attach(temp_ / "root");
    ASSERT_EQ(next.ledger->used(), found) << "kill " << i;
    // And it goes on to be.
    Worker worker(*next.root, i);
    Done::Counts ignored;
    for (int step = 0; step < 20; ++step)
      worker.step(ignored);
    ASSERT_EQ(next.ledger->used(), count_by_hand(temp_ / "root")) << "kill " << i;
  }
  // Both were in the middle of all of it.
  for (const Done::Counts& thread : done_->threads)
    EXPECT_TRUE(kills < 20 || thread.has_each());
}

}  // namespace
}  // namespace midimon::vfs
