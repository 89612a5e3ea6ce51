// The Mapper class finds which mappings of a profile a gesture calls for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "events/gesture.h"
#include "mapping/profile.h"

namespace midimon {

// Holds the profile and the current mode. What it looks at for an event are the mappings of that
// one note or controller, however many there are in all. Not thread-safe.
class Mapper {
 public:
  // `profile` is kept for as long as this lives. Its first mode is current.
  explicit Mapper(std::shared_ptr<const Profile> profile);

  // Puts the mappings that `gesture` calls for in the current mode into `out`, in place of what was
  // there: those of the mode first, then the global ones, each in file order. They point into the
  // profile.
  void match(const Gesture& gesture, std::vector<const Mapping*>& out) const;

  [[nodiscard]] std::size_t mode() const { return mode_; }
  [[nodiscard]] std::string_view mode_name() const { return profile_->modes[mode_].name; }
  // Makes the mode with this index current. False, and no change, if there is none.
  bool set_mode(std::size_t mode);

  [[nodiscard]] const std::shared_ptr<const Profile>& profile() const { return profile_; }

 private:
  // What a trigger listens to, as one number: notes first, then controllers.
  static constexpr std::size_t kSlots = 2 * 128;

  // The mappings of one list, grouped by slot and in file order within: those of slot s are
  // entries[begin[s]] up to entries[begin[s + 1]].
  struct Index {
    std::array<std::uint32_t, kSlots + 1> begin{};
    std::vector<const Mapping*> entries;
  };

  static std::size_t slot_of(const Trigger& trigger);
  static Index make_index(std::span<const Mapping> mappings);
  template <typename Happened>
  static void collect(const Index& index, std::size_t slot, const Happened& happened,
                      std::vector<const Mapping*>& out);

  std::shared_ptr<const Profile> profile_;
  std::vector<Index> modes_;
  Index global_;
  std::size_t mode_ = 0;
};

}  // namespace midimon
