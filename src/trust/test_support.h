// Keys and signatures that the real minisign (0.11) made, and helpers for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "trust/secret_key.h"
#include "trust/signature.h"

namespace midimon::trust::testing {

inline constexpr std::string_view kPublicKeyLine =
    "RWSmSWoju+fpLrqqvLkTsQxPuO6KAhkVBMKvQb7f+i0v+/JkdzidBVW8";
inline constexpr std::string_view kPublicKeyFile =
    "untrusted comment: minisign public key 2EE9E7BB236A49A6\n"
    "RWSmSWoju+fpLrqqvLkTsQxPuO6KAhkVBMKvQb7f+i0v+/JkdzidBVW8\n";

// Of `minisign -G -W`.
inline constexpr std::string_view kOpenSecretKey =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAApklqI7vn6S6RJS0ZObgd"
    "Bp8dFVdHhtc82UH3K0awi5A/aMaP9pFy07qqvLkTsQxPuO6KAhkVBMKvQb7f+i0v+/JkdzidBVW8AAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

// The same key under "correct horse", with limits that a test can wait for; minisign opens it.
inline constexpr std::string_view kPassphrase = "correct horse";
inline constexpr std::string_view kEncryptedSecretKey =
    "untrusted comment: low limits\n"
    "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAAgAAAAAAAAAAAEAAAAAU/7sbIdi6uWHd8u+Juplu"
    "VDs1eJrGcWQpXbTv1Sxg/egfX9YP+8+9wXRDqaKdZ5RtqhFZ59YhlzEupC0bN48C7J8tMvSJwKmA/+1/kuwjYb15rOLC5"
    "bJUY9ypb8tbKyAmhF/SaLuIDU=\n";
inline constexpr ScryptLimits kLowLimits{524'288, 16'777'216};

inline constexpr std::string_view kMessage = "hello\n";
inline constexpr std::string_view kPrehashedSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUSmSWoju+fpLh825O1nrydDcH42dmJ+NSZbNt9HmijO+YSypJF/FU6dSCBybOoQxOnbK+wjz6Ua/zduFYjw4t8mw6ym"
    "xvvhwwA=\n"
    "trusted comment: trusted here\n"
    "zSGkNiTPhr2Xnx1vzl0g5Oc25rRAAqEgAb4it5IB0K6isQ0DHvRhEBM5j9866i2AsgKzqZr1SAPY6cPc2pHDDQ==\n";
inline constexpr std::string_view kLegacySignature =
    "untrusted comment: signature from minisign secret key\n"
    "RWSmSWoju+fpLojpcxnZF8gRA0c3x4FUsNDhtmJ5V4f3bT5CKRk0dWqK4JSFmgtnDO+taar4juOplXBxOBKjParB3DOQ"
    "kMGA/Qc=\n"
    "trusted comment: trusted here\n"
    "NVr+t/FRqWQlasZk6IMNYu0qnNUkc5DiJ9reZwfLJ8z/uCdzjIWtz2/dRaVR8xXtDzfGmudV2spkd8Bc2nG5BA==\n";

// Of an empty file, with the comment that minisign makes by itself; it holds tabs.
inline constexpr std::string_view kEmptyFileSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUSmSWoju+fpLpc0TRpKYOin9xJUUsHX+l4nuuZQQUn8u7ZZW/8ypfOipBCk4Yvi9Ywen40u3ZEj07OIUl3s8ctkuYUV"
    "UwLgewI=\n"
    "trusted comment: timestamp:1795610721\tfile:empty\thashed\n"
    "V6YQyT7uIp5EkzwlSDpihA+ZihFdRJdHvJu4MYFjlM0Cb/SU5xqudXZ8sirccdrxWDj8HQy8V8OMUDGdKuG1Aw==\n";

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline PublicKey public_key() {
  return parse_public_key(kPublicKeyLine).value();
}

inline SecretKey secret_key() {
  return std::move(SecretKeyFile::parse(kOpenSecretKey)->open("").value());
}

template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? "no error" : result.error().message;
}

inline std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

}  // namespace midimon::trust::testing
