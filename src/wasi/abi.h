// The names and layouts of WASI preview1 (witx `wasi_snapshot_preview1`), as guests see them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace midimon::wasi::abi {

using Fd = std::uint32_t;
using Ptr = std::uint32_t;   // an address in the guest's memory
using Size = std::uint32_t;  // a length in it

// rights
inline constexpr std::uint64_t kRightFdDatasync = 1ULL << 0;
inline constexpr std::uint64_t kRightFdRead = 1ULL << 1;
inline constexpr std::uint64_t kRightFdSeek = 1ULL << 2;
inline constexpr std::uint64_t kRightFdSync = 1ULL << 4;
inline constexpr std::uint64_t kRightFdTell = 1ULL << 5;
inline constexpr std::uint64_t kRightFdWrite = 1ULL << 6;
inline constexpr std::uint64_t kRightFdAllocate = 1ULL << 8;
inline constexpr std::uint64_t kRightFdFilestatSetSize = 1ULL << 22;
inline constexpr std::uint64_t kRightPollFdReadwrite = 1ULL << 27;
inline constexpr std::uint64_t kRightsAll = (1ULL << 30) - 1;
// Those that make sense for directories: all path_* calls, readdir, filestat, sync.
inline constexpr std::uint64_t kRightsDirectory =
    kRightsAll & ~(kRightFdRead | kRightFdSeek | kRightFdTell | kRightFdWrite | kRightFdAllocate |
                   kRightFdFilestatSetSize | (1ULL << 7) | (1ULL << 28) | (1ULL << 29));
// Those of regular files: 0 to 8 but path rights, filestat, poll.
inline constexpr std::uint64_t kRightsFile =
    0x1FFULL | (1ULL << 21) | kRightFdFilestatSetSize | (1ULL << 23) | kRightPollFdReadwrite;

// fdflags
inline constexpr std::uint16_t kFdAppend = 1U << 0;
inline constexpr std::uint16_t kFdDsync = 1U << 1;
inline constexpr std::uint16_t kFdNonblock = 1U << 2;
inline constexpr std::uint16_t kFdRsync = 1U << 3;
inline constexpr std::uint16_t kFdSync = 1U << 4;
inline constexpr std::uint16_t kFdAll = 0x1F;
inline constexpr std::uint16_t kFdAnySync = kFdDsync | kFdRsync | kFdSync;

// oflags
inline constexpr std::uint16_t kOpenCreate = 1U << 0;
inline constexpr std::uint16_t kOpenDirectory = 1U << 1;
inline constexpr std::uint16_t kOpenExclusive = 1U << 2;
inline constexpr std::uint16_t kOpenTruncate = 1U << 3;
inline constexpr std::uint16_t kOpenAll = 0xF;

// lookupflags
inline constexpr std::uint32_t kLookupFollow = 1U << 0;

// fstflags
inline constexpr std::uint16_t kSetAtime = 1U << 0;
inline constexpr std::uint16_t kSetAtimeNow = 1U << 1;
inline constexpr std::uint16_t kSetMtime = 1U << 2;
inline constexpr std::uint16_t kSetMtimeNow = 1U << 3;
inline constexpr std::uint16_t kSetTimesAll = 0xF;

// whence
enum class Whence : std::uint8_t { set = 0, cur = 1, end = 2 };

// clockid
inline constexpr std::uint32_t kClockRealtime = 0;
inline constexpr std::uint32_t kClockMonotonic = 1;
inline constexpr std::uint32_t kClockProcessCpu = 2;
inline constexpr std::uint32_t kClockThreadCpu = 3;

// eventtype, subclockflags, eventrwflags
inline constexpr std::uint8_t kEventClock = 0;
inline constexpr std::uint8_t kEventFdRead = 1;
inline constexpr std::uint8_t kEventFdWrite = 2;
inline constexpr std::uint16_t kClockAbsolute = 1U << 0;
inline constexpr std::uint16_t kEventHangup = 1U << 0;

struct Iovec {
  Ptr buf;
  Size len;
};
static_assert(sizeof(Iovec) == 8);

struct Prestat {
  std::uint8_t tag;  // 0: a directory
  std::uint8_t pad[3];
  Size name_len;
};
static_assert(sizeof(Prestat) == 8);

struct Fdstat {
  std::uint8_t filetype;
  std::uint8_t pad0;
  std::uint16_t flags;
  std::uint32_t pad1;
  std::uint64_t rights_base;
  std::uint64_t rights_inheriting;
};
static_assert(sizeof(Fdstat) == 24);

struct Filestat {
  std::uint64_t dev;
  std::uint64_t ino;
  std::uint8_t filetype;
  std::uint8_t pad[7];
  std::uint64_t nlink;
  std::uint64_t size;
  std::uint64_t atim;
  std::uint64_t mtim;
  std::uint64_t ctim;
};
static_assert(sizeof(Filestat) == 64);

struct Dirent {
  std::uint64_t next;  // the cookie of the entry after this one
  std::uint64_t ino;
  std::uint32_t name_len;
  std::uint8_t filetype;
  std::uint8_t pad[3];
};
static_assert(sizeof(Dirent) == 24);

struct Subscription {
  std::uint64_t userdata;
  std::uint8_t tag;
  std::uint8_t pad0[7];
  // of a clock; the first four bytes are the descriptor of the other two
  std::uint32_t clock_or_fd;
  std::uint32_t pad1;
  std::uint64_t timeout;  // ns
  std::uint64_t precision;
  std::uint16_t flags;
  std::uint8_t pad2[6];
};
static_assert(sizeof(Subscription) == 48);

struct Event {
  std::uint64_t userdata;
  std::uint16_t error;
  std::uint8_t type;
  std::uint8_t pad0[5];
  std::uint64_t nbytes;
  std::uint16_t flags;
  std::uint8_t pad1[6];
};
static_assert(sizeof(Event) == 32);

}  // namespace midimon::wasi::abi
