// The DiskFile class is an open regular file of the host.
#pragma once

#include "base/unique_fd.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// Owns its descriptor, which was opened without O_APPEND.
class DiskFile final : public File {
 public:
  explicit DiskFile(UniqueFd fd) : fd_(std::move(fd)) {}

  ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) override;
  ErrnoOr<std::size_t> write_at(std::span<const iovec> buffers, std::uint64_t offset) override;
  ErrnoOr<std::size_t> append(std::span<const iovec> buffers) override;
  ErrnoOr<std::uint64_t> append_end() override;
  ErrnoOr<Stat> stat() override;
  Errno set_size(std::uint64_t size) override;
  Errno allocate(std::uint64_t offset, std::uint64_t length) override;
  Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) override;
  Errno set_times(const TimeChanges& times) override;
  Errno sync(bool data_only) override;

 private:
  Errno set_appends(bool appends);

  UniqueFd fd_;
  bool appends_ = false;  // the descriptor has O_APPEND
};

}  // namespace midimon::vfs
