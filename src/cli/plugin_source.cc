#include "cli/plugin_source.h"

#include <utility>

#include "base/places.h"
#include "cli/web.h"
#include "net/url.h"
#include "package/archive.h"
#include "store/source.h"
#include "trust/minisign_text.h"

namespace midimon::cli {
namespace {

Result<package::Package> read_url(const std::string& text) {
  const auto url = net::Url::parse(text);
  if (!url) return tl::unexpected(url.error());
  const auto places = find_places(this_platform(), process_environment());
  if (!places) return tl::unexpected(places.error());
  auto web = Web::create(*places);
  if (!web) return tl::unexpected(web.error());
  auto bytes = web->download(url->text(), package::kMaxArchiveBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  return store::read_bytes(std::move(*bytes), url->shown(), [&] {
    return web->find(url->beside(".minisig"), trust::kMaxSignatureFile);
  });
}

}  // namespace

Result<package::Package> read_plugin(const std::string& given) {
  return net::looks_like_url(given) ? read_url(given) : store::read_source(given);
}

}  // namespace midimon::cli
