#!/usr/bin/env python3
"""A server of obs-websocket 5 for tests, which misbehaves as its requests say: obs_server.py LOG [MODE]

Serves on a free port of 127.0.0.1 from 4455 to 4470, which it prints, until its stdin ends. The password is
"a-test-password". Each connection is a line "connected" in LOG, and each request a line of it.

MODE is what a connection is like:
    open           asks for no password
    not-obs        sends a text that is no JSON
    no-hello       sends JSON that is no message
    mute           says nothing at all
    old            closes with 4010, as for an RPC version that it does not speak

Requests answer with their own data, apart from those that Studio asks first, and
    Hang           no answer
    Drop           the connection breaks in the middle of a frame
    Kick           closes with 4011, and a reason that would cheat a terminal
    Garbage        an answer that is no JSON
    Deep           an answer nested 5,000 deep
    Large          announces an answer of 2 MiB
    OtherFirst     the answer to another request first
    Flood          1,000 events first
    Silent         refused with status 702 and without a comment
    GetSourceScreenshot  a picture that is none
    SetCurrentProgramScene  only "Talk" and "Game" are there
"""
import base64
import hashlib
import json
import socketserver
import struct
import sys
import threading

from obs_client import answer_challenge
from websocket_server import GUID, frame

PASSWORD = "a-test-password"
CHALLENGE = {"salt": "c2FsdA==", "challenge": "Y2hhbGxlbmdl"}
SCENES = ["Talk", "Game"]


class Gone(Exception):
    """The connection has ended."""


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            self.serve()
        except (OSError, EOFError, Gone):
            pass

    def read(self, count):
        data = self.rfile.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def receive(self):
        first, second = self.read(2)
        length = second & 0x7F
        if length == 126:
            length, = struct.unpack("!H", self.read(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.read(8))
        mask = self.read(4)
        data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.read(length)))
        if first != 0x81:
            raise Gone
        return json.loads(data)

    def send(self, op, data):
        self.text(json.dumps({"op": op, "d": data}))

    def text(self, text):
        self.wfile.write(frame(0x81, text.encode()))

    def close(self, code, reason):
        self.wfile.write(frame(0x88, struct.pack("!H", code) + reason.encode()))
        raise Gone

    def serve(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        key = next(line.split(": ")[1] for line in head.decode().split("\r\n")
                   if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        self.wfile.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         f"Sec-WebSocket-Protocol: obswebsocket.json\r\n"
                         f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        self.server.log("connected")
        self.identify(self.server.mode)
        while True:
            message = self.receive()
            if message["op"] == 8:
                requests = message["d"]["requests"]
                self.send(9, {"requestId": message["d"]["requestId"],
                              "results": [self.answer(request) for request in requests]})
            else:
                self.take(message["d"])

    def identify(self, mode):
        if mode == "not-obs":
            self.text("hello")
        if mode == "no-hello":
            self.text('["hello"]')
        if mode in ("mute", "not-obs", "no-hello"):
            self.rfile.read()
        if mode == "old":
            self.close(4010, "Unsupported RPC version.")
        hello = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        self.send(0, hello if mode == "open" else {**hello, "authentication": CHALLENGE})
        identify = self.receive()
        wanted = None if mode == "open" else answer_challenge(PASSWORD, CHALLENGE)
        if identify["op"] != 1 or identify["d"].get("authentication") != wanted:
            self.close(4009, "Authentication failed.")
        self.send(2, {"negotiatedRpcVersion": 1})

    def take(self, request):
        self.server.log(request["requestType"])
        getattr(self, "do_" + request["requestType"].lower(), self.send_answer)(request)

    def send_answer(self, request):
        self.send(7, self.answer(request))

    def answer(self, request):
        kind, data = request["requestType"], request.get("requestData", {})
        status, more = {"result": True, "code": 100}, data
        if kind == "GetCurrentProgramScene":
            more = {"currentProgramSceneName": "Talk"}
        elif kind == "GetSceneList":
            more = {"scenes": [{"sceneName": name, "sceneIndex": i} for i, name in enumerate(SCENES)]}
        elif kind == "GetSourceScreenshot":
            more = {"imageData": "data:image/png;base64,????"}
        elif kind == "Silent":
            status = {"result": False, "code": 702}
        elif kind == "SetCurrentProgramScene" and data["sceneName"] not in SCENES:
            status = {"result": False, "code": 600,
                      "comment": f"No source was found by the name of `{data['sceneName']}`."}
        return {"requestType": kind, "requestId": request.get("requestId"), "requestStatus": status,
                "responseData": more}

    def do_hang(self, _):
        pass

    def do_drop(self, _):
        self.wfile.write(frame(0x81, b"half", length=100))
        raise Gone

    def do_kick(self, _):
        self.close(4011, "Kicked\x1b[2J")

    def do_garbage(self, _):
        self.text("{\"op\": 7")

    def do_deep(self, _):
        self.text('{"op": 7, "d": ' + "[" * 5000 + "]" * 5000 + "}")

    def do_large(self, _):
        self.wfile.write(frame(0x81, b"", length=2 << 20))
        self.rfile.read()

    def do_otherfirst(self, request):
        self.send(7, {**self.answer(request), "requestId": "0", "responseData": {"wrong": True}})
        self.send_answer(request)

    def do_flood(self, request):
        for i in range(1000):
            self.send(5, {"eventType": "CurrentProgramSceneChanged", "eventIntent": 4,
                          "eventData": {"sceneName": f"Scene {i}"}})
        self.send_answer(request)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port, log, mode):
        self.log_path, self.mode = log, mode
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def log(self, line):
        with self.lock, open(self.log_path, "a", encoding="utf-8") as log:
            log.write(line + "\n")


def main():
    for port in range(4455, 4471):
        try:
            server = Server(port, sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
            break
        except OSError:
            continue
    else:
        sys.exit("no port from 4455 to 4470 is free")
    print(port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
