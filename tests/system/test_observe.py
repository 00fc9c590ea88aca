"""Declared observations: set up on each registration, over restarts of both sides; what they bring."""

import json
import re
import signal
import urllib.request

import pytest

from conftest import PATIENCE, Server, until

VALUE = "/devices/sensor/observations/3303/0/5700"
SENSOR = ("--sensor", "temperature=sine")


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def start_killable():
    """Servers that a test kills."""
    started = []

    def start(*options):
        started.append(Server(*options))
        return started[-1]
    yield start
    for s in started:
        s.program.end()


def declare(server, path=VALUE, attributes=None, status=201):
    body = {"attributes": attributes} if attributes else {}
    got, answer = server.api.call("PUT", path, body)
    assert got == status, answer
    return answer


def is_active(server, path=VALUE):
    return until(lambda: (o := server.api.get(path))["state"] == "active" and o, f"{path} is active")


def heard(server, more, path=VALUE):
    """Waits for so many notifications since the server's start."""
    return until(lambda: (o := server.api.get(path))["notifications"] >= more and o, f"{more} notifications")


class Events:
    """The stream of events from the first that is kept."""

    def __init__(self, server, query=""):
        request = urllib.request.Request(server.url + "/api/v1/events" + query, headers={
            "Authorization": f"Bearer {server.api.token}", "Last-Event-ID": "0-0"})
        self.stream = urllib.request.urlopen(request, timeout=PATIENCE)
        self.id = None

    def __iter__(self):
        kind = None
        for line in self.stream:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.id = value
            elif name == "event":
                kind = value
            elif name == "data":
                yield kind, json.loads(value)


# ---- Set up, and set up again ----

def test_declared_before_the_device_is_there_it_is_set_up_when_it_comes(server, start_device):
    assert declare(server, attributes={"pmin": 1, "pmax": 2})["state"] == "pending"
    start_device(server, "sensor", *SENSOR)
    assert is_active(server)["attributes"] == {"pmin": 1, "pmax": 2}
    heard(server, 2)
    assert server.api.metric("linnet_observations") == 1
    assert server.api.metric("linnet_observations_set_up_total") == 1
    assert server.api.metric("linnet_notifications_total") >= 2


def test_a_killed_server_goes_on_with_the_notifications_that_were_running(start_killable, start_device, data):
    first = start_killable("--data", data)
    start_device(first, "sensor", *SENSOR)
    declare(first, attributes={"pmin": 1, "pmax": 1})
    is_active(first)
    first.program.end(signal.SIGKILL)

    second = start_killable("--data", data, "--coap", f"127.0.0.1:{first.coap_port}")
    assert second.api.get(VALUE)["attributes"] == {"pmin": 1, "pmax": 1}
    heard(second, 2)
    assert second.api.get(VALUE)["state"] == "active"
    assert second.api.metric("linnet_unexpected_total") == 0, "no notification was unknown"


def test_a_device_that_starts_anew_is_observed_again(server, start_device):
    declare(server, attributes={"pmin": 1, "pmax": 1})
    start_device(server, "sensor", *SENSOR).end(signal.SIGKILL)
    before = is_active(server)["notifications"]
    start_device(server, "sensor", *SENSOR)
    until(lambda: server.api.metric("linnet_observations_set_up_total") >= 2, "it is set up again")
    heard(server, before + 2)


def test_a_device_in_queue_mode_is_observed_while_it_wakes_and_sleeps(start_server, start_device):
    server = start_server("--awake", "1")
    declare(server, attributes={"pmin": 1, "pmax": 2})
    start_device(server, "sensor", *SENSOR, "--queue-mode", "--awake", 1, "--lifetime", 30)
    is_active(server)
    heard(server, 4)
    assert server.api.metric("linnet_fell_asleep_total") >= 1
    assert server.api.metric("linnet_woke_up_total") >= 1


def test_another_number_of_shards_sets_it_up_anew(start_killable, start_device, data):
    first = start_killable("--data", data, "--shards", 3)
    for name in "abcdef":
        declare(first, f"/devices/{name}/observations/3/0/13")
    first.program.end(signal.SIGKILL)
    second = start_killable("--data", data, "--shards", 2)
    for name in "abcdef":
        device = start_device(second, name)
        is_active(second, f"/devices/{name}/observations/3/0/13")
        device.end(signal.SIGKILL)
    second.program.end(signal.SIGKILL)
    third = start_killable("--data", data, "--shards", 2)
    assert third.api.metric("linnet_observations") == 6


def test_what_was_ended_stays_ended_after_a_kill(start_killable, start_device, data):
    first = start_killable("--data", data)
    start_device(first, "sensor", *SENSOR)
    declare(first, attributes={"pmin": 1, "pmax": 1})
    declare(first, "/devices/sensor/observations/3303/0/5601")
    is_active(first)
    assert first.api.call("DELETE", VALUE) == (204, None)
    first.program.end(signal.SIGKILL)
    second = start_killable("--data", data)
    items = second.api.get("/devices/sensor/observations")["items"]
    assert [item["path"] for item in items] == ["/3303/0/5601"]


def test_what_the_device_does_not_have_is_pending_or_failed_and_says_why(server, start_device):
    declare(server, "/devices/sensor/observations/3303/0/9999")
    declare(server, "/devices/sensor/observations/31000")
    start_device(server, "sensor", *SENSOR)
    failed = until(lambda: (o := server.api.get("/devices/sensor/observations/3303/0/9999"))["state"] == "failed" and o,
                   "it failed")
    assert failed["error"] == {"type": "device-error", "coap": "4.04"}
    assert server.api.get("/devices/sensor/observations/31000")["state"] == "pending"
    assert server.api.metric("linnet_observations_failed_total") == 1


def test_it_is_declared_once_and_changed_by_another_put(server, start_device):
    start_device(server, "sensor", *SENSOR)
    declare(server, "/devices/sensor/observations/temperature/0/sensor-value", {"pmin": 1, "gt": 50})
    is_active(server)
    declare(server, attributes={"pmin": 1, "gt": 50}, status=200)
    declare(server, attributes={"pmax": 5, "gt": None}, status=200)
    is_active(server)
    links = {link["path"]: link["attributes"] for link in server.api.get("/devices/sensor/discover/3303/0/5700")["links"]}
    assert links["/3303/0/5700"] == {"pmin": 1, "pmax": 5}
    assert server.api.get("/devices/sensor/observations")["total"] == 1


# ---- Events ----

def test_events_tell_of_states_and_bring_the_records(server, start_device):
    declare(server, attributes={"pmin": 1, "pmax": 1})
    start_device(server, "sensor", *SENSOR)
    states, records = [], []
    events = Events(server, "?endpoint=sensor")
    for kind, event in events:
        if kind == "observation":
            states.append(event["observation"]["state"])
        elif kind == "notification":
            assert event["path"] == "/3303/0/5700"
            records += event["records"]
        if len(records) == 3:
            break
    assert states == ["pending", "active"]
    assert all(r["path"] == "/3303/0/5700" and r["type"] == "float" and r["name"] == "Sensor Value" for r in records)
    # Who was away gets what it missed.
    run, last = events.id.split("-")
    request = urllib.request.Request(server.url + "/api/v1/events?type=notification", headers={
        "Authorization": f"Bearer {server.api.token}", "Last-Event-ID": f"{run}-{int(last) - 1}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as again:
        assert again.readline().decode() == f"id: {run}-{last}\n"


def test_the_ring_gives_up_old_events_for_room(server, start_device):
    start_device(server, "sensor", *SENSOR)
    for _ in range(2100):
        server.api.call("PUT", VALUE)
        server.api.call("DELETE", VALUE)
    first = next(iter(Events(server, "?type=observation")))
    assert first[0] == "observation"
    with urllib.request.urlopen(urllib.request.Request(server.url + "/api/v1/events", headers={
            "Authorization": f"Bearer {server.api.token}",
            "Last-Event-ID": "0-0"}), timeout=PATIENCE) as stream:
        assert int(re.match(r"id: \w+-(\d+)", stream.readline().decode())[1]) > 1


# ---- Write-Attributes ----

def test_attributes_are_written_and_a_discover_shows_them(server, start_device):
    start_device(server, "sensor", *SENSOR)
    path = "/devices/sensor/attributes/3303/0/5700"
    assert server.api.call("PUT", path, {"pmin": 10, "pmax": 60, "gt": 20.5, "st": "0.1"}) == (204, None)
    assert server.api.call("PUT", path, {"gt": None}) == (204, None)
    links = {link["path"]: link["attributes"] for link in server.api.get("/devices/sensor/discover/3303/0/5700")["links"]}
    assert links["/3303/0/5700"] == {"pmin": 10, "pmax": 60, "st": 0.1}


BAD_ATTRIBUTES = [
    ("3303/0/5700", {"pmin": -1}, "pmin"),
    ("3303/0/5700", {"pmin": 1.5}, "pmin"),
    ("3303/0/5700", {"pmax": 2**32}, "pmax"),
    ("3303/0/5700", {"pmin": "ten"}, "pmin"),
    ("3303/0/5700", {"pmin": ""}, "pmin"),
    ("3303/0/5700", {"pmin": True}, "pmin"),
    ("3303/0/5700", {"gt": [1]}, "gt"),
    ("3303/0/5700", {"gt": "1&pmin=5"}, "gt"),
    ("3303/0/5700", {"gt": "NaN"}, "gt"),
    ("3303/0/5700", {"st": -0.5}, "st"),
    ("3303/0/5700", {"lt": 10, "gt": 5}, "lt"),
    ("3303/0/5700", {"lt": 1, "gt": 5, "st": 2}, "st"),
    ("3303/0", {"gt": 5}, "gt"),
    ("3303", {"st": 1}, "st"),
    ("3303/0", {"lt": None}, "lt"),
    ("3303/0/5700", {"pmin": 1, "con": 1}, "con"),
    ("3303/0/5700", {}, "pmin"),
]


@pytest.mark.parametrize("path, attributes, member", BAD_ATTRIBUTES)
def test_bad_attributes_name_the_member_and_nothing_is_sent(server, start_device, path, attributes, member):
    start_device(server, "sensor", *SENSOR)
    sent = server.api.metric("linnet_datagrams_sent_total")
    status, problem = server.api.call("PUT", "/devices/sensor/attributes/" + path, attributes)
    assert status == 400 and f'"{member}"' in problem["detail"] or (not attributes and member in problem["detail"])
    if attributes:
        status, problem = server.api.call("PUT", "/devices/sensor/observations/" + path, {"attributes": attributes})
        assert status == 400 and f'"{member}"' in problem["detail"]
    assert server.api.get("/devices/sensor/observations")["items"] == []
    assert server.api.metric("linnet_datagrams_sent_total") == sent


@pytest.mark.parametrize("method, path, body, status, type", [
    ("PUT", VALUE, {"formats": "tlv"}, 400, "unknown-member"),
    ("PUT", VALUE, {"format": "xml"}, 400, "bad-format"),
    ("PUT", VALUE, {"format": 11542}, 400, "bad-format"),
    ("PUT", VALUE, {"attributes": [1]}, 400, "bad-json"),
    ("PUT", "/devices/sensor/observations/3303/x", None, 400, "bad-path"),
    ("PUT", "/devices/sensor/observations/1/2/3/4/5", None, 400, "bad-path"),
    ("PUT", VALUE + "?timeout=1", None, 400, "bad-query"),
    ("GET", VALUE, None, 404, "unknown-observation"),
    ("DELETE", VALUE, None, 404, "unknown-observation"),
])
def test_bad_input_is_refused(server, method, path, body, status, type):
    got, problem = server.api.call(method, path, body)
    assert (got, problem["type"]) == (status, type)
    assert server.api.metric("linnet_observations") == 0


def test_there_may_be_a_thousand_of_one_device(server):
    for i in range(1000):
        assert server.api.call("PUT", f"/devices/sensor/observations/3303/{i}")[0] == 201
    status, problem = server.api.call("PUT", "/devices/sensor/observations/3303/1000")
    assert (status, problem["type"]) == (409, "too-many-observations")
    assert server.api.metric("linnet_observations_refused_total") == 1
    assert server.api.get("/devices/sensor/observations")["total"] == 1000
