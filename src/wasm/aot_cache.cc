#include "wasm/aot_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/private_directory.h"
#include "base/text.h"
#include "base/units.h"
#include "wasm/aot_mac_key.h"
#include "wasm/cpu_features.h"
#include "wasm/own_file.h"
#include "wasm/sealed_copy.h"

namespace midimon::wasm {
namespace {

constexpr const char* kName = "aot";
constexpr std::string_view kDanger = "so what is in it cannot be trusted";
constexpr std::uint64_t kShare = 4;  // so many of the largest entries fit

Result<UniqueFd> open_cache(const AotCacheOptions& options, Missing missing) {
  const auto place = open_private_place(options.cache, kDanger, missing);
  if (!place) return tl::unexpected(place.error());
  return open_private_directory(place->get(), kName, options.cache + "/" + kName, kDanger, missing);
}

AotKey key_of(const Engine& engine, const Sha256& hash) {
  static const std::string cpu = cpu_features();
  return {hash, engine_build(), engine.code_settings(), cpu};
}

bool read_header(int file, EntryHeader& header) {
  return ::pread(file, header.bytes.data(), header.bytes.size(), 0) ==
         static_cast<ssize_t>(header.bytes.size());
}

std::string reason(int error) {
  return std::error_code(error, std::generic_category()).message();
}

}  // namespace

std::optional<AotCacheOptions> aot_options(const Places& places, const Environment& environment,
                                           AotRemark remark) {
  const auto wish = environment("MIDIMON_AOT_CACHE");
  if (wish == "off") return {};
  AotCacheOptions options;
  options.cache = places.cache;
  options.state = places.state;
  options.remark = std::move(remark);
  if (!wish || wish->empty()) return options;
  const auto bytes = parse_bytes(*wish);
  if (bytes) {
    options.max_bytes = *bytes;
  } else if (options.remark) {
    options.remark(LogLevel::warning,
                   "MIDIMON_AOT_CACHE takes off, or a size: " + bytes.error().message);
  }
  return options;
}

Result<AotUsage> examine_aot(const AotCacheOptions& options) {
  const auto directory = open_cache(options, Missing::refuse);
  if (directory) return aot_usage(directory->get());
  if (directory.error().code == ErrorCode::not_found) return AotUsage{};
  return tl::unexpected(directory.error());
}

AotCache::~AotCache() {
  ::sodium_memzero(mac_key_.data(), mac_key_.size());
}

void AotCache::open() {
  if (const auto done = open_places(); !done) {
    remark(LogLevel::info, "Compiled code is not kept: " + done.error().message);
  }
}

Result<void> AotCache::open_places() {
  const auto state = open_private_place(options_.state, kDanger, Missing::make);
  if (!state) return tl::unexpected(state.error());
  auto directory = open_cache(options_, Missing::make);
  if (!directory) return tl::unexpected(directory.error());
  const auto found = find_mac_key(state->get(), options_.state);
  if (!found) return tl::unexpected(found.error());
  if (!found->replaced.empty()) {
    remark(LogLevel::warning,
           fmt::format("The key in {}/{} was replaced: {}. What was compiled before is compiled "
                       "again.",
                       options_.state, kMacKeyName, found->replaced));
  }
  mac_key_ = found->key;
  directory_ = std::move(*directory);
  return {};
}

Result<Module> AotCache::compile(const Engine& engine, std::span<const std::byte> wasm,
                                 const Sha256& hash) {
  std::call_once(opened_, [this] { open(); });
  const AotKey key = key_of(engine, hash);
  if (directory_.valid()) {
    if (auto found = find(engine, key)) {
      ++counts_.found;
      return std::move(*found);
    }
  }
  auto module = Module::compile(engine, wasm);
  ++counts_.compiled;
  if (module && directory_.valid()) keep(*module, key);
  return module;
}

std::optional<Module> AotCache::find(const Engine& engine, const AotKey& key) {
  const std::string name = entry_name(key);
  const OwnFile file = open_own_file(directory_.get(), name, kOthersWrite);
  if (!file.fd.valid()) {
    if (!file.flaw.empty()) drop(name, file.flaw);
    return {};
  }
  auto module = load(engine, key, file.fd.get(), file.size);
  if (!module) {
    drop(name, module.error());
    return {};
  }
  mark_used(file.fd.get());
  return std::move(*module);
}

// From the header on, which is read once, no byte is looked at that could be another one later.
tl::expected<Module, std::string> AotCache::load(const Engine& engine, const AotKey& key, int file,
                                                 std::uint64_t size) {
  const auto wrong = [](EntryFlaw flaw) { return tl::unexpected(std::string(to_string(flaw))); };
  EntryHeader header;
  if (!read_header(file, header)) return wrong(EntryFlaw::cut);
  if (const auto flaw = find_flaw(header, size, key)) {
    // Nobody need hear of an entry of before an upgrade.
    return *flaw == EntryFlaw::old ? tl::unexpected(std::string()) : wrong(*flaw);
  }
  if (size > options_.max_bytes / kShare) return wrong(EntryFlaw::forged);
  const auto code = SealedCopy::of(file, EntryHeader::kBytes, header.code_size());
  if (!code) return errno == ENODATA ? wrong(EntryFlaw::cut) : tl::unexpected(reason(errno));
  EntryMac mac(mac_key_, header);
  if (!code->read([&](auto piece) { mac.add(piece); })) return tl::unexpected(reason(errno));
  if (!has_tag(header, mac.finish())) return wrong(EntryFlaw::forged);
  if (options_.after_check) options_.after_check();
  auto module = Module::map(engine, code->fd());
  if (!module) return tl::unexpected(escape_line(module.error().message));
  return std::move(*module);
}

void AotCache::drop(const std::string& name, std::string_view why) {
  if (::unlinkat(directory_.get(), name.c_str(), 0) != 0) {
    ::unlinkat(directory_.get(), name.c_str(), AT_REMOVEDIR);
  }
  ++counts_.dropped;
  if (why.empty()) return;
  remark(LogLevel::warning,
         fmt::format("The compiled code {}/{}/{} was not used: {}. The module is compiled anew.",
                     options_.cache, kName, name, why));
}

void AotCache::keep(const Module& module, const AotKey& key) {
  const auto code = module.serialize();
  if (!code) return;
  const std::uint64_t size = code->size() + EntryHeader::kBytes;
  if (size > options_.max_bytes / kShare) return;
  trim_aot(directory_.get(), options_.max_bytes - size);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(code->data()), code->size());
  const EntryHeader header = make_header(mac_key_, key, bytes);
  const int error =
      publish_file(directory_.get(), entry_name(key), {header.bytes, bytes}, IfThere::replace);
  if (error == 0) {
    ++counts_.kept;
    trim_aot(directory_.get(), options_.max_bytes);  // others may have kept something meanwhile
  } else if (!complained_.exchange(true)) {
    remark(LogLevel::info, fmt::format("Compiled code is not kept: cannot write to {}/{}: {}.",
                                       options_.cache, kName, reason(error)));
  }
}

void AotCache::remark(LogLevel level, const std::string& text) const {
  if (options_.remark) options_.remark(level, text);
}

}  // namespace midimon::wasm
