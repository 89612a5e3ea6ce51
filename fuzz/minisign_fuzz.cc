// The files of minisign: whatever the bytes are, they are refused or read as what is written again,
// and none that was not signed is good.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/check.h"
#include "trust/decision.h"
#include "trust/plugin_binding.h"
#include "trust/rotation.h"
#include "trust/secret_key.h"
#include "trust/semver.h"
#include "trust/signature.h"
#include "trust/utc.h"

namespace midimon::trust {
namespace {

using fuzz::check;

template <typename T>
void check_error(const Result<T>& result) {
  if (!result) check(!result.error().message.empty(), "an error says something");
}

void check_signature(std::string_view text) {
  const auto signature = parse_signature(text);
  check_error(signature);
  // No one has signed this with a key of zeros.
  const std::array<std::byte, 4> message{};
  if (!signature) return;
  check(to_file(*parse_signature(to_file(*signature))) == to_file(*signature), "it is read again");
  check(!verify(*signature, {signature->key_id, {}}, message), "no signature is good by itself");
}

void check_keys(std::string_view text) {
  const auto key = parse_public_key(text);
  check_error(key);
  if (key) check(parse_public_key(to_string(*key)) == *key, "a public key is read again");
  // Not opened: that scrypt takes its time is what it is for.
  check_error(SecretKeyFile::parse(text));
}

void check_texts(std::string_view text) {
  const auto binding = parse_binding(text);
  if (binding) {
    check(parse_binding(to_comment(*binding))->id == binding->id, "a binding is read again");
  } else {
    check(fuzz::is_safe_to_show(binding.error().message), "its problem can be shown");
  }
  if (const auto rotation = parse_rotation(text)) {
    check(parse_rotation(to_file(*rotation)).has_value(), "a rotation is read again");
  }
  if (const auto version = SemVer::parse(text)) check(*version == *version, "it is itself");
  if (const auto time = parse_utc(text))
    check(parse_utc(format_utc(*time)) == time, "it is itself");
}

void check_decision(std::string_view text) {
  Candidate candidate;
  candidate.id = "scene";
  candidate.version = "1.0.0";
  candidate.signature = text;
  const Decision decision = decide(candidate, {});
  check(!may_run(decision.verdict), "nothing runs that nobody trusts");
  check(fuzz::is_safe_to_show(decision.message), "a decision can be shown");
}

}  // namespace
}  // namespace midimon::trust

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  midimon::trust::check_signature(text);
  midimon::trust::check_keys(text);
  midimon::trust::check_texts(text);
  midimon::trust::check_decision(text);
  return 0;
}
