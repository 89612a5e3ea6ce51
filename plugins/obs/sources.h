// Actions on sources: how loud they are, their filters, what they play and say.
#pragma once

#include <optional>
#include <string>

#include "midimon.hpp"

namespace obs {

struct Mute {
  std::string input;
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status mute(const Mute& params, const midimon::Call& call);

struct Volume {
  std::string input;
  std::optional<double> percent;
  std::optional<double> db;
  std::optional<double> change_db;
  void fields(midimon::Fields& field);
};
midimon::Status volume(const Volume& params, const midimon::Call& call);

struct Filter {
  std::string source;
  std::string filter;
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status filter(const Filter& params, const midimon::Call& call);

struct Media {
  std::string input;
  std::string set = "toggle";
  void fields(midimon::Fields& field);
};
midimon::Status media(const Media& params, const midimon::Call& call);

struct Text {
  std::string input;
  std::string text;
  void fields(midimon::Fields& field);
};
midimon::Status text(const Text& params, const midimon::Call& call);

}  // namespace obs
