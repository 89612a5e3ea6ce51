// fd_read, fd_write, fd_pread, fd_pwrite: bytes between a file or stream and the guest's memory,
// without a copy: the kernel reads and writes the guest's pages.
#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "wasi/calls.h"

namespace midimon::wasi {
namespace {

// As IOV_MAX: a longer list is refused, so that it can be copied once, checked whole and used.
constexpr Size kMaxIovecs = 1024;

// The most one call moves, as MAX_RW_COUNT; buffers that overlap can ask for more than there is
// memory.
constexpr std::uint64_t kMaxTransfer = 0x7FFFF000;

// Between two looks at the budget. Larger transfers are done in turns.
constexpr std::size_t kTurn = 16UL * 1024 * 1024;

// The guest's list of buffers, checked.
class Buffers {
 public:
  Buffers() = default;
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  // Fault if the list or one of the buffers is not inside memory; inval if the list is too long.
  Errno read(const HostCall& call, Ptr iovs, Size count) {
    if (count > kMaxIovecs) return Errno::inval;
    const auto list = call.memory.bytes(iovs, std::uint64_t{count} * sizeof(abi::Iovec));
    if (list.data() == nullptr || iovs % alignof(abi::Iovec) != 0) return Errno::fault;
    if (count > kFew) {
      many_ = std::make_unique_for_overwrite<iovec[]>(count);
      iovecs_ = many_.get();
    }
    for (Size i = 0; i < count; ++i) {
      const auto iov = call.memory.load<abi::Iovec>(iovs + i * Size{sizeof(abi::Iovec)});
      const auto bytes = call.memory.bytes(iov.buf, iov.len);
      if (bytes.data() == nullptr) return Errno::fault;
      const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), kMaxTransfer - total_);
      if (size == 0) continue;
      iovecs_[count_++] = {bytes.data(), size};
      total_ += size;
    }
    return Errno::success;
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] std::span<iovec> all() { return {iovecs_, count_}; }

 private:
  static constexpr Size kFew = 8;  // C libraries give one or two

  std::size_t count_ = 0;
  std::uint64_t total_ = 0;
  std::array<iovec, kFew> few_;  // left uninitialized past count_
  std::unique_ptr<iovec[]> many_;
  iovec* iovecs_ = few_.data();
};

// Takes the first buffers off `rest`, at most kTurn bytes of them; splits one if it must.
std::span<iovec> take_turn(std::span<iovec>& rest, iovec& split_tail) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < rest.size() && bytes + rest[count].iov_len <= kTurn) {
    bytes += rest[count].iov_len;
    ++count;
  }
  split_tail = {};
  if (count == 0) {
    iovec& first = rest[0];
    split_tail = {static_cast<std::byte*>(first.iov_base) + kTurn, first.iov_len - kTurn};
    first.iov_len = kTurn;
    count = 1;
  }
  const auto turn = rest.first(count);
  rest = rest.subspan(split_tail.iov_len > 0 ? count - 1 : count);
  return turn;
}

// Moves more than one turn's bytes; ends early at a short turn. An error after the first one is a
// short transfer.
template <typename Move>
ErrnoOr<std::size_t> move_in_turns(HostCall& call, Buffers& buffers, Move move) {
  std::size_t done = 0;
  std::span<iovec> rest = buffers.all();
  while (!rest.empty() && !call.budget.is_over()) {
    iovec split_tail{};
    const auto turn = take_turn(rest, split_tail);
    std::size_t asked = 0;
    for (const iovec& buffer : turn)
      asked += buffer.iov_len;
    const ErrnoOr<std::size_t> moved = move(std::span<const iovec>(turn), done);
    if (!moved && done == 0) return moved;
    if (!moved) break;
    done += *moved;
    call.budget.charge(*moved / cost::kBytesPerFuel);
    if (*moved < asked) break;
    if (split_tail.iov_len > 0) rest[0] = split_tail;
  }
  return done;
}

// Moves all of `buffers` with `move(turn, done)`. Inlined: see base/system_call.h on returns.
template <typename Move>
[[gnu::always_inline]] inline ErrnoOr<std::size_t> move_all(HostCall& call, Buffers& buffers,
                                                            Move move) {
  if (buffers.total() == 0) return 0;
  call.budget.charge(cost::kSystemCall);
  if (buffers.total() > kTurn) return move_in_turns(call, buffers, move);
  const ErrnoOr<std::size_t> moved = move(std::span<const iovec>(buffers.all()), 0);
  if (moved) call.budget.charge(*moved / cost::kBytesPerFuel);
  return moved;
}

Errno give_count(HostCall& call, Ptr out, const ErrnoOr<std::size_t>& moved) {
  if (!moved) return moved.error();
  call.memory.store(out, static_cast<Size>(*moved));
  return Errno::success;
}

// All checks that come before any byte moves.
Errno prepare(HostCall& call, Buffers& buffers, Ptr iovs, Size count, Ptr out) {
  if (!call.memory.holds<Size>(out)) return Errno::fault;
  return buffers.read(call, iovs, count);
}

[[gnu::always_inline]] inline ErrnoOr<std::size_t> read_at(HostCall& call, Buffers& buffers,
                                                           vfs::File& file, std::uint64_t offset) {
  return move_all(call, buffers, [&](std::span<const iovec> turn, std::size_t done) {
    return file.read_at(turn, offset + done);
  });
}

[[gnu::always_inline]] inline ErrnoOr<std::size_t> write_at(HostCall& call, Buffers& buffers,
                                                            vfs::File& file, std::uint64_t offset) {
  return move_all(call, buffers, [&](std::span<const iovec> turn, std::size_t done) {
    return file.write_at(turn, offset + done);
  });
}

[[gnu::always_inline]] inline ErrnoOr<std::size_t> append(HostCall& call, Buffers& buffers,
                                                          vfs::File& file) {
  return move_all(call, buffers,
                  [&](std::span<const iovec> turn, std::size_t) { return file.append(turn); });
}

// What a file's position is for.
ErrnoOr<std::size_t> read_on(HostCall& call, Buffers& buffers, Descriptor& descriptor) {
  const auto position = descriptor.position();
  if (!position) return err(position.error());
  const auto moved = read_at(call, buffers, *descriptor.file, *position);
  if (moved) descriptor.move_to(*position + *moved);
  return moved;
}

ErrnoOr<std::size_t> write_on(HostCall& call, Buffers& buffers, Descriptor& descriptor) {
  if ((descriptor.flags & abi::kFdAppend) != 0) {
    const auto appended = append(call, buffers, *descriptor.file);
    if (appended && *appended > 0) descriptor.move_to_append_end();
    return appended;
  }
  const auto position = descriptor.position();
  if (!position) return err(position.error());
  const auto moved = write_at(call, buffers, *descriptor.file, *position);
  if (moved) descriptor.move_to(*position + *moved);
  return moved;
}

}  // namespace

Errno fd_read(Context& context, HostCall& call, Fd fd, Ptr iovs, Size iovs_len, Ptr nread) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || !descriptor->readable) return Errno::badf;
  if (descriptor->directory != nullptr) return Errno::badf;
  Buffers buffers;
  const Errno prepared = prepare(call, buffers, iovs, iovs_len, nread);
  if (prepared != Errno::success) return prepared;
  if (descriptor->input != nullptr) {
    return give_count(call, nread,
                      move_all(call, buffers, [&](std::span<const iovec> turn, std::size_t) {
                        return descriptor->input->read(turn, call.budget);
                      }));
  }
  return give_count(call, nread, read_on(call, buffers, *descriptor));
}

Errno fd_pread(Context& context, HostCall& call, Fd fd, Ptr iovs, Size iovs_len,
               std::uint64_t offset, Ptr nread) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->is_stream()) return Errno::spipe;
  if (descriptor->directory != nullptr) return Errno::badf;
  if (!descriptor->readable) return Errno::badf;
  if (offset > INT64_MAX) return Errno::inval;
  Buffers buffers;
  const Errno prepared = prepare(call, buffers, iovs, iovs_len, nread);
  if (prepared != Errno::success) return prepared;
  return give_count(call, nread, read_at(call, buffers, *descriptor->file, offset));
}

Errno fd_write(Context& context, HostCall& call, Fd fd, Ptr iovs, Size iovs_len, Ptr nwritten) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr || !descriptor->writable) return Errno::badf;
  Buffers buffers;
  const Errno prepared = prepare(call, buffers, iovs, iovs_len, nwritten);
  if (prepared != Errno::success) return prepared;
  if (descriptor->output != nullptr) {
    return give_count(call, nwritten,
                      move_all(call, buffers, [&](std::span<const iovec> turn, std::size_t) {
                        return descriptor->output->write(turn, call.budget);
                      }));
  }
  return give_count(call, nwritten, write_on(call, buffers, *descriptor));
}

Errno fd_pwrite(Context& context, HostCall& call, Fd fd, Ptr iovs, Size iovs_len,
                std::uint64_t offset, Ptr nwritten) {
  call.budget.charge(cost::kCall);
  Descriptor* descriptor = context.fds().find(fd);
  if (descriptor == nullptr) return Errno::badf;
  if (descriptor->is_stream()) return Errno::spipe;
  if (!descriptor->writable) return Errno::badf;
  if (offset > INT64_MAX) return Errno::inval;
  Buffers buffers;
  const Errno prepared = prepare(call, buffers, iovs, iovs_len, nwritten);
  if (prepared != Errno::success) return prepared;
  if ((descriptor->flags & abi::kFdAppend) == 0) {
    return give_count(call, nwritten, write_at(call, buffers, *descriptor->file, offset));
  }
  // As on Linux, a descriptor that appends does so wherever it is told to write. Its position
  // stays, so it is asked for while the last append is still the one that set it.
  const auto position = descriptor->position();
  if (!position) return position.error();
  return give_count(call, nwritten, append(call, buffers, *descriptor->file));
}

}  // namespace midimon::wasi
