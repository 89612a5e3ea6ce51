#include "audit/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <memory>
#include <system_error>

#include "audit/rfc3339.h"
#include "base/path_error.h"
#include "base/private_directory.h"

namespace midimon::audit {
namespace {

constexpr std::string_view kPrefix = "audit-";
constexpr std::string_view kSuffix = ".jsonl";
constexpr std::size_t kLeastDigits = 8;
constexpr mode_t kPrivate = 0700;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr std::size_t kSmallFile = 4096;

// Takes `before` off the front of `text`, and answers what then comes before `after`, which goes
// too.
std::optional<std::string_view> between(std::string_view& text, std::string_view before,
                                        std::string_view after) {
  if (!text.starts_with(before)) return {};
  const std::size_t end = text.find(after, before.size());
  if (end == std::string_view::npos) return {};
  const std::string_view found = text.substr(before.size(), end - before.size());
  text.remove_prefix(end + after.size());
  return found;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text) {
  std::uint64_t value = 0;
  if (!text) return {};
  const char* const end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || rest != end) return {};
  return value;
}

std::optional<Hash> hash(std::optional<std::string_view> text) {
  if (!text) return {};
  return from_hex(*text);
}

}  // namespace

int write_all(int fd, std::string_view bytes, const WriteFunction& write) {
  while (!bytes.empty()) {
    errno = 0;
    const ssize_t wrote =
        write ? write(fd, bytes.data(), bytes.size()) : ::write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return errno == 0 ? EIO : errno;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

std::string file_name(std::uint64_t number) {
  return fmt::format("{}{:08}{}", kPrefix, number, kSuffix);
}

std::optional<std::uint64_t> file_number(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return {};
  name.remove_prefix(kPrefix.size());
  if (name.size() < kSuffix.size() + kLeastDigits) return {};
  const auto found = number(name.substr(0, name.size() - kSuffix.size()));
  // One number, one name.
  if (!found || *found == 0 || file_name(*found).size() != kPrefix.size() + name.size()) return {};
  return found;
}

std::string to_line(const Head& head) {
  return fmt::format(
      "{{\"seq\":{},\"hash\":\"{}\",\"file\":{},\"first_file\":{},\"first_previous\":\"{}\","
      "\"time\":\"{}\"}}\n",
      head.seq, to_hex(head.hash), head.file, head.first_file, to_hex(head.first_previous),
      format_time(head.time));
}

Result<Head> parse_head(std::string_view text) {
  const auto seq = number(between(text, "{\"seq\":", ","));
  const auto newest = hash(between(text, "\"hash\":\"", "\","));
  const auto file = number(between(text, "\"file\":", ","));
  const auto first = number(between(text, "\"first_file\":", ","));
  const auto previous = hash(between(text, "\"first_previous\":\"", "\","));
  const auto when = between(text, "\"time\":\"", "\"}\n");
  const auto time = when ? parse_time(*when) : std::nullopt;
  if (!seq || !newest || !file || !first || !previous || !time || !text.empty()) {
    return fail(ErrorCode::invalid, "it is not a head record: it was changed or cut");
  }
  return Head{*seq, *newest, *file, *first, *previous, *time};
}

Result<UniqueFd> open_private_directory(const std::string& path) {
  std::filesystem::path whole(path);
  if (!whole.has_filename()) whole = whole.parent_path();  // "dir/"
  std::error_code error;
  // The one above is midimon's own too, and private from the start whatever the umask.
  const std::filesystem::path above = whole.parent_path();
  if (above.has_parent_path()) std::filesystem::create_directories(above.parent_path(), error);
  if (error) return cannot("make", above.string(), error.value());
  if (whole.has_parent_path() && ::mkdir(above.c_str(), kPrivate) == 0 &&
      ::chmod(above.c_str(), kPrivate) != 0) {
    return cannot("set the mode of", above.string(), errno);
  }
  return midimon::open_private_directory(AT_FDCWD, whole, path,
                                         "who could change the journal in it", Missing::make);
}

Result<UniqueFd> open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return cannot("open", path, errno);
  return fd;
}

Result<std::vector<std::uint64_t>> list_files(int directory, const std::string& path) {
  UniqueFd fd(::openat(directory, ".", kDirectoryFlags));
  if (!fd.valid()) return cannot("list", path, errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (stream == nullptr) return cannot("list", path, errno);
  static_cast<void>(fd.release());  // closedir closes it
  std::vector<std::uint64_t> numbers;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream.get())) {
    if (const auto found = file_number(&entry->d_name[0])) numbers.push_back(*found);
  }
  if (errno != 0) return cannot("list", path, errno);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<UniqueFd> open_file(int directory, const std::string& name, int flags,
                           const std::string& path) {
  constexpr mode_t kMode = 0600;
  UniqueFd fd(
      ::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, kMode));
  if (!fd.valid() && errno == ELOOP) {
    return fail(ErrorCode::denied, fmt::format("{} is a symbolic link, not a file of the journal. "
                                               "Remove it.",
                                               path));
  }
  if (!fd.valid()) return cannot("open", path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::denied, fmt::format("{} is not a regular file. Remove it.", path));
  }
  return fd;
}

Result<std::string> read_small_file(int directory, const std::string& name,
                                    const std::string& path) {
  const Result<UniqueFd> fd = open_file(directory, name, O_RDONLY, path);
  if (!fd) return tl::unexpected(fd.error());
  std::array<char, kSmallFile + 1> bytes{};
  const ssize_t got = ::read(fd->get(), bytes.data(), bytes.size());
  if (got < 0) return cannot("read", path, errno);
  if (static_cast<std::size_t>(got) > kSmallFile) {
    return fail(ErrorCode::invalid, fmt::format("{} is far too long.", path));
  }
  return std::string(bytes.data(), static_cast<std::size_t>(got));
}

Result<std::optional<Head>> read_head(int directory, const std::string& path) {
  const Result<std::string> text = read_small_file(directory, kHeadName, path + "/" + kHeadName);
  if (!text && text.error().code == ErrorCode::not_found) return std::optional<Head>();
  if (!text) return tl::unexpected(text.error());
  return parse_head(*text).map([](const Head& head) { return std::optional(head); });
}

}  // namespace midimon::audit
