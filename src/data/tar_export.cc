#include "data/tar_export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "audit/escape.h"
#include "base/errno.h"
#include "base/unique_fd.h"
#include "data/archive.h"
#include "data/links.h"
#include "data/tree.h"
#include "vfs/path.h"

namespace midimon::data {
namespace {

class Export {
 public:
  Export(int root, const vfs::Resolver& resolver)
      : root_(root),
        resolver_(resolver),
        writer_(archive_write_new(), archive_write_free),
        entry_(archive_entry_new(), archive_entry_free) {}

  Result<Exported> run(int out) {
    if (archive_write_set_format_pax(writer_.get()) != ARCHIVE_OK ||
        archive_write_open_fd(writer_.get(), out) != ARCHIVE_OK) {
      return cannot_write();
    }
    auto walked = walk(root_, resolver_, [this](const Item& item) { return take(item); });
    if (!walked) return tl::unexpected(walked.error());
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) return cannot_write();
    return std::move(done_);
  }

 private:
  tl::unexpected<Error> cannot_write() {
    return fail(ErrorCode::io, "The tar file cannot be written: " + reason_of(writer_.get()));
  }
  tl::unexpected<Error> cannot_read(const Item& item, Errno why) {
    return fail(ErrorCode::io, fmt::format("Cannot read \"{}\" ({}).", audit::shown_name(item.path),
                                           to_string(why)));
  }
  Result<void> leave_out(const Item& item, std::string_view why) {
    if (++done_.left_out_count <= kMaxLeftOut) {
      done_.left_out.push_back(fmt::format("\"{}\" {}", audit::shown_name(item.path), why));
    }
    return {};
  }

  Result<void> take(const Item& item) {
    vfs::Path path;
    if (path.parse(item.path) != Errno::success) {
      return leave_out(item, "has a name that is not UTF-8, or is too long");
    }
    switch (item.info.st_mode & S_IFMT) {
      case S_IFDIR:
        return write_header(item, 0);
      case S_IFREG:
        return write_file(item);
      case S_IFLNK:
        return write_link(item);
      default:
        return leave_out(item, "is not a file, directory or symbolic link");
    }
  }

  // `target` is the text of a link; null for everything else.
  Result<void> write_header(const Item& item, std::uint64_t size, const char* target = nullptr) {
    archive_entry* const entry = archive_entry_clear(entry_.get());
    const std::string path(item.path);
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, item.info.st_mode & S_IFMT);
    archive_entry_set_perm(entry, item.info.st_mode & 0777U);
    archive_entry_set_mtime(entry, item.info.st_mtim.tv_sec, item.info.st_mtim.tv_nsec);
    archive_entry_set_size(entry, static_cast<la_int64_t>(size));
    if (target != nullptr) archive_entry_set_symlink(entry, target);
    if (archive_write_header(writer_.get(), entry) != ARCHIVE_OK) return cannot_write();
    ++done_.entries;
    return {};
  }

  Result<void> write_link(const Item& item) {
    std::array<char, vfs::kMaxPath + 2> text{};
    const ssize_t size = ::readlinkat(item.directory, item.name, text.data(), text.size() - 1);
    if (size < 0) return cannot_read(item, last_errno());
    const std::string_view target(text.data(), static_cast<std::size_t>(size));
    if (!is_utf8(target)) return leave_out(item, "is a link whose text is not UTF-8");
    if (names_outside(item.path, target) ||
        leads_outside(root_, std::string(item.path), resolver_)) {
      return leave_out(item, "is a symbolic link that leads out of the directory");
    }
    return write_header(item, 0, text.data());
  }

  Result<void> write_file(const Item& item) {
    const auto fd =
        resolver_.open(item.directory, item.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
    if (!fd) return cannot_read(item, fd.error());
    struct stat now {};
    if (::fstat(fd->get(), &now) != 0) return cannot_read(item, last_errno());
    if (now.st_ino != item.info.st_ino || now.st_dev != item.info.st_dev) return changed(item);
    const auto size = static_cast<std::uint64_t>(now.st_size);
    if (auto written = write_header({item.path, now, item.directory, item.name}, size); !written) {
      return written;
    }
    if (auto written = write_content(item, fd->get(), size); !written) return written;
    done_.bytes += size;
    return {};
  }

  Result<void> write_content(const Item& item, int fd, std::uint64_t left) {
    while (left > 0) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
      const ssize_t got = ::read(fd, buffer_.data(), want);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return cannot_read(item, last_errno());
      if (got == 0) return changed(item);
      const la_ssize_t wrote =
          archive_write_data(writer_.get(), buffer_.data(), static_cast<std::size_t>(got));
      if (wrote != got) return cannot_write();
      left -= static_cast<std::uint64_t>(got);
    }
    return {};
  }

  static Result<void> changed(const Item& item) {
    return fail(ErrorCode::io, fmt::format("\"{}\" was changed while it was read. Run it again "
                                           "when nobody changes the directory.",
                                           audit::shown_name(item.path)));
  }

  int root_;
  const vfs::Resolver& resolver_;
  Writer writer_;
  ArchiveEntry entry_;
  Exported done_;
  std::vector<char> buffer_ = std::vector<char>(256UL * 1024);
};

}  // namespace

Result<Exported> export_tar(int root, const vfs::Resolver& resolver, int out) {
  const Utf8Names names;
  if (auto checked = names.check(); !checked) return tl::unexpected(checked.error());
  return Export(root, resolver).run(out);
}

}  // namespace midimon::data
