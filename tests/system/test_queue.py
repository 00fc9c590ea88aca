"""Devices that sleep, and what is queued for them."""

import contextlib
import json
import signal
import socket
import time
import urllib.request

import pytest
from conftest import PATIENCE, TOKEN, Api, Program, free_port, until


def state(server, endpoint):
    return server.api.device(endpoint)["state"]


def asleep(server, endpoint):
    return until(lambda: state(server, endpoint) == "sleeping", f"{endpoint} sleeps")


def test_a_device_in_queue_mode_sleeps_after_the_time_that_awake_says(start_server, start_device):
    server = start_server("--awake", "0.3")
    start_device(server, "meter", "--queue-mode", "--awake", "0.3", "--lifetime", "2")
    asleep(server, "meter")
    assert [d["endpoint"] for d in server.api.get("/devices?state=sleeping")["items"]] == ["meter"]
    until(lambda: state(server, "meter") == "online", "its next Update wakes it up")
    assert server.api.metric("linnet_fell_asleep_total") >= 1
    until(lambda: server.api.metric("linnet_woke_up_total") >= 1, "it is counted")


def test_a_device_that_does_not_answer_is_unreachable_until_it_is_heard(start_server, start_device):
    server = start_server("--ack-timeout", "0.05", "--max-retransmit", "1")
    device = start_device(server, "lost", "--lifetime", "300")
    device.end(9)
    status, body = server.api.call("GET", "/devices/lost/data/3/0/0?timeout=1")
    assert (status, body["type"]) == (504, "device-timeout")
    assert state(server, "lost") == "unreachable"
    assert server.api.metric("linnet_became_unreachable_total") == 1
    start_device(server, "lost")
    assert state(server, "lost") == "online"


# ---- Queued ----

def sleeper(server, start_device, name="meter", awake="0.3", lifetime="300", *options):
    """A device in queue mode that sleeps by now."""
    device = start_device(server, name, "--queue-mode", "--awake", awake, "--lifetime", lifetime, *options)
    asleep(server, name)
    return device


def ended(server, operation):
    """The operation once it is over."""
    def over():
        now = server.api.get(f"/operations/{operation['id']}")
        return now if now["state"] not in ("queued", "sent") else None
    return until(over, f"operation {operation['id']} is over")


def queue(server, method, path, body=None):
    status, operation = server.api.call(method, path, body)
    assert status == 202, operation
    return operation


def test_what_is_asked_of_a_sleeping_device_is_queued_and_done_when_it_is_heard(start_server, start_device):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device, lifetime="3")
    status, headers, _ = server.api.raw("GET", "/api/v1/devices/meter/data/3/0/0")
    assert status == 202 and headers["Location"].startswith("/api/v1/operations/")
    operation = queue(server, "PUT", "/devices/meter/data/3/0/15", {"value": "Europe/Paris"})
    assert (operation["endpoint"], operation["method"], operation["path"], operation["state"]) == \
        ("meter", "write", "/3/0/15", "queued")
    assert operation["result"] is None and operation["error"] is None and operation["ended_at"] is None
    read = queue(server, "GET", "/devices/meter/data/3/0/15")
    assert ended(server, operation)["state"] == "done"
    assert ended(server, read)["result"]["records"][0]["value"] == "Europe/Paris"
    items = server.api.get("/devices/meter/operations")["items"]
    assert [item["state"] for item in items] == ["done"] * 3


def test_async_does_not_wait_for_a_device_that_is_awake(server, start_device):
    start_device(server, "d")
    operation = queue(server, "GET", "/devices/d/data/3/0/0?async=true")
    assert ended(server, operation)["result"]["records"][0]["path"] == "/3/0/0"
    links = ended(server, queue(server, "GET", "/devices/d/discover/3?async=true"))
    assert links["result"]["links"]
    failed = ended(server, queue(server, "GET", "/devices/d/data/3/0/999?async=true"))
    assert (failed["state"], failed["error"]["type"], failed["error"]["coap"]) == ("failed", "device-error", "4.04")


def test_queue_false_refuses_at_once(start_server, start_device):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    status, body = server.api.call("GET", "/devices/meter/data/3/0/0?queue=false")
    assert (status, body["type"]) == (409, "device-asleep")
    assert server.api.get("/devices/meter/operations")["items"] == []


# ---- A device of a few bytes, that answers only when it is told to ----

def register(device, server, name):
    device.sendto(bytes([0x40, 2]) + next(message_ids) + b"\xb2rd" + b"\x11\x28" +
                  bytes([0x30 + 3 + len(name)]) + b"ep=" + name.encode() + b"\x09lwm2m=1.1\x03b=U" + b"\xff</1/0>,</3/0>,</5/0>",
                  ("127.0.0.1", int(server.uri.rsplit(":", 1)[1])))
    until(lambda: server.api.device(name), f"{name} is registered")


message_ids = (number.to_bytes(2, "big") for number in range(1000, 2000))


@contextlib.contextmanager
def raw_device(server, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        device.settimeout(PATIENCE)
        register(device, server, name)
        assert device.recv(1500)[1] == 0x41
        yield device


def first_request(device):
    """The code of the next request; answers to our own messages are passed over."""
    while True:
        code = device.recv(1500)[1]
        if 1 <= code <= 4:
            return code


def answer_until(device, over):
    """Answers each request with 2.04 until over() is true."""
    device.settimeout(0.1)
    end = time.monotonic() + PATIENCE
    while not over():
        assert time.monotonic() < end
        with contextlib.suppress(TimeoutError):
            datagram, peer = device.recvfrom(1500)
            if 1 <= datagram[1] <= 4:
                token = datagram[4:4 + (datagram[0] & 15)]
                device.sendto(bytes([0x60 | len(token), 0x44]) + datagram[2:4] + token, peer)


# ---- Over a restart ----

class Restarted:
    """linnetd on a folder, which is killed and started again on the same ports."""

    def __init__(self, folder, *options):
        self.folder, self.options = folder, options
        self.coap, self.http = free_port(), free_port(socket.SOCK_STREAM)
        self.uri = f"coap://127.0.0.1:{self.coap}"
        self.start()

    def start(self):
        self.program = Program("linnetd", "--coap", f"127.0.0.1:{self.coap}", "--http", f"127.0.0.1:{self.http}", "--data",
                               self.folder, *self.options, env={"LINNET_TOKEN": TOKEN})
        self.program.wait_for("linnetd: ready")
        self.api = Api(self.http)

    def kill(self):
        self.program.end(signal.SIGKILL)

    def restart(self):
        self.kill()
        self.start()


@pytest.fixture
def on_disk(tmp_path):
    started = []

    def start(*options):
        started.append(Restarted(tmp_path / "data", *options))
        return started[-1]
    yield start
    for server in started:
        assert server.program.end() == 0, "\n".join(server.program.lines)


def test_what_is_queued_survives_a_kill_and_runs_in_order(on_disk, start_device):
    server = on_disk("--awake", "0.3")
    sleeper(server, start_device, lifetime="5")
    zones = [queue(server, "PUT", "/devices/meter/data/3/0/15", {"value": f"Etc/GMT+{n}"})["id"] for n in range(1, 6)]
    read = queue(server, "GET", "/devices/meter/data/3/0/15")
    server.restart()
    listed = server.api.get("/devices/meter/operations")
    assert [item["id"] for item in listed["items"]] == [*zones, read["id"]] and listed["total"] == 6
    assert ended(server, read)["result"]["records"][0]["value"] == "Etc/GMT+5"
    ends = [server.api.get(f"/operations/{id}")["ended_at"] for id in zones]
    assert ends == sorted(ends)
    server.restart()
    assert server.api.get(f"/operations/{read['id']}")["result"]["records"][0]["value"] == "Etc/GMT+5"
    assert server.api.metric("linnet_operations_over") == 6


def test_an_execute_whose_answer_is_lost_is_unknown_and_not_sent_again(on_disk):
    server = on_disk("--ack-timeout", "0.1", "--max-retransmit", "1")
    with raw_device(server, "raw") as device:
        asked = queue(server, "POST", "/devices/raw/data/3/0/4?async=true")
        device.settimeout(PATIENCE)
        assert device.recv(1500)[1] == 2
        server.restart()
        over = server.api.get(f"/operations/{asked['id']}")
        assert (over["state"], over["error"]["type"]) == ("unknown", "outcome-unknown")
        # Whatever it says now, it is not sent again; a Read that is asked for is.
        register(device, server, "raw")
        read = queue(server, "GET", "/devices/raw/data/3/0/0?async=true")
        code = first_request(device)
        assert code == 1, "a Read, and no second Execute"
        assert server.api.call("DELETE", f"/operations/{read['id']}")[0] == 204


def test_without_a_restart_too_a_lost_answer_leaves_it_unknown(start_server):
    server = start_server("--ack-timeout", "0.05", "--max-retransmit", "1")
    with raw_device(server, "raw"):
        status, body = server.api.call("POST", "/devices/raw/data/3/0/4?timeout=10")
        assert (status, body["type"]) == (504, "outcome-unknown")
        assert server.api.metric("linnet_operations_unknown_total") == 1


def test_retry_repeats_what_could_run_twice(start_server):
    server = start_server("--ack-timeout", "0.05", "--max-retransmit", "0")
    with raw_device(server, "raw") as device:
        asked = queue(server, "POST", "/devices/raw/data/3/0/4?async=true&retry=true")
        assert first_request(device) == 2
        until(lambda: server.api.device("raw")["state"] == "unreachable", "nothing was answered")
        assert server.api.get(f"/operations/{asked['id']}")["state"] == "queued"
        register(device, server, "raw")
        assert first_request(device) == 2


def test_who_stops_waiting_gets_an_id_and_the_operation_goes_on(on_disk):
    server = on_disk("--ack-timeout", "0.1", "--max-retransmit", "0")
    with raw_device(server, "raw") as device:
        status, body = server.api.call("PUT", "/devices/raw/data/3/0/15?timeout=0.5", {"value": "UTC"})
        assert (status, body["type"]) == (504, "device-timeout")
        server.restart()
        operation = server.api.get(f"/operations/{body['operation']}")
        assert operation["state"] in ("queued", "sent") and operation["method"] == "write"
        register(device, server, "raw")
        answer_until(device, lambda: server.api.get(f"/operations/{operation['id']}")["state"] == "done")


# ---- Cancelled, expired, joined ----

def test_an_operation_can_be_cancelled_once(on_disk, start_device):
    server = on_disk("--awake", "0.3")
    sleeper(server, start_device)
    operation = queue(server, "POST", "/devices/meter/data/3/0/4")
    assert server.api.call("DELETE", f"/operations/{operation['id']}")[0] == 204
    server.restart()
    over = server.api.get(f"/operations/{operation['id']}")
    assert (over["state"], over["error"]["type"]) == ("cancelled", "cancelled")
    status, body = server.api.call("DELETE", f"/operations/{operation['id']}")
    assert (status, body["type"]) == (409, "operation-over")
    for id in ("abc", "0", "x", "ffffffffffffffffff", "%20"):
        for method in ("GET", "DELETE"):
            status, body = server.api.call(method, f"/operations/{id}")
            assert (status, body["type"]) == (404, "unknown-operation"), id


def test_an_operation_expires_also_while_the_server_is_down(on_disk, start_device):
    server = on_disk("--awake", "0.3")
    sleeper(server, start_device)
    soon = queue(server, "PUT", "/devices/meter/data/3/0/15?expires=1", {"value": "UTC"})
    kept = queue(server, "PUT", "/devices/meter/data/3/0/14", {"value": "+01:00"})
    server.restart()
    over = ended(server, soon)
    assert (over["state"], over["error"]["type"]) == ("expired", "expired")
    assert server.api.get(f"/operations/{kept['id']}")["state"] == "queued"
    assert server.api.metric("linnet_operations_expired_total") == 1


def test_an_equal_read_joins_unless_a_write_stands_between(start_server, start_device):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    path = "/devices/meter/data/3/0/15"
    first = queue(server, "GET", path)
    assert queue(server, "GET", path)["id"] == first["id"]
    assert queue(server, "GET", "/devices/meter/data/3/0/14")["id"] != first["id"]
    assert queue(server, "GET", path + "?format=text")["id"] != first["id"]
    queue(server, "PUT", path, {"value": "UTC"})
    assert queue(server, "GET", path)["id"] != first["id"]
    assert server.api.metric("linnet_operations_joined_total") == 1


def test_an_endpoint_that_is_not_registered_has_a_queue_if_one_asks_for_it(server, start_device):
    status, body = server.api.call("GET", "/devices/later/data/3/0/0")
    assert (status, body["type"]) == (404, "unknown-endpoint")
    write = queue(server, "PUT", "/devices/later/data/3/0/15?async=true", {"value": "UTC"})
    read = queue(server, "GET", "/devices/later/data/3/0/15?async=true")
    assert server.api.get("/devices/later/operations")["total"] == 2
    start_device(server, "later")
    assert ended(server, write)["state"] == "done"
    assert ended(server, read)["result"]["records"][0]["value"] == "UTC"


def test_the_list_has_pages_and_states(server):
    ids = [queue(server, "POST", "/devices/nobody/data/3/0/4?async=true")["id"] for _ in range(5)]
    first = server.api.get("/devices/nobody/operations?limit=2")
    assert [item["id"] for item in first["items"]] == ids[:2] and first["total"] == 5
    second = server.api.get(f"/devices/nobody/operations?limit=3&cursor={first['next']}")
    assert [item["id"] for item in second["items"]] == ids[2:] and second["next"] is None
    server.api.call("DELETE", f"/operations/{ids[3]}")
    one = server.api.get("/devices/nobody/operations?state=cancelled")
    assert [item["id"] for item in one["items"]] == [ids[3]] and one["total"] is None
    assert len(server.api.get("/devices/nobody/operations?state=queued")["items"]) == 4


@pytest.mark.parametrize("query", [
    "async=1", "async=", "async=yes", "queue=no", "queue=0", "retry=TRUE", "retry=2", "expires=0", "expires=-1",
    "expires=1.5", "expires=31622401", "expires=soon", "expires=", "async=true&queue=false", "asink=true",
])
def test_a_wrong_parameter_is_refused_and_nothing_is_queued(server, start_device, query):
    start_device(server, "d")
    for method, path in (("GET", "data/3/0/0"), ("DELETE", "data/3/0"), ("GET", "discover/3"), ("POST", "data/3/0/4")):
        status, body = server.api.call(method, f"/devices/d/{path}?{query}")
        assert (status, body["type"]) == (400, "bad-query"), (method, path)
    assert server.api.get("/devices/d/operations")["total"] == 0
    assert server.api.metric("linnet_operations_started_total") == 0


@pytest.mark.parametrize("query", ["state=over", "state=", "limit=0", "limit=1001", "cursor=x", "cursor=", "status=done"])
def test_a_wrong_query_of_the_list_is_refused(server, query):
    status, body = server.api.call("GET", f"/devices/d/operations?{query}")
    assert (status, body["type"]) == (400, "bad-query")


def test_a_device_has_a_thousand_places(server):
    for _ in range(1000):
        assert server.api.call("POST", "/devices/full/data/3/0/4?async=true")[0] == 202
    status, body = server.api.call("POST", "/devices/full/data/3/0/4?async=true")
    assert (status, body["type"]) == (503, "queue-full")
    assert server.api.metric("linnet_operations_refused_total") == 1
    assert server.api.metric("linnet_operations_waiting") == 1000


def test_bytes_as_they_are_do_not_wait_on_a_read_and_do_on_a_write(start_server, start_device):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    octets = {"Accept": "application/octet-stream"}
    status, _, body = server.api.raw("GET", "/api/v1/devices/meter/data/3/0/0", headers=octets)
    assert (status, json.loads(body)["type"]) == (409, "device-asleep")
    status, _, body = server.api.raw("GET", "/api/v1/devices/meter/data/3/0/0?async=true", headers=octets)
    assert (status, json.loads(body)["type"]) == (400, "bad-query")
    headers = {"Content-Type": "application/octet-stream"}
    for size in (10, 100_000):
        status, _, body = server.api.raw("PUT", "/api/v1/devices/meter/data/5/0/0", data=bytes(size), headers=headers)
        assert (status, json.loads(body)["state"]) == (202, "queued")


def test_events_tell_each_state_of_an_operation(server, start_device):
    events = server.api.base + "/api/v1/events?type=operation"
    request = urllib.request.Request(events, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
        start_device(server, "d")
        write = queue(server, "PUT", "/devices/d/data/3/0/15?async=true", {"value": "UTC"})
        run = queue(server, "POST", "/devices/d/data/3/0/12?async=true")
        seen = []
        while len(seen) < 5:
            line = stream.readline().decode()
            if line.startswith("data: "):
                operation = json.loads(line[6:])["operation"]
                seen.append((operation["id"], operation["state"]))
    assert [state for id, state in seen if id == write["id"]] == ["queued", "done"]
    assert [state for id, state in seen if id == run["id"]] == ["queued", "sent", "done"]


# ---- linnet ----

def test_linnet_says_that_it_is_queued_and_lists_shows_and_cancels(start_server, start_device):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    status, out, err = server.linnet("write", "meter", "device/0/timezone", "Europe/Paris")
    assert (status, out) == (3, "") and err.startswith("queued as ") and err.count("\n") == 1
    id = err.split()[2]
    assert id in server.linnet("queue", "meter")[1]
    status, out, _ = server.linnet("queue", "show", id)
    assert status == 0 and "write" in out and "/3/0/15" in out
    assert server.linnet("queue", "cancel", id)[0] == 0
    assert id not in server.linnet("queue", "meter")[1]
    assert "cancelled" in server.linnet("queue", "meter", "--all")[1]
    status, _, err = server.linnet("queue", "cancel", id)
    assert status == 1 and "is over" in err


@pytest.mark.parametrize("words", [
    ("read", "meter", "/3/0/0"), ("exec", "meter", "/3/0/4"), ("create", "meter", "/16"), ("delete", "meter", "/16/0"),
    ("discover", "meter", "/3"), ("write", "meter", "/3/0/15", "UTC"), ("write", "meter", "/3/0", "15=UTC", "--partial"),
])
def test_each_command_queues(start_server, start_device, words):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    assert server.linnet(*words)[0] == 3
    status, out, _ = server.linnet(*words, "--async", "--expires", "60", "--retry", "--json")
    assert (status, json.loads(out)["state"]) == (0, "queued")
    status, _, err = server.linnet(*words, "--no-queue")
    assert status == 1 and "cannot be reached" in err


def test_a_file_is_queued_too(start_server, start_device, tmp_path):
    server = start_server("--awake", "0.3")
    sleeper(server, start_device)
    (tmp_path / "image").write_bytes(bytes(1000))
    status, _, err = server.linnet("write", "meter", "/5/0/0", "--file", tmp_path / "image")
    assert status == 3 and "queued as" in err
