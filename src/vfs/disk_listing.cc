#include "vfs/disk_listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "vfs/kernel_stat.h"

namespace midimon::vfs {
namespace {

// struct linux_dirent64 of getdents64(2); no header of the C library has it.
struct Header {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;  // of the whole record
  unsigned char type;
};
constexpr std::size_t kNameAt = offsetof(Header, type) + 1;

}  // namespace

ErrnoOr<bool> DiskListing::fill() {
  const long got = ::syscall(SYS_getdents64, fd_.get(), buffer_.data(), buffer_.size());
  // ENOENT: the directory has been removed, and so has all that was in it.
  if (got < 0 && errno != ENOENT) return err(last_errno());
  at_ = 0;
  filled_ = got < 0 ? 0 : static_cast<std::size_t>(got);
  return filled_ > 0;
}

ErrnoOr<std::optional<Entry>> DiskListing::next() {
  while (true) {
    if (at_ == filled_) {
      const auto more = fill();
      if (!more) return err(more.error());
      if (!*more) return std::nullopt;
    }
    const char* const record = buffer_.data() + at_;
    Header header{};
    std::memcpy(&header, record, kNameAt);
    at_ += header.length;
    const std::string_view name = record + kNameAt;
    if (name == "." || name == ".." || !is_utf8(name)) continue;
    return Entry{name, header.inode, type_of(header.type, name.data())};
  }
}

Errno DiskListing::rewind() {
  at_ = 0;
  filled_ = 0;
  return ::lseek(fd_.get(), 0, SEEK_SET) < 0 ? last_errno() : Errno::success;
}

FileType DiskListing::type_of(unsigned char d_type, const char* name) const {
  if (d_type != DT_UNKNOWN) return file_type(DTTOIF(d_type));
  // Some file systems do not keep the type in the directory. What is gone meanwhile is unknown.
  struct stat info {};
  const bool found = ::fstatat(fd_.get(), name, &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0;
  return found ? file_type(info.st_mode) : FileType::unknown;
}

}  // namespace midimon::vfs
