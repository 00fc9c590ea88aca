"""linnet-device with nothing but a bootstrap account, bootstrapped by linnetd."""

import base64
import json
import shlex
import subprocess

import pytest
from coaps import certificate
from conftest import BIN, PATIENCE, Program, Server, free_port, until

KEY = "000102030405060708090a0b0c0d0e0f"
CERTIFIED = "urn:dev:ops:32473-1"
CERTIFICATES = ("--coaps-cert", certificate("server-chain.pem"), "--coaps-key", certificate("server.key"),
                "--coaps-ca", certificate("ca.pem"))


class Bootstrapper(Server):
    def __init__(self, *options):
        self.plain_port, self.boot_port, self.coaps_port = free_port(), free_port(), free_port()
        super().__init__("--bootstrap", f"127.0.0.1:{self.plain_port}", "--bootstrap-coaps",
                         f"127.0.0.1:{self.boot_port}", "--coaps", f"127.0.0.1:{self.coaps_port}", "--ack-timeout",
                         "0.5", *options)

    def put(self, path, body):
        status, body = self.api.call("PUT", path, body)
        assert status in (200, 201), body

    def itself(self, **security):
        """linnetd as the server of a configuration."""
        return {"short_id": 101, "uri": f"coaps://127.0.0.1:{self.coaps_port}", "security": security}

    def generated(self, name):
        self.put(f"/bootstrap/{name}", {"servers": [self.itself(mode="psk", generate=True)]})

    def registered(self, endpoint):
        def known():
            device = self.api.device(endpoint)
            return device and device["state"] == "online" and device
        return until(known, f"{endpoint} is registered")

    def ends(self, endpoint):
        return [s["end"] for s in self.api.get(f"/bootstrap/{endpoint}/sessions")["items"]]

    def identities(self, endpoint):
        return [i["identity"] for i in self.api.get(f"/credentials/{endpoint}")["items"] if i["for"] == "server"]


@pytest.fixture
def boot():
    server = Bootstrapper(*CERTIFICATES)
    yield server
    assert server.program.end() == 0, "\n".join(server.program.lines)


@pytest.fixture
def start():
    started = []

    def run(*words):
        started.append(Program("linnet-device", *words))
        return started[-1]
    yield run
    for device in started:
        device.end()


def test_the_command_line_that_provision_prints_brings_the_device_up(boot, start):
    status, out, err = boot.linnet("provision", "meter-1", "--psk")
    assert status == 0, err
    program, *words = shlex.split(out.splitlines()[-1])
    assert program == "linnet-device"
    start(*words)
    assert boot.registered("meter-1")["security"] == {"mode": "psk", "identity": boot.identities("meter-1")[0]}
    assert boot.ends("meter-1") == ["done"]
    assert boot.linnet("read", "meter-1", "server/0/short-server-id")[1] == "101\n"


def test_a_device_without_security_gets_a_key_of_its_own(boot, start):
    boot.generated("meter-*")
    start("--endpoint", "meter-1", "--bootstrap", f"coap://127.0.0.1:{boot.plain_port}")
    assert boot.registered("meter-1")["security"] == {"mode": "psk", "identity": boot.identities("meter-1")[0]}


def der(*words):
    return base64.b64encode(subprocess.run(["openssl", *words, "-outform", "DER"], check=True,
                                           capture_output=True).stdout).decode()


def test_a_device_gets_a_certificate_for_registering(boot, start):
    boot.put(f"/credentials/{CERTIFIED}", {"mode": "x509"})
    boot.put(f"/bootstrap/{CERTIFIED}", {"servers": [boot.itself(
        mode="x509", certificate=der("x509", "-in", certificate("device.pem")),
        private_key=der("pkcs8", "-topk8", "-nocrypt", "-in", certificate("device.key")),
        server_public_key=der("x509", "-in", certificate("server.pem")))]})
    start("--endpoint", CERTIFIED, "--bootstrap", f"coap://127.0.0.1:{boot.plain_port}")
    assert boot.registered(CERTIFIED)["security"] == {"mode": "x509", "identity": CERTIFIED}


def test_a_device_that_is_told_so_is_bootstrapped_again_with_a_fresh_key(boot, start):
    boot.put("/credentials/meter-1", {"mode": "psk", "for": "bootstrap", "key": KEY})
    boot.generated("meter-1")
    start("--endpoint", "meter-1", "--bootstrap", f"coaps://127.0.0.1:{boot.boot_port}", "--psk", KEY)
    boot.registered("meter-1")
    first = boot.identities("meter-1")
    assert boot.linnet("exec", "meter-1", "/1/0/9")[0] == 0
    until(lambda: boot.ends("meter-1") == ["done", "done"], "it is bootstrapped again")
    until(lambda: len(boot.identities("meter-1")) == 1 and boot.identities("meter-1") != first, "the key is a new one")
    second = boot.identities("meter-1")
    until(lambda: boot.api.device("meter-1")["security"]["identity"] == second[0], "it registers with that")


def test_other_objects_are_written(boot, start):
    boot.put("/bootstrap/meter-1", {
        "servers": [{"short_id": 7, "uri": boot.uri, "lifetime": 4321}],
        "write": [{"path": "/3/0/15", "value": "Europe/Paris"}]})
    start("--endpoint", "meter-1", "--bootstrap", f"coap://127.0.0.1:{boot.plain_port}")
    assert boot.registered("meter-1")["lifetime"] == 4321
    assert boot.linnet("read", "meter-1", "device/0/timezone")[1] == "Europe/Paris\n"


def test_a_thousand_devices_bootstrap_at_once_over_dtls(boot):
    many = ("--mode", "bootstrap", "--devices", "1000", "--psk-secret", KEY)
    lines = subprocess.run([BIN / "linnet-load", *many, "--print-credentials"], check=True, capture_output=True).stdout
    status, _, body = boot.api.raw("POST", "/api/v1/credentials/import", data=lines)
    assert status == 200, body
    boot.generated("load-*")
    done = subprocess.run([BIN / "linnet-load", *many, "--server", f"coaps://127.0.0.1:{boot.boot_port}", "--window",
                           "1000", "--json"], capture_output=True, text=True, timeout=6 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads(done.stdout)["bootstrap"]
    assert (counts["begun"], counts["done"], counts["refused"], counts["lost"]) == (1000, 1000, 0, 0)
    until(lambda: boot.api.metric("linnet_bootstrap_sessions_done_total") == 1000, "linnetd has their answers")
    items = boot.api.get("/credentials?for=server&limit=1000")["items"]
    assert len({(item["endpoint"], item["identity"]) for item in items}) == 1000


def test_devices_whose_bootstrap_is_refused_are_counted(boot):
    done = subprocess.run([BIN / "linnet-load", "--mode", "bootstrap", "--devices", "3", "--server",
                           f"coap://127.0.0.1:{boot.plain_port}", "--json"], capture_output=True, text=True,
                          timeout=PATIENCE)
    assert done.returncode == 1
    assert json.loads(done.stdout)["bootstrap"]["refused"] == 3
