// The OciPins class is which manifest each tag led to when it was first used: a tag can be moved
// by whoever may push, a pin moves when the user says so.
//
// A pin is not trust. It keeps a tag from meaning something else from one day to the next; who may
// sign the plugin is decided by its signature as ever.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"
#include "midimon/result.h"
#include "registry/oci_reference.h"
#include "trust/utc.h"

namespace midimon::registry {

inline constexpr std::size_t kMaxPinsBytes = 4UL * 1024 * 1024;

struct OciPin {
  OciReference target;  // with a tag and a digest
  trust::UtcSeconds since;
};

class OciPins {
 public:
  // In the order of their tags as text.
  [[nodiscard]] const std::vector<OciPin>& all() const { return pins_; }
  // Of the tag of `reference`, whatever its digest; null if there is none.
  [[nodiscard]] const OciPin* find(const OciReference& reference) const;
  // Pins the tag of `target`, in place of what it was pinned to; it has a tag and a digest.
  void pin(OciReference target, trust::UtcSeconds when);

  // Whether the tag of `reference` may lead to `digest` now. Error, denied: it is pinned to another
  // one, in a sentence that names both and the commands that take the new one.
  [[nodiscard]] Result<void> check(const OciReference& reference,
                                   const trust::Sha256& digest) const;

 private:
  std::vector<OciPin> pins_;
};

// The text of oci_pins.toml. `file` is its name, for errors: one line for each,
// "file:line:column: text".
Result<OciPins> parse_pins(std::string_view text, std::string_view file);
[[nodiscard]] std::string to_toml(const OciPins& pins);

// The file, in the state directory.
[[nodiscard]] std::string pins_path(const Places& places);
// None if there is no file. Errors: what read_private_file() and parse_pins() refuse.
Result<OciPins> load_pins(const std::string& path);
// Reads the file, lets `change` do its part, and writes it if anything changed. Waits while another
// process does the same.
Result<void> update_pins(const std::string& path, const std::function<void(OciPins&)>& change);

}  // namespace midimon::registry
