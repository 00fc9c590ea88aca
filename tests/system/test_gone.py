"""Devices that left or went silent: kept so long, listed when asked, and back when they register."""

import re
import signal
import sqlite3
import struct
import socket

import pytest

from conftest import BIN, Server, until


@pytest.fixture
def start(tmp_path):
    started = []

    def start_one(*options):
        started.append(Server("--data", tmp_path / "data", *options))
        return started[-1]
    yield start_one
    for server in started:
        server.program.end()


@pytest.fixture
def server(start):
    return start()


def gone(server, query=""):
    return server.api.get("/devices?state=gone" + query)


def leave(server, start_device, endpoint, *options):
    start_device(server, endpoint, *options).end()
    return until(lambda: (d := server.api.device(endpoint)) and d["state"] == "gone" and d, f"{endpoint} left")


def test_a_device_that_left_is_shown_as_gone_and_not_in_the_list(server, start_device):
    start_device(server, "stays")
    device = start_device(server, "leaves", "--lifetime", 1234)
    before = server.api.device("leaves")
    device.end()
    after = until(lambda: (d := server.api.device("leaves")) and d["state"] == "gone" and d, "it left")
    for member in ("registration", "version", "lifetime", "binding", "address", "registered_at", "objects"):
        assert after[member] == before[member], member
    assert after["last_seen"] >= before["last_seen"] and after["expires_at"] is None
    assert after["left"] == {"at": after["left"]["at"], "expired": False}
    assert after["left"]["at"] >= after["last_seen"][:19]
    page = server.api.get("/devices")
    assert ([d["endpoint"] for d in page["items"]], page["total"]) == (["stays"], 1)
    page = gone(server)
    assert (page["items"], page["next"], page["total"]) == ([after], None, None)


def register(server, endpoint, lifetime):
    """A device that registers and is never heard again."""
    def option(delta, value):
        return bytes([delta << 4 | (len(value) if len(value) < 13 else 13)]) + (
            bytes([len(value) - 13]) if len(value) >= 13 else b"") + value.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.connect(("127.0.0.1", server.coap_port))
        s.send(b"\x40\x02\x00\x01" + option(11, "rd") + b"\x11\x28" + option(3, "ep=" + endpoint)
               + option(0, f"lt={lifetime}") + option(0, "lwm2m=1.0") + b"\xff</3/0>")
        assert s.recv(1500)[1] == 0x41


def test_a_device_that_went_silent_is_told_from_one_that_said_so(server, start_device):
    register(server, "silent", 1)
    silent = until(lambda: (d := server.api.device("silent")) and d["state"] == "gone" and d, "it expired")
    assert silent["left"]["expired"] is True
    assert leave(server, start_device, "polite")["left"]["expired"] is False


def test_who_registers_again_is_not_gone(server, start_device):
    leave(server, start_device, "device")
    start_device(server, "device")
    until(lambda: gone(server)["items"] == [], "it is back")
    assert server.api.device("device")["state"] == "online"


def test_delete_forgets_a_registration_and_then_the_record(server, start_device):
    start_device(server, "device").end(signal.SIGKILL)
    assert server.api.call("DELETE", "/devices/device") == (204, None)
    assert server.api.device("device")["state"] == "gone"
    assert server.api.call("DELETE", "/devices/device") == (204, None)
    status, problem = server.api.call("GET", "/devices/device")
    assert (status, problem["type"]) == (404, "unknown-endpoint")
    assert server.api.call("DELETE", "/devices/device")[0] == 404
    assert gone(server)["items"] == []


def test_gone_devices_survive_a_kill_and_are_forgotten_after_their_days(start, start_device, tmp_path):
    first = start()
    leave(first, start_device, "device")
    first.program.end(signal.SIGKILL)
    second = start()
    assert [d["endpoint"] for d in gone(second)["items"]] == ["device"]
    second.program.end()
    with sqlite3.connect(tmp_path / "data/linnet.db") as db:
        db.execute("UPDATE gone SET left_at = left_at - ?", (30 * 86400 * 1000,))
    db.close()
    third = start()
    until(lambda: gone(third)["items"] == [], "it is forgotten")


def test_in_memory_nobody_is_gone(start_server, start_device):
    server = start_server("--data", ":memory:")
    start_device(server, "device").end()
    until(lambda: server.api.device("device") is None, "it left")
    page = gone(server)
    assert (page["items"], page["next"]) == ([], None)
    assert server.api.call("DELETE", "/devices/device")[0] == 404


# ---- Many of them ----

MANY = 200_000


def link(obj, instance):
    return struct.pack(">HHBB", obj, instance, 0, 0)


@pytest.fixture
def many(start, tmp_path):
    """A server with many rows of devices that left."""
    start().program.end()
    address = bytes(10) + b"\xff\xff" + bytes([127, 0, 0, 1]) + struct.pack(">H", 5683)
    with sqlite3.connect(tmp_path / "data/linnet.db") as db:
        now, = db.execute("SELECT value FROM meta WHERE key = 'started_at'").fetchone()
        db.executemany(
            "INSERT INTO gone (endpoint, left_at, expired, number, location, remote, local, version, lifetime, binding,"
            " registered_at, updated_at, seen_at, links) VALUES (?, ?, 1, ?, ?, ?, ?, 0, 300, 1, ?, ?, ?, ?)",
            ((f"meter-{i:06}".encode(), now, i + 1, b"l", address, address, now, now, now,
              link(3, 0) + (link(3303, 0) if i % 1000 == 0 else b"")) for i in range(MANY)))
    db.close()
    return start()


def memory(server):
    text = open(f"/proc/{server.program.process.pid}/status").read()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


def test_many_gone_devices_need_no_memory_and_come_in_pages(many):
    before = memory(many)
    seen, cursor = [], ""
    while len(seen) < 20_000:
        page = gone(many, "&limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        seen += [d["endpoint"] for d in page["items"]]
        cursor = page["next"]
    assert seen == [f"meter-{i:06}" for i in range(20_000)]
    # KiB; a copy of all would take more than twice that. A sanitizer keeps what was freed for a while.
    is_watched = any(mark in (BIN / "linnetd").read_bytes() for mark in (b"__asan_init", b"__tsan_init"))
    assert memory(many) - before < (30_000, 300_000)[is_watched]
    assert [d["endpoint"] for d in gone(many, "&q=meter-19999&limit=20")["items"]] == \
        [f"meter-{i:06}" for i in range(199_990, 200_000)]
    page = gone(many, "&object=3303&limit=150")
    assert len(page["items"]) == 150 and page["next"]
    page = gone(many, "&object=3303&limit=150&cursor=" + page["next"])
    assert len(page["items"]) == 50 and page["next"] is None
    assert gone(many, "&q=nobody")["items"] == []


# ---- The command line ----

def test_the_command_line_lists_and_shows_gone_devices(server, start_device):
    start_device(server, "stays")
    leave(server, start_device, "left")
    status, out, _ = server.linnet("devices", "--gone")
    assert status == 0 and re.search(r"^left +gone .* left \d+ s ago ", out, re.M) and "stays" not in out
    status, out, _ = server.linnet("devices")
    assert status == 0 and "stays" in out and "left" not in out
    status, out, _ = server.linnet("show", "left")
    assert status == 0 and "left.expired" in out and "gone" in out


@pytest.mark.parametrize("query, word", [("state=away", "gone"), ("gone=1", "gone"), ("state=gone&cursor=*", "cursor")])
def test_wrong_queries_are_said(server, query, word):
    status, problem = server.api.call("GET", "/devices?" + query)
    assert (status, problem["type"]) == (400, "bad-query") and word in problem["detail"]


def test_a_gone_device_cannot_be_read(server, start_device):
    leave(server, start_device, "device")
    status, problem = server.api.call("GET", "/devices/device/data/3")
    assert (status, problem["type"]) == (404, "unknown-endpoint")
