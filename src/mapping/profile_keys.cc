#include "mapping/profile_keys.h"

#include <algorithm>

#include "mapping/system_action.h"

namespace midimon {
namespace {

using enum KeyKind;

constexpr std::int64_t kMinute = 60'000;   // in milliseconds
constexpr std::int64_t kHour = 3'600'000;  // in milliseconds
constexpr std::int64_t kWide = 16'383;     // of 14 bits
constexpr std::int64_t kScreen = 32'767;   // pixels

constexpr Key kNote = {"note", note, "The note: 0 to 127 or a name, C4 is 60", true};
constexpr Key kChannel = {"channel", integer, "1 to 16; any if not given", false, 1, 16};
constexpr Key kImmediate = {
    "immediate", boolean, "Comes with the press, whatever comes of it: waits for no other trigger"};
constexpr Key kVelocityMin = {"velocity_min", integer, "The softest press", false, 0, 127};
constexpr Key kVelocityMax = {"velocity_max", integer, "The hardest press", false, 0, 127};
constexpr Key kEdge = {"edge", word,      "Which way the value comes into the range", false, 0,
                       0,      kEdgeWords};
constexpr Key kWideValues = {"high_resolution", boolean, "Values of 14 bits, 0 to 16383"};
constexpr Key kValueMin = {"value_min", integer, "The lowest value", false, 0, kWide};
constexpr Key kValueMax = {"value_max", integer, "The highest value", false, 0, kWide};

constexpr std::array kNoteTrigger = {kNote, kChannel, kVelocityMin, kVelocityMax, kImmediate};
constexpr std::array kVelocityRange = {
    kNote,
    kChannel,
    Key{"range", word, "How hard; all if not given", false, 0, 0, kRangeWords},
    Key{"soft_max", integer, "The hardest soft press (40)", false, 0, 127},
    Key{"medium_max", integer, "The hardest medium press (80)", false, 0, 127},
    kVelocityMin,
    kVelocityMax,
    Key{"min_velocity", integer, "velocity_min in earlier profiles", false, 0, 127},
    Key{"max_velocity", integer, "velocity_max in earlier profiles", false, 0, 127},
    kImmediate};
constexpr std::array kLongPress = {
    kNote, kChannel, Key{"duration_ms", integer, "How long it is down", false, 1, kMinute},
    Key{"min_duration_ms", integer, "duration_ms in earlier profiles", false, 1, kMinute}};
constexpr Key kTimeout = {"timeout_ms", integer, "The longest time between them",
                          false,        1,       kMinute};
constexpr Key kOldTimeout = {
    "max_interval_ms", integer, "timeout_ms in earlier profiles", false, 1, kMinute};
constexpr std::array kDoubleTap = {kNote, kChannel, kTimeout, kOldTimeout};
constexpr std::array kNoteChord = {Key{"notes", notes, "2 to 16 different notes", true}, kChannel,
                                   kTimeout, kOldTimeout};
constexpr std::array kNoteRelease = {kNote, kChannel};
constexpr std::array kEncoderTurn = {
    Key{"cc", integer, "The controller", true, 0, 127}, kChannel,
    Key{"direction", word, "Either if not given", false, 0, 0, kDirectionWords},
    Key{"encoding", word, "How it sends its turns", false, 0, 0, kEncodingWords},
    Key{"acceleration", integer, "What a quick turn counts, at most", false, 1, 64}};
constexpr std::array kControl = {Key{"cc", integer, "The controller", true, 0, 127},
                                 kChannel,
                                 kValueMin,
                                 kValueMax,
                                 kEdge,
                                 kWideValues};
constexpr std::array kAftertouch = {
    Key{"note", note, "The note; any if not given"},
    kChannel,
    Key{"kind", word, "Of the channel or of notes", false, 0, 0, kPressureWords},
    Key{"pressure_min", integer, "The least pressure", false, 0, 127},
    Key{"pressure_max", integer, "The most pressure", false, 0, 127},
    kEdge};
constexpr std::array kPitchBend = {kChannel, kValueMin, kValueMax, kEdge};
constexpr std::array kProgramChange = {
    Key{"program", integer, "The program; any if not given", false, 0, 127}, kChannel};
constexpr std::array kParameter = {
    Key{"parameter", integer, "The number of the parameter", true, 0, kWide - 1}, kChannel,
    kValueMin, kValueMax, kWideValues};
constexpr std::array kSysex = {
    Key{"pattern", line, "\"7E ?? 06 02 *\": ?? is any byte, * any number of them", true}};
constexpr std::array kBeat = {
    Key{"every", integer, "Every so many beats or bars (1)", false, 1, 1024},
    Key{"unit", word, "What is counted", false, 0, 0, kBeatWords},
    Key{"beats_per_bar", integer, "Beats of a bar (4)", false, 1, 64},
    Key{"offset", integer, "Beats after the first", false, 0}};

constexpr std::array kTriggers = {
    TypeKeys{"Note", "A press", kNoteTrigger},
    TypeKeys{"VelocityRange", "A press of some strength", kVelocityRange},
    TypeKeys{"LongPress", "A note that is down for so long", kLongPress},
    TypeKeys{"DoubleTap", "Two presses within a time", kDoubleTap},
    TypeKeys{"NoteChord", "Notes that come down together", kNoteChord},
    TypeKeys{"NoteRelease", "The end of a press", kNoteRelease},
    TypeKeys{"EncoderTurn", "An encoder that is turned", kEncoderTurn},
    TypeKeys{"CC", "A control change", kControl},
    TypeKeys{"Aftertouch", "Pressure, of the channel or of notes", kAftertouch},
    TypeKeys{"PitchBend", "The bend wheel; 8192 is its centre", kPitchBend},
    TypeKeys{"ProgramChange", "A program is chosen", kProgramChange},
    TypeKeys{"NRPN", "A parameter that gets a value", kParameter},
    TypeKeys{"RPN", "A registered parameter that gets a value", kParameter},
    TypeKeys{"SysEx", "Bytes that a device sends", kSysex},
    TypeKeys{"Start", "A sequencer starts", {}},
    TypeKeys{"Stop", "A sequencer stops", {}},
    TypeKeys{"Continue", "A sequencer goes on", {}},
    TypeKeys{"Beat", "A beat of the sender's clock", kBeat}};

constexpr std::array kTimeRange = {Key{"start", time_of_day, "The first minute", true},
                                   Key{"end", time_of_day, "The last minute", true}};
constexpr std::array kDayOfWeek = {Key{"days", days, "1 (Monday) to 7, or names", true}};
constexpr std::array kModeIs = {Key{"mode", mode, "Its name, or number from 0", true}};
constexpr std::array kApp = {Key{"app_name", line, "The program's name", true}};
constexpr std::array kPluginState = {Key{"plugin", line, "Its id", true},
                                     Key{"state", line, "", true}};
constexpr std::array kSeveral = {Key{"conditions", conditions, "", true}};
constexpr std::array kNegated = {Key{"condition", condition, "", true}};

constexpr std::array kConditions = {
    TypeKeys{"Always", "Holds", {}},
    TypeKeys{"Never", "Does not hold", {}},
    TypeKeys{"TimeRange", "A time of the day; over midnight if the end is earlier", kTimeRange},
    TypeKeys{"DayOfWeek", "Days of the week", kDayOfWeek},
    TypeKeys{"ModeIs", "The current mode", kModeIs},
    TypeKeys{"AppRunning", "A program runs", kApp},
    TypeKeys{"AppFrontmost", "A program is in front", kApp},
    TypeKeys{"PluginState", "A plugin says so", kPluginState},
    TypeKeys{"And", "All hold", kSeveral},
    TypeKeys{"Or", "One holds", kSeveral},
    TypeKeys{"Not", "The other does not hold", kNegated}};

constexpr std::array kPluginAction = {Key{"plugin", line, "The plugin's id", true},
                                      Key{"action", line, "One of its actions", true},
                                      Key{"params", params, "What the action is given"}};
constexpr std::array kModeChange = {Key{"mode", mode, "Its name, or number from 0", true},
                                    Key{"while_held", boolean, "Only until the note is released"}};
constexpr std::array kDelay = {Key{"ms", integer, "Milliseconds", true, 0, kHour}};
constexpr std::array kSteps = {Key{"actions", actions, "", true}};
constexpr std::array kRepeat = {
    Key{"action", action, "", true}, Key{"count", integer, "How often", false, 1, 10'000},
    Key{"delay_ms", integer, "The pause between", false, 0, kHour},
    Key{"while_held", boolean, "Until the note is released, in place of a count"}};
constexpr std::array kConditional = {Key{"condition", condition, "", true},
                                     Key{"then_action", action, "Where it holds", true},
                                     Key{"else_action", action, "Where it does not"}};
constexpr std::array kToggle = {Key{"on", action, "At the first press", true},
                                Key{"off", action, "At the second", true}};
constexpr std::array kKeystroke = {
    Key{"keys", keys, "\"ctrl+s\", or several one after another", true},
    Key{"modifiers", strings, "ctrl, shift, alt, super: held with all of them"},
    Key{"hold", boolean, "The last stays down until the note is released"}};
constexpr std::array kText = {Key{"text", text, "What is typed", true}};
constexpr std::array kMouseClick = {
    Key{"button", word, "left if not given", false, 0, 0, kMouseButtons},
    Key{"count", integer, "Clicks", false, 1, 3},
    Key{"x", integer, "Pixels from the left", false, 0, kScreen},
    Key{"y", integer, "Pixels from the top", false, 0, kScreen}};
constexpr std::array kMouseMove = {
    Key{"x", number_or_value, "Pixels from the left", false, 0, kScreen},
    Key{"y", number_or_value, "Pixels from the top", false, 0, kScreen},
    Key{"dx", number_or_value, "Pixels to the right", false, -kScreen, kScreen},
    Key{"dy", number_or_value, "Pixels down", false, -kScreen, kScreen}};
constexpr Key kArgv = {"argv", strings, "The program and its arguments; no shell looks at them"};
constexpr std::array kLaunch = {kArgv, Key{"app", line, "A program without arguments"}};
constexpr std::array kCommand = {
    kArgv, Key{"timeout_ms", integer, "The longest it may take (10000)", false, 1, kHour}};
constexpr std::array kShell = {
    Key{"command", line, "For /bin/sh; only with allow_shell = true", true}};
constexpr std::array kVolume = {
    Key{"operation", word, "What is done with it", true, 0, 0, kVolumeWords},
    Key{"value", number_or_value, "Per cent", false, 0, 100}};
constexpr std::array kSendMidi = {
    Key{"message_type", spelled_word, "Which message", true, 0, 0, kMidiWords},
    Key{"port", line, "Part of an output's name; the controller itself if not given"},
    Key{"channel", integer, "0 to 15", false, 0, 15},
    Key{"note", note_or_value, "Of notes and their pressure"},
    Key{"velocity", number_or_value, "Of notes", false, 0, 127},
    Key{"controller", number_or_value, "Of a control change", false, 0, 127},
    Key{"value", number_or_value, "Of a control change", false, 0, 127},
    Key{"program", number_or_value, "Of a program change", false, 0, 127},
    Key{"pitch", number_or_value, "Of a bend", false, -8192, 8191},
    Key{"pressure", number_or_value, "Of aftertouch", false, 0, 127},
    Key{"bytes", line, "Of a sysex: \"7E 7F 06 01\""}};

constexpr std::array kActions = {
    TypeKeys{"Plugin", "Calls a plugin", kPluginAction},
    TypeKeys{"ModeChange", "Makes another mode the current one", kModeChange},
    TypeKeys{"Delay", "Waits", kDelay},
    TypeKeys{"Sequence", "One after another; the first that fails ends it", kSteps},
    TypeKeys{"Repeat", "One several times", kRepeat},
    TypeKeys{"Conditional", "One or another", kConditional},
    TypeKeys{"Parallel", "All at once", kSteps},
    TypeKeys{"Cycle", "At each press the next one", kSteps},
    TypeKeys{"Toggle", "A Cycle of two", kToggle},
    TypeKeys{"Panic", "Ends all that runs and silences every MIDI output", {}},
    TypeKeys{"Keystroke", "Presses keys", kKeystroke},
    TypeKeys{"Text", "Types a text", kText},
    TypeKeys{"MouseClick", "Clicks", kMouseClick},
    TypeKeys{"MouseMove", "Moves the pointer: to x and y, or by dx and dy", kMouseMove},
    TypeKeys{"Launch", "Starts a program and leaves it alone", kLaunch},
    TypeKeys{"Command", "Runs a program to its end", kCommand},
    TypeKeys{"Shell", "Runs a command line", kShell},
    TypeKeys{"VolumeControl", "Turns the volume", kVolume},
    TypeKeys{"SendMidi", "Sends a MIDI message", kSendMidi}};

constexpr std::array kMapping = {
    Key{"description", line, "For people"},
    Key{"device", line, "The alias of the controller that it listens to; all if not given"},
    Key{"trigger", trigger, "Which event it is for", true},
    Key{"action", action, "What is done", true},
    Key{"on_release", action, "What is done when the note of the press is released"},
    Key{"condition", condition, "It matches only while this holds"},
    Key{"consume", boolean, "Mappings after it do not get what it matches"},
    Key{"cancel_on_release", boolean, "Its action ends with the press"}};
constexpr std::array kMode = {
    Key{"name", line, "", true}, Key{"color", line, "For controllers and screens"},
    Key{"on_enter", action, "Runs when the mode becomes the current one"},
    Key{"on_exit", action, "Runs when it no longer is"},
    Key{"mappings", tables, "What events do in this mode", false, 0, 0, {}, kMapping}};
constexpr std::array kDevice = {
    Key{"name", line, "Part of the port's name; any if not given"},
    Key{"auto_connect", boolean, ""}, Key{"auto_reconnect", boolean, ""},
    Key{"port", integer, "Its number, instead of the name", false, 0, 0xFFFF}};
constexpr std::array kDevices = {Key{"alias", line, "What the profile calls it", true},
                                 Key{"name", line, "Part of its port's name", true}};
constexpr std::array kThru = {
    Key{"from", line, "The alias of a controller; every one if not given"},
    Key{"to", line, "Part of an output's name; \"midimon\" is our own", true},
    Key{"messages", words, "Which kinds; all if not given", false, 0, 0, kThruWords},
    Key{"channels", channels, "1 to 16; all if not given"},
    Key{"note_min", note, "The lowest note"},
    Key{"note_max", note, "The highest note"},
    Key{"to_channel", integer, "The channel they are passed on as", false, 1, 16}};
constexpr std::array kAdvanced = {
    Key{"allow_shell", boolean, "Shell actions run"},
    Key{"chord_timeout_ms", integer, "For the notes of a chord (50)", false, 1, kMinute},
    Key{"double_tap_timeout_ms", integer, "For the second tap (300)", false, 1, kMinute},
    Key{"hold_threshold_ms", integer, "For a long press (2000)", false, 1, kMinute}};
constexpr std::array kLogging = {
    Key{"level", word, "What is logged, and what is above it", false, 0, 0, kLevelWords},
    Key{"file", line, ""}};
constexpr std::array kAudit = {
    Key{"strict", boolean, "Nothing runs unrecorded"},
    Key{"sync", boolean, "Records reach the disk before anything goes on"},
    Key{"file_size", size, "A new file is begun once this one is so large"},
    Key{"file_age", duration, "Or so old"},
    Key{"keep_size", size, "The oldest files go once all together are larger"},
    Key{"keep_days", integer, "Or they are so old", false, 1, 36'500}};
constexpr std::array kStorage = {Key{"min_free_disk", size, "What plugins leave of the disk"}};
constexpr std::array kPolicy = {Key{"filesystem", ceiling, ""}, Key{"network", ceiling, ""},
                                Key{"midi", ceiling, ""},       Key{"audio", ceiling, ""},
                                Key{"subprocess", ceiling, ""}, Key{"systemcontrol", ceiling, ""}};
constexpr std::array kLimits = {
    Key{"memory", size, "The most memory it may have"},
    Key{"fuel", integer, "Units of fuel for a call", false, 1},
    Key{"time", duration, "The most time a call may take"},
    Key{"storage", size, "What its directory may hold"},
    Key{"storage_entries", integer, "Files and directories in it", false, 0},
    Key{"open_files", integer, "Files that are open at once", false, 0}};
constexpr std::array kPlugin = {
    Key{"module", line, "The .wasm or .midiplug file; without it, the installed plugin"},
    Key{"grant", strings, "Capabilities, whole or narrowed: \"filesystem:/shared\""},
    Key{"limits", table, "What it may use up", false, 0, 0, {}, kLimits},
    Key{"settings", params, "What the plugin itself is given, as it says in its metadata"},
    Key{"unsigned", boolean, "It need not be signed"}};
// registry/config_toml.h reads these.
constexpr std::array kRegistry = {Key{"name", line, "One word", true},
                                  Key{"url", line, "An https:// URL or a path", true},
                                  Key{"key", line, "The line of a .pub file", true}};

constexpr std::array kProfile = {
    Key{"device", table, "Which controller", false, 0, 0, {}, kDevice},
    Key{"devices", tables, "Several controllers, told apart", false, 0, 0, {}, kDevices},
    Key{"thru", tables, "What is passed on as it comes in", false, 0, 0, {}, kThru},
    Key{"advanced_settings", table, "The times of gestures", false, 0, 0, {}, kAdvanced},
    Key{"logging", table, "What is logged", false, 0, 0, {}, kLogging},
    Key{"audit", table, "The journal of what plugins do", false, 0, 0, {}, kAudit},
    Key{"storage", table, "The disk", false, 0, 0, {}, kStorage},
    Key{"curves", curves, "Points from 0 to 1 that bend a range of values"},
    Key{"policy", table, "The most that any plugin is granted", false, 0, 0, {}, kPolicy},
    Key{"plugins", plugins, "The plugins that actions call, by id"},
    Key{"registries", tables, "Where plugins are found", false, 0, 0, {}, kRegistry},
    Key{"modes", tables, "The first is current at the start", false, 0, 0, {}, kMode},
    Key{"global_mappings",
        tables,
        "In every mode, after the mode's own",
        false,
        0,
        0,
        {},
        kMapping}};

}  // namespace

std::span<const TypeKeys> trigger_tables() {
  return kTriggers;
}
std::span<const TypeKeys> condition_tables() {
  return kConditions;
}
std::span<const TypeKeys> action_tables() {
  return kActions;
}
std::span<const Key> profile_keys() {
  return kProfile;
}
std::span<const Key> plugin_keys() {
  return kPlugin;
}

std::span<const Key> keys_in(std::span<const Key> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [name](const Key& key) { return key.name == name; });
  return found == keys.end() ? std::span<const Key>() : found->inner;
}

std::vector<std::string_view> names_of(std::span<const Key> keys) {
  std::vector<std::string_view> names;
  names.reserve(keys.size());
  for (const Key& key : keys)
    names.push_back(key.name);
  return names;
}

std::vector<std::string_view> names_of(std::span<const TypeKeys> types, std::string_view type) {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [type](const TypeKeys& each) { return each.type == type; });
  if (found == types.end()) return {};
  std::vector<std::string_view> names = names_of(found->keys);
  names.emplace_back("type");
  return names;
}

}  // namespace midimon
