// The DiskListing class reads an open directory of the host with getdents64.
#pragma once

#include <array>

#include "base/unique_fd.h"
#include "vfs/file_system.h"

namespace midimon::vfs {

// Owns its descriptor, and with it its place in the directory. Not thread-safe.
class DiskListing final : public Listing {
 public:
  explicit DiskListing(UniqueFd fd) : fd_(std::move(fd)) {}

  ErrnoOr<std::optional<Entry>> next() override;
  Errno rewind() override;

 private:
  // Fills the buffer; false at the end.
  ErrnoOr<bool> fill();
  [[nodiscard]] FileType type_of(unsigned char d_type, const char* name) const;

  UniqueFd fd_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  alignas(8) std::array<char, 32 * 1024> buffer_;
};

}  // namespace midimon::vfs
