#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "note_name.h"
#include "preferences.h"

namespace practice_log {

inline constexpr char kStatePath[] = "/state.json";
inline constexpr char kOldStatePath[] = "/state.json.1";
inline constexpr char kDamagedStatePath[] = "/state.json.damaged";

// More than anyone plays, and exact in every JSON reader. Times in milliseconds fit as well.
inline constexpr std::int64_t kMaxCount = 1'000'000'000'000'000;

// Some playing: all of a journal, or one session.
struct Playing {
  std::int64_t started_ms = 0;  // since 1970, as all times here
  std::int64_t notes = 0;
  std::int64_t played_ms = 0;
};

// The Journal struct is what /state.json holds.
struct Journal {
  Playing all;
  Playing session;  // the latest
  std::int64_t sessions = 0;
  std::int64_t last_ms = 0;     // the latest note
  std::int64_t velocities = 0;  // how many notes had one
  std::int64_t velocity_sum = 0;
  std::array<std::int64_t, kNotes> counts{};
  std::string config_reported;  // fingerprint of the /config.toml whose problems were told
};

struct Press {
  int note = 0;
  int velocity = -1;              // below 0: none
  std::int64_t timestamp_ms = 0;  // 0: unknown, so it adds no time
};

// Adds a note. True if it is the first of a session.
bool add(Journal& journal, const Press& press, const Preferences& preferences);

std::string to_json(const Journal& journal);

enum class Parsed { ok, damaged, newer };

// Takes nothing that to_json cannot have written.
Parsed parse_journal(std::string_view text, Journal& journal);

// A journal as it was read.
struct LoadedJournal {
  Journal journal;
  std::string text;     // of the file; empty if there is none
  std::string warning;  // for people: a damaged file was moved away
};

// Reads /state.json. A file that is damaged is moved to /state.json.damaged and an empty journal
// begun. False, with `problem` and nothing moved, if the file cannot be read or is of a newer
// version.
[[nodiscard]] bool load_journal(LoadedJournal& loaded, std::string& problem);

[[nodiscard]] bool save_journal(const Journal& journal, bool durable, std::string& problem);

}  // namespace practice_log
