#include "vfs/resolver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <string>

#include "vfs/attack_support.h"

namespace midimon::vfs {
namespace {

TEST(ChooseResolver, TheEnvironmentMayWishForTheWalker) {
  EXPECT_EQ(choose_resolver("walker", true), ResolverKind::walker);
  EXPECT_EQ(choose_resolver(nullptr, true), ResolverKind::openat2);
  EXPECT_EQ(choose_resolver("", true), ResolverKind::openat2);
  EXPECT_EQ(choose_resolver("openat2", true), ResolverKind::openat2);
}

TEST(ChooseResolver, WithoutOpenat2ItIsTheWalkerWhateverIsWished) {
  EXPECT_EQ(choose_resolver(nullptr, false), ResolverKind::walker);
  EXPECT_EQ(choose_resolver("openat2", false), ResolverKind::walker);
}

class ResolverOf : public Stage {
 protected:
  ErrnoOr<UniqueFd> resolve(const char* path, int flags, mode_t mode = 0) const {
    return resolver_->open(top_.get(), path, flags, mode);
  }
  // The number the next descriptor would get.
  static int next_fd() { return UniqueFd(::open("/", O_PATH | O_CLOEXEC)).get(); }

  std::unique_ptr<Resolver> resolver_ = make_resolver(GetParam());
  UniqueFd top_{::open((host_ / "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
};

INSTANTIATE_TEST_SUITE_P(Both, ResolverOf,
                         testing::Values(ResolverKind::openat2, ResolverKind::walker),
                         resolver_name);

TEST_P(ResolverOf, WhatItOpensIsCloseOnExec) {
  for (const char* const path : {"file", "dir", ".", "dir/..", "dir/../file"}) {
    const auto fd = resolve(path, O_RDONLY);
    ASSERT_TRUE(fd) << path;
    EXPECT_EQ(::fcntl(fd->get(), F_GETFD), FD_CLOEXEC) << path;
  }
}

TEST_P(ResolverOf, NoDescriptorIsLeftOpenByARefusal) {
  plant("../secret", "out");
  plant("b", "a");
  plant("a", "b");
  const int before = next_fd();
  for (const char* const path : {"..", "dir/../../secret", "out", "a", "missing", "dir/dir/dir",
                                 "file/x", "dir/../out", "dir/../dir/../a"}) {
    EXPECT_FALSE(resolve(path, O_RDONLY)) << path;
  }
  EXPECT_EQ(next_fd(), before);
}

TEST_P(ResolverOf, ALinkAtTheEndIsOpenedItselfWithNofollowAndPath) {
  plant("../secret", "out");
  const auto fd = resolve("out", O_PATH | O_NOFOLLOW);
  ASSERT_TRUE(fd);
  struct stat info {};
  ASSERT_EQ(::fstat(fd->get(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  EXPECT_EQ(code(resolve("out", O_RDONLY | O_NOFOLLOW)), Errno::loop);
  EXPECT_EQ(code(resolve("out", O_RDONLY | O_NOFOLLOW | O_DIRECTORY)), Errno::notdir);
  EXPECT_EQ(code(resolve("out", O_RDONLY)), Errno::perm);
}

TEST_P(ResolverOf, CreatesWithTheModeAsked) {
  const auto fd = resolve("dir/new", O_RDWR | O_CREAT, 0600);
  ASSERT_TRUE(fd);
  struct stat info {};
  ASSERT_EQ(::fstat(fd->get(), &info), 0);
  EXPECT_EQ(info.st_mode & 0177U, 0U);
}

TEST_P(ResolverOf, RunningOutOfDescriptorsIsAnErrorAndNoMore) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few{static_cast<rlim_t>(next_fd()), old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const Errno refused = code(resolve("dir/../file", O_RDONLY));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
  EXPECT_EQ(refused, Errno::mfile);
  EXPECT_TRUE(resolve("dir/../file", O_RDONLY));
}

// Lets the kernel answer `error` to every openat2 of this process, as the filters of container
// runtimes do.
bool forbid_openat2(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Runs `body` in a child for which openat2 fails with `error`; answers what `body` does.
template <typename Body>
bool holds_without_openat2(int error, Body body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(forbid_openat2(error) && body() ? 0 : 1);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST(Openat2Resolver, WhereItIsMissingOrForbiddenTheWalkerIsChosen) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_TRUE(holds_without_openat2(error, [] {
      return choose_resolver(nullptr, openat2_works()) == ResolverKind::walker;
    })) << error;
  }
}

TEST(Openat2Resolver, WhenItKeepsSayingAgainOrIsMissingItWalks) {
  const TempDir host;
  write_host_file(host / "file", "text");
  for (const int error : {EAGAIN, ENOSYS}) {
    EXPECT_TRUE(holds_without_openat2(error, [&host] {
      const auto root = std::move(*open_disk(host.path().c_str(), {}));
      Calls fs(*root);
      return fs.get("file") == "text" && fs.open("../x", kRead) == Errno::perm;
    })) << error;
  }
}

TEST(WalkResolver, HoldsABoundedNumberOfDirectories) {
  const TempDir host;
  const auto root = std::move(*open_disk(host.path().c_str(), {}));
  Calls fs(*root);
  std::string path = "d";
  for (int i = 1; i <= 129; ++i, path += "/d")
    ASSERT_EQ(fs.mkdir(path), Errno::success) << i;
  const auto walker = make_walk_resolver();
  const UniqueFd top(::open(host.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const auto depth = [&](std::size_t levels) {
    std::string deep;
    for (std::size_t i = 0; i < levels; ++i)
      deep += "d/";
    return code(walker->open(top.get(), deep.c_str(), O_RDONLY, 0));
  };
  EXPECT_EQ(depth(128), Errno::success);
  EXPECT_EQ(depth(129), Errno::nametoolong);
}

}  // namespace
}  // namespace midimon::vfs
