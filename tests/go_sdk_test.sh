#!/usr/bin/env bash
# Runs the unit tests of the Go SDK on this machine, and vet on these and on what only WebAssembly has.
#   go_sdk_test.sh SOURCE_DIR
set -euo pipefail
go=$1/tools/guest_compilers/go
cd "$1/sdk/go"
said=$("$go" test -count=1 -v ./...)
echo "$said"
grep '^--- PASS' <<<"$said" >/dev/null # it is not enough that none fails
"$go" vet ./...
GOOS=wasip1 GOARCH=wasm "$go" vet ./...
