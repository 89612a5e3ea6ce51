#!/usr/bin/env bash
# Runs every fuzz target of a build of the preset `fuzz` for some seconds, one after the other, and
# says how to reproduce what it finds.
#
#   fuzz/run.sh BUILD_DIR [SECONDS] [TARGET...]
#
# New inputs are kept in BUILD_DIR/corpus/TARGET, what failed in BUILD_DIR/artifacts. To add what is
# worth keeping to the saved corpus: fuzz_TARGET -merge=1 fuzz/corpus/TARGET BUILD_DIR/corpus/TARGET
set -euo pipefail
build=$(cd "$1" && pwd)
seconds=${2:-60}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
targets=("${@:3}")
if [[ ${#targets[@]} -eq 0 ]]; then
    mapfile -t targets < <(cd "$here/corpus" && ls)
fi
# Files of the guests in memory, where syncing costs nothing.
[[ -z ${TMPDIR:-} && -w /dev/shm ]] && export TMPDIR=/dev/shm

failed=0
for target in "${targets[@]}"; do
    program=$build/fuzz/fuzz_$target
    found=$build/artifacts/$target
    mkdir -p "$build/corpus/$target" "$found"
    log=$build/artifacts/$target.log
    printf 'fuzz: %s for %s s ... ' "$target" "$seconds"
    if "$program" -max_total_time="$seconds" -timeout=20 -artifact_prefix="$found/" \
        "$build/corpus/$target" "$here/corpus/$target" >"$log" 2>&1; then
        sed -nE 's/^Done ([0-9]+) runs.*/\1 inputs, nothing found/p' "$log"
        continue
    fi
    failed=1
    echo "FAILED"
    tail -40 "$log"
    artifact=$(sed -nE 's/.*Test unit written to (.*)/\1/p' "$log" | tail -1)
    echo "fuzz: to reproduce: $program $artifact"
    echo "fuzz: or, without clang, in a build of the preset dev: build/dev/fuzz/fuzz_$target $artifact"
done
exit $failed
