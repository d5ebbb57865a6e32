#!/usr/bin/env python3
"""bad_server.py DIR CASE CERT KEY - a server that breaks TLS or HTTP, and has a good policy to give all the same.

On a free port of the loopback interface, DIR/port. DIR/policy is what it would serve; DIR/requests.log has one line a
connection: how far it came. Reports are answered with 204 and kept in DIR/reports. CASE is one of

    good             as it should be
    tls11            TLS 1.1 and nothing newer
    mute             takes connections and says nothing, not even in TLS
    silent           takes requests and says nothing
    slow             one byte a second
    garbage          bytes that are no HTTP
    endless_headers  header lines for ever
    endless_body     a body in chunks for ever
    too_large        1 MiB of blanks behind the policy
    compressed       the policy in gzip, which nobody asked for
    short            less than Content-Length says
    redirect         to the address in DIR/location
"""
import gzip
import os
import socket
import ssl
import sys
import threading
import time

HEAD_LIMIT = 65536

directory, case, certificate, key = sys.argv[1:5]
lock = threading.Lock()
report_count = 0


def note(text):
    with lock, open(os.path.join(directory, "requests.log"), "a") as log:
        log.write(text + "\n")


def read(name):
    with open(os.path.join(directory, name), "rb") as file:
        return file.read()


def write_whole(path, body):
    with open(path + ".new", "wb") as file:
        file.write(body)
    os.rename(path + ".new", path)


def receive(client):
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_LIMIT:
        more = client.recv(65536)
        if not more:
            return "", b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    text = head.decode("latin-1")
    length = 0
    for line in text.split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
    while len(body) < length:
        body += client.recv(65536)
    return text, body


def answer(client, status, body=b"", *lines):
    head = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), 'ETag: "next"'] + list(lines)
    client.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def misbehave(client):
    policy = read("policy")
    if case in ("good", "tls11"):
        answer(client, "200 OK", policy)
    elif case == "silent":
        client.recv(1)
    elif case == "slow":
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(policy) + policy:
            client.sendall(bytes([byte]))
            time.sleep(1)
    elif case == "garbage":
        client.sendall(bytes(range(256)) * 4)
    elif case == "endless_headers":
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            client.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")
    elif case == "endless_body":
        client.sendall(b'HTTP/1.1 200 OK\r\nETag: "next"\r\nTransfer-Encoding: chunked\r\n\r\n')
        while True:
            client.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
    elif case == "too_large":
        answer(client, "200 OK", policy + b" " * (1 << 20))
    elif case == "compressed":
        answer(client, "200 OK", gzip.compress(policy), "Content-Encoding: gzip")
    elif case == "short":
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(policy) + 10) + policy)
    elif case == "redirect":
        answer(client, "302 Found", b"", "Location: " + read("location").decode().strip())
    else:
        sys.exit("no such case: " + case)


def keep_report(body):
    global report_count
    with lock:
        report_count += 1
        write_whole(os.path.join(directory, "reports", "%06d.json" % report_count), body)


def converse(client):
    while True:
        head, body = receive(client)
        if not head:
            return
        line = head.split("\r\n")[0]
        note(line)
        if line.startswith("GET /v1/policy "):
            misbehave(client)
            return
        if line.startswith("POST /v1/reports "):
            keep_report(body)
            client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        else:
            answer(client, "404 Not Found")


def serve(plain, context):
    try:
        if case == "mute":
            note("connected")
            plain.recv(1 << 20)
            while plain.recv(1 << 20):
                pass
            return
        with context.wrap_socket(plain, server_side=True) as client:
            note("secure " + client.version())
            converse(client)
    except (OSError, ValueError) as error:
        note("ended: %s" % error)


os.makedirs(os.path.join(directory, "reports"), exist_ok=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
if case == "tls11":
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
write_whole(os.path.join(directory, "port"), b"%d\n" % listener.getsockname()[1])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0], context), daemon=True).start()
