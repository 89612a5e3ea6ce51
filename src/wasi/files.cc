// fd_*: what is done to open descriptors but reading and writing them.
#include <algorithm>

#include "wasi/calls.h"
#include "wasi/convert.h"

namespace midimon::wasi {
namespace {

// The open regular file `fd`; badf for everything else, a directory included.
ErrnoOr<Descriptor*> find_file(Context& context, Fd fd) {
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || !descriptor->file) return err(Errno::badf);
  return descriptor;
}

ErrnoOr<vfs::Stat> stat_of(Descriptor& descriptor) {
  if (descriptor.file) return descriptor.file->stat();
  if (descriptor.directory != nullptr) return descriptor.directory->stat();
  return vfs::Stat{};  // a stream: zeros, its type too
}

vfs::FileType type_of(const Descriptor& descriptor) {
  if (descriptor.file) return vfs::FileType::regular_file;
  if (descriptor.directory != nullptr) return vfs::FileType::directory;
  return descriptor.input != nullptr ? descriptor.input->type() : descriptor.output->type();
}

std::uint64_t rights_of(const Descriptor& descriptor) {
  if (descriptor.directory != nullptr) return abi::kRightsDirectory;
  if (!descriptor.file) {
    // No SEEK and no TELL: with them a C library would not take it for a terminal.
    return (descriptor.readable ? abi::kRightFdRead : abi::kRightFdWrite) |
           abi::kRightPollFdReadwrite;
  }
  std::uint64_t rights = abi::kRightsFile;
  if (!descriptor.readable) rights &= ~abi::kRightFdRead;
  if (!descriptor.writable) {
    rights &= ~(abi::kRightFdWrite | abi::kRightFdAllocate | abi::kRightFdFilestatSetSize);
  }
  return rights;
}

Errno sync(Context& context, HostCall& call, Fd fd, bool data_only) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || !descriptor->file) return Errno::badf;
  call.budget.charge(cost::kSync);
  return descriptor->file->sync(data_only);
}

// base + delta, where both it and base fit a file offset.
std::optional<std::uint64_t> add_offset(std::uint64_t base, std::int64_t delta) {
  std::int64_t sum = 0;
  if (base > INT64_MAX) return {};
  if (__builtin_add_overflow(static_cast<std::int64_t>(base), delta, &sum) || sum < 0) return {};
  return static_cast<std::uint64_t>(sum);
}

}  // namespace

Errno fd_advise(Context& context, HostCall& call, Fd fd, std::uint64_t offset, std::uint64_t length,
                std::uint32_t advice) {
  call.budget.charge(cost::kCall + cost::kSystemCall);
  const auto file = find_file(context, fd);
  if (!file) return file.error();
  if (advice > static_cast<std::uint32_t>(vfs::Advice::noreuse)) return Errno::inval;
  if (offset > INT64_MAX || length > INT64_MAX) return Errno::inval;
  return (*file)->file->advise(offset, length, static_cast<vfs::Advice>(advice));
}

Errno fd_allocate(Context& context, HostCall& call, Fd fd, std::uint64_t offset,
                  std::uint64_t length) {
  call.budget.charge(cost::kCall + cost::kSystemCall);
  const auto file = find_file(context, fd);
  if (!file) return file.error();
  if (!(*file)->writable) return Errno::badf;
  if (length == 0 || offset > INT64_MAX || length > INT64_MAX) return Errno::inval;
  if (offset + length > INT64_MAX) return Errno::fbig;
  return (*file)->file->allocate(offset, length);
}

Errno fd_close(Context& context, HostCall& call, Fd fd) {
  call.budget.charge(cost::kSystemCall);
  return context.fds().close(fd);
}

Errno fd_datasync(Context& context, HostCall& call, Fd fd) {
  return sync(context, call, fd, true);
}

Errno fd_sync(Context& context, HostCall& call, Fd fd) {
  return sync(context, call, fd, false);
}

Errno fd_fdstat_get(Context& context, HostCall& call, Fd fd, Ptr stat) {
  call.budget.charge(cost::kCall);
  const Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (!call.memory.holds<abi::Fdstat>(stat)) return Errno::fault;
  abi::Fdstat out{};
  out.filetype = static_cast<std::uint8_t>(type_of(*descriptor));
  out.flags = descriptor->flags;
  out.rights_base = rights_of(*descriptor);
  // What may be opened through it: all, as far as the mount allows, which path_open tells.
  out.rights_inheriting = descriptor->directory != nullptr ? abi::kRightsAll : 0;
  call.memory.store(stat, out);
  return Errno::success;
}

Errno fd_fdstat_set_flags(Context& context, HostCall& call, Fd fd, std::uint32_t flags) {
  call.budget.charge(cost::kCall);
  const auto file = find_file(context, fd);
  if (!file) return file.error();
  if ((flags & ~std::uint32_t{abi::kFdAppend | abi::kFdNonblock}) != 0) return Errno::inval;
  (*file)->flags = static_cast<std::uint16_t>(flags);
  return Errno::success;
}

Errno fd_fdstat_set_rights(Context& context, HostCall& call, Fd fd, std::uint64_t, std::uint64_t) {
  call.budget.charge(cost::kCall);
  return context.fds().find(fd) == nullptr ? Errno::badf : Errno::notsup;
}

Errno fd_filestat_get(Context& context, HostCall& call, Fd fd, Ptr stat) {
  call.budget.charge(cost::kCall + cost::kSystemCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (!call.memory.holds<abi::Filestat>(stat)) return Errno::fault;
  const ErrnoOr<vfs::Stat> status = stat_of(*descriptor);
  if (!status) return status.error();
  call.memory.store(stat, to_filestat(*status));
  return Errno::success;
}

Errno fd_filestat_set_size(Context& context, HostCall& call, Fd fd, std::uint64_t size) {
  call.budget.charge(cost::kCall + cost::kSystemCall);
  const auto file = find_file(context, fd);
  if (!file) return file.error();
  if (!(*file)->writable || size > INT64_MAX) return Errno::inval;
  return (*file)->file->set_size(size);
}

Errno fd_filestat_set_times(Context& context, HostCall& call, Fd fd, std::uint64_t atim,
                            std::uint64_t mtim, std::uint32_t flags) {
  call.budget.charge(cost::kCall + cost::kSystemCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || descriptor->is_stream()) return Errno::badf;
  const auto changes = to_time_changes(atim, mtim, flags);
  if (!changes) return Errno::inval;
  return descriptor->file ? descriptor->file->set_times(*changes)
                          : descriptor->directory->set_times(*changes);
}

Errno fd_prestat_get(Context& context, HostCall& call, Fd fd, Ptr prestat) {
  call.budget.charge(cost::kCall);
  const Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || descriptor->preopen == nullptr) return Errno::badf;
  if (!call.memory.holds<abi::Prestat>(prestat)) return Errno::fault;
  abi::Prestat out{};
  out.name_len = static_cast<Size>(descriptor->preopen->size());
  call.memory.store(prestat, out);
  return Errno::success;
}

Errno fd_prestat_dir_name(Context& context, HostCall& call, Fd fd, Ptr path, Size path_len) {
  call.budget.charge(cost::kCall);
  const Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->preopen == nullptr) return Errno::notdir;
  const std::string& name = *descriptor->preopen;
  if (path_len < name.size()) return Errno::nametoolong;
  const auto bytes = call.memory.bytes(path, name.size());
  if (bytes.data() == nullptr) return Errno::fault;
  std::copy(name.begin(), name.end(), reinterpret_cast<char*>(bytes.data()));
  return Errno::success;
}

Errno fd_renumber(Context& context, HostCall& call, Fd from, Fd to) {
  call.budget.charge(cost::kSystemCall);
  return context.fds().renumber(from, to);
}

Errno fd_seek(Context& context, HostCall& call, Fd fd, std::int64_t delta, std::uint32_t whence,
              Ptr new_offset) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->is_stream()) return Errno::spipe;
  if (!descriptor->file) return Errno::badf;
  if (!call.memory.holds<std::uint64_t>(new_offset)) return Errno::fault;
  std::uint64_t base = 0;
  if (whence == static_cast<std::uint32_t>(abi::Whence::cur)) {
    const auto position = descriptor->position();
    if (!position) return position.error();
    base = *position;
  } else if (whence == static_cast<std::uint32_t>(abi::Whence::end)) {
    call.budget.charge(cost::kSystemCall);
    const ErrnoOr<vfs::Stat> status = descriptor->file->stat();
    if (!status) return status.error();
    base = status->size;
  } else if (whence != static_cast<std::uint32_t>(abi::Whence::set)) {
    return Errno::inval;
  }
  const std::optional<std::uint64_t> offset = add_offset(base, delta);
  if (!offset) return Errno::inval;
  descriptor->move_to(*offset);
  call.memory.store(new_offset, *offset);
  return Errno::success;
}

Errno fd_tell(Context& context, HostCall& call, Fd fd, Ptr offset) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->is_stream()) return Errno::spipe;
  if (!descriptor->file) return Errno::badf;
  if (!call.memory.holds<std::uint64_t>(offset)) return Errno::fault;
  const auto position = descriptor->position();
  if (!position) return position.error();
  call.memory.store(offset, *position);
  return Errno::success;
}

}  // namespace midimon::wasi
