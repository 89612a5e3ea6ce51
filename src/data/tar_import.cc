#include "data/tar_import.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/escape.h"
#include "base/errno.h"
#include "base/unique_fd.h"
#include "base/units.h"
#include "data/archive.h"
#include "data/links.h"
#include "vfs/disk.h"
#include "vfs/kernel_stat.h"
#include "vfs/path.h"

namespace midimon::data {
namespace {

constexpr std::size_t kReadSize = 64UL * 1024;

// What is set once everything is in place.
struct Finish {
  mode_t mode = 0700;
  std::optional<Nanos> modified;
};

class Import {
 public:
  Import(int root, vfs::ResolverKind resolver, std::shared_ptr<vfs::Ledger> ledger)
      : root_(root),
        resolver_kind_(resolver),
        resolver_(vfs::make_resolver(resolver)),
        ledger_(std::move(ledger)),
        reader_(archive_read_new(), archive_read_free) {}

  Result<Imported> run(int in);

 private:
  Result<void> open_root();
  Result<void> take_all();
  Result<void> take(archive_entry* entry);
  Result<void> check_name(const vfs::Path& path) const;
  Result<void> make_parents(std::string_view path);
  Result<void> make_directory(const std::string& path, const Finish& finish);
  Result<void> take_file(archive_entry* entry, const vfs::Path& path);
  Result<void> take_content(vfs::File& file, std::uint64_t size);
  Result<void> take_link(archive_entry* entry, const vfs::Path& path);
  Result<void> check_links() const;
  Result<void> finish(const std::string& path, const Finish& finish, int flags) const;
  Result<void> finish_directories() const;

  [[nodiscard]] static std::optional<Nanos> modified(archive_entry* entry);
  [[nodiscard]] tl::unexpected<Error> refuse(std::string_view why) const {
    return fail(ErrorCode::invalid,
                fmt::format("The entry \"{}\" {}.", audit::shown_name(name_), why));
  }
  [[nodiscard]] tl::unexpected<Error> cannot_make(Errno why) const;
  [[nodiscard]] tl::unexpected<Error> broken() const {
    return fail(ErrorCode::invalid, "It is not a tar file that can be read, or a damaged one: " +
                                        reason_of(reader_.get()) +
                                        " A compressed one has to be unpacked first.");
  }

  int root_;
  vfs::ResolverKind resolver_kind_;
  std::unique_ptr<vfs::Resolver> resolver_;
  std::shared_ptr<vfs::Ledger> ledger_;
  Reader reader_;
  std::unique_ptr<vfs::Directory> directory_;  // the root, under the quota
  std::string name_;                           // of the entry that is looked at, as it is written
  std::map<std::string, vfs::FileType, std::less<>> made_;
  std::map<std::string, Finish> directories_;
  std::vector<std::string> links_;
  Imported done_;
};

Result<Imported> Import::run(int in) {
  if (auto opened = open_root(); !opened) return tl::unexpected(opened.error());
  if (archive_read_support_format_tar(reader_.get()) != ARCHIVE_OK ||
      archive_read_open_fd(reader_.get(), in, kReadSize) != ARCHIVE_OK) {
    return broken();
  }
  if (auto taken = take_all(); !taken) return tl::unexpected(taken.error());
  if (auto checked = check_links(); !checked) return tl::unexpected(checked.error());
  if (auto finished = finish_directories(); !finished) return tl::unexpected(finished.error());
  done_.used = ledger_->used();
  return done_;
}

Result<void> Import::open_root() {
  UniqueFd own(::fcntl(root_, F_DUPFD_CLOEXEC, 0));
  auto disk = vfs::open_disk(std::move(own), {true, resolver_kind_});
  if (!disk) return fail(ErrorCode::io, "The directory to unpack into cannot be used.");
  auto tree = vfs::attach_quota(**disk, ledger_);
  if (!tree) return fail(ErrorCode::io, "The directory to unpack into cannot be counted.");
  directory_ = vfs::make_quota(std::move(*disk), std::move(*tree));
  return {};
}

Result<void> Import::take_all() {
  la_int64_t end = 0;  // of the entry before
  while (true) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader_.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    // A warning says that something of the entry was not understood: then it is not what was saved.
    if (status != ARCHIVE_OK) return broken();
    if (auto taken = take(entry); !taken) return taken;
    if (archive_read_data_skip(reader_.get()) < ARCHIVE_OK) return broken();
    end = archive_filter_bytes(reader_.get(), -1);
  }
  // A tar file ends with blocks of zeros, which libarchive does not miss.
  if (archive_filter_bytes(reader_.get(), -1) > end) return {};
  return fail(ErrorCode::invalid, "It is only the beginning of a tar file: its end is missing.");
}

Result<void> Import::take(archive_entry* entry) {
  const char* const name = archive_entry_pathname(entry);
  if (name == nullptr) return fail(ErrorCode::invalid, "An entry has a name that is not UTF-8.");
  name_ = name;
  if (archive_entry_hardlink(entry) != nullptr) {
    return refuse("is a hard link; only files, directories and symbolic links are taken");
  }
  vfs::Path path;
  switch (path.parse(name_)) {
    case Errno::success:
      break;
    case Errno::perm:
      return refuse("has an absolute name");
    case Errno::nametoolong:
      return refuse("has a name that is too long");
    default:
      return refuse("has a name that is not UTF-8 text");
  }
  if (auto checked = check_name(path); !checked) return checked;
  const auto type = archive_entry_filetype(entry);
  if (path.is_self()) {
    return type == AE_IFDIR ? Result<void>() : refuse("is no directory");
  }
  if (auto parents = make_parents(path.view()); !parents) return parents;
  const std::string text(path.view());
  const auto before = made_.find(text);
  if (type == AE_IFDIR) {
    const Finish finish{static_cast<mode_t>(archive_entry_perm(entry) & 0777U), modified(entry)};
    if (before == made_.end()) return make_directory(text, finish);
    if (before->second != vfs::FileType::directory) return refuse("is there twice");
    directories_[text] = finish;  // its content came first
    return {};
  }
  if (before != made_.end()) return refuse("is there twice");
  if (type == AE_IFREG) return take_file(entry, path);
  if (type == AE_IFLNK) return take_link(entry, path);
  return refuse("is not a file, directory or symbolic link");
}

Result<void> Import::check_name(const vfs::Path& path) const {
  std::string_view rest = path.view();
  int depth = 0;
  while (!rest.empty()) {
    const std::string_view component = rest.substr(0, rest.find('/'));
    if (component == "..") return refuse("has a name with \"..\" in it");
    if (++depth > kMaxDepth) {
      return refuse(fmt::format("lies more than {} directories deep", kMaxDepth));
    }
    rest.remove_prefix(std::min(component.size() + 1, rest.size()));
  }
  return {};
}

// Every directory above `path`: those that the archive does not have come with mode 0700.
Result<void> Import::make_parents(std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const std::string_view parent = path.substr(0, slash);
    const auto found = made_.find(parent);
    if (found == made_.end()) {
      if (auto made = make_directory(std::string(parent), {}); !made) return made;
    } else if (found->second != vfs::FileType::directory) {
      return refuse("lies below something that is no directory");
    }
  }
  return {};
}

Result<void> Import::make_directory(const std::string& path, const Finish& finish) {
  vfs::Path parsed;
  Errno made = parsed.parse(path);
  if (made == Errno::success) made = directory_->create_directory(parsed);
  if (made != Errno::success) return cannot_make(made);
  made_[path] = vfs::FileType::directory;
  directories_[path] = finish;
  return {};
}

Result<void> Import::take_file(archive_entry* entry, const vfs::Path& path) {
  if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0) {
    return refuse("does not say how large it is");
  }
  const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
  auto node = directory_->open(path, {.write = true, .create = true, .exclusive = true});
  if (!node) return cannot_make(node.error());
  vfs::File& file = *std::get<std::unique_ptr<vfs::File>>(*node);
  // Before anything is read of it: what does not fit is refused for what it says of itself.
  const bool beyond = size > ledger_->allowed().bytes;
  const Errno sized = beyond ? Errno::dquot : file.set_size(size);
  if (sized != Errno::success) return cannot_make(sized);
  if (auto taken = take_content(file, size); !taken) return taken;
  std::string text(path.view());
  const Finish attributes{static_cast<mode_t>(archive_entry_perm(entry) & 0777U), modified(entry)};
  if (auto set = finish(text, attributes, 0); !set) return set;
  made_[std::move(text)] = vfs::FileType::regular_file;
  ++done_.files;
  return {};
}

Result<void> Import::take_content(vfs::File& file, std::uint64_t size) {
  while (true) {
    const void* block = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader_.get(), &block, &length, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return broken();
    auto at = static_cast<std::uint64_t>(offset);
    if (offset < 0 || at > size || length > size - at) return refuse("has more than it says");
    iovec buffer{const_cast<void*>(block), length};
    while (buffer.iov_len > 0) {
      const auto written = file.write_at({&buffer, 1}, at);
      if (!written) return cannot_make(written.error());
      if (*written == 0) return cannot_make(Errno::io);
      at += *written;
      buffer.iov_base = static_cast<char*>(buffer.iov_base) + *written;
      buffer.iov_len -= *written;
    }
  }
}

Result<void> Import::take_link(archive_entry* entry, const vfs::Path& path) {
  const char* const target = archive_entry_symlink(entry);
  if (target == nullptr) return refuse("is a link whose text is not UTF-8");
  if (names_outside(path.view(), target)) return refuse("is a symbolic link that leads out");
  if (const Errno made = directory_->symlink(target, path); made != Errno::success) {
    return cannot_make(made);
  }
  if (const auto time = modified(entry)) {
    const vfs::TimeChanges times{vfs::KeepTime{}, *time};
    if (const Errno set = directory_->set_times(path, false, times); set != Errno::success) {
      return cannot_make(set);
    }
  }
  links_.emplace_back(path.view());
  made_[links_.back()] = vfs::FileType::symbolic_link;
  return {};
}

// A link may lead out by way of others, which only shows when all are there.
Result<void> Import::check_links() const {
  for (const std::string& link : links_) {
    if (!leads_outside(root_, link, *resolver_)) continue;
    return fail(ErrorCode::invalid, fmt::format("The entry \"{}\" is a symbolic link that leads "
                                                "out by way of others.",
                                                audit::shown_name(link)));
  }
  return {};
}

Result<void> Import::finish(const std::string& path, const Finish& finish, int flags) const {
  const auto fd = resolver_->open(root_, path.c_str(), O_RDONLY | O_NOFOLLOW | flags, 0);
  if (!fd) return cannot_make(fd.error());
  const vfs::TimeChanges times{vfs::KeepTime{}, finish.modified ? vfs::TimeChange(*finish.modified)
                                                                : vfs::TimeChange(vfs::KeepTime{})};
  if (::futimens(fd->get(), vfs::to_timespecs(times).data()) != 0 ||
      ::fchmod(fd->get(), finish.mode) != 0) {
    return cannot_make(last_errno());
  }
  return {};
}

// What is inside comes first: to make it changes the time of the directory, and a directory may be
// closed to its owner. It stays readable to him, or nothing could be counted.
Result<void> Import::finish_directories() const {
  for (auto at = directories_.rbegin(); at != directories_.rend(); ++at) {
    const Finish attributes{at->second.mode | 0500U, at->second.modified};
    if (auto set = finish(at->first, attributes, O_DIRECTORY); !set) return set;
  }
  return {};
}

std::optional<Nanos> Import::modified(archive_entry* entry) {
  // Beyond this nanoseconds since 1970 have no room in 64 bits.
  constexpr std::int64_t kMost = 9'000'000'000;
  const std::int64_t seconds = archive_entry_mtime(entry);
  if (archive_entry_mtime_is_set(entry) == 0 || seconds > kMost || seconds < -kMost) return {};
  return std::chrono::seconds(seconds) + Nanos(archive_entry_mtime_nsec(entry));
}

tl::unexpected<Error> Import::cannot_make(Errno why) const {
  const std::string name = audit::shown_name(name_);
  const vfs::QuotaUsage& allowed = ledger_->allowed();
  if (why == Errno::dquot) {
    return fail(ErrorCode::limit,
                fmt::format("With \"{}\" it holds more than may be stored: {} and {} names.", name,
                            format_bytes(allowed.bytes), allowed.entries));
  }
  if (why == Errno::nospc) {
    return fail(ErrorCode::limit,
                fmt::format("There is no room for \"{}\": the disk would have less left than is "
                            "kept free.",
                            name));
  }
  return fail(ErrorCode::io, fmt::format("\"{}\" cannot be made ({}).", name, to_string(why)));
}

}  // namespace

Result<Imported> import_tar(int in, int root, vfs::ResolverKind resolver,
                            const std::shared_ptr<vfs::Ledger>& ledger) {
  const Utf8Names names;
  if (auto checked = names.check(); !checked) return tl::unexpected(checked.error());
  return Import(root, resolver, ledger).run(in);
}

}  // namespace midimon::data
