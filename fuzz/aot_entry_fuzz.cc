// An entry of the cache of compiled code: whatever the file holds, it is refused unless it is, to
// the bit, what was written under the secret key.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "wasm/aot_entry.h"

namespace midimon::wasm {
namespace {

using fuzz::check;

// The saved corpus is made for this key, so that it gets as far as the MAC.
AotKey key() {
  AotKey key;
  key.module.fill(1);
  key.engine = "48.0.8 fuzz";
  key.settings = "fuel=true";
  key.cpu = "none";
  return key;
}

// Another one in each process: nothing in the corpus has a tag that is right.
const MacKey& mac_key() {
  static const MacKey secret = [] {
    std::random_device random;
    MacKey bytes;
    std::generate(bytes.begin(), bytes.end(), std::ref(random));
    return bytes;
  }();
  return secret;
}

bool accepts(const EntryHeader& header, std::span<const std::uint8_t> code) {
  if (find_flaw(header, EntryHeader::kBytes + code.size(), key())) return false;
  EntryMac mac(mac_key(), header);
  const std::size_t half = code.size() / 2;
  mac.add(code.first(half));
  mac.add(code.subspan(half));
  return has_tag(header, mac.finish());
}

void check_as_entry(std::span<const std::uint8_t> file) {
  EntryHeader header;
  const std::size_t there = std::min(file.size(), header.bytes.size());
  std::copy_n(file.begin(), there, header.bytes.begin());
  if (const auto flaw = find_flaw(header, file.size(), key())) {
    check(!to_string(*flaw).empty(), "a flaw can be told");
  }
  check(!accepts(header, file.subspan(there)), "nobody makes an entry without the key");
}

void check_as_code(std::span<const std::uint8_t> code) {
  EntryHeader header = make_header(mac_key(), key(), code);
  check(accepts(header, code), "what was made is taken");
  check(code.empty() || !accepts(header, code.subspan(1)), "what is cut is refused");
  // Which bit is the input's choice.
  std::vector<std::uint8_t> changed(code.begin(), code.end());
  const std::size_t at = code.size() < 2 ? 0 : code[0] * 256U + code[1];
  const std::size_t bits = 8 * (EntryHeader::kBytes + code.size());
  const std::size_t byte = at % bits / 8;
  const auto bit = static_cast<std::uint8_t>(1U << (at % 8));
  if (byte < EntryHeader::kBytes) {
    header.bytes[byte] ^= bit;
  } else {
    changed[byte - EntryHeader::kBytes] ^= bit;
  }
  check(!accepts(header, changed), "what was changed is refused");
}

void check_as_name(std::string_view name) {
  if (!is_entry_name(name)) return;
  check(name.size() == entry_name(key()).size() && name.find('/') == std::string_view::npos &&
            name.find('.') == std::string_view::npos,
        "a name leads nowhere else");
}

}  // namespace
}  // namespace midimon::wasm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace midimon::wasm;  // NOLINT(google-build-using-namespace)
  check_as_entry({data, size});
  check_as_code({data, size});
  check_as_name({reinterpret_cast<const char*>(data), size});
  return 0;
}
