#!/usr/bin/env bash
# Runs the unit tests of the Rust SDK on this machine, and builds and calls the plugin of
# docs/plugin-guide.md whose params are serde's.
#   rust_sdk_test.sh BUILD_DIR SOURCE_DIR plain|serde|plugin [MIDIMON]
set -euo pipefail
build=$1/rust_sdk source=$2 part=$3
cargo=${CARGO:-cargo}
export CARGO_TERM_COLOR=never

# What comes from crates.io is pinned by the Cargo.lock beside, and kept where Cargo keeps it.
unit_tests() {
    mkdir -p "$build"
    rm -rf "${build:?}/$part"
    cp -r "$source/tests/rust_sdk/$part" "$build/$part"
    sed -i "s|\.\./\.\./\.\./sdk|$source/sdk|" "$build/$part/Cargo.toml"
    cd "$build/$part"
    "$cargo" test --quiet "$@" --target-dir "$build/target-$part" 2>&1 | tee said
    # It is not enough that none fails.
    grep '^running [1-9][0-9]* tests' said >/dev/null
}

block() { # the first code block of that kind with that first line
    python3 -c '
import re, sys
text, kind, first = open(sys.argv[1]).read(), sys.argv[2], re.escape(sys.argv[3])
print(re.search(rf"```{kind}\n{first}\n(.*?)```", text, re.S).group(1), end="")
' "$source/docs/plugin-guide.md" "$1" "$2"
}

guide_plugin() {
    local midimon=$1
    export MIDIMON_HOME=$build/home PATH=$source/tools/guest_compilers:$PATH
    rm -rf "$build/plugin"
    "$midimon" plugin new mixer --lang rust --directory "$build/plugin" >/dev/null
    cp "$source/tests/rust_sdk/plugin/"* "$build/plugin"
    cd "$build/plugin"
    block rust '// src/plugin.rs' >src/plugin.rs
    block toml '# of Cargo.toml:' | sed -i -e '/^midimon = /{r /dev/stdin' -e 'd}' Cargo.toml
    # The Cargo of Rust 1.63 does not know how crates.io gives its index today: today's Cargo fetches.
    PATH=${PATH#*:} "$cargo" vendor --quiet --locked
    cat >>.cargo/config.toml <<'END'
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "vendor"
END
    "$midimon" plugin build .
    "$midimon" plugin test --no-build .
    "$midimon" plugin conform mixer.wasm
    "$midimon" plugin info --json mixer.wasm | python3 -c '
import json, sys
schema = json.load(sys.stdin)["actions"][0]["params"]
right = json.loads(sys.argv[1])
sys.exit(f"rust_sdk_test: the schema is {schema}, not {right}" if schema != right else 0)
' '{"type": "object", "additionalProperties": false, "required": ["channel", "part"], "properties": {
    "channel": {"type": "integer", "minimum": 1, "maximum": 16},
    "part": {"enum": ["volume", "pan"]},
    "to": {"type": "number", "minimum": 0, "maximum": 1}}}'
    # And on this machine, where there is no host.
    cat >>src/plugin.rs <<'END'
#[test]
fn it_says_that_there_is_no_host() {
    let (params, velocity, mode) = (Json::object(), None, None);
    let call = Call { action: "turn".into(), params, velocity, mode, timestamp_ms: 0 };
    let status = turn(Turn { channel: 1, part: Part::Pan, to: None }, &call);
    assert_eq!(status.unwrap_err().text(), "There is no such thing here.");
}
END
    PATH=${PATH#*:} "$cargo" test --quiet --locked --target-dir "$build/target-plugin" 2>&1 | tee said
    grep '1 passed' said >/dev/null
}

case $part in
plain) unit_tests --offline ;;
serde) unit_tests --locked ;;
plugin) guide_plugin "$4" ;;
esac
