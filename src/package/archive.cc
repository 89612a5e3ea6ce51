#include "package/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace midimon::package {
namespace {

constexpr std::uint64_t kFreeBytes = 1024ULL * 1024;  // which kMaxRatio does not count
constexpr std::size_t kChunk = 64UL * 1024;
// With two blocks for each file, and as many as GNU tar leaves at the end.
constexpr std::uint64_t kMaxTarBytes = kMaxTotalBytes + (kMaxFiles + 20) * 1024;

struct CloseReader {
  void operator()(struct archive* archive) const { ::archive_read_free(archive); }
};
struct CloseWriter {
  void operator()(struct archive* archive) const { ::archive_write_free(archive); }
};
struct FreeEntry {
  void operator()(struct archive_entry* entry) const { ::archive_entry_free(entry); }
};

[[nodiscard]] tl::unexpected<Error> no_tar(std::string_view why) {
  return refuse(ErrorCode::invalid,
                fmt::format("it is no tar file, or a damaged one ({})", escape_line(why)));
}

std::string_view error_of(struct archive* archive) {
  const char* const why = ::archive_error_string(archive);
  return why == nullptr ? "it does not begin like one" : why;
}

// The bytes of the tar. They are counted here, once for all that a reader could be made to do.
Result<std::string> decompress(std::string_view bytes) {
  if (!bytes.starts_with("\x1f\x8b")) return std::string(bytes);
  const std::unique_ptr<struct archive, CloseReader> archive(::archive_read_new());
  ::archive_read_support_format_raw(archive.get());
  // Once, and not as often as it looks like it.
  ::archive_read_append_filter(archive.get(), ARCHIVE_FILTER_GZIP);
  struct archive_entry* entry = nullptr;
  if (::archive_read_open_memory(archive.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      ::archive_read_next_header(archive.get(), &entry) != ARCHIVE_OK) {
    return no_tar(error_of(archive.get()));
  }
  const std::uint64_t most = std::min(kMaxTarBytes, bytes.size() * kMaxRatio + kFreeBytes);
  std::string out;
  std::vector<char> chunk(kChunk);
  while (true) {
    const la_ssize_t count = ::archive_read_data(archive.get(), chunk.data(), chunk.size());
    if (count == 0) return out;
    if (count < 0) return no_tar(error_of(archive.get()));
    out.append(chunk.data(), static_cast<std::size_t>(count));
    if (out.size() > most) {
      return refuse(ErrorCode::limit,
                    fmt::format("it becomes more than {} or more than {} times as large when it "
                                "is unpacked",
                                format_bytes(kMaxTotalBytes), kMaxRatio));
    }
  }
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// The size field of a header: octal digits, then NUL or blanks, and nothing that one reader takes
// for a number and another does not.
std::optional<std::uint64_t> size_of(std::string_view header) {
  std::string_view field = header.substr(124, 12);
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits)
    size = size * 8 + static_cast<std::uint64_t>(field[digits] - '0');
  field.remove_prefix(digits);
  const bool ends = field.find_first_not_of(std::string_view("\0 ", 2)) == std::string_view::npos;
  return digits > 0 && ends ? std::optional(size) : std::nullopt;
}

// Lets only headers of plain files through to libarchive, and no bytes but zeros behind the end.
// What could make it work much more than there are bytes, or see other files than somebody else
// does, is in the other headers (POSIX.1-1988, and POSIX.1-2001 and GNU tar for what is refused).
Result<void> check_headers(std::string_view tar) {
  constexpr std::size_t kBlock = 512;
  std::size_t at = 0;
  while (true) {
    if (tar.size() - at < kBlock) return no_tar("it is cut short");
    const std::string_view header = tar.substr(at, kBlock);
    at += kBlock;
    if (is_zero(header)) break;
    const auto size = size_of(header);
    if (!size) return no_tar("the size of a file is no number");
    if (const char type = header[156]; type != '0' && type != '\0') {
      return refuse(ErrorCode::invalid,
                    "it holds a link, a directory, a device or an extended header, and only plain "
                    "files may be in it");
    }
    const std::uint64_t room = tar.size() - at;
    if (*size > room || (*size + kBlock - 1) / kBlock * kBlock > room) {
      return no_tar("it is cut short");
    }
    at += static_cast<std::size_t>((*size + kBlock - 1) / kBlock * kBlock);
  }
  if (!is_zero(tar.substr(at))) return no_tar("there is something behind its end");
  return {};
}

// The files of a tar that check_headers() has passed, one after the other.
class Reader {
 public:
  explicit Reader(std::string_view tar) : archive_(::archive_read_new()) {
    ::archive_read_support_format_tar(archive_.get());
    good_ = ::archive_read_open_memory(archive_.get(), tar.data(), tar.size()) == ARCHIVE_OK;
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
    return no_tar(error_of(archive_.get()));
  }

 private:
  Result<File> read_file(struct archive_entry* entry) {
    // Null for a name that is not of ASCII.
    const char* const name = ::archive_entry_pathname(entry);
    if (name == nullptr) return refuse(ErrorCode::invalid, "a name in it is not of ASCII");
    if (auto checked = check_name(name); !checked) return tl::unexpected(checked.error());
    // A name that ends in a slash is a directory's, whatever the header says.
    if (::archive_entry_filetype(entry) != AE_IFREG) return no_tar("a file is none");
    File file{name, std::string(static_cast<std::size_t>(::archive_entry_size(entry)), '\0')};
    const la_ssize_t count =
        ::archive_read_data(archive_.get(), file.bytes.data(), file.bytes.size());
    if (count < 0 || static_cast<std::size_t>(count) != file.bytes.size()) {
      return no_tar(error_of(archive_.get()));
    }
    return file;
  }

  std::unique_ptr<struct archive, CloseReader> archive_;
  bool good_ = false;
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
  const auto tar = decompress(bytes);
  if (!tar) return tl::unexpected(tar.error());
  if (auto checked = check_headers(*tar); !checked) return tl::unexpected(checked.error());
  auto files = Reader(*tar).read_all();
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
