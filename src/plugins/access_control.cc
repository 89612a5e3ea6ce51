#include "plugins/access_control.h"

#include <algorithm>
#include <utility>

namespace midimon::plugins {

using grants::Permissions;
using grants::Side;

AccessControl::~AccessControl() {
  if (done_) done_(calls_);
}

Result<void> AccessControl::ask(std::string_view sha256) {
  if (auto added = requested_.add(metadata_.capabilities, Side::request); !added) return added;
  if (auto added = granted_.add(config_.capabilities, Side::grant); !added) return added;
  if (config_.policy) {
    policy_ = {};
    if (auto added = policy_.add(*config_.policy, Side::policy); !added) return added;
  }
  if (!config_.grants) return {};
  Result<GrantAnswer> answer = config_.grants(metadata_, sha256);
  if (!answer) return tl::unexpected(answer.error());
  done_ = std::move(answer->done);
  if (auto added = granted_.add(answer->capabilities, Side::grant); !added) return added;
  for (const LimitedGrant& grant : answer->limited) {
    Limited limited{{}, grant.calls};
    if (auto added = limited.permissions.add(grant.capability, Side::grant); !added) return added;
    limited_.push_back(std::move(limited));
  }
  return {};
}

Permissions AccessControl::granted_at(std::uint64_t call) const {
  Permissions granted = granted_;
  for (const Limited& limited : limited_) {
    if (limited.calls >= call) granted.add(limited.permissions);
  }
  return granted;
}

std::shared_ptr<const Access> AccessControl::access_of(std::uint64_t call) const {
  Permissions granted = granted_at(call);
  Access access{permissions_of(granted), std::move(granted), {}, nullptr};
  access.preopens = mounts_.preopens(access.permissions);
  if (access.permissions.includes(grants::FileRule())) access.storage = mounts_.own_storage();
  return std::make_shared<const Access>(std::move(access));
}

Result<void> AccessControl::open(std::string_view sha256) {
  if (auto asked = ask(sha256); !asked) return asked;
  const Permissions most = permissions_of(granted_at(1));
  capabilities_ = most.to_capabilities();
  if (auto opened = mounts_.open(most, !limited_.empty()); !opened) return opened;
  next_ = access_of(1);
  return {};
}

std::shared_ptr<const Access> AccessControl::begin_call() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t call = ++calls_;
  std::shared_ptr<const Access> access = next_;
  const auto ends = [&](const Limited& limited) { return limited.calls == call; };
  if (std::any_of(limited_.begin(), limited_.end(), ends)) next_ = access_of(call + 1);
  return access;
}

std::shared_ptr<const Access> AccessControl::next_call() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

}  // namespace midimon::plugins
