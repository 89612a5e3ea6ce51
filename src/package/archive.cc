#include "package/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace midimon::package {
namespace {

constexpr std::uint64_t kFreeBytes = 1024ULL * 1024;  // which kMaxRatio does not count
constexpr std::size_t kChunk = 64UL * 1024;

struct CloseReader {
  void operator()(struct archive* archive) const { ::archive_read_free(archive); }
};
struct CloseWriter {
  void operator()(struct archive* archive) const { ::archive_write_free(archive); }
};
struct FreeEntry {
  void operator()(struct archive_entry* entry) const { ::archive_entry_free(entry); }
};

// The entries of an archive, one after the other.
class Reader {
 public:
  explicit Reader(std::string_view bytes)
      : archive_(::archive_read_new()),
        room_(std::min(kMaxTotalBytes, bytes.size() * kMaxRatio + kFreeBytes)) {
    ::archive_read_support_format_tar(archive_.get());
    ::archive_read_support_filter_gzip(archive_.get());
    good_ = ::archive_read_open_memory(archive_.get(), bytes.data(), bytes.size()) == ARCHIVE_OK;
  }

  Result<std::vector<File>> read_all() {
    std::vector<File> files;
    struct archive_entry* entry = nullptr;
    while (good_) {
      const int status = ::archive_read_next_header(archive_.get(), &entry);
      if (status == ARCHIVE_EOF) return files;
      if (status != ARCHIVE_OK) break;
      if (files.size() == kMaxFiles) {
        return refuse(ErrorCode::limit, fmt::format("it holds more than {} files", kMaxFiles));
      }
      auto file = read_file(entry);
      if (!file) return tl::unexpected(file.error());
      files.push_back(std::move(*file));
    }
    return broken();
  }

 private:
  [[nodiscard]] tl::unexpected<Error> broken() const {
    const char* why = ::archive_error_string(archive_.get());
    return refuse(ErrorCode::invalid,
                  fmt::format("it is no tar file, or a damaged one ({})",
                              escape_line(why == nullptr ? "it does not begin like one" : why)));
  }

  Result<File> read_file(struct archive_entry* entry) {
    // Null for a name that is not of ASCII.
    const char* const name = ::archive_entry_pathname(entry);
    if (name == nullptr) return refuse(ErrorCode::invalid, "a name in it is not of ASCII");
    if (auto checked = check_name(name); !checked) return tl::unexpected(checked.error());
    if (::archive_entry_filetype(entry) != AE_IFREG || ::archive_entry_hardlink(entry) != nullptr ||
        ::archive_entry_symlink(entry) != nullptr) {
      return refuse(ErrorCode::invalid,
                    fmt::format("\"{}\" is a link, a directory or a device, and only plain files "
                                "may be in it",
                                name));
    }
    File file{name, {}};
    std::array<char, kChunk> chunk{};
    while (true) {
      const la_ssize_t count = ::archive_read_data(archive_.get(), chunk.data(), chunk.size());
      if (count == 0) return file;
      if (count < 0) return broken();
      const auto size = static_cast<std::size_t>(count);
      if (size > room_) {
        return refuse(ErrorCode::limit,
                      fmt::format("it becomes more than {} or more than {} times as large when it "
                                  "is unpacked",
                                  format_bytes(kMaxTotalBytes), kMaxRatio));
      }
      room_ -= size;
      file.bytes.append(chunk.data(), size);
    }
  }

  std::unique_ptr<struct archive, CloseReader> archive_;
  bool good_ = false;
  std::uint64_t room_;  // bytes that may still come out
};

la_ssize_t append(struct archive* /*archive*/, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

// Fails only for lack of memory, which ends the process by itself.
bool write_file(struct archive* archive, const File& file) {
  const std::unique_ptr<struct archive_entry, FreeEntry> entry(::archive_entry_new());
  ::archive_entry_set_pathname(entry.get(), file.name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0644);
  ::archive_entry_set_mtime(entry.get(), 0, 0);
  return ::archive_write_header(archive, entry.get()) == ARCHIVE_OK &&
         ::archive_write_data(archive, file.bytes.data(), file.bytes.size()) ==
             static_cast<la_ssize_t>(file.bytes.size());
}

}  // namespace

Result<Package> read_archive(std::string_view bytes) {
  if (bytes.size() > kMaxArchiveBytes) {
    return refuse(ErrorCode::limit,
                  fmt::format("it is larger than {}", format_bytes(kMaxArchiveBytes)));
  }
  auto files = Reader(bytes).read_all();
  if (!files) return tl::unexpected(files.error());
  auto package = Package::make(std::move(*files));
  if (package && !package->manifest()) {
    return refuse(ErrorCode::invalid, fmt::format("there is no {} in it", kManifest));
  }
  return package;
}

Result<std::string> write_archive(const Package& package) {
  const std::unique_ptr<struct archive, CloseWriter> archive(::archive_write_new());
  std::string out;
  bool good = ::archive_write_set_format_ustar(archive.get()) == ARCHIVE_OK &&
              ::archive_write_add_filter_gzip(archive.get()) == ARCHIVE_OK &&
              ::archive_write_set_options(
                  archive.get(), "gzip:compression-level=9,gzip:!timestamp") == ARCHIVE_OK &&
              ::archive_write_set_bytes_in_last_block(archive.get(), 1) == ARCHIVE_OK &&
              ::archive_write_open(archive.get(), &out, nullptr, append, nullptr) == ARCHIVE_OK;
  for (const File& file : package.files())
    good = good && write_file(archive.get(), file);
  good = good && ::archive_write_close(archive.get()) == ARCHIVE_OK;
  if (!good) {
    return fail(ErrorCode::internal,
                fmt::format("The package cannot be written ({}).",
                            escape_line(::archive_error_string(archive.get()))));
  }
  // What nobody could read again is not handed out.
  if (auto again = read_archive(out); !again) return tl::unexpected(again.error());
  return out;
}

}  // namespace midimon::package
