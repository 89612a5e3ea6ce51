#include "cli/oci_source.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "base/places.h"
#include "base/units.h"
#include "cli/console.h"
#include "net/client.h"
#include "registry/oci_pins.h"
#include "registry/oci_repository.h"
#include "store/source.h"

namespace midimon::cli {
namespace {

Result<std::string> find_pins_path() {
  return find_places(this_platform(), process_environment()).map(registry::pins_path);
}

Result<registry::OciPins> find_pins() {
  const auto path = find_pins_path();
  if (!path) return tl::unexpected(path.error());
  return registry::load_pins(*path);
}

Result<registry::OciArtifact> pull(registry::OciRepository& repository,
                                   const registry::OciManifest& manifest) {
  Progress progress;
  const std::uint64_t total = manifest.plugin.size;
  return repository.pull(manifest, [&](std::uint64_t received) {
    progress.show(fmt::format("{} of {}  {}", format_bytes(received), format_bytes(total),
                              bar(received, total)));
  });
}

}  // namespace

Result<OciPull> pull_oci(const std::string& text, bool update) {
  auto reference = registry::parse_oci_reference(text);
  if (!reference) return tl::unexpected(reference.error());
  const auto pins = find_pins();
  if (!pins) return tl::unexpected(pins.error());
  const Environment environment = process_environment();
  auto client = net::Client::create(net::client_options(environment));
  if (!client) return tl::unexpected(client.error());
  registry::OciRepository repository(*client, *reference, registry::login_path(environment));
  const auto resolved = repository.resolve();
  if (!resolved) return tl::unexpected(resolved.error());
  if (!update && !reference->digest) {
    if (auto checked = pins->check(*reference, resolved->digest); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  auto artifact = pull(repository, resolved->manifest);
  if (!artifact) return tl::unexpected(artifact.error());
  auto package = store::read_bytes(std::move(artifact->plugin), text,
                                   [&] { return std::move(artifact->signature); });
  if (!package) return tl::unexpected(package.error());
  reference->digest = resolved->digest;
  return OciPull{std::move(*package), std::move(*reference)};
}

Result<void> pin_oci(const registry::OciReference& target) {
  if (target.tag.empty()) return {};
  const auto path = find_pins_path();
  if (!path) return tl::unexpected(path.error());
  return registry::update_pins(
      *path, [&](registry::OciPins& pins) { pins.pin(target, trust::now(SystemClock())); });
}

}  // namespace midimon::cli
