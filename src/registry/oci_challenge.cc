#include "registry/oci_challenge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/ascii.h"
#include "base/bounded_json.h"
#include "base/text.h"
#include "net/url.h"

namespace midimon::registry {
namespace {

constexpr int kMaxTokenDepth = 8;
constexpr std::size_t kMaxTokenBytes = 32UL * 1024;

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Challenge {
  std::string scheme;  // in lower case, as the names of parameters
  std::map<std::string, std::string, std::less<>> parameters;
};

// Reads one challenge after the other.
class ChallengeReader {
 public:
  explicit ChallengeReader(std::string_view text) : text_(text) {}

  // Skips to the next challenge; false at the end.
  bool more() {
    skip(" \t,");
    return at_ < text_.size();
  }
  // Nothing if it is malformed.
  std::optional<Challenge> next();

 private:
  enum class Read { yes, none, malformed };

  void skip(std::string_view characters) {
    at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
  }
  [[nodiscard]] bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }
  std::string_view token();
  std::optional<std::string> quoted();
  Read parameter(Challenge& challenge);

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string_view ChallengeReader::token() {
  const std::size_t begin = at_;
  while (at_ < text_.size() &&
         (is_letter_or_digit(text_[at_]) ||
          std::string_view("!#$%&'*+-.^_`|~").find(text_[at_]) != std::string_view::npos)) {
    ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

// What stands between the quotation mark here and the next one.
std::optional<std::string> ChallengeReader::quoted() {
  std::string out;
  for (++at_; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return out;
    }
    if (c == '\\' && ++at_ < text_.size()) c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out += c;
  }
  return std::nullopt;
}

// NAME=VALUE; none if it is the next challenge that begins here.
ChallengeReader::Read ChallengeReader::parameter(Challenge& challenge) {
  const std::size_t begin = at_;
  const std::string name = to_lower(token());
  skip(" \t");
  if (name.empty() || !sees('=')) {
    at_ = begin;
    return Read::none;
  }
  ++at_;
  skip(" \t");
  const bool in_quotes = sees('"');
  const std::optional<std::string> value = in_quotes ? quoted() : std::string(token());
  if (!value || (value->empty() && !in_quotes) ||
      !challenge.parameters.emplace(name, *value).second)
    return Read::malformed;
  skip(" \t");
  return Read::yes;
}

std::optional<Challenge> ChallengeReader::next() {
  Challenge challenge{to_lower(token()), {}};
  if (challenge.scheme.empty()) return std::nullopt;
  while (true) {
    const std::size_t before = at_;
    skip(" \t,");
    if (at_ == text_.size()) return challenge;
    const bool separated = text_.substr(before, at_ - before).find(',') != std::string_view::npos;
    switch (parameter(challenge)) {
      case Read::malformed:
        return std::nullopt;
      case Read::none:
        if (!separated) return std::nullopt;
        return challenge;
      case Read::yes:
        if (at_ < text_.size() && !sees(',')) return std::nullopt;
    }
  }
}

tl::unexpected<Error> refuse(std::string_view what, ErrorCode code = ErrorCode::invalid) {
  return fail(code, fmt::format("The registry asks who you are in a way that cannot be answered: "
                                "{}. Ask whoever runs it.",
                                what));
}

std::string parameter_of(const Challenge& challenge, std::string_view name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? "" : found->second;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_letter_or_digit(c) || std::string_view("-._~:/").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// The scope that was asked for, if it is to pull from one repository: its name there may be another
// one than the registry's own. Otherwise ours.
std::string scope_for(const OciChallenge& challenge, std::string_view name) {
  const std::string& scope = challenge.scope;
  const bool pulls = scope.starts_with("repository:") && scope.ends_with(":pull") &&
                     scope.find(' ') == std::string::npos;
  return pulls ? scope : fmt::format("repository:{}:pull", name);
}

}  // namespace

Result<OciChallenge> parse_oci_challenge(std::string_view header) {
  if (header.size() > kMaxChallengeBytes) {
    return refuse("its WWW-Authenticate header is too long", ErrorCode::limit);
  }
  std::optional<OciChallenge> best;
  for (ChallengeReader reader(header); reader.more();) {
    const auto challenge = reader.next();
    if (!challenge) return refuse("its WWW-Authenticate header is malformed");
    if (challenge->scheme == "bearer" && (!best || best->scheme == OciChallenge::Scheme::basic)) {
      best = OciChallenge{OciChallenge::Scheme::bearer, parameter_of(*challenge, "realm"),
                          parameter_of(*challenge, "service"), parameter_of(*challenge, "scope")};
    } else if (challenge->scheme == "basic" && !best) {
      best = OciChallenge{};
    }
  }
  if (!best) {
    return refuse("its WWW-Authenticate header asks for neither Bearer nor Basic",
                  ErrorCode::unsupported);
  }
  return *best;
}

Result<std::string> token_url(const OciChallenge& challenge, std::string_view name, bool loopback) {
  const auto realm = net::Url::parse(challenge.realm);
  if (!realm) return refuse(fmt::format("of where it gives tokens, {}", realm.error().message));
  if (!realm->is_secure() && !(loopback && realm->is_loopback())) {
    return refuse(
        fmt::format("it gives tokens at {}, which is not https, so that anyone on the way "
                    "could read them",
                    realm->shown()),
        ErrorCode::denied);
  }
  std::string url = realm->text();
  url += url.find('?') == std::string::npos ? '?' : '&';
  if (!challenge.service.empty()) {
    url += fmt::format("service={}&", percent_encoded(challenge.service));
  }
  url += "scope=" + percent_encoded(scope_for(challenge, name));
  if (url.size() > net::kMaxUrlBytes) {
    return refuse("it asks for a token with too many words", ErrorCode::limit);
  }
  return url;
}

Result<std::string> parse_token(std::string_view text) {
  const auto answer = parse_bounded_json(text, kMaxTokenDepth);
  if (!answer || !answer->is_object()) return refuse("what it gives as a token is no JSON object");
  auto found = answer->find("token");
  if (found == answer->end()) found = answer->find("access_token");
  if (found == answer->end() || !found->is_string()) {
    return refuse("in what it gives there is no \"token\"");
  }
  auto token = found->get<std::string>();
  const bool fits = !token.empty() && token.size() <= kMaxTokenBytes &&
                    std::all_of(token.begin(), token.end(), [](char c) {
                      return is_letter_or_digit(c) ||
                             std::string_view("-._~+/=").find(c) != std::string_view::npos;
                    });
  if (!fits) return refuse("its token does not fit into a header");
  return token;
}

}  // namespace midimon::registry
