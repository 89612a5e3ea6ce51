#pragma once

#include <string>

#include "journal.h"
#include "preferences.h"

namespace practice_log {

inline constexpr char kCacheDirectory[] = "/cache";
inline constexpr char kSummaryCachePath[] = "/cache/summary.json";

// What a journal amounts to, as a JSON object. Depends on nothing else, so it can be kept.
std::string summarize(const Journal& journal, int middle_c_octave);

// The SummaryCache class keeps the last summary in /cache/summary.json, together with what it was
// made from. Everything in it can be made again: whatever is wrong there, it only costs time.
class SummaryCache {
 public:
  // `state` is the text of /state.json.
  SummaryCache(const std::string& state, int middle_c_octave);

  // The summary of this state; false if another one, or nothing sound, is there.
  [[nodiscard]] bool find(std::string& summary) const;
  [[nodiscard]] bool keep(const std::string& summary, std::string& problem) const;

 private:
  [[nodiscard]] std::string entry(const std::string& summary) const;

  std::string made_from_;
};

}  // namespace practice_log
