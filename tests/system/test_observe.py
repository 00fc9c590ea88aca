"""Declared observations: set up on each registration, over restarts of both sides; what they bring."""

import datetime
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

import pytest

from conftest import BIN, PATIENCE, TOKEN, until

VALUE = "/devices/sensor/observations/3303/0/5700"
SENSOR = ("--sensor", "temperature=sine")


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
    device = start_device(server, "sensor", *SENSOR)
    before = is_active(server)["notifications"]
    device.end(signal.SIGKILL)
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
    assert links["/3303/0/5700"] == {"pmax": 5}, "pmin is not declared any more"
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


# ---- Last values and samples ----

HISTORY = "/devices/sensor/history/3303/0/5700"


def sampled(server, least, query=""):
    return until(lambda: (items := server.api.get(HISTORY + query)["items"]) and len(items) >= least and items,
                 f"{least} samples")


def test_the_last_value_of_each_resource_is_known_with_its_time_and_how_it_came(server, start_device):
    start_device(server, "sensor", *SENSOR)
    assert server.api.get("/devices/sensor/values") == {"items": [], "next": None, "total": None}
    server.api.get("/devices/sensor/data/3/0")
    declare(server, attributes={"pmin": 1, "pmax": 1})
    sampled(server, 2)
    values = {v["path"]: v for v in server.api.get("/devices/sensor/values")["items"]}
    assert values["/3/0/0"]["source"] == "read" and values["/3/0/0"]["name"] == "Manufacturer"
    assert values["/3303/0/5700"]["source"] == "notification" and values["/3303/0/5700"]["type"] == "float"
    assert list(values) == sorted(values, key=lambda path: [int(i) for i in path.split("/")[1:]])
    only = server.api.get("/devices/sensor/values?path=/3303")["items"]
    assert [v["path"] for v in only] == ["/3303/0/5700"]
    assert server.api.get("/devices/sensor/values?path=temperature/0/sensor-value")["items"] == only
    assert server.api.get("/devices/sensor/values?path=/330")["items"] == []
    assert server.api.metric("linnet_history_values_total") >= len(values)
    assert server.api.metric("linnet_history_samples_total") >= 2


def test_values_come_in_pages(server, start_device):
    start_device(server, "sensor", *SENSOR)
    server.api.get("/devices/sensor/data/3/0")
    every = server.api.get("/devices/sensor/values")["items"]
    seen, cursor = [], ""
    while cursor is not None:
        page = server.api.get("/devices/sensor/values?limit=3" + (f"&cursor={cursor}" if cursor else ""))
        assert 1 <= len(page["items"]) <= 3
        seen += page["items"]
        cursor = page["next"]
    assert seen == every and len(every) > 6


def test_samples_are_told_by_time_and_in_pages(server, start_device):
    declare(server, attributes={"pmin": 1, "pmax": 1})
    start_device(server, "sensor", *SENSOR)
    items = sampled(server, 4)
    times = [item["time"] for item in items]
    assert times == sorted(times) and len(set(times)) == len(times)
    assert [i["time"] for i in server.api.get(HISTORY + f"?since={times[1]}&until={times[2]}")["items"]] == times[1:3]
    newest = server.api.get(HISTORY + f"?limit=2&until={times[3]}")
    assert [i["time"] for i in newest["items"]] == times[2:4]
    older = server.api.get(HISTORY + f"?limit=2&until={times[3]}&cursor={newest['next']}")
    assert [i["time"] for i in older["items"]] == times[:2] and older["next"] is None
    assert server.api.get("/devices/sensor/history/3303")["items"][:4] == items[:4]
    assert server.api.get("/devices/sensor/history/3303/1")["items"] == []
    assert server.api.get("/devices/other/history/3303/0/5700")["items"] == []


def test_so_many_samples_are_kept_and_no_more(start_server, start_device):
    server = start_server("--history-samples", 2)
    declare(server, attributes={"pmin": 1, "pmax": 1})
    start_device(server, "sensor", *SENSOR)
    first = sampled(server, 2)
    heard(server, 4)
    items = until(lambda: (i := server.api.get(HISTORY)["items"])[0]["time"] > first[1]["time"] and i, "newer ones")
    assert len(items) == 2


def test_without_samples_the_last_value_is_kept_alone(start_server, start_device):
    server = start_server("--history-samples", 0)
    declare(server)
    start_device(server, "sensor", *SENSOR)
    until(lambda: server.api.get("/devices/sensor/values?path=/3303")["items"], "the value")
    assert server.api.get(HISTORY)["items"] == []


def test_values_and_samples_are_there_after_a_restart_and_what_is_old_is_not(start_killable, start_device, data):
    first = start_killable("--data", data)
    declare(first, attributes={"pmin": 1, "pmax": 1})
    device = start_device(first, "sensor", *SENSOR)
    before = sampled(first, 2)
    device.end()
    assert first.program.end() == 0
    with sqlite3.connect(data / "history.db") as db:
        (start,) = db.execute("SELECT min(at) FROM samples").fetchone()
        db.execute("UPDATE samples SET at = at - 86400000 * 3 WHERE at = ?", (start,))
    second = start_killable("--data", data, "--history-days", 2)
    items = until(lambda: (i := second.api.get(HISTORY)["items"]) and i[0]["time"] == before[1]["time"] and i, "aged")
    assert items[:len(before) - 1] == before[1:]
    assert second.api.get("/devices/sensor/values?path=/3303")["items"][0]["source"] == "notification"


def test_what_the_device_had_to_keep_has_the_time_when_it_was(start_killable, start_device, data):
    first = start_killable("--data", data)
    status, answer = first.api.call("PUT", VALUE, {"format": "senml-cbor", "attributes": {"pmin": 1, "pmax": 1}})
    assert status == 201, answer
    device = start_device(first, "sensor", *SENSOR, "--lifetime", 16, "--ack-timeout", 1, "--max-retransmit", 1)
    sampled(first, 2)
    first.program.end(signal.SIGKILL)
    device.wait_for("does not answer")
    lost = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(3)  # for so long it has nobody to tell
    back = datetime.datetime.now(datetime.timezone.utc)
    second = start_killable("--data", data, "--coap", f"127.0.0.1:{first.coap_port}")

    def kept():
        times = [datetime.datetime.fromisoformat(i["time"].replace("Z", "+00:00")) for i in second.api.get(HISTORY)["items"]]
        return [t for t in times if lost - datetime.timedelta(seconds=1) <= t < back]
    assert len(until(kept, "what was kept")) >= 2


def test_a_history_that_is_damaged_or_anothers_is_said(start_killable, run, data):
    assert start_killable("--data", data).program.end() == 0
    (data / "history.db").write_bytes(b"x" * 4096)
    status, _, err = run("linnetd", "--data", data, "--coap", "off", "--http", "off")
    assert status == 1 and "history.db" in err and len(err.splitlines()) == 1, err


@pytest.fixture
def raw(server):
    """A device that is a socket and observed at /3303/0/5700: the socket, the observation's token, and the request."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", server.coap_port))
    declare(server, "/devices/raw/observations/3303/0/5700")
    # POST /rd?ep=raw&lt=300&lwm2m=1.0, in link-format (40).
    sock.send(b"\x44\x02\x00\x01abcd\xb2rd\x11\x28\x36ep=raw\x06lt=300\x09lwm2m=1.0\xff</3303/0>")
    request = next(m for m in iter(lambda: sock.recv(1500), None) if m[1] == 1)
    yield sock, request[4:4 + (request[0] & 15)], request
    sock.close()


def test_what_cannot_be_decoded_is_counted_and_told(server, raw):
    sock, token, request = raw
    # 2.05 with Observe 1, in TLV (11542): a length that reaches beyond the end.
    sock.send(bytes([0x60 | len(token), 0x45]) + request[2:4] + token + b"\x61\x01\x62\x2d\x16\xff\xe8\x16\x44\x00")
    kind, event = next((k, e) for k, e in Events(server, "?endpoint=raw") if k == "notification")
    assert event["records"] is None and event["error"] == "device-bad-payload"
    until(lambda: server.api.metric("linnet_history_undecodable_total") == 1, "it is counted")
    assert server.api.get("/devices/raw/values")["items"] == []


def test_forged_late_repeated_and_broken_notifications_change_nothing_and_are_counted(server, raw):
    sock, token, request = raw

    def confirmable(number, sequence, token=token, option=b"", payload=b"21"):
        """2.05 with Observe, and a text; `option` stands between."""
        return (bytes([0x40 | len(token), 0x45, 0, number]) + token + bytes([0x61, sequence]) + (option or b"\x60")
                + b"\xff" + payload)

    def answered(datagram, by=sock):
        by.send(datagram)
        return by.recv(100)[0] >> 4 & 3

    sock.send(bytes([0x60 | len(token), 0x45]) + request[2:4] + token + b"\x61\x01\x60\xff20")
    until(lambda: server.api.metric("linnet_notifications_total") == 1, "the first value")
    assert answered(confirmable(1, 9)) == 2  # an ACK
    counters = {name: server.api.metric(f"linnet_{name}_total")
                for name in ("notifications", "notifications_late", "repeats", "unexpected", "bad_options", "wrong_peer")}
    assert counters["notifications"] == 2

    def then_only(name):
        counters[name] += 1
        assert {n: server.api.metric(f"linnet_{n}_total") for n in counters} == counters

    assert answered(confirmable(2, 8, payload=b"99")) == 2
    then_only("notifications_late")
    assert answered(confirmable(1, 9)) == 2
    then_only("repeats")
    assert answered(confirmable(3, 10, token=bytes(len(token)), payload=b"99")) == 3  # a Reset
    then_only("unexpected")
    assert answered(confirmable(4, 11, option=b"\x31\x01", payload=b"99")) == 3  # a critical option, 9
    then_only("bad_options")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.connect(("127.0.0.1", server.coap_port))
        other.send(confirmable(5, 12, payload=b"99"))
        until(lambda: server.api.metric("linnet_wrong_peer_total") == 1, "it is counted")
        then_only("wrong_peer")
    assert [i["value"] for i in server.api.get("/devices/raw/history/3303/0/5700")["items"]] == [20, 21]


@pytest.mark.parametrize("path", [
    "/devices/sensor/values?path=x", "/devices/sensor/values?path=/1/2/3/4/5", "/devices/sensor/values?limit=0",
    "/devices/sensor/values?limit=1001", "/devices/sensor/values?cursor=x", "/devices/sensor/values?since=1",
    HISTORY + "?since=yesterday", HISTORY + "?until=1", HISTORY + "?limit=10001", HISTORY + "?cursor=1",
    HISTORY + "?cursor=1-2-x", HISTORY + "?cursor=1-2-3-4"])
def test_a_bad_query_is_refused(server, path):
    status, problem = server.api.call("GET", path)
    assert (status, problem["type"]) == (400, "bad-query")


# ---- The command line ----

def test_the_command_line_observes_lists_and_stops(server, start_device):
    start_device(server, "sensor", *SENSOR)
    assert server.linnet("observe", "sensor", "temperature/0/5700", "--attributes", "pmin=1", "pmax=2")[:2] == (0, "pending\n")
    is_active(server)
    status, out, _ = server.linnet("observations", "sensor")
    assert status == 0 and re.search(r"^/3303/0/5700  active .* pmin=1 pmax=2$", out, re.M), out
    assert server.linnet("attributes", "sensor", "3303/0/5700", "gt=5.5", "pmin=")[0] == 0
    assert server.linnet("discover", "sensor", "3303/0/5700")[1] == "/3303/0/5700  pmax=2 gt=5.5\n"
    assert json.loads(server.linnet("observe", "sensor", "3303/0/5700", "--json")[1])["path"] == "/3303/0/5700"
    assert json.loads(server.linnet("observations", "sensor", "--json")[1])[0]["path"] == "/3303/0/5700"
    assert server.linnet("observe", "sensor", "3303/0/5700", "--stop") == (0, "", "")
    status, _, err = server.linnet("observe", "sensor", "3303/0/5700", "--stop")
    assert status == 1 and "nothing is declared" in err


def test_the_command_line_follows_from_the_first_notification_on(server, start_device):
    start_device(server, "sensor", *SENSOR)
    env = {**os.environ, "LINNET_URL": server.url, "LINNET_TOKEN": TOKEN}
    follow = subprocess.Popen([BIN / "linnet", "observe", "sensor", "temperature/0/5700", "--follow", "pmin=1", "pmax=1"],
                              stdout=subprocess.PIPE, text=True, env=env)
    try:
        lines = [follow.stdout.readline() for _ in range(3)]
    finally:
        follow.kill()
        follow.wait(PATIENCE)
    assert all(re.fullmatch(r"\S+Z  /3303/0/5700  -?[\d.]+\n", line) for line in lines), lines
    assert lines[0].split()[0] == sampled(server, 1)[0]["time"]


def test_the_command_line_shows_values_and_draws_samples(server, start_device):
    declare(server, attributes={"pmin": 1, "pmax": 1})
    start_device(server, "sensor", *SENSOR)
    items = sampled(server, 3)
    server.api.get("/devices/sensor/data/3/0/0")
    status, out, _ = server.linnet("values", "sensor", "3303")
    assert status == 0 and re.fullmatch(r"/3303/0/5700  Sensor Value  \S+ +\d+ s ago  notification\n", out), out
    assert len(json.loads(server.linnet("values", "sensor", "--json")[1])) >= 2
    status, out, _ = server.linnet("history", "sensor", "3303/0/5700", "--since", items[1]["time"], "--limit", 10)
    assert status == 0 and out.splitlines()[0].endswith(items[1]["time"])
    status, out, _ = server.linnet("history", "sensor", "3303/0/5700", "--plot")
    lines = out.splitlines()
    assert status == 0 and len(lines) == 18 and "samples" in lines[0], out
    drawn = "".join(lines[1:16])
    assert sum("┤" in line for line in lines) == 3 and any(0x2800 < ord(c) < 0x2900 for c in drawn)
    assert all(len(line) <= 80 for line in lines) and items[0]["time"][:10] in lines[17]
    status, _, err = server.linnet("history", "sensor", "3/0/0", "--plot")
    assert status == 1 and "no samples" in err


def test_only_numbers_are_plotted_and_bad_words_are_said(server, start_device):
    declare(server, "/devices/sensor/observations/3/0/0")
    start_device(server, "sensor", *SENSOR)
    until(lambda: server.api.get("/devices/sensor/history/3/0/0")["items"], "a sample")
    status, _, err = server.linnet("history", "sensor", "3/0/0", "--plot")
    assert status == 1 and "only numbers" in err
    status, _, err = server.linnet("attributes", "sensor", "3303/0/5700", "pmin=x")
    assert status == 1 and '"pmin"' in err
    assert server.linnet("attributes", "sensor", "3303/0/5700", "=5")[0] == 2
    assert server.linnet("observe", "sensor", "3303/0/5700", "--stop", "--follow")[0] == 2
    status, _, err = server.linnet("observe", "sensor", "1/2/3/4/5", "--follow")
    assert status == 1 and "path" in err
