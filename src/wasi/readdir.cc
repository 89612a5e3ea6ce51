// fd_readdir. A cookie is the number of an entry in one walk over the directory: 0 is ".", 1 is
// "..", the rest as the file system lists them. A guest that reads on where it stopped costs one
// step for each entry; one that goes back costs a new walk, and is charged for it.
#include <algorithm>
#include <cstring>
#include <string>

#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

// Moves on to the next entry of the listing.
Errno advance(ReaddirState& state, wasm::Budget& budget) {
  budget.charge(cost::kEntry);
  ErrnoOr<std::optional<vfs::Entry>> next = state.listing->next();
  if (!next) return next.error();
  ++state.position;
  state.at_end = !next->has_value();
  if (state.at_end) return Errno::success;
  state.name.assign((*next)->name);
  state.inode = (*next)->inode;
  state.type = (*next)->type;
  return Errno::success;
}

// Starts a walk: at "." and, through advance(), on to the rest.
Errno start(Descriptor& descriptor) {
  const ErrnoOr<vfs::Stat> self = descriptor.directory->stat();
  if (!self) return self.error();
  if (!descriptor.readdir) {
    ErrnoOr<std::unique_ptr<vfs::Listing>> listing = descriptor.directory->list();
    if (!listing) return listing.error();
    descriptor.readdir = std::make_unique<ReaddirState>();
    descriptor.readdir->listing = std::move(*listing);
  } else {
    const Errno rewound = descriptor.readdir->listing->rewind();
    if (rewound != Errno::success) return rewound;
  }
  ReaddirState& state = *descriptor.readdir;
  state.position = 0;
  state.at_end = false;
  state.name = ".";
  // ".." has the inode of "." too: what lies above a directory is not the guest's to know.
  state.inode = self->inode;
  state.type = vfs::FileType::directory;
  return Errno::success;
}

// The step from "." to ".." needs no listing; every other one does.
Errno step(ReaddirState& state, wasm::Budget& budget) {
  if (state.position > 0) return advance(state, budget);
  ++state.position;
  state.name = "..";
  return Errno::success;
}

// Brings the walk to `cookie`. It may end before.
Errno go_to(Descriptor& descriptor, std::uint64_t cookie, HostCall& call) {
  const bool fresh = !descriptor.readdir;
  // A guest that starts over wants to see what is there now.
  if (fresh || cookie == 0 || cookie < descriptor.readdir->position) {
    call.budget.charge(cost::kPath);
    const Errno started = start(descriptor);
    if (started != Errno::success) return started;
  }
  ReaddirState& state = *descriptor.readdir;
  while (state.position < cookie && !state.at_end && !call.budget.is_over()) {
    const Errno stepped = step(state, call.budget);
    if (stepped != Errno::success) return stepped;
  }
  return Errno::success;
}

// Copies as much of `data` as fits behind `used`.
bool put(std::span<std::byte> buffer, std::size_t& used, const void* data, std::size_t size) {
  const std::size_t fits = std::min(size, buffer.size() - used);
  std::memcpy(buffer.data() + used, data, fits);
  used += fits;
  return fits == size;
}

}  // namespace

Errno fd_readdir(Context& context, HostCall& call, Fd fd, Ptr buf, Size buf_len,
                 std::uint64_t cookie, Ptr buf_used) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->directory == nullptr)
    return descriptor->is_stream() ? Errno::badf : Errno::notdir;
  const auto buffer = call.memory.bytes(buf, buf_len);
  if (buffer.data() == nullptr || !call.memory.holds<Size>(buf_used)) return Errno::fault;

  const Errno found = go_to(*descriptor, cookie, call);
  if (found != Errno::success) return found;
  ReaddirState& state = *descriptor->readdir;
  std::size_t used = 0;
  while (used < buffer.size() && !state.at_end && !call.budget.is_over()) {
    abi::Dirent header{};
    header.next = state.position + 1;
    header.ino = state.inode;
    header.name_len = static_cast<std::uint32_t>(state.name.size());
    header.filetype = static_cast<std::uint8_t>(state.type);
    // An entry that does not fit is cut; the guest asks for it again with a larger buffer.
    if (!put(buffer, used, &header, sizeof header)) break;
    if (!put(buffer, used, state.name.data(), state.name.size())) break;
    const Errno stepped = step(state, call.budget);
    if (stepped != Errno::success) return stepped;
  }
  call.memory.store(buf_used, static_cast<Size>(used));
  return Errno::success;
}

}  // namespace midimon::wasi
