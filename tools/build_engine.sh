#!/usr/bin/env bash
# Builds the pinned wasmtime C API once for this user and prints the directory that holds it:
# DIR/lib/libmidimon_engine.a and DIR/include/wasmtime.h. A second run, from any clone, finds the
# first one's result: the directory is named after everything that shapes it.
#
#   tools/build_engine.sh           build if needed, print the directory
#   tools/build_engine.sh --where   print the directory without building
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../engine" && pwd)
cache=${MIDIMON_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/midimon-build}

# Debian's rustc-web and cargo-web install under versioned names only where another Rust is present.
cargo=${CARGO:-cargo}
rustc=${RUSTC:-rustc}
for tool in "$cargo" "$rustc"; do
    if ! command -v "$tool" >/dev/null; then
        echo "build_engine: '$tool' not found; install Rust 1.95 or later, or run 'make deps'" >&2
        exit 1
    fi
done

key=$({
    "$rustc" --version --verbose
    cd "$source_dir" && sha256sum Cargo.toml Cargo.lock build.rs lib.rs
} | sha256sum | cut -c1-20)
result=$cache/engine-$key

if [[ ${1:-} == --where || -e $result/complete ]]; then
    echo "$result"
    exit 0
fi

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # another clone may be building the same thing: wait for it, then use its result
if [[ ! -e $result/complete ]]; then
    echo "build_engine: building wasmtime's C API once (about 5 minutes on 2 cores) into $result" >&2
    target=$cache/engine-target # survives an interrupted build, which then goes on where it was
    rm -rf "$result"
    quiet=(--quiet)
    [[ -t 2 ]] && quiet=() # cargo's progress bar
    (cd "$source_dir" && "$cargo" build --release --locked "${quiet[@]}" --target-dir "$target") >&2
    headers=$(cat "$(ls -t "$target"/release/build/midimon-engine-*/out/include-dir | head -1)")
    mkdir -p "$result/lib"
    cp "$target/release/libmidimon_engine.a" "$result/lib/"
    cp -r "$headers" "$result/include"
    rm -rf "$target"
    touch "$result/complete"
fi
echo "$result"
