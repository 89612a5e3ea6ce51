#include "cli/plugin_source.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/places.h"
#include "cli/console.h"
#include "cli/plugin_store.h"
#include "cli/registries.h"
#include "cli/web.h"
#include "net/url.h"
#include "package/archive.h"
#include "store/source.h"
#include "trust/minisign_text.h"

namespace midimon::cli {
namespace {

Result<package::Package> read_url(const std::string& text, const Places& places) {
  const auto url = net::Url::parse(text);
  if (!url) return tl::unexpected(url.error());
  auto web = Web::create(places);
  if (!web) return tl::unexpected(web.error());
  auto bytes = (*web)->download(url->text(), package::kMaxArchiveBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return store::read_bytes(std::move(*bytes), url->shown(), [&] {
    return (*web)->find(url->beside(".minisig"), trust::kMaxSignatureFile);
  });
}

Result<package::Package> read_listed(const PluginName& name, const std::string& registry,
                                     const Places& places) {
  auto registries = Registries::create(places, registry);
  if (!registries) return tl::unexpected(registries.error());
  const auto offer = registries->find_first(name.id);
  if (!offer) return tl::unexpected(offer.error());
  const auto release = offer->choose(name.version);
  if (!release) return tl::unexpected(release.error());
  if ((*release)->yanked) {
    print_error(fmt::format("{} {} was withdrawn: {}.", name.id, (*release)->version.text(),
                            *(*release)->yanked));
  }
  return registries->read(*offer, **release);
}

}  // namespace

bool is_listed_name(const std::string& given) {
  std::error_code error;
  return !is_file(given) && parse_plugin_name(given) && !std::filesystem::exists(given, error);
}

Result<package::Package> read_plugin(const std::string& given, const std::string& registry) {
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  if (!registry.empty() || is_listed_name(given)) {
    const auto name = parse_plugin_name(given);
    if (name) return read_listed(*name, registry, *places);
    return fail(ErrorCode::invalid,
                "A registry knows plugins by ID or ID@VERSION. Give one of "
                "these, or leave out --registry.");
  }
  return net::looks_like_url(given) ? read_url(given, *places) : store::read_source(given);
}

}  // namespace midimon::cli
