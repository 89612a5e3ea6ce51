// midimon.hpp: all a plugin in C++20 needs. Header-only, without exceptions or RTTI. docs/abi.md
// says what is underneath.
//
//   clang++ --target=wasm32-wasi -mexec-model=reactor -std=c++20 -fno-exceptions -fno-rtti -Os
//     -Isdk/c -Isdk/cpp plugin.cc -Wl,--strip-debug -o plugin.wasm
#pragma once

#include "midimon/files.hpp"   // read_file, write_file, ...
#include "midimon/host.hpp"    // log, notify, key_send, volume, secret, ...
#include "midimon/json.hpp"    // Json
#include "midimon/net.hpp"     // http, ws, exec
#include "midimon/params.hpp"  // Fields: structs as params, with their schema
#include "midimon/plugin.hpp"  // Plugin, MIDIMON_PLUGIN
#include "midimon/result.hpp"  // Status, Result
