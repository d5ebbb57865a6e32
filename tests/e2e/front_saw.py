#!/usr/bin/env python3
"""front_saw.py DIR [--certificates CASE...] - is all that front_end.py was asked what may be asked?

Every request is a GET of healthcheck.htm or of RPC's endpoint, or an empty POST to MAPI's; each names the product and
has no credentials and no cookies. Of the CASEs, whose certificates are not to be taken, only the page was asked for.
Prints what is wrong; exits 1 if anything is, or if there was nothing.
"""
import glob
import json
import os
import sys

ALLOWED = {("GET", "/mapi/healthcheck.htm"), ("POST", "/mapi/emsmdb/"), ("GET", "/rpc/healthcheck.htm"),
           ("GET", "/rpc/rpcproxy.dll"), ("GET", "/owa/healthcheck.htm")}
PAGES = {entry for entry in ALLOWED if entry[1].endswith("/healthcheck.htm")}
FORBIDDEN = {"authorization", "proxy-authorization", "cookie", "x-client-cert", "referer"}

directory = sys.argv[1]
untrusted = set(sys.argv[3:]) if sys.argv[2:3] == ["--certificates"] else set()
wrong = 0
seen = 0


def complain(case, request, why):
    global wrong
    wrong += 1
    print("%s: %s: %s" % (case, why, json.dumps(request)))


for path in sorted(glob.glob(os.path.join(directory, "*.log"))):
    case = os.path.basename(path)[:-4]
    for line in open(path):
        request = json.loads(line)
        if request == "connection":
            continue
        seen += 1
        names = {name.lower(): value for name, value in request["headers"]}
        if (request["method"], request["target"]) not in (PAGES if case in untrusted else ALLOWED):
            complain(case, request, "nobody asked for that")
        if request["body"] != 0 or names.get("content-length", "0") != "0":
            complain(case, request, "it has content")
        if not names.get("user-agent", "").startswith("mapi-rollout-agent/"):
            complain(case, request, "it does not say who asks")
        for name in FORBIDDEN & set(names):
            complain(case, request, name)
print("%d requests" % seen)
sys.exit(1 if wrong or not seen else 0)
