#include "vfs/audited.h"

#include <atomic>
#include <typeinfo>
#include <utility>

namespace midimon::vfs {
namespace {

using audit::Event;
using audit::EventKind;

thread_local Transferred transferred;

// Where something is, below its mount; both views are the caller's.
struct Place {
  std::string_view directory;
  std::string_view path;
};

class Reporter {
 public:
  explicit Reporter(std::shared_ptr<const AuditSource> source) : source_(std::move(source)) {}

  [[nodiscard]] bool admits() const { return source_->sink->admits(); }

  [[nodiscard]] Event event(EventKind kind, Errno result, const Place& place) const {
    Event event;
    event.kind = kind;
    event.result = result;
    event.plugin = source_->plugin;
    event.version = source_->version;
    event.mount = source_->mount;
    event.directory = place.directory;
    event.path = place.path;
    return event;
  }
  void record(const Event& event) const { source_->sink->record(event); }
  Errno report(EventKind kind, Errno result, const Place& place) const {
    record(event(kind, result, place));
    return result;
  }

 private:
  std::shared_ptr<const AuditSource> source_;
};

class AuditedFile final : public File {
 public:
  AuditedFile(std::unique_ptr<File> file, Reporter reporter, std::string directory,
              std::string path)
      : file_(std::move(file)),
        reporter_(std::move(reporter)),
        directory_(std::move(directory)),
        path_(std::move(path)) {}

  ~AuditedFile() override {
    file_.reset();
    Event event = reporter_.event(EventKind::close, Errno::success, place());
    event.bytes_read = read_;
    event.bytes_written = written_;
    reporter_.record(event);
  }

  ErrnoOr<std::size_t> read_at(std::span<const iovec> buffers, std::uint64_t offset) override {
    const auto got = file_->read_at(buffers, offset);
    if (got) {
      read_.fetch_add(*got, std::memory_order_relaxed);
      transferred.read += *got;
    }
    return got;
  }
  ErrnoOr<std::size_t> write_at(std::span<const iovec> buffers, std::uint64_t offset) override {
    if (!reporter_.admits()) return err(Errno::io);
    const auto put = file_->write_at(buffers, offset);
    if (put) count_written(*put);
    return put;
  }
  ErrnoOr<std::size_t> append(std::span<const iovec> buffers) override {
    if (!reporter_.admits()) return err(Errno::io);
    const auto put = file_->append(buffers);
    if (put) count_written(*put);
    return put;
  }
  ErrnoOr<std::uint64_t> append_end() override { return file_->append_end(); }
  ErrnoOr<Stat> stat() override { return file_->stat(); }
  Errno set_size(std::uint64_t size) override {
    if (!reporter_.admits()) return Errno::io;
    const Errno done = file_->set_size(size);
    Event event = reporter_.event(EventKind::truncate, done, place());
    event.size = size;
    reporter_.record(event);
    return done;
  }
  Errno allocate(std::uint64_t offset, std::uint64_t length) override {
    if (!reporter_.admits()) return Errno::io;
    return file_->allocate(offset, length);
  }
  Errno advise(std::uint64_t offset, std::uint64_t length, Advice advice) override {
    return file_->advise(offset, length, advice);
  }
  Errno set_times(const TimeChanges& times) override {
    if (!reporter_.admits()) return Errno::io;
    return reporter_.report(EventKind::set_times, file_->set_times(times), place());
  }
  Errno sync(bool data_only) override { return file_->sync(data_only); }

 private:
  [[nodiscard]] Place place() const { return {directory_, path_}; }
  void count_written(std::size_t bytes) {
    written_.fetch_add(bytes, std::memory_order_relaxed);
    transferred.written += bytes;
  }

  std::unique_ptr<File> file_;
  Reporter reporter_;
  std::string directory_;
  std::string path_;
  std::atomic<std::uint64_t> read_ = 0;
  std::atomic<std::uint64_t> written_ = 0;
};

class AuditedDirectory final : public Directory {
 public:
  // `below` is this directory's path below the mount; empty for the mount itself.
  AuditedDirectory(std::unique_ptr<Directory> directory, Reporter reporter, std::string below)
      : directory_(std::move(directory)),
        reporter_(std::move(reporter)),
        below_(std::move(below)) {}

  ErrnoOr<Node> open(const Path& path, const OpenOptions& options) override;
  Errno set_times(const Path& path, bool follow, const TimeChanges& times) override {
    return reported(EventKind::set_times, path,
                    [&] { return directory_->set_times(path, follow, times); });
  }
  Errno create_directory(const Path& path) override {
    return reported(EventKind::make_directory, path,
                    [&] { return directory_->create_directory(path); });
  }
  Errno remove_directory(const Path& path) override {
    return reported(EventKind::remove_directory, path,
                    [&] { return directory_->remove_directory(path); });
  }
  Errno unlink_file(const Path& path) override {
    return reported(EventKind::unlink, path, [&] { return directory_->unlink_file(path); });
  }
  Errno rename(const Path& from, Directory& to, const Path& name) override {
    return reported(EventKind::rename, from, path_of(to), name.view(),
                    [&] { return directory_->rename(from, to, name); });
  }
  Errno link(const Path& existing, Directory& to, const Path& name) override {
    return reported(EventKind::link, existing, path_of(to), name.view(),
                    [&] { return directory_->link(existing, to, name); });
  }
  Errno symlink(std::string_view target, const Path& name) override {
    return reported(EventKind::symlink, name, {}, target,
                    [&] { return directory_->symlink(target, name); });
  }
  Errno set_times(const TimeChanges& times) override {
    if (!reporter_.admits()) return Errno::io;
    return reporter_.report(EventKind::set_times, directory_->set_times(times), {below_, {}});
  }

  ErrnoOr<Stat> stat(const Path& path, bool follow) override {
    return directory_->stat(path, follow);
  }
  ErrnoOr<std::string> read_link(const Path& path) override { return directory_->read_link(path); }
  ErrnoOr<std::unique_ptr<Listing>> list() override { return directory_->list(); }
  ErrnoOr<Stat> stat() override { return directory_->stat(); }
  Errno sync(bool data_only) override { return directory_->sync(data_only); }
  [[nodiscard]] const void* mount() const override { return directory_->mount(); }
  Directory& bottom() override { return directory_->bottom(); }

 private:
  template <typename Act>
  Errno reported(EventKind kind, const Path& path, Act act) {
    return reported(kind, path, {}, {}, act);
  }
  template <typename Act>
  Errno reported(EventKind kind, const Path& path, std::string_view target_directory,
                 std::string_view target, Act act) {
    if (!reporter_.admits()) return Errno::io;
    const Errno done = act();
    Event event = reporter_.event(kind, done, {below_, path.view()});
    event.target_directory = target_directory;
    event.target = target;
    reporter_.record(event);
    return done;
  }
  // The path of another directory of a mount, where it is one of ours.
  static std::string_view path_of(const Directory& other) {
    // Not dynamic_cast, which would cost a third of what an event does.
    if (typeid(other) != typeid(AuditedDirectory)) return {};
    return static_cast<const AuditedDirectory&>(other).below_;
  }
  [[nodiscard]] std::string join(const Path& path) const {
    if (path.is_self()) return below_;
    return below_.empty() ? std::string(path.view()) : below_ + "/" + std::string(path.view());
  }

  std::unique_ptr<Directory> directory_;
  Reporter reporter_;
  std::string below_;
};

ErrnoOr<Node> AuditedDirectory::open(const Path& path, const OpenOptions& options) {
  if (!reporter_.admits()) return err(Errno::io);
  bool makes = options.create;
  OpenOptions asking = options;
  asking.made = &makes;
  auto node = directory_->open(path, asking);
  const Errno result = node ? Errno::success : node.error();
  const Place place{below_, path.view()};
  (void)reporter_.report(makes ? EventKind::create : EventKind::open, result, place);
  if (!node) return node;
  if (auto* directory = std::get_if<std::unique_ptr<Directory>>(&*node)) {
    return Node(std::make_unique<AuditedDirectory>(std::move(*directory), reporter_, join(path)));
  }
  if (options.truncate && !makes) {
    (void)reporter_.report(EventKind::truncate, result, place);
  }
  return Node(std::make_unique<AuditedFile>(std::get<std::unique_ptr<File>>(std::move(*node)),
                                            reporter_, below_, std::string(path.view())));
}

}  // namespace

const Transferred& transferred_by_this_thread() {
  return transferred;
}

std::unique_ptr<Directory> make_audited(std::unique_ptr<Directory> directory,
                                        std::shared_ptr<const AuditSource> source) {
  return std::make_unique<AuditedDirectory>(std::move(directory), Reporter(std::move(source)), "");
}

}  // namespace midimon::vfs
