#include "cli/starting_profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "midi/note_name.h"

namespace midimon::cli {
namespace {

std::string note(const StartingProfile& profile, int pad) {
  return note_name(static_cast<std::uint8_t>(profile.first_note + pad));
}

void add_mapping(std::string& out, std::string_view list, const std::string& note,
                 const StartingPad& pad) {
  out += fmt::format(
      "\n[[{}]]\ndescription = {}\ntrigger = {{ type = \"Note\", note = \"{}\" }}\naction = {}\n",
      list, toml_quote(pad.description), note, pad.action);
}

// The pads that do nothing, with what there is to write for one.
std::string unused(const StartingProfile& profile, int used, int last) {
  if (used >= last) return "";
  std::string notes;
  for (int pad = used; pad < last; ++pad)
    notes += (notes.empty() ? "" : " ") + note(profile, pad);
  return fmt::format(
      "\n# Free pads: {}. A pad may do several things, and one thing for a tap and another for a\n"
      "# long press:\n#\n# [[global_mappings]]\n"
      "# trigger = {{ type = \"LongPress\", note = \"{}\", duration_ms = 500 }}\n"
      "# action = {{ type = \"Text\", text = \"Hello\" }}\n",
      notes, note(profile, used));
}

}  // namespace

std::string toml_quote(std::string_view text) {
  return json_quote(text);  // whose escapes TOML has, too
}

StartingProfile default_profile() {
  StartingProfile profile;
  profile.actions = {
      {"Quieter", "{ type = \"VolumeControl\", operation = \"Down\", value = 5 }"},
      {"Louder", "{ type = \"VolumeControl\", operation = \"Up\", value = 5 }"},
      {"Mute", "{ type = \"VolumeControl\", operation = \"Toggle\" }"},
      {"Play or pause", "{ type = \"Keystroke\", keys = \"play_pause\" }"},
  };
  return profile;
}

std::string to_toml(const StartingProfile& profile) {
  const bool has_modes = profile.modes.size() > 1;
  const int last = has_modes ? profile.pads - 1 : profile.pads;
  const int used = std::min(static_cast<int>(profile.actions.size()), last);
  std::string out =
      "# What each pad does. docs/profile.md lists all that can be written here.\n"
      "#\n#   midimon check FILE          says what is wrong with this file\n"
      "#   midimon explain press C2 -c FILE    which mappings a press calls for\n"
      "#   midimon run -c FILE         runs it; changes apply when the file is saved\n";
  if (!profile.controller.empty()) {
    out += fmt::format("\n[device]\nname = {}  # part of the port's name\n",
                       toml_quote(profile.controller));
  }
  for (std::size_t i = 0; has_modes && i < profile.modes.size(); ++i) {
    const std::string& next = profile.modes[(i + 1) % profile.modes.size()];
    out += fmt::format("\n[[modes]]\nname = {}\n", toml_quote(profile.modes[i]));
    add_mapping(
        out, "modes.mappings", note(profile, last),
        {"To " + next, fmt::format("{{ type = \"ModeChange\", mode = {} }}", toml_quote(next))});
  }
  if (used > 0) out += has_modes ? "\n# In every mode:\n" : "";
  for (int pad = 0; pad < used; ++pad)
    add_mapping(out, "global_mappings", note(profile, pad),
                profile.actions[static_cast<std::size_t>(pad)]);
  out += unused(profile, used, last);
  for (const auto& [id, is_unsigned] : profile.plugins) {
    out += fmt::format("\n[plugins.{}]\n{}", toml_quote(id),
                       is_unsigned ? "unsigned = true  # nobody vouches for it but you\n" : "");
  }
  return out;
}

}  // namespace midimon::cli
