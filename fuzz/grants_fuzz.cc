// parse_book: whatever the text is, the answer is a book that can be written and read again, or
// problems that a terminal can show.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "grants/book_toml.h"

namespace midimon::grants {
namespace {

using fuzz::check;

void check_book(const GrantBook& book) {
  for (const Entry& entry : book.entries()) {
    check(book.find(entry.id, entry.signer) == &entry, "an entry is there once");
    check(fuzz::is_safe_to_show(entry.version), "a version can be shown");
    Permissions granted;
    for (const Capability& ask : entry.asks)
      check(fuzz::is_safe_to_show(ask.reason), "a reason can be shown");
    for (const Grant& grant : entry.grants)
      check(granted.add(grant.what, Side::grant).has_value(), "a grant can be used");
  }
  const std::string text = to_toml(book);
  const auto again = parse_book(text, "g.toml");
  check(again && to_toml(*again) == text, "what was written is read again");
}

}  // namespace
}  // namespace midimon::grants

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::grants;  // NOLINT(google-build-using-namespace)
  const auto book = parse_book({reinterpret_cast<const char*>(data), size}, "g.toml");
  if (book) {
    check_book(*book);
  } else {
    midimon::fuzz::check(midimon::fuzz::is_safe_to_show(book.error().message, "\n"),
                         "a problem can be shown");
  }
  return 0;
}
