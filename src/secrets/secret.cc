#include "secrets/secret.h"

#include <algorithm>

namespace midimon::secrets {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::hidden:
      return "hidden";
    case Kind::readable:
      return "readable";
    case Kind::own:
      return "own";
  }
  return "unknown";
}

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

}  // namespace midimon::secrets
