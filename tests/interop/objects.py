"""The objects of LwM2M 1.0 with Leshan: what each of them does, beside reading and writing values.

Each row gets its side of test_leshan.py, and starts what it needs.
"""

import contextlib
import dataclasses
import time
import typing

from cells import must
from leshan import LeshanServer
from linnet import LinnetDevice, Linnetd
from values import by_path, seconds

PLACE = ("--location", "48.5,-2.25,80")


def values(pair, path):
    answer = pair.ask("read", path, format="tlv")
    must(answer, "2.05")
    return by_path(answer.records)


@contextlib.contextmanager
def device(side, *options):
    pair = side.start("1.0", options)
    try:
        yield pair
    finally:
        side.end(pair)


# ---- linnet-device ----

def disable(side):
    with device(side) as pair:
        must(pair.ask("write", "/1/0/5", {"value": 1}, format="tlv"), "2.04")
        must(pair.ask("execute", "/1/0/4"), "2.04")
        pair.ask_event("deregistered")
        left = time.monotonic()
        pair.ask_event("registered")
        assert time.monotonic() - left >= 0.9, "it came back before its timeout"


def device_object(side):
    with device(side, "--set", "/3/0/9=80") as pair:
        must(pair.ask("write", "/3/0/13", {"value": "2013-05-02T10:40:15Z"}, format="tlv"), "2.04")
        must(pair.ask("write", "/3/0/15", {"value": "Europe/Paris"}, format="text"), "2.04")
        must(pair.ask("execute", "/3/0/12"), "2.04")
        told = values(pair, "/3/0")
        assert 0 <= seconds(told["/3/0/13"]) - 1367491215 <= 60, told
        assert told["/3/0/15"] == "Europe/Paris" and told["/3/0/9"] == 80 and "/3/0/11/0" in told, told
        must(pair.ask("execute", "/3/0/5"), "2.04")
        pair.ask_event("registered")  # anew, with the first values
        assert seconds(values(pair, "/3/0")["/3/0/13"]) > 1700000000


def connectivity(side):
    with device(side) as pair:
        told = values(pair, "/4/0")
        assert {"/4/0/0", "/4/0/1/0", "/4/0/2", "/4/0/4/0"} <= set(told), told
        must(pair.ask("attributes", "/4/0", {"pmin": 0, "pmax": 1}), "2.04")
        pair.observe("/4/0", "tlv")
        assert pair.notified().keys() == told.keys()


def location(side):
    with device(side, *PLACE) as pair:
        told = values(pair, "/6/0")
        assert abs(time.time() - seconds(told.pop("/6/0/5"))) < 60
        assert told == {"/6/0/0": 48.5, "/6/0/1": -2.25, "/6/0/2": 80}, told


def statistics(side):
    with device(side) as pair:
        must(pair.ask("write", "/7/0/8", {"value": 3600}, format="tlv"), "2.04")
        must(pair.ask("execute", "/7/0/6"), "2.04")
        for _ in range(20):
            must(pair.ask("write", "/3442/0/110", {"value": "x" * 60}, format="text"), "2.04")
        must(pair.ask("execute", "/7/0/7"), "2.04")
        told = values(pair, "/7/0")
        assert told["/7/0/3"] >= 1 and told["/7/0/4"] > 60 and told["/7/0/8"] == 3600, told
        must(pair.ask("write", "/3442/0/110", {"value": "x" * 60}, format="text"), "2.04")
        assert values(pair, "/7/0") == told


@contextlib.contextmanager
def two_servers(side, other):
    """linnet-device with the side's server, which owns, and another."""
    endpoint = side.next_endpoint()
    try:
        it = LinnetDevice(endpoint, side.server.uri, "1.0", "--server", other.uri)
        try:
            for server in (side.server, other):
                server.wait_registered(endpoint)
            yield endpoint
        finally:
            it.stop()
    finally:
        other.stop()


def access_control(side, other):
    with two_servers(side, other) as endpoint:
        owner = side.server
        must(other.read(endpoint, "/3442/0/120", format="text"), "2.05")
        must(other.write(endpoint, "/3442/0/120", {"value": 3}, format="text"), "4.01")
        must(other.execute(endpoint, "/3442/0/0"), "4.01")
        must(other.delete(endpoint, "/3442/0"), "4.01")
        must(other.write(endpoint, "/1/0/1", {"value": 60}, format="text"), "4.01")
        must(other.write(endpoint, "/1/1/1", {"value": 60}, format="text"), "2.04")
        answer = owner.read(endpoint, "/2", format="tlv")
        must(answer, "2.05")
        guards = by_path(answer.records)
        guard = next(path.split("/")[2] for path, value in guards.items()
                     if path.endswith("/0") and path.count("/") == 3 and value == 3442)
        must(other.write(endpoint, f"/2/{guard}/2", {"values": {"2": 15}}, format="tlv"), "4.01")
        must(owner.write(endpoint, f"/2/{guard}/2", {"values": {"2": 3}}, format="tlv"), "2.04")
        must(other.write(endpoint, "/3442/0/120", {"value": 3}, format="text"), "2.04")
        must(other.execute(endpoint, "/3442/0/0"), "4.01")


def access_control_of_two_leshans(side):
    access_control(side, LeshanServer())


def access_control_with_linnetd(side):
    access_control(side, Linnetd())


# ---- linnetd ----

def leshans_objects(side):
    """What Leshan's client has of objects 4, 6 and 7 are values that its program gave."""
    pair = side.shared()
    try:
        told = values(pair, "/4/0")
        assert told["/4/0/0"] == 41 and told["/4/0/4/0"] == "192.0.2.7" and told["/4/0/2"] == -70, told
        told = values(pair, "/6/0")
        assert told["/6/0/0"] == 48.5 and seconds(told["/6/0/5"]) == 1367491215, told
        must(pair.ask("write", "/7/0/8", {"value": 60}, format="tlv"), "2.04")
        assert values(pair, "/7/0")["/7/0/8"] == 60
        pair.observe("/6/0/0", "tlv")
        pair.device.set("/6/0/0", {"value": 49.5})
        assert pair.notified() == {"/6/0/0": 49.5}
    finally:
        side.end(pair)


@dataclasses.dataclass
class ObjectRow:
    name: str
    run: typing.Callable
    pairs: tuple = ("linnet-device",)
    formats: None = None


ROWS = [
    ObjectRow("1 Server: Disable, and back after its timeout", disable),
    ObjectRow("2 Access Control, both servers Leshan's", access_control_of_two_leshans),
    ObjectRow("2 Access Control, Leshan's server owns and linnetd asks", access_control_with_linnetd),
    ObjectRow("3 Device: clock, timezone, error codes, factory reset", device_object),
    ObjectRow("4 Connectivity Monitoring: read, observed with pmax", connectivity),
    ObjectRow("6 Location: read", location),
    ObjectRow("7 Connectivity Statistics: start, stop, period", statistics),
    ObjectRow("4, 6, 7: read, written and observed", leshans_objects, pairs=("linnetd",)),
]
