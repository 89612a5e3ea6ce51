#!/usr/bin/env bash
# man_page.sh MIDIMON OUTPUT [COMMAND]: the man page of the program, or of one of its commands, made
# from --help by help2man.
set -euo pipefail
program=$1 output=$2 command=${3:-}

# help2man runs one program: a wrapper that runs the command.
wrapper=$(mktemp)
trap 'rm -f "$wrapper"' EXIT
cat >"$wrapper" <<END
#!/bin/sh
case "\$1" in
--version) exec "$program" --version ;;
*) exec "$program" $command "\$@" ;;
esac
END
chmod +x "$wrapper"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} help2man --no-info --section 1 \
    --name "run sandboxed WebAssembly plugins from MIDI" "$wrapper" |
    sed -e "s#$(basename "$wrapper")#midimon${command:+ $command}#gI" >"$output"
