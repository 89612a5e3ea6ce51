#include "store/source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "base/read_fd.h"
#include "base/unique_fd.h"
#include "base/units.h"
#include "package/archive.h"
#include "package/directory.h"
#include "trust/minisign_text.h"
#include "trust/private_file.h"

namespace midimon::store {
namespace {

constexpr std::string_view kWasmMagic("\0asm", 4);

// A file of the user's own choice, so that links are followed; nothing if it is not there.
Result<std::optional<std::string>> read_file(const std::string& path, std::uint64_t max_bytes) {
  // NONBLOCK: a FIFO in its place must not hang us.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid() && errno == ENOENT) return std::optional<std::string>();
  if (!fd.valid()) return trust::cannot("read", path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return trust::cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid, fmt::format("{} is not a file.", path));
  }
  auto bytes = read_to_end(fd.get(), max_bytes);
  if (!bytes) return trust::cannot("read", path, errno);
  if (bytes->size() > max_bytes) {
    return fail(ErrorCode::limit,
                fmt::format("{} is larger than {}, which is the most that is read.", path,
                            format_bytes(max_bytes)));
  }
  return bytes;
}

Result<std::string> must_read(const std::string& path) {
  auto bytes = read_file(path, package::kMaxArchiveBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return trust::cannot("read", path, ENOENT);
  return std::move(**bytes);
}

ReadSignature beside(const std::string& path) {
  return [path] { return read_file(path + ".minisig", trust::kMaxSignatureFile); };
}

Result<package::Package> with_signature(std::string module, const ReadSignature& read) {
  auto signature = read();
  if (!signature) return tl::unexpected(signature.error());
  std::vector<package::File> files;
  files.push_back({std::string(package::kModule), std::move(module)});
  if (*signature) files.push_back({std::string(package::kSignature), std::move(**signature)});
  return package::Package::make(std::move(files));
}

}  // namespace

Result<package::Package> read_bytes(std::string bytes, std::string_view name,
                                    const ReadSignature& signature) {
  if (bytes.starts_with(kWasmMagic)) return with_signature(std::move(bytes), signature);
  auto package = package::read_archive(bytes);
  if (!package) {
    return fail(package.error().code, fmt::format("{}: {}", name, package.error().message));
  }
  return package;
}

Result<package::Package> read_source(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return package::read_directory(path);
  auto bytes = must_read(path);
  if (!bytes) return tl::unexpected(bytes.error());
  return read_bytes(std::move(*bytes), path, beside(path));
}

}  // namespace midimon::store
