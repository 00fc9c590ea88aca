"""Real programs on loopback: how a test starts them, waits for them and ends them.

Nothing here sleeps for a fixed time: a test waits for a line that a program prints or for a state
that the API shows, with a bound. Only processes that were started here are ended, by their id.
"""

import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

BIN = pathlib.Path(os.environ.get("LN_BIN_DIR", pathlib.Path(__file__).parents[2] / "build/bin"))
TOKEN = "token-of-the-tests"
PATIENCE = 20  # seconds that anything may take at most


def pytest_configure(config):
    config.addinivalue_line("markers", "plain: needs a build without sanitizers, which keep what was freed")


def until(condition, what):
    """Waits until condition() gives something true, and returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"{what}: did not happen within {PATIENCE} s")


def in_path(endpoint):
    """The name as one segment of a URL; a bare ~ would announce base64url."""
    return urllib.parse.quote(endpoint, safe="").replace("~", "%7E")


def free_port(kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


FIXED_PORTS = ("--coaps", "--bootstrap", "--bootstrap-coaps")


def without_fixed_ports(name, options):
    """linnetd listens at 5684 and others unless it is told otherwise: tests that run beside each other would meet."""
    if name != "linnetd":
        return options
    off = [word for option in FIXED_PORTS if option not in options for word in (option, "off")]
    return (*off, *options)


class Program:
    """A program under test, with the lines that it prints on stderr."""

    def __init__(self, name, *options, env=None):
        options = without_fixed_ports(name, options)
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [BIN / name, *map(str, options)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env={**os.environ, **(env or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait_for(self, text, count=1):
        def seen():
            return sum(text in line for line in self.lines) >= count
        with self.changed:
            if not self.changed.wait_for(lambda: seen() or self.process.poll() is not None, PATIENCE) or not seen():
                raise AssertionError(f"no line with {text!r} in:\n" + "\n".join(self.lines))

    def end(self, signal=None):
        """Ends it, by SIGTERM if no other signal is given, and returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate() if signal is None else self.process.send_signal(signal)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(PATIENCE)
        return status


class Api:
    def __init__(self, port, token=TOKEN):
        self.base = f"http://127.0.0.1:{port}"
        self.token = token

    def raw(self, method, path, body=None, headers=None, data=None):
        """Status, headers and body of any request, errors too."""
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            data = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def call(self, method, path, body=None):
        status, _, text = self.raw(method, "/api/v1" + path, body)
        return status, json.loads(text) if text else None

    def get(self, path):
        status, body = self.call("GET", path)
        assert status == 200, body
        return body

    def device(self, endpoint):
        """The device, or None while it is not registered."""
        status, body = self.call("GET", "/devices/" + in_path(endpoint))
        return body if status == 200 else None

    def metric(self, name):
        _, _, text = self.raw("GET", "/metrics")
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.decode().splitlines()
                   if line.split("{")[0].split(" ")[0] == name)


class Server:
    """linnetd on free ports."""

    def __init__(self, *options):
        if "--data" not in options:
            options = (*options, "--data", ":memory:")
        self.coap_port = free_port()
        self.http_port = free_port(socket.SOCK_STREAM)
        self.program = Program("linnetd", "--coap", f"127.0.0.1:{self.coap_port}", "--http",
                               f"127.0.0.1:{self.http_port}", *options, env={"LINNET_TOKEN": TOKEN})
        self.program.wait_for("linnetd: ready")
        self.api = Api(self.http_port)
        self.uri = f"coap://127.0.0.1:{self.coap_port}"
        self.url = f"http://127.0.0.1:{self.http_port}"

    def linnet(self, *words, token=TOKEN):
        """Runs the command line; returns status, what it printed and what it complained."""
        env = {**os.environ, "LINNET_URL": self.url}
        env.pop("LINNET_TOKEN", None)
        if token is not None:
            env["LINNET_TOKEN"] = token
        done = subprocess.run([BIN / "linnet", *map(str, words)], capture_output=True, text=True, env=env,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def server():
    s = Server()
    yield s
    assert s.program.end() == 0, "\n".join(s.program.lines)


@pytest.fixture
def start_server():
    """For tests that need options of their own."""
    started = []

    def start(*options):
        started.append(Server(*options))
        return started[-1]
    yield start
    for s in started:
        assert s.program.end() == 0, "\n".join(s.program.lines)


@pytest.fixture
def start_killable():
    """Servers that a test kills: how they end is its own affair."""
    started = []

    def start(*options):
        started.append(Server(*options))
        return started[-1]
    yield start
    for s in started:
        s.program.end()


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def start_device():
    """Starts linnet-device with a server and waits until it is registered."""
    started = []

    def start(server, endpoint, *options):
        device = Program("linnet-device", "--endpoint", endpoint, "--server", server.uri, *options)
        started.append(device)
        device.wait_for("registered as")
        until(lambda: server.api.device(endpoint), f"{endpoint} is registered")
        return device
    yield start
    for device in started:
        device.end()


@pytest.fixture
def run():
    """Runs a program to its end: status, stdout, stderr."""
    def run_program(name, *options, env=None):
        if name == "linnetd" and "--data" not in options:
            options = ("--data", ":memory:", *options)
        options = without_fixed_ports(name, options)
        done = subprocess.run([BIN / name, *map(str, options)], capture_output=True, text=True, timeout=PATIENCE,
                              env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr
    return run_program
