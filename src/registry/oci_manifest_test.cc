#include "registry/oci_manifest.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "registry/oci_reference.h"
#include "trust/test_support.h"

namespace midimon::registry {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using trust::testing::error_of;

constexpr const char* kTarType = "application/vnd.oci.image.layer.v1.tar";

std::string digest(char c) {
  return "sha256:" + std::string(64, c);
}

json layer(const std::string& type, const std::string& title, char c, json size = 7U) {
  json out = {{"mediaType", type}, {"digest", digest(c)}, {"size", std::move(size)}};
  if (!title.empty()) out["annotations"] = {{"org.opencontainers.image.title", title}};
  return out;
}

// As `oras push HOST/NAME:TAG echo.midiplug` makes it.
json package() {
  return {{"schemaVersion", 2},
          {"mediaType", kManifestType},
          {"artifactType", "application/vnd.unknown.artifact.v1"},
          {"config",
           {{"mediaType", "application/vnd.oci.empty.v1+json"},
            {"digest", digest('0')},
            {"size", 2},
            {"data", "e30="}}},
          {"layers", {layer(kTarType, "echo-1.0.0.midiplug", 'a')}},
          {"annotations", {{"org.opencontainers.image.created", "2026-11-25T11:07:00Z"}}}};
}

json with_layers(json layers) {
  json manifest = package();
  manifest["layers"] = std::move(layers);
  return manifest;
}

Result<OciManifest> read(const json& manifest, std::string_view type = kManifestType) {
  return parse_oci_manifest(manifest.dump(), type);
}

std::string refused(const json& manifest) {
  return error_of(read(manifest));
}

// The package() with `key` of its layer changed.
json changed(const char* key, const json& value) {
  json manifest = package();
  manifest["layers"][0][key] = value;
  return manifest;
}

TEST(OciManifest, FindsThePackage) {
  const auto manifest = read(package());
  ASSERT_TRUE(manifest) << error_of(manifest);
  EXPECT_EQ(to_oci_digest(manifest->plugin.digest), digest('a'));
  EXPECT_EQ(manifest->plugin.size, 7U);
  EXPECT_FALSE(manifest->signature);
}

TEST(OciManifest, APackageOfItsOwnTypeNeedsNoName) {
  EXPECT_EQ(refused(with_layers({layer(std::string(kPackageType), "", 'a')})), "no error");
  EXPECT_EQ(refused(with_layers({layer(std::string(kPackageType), "x", 'a')})), "no error");
}

TEST(OciManifest, FindsAModuleAndItsSignatureInEitherOrder) {
  const json module = layer("application/wasm", "echo.wasm", 'a');
  const json signature = layer(kTarType, "echo.wasm.minisig", 'b');
  for (const json& layers : {json{module, signature}, json{signature, module}}) {
    const auto manifest = read(with_layers(layers));
    ASSERT_TRUE(manifest) << error_of(manifest);
    EXPECT_EQ(to_oci_digest(manifest->plugin.digest), digest('a'));
    EXPECT_EQ(to_oci_digest(manifest->signature->digest), digest('b'));
  }
  EXPECT_EQ(refused(with_layers({layer(kTarType, "e.wasm", 'a'),
                                 layer("application/octet-stream", "e.wasm.minisig", 'b')})),
            "no error");
  EXPECT_EQ(refused(with_layers(
                {layer("application/wasm", "", 'a'), layer("text/plain", "any.minisig", 'b')})),
            "no error");
}

TEST(OciManifest, ItsTypeMaySayMoreOrNothing) {
  EXPECT_TRUE(read(package(), ""));
  EXPECT_TRUE(read(package(), std::string(kManifestType) + "; charset=utf-8"));
  EXPECT_TRUE(read(package(), std::string(kManifestType) + " ;charset=utf-8"));
  json manifest = package();
  manifest.erase("mediaType");
  manifest.erase("artifactType");
  EXPECT_EQ(refused(manifest), "no error");
}

TEST(OciManifest, RefusesAnIndexWithASentence) {
  const json index = {{"schemaVersion", 2},
                      {"mediaType", "application/vnd.oci.image.index.v1+json"},
                      {"manifests", json::array()}};
  EXPECT_THAT(refused(index), HasSubstr("an index of several manifests"));
  EXPECT_THAT(error_of(read(package(), "application/vnd.oci.image.index.v1+json")),
              HasSubstr("an index of several manifests"));
  EXPECT_THAT(
      error_of(read(package(), "application/vnd.docker.distribution.manifest.list.v2+json")),
      HasSubstr("an index of several manifests"));
  json both = package();
  both["manifests"] = json::array();
  EXPECT_THAT(refused(both), HasSubstr("lists manifests beside its layers"));
}

TEST(OciManifest, RefusesOtherTypes) {
  EXPECT_THAT(error_of(read(package(), "text/html")), HasSubstr("the type \"text/html\""));
  json manifest = package();
  manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json";
  EXPECT_THAT(refused(manifest), HasSubstr("and only application/vnd.oci.image.manifest.v1+json"));
  manifest["mediaType"] = 7;
  EXPECT_THAT(refused(manifest), HasSubstr("\"mediaType\" is not a string"));
  manifest = package();
  manifest["schemaVersion"] = 1;
  EXPECT_THAT(refused(manifest), HasSubstr("\"schemaVersion\""));
  manifest.erase("schemaVersion");
  EXPECT_THAT(refused(manifest), HasSubstr("\"schemaVersion\""));
}

TEST(OciManifest, RefusesWhatIsNoJson) {
  EXPECT_THAT(error_of(parse_oci_manifest("", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(parse_oci_manifest("[]", "")), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of(parse_oci_manifest(package().dump() + "}", "")),
              HasSubstr("no JSON object"));
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_THAT(error_of(parse_oci_manifest(deep, "")), HasSubstr("nested too deep"));
}

TEST(OciManifest, RefusesMoreThanFourMebibytes) {
  std::string text = package().dump();
  text.append(kMaxManifestBytes - text.size(), ' ');
  EXPECT_TRUE(parse_oci_manifest(text, ""));
  const auto too_large = parse_oci_manifest(text + " ", "");
  EXPECT_THAT(error_of(too_large), HasSubstr("larger than 4MiB"));
  EXPECT_EQ(too_large.error().code, ErrorCode::limit);
}

TEST(OciManifest, RefusesAnyNumberOfLayersButOneAndTwo) {
  EXPECT_THAT(refused(with_layers(json::array())), HasSubstr("it has 0 layers"));
  EXPECT_THAT(refused(with_layers(json(3, layer(kTarType, "a.midiplug", 'a')))),
              HasSubstr("it has 3 layers"));
  EXPECT_THAT(refused(with_layers(json(10'000, layer(kTarType, "a.midiplug", 'a')))),
              HasSubstr("it has 10000 layers"));
  EXPECT_THAT(refused(with_layers("layers")), HasSubstr("no list of \"layers\""));
  json manifest = package();
  manifest.erase("layers");
  EXPECT_THAT(refused(manifest), HasSubstr("no list of \"layers\""));
}

TEST(OciManifest, RefusesLayersThatAreNoPlugin) {
  EXPECT_THAT(refused(with_layers({layer(kTarType, "README.md", 'a')})),
              HasSubstr("the layer \"README.md\""));
  EXPECT_THAT(refused(with_layers({layer(kTarType, "", 'a')})),
              HasSubstr("is no part of a plugin"));
  EXPECT_THAT(refused(with_layers({layer("application/zip", "a.midiplug", 'a')})),
              HasSubstr("of the type \"application/zip\""));
  EXPECT_THAT(refused(with_layers({7})), HasSubstr("a layer is not an object"));
  EXPECT_THAT(refused(with_layers({layer(kTarType, "\x1B[2J", 'a')})), HasSubstr("\\x1b[2J"));
}

TEST(OciManifest, RefusesAModuleWithoutItsOwnSignature) {
  const json module = layer("application/wasm", "echo.wasm", 'a');
  EXPECT_THAT(refused(with_layers({module})), HasSubstr("its only layer is no package"));
  EXPECT_THAT(refused(with_layers({layer(kTarType, "echo.wasm.minisig", 'a')})),
              HasSubstr("its only layer is no package"));
  EXPECT_THAT(refused(with_layers({module, module})), HasSubstr("its two layers are not"));
  EXPECT_THAT(refused(with_layers({layer(kTarType, "a.midiplug", 'a'), module})),
              HasSubstr("its two layers are not"));
  EXPECT_THAT(refused(with_layers({module, layer(kTarType, "other.wasm.minisig", 'b')})),
              HasSubstr("by its name not that of \"echo.wasm\""));
}

TEST(OciManifest, RefusesDigestsButSha256) {
  for (const std::string& bad :
       {"sha512:" + std::string(128, 'a'), std::string("sha256:abc"), std::string("../../etc"),
        "SHA256:" + std::string(64, 'a'), "sha256:" + std::string(64, 'A'), std::string()}) {
    EXPECT_THAT(refused(changed("digest", bad)), HasSubstr("is not sha256: and 64 digits")) << bad;
  }
  EXPECT_THAT(refused(changed("digest", 7)), HasSubstr("\"digest\" is not a string"));
  EXPECT_THAT(refused(changed("digest", std::string(9999, 'a'))), HasSubstr("longer than 256"));
}

TEST(OciManifest, RefusesSizesThatAreNoneOrTooLarge) {
  for (const json& bad : {json(-1), json(1.5), json("7"), json(1e30), json(nullptr)}) {
    EXPECT_THAT(refused(changed("size", bad)), HasSubstr("is not a whole number")) << bad;
  }
  json manifest = package();
  manifest["layers"][0].erase("size");
  EXPECT_THAT(refused(manifest), HasSubstr("is not a whole number"));
  EXPECT_EQ(refused(changed("size", 67'108'864U)), "no error");
  EXPECT_THAT(refused(changed("size", 67'108'865U)), HasSubstr("at most 64MiB are read"));
  EXPECT_THAT(refused(changed("size", 18'446'744'073'709'551'615U)), HasSubstr("at most 64MiB"));
  EXPECT_THAT(refused(with_layers({layer("application/wasm", "", 'a'),
                                   layer("text/plain", "a.minisig", 'b', 16'385U)})),
              HasSubstr("at most 16KiB are read"));
}

TEST(OciManifest, RefusesAnnotationsThatAreNone) {
  EXPECT_THAT(refused(changed("annotations", 7)), HasSubstr("no object"));
  EXPECT_THAT(refused(changed("annotations", {{"org.opencontainers.image.title", 7}})),
              HasSubstr("title\" is not a string"));
}

}  // namespace
}  // namespace midimon::registry
