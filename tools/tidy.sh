#!/usr/bin/env bash
# Runs clang-tidy over our sources, two at a time, with the compile commands of a build directory. A
# file that passed is not looked at again until it, a header of ours or the checks change.
#
#   tools/tidy.sh BUILD_DIR
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
passed=$build/tidy
mkdir -p "$passed"
export build passed
common=$(cat .clang-tidy "$build"/CMakeCache.txt $(git ls-files 'src/*.h' 'include/*.h') | sha256sum)
export common

check() {
    local stamp
    stamp=$passed/$( (echo "$common" && cat "$1") | sha256sum | cut -c1-32)
    [[ -e $stamp ]] && return 0
    clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p "$build" "$1" 2>/dev/null || {
        echo "clang-tidy: $1 needs mending (above)" >&2
        return 1
    }
    touch "$stamp"
}
export -f check
git ls-files 'src/*.cc' 'tools/*.cc' | grep -v '_test\.cc$' |
    xargs -P "$(nproc)" -I{} bash -c 'check {}'
