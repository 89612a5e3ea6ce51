#include "desktop/desktop_entry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/read_fd.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace midimon {
namespace {

constexpr const char* kGroup = "Desktop Entry";
constexpr std::string_view kSuffix = ".desktop";
constexpr std::size_t kMaxFile = 1024UL * 1024;

struct Free {
  void operator()(GKeyFile* file) const { ::g_key_file_unref(file); }
  void operator()(GError* error) const { ::g_error_free(error); }
  void operator()(gchar* text) const { ::g_free(text); }
  void operator()(gchar** list) const { ::g_strfreev(list); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

// "/usr/share/applications" and others, in the order in which they count.
std::vector<std::string> directories(const Environment& environment) {
  std::vector<std::string> all;
  const auto add = [&all](std::string_view data) {
    if (data.starts_with('/')) all.push_back(std::string(data) + "/applications");
  };
  const auto data_home = environment("XDG_DATA_HOME");
  if (data_home && data_home->starts_with('/')) {
    add(*data_home);
  } else if (const auto home = environment("HOME")) {
    add(*home + "/.local/share");
  }
  const auto given = environment("XDG_DATA_DIRS");
  const std::string list =
      given && !given->empty() ? *given : std::string("/usr/local/share:/usr/share");
  for (std::string_view rest = list; !rest.empty();) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    add(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return all;
}

// The names that the file may have below such a directory: "a-b.desktop", "a/b.desktop".
std::vector<std::string> file_names(std::string_view id) {
  std::string name(id);
  if (!name.ends_with(kSuffix)) name += kSuffix;
  std::vector<std::string> all = {name};
  for (std::size_t at = name.find('-'); at != std::string::npos; at = name.find('-', at + 1)) {
    name[at] = '/';
    all.push_back(name);
  }
  return all;
}

struct EntryFile {
  std::string path;
  std::string text;
};

// Nothing if there is no file.
Result<std::optional<EntryFile>> read_entry(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.valid() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  struct stat info {};
  auto text = file.valid() && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)
                  ? read_to_end(file.get(), kMaxFile)
                  : std::nullopt;
  if (!text) {
    return fail(ErrorCode::io, fmt::format("{} cannot be read: {}", escape_line(path),
                                           file.valid() ? "it is no file" : std::strerror(errno)));
  }
  if (text->size() > kMaxFile) {
    return fail(ErrorCode::invalid, escape_line(path) + " is larger than 1 MiB");
  }
  return EntryFile{path, std::move(*text)};
}

Result<EntryFile> find_entry(std::string_view id, const Environment& environment) {
  const std::vector<std::string> names = file_names(id);
  for (const std::string& directory : directories(environment)) {
    for (const std::string& name : names) {
      auto found = read_entry(fmt::format("{}/{}", directory, name));
      if (!found) return tl::unexpected(found.error());
      if (*found) return std::move(**found);
    }
  }
  return fail(ErrorCode::not_found,
              fmt::format("no application \"{}\" is installed; an application goes by the name of "
                          "its file in /usr/share/applications, without .desktop",
                          escape_line(id)));
}

// One file, read.
class Entry {
 public:
  static Result<Entry> parse(EntryFile file) {
    Entry entry(std::move(file));
    GError* why = nullptr;
    if (::g_key_file_load_from_data(entry.keys_.get(), entry.file_.text.data(),
                                    entry.file_.text.size(), G_KEY_FILE_NONE, &why) == FALSE) {
      const Owned<GError> owned(why);
      return entry.wrong(ErrorCode::invalid, fmt::format("is no desktop file: {}", why->message));
    }
    return entry;
  }

  [[nodiscard]] Result<LaunchRequest> launch() const {
    if (flag("Hidden")) return wrong(ErrorCode::not_found, "says that it was removed");
    if (text("Type") != "Application") return wrong(ErrorCode::invalid, "is of no application");
    if (flag("Terminal")) {
      return wrong(ErrorCode::unsupported,
                   "says that it runs in a terminal; a mapping's Launch can start your terminal "
                   "with it");
    }
    const auto command = text("Exec");
    if (!command) {
      return flag("DBusActivatable")
                 ? wrong(ErrorCode::unsupported, "names no program; only D-Bus can start it")
                 : wrong(ErrorCode::invalid, "names no program");
    }
    auto argv = words(*command);
    if (!argv) return tl::unexpected(argv.error());
    LaunchRequest request;
    request.argv = std::move(*argv);
    request.directory = text("Path").value_or("");
    return request;
  }

 private:
  explicit Entry(EntryFile file) : file_(std::move(file)), keys_(::g_key_file_new()) {}

  [[nodiscard]] tl::unexpected<Error> wrong(ErrorCode code, std::string_view what) const {
    return fail(code, fmt::format("{} {}", escape_line(file_.path), escape_line(what)));
  }
  [[nodiscard]] std::optional<std::string> text(const char* key) const {
    const Owned<gchar> value(::g_key_file_get_string(keys_.get(), kGroup, key, nullptr));
    return value ? std::optional<std::string>(value.get()) : std::nullopt;
  }
  [[nodiscard]] std::string localized(const char* key) const {
    const Owned<gchar> value(
        ::g_key_file_get_locale_string(keys_.get(), kGroup, key, nullptr, nullptr));
    return value ? value.get() : "";
  }
  [[nodiscard]] bool flag(const char* key) const {
    return ::g_key_file_get_boolean(keys_.get(), kGroup, key, nullptr) != FALSE;
  }

  // The program and its arguments. The quotes of the specification are some of a shell's.
  [[nodiscard]] Result<std::vector<std::string>> words(const std::string& command) const {
    gchar** split = nullptr;
    GError* why = nullptr;
    if (::g_shell_parse_argv(command.c_str(), nullptr, &split, &why) == FALSE) {
      const Owned<GError> owned(why);
      return wrong(ErrorCode::invalid, fmt::format("has a wrong \"Exec\": {}", why->message));
    }
    const Owned<gchar*> owned(split);
    std::vector<std::string> argv;
    for (gchar** word = split; *word != nullptr; ++word) {
      if (!add(*word, argv)) {
        return wrong(ErrorCode::invalid, fmt::format("has a wrong \"Exec\": {}", *word));
      }
    }
    if (argv.empty() || argv.front().empty() ||
        (argv.front().find('/') != std::string::npos && argv.front().front() != '/')) {
      return wrong(ErrorCode::invalid, "has an \"Exec\" without a program");
    }
    return argv;
  }

  // Adds a word with its field codes expanded; those of files are of none. False for codes that
  // nobody knows.
  bool add(std::string_view word, std::vector<std::string>& argv) const {
    if (word == "%i") {
      if (const auto icon = text("Icon"); icon && !icon->empty()) {
        argv.emplace_back("--icon");
        argv.push_back(*icon);
      }
      return true;
    }
    std::string out;
    bool only_codes = !word.empty();
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (word[i] != '%') {
        out += word[i];
        only_codes = false;
        continue;
      }
      switch (++i < word.size() ? word[i] : '\0') {
        case '%':
          out += '%';
          break;
        case 'c':
          out += localized("Name");
          break;
        case 'k':
          out += file_.path;
          break;
        case 'f':
        case 'F':
        case 'u':
        case 'U':
        case 'd':
        case 'D':
        case 'n':
        case 'N':
        case 'v':
        case 'm':
          break;
        default:
          return false;
      }
    }
    if (!out.empty() || !only_codes) argv.push_back(std::move(out));
    return true;
  }

  EntryFile file_;
  Owned<GKeyFile> keys_;
};

}  // namespace

Result<LaunchRequest> find_application(std::string_view id, const Environment& environment) {
  auto file = find_entry(id, environment);
  if (!file) return tl::unexpected(file.error());
  const auto entry = Entry::parse(std::move(*file));
  if (!entry) return tl::unexpected(entry.error());
  return entry->launch();
}

}  // namespace midimon
