#include "grants/book.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "midimon/plugin_id.h"

namespace midimon::grants {
namespace {

constexpr std::size_t kMaxVersion = 64;

tl::unexpected<Error> not_known(std::string_view id) {
  return fail(ErrorCode::not_found,
              fmt::format("The plugin {} is not known. Run it once, or give its module file.",
                          escape_line(id)));
}

// What a plugin calls its version, as one line that can be shown.
std::string short_version(const std::string& version) {
  std::string line = version.substr(0, kMaxVersion);
  if (!is_showable(line)) line = escape_line(line);
  return line.empty() ? "?" : line;
}

bool is_of(const Entry& entry, std::string_view id, const Signer& signer) {
  return entry.id == id && entry.signer == signer;
}

// What `what` takes of a grant of its kind: nothing, all, or the rules that remain.
struct Cut {
  bool touched = false;
  std::vector<std::string> rest;
};

Result<Cut> cut(const Capability& granted, const std::vector<Rule>& rules) {
  Cut out;
  for (const std::string& text : granted.allow) {
    const auto rule = parse_rule(granted.kind, text);
    if (!rule) return tl::unexpected(rule.error());
    const auto covers = [&](const Rule& one) { return includes(one, *rule); };
    const auto meets = [&](const Rule& one) { return intersect(one, *rule).has_value(); };
    if (std::any_of(rules.begin(), rules.end(), covers)) {
      out.touched = true;
    } else if (std::any_of(rules.begin(), rules.end(), meets)) {
      return fail(ErrorCode::invalid, fmt::format("That is a part of {}, which was granted whole. "
                                                  "Revoke that, and grant what shall stay.",
                                                  to_grant(*rule)));
    } else {
      out.rest.push_back(text);
    }
  }
  return out;
}

}  // namespace

bool Grant::holds(std::string_view boot) const {
  if (!lasting.boot.empty() && lasting.boot != boot) return false;
  return !lasting.calls || *lasting.calls > 0;
}

const Entry* GrantBook::find(std::string_view id, const Signer& signer) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return is_of(entry, id, signer); });
  return found == entries_.end() ? nullptr : &*found;
}

Entry* GrantBook::find_mutable(std::string_view id, const Signer& signer) {
  return const_cast<Entry*>(std::as_const(*this).find(id, signer));
}

std::vector<const Entry*> GrantBook::find_all(std::string_view id) const {
  std::vector<const Entry*> out;
  for (const Entry& entry : entries_) {
    if (entry.id == id) out.push_back(&entry);
  }
  return out;
}

Result<void> GrantBook::note(Entry seen) {
  Permissions asked;
  if (auto added = asked.add(seen.asks, Side::request); !added) return added;
  if (!is_plugin_id(seen.id)) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" is no plugin id.", escape_line(seen.id.substr(0, 64))));
  }
  seen.version = short_version(seen.version);
  for (Capability& ask : seen.asks) {
    if (!is_showable(ask.reason)) ask.reason = escape_line(ask.reason);
  }
  if (const Entry* known = find(seen.id, seen.signer)) {
    seen.grants = known->grants;
    seen.answered = known->answered || seen.answered;
  }
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool replaced = entry.id == seen.id && entry.signer.is_unsigned() &&
                          seen.signer.is_unsigned() && entry.grants.empty();
    return replaced || is_of(entry, seen.id, seen.signer);
  });
  if (entries_.size() >= kMaxEntries) {
    return fail(ErrorCode::limit,
                fmt::format("There are grants for {} plugins, which is the most. Forget one with "
                            "`midimon permission reset ID`.",
                            kMaxEntries));
  }
  entries_.push_back(std::move(seen));
  return {};
}

Result<void> GrantBook::grant(std::string_view id, const Signer& signer, const Grant& grant) {
  Entry* entry = find_mutable(id, signer);
  if (entry == nullptr) return not_known(id);
  entry->answered = true;
  Permissions all;
  if (auto added = all.add(grant.what, Side::grant); !added) return added;
  const auto same = std::find_if(entry->grants.begin(), entry->grants.end(), [&](const Grant& one) {
    if (one.what.kind != grant.what.kind) return false;
    // Those by calls are counted one by one, but for the same thing again.
    if (grant.lasting.calls) return one.lasting.calls && one.what.allow == grant.what.allow;
    return one.lasting == grant.lasting;
  });
  if (same == entry->grants.end()) {
    entry->grants.push_back({all.to_capabilities().front(), grant.since, grant.lasting});
    return {};
  }
  if (auto added = all.add(same->what, Side::grant); !added) return added;
  same->what = all.to_capabilities().front();
  same->since = grant.since;
  same->lasting = grant.lasting;
  return {};
}

Result<bool> GrantBook::revoke(std::string_view id, const Signer& signer, const Capability& what) {
  Entry* entry = find_mutable(id, signer);
  if (entry == nullptr) return not_known(id);
  std::vector<Rule> rules;
  for (const std::string& text : what.allow) {
    auto rule = parse_rule(what.kind, text);
    if (!rule) return tl::unexpected(rule.error());
    rules.push_back(std::move(*rule));
  }
  bool any = false;
  std::vector<Grant> kept;
  for (const Grant& grant : entry->grants) {
    Grant& rest = kept.emplace_back(grant);
    if (grant.what.kind != what.kind) continue;
    if (!rules.empty() && grant.what.allow.empty() && what.kind != CapabilityKind::filesystem) {
      return fail(
          ErrorCode::invalid,
          fmt::format("That is a part of {}, which was granted whole. Revoke that, and grant "
                      "what shall stay.",
                      to_string(what.kind)));
    }
    auto taken = cut(grant.what, rules);
    if (!taken) return tl::unexpected(taken.error());
    rest.what.allow = std::move(taken->rest);
    const bool all =
        rules.empty() || (rest.what.allow.empty() && what.kind != CapabilityKind::filesystem);
    any = any || all || taken->touched;
    if (all) kept.pop_back();
  }
  entry->grants = std::move(kept);
  entry->answered = true;
  return any;
}

void GrantBook::set_answered(std::string_view id, const Signer& signer) {
  if (Entry* entry = find_mutable(id, signer)) entry->answered = true;
}

std::size_t GrantBook::reset(std::string_view id) {
  return std::erase_if(entries_, [&](const Entry& entry) { return entry.id == id; });
}

std::vector<Grant> GrantBook::take_calls(std::string_view id, const Signer& signer) {
  std::vector<Grant> taken;
  Entry* entry = find_mutable(id, signer);
  if (entry == nullptr) return taken;
  for (Grant& grant : entry->grants) {
    if (grant.lasting.calls.value_or(0) == 0) continue;
    taken.push_back(grant);
    grant.lasting.calls = 0;
  }
  return taken;
}

void GrantBook::give_back(std::string_view id, const Signer& signer,
                          const std::vector<Grant>& unused) {
  Entry* entry = find_mutable(id, signer);
  if (entry == nullptr) return;
  for (const Grant& grant : unused) {
    const auto there =
        std::find_if(entry->grants.begin(), entry->grants.end(), [&](const Grant& one) {
          return one.lasting.calls && one.what.kind == grant.what.kind &&
                 one.what.allow == grant.what.allow;
        });
    if (there == entry->grants.end()) continue;
    there->lasting.calls =
        std::min(kMaxCalls, *there->lasting.calls + grant.lasting.calls.value_or(0));
  }
}

void GrantBook::drop_outdated(std::string_view boot) {
  for (Entry& entry : entries_) {
    std::erase_if(entry.grants, [&](const Grant& grant) {
      return !grant.lasting.boot.empty() && grant.lasting.boot != boot;
    });
  }
}

}  // namespace midimon::grants
