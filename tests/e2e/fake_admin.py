#!/usr/bin/env python3
"""fake_admin.py DIRECTORY - plays the administrators' side of a server, as old, as slow or as broken as a test asks for.

GET /v1/NAME answers DIRECTORY/NAME.json, whatever the query says; every POST is answered with 503. GET
/v1/reports.csv does what DIRECTORY/export says:
    whole SIZE     CSV of about so many MB, in chunks
    cut            ends in the middle of a row
    unmarked       ends, but neither a length nor a last chunk says that this is the end
    page           a page of HTML instead, as something in between might answer
    busy           503 with Retry-After
    slow           the heading, then nothing until the caller has gone
DIRECTORY/port gets the port; DIRECTORY/log a line "connection" for each connection and one for each request. While
DIRECTORY/away exists, every request but those for reports.csv is answered with 503.
"""
import http.server
import os
import sys
import threading

DIRECTORY = sys.argv[1]
ROW = b'"CONTOSO\\user, the first",PC-1,compliant,"a ""quoted"" word\nin two lines"\r\n'
lock = threading.Lock()


def note(line):
    with lock, open(os.path.join(DIRECTORY, "log"), "a") as log:
        log.write(line + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        note("connection")
        super().setup()

    def log_message(self, *_):
        pass

    def answer(self, status, kind, body, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status, code, **headers):
        self.answer(status, "application/problem+json", b'{"code":"%s","detail":"come again"}' % code, **headers)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def do_GET(self):
        note("GET " + self.path)
        name = self.path.partition("?")[0].rpartition("/v1/")[2]
        if name == "reports.csv":
            self.export(*open(os.path.join(DIRECTORY, "export")).read().split())
        elif os.path.exists(os.path.join(DIRECTORY, "away")):
            self.problem(503, b"unavailable", Retry_After="1")
        else:
            try:
                with open(os.path.join(DIRECTORY, name.replace("/", "-") + ".json"), "rb") as file:
                    self.answer(200, "application/json", file.read())
            except FileNotFoundError:
                self.problem(404, b"not_found")

    def do_POST(self):
        note("POST " + self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.problem(503, b"unavailable", Retry_After="1")

    def export(self, mode, megabytes="0"):
        if mode == "busy":
            self.problem(503, b"unavailable", Retry_After="1")
            return
        if mode == "page":
            self.answer(200, "text/html", b"<html>Please log in</html>")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        if mode == "unmarked":
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"account,host,state,remark\r\n" + ROW)
            self.close_connection = True
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.chunk(b"\xef\xbb\xbfaccount,host,state,remark\r\n")
        many = ROW * 1000
        for _ in range(int(megabytes) * 1000000 // len(many)):
            self.chunk(many)
        self.chunk(ROW)
        if mode == "slow":
            self.connection.settimeout(60)
            self.connection.recv(1)
            self.close_connection = True
        elif mode == "cut":
            self.wfile.write(b"%x\r\n%s" % (len(ROW), ROW[:20]))
            self.close_connection = True
        else:
            self.chunk(b"")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(os.path.join(DIRECTORY, "port.new"), "w") as file:
    file.write(str(server.server_address[1]))
os.rename(os.path.join(DIRECTORY, "port.new"), os.path.join(DIRECTORY, "port"))
server.serve_forever()
