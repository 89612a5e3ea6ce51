#include "vfs/read_only.h"

#include <utility>

namespace midimon::vfs {
namespace {

class ReadOnlyFile final : public File {
 public:
  explicit ReadOnlyFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) override {
    return file_->read_at(buffers, offset);
  }
  ErrnoOr<Stat> stat() override { return file_->stat(); }
  Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) override {
    return file_->advise(offset, length, advice);
  }
  Errno sync(bool data_only) override { return file_->sync(data_only); }

  ErrnoOr<std::size_t> write_at(std::span<const iovec>, std::uint64_t) override {
    return err(Errno::perm);
  }
  ErrnoOr<std::size_t> append(std::span<const iovec>) override { return err(Errno::perm); }
  ErrnoOr<std::uint64_t> append_end() override { return file_->append_end(); }
  Errno set_size(std::uint64_t) override { return Errno::perm; }
  Errno allocate(std::uint64_t, std::uint64_t) override { return Errno::perm; }
  Errno set_times(const TimeChanges&) override { return Errno::perm; }

 private:
  std::unique_ptr<File> file_;
};

class ReadOnlyDirectory final : public Directory {
 public:
  explicit ReadOnlyDirectory(std::unique_ptr<Directory> directory)
      : directory_(std::move(directory)) {}

  ErrnoOr<Node> open(const Path& path, const OpenOptions& options) override {
    if (options.write || options.create || options.truncate) return err(Errno::perm);
    auto node = directory_->open(path, options);
    if (!node) return node;
    if (auto* file = std::get_if<std::unique_ptr<File>>(&*node)) {
      return Node(std::make_unique<ReadOnlyFile>(std::move(*file)));
    }
    return Node(make_read_only(std::get<std::unique_ptr<Directory>>(std::move(*node))));
  }
  ErrnoOr<Stat> stat(const Path& path, bool follow) override {
    return directory_->stat(path, follow);
  }
  ErrnoOr<std::string> read_link(const Path& path) override { return directory_->read_link(path); }
  ErrnoOr<std::unique_ptr<Listing>> list() override { return directory_->list(); }
  ErrnoOr<Stat> stat() override { return directory_->stat(); }
  Errno sync(bool data_only) override { return directory_->sync(data_only); }

  Errno set_times(const Path&, bool, const TimeChanges&) override { return Errno::perm; }
  Errno create_directory(const Path&) override { return Errno::perm; }
  Errno remove_directory(const Path&) override { return Errno::perm; }
  Errno unlink_file(const Path&) override { return Errno::perm; }
  Errno rename(const Path&, Directory&, const Path&) override { return Errno::perm; }
  Errno link(const Path&, Directory&, const Path&) override { return Errno::perm; }
  Errno symlink(std::string_view, const Path&) override { return Errno::perm; }
  Errno set_times(const TimeChanges&) override { return Errno::perm; }

  // Neither the identity of what is behind nor the directory itself is given away: with them, a
  // rename in a writable directory of the same mount could come in here.
  [[nodiscard]] const void* mount() const override { return nullptr; }

 private:
  std::unique_ptr<Directory> directory_;
};

}  // namespace

std::unique_ptr<Directory> make_read_only(std::unique_ptr<Directory> directory) {
  return std::make_unique<ReadOnlyDirectory>(std::move(directory));
}

}  // namespace midimon::vfs
