#include "base/errno.h"

#include <cerrno>
#include <string_view>

namespace midimon {
namespace {

struct Row {
  Errno wasi;
  int posix;
  std::string_view name;
};

constexpr Row kRows[] = {
    {Errno::success, 0, "success"},
    {Errno::toobig, E2BIG, "toobig"},
    {Errno::acces, EACCES, "acces"},
    {Errno::again, EAGAIN, "again"},
    {Errno::badf, EBADF, "badf"},
    {Errno::busy, EBUSY, "busy"},
    {Errno::canceled, ECANCELED, "canceled"},
    {Errno::dom, EDOM, "dom"},
    {Errno::dquot, EDQUOT, "dquot"},
    {Errno::exist, EEXIST, "exist"},
    {Errno::fault, EFAULT, "fault"},
    {Errno::fbig, EFBIG, "fbig"},
    {Errno::ilseq, EILSEQ, "ilseq"},
    {Errno::inprogress, EINPROGRESS, "inprogress"},
    {Errno::intr, EINTR, "intr"},
    {Errno::inval, EINVAL, "inval"},
    {Errno::io, EIO, "io"},
    {Errno::isdir, EISDIR, "isdir"},
    {Errno::loop, ELOOP, "loop"},
    {Errno::mfile, EMFILE, "mfile"},
    {Errno::mlink, EMLINK, "mlink"},
    {Errno::nametoolong, ENAMETOOLONG, "nametoolong"},
    {Errno::nfile, ENFILE, "nfile"},
    {Errno::nodev, ENODEV, "nodev"},
    {Errno::noent, ENOENT, "noent"},
    {Errno::nolck, ENOLCK, "nolck"},
    {Errno::nomem, ENOMEM, "nomem"},
    {Errno::nospc, ENOSPC, "nospc"},
    {Errno::nosys, ENOSYS, "nosys"},
    {Errno::notdir, ENOTDIR, "notdir"},
    {Errno::notempty, ENOTEMPTY, "notempty"},
    {Errno::notsock, ENOTSOCK, "notsock"},
    {Errno::notsup, ENOTSUP, "notsup"},
    {Errno::notty, ENOTTY, "notty"},
    {Errno::nxio, ENXIO, "nxio"},
    {Errno::overflow, EOVERFLOW, "overflow"},
    {Errno::perm, EPERM, "perm"},
    {Errno::pipe, EPIPE, "pipe"},
    {Errno::range, ERANGE, "range"},
    {Errno::rofs, EROFS, "rofs"},
    {Errno::spipe, ESPIPE, "spipe"},
    {Errno::stale, ESTALE, "stale"},
    {Errno::timedout, ETIMEDOUT, "timedout"},
    {Errno::txtbsy, ETXTBSY, "txtbsy"},
    {Errno::xdev, EXDEV, "xdev"},
    {Errno::notcapable, -1, "notcapable"},
};

}  // namespace

Errno errno_from_posix(int posix) {
  for (const Row& row : kRows) {
    if (row.posix == posix) return row.wasi;
  }
  return Errno::io;
}

Errno last_errno() {
  return errno_from_posix(errno);
}

std::string_view to_string(Errno e) {
  for (const Row& row : kRows) {
    if (row.wasi == e) return row.name;
  }
  return "errno";
}

}  // namespace midimon
