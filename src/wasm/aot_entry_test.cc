#include "wasm/aot_entry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "wasm/cpu_features.h"

namespace midimon::wasm {
namespace {

AotKey key_of(std::uint8_t module = 1) {
  AotKey key;
  key.module.fill(module);
  key.engine = "48.0.8 abc";
  key.settings = "fuel=true";
  key.cpu = "x86_64 1 2 3";
  return key;
}

const MacKey kMacKey = {1, 2, 3};
const std::vector<std::uint8_t> kCode(1000, 7);

std::uint64_t file_size() {
  return EntryHeader::kBytes + kCode.size();
}

EntryHeader::Tag tag_of(const EntryHeader& header, const std::vector<std::uint8_t>& code = kCode,
                        const MacKey& key = kMacKey) {
  EntryMac mac(key, header);
  mac.add(code);
  return mac.finish();
}

// Whether it would be used.
bool accepts(const EntryHeader& header, const std::vector<std::uint8_t>& code = kCode,
             const MacKey& key = kMacKey) {
  return !find_flaw(header, EntryHeader::kBytes + code.size(), key_of()) &&
         has_tag(header, tag_of(header, code, key));
}

TEST(AotEntry, IsTakenAsItWasMade) {
  EXPECT_TRUE(accepts(make_header(kMacKey, key_of(), kCode)));
  EXPECT_EQ(make_header(kMacKey, key_of(), kCode).code_size(), kCode.size());
}

TEST(AotEntry, IsRefusedWithAnyBitOfItsHeaderOrCodeChanged) {
  const EntryHeader header = make_header(kMacKey, key_of(), kCode);
  for (std::size_t bit = 0; bit < 8 * EntryHeader::kBytes; ++bit) {
    EntryHeader changed = header;
    changed.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(accepts(changed)) << bit;
  }
  for (std::size_t bit = 0; bit < 8 * kCode.size(); ++bit) {
    std::vector<std::uint8_t> changed = kCode;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(accepts(header, changed)) << bit;
  }
}

TEST(AotEntry, IsRefusedUnderAnotherSecret) {
  MacKey other = kMacKey;
  other[31] ^= 1;
  EXPECT_FALSE(accepts(make_header(kMacKey, key_of(), kCode), kCode, other));
}

// Poly1305 tells all there is to tell of its key once two messages have tags under the same one.
TEST(AotEntry, NeverUsesOneKeyOfPoly1305Twice) {
  std::set<std::vector<std::uint8_t>> nonces;
  for (int i = 0; i < 100; ++i) {
    const auto bytes = make_header(kMacKey, key_of(), kCode).bytes;
    nonces.emplace(bytes.begin() + 80, bytes.begin() + 104);
  }
  EXPECT_EQ(nonces.size(), 100U);
  const EntryHeader first = make_header(kMacKey, key_of(), kCode);
  EntryHeader second = first;
  second.bytes[80] ^= 1;
  EXPECT_NE(tag_of(first), tag_of(second));
}

TEST(AotEntry, TellsWhatIsWrongWithIt) {
  const EntryHeader header = make_header(kMacKey, key_of(), kCode);
  EXPECT_EQ(find_flaw(EntryHeader{}, file_size(), key_of()), EntryFlaw::not_an_entry);
  EXPECT_EQ(find_flaw(header, file_size(), key_of(2)), EntryFlaw::other_module);
  EXPECT_EQ(find_flaw(header, file_size() - 1, key_of()), EntryFlaw::cut);
  EXPECT_EQ(find_flaw(header, file_size() + 1, key_of()), EntryFlaw::cut);
  EXPECT_EQ(find_flaw(header, 0, key_of()), EntryFlaw::cut);
  AotKey newer = key_of();
  newer.engine = "49.0.0 abc";
  EXPECT_EQ(find_flaw(header, file_size(), newer), EntryFlaw::old);
  EXPECT_EQ(find_flaw(header, file_size(), key_of()), std::nullopt);
}

TEST(AotEntry, EachPartOfTheKeyIsInItsNameOrItsHeader) {
  const EntryHeader header = make_header(kMacKey, key_of(), kCode);
  const std::string name = entry_name(key_of());
  const auto is_other = [&](const AotKey& key) {
    return entry_name(key) != name && find_flaw(header, file_size(), key).has_value();
  };
  AotKey key = key_of(2);
  EXPECT_TRUE(is_other(key));
  key = key_of();
  key.settings = "fuel=false";
  EXPECT_TRUE(is_other(key));
  key = key_of();
  key.cpu = "x86_64 1 2 4";
  EXPECT_TRUE(is_other(key));
  key = key_of();
  key.engine = "48.0.8 abd";  // in the same place, so that what is of no use any more is replaced
  EXPECT_EQ(entry_name(key), name);
  EXPECT_EQ(find_flaw(header, file_size(), key), EntryFlaw::old);
}

// What is at the end of one part must not count as the beginning of the next.
TEST(AotEntry, PartsOfTheKeyDoNotRunIntoEachOther) {
  AotKey a = key_of();
  a.settings = "ab";
  a.cpu = "c";
  AotKey b = key_of();
  b.settings = "a";
  b.cpu = "bc";
  EXPECT_NE(entry_name(a), entry_name(b));
  EXPECT_EQ(find_flaw(make_header(kMacKey, a, kCode), file_size(), b), EntryFlaw::old);
}

TEST(AotEntry, IsKnownByItsName) {
  const std::string name = entry_name(key_of());
  EXPECT_TRUE(is_entry_name(name));
  EXPECT_FALSE(is_entry_name(""));
  EXPECT_FALSE(is_entry_name("../" + name));
  EXPECT_FALSE(is_entry_name(name + "0"));
  EXPECT_FALSE(is_entry_name(name.substr(1)));
  std::string upper = name;
  upper[0] = 'A';
  EXPECT_FALSE(is_entry_name(upper));
}

TEST(CpuFeatures, AreTheSameOnEveryCore) {
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(cpu_features(), cpu_features());
  EXPECT_NE(cpu_features().find(' '), std::string::npos);
}

}  // namespace
}  // namespace midimon::wasm
