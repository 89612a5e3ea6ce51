#!/usr/bin/env python3
"""From a press to a scene change of a real OBS, next to a bare client's round trip for the same request.

    bench_obs.py MIDIMON GUESTS [PRESSES]

Both switch between the same two scenes of the same OBS, one after the other. The press is measured by midimon from
the event to the report of the plugin that OBS did it. Fails if the median press takes 1 ms more than the bare
client's.
"""
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from obs_client import Obs  # noqa: E402

PASSWORD = "a-test-password"
ALLOWED_MS = 1.0


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def bare(port, presses):
    obs = Obs(port, PASSWORD)
    took = []
    for i in range(presses):
        start = time.perf_counter_ns()
        obs.request("SetCurrentProgramScene", {"sceneName": ("Game", "Talk")[i % 2]})
        took.append((time.perf_counter_ns() - start) / 1e6)
        time.sleep(0.02)
    return took


def write_song(path, presses):
    """Notes 60 and 61 in turn, 20 ms from one press to the next."""
    track = b""
    for i in range(presses):
        note = 60 + i % 2
        track += bytes((0, 0x90, note, 100, 10, 0x80, note, 0) if i == 0 else
                       (10, 0x90, note, 100, 10, 0x80, note, 0))
    track += b"\0\xFF\x2F\0"
    # 500 ticks to a quarter of 500,000 us: a tick is a millisecond.
    path.write_bytes(b"MThd" + struct.pack("!IHHH", 6, 0, 1, 500) + b"MTrk" +
                     struct.pack("!I", len(track)) + track)


def pressed(midimon, guests, port, presses, directory):
    environment = {**os.environ, "MIDIMON_HOME": str(directory / "midimon")}
    plugin = f"{guests}/obs.wasm"
    subprocess.run([midimon, "secret", "set", plugin, "password", "--readable"], env=environment,
                   input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.DEVNULL)
    pads = "".join(f"""
[[global_mappings]]
trigger = {{ type = "Note", note = {note} }}
action = {{ type = "Plugin", plugin = "obs", action = "switch_scene", params = {{ scene = "{scene}" }} }}
""" for note, scene in ((60, "Game"), (61, "Talk")))
    profile = directory / "profile.toml"
    profile.write_text(f"""[plugins.obs]
module = "{plugin}"
unsigned = true
grant = ["network:ws://127.0.0.1:{port}"]
[plugins.obs.settings]
port = {port}
{pads}""")
    song = directory / "song.mid"
    write_song(song, presses)
    run = subprocess.run([midimon, "run", "--json", "-c", str(profile), "--midi-file", str(song)],
                         env=environment, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"midimon run failed: {run.stdout[-1000:]}{run.stderr}")
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    reports = [one for one in reports if one.get("outcome")]
    assert len(reports) == presses and all(one["outcome"] == "Ok" for one in reports), run.stderr
    # Not the first, which connects.
    return [one["latency_ns"] / 1e6 for one in reports[1:]]


def main():
    midimon, guests = map(os.path.abspath, sys.argv[1:3])
    presses = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        with subprocess.Popen([sys.executable, str(ROOT / "tests/obs_studio.py"),
                               str(directory / "obs")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as studio:
            port = int(studio.stdout.readline())
            floor = bare(port, presses)
            press = pressed(midimon, guests, port, presses, directory)
            studio.stdin.close()
    for what, values in (("bare client", floor), ("press", press)):
        print(f"{what:12} p50 {statistics.median(values):.3f} ms  p95 {percentile(values, .95):.3f} ms"
              f"  max {max(values):.3f} ms  ({len(values)})")
    more = statistics.median(press) - statistics.median(floor)
    print(f"a press takes {more:+.3f} ms at the median (allowed: {ALLOWED_MS} ms)")
    sys.exit(0 if more <= ALLOWED_MS else 1)


if __name__ == "__main__":
    main()
