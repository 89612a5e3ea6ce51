#include "wasi/fd_table.h"

#include <utility>

namespace midimon::wasi {

void FdTable::add(Descriptor descriptor) {
  slots_.push_back(std::move(descriptor));
}

ErrnoOr<std::uint32_t> FdTable::open(Descriptor descriptor) {
  if (!has_room()) return err(Errno::mfile);
  while (first_free_ < slots_.size() && slots_[first_free_].is_open())
    ++first_free_;
  const std::size_t fd = first_free_;
  if (fd == slots_.size()) {
    slots_.push_back(std::move(descriptor));
  } else {
    slots_[fd] = std::move(descriptor);
  }
  ++opened_;
  first_free_ = fd + 1;
  return static_cast<std::uint32_t>(fd);
}

void FdTable::release(Descriptor& descriptor) {
  if (is_counted(descriptor)) --opened_;
  descriptor = {};
}

Errno FdTable::close(std::uint32_t fd) {
  Descriptor* descriptor = find(fd);
  if (descriptor == nullptr) return Errno::badf;
  release(*descriptor);
  if (fd < first_free_) first_free_ = fd;
  return Errno::success;
}

Errno FdTable::renumber(std::uint32_t from, std::uint32_t to) {
  Descriptor* source = find(from);
  Descriptor* target = find(to);
  if (source == nullptr || target == nullptr) return Errno::badf;
  if (source == target) return Errno::success;
  release(*target);
  *target = std::move(*source);
  *source = {};
  if (from < first_free_) first_free_ = from;
  return Errno::success;
}

}  // namespace midimon::wasi
