// The Mounts class is the directories that a plugin may see: its own, the shared one, and those of
// the host that its user granted, each open, counted and reported as it should be.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grants/permissions.h"
#include "midimon/config.h"
#include "midimon/metadata.h"
#include "midimon/result.h"
#include "plugins/runtime.h"
#include "plugins/storage.h"
#include "vfs/audited.h"
#include "vfs/file_system.h"
#include "vfs/landlock.h"
#include "vfs/mount_table.h"
#include "wasi/context.h"

namespace midimon::plugins {

// Opened once, before the first call; the rest is thread-safe.
class Mounts {
 public:
  // All outlive this.
  Mounts(Runtime::Parts& runtime, const WasmConfig& config, const Metadata& metadata)
      : runtime_(runtime), config_(config), metadata_(metadata) {}

  // Opens every directory that `permissions` name, all that the plugin will ever have. With
  // `may_lessen` also so that what may be changed can later be read only.
  Result<void> open(const grants::Permissions& permissions, bool may_lessen);

  // What a guest finds that has no more than `permissions`.
  [[nodiscard]] std::vector<wasi::Preopen> preopens(const grants::Permissions& permissions) const;

  // The quota of its own directory; null without one.
  [[nodiscard]] const vfs::Ledger* own_storage() const { return own_storage_; }

  [[nodiscard]] const Result<vfs::LandlockRuleset>& landlock() const { return landlock_; }

 private:
  struct Mounted {
    grants::FileRule rule;
    std::unique_ptr<vfs::Directory> writable;   // null where it is only read
    std::unique_ptr<vfs::Directory> read_only;  // null where it is never only read
  };
  Result<void> open_ours(const grants::FileRule& rule, bool may_lessen);
  Result<void> open_hosts(const std::vector<grants::FileRule>& rules, bool may_lessen);
  Result<std::shared_ptr<vfs::Ledger>> ledger_for(const grants::FileRule& rule) const;
  Result<void> keep(const grants::FileRule& rule, std::unique_ptr<vfs::Directory> directory,
                    bool may_lessen);
  [[nodiscard]] std::shared_ptr<const vfs::AuditSource> audit_source(std::string_view guest) const;

  Runtime::Parts& runtime_;
  const WasmConfig& config_;
  const Metadata& metadata_;
  Result<vfs::LandlockRuleset> landlock_ = vfs::LandlockRuleset::create();
  std::vector<std::shared_ptr<HeldStorage>> storage_;
  const vfs::Ledger* own_storage_ = nullptr;  // in one of those
  vfs::MountTable hosts_;                     // keeps what is held of the host's directories
  std::vector<Mounted> mounted_;
};

}  // namespace midimon::plugins
