// The GrantBook class is what the user granted to which plugin, and what each asked for when it was
// last seen: the contents of grants.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grants/permissions.h"
#include "grants/signer.h"
#include "midimon/capability.h"
#include "midimon/result.h"
#include "trust/utc.h"

namespace midimon::grants {

// How long a grant holds: until it is revoked, if neither is set.
struct Lasting {
  std::string boot;                    // until the machine restarts: the id of this start of it
  std::optional<std::uint64_t> calls;  // that many calls of the plugin
  friend bool operator==(const Lasting&, const Lasting&) = default;
};

struct Grant {
  Capability what;  // as Permissions::to_capabilities() writes it
  trust::UtcSeconds since{};
  Lasting lasting;

  // Whether it may still be used while the machine runs with the id `boot`.
  [[nodiscard]] bool holds(std::string_view boot) const;
};

// A plugin by its id and signer: another signer is another entry.
struct Entry {
  std::string id;
  Signer signer;
  std::string version;           // the one last seen; one line
  bool answered = false;         // the user was asked, or granted or revoked something
  std::vector<Capability> asks;  // with reasons, as it was last seen
  std::vector<Grant> grants;
};

inline constexpr std::size_t kMaxEntries = 512;
inline constexpr std::uint64_t kMaxCalls = 1'000'000'000;

// Not thread-safe. Pointers into it hold until it changes.
class GrantBook {
 public:
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(std::string_view id, const Signer& signer) const;
  // All of one id, the one that was seen last at the end.
  [[nodiscard]] std::vector<const Entry*> find_all(std::string_view id) const;

  // Notes what a plugin asks for. An unsigned module with the same id that nothing was granted to
  // is forgotten for it. Errors: `seen` is not what a plugin can be; there are too many entries.
  Result<void> note(Entry seen);

  // Adds to what an entry is granted. Errors: there is no such entry; too many rules.
  Result<void> grant(std::string_view id, const Signer& signer, const Grant& grant);
  // Takes away what of the entry's grants is included in `what`; all of the kind, if `what` is not
  // narrowed. Answers whether there was anything. Error: `what` is a part of a rule that was
  // granted and that cannot be split.
  Result<bool> revoke(std::string_view id, const Signer& signer, const Capability& what);
  // The user was asked and said what they want.
  void set_answered(std::string_view id, const Signer& signer);
  // Forgets all entries of `id`, so that the user is asked again. How many there were.
  std::size_t reset(std::string_view id);

  // Takes every grant by calls out of an entry, which keeps it with no calls left, so that no other
  // process can use them too.
  std::vector<Grant> take_calls(std::string_view id, const Signer& signer);
  // Puts back what was taken and not used. What was revoked meanwhile stays revoked.
  void give_back(std::string_view id, const Signer& signer, const std::vector<Grant>& unused);

  // Drops the grants of machines' earlier starts.
  void drop_outdated(std::string_view boot);

 private:
  Entry* find_mutable(std::string_view id, const Signer& signer);

  std::vector<Entry> entries_;
};

}  // namespace midimon::grants
