#include <optional>
#include <string>

#include "hostapi/desktop_errand.h"
#include "hostapi/errand.h"
#include "hostapi/rows.h"
#include "hostapi/secret_source.h"

namespace midimon::hostapi {
namespace {

constexpr std::size_t kMaxSecretName = 64;
constexpr std::size_t kMaxSecretBytes = 16UL * 1024;

Answer no_secrets(Context& context) {
  return context.explain(Answer::unavailable, "This host keeps no secrets for the plugin.");
}

// secret_get(name, name_length, buffer, capacity, length*): one that the user stored for the plugin
// as readable, or that it stored itself.
Answer secret_get(Context& context, HostCall& call, std::uint32_t name, std::uint32_t name_length,
                  std::uint32_t buffer, std::uint32_t capacity, std::uint32_t length) {
  const auto wanted = read_text(call, name, name_length, kMaxSecretName);
  if (!wanted) return wanted.error();
  const OutBuffer out{buffer, capacity, length};
  if (!out.fits(call)) return Answer::bad_text;
  SecretSource* secrets = context.services().secrets;
  if (secrets == nullptr || context.plugin().empty()) return no_secrets(context);
  const auto read = run_errand<Result<std::optional<trust::SecretBytes>>>(
      context, call, [&](const std::stop_token&, SecretSource::Read done) {
        secrets->read(context.plugin(), *wanted, std::move(done));
      });
  if (!read) return Answer::timed_out;
  if (!*read) return explain_error(context, read->error());
  const std::optional<trust::SecretBytes>& secret = **read;
  return secret ? write_whole(call, out, secret->text()) : Answer::not_found;
}

// secret_set(name, name_length, value, value_length): keeps one of the plugin's own; empty: no
// more.
Answer secret_set(Context& context, HostCall& call, std::uint32_t name, std::uint32_t name_length,
                  std::uint32_t value, std::uint32_t value_length) {
  const auto given = read_text(call, name, name_length, kMaxSecretName);
  if (!given) return given.error();
  const auto bytes = read_bytes(call, value, value_length, kMaxSecretBytes);
  if (!bytes) return bytes.error();
  SecretSource* secrets = context.services().secrets;
  if (secrets == nullptr || context.plugin().empty()) return no_secrets(context);
  const auto stored = run_errand<Result<void>>(
      context, call, [&](const std::stop_token&, SecretSource::Stored done) {
        secrets->store(context.plugin(), *given, *bytes, std::move(done));
      });
  if (!stored) return Answer::timed_out;
  if (*stored) return Answer::ok;
  if (stored->error().code == ErrorCode::denied) {
    return context.explain(Answer::not_granted, stored->error().message);
  }
  if (stored->error().code == ErrorCode::invalid) {
    return context.explain(Answer::invalid, stored->error().message);
  }
  return explain_error(context, stored->error());
}

constexpr wasm::HostFunction kRows[] = {
    host_function<secret_get>("secret_get"),
    host_function<secret_set>("secret_set"),
};

}  // namespace

Rows secrets_rows() {
  return kRows;
}

}  // namespace midimon::hostapi
