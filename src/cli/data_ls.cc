// midimon data ls: what is in a plugin's directory.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "audit/rfc3339.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/data_target.h"
#include "data/tree.h"
#include "vfs/path.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string id;
  std::string path;
  bool json = false;
};

struct Listed {
  std::string name;
  struct stat info {};
  std::string target;  // the text of a link
};

// The text of the link `name` in `directory`, or of the link that is open where `name` is empty.
std::string link_text(int directory, const char* name) {
  std::array<char, vfs::kMaxPath + 1> text{};
  const ssize_t size = ::readlinkat(directory, name, text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

tl::unexpected<Error> cannot_look(const Options& options, Errno why) {
  const std::string path = escape_line(options.path);
  if (why == Errno::noent || why == Errno::notdir) {
    return fail(ErrorCode::not_found, fmt::format("{} has no \"{}\".", options.id, path));
  }
  if (why == Errno::perm) {
    return fail(ErrorCode::denied,
                fmt::format("\"{}\" leads out of the directory of {}.", path, options.id));
  }
  return fail(ErrorCode::io, fmt::format("\"{}\" cannot be looked at ({}).", path, to_string(why)));
}

// The entries of a directory, or the one that `path` names.
Result<std::vector<Listed>> list(int root, const Options& options, const vfs::Path& path) {
  const auto resolver = make_resolver();
  const auto fd = resolver->open(root, path.c_str(), O_PATH | O_NOFOLLOW, 0);
  if (!fd) return cannot_look(options, fd.error());
  Listed self{options.path, {}, {}};
  if (::fstat(fd->get(), &self.info) != 0) return cannot_look(options, last_errno());
  if (!S_ISDIR(self.info.st_mode)) {
    if (path.must_be_directory()) return cannot_look(options, Errno::notdir);
    if (S_ISLNK(self.info.st_mode)) self.target = link_text(fd->get(), "");
    return std::vector<Listed>{std::move(self)};
  }
  const auto names = data::names_in(fd->get());
  if (!names) return cannot_look(options, names.error());
  std::vector<Listed> entries;
  for (const std::string& name : *names) {
    Listed entry{name, {}, {}};
    // What is gone meanwhile is not there.
    if (::fstatat(fd->get(), name.c_str(), &entry.info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISLNK(entry.info.st_mode)) entry.target = link_text(fd->get(), name.c_str());
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string_view type_of(const struct stat& info) {
  switch (info.st_mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "link";
    default:
      return "other";
  }
}

std::string time_of(const struct stat& info) {
  return audit::format_time(std::chrono::seconds(info.st_mtim.tv_sec) +
                            Nanos(info.st_mtim.tv_nsec));
}

std::string to_text(const Listed& entry) {
  const bool file = S_ISREG(entry.info.st_mode);
  // To the second, which is as much as a person compares.
  std::string text =
      fmt::format("{:<9} {:>10} {}Z  {}", type_of(entry.info),
                  file ? format_bytes(static_cast<std::uint64_t>(entry.info.st_size)) : "",
                  time_of(entry.info).substr(0, 19), escape_line(entry.name));
  if (S_ISLNK(entry.info.st_mode)) text += " -> " + escape_line(entry.target);
  return text + "\n";
}

nlohmann::json to_json(const Listed& entry) {
  nlohmann::json json = {{"name", escape_line(entry.name)},
                         {"type", type_of(entry.info)},
                         {"size", entry.info.st_size},
                         {"mode", fmt::format("{:04o}", entry.info.st_mode & 07777U)},
                         {"modified", time_of(entry.info)}};
  if (S_ISLNK(entry.info.st_mode)) json["target"] = escape_line(entry.target);
  return json;
}

int show(const Options& options) {
  const auto target = DataTarget::find(options.id);
  if (!target) return report_data(target.error());
  const auto root = target->open();
  if (!root) return report_data(root.error());
  // As the plugin names it: its directory is "/".
  const std::size_t start = options.path.find_first_not_of('/');
  vfs::Path path;
  const Errno parsed =
      start == std::string::npos ? Errno::success : path.parse(options.path.substr(start));
  if (parsed != Errno::success) return report_data(cannot_look(options, parsed).value());
  const auto entries = list(root->get(), options, path);
  if (!entries) return report_data(entries.error());
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  for (const Listed& entry : *entries) {
    if (options.json) json.push_back(to_json(entry));
    if (!options.json) text += to_text(entry);
  }
  if (options.json) text = nlohmann::json{{"entries", std::move(json)}}.dump() + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kOk;
}

}  // namespace

void add_data_ls(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "ls",
      "List what is in a plugin's directory. Links are shown and not followed at the end.\n"
      "Exit status: 0, 2 usage or nothing there.");
  command->add_option("ID", options->id, "The plugin, or /shared for what plugins share")
      ->required();
  command->add_option("PATH", options->path, "Below its directory, which is / (default: that)");
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = show(*options); });
}

}  // namespace midimon::cli
