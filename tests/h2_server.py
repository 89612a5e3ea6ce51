#!/usr/bin/env python3
"""nghttpd, which speaks HTTP/2 with TLS and nothing else: h2_server.py DIRECTORY CERT.pem KEY.pem

Serves the files of DIRECTORY on a free port of 127.0.0.1, which it prints, until its stdin ends.
"""
import os
import pathlib
import subprocess
import sys
import time


def listening_port(pid):
    """The port of the process, from the kernel's tables; None until there is one."""
    inodes = set()
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(fd)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            return int(words[1].split(":")[1], 16)
    return None


directory, certificate, key = sys.argv[1:]
server = subprocess.Popen(["nghttpd", "--address=127.0.0.1", f"--htdocs={directory}", "0", key,
                           certificate], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
port = None
while port is None and server.poll() is None:
    time.sleep(0.01)
    port = listening_port(server.pid)
print(port, flush=True)
sys.stdin.read()
server.kill()
