#!/usr/bin/env python3
"""Shows secrets at both doors, in right places and in wrong ones, and looks for them where none may be.

doors.py devices SERVER CA SECRET_FILE DIR COUNT    enrolls machines, rotates the first one's token; each token goes to
                                                    a file DIR/device-N.token, the id beside it
doors.py requests SERVER ADMIN_SERVER CA DIR        every request with every secret of DIR/*.token, by the right header
                                                    and by wrong ones; prints all answers
doors.py watch DIR FILE STOP PROGRAM...             writes arguments and environment of each process of these programs
                                                    whose arguments or environment name DIR, until the file STOP is there
doors.py search DIR SECRETS_DIR                     which file under DIR holds a secret of SECRETS_DIR; exits 1 if any
"""
import http.client
import json
import os
import pathlib
import ssl
import sys
import time
import urllib.parse

ROUTES = [("GET", "/v1/policy"), ("POST", "/v1/reports"), ("POST", "/v1/enroll"), ("GET", "/healthz"),
          ("GET", "/readyz"), ("GET", "/v1/rollout"), ("PUT", "/v1/rollout"), ("POST", "/v1/rollout/release"),
          ("POST", "/v1/rollout/advance"), ("POST", "/v1/rollout/hold"), ("POST", "/v1/rollout/resume"),
          ("GET", "/v1/compliance"), ("GET", "/v1/users"), ("GET", "/v1/devices"), ("GET", "/metrics"),
          ("POST", "/v1/simulate"), ("GET", "/v1/audit"), ("GET", "/v1/reports.csv"), ("GET", "/openapi.json"),
          ("GET", "/nothing")]
# Where secrets are shown in wrong ways, too.
FEW = [("GET", "/v1/policy"), ("POST", "/v1/enroll"), ("GET", "/v1/rollout"), ("GET", "/nothing")]


def connect(server, ca):
    url = urllib.parse.urlsplit(server)
    return http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context(cafile=ca),
                                       timeout=30)


def speak(connection, method, path, headers, body):
    """On a connection that stays open, or is opened again if the server has closed it."""
    for attempt in (1, 2):
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, str(answer.headers), answer.read()
        except (http.client.HTTPException, OSError):
            connection.close()
            if attempt == 2:
                raise
    return None


def ask(server, ca, method, path, headers, body=None):
    return speak(connect(server, ca), method, path, headers, body)


def devices(server, ca, secret_file, folder, count):
    secret = pathlib.Path(secret_file).read_text(encoding="ascii").strip()
    body = json.dumps({"host": {"name": "PC-1", "machine_guid": "g"}}).encode()

    def enroll(number, headers):
        status, _, text = ask(server, ca, "POST", "/v1/enroll", headers, body)
        if status != 201:
            sys.exit("enrolling gave %d: %s" % (status, text))
        device = json.loads(text)
        pathlib.Path(folder, "device-%d.token" % number).write_text(device["device_token"] + "\n", encoding="ascii")
        pathlib.Path(folder, "device-%d.id" % number).write_text(device["device_id"] + "\n", encoding="ascii")
        return device["device_token"]

    first = enroll(1, {"Authorization": "Bearer " + secret})
    enroll(0, {"X-Device-Token": first})
    for number in range(2, int(count) + 1):
        enroll(number, {"Authorization": "Bearer " + secret})


def requests(server, admin_server, ca, folder):
    connections = [connect(server, ca), connect(admin_server, ca)]
    for file in sorted(pathlib.Path(folder).glob("*.token")):
        secret = file.read_text(encoding="ascii").strip()
        shown = [({"Authorization": "Bearer " + secret}, ""), ({"Authorization": secret}, ""),
                 ({"Authorization": "Basic " + secret}, ""), ({"Authorization": "Bearer  " + secret + "x"}, ""),
                 ({"X-Token": secret}, ""), ({}, "?token=" + secret), ({"Cookie": "token=" + secret}, ""),
                 ({"If-None-Match": secret}, ""), ({"If-Match": secret}, ""), ({"User-Agent": secret}, "")]
        for connection in connections:
            for method, path in ROUTES:
                for headers, query in shown if (method, path) in FEW else shown[:1]:
                    body = b"{}" if method != "GET" else None
                    status, answer_headers, text = speak(connection, method, path + query, headers, body)
                    print(file.name, method, path, status, answer_headers, text.decode("utf-8", "replace"))


def watch(folder, out, stop, *programs):
    seen = set()
    with open(out, "ab") as log:
        while not os.path.exists(stop):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if os.readlink("/proc/%s/exe" % pid) not in programs:
                        continue
                    with open("/proc/%s/cmdline" % pid, "rb") as f:
                        text = f.read()
                    with open("/proc/%s/environ" % pid, "rb") as f:
                        text += b"\n" + f.read()
                except OSError:
                    continue
                if folder.encode() in text and text not in seen:
                    seen.add(text)
                    log.write(text + b"\n")
                    log.flush()
            time.sleep(0.002)


def search(folder, secrets_folder):
    secrets = {}
    for file in pathlib.Path(secrets_folder).iterdir():
        if file.suffix == ".token":
            text = file.read_text(encoding="ascii").strip()
            secrets[file.name] = [text.encode(), text.upper().encode(), bytes.fromhex(text)]
        elif file.suffix == ".pem":
            secrets[file.name] = [line.encode() for line in file.read_text(encoding="ascii").splitlines()
                                  if len(line) > 40 and not line.startswith("-")]
    if len(secrets) < 10:
        sys.exit("these are not all secrets: %s" % sorted(secrets))
    found = False
    files = 0
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.isfile(path) or os.path.islink(path):
                continue
            with open(path, "rb") as f:
                text = f.read()
            files += 1
            for secret, forms in secrets.items():
                if any(form in text for form in forms):
                    print("%s is in %s" % (secret, path))
                    found = True
    print("%d secrets, %d files" % (len(secrets), files))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    {"devices": devices, "requests": requests, "watch": watch, "search": search}[sys.argv[1]](*sys.argv[2:])
