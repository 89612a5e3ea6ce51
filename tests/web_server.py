#!/usr/bin/env python3
"""A web server for tests, which misbehaves as it is told: web_server.py DIRECTORY [CERT.pem KEY.pem]

Serves the files of DIRECTORY on a free port of 127.0.0.1, which it prints, until its stdin ends.
Each request is a line of JSON in DIRECTORY/requests.log. How /NAME is served, NAME.how says; a line
is a word and its value:

    status N             rather than 200
    header NAME: VALUE   besides
    length N             says so, and sends what there is
    no-length            nothing is said; the end of the connection is the end of the file
    chunked              in pieces
    cut N                breaks off after N bytes of the body
    drip SECONDS         pauses after each byte
    endless              goes on with the file from its beginning
    endless-headers
    no-range             Range is not understood
    careless             If-Range is not looked at
    etag VALUE           rather than one made of the bytes; `etag none`: none
    once                 the next time as if there were no NAME.how
"""
import hashlib
import http.server
import json
import pathlib
import re
import ssl
import sys
import threading
import time

ROOT = pathlib.Path(sys.argv[1])
LOG = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def how(self, name):
        path = ROOT / (name + ".how")
        if not path.is_file():
            return {}, []
        words, headers = {}, []
        for line in path.read_text().splitlines():
            word, _, value = line.partition(" ")
            if word == "header":
                headers.append(value.split(": ", 1))
            else:
                words[word] = value
        if "once" in words:
            path.unlink()
        return words, headers

    def log_request_headers(self):
        entry = {"method": self.command, "path": self.path, "client": self.client_address[1],
                 "headers": {name.lower(): value for name, value in self.headers.items()}}
        if length := int(self.headers.get("Content-Length", 0)):
            entry["body"] = self.rfile.read(length).decode("latin-1")
        with LOG, open(ROOT / "requests.log", "a") as log:
            log.write(json.dumps(entry) + "\n")

    def part(self, body, how, etag):
        """What of the body is asked for: (status, bytes, Content-Range)."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or "no-range" in how or "status" in how:
            return 200, body, None
        if "careless" not in how and self.headers.get("If-Range", etag) != etag:
            return 200, body, None
        first = int(asked.group(1))
        if first >= len(body):
            return 416, b"", f"bytes */{len(body)}"
        return 206, body[first:], f"bytes {first}-{len(body) - 1}/{len(body)}"

    def do_CONNECT(self):
        """As a proxy that lets nobody through."""
        self.log_request_headers()
        self.send_error(403)

    def do_HEAD(self):
        self.do_GET()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD

    def do_GET(self):
        self.log_request_headers()
        name = self.path.split("?")[0].lstrip("/")
        how, headers = self.how(name)
        file = ROOT / name
        found = file.is_file()
        body = file.read_bytes() if found else b"There is no such file.\n"
        etag = how.get("etag", '"%s"' % hashlib.sha256(body).hexdigest()[:16])
        status, body, content_range = self.part(body, how, etag) if found else (404, body, None)
        self.send_response(int(how.get("status", status)))
        for header, value in headers:
            self.send_header(header, value)
        if found and etag != "none":
            self.send_header("ETag", etag)
        if content_range:
            self.send_header("Content-Range", content_range)
        if "chunked" in how:
            self.send_header("Transfer-Encoding", "chunked")
        elif "no-length" not in how:
            self.send_header("Content-Length", how.get("length", str(len(body))))
        if "endless-headers" in how:
            self.flush_headers()
        while "endless-headers" in how:
            self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(body, how)

    def send_body(self, body, how):
        if any(word in how for word in ("no-length", "length", "cut", "endless")):
            self.close_connection = True
        body = body[:int(how.get("cut", len(body)))]
        piece = 1 if "drip" in how else 64 * 1024
        while True:
            for start in range(0, len(body), piece):
                self.send_piece(body[start:start + piece], how)
            if "endless" not in how:
                break
        if "chunked" in how and "cut" not in how:
            self.wfile.write(b"0\r\n\r\n")

    def send_piece(self, piece, how):
        if "chunked" in how:
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        self.wfile.write(piece)
        time.sleep(float(how.get("drip", 0)))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        if not isinstance(sys.exc_info()[1], OSError):  # that a client goes away is what is tested
            super().handle_error(*args)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        # The handshake is made by the thread of the connection, at its first read.
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
