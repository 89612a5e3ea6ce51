// The Permissions class is a set of things that plugins may do: what one asks for, what it is
// granted, what a policy leaves, and what comes of the three.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "grants/rule.h"
#include "midimon/capability.h"
#include "midimon/result.h"

namespace midimon::grants {

// Who says it. A plugin asks for directories under the names it gives them; a grant says which they
// are on the host; a policy may mean whole trees of them.
enum class Side { request, grant, policy };

inline constexpr std::size_t kKinds = 6;
inline constexpr std::size_t kMaxRules = 64;  // of one kind, in what is added

class Permissions {
 public:
  // All there is: what a policy leaves that says nothing.
  [[nodiscard]] static Permissions everything();

  // Adds a capability: without narrowing all of its kind, and for `filesystem` in any case the
  // plugin's own directory. The error says what is wrong with the narrowing; then nothing was
  // added.
  Result<void> add(const Capability& capability, Side side);
  Result<void> add(const std::vector<Capability>& capabilities, Side side);
  void add_everything(CapabilityKind kind) { of(kind).whole = true; }
  void add(const Permissions& other);

  [[nodiscard]] bool has(CapabilityKind kind) const {
    return is_whole(kind) || !rules(kind).empty();
  }
  [[nodiscard]] bool is_whole(CapabilityKind kind) const { return of(kind).whole; }
  // What a kind that is not whole is narrowed to. None is included in another one.
  [[nodiscard]] const std::vector<Rule>& rules(CapabilityKind kind) const { return of(kind).rules; }

  // Whether `rule` is allowed, all of it by one rule of these.
  [[nodiscard]] bool includes(const Rule& rule) const;
  [[nodiscard]] bool includes(const Permissions& other) const;

  // The same as a list of capabilities, one of each kind, without reasons. `filesystem` always has
  // the own directory, which is not in its list.
  [[nodiscard]] std::vector<Capability> to_capabilities() const;

  friend Permissions intersect(const Permissions& a, const Permissions& b);

 private:
  struct Kind {
    bool whole = false;
    std::vector<Rule> rules;
  };
  static void insert(Kind& kind, Rule rule);
  Kind& of(CapabilityKind kind) { return kinds_.at(static_cast<std::size_t>(kind)); }
  [[nodiscard]] const Kind& of(CapabilityKind kind) const {
    return kinds_.at(static_cast<std::size_t>(kind));
  }

  std::array<Kind, kKinds> kinds_;
};

// What both allow: exact, so never more than either.
[[nodiscard]] Permissions intersect(const Permissions& a, const Permissions& b);

// What a plugin gets: what it asks for, is granted, and is left by the policy.
[[nodiscard]] Permissions effective(const Permissions& requested, const Permissions& granted,
                                    const Permissions& policy);

// What is asked for and not there, each as one capability with its reason. A directory is there
// once some directory of the host stands for it; the own directory is "/" among others.
[[nodiscard]] std::vector<Capability> lacking(const std::vector<Capability>& requested,
                                              const Permissions& effective);

// What a user means by granting `wanted` to a plugin: what is not narrowed is all that the plugin
// asks for of that kind, as it asks today. Errors: it does not ask for that, or the policy forbids
// it.
Result<Capability> grantable(const Capability& wanted, const Permissions& requested,
                             const Permissions& policy);

}  // namespace midimon::grants
