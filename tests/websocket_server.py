#!/usr/bin/env python3
"""A WebSocket server for tests, which misbehaves as its paths say: websocket_server.py [CERT.pem KEY.pem]

Serves on a free port of 127.0.0.1, which it prints, until its stdin ends.

    /echo          sends back each message as it came; a ping before each, whose pong it wants first
    /headers       sends the request's head as a text
    /pieces        a text in three frames, with a ping between them
    /close         closes with 4001 and "enough"
    /cut           goes away in the middle of a frame
    /masked        a masked frame
    /large         announces a frame of 2 MiB
    /silent        says nothing
    /endless       binary messages without end
    /pings         pings without end, whose pongs it does not read
    /pongs         pongs without end
    /nothing       empty pieces of a message without end
    /no-upgrade    answers 200
    /bad-accept    answers with another key's accept
    /protocol      picks a protocol that nobody offered
    /extension     turns on an extension that nobody offered
    /redirect      answers 302
    /huge-head     headers without end
    /hang          takes the request and never answers
"""
import base64
import hashlib
import socketserver
import ssl
import struct
import sys
import threading

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(first, payload, length=None):
    length = len(payload) if length is None else length
    if length < 126:
        head = struct.pack("!BB", first, length)
    elif length < 65536:
        head = struct.pack("!BBH", first, 126, length)
    else:
        head = struct.pack("!BBQ", first, 127, length)
    return head + payload


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            self.serve()
        except (OSError, EOFError, ssl.SSLError):
            pass

    def read(self, count):
        data = self.rfile.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def read_frame(self):
        first, second = self.read(2)
        assert second & 0x80, "a client masks"
        length = second & 0x7F
        if length == 126:
            length, = struct.unpack("!H", self.read(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.read(8))
        mask = self.read(4)
        data = self.read(length)
        return first, bytes(b ^ mask[i % 4] for i, b in enumerate(data))

    def send(self, data):
        self.wfile.write(data)

    def serve(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.read(1)
        lines = head.decode("latin-1").split("\r\n")
        path = lines[0].split()[1]
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
        key = headers.get("sec-websocket-key", "")
        if path == "/hang":
            return self.rfile.read()
        if path == "/no-upgrade":
            return self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        if path == "/redirect":
            return self.send(b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n")
        self.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"
                  b"Connection: keep-alive, Upgrade\r\n")
        while path == "/huge-head":
            self.send(b"X-More: " + b"x" * 1000 + b"\r\n")
        if path == "/bad-accept":
            key = "x"
        if path == "/protocol":
            self.send(b"Sec-WebSocket-Protocol: other\r\n")
        elif "sec-websocket-protocol" in headers:
            first = headers["sec-websocket-protocol"].split(",")[0]
            self.send(b"Sec-WebSocket-Protocol: " + first.encode() + b"\r\n")
        if path == "/extension":
            self.send(b"Sec-WebSocket-Extensions: permessage-deflate\r\n")
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
        self.send(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        getattr(self, "do_" + path[1:].replace("-", "_"), lambda _: None)(head)

    def do_echo(self, _):
        while True:
            first, data = self.read_frame()
            if first == 0x88:
                return self.send(frame(0x88, data))
            self.send(frame(0x89, b"are you there"))
            pong = self.read_frame()
            assert pong == (0x8A, b"are you there"), pong
            self.send(frame(first, data))

    def do_headers(self, head):
        self.send(frame(0x81, head))
        self.rfile.read()

    def do_pieces(self, _):
        self.send(frame(0x01, b"one ") + frame(0x89, b"") + frame(0x00, b"two "))
        self.send(frame(0x80, b"three"))
        self.rfile.read()

    def do_close(self, _):
        self.send(frame(0x88, struct.pack("!H", 4001) + b"enough"))
        self.rfile.read()

    def do_cut(self, _):
        self.send(frame(0x81, b"half", length=100))

    def do_masked(self, _):
        self.send(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
        self.rfile.read()

    def do_large(self, _):
        self.send(frame(0x82, b"", length=2 << 20))
        self.rfile.read()

    def do_silent(self, _):
        self.rfile.read()

    def do_endless(self, _):
        while True:
            self.send(frame(0x82, b"x" * 1000))

    def do_pings(self, _):
        while True:
            self.send(frame(0x89, b"") * 1000)

    def do_pongs(self, _):
        while True:
            self.send(frame(0x8A, b"") * 1000)

    def do_nothing(self, _):
        self.send(frame(0x01, b""))
        while True:
            self.send(frame(0x00, b"") * 1000)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
