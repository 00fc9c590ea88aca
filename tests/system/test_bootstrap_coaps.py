"""Bootstrapping over DTLS: OpenSSL shakes hands as the device, and answers each step by hand."""

import json

import pytest
from coaps import POST, Client, Refused, Way, certificate, parse, request, with_certificate, with_key
from conftest import Server, free_port, until

KEY, OTHER_KEY = "000102030405060708090a0b0c0d0e0f", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
CERTIFIED = "urn:dev:ops:32473-1"
CERTIFICATES = ("--coaps-cert", certificate("server-chain.pem"), "--coaps-key", certificate("server.key"),
                "--coaps-ca", certificate("ca.pem"))
GET, PUT, DELETE = 1, 3, 4
ACCOUNT = b'</0/0>;uri="coaps://bs",</1>,</3/0>'


class Bootstrapper(Server):
    def __init__(self, *options):
        self.coaps_port, self.boot_port = free_port(), free_port()
        super().__init__("--coaps", f"127.0.0.1:{self.coaps_port}", "--bootstrap-coaps", f"127.0.0.1:{self.boot_port}",
                         "--ack-timeout", "0.5", *options)

    def put(self, path, body):
        status, body = self.api.call("PUT", path, body)
        assert status in (200, 201), body

    def give(self, endpoint, identity=None, key=KEY, **security):
        """A credential for bootstrapping, and a configuration with a key that is made."""
        self.put(f"/credentials/{endpoint}", {"mode": "psk", "for": "bootstrap", "key": key,
                                              "identity": identity or endpoint})
        self.put(f"/bootstrap/{endpoint}", {"servers": [{
            "short_id": 101, "uri": f"coaps://127.0.0.1:{self.coaps_port}",
            "security": {"mode": "psk", "generate": True, **security}}]})

    def sessions(self, endpoint):
        return self.api.get(f"/bootstrap/{endpoint}/sessions")["items"]

    def ended(self, endpoint, number=1):
        def newest():
            items = self.sessions(endpoint)
            return len(items) >= number and items[0]["end"] and items[0]
        return until(newest, f"bootstrap {number} of {endpoint} ends")

    def identities(self, endpoint):
        status, body = self.api.call("GET", f"/credentials/{endpoint}")
        return [i["identity"] for i in body["items"] if i["for"] == "server"] if status == 200 else []


class Device:
    """`stops` is the step that it leaves unanswered, `refuses` one that it answers with 4.00."""

    def __init__(self, port, *options):
        self.client, self.steps = Client(port, *options), []

    def answer(self, message, refuses):
        path = "/" + "/".join(value.decode() for number, value in parse(message)[2] if number == 11)
        method = {GET: "GET", PUT: "PUT", POST: "POST", DELETE: "DELETE"}[message[1]]
        token = message[4:4 + (message[0] & 15)]
        self.steps.append(f"{method} {path}")
        self.payload = message[message.index(0xff) + 1:] if method == "PUT" else b""
        code = {GET: 0x45, PUT: 0x44, POST: 0x44, DELETE: 0x42}[message[1]]
        if self.steps[-1] == refuses:
            code = 0x80
        head = bytes([0x60 | len(token), code]) + message[2:4] + token
        return head + (b"\xc1\x28\xff" + ACCOUNT if code == 0x45 else b"")

    def bootstrap(self, query=(), stops=None, refuses=None):
        """The code of the answer; then answers steps up to Finish, or to the one where it stops."""
        self.client.number += 1
        self.client.say(request(POST, self.client.number % 65536, "/bs", query))
        heard, code = b"", None
        while "POST /bs" not in self.steps:
            heard = heard or self.client.hear()
            if heard[0] & 0x30 == 0x20:  # the answer to our request, of five bytes; the first step may follow
                code, heard = parse(heard[:5])[0], heard[5:]
                if not code.startswith("2."):
                    return code
                continue
            reply = self.answer(heard, refuses)
            if self.steps[-1].startswith("PUT /0"):
                self.written = self.payload
            if self.steps[-1] == stops:
                return code
            self.client.say(reply)
            if self.steps[-1] == refuses:
                return code
            heard = b""
        return code

    def account(self):
        """Identity and key, out of what was written to object 0."""
        at = self.written.index(b"\xc8\x05\x10")
        begin = self.written.index(b"\xc8\x03") + 3
        return self.written[begin:begin + self.written[begin - 1]].decode(), self.written[at + 3:at + 19].hex()


@pytest.fixture
def boot():
    server = Bootstrapper(*CERTIFICATES)
    yield server
    assert server.program.end() == 0, "\n".join(server.program.lines)


@pytest.fixture
def device():
    started = []

    def start(port, *options):
        started.append(Device(port, *options))
        return started[-1]
    yield start
    for one in started:
        one.client.end()


@pytest.fixture
def connect():
    started = []

    def start(port, *options):
        started.append(Client(port, *options))
        return started[-1]
    yield start
    for client in started:
        client.end()


def test_a_device_is_bootstrapped_by_its_identity_and_registers_with_its_new_key(boot, device, connect):
    boot.give("meter-1", "factory-17")
    d = device(boot.boot_port, *with_key("factory-17", KEY))
    assert d.bootstrap() == "2.04", "without ep: the identity tells it"
    session = boot.ended("meter-1")
    assert session["end"] == "done" and session["security"] == {"mode": "psk", "identity": "factory-17"}
    identity, key = d.account()
    assert boot.identities("meter-1") == [identity]
    assert connect(boot.coaps_port, *with_key(identity, key)).register("meter-1")[0] == "2.01"
    assert boot.api.device("meter-1")["security"] == {"mode": "psk", "identity": identity}
    assert boot.api.metric("linnet_bootstrap_dtls_opened_total") == 1


def test_a_name_that_is_not_the_identitys_is_refused(boot, device):
    boot.give("meter-1")
    boot.give("meter-2", key=OTHER_KEY)
    d = device(boot.boot_port, *with_key("meter-1", KEY))
    assert d.bootstrap(["ep=meter-2"]) == "4.00"
    assert boot.api.metric("linnet_bootstrap_wrong_endpoint_total") == 1 and boot.sessions("meter-2") == []
    assert d.bootstrap(["ep=meter-1"]) == "2.04"


def test_credentials_for_registering_do_not_let_in(boot, device, connect):
    boot.put("/credentials/meter-1", {"mode": "psk", "key": KEY})
    boot.give("meter-2")
    with pytest.raises(Refused):
        device(boot.boot_port, *with_key("meter-1", KEY)).bootstrap()
    with pytest.raises(Refused):
        connect(boot.coaps_port, *with_key("meter-2", KEY)).register("meter-2")


def test_a_device_with_a_certificate_is_bootstrapped(boot, device):
    boot.put(f"/credentials/{CERTIFIED}", {"mode": "x509", "for": "bootstrap"})
    boot.put("/bootstrap/urn:dev:*", {"servers": [{"short_id": 1, "uri": "coap://x"}]})
    assert device(boot.boot_port, *with_certificate("device")).bootstrap() == "2.04"
    session = boot.ended(CERTIFIED)
    assert session["end"] == "done" and session["configuration"] == "urn:dev:*"
    assert session["security"] == {"mode": "x509", "identity": CERTIFIED}


def test_a_second_bootstrap_gives_a_fresh_key_and_retires_the_first(boot, device, connect):
    boot.give("meter-1")
    seen = []
    for number in (1, 2):
        d = device(boot.boot_port, *with_key("meter-1", KEY))
        assert d.bootstrap() == "2.04"
        assert boot.ended("meter-1", number)["end"] == "done"
        seen.append(d.account())
    assert seen[0] != seen[1]
    until(lambda: boot.identities("meter-1") == [seen[1][0]], "the first key is removed")
    with pytest.raises(Refused):
        connect(boot.coaps_port, *with_key(*seen[0])).register("meter-1")
    assert connect(boot.coaps_port, *with_key(*seen[1])).register("meter-1")[0] == "2.01"


def test_a_bootstrap_that_fails_leaves_the_key_in_use_valid(boot, device, connect):
    boot.give("meter-1")
    first = device(boot.boot_port, *with_key("meter-1", KEY))
    assert first.bootstrap() == "2.04"
    boot.ended("meter-1")
    made = []
    for number in (2, 3, 4):
        d = device(boot.boot_port, *with_key("meter-1", KEY))
        assert d.bootstrap(refuses="PUT /1") == "2.04"
        assert boot.ended("meter-1", number)["end"] == "failed"
        made.append(d.account())
    assert made[0] == made[1] == made[2] != first.account(), "what was made once is handed out again"
    assert sorted(boot.identities("meter-1")) == sorted([first.account()[0], made[0][0]])
    assert connect(boot.coaps_port, *with_key(*first.account())).register("meter-1")[0] == "2.01"
    assert boot.api.metric("linnet_bootstrap_keys_again_total") == 2


def test_a_prescribed_identity_keeps_its_key(boot, device):
    boot.give("meter-1", identity="meter-1")
    boot.put("/bootstrap/meter-1", {"servers": [{
        "short_id": 1, "uri": "coaps://x", "security": {"mode": "psk", "identity": "mine-for-ever", "generate": True}}]})
    seen = []
    for number in (1, 2):
        d = device(boot.boot_port, *with_key("meter-1", KEY))
        assert d.bootstrap() == "2.04"
        boot.ended("meter-1", number)
        seen.append(d.account())
    assert seen[0] == seen[1] and seen[0][0] == "mine-for-ever"


def test_a_revoked_credential_ends_its_bootstrap(boot, device):
    boot.give("meter-1")
    d = device(boot.boot_port, *with_key("meter-1", KEY))
    assert d.bootstrap(stops="PUT /1") == "2.04"
    assert boot.api.call("DELETE", "/credentials/meter-1?for=bootstrap")[0] == 204
    session = boot.ended("meter-1")
    assert (session["end"], session["reason"]) == ("failed", "the connection to the device is over")
    assert session["steps"][-1]["path"] == "/1" and session["steps"][-1]["code"] is None
    with pytest.raises(Refused):
        device(boot.boot_port, *with_key("meter-1", KEY)).bootstrap()


def test_no_key_that_was_made_is_seen(device, tmp_path):
    boot = Bootstrapper("--data", tmp_path / "data", "--log-level", "trace")
    try:
        boot.give("meter-1")
        d = device(boot.boot_port, *with_key("meter-1", KEY))
        assert d.bootstrap() == "2.04"
        boot.ended("meter-1")
        _, key = d.account()
        shown = json.dumps([boot.api.get("/credentials"), boot.api.get("/bootstrap"), boot.sessions("meter-1")])
        assert key not in shown
    finally:
        assert boot.program.end() == 0
    assert not any(key in line or KEY in line for line in boot.program.lines)
    for file in (tmp_path / "data").iterdir():
        assert bytes.fromhex(key) not in file.read_bytes() and key.encode() not in file.read_bytes(), file


def test_a_key_that_was_made_outlives_a_kill(device, connect, tmp_path):
    boot = Bootstrapper("--data", tmp_path / "data")
    boot.give("meter-1")
    d = device(boot.boot_port, *with_key("meter-1", KEY))
    assert d.bootstrap(stops="POST /bs") == "2.04", "it has its key, and says nothing any more"
    boot.program.end(9)
    again = Bootstrapper("--data", tmp_path / "data")
    try:
        identity, key = d.account()
        assert connect(again.coaps_port, *with_key(identity, key)).register("meter-1")[0] == "2.01"
    finally:
        assert again.program.end() == 0


def test_a_bootstrap_over_a_way_that_doubles_datagrams_is_done_once(boot, device):
    boot.give("meter-1")
    way = Way(boot.boot_port)
    way.copies = 2
    try:
        assert device(way.port, *with_key("meter-1", KEY)).bootstrap() == "2.04"
        assert boot.ended("meter-1")["end"] == "done" and len(boot.sessions("meter-1")) == 1
    finally:
        way.end()


def test_provision_makes_all_that_a_device_needs(boot, device, connect):
    status, out, err = boot.linnet("provision", "meter 1", "--psk")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    told = {line[:18].strip(): line[18:] for line in lines[:3]}
    assert told["bootstrap server"] == f"coaps://127.0.0.1:{boot.boot_port}" and told["identity"] == "meter 1"
    assert lines[4] == (f"linnet-device --endpoint 'meter 1' --bootstrap coaps://127.0.0.1:{boot.boot_port} "
                        f"--identity 'meter 1' --psk {told['key']}")
    d = device(boot.boot_port, *with_key("meter 1", told["key"]))
    assert d.bootstrap() == "2.04"
    assert boot.ended("meter%201")["end"] == "done"
    assert connect(boot.coaps_port, *with_key(*d.account())).register("meter 1")[0] == "2.01"
    status, out, _ = boot.linnet("provision", "meter-2", "--psk", "--json", "--host", "lwm2m.example.com")
    assert status == 0 and json.loads(out)["bootstrap"] == f"coaps://lwm2m.example.com:{boot.boot_port}"


def test_certificates_are_read_again(device):
    boot = Bootstrapper(*CERTIFICATES)
    try:
        boot.program.process.send_signal(1)
        boot.program.wait_for("the certificates of DTLS were read again")
        boot.put(f"/credentials/{CERTIFIED}", {"mode": "x509", "for": "bootstrap"})
        boot.put("/bootstrap/urn:dev:*", {"servers": [{"short_id": 1, "uri": "coap://x"}]})
        assert device(boot.boot_port, *with_certificate("device")).bootstrap() == "2.04"
    finally:
        assert boot.program.end() == 0
