#!/usr/bin/env bash
# Copies SQLite's source, sqlite3.c and sqlite3.h, out of the crate that Cargo.toml names.
#
#   tests/programs/sqlite/fetch.sh DIR
set -euo pipefail
destination=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
crate=$("${CARGO:-cargo}" metadata --quiet --locked --format-version 1 | python3 -c '
import json, os, sys
packages = json.load(sys.stdin)["packages"]
print(*(os.path.dirname(p["manifest_path"]) for p in packages if p["name"] == "libsqlite3-sys"))')
cp "$crate/sqlite3/sqlite3.c" "$crate/sqlite3/sqlite3.h" "$destination"
