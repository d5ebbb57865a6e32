#!/usr/bin/env python3
"""proxy.py DIR - an HTTP proxy that connects, and a PAC file beside it, on a free port of the loopback interface.

    DIR/port          the port, once it listens
    DIR/proxy.pac     answered to GET /proxy.pac; none: 404
    DIR/wants_login   while it exists, CONNECT is answered with 407
    DIR/requests.log  one line a request: METHOD TARGET STATUS, and "credentials" if there were any
"""
import os
import select
import socket
import sys
import threading

HEAD_LIMIT = 16384

directory = sys.argv[1]
lock = threading.Lock()


def note(text):
    with lock, open(os.path.join(directory, "requests.log"), "a") as log:
        log.write(text + "\n")


def read_head(client):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        more = client.recv(4096)
        if not more:
            break
        head += more
    return head.decode("latin-1")


def pump(one, other):
    ends = {one: other, other: one}
    while True:
        for ready in select.select(list(ends), [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return
            ends[ready].sendall(data)


def connect(client, target, shown):
    if os.path.exists(os.path.join(directory, "wants_login")):
        note("CONNECT %s 407%s" % (target, shown))
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
                       b"Proxy-Authenticate: NTLM\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    host, port = target.rsplit(":", 1)
    try:
        server = socket.create_connection((host, int(port)), 10)
    except OSError:
        note("CONNECT %s 502%s" % (target, shown))
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    note("CONNECT %s 200%s" % (target, shown))
    with server:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        pump(client, server)


def serve_pac(client, target):
    try:
        with open(os.path.join(directory, "proxy.pac"), "rb") as file:
            body = file.read()
    except FileNotFoundError:
        note("GET %s 404" % target)
        client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    note("GET %s 200" % target)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ns-proxy-autoconfig\r\nContent-Length: %d\r\n"
                   b"Connection: close\r\n\r\n" % len(body) + body)


def serve(client):
    with client:
        head = read_head(client)
        words = head.split(" ", 2)
        if len(words) < 3:
            return
        try:
            if words[0] == "CONNECT":
                connect(client, words[1], " credentials" if "authorization:" in head.lower() else "")
            else:
                serve_pac(client, words[1])
        except OSError:
            pass  # somebody went away


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(64)
with open(os.path.join(directory, "port.new"), "w") as file:
    file.write("%d\n" % listener.getsockname()[1])
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
