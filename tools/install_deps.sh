#!/usr/bin/env bash
# Installs what building and testing need and is not there yet: Debian packages, and a Rust of at
# least 1.95. Says what it installs, asks nothing, removes nothing, does nothing when all is there.
#
#   tools/install_deps.sh [--demo|--test|--fuzz]   --demo: what the demo needs as well
#                                                  --test: what the tests need on top of that
#                                                  --fuzz: what the fuzzers need on top of that
set -euo pipefail

packages=(
    g++ cmake ninja-build make git ca-certificates python3
    libexpected-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev
    pkg-config libsodium-dev libarchive-dev libcurl4-openssl-dev librtmidi-dev
    libglib2.0-dev libjack-jackd2-dev libpulse-dev libsecret-1-dev libsystemd-dev libxcb1-dev libxcb-xkb-dev
    libxcb-xtest0-dev libxkbcommon-x11-dev libwayland-dev wayland-protocols libre2-dev
    clang lld wasi-libc libclang-rt-dev-wasm32 libc++-dev-wasm32 help2man
)
case ${1:-} in
--demo | --test | --fuzz)
    packages+=(libgtest-dev libgmock-dev libbenchmark-dev openttd-openmsx)
    ;;
esac
case ${1:-} in
--test | --fuzz)
    packages+=(clang-format clang-tidy mandoc minisign openssl curl jackd2 pulseaudio
               pulseaudio-utils xvfb x11-xkb-utils sway wev openbox xterm foot nghttp2-server
               xclip wl-clipboard dbus dunst gnome-keyring mpv mpv-mpris playerctl
               brightnessctl maim obs-studio obs-plugins ffmpeg)
    ;;
esac
[[ ${1:-} == --fuzz ]] && packages+=(libclang-rt-14-dev)

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

rust_is_enough() {
    command -v cargo >/dev/null && command -v rustc >/dev/null &&
        [[ $(printf '%s\n' 1.95 "$(rustc --version | cut -d' ' -f2)" | sort -V | head -1) == 1.95 ]]
}

missing=()
for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
done
rust_is_enough || missing+=(rustc-web cargo-web)
if [[ ${1:-} == --test ]]; then # for tools/guest_compiler.sh, which fetches the rest
    command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
    go tool dist list 2>/dev/null | grep -q '^wasip1/wasm$' ||
        python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    "$(dirname "${BASH_SOURCE[0]}")/docker_registry.sh" --fetch
fi
[[ ${#missing[@]} -eq 0 ]] && exit 0

run=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "install_deps: these Debian packages are missing, and neither root nor sudo is there to" \
            "install them: ${missing[*]}" >&2
        exit 1
    fi
    run=(sudo)
fi
echo "install_deps: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq >/dev/null
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    --no-remove "${missing[@]}" >/dev/null
rust_is_enough || {
    echo "install_deps: there is still no Rust 1.95 or later; install one from https://rustup.rs" >&2
    exit 1
}
