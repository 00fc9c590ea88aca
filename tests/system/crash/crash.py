"""Kills linnetd again and again under load: all that it has acknowledged must be there after each restart.

    crash.py [--kills 1000] [--cuts 100] [--seed N] [--bin DIR]

Kills are by SIGKILL at random moments. A cut is a kill after which what was written and not synced is taken back, whole
or in part: what a power cut may leave. Beside the registrations, operations of
every kind are queued: none that was acknowledged with 202 may be lost, none that may not be repeated (Create, Delete, partial
Write, Execute) may reach its device twice, and each must come to its end after the restart; and observations are declared,
changed and ended: each must be as it was acknowledged last. Prints the counts, and how many of the ends were inside a
commit.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

from observations import Observations
from operations import KINDS, Operations

HERE = pathlib.Path(__file__).parent
PER_FOLDER = 20  # then a new one begins, so that the check of all devices stays short
TOKEN = "token-of-the-crash-test"


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def build_shim(folder):
    shim = folder / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "shim.c", "-ldl"], check=True)
    return shim


class Daemon:
    started = []

    def __init__(self, binary, data, notes, shim, coap):
        self.http = free_port(socket.SOCK_STREAM)
        env = {**os.environ, "LINNET_TOKEN": TOKEN, "CRASH_NOTES": str(notes), "LD_PRELOAD": str(shim)}
        # AddressSanitizer's runtime wants to be the first library; the shim is, and calls on to it.
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.process = subprocess.Popen(
            [binary, "--data", data, "--coap", f"127.0.0.1:{coap}", "--coaps", "off",
             "--bootstrap", "off", "--bootstrap-coaps", "off", "--http", f"127.0.0.1:{self.http}", "--shards", "2", "--log-level", "error"], stderr=subprocess.PIPE, text=True, env=env)
        Daemon.started = [self.process]
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if "linnetd: ready" in line:
                return
        raise AssertionError("linnetd did not start:\n" + "".join(lines))

    def devices(self):
        found, cursor = {}, ""
        while True:
            request = urllib.request.Request(f"http://127.0.0.1:{self.http}/api/v1/devices?limit=1000{cursor}",
                                             headers={"Authorization": f"Bearer {TOKEN}"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                page = json.load(answer)
            found.update({d["endpoint"]: d for d in page["items"]})
            if page["next"] is None:
                return found
            cursor = "&cursor=" + page["next"]

    def kill(self):
        if self.process.poll() is not None:
            raise AssertionError(f"linnetd ended by itself: {self.process.returncode}")
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()


def records(undo):
    """(offset, size before, old bytes, new bytes or None for a truncation), in the order of the writes."""
    data, at = undo.read_bytes() if undo.exists() else b"", 0
    while at + 32 <= len(data):
        offset, size, old, new = struct.unpack_from("=QQQQ", data, at)
        at += 32
        if at + old > len(data):
            return
        before, at = data[at:at + old], at + old
        after = None
        if new != 2**64 - 1:
            if at + new > len(data):
                return
            after, at = data[at:at + new], at + new
        yield offset, size, before, after


def cut_power(data, notes, dice):
    """Takes back what was not synced; of what is left of it, all, some or none had reached the disk."""
    taken_back = 0
    for name in ("linnet.db", "linnet.db-wal"):
        writes = list(records(notes / f"{name}.undo"))
        if not writes or not (data / name).exists():
            continue
        chance = dice.choice([0.0, 0.0, 0.5, 0.9])
        with open(data / name, "r+b") as file:
            for offset, size, before, _ in reversed(writes):
                file.seek(offset)
                file.write(before)
                file.truncate(size)
            for offset, _, _, after in writes:
                if dice.random() >= chance:
                    taken_back += 1
                elif after is None:
                    file.truncate(offset)
                else:
                    file.seek(offset)
                    file.write(after)
    # The index of the log is rebuilt from it; it never was on disk.
    (data / "linnet.db-shm").unlink(missing_ok=True)
    return taken_back


class Truth:
    """What the log of the load says that must be, or may be."""

    def __init__(self):
        self.must = {}  # name: (lifetime or 0, location)
        self.may = {}   # name: lifetimes that were sent and not acknowledged since

    def read(self, log):
        acknowledged = 0
        for line in log.read_text().splitlines():
            words = line.split()
            name, lifetime = words[1], int(words[2])
            if words[0] == "S":
                self.may.setdefault(name, []).append(lifetime)
            else:
                self.must[name] = (lifetime, words[3])
                self.may.pop(name, None)
                acknowledged += 1
        return acknowledged

    def wrong(self, devices):
        for name, (lifetime, place) in self.must.items():
            may = [lifetime, *self.may.get(name, [])]
            device = devices.get(name)
            if device is None:
                if 0 not in may:
                    yield f"{name}: acknowledged with lifetime {lifetime}, and is not there"
            elif device["lifetime"] not in may:
                yield f"{name}: has lifetime {device['lifetime']} and not one of {may}"
            elif lifetime and device["registration"] != place:
                yield f"{name}: is at {device['registration']} and not at {place}"
        for name in devices:
            if name not in self.must and name not in self.may:
                yield f"{name}: is there, and never was"

    def settle(self, devices):
        """What is there now is what counts from here on."""
        names = set(self.must) | set(self.may)
        self.must = {n: (devices[n]["lifetime"], devices[n]["registration"]) if n in devices else (0, "-") for n in names}
        self.may = {}


def integrity(data):
    # A connection that stays open would keep the next start from recovering the log.
    with contextlib.closing(sqlite3.connect(f"file:{data / 'linnet.db'}?mode=ro", uri=True)) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


class Run:
    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="linnet-crash-"))
        self.shim = build_shim(self.root)
        self.counts = {"ends": 0, "inside": 0, "acknowledged": 0, "operations": 0, "ran": 0, "observations": 0, "taken_back": 0}
        self.kinds = {kind: [0, 0, 0] for kind in KINDS}
        self.failures = []

    def one(self, data, notes, truth, number, cut):
        """Starts, loads, ends, and holds what the next start finds against what was acknowledged."""
        log = self.root / "log"
        log.unlink(missing_ok=True)
        coap = free_port(socket.SOCK_DGRAM)
        daemon = Daemon(self.options.bin / "linnetd", data, notes, self.shim, coap)
        load = subprocess.Popen([sys.executable, HERE / "load.py", str(coap), log, f"r{number}-",
                                 str(self.dice.randrange(2**31))])
        operations = Operations(daemon.http, coap, TOKEN, f"op{number}{'c' if cut else 'k'}", random.Random(self.dice.random()))
        observations = Observations(daemon.http, TOKEN, f"ob{number}{'c' if cut else 'k'}",
                                    random.Random(self.dice.random()))
        while not log.exists() or log.stat().st_size < 2000:
            if load.poll() is not None or daemon.process.poll() is not None:
                raise AssertionError("linnetd or the load ended by itself")
            time.sleep(0.002)
        time.sleep(self.dice.random() * 0.15)
        daemon.kill()
        inside = (notes / "state").read_bytes() == b"\x01"
        load.wait(20)
        operations.killed()
        observations.killed()
        self.counts["ends"] += 1
        self.counts["inside"] += inside
        self.counts["acknowledged"] += truth.read(log)
        if cut:
            self.counts["taken_back"] += cut_power(data, notes, self.dice)
        daemon = Daemon(self.options.bin / "linnetd", data, notes, self.shim, coap)
        wrong = [*operations.wrong(daemon.http, coap), *observations.wrong(daemon.http)]
        devices = daemon.devices()
        devices.pop(operations.endpoint, None)
        wrong += truth.wrong({name: device for name, device in devices.items() if not name.startswith("op")})
        truth.settle(devices)
        daemon.kill()
        wrong += operations.twice()
        self.counts["operations"] += len(operations.acknowledged)
        self.counts["ran"] += len(operations.seen)
        for kind, sums in self.kinds.items():
            self.kinds[kind] = [a + b for a, b in zip(sums, operations.count([kind]))]
        self.counts["observations"] += observations.acknowledged
        if cut:
            cut_power(data, notes, self.dice)
        state = integrity(data)
        if state != "ok":
            wrong.append(f"integrity: {state}")
        if wrong:
            self.failures.append(f"{'cut' if cut else 'kill'} {number}: {wrong[:3]} ({len(wrong)} in all)")
            print(self.failures[-1], flush=True)

    def many(self, count, cut):
        begin = dict(self.counts)
        for number in range(count):
            if number % PER_FOLDER == 0:
                shutil.rmtree(self.root / "data", ignore_errors=True)
                shutil.rmtree(self.root / "notes", ignore_errors=True)
                (self.root / "notes").mkdir()
                truth = Truth()
            self.one(self.root / "data", self.root / "notes", truth, number, cut)
        done = {name: self.counts[name] - begin[name] for name in self.counts}
        print(f"{'power cuts' if cut else 'kills'}: {done['ends']}, inside a commit: {done['inside']}, "
              f"acknowledged: {done['acknowledged']}, operations: {done['operations']}, ran: {done['ran']}, "
              f"observations: {done['observations']}" + (f", writes taken back: {done['taken_back']}" if cut else ""),
              flush=True)

    def all(self):
        try:
            self.many(self.options.kills, cut=False)
            self.many(self.options.cuts, cut=True)
        finally:
            for process in Daemon.started:
                if process.poll() is None:
                    process.kill()
            shutil.rmtree(self.root, ignore_errors=True)
        for kind, (acknowledged, ran, again) in self.kinds.items():
            print(f"{kind}: {acknowledged} acknowledged, {ran} reached the device, {again} of them again")
        print(f"failures: {len(self.failures)} (seed {self.options.seed})")
        return not self.failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--bin", type=pathlib.Path, default=HERE.parents[2] / "build/bin")
    sys.exit(0 if Run(parser.parse_args()).all() else 1)


if __name__ == "__main__":
    main()
