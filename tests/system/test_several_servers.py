"""linnet-device with several servers: each has a life of its own, and may do what object 2 says."""

import signal
import socket
import time

import pytest

from conftest import Program, until
from test_device_objects import operate, value, values
from test_device_state import discover, set_attributes

PARTS = "/devices/demo/observations/3442/0/120"
KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"


@pytest.fixture
def servers(start_server):
    return start_server(), start_server()


@pytest.fixture
def device(servers):
    """Registered with both; options given before the second server are of the first, or of all."""
    programs = []

    def start(*options, second=()):
        first, other = servers
        programs.append(Program("linnet-device", "--endpoint", "demo", "--spread", "0", *options, "--server", first.uri,
                                "--server", other.uri, *second))
        programs[-1].wait_for("registered as", count=2)
        for server in servers:
            until(lambda: server.api.device("demo"), "registered")
        return programs[-1]
    yield start
    for program in programs:
        program.end()


def refused(server, method, path, body=None):
    """What it is answered is 4.01."""
    status, answer = server.api.call(method, f"/devices/demo/data{path}", body)
    return status == 403 and answer["coap"] == "4.01"


def execute(server, path):
    status, answer = server.api.call("POST", f"/devices/demo/data{path}", {})
    assert status in (200, 204), answer


# ---- Each its own life ----

def test_each_server_has_its_own_account_observations_and_attributes(servers, device):
    first, second = servers
    it = device(second=("--lifetime", "77", "--access", "RW"))
    assert first.api.device("demo")["lifetime"] == 300 and second.api.device("demo")["lifetime"] == 77
    set_attributes(first, "/3442/0/120", pmin=0, pmax=60)
    set_attributes(second, "/3442/0/120", gt=5000)
    assert "pmax=60" in discover(first, "/3442/0/120") and "gt" not in discover(first, "/3442/0/120")
    assert "gt=5000" in discover(second, "/3442/0/120") and "pmax" not in discover(second, "/3442/0/120")
    for server in servers:
        status, answer = server.api.call("PUT", PARTS, {})
        assert status == 201, answer
        until(lambda: server.api.get(PARTS)["state"] == "active", "it is observed")
    before = [server.api.get(PARTS)["notifications"] for server in servers]
    operate(second, "PUT", "/3442/0/120", {"value": 7})
    until(lambda: first.api.get(PARTS)["notifications"] > before[0], "any change is the first's wish")
    assert second.api.get(PARTS)["notifications"] == before[1]
    operate(first, "PUT", "/3442/0/120", {"value": 7000})
    until(lambda: second.api.get(PARTS)["notifications"] > before[1], "a crossing of 5000 is the second's")

    execute(first, "/1/0/4")  # it disables itself for a day, and nobody else
    it.wait_for("de-registered from")
    until(lambda: first.api.device("demo") is None, "it has left the first")
    assert value(second, "/3442/0/120") == 7000


@pytest.mark.parametrize("scheme", ["coap", "coaps"])
def test_a_server_that_is_silent_delays_no_other(server, scheme):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        uri = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        options = () if scheme == "coap" else ("--psk", KEY)
        start = time.monotonic()
        device = Program("linnet-device", "--endpoint", "demo", "--spread", "0", "--server", uri, *options, "--server",
                         server.uri, "--access", "RWE")
        device.wait_for("registered as demo with " + server.uri)
        assert time.monotonic() - start < 1.5  # before the first copy, at 2 s
        until(lambda: server.api.device("demo"), "registered")
        silent.settimeout(20)
        heard = 0
        while heard < 3:  # Register or ClientHello, and two copies
            silent.recv(2000)
            heard += 1
            asked = time.monotonic()
            operate(server, "PUT", "/3442/0/120", {"value": heard})
            assert value(server, "/3442/0/120") == heard
            assert time.monotonic() - asked < 1
        device.end(signal.SIGKILL)


def test_first_registrations_are_spread(servers):
    first, second = servers
    program = Program("linnet-device", "--endpoint", "demo", "--spread", "3600", "--server", first.uri, "--server",
                      second.uri)
    program.wait_for("registering in", count=2)
    waits = [int(line.split(" in ")[1].split()[0]) for line in program.lines if "registering in" in line]
    assert waits[0] != waits[1] and all(0 < wait < 3600_000 for wait in waits)
    assert program.end() == 0
    assert not any("registered as" in line for line in program.lines)


# ---- Who may do what ----

def test_the_first_server_owns_all_and_the_others_read(servers, device):
    first, second = servers
    device()
    assert value(second, "/3/0/16") == "U"
    before = values(first, "/3442/0")
    for method, path, body in [("PUT", "/3442/0/120", {"value": 1}), ("POST", "/3442/0/3", {}),
                               ("DELETE", "/3442/0", None), ("PUT", "/3/0/15", {"value": "Europe/Paris"}),
                               ("POST", "/3/0/4", {}), ("POST", "/7/0/6", {}), ("PUT", "/1/0/1", {"value": 50}),
                               ("POST", "/1/0/4", {}), ("GET", "/1/0/1", None), ("PUT", "/2/0/3", {"value": 2}),
                               ("POST", "/3442", {"values": {"120": 4}})]:
        assert refused(second, method, path, body), (method, path)
    assert values(first, "/3442/0") == before
    operate(first, "PUT", "/3442/0/120", {"value": 5})
    operate(second, "PUT", "/1/1/1", {"value": 60})  # its own account
    until(lambda: second.api.device("demo")["lifetime"] == 60, "the Update says so")
    assert first.api.device("demo")["lifetime"] == 300


def test_a_single_server_needs_no_object_2(server, start_device):
    start_device(server, "demo")
    assert "/2" not in str(server.api.device("demo")["objects"])


def test_what_a_server_creates_is_its_own_until_it_grants(servers, device):
    first, second = servers
    device(second=("--access", "RC"))
    operate(first, "PUT", "/3442/0/110", {"value": "the first's"})
    status, answer = second.api.call("POST", "/devices/demo/data/3442", {"instance": 5, "values": {"110": "mine"}})
    assert status in (200, 201, 204), answer
    assert value(second, "/3442/5/110") == "mine"
    assert refused(first, "GET", "/3442/5/110")
    guard = next(path.split("/")[2] for path, number in values(second, "/2").items()
                 if path.endswith("/1") and number == 5 and path.count("/") == 3)
    assert value(second, f"/2/{guard}/3") == 2
    assert refused(first, "PUT", f"/2/{guard}/2", {"values": {"1": 15}})
    operate(second, "PUT", f"/2/{guard}/2", {"values": {"1": 1, "2": 15}})
    assert value(first, "/3442/5/110") == "mine"
    assert refused(first, "PUT", "/3442/5/110", {"value": "yours"})
    operate(second, "DELETE", "/3442/5", None)
    assert not any(path.startswith(f"/2/{guard}/") for path in values(second, "/2"))


def test_notifications_end_with_the_right_to_read(servers, device):
    first, second = servers
    device()
    status, answer = second.api.call("PUT", PARTS, {})
    assert status == 201, answer
    until(lambda: second.api.get(PARTS)["state"] == "active", "it is observed")
    operate(first, "PUT", "/3442/0/120", {"value": 11})
    until(lambda: second.api.get(PARTS)["notifications"] >= 1, "it is told")
    guard = next(path.split("/")[2] for path, number in values(first, "/2").items()
                 if path.endswith("/0") and path.count("/") == 3 and number == 3442)
    operate(first, "PUT", f"/2/{guard}/2", {"values": {"2": 2}})
    operate(first, "PUT", "/3442/0/120", {"value": 12})
    until(lambda: second.api.get(PARTS)["state"] != "active", "it is not observed any more")
    told = second.api.get(PARTS)["notifications"]
    operate(first, "PUT", "/3442/0/120", {"value": 13})
    assert refused(second, "GET", "/3442/0/120")
    assert second.api.get(PARTS)["notifications"] == told


def test_rights_outlive_a_crash(servers, device, tmp_path):
    first, second = servers
    it = device("--state", tmp_path)
    guard = next(path.split("/")[2] for path, number in values(first, "/2").items()
                 if path.endswith("/0") and path.count("/") == 3 and number == 3442)
    operate(first, "PUT", f"/2/{guard}/2", {"values": {"2": 3}})
    operate(second, "PUT", "/3442/0/120", {"value": 21})
    set_attributes(first, "/3442/0/120", pmax=60)
    set_attributes(second, "/3442/0/120", pmax=90)
    it.end(signal.SIGKILL)
    device("--state", tmp_path)
    operate(second, "PUT", "/3442/0/120", {"value": 22})
    assert "pmax=60" in discover(first, "/3442/0/120") and "pmax=90" in discover(second, "/3442/0/120")
