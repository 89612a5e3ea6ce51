// midimon data usage: how much each plugin stores, and how much it may.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data_target.h"
#include "data/tree.h"
#include "vfs/disk.h"
#include "vfs/quota.h"

namespace midimon::cli {
namespace {

constexpr std::size_t kBiggest = 3;

struct Options {
  std::string profile;
  bool json = false;
};

struct BigFile {
  std::string path;
  std::uint64_t size = 0;
};

struct Usage {
  std::string id;
  vfs::QuotaUsage used;
  vfs::QuotaUsage allowed;
  bool in_use = false;
  std::vector<BigFile> biggest;  // the largest first
};

Result<std::vector<BigFile>> find_biggest(int root) {
  std::vector<BigFile> biggest;
  const auto take = [&](const data::Item& item) -> Result<void> {
    if (!S_ISREG(item.info.st_mode)) return {};
    BigFile file{std::string(item.path), static_cast<std::uint64_t>(item.info.st_size)};
    const auto at = std::find_if(biggest.begin(), biggest.end(),
                                 [&](const BigFile& other) { return other.size < file.size; });
    biggest.insert(at, std::move(file));
    if (biggest.size() > kBiggest) biggest.pop_back();
    return {};
  };
  if (auto walked = data::walk(root, *make_resolver(), take); !walked) {
    return tl::unexpected(walked.error());
  }
  return biggest;
}

// A plugin may be running: then the figures are those of the moments in which they were looked at.
Result<Usage> look_at(const std::string& id, const Profile& profile) {
  const auto target = DataTarget::find(id);
  if (!target) return tl::unexpected(target.error());
  auto fd = target->open();
  if (!fd) return tl::unexpected(fd.error());
  const auto limits = storage_limits(*target, profile);
  if (!limits) return tl::unexpected(limits.error());
  Usage usage{id, {}, limits->allowed, false, {}};
  usage.in_use = plugins::who_holds(target->places(), target->place()).has_value();
  auto biggest = find_biggest(fd->get());
  if (!biggest) return fail(biggest.error().code, target->path() + ": " + biggest.error().message);
  usage.biggest = std::move(*biggest);
  const auto directory = vfs::open_disk(std::move(*fd), {true, resolver_kind()});
  const auto used = directory ? vfs::scan_usage(**directory) : err(directory.error());
  if (!used) {
    return fail(ErrorCode::io, fmt::format("What is stored in {} cannot be counted ({}).",
                                           target->path(), to_string(used.error())));
  }
  usage.used = *used;
  return usage;
}

nlohmann::json to_json(const Usage& usage) {
  nlohmann::json biggest = nlohmann::json::array();
  for (const BigFile& file : usage.biggest)
    biggest.push_back({{"path", escape_line(file.path)}, {"size", file.size}});
  return {{"plugin", usage.id},
          {"used_bytes", usage.used.bytes},
          {"allowed_bytes", usage.allowed.bytes},
          {"used_entries", usage.used.entries},
          {"allowed_entries", usage.allowed.entries},
          {"in_use", usage.in_use},
          {"biggest", std::move(biggest)}};
}

std::string to_text(const Usage& usage, std::size_t width, bool bars) {
  std::string text = fmt::format("{:<{}} {:>10} {:>10} {:>8} {:>8}", usage.id, width,
                                 format_bytes(usage.used.bytes), format_bytes(usage.allowed.bytes),
                                 usage.used.entries, usage.allowed.entries);
  if (bars) text += "  " + bar(usage.used.bytes, usage.allowed.bytes);
  if (usage.in_use) text += "  (in use)";
  text += "\n";
  for (const BigFile& file : usage.biggest) {
    text += fmt::format("{:<{}} {:>10}  {}\n", "", width, format_bytes(file.size),
                        escape_line(file.path));
  }
  return text;
}

std::string to_text(const std::vector<Usage>& all, bool bars) {
  std::size_t width = 6;
  for (const Usage& usage : all)
    width = std::max(width, usage.id.size());
  std::string text = fmt::format("{:<{}} {:>10} {:>10} {:>8} {:>8}\n", "plugin", width, "used",
                                 "of", "names", "of");
  for (const Usage& usage : all)
    text += to_text(usage, width, bars);
  return text;
}

int show_usage(const Options& options) {
  const auto profile = profile_or_none(options.profile);
  if (!profile) return report_data(profile.error());
  const auto ids = list_data_ids();
  if (!ids) return report_data(ids.error());
  std::vector<Usage> all;
  nlohmann::json json = nlohmann::json::array();
  int status = kOk;
  for (const std::string& id : *ids) {
    auto usage = look_at(id, *profile);
    if (!usage) {
      print_error(usage.error().message);
      json.push_back({{"plugin", id}, {"error", escape_line(usage.error().message)}});
      status = kFailed;
      continue;
    }
    json.push_back(to_json(*usage));
    all.push_back(std::move(*usage));
  }
  const std::string text = options.json ? nlohmann::json{{"plugins", std::move(json)}}.dump() + "\n"
                                        : to_text(all, ::isatty(STDOUT_FILENO) == 1);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return status;
}

}  // namespace

void add_data_usage(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "usage",
      "How much each plugin stores, how much it may, and its biggest files.\n"
      "Exit status: 0, 1 if one of the directories cannot be looked at, 2 usage.");
  add_profile(*command, options->profile);
  command->add_flag("--json", options->json, "As one JSON object");
  command->callback([=, &status] { status = show_usage(*options); });
}

}  // namespace midimon::cli
