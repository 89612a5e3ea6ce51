// What is particular to the host's directories; what all file systems promise is in
// contract_test.cc.
#include "vfs/disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "vfs/test_support.h"

namespace midimon::vfs {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

// Sets the umask for as long as it lives.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(old_); }

 private:
  mode_t old_;
};

class Disk : public testing::TestWithParam<ResolverKind> {
 protected:
  std::unique_ptr<Directory> open(bool owner_only) const {
    return std::move(*open_disk(host_.path().c_str(), {owner_only, GetParam()}));
  }
  TempDir host_;
};

INSTANTIATE_TEST_SUITE_P(Both, Disk, testing::Values(ResolverKind::openat2, ResolverKind::walker),
                         [](const auto& param) {
                           return param.param == ResolverKind::walker ? "walker" : "openat2";
                         });

TEST_P(Disk, OpensDirectoriesOnly) {
  write_host_file(host_ / "f", "");
  std::filesystem::create_directory(host_ / "d");
  std::filesystem::create_symlink("d", host_ / "l");
  const DiskOptions options{.owner_only = false, .resolver = GetParam()};
  EXPECT_EQ(code(open_disk((host_ / "f").c_str(), options)), Errno::notdir);
  EXPECT_EQ(code(open_disk((host_ / "l").c_str(), options)), Errno::notdir);
  EXPECT_EQ(code(open_disk((host_ / "missing").c_str(), options)), Errno::noent);
  EXPECT_EQ(code(open_disk((host_ / "d").c_str(), options)), Errno::success);
  UniqueFd file(::open((host_ / "f").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(code(open_disk(std::move(file), options)), Errno::notdir);
  EXPECT_EQ(code(open_disk(UniqueFd(), options)), Errno::badf);
}

TEST_P(Disk, WorksFromADirectoryThatIsOpenAlready) {
  write_host_file(host_ / "f", "text");
  UniqueFd fd(::open(host_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto root = std::move(*open_disk(std::move(fd), {false, GetParam()}));
  EXPECT_EQ(Calls(*root).get("f"), "text");
}

TEST_P(Disk, NewFilesObeyTheUmaskByDefault) {
  const Umask umask(027);
  const auto root = open(false);
  Calls fs(*root);
  ASSERT_TRUE(fs.put("f", ""));
  ASSERT_EQ(fs.mkdir("d"), Errno::success);
  EXPECT_EQ(mode_of(host_ / "f"), 0640U);
  EXPECT_EQ(mode_of(host_ / "d"), 0750U);
}

TEST_P(Disk, OwnerOnlyHoldsWhateverTheUmask) {
  const auto root = open(true);
  Calls fs(*root);
  int number = 0;
  for (const mode_t mask : {0000U, 0022U, 0077U, 0277U, 0777U}) {
    const Umask umask(mask);
    const std::string name = std::to_string(number++);
    ASSERT_TRUE(fs.put("f" + name, "text"));
    ASSERT_EQ(fs.mkdir("d" + name), Errno::success);
    ASSERT_EQ(fs.mkdir("d" + name + "/e"), Errno::success);
    ASSERT_TRUE(fs.put("d" + name + "/g", "text"));
    EXPECT_EQ(mode_of(host_ / ("f" + name)), 0600U) << mask;
    EXPECT_EQ(mode_of(host_ / ("d" + name)), 0700U) << mask;
    EXPECT_EQ(mode_of(host_ / ("d" + name + "/e")), 0700U) << mask;
    EXPECT_EQ(mode_of(host_ / ("d" + name + "/g")), 0600U) << mask;
  }
}

TEST_P(Disk, NamesThatAreNotUtf8AreNotListed) {
  write_host_file(host_ / "good", "");
  write_host_file(host_ / "bad\xff", "");
  write_host_file(host_ / "\xc3\xa9t\xc3\xa9", "");
  const auto root = open(false);
  EXPECT_EQ(names_in(*root), (std::vector<std::string>{"good", "\xc3\xa9t\xc3\xa9"}));
  EXPECT_EQ(Calls(*root).open("bad\xff", kRead), Errno::ilseq);
}

TEST_P(Disk, ListingsNameWhatCannotBeOpenedUnknown) {
  ASSERT_EQ(::mkfifo((host_ / "fifo").c_str(), 0600), 0);
  const auto root = open(false);
  const auto listing = std::move(*root->list());
  const auto entry = listing->next().value();
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, "fifo");
  EXPECT_EQ(entry->type, FileType::unknown);
}

TEST_P(Disk, FilesAndDirectoriesAreCloseOnExec) {
  const auto root = open(false);
  Calls fs(*root);
  const auto before = std::filesystem::directory_iterator("/proc/self/fd");
  std::set<std::string> known;
  for (const auto& fd : before)
    known.insert(fd.path());
  const auto file = fs.file("f");
  const auto sub = fs.mkdir("d") == Errno::success ? fs.directory("d") : nullptr;
  const auto listing = root->list();
  int opened = 0;
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    if (known.contains(fd.path())) continue;
    const int flags = ::fcntl(std::stoi(fd.path().filename()), F_GETFD);
    EXPECT_EQ(flags & FD_CLOEXEC, FD_CLOEXEC) << fd.path();
    ++opened;
  }
  EXPECT_GE(opened, 3);
}

TEST_P(Disk, AppendersNeverOverwriteEachOther) {
  const auto root = open(false);
  Calls fs(*root);
  constexpr int kEach = 500;
  std::vector<std::uint64_t> ends[2];
  std::vector<std::thread> threads;
  const auto file = fs.file("f");
  for (auto& mine : ends) {
    threads.emplace_back([&mine, &fs] {
      const auto own = fs.file("f");
      for (int i = 0; i < kEach; ++i) {
        const iovec buffers[] = {as_iovec("12345"), as_iovec("678\n")};
        ASSERT_EQ(own->append(buffers), 9U);
        mine.push_back(own->append_end().value());
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(file->stat()->size, 2U * kEach * 9);
  std::set<std::uint64_t> distinct(ends[0].begin(), ends[0].end());
  distinct.insert(ends[1].begin(), ends[1].end());
  EXPECT_EQ(distinct.size(), 2U * kEach) << "each append says where it ended itself";
  const std::string text = read_text(*file, 2 * kEach * 9).value();
  for (std::size_t at = 0; at < text.size(); at += 9)
    ASSERT_EQ(text.substr(at, 9), "12345678\n");
}

TEST_P(Disk, AMountThatVanishesIsNoentAndWhatIsOpenStays) {
  write_host_file(host_ / "f", "text");
  ASSERT_TRUE(std::filesystem::create_directories(host_.path() / "a/b"));
  const auto root = open(false);
  Calls fs(*root);
  const auto file = fs.file("f");
  const auto below = fs.directory("a/b");
  const auto listing = std::move(*root->list());
  std::filesystem::remove_all(host_.path());
  for (Calls calls : {Calls(*root), Calls(*below)}) {
    EXPECT_EQ(calls.open("f", kRead), Errno::noent);
    EXPECT_EQ(calls.open("new", kCreate), Errno::noent);
    EXPECT_EQ(calls.open("a/b/new", kCreate), Errno::noent);
    EXPECT_EQ(calls.mkdir("new"), Errno::noent);
    EXPECT_EQ(calls.symlink("f", "new"), Errno::noent);
    EXPECT_EQ(calls.rename("f", "g"), Errno::noent);
    EXPECT_EQ(calls.unlink("f"), Errno::noent);
    EXPECT_EQ(code(calls.stat("f")), Errno::noent);
    EXPECT_EQ(code(calls.stat("a/b/f")), Errno::noent);
  }
  EXPECT_EQ(names_in(*root), std::vector<std::string>{});
  EXPECT_TRUE(listing->next());
  EXPECT_EQ(write_text(*file, "TEXT more"), 9U);
  EXPECT_EQ(read_text(*file), "TEXT more");
  EXPECT_EQ(root->stat()->type, FileType::directory);
}

TEST_P(Disk, HostFilesMayBeReadOnly) {
  if (::geteuid() == 0) return;  // root may do anything
  write_host_file(host_ / "f", "text");
  ASSERT_EQ(::chmod((host_ / "f").c_str(), 0400), 0);
  const auto root = open(false);
  EXPECT_EQ(Calls(*root).open("f", kReadWrite), Errno::acces);
  EXPECT_EQ(Calls(*root).get("f"), "text");
}

}  // namespace
}  // namespace midimon::vfs
