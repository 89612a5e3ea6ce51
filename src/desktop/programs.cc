#include "desktop/programs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/unique_fd.h"

namespace midimon {
namespace {

constexpr std::size_t kKernelName = 15;      // the kernel cuts names here
constexpr std::size_t kMaxArguments = 4096;  // bytes of the arguments that are looked at

// The beginning of a file of /proc, which never makes anybody wait; empty where there is none.
std::string beginning_of(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return {};
  std::array<char, kMaxArguments> bytes;
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  return got > 0 ? std::string(bytes.data(), static_cast<std::size_t>(got)) : std::string();
}

std::string_view without_directory(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

std::string file_of(const std::string& directory) {
  std::array<char, kMaxArguments> path;
  const ssize_t length = ::readlink((directory + "/exe").c_str(), path.data(), path.size());
  if (length <= 0) return {};
  std::string_view file(path.data(), static_cast<std::size_t>(length));
  constexpr std::string_view kReplaced = " (deleted)";  // by a newer version, say
  if (file.ends_with(kReplaced)) file.remove_suffix(kReplaced.size());
  return std::string(without_directory(file));
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

std::string folded_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> program_names(pid_t pid) {
  const std::string directory = fmt::format("/proc/{}", pid);
  const std::string arguments = beginning_of(directory + "/cmdline");
  if (arguments.empty()) return {};
  std::string kernel = beginning_of(directory + "/comm");
  if (!kernel.empty() && kernel.back() == '\n') kernel.pop_back();

  std::vector<std::string> names;
  const auto add = [&names](std::string_view name) {
    if (!name.empty()) names.push_back(folded_name(name));
  };
  add(kernel);
  add(file_of(directory));
  const std::string_view first(arguments.c_str());
  add(without_directory(first));
  if (arguments.size() > first.size() + 1) {
    const std::string_view second = without_directory(arguments.c_str() + first.size() + 1);
    if (!kernel.empty() && second.substr(0, kKernelName) == kernel) add(second);
  }
  return names;
}

std::unordered_set<std::string> running_programs() {
  std::unordered_set<std::string> all;
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir("/proc"));
  if (directory == nullptr) return all;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size()) continue;
    for (std::string& each : program_names(pid))
      all.insert(std::move(each));
  }
  return all;
}

}  // namespace midimon
