// What an entry of the cache of compiled code is: which code it is for, its header, and the MAC
// over both header and code.
//
//   bytes   0   8  16    48           80     104   120
//           magic  size  module hash  build  nonce tag  code ...
//
// The MAC is Poly1305 under a key that is used once: the first 32 bytes of XChaCha20 with the
// secret key and a random nonce of 24 bytes, as in NaCl's secretbox. That is a sound MAC for as
// many entries as there may be, since no nonce comes twice; whoever guesses is right with a
// probability below 2^-80 each time, for the largest entry there may be. It is six times as fast as
// keyed BLAKE2b (4.8 GB/s and 0.72 GB/s where both were measured), and what is checked is most of
// what a load costs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace midimon::wasm {

using Sha256 = std::array<std::uint8_t, 32>;
using MacKey = std::array<std::uint8_t, 32>;

// All that compiled code depends on.
struct AotKey {
  Sha256 module{};       // of the bytes that were compiled
  std::string engine;    // its version
  std::string settings;  // of the engine: Engine::code_settings()
  std::string cpu;       // cpu_features()
};

// The name of the file: the module, the settings and the processor are in it, so that engines of
// different settings and machines that share a directory have entries of their own. The version is
// not: an entry of another version is replaced.
[[nodiscard]] std::string entry_name(const AotKey& key);
// Whether `name` could be that of an entry.
[[nodiscard]] bool is_entry_name(std::string_view name);

// What is wrong with an entry.
enum class EntryFlaw : std::uint8_t {
  not_an_entry,  // something else, or of another format
  cut,           // its size is not the one it says
  other_module,  // it is of another module, and lies under the wrong name
  old,           // it was made by another version of the engine
  forged,        // it is not as we wrote it
};
[[nodiscard]] std::string_view to_string(EntryFlaw flaw);

struct EntryHeader {
  static constexpr std::size_t kBytes = 120;
  using Tag = std::array<std::uint8_t, 16>;

  std::array<std::uint8_t, kBytes> bytes{};  // as in the file

  [[nodiscard]] std::uint64_t code_size() const;
};

// The EntryMac class computes the tag of one entry.
class EntryMac {
 public:
  // Covers all of the header but the tag.
  EntryMac(const MacKey& key, const EntryHeader& header);
  ~EntryMac();
  EntryMac(const EntryMac&) = delete;
  EntryMac& operator=(const EntryMac&) = delete;

  // The code, piece by piece.
  void add(std::span<const std::uint8_t> code);
  // Once, at the end.
  [[nodiscard]] EntryHeader::Tag finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The header of an entry that holds `code`, with a nonce of its own.
[[nodiscard]] EntryHeader make_header(const MacKey& mac_key, const AotKey& key,
                                      std::span<const std::uint8_t> code);

// Whether `tag` is the one in `header`; takes the same time whatever they are.
[[nodiscard]] bool has_tag(const EntryHeader& header, const EntryHeader::Tag& tag);

// What is wrong with a header, as far as the header shows it, in a file of `file_size` bytes. The
// code must still be checked by EntryMac.
[[nodiscard]] std::optional<EntryFlaw> find_flaw(const EntryHeader& header, std::uint64_t file_size,
                                                 const AotKey& key);

}  // namespace midimon::wasm
