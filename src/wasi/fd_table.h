// The FdTable class is one guest's descriptors: numbers it made up, mapped to what was opened for
// it. The host's own descriptors never show.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/errno.h"
#include "vfs/file_system.h"
#include "wasi/streams.h"

namespace midimon::wasi {

// Where a guest is in a directory it reads.
struct ReaddirState {
  std::unique_ptr<vfs::Listing> listing;
  std::uint64_t position = 0;  // the cookie of the entry in `entry`, or of the end
  bool at_end = false;
  std::string name;  // of the entry at `position`, where there is one
  std::uint64_t inode = 0;
  vfs::FileType type = vfs::FileType::unknown;
};

// What a descriptor stands for. Exactly one of input, output, file and directory is set in an open
// one.
struct Descriptor {
  InputStream* input = nullptr;    // owned by whoever made the context
  OutputStream* output = nullptr;  // likewise
  std::unique_ptr<vfs::File> file;
  vfs::Directory* directory = nullptr;  // a preopen's is not owned, any other is in `owned`
  std::unique_ptr<vfs::Directory> owned;

  const std::string* preopen = nullptr;  // the guest path of a preopen
  bool readable = false;
  bool writable = false;
  std::uint16_t flags = 0;  // abi::kFd*
  std::unique_ptr<ReaddirState> readdir;

  [[nodiscard]] bool is_open() const { return is_stream() || file || directory != nullptr; }
  [[nodiscard]] bool is_stream() const { return input != nullptr || output != nullptr; }

  // Where a file is read or written next. After an append that is where it ended, which costs a
  // system call to know and is asked for only when something depends on it.
  [[nodiscard]] ErrnoOr<std::uint64_t> position() {
    if (!appended_) return position_;
    const auto end = file->append_end();
    if (end) move_to(*end);
    return end;
  }
  void move_to(std::uint64_t position) {
    position_ = position;
    appended_ = false;
  }
  void move_to_append_end() { appended_ = true; }

 private:
  std::uint64_t position_ = 0;
  bool appended_ = false;  // position_ is out of date: it is file->append_end()
};

class FdTable {
 public:
  // `max_opened` bounds what open() holds; streams and preopens are not counted.
  explicit FdTable(std::size_t max_opened) : max_opened_(max_opened) {}

  // Adds a stream or a preopen under the next free number.
  void add(Descriptor descriptor);
  // Gives `descriptor` the lowest free number; mfile when there are too many.
  ErrnoOr<std::uint32_t> open(Descriptor descriptor);
  // True while one more may be opened.
  [[nodiscard]] bool has_room() const { return opened_ < max_opened_; }

  // The open descriptor `fd`; null if there is none.
  [[nodiscard]] Descriptor* find(std::uint32_t fd) {
    return fd < slots_.size() && slots_[fd].is_open() ? &slots_[fd] : nullptr;
  }

  Errno close(std::uint32_t fd);
  // Moves `from` onto `to`, which is closed.
  Errno renumber(std::uint32_t from, std::uint32_t to);

 private:
  [[nodiscard]] static bool is_counted(const Descriptor& d) {
    return d.file != nullptr || d.owned != nullptr;
  }
  void release(Descriptor& descriptor);

  std::size_t max_opened_;
  std::size_t opened_ = 0;
  std::size_t first_free_ = 0;  // no number below it is free
  std::vector<Descriptor> slots_;
};

}  // namespace midimon::wasi
