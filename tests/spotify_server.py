#!/usr/bin/env python3
"""Spotify as its documentation has it, for tests: spotify_server.py DIRECTORY

Serves the accounts service at 127.100.100.100 and the Web API at 127.0.0.10, on one port, which it
prints, until its stdin ends. Each request is a line of JSON in DIRECTORY/requests.log. Files there
change what happens:

    deny        the user says no when asked to log in
    expire      all access tokens end (the file goes)
    revoke      all refresh tokens end (the file goes)
    free        the account is not Premium
    closed      no device is open
    next.json   {"path": "/v1/me/player", "status": 429, "headers": {...}, "body": "..."}: what the
                next request to that path gets (the file goes)
"""
import base64
import hashlib
import http.server
import json
import pathlib
import secrets
import sys
import threading
import urllib.parse

ROOT = pathlib.Path(sys.argv[1])
LOCK = threading.RLock()
CLIENT = "0123456789abcdef0123456789abcdef"
TRACK = {"uri": "spotify:track:11dFghVXANMlKmJXsNCbNl", "id": "11dFghVXANMlKmJXsNCbNl",
         "name": "Cut To The Feeling", "type": "track", "duration_ms": 207959,
         "artists": [{"name": "Carly Rae Jepsen", "type": "artist"}]}


class Spotify:
    """What the service knows."""

    def __init__(self):
        self.codes, self.access, self.refresh = {}, set(), set()
        self.library, self.queue = set(), []
        self.player = {
            "is_playing": False, "shuffle_state": False, "repeat_state": "off",
            "progress_ms": 44272, "currently_playing_type": "track", "item": TRACK, "context": None,
            "device": {"id": "5fbb3ba6", "is_active": True, "is_restricted": False,
                       "name": "Kitchen speaker", "type": "Speaker", "volume_percent": 59,
                       "supports_volume": True}}
        self.devices = [self.player["device"],
                        {"id": "ed01a3f7", "is_active": False, "is_restricted": False,
                         "name": "Web Player (Firefox)", "type": "Computer", "volume_percent": 100,
                         "supports_volume": True}]

    def tokens(self):
        access, refresh = "BQ" + secrets.token_urlsafe(90), "AQ" + secrets.token_urlsafe(90)
        self.access.add(access)
        self.refresh.add(refresh)
        return {"access_token": access, "token_type": "Bearer", "expires_in": 3600,
                "refresh_token": refresh, "scope": "user-read-playback-state"}

    def take(self, name):
        path = ROOT / name
        if not path.exists():
            return False
        path.unlink()
        return True

    # The accounts service.

    def authorize(self, query):
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        assert query["redirect_uri"].startswith("http://127.0.0.1:")
        if (ROOT / "deny").exists():
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(60)
            self.codes[code] = query
            answer = {"code": code, "state": query["state"]}
        return 302, {"Location": query["redirect_uri"] + "?" + urllib.parse.urlencode(answer)}, ""

    def token(self, form):
        if self.take("revoke"):
            self.refresh.clear()
        if form.get("client_id") != CLIENT:
            return 400, {}, {"error": "invalid_client", "error_description": "Invalid client"}
        if form.get("grant_type") == "refresh_token":
            if form["refresh_token"] not in self.refresh:
                return 400, {}, {"error": "invalid_grant",
                                 "error_description": "Refresh token revoked"}
            self.refresh.remove(form["refresh_token"])
            return 200, {}, self.tokens()
        asked = self.codes.pop(form.get("code"), None)
        if not asked or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {}, {"error": "invalid_grant",
                             "error_description": "Invalid authorization code"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {}, {"error": "invalid_grant",
                             "error_description": "code_verifier was incorrect"}
        return 200, {}, self.tokens()

    # The Web API.

    def error(self, status, message, reason=None):
        error = {"status": status, "message": message}
        if reason:
            error["reason"] = reason
        return status, {}, {"error": error}

    def api(self, method, path, query, body, authorization):
        if self.take("expire"):
            self.access.clear()
        if authorization.removeprefix("Bearer ") not in self.access:
            return self.error(401, "The access token expired")
        if method != "GET" and path.startswith("/v1/me/player"):
            if (ROOT / "free").exists():
                return self.error(403, "Player command failed: Premium required",
                                  "PREMIUM_REQUIRED")
            if (ROOT / "closed").exists() and path != "/v1/me/player":
                return self.error(404, "Player command failed: No active device found",
                                  "NO_ACTIVE_DEVICE")
        handler = getattr(self, method.lower() + path.replace("/", "_"), None)
        return handler(query, body) if handler else self.error(404, "Service not found")

    def get_v1_me_player(self, query, body):
        return (204, {}, "") if (ROOT / "closed").exists() else (200, {}, self.player)

    def get_v1_me_player_devices(self, query, body):
        return 200, {}, {"devices": self.devices}

    def put_v1_me_player(self, query, body):
        [wanted] = [device for device in self.devices if device["id"] in body["device_ids"]]
        for device in self.devices:
            device["is_active"] = device is wanted
        self.player["device"] = wanted
        self.player["is_playing"] = self.player["is_playing"] or body["play"]
        return 204, {}, ""

    def put_v1_me_player_play(self, query, body):
        self.player["is_playing"] = True
        if body and "uris" in body:
            self.player["item"] = {**TRACK, "uri": body["uris"][0]}
        elif body:
            self.player["context"] = {"uri": body["context_uri"]}
        return 204, {}, ""

    def put_v1_me_player_pause(self, query, body):
        if not self.player["is_playing"]:
            return self.error(403, "Player command failed: Restriction violated", "UNKNOWN")
        self.player["is_playing"] = False
        return 200, {}, "AAAA7Q not JSON"  # which it does send now and then

    def post_v1_me_player_next(self, query, body):
        return 204, {}, ""

    post_v1_me_player_previous = post_v1_me_player_next

    def put_v1_me_player_volume(self, query, body):
        self.player["device"]["volume_percent"] = int(query["volume_percent"])
        return 204, {}, ""

    def put_v1_me_player_shuffle(self, query, body):
        self.player["shuffle_state"] = {"true": True, "false": False}[query["state"]]
        return 204, {}, ""

    def put_v1_me_player_repeat(self, query, body):
        assert query["state"] in ("off", "context", "track")
        self.player["repeat_state"] = query["state"]
        return 204, {}, ""

    def put_v1_me_player_seek(self, query, body):
        self.player["progress_ms"] = int(query["position_ms"])
        return 204, {}, ""

    def post_v1_me_player_queue(self, query, body):
        self.queue.append(query["uri"])
        return 204, {}, ""

    def get_v1_me_playlists(self, query, body):
        return 200, {}, {"items": [{"name": "Running", "type": "playlist",
                                    "uri": "spotify:playlist:37i9dQZF1DX0hWmn8d5pRH"}],
                         "limit": 50, "total": 1}

    def get_v1_search(self, query, body):
        assert int(query["limit"]) <= 10
        kind = query["type"]
        items = [None, {"name": query["q"], "type": kind, "uri": f"spotify:{kind}:6rqhFgbbKwnb9MLm"}]
        return 200, {}, {kind + "s": {"items": [] if "nothing" in query["q"] else items}}

    def put_v1_me_library(self, query, body):
        self.library.update(query["uris"].split(","))
        return 200, {}, ""

    def delete_v1_me_library(self, query, body):
        self.library.difference_update(query["uris"].split(","))
        return 200, {}, ""


SPOTIFY = Spotify()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def log_entry(self, body):
        entry = {"method": self.command, "path": self.path, "body": body,
                 "headers": {name.lower(): value for name, value in self.headers.items()}}
        with open(ROOT / "requests.log", "a") as log:
            log.write(json.dumps(entry) + "\n")

    def prepared(self, path):
        file = ROOT / "next.json"
        if not file.exists():
            return None
        answer = json.loads(file.read_text())
        if answer["path"] != path:
            return None
        file.unlink()
        return answer["status"], answer.get("headers", {}), answer.get("body", "")

    def answer(self, body):
        path, _, query = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query, strict_parsing=bool(query)))
        if prepared := self.prepared(path):
            return prepared
        if self.server.server_address[0] == "127.100.100.100":
            if (self.command, path) == ("GET", "/authorize"):
                return SPOTIFY.authorize(query)
            if (self.command, path) == ("POST", "/api/token"):
                return SPOTIFY.token(dict(urllib.parse.parse_qsl(body)))
            return 404, {}, ""
        return SPOTIFY.api(self.command, path, query, json.loads(body) if body else None,
                           self.headers.get("Authorization", ""))

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with LOCK:
            self.log_entry(body)
            status, headers, answer = self.answer(body)
        if not isinstance(answer, str):
            answer = json.dumps(answer)
            headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(answer.encode())))
        self.end_headers()
        if status != 204:
            self.wfile.write(answer.encode())

    do_POST = do_PUT = do_DELETE = do_GET


def main():
    # A port of five digits: the test puts these addresses in the place of longer ones.
    while True:
        api = http.server.ThreadingHTTPServer(("127.0.0.10", 0), Handler)
        try:
            if api.server_port < 10000:
                continue
            accounts = http.server.ThreadingHTTPServer(("127.100.100.100", api.server_port), Handler)
            break
        except OSError:
            api.server_close()
    for server in (api, accounts):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(api.server_port, flush=True)
    sys.stdin.read()


main()
