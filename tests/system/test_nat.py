"""A device whose address changes: with a Connection ID its session goes on, without one it comes anew.

Once behind a relay that takes another port, as a NAT does; once in a network namespace where the
device's own address is another.
"""

import os
import select
import shutil
import socket
import subprocess
import threading

import pytest

from conftest import BIN, Program, Server, free_port, until

KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"
# An Update each second; one that is not answered is lost after half a second.
LIVELY = ["--lifetime", "2", "--ack-timeout", "0.2", "--max-retransmit", "1"]


class Relay:
    """Passes datagrams of one device on to the server, from a port that can be changed."""

    def __init__(self, server_port):
        self.server = ("127.0.0.1", server_port)
        self.inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.inside.bind(("127.0.0.1", 0))
        self.port = self.inside.getsockname()[1]
        self.outside = None
        self.device = None
        self.stopped = False
        self.rebind()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def rebind(self):
        """What comes to the old port is lost."""
        fresh = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        fresh.bind(("127.0.0.1", 0))
        old, self.outside = self.outside, fresh
        if old is not None:
            old.close()
        return fresh.getsockname()[1]

    def _run(self):
        while not self.stopped:
            outside = self.outside
            try:
                ready = select.select([self.inside, outside], [], [], 0.05)[0]
                if self.inside in ready:
                    datagram, self.device = self.inside.recvfrom(4096)
                    self.outside.sendto(datagram, self.server)
                if outside in ready:
                    self.inside.sendto(outside.recv(4096), self.device)
            except (OSError, ValueError):
                continue  # the port was changed meanwhile

    def end(self):
        self.stopped = True
        self.thread.join()
        self.inside.close()
        self.outside.close()


@pytest.fixture
def server():
    port = free_port()
    s = Server("--coaps", f"0.0.0.0:{port}", "--shards", "2")
    s.coaps_port = port
    status, body = s.api.call("PUT", "/credentials/meter-1", {"mode": "psk", "key": KEY})
    assert status == 201, body
    yield s
    assert s.program.end() == 0, "\n".join(s.program.lines)


@pytest.fixture
def relay(server):
    r = Relay(server.coaps_port)
    yield r
    r.end()


def read(server):
    status, body = server.api.call("GET", "/devices/meter-1/data/3/0/17")
    return body["records"][0]["value"] if status == 200 and body.get("records") else None


def counts(server):
    return {name: server.api.metric(f"linnet_{name}_total") for name in
            ("dtls_opened", "dtls_moved", "dtls_unknown_session", "registers")}


def address(server):
    device = server.api.device("meter-1")
    return device["address"] if device else None


def check_goes_on(server, change):
    """`change` gives the device another address."""
    assert read(server) == "meter"
    old = address(server)
    change()
    until(lambda: address(server) not in (None, old), "the server has seen the new address")
    assert read(server) == "meter"
    assert counts(server) == {"dtls_opened": 1, "dtls_moved": 1, "dtls_unknown_session": 0, "registers": 1}


def check_comes_anew(server, change):
    assert read(server) == "meter"
    old = address(server)
    change()
    until(lambda: counts(server)["registers"] == 2, "the device has registered anew")
    until(lambda: address(server) not in (None, old), "the server has seen the new address")
    assert read(server) == "meter"
    after = counts(server)
    assert after["dtls_opened"] == 2 and after["dtls_moved"] == 0 and after["dtls_unknown_session"] >= 1


@pytest.fixture
def device(server):
    programs = []

    def start(program, *options):
        programs.append(Program(*program, "--endpoint", "meter-1", "--psk", KEY, "--set", "/3/0/17=meter", *LIVELY,
                                *options))
        programs[-1].wait_for("registered as")
        until(lambda: server.api.device("meter-1"), "it is registered")
        return programs[-1]
    yield start
    for program in programs:
        program.end()


def test_behind_a_nat_that_takes_another_port_the_session_goes_on(server, relay, device):
    it = device(["linnet-device"], "--server", f"coaps://127.0.0.1:{relay.port}")
    check_goes_on(server, relay.rebind)
    assert sum("DTLS session" in line for line in it.lines) == 1


def test_without_a_connection_id_another_port_is_another_session(server, relay, device):
    device(["linnet-device"], "--server", f"coaps://127.0.0.1:{relay.port}", "--no-cid")
    check_comes_anew(server, relay.rebind)


class Namespace:
    """A network namespace with one link to ours."""

    def __init__(self):
        self.name, self.outer, self.inner = "ln-test", "lnt-out", "lnt-in"
        self.ip("netns", "add", self.name)
        try:
            self.ip("link", "add", self.outer, "type", "veth", "peer", "name", self.inner, "netns", self.name)
            self.ip("addr", "add", "10.203.77.1/24", "dev", self.outer)
            self.ip("link", "set", self.outer, "up")
            self.inside("addr", "add", "10.203.77.2/24", "dev", self.inner)
            self.inside("link", "set", self.inner, "up")
        except subprocess.CalledProcessError:
            self.end()
            raise

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def inside(self, *words):
        self.ip("-n", self.name, *words)

    def program(self):
        return [shutil.which("ip"), "netns", "exec", self.name, BIN / "linnet-device"]

    def move(self):
        self.inside("addr", "add", "10.203.77.3/24", "dev", self.inner)
        self.inside("addr", "del", "10.203.77.2/24", "dev", self.inner)
        if not self.addresses():
            self.inside("addr", "add", "10.203.77.3/24", "dev", self.inner)  # it went with the first of its subnet

    def addresses(self):
        done = subprocess.run(["ip", "-n", self.name, "-o", "-4", "addr", "show", "dev", self.inner], check=True,
                              capture_output=True, text=True)
        return done.stdout

    def end(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)


@pytest.fixture
def namespace():
    if shutil.which("ip") is None:
        pytest.skip("ip(8) is not installed: apt-get install iproute2")
    if os.geteuid() != 0:
        pytest.skip("only root may make network namespaces")
    try:
        made = Namespace()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"there are no network namespaces here: {error.stderr.decode().strip()}")
    yield made
    made.end()


def test_with_another_address_of_its_own_the_session_goes_on(server, namespace, device):
    it = device(namespace.program(), "--server", f"coaps://10.203.77.1:{server.coaps_port}")
    check_goes_on(server, namespace.move)
    assert address(server).startswith("10.203.77.3:")
    assert sum("DTLS session" in line for line in it.lines) == 1


def test_without_a_connection_id_another_address_is_another_session(server, namespace, device):
    device(namespace.program(), "--server", f"coaps://10.203.77.1:{server.coaps_port}", "--no-cid")
    check_comes_anew(server, namespace.move)
    assert address(server).startswith("10.203.77.3:")
