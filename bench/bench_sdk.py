#!/usr/bin/env python3
"""What a minimal plugin costs in each language: bytes, the time of a load, and of a call.

    bench/bench_sdk.py BUILD_DIR

Each is what `midimon plugin new` makes, built by `plugin build` with the tools that tools/guest_compilers
lead to. A call is `greet` with its default params: the request read, a log line and a result written,
in a fresh instance. It is timed by bench_sdk_call, which holds the plugin loaded, as the median of
ROUNDS calls; a load is that of compiled code kept on disk, so that it is no compiler's time.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1]).resolve()
SOURCE = pathlib.Path(__file__).resolve().parent.parent
MIDIMON = BUILD / "src/cli/midimon"
CALL = BUILD / "bench/bench_sdk_call"

# The aims: KiB of the module, µs of a call.
AIMS = {"c": (8, 10), "cpp": (None, 10), "rust": (40, 10), "go": (None, None),
        "assemblyscript": (None, 10)}


def run(args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True, **more).stdout


def aim(value, most):
    if most is None:
        return ""
    return f"aim {most}" + ("" if value <= most else ", missed")


def main():
    print(f"{'':15} {'size':>10} {'':16} {'load':>10} {'call':>10}")
    with tempfile.TemporaryDirectory() as work:
        env = dict(os.environ, MIDIMON_HOME=f"{work}/home",
                   PATH=f"{SOURCE}/tools/guest_compilers:{os.environ['PATH']}")
        for language, (kib, most) in AIMS.items():
            directory = f"{work}/{language}"
            run([MIDIMON, "plugin", "new", "hello", "--lang", language, "--directory", directory],
                env=env)
            run([MIDIMON, "plugin", "build", directory], env=env)
            module = pathlib.Path(directory, "hello.wasm")
            size = module.stat().st_size / 1024
            load, call = map(float, run([CALL, module], env=env).split())
            print(f"{language:15} {size:6.1f} KiB {aim(size, kib):16} {load:7.2f} ms {call:7.2f} µs "
                  f"{aim(call, most)}", flush=True)


main()
