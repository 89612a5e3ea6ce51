#include "plugins/mounts.h"

#include <fcntl.h>

#include <utility>

#include "base/unique_fd.h"
#include "plugins/data_directory.h"
#include "vfs/disk.h"
#include "vfs/foreign_links.h"
#include "vfs/read_only.h"

namespace midimon::plugins {
namespace {

using grants::FileRule;

std::string guest_path(const FileRule& rule) {
  switch (rule.place) {
    case FileRule::Place::own:
      return "/";
    case FileRule::Place::shared:
      return "/shared";
    case FileRule::Place::directory:
      break;
  }
  return rule.guest;
}

// `directory` opened once more, and not to be changed.
std::unique_ptr<vfs::Directory> read_only_view(vfs::Directory& directory) {
  auto again = directory.open(vfs::Path(), {.read = true, .directory = true});
  if (!again) return nullptr;
  auto* opened = std::get_if<std::unique_ptr<vfs::Directory>>(&*again);
  return opened == nullptr ? nullptr : vfs::make_read_only(std::move(*opened));
}

tl::unexpected<Error> unusable(const FileRule& rule) {
  return fail(ErrorCode::io, "Cannot use the directory " + to_string(rule) + " of the plugin.");
}

// More than was granted before, as a limit that cannot go round.
std::uint64_t sum(std::uint64_t found, std::uint64_t more) {
  return found + more < found ? UINT64_MAX : found + more;
}

}  // namespace

std::shared_ptr<const vfs::AuditSource> Mounts::audit_source(std::string_view guest) const {
  if (runtime_.recorder == nullptr) return nullptr;
  return std::make_shared<const vfs::AuditSource>(vfs::AuditSource{
      runtime_.recorder.get(), metadata_.name, metadata_.version, std::string(guest)});
}

Result<void> Mounts::keep(const FileRule& rule, std::unique_ptr<vfs::Directory> directory,
                          bool may_lessen) {
  Mounted mounted{rule, nullptr, nullptr};
  const auto source = audit_source(guest_path(rule));
  const auto audited = [&](std::unique_ptr<vfs::Directory> one) {
    return source == nullptr ? std::move(one) : vfs::make_audited(std::move(one), source);
  };
  if (rule.writable && may_lessen) {
    auto view = read_only_view(*directory);
    if (view == nullptr) return unusable(rule);
    mounted.read_only = audited(std::move(view));
  }
  if (rule.writable) {
    mounted.writable = audited(std::move(directory));
  } else {
    mounted.read_only = audited(vfs::make_read_only(std::move(directory)));
  }
  mounted_.push_back(std::move(mounted));
  return {};
}

Result<void> Mounts::open_ours(const FileRule& rule, bool may_lessen) {
  const bool own = rule.place == FileRule::Place::own;
  auto fd = own ? open_plugin_data(runtime_.places, metadata_.name) : open_shared(runtime_.places);
  if (!fd) return tl::unexpected(fd.error());
  const UniqueFd same(::fcntl(fd->get(), F_DUPFD_CLOEXEC, 0));
  if (landlock_) {
    if (auto allowed = landlock_->allow(fd->get(), !rule.writable); !allowed) return allowed;
  }
  auto directory = vfs::open_disk(std::move(*fd), {true, runtime_.resolver});
  if (!directory) return unusable(rule);
  if (auto checked = vfs::refuse_foreign_links(**directory); !checked) return checked;
  if (rule.writable) {
    const vfs::QuotaUsage allowed{config_.max_storage_bytes, config_.max_storage_entries};
    auto held = runtime_.storage.hold(
        runtime_.places, own ? "plugin-data/" + metadata_.name : "shared", same.get(), **directory,
        {allowed, runtime_.min_free_disk, audit_source(guest_path(rule))});
    if (!held) return tl::unexpected(held.error());
    *directory = vfs::make_quota(std::move(*directory), (*held)->tree);
    if (own) own_storage_ = (*held)->ledger.get();
    storage_.push_back(std::move(*held));
  }
  return keep(rule, std::move(*directory), may_lessen);
}

// What a plugin may add to a directory of the host is what it may keep in its own, counted from
// what is there when it is loaded.
Result<std::shared_ptr<vfs::Ledger>> Mounts::ledger_for(const FileRule& rule) const {
  const std::string& host = rule.host;
  auto directory = vfs::open_disk(host.c_str(), {false, runtime_.resolver});
  if (!directory) return nullptr;  // add() says why
  if (auto checked = vfs::refuse_foreign_links(**directory); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto found = vfs::scan_usage(**directory);
  if (!found) {
    return fail(ErrorCode::io, "What is stored in " + host + " cannot be counted (" +
                                   std::string(to_string(found.error())) +
                                   "). Grant it with :ro at the end, or a smaller part of it.");
  }
  StorageLimits limits;
  limits.allowed = {sum(found->bytes, config_.max_storage_bytes),
                    sum(found->entries, config_.max_storage_entries)};
  limits.min_free_disk = runtime_.min_free_disk;
  limits.audit = audit_source(rule.guest);
  const UniqueFd fd(::open(host.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return make_ledger(fd.get(), limits);
}

Result<void> Mounts::open_hosts(const std::vector<FileRule>& rules, bool may_lessen) {
  const Places& places = runtime_.places;
  for (const std::string* path :
       {&places.config, &places.data, &places.state, &places.cache, &places.runtime}) {
    hosts_.forbid(*path);
  }
  for (const FileRule& rule : rules) {
    std::shared_ptr<vfs::Ledger> ledger;
    if (rule.writable) {
      auto counted = ledger_for(rule);
      if (!counted) return tl::unexpected(counted.error());
      ledger = std::move(*counted);
      hosts_.limit(ledger);
    }
    auto added = hosts_.add({rule.host, rule.guest, !rule.writable}, {false, runtime_.resolver});
    if (!added) {
      return fail(added.error().code, "The directory that was granted to " + metadata_.name +
                                          " as " + rule.guest +
                                          " cannot be mounted: " + added.error().message + ".");
    }
    if (rule.writable && ledger == nullptr) return unusable(rule);  // it came that moment
  }
  if (landlock_) {
    if (auto allowed = hosts_.allow_in(*landlock_); !allowed) return allowed;
  }
  std::vector<vfs::Mount> opened = hosts_.take();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (auto kept = keep(rules[i], std::move(opened[i].directory), may_lessen); !kept) return kept;
  }
  return {};
}

Result<void> Mounts::open(const grants::Permissions& permissions, bool may_lessen) {
  std::vector<FileRule> hosts;
  for (const grants::Rule& one : permissions.rules(CapabilityKind::filesystem)) {
    const auto& rule = std::get<FileRule>(one);
    if (rule.place == FileRule::Place::directory) {
      // One that no grant says where it is stays out.
      if (rule.is_exact()) hosts.push_back(rule);
    } else if (auto opened = open_ours(rule, may_lessen && rule.place != FileRule::Place::own);
               !opened) {
      return opened;
    }
  }
  return open_hosts(hosts, may_lessen);
}

std::vector<wasi::Preopen> Mounts::preopens(const grants::Permissions& permissions) const {
  std::vector<wasi::Preopen> out;
  for (const Mounted& mounted : mounted_) {
    FileRule rule = mounted.rule;
    if (mounted.writable != nullptr && permissions.includes(rule)) {
      out.push_back({guest_path(rule), mounted.writable.get()});
      continue;
    }
    rule.writable = false;
    if (mounted.read_only != nullptr && permissions.includes(rule)) {
      out.push_back({guest_path(rule), mounted.read_only.get()});
    }
  }
  return out;
}

}  // namespace midimon::plugins
