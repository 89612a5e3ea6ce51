#include "registry/oci_repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/url.h"
#include "registry/oci_challenge.h"

namespace midimon::registry {
namespace {

constexpr std::uint64_t kMaxAnswerBytes = 64UL * 1024;  // of a token, or of what says no
constexpr Nanos kSmall = std::chrono::seconds(60);
constexpr Nanos kLarge = std::chrono::minutes(30);
constexpr int kOk = 200;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;

// The index types too: a registry that may not send one says that there is nothing.
constexpr std::string_view kAccept =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json";

trust::Sha256 sha256_of(std::string_view bytes) {
  return trust::digest_of(std::as_bytes(std::span(bytes))).sha256;
}

tl::unexpected<Error> other_bytes(std::string_view host, std::string_view what) {
  return fail(ErrorCode::invalid,
              fmt::format("{} sent other bytes than it promised: {}. Nothing of it is used. Try "
                          "again, or tell whoever runs the registry.",
                          host, what));
}

Result<void> check_digest(std::string_view host, std::string_view bytes,
                          const trust::Sha256& promised) {
  const trust::Sha256 digest = sha256_of(bytes);
  if (digest == promised) return {};
  return other_bytes(host, fmt::format("their digest is {} and not {}", to_oci_digest(digest),
                                       to_oci_digest(promised)));
}

// All challenges as the one header that several of them stand for.
std::string challenges(const net::Answer& answer) {
  std::string all;
  for (const net::Header& header : answer.headers) {
    if (header.name == "www-authenticate") all += (all.empty() ? "" : ", ") + header.value;
  }
  return all;
}

}  // namespace

std::string api_url(const OciReference& reference) {
  const std::string rest = fmt::format("://{}/v2/{}/", reference.host, reference.name);
  const auto plain = net::Url::parse("http" + rest);
  return (plain && plain->is_loopback() ? "http" : "https") + rest;
}

OciRepository::OciRepository(net::Client& client, OciReference reference,
                             std::optional<std::string> login)
    : client_(client),
      reference_(std::move(reference)),
      login_path_(std::move(login)),
      base_(api_url(reference_)) {}

Result<OciResolved> OciRepository::resolve() {
  net::Request request;
  request.url = base_ + "manifests/" +
                (reference_.digest ? to_oci_digest(*reference_.digest) : reference_.tag);
  request.max_bytes = kMaxManifestBytes;
  request.timeout = kSmall;
  request.headers = {{"Accept", std::string(kAccept)}};
  const auto answer = get(std::move(request));
  if (!answer) return tl::unexpected(answer.error());
  const trust::Sha256 digest = sha256_of(answer->body);
  auto promised = reference_.digest;
  if (!promised) {
    promised = parse_oci_digest(answer->header("docker-content-digest").value_or(""));
  }
  if (promised) {
    auto checked = check_digest(reference_.host, answer->body, *promised);
    if (!checked) return tl::unexpected(checked.error());
  }
  const auto manifest =
      parse_oci_manifest(answer->body, answer->header("content-type").value_or(""));
  if (!manifest) {
    return fail(manifest.error().code,
                fmt::format("{}: {}", to_string(reference_), manifest.error().message));
  }
  return OciResolved{digest, *manifest};
}

Result<OciArtifact> OciRepository::pull(const OciManifest& manifest,
                                        const std::function<void(std::uint64_t)>& progress) {
  OciArtifact artifact;
  if (manifest.signature) {
    auto signature = blob(*manifest.signature, {});
    if (!signature) return tl::unexpected(signature.error());
    artifact.signature = std::move(*signature);
  }
  auto plugin = blob(manifest.plugin, progress);
  if (!plugin) return tl::unexpected(plugin.error());
  artifact.plugin = std::move(*plugin);
  return artifact;
}

Result<std::string> OciRepository::blob(const OciBlob& blob,
                                        const std::function<void(std::uint64_t)>& progress) {
  net::Request request;
  request.url = base_ + "blobs/" + to_oci_digest(blob.digest);
  // An answer that says no may be longer than a small blob.
  request.max_bytes = std::max(blob.size, kMaxAnswerBytes);
  request.timeout = kLarge;
  if (progress)
    request.progress = [&](std::uint64_t received, std::uint64_t) { progress(received); };
  auto answer = get(std::move(request));
  if (!answer) return tl::unexpected(answer.error());
  if (answer->body.size() != blob.size) {
    return other_bytes(reference_.host,
                       fmt::format("{} of them for {}, which has {}", answer->body.size(),
                                   to_oci_digest(blob.digest), blob.size));
  }
  auto checked = check_digest(reference_.host, answer->body, blob.digest);
  if (!checked) return tl::unexpected(checked.error());
  return std::move(answer->body);
}

// With what the registry was told of the user, which it may ask for once.
Result<net::Answer> OciRepository::get(net::Request request) {
  const std::vector<net::Header> headers = request.headers;
  for (bool told = false;; told = true) {
    request.headers = headers;
    if (!authorization_.empty()) request.headers.push_back({"Authorization", authorization_});
    auto answer = client_.fetch(request);
    if (!answer) return answer;
    if (answer->status == kUnauthorized && !told) {
      if (auto authorized = authorize(*answer); !authorized) {
        return tl::unexpected(authorized.error());
      }
      continue;
    }
    if (auto checked = check_status(*answer); !checked) return tl::unexpected(checked.error());
    return answer;
  }
}

Result<void> OciRepository::authorize(const net::Answer& answer) {
  const auto asked_by = net::Url::parse(answer.url);
  const auto registry = net::Url::parse(base_);
  if (!asked_by || !registry || !asked_by->same_origin(*registry)) {
    return fail(ErrorCode::denied,
                fmt::format("{} sent on to {}, which asks who you are. Only {} itself is told. Ask "
                            "whoever runs it.",
                            reference_.host, asked_by ? asked_by->shown() : "another place",
                            reference_.host));
  }
  const auto challenge = parse_oci_challenge(challenges(answer));
  if (!challenge) return tl::unexpected(challenge.error());
  OciLogin login;
  if (login_path_) {
    auto loaded = load_login(*login_path_, reference_.host);
    if (!loaded) return tl::unexpected(loaded.error());
    login = std::move(*loaded);
  }
  obstacle_ = login.obstacle;
  if (challenge->scheme == OciChallenge::Scheme::basic) {
    if (login.basic.empty()) return not_allowed();
    authorization_ = "Basic " + login.basic;
    return {};
  }
  const auto url = token_url(*challenge, reference_.name, !registry->is_secure());
  if (!url) return tl::unexpected(url.error());
  const auto token = fetch_token(*url, login);
  if (!token) return tl::unexpected(token.error());
  authorization_ = "Bearer " + *token;
  return {};
}

// Also for nobody: registries want a token where anyone may pull.
Result<std::string> OciRepository::fetch_token(const std::string& url, const OciLogin& login) {
  net::Request request;
  request.url = url;
  request.max_bytes = kMaxAnswerBytes;
  request.timeout = kSmall;
  if (!login.basic.empty()) request.headers = {{"Authorization", "Basic " + login.basic}};
  const auto answer = client_.fetch(request);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == kUnauthorized || answer->status == kForbidden) return not_allowed();
  if (auto checked = net::check_status(*answer); !checked) return tl::unexpected(checked.error());
  return parse_token(answer->body);
}

Result<void> OciRepository::check_status(const net::Answer& answer) const {
  if (answer.status == kOk) return {};
  if (answer.status == kUnauthorized || answer.status == kForbidden) return not_allowed();
  if (answer.status == kNotFound) {
    return fail(ErrorCode::not_found,
                fmt::format("{} has no {}, or does not show it to you. Check name and tag; if it "
                            "is not public, run: docker login {}",
                            reference_.host, to_string(reference_), reference_.host));
  }
  return net::check_status(answer);
}

tl::unexpected<Error> OciRepository::not_allowed() const {
  return fail(ErrorCode::denied,
              fmt::format("{} does not let you pull {}. {}{}", reference_.host,
                          to_string(reference_), obstacle_.empty() ? "" : obstacle_ + " ",
                          obstacle_.empty()
                              ? fmt::format("If you have an account there, run `docker login {0}` "
                                            "or `oras login {0}`.",
                                            reference_.host)
                              : "Put user and password into its \"auths\", as docs/oci.md shows."));
}

}  // namespace midimon::registry
