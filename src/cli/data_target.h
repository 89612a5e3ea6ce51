// What the commands of `midimon data` share: whose data it is, where it lies, how much it may be.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/places.h"
#include "base/unique_fd.h"
#include "mapping/profile.h"
#include "midimon/result.h"
#include "plugins/data_directory.h"
#include "plugins/storage.h"
#include "vfs/resolver.h"

namespace midimon::cli {

// Each adds one command; data_command.cc says in which order.
void add_data_usage(CLI::App& data, int& status);
void add_data_ls(CLI::App& data, int& status);
void add_data_export(CLI::App& data, int& status);
void add_data_import(CLI::App& data, int& status);
void add_data_purge(CLI::App& data, int& status);
void add_data_verify(CLI::App& data, int& status);

inline constexpr const char* kSharedId = "/shared";

// A directory that plugins keep data in.
class DataTarget {
 public:
  // `id` is a plugin's, or "/shared" for what plugins share.
  static Result<DataTarget> find(const std::string& id);

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const Places& places() const { return places_; }
  // Its place below Places::data, and its name in the directory that it lies in.
  [[nodiscard]] std::string place() const;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string path() const { return places_.data + "/" + place(); }

  // Error: not_found where nothing was ever stored.
  [[nodiscard]] Result<UniqueFd> open() const;
  // The directory that it lies in.
  [[nodiscard]] Result<UniqueFd> open_parent(plugins::Missing missing) const;
  [[nodiscard]] Result<plugins::StorageLock> lock() const {
    return plugins::StorageLock::take(places_, place());
  }

 private:
  DataTarget(std::string id, Places places) : id_(std::move(id)), places_(std::move(places)) {}
  [[nodiscard]] bool is_shared() const { return id_ == kSharedId; }

  std::string id_;
  Places places_;
};

// The ids of all plugins that have a directory, and "/shared" where that is there.
Result<std::vector<std::string>> list_data_ids();

// Adds -c; without it the limits are those of a plugin that no profile says anything of.
CLI::Option* add_profile(CLI::App& command, std::string& profile);

// The profile at `path`, and one that says nothing where that is empty.
Result<Profile> profile_or_none(const std::string& path);

// What the plugin may store; by default where the profile does not say it.
Result<plugins::StorageLimits> storage_limits(const DataTarget& target, const Profile& profile);

// As MIDIMON_RESOLVER and the kernel want it.
[[nodiscard]] vfs::ResolverKind resolver_kind();
[[nodiscard]] std::unique_ptr<vfs::Resolver> make_resolver();

// "14 names, 12.3MiB"
[[nodiscard]] std::string to_text(const vfs::QuotaUsage& usage);

// Prints the error and answers the exit status for it.
int report_data(const Error& error);

}  // namespace midimon::cli
