#!/usr/bin/env python3
"""Asks OBS over obs-websocket 5 as anybody would, for tests and benchmarks: what the plugin says it did is
checked by another route.

    obs_client.py PORT PASSWORD REQUEST [DATA]     prints the answer's responseData, or fails with its comment
"""
import base64
import hashlib
import json
import os
import socket
import struct
import sys


class Failed(RuntimeError):
    """OBS refused a request; the text is its own."""


class Obs:
    """One identified connection, without events."""

    def __init__(self, port, password):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rfile = self.socket.makefile("rb")
        self.count = 0
        self.socket.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                            "Sec-WebSocket-Protocol: obswebsocket.json\r\n\r\n".encode())
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        hello = self.receive()["d"]
        identify = {"rpcVersion": 1, "eventSubscriptions": 0}
        if "authentication" in hello:
            identify["authentication"] = answer_challenge(password, hello["authentication"])
        self.send({"op": 1, "d": identify})
        assert self.receive()["op"] == 2

    def send(self, message):
        data = json.dumps(message).encode()
        size = len(data)
        head = (struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else
                struct.pack("!BBH", 0x81, 0xFE, size))
        self.socket.sendall(head + b"\0\0\0\0" + data)  # the mask that changes nothing

    def receive(self):
        _, size = struct.unpack("!BB", self.rfile.read(2))
        if size == 126:
            size, = struct.unpack("!H", self.rfile.read(2))
        elif size == 127:
            size, = struct.unpack("!Q", self.rfile.read(8))
        return json.loads(self.rfile.read(size))

    def request(self, kind, data=None):
        self.count += 1
        self.send({"op": 6, "d": {"requestType": kind, "requestId": str(self.count),
                                  "requestData": data or {}}})
        answer = self.receive()["d"]
        assert answer["requestId"] == str(self.count)
        status = answer["requestStatus"]
        if not status["result"]:
            raise Failed(f"{status['code']}: {status.get('comment', '')}")
        return answer.get("responseData") or {}


def answer_challenge(password, challenge):
    def hashed(text):
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return hashed(hashed(password + challenge["salt"]) + challenge["challenge"])


def main():
    obs = Obs(int(sys.argv[1]), sys.argv[2])
    data = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    try:
        print(json.dumps(obs.request(sys.argv[3], data)))
    except Failed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
