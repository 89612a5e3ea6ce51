#include "login/proof.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "trust/digest.h"

namespace midimon::login {
namespace {

// 32 random bytes as text: what RFC 7636 recommends, and more than anybody guesses.
Result<std::string> random_text() {
  std::array<unsigned char, 32> bytes{};
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(ErrorCode::io, "The system has no random bytes to log in with.");
    have += static_cast<std::size_t>(got);
  }
  return base64url(bytes);
}

}  // namespace

std::string base64url(std::span<const unsigned char> bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const unsigned char byte : bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 6; bits -= 6)
      text += kDigits[(held >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += kDigits[(held << (6 - bits)) & 63U];
  return text;
}

std::string challenge_of(std::string_view verifier) {
  return base64url(trust::digest_of(std::as_bytes(std::span(verifier))).sha256);
}

Result<Proof> make_proof() {
  auto verifier = random_text();
  auto state = random_text();
  if (!verifier || !state) return tl::unexpected(verifier ? state.error() : verifier.error());
  Proof proof{std::move(*verifier), {}, std::move(*state)};
  proof.challenge = challenge_of(proof.verifier);
  return proof;
}

}  // namespace midimon::login
