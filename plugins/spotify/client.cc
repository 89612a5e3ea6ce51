#include "client.h"

#include <time.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "link.h"

namespace spotify {
namespace {

using midimon::failed;
using midimon::Json;
using midimon::Status;

constexpr char kApi[] = "https://api.spotify.com";
constexpr std::size_t kMaxAnswer = 512 * 1024;
constexpr std::int64_t kEarly = 30;       // seconds before its end at which a token is refreshed
constexpr std::int64_t kLongestWait = 2;  // seconds, which a call has besides its requests

Status not_logged_in(std::string_view why) {
  return failed(kNotLoggedIn, std::string(why) + " Log in: midimon plugin login spotify");
}

std::int64_t now() {
  return static_cast<std::int64_t>(::time(nullptr));
}

// A whole number of at most nine digits.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  return seconds;
}

void wait(std::int64_t seconds) {
  timespec rest{static_cast<time_t>(seconds), 0};
  ::nanosleep(&rest, nullptr);
}

Status explain(int status, const Json& json) {
  const Json& error = json["error"];
  const std::string_view reason = error["reason"].string();
  const std::string_view message = error["message"].string();
  if (status == 401) return not_logged_in("Spotify does not accept the login any more.");
  if (reason == "NO_ACTIVE_DEVICE" || (status == 404 && has_part(message, "no active device"))) {
    return failed(kNoDevice,
                  "Spotify is open nowhere. Open it on a device, or wake one with transfer.");
  }
  if (reason == "PREMIUM_REQUIRED" || (status == 403 && has_part(message, "premium"))) {
    return failed(kPremiumOnly, "Spotify lets only Premium accounts do that.");
  }
  if (status == 403 && has_part(message, "scope")) {
    return not_logged_in("The login does not cover that.");
  }
  std::string text =
      status >= 500 ? "Spotify has a problem, try again later (" : "Spotify says no (";
  text += Json(status).dump();
  text += message.empty() ? std::string(").") : "): " + std::string(message);
  return failed(status == 404 ? static_cast<int>(kNotFound) : MIDIMON_FAILED, text);
}

}  // namespace

// The new token is for this call and, as a secret, for those after it. Where another call was
// quicker, the refresh token that was given in its place is there to be read.
Status Client::refresh() {
  const auto refresh_token = midimon::secret("refresh_token");
  const auto client_id = midimon::secret("client_id");
  if (!refresh_token || !client_id) return not_logged_in("There is no login.");
  auto response = midimon::http::request(
      {.url = kTokenUrl,
       .method = "POST",
       .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
       .body = "grant_type=refresh_token&refresh_token=" + encode(*refresh_token) +
               "&client_id=" + encode(*client_id),
       .max_redirects = 0});
  if (!response) return response.status();
  const auto json = response->json(kMaxAnswer);
  const Json answer = json ? *json : Json();
  const std::string_view token = answer["access_token"].string();
  if (response->status() == 400 && answer["error"].string() == "invalid_grant") {
    return not_logged_in("The login was ended at Spotify.");
  }
  if (response->status() != 200 || token.empty()) {
    return failed("Spotify gives no new token (" + Json(response->status()).dump() +
                  "): " + std::string(answer["error"].string("its answer is not understood")));
  }
  const std::int64_t lifetime = answer["expires_in"].whole().value_or(3600);
  const std::string expires_at = Json(now() + lifetime).dump();
  // The refresh token first: it may be good for one use, so that the old one is worth nothing.
  const std::string_view next = answer["refresh_token"].string();
  if (!next.empty()) {
    if (auto kept = midimon::set_secret("refresh_token", next); !kept) return kept.status();
  }
  if (auto kept = midimon::set_secret("access_token", token); !kept) return kept.status();
  if (auto kept = midimon::set_secret("expires_at", expires_at); !kept) return kept.status();
  refreshed_ = true;
  return midimon::ok();
}

Status Client::refresh_if_due() {
  const auto expires_at = midimon::secret("expires_at");
  if (!expires_at) {
    const auto known = midimon::secret("refresh_token");
    return known ? refresh() : not_logged_in("There is no login.");
  }
  const auto seconds = parse_seconds(*expires_at);
  return seconds && now() + kEarly < *seconds ? midimon::ok() : refresh();
}

Reply Client::ask(const std::string& method, const std::string& path, const Json& body) {
  if (!refreshed_) {
    if (auto good = refresh_if_due(); !good) return {std::move(good)};
  }
  midimon::http::Request request{.url = std::string(kApi) + "/v1" + path, .method = method};
  request.secret_headers = {{"Authorization", "Bearer {{access_token}}"}};
  request.max_redirects = 0;
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.push_back({"Content-Type", "application/json"});
  } else if (method != "GET") {
    request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  }
  bool waited = false;
  for (;;) {
    auto response = midimon::http::request(request);
    if (!response) return {response.status()};
    const int status = response->status();
    const auto json = response->json(kMaxAnswer);
    if (status >= 200 && status < 300) {
      return {midimon::ok(), {status, json ? *json : Json()}};
    }
    if (status == 401 && !refreshed_) {
      if (auto good = refresh(); !good) return {std::move(good)};
      continue;
    }
    if (status != 429) return {explain(status, json ? *json : Json())};
    const auto seconds = parse_seconds(response->header("retry-after"));
    if (waited || !seconds || *seconds > kLongestWait) {
      return {failed(
          kAskedToWait,
          "Spotify asks to wait " + (seconds ? Json(*seconds).dump() + " seconds." : "a while."))};
    }
    wait(*seconds);
    waited = true;
  }
}

}  // namespace spotify
