// The AccessControl class is what a plugin may do: computed once from what it asks for, what it was
// granted and what policy leaves, and less with every call that uses up a grant.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "grants/permissions.h"
#include "midimon/config.h"
#include "midimon/metadata.h"
#include "midimon/result.h"
#include "plugins/mounts.h"
#include "plugins/runtime.h"
#include "plugins/sandbox.h"
#include "vfs/landlock.h"

namespace midimon::plugins {

// open() comes first; the rest is thread-safe.
class AccessControl {
 public:
  // All outlive this.
  AccessControl(Runtime::Parts& runtime, const WasmConfig& config, const Metadata& metadata)
      : config_(config), metadata_(metadata), mounts_(runtime, config, metadata) {}
  // Tells who granted something how many calls were made.
  ~AccessControl();
  AccessControl(const AccessControl&) = delete;
  AccessControl& operator=(const AccessControl&) = delete;

  // Asks for the grants and opens the directories, now that the metadata is known. `sha256` is the
  // module's, in hex.
  Result<void> open(std::string_view sha256);

  // Counts a call, and answers what it may do.
  [[nodiscard]] std::shared_ptr<const Access> begin_call();
  // What the next call may do, as far as can be known.
  [[nodiscard]] std::shared_ptr<const Access> next_call() const;

  [[nodiscard]] const grants::Permissions& requested() const { return requested_; }
  [[nodiscard]] const grants::Permissions& policy() const { return policy_; }
  // What the first call gets.
  [[nodiscard]] const std::vector<Capability>& capabilities() const { return capabilities_; }
  [[nodiscard]] const vfs::Ledger* own_storage() const { return mounts_.own_storage(); }
  [[nodiscard]] Result<bool> confine_thread() const {
    return vfs::confine_thread(mounts_.landlock());
  }

 private:
  struct Limited {
    grants::Permissions permissions;
    std::uint64_t calls;
  };
  Result<void> ask(std::string_view sha256);
  [[nodiscard]] grants::Permissions granted_at(std::uint64_t call) const;
  [[nodiscard]] grants::Permissions permissions_of(const grants::Permissions& granted) const {
    return grants::effective(requested_, granted, policy_);
  }
  [[nodiscard]] std::shared_ptr<const Access> access_of(std::uint64_t call) const;

  const WasmConfig& config_;
  const Metadata& metadata_;
  grants::Permissions requested_;
  grants::Permissions policy_ = grants::Permissions::everything();
  grants::Permissions granted_;   // for all calls
  std::vector<Limited> limited_;  // for the first so many
  std::function<void(std::uint64_t)> done_;
  std::vector<Capability> capabilities_;
  Mounts mounts_;

  mutable std::mutex mutex_;
  std::uint64_t calls_ = 0;
  std::shared_ptr<const Access> next_ = std::make_shared<const Access>();
};

}  // namespace midimon::plugins
