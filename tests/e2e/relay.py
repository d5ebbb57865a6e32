#!/usr/bin/env python3
"""relay.py DIR CERT KEY PORT - stands between agents and a server on the loopback interface and counts what passes,
inside TLS.

    DIR/port           its port, once it listens
    DIR/exchanges.log  one line for each exchange, when its answer is there: METHOD PATH SENT RECEIVED, in bytes
    DIR/connections    one line for each connection of an agent
    DIR/heads          the head of each request as it came
    DIR/stalled        connections that were there when it came up are dead: nothing passes, nothing is said
"""
import os
import select
import socket
import ssl
import sys
import threading
import time

LOOK_EVERY_S = 0.05

directory, certificate, key, port = sys.argv[1:5]
lock = threading.Lock()


def note(name, text):
    with lock, open(os.path.join(directory, name), "a") as log:
        log.write(text)


def is_dead(born):
    try:
        return os.stat(os.path.join(directory, "stalled")).st_mtime > born
    except FileNotFoundError:
        return False


class Exchange:
    def __init__(self):
        self.request = b""
        self.received = 0

    def tell(self):
        if self.request and self.received:
            head = self.request.split(b"\r\n\r\n")[0].decode("latin-1")
            words = head.split(" ")
            note("exchanges.log", "%s %s %d %d\n" % (words[0], words[1], len(self.request), self.received))


def pump(agent, server):
    exchange = Exchange()
    born = time.time()
    while True:
        ready = [end for end in (agent, server) if end.pending()]
        ready = ready or select.select([agent, server], [], [], LOOK_EVERY_S)[0]
        while is_dead(born):
            time.sleep(LOOK_EVERY_S)
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            if end is agent:
                if exchange.received:
                    exchange = Exchange()
                if not exchange.request:
                    note("heads", data.split(b"\r\n\r\n")[0].decode("latin-1") + "\n\n")
                exchange.request += data
                server.sendall(data)
            else:
                exchange.received += len(data)
                if exchange.received == len(data):
                    time.sleep(LOOK_EVERY_S)  # its body may come apart from its head
                    while server.pending() or select.select([server], [], [], 0)[0]:
                        more = server.recv(65536)
                        if not more:
                            break
                        exchange.received += len(more)
                        data += more
                    exchange.tell()
                agent.sendall(data)


def serve(plain, inside, outside):
    try:
        with inside.wrap_socket(plain, server_side=True) as agent:
            note("connections", "1\n")
            with outside.wrap_socket(socket.create_connection(("127.0.0.1", int(port)))) as server:
                pump(agent, server)
    except OSError:
        pass  # somebody went away


inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
inside.load_cert_chain(certificate, key)
outside = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
outside.check_hostname = False
outside.verify_mode = ssl.CERT_NONE
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
with open(os.path.join(directory, "port.new"), "w") as file:
    file.write("%d\n" % listener.getsockname()[1])
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
while True:
    threading.Thread(target=serve, args=(listener.accept()[0], inside, outside), daemon=True).start()
