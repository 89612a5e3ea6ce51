// The operating system's files as the sandbox sees them: open files, open directories, and nothing
// else. Policies (read-only, quota, audit) are wrappers around these two interfaces; `disk` and
// `memory` are at the bottom.
//
// Every path is relative to an open directory and cannot leave it, whatever races the call.
// All methods are thread-safe unless they say otherwise.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/errno.h"
#include "vfs/path.h"

namespace midimon::vfs {

// The numbers are those of WASI preview1 (witx `filetype`).
enum class FileType : std::uint8_t {
  unknown = 0,
  block_device = 1,
  character_device = 2,
  directory = 3,
  regular_file = 4,
  socket_dgram = 5,
  socket_stream = 6,
  symbolic_link = 7,
};

struct Stat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::uint64_t links = 0;
  std::uint64_t size = 0;  // bytes
  Nanos accessed{};        // since 1970, as the two below
  Nanos modified{};
  Nanos changed{};
};

// What to do with one timestamp.
struct KeepTime {};
struct TimeNow {};
using TimeChange = std::variant<KeepTime, TimeNow, Nanos>;

struct TimeChanges {
  TimeChange accessed;
  TimeChange modified;
};

enum class Advice : std::uint8_t { normal, sequential, random, willneed, dontneed, noreuse };

struct OpenOptions {
  bool read = false;
  bool write = false;
  bool create = false;     // needs write
  bool exclusive = false;  // needs create
  bool truncate = false;   // needs write
  bool directory = false;  // only a directory will do; excludes the three above
  bool follow = false;     // follow the last component if it is a link
  // With create, if not null: told whether the call made the file, or was about to where it failed.
  bool* made = nullptr;
};

// Whether `options` ask for what can be had: creating and truncating need write and exclude
// directory, exclusive needs create. Otherwise open() answers inval.
[[nodiscard]] inline bool is_consistent(const OpenOptions& options) {
  const bool changes = options.create || options.truncate;
  return (!changes || (options.write && !options.directory)) &&
         (!options.exclusive || options.create);
}

// The File class is one open regular file. It has no position: offsets are the caller's. It belongs
// to one descriptor: write_at() and append() are not called on one File at the same time.
class File {
 public:
  virtual ~File() = default;
  // Reads or writes at `offset` bytes from the start, in the order of `buffers`; answers how many
  // bytes were moved, which may be fewer than asked for.
  virtual ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) = 0;
  virtual ErrnoOr<std::size_t> write_at(std::span<const iovec> buffers, std::uint64_t offset) = 0;
  // Writes at the end, as one step even when others append; answers how many bytes.
  virtual ErrnoOr<std::size_t> append(std::span<const iovec> buffers) = 0;
  // Where the last append() through this File ended, 0 before the first: most who append never ask.
  virtual ErrnoOr<std::uint64_t> append_end() = 0;
  virtual ErrnoOr<Stat> stat() = 0;
  virtual Errno set_size(std::uint64_t size) = 0;
  virtual Errno allocate(std::uint64_t offset, std::uint64_t length) = 0;
  virtual Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) = 0;
  virtual Errno set_times(const TimeChanges& times) = 0;
  virtual Errno sync(bool data_only) = 0;
};

// An entry of a directory. `name` is valid until the next call on the listing.
struct Entry {
  std::string_view name;
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
};

// The Listing class walks a directory once. Entries made or removed meanwhile may or may not be
// seen; every other entry is seen once. "." and ".." are not listed, nor names that are not UTF-8.
// Its memory is bounded, whatever the size of the directory. Not thread-safe.
class Listing {
 public:
  virtual ~Listing() = default;
  // The next entry, or none at the end.
  virtual ErrnoOr<std::optional<Entry>> next() = 0;
  // Starts over.
  virtual Errno rewind() = 0;
};

class Directory;
using Node = std::variant<std::unique_ptr<File>, std::unique_ptr<Directory>>;

// The Directory class is one open directory, and the root of every path it is given.
class Directory {
 public:
  virtual ~Directory() = default;

  // Opens a regular file or a directory; everything else is refused (nxio), without blocking.
  virtual ErrnoOr<Node> open(const Path& path, const OpenOptions& options) = 0;
  virtual ErrnoOr<Stat> stat(const Path& path, bool follow) = 0;
  virtual Errno set_times(const Path& path, bool follow, const TimeChanges& times) = 0;
  virtual Errno create_directory(const Path& path) = 0;
  virtual Errno remove_directory(const Path& path) = 0;
  virtual Errno unlink_file(const Path& path) = 0;
  // `to` must be of the same file system as this one; otherwise xdev.
  virtual Errno rename(const Path& from, Directory& to, const Path& name) = 0;
  virtual Errno link(const Path& existing, Directory& to, const Path& name) = 0;
  // `target` is kept as it is; it is checked when it is followed. An absolute one is refused
  // (perm).
  virtual Errno symlink(std::string_view target, const Path& name) = 0;
  virtual ErrnoOr<std::string> read_link(const Path& path) = 0;

  virtual ErrnoOr<std::unique_ptr<Listing>> list() = 0;
  virtual ErrnoOr<Stat> stat() = 0;
  virtual Errno set_times(const TimeChanges& times) = 0;
  virtual Errno sync(bool data_only) = 0;

  // The identity of the mount this belongs to; rename and link need the same on both sides. Null
  // where nothing may be changed: rename and link into it are then refused (perm).
  [[nodiscard]] virtual const void* mount() const = 0;
  // The directory at the bottom, under all wrappers; for rename and link between two of them.
  virtual Directory& bottom() { return *this; }
};

}  // namespace midimon::vfs
