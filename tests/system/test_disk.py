"""A disk that takes nothing, for a while or from the start: what is said then, and that nothing is lost."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import sys

import pytest
from conftest import BIN, Server, until

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "crash"))
import load  # noqa: E402: it makes and reads the messages of devices

CREATED, DELETED, CHANGED, UNAVAILABLE = 0x41, 0x42, 0x44, 0xA3


class Device:
    """Its messages, byte by byte: what is not answered must be seen, too."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.next_id = random.randrange(60000)
        self.place = None

    def asks(self, *what, patience=10):
        """The answer, or None."""
        self.next_id += 1
        self.last = load.message(what[0], self.next_id, *what[1:])
        return self.asks_again(patience)

    def asks_again(self, patience=10):
        self.socket.settimeout(patience)
        self.socket.send(self.last)
        try:
            answer = self.socket.recv(2000)
        except TimeoutError:
            return None
        assert answer[2:4] == self.last[2:4]
        if answer[1] == CREATED:
            self.place = load.location(answer)
        return answer[1]

    def registers(self, name, **how):
        return self.asks(2, ["rd"], [f"ep={name}", "lt=3600", "lwm2m=1.1", "b=U"], load.LIST, **how)

    def updates(self, *queries):
        return self.asks(2, ["rd", self.place], queries)

    def leaves(self):
        return self.asks(4, ["rd", self.place])


class Disk:
    """Full or not, as a program sees it that started with its environment."""

    def __init__(self, folder):
        self.mark, shim = folder / "disk-is-full", folder / "disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, HERE / "disk/shim.c", "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(shim), "DISK_TROUBLE": str(self.mark),
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def fills(self):
        self.mark.touch()

    def has_room(self):
        self.mark.unlink()


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


@pytest.fixture
def start(tmp_path, disk, monkeypatch):
    started = []

    def start_server(*options):
        with monkeypatch.context() as patch:
            for name, value in disk.environment.items():
                patch.setenv(name, value)
            started.append(Server("--data", tmp_path / "data", *options))
        return started[-1]
    yield start_server
    for server in started:
        server.program.end(signal.SIGKILL)


def readiness(server):
    status, _, body = server.api.raw("GET", "/readyz")
    return status, body


def test_a_full_disk_turns_to_read_only_and_back_and_nothing_is_lost(start, disk):
    server = start()
    before, during, refused = (Device(server.coap_port) for _ in range(3))
    assert before.registers("before") == CREATED
    assert readiness(server)[0] == 200

    disk.fills()
    assert during.registers("during", patience=1) is None  # it would be a promise
    until(lambda: readiness(server) == (503, b'{"status":"read-only"}'), "it is read-only")
    assert refused.registers("refused") == UNAVAILABLE
    assert before.updates("lt=7200") == UNAVAILABLE
    assert before.leaves() == UNAVAILABLE
    assert before.updates() == CHANGED  # the time alone
    status, problem = server.api.call("DELETE", "/devices/before")
    assert status == 503 and problem["type"].endswith("read-only"), problem
    status, problem = server.api.call("POST", "/tokens", {"name": "ci", "role": "viewer"})
    assert status == 503 and problem["type"].endswith("read-only"), problem
    assert server.api.device("before")["lifetime"] == 3600
    server.program.wait_for("database or disk is full")
    assert server.api.metric("linnet_store_read_only") == 1

    disk.has_room()
    until(lambda: readiness(server)[0] == 200, "it is ready again")
    server.program.wait_for("can be written again")
    assert during.asks_again() == CREATED
    assert refused.registers("refused") == CREATED
    assert before.updates("lt=7200") == CHANGED
    server.program.end(signal.SIGKILL)

    devices = {d["endpoint"]: d for d in start().api.get("/devices")["items"]}
    assert {name: d["registration"] for name, d in devices.items()} == {
        "before": before.place, "during": during.place, "refused": refused.place}
    assert devices["before"]["lifetime"] == 7200


def test_a_kill_while_the_disk_is_full_loses_nothing_that_was_acknowledged(start, disk):
    server = start()
    before, during = Device(server.coap_port), Device(server.coap_port)
    assert before.registers("before") == CREATED
    disk.fills()
    assert during.registers("during", patience=1) is None
    until(lambda: readiness(server)[0] == 503, "it is read-only")
    server.program.end(signal.SIGKILL)

    disk.has_room()
    devices = start().api.get("/devices")["items"]
    assert [d["endpoint"] for d in devices] == ["before"]


def test_a_clean_end_while_the_disk_is_full_is_quick_and_loses_nothing(start, disk):
    server = start()
    device = Device(server.coap_port)
    assert device.registers("before") == CREATED
    disk.fills()
    assert Device(server.coap_port).registers("during", patience=1) is None
    until(lambda: readiness(server)[0] == 503, "it is read-only")
    assert server.program.end() == 0
    disk.has_room()
    assert [d["endpoint"] for d in start().api.get("/devices")["items"]] == ["before"]


# ---- A folder that cannot be written ----

def bound_by_permissions(*command):
    """Root's programs are not, unless they give the capability away."""
    return ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", *command] if os.geteuid() == 0 else [*command]


def refused_start(data):
    done = subprocess.run(bound_by_permissions(BIN / "linnetd", "--data", data, "--coap", "off", "--http", "off",
                                              "--bootstrap", "off", "--bootstrap-coaps", "off"),
                          capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stderr.startswith("linnetd: --data: ") and len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def contents(data):
    """But for the lock, which names who tried last."""
    return {file.name: file.read_bytes() for file in data.iterdir() if file.name != "lock"}


@pytest.mark.parametrize("folder, files, what", [(0o500, 0o600, "readonly database"), (0o700, 0o400, "denied"),
                                                 (0o500, 0o400, "denied")])
def test_a_folder_or_files_that_cannot_be_written(start, tmp_path, folder, files, what):
    server = start()
    device = Device(server.coap_port)
    assert device.registers("before") == CREATED
    assert server.program.end() == 0
    data = tmp_path / "data"
    kept = contents(data)

    for file in data.iterdir():
        file.chmod(files)
    data.chmod(folder)
    try:
        said = refused_start(data)
    finally:
        data.chmod(0o700)
        for file in data.iterdir():
            file.chmod(0o600)
    assert str(data) in said and what in said and "write" in said, said
    assert contents(data) == kept
    assert [d["endpoint"] for d in start().api.get("/devices")["items"]] == ["before"]


def test_an_empty_folder_that_cannot_be_written(tmp_path):
    data = tmp_path / "data"
    data.mkdir(0o500)
    said = refused_start(data)
    assert str(data) in said and "denied" in said and "write" in said, said
    assert list(data.iterdir()) == []
