#include "mapping/flaws.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include "toml/problems.h"

namespace midimon {
namespace {

// Whether a condition is known without asking anybody, in mode `mode` or, for global mappings, in
// some mode.
enum class Known { unknown, holds, does_not };

struct KnownIn {
  std::optional<std::size_t> mode;

  Known operator()(const AlwaysCondition& /*always*/) const { return Known::holds; }
  Known operator()(const NeverCondition& /*never*/) const { return Known::does_not; }
  Known operator()(const ModeIsCondition& is) const {
    if (!mode) return Known::unknown;
    return *mode == is.mode ? Known::holds : Known::does_not;
  }
  Known operator()(const AndCondition& all) const {
    return of_several(all.conditions, Known::does_not, Known::holds);
  }
  Known operator()(const OrCondition& any) const {
    return of_several(any.conditions, Known::holds, Known::does_not);
  }
  Known operator()(const NotCondition& no) const {
    const Known inner = (*this)(no.condition.front());
    if (inner == Known::unknown) return inner;
    return inner == Known::holds ? Known::does_not : Known::holds;
  }
  Known operator()(const Condition& condition) const { return std::visit(*this, condition.what); }
  template <typename Other>
  Known operator()(const Other& /*condition*/) const {
    return Known::unknown;
  }

  // One that is `decisive` decides; all that are the other make that.
  [[nodiscard]] Known of_several(const std::vector<Condition>& conditions, Known decisive,
                                 Known other) const {
    Known sum = other;
    for (const Condition& condition : conditions) {
      const Known each = (*this)(condition);
      if (each == decisive) return decisive;
      if (each == Known::unknown) sum = each;
    }
    return sum;
  }
};

Known known(const std::optional<Condition>& condition, std::optional<std::size_t> mode) {
  return condition ? KnownIn{mode}(*condition) : Known::holds;
}

// Whether every event that `narrow` asks for is one that `wide` asks for, too.
bool covers_all(const Mapping& wide, const Mapping& narrow) {
  return (!wide.device || wide.device == narrow.device) && covers(wide.trigger, narrow.trigger);
}

class FlawFinder {
 public:
  explicit FlawFinder(const Profile& profile) : profile_(profile) {}

  std::vector<Flaw> find() {
    for (std::size_t mode = 0; mode < profile_.modes.size(); ++mode)
      check_list(profile_.modes[mode].mappings, mode);
    check_list(profile_.global_mappings, std::nullopt);
    for (std::size_t mode = 0; mode < profile_.modes.size(); ++mode)
      check_across(mode);
    check_reach();
    std::stable_sort(flaws_.begin(), flaws_.end(), [](const Flaw& a, const Flaw& b) {
      return std::tie(a.pos.line, a.pos.column) < std::tie(b.pos.line, b.pos.column);
    });
    return std::move(flaws_);
  }

 private:
  // Mappings of one list, and those before them there.
  void check_list(std::span<const Mapping> mappings, std::optional<std::size_t> mode) {
    std::map<std::pair<std::size_t, unsigned>, std::vector<const Mapping*>> alike;
    for (const Mapping& mapping : mappings) {
      if (known(mapping.condition, mode) == Known::does_not) {
        add(mapping.pos, fmt::format("this never runs: its condition never holds here ({})",
                                     describe(*mapping.condition)));
      }
      auto& before = alike[{mapping.trigger.index(), topic_of(mapping.trigger)}];
      for (const Mapping* other : before) {
        if (check_pair(*other, mapping, mode)) break;
      }
      before.push_back(&mapping);
    }
  }

  // Says so if the earlier mapping keeps the later one from ever running, or they are the same.
  bool check_pair(const Mapping& earlier, const Mapping& later, std::optional<std::size_t> mode) {
    if (!covers_all(earlier, later)) return false;
    if (earlier.consume && known(earlier.condition, mode) == Known::holds) {
      add(later.pos, fmt::format("this never runs: the mapping on line {} consumes all it asks for",
                                 earlier.pos.line));
      return true;
    }
    const bool same =
        covers_all(later, earlier) && !earlier.condition && !later.condition && !earlier.consume;
    if (same) {
      add(later.pos, fmt::format("this asks for the same as the mapping on line {}: both run",
                                 earlier.pos.line));
    }
    return same;
  }

  // Global mappings that a mode's own consume are of no use in that mode. In every one: of none.
  void check_across(std::size_t mode) {
    for (const Mapping& global : profile_.global_mappings) {
      const auto& own = profile_.modes[mode].mappings;
      const bool hidden = std::any_of(own.begin(), own.end(), [&](const Mapping& mapping) {
        return mapping.consume && known(mapping.condition, mode) == Known::holds &&
               covers_all(mapping, global);
      });
      if (hidden && ++hidden_in_[&global] == profile_.modes.size()) {
        add(global.pos, "this never runs: in every mode a mapping consumes all it asks for");
      }
    }
  }

  // Follows changes of mode from the first one on.
  void check_reach() {
    std::vector<bool> reached(profile_.modes.size());
    std::vector<std::size_t> to_visit = {0};
    reached[0] = true;
    const auto follow = [&](std::span<const Mapping> mappings) {
      for (const Mapping& mapping : mappings) {
        for_each_step(mapping, [&](const Action& step) {
          const auto* change = std::get_if<ModeChange>(&step.what);
          if (change == nullptr || reached[change->mode]) return;
          reached[change->mode] = true;
          to_visit.push_back(change->mode);
        });
      }
    };
    follow(profile_.global_mappings);
    while (!to_visit.empty()) {
      const std::size_t mode = to_visit.back();
      to_visit.pop_back();
      follow(profile_.modes[mode].mappings);
    }
    for (std::size_t mode = 0; mode < profile_.modes.size(); ++mode) {
      if (reached[mode]) continue;
      add(profile_.modes[mode].pos,
          fmt::format("no ModeChange leads to mode {}", in_quotes(profile_.modes[mode].name)));
    }
  }

  // The note or number that a trigger is about: only triggers of one topic can cover one another.
  static unsigned topic_of(const Trigger& trigger) {
    return std::visit(
        [](const auto& t) -> unsigned {
          if constexpr (requires { unsigned{t.note}; }) {
            return t.note;
          } else if constexpr (requires { unsigned{t.controller}; }) {
            return t.controller;
          } else if constexpr (requires { unsigned{t.parameter}; }) {
            return t.parameter;
          } else if constexpr (requires { t.chord; }) {
            return t.chord.notes.front();
          } else {
            return 0;
          }
        },
        trigger);
  }

  void add(SourcePos pos, std::string text) { flaws_.push_back({pos, std::move(text)}); }

  const Profile& profile_;
  std::vector<Flaw> flaws_;
  std::map<const Mapping*, std::size_t> hidden_in_;
};

}  // namespace

std::vector<Flaw> find_flaws(const Profile& profile) {
  return FlawFinder(profile).find();
}

}  // namespace midimon
