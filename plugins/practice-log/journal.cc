#include "journal.h"

#include <algorithm>
#include <numeric>

#include "files.h"
#include "json_reader.h"
#include "text.h"

namespace practice_log {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxStateBytes = 16 * 1024;

struct NumberField {
  std::string_view key;
  std::int64_t Journal::*value;
};

constexpr NumberField kNumbers[] = {
    {"sessions", &Journal::sessions},
    {"last_ms", &Journal::last_ms},
    {"velocities", &Journal::velocities},
    {"velocity_sum", &Journal::velocity_sum},
};

struct PlayingField {
  std::string_view key;
  std::int64_t Playing::*value;
};

constexpr PlayingField kPlaying[] = {
    {"started_ms", &Playing::started_ms},
    {"notes", &Playing::notes},
    {"played_ms", &Playing::played_ms},
};

void append_field(std::string& json, std::string_view key, std::int64_t value) {
  json += '"';
  json += key;
  json += "\": ";
  append_number(json, value);
}

void append_playing(std::string& json, std::string_view key, const Playing& playing) {
  json += ",\n\"";
  json += key;
  json += "\": {";
  for (const PlayingField& field : kPlaying) {
    if (&field != kPlaying) json += ", ";
    append_field(json, field.key, playing.*field.value);
  }
  json += '}';
}

// Reads what to_json wrote, member by member and in its order.
class JournalReader {
 public:
  JournalReader(std::string_view text, Journal& journal) : reader_(text), journal_(journal) {}

  Parsed read() {
    std::int64_t format = 0;
    if (!reader_.begin_object() || !key("format") || !reader_.integer(format)) {
      return Parsed::damaged;
    }
    if (format > kFormat) return Parsed::newer;
    const bool good = format == kFormat && playing("all", journal_.all) &&
                      playing("session", journal_.session) && numbers() && counts() &&
                      config_reported() && !reader_.next_key(key_) && reader_.finished();
    return good ? Parsed::ok : Parsed::damaged;
  }

 private:
  bool key(std::string_view expected) { return reader_.next_key(key_) && key_ == expected; }

  bool number(std::int64_t& value) {
    return reader_.integer(value) && value >= 0 && value <= kMaxCount;
  }

  bool numbers() {
    for (const NumberField& field : kNumbers) {
      if (!key(field.key) || !number(journal_.*field.value)) return false;
    }
    return true;
  }

  bool playing(std::string_view name, Playing& playing) {
    if (!key(name) || !reader_.begin_object()) return false;
    for (const PlayingField& field : kPlaying) {
      if (!key(field.key) || !number(playing.*field.value)) return false;
    }
    return !reader_.next_key(key_);
  }

  bool counts() {
    if (!key("counts") || !reader_.begin_array()) return false;
    for (std::int64_t& count : journal_.counts) {
      if (!reader_.next_item() || !number(count)) return false;
    }
    return !reader_.next_item();
  }

  bool config_reported() {
    return key("config_reported") && reader_.string(journal_.config_reported) &&
           journal_.config_reported.size() <= 16;
  }

  JsonReader reader_;
  Journal& journal_;
  std::string key_;
};

bool is_plausible(const Journal& journal) {
  // 128 counts of at most 10^15 do not overflow.
  const std::int64_t sum =
      std::accumulate(journal.counts.begin(), journal.counts.end(), std::int64_t{0});
  return sum == journal.all.notes && journal.session.notes <= journal.all.notes &&
         journal.session.played_ms <= journal.all.played_ms &&
         journal.sessions <= journal.all.notes &&
         (journal.sessions > 0) == (journal.all.notes > 0) &&
         journal.velocities <= journal.all.notes &&
         journal.velocity_sum <= journal.velocities * 127;
}

void add_time(Journal& journal, std::int64_t gap_ms) {
  for (Playing* playing : {&journal.all, &journal.session}) {
    playing->played_ms = std::min(playing->played_ms + gap_ms, kMaxCount);
  }
}

}  // namespace

bool add(Journal& journal, const Press& press, const Preferences& preferences) {
  if (journal.all.notes >= kMaxCount) return false;
  // A clock that was set back makes a negative gap, which is no time and no new session.
  const bool timed = press.timestamp_ms > 0 && journal.last_ms > 0;
  const std::int64_t gap_ms = timed ? press.timestamp_ms - journal.last_ms : 0;
  const bool new_session =
      journal.sessions == 0 || gap_ms >= std::int64_t{preferences.session_minutes} * 60'000;
  if (new_session) {
    ++journal.sessions;
    journal.session = {press.timestamp_ms, 0, 0};
  } else if (gap_ms > 0 && gap_ms <= std::int64_t{preferences.pause_seconds} * 1000) {
    add_time(journal, gap_ms);
  }
  if (journal.all.notes == 0) journal.all.started_ms = press.timestamp_ms;
  if (press.timestamp_ms > 0) journal.last_ms = press.timestamp_ms;
  ++journal.all.notes;
  ++journal.session.notes;
  ++journal.counts[static_cast<std::size_t>(press.note)];
  if (press.velocity >= 0) {
    ++journal.velocities;
    journal.velocity_sum += press.velocity;
  }
  return new_session;
}

std::string to_json(const Journal& journal) {
  std::string json;
  json.reserve(1024);
  json += "{";
  append_field(json, "format", kFormat);
  append_playing(json, "all", journal.all);
  append_playing(json, "session", journal.session);
  for (const NumberField& field : kNumbers) {
    json += ",\n";
    append_field(json, field.key, journal.*field.value);
  }
  json += ",\n\"counts\": [";
  for (std::size_t i = 0; i < journal.counts.size(); ++i) {
    if (i > 0) json += i % kPitchClasses == 0 ? ",\n" : ",";
    append_number(json, journal.counts[i]);
  }
  json += "],\n\"config_reported\": ";
  append_json_string(json, journal.config_reported);
  json += "}\n";
  return json;
}

Parsed parse_journal(std::string_view text, Journal& journal) {
  journal = {};
  const Parsed parsed = JournalReader(text, journal).read();
  if (parsed == Parsed::ok && is_plausible(journal)) return Parsed::ok;
  journal = {};
  return parsed == Parsed::newer ? Parsed::newer : Parsed::damaged;
}

bool load_journal(LoadedJournal& loaded, std::string& problem) {
  loaded = {};
  const ReadStatus status = read_file(kStatePath, kMaxStateBytes, loaded.text, problem);
  if (status == ReadStatus::missing) return true;
  if (status == ReadStatus::failed) return false;
  const Parsed parsed =
      status == ReadStatus::ok ? parse_journal(loaded.text, loaded.journal) : Parsed::damaged;
  if (parsed == Parsed::ok) return true;
  loaded.text.clear();
  if (parsed == Parsed::newer) {
    problem = std::string(kStatePath) +
              " is from a newer practice-log. Update the plugin, or move that file away to start a "
              "new journal.";
    return false;
  }
  const bool replaces = exists(kDamagedStatePath);
  if (!move_file(kStatePath, kDamagedStatePath, problem)) return false;
  loaded.warning = std::string(kStatePath) + " is damaged. It was moved to " + kDamagedStatePath +
                   (replaces ? ", in place of an older one," : "") +
                   " and a new journal was started.";
  return true;
}

bool save_journal(const Journal& journal, bool durable, std::string& problem) {
  return replace_file(kStatePath, to_json(journal), durable, problem) == WriteStatus::ok;
}

}  // namespace practice_log
