#include <algorithm>

#include "vfs/quota.h"

namespace midimon::vfs {
namespace {

// How much may be charged before the disk is asked again how much it has free.
constexpr std::int64_t kDiskAllowance = 16LL * 1024 * 1024;

constexpr int kWarnAt[] = {80, 95};  // percent

int level_of(std::uint64_t used, std::uint64_t allowed) {
  int level = 0;
  for (const int percent : kWarnAt) {
    // Divided first: 100 * used would overflow for quotas that are none.
    if (used > 0 && used >= allowed - allowed / 100 * static_cast<std::uint64_t>(100 - percent)) {
      ++level;
    }
  }
  return level;
}

// Adds `amount` to `total` if the sum stays within `allowed`.
bool add_within(std::atomic<std::uint64_t>& total, std::uint64_t amount, std::uint64_t allowed) {
  std::uint64_t now = total.load(std::memory_order_relaxed);
  do {
    if (now > allowed || amount > allowed - now) return false;
  } while (!total.compare_exchange_weak(now, now + amount, std::memory_order_relaxed));
  return true;
}

// Never below zero: what the host took away by hand was charged once and is not charged back.
void subtract(std::atomic<std::uint64_t>& total, std::uint64_t amount) {
  std::uint64_t now = total.load(std::memory_order_relaxed);
  while (
      !total.compare_exchange_weak(now, now - std::min(now, amount), std::memory_order_relaxed)) {
  }
}

}  // namespace

void Ledger::charge(const QuotaUsage& found) {
  bytes_.fetch_add(found.bytes, std::memory_order_relaxed);
  entries_.fetch_add(found.entries, std::memory_order_relaxed);
  look_at_levels();
}

Errno Ledger::reserve(const QuotaUsage& wanted) {
  if (!disk_has(wanted.bytes)) {
    refused(Errno::nospc);
    return Errno::nospc;
  }
  if (!add_within(entries_, wanted.entries, options_.allowed.entries)) {
    refused(Errno::dquot);
    return Errno::dquot;
  }
  if (!add_within(bytes_, wanted.bytes, options_.allowed.bytes)) {
    subtract(entries_, wanted.entries);
    refused(Errno::dquot);
    return Errno::dquot;
  }
  look_at_levels();
  return Errno::success;
}

ErrnoOr<std::uint64_t> Ledger::reserve_blocks(std::uint64_t wanted) {
  std::uint64_t now = bytes_.load(std::memory_order_relaxed);
  std::uint64_t granted = 0;
  do {
    const std::uint64_t room =
        now < options_.allowed.bytes ? options_.allowed.bytes - now : std::uint64_t{0};
    granted = std::min(wanted, room / kQuotaBlock * kQuotaBlock);
  } while (!bytes_.compare_exchange_weak(now, now + granted, std::memory_order_relaxed));
  if (granted > 0 && !disk_has(granted)) {
    subtract(bytes_, granted);
    refused(Errno::nospc);
    return err(Errno::nospc);
  }
  if (granted < wanted) refused(Errno::dquot);
  if (granted == 0) return err(Errno::dquot);
  look_at_levels();
  return granted;
}

void Ledger::release(const QuotaUsage& amount) {
  subtract(bytes_, amount.bytes);
  subtract(entries_, amount.entries);
  look_at_levels();
}

bool Ledger::disk_has(std::uint64_t bytes) {
  if (!options_.free_bytes || bytes == 0) return true;
  const auto wanted = static_cast<std::int64_t>(
      std::min<std::uint64_t>(bytes, std::numeric_limits<std::int64_t>::max()));
  std::int64_t left = disk_allowance_.load(std::memory_order_relaxed);
  while (left >= wanted) {
    if (disk_allowance_.compare_exchange_weak(left, left - wanted, std::memory_order_relaxed)) {
      return true;
    }
  }
  const std::uint64_t free = options_.free_bytes();
  const std::uint64_t spare = free > options_.min_free ? free - options_.min_free : 0;
  if (bytes > spare) return false;
  // Half of what is left, so that the floor is approached and not overrun while nobody looks.
  const std::uint64_t rest = (spare - bytes) / 2;
  disk_allowance_.store(
      std::min(kDiskAllowance, static_cast<std::int64_t>(std::min<std::uint64_t>(
                                   rest, std::numeric_limits<std::int64_t>::max()))),
      std::memory_order_relaxed);
  return true;
}

void Ledger::refused(Errno why) const {
  if (options_.on_refusal) options_.on_refusal(why, used());
}

void Ledger::warn(std::string_view what, std::atomic<int>& level, std::uint64_t used,
                  std::uint64_t allowed) const {
  const int now = level_of(used, allowed);
  int before = level.load(std::memory_order_relaxed);
  while (now != before) {
    if (!level.compare_exchange_weak(before, now, std::memory_order_relaxed)) continue;
    if (now > before) options_.on_warning(what, used, allowed);
    return;
  }
}

void Ledger::look_at_levels() {
  if (!options_.on_warning) return;
  const QuotaUsage now = used();
  warn("bytes", bytes_level_, now.bytes, options_.allowed.bytes);
  warn("entries", entries_level_, now.entries, options_.allowed.entries);
}

}  // namespace midimon::vfs
