// Errno: what vfs and wasi answer when something is not possible.
//
// The numbers are those of WASI preview1 (witx `errno`), so that `wasi` hands them out as they are
// and there is one table to keep. Where they come from the kernel, `errno_from_posix` translates.
#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace midimon {

enum class [[nodiscard]] Errno : std::uint16_t{
    success = 0,   toobig = 1,      acces = 2,   again = 6,        badf = 8,   busy = 10,
    canceled = 11, dom = 18,        dquot = 19,  exist = 20,       fault = 21, fbig = 22,
    ilseq = 25,    inprogress = 26, intr = 27,   inval = 28,       io = 29,    isdir = 31,
    loop = 32,     mfile = 33,      mlink = 34,  nametoolong = 37, nfile = 41, nodev = 43,
    noent = 44,    nolck = 46,      nomem = 48,  nospc = 51,       nosys = 52, notdir = 54,
    notempty = 55, notsock = 57,    notsup = 58, notty = 59,       nxio = 60,  overflow = 61,
    perm = 63,     pipe = 64,       range = 68,  rofs = 69,        spipe = 70, stale = 72,
    timedout = 73, txtbsy = 74,     xdev = 75,   notcapable = 76,
};

template <typename T>
using ErrnoOr = tl::expected<T, Errno>;

[[nodiscard]] inline tl::unexpected<Errno> err(Errno e) {
  return tl::unexpected<Errno>(e);
}

// Translates a value of the C library's `errno`. One we have no word for becomes Errno::io.
Errno errno_from_posix(int posix);

// Errno for the calling thread's current `errno`.
Errno last_errno();

// The symbolic name in lower case, "noent"; "errno" for a number that has none.
[[nodiscard]] std::string_view to_string(Errno e);

}  // namespace midimon
