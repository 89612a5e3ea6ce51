#include "hostapi/secret_headers.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "hostapi/errand.h"
#include "hostapi/secret_source.h"
#include "net/header.h"

namespace midimon::hostapi {
namespace {

using Usable = SecretSource::Usable;
using Unusable = tl::unexpected<Answer>;

// The secrets of one request.
class SecretsInUse {
 public:
  SecretsInUse(Context& context, HostCall& call, const grants::HostRule& origin)
      : context_(context), call_(call), origin_(origin) {}

  // `pattern` with its secrets.
  tl::expected<std::string, Answer> fill_in(std::string_view pattern) {
    std::string value;
    while (true) {
      const std::size_t start = pattern.find("{{");
      value += pattern.substr(0, start);
      if (start == std::string_view::npos) return value;
      const std::size_t end = pattern.find("}}", start);
      if (end == std::string_view::npos) {
        return wrong("In a secret header, {{NAME}} stands for a secret; a }} is missing.");
      }
      const auto secret = find(pattern.substr(start + 2, end - start - 2));
      if (!secret) {
        trust::wipe(value);
        return tl::unexpected(secret.error());
      }
      value += (*secret)->value.text();
      if (value.size() > net::kMaxHeaderValue) {
        trust::wipe(value);
        return wrong("A header with its secrets is longer than 8 KiB.");
      }
      pattern.remove_prefix(end + 2);
    }
  }

 private:
  Unusable wrong(std::string_view why) { return Unusable(context_.explain(Answer::invalid, why)); }

  tl::expected<const Usable*, Answer> find(std::string_view name) {
    const auto known = known_.find(name);
    if (known != known_.end()) return &known->second;
    if (known_.size() == kMaxSecretsUsed) {
      return wrong(fmt::format("A request has {} secrets in it at most.", kMaxSecretsUsed));
    }
    auto found = run_errand<Result<std::optional<Usable>>>(
        context_, call_, [&](const std::stop_token&, SecretSource::Used done) {
          context_.services().secrets->use(context_.plugin(), name, std::move(done));
        });
    if (!found) return Unusable(Answer::timed_out);
    if (!*found) return Unusable(context_.explain(Answer::failed, found->error().message));
    if (!**found) {
      return Unusable(context_.explain(
          Answer::not_found,
          fmt::format("No secret {} is stored for this plugin: `midimon secret set {} {}`.",
                      escape_line(name), context_.plugin(), escape_line(name))));
    }
    Usable& usable = ***found;
    if (usable.only_to && !grants::includes(*usable.only_to, origin_)) {
      context_.refuse(origin_);
      return Unusable(context_.explain(
          Answer::not_granted,
          fmt::format("The secret {} is for {} only, and not for {}.", escape_line(name),
                      grants::to_string(*usable.only_to), grants::to_string(origin_))));
    }
    return &known_.emplace(name, std::move(usable)).first->second;
  }

  Context& context_;
  HostCall& call_;
  const grants::HostRule& origin_;
  std::map<std::string, Usable, std::less<>> known_;
};

}  // namespace

tl::expected<std::vector<net::Header>, Answer> fill_in_secrets(
    Context& context, HostCall& call, const grants::HostRule& origin,
    const std::vector<net::Header>& patterns) {
  std::vector<net::Header> headers;
  if (!patterns.empty() && context.services().secrets == nullptr) {
    return Unusable(
        context.explain(Answer::unavailable, "This host keeps no secrets for plugins."));
  }
  SecretsInUse secrets(context, call, origin);
  for (const net::Header& pattern : patterns) {
    auto value = secrets.fill_in(pattern.value);
    if (!value) return tl::unexpected(value.error());
    headers.push_back({pattern.name, std::move(*value)});
    if (auto checked = net::check_header(headers.back()); !checked) {
      return Unusable(context.explain(Answer::invalid, checked.error().message));
    }
  }
  return headers;
}

}  // namespace midimon::hostapi
