#include "wasm/aot_entry.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>

namespace midimon::wasm {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'m', 'm', '-', 'a', 'o', 't', '-', '1'};
constexpr std::size_t kSizeAt = 8;
constexpr std::size_t kModuleAt = 16;
constexpr std::size_t kBuildAt = 48;
constexpr std::size_t kNonceAt = 80;
constexpr std::size_t kTagAt = 104;
constexpr std::size_t kSlotBytes = 8;  // of the hash that ends a name

static_assert(EntryHeader::kBytes == kTagAt + std::tuple_size_v<EntryHeader::Tag>);
static_assert(kTagAt - kNonceAt == crypto_stream_xchacha20_NONCEBYTES);
static_assert(std::tuple_size_v<MacKey> == crypto_stream_xchacha20_KEYBYTES);
static_assert(std::tuple_size_v<EntryHeader::Tag> == crypto_onetimeauth_BYTES);

// Of texts that have no NUL in them.
Sha256 hash_of(std::initializer_list<std::string_view> texts) {
  std::string all;
  for (const std::string_view text : texts)
    all.append(text).push_back('\0');
  Sha256 hash;
  ::crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(all.data()), all.size());
  return hash;
}

Sha256 build_of(const AotKey& key) {
  return hash_of({key.engine, key.settings, key.cpu});
}

template <std::size_t N>
bool holds(const EntryHeader& header, std::size_t at, const std::array<std::uint8_t, N>& bytes) {
  return std::equal(bytes.begin(), bytes.end(), header.bytes.begin() + at);
}

template <std::size_t N>
void put(EntryHeader& header, std::size_t at, const std::array<std::uint8_t, N>& bytes) {
  std::copy(bytes.begin(), bytes.end(), header.bytes.begin() + at);
}

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string entry_name(const AotKey& key) {
  const Sha256 slot = hash_of({key.settings, key.cpu});
  return fmt::format("{:02x}-{:02x}", fmt::join(key.module, ""),
                     fmt::join(std::span(slot).first(kSlotBytes), ""));
}

bool is_entry_name(std::string_view name) {
  constexpr std::size_t kModuleDigits = 2 * std::tuple_size_v<Sha256>;
  return name.size() == kModuleDigits + 1 + 2 * kSlotBytes && name[kModuleDigits] == '-' &&
         is_hex(name.substr(0, kModuleDigits)) && is_hex(name.substr(kModuleDigits + 1));
}

std::string_view to_string(EntryFlaw flaw) {
  switch (flaw) {
    case EntryFlaw::not_an_entry:
      return "it is something else";
    case EntryFlaw::cut:
      return "a part of it is missing, or more was added";
    case EntryFlaw::other_module:
      return "it is that of another module";
    case EntryFlaw::old:
      return "another version made it";
    case EntryFlaw::forged:
      return "it is not as midimon wrote it";
  }
  return "it is wrong";
}

std::uint64_t EntryHeader::code_size() const {
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < sizeof size; ++i)
    size |= std::uint64_t{bytes[kSizeAt + i]} << (8 * i);
  return size;
}

struct EntryMac::State {
  crypto_onetimeauth_state poly1305;
};

EntryMac::EntryMac(const MacKey& key, const EntryHeader& header)
    : state_(std::make_unique<State>()) {
  // Picks the fastest code for this processor, once.
  if (::sodium_init() < 0) std::abort();
  std::array<unsigned char, crypto_onetimeauth_KEYBYTES> once;
  ::crypto_stream_xchacha20(once.data(), once.size(), header.bytes.data() + kNonceAt, key.data());
  ::crypto_onetimeauth_init(&state_->poly1305, once.data());
  ::sodium_memzero(once.data(), once.size());
  add(std::span(header.bytes).first(kTagAt));
}

EntryMac::~EntryMac() {
  ::sodium_memzero(state_.get(), sizeof(State));
}

void EntryMac::add(std::span<const std::uint8_t> code) {
  ::crypto_onetimeauth_update(&state_->poly1305, code.data(), code.size());
}

EntryHeader::Tag EntryMac::finish() {
  EntryHeader::Tag tag;
  ::crypto_onetimeauth_final(&state_->poly1305, tag.data());
  return tag;
}

bool has_tag(const EntryHeader& header, const EntryHeader::Tag& tag) {
  return ::crypto_verify_16(header.bytes.data() + kTagAt, tag.data()) == 0;
}

EntryHeader make_header(const MacKey& mac_key, const AotKey& key,
                        std::span<const std::uint8_t> code) {
  EntryHeader header;
  put(header, 0, kMagic);
  for (std::size_t i = 0; i < sizeof(std::uint64_t); ++i)
    header.bytes[kSizeAt + i] = static_cast<std::uint8_t>(std::uint64_t{code.size()} >> (8 * i));
  put(header, kModuleAt, key.module);
  put(header, kBuildAt, build_of(key));
  ::randombytes_buf(header.bytes.data() + kNonceAt, kTagAt - kNonceAt);
  EntryMac mac(mac_key, header);
  mac.add(code);
  put(header, kTagAt, mac.finish());
  return header;
}

std::optional<EntryFlaw> find_flaw(const EntryHeader& header, std::uint64_t file_size,
                                   const AotKey& key) {
  if (!holds(header, 0, kMagic)) return EntryFlaw::not_an_entry;
  if (!holds(header, kModuleAt, key.module)) return EntryFlaw::other_module;
  if (!holds(header, kBuildAt, build_of(key))) return EntryFlaw::old;
  if (file_size < EntryHeader::kBytes || header.code_size() != file_size - EntryHeader::kBytes) {
    return EntryFlaw::cut;
  }
  return {};
}

}  // namespace midimon::wasm
