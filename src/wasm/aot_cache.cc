#include "wasm/aot_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/path_error.h"
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
  if (const auto done = open_places(); !done) complain(done.error().message);
}

Result<void> AotCache::open_places() {
  if (::access("/proc/thread-self/fd", X_OK) != 0) {
    return cannot("use", "/proc, through which the engine is given code", errno);
  }
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
  Miss::Kind miss = Miss::Kind::unreadable;
  if (directory_.valid()) {
    auto found = find(engine, key);
    if (found) {
      ++counts_.found;
      return std::move(*found);
    }
    miss = found.error().kind;
    if (miss == Miss::Kind::wrong) drop(entry_name(key), found.error().why);
    if (miss == Miss::Kind::unreadable) complain(found.error().why);
  }
  auto module = Module::compile(engine, wasm);
  ++counts_.compiled;
  if (module && miss != Miss::Kind::unreadable) keep(*module, key);
  return module;
}

AotCache::Found AotCache::find(const Engine& engine, const AotKey& key) {
  const OwnFile file = open_own_file(directory_.get(), entry_name(key), kOthersWrite);
  if (!file.flaw.empty()) return wrong(std::string(file.flaw));
  if (file.error == ENOENT) return tl::unexpected(Miss{Miss::Kind::missing, {}});
  if (file.error != 0) return unreadable(file.error);
  auto module = load(engine, key, file.fd.get(), file.size);
  if (module) mark_used(file.fd.get());
  return module;
}

// From the header on, which is read once, no byte is looked at that could be another one later.
AotCache::Found AotCache::load(const Engine& engine, const AotKey& key, int file,
                               std::uint64_t size) {
  EntryHeader header;
  if (size < EntryHeader::kBytes || !read_header(file, header)) return wrong(EntryFlaw::cut);
  if (const auto flaw = find_flaw(header, size, key)) return wrong(*flaw);
  // There was more room when it was made; nobody did wrong.
  if (size > options_.max_bytes / kShare) return wrong(std::string());
  const auto code = SealedCopy::of(file, EntryHeader::kBytes, header.code_size());
  if (!code) return errno == ENODATA ? wrong(EntryFlaw::cut) : unreadable(errno);
  EntryMac mac(mac_key_, header);
  if (!code->read([&](auto piece) { mac.add(piece); })) return unreadable(errno);
  if (!has_tag(header, mac.finish())) return wrong(EntryFlaw::forged);
  if (options_.after_check) options_.after_check();
  auto module = Module::map(engine, code->fd());
  if (!module) return wrong(escape_line(module.error().message));
  return std::move(*module);
}

tl::unexpected<AotCache::Miss> AotCache::wrong(std::string why) {
  return tl::unexpected(Miss{Miss::Kind::wrong, std::move(why)});
}

tl::unexpected<AotCache::Miss> AotCache::wrong(EntryFlaw flaw) {
  return wrong(flaw == EntryFlaw::old ? std::string() : std::string(to_string(flaw)));
}

tl::unexpected<AotCache::Miss> AotCache::unreadable(int error) {
  return tl::unexpected(
      Miss{Miss::Kind::unreadable, "An entry cannot be read: " + reason(error) + "."});
}

void AotCache::drop(const std::string& name, const std::string& why) {
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
  } else {
    complain(fmt::format("Cannot write to {}/{}: {}.", options_.cache, kName, reason(error)));
  }
}

void AotCache::complain(const std::string& why) {
  if (complained_.exchange(true)) return;
  remark(LogLevel::info, why + " Modules are compiled at each start until that is mended.");
}

void AotCache::remark(LogLevel level, const std::string& text) const {
  if (options_.remark) options_.remark(level, text);
}

}  // namespace midimon::wasm
