// A guest without a guest, for the WASI fuzzer: a memory that nothing may leave, descriptors, and a
// secret beside the sandbox that nothing may reach.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "fuzz/check.h"
#include "vfs/disk.h"
#include "vfs/memory.h"
#include "vfs/read_only.h"
#include "vfs/test_support.h"
#include "wasi/context.h"
#include "wasm/guest_memory.h"

namespace midimon::fuzz {

// The Memory class is 64 KiB between two pages that end the process when they are touched.
class Memory {
 public:
  static constexpr std::size_t kSize = 64UL * 1024;

  Memory() {
    void* const all =
        ::mmap(nullptr, kSize + 2 * kGuard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(all != MAP_FAILED, "there is memory for the guest");
    base_ = static_cast<std::byte*>(all) + kGuard;
    check(::mprotect(base_, kSize, PROT_READ | PROT_WRITE) == 0, "the guest has its memory");
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { ::munmap(base_ - kGuard, kSize + 2 * kGuard); }

  [[nodiscard]] wasm::GuestMemory view() const { return {base_, kSize}; }
  void clear() const { std::memset(base_, 0, kSize); }
  [[nodiscard]] bool holds(const std::string& text) const {
    return ::memmem(base_, kSize, text.data(), text.size()) != nullptr;
  }

 private:
  static constexpr std::size_t kGuard = 64UL * 1024;
  std::byte* base_ = nullptr;
};

// What no guest can guess; the same for the whole process.
inline const std::string& secret_text() {
  static const std::string text = [] {
    std::string random(24, '\0');
    check(::getrandom(random.data(), random.size(), 0) == 24, "there is a secret");
    return random;
  }();
  return text;
}

enum class Store { memory, openat2, walker };

// The Sandbox class is the files and descriptors of one guest: / (in one of three stores), /ro (the
// same, read-only), /other. On disk, / lies beside the secret and holds two links that lead to it.
class Sandbox {
 public:
  explicit Sandbox(Store store) : on_disk_(store != Store::memory) {
    root_ = on_disk_ ? make_disk(store) : vfs::make_memory(clock_, kCapacity);
    read_only_ = vfs::make_read_only(vfs::Calls(*root_).directory("."));
    other_ = vfs::make_memory(clock_, kCapacity);
    preopens_ = {{"/", root_.get()}, {"/ro", read_only_.get()}, {"/other", other_.get()}};
    std::array<int, 2> ends{};
    check(::pipe2(ends.data(), O_CLOEXEC) == 0, "there is a stdin");
    stdin_.reset(ends[0]);
    typing_.reset(ends[1]);
    input_.emplace(stdin_.get());
    restart();
  }

  // A new guest on the same files.
  void restart() {
    check(::write(typing_.get(), "typed", 5) == 5 || errno == EAGAIN, "stdin can be typed to");
    wasi::ContextOptions options;
    options.args = {"program", "argument"};
    options.env = {"NAME=value"};
    options.preopens = &preopens_;
    options.input = &*input_;
    options.output = &output_;
    options.error = &error_;
    options.clock = &clock_;
    options.max_open_files = kMaxOpenFiles;
    context_.emplace(std::move(options));
  }
  wasi::Context& context() { return *context_; }

  // The secret and the directory around the sandbox are as they were.
  void check_outside() const {
    if (!on_disk_) return;
    check(same(outer_, outer_fd_.get()), "nothing is made or removed outside the sandbox");
    check(same(secret_, secret_fd_.get()), "nothing outside the sandbox is changed");
    std::array<char, 64> text{};
    const ssize_t size = ::pread(secret_fd_.get(), text.data(), text.size(), 0);
    check(size == static_cast<ssize_t>(secret_text().size()) &&
              std::memcmp(text.data(), secret_text().data(), secret_text().size()) == 0,
          "the secret is what it was");
  }

  static constexpr std::size_t kMaxOpenFiles = 16;

 private:
  static constexpr std::uint64_t kCapacity = 1U << 20U;

  std::unique_ptr<vfs::Directory> make_disk(Store store) {
    host_.emplace();
    const std::filesystem::path& outer = host_->path();
    std::filesystem::create_directory(outer / "root");
    vfs::write_host_file(outer / "secret", secret_text());
    std::filesystem::create_symlink("../secret", outer / "root/x");
    std::filesystem::create_symlink(outer, outer / "root/b");
    outer_fd_.reset(::open(outer.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    secret_fd_.reset(::open((outer / "secret").c_str(), O_RDONLY | O_CLOEXEC));
    check(::fstat(outer_fd_.get(), &outer_) == 0 && ::fstat(secret_fd_.get(), &secret_) == 0,
          "the outside can be watched");
    const auto kind =
        store == Store::walker ? vfs::ResolverKind::walker : vfs::ResolverKind::openat2;
    auto root = vfs::open_disk((outer / "root").c_str(), {.owner_only = true, .resolver = kind});
    check(root.has_value(), "the sandbox can be opened");
    return std::move(*root);
  }
  static bool same(const struct stat& before, int fd) {
    struct stat now {};
    return ::fstat(fd, &now) == 0 && now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == before.st_ctim.tv_nsec && now.st_nlink == before.st_nlink &&
           now.st_size == before.st_size;
  }

  bool on_disk_;
  std::optional<vfs::TempDir> host_;
  UniqueFd outer_fd_;
  UniqueFd secret_fd_;
  struct stat outer_ {};
  struct stat secret_ {};
  ManualClock clock_{std::chrono::hours(5), std::chrono::seconds(1'700'000'000)};
  std::unique_ptr<vfs::Directory> root_;
  std::unique_ptr<vfs::Directory> read_only_;
  std::unique_ptr<vfs::Directory> other_;
  std::vector<wasi::Preopen> preopens_;
  UniqueFd stdin_;
  UniqueFd typing_;
  std::optional<wasi::HostInput> input_;
  wasi::CapturedOutput output_{1024};
  wasi::CapturedOutput error_{1024};
  std::optional<wasi::Context> context_;
};

// How many descriptors this process has open.
inline std::size_t open_descriptors() {
  DIR* const list = ::opendir("/proc/self/fd");
  if (list == nullptr) return 0;
  std::size_t count = 0;
  while (::readdir(list) != nullptr)
    ++count;
  ::closedir(list);
  return count;
}

}  // namespace midimon::fuzz
