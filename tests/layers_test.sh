#!/usr/bin/env bash
# The layer check finds what it is for: layers_test.sh SOURCE_DIR
set -euo pipefail
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/include/midimon"
cp "$source/CMakeLists.txt" "$work/"
cp -r "$source/src" "$work/src"

"$source/tools/check_layers.py" "$work" >/dev/null
expect_breach() {
    local file=$1 line=$2
    cp "$work/$file" "$work/saved"
    echo "$line" >>"$work/$file"
    if "$source/tools/check_layers.py" "$work" >/dev/null; then
        echo "not found: $line in $file" >&2
        exit 1
    fi
    mv "$work/saved" "$work/$file"
}
expect_breach src/vfs/path.cc '#include "wasm/engine.h"'
expect_breach src/wasi/files.cc '#include "plugins/sandbox.h"'
expect_breach src/actions/dispatcher.cc '#include "wasm/engine.h"'
expect_breach src/plugins/plugin.cc '#include "cli/commands.h"'
expect_breach src/wasi/files.cc '#include <wasmtime.h>'
expect_breach src/plugins/plugin.cc '#include <toml++/toml.h>'
expect_breach src/trust/decision.cc '#include "plugins/plugin_host.h"'
expect_breach src/cli/key_sign.cc '#include <sodium.h>'
expect_breach src/store/source.cc '#include <archive.h>'
expect_breach src/store/source.cc '#include <curl/curl.h>'
expect_breach src/registry/index.cc '#include "store/store.h"'
expect_breach src/package/package.cc '#include "store/store.h"'
"$source/tools/check_layers.py" "$work"
