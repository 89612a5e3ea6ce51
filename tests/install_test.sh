#!/usr/bin/env bash
# Installs midimon into an empty directory, builds a consumer against it there, and uses both.
#   install_test.sh BUILD_DIR SOURCE_DIR
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$source/tests/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$work/consumer" >/dev/null

export MIDIMON_HOME=$work/home
output=$("$work/consumer/embed-runtime" "$build/guests/echo.wasm" say)
grep -q '^echo: Ok, ' <<<"$output"
grep -q '"velocity":100' <<<"$output"
if "$work/consumer/embed-runtime" "$build/guests/echo.wasm" fail >/dev/null 2>&1; then
    echo "a plugin's error should be the consumer's" >&2
    exit 1
fi

"$work/prefix/bin/midimon" --version | grep -q '^midimon '
test -f "$work/prefix/share/midimon/sdk/c/midimon.h"
for page in midimon midimon-exec midimon-run midimon-plugin-run midimon-plugin-info \
    midimon-audit-tail midimon-audit-query midimon-audit-verify midimon-audit-stats \
    midimon-key-sign midimon-key-verify; do
    grep -q 'SH NAME' "$work/prefix/share/man/man1/$page.1"
    if grep '/tmp/' "$work/prefix/share/man/man1/$page.1"; then exit 1; fi
done
# The library shows its own names and nothing of the engine.
library=$(find "$work/prefix" -name libmidimon.so)
nm -D --defined-only "$library" >"$work/names"
grep -q 'WasmPlugin' "$work/names"
if grep -E ' T (wasm|midimon_store)' "$work/names"; then
    echo "these names of the engine should not be seen" >&2
    exit 1
fi
echo "the installed package works"
