"""compliance.py SERVER WORK JSON USERS... - asks a server on each of the stores WORK/USERS, and prints what it took.

WORK/ways has the CPU seconds of three ways of counting.
"""
import http.client
import json
import statistics
import subprocess
import sys
import time

REPETITIONS = 200
PAGES = 20
FILTERS = ("", "state=error", "ring=berlin", "set=allow", "protocol=rpc_http", "confidence=offered",
           "mailbox=exchange_online", "blocked_by=preflight", "outlook=15.0.5589.1001", "value=0", "stage=none",
           "version=7002", "sid=S-1-5-21-1004336348-1177238915-777", "host=pc-000777", "device=%032x" % 777, "q=user7777",
           "stale=1", "duplicate=1", "failed=1", "seen_before=2020-01-01T00:00:00Z")


def ms(seconds):
    return seconds * 1000


class Server:
    def __init__(self, program, work, folder):
        token = subprocess.run([program, "token", "add", "--data", folder, "--role", "viewer", "--name", "v"],
                               check=True, capture_output=True, text=True).stdout.strip()
        self.headers = {"Authorization": "Bearer " + token}
        self.process = subprocess.Popen(
            [program, "--data", folder, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
             "--trust", work + "/site/trust.json", "--log-level", "error"], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.connection = http.client.HTTPConnection("127.0.0.1", int(line.rsplit(":", 1)[1]), timeout=600)

    def get(self, path):
        """Seconds, and the body."""
        begin = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begin
        if answer.status != 200:
            sys.exit("%s gave %d: %s" % (path, answer.status, body))
        return took, body

    def memory_kib(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(next(line for line in f if line.startswith("VmRSS")).split()[1])

    def export(self):
        """Seconds, lines, and by how much memory rose at the most."""
        before = most = self.memory_kib()
        lines = 0
        begin = time.perf_counter()
        self.connection.request("GET", "/v1/reports.csv", headers=self.headers)
        answer = self.connection.getresponse()
        while True:
            part = answer.read(1 << 20)
            if not part:
                break
            lines += part.count(b"\n")
            most = max(most, self.memory_kib())
        return time.perf_counter() - begin, lines - 1, most - before

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def measured(values):
    return {"median_ms": ms(statistics.median(values)), "range_ms": [ms(min(values)), ms(max(values))]}


def in_turn(server):
    compliance, peer = [], []
    for i in range(REPETITIONS):
        compliance.append(server.get("/v1/compliance")[0])
        peer.append(server.get("/v1/devices?device=%032x" % i)[0])
    return {"compliance": measured(compliance), "indexed_read": measured(peer),
            "ratio": statistics.median(compliance) / statistics.median(peer)}


def pages(server):
    out = {}
    for query in FILTERS:
        times, rows, cursor = [], 0, ""
        for _ in range(PAGES):
            took, body = server.get("/v1/users?limit=100" + (query and "&" + query) + cursor)
            page = json.loads(body)
            times.append(took)
            rows += len(page["users"])
            if page["next"] is None:
                break
            cursor = "&cursor=" + page["next"]
        out[query or "(all)"] = dict(measured(times), pages=len(times), rows=rows)
    return out


def ways(file):
    out = {}
    with open(file) as f:
        for line in f:
            _, way, users, first, second = line.split("\t")
            for what, seconds in (("new", first), ("changed", second)):
                out.setdefault(way, {}).setdefault(what, []).append(1e6 * float(seconds) / int(users))
    return {way: {what: statistics.median(v) for what, v in kinds.items()} for way, kinds in out.items()}


def ask(server, users):
    answer = in_turn(server)
    print("%9s users: compliance %5.2f ms (%.2f..%.2f), indexed read %5.2f ms (%.2f..%.2f), ratio %.2f"
          % ((users,) + sum(((m["median_ms"], *m["range_ms"]) for m in (answer["compliance"], answer["indexed_read"])), ())
             + (answer["ratio"],)))
    seconds, lines, kib = server.export()
    answer["export"] = {"rows": lines, "rows_a_second": lines / seconds, "memory_kib": kib}
    print("%9s users: export of %d rows, %d rows/s, memory +%d KiB" % (users, lines, lines / seconds, kib))
    answer["pages"] = pages(server)
    for query, page in answer["pages"].items():
        print("%9s users: %-45s %7.1f ms (%.1f..%.1f), %d rows on %d pages"
              % (users, query, page["median_ms"], *page["range_ms"], page["rows"], page["pages"]))
    return answer


def main(program, work, file, *sizes):
    out = {"counting_us_a_row": ways(work + "/ways"), "sizes": {}}
    for way, kinds in out["counting_us_a_row"].items():
        print("counting: %-5s %6.1f us CPU a new row, %6.1f us a changed one" % (way, kinds["new"], kinds["changed"]))
    for users in sizes:
        with Server(program, work, work + "/" + users) as server:
            out["sizes"][users] = ask(server, users)
    with open(file, "w", encoding="utf-8") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


main(*sys.argv[1:])
