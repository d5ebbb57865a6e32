#!/usr/bin/env python3
"""random_bytes.py - talks nonsense to both doors of a server, in TLS and without; it must stay alive and answer all.

random_bytes.py SEED CONNECTIONS CA AGENTS_URL ADMINS_URL TOKENS_FILE

Each connection sends up to some requests made by a grammar, then broken: cut, doubled, swapped, bits turned, pieces of
requests in the wrong place, heads without an end, bodies longer or shorter than announced, chunks that lie; or bytes
that are no HTTP, or no TLS. Whatever is answered must begin as HTTP does, never with 500. Between them, and at the end,
each door still says that it lives. TOKENS_FILE has lines "NAME TOKEN"; none of these tokens may be in any answer.
"""
import random
import socket
import ssl
import sys
import threading
import urllib.parse

PATIENCE_S = 30
CHECK_EACH = 100
REQUESTS_MOST = 4
ANSWER_MOST = 1 << 20
THREADS = 16
HEAR_S = 0.1

METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "G\0T", "", "X" * 300]
PATHS = ["/v1/policy", "/v1/reports", "/v1/enroll", "/healthz", "/readyz", "/v1/rollout", "/v1/rollout/release",
         "/v1/rollout/advance", "/v1/rollout/hold", "/v1/rollout/resume", "/v1/rollout/safe", "/v1/compliance",
         "/v1/users", "/v1/devices", "/v1/devices/x", "/metrics", "/v1/simulate", "/v1/audit", "/v1/reports.csv",
         "/openapi.json", "/", "*", "//", "/..", "/%00", "/%", "/v1/../metrics", "/" + "a" * 9000,
         "http://localhost/healthz"]
QUERIES = ["", "?", "?limit=1", "?limit=-1", "?cursor=99999999999999999999", "?q=%00", "?q=" + "%41" * 500, "?&&==&",
           "?skip=1", "?state=error&state=idle", "?series=hour", "?q=%zz"]
VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.1 ", "", "HTCPCP/1.0"]
NAMES = ["Host", "Authorization", "If-Match", "If-None-Match", "Prefer", "Content-Length", "Transfer-Encoding",
         "X-Device-Token", "X-Forwarded-For", "Expect", "Connection", "Content-Type", "Accept-Encoding", "Cookie", "TE",
         "Content-Length ", "", "X" * 2000, "A\0B"]
VALUES = ["localhost", '"0"', "wait=1", "wait=99999", "0", "5", "-1", "18446744073709551616", "0x10", "1, 1", "chunked",
          "gzip, chunked", "identity", "100-continue", "close", "keep-alive", "Bearer", "Bearer ", "127.0.0.1", "",
          "y" * 5000, "\x01\x7f", "a\r\n b"]
BODIES = [b"", b"{}", b"[]", b"null", b'{"host":{"name":"PC"}}', b'{"stage":"observe"}', b'{"reason":"x"}', b"\x00" * 64,
          b"[" * 3000, b'{"a":' * 500, b'"' + b"\\u0000" * 100 + b'"', b"A" * 70000, b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n",
          b"FFFFFFFFFFFFFFFFF\r\n", b"-1\r\n\r\n"]


def die(sentence):
    print("FAILED: " + sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


class Door:
    def __init__(self, url, ca):
        at = urllib.parse.urlsplit(url)
        self.port = at.port
        self.tls = ssl.create_default_context(cafile=ca) if at.scheme == "https" else None

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        return self.tls.wrap_socket(plain, server_hostname="localhost") if self.tls else plain

    def lives(self):
        with self.connect() as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return read_all(s).startswith(b"HTTP/1.1 200")


def read_all(s):
    answer = b""
    try:
        while len(answer) < ANSWER_MOST:
            piece = s.recv(65536)
            if not piece:
                break
            answer += piece
    except OSError:
        pass  # cut by the server, which it may
    return answer


def request(chance, tokens):
    line = "%s %s%s %s" % (chance.choice(METHODS[:3] * 4 + METHODS), chance.choice(PATHS), chance.choice(QUERIES),
                           chance.choice(VERSIONS))
    headers = ["Host: localhost"] if chance.random() < 0.9 else []
    if chance.random() < 0.7:
        headers.append("Authorization: Bearer " + chance.choice(tokens))
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3, 8, 200])):
        headers.append("%s: %s" % (chance.choice(NAMES), chance.choice(VALUES)))
    body = chance.choice(BODIES)
    if chance.random() < 0.8:
        headers.append("Content-Length: %d" % (len(body) + chance.choice([0, 0, 0, 0, 1, -1, 100])))
    end = chance.choice(["\r\n"] * 8 + ["\n", "\r", ""])
    return end.join([line, *headers, "", ""]).encode("latin-1", "replace") + body


def turn(chance, data):
    """One way to break it."""
    if not data:
        return data
    at, to = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    way = chance.randrange(7)
    if way == 0:
        return data[:at]
    if way == 1:
        return data[:to] + data[at:]
    if way == 2:
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]
    if way == 3:
        return data[:at] + chance.randbytes(chance.randrange(1, 64)) + data[at:]
    if way == 4:
        return data[:at] + data[to:]
    if way == 5:
        return data[to:] + data[:at]
    return data[:at] + bytes([data[at]]) * chance.choice([2, 100, 5000]) + data[at:]


def nonsense(chance, tokens):
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(2000))
    data = b"".join(request(chance, tokens) for _ in range(chance.randrange(1, REQUESTS_MOST + 1)))
    for _ in range(chance.choice([0, 0, 1, 1, 2, 4])):
        data = turn(chance, data)
    return data


def talk(door, chance, tokens):
    """One connection. Some send in pieces, some do not read, some speak no TLS where it is spoken."""
    data = nonsense(chance, tokens)
    strange = door.tls is not None and chance.random() < 0.1
    try:
        with (socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE_S) if strange else door.connect()) as s:
            size = chance.choice([len(data) or 1, len(data) or 1, 1 + len(data) // 3])
            for at in range(0, len(data), size):
                s.sendall(data[at:at + size])
            if chance.random() < 0.1:
                return  # gone without a word
            if chance.random() < 0.5:
                s.sendall(b"\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            s.settimeout(HEAR_S)  # it may well wait for the rest of a request
            answer = read_all(s)
    except OSError:
        return  # cut by the server, which it may
    if strange:
        return
    if answer and not answer.startswith(b"HTTP/1."):
        die("to %r it says %r" % (data[:200], answer[:200]))
    if answer[:13].endswith(b" 500"):
        die("to %r it says %r" % (data[:200], answer[:400]))
    for token in tokens:
        if len(token) > 32 and token.encode() in answer and token.encode() not in data.replace(b"\r\n", b""):
            die("a token is in the answer to %r" % data[:200])


def work(doors, seed, count, tokens, failed):
    chance = random.Random(seed)
    try:
        for i in range(count):
            talk(chance.choice(doors), chance, tokens)
            if i % CHECK_EACH == 0 and not all(door.lives() for door in doors):
                die("a door does not live any more")
    except BaseException as e:  # pylint: disable=broad-except
        failed.append("seed %d: %r" % (seed, e))


def main(seed, connections, ca, agents, admins, tokens_file):
    with open(tokens_file, encoding="ascii") as f:
        tokens = [line.split()[1] for line in f] + ["x", "0" * 64]
    doors = [Door(agents, ca), Door(admins, ca)]
    failed = []
    threads = [threading.Thread(target=work, args=(doors, int(seed) + i, int(connections) // THREADS, tokens, failed))
               for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        die("; ".join(failed))
    if not all(door.lives() for door in doors):
        die("at the end a door does not live any more")
    print("%d connections" % (int(connections) // THREADS * THREADS))


if __name__ == "__main__":
    main(*sys.argv[1:])
