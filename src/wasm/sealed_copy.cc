#include "wasm/sealed_copy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace midimon::wasm {
namespace {

constexpr const char* kName = "midimon-code";
constexpr int kSeals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
constexpr std::size_t kPiece = 64UL * 1024;  // stays in the processor's cache

// Since Linux 6.3, which may be told to allow no other: it is never run as a program, only mapped.
constexpr unsigned kNoExecSeal = 0x0008;

UniqueFd make_memory() {
  UniqueFd fd(::memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExecSeal));
  if (!fd.valid() && errno == EINVAL) {
    fd.reset(::memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  return fd;
}

}  // namespace

std::optional<SealedCopy> SealedCopy::of(int file, std::int64_t offset, std::uint64_t size) {
  UniqueFd memory = make_memory();
  if (!memory.valid()) return {};
  off_t at = offset;
  for (std::uint64_t left = size; left > 0;) {
    const ssize_t count = ::sendfile(memory.get(), file, &at, left);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = ENODATA;
    if (count <= 0) return {};
    left -= static_cast<std::uint64_t>(count);
  }
  if (::fcntl(memory.get(), F_ADD_SEALS, kSeals) != 0) return {};
  // Until now it could be opened through /proc by a process of the same user, and be added to.
  struct stat status {};
  if (::fstat(memory.get(), &status) != 0) return {};
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    errno = EBUSY;
    return {};
  }
  return SealedCopy(std::move(memory), size);
}

bool SealedCopy::read(const std::function<void(std::span<const std::uint8_t>)>& take) const {
  std::vector<std::uint8_t> piece(std::min<std::uint64_t>(kPiece, size_));
  for (std::uint64_t at = 0; at < size_;) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), size_ - at);
    const ssize_t count = ::pread(fd_.get(), piece.data(), wanted, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    take(std::span(piece).first(static_cast<std::size_t>(count)));
    at += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace midimon::wasm
