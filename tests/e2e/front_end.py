#!/usr/bin/env python3
"""front_end.py DIR CERTIFICATES CASE... - plays Exchange's front end, well or in one of the ways in which it is not.

Each CASE listens on a free port of the loopback interface of its own: DIR/CASE.port. Its certificate is
CERTIFICATES/fine.pem; =NAME is ready with CERTIFICATES/NAME.pem instead, and called NAME. What it is asked stands in
DIR/CASE.log: a line of JSON for each request, with method, target, headers and the length of its body; "connection"
before each connection.

    ready        as Exchange 2016 answers who has no credentials
    anew_ready   the same; what it answers stands in DIR/anew_ready.case, if that is there
    beside       the same, with Basic beside Negotiate and NTLM, a cookie, and a token's challenge
    no_version   the same, and does not say its build
    old          Exchange 2013 without a service pack
    redirect     everybody is sent to a page to log on at, which is here, too
    form         everybody gets that page at once
    basic        Basic alone is offered
    page_login   healthcheck.htm asks for a log-on
    forbidden    403
    missing      404
    open         nobody needs to log on
    sick         503
    sorry        200, and some other page
    hang         takes the request and says nothing
    mute         takes the connection and says nothing
    cut          takes the request and hangs up
    garbage      bytes that are no HTTP
    endless      header lines for ever
    drip         the page, one byte a second
    tls11        TLS 1.1 and nothing newer
    wants_certificate  of the client
"""
import json
import os
import socket
import ssl
import sys
import threading
import time
import warnings

HEAD_LIMIT = 65536
PAGE = b"200 OK<br/>EX1.CONTOSO.EXAMPLE"
LOGIN = b'<!DOCTYPE html><html><body><form action="/auth.owa" method="POST"><input type="password"></form></body></html>'
WINDOWS = [("WWW-Authenticate", "Negotiate,NTLM")]
EXCHANGE = [("X-FEServer", "EX1"), ("Server", "Microsoft-IIS/10.0")]
BUILD = [("X-OWA-Version", "15.1.2507.12")]
OLD_BUILD = [("X-OWA-Version", "15.0.516.32")]
BESIDE = [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM"), ("WWW-Authenticate", 'Basic realm="mail, x"'),
          ("WWW-Authenticate", 'Bearer client_id="0", trusted_issuers="a@*,b@*"'), ("Set-Cookie", "ClientId=1; path=/")]

directory, certificates = sys.argv[1:3]
lock = threading.Lock()


def note(case, entry):
    with lock, open(os.path.join(directory, case + ".log"), "a") as log:
        log.write(json.dumps(entry) + "\n")


def receive(client):
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_LIMIT:
        more = client.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    # Wine asks through a proxy's tunnel as it would ask the proxy; every server has to understand that.
    if target.startswith("https://"):
        target = "/" + target[8:].partition("/")[2]
    headers = [[part.strip() for part in line.split(":", 1)] for line in lines[1:]]
    return {"method": method, "target": target, "headers": headers, "body": len(body)}


def answer(client, status, headers=(), body=b""):
    head = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), "Content-Type: text/html"]
    head += ["%s: %s" % field for field in headers]
    client.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)


def as_exchange(client, request, challenge=WINDOWS, build=BUILD):
    if request["target"].endswith("/healthcheck.htm"):
        answer(client, "200 OK", EXCHANGE + [f for f in challenge if f[0] == "Set-Cookie"], PAGE)
    elif request["target"] in ("/mapi/emsmdb/", "/rpc/rpcproxy.dll"):
        answer(client, "401 Unauthorized", EXCHANGE + challenge + build, b"")
    else:
        answer(client, "404 Not Found", EXCHANGE)


def redirect(client, request):
    if request["target"].startswith("/owa/auth/"):
        answer(client, "200 OK", (), LOGIN)
    else:
        answer(client, "302 Found", [("Location", "/owa/auth/logon.aspx?url=\x1b[2J")])


def page_login(client, request):
    if request["target"].endswith("/healthcheck.htm"):
        answer(client, "401 Unauthorized", WINDOWS)
    else:
        as_exchange(client, request)


def open_to_all(client, request):
    answer(client, "200 OK", EXCHANGE, PAGE if request["target"].endswith(".htm") else b"It works!")


def endless(client, request):
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X-Padding: " + b"x" * 1000 + b"\r\n")


def drip(client, request):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b"2")
        time.sleep(1)


CASES = {
    "ready": as_exchange,
    "tls11": as_exchange,
    "wants_certificate": as_exchange,
    "beside": lambda client, request: as_exchange(client, request, BESIDE),
    "no_version": lambda client, request: as_exchange(client, request, WINDOWS, []),
    "old": lambda client, request: as_exchange(client, request, WINDOWS, OLD_BUILD),
    "redirect": redirect,
    "form": lambda client, request: answer(client, "200 OK", (), LOGIN),
    "basic": lambda client, request: as_exchange(client, request, [("WWW-Authenticate", 'Basic realm="x"')]),
    "page_login": page_login,
    "forbidden": lambda client, request: answer(client, "403 Forbidden", EXCHANGE),
    "missing": lambda client, request: answer(client, "404 Not Found", EXCHANGE),
    "open": open_to_all,
    "sick": lambda client, request: answer(client, "503 Service Unavailable"),
    "sorry": lambda client, request: answer(client, "200 OK", (), b"<html>We are sorry</html>"),
    "hang": lambda client, request: client.recv(1),
    "mute": None,
    "cut": lambda client, request: None,
    "garbage": lambda client, request: client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 10),
    "endless": endless,
    "drip": drip,
}


def behaviour(case):
    if case != "anew_ready":
        return CASES.get(case, as_exchange)
    try:
        with open(os.path.join(directory, "anew_ready.case")) as file:
            return CASES[file.read().strip()]
    except FileNotFoundError:
        return as_exchange


def serve(case, client, context):
    note(case, "connection")
    try:
        client.settimeout(120)
        if case == "mute":
            client.recv(1 << 20)
            client.recv(1)
            return
        with context.wrap_socket(client, server_side=True) as secure:
            while True:
                request = receive(secure)
                if request is None:
                    return
                note(case, request)
                act = behaviour(case)
                act(secure, request)
                if case in ("cut", "garbage"):
                    return
    except (OSError, ValueError):
        pass # the other side went
    finally:
        client.close()


def make_context(case, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(os.path.join(certificates, certificate + end) for end in (".pem", ".key")))
    if case == "tls11":
        context.set_ciphers("ALL:@SECLEVEL=0")
        warnings.simplefilter("ignore", DeprecationWarning) # that is what it is for
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    if case == "wants_certificate":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(os.path.join(certificates, "fine.pem"))
    return context


def listen(case, certificate):
    context = make_context(case, certificate)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    path = os.path.join(directory, case + ".port")
    with open(path + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(path + ".new", path)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(case, client, context), daemon=True).start()


for wanted in sys.argv[3:]:
    case, certificate = (wanted[1:], wanted[1:]) if wanted[0] == "=" else (wanted, "fine")
    threading.Thread(target=listen, args=(case, certificate), daemon=True).start()
threading.Event().wait()
