#!/usr/bin/env python3
"""What a test needs around a server's process: systemd's side of it, clients that stay, a look at its log.

process_client.py notify NAME FILE      takes datagrams at a socket (a path, or @NAME in the abstract namespace) and
                                        writes each as a line of the file, its line ends as '|'; until it is ended
process_client.py hold   URL CA TOKEN ETAG FILE
                                        a poll that is held; its status, ETag and X-Request-Id go to the file
process_client.py keep   URL CA FILE    asks /healthz again and again over one connection; how often goes to the file;
                                        fails when the connection ends
process_client.py many   ADDRESS PORT COUNT
                                        opens so many connections from that address and says how many were served
process_client.py log    FILE           each line must be time, level and words key=value; says how many there are
process_client.py filter PROGRAM ARGUMENTS...
                                        runs the program under a seccomp filter: the system calls named on stdin, one a
                                        line, are allowed; each other one ends the process; root becomes nobody before
"""
import ctypes
import http.client
import os
import pwd
import re
import socket
import ssl
import struct
import sys
import time
import urllib.parse


def notify(name, file):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind("\0" + name[1:] if name.startswith("@") else name)
    with open(file, "a", buffering=1) as out:
        print("listening", flush=True)
        while True:
            out.write(listener.recv(65536).decode().replace("\n", "|") + "\n")


def connect(url, ca, timeout=120):
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout,
                                       context=ssl.create_default_context(cafile=ca))


def hold(url, ca, token, etag, file):
    connection = connect(url, ca)
    connection.request("GET", "/v1/policy", headers={
        "Authorization": "Bearer " + token, "If-None-Match": etag, "Prefer": "wait=600"})
    answer = connection.getresponse()
    answer.read()
    with open(file, "w") as out:
        out.write("%d %s %s\n" % (answer.status, answer.getheader("ETag"), answer.getheader("X-Request-Id")))


def keep(url, ca, file):
    connection = connect(url, ca)
    connection.connect()
    connection.auto_open = False
    count = 0
    while True:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        if answer.status != 200:
            sys.exit("/healthz gave %d" % answer.status)
        answer.read()
        count += 1
        with open(file + ".new", "w") as out:
            out.write("%d\n" % count)
        os.rename(file + ".new", file)
        time.sleep(0.02)


def many(address, port, count):
    connections = [socket.create_connection((address, int(port)), source_address=(address, 0), timeout=60)
                   for _ in range(int(count))]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    served = 0
    kept = []
    for one in connections:
        try:
            kept.append(context.wrap_socket(one))
            kept[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            served += kept[-1].recv(12) == b"HTTP/1.1 200"
        except OSError:
            pass  # turned away
    print(served)


LINE = re.compile(r'time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ level=(error|warning|info|debug) event=[a-z_]+'
                  r'( [a-z_]+=("[^"]*"|[^ "=]*))*')


def log(file):
    count = 0
    with open(file) as lines:
        for line in lines:
            count += 1
            if not LINE.fullmatch(line.rstrip("\n")):
                sys.exit("line %d is none of key=value: %s" % (count, line))
            keys = re.findall(r'(?:^| )([a-z_]+)=(?:"[^"]*"|[^ "]*)', line)
            if len(keys) != len(set(keys)):
                sys.exit("line %d says a key twice: %s" % (count, line))
    print(count)


def numbers():
    found = {}
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h") as lines:
        for line in lines:
            match = re.match(r"#define __NR_(\w+) (\d+)", line)
            if match:
                found[match.group(1)] = int(match.group(2))
    return found


# linux/filter.h, linux/seccomp.h, linux/prctl.h
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, KILL = 0x7fff0000, 0x80000000
SET_NO_NEW_PRIVS, SET_SECCOMP, MODE_FILTER = 38, 22, 2


def under_filter(program, *arguments):
    known = numbers()
    steps = [(LOAD, 0, 0, 0)]
    for name in sys.stdin.read().split():
        if name in known:
            steps += [(EQUAL, 0, 1, known[name]), (RETURN, 0, 0, ALLOW)]
    steps.append((RETURN, 0, 0, KILL))
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program_of_steps = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    if libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SET_SECCOMP, MODE_FILTER, program_of_steps) != 0:
        sys.exit("no filter here: %s" % os.strerror(ctypes.get_errno()))
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    {"notify": notify, "hold": hold, "keep": keep, "many": many, "log": log,
     "filter": under_filter}[sys.argv[1]](*sys.argv[2:])
