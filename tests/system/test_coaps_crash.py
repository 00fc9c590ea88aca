"""linnetd is killed while a device with a DTLS session has operations that wait and observations."""

import signal
import socket

import pytest

from conftest import TOKEN, Api, Program, free_port, until

KEY, OTHER_KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
OBSERVED = "/devices/meter-1/observations/3303/0/5700"
SLEEPS = ["--queue-mode", "--awake", "0.5", "--lifetime", "4", "--ack-timeout", "0.3", "--max-retransmit", "1"]


class Daemon:
    """linnetd on a folder, killed and started again on the same ports. No listener without DTLS."""

    def __init__(self, folder):
        self.folder, self.coaps, self.http = folder, free_port(), free_port(socket.SOCK_STREAM)
        self.uri = f"coaps://127.0.0.1:{self.coaps}"
        self.start()

    def start(self):
        self.program = Program("linnetd", "--coap", "off", "--coaps", f"127.0.0.1:{self.coaps}", "--http",
                               f"127.0.0.1:{self.http}", "--data", self.folder, "--awake", "0.5", "--shards", "2",
                               env={"LINNET_TOKEN": TOKEN})
        self.program.wait_for("linnetd: ready")
        self.api = Api(self.http)

    def restart(self):
        self.program.end(signal.SIGKILL)
        self.start()

    def credential(self, endpoint, key):
        status, body = self.api.call("PUT", f"/credentials/{endpoint}", {"mode": "psk", "key": key})
        assert status == 201, body

    def queue(self, method, path, body=None):
        status, operation = self.api.call(method, path, body)
        assert status == 202, operation
        return operation["id"]

    def done(self, operation):
        return until(lambda: (o := self.api.get(f"/operations/{operation}"))["state"] == "done" and o, operation)


@pytest.fixture
def daemon(tmp_path):
    it = Daemon(tmp_path / "data")
    it.credential("meter-1", KEY)
    yield it
    assert it.program.end() == 0, "\n".join(it.program.lines)


@pytest.fixture
def device(daemon):
    started = []

    def start(endpoint, key, *options):
        started.append(Program("linnet-device", "--endpoint", endpoint, "--server", daemon.uri, "--psk", key,
                               "--sensor", "temperature=sine", *SLEEPS, *options))
        started[-1].wait_for("registered as")
        return started[-1]
    yield start
    for program in started:
        program.end()


def sleeps(daemon, endpoint):
    until(lambda: daemon.api.device(endpoint)["state"] == "sleeping", f"{endpoint} sleeps")


@pytest.mark.parametrize("options", [[], ["--no-cid"]], ids=["cid", "no-cid"])
def test_after_a_kill_the_new_handshake_of_a_device_finds_its_queue_and_its_observations(daemon, device, options):
    status, body = daemon.api.call("PUT", OBSERVED, {"attributes": {"pmin": 1, "pmax": 1}})
    assert status == 201, body
    it = device("meter-1", KEY, *options)
    until(lambda: daemon.api.get(OBSERVED)["notifications"] >= 1, "it is observed")
    registered = daemon.api.device("meter-1")["registered_at"]
    sleeps(daemon, "meter-1")
    zones = [daemon.queue("PUT", "/devices/meter-1/data/3/0/15?async=true", {"value": f"Etc/GMT+{n}"}) for n in (1, 2, 3)]
    read = daemon.queue("GET", "/devices/meter-1/data/3/0/15?async=true")
    daemon.restart()

    assert daemon.api.metric("linnet_dtls_sessions") == 0, "a killed server has no sessions"
    waiting = daemon.api.get("/devices/meter-1/operations")["items"]
    assert [o["id"] for o in waiting] == [*zones, read]
    assert daemon.done(read)["result"]["records"][0]["value"] == "Etc/GMT+3"
    ends = [daemon.done(zone)["ended_at"] for zone in zones]
    assert ends == sorted(ends)

    until(lambda: daemon.api.get(OBSERVED)["notifications"] >= 2, "its observation goes on")
    assert daemon.api.get(OBSERVED)["state"] == "active"
    now = daemon.api.device("meter-1")
    assert now["security"] == {"mode": "psk", "identity": "meter-1"}
    assert now["registered_at"] >= registered
    assert daemon.api.metric("linnet_dtls_opened_total") >= 1
    assert daemon.api.metric("linnet_dtls_refused_identity_total") == 0
    assert it.process.poll() is None, "the device was never started anew"


def test_another_identity_that_comes_first_gets_nothing_of_it(daemon, device):
    daemon.credential("meter-2", OTHER_KEY)
    it = device("meter-1", KEY)
    sleeps(daemon, "meter-1")
    it.end(signal.SIGKILL)
    zone = daemon.queue("PUT", "/devices/meter-1/data/3/0/15?async=true", {"value": "Etc/GMT+1"})
    daemon.restart()
    stranger = Program("linnet-device", "--endpoint", "meter-1", "--identity", "meter-2", "--server", daemon.uri, "--psk",
                       OTHER_KEY)
    until(lambda: daemon.api.metric("linnet_wrong_endpoint_total") >= 1, "it is refused")
    stranger.end()
    assert daemon.api.get(f"/operations/{zone}")["state"] == "queued"
    device("meter-1", KEY)
    daemon.done(zone)
