"""Linnet with Eclipse Leshan: each operation in each format, in both directions."""

import itertools
import re

import pytest

import cells
import objects
import report
from cells import Pair
from leshan import LeshanClient, LeshanServer
from linnet import LinnetDevice, Linnetd

PAIRS = {
    "linnet-device": "linnet-device with Leshan's server",
    "linnetd": "linnetd with Leshan's client",
}

# What Leshan refuses: {(pair, row, column): (why, what its refusal looks like)}. Each is tried all the same.
CANNOT = {}

number = itertools.count(1)


def next_endpoint():
    return f"interop-{next(number)}"


class DeviceOfLinnet:
    """linnet-device is quick to start: each cell has a new one."""

    def __init__(self, server):
        self.server = server

    next_endpoint = staticmethod(next_endpoint)

    def start(self, version="1.1", options=()):
        device = LinnetDevice(next_endpoint(), self.server.uri, version, *options)
        registration = self.server.wait_registered(device.endpoint)
        return Pair(self.server, device, registration)

    shared = start

    def start_row(self, version, _):
        return self.start(version)

    def end(self, pair):
        pair.device.stop()

    def stop(self):
        self.server.stop()


class DeviceOfLeshan:
    """Leshan's client is slow to start: cells that need no new one share it, with its values set back."""

    def __init__(self, server):
        self.server = server
        self.common = self.start().device

    def start(self, version="1.1", block_size=1024):
        device = LeshanClient(next_endpoint(), self.server.uri, version, block_size)
        device.wait_registered()  # until it knows so itself, it would not de-register
        registration = self.server.wait_registered(device.endpoint)
        return Pair(self.server, device, registration)

    def start_row(self, version, row):
        return self.start(version, row.block_size)

    def shared(self):
        self.common.reset()
        return Pair(self.server, self.common)

    def end(self, pair):
        pair.end()
        if pair.device is not self.common:
            pair.device.stop()

    def stop(self):
        self.common.stop()
        self.server.stop()


@pytest.fixture(scope="module")
def sides(leshan_built):
    made = {}
    try:
        made["linnet-device"] = DeviceOfLinnet(LeshanServer())
        made["linnetd"] = DeviceOfLeshan(Linnetd())
        yield made
    finally:
        for side in made.values():
            side.stop()


def outcome_of(key, run):
    """(pass | fail | cannot, reason)"""
    try:
        run()
    except AssertionError as error:
        reason = str(error).split("\n")[0]
        why, sign = CANNOT.get(key, (None, None))
        if why is not None and re.search(sign, reason):
            return "cannot", why
        return "fail", reason
    return "pass", None


def judge(outcomes, key, run):
    outcomes.of[key] = word, reason = outcome_of(key, run)
    pair, row, column = key
    name = report.cell_name(pair, row, report.head(column))
    known = name in report.known_failures()
    assert word != "fail" or known, f"{name}: {reason}"
    assert word == "fail" or not known, f"{name} is among the failures on the page and no longer fails"


def of(rows):
    return [
        pytest.param(pair, row, column, id=f"{pair}: {row.name}" + (f", {column}" if column else ""))
        for pair in PAIRS
        for row in rows if pair in row.pairs
        for column in row.formats or [None]]


@pytest.mark.parametrize("name, row, version", of(cells.REGISTRATION_ROWS))
def test_registration(sides, outcomes, name, row, version):
    side = sides[name]

    def run():
        pair = side.start_row(version, row)
        try:
            row.run(pair, version)
        finally:
            side.end(pair)

    judge(outcomes, (name, row.name, version), run)


@pytest.mark.parametrize("name, row, format", of(cells.ROWS))
def test_operation(sides, outcomes, name, row, format):
    side = sides[name]

    def run():
        pair = side.shared()
        try:
            row.run(pair, format)
        finally:
            side.end(pair)

    judge(outcomes, (name, row.name, format), run)


@pytest.mark.parametrize("name, row, column", of(objects.ROWS))
def test_object(sides, outcomes, name, row, column):
    judge(outcomes, (name, row.name, column), lambda: row.run(sides[name]))


def test_the_page_says_what_came_out(request, outcomes):
    if not outcomes.all_ran():
        pytest.skip("not all cells ran")
    page = report.render(outcomes, PAIRS)
    if request.config.getoption("--write-report"):
        report.PAGE.write_text(page)
    assert report.PAGE.exists() and report.PAGE.read_text() == page, (
        "docs/reference/interop.md is not of these outcomes: run pytest tests/interop --write-report and commit it")
