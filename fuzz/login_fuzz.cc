// read_callback, parse_form and read_tokens: what a browser, or whoever it is, and a token server
// say. No request is an answer without the state; what is taken of either can be used and shown.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/check.h"
#include "login/callback.h"
#include "login/form.h"
#include "login/tokens.h"

namespace midimon::fuzz {
namespace {

constexpr std::string_view kState = "STATE";

void check_callback(std::string_view head) {
  const login::Callback callback = login::read_callback(head, "127.0.0.1:1", kState);
  check(!std::holds_alternative<login::Stray>(callback) ==
            !login::page_for(callback).starts_with("HTTP/1.1 4"),
        "a stray request is told so");
  if (std::holds_alternative<login::Stray>(callback)) return;
  check(head.find("state=") != std::string_view::npos, "only what has a state is an answer");
  check(std::holds_alternative<login::Stray>(
            login::read_callback(head, "127.0.0.1:1", "ANOTHER STATE")),
        "it is an answer to one question");
  check(std::holds_alternative<login::Stray>(login::read_callback(head, "127.0.0.1:2", kState)),
        "it is for one place");
  if (const auto* code = std::get_if<login::Code>(&callback)) {
    check(!code->code.empty() && is_safe_to_show(code->code), "a code has no control characters");
  }
}

void check_form(std::string_view text) {
  const auto fields = login::parse_form(text);
  if (!fields) return;
  check(login::parse_form(login::to_form(*fields)) == fields, "fields come through as they are");
}

void check_tokens(std::string_view body) {
  for (const int status : {200, 400}) {
    const auto tokens = login::read_tokens(status, body);
    if (!tokens) {
      check(is_safe_to_show(tokens.error().message), "an error can be shown");
      continue;
    }
    check(status == 200 && !tokens->access_token.empty(), "there is a token");
    check(is_safe_to_show(tokens->access_token + tokens->refresh_token), "it fits in a header");
    check(tokens->expires_in >= 0, "it ends in the future");
  }
}

}  // namespace
}  // namespace midimon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::fuzz;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_callback(text);
  check_form(text);
  check_tokens(text);
  return 0;
}
