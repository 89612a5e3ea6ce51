// The attack catalogue (docs/wasi.md, section 3): escapes and special files, each on both
// resolvers.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "vfs/attack_support.h"
#include "vfs/foreign_links.h"

namespace midimon::vfs {
namespace {

class Attack : public Stage {};
INSTANTIATE_TEST_SUITE_P(Both, Attack, testing::Values(ResolverKind::openat2, ResolverKind::walker),
                         resolver_name);

TEST_P(Attack, Attack01_DotDot) {
  expect_refused("..", Errno::perm);
  expect_refused("../outside", Errno::perm);
  expect_refused("../secret", Errno::perm);
  EXPECT_EQ(fs_.mkdir("../x"), Errno::perm);
  EXPECT_EQ(fs_.unlink("../secret"), Errno::perm);
  EXPECT_EQ(fs_.rename("../secret", "mine"), Errno::perm);
  EXPECT_EQ(fs_.link("../secret", "mine"), Errno::perm);
  EXPECT_EQ(code(fs_.read_link("../secret")), Errno::perm);
  expect_outside_untouched();
}

TEST_P(Attack, Attack02_DotDotThroughADirectory) {
  expect_refused("dir/../..", Errno::perm);
  expect_refused("dir/../../outside", Errno::perm);
  expect_refused("dir/../../root", Errno::perm);  // even where it would come back in
}

TEST_P(Attack, Attack03_AbsolutePath) {
  expect_refused("/etc/passwd", Errno::perm);
  expect_refused("/", Errno::perm);
  expect_refused(inside("file"), Errno::perm);
}

TEST_P(Attack, Attack04_RelativeLinkOut) {
  plant("../secret", "to_secret");
  plant("../outside", "to_outside");
  plant("..", "up");
  expect_refused("to_secret", Errno::perm);
  expect_refused("to_outside", Errno::perm);
  expect_refused("up", Errno::perm);
  EXPECT_EQ(fs_.open("to_secret", kRead), Errno::loop);
  EXPECT_EQ(fs_.stat("to_secret")->type, FileType::symbolic_link);
}

TEST_P(Attack, Attack05_AbsoluteLink) {
  plant("/etc", "etc");
  plant(inside("dir"), "home");
  expect_refused("etc", Errno::perm);
  expect_refused("home", Errno::perm);
  EXPECT_EQ(code(fs_.read_link("etc")), Errno::perm);  // how the host is laid out is no business
}

TEST_P(Attack, Attack06_LinkedDirectoryInTheMiddle) {
  plant("../outside", "mid");
  EXPECT_EQ(fs_.open("mid/secret", kRead), Errno::perm);
  EXPECT_EQ(fs_.open("dir/../mid/secret", kRead), Errno::perm);
  EXPECT_EQ(fs_.unlink("mid/secret"), Errno::perm);
  EXPECT_EQ(fs_.rename("mid/secret", "mine"), Errno::perm);
  EXPECT_EQ(fs_.mkdir("mid/new"), Errno::perm);
  expect_outside_untouched();
}

TEST_P(Attack, Attack07_LinkOutWithASlash) {
  plant("../outside", "link_out");
  expect_refused("link_out/", Errno::perm);
  expect_refused("link_out/.", Errno::perm);
  EXPECT_EQ(fs_.open("link_out/", kRead), Errno::perm);  // the slash follows, asked for or not
  EXPECT_EQ(code(fs_.stat("link_out/")), Errno::perm);
  EXPECT_EQ(fs_.set_times("link_out/", false, {Nanos(1), Nanos(1)}), Errno::perm);
  EXPECT_EQ(fs_.mkdir("link_out/"), Errno::exist);
  EXPECT_EQ(fs_.rmdir("link_out/"), Errno::notdir);
  EXPECT_EQ(fs_.unlink("link_out/"), Errno::notdir);
  EXPECT_EQ(fs_.rename("link_out/", "x"), Errno::notdir);
  EXPECT_EQ(fs_.link("link_out/", "x"), Errno::perm);
  EXPECT_EQ(code(fs_.read_link("link_out/")), Errno::perm);
  expect_outside_untouched();
}

TEST_P(Attack, Attack08_LinkWhoseTargetEndsInASlash) {
  plant("../outside/", "out");
  plant("dir/", "in");
  plant("out", "to_out");
  expect_refused("out", Errno::perm);
  expect_refused("to_out", Errno::perm);
  EXPECT_EQ(fs_.stat("out")->type, FileType::symbolic_link);
  EXPECT_EQ(fs_.set_times("out", false, {Nanos(1), Nanos(1)}), Errno::success);
  EXPECT_GT(open(host_ / "outside")->stat()->modified, Nanos(1));
  EXPECT_EQ(fs_.open("in", kReadFollow), Errno::success);
}

TEST_P(Attack, Attack09_ChainOfLinksThroughDotDot) {
  plant("dir/b", "a");
  plant("../c", "dir/b");
  plant("dir/../d", "c");
  plant("../outside", "d");
  expect_refused("a", Errno::perm);
  EXPECT_EQ(fs_.open("a/secret", kRead), Errno::perm);
}

TEST_P(Attack, Attack10_Loop) {
  plant("b", "a");
  plant("a", "b");
  plant("self/self", "self");
  expect_refused("a", Errno::loop);
  expect_refused("self", Errno::loop);
}

TEST_P(Attack, Attack11_MagicLinks) {
  plant("/proc/self/root", "root");
  plant("/proc/self/cwd", "cwd");
  expect_refused("root", Errno::perm);
  expect_refused("cwd", Errno::perm);
  const auto process = open("/proc/" + std::to_string(::getpid()));
  Calls proc(*process);
  for (const char* const name : {"root", "cwd", "exe", "fd/0"}) {
    EXPECT_EQ(proc.open(name, kReadFollow), Errno::loop) << name;
    EXPECT_EQ(code(proc.stat(name, true)), Errno::loop) << name;
  }
  EXPECT_EQ(proc.open("root/etc/passwd", kRead), Errno::loop);
  EXPECT_EQ(proc.open("root/", kRead), Errno::loop);
}

TEST_P(Attack, Attack12_CreateThroughADanglingLinkOut) {
  plant("../outside/new", "out");
  plant("dir/new", "in");
  EXPECT_EQ(fs_.open("out", kCreateFollow), Errno::perm);
  EXPECT_EQ(fs_.open("out", kCreate), Errno::loop);
  EXPECT_EQ(fs_.mkdir("out"), Errno::exist);
  expect_outside_untouched();
  EXPECT_EQ(fs_.open("in", kCreateFollow), Errno::success);
  EXPECT_TRUE(std::filesystem::is_regular_file(inside("dir/new")));
}

TEST_P(Attack, Attack13_CreateExclusiveOnADanglingLink) {
  plant("../outside/new", "out");
  plant("new", "in");
  for (const char* const name : {"out", "in"}) {
    EXPECT_EQ(fs_.open(name, kCreateNew), Errno::exist);
    EXPECT_EQ(fs_.open(name, {.write = true, .create = true, .exclusive = true, .follow = true}),
              Errno::exist);
  }
  EXPECT_FALSE(std::filesystem::exists(inside("new")));
  expect_outside_untouched();
}

TEST_P(Attack, Attack14_FileAsADirectory) {
  for (const char* const path : {"file/", "file/.", "file/..", "file/../../secret"}) {
    EXPECT_EQ(fs_.open(path, kRead), Errno::notdir) << path;
    EXPECT_EQ(fs_.open(path, kCreate), Errno::notdir) << path;
    EXPECT_EQ(fs_.open(path, kTruncate), Errno::notdir) << path;
    EXPECT_EQ(code(fs_.stat(path)), Errno::notdir) << path;
  }
  EXPECT_EQ(read_host_file(inside("file")), "inside");
}

TEST_P(Attack, Attack15_CreateWithASlash) {
  EXPECT_EQ(fs_.open("new/", kCreate), Errno::isdir);
  EXPECT_EQ(fs_.open("new/", kCreateNew), Errno::isdir);
  EXPECT_FALSE(std::filesystem::exists(inside("new")));
}

TEST_P(Attack, Attack16_MkdirOnADanglingLink) {
  plant("../outside/new", "out");
  plant("new", "in");
  EXPECT_EQ(fs_.mkdir("out/"), Errno::exist);
  EXPECT_EQ(fs_.mkdir("in/"), Errno::exist);
  EXPECT_FALSE(std::filesystem::exists(inside("new")));
  expect_outside_untouched();
}

TEST_P(Attack, Attack17_UnlinkAndRenameOfAFileWithASlash) {
  EXPECT_EQ(fs_.unlink("file/"), Errno::notdir);
  EXPECT_EQ(fs_.rename("file/", "moved"), Errno::notdir);
  EXPECT_EQ(fs_.rename("file", "moved/"), Errno::notdir);
  EXPECT_EQ(read_host_file(inside("file")), "inside");
}

TEST_P(Attack, Attack18_RmdirAndRenameOfDot) {
  for (const char* const path : {".", "dir/..", "./", "dir/../."}) {
    EXPECT_EQ(fs_.rmdir(path), Errno::inval) << path;
    EXPECT_EQ(fs_.rename(path, "moved"), Errno::busy) << path;
    EXPECT_EQ(fs_.rename("dir", path), Errno::busy) << path;
    EXPECT_EQ(fs_.unlink(path), Errno::isdir) << path;
  }
  EXPECT_TRUE(std::filesystem::is_directory(inside("dir")));
}

TEST_P(Attack, Attack19_EmptyPath) {
  EXPECT_EQ(fs_.open("", kRead), Errno::noent);
  EXPECT_EQ(fs_.open("", kCreate), Errno::noent);
  EXPECT_EQ(code(fs_.stat("")), Errno::noent);
  EXPECT_EQ(fs_.mkdir(""), Errno::noent);
  EXPECT_EQ(fs_.unlink(""), Errno::noent);
  EXPECT_EQ(fs_.rename("", "x"), Errno::noent);
  EXPECT_EQ(fs_.rename("file", ""), Errno::noent);
}

TEST_P(Attack, Attack20_NulInAPath) {
  using namespace std::string_literals;
  for (const std::string& path : {"file\0"s, "file\0/../../secret"s, "\0"s, "dir\0.txt"s}) {
    EXPECT_EQ(fs_.open(path, kRead), Errno::inval);
    EXPECT_EQ(fs_.open(path, kCreate), Errno::inval);
    EXPECT_EQ(fs_.mkdir(path), Errno::inval);
  }
}

// Runs `body` in a child with a mount namespace of its own, where it may mount; answers its number
// of failures, or nothing where the machine does not allow it.
template <typename Body>
std::optional<int> in_own_mounts(Body body) {
  constexpr int kRefused = 200;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
    const bool allowed =
        ::unshare(flags) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    ::_exit(allowed ? body() : kRefused);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 100;
  if (WEXITSTATUS(status) == kRefused) return std::nullopt;
  return WEXITSTATUS(status);
}

// Counts what is not as expected; a child process cannot use gtest's macros.
class Tally {
 public:
  void expect(Errno got, Errno wanted, const char* what) {
    if (got == wanted) return;
    ++failures_;
    std::fprintf(stderr, "%s: %s, expected %s\n", what, to_string(got).data(),
                 to_string(wanted).data());
  }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  int failures_ = 0;
};

// The directory `name` is mounted over.
void expect_mount_refused(Tally& tally, Directory& directory, const std::string& name) {
  Calls fs(directory);
  const TimeChanges times{Nanos(1), Nanos(1)};
  tally.expect(code(fs.stat(name)), Errno::perm, "stat");
  tally.expect(code(fs.stat(name, true)), Errno::perm, "stat, following");
  tally.expect(code(fs.stat(name + "/")), Errno::perm, "stat with a slash");
  tally.expect(fs.open(name, kRead), Errno::perm, "open");
  tally.expect(fs.open(name, kDirectory), Errno::perm, "open as a directory");
  tally.expect(fs.open(name + "/", kRead), Errno::perm, "open with a slash");
  tally.expect(fs.open(name + "/x", kRead), Errno::perm, "open below");
  tally.expect(fs.open(name + "/x", kCreate), Errno::perm, "create below");
  tally.expect(fs.set_times(name, false, times), Errno::perm, "set_times");
  tally.expect(fs.mkdir(name + "/x"), Errno::perm, "mkdir below");
  tally.expect(fs.rename(name + "/x", "y"), Errno::perm, "rename from below");
  tally.expect(fs.link(name, "y"), Errno::perm, "link");
  tally.expect(code(fs.stat(name + "/..")), Errno::perm, "through it and back");
}

TEST_P(Attack, Attack21_BindMountInside) {
  // What is mounted over: one of the same file system, where st_dev does not tell.
  std::filesystem::create_directory(inside("mounted"));
  write_host_file(inside("mounted_file"), "");
  const auto failures = in_own_mounts([this] {
    Tally tally;
    const auto bind = [](const std::string& from, const std::string& to) {
      return ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
    };
    if (!bind(host_ / "outside", inside("mounted"))) return 101;
    if (!bind(host_ / "secret", inside("mounted_file"))) return 102;
    const auto root = open(host_ / "root");  // the other one is of the parent's mounts
    Calls fs(*root);
    expect_mount_refused(tally, *root, "mounted");
    tally.expect(fs.rmdir("mounted"), Errno::busy, "rmdir");
    tally.expect(fs.rename("mounted", "moved"), Errno::busy, "rename");
    tally.expect(fs.open("mounted_file", kRead), Errno::perm, "open the file");
    tally.expect(fs.open("mounted_file", kReadWrite), Errno::perm, "open the file for writing");
    tally.expect(fs.open("mounted_file", kTruncate), Errno::perm, "truncate the file");
    tally.expect(fs.open("mounted_file", kCreateFollow), Errno::perm, "create the file");
    tally.expect(code(fs.stat("mounted_file")), Errno::perm, "stat the file");
    tally.expect(fs.link("mounted_file", "y"), Errno::perm, "link the file");
    tally.expect(fs.unlink("mounted_file"), Errno::busy, "unlink the file");
    return tally.failures();
  });
  EXPECT_EQ(failures.value_or(0), 0);
  expect_outside_untouched();

  // Mounts that are there on every machine, for those that let nobody mount.
  Tally tally;
  const auto top = open("/");
  expect_mount_refused(tally, *top, "proc");
  EXPECT_EQ(tally.failures(), 0);
}

TEST_P(Attack, Attack22_HardLinkPlantedBeforehand) {
  EXPECT_TRUE(refuse_foreign_links(*root_));
  ASSERT_EQ(fs_.link("file", "dir/second name"), Errno::success);
  EXPECT_TRUE(refuse_foreign_links(*root_)) << "links within are the plugin's own affair";
  std::filesystem::create_hard_link(host_ / "secret", inside("dir/planted"));
  const auto refused = refuse_foreign_links(*root_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_NE(refused.error().message.find("\"dir/planted\" is a hard link"), std::string::npos);
}

TEST_P(Attack, Attack23_SymlinkWithAnAbsoluteTarget) {
  EXPECT_EQ(fs_.symlink("/etc/passwd", "l"), Errno::perm);
  EXPECT_EQ(fs_.symlink("/", "l"), Errno::perm);
  EXPECT_EQ(code(fs_.stat("l")), Errno::noent);
  // A relative one may be kept, and is refused when it is used.
  EXPECT_EQ(fs_.symlink("../secret", "l"), Errno::success);
  expect_refused("l", Errno::perm);
}

// --- Special files -------------------------------------------------------------------------------

TEST_P(Attack, Attack31_FifoForReading) {
  ASSERT_EQ(::mkfifo(inside("fifo").c_str(), 0600), 0);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(fs_.open("fifo", kRead), Errno::nxio);
  EXPECT_EQ(fs_.open("fifo", kReadFollow), Errno::nxio);
  EXPECT_EQ(fs_.open("dir/../fifo", kRead), Errno::nxio);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(10));
  EXPECT_EQ(fs_.open("fifo/", kRead), Errno::notdir);
  EXPECT_EQ(fs_.stat("fifo")->type, FileType::unknown);
}

TEST_P(Attack, Attack32_FifoForWriting) {
  ASSERT_EQ(::mkfifo(inside("fifo").c_str(), 0600), 0);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(fs_.open("fifo", kWrite), Errno::nxio);
  EXPECT_EQ(fs_.open("fifo", kReadWrite), Errno::nxio);
  EXPECT_EQ(fs_.open("fifo", kTruncate), Errno::nxio);
  EXPECT_EQ(fs_.open("fifo", kCreate), Errno::nxio);
  const UniqueFd reader(::open(inside("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_EQ(fs_.open("fifo", kWrite), Errno::nxio) << "with somebody at the other end";
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(10));
}

TEST_P(Attack, Attack33_Socket) {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, inside("socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(fs_.open("socket", kRead), Errno::nxio);
  EXPECT_EQ(fs_.open("socket", kReadWrite), Errno::nxio);
  EXPECT_EQ(fs_.stat("socket")->type, FileType::unknown);
}

TEST_P(Attack, Attack34_DeviceNode) {
  if (::mknod(inside("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0) {
    const Errno opened = fs_.open("null", kRead);
    // acces: the temporary directory is mounted nodev.
    EXPECT_TRUE(opened == Errno::nxio || opened == Errno::acces) << to_string(opened);
    EXPECT_EQ(fs_.stat("null")->type, FileType::character_device);
  }
  const auto dev = open("/dev");
  for (const OpenOptions& options : {kRead, kReadWrite, kTruncate}) {
    const Errno opened = Calls(*dev).open("null", options);
    // perm: in containers it is often a mount of its own.
    EXPECT_TRUE(opened == Errno::nxio || opened == Errno::perm) << to_string(opened);
  }
}

}  // namespace
}  // namespace midimon::vfs
