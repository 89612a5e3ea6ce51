// practice-log: a practice journal for players. Every call is a fresh instance, so what it knows is
// in its files; README.md lists them.
#include <string>
#include <string_view>

#include "files.h"
#include "journal.h"
#include "midimon.h"
#include "note_name.h"
#include "preferences.h"
#include "request.h"
#include "summary.h"
#include "text.h"

MIDIMON_METADATA(R"({
"name": "practice-log",
"version": "1.0.0",
"description": "A practice journal: counts your notes, times your playing, guesses your key",
"author": "midimon",
"license": "Apache-2.0",
"type": "action",
"lifetime": "call",
"capabilities": [{"kind": "filesystem", "reason": "keeps the journal, its preferences and a log in its own directory"}],
"actions": [
{"id": "note", "label": "Count a note",
 "description": "Adds one note to the journal, with the velocity and the time of the press",
 "params": {"type": "object", "additionalProperties": false,
  "properties": {
   "note": {"type": "integer", "minimum": 0, "maximum": 127, "description": "MIDI note number; 60 is middle C"},
   "name": {"type": "string", "pattern": "^[A-Ga-g](#|##|b|bb)?-?[0-9]+$", "description": "The note's name instead, such as C4, F#3 or Bb-1"}},
  "oneOf": [{"required": ["note"]}, {"required": ["name"]}]}},
{"id": "summary", "label": "Summary",
 "description": "Gives notes, most played pitches, range, velocity, minutes, sessions and a guess of the key",
 "params": {"type": "object", "additionalProperties": false, "properties": {}}},
{"id": "reset", "label": "New journal",
 "description": "Starts a new journal and keeps the old one as /state.json.1, in place of an older one",
 "params": {"type": "object", "additionalProperties": false, "properties": {}}}
]})")

namespace practice_log {
namespace {

constexpr char kLogPath[] = "/plugin.log";
constexpr std::size_t kMaxLogBytes = 64 * 1024;
constexpr int kWrongParams = 4;  // what `execute` returns; the others are the SDK's

// One call: what was asked, and what was found.
class Call {
 public:
  explicit Call(const Request& request) : request_(request) {}

  int run() {
    const auto action = action_named(request_.action);
    if (action == nullptr) {
      return midimon_error(kWrongParams,
                           "practice-log has the actions note, summary and reset, and no other.");
    }
    return load_config(config_, problem_) ? (this->*action)() : failed();
  }

 private:
  using Log = Preferences::Log;

  using Action = int (Call::*)();

  static Action action_named(std::string_view name) {
    if (name == "note") return &Call::note;
    if (name == "summary") return &Call::summary;
    if (name == "reset") return &Call::reset;
    return nullptr;
  }

  bool open_journal() {
    const bool loaded = load_journal(loaded_, problem_);
    if (!loaded_.warning.empty()) warn(loaded_.warning);
    return loaded;
  }

  int failed() { return midimon_error(MIDIMON_FAILED, problem_.c_str()); }

  void write_log(std::string_view text, Log at_least) {
    if (config_.preferences.log < at_least) return;
    const std::string time = request_.timestamp_ms > 0 ? utc_time(request_.timestamp_ms) : "-";
    const std::string line = time + " " + std::string(text) + "\n";
    std::string problem;
    if (append_line(kLogPath, line, kMaxLogBytes, problem)) return;
    midimon_log(MIDIMON_WARNING, problem.c_str());
  }

  void warn(const std::string& text) {
    midimon_log(MIDIMON_WARNING, text.c_str());
    write_log(text, Log::milestones);
  }

  // Tells each state of /config.toml's problems once, and not at every note.
  void warn_of_config() {
    Journal& journal = loaded_.journal;
    const std::string now = config_.problems.empty() ? std::string() : config_.fingerprint;
    if (journal.config_reported == now) return;
    journal.config_reported = now;
    for (const std::string& problem : config_.problems)
      warn(problem);
  }

  // The note meant by the params; below 0, with problem_, if none.
  int wanted_note() {
    if (request_.has_note == request_.has_name) {
      problem_ = R"(note takes either "note", 0 to 127, or "name", such as "C4".)";
      return -1;
    }
    if (request_.has_note) {
      if (request_.note && *request_.note >= 0 && *request_.note < kNotes) {
        return static_cast<int>(*request_.note);
      }
      problem_ = R"("note" must be a whole number from 0 to 127; 60 is middle C.)";
      return -1;
    }
    const auto note = parse_note_name(request_.name, config_.preferences.middle_c_octave);
    if (note) return *note;
    problem_ = R"("name" must be a note with its octave, such as "C4", "F#3" or "Bb2", )"
               "from MIDI note 0 to 127.";
    return -1;
  }

  int note() {
    const int wanted = wanted_note();
    if (wanted < 0) return midimon_error(kWrongParams, problem_.c_str());
    if (request_.velocity >= 0 && request_.velocity < config_.preferences.ignore_velocity_below) {
      midimon_output(R"({"counted":false})");
      return MIDIMON_OK;
    }
    return open_journal() ? count(wanted) : failed();
  }

  int count(int note) {
    Journal& journal = loaded_.journal;
    const Playing before = journal.session;
    warn_of_config();
    const bool new_session =
        add(journal, {note, request_.velocity, request_.timestamp_ms}, config_.preferences);
    if (!save_journal(journal, config_.preferences.durable, problem_)) {
      problem_ += " This note was not counted; the journal is as it was.";
      return failed();
    }
    if (new_session) start_session(before);
    log_note(note);
    output_note(note);
    return MIDIMON_OK;
  }

  void start_session(const Playing& before) {
    remove_leftovers(kStatePath);  // now and then is enough
    std::string text;
    if (before.notes > 0) {
      append_playing(text = "session ended: ", before);
      write_log(text, Log::milestones);
    }
    append_number(text = "session ", loaded_.journal.sessions);
    write_log(text + " started", Log::milestones);
  }

  static void append_playing(std::string& text, const Playing& playing) {
    append_number(text, playing.notes);
    text += playing.notes == 1 ? " note, " : " notes, ";
    append_fixed(text, (playing.played_ms + 3000) / 6000, 1);
    text += " minutes";
  }

  void log_note(int note) {
    const Preferences& preferences = config_.preferences;
    std::string text;
    if (preferences.log == Log::all) {
      text = note_name(note, preferences.middle_c_octave);
      if (request_.velocity >= 0) append_number(text += " velocity ", request_.velocity);
      write_log(text, Log::all);
    }
    const Playing& all = loaded_.journal.all;
    if (preferences.milestone == 0 || all.notes % preferences.milestone != 0) return;
    append_playing(text = "milestone: ", all);
    midimon_log(MIDIMON_INFO, text.c_str());
    write_log(text, Log::milestones);
  }

  void output_note(int note) {
    const Journal& journal = loaded_.journal;
    std::string json = R"({"counted":true,"note":)";
    append_number(json, note);
    json += R"(,"name":)";
    append_json_string(json, note_name(note, config_.preferences.middle_c_octave));
    append_number(json += R"(,"count":)", journal.counts[static_cast<std::size_t>(note)]);
    append_number(json += R"(,"notes":)", journal.all.notes);
    midimon_output((json + "}").c_str());
  }

  int summary() {
    if (!open_journal()) return failed();
    for (const std::string& problem : config_.problems) {
      midimon_log(MIDIMON_WARNING, problem.c_str());
    }
    const int octave = config_.preferences.middle_c_octave;
    const SummaryCache cache(loaded_.text, octave);
    std::string json;
    const bool cached = cache.find(json);
    if (!cached) {
      json = summarize(loaded_.journal, octave);
      std::string problem;
      remove_leftovers(kSummaryCachePath);
      if (!cache.keep(json, problem)) midimon_log(MIDIMON_WARNING, problem.c_str());
    }
    json.pop_back();  // the brace, to say more that is of this call
    json += cached ? R"(,"cached":true)" : R"(,"cached":false)";
    json += R"(,"config_problems":[)";
    for (const std::string& problem : config_.problems) {
      if (&problem != config_.problems.data()) json += ',';
      append_json_string(json, problem);
    }
    midimon_output((json + "]}").c_str());
    return MIDIMON_OK;
  }

  int reset() {
    if (!open_journal()) return failed();
    const Playing& all = loaded_.journal.all;
    if (loaded_.text.empty()) {
      midimon_output(R"({"notes":0,"kept_as":null})");
      return MIDIMON_OK;
    }
    // One rename is all: the next note makes the new file.
    if (!move_file(kStatePath, kOldStatePath, problem_)) return failed();
    std::string text = "reset: ";
    append_playing(text, all);
    write_log(text + " kept in " + kOldStatePath, Log::milestones);
    std::string json = R"({"notes":)";
    append_number(json, all.notes);
    json += R"(,"kept_as":)";
    append_json_string(json, kOldStatePath);
    midimon_output((json + "}").c_str());
    return MIDIMON_OK;
  }

  const Request& request_;
  Config config_;
  LoadedJournal loaded_;
  std::string problem_;
};

}  // namespace
}  // namespace practice_log

int midimon_execute(const char* request, size_t length) {
  const auto parsed = practice_log::parse_request({request, length});
  if (!parsed) {
    return midimon_error(MIDIMON_BAD_JSON, "The request is not JSON with an \"action\".");
  }
  return practice_log::Call(*parsed).run();
}
