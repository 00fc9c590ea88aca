#!/usr/bin/env python3
"""Runs notify_trace and holds every notification of every device against the model.

usage: judge.py NOTIFY_TRACE FROM-TO

One line for each difference: seed, time, path, what is wrong and the rule. It ends with 1 if there
is any.
"""

import collections
import json
import multiprocessing
import subprocess
import sys
from decimal import Decimal

from model import LEVEL_NAMES, Device, Refused

DAY = 24 * 3600 * 1000
LINKS = 40
SHARE = 25   # seeds for each run of the program
SHOWN = 20   # differences


def path_of(text):
    return tuple(int(part) for part in text.strip("/").split("/"))


def text_of(path):
    return "/" + "/".join(map(str, path))


def values_of_senml(payload):
    """SenML JSON -> {path: value}."""
    base, out = "", {}
    for record in payload:
        base = record.get("bn", base)
        for field in ("v", "vs", "vb"):
            if field in record:
                out[path_of(base + record.get("n", ""))] = record[field]
    return out


def links_of(payload):
    """'</1/0>;pmin=2,</1/0/1>' -> {path: {"pmin": 2.0}}, down to resources."""
    out = {}
    for link in payload.split(","):
        target, *attributes = link.split(";")
        pairs = (attribute.split("=") for attribute in attributes)
        out[path_of(target.strip("<>"))] = {name: Decimal(value) for name, value in pairs if name in LEVEL_NAMES}
    return {path: attributes for path, attributes in out.items() if len(path) <= 3}


def is_fresh(before, now):
    """RFC 7641 §3.4, without the 128 s: here nothing is reordered."""
    return before < now and now - before < 1 << 23 or before > now and before - now > 1 << 23


class Judge:
    """Of one device. `differences` is what it found."""

    def __init__(self, seed, objects):
        self.seed = seed
        self.device = Device()
        for number in objects:
            self.device.add_object(number)
        self.now = 0
        self.expected = collections.defaultdict(collections.deque)  # (server, token) -> ...
        self.lost = set()      # observations that differed: not judged any more
        self.paths = {}
        self.sequences = {}
        self.formats = {}
        self.confirmed = {}    # when the last CON was
        self.answer = None     # what the request under way must be answered
        self.differences = []
        self.judged = 0

    def differ(self, key, what):
        if key in self.lost:
            return
        self.lost.add(key)
        path = text_of(self.paths.get(key, ()))
        self.differences.append(
            f"seed {self.seed}, {self.now} ms, server {key[0]}, {path}: {what}")

    def complain(self, what):
        self.differences.append(f"seed {self.seed}, {self.now} ms: {what}")

    def expect(self, notifications):
        for n in notifications:
            self.expected[n.server, n.token].append(n)

    def pass_time(self, now):
        """What was due before `now` must have come."""
        self.expect(self.device.advance(now))
        for key, queue in self.expected.items():
            if queue and queue[0].time < now:
                self.now = queue[0].time
                self.differ(key, f"missing: {queue[0]}")
        self.now = now

    def take(self, line):
        self.pass_time(line["t"])
        getattr(self, "on_" + line["on"])(line)

    # ---- what happens to the device ----

    def on_create(self, line):
        path = path_of(line["path"])
        values = {path_of(p): v for p, v in line["values"].items()}
        self.expect(self.device.create(self.now, path, values, {p[:3] for p in values}))

    def on_delete(self, line):
        self.expect(self.device.delete(self.now, path_of(line["path"])))

    def on_set(self, line):
        self.expect(self.device.set(self.now, path_of(line["path"]), line["value"]))

    # ---- what servers ask: each is followed by the answer ----

    def on_write(self, line):
        self.answer = ("2.04", None, None)
        self.on_set(line)

    def on_remove(self, line):
        self.answer = ("2.02", None, None)
        self.on_delete(line)

    def on_defaults(self, line):
        """Both at the start, then one at a time by a Write."""
        pmin, pmax = self.device.defaults.get(line["server"], (None, None))
        self.expect(self.device.set_defaults(
            self.now, line["server"], line.get("pmin", pmin), line.get("pmax", pmax)))
        if not ("pmin" in line and "pmax" in line):
            self.answer = ("2.04", None, None)

    def on_attributes(self, line):
        self.answer = ("2.04", None, None)
        try:
            self.expect(self.device.write_attributes(
                self.now, line["server"], path_of(line["path"]), line["query"]))
        except Refused as refused:
            self.answer = (str(refused), None, None)

    def on_observe(self, line):
        key, path = (line["server"], line["token"]), path_of(line["path"])
        self.settle(key)
        try:
            values = self.device.observe(self.now, *key, path)
            self.paths[key] = path
            self.answer = ("2.05", values, key)
        except Refused as refused:
            self.answer = (str(refused), None, None)

    def settle(self, key):
        """The token is used anew: what was held against it is over."""
        self.lost.discard(key)
        self.expected[key].clear()
        self.sequences.pop(key, None)

    def on_cancel(self, line):
        key, path = (line["server"], line["token"]), path_of(line["path"])
        self.device.cancel(*key)
        if self.device.exists(path):
            self.answer = ("2.05", self.device.read(path), None)
        else:
            self.answer = ("4.04", None, None)

    def on_discover(self, line):
        try:
            self.answer = ("2.05", self.device.discover(line["server"], path_of(line["path"])), None)
        except Refused as refused:
            self.answer = (str(refused), None, None)

    def on_reset(self, line):
        self.device.cancel(line["server"], line["token"])

    def on_answer(self, line):
        code, values, key = self.answer or (None, None, None)
        self.answer = None
        if line["code"] != code:
            self.complain(f"an answer {line['code']}, not {code}")
        elif values is not None and self.content(line) != values:
            self.complain(f"an answer {line['payload']}, not {values}")
        if (line["observe"] is not None) != (key is not None):
            self.complain("an answer with the Observe option in the wrong place")
        if key is not None:
            self.sequences[key] = -1 if line["observe"] is None else line["observe"]
            self.formats[key] = line["format"]
            self.confirmed[key] = self.now

    @staticmethod
    def content(line):
        return links_of(line["payload"]) if line["format"] == LINKS else values_of_senml(line["payload"] or [])

    # ---- what the device notifies ----

    def on_notify(self, line):
        key = (line["server"], line["token"])
        self.judged += 1
        if not self.expected[key]:
            self.differ(key, "early or extra: " + self.next_due(key))
            return
        expected = self.expected[key].popleft()
        values = None if line["payload"] is None else values_of_senml(line["payload"])
        if expected.code != line["code"]:
            self.differ(key, f"{line['code']} for {expected}")
        elif expected.code == "2.05":
            if values != expected.values:
                self.differ(key, f"says {values} for {expected}")
            self.look_at_form(key, line)
        elif line["observe"] is not None:
            self.differ(key, "a last answer with the Observe option")

    def next_due(self, key):
        observation = self.device.observations.get(key)
        if observation is None:
            return "there is no such observation"
        attributes = self.device.effective(key[0], observation.path)
        at, rule = self.device.due(attributes, observation)
        return f"with {attributes} the next is due at {at} ({rule})"

    def look_at_form(self, key, line):
        if line["observe"] is None or not is_fresh(self.sequences.get(key, -1), line["observe"]):
            self.differ(key, f"number {line['observe']} after {self.sequences.get(key)}")
        if line["format"] != self.formats.get(key):
            self.differ(key, f"format {line['format']}, not that of the first")
        if line["confirmable"]:
            self.confirmed[key] = self.now
        elif self.now - self.confirmed.get(key, 0) >= DAY:
            self.differ(key, "a day without a confirmable one")
        self.sequences[key] = line["observe"]

    def on_end(self, line):
        self.pass_time(line["t"] + 1)


def judge(lines):
    """Differences, devices and notifications of a whole trace."""
    differences, devices, judged, one = [], 0, 0, None
    for text in lines:
        line = json.loads(text, parse_float=Decimal)
        if line["on"] == "begin":
            one = Judge(line["seed"], line["objects"])
            continue
        one.take(line)
        if line["on"] == "end":
            differences += one.differences
            judged += one.judged
            devices += 1
            one = None
    if one is not None:
        differences.append(f"seed {one.seed}: the trace breaks off")
    return differences, devices, judged


def run(program, first, last):
    """Judges the days of these seeds as the program prints them."""
    trace = subprocess.Popen([program, "--seeds", f"{first}-{last}"], stdout=subprocess.PIPE, text=True)
    differences, devices, judged = judge(trace.stdout)
    if trace.wait() != 0:
        differences.append(f"seeds {first}-{last}: {program} ended with {trace.returncode}")
    return differences, devices, judged


def run_all(program, first, last):
    """The same, shared among the cores."""
    shares = [(program, seed, min(seed + SHARE - 1, last)) for seed in range(first, last + 1, SHARE)]
    with multiprocessing.Pool() as pool:
        results = pool.starmap(run, shares)
    return [d for found, _, _ in results for d in found], *(sum(r[i] for r in results) for i in (1, 2))


def main(program, seeds):
    first, last = map(int, seeds.split("-"))
    differences, devices, judged = run_all(program, first, last)
    for difference in differences[:SHOWN]:
        print(difference)
    wrong = f"{len(differences)} differ" if differences else "none early, late, missing or extra"
    print(f"{devices} devices, a day each: {judged} notifications, {wrong}")
    return 0 if judged > 0 and devices == last - first + 1 and not differences else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
