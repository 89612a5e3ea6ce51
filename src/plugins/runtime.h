// The parts of a Runtime: what all plugins of a process share; and a module as one is loaded from.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audit/recorder.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/places.h"
#include "hostapi/services.h"
#include "midimon/plugin.h"
#include "net/web.h"
#include "plugins/storage.h"
#include "process/runner.h"
#include "secrets/keeper.h"
#include "vfs/resolver.h"
#include "wasm/aot_cache.h"
#include "wasm/cancel.h"
#include "wasm/engine.h"
#include "wasm/module.h"

namespace midimon {

struct Runtime::Parts {
  std::unique_ptr<LogSink> log;
  SystemClock clock;
  // By which guests are told the time; null: `clock`, by which all else goes. Goes as fast, and is
  // set before a plugin is loaded.
  const Clock* guest_clock = nullptr;
  Places places;
  vfs::ResolverKind resolver = vfs::ResolverKind::openat2;
  std::unique_ptr<audit::Recorder> recorder;  // null where nobody wants to know
  plugins::Storage storage;
  std::optional<std::uint64_t> min_free_disk;
  std::unique_ptr<net::Web> web;
  std::unique_ptr<Runner> programs;
  std::unique_ptr<secrets::Keeper> secrets;  // made before any thread is confined
  hostapi::Services services;                // set before a plugin is loaded
  wasm::CancelSource cancel;
  std::unique_ptr<wasm::Engine> engine;
  std::shared_ptr<wasm::AotCache> aot_cache;  // null where there is none
  std::unique_ptr<wasm::Linker> linker;       // wasi in slot 0, midimon in slot 1
};

struct WasmPlugin::Bytes {
  std::span<const std::byte> wasm;
  wasm::Sha256 sha256;  // of `wasm`
};

}  // namespace midimon
