// path_*: what is done to names below an open directory.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "wasi/calls.h"
#include "wasi/convert.h"

namespace midimon::wasi {
namespace {

// A path argument that has been checked: the directory it starts at, and the path below it.
struct Place {
  vfs::Directory* directory = nullptr;
  vfs::Path path;

  Errno find(Context& context, HostCall& call, Fd fd, Ptr text, Size text_len) {
    call.budget.charge(cost::kPath);
    Descriptor* descriptor = context.fds().find(fd);
    if (descriptor == nullptr) return Errno::badf;
    if (descriptor->directory == nullptr) {
      return descriptor->is_stream() ? Errno::badf : Errno::notdir;
    }
    const auto bytes = call.memory.bytes(text, text_len);
    if (bytes.data() == nullptr) return Errno::fault;
    directory = descriptor->directory;
    return path.parse(call.memory.text(text, text_len));
  }
};

bool only_known(std::uint32_t flags, std::uint32_t known) {
  return (flags & ~known) == 0;
}

// What path_open was asked for, in vfs's words.
ErrnoOr<vfs::OpenOptions> open_options(std::uint32_t lookup, std::uint32_t oflags,
                                       std::uint64_t rights, std::uint32_t fdflags) {
  if (!only_known(lookup, abi::kLookupFollow) || !only_known(oflags, abi::kOpenAll) ||
      !only_known(fdflags, abi::kFdAll)) {
    return err(Errno::inval);
  }
  if ((fdflags & abi::kFdAnySync) != 0) return err(Errno::notsup);
  vfs::OpenOptions options;
  options.follow = (lookup & abi::kLookupFollow) != 0;
  options.create = (oflags & abi::kOpenCreate) != 0;
  options.directory = (oflags & abi::kOpenDirectory) != 0;
  options.exclusive = (oflags & abi::kOpenExclusive) != 0;
  options.truncate = (oflags & abi::kOpenTruncate) != 0;
  if (options.directory && (options.create || options.exclusive || options.truncate)) {
    return err(Errno::inval);
  }
  options.read = (rights & abi::kRightFdRead) != 0;
  options.write = (rights & abi::kRightFdWrite) != 0 || options.create || options.truncate;
  if (options.directory && options.write) return err(Errno::isdir);
  return options;
}

Descriptor descriptor_for(vfs::Node node, std::uint64_t rights, std::uint32_t fdflags) {
  Descriptor descriptor;
  descriptor.flags = static_cast<std::uint16_t>(fdflags);
  if (auto* file = std::get_if<std::unique_ptr<vfs::File>>(&node)) {
    descriptor.readable = (rights & abi::kRightFdRead) != 0;
    descriptor.writable = (rights & abi::kRightFdWrite) != 0;
    descriptor.file = std::move(*file);
  } else {
    descriptor.readable = true;
    descriptor.owned = std::move(std::get<std::unique_ptr<vfs::Directory>>(node));
    descriptor.directory = descriptor.owned.get();
  }
  return descriptor;
}

}  // namespace

Errno path_open(Context& context, HostCall& call, Fd fd, std::uint32_t lookup, Ptr path,
                Size path_len, std::uint32_t oflags, std::uint64_t rights, std::uint64_t,
                std::uint32_t fdflags, Ptr opened) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  if (found != Errno::success) return found;
  if (!call.memory.holds<Fd>(opened)) return Errno::fault;
  const auto options = open_options(lookup, oflags, rights, fdflags);
  if (!options) return options.error();
  // Before the file system is touched: a file that was created but cannot be had is a surprise.
  if (!context.fds().has_room()) return Errno::mfile;
  ErrnoOr<vfs::Node> node = place.directory->open(place.path, *options);
  if (!node) return node.error();
  const auto number = context.fds().open(descriptor_for(std::move(*node), rights, fdflags));
  if (!number) return number.error();
  call.memory.store(opened, *number);
  return Errno::success;
}

Errno path_create_directory(Context& context, HostCall& call, Fd fd, Ptr path, Size path_len) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  return found != Errno::success ? found : place.directory->create_directory(place.path);
}

Errno path_remove_directory(Context& context, HostCall& call, Fd fd, Ptr path, Size path_len) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  return found != Errno::success ? found : place.directory->remove_directory(place.path);
}

Errno path_unlink_file(Context& context, HostCall& call, Fd fd, Ptr path, Size path_len) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  return found != Errno::success ? found : place.directory->unlink_file(place.path);
}

Errno path_filestat_get(Context& context, HostCall& call, Fd fd, std::uint32_t lookup, Ptr path,
                        Size path_len, Ptr stat) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  if (found != Errno::success) return found;
  if (!call.memory.holds<abi::Filestat>(stat)) return Errno::fault;
  if (!only_known(lookup, abi::kLookupFollow)) return Errno::inval;
  const ErrnoOr<vfs::Stat> status = place.directory->stat(place.path, lookup != 0);
  if (!status) return status.error();
  call.memory.store(stat, to_filestat(*status));
  return Errno::success;
}

Errno path_filestat_set_times(Context& context, HostCall& call, Fd fd, std::uint32_t lookup,
                              Ptr path, Size path_len, std::uint64_t atim, std::uint64_t mtim,
                              std::uint32_t flags) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  if (found != Errno::success) return found;
  const auto changes = to_time_changes(atim, mtim, flags);
  if (!changes || !only_known(lookup, abi::kLookupFollow)) return Errno::inval;
  return place.directory->set_times(place.path, lookup != 0, *changes);
}

Errno path_link(Context& context, HostCall& call, Fd old_fd, std::uint32_t lookup, Ptr old_path,
                Size old_path_len, Fd new_fd, Ptr new_path, Size new_path_len) {
  Place from;
  Errno found = from.find(context, call, old_fd, old_path, old_path_len);
  if (found != Errno::success) return found;
  Place to;
  found = to.find(context, call, new_fd, new_path, new_path_len);
  if (found != Errno::success) return found;
  // Following a link here would need a race-free way that the kernel does not offer.
  if (lookup != 0) return Errno::inval;
  return from.directory->link(from.path, *to.directory, to.path);
}

Errno path_rename(Context& context, HostCall& call, Fd old_fd, Ptr old_path, Size old_path_len,
                  Fd new_fd, Ptr new_path, Size new_path_len) {
  Place from;
  Errno found = from.find(context, call, old_fd, old_path, old_path_len);
  if (found != Errno::success) return found;
  Place to;
  found = to.find(context, call, new_fd, new_path, new_path_len);
  if (found != Errno::success) return found;
  return from.directory->rename(from.path, *to.directory, to.path);
}

Errno path_symlink(Context& context, HostCall& call, Ptr target, Size target_len, Fd fd, Ptr path,
                   Size path_len) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  if (found != Errno::success) return found;
  const auto bytes = call.memory.bytes(target, target_len);
  if (bytes.data() == nullptr) return Errno::fault;
  const std::string_view text = call.memory.text(target, target_len);
  if (text.empty()) return Errno::noent;
  if (text.size() > vfs::kMaxPath) return Errno::nametoolong;
  if (text.find('\0') != std::string_view::npos) return Errno::inval;
  if (!vfs::is_utf8(text)) return Errno::ilseq;
  return place.directory->symlink(text, place.path);
}

Errno path_readlink(Context& context, HostCall& call, Fd fd, Ptr path, Size path_len, Ptr buf,
                    Size buf_len, Ptr used) {
  Place place;
  const Errno found = place.find(context, call, fd, path, path_len);
  if (found != Errno::success) return found;
  const auto buffer = call.memory.bytes(buf, buf_len);
  if (buffer.data() == nullptr || !call.memory.holds<Size>(used)) return Errno::fault;
  const ErrnoOr<std::string> target = place.directory->read_link(place.path);
  if (!target) return target.error();
  const std::size_t size = std::min(target->size(), buffer.size());
  std::memcpy(buffer.data(), target->data(), size);
  call.memory.store(used, static_cast<Size>(size));
  return Errno::success;
}

}  // namespace midimon::wasi
