#!/usr/bin/env bash
# Whether every C and C++ file in git is formatted as .clang-format says. --fix formats them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run --Werror)
[[ ${1:-} == --fix ]] && mode=(-i)
git ls-files -z --cached --others --exclude-standard '*.h' '*.hpp' '*.cc' '*.c' |
    xargs -0 clang-format "${mode[@]}"
