// midi-tools: one key becomes a chord, a step of an arpeggio, a note of a scale or of another key.
// One instance stays for the session and knows which notes sound; README.md says how to end them.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "midimon.hpp"
#include "sounding.h"
#include "theory.h"

namespace midi_tools {
namespace {

using midimon::Call;
using midimon::failed;
using midimon::Fields;
using midimon::Json;
using midimon::Status;

constexpr int kWrongParams = 4;
Sounding sounding;

struct Settings {
  std::string port;
  int channel = 1;
  void fields(Fields& field) {
    field("port", port)
        .describe("Part of the name of the output that notes go to; nothing: the controllers")
        .length(0, 128);
    field("channel", channel).describe("The MIDI channel").range(1, 16);
  }
};

// A note as profiles have it: its name, or its number, which {note} is.
struct Pitch {
  Json value;
  void declare(Fields& field, std::string_view name, std::string_view description) {
    field(name, value)
        .describe(description)
        .required()
        .say("type", Json::array({"string", "integer"}))
        .say("pattern", "^([A-Ga-g](#|##|b|bb)?-?[0-9]|[0-9]{1,3})$")
        .say("minimum", 0)
        .say("maximum", 127);
  }
  [[nodiscard]] std::string text() const {
    return value.is_string() ? std::string(value.string()) : value.dump();
  }
  [[nodiscard]] std::optional<int> note() const { return parse_note(text()); }
};

// What each action has: where, and how hard.
struct Place {
  std::optional<std::string> port;
  std::optional<int> channel;
  void fields(Fields& field) {
    field("port", port).describe("In place of the setting").length(0, 128);
    field("channel", channel).describe("In place of the setting").range(1, 16);
  }
  [[nodiscard]] Output output() const {
    const auto settings = midimon::settings<Settings>();
    return {port.value_or(settings.port), channel.value_or(settings.channel)};
  }
};

struct Played {
  Place place;
  std::optional<int> velocity;
  void fields(Fields& field) {
    place.fields(field);
    field("velocity", velocity).describe("In place of how hard the pad was pressed").range(1, 127);
  }
  [[nodiscard]] int how_hard(const Call& call) const {
    const int wanted = velocity.value_or(call.velocity.value_or(100));
    return wanted < 1 ? 1 : wanted;  // a note-on with 0 would be a note-off
  }
};

struct Chord {
  Played played;
  Pitch root;
  std::string chord = "major";
  int inversion = 0;
  void fields(Fields& field) {
    played.fields(field);
    root.declare(field, "root", "The note it is built on: \"C4\", \"F#3\" or 60");
    field("chord", chord)
        .choices({"major", "minor", "diminished", "augmented", "sus2", "sus4", "power", "6",
                  "minor6", "7", "major7", "minor7", "minor7b5", "diminished7", "9", "major9",
                  "minor9", "add9"});
    field("inversion", inversion).describe("How many notes go up an octave").range(0, 4);
  }
};

struct Arpeggio {
  Chord chord;
  std::string pattern = "up";
  int octaves = 1;
  void fields(Fields& field) {
    chord.fields(field);
    field("pattern", pattern).choices({"up", "down", "up-down"});
    field("octaves", octaves).describe("Over how many octaves").range(1, 4);
  }
};

struct Scale {
  Played played;
  Pitch note;
  std::string tonic = "C";
  std::string scale = "major";
  std::string direction = "nearest";
  void fields(Fields& field) {
    played.fields(field);
    note.declare(field, "note", "The note that was meant");
    field("tonic", tonic).describe("\"C\", \"F#\", \"Bb\"").pattern("^[A-Ga-g](#|b)?$");
    field("scale", scale)
        .choices({"major", "minor", "harmonic-minor", "melodic-minor", "dorian", "phrygian",
                  "lydian", "mixolydian", "locrian", "major-pentatonic", "minor-pentatonic",
                  "blues", "whole-tone"});
    field("direction", direction)
        .describe("Where a note goes that is not in the scale")
        .choices({"nearest", "up", "down"});
  }
};

struct Transpose {
  Played played;
  Pitch note;
  int semitones = 12;
  void fields(Fields& field) {
    played.fields(field);
    note.declare(field, "note", "The note that was meant");
    field("semitones", semitones).describe("How far, up or down").required().range(-127, 127);
  }
};

struct Release {
  Place place;
  Pitch note;
  void fields(Fields& field) {
    place.fields(field);
    note.declare(field, "note", "The note or root whose sound ends");
  }
};

Status no_note(const Pitch& pitch) {
  return failed(kWrongParams,
                "\"" + pitch.text() + "\" is no note from 0 to 127, such as C4, F#3 or 60.");
}

// What was played is known by its key, which C4 and 60 are the same for.
std::string key_of(int note) {
  return Json(note).dump();
}

Status say(const std::vector<int>& notes) {
  Json list = Json::array();
  for (const int note : notes)
    list.push_back(note);
  return midimon::set_output(Json::object({{"notes", std::move(list)}})).status();
}

Status play(const Played& played, const Call& call, const std::string& key,
            const std::vector<int>& notes) {
  if (auto started = sounding.start(played.place.output(), key, notes, played.how_hard(call));
      !started) {
    return started;
  }
  return say(notes);
}

Status chord(const Chord& params, const Call& call) {
  const auto root = params.root.note();
  if (!root) return no_note(params.root);
  return play(params.played, call, key_of(*root),
              chord_notes(*root, params.chord, params.inversion));
}

// The notes of an arpeggio, each once, in the order in which they come.
std::vector<int> steps_of(const Arpeggio& params, int root) {
  std::vector<int> notes;
  for (int octave = 0; octave < params.octaves; ++octave) {
    for (const int note :
         chord_notes(root + 12 * octave, params.chord.chord, params.chord.inversion)) {
      notes.push_back(note);
    }
  }
  const std::vector<int> up = notes;
  if (params.pattern == "down") return {up.rbegin(), up.rend()};
  // Up and down again, without its ends twice.
  if (params.pattern == "up-down" && up.size() > 2)
    notes.insert(notes.end(), up.rbegin() + 1, up.rend() - 1);
  return notes;
}

Status arpeggio(const Arpeggio& params, const Call& call) {
  static std::string current;  // the one that goes on; another begins at its first note
  static std::size_t step = 0;
  const auto root = params.chord.root.note();
  if (!root) return no_note(params.chord.root);
  const auto steps = steps_of(params, *root);
  if (steps.empty()) return no_note(params.chord.root);
  std::string same = Json::array({*root, params.chord.chord, params.chord.inversion, params.pattern,
                                  params.octaves})
                         .dump();
  step = same == current ? (step + 1) % steps.size() : 0;
  current = std::move(same);
  return play(params.chord.played, call, "arpeggio", {steps[step]});
}

Status scale(const Scale& params, const Call& call) {
  const auto note = params.note.note();
  const auto tonic = parse_pitch_class(params.tonic);
  if (!note) return no_note(params.note);
  if (!tonic)
    return failed(kWrongParams, "\"tonic\" is a letter, such as \"C\", \"F#\" or \"Bb\".");
  const Direction direction = params.direction == "up"     ? Direction::up
                              : params.direction == "down" ? Direction::down
                                                           : Direction::nearest;
  return play(params.played, call, key_of(*note),
              {lock_to_scale(*note, *tonic, scale_intervals(params.scale), direction)});
}

Status transpose(const Transpose& params, const Call& call) {
  const auto note = params.note.note();
  if (!note) return no_note(params.note);
  const int moved = *note + params.semitones;
  if (moved < 0 || moved > 127) {
    return failed(kWrongParams, "Moved so far, " + params.note.text() + " is no note any more.");
  }
  return play(params.played, call, key_of(*note), {moved});
}

Status release(const Release& params, const Call&) {
  const auto note = params.note.note();
  if (!note) return no_note(params.note);
  return sounding.stop(params.place.output(), key_of(*note));
}

Status arpeggio_off(const Place& params, const Call&) {
  return sounding.stop(params.output(), "arpeggio");
}

Status all_off(const Call&) {
  return sounding.stop_all();
}

void declare(midimon::Plugin& plugin) {
  plugin.name("midi-tools")
      .version("1.0.0")
      .description("Chords, arpeggios, scales and transposition from single keys");
  plugin.author("midimon").license("Apache-2.0").session();
  plugin.needs("midi:out", "sends the notes that it makes to your synthesizer");
  plugin.settings<Settings>();
  plugin.action("chord", chord).label("Chord").description("Plays a chord until its release");
  plugin.action("arpeggio", arpeggio)
      .label("Arpeggio")
      .description("Plays the next note of a chord in place of the last one");
  plugin.action("scale", scale)
      .label("Scale")
      .description("Plays a note, or the note of a scale that stands for it, until its release");
  plugin.action("transpose", transpose)
      .label("Transpose")
      .description("Plays a note so many semitones away, until its release");
  plugin.action("release", release).label("Release").description("Ends what was played for a note");
  plugin.action("arpeggio_off", arpeggio_off).label("End the arpeggio");
  plugin.action("all_off", all_off)
      .no_params()
      .label("End all")
      .description("Ends all that this plugin plays");
}

}  // namespace
}  // namespace midi_tools

MIDIMON_PLUGIN(midi_tools::declare)
