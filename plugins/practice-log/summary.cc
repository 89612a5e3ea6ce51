#include "summary.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "files.h"
#include "key_guess.h"
#include "text.h"

namespace practice_log {
namespace {

constexpr std::size_t kMostPlayed = 5;
constexpr std::size_t kMaxCacheBytes = 16 * 1024;

// Changes whenever summarize() does, so that a cache made by another version does not count.
constexpr char kSummaryVersion[] = "1";

// Appends `"name": `, after a comma if need be.
void append_name(std::string& json, std::string_view name) {
  if (json.back() != '{') json += ',';
  append_json_string(json, name);
  json += ':';
}

void append_integer(std::string& json, std::string_view name, std::int64_t value) {
  append_name(json, name);
  append_number(json, value);
}

void append_tenths(std::string& json, std::string_view name, std::int64_t value) {
  append_name(json, name);
  append_fixed(json, value, 1);
}

void append_time(std::string& json, std::string_view name, std::int64_t milliseconds) {
  append_name(json, name);
  if (milliseconds > 0) {
    append_json_string(json, utc_time(milliseconds));
  } else {
    json += "null";
  }
}

void append_key(std::string& json, std::string_view name, const Key& key) {
  append_name(json, name);
  json += '{';
  append_name(json, "name");
  append_json_string(json, key.name());
  append_name(json, "correlation");
  append_fixed(json, std::lround(key.correlation * 1000), 3);
  json += '}';
}

std::int64_t minutes_in_tenths(std::int64_t milliseconds) {
  return (milliseconds + 3000) / 6000;
}

class Summary {
 public:
  Summary(const Journal& journal, int middle_c_octave)
      : journal_(journal), middle_c_octave_(middle_c_octave), guess_(guess_key(journal.counts)) {
    for (int note = 0; note < kNotes; ++note) {
      if (count(note) > 0) played_.push_back(note);
    }
  }

  std::string json() const {
    std::string json = "{";
    append_integer(json, "notes", journal_.all.notes);
    append_integer(json, "distinct_pitches", static_cast<std::int64_t>(played_.size()));
    append_most_played(json);
    append_range(json);
    append_velocity(json);
    append_tenths(json, "minutes_played", minutes_in_tenths(journal_.all.played_ms));
    append_integer(json, "sessions", journal_.sessions);
    append_session(json);
    append_guess(json);
    append_time(json, "first_note", journal_.all.started_ms);
    append_time(json, "last_note", journal_.last_ms);
    json += '}';
    return json;
  }

 private:
  [[nodiscard]] std::int64_t count(int note) const {
    return journal_.counts[static_cast<std::size_t>(note)];
  }

  // `"note":60,"name":"C4"`, spelled as in the guessed key.
  void append_pitch(std::string& json, int note) const {
    append_integer(json, "note", note);
    append_name(json, "name");
    const int tonic = guess_ ? guess_->best.tonic : kSharps;
    append_json_string(json, note_name(note, middle_c_octave_, tonic));
  }

  void append_most_played(std::string& json) const {
    std::vector<int> order = played_;
    const auto more = [this](int a, int b) {
      return count(a) != count(b) ? count(a) > count(b) : a < b;
    };
    std::sort(order.begin(), order.end(), more);
    order.resize(std::min(order.size(), kMostPlayed));
    append_name(json, "most_played");
    json += '[';
    for (const int note : order) {
      json += note == order.front() ? "{" : ",{";
      append_pitch(json, note);
      append_integer(json, "count", count(note));
      json += '}';
    }
    json += ']';
  }

  void append_range(std::string& json) const {
    append_name(json, "range");
    if (played_.empty()) {
      json += "null";
      return;
    }
    json += '{';
    append_name(json, "lowest");
    json += '{';
    append_pitch(json, played_.front());
    json += '}';
    append_name(json, "highest");
    json += '{';
    append_pitch(json, played_.back());
    json += "}}";
  }

  void append_velocity(std::string& json) const {
    if (journal_.velocities == 0) {
      append_name(json, "velocity_average");
      json += "null";
      return;
    }
    const std::int64_t half = journal_.velocities / 2;
    append_tenths(json, "velocity_average",
                  (journal_.velocity_sum * 10 + half) / journal_.velocities);
  }

  void append_session(std::string& json) const {
    append_name(json, "latest_session");
    if (journal_.sessions == 0) {
      json += "null";
      return;
    }
    json += '{';
    append_time(json, "started", journal_.session.started_ms);
    append_integer(json, "notes", journal_.session.notes);
    append_tenths(json, "minutes_played", minutes_in_tenths(journal_.session.played_ms));
    json += '}';
  }

  void append_guess(std::string& json) const {
    if (guess_) {
      append_key(json, "key", guess_->best);
      append_key(json, "second_key", guess_->second);
    } else {
      append_name(json, "key");
      json += "null";
      append_name(json, "second_key");
      json += "null";
    }
  }

  const Journal& journal_;
  int middle_c_octave_;
  std::optional<KeyGuess> guess_;
  std::vector<int> played_;
};

}  // namespace

std::string summarize(const Journal& journal, int middle_c_octave) {
  return Summary(journal, middle_c_octave).json();
}

SummaryCache::SummaryCache(const std::string& state, int middle_c_octave) {
  made_from_ = fingerprint(state) + " C";
  append_number(made_from_, middle_c_octave);
  made_from_ += " v";
  made_from_ += kSummaryVersion;
}

std::string SummaryCache::entry(const std::string& summary) const {
  return "{\"made_from\":\"" + made_from_ + "\",\"check\":\"" + fingerprint(summary) +
         "\",\"summary\":" + summary + "}\n";
}

bool SummaryCache::find(std::string& summary) const {
  std::string text;
  std::string problem;
  if (read_file(kSummaryCachePath, kMaxCacheBytes, text, problem) != ReadStatus::ok) return false;
  const std::size_t frame = entry("").size();
  if (text.size() <= frame) return false;
  summary = text.substr(frame - 2, text.size() - frame);
  return text == entry(summary);
}

bool SummaryCache::keep(const std::string& summary, std::string& problem) const {
  const std::string text = entry(summary);
  WriteStatus status = replace_file(kSummaryCachePath, text, false, problem);
  if (status == WriteStatus::no_directory) {
    if (!make_directory(kCacheDirectory, problem)) return false;
    status = replace_file(kSummaryCachePath, text, false, problem);
  }
  return status == WriteStatus::ok;
}

}  // namespace practice_log
