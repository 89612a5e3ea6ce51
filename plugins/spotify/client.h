// The Client class speaks Spotify's Web API on behalf of the user who logged in: it refreshes their
// token when it is due, waits where it is asked to and may, and says in words what is wrong.
//
// Sources: developer.spotify.com/documentation/web-api: "Authorization Code with PKCE", "Refreshing
// tokens", "Rate limits", "Web API calls" (statuses and the error object), the reference of the
// player and, as of February 2026, of the library.
#pragma once

#include <string>
#include <string_view>

#include "midimon.hpp"

namespace spotify {

inline constexpr char kAuthorizeUrl[] = "https://accounts.spotify.com/authorize";
inline constexpr char kTokenUrl[] = "https://accounts.spotify.com/api/token";

// What the plugin returns besides the SDK's codes.
enum Code : int {
  kWrongParams = 4,
  kNotLoggedIn = 5,
  kNoDevice = 6,
  kPremiumOnly = 7,
  kAskedToWait = 8,
  kNotFound = 9,
};

struct Answer {
  int status = 0;      // 2xx
  midimon::Json json;  // null if there is none
};

// How a request ended: an answer, or what the call ends with.
struct Reply {
  midimon::Status status;
  Answer answer = {};
  explicit operator bool() const { return static_cast<bool>(status); }
};

class Client {
 public:
  // `path` begins with "/me/player", say, and has its query. `body` may be null.
  Reply ask(const std::string& method, const std::string& path,
            const midimon::Json& body = midimon::Json());

 private:
  midimon::Status refresh();
  midimon::Status refresh_if_due();

  bool refreshed_ = false;  // once in a call is enough
};

}  // namespace spotify
