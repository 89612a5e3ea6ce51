#include "registry/registry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "base/path_error.h"
#include "base/read_fd.h"
#include "base/unique_fd.h"
#include "registry/seen.h"
#include "trust/minisign_text.h"
#include "trust/signature.h"

namespace midimon::registry {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// A file of a registry that is a directory; nothing if it is not there. What there is of it beyond
// `max_bytes` is left, so that the answer is too long then.
Result<std::optional<std::string>> read_file(const std::string& path, std::uint64_t max_bytes) {
  // NONBLOCK: a FIFO in its place must not hang us.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::optional<std::string>();
  if (!fd.valid()) return cannot("read", path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return cannot("look at", path, errno);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid, path + " is not a file.");
  auto bytes = read_to_end(fd.get(), max_bytes);
  if (!bytes) return cannot("read", path, errno);
  return bytes;
}

}  // namespace

Result<Registry::Location> Registry::locate(const std::string& given) {
  if (net::looks_like_url(given)) {
    auto url = net::Url::parse(given);
    if (url && !url->path().ends_with(".json")) {
      url = net::Url::parse(
          url->beside((url->path().ends_with('/') ? "" : "/") + std::string(kIndexFile)));
    }
    if (!url) return tl::unexpected(url.error());
    return Location{std::move(*url), ""};
  }
  std::filesystem::path path(given);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) path /= kIndexFile;
  return Location{{}, path.lexically_normal().string()};
}

Result<std::optional<std::string>> Registry::find(const std::string& suffix, std::size_t max_bytes,
                                                  Fetcher& fetcher) const {
  auto text = location_.url ? fetcher.find(location_.url->beside(suffix), max_bytes)
                            : read_file(location_.path + suffix, max_bytes);
  if (text && *text && (*text)->size() > max_bytes) {
    return fail(ErrorCode::limit, fmt::format("{}{} is too large. Tell who runs the registry {}.",
                                              location_.text(), suffix, config_.name));
  }
  return text;
}

Result<void> Registry::check_signature(const std::string& text,
                                       const std::string& signature_text) const {
  const auto signature = trust::parse_signature(signature_text);
  if (!signature) {
    return fail(ErrorCode::denied, fmt::format("The signature of the index of {} is none: {}",
                                               config_.name, signature.error().message));
  }
  if (signature->key_id != config_.key.id) {
    return fail(
        ErrorCode::denied,
        fmt::format("The index of {} is signed by the key {}, and config.toml has the key {} for "
                    "it. If the registry says elsewhere that its key was replaced, put the new one "
                    "there; otherwise tell who runs it.",
                    config_.name, to_string(signature->key_id), to_string(config_.key.id)));
  }
  // Which of the two kinds of signature it is, is signed by nobody, and midimon makes one.
  const bool holds = signature->kind == trust::Signature::Kind::prehashed &&
                     trust::verify(*signature, config_.key, bytes_of(text));
  if (holds) return {};
  return fail(ErrorCode::denied,
              fmt::format("The index of {} is not what the key {} signed. Nothing is taken from "
                          "it. Try again later; if it stays so, tell who runs the registry.",
                          config_.name, to_string(config_.key.id)));
}

// The two files are not fetched at one moment: where they do not fit together they may have been
// replaced in between, and are fetched once more.
Result<std::string> Registry::genuine_text(Fetcher& fetcher) const {
  for (bool again = false;; again = true) {
    auto signature = find(".minisig", trust::kMaxSignatureFile, fetcher);
    if (!signature) return tl::unexpected(signature.error());
    auto text = find("", kMaxIndexBytes, fetcher);
    if (!text) return tl::unexpected(text.error());
    if (!*text || !*signature) {
      return fail(*text ? ErrorCode::denied : ErrorCode::not_found,
                  fmt::format("The registry {} has no {}{}. Check its \"url\" in config.toml, or "
                              "tell who runs it.",
                              config_.name, location_.text(),
                              *text ? ".minisig, so that its index could be anybody's" : ""));
    }
    auto genuine = check_signature(**text, **signature);
    if (genuine) return std::move(**text);
    if (again) return tl::unexpected(genuine.error());
  }
}

Result<Registry> Registry::open(const Config& config, Fetcher& fetcher, const Places& places,
                                trust::UtcSeconds now) {
  auto location = locate(config.location);
  if (!location) return tl::unexpected(location.error());
  Registry registry(config, std::move(*location), now);
  const auto text = registry.genuine_text(fetcher);
  if (!text) return tl::unexpected(text.error());
  auto index = parse_index(*text);
  if (!index) {
    return fail(index.error().code,
                fmt::format("The index of {} cannot be used: {}. Tell who runs the registry.",
                            config.name, index.error().message));
  }
  registry.index_ = std::move(*index);
  const auto remembered =
      remember(places, {registry.location_.text(), config.key, registry.index_.version,
                        trust::digest_of(bytes_of(*text)).sha256});
  if (!remembered) return tl::unexpected(remembered.error());
  return registry;
}

Result<void> Registry::check_fresh() const {
  if (now_ < index_.expires) return {};
  return fail(ErrorCode::denied,
              fmt::format("The index of {} expired at {}, so that it may hide newer versions. "
                          "Nothing is installed by it. Check the clock of this machine, try again "
                          "later, or tell who runs the registry.",
                          config_.name, trust::format_utc(index_.expires)));
}

Result<Registry::Location> Registry::locate(const Release& release) const {
  const bool is_url = release.url.find("://") != std::string::npos;
  if (!location_.url && !is_url) {
    return Location{{},
                    (std::filesystem::path(location_.path).parent_path() / release.url).string()};
  }
  auto url = is_url ? net::Url::parse(release.url) : location_.url->resolve(release.url);
  if (!url) return tl::unexpected(url.error());
  return Location{std::move(*url), ""};
}

Result<std::string> Registry::download(const Plugin& plugin, const Release& release,
                                       Fetcher& fetcher) const {
  const auto location = locate(release);
  if (!location) return tl::unexpected(location.error());
  const auto is_other = [&](std::string_view what) {
    return fail(
        ErrorCode::denied,
        fmt::format("{} is not the file that the index of {} names for {} {}: {}. Nothing "
                    "of it was read. Try again later; if it stays so, tell who runs the "
                    "registry.",
                    location->text(), config_.name, plugin.id, release.version.text(), what));
  };
  std::string bytes;
  if (location->url) {
    auto fetched = fetcher.download(location->url->text(), release.size);
    if (!fetched && fetched.error().code == ErrorCode::limit) return is_other("it is larger");
    if (!fetched) return tl::unexpected(fetched.error());
    bytes = std::move(*fetched);
  } else {
    auto read = read_file(location->path, release.size);
    if (!read) return tl::unexpected(read.error());
    if (!*read) return cannot("read", location->path, ENOENT);
    bytes = std::move(**read);
  }
  if (bytes.size() != release.size) return is_other("it has another size");
  if (trust::digest_of(bytes_of(bytes)).sha256 != release.sha256) {
    return is_other("its SHA-256 is another one");
  }
  return bytes;
}

}  // namespace midimon::registry
