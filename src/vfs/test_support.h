// What the tests of vfs share: a directory of the host that goes away, and calls by plain strings.
#pragma once

#include <gtest/gtest.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "vfs/disk.h"
#include "vfs/file_system.h"
#include "vfs/memory.h"

namespace midimon {

// So that a failed comparison prints "noent" and not a number.
inline void PrintTo(Errno e, std::ostream* out) {
  *out << to_string(e);
}

namespace vfs {

// The TempDir class is a fresh directory of the host, removed with all it holds.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "midimon-vfs-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline void write_host_file(const std::string& path, std::string_view text) {
  std::ofstream(path) << text;
}

inline std::string read_host_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// An Errno for every kind of answer, so that tests compare one thing.
inline Errno code(Errno e) {
  return e;
}
template <typename T>
Errno code(const ErrnoOr<T>& answer) {
  return answer ? Errno::success : answer.error();
}

inline constexpr OpenOptions kRead{.read = true};
inline constexpr OpenOptions kReadFollow{.read = true, .follow = true};
inline constexpr OpenOptions kReadWrite{.read = true, .write = true};
inline constexpr OpenOptions kWrite{.write = true};
inline constexpr OpenOptions kCreate{.read = true, .write = true, .create = true};
inline constexpr OpenOptions kCreateFollow{
    .read = true, .write = true, .create = true, .follow = true};
inline constexpr OpenOptions kCreateNew{
    .read = true, .write = true, .create = true, .exclusive = true};
inline constexpr OpenOptions kTruncate{.write = true, .truncate = true};
inline constexpr OpenOptions kDirectory{.read = true, .directory = true};
inline constexpr OpenOptions kDirectoryFollow{.read = true, .directory = true, .follow = true};

// A Directory that takes its paths as text, as a guest would give them.
class Calls {
 public:
  explicit Calls(Directory& directory) : directory_(directory) {}

  // Parses `text`, and where that works calls `then` with the path.
  template <typename Then>
  static Errno with(std::string_view text, Then then) {
    Path path;
    const Errno parsed = path.parse(text);
    return parsed == Errno::success ? code(then(path)) : parsed;
  }

  ErrnoOr<Node> node(std::string_view text, const OpenOptions& options) {
    Path path;
    const Errno parsed = path.parse(text);
    if (parsed != Errno::success) return err(parsed);
    return directory_.open(path, options);
  }
  Errno open(std::string_view text, const OpenOptions& options) {
    return code(node(text, options));
  }
  std::unique_ptr<File> file(std::string_view text, const OpenOptions& options = kCreate) {
    auto opened = node(text, options);
    if (!opened || !std::holds_alternative<std::unique_ptr<File>>(*opened)) return nullptr;
    return std::get<std::unique_ptr<File>>(std::move(*opened));
  }
  std::unique_ptr<Directory> directory(std::string_view text) {
    auto opened = node(text, kDirectory);
    if (!opened) return nullptr;
    return std::get<std::unique_ptr<Directory>>(std::move(*opened));
  }
  ErrnoOr<Stat> stat(std::string_view text, bool follow = false) {
    Path path;
    const Errno parsed = path.parse(text);
    if (parsed != Errno::success) return err(parsed);
    return directory_.stat(path, follow);
  }
  Errno set_times(std::string_view text, bool follow, const TimeChanges& times) {
    return with(text, [&](const Path& p) { return directory_.set_times(p, follow, times); });
  }
  Errno mkdir(std::string_view text) {
    return with(text, [&](const Path& p) { return directory_.create_directory(p); });
  }
  Errno rmdir(std::string_view text) {
    return with(text, [&](const Path& p) { return directory_.remove_directory(p); });
  }
  Errno unlink(std::string_view text) {
    return with(text, [&](const Path& p) { return directory_.unlink_file(p); });
  }
  Errno symlink(std::string_view target, std::string_view text) {
    return with(text, [&](const Path& p) { return directory_.symlink(target, p); });
  }
  Errno rename(std::string_view from, std::string_view name) {
    return rename(from, directory_, name);
  }
  Errno rename(std::string_view from, Directory& to, std::string_view name) {
    return with(from, [&](const Path& a) {
      return with(name, [&](const Path& b) { return directory_.rename(a, to, b); });
    });
  }
  Errno link(std::string_view from, std::string_view name) { return link(from, directory_, name); }
  Errno link(std::string_view from, Directory& to, std::string_view name) {
    return with(from, [&](const Path& a) {
      return with(name, [&](const Path& b) { return directory_.link(a, to, b); });
    });
  }
  ErrnoOr<std::string> read_link(std::string_view text) {
    Path path;
    const Errno parsed = path.parse(text);
    if (parsed != Errno::success) return err(parsed);
    return directory_.read_link(path);
  }
  // Makes a file that holds `text`; false if that did not work.
  bool put(std::string_view name, std::string_view text);
  std::string get(std::string_view name);

 private:
  Directory& directory_;
};

inline iovec as_iovec(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};  // writes do not write to it
}

inline ErrnoOr<std::size_t> write_text(File& file, std::string_view text, std::uint64_t at = 0) {
  const iovec buffer = as_iovec(text);
  return file.write_at({&buffer, 1}, at);
}

inline ErrnoOr<std::string> read_text(File& file, std::size_t most = 4096, std::uint64_t at = 0) {
  std::string text(most, '\0');
  const iovec buffer{text.data(), text.size()};
  const auto got = file.read_at({&buffer, 1}, at);
  if (!got) return err(got.error());
  text.resize(*got);
  return text;
}

inline bool Calls::put(std::string_view name, std::string_view text) {
  const auto opened = file(name, kCreate);
  return opened != nullptr && write_text(*opened, text).value_or(0) == text.size();
}

inline std::string Calls::get(std::string_view name) {
  const auto opened = file(name, kReadFollow);
  return opened == nullptr ? "(cannot be read)" : read_text(*opened).value_or("(read failed)");
}

inline std::vector<std::string> names_in(Directory& directory) {
  std::vector<std::string> names;
  const auto listing = directory.list();
  if (!listing) return {"(cannot be listed)"};
  while (true) {
    const auto entry = (*listing)->next();
    if (!entry) return {"(listing failed)"};
    if (!entry->has_value()) break;
    names.emplace_back((*entry)->name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A number from the environment, for longer runs.
inline std::uint64_t env_number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace vfs
}  // namespace midimon
