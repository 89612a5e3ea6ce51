#include "registry/oci_manifest.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/bounded_json.h"
#include "base/units.h"
#include "package/archive.h"
#include "registry/oci_reference.h"
#include "toml/problems.h"
#include "trust/minisign_text.h"

namespace midimon::registry {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxText = 256;  // of one field
constexpr std::string_view kTitle = "org.opencontainers.image.title";
constexpr std::string_view kModuleType = "application/wasm";
// What ORAS says of a file that nothing else is said of.
constexpr std::string_view kTarType = "application/vnd.oci.image.layer.v1.tar";
constexpr std::array<std::string_view, 2> kIndexTypes = {
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json"};

enum class Kind { package, module, signature };

struct Layer {
  Kind kind = Kind::package;
  std::string title;
  OciBlob blob;
};

tl::unexpected<Error> refuse(std::string_view what, ErrorCode code = ErrorCode::invalid) {
  return fail(code, fmt::format("Its manifest cannot be used: {}. Its author pushes a plugin as "
                                "docs/oci.md says.",
                                what));
}

// The text of `key`; empty if there is none.
Result<std::string> text_of(const json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return refuse(fmt::format("\"{}\" is not a string", key));
  auto text = found->get<std::string>();
  if (text.size() > kMaxText) {
    return refuse(fmt::format("\"{}\" is longer than {} bytes", key, kMaxText), ErrorCode::limit);
  }
  return text;
}

Result<void> check_type(std::string_view type) {
  for (const std::string_view index : kIndexTypes) {
    if (type != index) continue;
    return refuse(
        "it is an index of several manifests, one for each platform, and a plugin is the "
        "same on all of them. Name one of the manifests by its digest, or another tag",
        ErrorCode::unsupported);
  }
  if (type.empty() || type == kManifestType) return {};
  return refuse(
      fmt::format("it is of the type {}, and only {} is read", in_quotes(type), kManifestType),
      ErrorCode::unsupported);
}

// The digest and size that a descriptor promises.
Result<OciBlob> read_blob(const json& layer) {
  const auto digest_text = text_of(layer, "digest");
  if (!digest_text) return tl::unexpected(digest_text.error());
  const auto digest = parse_oci_digest(*digest_text);
  if (!digest) {
    return refuse(fmt::format("the digest {} is not sha256: and 64 digits in lower case",
                              in_quotes(*digest_text)));
  }
  const auto size = layer.find("size");
  if (size == layer.end() || !size->is_number_unsigned()) {
    return refuse("the \"size\" of a layer is not a whole number");
  }
  return OciBlob{*digest, size->get<std::uint64_t>()};
}

Result<std::string> read_title(const json& layer) {
  const auto annotations = layer.find("annotations");
  if (annotations == layer.end()) return std::string();
  if (!annotations->is_object()) return refuse("the \"annotations\" of a layer are no object");
  return text_of(*annotations, kTitle);
}

std::optional<Kind> kind_of(std::string_view type, std::string_view title) {
  if (type == kPackageType) return Kind::package;
  if (title.ends_with(".minisig")) return Kind::signature;
  if (type == kModuleType) return Kind::module;
  if (type != kTarType) return std::nullopt;
  if (title.ends_with(".midiplug")) return Kind::package;
  return title.ends_with(".wasm") ? std::optional(Kind::module) : std::nullopt;
}

Result<Layer> read_layer(const json& source) {
  if (!source.is_object()) return refuse("a layer is not an object");
  const auto type = text_of(source, "mediaType");
  if (!type) return tl::unexpected(type.error());
  auto title = read_title(source);
  if (!title) return tl::unexpected(title.error());
  const auto blob = read_blob(source);
  if (!blob) return tl::unexpected(blob.error());
  const auto kind = kind_of(*type, *title);
  if (!kind) {
    return refuse(fmt::format("the layer {} of the type {} is no part of a plugin",
                              in_quotes(*title), in_quotes(*type)));
  }
  const std::uint64_t most =
      kind == Kind::signature ? trust::kMaxSignatureFile : package::kMaxArchiveBytes;
  if (blob->size > most) {
    return refuse(fmt::format("the layer {} is of {}, and at most {} are read", in_quotes(*title),
                              format_bytes(blob->size), format_bytes(most)),
                  ErrorCode::limit);
  }
  return Layer{*kind, std::move(*title), *blob};
}

Result<OciManifest> read_pair(const Layer& a, const Layer& b) {
  const Layer& module = a.kind == Kind::module ? a : b;
  const Layer& signature = a.kind == Kind::module ? b : a;
  if (module.kind != Kind::module || signature.kind != Kind::signature) {
    return refuse("its two layers are not a module (.wasm) and its signature (.wasm.minisig)");
  }
  if (!module.title.empty() && signature.title != module.title + ".minisig") {
    return refuse(fmt::format("the signature {} is by its name not that of {}",
                              in_quotes(signature.title), in_quotes(module.title)));
  }
  return OciManifest{module.blob, signature.blob};
}

Result<OciManifest> read_layers(const json& layers) {
  if (layers.empty() || layers.size() > 2) {
    return refuse(
        fmt::format("it has {} layers, where a plugin has one, its .midiplug, or two, its "
                    ".wasm and the .minisig",
                    layers.size()));
  }
  const auto first = read_layer(layers[0]);
  if (!first) return tl::unexpected(first.error());
  if (layers.size() == 2) {
    const auto second = read_layer(layers[1]);
    if (!second) return tl::unexpected(second.error());
    return read_pair(*first, *second);
  }
  if (first->kind != Kind::package) {
    return refuse(
        "its only layer is no package (.midiplug); a module (.wasm) comes with a second "
        "one, its signature (.wasm.minisig)");
  }
  return OciManifest{first->blob, std::nullopt};
}

}  // namespace

Result<OciManifest> parse_oci_manifest(std::string_view text, std::string_view type) {
  // Parameters, such as charset, say nothing that JSON leaves open.
  if (auto checked = check_type(type.substr(0, type.find_first_of("; "))); !checked) {
    return tl::unexpected(checked.error());
  }
  if (text.size() > kMaxManifestBytes) {
    return refuse(fmt::format("it is larger than {}", format_bytes(kMaxManifestBytes)),
                  ErrorCode::limit);
  }
  const auto manifest = parse_bounded_json(text, kMaxDepth);
  if (!manifest || !manifest->is_object()) {
    return refuse("it is no JSON object, or is nested too deep");
  }
  const auto inner_type = text_of(*manifest, "mediaType");
  if (!inner_type) return tl::unexpected(inner_type.error());
  if (auto checked = check_type(*inner_type); !checked) return tl::unexpected(checked.error());
  const auto version = manifest->find("schemaVersion");
  if (version == manifest->end() || *version != 2) return refuse("its \"schemaVersion\" is not 2");
  const auto layers = manifest->find("layers");
  if (layers == manifest->end() || !layers->is_array()) {
    return refuse("it has no list of \"layers\"");
  }
  // Without a type of its own, an index would be one that lists manifests.
  if (manifest->contains("manifests")) return refuse("it lists manifests beside its layers");
  return read_layers(*layers);
}

}  // namespace midimon::registry
