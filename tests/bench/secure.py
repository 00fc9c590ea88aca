#!/usr/bin/env python3
"""Protected Updates of linnetd beside bare Mbed TLS over UDP, and the memory of a session.

usage: tests/bench/secure.py [--bin DIR] [--devices N] [--seconds S] [--rounds N] [--sessions N]

linnet-load asks both, in turns; servers run on one core, it on another. What is compared is the server's
processor time for each Update: that of a run with Updates less that of one without. The memory is what
linnetd grows by with so many idle sessions, each with a registration. Prints one JSON object.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SECRET = "000102030405060708090a0b0c0d0e0f"
TOKEN = "token-of-the-bench-0123456789"
SERVER_CORE, LOAD_CORE = 0, 1
IMPORT_MOST = 10000  # lines: a request has 1 MiB at most


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    return sum(int((thread / "schedstat").read_text().split()[0])
               for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) * 1024


class Server:
    def __init__(self, name, *command):
        self.name = name
        self.process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *map(str, command)], text=True,
                                        stderr=subprocess.PIPE, env={**os.environ, "LINNET_TOKEN": TOKEN})
        for line in self.process.stderr:
            if "ready" in line:
                return
        sys.exit(f"{name} ended before it was ready")

    def load(self, options, devices, *words):
        """The figures of linnet-load, and the processor time that the server took."""
        before = cpu_of(self.process.pid)
        done = subprocess.run(
            ["taskset", "-c", str(LOAD_CORE), options.bin / "linnet-load", "--server", f"coaps://127.0.0.1:{self.port}",
             "--psk-secret", SECRET, "--json", "--devices", str(devices), *map(str, words)],
            stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout), cpu_of(self.process.pid) - before

    def update(self, options):
        """Nanoseconds of an Update, and how many there were each second."""
        _, idle = self.load(options, options.devices, "--seconds", 0)
        figures, busy = self.load(options, options.devices, "--seconds", options.seconds)
        count = figures["update"]["done"]
        return (busy - idle) / count * 1e9, figures["update"]["rate"], figures["handshake"]["rate"]

    def end(self):
        self.process.terminate()
        self.process.communicate()


class Linnetd(Server):
    def __init__(self, options, devices):
        self.port, self.http = free_port(), free_port(socket.SOCK_STREAM)
        super().__init__("linnetd", options.bin / "linnetd", "--data", ":memory:", "--shards", 1, "--coap", "off",
                         "--coaps", f"127.0.0.1:{self.port}", "--http", f"127.0.0.1:{self.http}")
        head, *lines = subprocess.run(
            [options.bin / "linnet-load", "--psk-secret", SECRET, "--devices", str(devices), "--print-credentials"],
            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        for first in range(0, len(lines), IMPORT_MOST):
            with tempfile.NamedTemporaryFile("w") as file:
                file.write("\n".join([head, *lines[first:first + IMPORT_MOST]]) + "\n")
                file.flush()
                subprocess.run([options.bin / "linnet", "--url", f"http://127.0.0.1:{self.http}", "credentials",
                                "import", file.name], check=True, stdout=subprocess.DEVNULL,
                               env={**os.environ, "LINNET_TOKEN": TOKEN})


class Bare(Server):
    def __init__(self, options):
        self.port = free_port()
        super().__init__("bare Mbed TLS", options.bin / "bench_dtls_udp", self.port, SECRET)


def memory_of_a_session(options):
    """Sessions and their registrations, while nobody says anything."""
    server = Linnetd(options, options.sessions)
    before = resident(server.process.pid)
    load = subprocess.Popen(
        [options.bin / "linnet-load", "--server", f"coaps://127.0.0.1:{server.port}", "--psk-secret", SECRET, "--devices",
         str(options.sessions), "--mode", "hold", "--seconds", "600"], stdout=subprocess.DEVNULL)
    registered, end = 0, time.monotonic() + 120
    while registered < options.sessions and time.monotonic() < end:
        time.sleep(0.5)
        text = subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {TOKEN}",
                               f"http://127.0.0.1:{server.http}/metrics"], stdout=subprocess.PIPE, text=True, check=True).stdout
        registered = int(float(re.search(r"^linnet_registers_total\S* (\S+)", text, re.M)[1]))
    each = (resident(server.process.pid) - before) / options.sessions
    load.send_signal(signal.SIGKILL)
    load.wait()
    server.end()
    if registered < options.sessions:
        sys.exit(f"only {registered} devices registered")
    return round(each)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "build/bin")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=20000)
    options = parser.parse_args()
    linnetd, bare = Linnetd(options, options.devices), Bare(options)
    rounds = [(linnetd.update(options), bare.update(options)) for _ in range(options.rounds)]
    linnetd.end()
    bare.end()

    def median(which, what):
        return statistics.median(pair[which][what] for pair in rounds)
    ratios = [theirs[0] / ours[0] for ours, theirs in rounds]
    print(json.dumps({
        "update": {"ns": round(median(0, 0)), "perSecond": round(median(0, 1))},
        "bare": {"ns": round(median(1, 0)), "perSecond": round(median(1, 1))},
        "handshakesPerSecond": {"linnetd": round(median(0, 2)), "bare": round(median(1, 2))},
        "ratio": {"median": round(statistics.median(ratios), 3), "least": round(min(ratios), 3),
                  "most": round(max(ratios), 3)},
        "bytesOfASession": memory_of_a_session(options) if options.sessions > 0 else None,
        "sessions": options.sessions,
    }, indent=2))


main()
