#!/usr/bin/env bash
# Runs Debian's docker-registry with the given arguments, for the tests of OCI registries: the one that
# is installed, or one that is fetched and unpacked. Its package is not installed for that, because
# it would start a registry for all the network that is there at every boot.
#
#   tools/docker_registry.sh ARG...     run it
#   tools/docker_registry.sh --fetch    only see to it that it is there
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tools/fetch_once.sh"

fetch_registry() {
    unpack_packages docker-registry
    rm -r etc usr/share
}

program=$(command -v docker-registry) || {
    once registry "$cache/docker-registry"
    program=$cache/docker-registry/usr/bin/docker-registry
}
[[ ${1:-} == --fetch ]] || exec "$program" "$@"
