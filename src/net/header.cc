#include "net/header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/text.h"

namespace midimon::net {
namespace {

constexpr std::size_t kMaxName = 128;

constexpr std::array<std::string_view, 15> kOurs = {
    "host", "content-length", "transfer-encoding", "connection", "keep-alive",
    "te",   "trailer",        "upgrade",           "expect",     "http2-settings",
    "via",  "forwarded",      "alt-used",          "date",       "origin-agent-cluster"};

bool is_ours(const std::string& name) {
  return std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end() || name.starts_with("proxy-") ||
         name.starts_with("sec-");
}

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_agreed_coding(std::string_view value) {
  return to_lower(value) == "chunked";
}

Result<void> check_header(const Header& header) {
  const std::string shown = escape_line(std::string_view(header.name).substr(0, kMaxName));
  if (header.name.size() > kMaxName || !is_token(header.name)) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" is no name of a header.", shown));
  }
  if (is_ours(to_lower(header.name))) {
    return fail(ErrorCode::invalid,
                fmt::format("The header \"{}\" is not the plugin's to set: it belongs to the "
                            "connection.",
                            shown));
  }
  if (header.value.size() > kMaxHeaderValue) {
    return fail(ErrorCode::invalid, fmt::format("The header \"{}\" is longer than 8 KiB.", shown));
  }
  const bool printable = std::all_of(header.value.begin(), header.value.end(), [](char c) {
    return c >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
  });
  if (!printable) {
    return fail(ErrorCode::invalid,
                fmt::format("The header \"{}\" has a line break or other characters that cannot be "
                            "sent in one.",
                            shown));
  }
  return {};
}

bool is_credential(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "authorization" || lower == "cookie" || lower == "cookie2";
}

}  // namespace midimon::net
