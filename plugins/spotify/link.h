// What things at Spotify are called: URIs, the links that people copy, and parts of URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spotify {

struct Thing {
  std::string kind;  // "track", "album", "playlist", "artist", "episode" or "show"
  std::string id;    // letters and digits
  [[nodiscard]] std::string uri() const { return "spotify:" + kind + ":" + id; }
  // Whether it is one piece to play, rather than a list of them.
  [[nodiscard]] bool is_single() const { return kind == "track" || kind == "episode"; }
};

// "spotify:track:4uLU…" or "https://open.spotify.com/track/4uLU…?si=…", also with a language in
// front as in /intl-de/; nothing for any other text.
std::optional<Thing> parse_link(std::string_view text);

// For a query; all but letters, digits and -._~ becomes %XX.
std::string encode(std::string_view text);

// Whether both are the same in any case of A to Z.
bool same_name(std::string_view a, std::string_view b);
// The same of a part of `text`.
bool has_part(std::string_view text, std::string_view part);

}  // namespace spotify
