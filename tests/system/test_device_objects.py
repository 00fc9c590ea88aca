"""linnet-device: the objects that tell of its machine, its links, its place and its servers."""

import datetime
import json
import socket
import time

import pytest

from conftest import PATIENCE, until


def value(server, path, endpoint="demo"):
    return server.api.get(f"/devices/{endpoint}/data{path}")["records"][0]["value"]


def values(server, path, endpoint="demo"):
    records = server.api.get(f"/devices/{endpoint}/data{path}")["records"]
    return {record["path"]: record["value"] for record in records}


def operate(server, method, path, body, endpoint="demo"):
    status, answer = server.api.call(method, f"/devices/{endpoint}/data{path}", body)
    assert status in (200, 204), answer


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def default_gateways():
    """Of /proc/net/route, which is another source than the device's."""
    gateways = set()
    with open("/proc/net/route", encoding="ascii") as table:
        for line in list(table)[1:]:
            _, destination, gateway, flags = line.split()[:4]
            if destination == "00000000" and int(flags, 16) & 2:
                gateways.add(socket.inet_ntoa(bytes.fromhex(gateway)[::-1]))
    return gateways


def own_addresses():
    """Those of IPv4 that the machine's host part of /proc/net/fib_trie has."""
    lines = open("/proc/net/fib_trie", encoding="ascii").read().splitlines()
    return {lines[i - 1].split()[-1] for i, line in enumerate(lines) if "/32 host LOCAL" in line}


def test_connectivity_is_that_of_the_machine(server, start_device):
    start_device(server, "demo")
    told = values(server, "/4/0")
    addresses = {v for path, v in told.items() if path.startswith("/4/0/4/") and "." in v}
    assert addresses and addresses <= own_addresses()
    routers = {v for path, v in told.items() if path.startswith("/4/0/5/") and "." in v}
    assert routers == default_gateways()
    bearers = {v for path, v in told.items() if path.startswith("/4/0/1/")}
    assert told["/4/0/0"] in bearers and "/4/0/2" in told
    assert "/4/0/8" not in told  # no cell


def test_the_place_is_what_the_option_says(server, start_device):
    before = int(time.time())
    start_device(server, "demo", "--location", "48.5,-2.25,80")
    told = values(server, "/6/0")
    when = told.pop("/6/0/5")
    assert told == {"/6/0/0": 48.5, "/6/0/1": -2.25, "/6/0/2": 80}
    assert before <= seconds(when) <= time.time()


def test_without_the_option_there_is_no_place(server, start_device, run):
    start_device(server, "demo")
    assert "/6/0" not in str(server.api.device("demo")["objects"])
    status, _, err = run("linnet-device", "--server", "coap://127.0.0.1", "--location", "91,0")
    assert status == 2 and "--location: it is LAT,LON" in err


def test_statistics_count_what_moves_between_start_and_stop(server, start_device):
    start_device(server, "demo")
    assert values(server, "/7/0") == {f"/7/0/{i}": 0 for i in (2, 3, 4, 5, 8)}
    operate(server, "POST", "/7/0/6", {})
    for _ in range(10):
        operate(server, "PUT", "/3442/0/110", {"value": "x" * 60})
        value(server, "/3/0/3")
    operate(server, "POST", "/7/0/7", {})
    told = values(server, "/7/0")
    assert told["/7/0/3"] >= 1  # ten writes of 60 bytes, and what carries them
    assert told["/7/0/4"] > 60 > told["/7/0/5"] > 4
    value(server, "/3442/0/110")
    assert values(server, "/7/0") == told


def test_collecting_ends_with_its_period(server, start_device):
    start_device(server, "demo")
    operate(server, "PUT", "/7/0/8", {"value": 1})
    operate(server, "POST", "/7/0/6", {})
    end = time.monotonic() + 1.5

    def goes_on():
        operate(server, "PUT", "/3442/0/110", {"value": "x" * 60})
        return time.monotonic() > end
    until(goes_on, "the period is over")
    told = values(server, "/7/0")
    assert told["/7/0/3"] >= 1
    for _ in range(30):
        operate(server, "PUT", "/3442/0/110", {"value": "x" * 60})
    assert values(server, "/7/0") == told


def test_an_error_stays_until_it_is_reset(start_server, start_device):
    server = start_server("--ack-timeout", "0.1")
    device = start_device(server, "demo", "--server", "coap://127.0.0.1:1", "--ack-timeout", "0.1",
                          "--max-retransmit", "1")
    device.wait_for("coap://127.0.0.1:1 does not answer")
    assert values(server, "/3/0/11") == {"/3/0/11/0": 7}
    operate(server, "POST", "/3/0/12", {})
    first = until(lambda: values(server, "/3/0/11"), "codes")
    assert list(first) == ["/3/0/11/0"] and first["/3/0/11/0"] in (0, 7)  # 7: it was tried again


def test_the_clock_is_set_without_touching_the_machine(server, start_device):
    start_device(server, "demo")
    before = time.time()
    operate(server, "PUT", "/3/0/13", {"value": 1367491215})
    assert 1367491215 <= seconds(value(server, "/3/0/13")) <= 1367491215 + 20
    assert abs(time.time() - before) < 20
    operate(server, "PUT", "/3/0/14", {"value": "+02:00"})
    operate(server, "PUT", "/3/0/15", {"value": "Europe/Paris"})
    assert (value(server, "/3/0/14"), value(server, "/3/0/15")) == ("+02:00", "Europe/Paris")


def test_a_factory_reset_starts_it_anew_with_its_first_values(server, start_device):
    device = start_device(server, "demo")
    operate(server, "PUT", "/3442/0/110", {"value": "mine"})
    operate(server, "POST", "/3/0/5", {})
    device.wait_for("back to the factory's values")
    device.wait_for("registered as", count=2)
    until(lambda: value(server, "/3442/0/110") == "initial value", "the first value is back")


def test_a_server_that_disables_itself_is_left_alone_for_its_timeout(server, start_device):
    device = start_device(server, "demo")
    assert value(server, "/1/0/5") == 86400
    operate(server, "PUT", "/1/0/5", {"value": 1})
    operate(server, "POST", "/1/0/4", {})
    left = time.monotonic()
    device.wait_for("de-registered from")
    device.wait_for("registered as", count=2)
    assert time.monotonic() - left >= 0.9


def test_a_battery_can_be_given_where_the_machine_has_none(server, start_device):
    start_device(server, "demo", "--set", "/3/0/9=80", "--set", "/3/0/20=5", "--set", "/3/0/10=4096")
    end = time.monotonic() + 1.2  # by then the machine has been looked at anew
    until(lambda: values(server, "/3/0") and time.monotonic() > end, "a second is over")
    told = values(server, "/3/0")
    assert (told["/3/0/9"], told["/3/0/20"], told["/3/0/10"]) == (80, 5, 4096)


# ---- gpsd, played by the test ----

class Gpsd:
    """Listens as gpsd does, and tells what a test says."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.peer = None

    def meet(self):
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(PATIENCE)
        self.tell({"class": "VERSION", "release": "3.22", "proto_major": 3})
        asked = self.peer.makefile().readline()
        assert asked.startswith("?WATCH=") and '"enable":true' in asked and '"json":true' in asked

    def tell(self, report):
        self.peer.sendall(json.dumps(report, separators=(",", ":")).encode() + b"\r\n")

    def close(self):
        for s in (self.peer, self.listener):
            if s is not None:
                s.close()


@pytest.fixture
def gpsd():
    g = Gpsd()
    yield g
    g.close()


FIX = {"class": "TPV", "mode": 3, "time": "2024-05-01T12:00:00.000Z", "lat": 48.5, "lon": -2.25, "altMSL": 80.5,
       "eph": 4.5, "track": 90.0, "speed": 10.0}


def test_the_place_is_what_gpsd_tells(server, start_device, gpsd):
    start_device(server, "demo", "--location", f"gpsd:{gpsd.port}")
    gpsd.meet()
    gpsd.tell({"class": "TPV", "mode": 1})
    assert values(server, "/6/0") == {}  # no position yet
    gpsd.tell(FIX)
    told = until(lambda: values(server, "/6/0"), "a position")
    assert told.pop("/6/0/4") == "AFoAJA=="  # 90 degrees, 36 km/h
    assert told.pop("/6/0/5") == "2024-05-01T12:00:00Z"
    assert told == {"/6/0/0": 48.5, "/6/0/1": -2.25, "/6/0/2": 80.5, "/6/0/3": 4.5, "/6/0/6": 10}

    status, answer = server.api.call("PUT", "/devices/demo/observations/6/0/0", {})
    assert status == 201, answer
    until(lambda: server.api.get("/devices/demo/observations/6/0/0")["state"] == "active", "it is observed")
    gpsd.tell({**FIX, "lat": 49.5})
    until(lambda: server.api.get("/devices/demo/observations/6/0/0")["notifications"] >= 1, "it is told")
    assert value(server, "/6/0/0") == 49.5


def test_a_gpsd_that_is_gone_is_an_error_and_is_tried_again(server, start_device, gpsd):
    device = start_device(server, "demo", "--location", f"gpsd:{gpsd.port}")
    gpsd.meet()
    gpsd.tell(FIX)
    until(lambda: values(server, "/6/0"), "a position")
    gpsd.peer.close()
    device.wait_for("gpsd has closed the connection")
    assert 3 in values(server, "/3/0/11").values()
    assert value(server, "/6/0/0") == 48.5  # the last one, with its time
    gpsd.meet()
    operate(server, "POST", "/3/0/12", {})
    gpsd.tell({**FIX, "lat": 1.5})
    until(lambda: value(server, "/6/0/0") == 1.5, "a position again")
    assert 3 not in values(server, "/3/0/11").values()


def test_a_sensor_that_cannot_be_read_any_more_is_an_error(server, start_device, tmp_path):
    file = tmp_path / "boiler"
    file.write_text("61.5\n")
    start_device(server, "demo", "--sensor", f"temperature={file}")
    file.unlink()
    until(lambda: 8 in values(server, "/3/0/11").values(), "the error is noted")
    file.write_text("62.5\n")
    until(lambda: value(server, "/3303/0/5700") == 62.5, "it is measured again")
    operate(server, "POST", "/3/0/12", {})
    assert 8 not in values(server, "/3/0/11").values()
