"""Linnet with Eclipse Leshan: each operation in each format, in both directions."""

import itertools
import re

import pytest

import cells
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

    def start(self, version="1.1"):
        device = LinnetDevice(next_endpoint(), self.server.uri, version)
        registration = self.server.wait_registered(device.endpoint)
        return Pair(self.server, device, registration)

    shared = start

    def end(self, pair):
        pair.device.stop()

    def stop(self):
        self.server.stop()


class DeviceOfLeshan:
    """Leshan's client is slow to start: cells that need no new one share it, with its values set back."""

    def __init__(self, server):
        self.server = server
        self.common = self.start().device

    def start(self, version="1.1"):
        device = LeshanClient(next_endpoint(), self.server.uri, version)
        device.wait_registered()  # until it knows so itself, it would not de-register
        registration = self.server.wait_registered(device.endpoint)
        return Pair(self.server, device, registration)

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


@pytest.fixture(scope="module", params=PAIRS)
def side(request, leshan_built):
    made = DeviceOfLinnet(LeshanServer()) if request.param == "linnet-device" else DeviceOfLeshan(Linnetd())
    made.name = request.param
    yield made
    made.stop()


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
        pytest.param(row, column, id=f"{row.name}, {column}" if column else row.name)
        for row in rows
        for column in row.formats or [None]]


@pytest.mark.parametrize("row, version", of(cells.REGISTRATION_ROWS))
def test_registration(side, outcomes, row, version):
    def run():
        pair = side.start(version)
        try:
            row.run(pair, version)
        finally:
            side.end(pair)

    judge(outcomes, (side.name, row.name, version), run)


@pytest.mark.parametrize("row, format", of(cells.ROWS))
def test_operation(side, outcomes, row, format):
    def run():
        pair = side.shared()
        try:
            row.run(pair, format)
        finally:
            side.end(pair)

    judge(outcomes, (side.name, row.name, format), run)


def test_the_page_says_what_came_out(request, outcomes):
    if not outcomes.all_ran(PAIRS):
        pytest.skip("not all cells ran")
    page = report.render(outcomes, PAIRS)
    if request.config.getoption("--write-report"):
        report.PAGE.write_text(page)
    assert report.PAGE.exists() and report.PAGE.read_text() == page, (
        "docs/reference/interop.md is not of these outcomes: run pytest tests/interop --write-report and commit it")
