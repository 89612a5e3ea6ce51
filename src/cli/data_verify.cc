// midimon data verify: whether what was counted is what is there.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/data_target.h"
#include "cli/load_profile.h"
#include "vfs/disk.h"
#include "vfs/foreign_links.h"
#include "vfs/quota.h"

namespace midimon::cli {
namespace {

struct Options {
  std::string id;  // empty: all
  std::string profile;
};

struct Findings {
  vfs::QuotaUsage found;
  bool compared = false;              // somebody left a count to compare with
  std::vector<std::string> problems;  // sentences
};

Result<Findings> look_at(const DataTarget& target, const std::optional<Profile>& profile) {
  const auto limits = storage_limits(target, profile.value_or(Profile{}));
  if (!limits) return tl::unexpected(limits.error());
  if (const auto there = target.open(); !there) return tl::unexpected(there.error());
  const auto lock = target.lock();
  if (!lock) return tl::unexpected(lock.error());
  auto fd = target.open();  // what is there now that nobody replaces it
  if (!fd) return tl::unexpected(fd.error());
  const auto directory = vfs::open_disk(std::move(*fd), {true, resolver_kind()});
  const auto found = directory ? vfs::scan_usage(**directory) : err(directory.error());
  const std::optional<vfs::QuotaUsage>& counted = lock->counted_before();
  if (!found) {
    if (counted) lock->leave(*counted);
    return fail(ErrorCode::io, fmt::format("What is stored in {} cannot be counted ({}).",
                                           target.path(), to_string(found.error())));
  }
  // A difference stays to be seen until the plugin is loaded again and counts anew.
  lock->leave(counted.value_or(*found));
  Findings findings{*found, counted.has_value(), {}};
  if (counted && *counted != *found) {
    findings.problems.push_back(fmt::format(
        "{} ({} bytes) were counted when it was last in use, and {} ({} bytes) are "
        "there: somebody else changed {}",
        to_text(*counted), counted->bytes, to_text(*found), found->bytes, target.path()));
  }
  const bool over =
      found->bytes > limits->allowed.bytes || found->entries > limits->allowed.entries;
  if (over && profile) {
    findings.problems.push_back(
        fmt::format("{} are there, and {} are allowed", to_text(*found), to_text(limits->allowed)));
  }
  if (const auto linked = vfs::refuse_foreign_links(**directory); !linked) {
    findings.problems.push_back("the plugin will not be loaded: " + linked.error().message);
  }
  return findings;
}

int verify_one(const std::string& id, const std::optional<Profile>& profile) {
  const auto target = DataTarget::find(id);
  if (!target) return report_data(target.error());
  const auto findings = look_at(*target, profile);
  if (!findings) return report_data(findings.error());
  for (const std::string& problem : findings->problems)
    std::printf("%s: %s\n", id.c_str(), problem.c_str());
  if (!findings->problems.empty()) return kFailed;
  std::printf("%s: %s, %s\n", id.c_str(), to_text(findings->found).c_str(),
              findings->compared ? "as counted" : "and nobody left a count to compare that with");
  return kOk;
}

int verify(const Options& options) {
  std::optional<Profile> profile;
  if (!options.profile.empty()) {
    auto read = load_profile(options.profile);
    if (!read) return report_data(read.error());
    profile = std::move(*read);
  }
  if (!options.id.empty()) return verify_one(options.id, profile);
  const auto ids = list_data_ids();
  if (!ids) return report_data(ids.error());
  int status = kOk;
  for (const std::string& id : *ids)
    status = std::max(status, verify_one(id, profile));
  return status;
}

}  // namespace

void add_data_verify(CLI::App& data, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command = data.add_subcommand(
      "verify",
      "Compare what was counted when plugins were last in use with what is there.\n"
      "Exit status: 0 the same, 1 not (each difference is shown), 2 in use, or it cannot be read.");
  command->add_option("ID", options->id, "This plugin alone, or /shared");
  add_profile(*command, options->profile)
      ->description("Also whether it is within the limits of this profile");
  command->callback([=, &status] { status = verify(*options); });
}

}  // namespace midimon::cli
