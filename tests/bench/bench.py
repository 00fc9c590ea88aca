"""./dev bench: what linnetd does with a message, beside what the system itself takes for a datagram.

Servers run on one core, the generator on another; as root under the real-time scheduler, so that
nothing else runs in between. What is compared is the processor time that a server used for each
message, from /proc/PID/task/*/schedstat, in pairs that alternate, and the median of the ratios is
told. docs/bench.md says what the lines mean and keeps the figures of one machine.
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs/bench.md"
TOKEN = "token-of-the-bench-0123456789"
PATIENCE = 30  # seconds for a start
SERVER_CORE, LOAD_CORE = 0, 1
LOSS = 0.25  # of a ratio: more fails the check
VALID = 1.2  # what batches must gain over one by one

SECRET = "000102030405060708090a0b0c0d0e0f"  # the keys of all devices follow from it
DEVICE_NAMES = "urn:dev:ops:32473-"  # as the generators have them
CERTIFICATES, CERTIFIED = ROOT / "tests/dtls/certificates", "urn:dev:ops:32473-1"
IMPORT_MOST = 5000  # lines in one request

options = None


def say(text):
    if not options.json:
        print(text, flush=True)


def fail(what, *todo):
    print(f"bench: {what}", *todo, sep="\n       ", file=sys.stderr)
    sys.exit(1)


# ---- Processes ----

def real_time():
    """The words before a command that let it run alone on its core, where that is allowed."""
    words = ["chrt", "-f", "10"]
    try:
        allowed = subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        allowed = False
    return words if allowed else []


def start(core, *command, **kwargs):
    return subprocess.Popen([*options.real_time, "taskset", "-c", str(core), *map(str, command)], **kwargs)


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_of(pid):
    """Seconds of processor time of all threads."""
    total = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((thread / "schedstat").read_text().split()[0])
        except OSError:
            pass  # it has ended
    return total / 1e9


class Server:
    """A server and the generator that asks it."""

    def __init__(self, name, devices=1, lists="shared", http=None, data=":memory:"):
        self.name, self.port = name, free_port()
        command = {
            "echo1": [options.tools / "bench_echo", self.port, 1],
            "echo": [options.tools / "bench_echo", self.port, 64],
            "libcoap": [options.libcoap, "-A", "127.0.0.1", "-p", self.port, "-v", 0],
            "linnetd": [options.bin / "linnetd", "--coap", f"127.0.0.1:{self.port}", "--coaps", "off",
                        "--bootstrap", "off", "--bootstrap-coaps", "off", "--shards", 1, "--data", data,
                        "--http", f"127.0.0.1:{http}" if http else "off"],
        }[name]
        self.launch(command)
        self.ask_by(options.tools / "bench_generator", devices, lists)

    def launch(self, command):
        # Whoever says nothing when it is ready is asked until it answers.
        self.process = start(SERVER_CORE, *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL if self.name == "libcoap" else subprocess.PIPE, text=True,
                             env={**os.environ, "LINNET_TOKEN": TOKEN})
        self.wait_until_ready()

    def ask_by(self, generator, *arguments):
        self.generator = start(LOAD_CORE, generator, self.port, self.process.pid, *arguments,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_until_ready(self):
        if self.process.stderr is None:
            end = time.monotonic() + PATIENCE
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.1)
                while time.monotonic() < end:
                    try:
                        s.sendto(b"\x40\x00\x00\x01", ("127.0.0.1", self.port))  # a ping of CoAP
                        return s.recv(100)
                    except OSError:
                        time.sleep(0.02)
            fail(f"{self.name} did not answer within {PATIENCE} s")
        for line in self.process.stderr:
            if "ready" in line:
                return None
        return fail(f"{self.name} ended before it was ready")

    def begin(self, what, *numbers):
        self.generator.stdin.write(" ".join(map(str, (what, *numbers))) + "\n")
        self.generator.stdin.flush()

    def run(self, what, *numbers):
        self.begin(what, *numbers)
        return self.finish(what)

    def finish(self, what):
        line = self.generator.stdout.readline()
        result = json.loads(line) if line else {}
        if not result.get("alive") or result["refused"]:
            fail(f"{what} of {self.name}: the server did not answer, or refused: {line.strip()}")
        return Result([result])

    def rss(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024

    def end(self):
        self.generator.stdin.close()
        self.generator.wait(PATIENCE)
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class SecureServer(Server):
    """The same over DTLS; its generator has a key for each device, or one certificate for all."""

    def __init__(self, name, devices, credential):
        self.name, self.port = name, free_port()
        if name == "bare":
            self.launch([options.tools / "bench_dtls_udp", self.port, SECRET])
        else:
            http = free_port(socket.SOCK_STREAM)
            own = [] if credential == SECRET else ["--coaps-cert", credential / "server-chain.pem", "--coaps-key",
                                                   credential / "server.key", "--coaps-ca", credential / "ca.pem"]
            self.launch([options.bin / "linnetd", "--coap", "off", "--bootstrap", "off",
                         "--bootstrap-coaps", "off", "--coaps", f"127.0.0.1:{self.port}", "--shards", 1,
                         "--data", ":memory:", "--http", f"127.0.0.1:{http}", *own])
            give_credentials(http, devices, credential)
        self.ask_by(options.tools / "bench_dtls_generator", devices, credential)


def call(port, method, path, body, kind):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1{path}", method=method, data=body.encode(),
                                     headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": kind})
    with urllib.request.urlopen(request, timeout=PATIENCE):
        pass


def give_credentials(http, devices, credential):
    if credential != SECRET:
        call(http, "PUT", f"/credentials/{CERTIFIED}", json.dumps({"mode": "x509", "subject": CERTIFIED}),
             "application/json")
        return
    head, *lines = subprocess.run(
        [options.bin / "linnet-load", "--psk-secret", SECRET, "--devices", str(devices), "--endpoint-prefix", DEVICE_NAMES,
         "--print-credentials"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines(keepends=True)
    for first in range(0, len(lines), IMPORT_MOST):
        call(http, "POST", "/credentials/import", "".join([head, *lines[first:first + IMPORT_MOST]]), "text/csv")


class Result:
    """What a run, or several of the same kind together, used."""

    def __init__(self, runs):
        self.messages = sum(run["answered"] for run in runs)
        self.seconds = sum(run["seconds"] for run in runs)
        self.cpu = sum(run["cpu"] for run in runs)
        self.resent = sum(run["resent"] for run in runs)
        self.runs = runs

    ns = property(lambda self: self.cpu / self.messages * 1e9)
    rate = property(lambda self: self.messages / self.seconds)
    busy = property(lambda self: self.cpu / self.seconds)

    def __add__(self, other):
        return Result(self.runs + other.runs)


# ---- Figures ----

class Figures:
    """Results by name, one for each round, and what follows from them."""

    def __init__(self):
        self.results = {}
        self.ratios = {}
        self.bytes = {}

    def add(self, name, result):
        self.results.setdefault(name, []).append(result)

    def median(self, name, what):
        return statistics.median(getattr(result, what) for result in self.results[name])

    def compare(self, ratio, name, base):
        """How much of the base's speed it has: base time / its time, in pairs of the same round."""
        pairs = [b.ns / r.ns for r, b in zip(self.results[name], self.results[base])]
        self.ratios[ratio] = {"median": round(statistics.median(pairs), 3), "least": round(min(pairs), 3),
                              "most": round(max(pairs), 3)}

    def as_data(self):
        return {
            "results": {name: {"nsEach": round(self.median(name, "ns")), "perSecond": round(self.median(name, "rate")),
                               "busy": round(self.median(name, "busy"), 3), "rounds": len(results),
                               "sentAgain": sum(result.resent for result in results)}
                        for name, results in self.results.items()},
            "ratios": self.ratios,
            "bytesEach": self.bytes,
        }


UPDATE_BYTES, REGISTER_BYTES = 27, 197  # as the generator sends them


def cycle(server, devices, total):
    """Registers and de-registers until there are enough of both; leaves all registered."""
    registers = leaves = None
    for _ in range(max(1, round(total / devices))):
        count = min(devices, total)
        left = server.run("deregister", count)
        came = server.run("register", count)
        leaves = left if leaves is None else leaves + left
        registers = came if registers is None else registers + came
    return registers, leaves


def measure_count(figures, devices, seconds, registers, rounds):
    """linnetd with so many devices, against the batched echo with as many peers."""
    mark = f"{devices:,}"
    with Server("echo", devices) as echo, Server("linnetd", devices) as linnetd:
        before = linnetd.rss()
        linnetd.run("register")
        figures.bytes[f"{mark}, one list"] = round((linnetd.rss() - before) / devices)
        for _ in range(rounds):
            figures.add(f"echo, {mark} peers, {UPDATE_BYTES} bytes", echo.run("echo", UPDATE_BYTES, seconds))
            figures.add(f"Update, {mark}", linnetd.run("update", seconds))
            figures.add(f"echo, {mark} peers, {REGISTER_BYTES} bytes", echo.run("echo", REGISTER_BYTES, seconds))
            came, left = cycle(linnetd, devices, registers)
            figures.add(f"Register, {mark}", came)
            figures.add(f"De-register, {mark}", left)
            say(f"  {mark} devices: Update {figures.results[f'Update, {mark}'][-1].ns:.0f} ns, "
                f"Register {came.ns:.0f} ns")
    small, large = f"echo, {mark} peers, {UPDATE_BYTES} bytes", f"echo, {mark} peers, {REGISTER_BYTES} bytes"
    figures.compare(f"Update / echo, {mark}", f"Update, {mark}", small)
    figures.compare(f"De-register / echo, {mark}", f"De-register, {mark}", small)
    figures.compare(f"Register / echo, {mark}", f"Register, {mark}", large)


def measure_bases(figures, devices, seconds, rounds):
    """One by one against batches, which tells whether the run is worth anything; and libcoap."""
    mark = f"{devices:,}"
    with Server("echo1", devices) as one, Server("echo", devices) as batch, Server("linnetd", devices) as linnetd, \
            Server("libcoap") as libcoap:
        linnetd.run("register")
        for _ in range(rounds):
            figures.add("echo one by one", one.run("echo", UPDATE_BYTES, seconds))
            figures.add("echo in batches", batch.run("echo", UPDATE_BYTES, seconds))
            figures.add("libcoap PUT, 1 peer", libcoap.run("put", seconds))
            figures.add("Update beside them", linnetd.run("update", seconds))
            say("  one by one {:.0f} ns, in batches {:.0f} ns, libcoap {:.0f} ns, Update {:.0f} ns".format(
                *(figures.results[name][-1].ns for name in
                  ("echo one by one", "echo in batches", "libcoap PUT, 1 peer", "Update beside them"))))
    figures.compare("batches / one by one", "echo in batches", "echo one by one")
    figures.compare(f"Update, {mark} / libcoap with 1 peer", "Update beside them", "libcoap PUT, 1 peer")


def measure_libcoap_with_peers(figures, devices, seconds, rounds):
    """The same load for both: each device has its own address."""
    mark = f"{devices:,}"
    with Server("libcoap", devices) as libcoap, Server("linnetd", devices) as linnetd:
        linnetd.run("register")
        libcoap.run("put", seconds)  # it makes a session for each peer
        for _ in range(rounds):
            figures.add(f"libcoap PUT, {mark} peers", libcoap.run("put", seconds))
            figures.add(f"Update beside it, {mark}", linnetd.run("update", seconds))
    figures.compare(f"Update / libcoap, {mark} peers", f"Update beside it, {mark}", f"libcoap PUT, {mark} peers")


def measure_own_lists(figures, devices):
    mark = f"{devices:,}"
    with Server("linnetd", devices, "own") as linnetd:
        before = linnetd.rss()
        figures.add(f"Register, {mark}, each with its own list", linnetd.run("register"))
        figures.bytes[f"{mark}, lists all different"] = round((linnetd.rss() - before) / devices)


def measure_store(figures, devices, seconds, registers, rounds):
    """What linnetd does by default: it answers a Register when that is on the disk."""
    mark = f"{devices:,}"
    with tempfile.TemporaryDirectory() as folder, Server("linnetd", devices, data=folder) as linnetd, \
            Server("linnetd", devices) as memory:
        linnetd.run("register")
        memory.run("register")
        for _ in range(rounds):
            figures.add(f"Update beside it, {mark}, in memory", memory.run("update", seconds))
            figures.add(f"Update, {mark}, kept on disk", linnetd.run("update", seconds))
            came, left = cycle(linnetd, devices, registers)
            figures.add(f"Register, {mark}, kept on disk", came)
            figures.add(f"De-register, {mark}, kept on disk", left)
            say("  Update in memory {:.0f} ns, kept on disk {:.0f} ns".format(
                *(figures.results[name][-1].ns for name in
                  (f"Update beside it, {mark}, in memory", f"Update, {mark}, kept on disk"))))
    figures.compare(f"Update, {mark}: kept on disk / in memory", f"Update, {mark}, kept on disk",
                    f"Update beside it, {mark}, in memory")


NOTIFICATION_BYTES = 22


def observe_all(linnetd, port, devices):
    """Declares an observation of each device; the generator answers when linnetd sets it up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    linnetd.begin("observe", PATIENCE)
    for device in range(devices):
        connection.request("PUT", f"/api/v1/devices/urn:dev:ops:32473-{device:07d}/observations/3303/0/5700",
                           headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            fail(f"an observation was not declared: {answer.status}")
    connection.close()
    linnetd.finish("observe")


def measure_notifications(figures, devices, seconds, rounds):
    """Confirmable notifications, noted as values and samples too, beside the echo of as many bytes."""
    mark, port = f"{devices:,}", free_port(socket.SOCK_STREAM)
    with Server("echo", devices) as echo, Server("linnetd", devices, http=port) as linnetd:
        linnetd.run("register")
        before = linnetd.rss()
        observe_all(linnetd, port, devices)
        figures.bytes[f"{mark}, one observation each: more"] = round((linnetd.rss() - before) / devices)
        for _ in range(rounds):
            figures.add(f"echo, {mark} peers, {NOTIFICATION_BYTES} bytes", echo.run("echo", NOTIFICATION_BYTES, seconds))
            figures.add(f"Notification, {mark}", linnetd.run("notify", seconds))
            noted, dropped = (metric(port, f"linnet_history_{name}_total") for name in ("values", "dropped"))
            say(f"  Notification {figures.results[f'Notification, {mark}'][-1].ns:.0f} ns; "
                f"so far noted {noted:.0f}, dropped {dropped:.0f}")
    figures.compare(f"Notification / echo, {mark}", f"Notification, {mark}",
                    f"echo, {mark} peers, {NOTIFICATION_BYTES} bytes")


def measure_reads(figures, devices, seconds, rounds):
    """Through the HTTP API to the device and back: the client engine of linnet-load answers."""
    port = free_port(socket.SOCK_STREAM)
    with Server("linnetd", 1, http=port) as linnetd:
        load = start(LOAD_CORE, options.bin / "linnet-load", "--server", f"coap://127.0.0.1:{linnetd.port}",
                     "--devices", devices, "--mode", "hold", "--seconds", 600, stdout=subprocess.DEVNULL)
        wait_for_devices(port, devices)
        for _ in range(rounds):
            cpu = cpu_of(linnetd.process.pid)
            done = subprocess.run([*options.real_time, "taskset", "-c", str(LOAD_CORE), options.tools / "bench_reads",
                                   str(port), TOKEN, str(devices), "64", str(seconds)], stdout=subprocess.PIPE,
                                  check=True, text=True)
            result = json.loads(done.stdout)
            if result["refused"]:
                fail(f"{result['refused']} Reads were refused")
            figures.add("Read over HTTP", Result([{**result, "resent": 0, "cpu": cpu_of(linnetd.process.pid) - cpu}]))
        load.terminate()
        load.wait(PATIENCE)


def shake_in_memory(by, seconds):
    """Both ends of bare Mbed TLS in one process, on the core of the servers."""
    done = subprocess.run([*options.real_time, "taskset", "-c", str(SERVER_CORE), options.tools / "bench_dtls", "bare",
                           by, str(seconds)], stdout=subprocess.PIPE, check=True, text=True)
    return Result([json.loads(done.stdout)])


def measure_handshakes(figures, by, devices, credential, seconds, rounds):
    """Handshakes of linnetd over UDP, its end alone; beside both ends of one without a network."""
    name = by.upper()
    with SecureServer("linnetd", devices, credential) as linnetd:
        for _ in range(rounds):
            figures.add(f"bare {name} handshake, both ends", shake_in_memory(by, seconds))
            figures.add(f"{name} handshake", linnetd.run("handshake", seconds))
            say(f"  {name} handshake: bare {figures.results[f'bare {name} handshake, both ends'][-1].ns:.0f} ns, "
                f"linnetd {figures.results[f'{name} handshake'][-1].ns:.0f} ns")
    figures.compare(f"{name} handshake / bare", f"{name} handshake", f"bare {name} handshake, both ends")


def measure_records(figures, devices, seconds, rounds):
    """Protected Updates, beside bare Mbed TLS behind a UDP socket."""
    mark = f"{devices:,}"
    with SecureServer("bare", devices, SECRET) as bare, SecureServer("linnetd", devices, SECRET) as linnetd:
        for server in (bare, linnetd):
            server.run("handshake")
            server.run("register")
        for _ in range(rounds):
            figures.add(f"bare DTLS echo, {mark} peers", bare.run("update", seconds))
            figures.add(f"protected Update, {mark}", linnetd.run("update", seconds))
            say(f"  protected: bare {figures.results[f'bare DTLS echo, {mark} peers'][-1].ns:.0f} ns, "
                f"Update {figures.results[f'protected Update, {mark}'][-1].ns:.0f} ns")
    figures.compare(f"protected Update / bare echo, {mark}", f"protected Update, {mark}", f"bare DTLS echo, {mark} peers")


def measure_sessions(figures, sessions):
    """All shake hands before they register: what is freed meanwhile lies in the heap's holes."""
    with SecureServer("linnetd", sessions, SECRET) as linnetd:
        before = linnetd.rss()
        linnetd.run("handshake")
        linnetd.run("register")
        figures.bytes[f"{sessions:,} DTLS sessions, registered"] = round((linnetd.rss() - before) / sessions)


def measure_dtls(figures, seconds, rounds, devices=1000, sessions=20000):
    measure_records(figures, devices, seconds, rounds)
    measure_handshakes(figures, "psk", devices, SECRET, seconds, rounds)
    measure_handshakes(figures, "ecdsa", 100, CERTIFICATES, seconds, rounds)
    measure_sessions(figures, sessions)


def bootstrap_all(process, port, http, devices):
    """All devices are bootstrapped at once, by the real client; each gets a key that is made for it. Returns what
    that took, and what linnet-load tells."""
    words = [options.bin / "linnet-load", "--mode", "bootstrap", "--devices", devices, "--psk-secret", SECRET]
    lines = subprocess.run([*map(str, words), "--print-credentials"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    call(http, "POST", "/credentials/import", lines, "text/csv")
    call(http, "PUT", "/bootstrap/load-*", json.dumps({"servers": [{
        "short_id": 1, "uri": "coaps://127.0.0.1", "security": {"mode": "psk", "generate": True}}]}),
        "application/json")
    before = cpu_of(process.pid)
    load = start(LOAD_CORE, *words, "--server", f"coaps://127.0.0.1:{port}", "--window", devices, "--json",
                 stdout=subprocess.PIPE, text=True)
    said, _ = load.communicate(timeout=10 * PATIENCE)
    if load.returncode != 0:
        fail(f"not all devices were bootstrapped: {said.strip()}")
    return cpu_of(process.pid) - before, json.loads(said)


def measure_bootstrap(figures, devices, rounds):
    for where in ("in memory", "kept on disk"):
        name = f"Bootstrap over DTLS, {devices:,}, {where}"
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                port, http = free_port(), free_port(socket.SOCK_STREAM)
                process = start(SERVER_CORE, options.bin / "linnetd", "--coap", "off", "--coaps", "off", "--bootstrap",
                                "off", "--bootstrap-coaps", f"127.0.0.1:{port}", "--shards", 1, "--http",
                                f"127.0.0.1:{http}", "--data", folder if where == "kept on disk" else ":memory:",
                                "--log-level", "warn", stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "LINNET_TOKEN": TOKEN})
                next(line for line in process.stderr if "ready" in line)
                cpu, told = bootstrap_all(process, port, http, devices)
                process.terminate()
                process.communicate(timeout=PATIENCE)
            figures.add(name, Result([{"answered": told["bootstrap"]["done"], "cpu": cpu,
                                       "seconds": told["handshake"]["seconds"] + told["bootstrap"]["seconds"],
                                       "resent": told["sentAgain"]}]))
            say(f"  {name}: {figures.results[name][-1].rate:.0f} a second")


def metric(port, name):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)[1])


def wait_for_devices(port, devices):
    end = time.monotonic() + PATIENCE
    url = f"http://127.0.0.1:{port}/api/v1/devices/load-{devices - 1:07d}"
    while time.monotonic() < end:
        try:
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
            with urllib.request.urlopen(request, timeout=PATIENCE):
                return
        except OSError:
            time.sleep(0.05)
    fail("linnet-load's devices did not register")


def measure_all():
    figures = Figures()
    rounds, seconds = options.rounds, options.seconds
    measure_bases(figures, 100000, seconds, rounds)
    for devices in (1000, 100000, 1000000):
        measure_count(figures, devices, seconds, 100000, rounds)
    measure_libcoap_with_peers(figures, 100000, seconds, rounds)
    measure_store(figures, 100000, seconds, 50000, rounds)
    measure_notifications(figures, 10000, seconds, rounds)
    measure_reads(figures, 1000, seconds, rounds)
    measure_dtls(figures, seconds, rounds)
    measure_bootstrap(figures, 1000, rounds)
    for devices in (100000, 1000000):
        measure_own_lists(figures, devices)
    for what in ("Update", "Register"):
        few, many = (figures.median(f"{what}, {count}", "ns") for count in ("1,000", "1,000,000"))
        figures.ratios[f"{what}: 1,000,000 devices / 1,000"] = {"median": round(few / many, 3)}
    return figures


def measure_store_alone():
    figures = Figures()
    measure_store(figures, 100000, options.seconds, 50000, options.rounds)
    return figures


def measure_notifications_alone():
    figures = Figures()
    measure_notifications(figures, 10000, options.seconds, options.rounds)
    return figures


def measure_dtls_alone():
    figures = Figures()
    measure_dtls(figures, options.seconds, options.rounds)
    return figures


def measure_bootstrap_alone():
    figures = Figures()
    measure_bootstrap(figures, 1000, options.rounds)
    return figures


def measure_quick():
    figures = Figures()
    measure_bases(figures, 10000, 0.4, 5)
    measure_count(figures, 10000, 0.4, 40000, 5)
    measure_dtls(figures, 0.4, 5, sessions=5000)
    measure_own_lists(figures, 50000)
    return figures


# ---- What is told and kept ----

def machine():
    """Names the machine well enough to know it again."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    found = {key: (re.search(rf"^{key}\s*: (.*)$", info, re.M) or [None, "?"])[1]
             for key in ("model name", "cpu family", "model")}
    virtual = " virtual" if "hypervisor" in info else ""
    compiler = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    return (f"{found['model name']} (family {found['cpu family']}, model {found['model']}), "
            f"{os.cpu_count()}{virtual} cores, Linux {'.'.join(os.uname().release.split('.')[:2])}, cc {compiler}")


def table(data):
    rows = [f"{'':44} {'ns each':>8} {'each s':>9} {'busy':>6}"]
    for name, r in data["results"].items():
        rows.append(f"{name:44} {r['nsEach']:8} {r['perSecond']:9} {r['busy']:6.2f}")
    rows += ["", f"{'ratio of speed by processor time':44} {'median':>8} {'least':>9} {'most':>6}"]
    for name, r in data["ratios"].items():
        rows.append(f"{name:44} {r['median']:8.2f} {r.get('least', r['median']):9.2f} {r.get('most', r['median']):6.2f}")
    rows += ["", f"{'resident memory of a shard':44} {'bytes for each device':>25}"]
    for name, size in data["bytesEach"].items():
        rows.append(f"{name:44} {size:25}")
    return "\n".join(rows)


def is_valid(data):
    return data["ratios"]["batches / one by one"]["median"] >= VALID


def marks(kind):
    return f"<!-- {kind}: written by ./dev bench --write -->\n", f"<!-- end of {kind} -->\n"


def write(kind, text):
    begin, end = marks(kind)
    page = PAGE.read_text()
    before, rest = page.split(begin)
    PAGE.write_text(before + begin + text + end + rest.split(end)[1])


def kept(kind):
    begin, end = marks(kind)
    text = PAGE.read_text().split(begin)[1].split(end)[0]
    found = re.search(r"```json\n(.*?)```", text, re.S)
    return json.loads(found[1]) if found else None


def valid_quick():
    """None: every run was void."""
    for _ in range(3):
        data = measure_quick().as_data()
        if is_valid(data):
            return data
    return None


def keep(full, quick):
    if full is not None:
        write("figures", f"```text\n{machine()}\n\n{table(full)}\n```\n")
    if quick is None:
        print("bench: the short runs were void: docs/bench.md keeps its old ratios for the check", file=sys.stderr)
        return
    write("quick", "```json\n" + json.dumps({"machine": machine(), **{k: quick[k] for k in ("ratios", "bytesEach")}},
                                            indent=1) + "\n```\n")


def losses(data, before):
    """What is worse than it was by more than noise explains."""
    for name, ratio in before["ratios"].items():
        now = data["ratios"][name]["median"]
        if now < ratio["median"] * (1 - LOSS):
            yield f"{name}: {now:.2f}, was {ratio['median']:.2f}"
    for name, size in before["bytesEach"].items():
        if data["bytesEach"][name] > size * (1 + LOSS):
            yield f"{name}: {data['bytesEach'][name]} bytes for each device, was {size}"


def check():
    """For ./dev check: fails only if three runs in a row show a loss on the machine of docs/bench.md."""
    before = kept("quick")
    if before is None or before["machine"] != machine():
        print(table(measure_quick().as_data()))
        print(f"\nnot compared: docs/bench.md is of another machine\n  there: {before and before['machine']}\n"
              f"  here:  {machine()}")
        return 0
    found = []
    for _ in range(3):
        data = measure_quick().as_data()
        print(table(data))
        if not is_valid(data):
            found = []
            print(f"\nvoid: batches gain less than {VALID}: this machine is too busy to measure\n")
            continue
        found = list(losses(data, before))
        if not found:
            print(f"\nno ratio is more than {LOSS:.0%} below docs/bench.md")
            return 0
        print("\nworse than docs/bench.md by more than a quarter:", *found, sep="\n  ")
    if not found:
        print("\nnot compared: no run was valid")
    return 1 if found else 0


def read_options():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="few devices, short runs")
    parser.add_argument("--store", action="store_true", help="only what linnetd keeps on disk")
    parser.add_argument("--notifications", action="store_true", help="only the intake of notifications")
    parser.add_argument("--dtls", action="store_true", help="only DTLS: handshakes, records, memory of a session")
    parser.add_argument("--bootstrap", action="store_true", help="only devices that are bootstrapped at once")
    parser.add_argument("--check", action="store_true", help="quick, and compare with docs/bench.md")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/bench.md")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of each kind (default 5)")
    parser.add_argument("--seconds", type=float, default=2, help="of each run (default 2)")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin", help=argparse.SUPPRESS)
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/gcc/bin", help=argparse.SUPPRESS)
    result = parser.parse_args()
    result.libcoap = shutil.which("coap-server-notls") or shutil.which("coap-server")
    result.real_time = real_time()
    return result


def main():
    global options
    options = read_options()
    if options.libcoap is None:
        fail("libcoap's coap-server is not there", "./dev setup installs it")
    if os.cpu_count() < 2:
        if options.check:
            print("not compared: one core is too few, the server needs one of its own")
            return 0
        fail("this needs two cores: one for the server, one for what asks it")
    say(machine())
    say("under the real-time scheduler" if options.real_time
        else "without the real-time scheduler (root has it): other programs may disturb the figures")
    if options.check:
        return check()
    alone = (options.store and measure_store_alone or options.notifications and measure_notifications_alone
             or options.dtls and measure_dtls_alone or options.bootstrap and measure_bootstrap_alone)
    if alone:
        data = alone().as_data()
        print(json.dumps({"machine": machine(), **data}, indent=1) if options.json else "\n" + table(data))
        return 0
    data = (measure_quick() if options.quick else measure_all()).as_data()
    print(json.dumps({"machine": machine(), **data}, indent=1) if options.json else "\n" + table(data))
    if not is_valid(data):
        fail(f"the run is void: batches gain less than {VALID} over one by one", "Let the machine come to rest.")
    if options.write:
        keep(None if options.quick else data, data if options.quick else valid_quick())
    return 0


if __name__ == "__main__":
    sys.exit(main())
