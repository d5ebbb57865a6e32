#!/usr/bin/env python3
"""fake_server.py DIR CERT KEY - a server in wrong hands: it serves whatever bytes lie in DIR/policy.

Speaks the agents' half of the protocol over TLS on a free port of the loopback interface, holds polls
as asked, and says in DIR what happened:

    DIR/port          the port, once it listens
    DIR/policy        served as it is; none: 204. A new file is noticed at once, so replace it by a rename
    DIR/at_once       while it exists, polls are answered with the whole policy at once, whatever they ask
    DIR/requests.log  one line a request: METHOD PATH STATUS
    DIR/reports/      the body of each report, numbered, answered with 204
"""
import hashlib
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_LIMIT = 1 << 20
LOOK_EVERY_S = 0.02

directory, certificate, key = sys.argv[1:4]
reports = os.path.join(directory, "reports")
lock = threading.Lock()
report_count = 0


def read_policy():
    try:
        with open(os.path.join(directory, "policy"), "rb") as file:
            body = file.read()
    except FileNotFoundError:
        return None, '"0"'
    return body, '"%s"' % hashlib.sha256(body).hexdigest()[:16]


def write_whole(path, body):
    with open(path + ".new", "wb") as file:
        file.write(body)
    os.rename(path + ".new", path)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        with lock, open(os.path.join(directory, "requests.log"), "a") as log:
            log.write("%s %s %d\n" % (self.command, self.path, status))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status not in (204, 304):
            self.wfile.write(body)

    def wait_asked_s(self):
        prefer = self.headers.get("Prefer", "")
        return min(int(prefer[5:]), 600) if prefer.startswith("wait=") else 0

    def do_GET(self):
        if self.path != "/v1/policy":
            self.answer(404)
            return
        at_once = os.path.exists(os.path.join(directory, "at_once"))
        known = None if at_once else self.headers.get("If-None-Match")
        end = time.monotonic() + self.wait_asked_s()
        body, etag = read_policy()
        while etag == known and time.monotonic() < end:
            time.sleep(LOOK_EVERY_S)
            body, etag = read_policy()
        if etag == known or body is None:
            waited = [("Preference-Applied", "wait")] if self.wait_asked_s() else []
            self.answer(204 if body is None else 304, headers=[("ETag", etag)] + waited)
        else:
            self.answer(200, body, [("ETag", etag), ("Content-Type", "application/jose+json")])

    def do_POST(self):
        global report_count
        length = int(self.headers.get("Content-Length", "0"))
        if length > BODY_LIMIT:
            self.close_connection = True
            self.answer(413)
            return
        body = self.rfile.read(length)
        if self.path == "/v1/reports":
            with lock:
                report_count += 1
                write_whole(os.path.join(reports, "%06d.json" % report_count), body)
            self.answer(204)
        elif self.path == "/v1/enroll":
            answer = b'{"device_id":"%s","device_token":"%s"}' % (b"0" * 32, b"f" * 64)
            self.answer(201, answer, [("Content-Type", "application/json")])
        else:
            self.answer(404)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that goes away is nothing to speak of."""


os.makedirs(reports, exist_ok=True)
server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
# The handshake belongs to the connection's own thread, so that a slow one holds up nobody.
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
write_whole(os.path.join(directory, "port"), b"%d\n" % server.server_address[1])
server.serve_forever()
