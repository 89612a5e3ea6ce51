// Between vfs's types and the guest's.
#pragma once

#include <algorithm>
#include <optional>

#include "vfs/file_system.h"
#include "wasi/abi.h"

namespace midimon::wasi {

// Times before 1970 have no place in the guest's unsigned nanoseconds and show as 1970.
inline std::uint64_t to_timestamp(Nanos time) {
  return static_cast<std::uint64_t>(std::max(time.count(), Nanos::rep{0}));
}

inline abi::Filestat to_filestat(const vfs::Stat& stat) {
  abi::Filestat out{};
  out.dev = stat.device;
  out.ino = stat.inode;
  out.filetype = static_cast<std::uint8_t>(stat.type);
  out.nlink = stat.links;
  out.size = stat.size;
  out.atim = to_timestamp(stat.accessed);
  out.mtim = to_timestamp(stat.modified);
  out.ctim = to_timestamp(stat.changed);
  return out;
}

// One of the two times; none where both its flags are set or it does not fit.
inline std::optional<vfs::TimeChange> to_time_change(std::uint64_t time, bool set, bool now) {
  if (set && now) return {};
  if (now) return vfs::TimeNow{};
  if (!set) return vfs::KeepTime{};
  if (time > static_cast<std::uint64_t>(Nanos::max().count())) return {};
  return Nanos(static_cast<Nanos::rep>(time));
}

// What fstflags ask for; none where they contradict themselves or are unknown.
inline std::optional<vfs::TimeChanges> to_time_changes(std::uint64_t atim, std::uint64_t mtim,
                                                       std::uint32_t flags) {
  if ((flags & ~std::uint32_t{abi::kSetTimesAll}) != 0) return {};
  const auto accessed =
      to_time_change(atim, (flags & abi::kSetAtime) != 0, (flags & abi::kSetAtimeNow) != 0);
  const auto modified =
      to_time_change(mtim, (flags & abi::kSetMtime) != 0, (flags & abi::kSetMtimeNow) != 0);
  if (!accessed || !modified) return {};
  return vfs::TimeChanges{*accessed, *modified};
}

}  // namespace midimon::wasi
