#!/usr/bin/env python3
"""What files cost a sandboxed program beside a native one: bench/wasi_fs.c, both ways.

    bench/bench_fs.py BUILD_DIR [DIRECTORY]

Natively, natively behind the same Landlock ruleset (the kernel's part of the price), under `midimon
exec`, and there with MIDIMON_RESOLVER=walker, with --quota and with --audit, in turns, each ROUNDS
times in one empty directory on one file system; a figure is the median of its rounds. The directory
is made below DIRECTORY and removed; without it, in memory (/dev/shm) where the machine has that: a
disk's own time would hide the sandbox's.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 3
BUILD = pathlib.Path(sys.argv[1]).resolve()
MIDIMON = BUILD / "src/cli/midimon"
GUEST = BUILD / "guests/wasi_fs.wasm"
NATIVE = BUILD / "bench/wasi_fs_native"
FENCED = BUILD / "bench/wasi_fs_fenced"

# What each row is, and its aim: at most so many times the native figure, or so many ns more.
OPEN_FILE, ONE, MORE, LISTING = ("+ns", 60), ("x", 1.5), ("x", 2.0), ("x", 1.3)
ROWS = {
    "clock_gettime": ("clock_gettime", OPEN_FILE),
    "fstat": ("fstat", OPEN_FILE),
    "pread-16": ("pread of 16 B", OPEN_FILE),
    "pread-4K": ("pread of 4 KiB", OPEN_FILE),
    "pread-64K": ("pread of 64 KiB", OPEN_FILE),
    "pwrite-16": ("pwrite of 16 B", OPEN_FILE),
    "pwrite-4K": ("pwrite of 4 KiB", OPEN_FILE),
    "append-16": ("append 16 B", OPEN_FILE),
    "stat-1": ("stat, one component", ONE),
    "open-close-1": ("open + close, one component", ONE),
    "create-unlink": ("create + unlink, one component", ONE),
    "rename": ("rename, one component", ONE),
    "stat-3": ("stat, three components", MORE),
    "open-close-3": ("open + close, three components", MORE),
    "save-4K": ("save 4 KiB: write a file, rename it over", MORE),
    "readdir-1000": ("list 1,000 entries", LISTING),
}

# What a quota may add, in ns: to a write within a charged block, and to one that grows the file.
QUOTA_AIMS = {"pwrite-16": 50, "pwrite-4K": 50, "append-16": 150}
# How many events each row is for the audit, which may add so many ns for each.
EVENT_NS = 150
EVENTS = {"open-close-1": 2, "create-unlink": 3, "rename": 1, "open-close-3": 2, "save-4K": 3,
          "readdir-1000": 1}


def run(command, directory, **environment):
    """One run in an empty directory: row -> ns."""
    directory.mkdir()
    base = {name: value for name, value in os.environ.items() if name != "MIDIMON_RESOLVER"}
    output = subprocess.run(command, cwd=directory, env=base | environment, check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    shutil.rmtree(directory)
    return {name: float(ns) for name, ns in map(str.split, output.splitlines())}


def measure(directory):
    """Way -> row -> median ns."""
    audit = directory.with_name("audit.jsonl")

    def sandboxed(*options, **environment):
        command = [MIDIMON, "exec", *options, "--dir", f"{directory}::/", GUEST, "/"]
        ns = run(command, directory, **environment)
        audit.unlink(missing_ok=True)
        return ns

    ways = {
        # The guest names files from its root, the native program from where it stands: one
        # component is one component for both.
        "native": lambda: run([NATIVE, "."], directory),
        "fenced": lambda: run([FENCED, "."], directory),
        "midimon": sandboxed,
        "walker": lambda: sandboxed(MIDIMON_RESOLVER="walker"),
        "quota": lambda: sandboxed("--quota", "1GiB"),
        "audit": lambda: sandboxed("--audit", audit),
    }
    rounds = [{way: go() for way, go in ways.items()} for _ in range(ROUNDS)]
    return {way: {row: statistics.median(r[way][row] for r in rounds) for row in ROWS}
            for way in ways}


def verdict(native, midimon, aim):
    kind, bound = aim
    met = midimon - native <= bound if kind == "+ns" else midimon <= native * bound
    text = f"+{bound} ns" if kind == "+ns" else f"x {bound}"
    return text if met else f"{text}, missed"


def added(plain, with_it, bound):
    """What something adds, and whether that is within its aim, if it has one."""
    if bound is None:
        return f"{with_it - plain:>8.0f}  {'':<17}"
    met = with_it - plain <= bound
    return f"{with_it - plain:>8.0f}  {f'+{bound} ns' + ('' if met else ', missed'):<17}"


def print_added(ns):
    print("\nns that --quota and --audit add to midimon's figure; "
          f"the aim for an event is {EVENT_NS}\n")
    print(f"  {'':<42}{'midimon':>9}{'quota':>8}  {'aim':<17}{'audit':>8}  {'aim':<17}events")
    for row, (what, _) in ROWS.items():
        plain, events = ns["midimon"][row], EVENTS.get(row, 0)
        print(f"  {what:<42}{plain:>9.0f}{added(plain, ns['quota'][row], QUOTA_AIMS.get(row))}"
              f"{added(plain, ns['audit'][row], events * EVENT_NS if events else None)}"
              f"{events or ''}".rstrip())


def main():
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    below = sys.argv[2] if len(sys.argv) > 2 else memory
    with tempfile.TemporaryDirectory(prefix="midimon-bench-", dir=below) as own:
        ns = measure(pathlib.Path(own).resolve() / "run")
    print(f"ns, median of {ROUNDS}, in {own}; native is the same program without the sandbox, fenced\n"
          "the same with Landlock alone\n")
    print(f"  {'':<42}{'native':>9}{'fenced':>9}{'midimon':>10}{'more':>9}{'ratio':>7}{'walker':>8}"
          "  aim")
    for row, (what, aim) in ROWS.items():
        native, fenced, midimon, walker = (ns[way][row] for way in
                                           ("native", "fenced", "midimon", "walker"))
        print(f"  {what:<42}{native:>9.0f}{fenced:>9.0f}{midimon:>10.0f}{midimon - native:>9.0f}"
              f"{midimon / native:>7.2f}{walker / native:>8.2f}  {verdict(native, midimon, aim)}")
    print_added(ns)


if __name__ == "__main__":
    main()
