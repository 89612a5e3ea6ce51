// The Mapper class finds which mappings of a profile a gesture calls for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "events/gesture.h"
#include "events/gesture_rules.h"
#include "mapping/profile.h"

namespace midimon {

// What holds where nobody says: midnight on a Monday, and nothing outside.
[[nodiscard]] const Facts& no_facts();

// Whether a trigger and a gesture are about the same: a kind of event, and a note or number.
// `named` is Mapper::name_of(trigger).
[[nodiscard]] bool is_about(const Trigger& trigger, std::uint32_t named, const Gesture& gesture);

// Holds the profile and the current mode. What it looks at for an event are the mappings of that
// one note or controller on that channel, however many there are in all. Not thread-safe.
class Mapper {
 public:
  // `profile` is kept for as long as this lives, and `facts`, which conditions ask, outlives it.
  // The profile's first mode is current. Its mappings are those that listen to `device`, an index
  // in Profile::devices, or to all; without one, to all.
  explicit Mapper(std::shared_ptr<const Profile> profile, const Facts& facts = no_facts(),
                  std::optional<std::size_t> device = std::nullopt);

  // Puts the mappings that `gesture` calls for in its mode into `out`, in place of what was there:
  // those of the mode first, then the global ones, each in file order, up to the first that
  // consumes the event. They point into the profile.
  void match(const Gesture& gesture, std::vector<const Mapping*>& out) const;

  [[nodiscard]] std::size_t mode() const { return mode_; }
  [[nodiscard]] std::string_view mode_name() const { return profile_->modes[mode_].name; }
  // Makes the mode with this index current. False, and no change, if there is none.
  bool set_mode(std::size_t mode);

  [[nodiscard]] const std::shared_ptr<const Profile>& profile() const { return profile_; }
  [[nodiscard]] const std::optional<std::size_t>& device() const { return device_; }
  // What a detector has to look out for, for this profile.
  [[nodiscard]] const std::shared_ptr<const GestureRules>& rules() const { return rules_; }
  // What the chord or pattern of one of the profile's triggers is called in the rules; 0 for
  // others.
  [[nodiscard]] std::uint32_t name_of(const Trigger& trigger) const;

 private:
  // A mapping, and what its chord or pattern is called in the rules.
  struct Entry {
    const Mapping* mapping;
    std::uint32_t named;
  };
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  // What is listened to: a kind of gesture, and for each a channel and a number.
  static constexpr std::size_t kKinds = std::variant_size_v<decltype(Gesture::what)>;
  // By key; behind those, by channel, what listens to any number.
  using Slots = std::array<Range, kKeys + 16>;

  // The mappings of one list, grouped by slot and in file order within. Of kinds of which there are
  // no mappings there are no slots.
  struct Index {
    std::array<std::unique_ptr<Slots>, kKinds> slots;
    std::vector<Entry> entries;
  };

  std::uint32_t wish(const Trigger& trigger, GestureRulesBuilder::Mode mode,
                     GestureRulesBuilder& builder) const;
  Index make_index(std::span<const Mapping> mappings, GestureRulesBuilder::Mode mode,
                   GestureRulesBuilder& builder) const;
  [[nodiscard]] bool collect(const Index& index, const Gesture& gesture, std::size_t mode,
                             std::vector<const Mapping*>& out) const;

  std::shared_ptr<const Profile> profile_;
  const Facts& facts_;
  std::optional<std::size_t> device_;
  std::vector<Index> modes_;
  Index global_;
  std::shared_ptr<const GestureRules> rules_;
  std::size_t mode_ = 0;
};

}  // namespace midimon
