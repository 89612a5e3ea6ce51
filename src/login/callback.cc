#include "login/callback.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "login/form.h"

namespace midimon::login {
namespace {

// As long as the other and the same in each place, in a time that does not tell where they differ.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

// The next line of `text`, without its end; takes it off.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Whether the request was meant for us by that name, and not for a name that was made to lead here.
bool is_for(std::string_view head, std::string_view host) {
  int named = 0;
  while (!head.empty()) {
    const std::string_view line = take_line(head);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || to_lower(line.substr(0, colon)) != "host") continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' '))
      value.remove_prefix(1);
    if (value != host) return false;
    ++named;
  }
  return named == 1;
}

Callback read_query(std::string_view query, std::string_view state) {
  const auto fields = parse_form(query);
  if (!fields) return Stray{400};
  const std::string* given = find(*fields, "state");
  if (given == nullptr || !same(*given, state)) return Stray{400};
  const std::string* code = find(*fields, "code");
  if (const std::string* error = find(*fields, "error"); error != nullptr && !error->empty()) {
    const std::string* description = find(*fields, "error_description");
    return Refused{*error, description == nullptr ? "" : *description};
  }
  if (code == nullptr || code->empty()) return Stray{400};
  return Code{*code};
}

std::string page(std::string_view status, std::string_view title, std::string_view text) {
  // Nothing of the request is in it.
  const std::string body = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>"
      "<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;"
      "padding:0 1rem;color-scheme:light dark}}</style><h1>{0}</h1><p>{1}</p></html>\n",
      title, text);
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n"
      "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
      "frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}",
      status, body.size(), body);
}

}  // namespace

Callback read_callback(std::string_view head, std::string_view host, std::string_view state) {
  std::string_view line = take_line(head);
  if (!line.starts_with("GET ")) return Stray{400};
  line.remove_prefix(4);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !line.substr(space + 1).starts_with("HTTP/1.")) {
    return Stray{400};
  }
  const std::string_view target = line.substr(0, space);
  const std::size_t question = std::min(target.find('?'), target.size());
  if (target.substr(0, question) != kCallbackPath) return Stray{404};
  if (!is_for(head, host)) return Stray{400};
  return read_query(question < target.size() ? target.substr(question + 1) : "", state);
}

std::string page_for(const Callback& callback) {
  if (std::holds_alternative<Code>(callback)) {
    return page("200 OK", "Thank you",
                "midimon has its answer and goes on in the terminal. You can close this page.");
  }
  if (std::holds_alternative<Refused>(callback)) {
    return page("200 OK", "Not logged in",
                "The service said no. midimon says more in the terminal; you can close this page.");
  }
  return std::get<Stray>(callback).status == 404
             ? page("404 Not Found", "Nothing here", "midimon waits for something else.")
             : page("400 Bad Request", "Not the answer",
                    "This is not the answer that midimon waits for. Begin again from the address "
                    "that it printed in the terminal.");
}

}  // namespace midimon::login
