# What scripts share that fetch something once for this user, into the cache where
# tools/build_engine.sh keeps the engine. To be sourced.

cache=${MIDIMON_BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/midimon-build}
script=$(basename "$0" .sh)

# Runs `fetch_$1` in a directory of its own, which becomes $2 if it succeeds: a directory that is there
# is complete.
once() {
    local result=$2 work
    [[ -d $result ]] && return 0
    mkdir -p "$cache"
    exec 9>"$cache/lock-$1"
    flock 9 # another build may be fetching the same thing
    if [[ ! -d $result ]]; then
        echo "$script: fetching $(basename "$result") into $cache" >&2
        work=$(mktemp -d "$cache/fetch-XXXXXX")
        trap 'rm -rf "$work"' EXIT
        (cd "$work" && "fetch_$1" >&2)
        mv "$work" "$result"
        trap - EXIT
    fi
    exec 9>&-
}

# Downloads Debian's packages and unpacks them here, without installing them.
unpack_packages() {
    download_packages "$@" 2>/dev/null || { update_package_lists && download_packages "$@"; }
    local package
    for package in *.deb; do
        dpkg -x "$package" .
    done
    rm ./*.deb
}

download_packages() { apt-get -qq -o APT::Sandbox::User=root download "$@"; }

update_package_lists() {
    local run=()
    [[ $(id -u) -eq 0 ]] || run=(sudo)
    "${run[@]}" apt-get update -qq || {
        echo "$script: Debian's package lists are missing; run 'apt-get update' as root" >&2
        return 1
    }
}
