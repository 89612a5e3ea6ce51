// Asks a person at the terminal what a starting profile is to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/starting_profile.h"
#include "midimon/metadata.h"

namespace midimon::cli {

// An installed plugin that actions can be made of.
struct KnownPlugin {
  Metadata metadata;
  bool is_signed = false;
};

struct InitFacts {
  std::vector<std::string> controllers;  // the ports that are there
  std::vector<KnownPlugin> plugins;
};

// What the command line has said already is not asked.
struct InitGiven {
  std::optional<std::string> controller;
  std::optional<std::uint8_t> first_note;
  std::optional<int> pads;
};

// How many pads a profile may begin with, of notes up to 127.
[[nodiscard]] int most_pads(std::uint8_t first_note);

// Asks on stderr and reads stdin; an empty answer takes what is in brackets, and one that cannot be
// used is asked for again. Nothing where the answers end before the questions.
[[nodiscard]] std::optional<StartingProfile> ask_for_profile(const InitGiven& given,
                                                             const InitFacts& facts);

// Reads a note by its number or name.
[[nodiscard]] std::optional<std::uint8_t> read_note(const std::string& text);

}  // namespace midimon::cli
