// What the tests of wasi share: a guest's memory and descriptors without a guest, and calls by
// plain strings.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vfs/disk.h"
#include "vfs/memory.h"
#include "vfs/read_only.h"
#include "vfs/test_support.h"
#include "wasi/calls.h"

namespace midimon::wasi {

// What a test's files are kept in.
enum class Store { memory, openat2, walker };

inline void PrintTo(Store store, std::ostream* out) {
  constexpr const char* kNames[] = {"memory", "openat2", "walker"};
  *out << kNames[static_cast<std::size_t>(store)];
}
inline std::string store_name(const testing::TestParamInfo<Store>& param) {
  return testing::PrintToString(param.param);
}

// The preopens of every test; stdin, stdout and stderr come before.
inline constexpr Fd kRoot = 3;
inline constexpr Fd kReadOnly = 4;  // the same files as kRoot
inline constexpr Fd kOther = 5;     // a file system of its own
inline constexpr Fd kFirstFree = 6;
inline constexpr Fd kClosed = 1000;
inline constexpr Fd kWild = 0xFFFFFFFF;

inline constexpr std::uint64_t kReadRight = abi::kRightFdRead;
inline constexpr std::uint64_t kWriteRight = abi::kRightFdWrite;
inline constexpr std::uint64_t kBothRights = kReadRight | kWriteRight;

struct OpenArgs {
  std::uint32_t lookup = 0;
  std::uint32_t oflags = 0;
  std::uint64_t rights = kReadRight;
  std::uint32_t fdflags = 0;
};
inline constexpr OpenArgs kCreateIt{0, abi::kOpenCreate, kBothRights, 0};
inline constexpr OpenArgs kDirectoryOnly{0, abi::kOpenDirectory, kReadRight, 0};

// An input that gives the bytes of a string and is then at its end.
class TextInput final : public InputStream {
 public:
  ErrnoOr<std::size_t> read(std::span<const iovec> buffers, wasm::Budget&) override {
    std::size_t total = 0;
    for (const iovec& buffer : buffers) {
      const std::size_t count = std::min(buffer.iov_len, text.size());
      std::memcpy(buffer.iov_base, text.data(), count);
      text.erase(0, count);
      total += count;
    }
    return total;
  }
  [[nodiscard]] vfs::FileType type() const override { return vfs::FileType::unknown; }

  std::string text;
};

// A string in the guest's memory.
struct GuestText {
  Ptr at = 0;
  Size size = 0;
};

struct GuestEntry {
  std::uint64_t next = 0;
  std::uint64_t inode = 0;
  std::uint8_t type = 0;
  std::string name;
};

class WasiTest : public testing::Test {
 protected:
  static constexpr std::size_t kMemorySize = 256UL * 1024;
  static constexpr Ptr kOut = 512;            // where results go; aligned for all of them
  static constexpr Ptr kFirstText = 4096;     // put() writes from here on, and starts over
  static constexpr Ptr kBuffer = 128 * 1024;  // the upper half is the test's own
  static constexpr Ptr kEnd = static_cast<Ptr>(kMemorySize);

  explicit WasiTest(Store store = Store::memory) : bytes_(kMemorySize, std::byte{0xAA}) {
    root_ = make_root(store, host_);
    read_only_ = vfs::make_read_only(same_directory(*root_));
    other_ = make_root(store, other_host_);
    preopens_ = {{"/", root_.get()}, {"/ro", read_only_.get()}, {"/other", other_.get()}};
    restart({});
  }

  // Begins again with a fresh context; streams, clock and preopens are filled in where not given.
  void restart(ContextOptions options) {
    options.preopens = &preopens_;
    if (options.input == nullptr) options.input = &input_;
    if (options.output == nullptr) options.output = &output_;
    if (options.error == nullptr) options.error = &error_;
    if (options.clock == nullptr) options.clock = &clock_;
    context_ = std::make_unique<Context>(std::move(options));
  }

  // Calls a function of calls.h.
  template <typename Function, typename... Args>
  auto run(Function function, Args... args) {
    HostCall call{memory(), budget_};
    return function(*context_, call, args...);
  }
  [[nodiscard]] wasm::GuestMemory memory() { return {bytes_.data(), bytes_.size()}; }
  template <typename T>
  [[nodiscard]] T out(Ptr at = kOut) {
    return memory().load<T>(at);
  }

  // Whether `act` leaves the guest's memory as it is.
  template <typename Act>
  [[nodiscard]] bool leaves_memory_alone(Act act) {
    const std::vector<std::byte> before = bytes_;
    act();
    return bytes_ == before;
  }

  // Puts bytes into the guest's memory, 8-byte aligned.
  GuestText put(std::string_view text) {
    if (next_text_ + text.size() > kBuffer) next_text_ = kFirstText;
    const GuestText placed{next_text_, static_cast<Size>(text.size())};
    if (!text.empty()) std::memcpy(bytes_.data() + placed.at, text.data(), text.size());
    next_text_ += (placed.size + 7) / 8 * 8;
    return placed;
  }
  template <typename T>
  Ptr put_values(const std::vector<T>& values) {
    return put({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)}).at;
  }
  [[nodiscard]] std::string text_at(Ptr at, std::size_t size) {
    return std::string(memory().text(at, size));
  }

  // The functions with a path, by strings.
  ErrnoOr<Fd> open(std::string_view path, const OpenArgs& args = {}, Fd dir = kRoot) {
    const GuestText p = put(path);
    const Errno done = run(path_open, dir, args.lookup, p.at, p.size, args.oflags, args.rights,
                           std::uint64_t{0}, args.fdflags, kOut);
    if (done != Errno::success) return err(done);
    return out<Fd>();
  }
  Errno open_errno(std::string_view path, const OpenArgs& args = {}, Fd dir = kRoot) {
    const auto opened = open(path, args, dir);
    if (!opened) return opened.error();
    return run(fd_close, *opened);
  }
  // For files that the test needs, whose opening is not what it is about; kWild if that fails.
  Fd must_open(std::string_view path, const OpenArgs& args = kCreateIt, Fd dir = kRoot) {
    const auto opened = open(path, args, dir);
    EXPECT_TRUE(opened.has_value()) << path << ": " << to_string(opened.error());
    return opened.value_or(kWild);
  }
  Errno mkdir(std::string_view path, Fd dir = kRoot) {
    const GuestText p = put(path);
    return run(path_create_directory, dir, p.at, p.size);
  }
  Errno rmdir(std::string_view path, Fd dir = kRoot) {
    const GuestText p = put(path);
    return run(path_remove_directory, dir, p.at, p.size);
  }
  Errno unlink(std::string_view path, Fd dir = kRoot) {
    const GuestText p = put(path);
    return run(path_unlink_file, dir, p.at, p.size);
  }
  Errno rename(std::string_view from, std::string_view to, Fd from_dir = kRoot, Fd to_dir = kRoot) {
    const GuestText a = put(from);
    const GuestText b = put(to);
    return run(path_rename, from_dir, a.at, a.size, to_dir, b.at, b.size);
  }
  Errno link(std::string_view from, std::string_view to, Fd from_dir = kRoot, Fd to_dir = kRoot,
             std::uint32_t lookup = 0) {
    const GuestText a = put(from);
    const GuestText b = put(to);
    return run(path_link, from_dir, lookup, a.at, a.size, to_dir, b.at, b.size);
  }
  Errno symlink(std::string_view target, std::string_view path, Fd dir = kRoot) {
    const GuestText t = put(target);
    const GuestText p = put(path);
    return run(path_symlink, t.at, t.size, dir, p.at, p.size);
  }
  ErrnoOr<std::string> readlink(std::string_view path, Size room = 4096, Fd dir = kRoot) {
    const GuestText p = put(path);
    const Errno done = run(path_readlink, dir, p.at, p.size, kBuffer, room, kOut);
    if (done != Errno::success) return err(done);
    return text_at(kBuffer, out<Size>());
  }
  ErrnoOr<abi::Filestat> stat(std::string_view path, bool follow = false, Fd dir = kRoot) {
    const GuestText p = put(path);
    const Errno done = run(path_filestat_get, dir, follow ? 1 : 0, p.at, p.size, kOut);
    if (done != Errno::success) return err(done);
    return out<abi::Filestat>();
  }
  Errno set_times(std::string_view path, std::uint64_t atim, std::uint64_t mtim,
                  std::uint32_t flags, Fd dir = kRoot) {
    const GuestText p = put(path);
    return run(path_filestat_set_times, dir, 0, p.at, p.size, atim, mtim, flags);
  }

  // The functions with a descriptor.
  ErrnoOr<abi::Filestat> stat(Fd fd) {
    const Errno done = run(fd_filestat_get, fd, kOut);
    if (done != Errno::success) return err(done);
    return out<abi::Filestat>();
  }
  ErrnoOr<abi::Fdstat> fdstat(Fd fd) {
    const Errno done = run(fd_fdstat_get, fd, kOut);
    if (done != Errno::success) return err(done);
    return out<abi::Fdstat>();
  }
  ErrnoOr<Size> write(Fd fd, std::string_view text) {
    const GuestText t = put(text);
    const Ptr iovs = put_values<abi::Iovec>({{t.at, t.size}});
    const Errno done = run(fd_write, fd, iovs, 1, kOut);
    if (done != Errno::success) return err(done);
    return out<Size>();
  }
  ErrnoOr<Size> pwrite(Fd fd, std::string_view text, std::uint64_t offset) {
    const GuestText t = put(text);
    const Ptr iovs = put_values<abi::Iovec>({{t.at, t.size}});
    const Errno done = run(fd_pwrite, fd, iovs, 1, offset, kOut);
    if (done != Errno::success) return err(done);
    return out<Size>();
  }
  ErrnoOr<std::string> read(Fd fd, Size room = 4096) {
    const Ptr iovs = put_values<abi::Iovec>({{kBuffer, room}});
    const Errno done = run(fd_read, fd, iovs, 1, kOut);
    if (done != Errno::success) return err(done);
    return text_at(kBuffer, out<Size>());
  }
  ErrnoOr<std::string> pread(Fd fd, std::uint64_t offset, Size room = 4096) {
    const Ptr iovs = put_values<abi::Iovec>({{kBuffer, room}});
    const Errno done = run(fd_pread, fd, iovs, 1, offset, kOut);
    if (done != Errno::success) return err(done);
    return text_at(kBuffer, out<Size>());
  }
  ErrnoOr<std::uint64_t> seek(Fd fd, std::int64_t delta, abi::Whence whence = abi::Whence::set) {
    const Errno done = run(fd_seek, fd, delta, static_cast<std::uint32_t>(whence), kOut);
    if (done != Errno::success) return err(done);
    return out<std::uint64_t>();
  }
  ErrnoOr<std::uint64_t> tell(Fd fd) {
    const Errno done = run(fd_tell, fd, kOut);
    if (done != Errno::success) return err(done);
    return out<std::uint64_t>();
  }
  // The raw bytes of one fd_readdir.
  ErrnoOr<std::string> readdir_bytes(Fd fd, Size room, std::uint64_t cookie) {
    const Errno done = run(fd_readdir, fd, kBuffer, room, cookie, kOut);
    if (done != Errno::success) return err(done);
    return text_at(kBuffer, out<Size>());
  }
  // The whole entries in what fd_readdir gave.
  static std::vector<GuestEntry> whole_entries(std::string_view bytes) {
    std::vector<GuestEntry> entries;
    abi::Dirent header{};
    while (bytes.size() >= sizeof header) {
      std::memcpy(&header, bytes.data(), sizeof header);
      if (bytes.size() < sizeof header + header.name_len) break;
      entries.push_back({header.next, header.ino, header.filetype,
                         std::string(bytes.substr(sizeof header, header.name_len))});
      bytes.remove_prefix(sizeof header + header.name_len);
    }
    return entries;
  }

  // A file with contents, made through the guest; closed again.
  void make_file(std::string_view path, std::string_view text = {}, Fd dir = kRoot) {
    const Fd fd = must_open(path, kCreateIt, dir);
    EXPECT_EQ(write(fd, text).value_or(0), text.size());
    EXPECT_EQ(run(fd_close, fd), Errno::success);
  }
  // What a file holds, read through a descriptor of its own.
  std::string contents(std::string_view path, Fd dir = kRoot) {
    const auto fd = open(path, {1, 0, kReadRight, 0}, dir);
    if (!fd) return "(" + std::string(to_string(fd.error())) + ")";
    std::string text = read(*fd).value_or("(read failed)");
    EXPECT_EQ(run(fd_close, *fd), Errno::success);
    return text;
  }
  // The names in kRoot, as the host sees them.
  std::vector<std::string> names() { return vfs::names_in(*root_); }

  ManualClock clock_{std::chrono::hours(5), std::chrono::seconds(1'700'000'000)};
  std::optional<vfs::TempDir> host_;  // of kRoot, where it is on disk
  std::optional<vfs::TempDir> other_host_;
  std::unique_ptr<vfs::Directory> root_;
  std::unique_ptr<vfs::Directory> read_only_;
  std::unique_ptr<vfs::Directory> other_;
  std::vector<Preopen> preopens_;
  TextInput input_;
  CapturedOutput output_{1024};
  CapturedOutput error_{1024};
  wasm::Budget budget_;
  std::vector<std::byte> bytes_;
  std::unique_ptr<Context> context_;

 private:
  std::unique_ptr<vfs::Directory> make_root(Store store, std::optional<vfs::TempDir>& host) {
    if (store == Store::memory) return vfs::make_memory(clock_, 64UL * 1024 * 1024);
    host.emplace();
    vfs::DiskOptions options;
    options.resolver =
        store == Store::walker ? vfs::ResolverKind::walker : vfs::ResolverKind::openat2;
    return std::move(*vfs::open_disk(host->path().c_str(), options));
  }
  static std::unique_ptr<vfs::Directory> same_directory(vfs::Directory& directory) {
    return vfs::Calls(directory).directory(".");
  }

  Ptr next_text_ = kFirstText;
};

// For what must not depend on where the files are kept.
class OnEveryStore : public WasiTest, public testing::WithParamInterface<Store> {
 protected:
  OnEveryStore() : WasiTest(GetParam()) {}
};

inline auto every_store() {
  return testing::Values(Store::memory, Store::openat2, Store::walker);
}

}  // namespace midimon::wasi
