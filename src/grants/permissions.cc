#include "grants/permissions.h"

#include <fmt/format.h>

#include <algorithm>

namespace midimon::grants {
namespace {

constexpr std::array kAllKinds = {CapabilityKind::filesystem, CapabilityKind::network,
                                  CapabilityKind::midi,       CapabilityKind::audio,
                                  CapabilityKind::subprocess, CapabilityKind::systemcontrol};
static_assert(kAllKinds.size() == kKinds);

// Whether a rule for a directory says as much as `side` has to, and no more than it may.
Result<void> check_side(const Rule& rule, Side side) {
  const auto* file = std::get_if<FileRule>(&rule);
  if (file == nullptr || side == Side::policy || file->place != FileRule::Place::directory) {
    return {};
  }
  const bool is_any_host = file->host == "/" && file->below;
  if (side == Side::request && !(is_any_host && !file->guest.empty())) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" names a directory of the host, which is for its user to say: a "
                            "plugin asks for /music or /music:ro.",
                            to_string(rule)));
  }
  if (side == Side::grant && !file->is_exact()) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{0}\" does not say which directory of the host it is: a filesystem "
                            "grant is \"filesystem\" (the plugin's own directory), "
                            "\"filesystem:/shared\", or \"filesystem:/srv/music::{1}\".",
                            to_string(rule), file->guest.empty() ? "/music" : to_string(rule)));
  }
  return {};
}

// Whether `granted` has what a plugin asked for with `wish`.
bool fulfils(const Permissions& granted, const Rule& wish) {
  const auto* file = std::get_if<FileRule>(&wish);
  if (file == nullptr || file->place != FileRule::Place::directory) return granted.includes(wish);
  const auto& rules = granted.rules(CapabilityKind::filesystem);
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    const auto& there = std::get<FileRule>(rule);
    return there.is_exact() && there.guest == file->guest && (there.writable || !file->writable);
  });
}

}  // namespace

Permissions Permissions::everything() {
  Permissions all;
  for (const CapabilityKind kind : kAllKinds)
    all.add_everything(kind);
  return all;
}

void Permissions::insert(Kind& kind, Rule rule) {
  const auto covers = [&](const Rule& other) { return grants::includes(other, rule); };
  if (std::any_of(kind.rules.begin(), kind.rules.end(), covers)) return;
  std::erase_if(kind.rules, [&](const Rule& other) { return grants::includes(rule, other); });
  kind.rules.push_back(std::move(rule));
}

Result<void> Permissions::add(const Capability& capability, Side side) {
  Kind kind = of(capability.kind);
  if (capability.kind == CapabilityKind::filesystem) {
    insert(kind, FileRule());
  } else if (capability.allow.empty()) {
    kind.whole = true;
  }
  for (const std::string& text : capability.allow) {
    auto rule = parse_rule(capability.kind, text);
    if (!rule) return tl::unexpected(rule.error());
    if (auto checked = check_side(*rule, side); !checked) return checked;
    insert(kind, std::move(*rule));
  }
  if (kind.rules.size() > kMaxRules) {
    return fail(ErrorCode::limit, fmt::format("{} is narrowed to more than {} things.",
                                              to_string(capability.kind), kMaxRules));
  }
  of(capability.kind) = std::move(kind);
  return {};
}

Result<void> Permissions::add(const std::vector<Capability>& capabilities, Side side) {
  for (const Capability& capability : capabilities) {
    if (auto added = add(capability, side); !added) return added;
  }
  return {};
}

void Permissions::add(const Permissions& other) {
  for (const CapabilityKind kind : kAllKinds) {
    of(kind).whole = is_whole(kind) || other.is_whole(kind);
    for (const Rule& rule : other.rules(kind))
      insert(of(kind), rule);
  }
}

bool Permissions::includes(const Rule& rule) const {
  const Kind& kind = of(kind_of(rule));
  return kind.whole || std::any_of(kind.rules.begin(), kind.rules.end(), [&](const Rule& outer) {
           return grants::includes(outer, rule);
         });
}

bool Permissions::includes(const Permissions& other) const {
  return std::all_of(kAllKinds.begin(), kAllKinds.end(), [&](CapabilityKind kind) {
    if (is_whole(kind)) return true;
    const auto& rules = other.rules(kind);
    return !other.is_whole(kind) && std::all_of(rules.begin(), rules.end(),
                                                [&](const Rule& rule) { return includes(rule); });
  });
}

std::vector<Capability> Permissions::to_capabilities() const {
  std::vector<Capability> out;
  for (const CapabilityKind kind : kAllKinds) {
    if (!has(kind)) continue;
    Capability capability{kind, {}, {}};
    for (const Rule& rule : rules(kind)) {
      if (!is_whole(kind) && rule != Rule(FileRule())) capability.allow.push_back(to_string(rule));
    }
    out.push_back(std::move(capability));
  }
  return out;
}

Permissions intersect(const Permissions& a, const Permissions& b) {
  Permissions both;
  for (const CapabilityKind kind : kAllKinds) {
    Permissions::Kind& out = both.of(kind);
    if (a.is_whole(kind) || b.is_whole(kind)) {
      out = a.is_whole(kind) ? b.of(kind) : a.of(kind);
      continue;
    }
    for (const Rule& in_a : a.rules(kind)) {
      for (const Rule& in_b : b.rules(kind)) {
        if (auto rule = intersect(in_a, in_b)) Permissions::insert(out, std::move(*rule));
      }
    }
  }
  return both;
}

Permissions effective(const Permissions& requested, const Permissions& granted,
                      const Permissions& policy) {
  return intersect(intersect(requested, granted), policy);
}

std::vector<Capability> lacking(const std::vector<Capability>& requested,
                                const Permissions& effective) {
  std::vector<Capability> out;
  for (const Capability& wish : requested) {
    Permissions wanted;
    if (!wanted.add(wish, Side::request)) continue;  // load() refuses such a plugin
    Capability missing{wish.kind, {}, wish.reason};
    bool lacks = wanted.is_whole(wish.kind) && !effective.is_whole(wish.kind);
    for (const Rule& rule : wanted.rules(wish.kind)) {
      if (fulfils(effective, rule)) continue;
      lacks = true;
      missing.allow.push_back(to_string(rule));
    }
    if (missing.allow == std::vector{to_string(Rule(FileRule()))}) missing.allow.clear();
    if (lacks) out.push_back(std::move(missing));
  }
  return out;
}

Result<Capability> grantable(const Capability& wanted, const Permissions& requested,
                             const Permissions& policy) {
  const std::string_view name = to_string(wanted.kind);
  if (!requested.has(wanted.kind)) {
    return fail(
        ErrorCode::denied,
        fmt::format("The plugin does not ask for {}, so a grant of it has no effect.", name));
  }
  Permissions asked;
  if (auto added = asked.add(wanted, Side::grant); !added) return tl::unexpected(added.error());
  Permissions meant;
  if (wanted.allow.empty() && wanted.kind != CapabilityKind::filesystem) {
    meant = intersect(asked, requested);
  } else {
    meant = asked;
  }
  for (const Rule& rule : meant.rules(wanted.kind)) {
    if (!requested.includes(rule)) {
      return fail(ErrorCode::denied,
                  fmt::format("The plugin does not ask for {}, so a grant of it has no effect. See "
                              "`midimon permission show` for what it asks for.",
                              to_grant(rule)));
    }
  }
  if (!policy.includes(meant)) {
    return fail(
        ErrorCode::denied,
        fmt::format("Your policy forbids {}{}. Change [policy] in your configuration if you "
                    "want to allow it, or grant less.",
                    name,
                    wanted.allow.empty() ? "" : fmt::format(":{}", fmt::join(wanted.allow, ", "))));
  }
  Capability out = meant.to_capabilities().front();
  out.reason = wanted.reason;
  return out;
}

}  // namespace midimon::grants
