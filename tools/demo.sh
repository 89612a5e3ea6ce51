#!/usr/bin/env bash
# The product in under a minute: a real piece of music goes through a profile to a sandboxed plugin,
# and a hostile plugin run the same way gets nowhere. Called by `make demo`.
#   demo.sh BUILD_DIR
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(cd "$1" && pwd)
midimon=$build/src/cli/midimon
song=/usr/share/games/openttd/baseset/openmsx/linns_basket.mid
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export MIDIMON_HOME=$work/home

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
[[ -t 1 ]] || bold='' plain=''
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { printf '  $ %s\n' "$*"; }
indent() { sed 's/^/  /'; }

cp "$root/examples/profiles/practice.toml" "$build/guests/practice-log.wasm" \
    "$build/guests/hostile.wasm" "$work/"
cd "$work"

say "1. A piece of music plays through a profile to a plugin"
show "midimon run -c practice.toml --midi-file $(basename "$song") --speed max"
"$midimon" run -c practice.toml --midi-file "$song" --speed max >played.txt 2>log.txt
{
    head -n 3 played.txt
    head -n 2 log.txt
    echo "..."
    sed -n '/^events/,$p' played.txt
} | indent

say "2. What the plugin learned about the piece, from its own files"
show "midimon plugin run practice-log.wasm summary --unsigned --grant filesystem"
"$midimon" plugin run practice-log.wasm summary --unsigned --grant filesystem 2>/dev/null >summary.json
python3 - <<'END' | indent
import json
journal = json.load(open("summary.json"))
most = ", ".join(f"{pitch['name']} ({pitch['count']})" for pitch in journal["most_played"])
low, high = journal["range"]["lowest"]["name"], journal["range"]["highest"]["name"]
print(f"{journal['notes']} notes in {journal['minutes_played']} minutes of playing")
print(f"{journal['distinct_pitches']} pitches, from {low} to {high}; most played: {most}")
print(f"average velocity {journal['velocity_average']}")
print(f"most likely key: {journal['key']['name']}, then {journal['second_key']['name']}")
END

say "3. Where the files lie: the plugin sees this directory as / and nothing else"
(cd "$MIDIMON_HOME" && find data -printf '%M %8s  %p\n' | sort -k3) | indent

say "4. A hostile plugin, run the same way"
attack() {
    local action=$1 tells=$2
    shift 2
    show "midimon plugin run hostile.wasm $action --unsigned --grant filesystem $*"
    local status=0
    "$midimon" plugin run hostile.wasm "$action" --unsigned --grant filesystem "$@" >attack.txt 2>&1 || status=$?
    { grep -v '^\[plugin' attack.txt | cut -c1-110 | head -n 3 && echo "exit status $status: $tells"; } |
        sed 's/^/    /'
}
attack escape "eight ways out tried, none worked" --timeout 1s
attack loop "a loop without end ran out of fuel" --fuel 10000000
attack sleep "a sleep of a hundred years met its deadline" --timeout 200ms
attack hog "memory without end met its limit" --memory 8MiB
attack crash "a wild pointer stayed inside its own memory" --timeout 1s
printf '\n'
