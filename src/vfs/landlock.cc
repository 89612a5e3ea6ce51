#include "vfs/landlock.h"

#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "base/errno.h"

namespace midimon::vfs {
namespace {

// linux/landlock.h as of Linux 6.12; Debian 12's header has only the first two of the versions.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
constexpr std::uint64_t kTruncate = 1ULL << 14;            // version 3
constexpr std::uint64_t kIoctlDevice = 1ULL << 15;         // version 5
constexpr std::uint64_t kBindTcp = 1ULL << 0;              // version 4
constexpr std::uint64_t kConnectTcp = 1ULL << 1;           // version 4
constexpr std::uint64_t kScopeAbstractSocket = 1ULL << 0;  // version 6

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kChange = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                  LANDLOCK_ACCESS_FS_REFER;
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK;

// What this version of the kernel can forbid, all of it.
RulesetAttributes everything(int abi) {
  RulesetAttributes all;
  all.handled_access_fs = kRead | kChange | kNever;
  if (abi >= 3) all.handled_access_fs |= kTruncate;
  if (abi >= 4) all.handled_access_net = kBindTcp | kConnectTcp;
  if (abi >= 5) all.handled_access_fs |= kIoctlDevice;
  if (abi >= 6) all.scoped = kScopeAbstractSocket;
  return all;
}

tl::unexpected<Error> cannot(const char* what) {
  return fail(ErrorCode::io, fmt::format("Landlock cannot {} ({}). `midimon doctor` tells what the "
                                         "kernel has.",
                                         what, to_string(last_errno())));
}

}  // namespace

int landlock_abi() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<LandlockRuleset> LandlockRuleset::create() {
  const int abi = landlock_abi();
  if (abi < kLandlockNeeded) {
    return fail(ErrorCode::unsupported,
                "This kernel has no Landlock, or one older than Linux 5.19 has.");
  }
  // An older kernel takes the longer struct as long as what it does not know is zero.
  const RulesetAttributes all = everything(abi);
  UniqueFd fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0)));
  if (!fd.valid()) return cannot("make a ruleset");
  return LandlockRuleset(std::move(fd));
}

Result<void> LandlockRuleset::allow(int dirfd, bool read_only) {
  landlock_path_beneath_attr rule{};
  rule.parent_fd = dirfd;
  rule.allowed_access = kRead;
  if (!read_only) rule.allowed_access |= kChange | (landlock_abi() >= 3 ? kTruncate : 0);
  const long added =
      ::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  if (added != 0) return cannot("allow a directory");
  return {};
}

Result<void> LandlockRuleset::restrict_thread() const {
  const bool restricted = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                          ::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0;
  if (!restricted) return cannot("confine a thread");
  return {};
}

Result<bool> confine_thread(const Result<LandlockRuleset>& ruleset) {
  if (!ruleset) {
    if (ruleset.error().code == ErrorCode::unsupported) return false;
    return tl::unexpected(ruleset.error());
  }
  const Result<void> restricted = ruleset->restrict_thread();
  if (!restricted) return tl::unexpected(restricted.error());
  return true;
}

}  // namespace midimon::vfs
