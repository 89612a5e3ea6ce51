#!/usr/bin/env python3
"""A real OBS on an X server of its own, for tests and benchmarks: obs_studio.py DIR

Writes a profile and a scene collection below DIR, starts Xvfb and OBS, prints the port of its WebSocket server
(one of 4455 to 4470; the password is "a-test-password"), and ends both when its stdin ends. What OBS logs is in
DIR/obs.log, and recordings are in DIR/recordings.

There are the scenes "Talk" (on air) and "Game"; in "Talk" the sources "Title" (a colour, with the filter
"Tint"), "Words" (a text) and "Tone" (a file that is played, with sound).
"""
import json
import math
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
import wave

from obs_client import Obs

PASSWORD = "a-test-password"
PORTS = range(4455, 4471)
PATIENCE = 60  # seconds, for a machine that is busy


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def configure(root, port):
    config = root / "config/obs-studio"
    recordings = root / "recordings"
    recordings.mkdir()
    # FirstRun means that it was; without it there is a wizard.
    write(config / "global.ini", f"""[General]
FirstRun=true
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
EnableAutoUpdates=false
InfoIncrement=100
[Basic]
Profile=midimon
ProfileDir=midimon
SceneCollection=midimon
SceneCollectionFile=midimon
ConfigOnNewProfile=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={PASSWORD}
""")
    write(config / "basic/profiles/midimon/basic.ini", f"""[General]
Name=midimon
[Output]
Mode=Simple
[SimpleOutput]
FilePath={recordings}
RecFormat=mkv
RecQuality=Small
RecEncoder=x264
Preset=ultrafast
RecRB=true
RecRBTime=5
RecRBSize=64
[Video]
BaseCX=320
BaseCY=240
OutputCX=320
OutputCY=240
FPSType=0
FPSCommon=30
""")
    scenes = ["Talk", "Game"]
    write(config / "basic/scenes/midimon.json", json.dumps({
        "name": "midimon", "current_scene": "Talk", "current_program_scene": "Talk",
        "scene_order": [{"name": name} for name in scenes],
        "sources": [{"id": "scene", "versioned_id": "scene", "name": name,
                     "settings": {"items": [], "id_counter": 0, "custom_size": False}}
                    for name in scenes]}))


def write_tone(path):
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(i / 3))) for i in range(80_000)))


def furnish(obs, root):
    tone = root / "tone.wav"
    write_tone(tone)
    for name, kind, settings in (
            ("Title", "color_source_v3", {"color": 0xFF00FF00, "width": 320, "height": 240}),
            ("Words", "text_ft2_source_v2", {"text": "Hello"}),
            ("Tone", "ffmpeg_source", {"local_file": str(tone), "looping": True})):
        obs.request("CreateInput", {"sceneName": "Talk", "inputName": name, "inputKind": kind,
                                    "inputSettings": settings})
    obs.request("CreateSourceFilter", {"sourceName": "Title", "filterName": "Tint",
                                       "filterKind": "color_filter_v2"})


def start_display():
    read, write_end = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "800x600x24",
                               "-nolisten", "tcp", "-noreset"], pass_fds=[write_end],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    if not number:
        sys.exit("Xvfb did not start")
    return server, f":{number}"


def start_obs(root, display):
    (root / "home").mkdir()
    (root / "run").mkdir(mode=0o700)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(root / "home"), "LANG": "C.UTF-8",
                   "XDG_CONFIG_HOME": str(root / "config"), "XDG_RUNTIME_DIR": str(root / "run"),
                   "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1"}
    with open(root / "obs.log", "wb") as log:
        return subprocess.Popen(["obs", "--multi"], env=environment, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log, cwd=root)


def free_port():
    for port in PORTS:
        with socket.socket() as probe:
            # OBS itself listens with this option.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
                return port
            except OSError:
                continue
    return sys.exit("no port from 4455 to 4470 is free")


def connect(obs, port):
    """Waits until OBS takes connections and answers: 207 is "not ready"."""
    for _ in range(PATIENCE * 10):
        if obs.poll() is not None:
            sys.exit("OBS ended; its log is obs.log")
        try:
            client = Obs(port, PASSWORD)
            client.request("GetSceneList")
            return client
        except (OSError, AssertionError, RuntimeError, struct.error):
            time.sleep(0.1)
    return sys.exit("OBS did not start; its log is obs.log")


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configure(root, port)
    display, name = start_display()
    obs = start_obs(root, name)
    try:
        furnish(connect(obs, port), root)
        print(port, flush=True)
        sys.stdin.read()
    finally:
        obs.kill()  # nothing that it would keep is of use
        obs.wait()
        end(display)


if __name__ == "__main__":
    main()
