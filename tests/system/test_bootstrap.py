"""Bootstrapping by linnetd: configurations over HTTP, and devices that ask for theirs without security."""

import json
import urllib.request

import aiocoap
import pytest
from bootstrapping import SENML_CBOR, TLV, BootDevice
from conftest import PATIENCE, TOKEN, Server, free_port, until

KEY = "00112233445566778899aabbccddeeff"
NONE = {"short_id": 101, "uri": "coap://lwm2m.example.com:5683", "lifetime": 300}
PSK = {"short_id": 102, "uri": "coaps://lwm2m.example.com", "security": {"mode": "psk", "identity": "me", "key": KEY}}


class Bootstrapper(Server):
    def __init__(self, *options):
        self.boot_port = free_port()
        super().__init__("--bootstrap", f"127.0.0.1:{self.boot_port}", "--ack-timeout", "0.2", *options)

    def put(self, name, configuration, status=201):
        got, body = self.api.call("PUT", f"/bootstrap/{name}", configuration)
        assert got == status, body
        return body

    def sessions(self, endpoint):
        return self.api.get(f"/bootstrap/{endpoint}/sessions")["items"]

    def session(self, endpoint, end="done", number=0):
        """The newest session, once it has ended."""
        def ended():
            items = self.sessions(endpoint)
            return len(items) > number and items[0]["end"] and items[0]
        session = until(ended, f"the bootstrap of {endpoint} ends")
        assert session["end"] == end, session
        return session


@pytest.fixture
def start_boot():
    started = []

    def start(*options):
        started.append(Bootstrapper(*options))
        return started[-1]
    yield start
    for s in started:
        assert s.program.end() == 0, "\n".join(s.program.lines)


@pytest.fixture
def boot(start_boot):
    return start_boot()


@pytest.fixture
def device():
    started = []

    def start(server, **words):
        started.append(BootDevice(server.boot_port, **words))
        return started[-1]
    yield start
    for d in started:
        d.end()


# ---- Devices ----

def test_a_device_gets_its_servers(boot, device):
    boot.put("one", {"servers": [NONE]})
    d = device(boot)
    assert d.ask("ep=one") == "2.04"
    session = boot.session("one")
    assert d.steps.steps == ["GET /0", "DELETE /0", "DELETE /1", "PUT /0", "PUT /1", "POST /bs"]
    assert d.steps.payload("PUT /0")[0] == TLV
    assert b"coap://lwm2m.example.com:5683" in d.steps.payload("PUT /0")[1]
    assert [(s["method"], s["path"], s["code"]) for s in session["steps"]] == [
        ("discover", "/0", "2.05"), ("delete", "/0", "2.02"), ("delete", "/1", "2.02"),
        ("write", "/0", "2.04"), ("write", "/1", "2.04"), ("finish", "/bs", "2.04")]
    assert session["configuration"] == "one" and session["reason"] is None
    assert session["security"] == {"mode": "none", "identity": None}
    assert boot.api.metric("linnet_bootstrap_sessions_done_total") == 1


def test_the_format_is_that_of_the_configuration_then_of_the_device(boot, device):
    boot.put("free", {"servers": [NONE]})
    boot.put("fixed", {"servers": [NONE], "format": "tlv"})
    for endpoint, wanted in (("free", SENML_CBOR), ("fixed", TLV)):
        d = device(boot)
        assert d.ask(f"ep={endpoint}&pct=112") == "2.04"
        boot.session(endpoint)
        assert d.steps.payload("PUT /1")[0] == wanted
    assert device(boot).ask("ep=free&pct=1") == "4.15"


def test_a_device_gets_keys_access_and_other_objects(boot, device):
    boot.put("whole", {
        "servers": [NONE, PSK], "access": [{"object": 3, "instance": 0, "owner": 101, "acl": {"102": 1, "0": 0}}],
        "delete": ["/"], "write": [{"path": "/3/0/15", "value": "Europe/Paris"}], "format": "tlv"})
    d = device(boot)
    assert d.ask("ep=whole") == "2.04"
    boot.session("whole")
    assert d.steps.steps == ["GET /0", "DELETE /", "PUT /0", "PUT /1", "PUT /2", "PUT /3/0/15", "POST /bs"]
    assert bytes.fromhex(KEY) in d.steps.payload("PUT /0")[1]
    assert b"Europe/Paris" in d.steps.payload("PUT /3/0/15")[1]


def test_the_most_exact_configuration_wins(boot, device):
    for name in ("*", "meter-*", "meter-*-b", "meter-7"):
        boot.put(name, {"servers": [{**NONE, "uri": f"coap://x{name.replace('*', 'x')}"}]})
    for endpoint, name in (("other", "*"), ("meter-8", "meter-*"), ("meter-8-b", "meter-*-b"), ("meter-7", "meter-7")):
        assert device(boot).ask(f"ep={endpoint}") == "2.04"
        assert boot.session(endpoint)["configuration"] == name


def test_keys_are_made_for_each_device_and_handed_out_once_they_are_kept(boot, device):
    boot.put("meter-*", {"servers": [{**PSK, "security": {"mode": "psk", "generate": True}}]})
    identities = set()
    for endpoint in ("meter-1", "meter-2"):
        d = device(boot)
        assert d.ask(f"ep={endpoint}") == "2.04"
        boot.session(endpoint)
        item, = boot.api.get(f"/credentials/{endpoint}")["items"]
        assert (item["for"], item["mode"]) == ("server", "psk")
        assert item["identity"].encode() in d.steps.payload("PUT /0")[1]
        identities.add(item["identity"])
    assert len(identities) == 2


# ---- What goes wrong ----

def test_an_unknown_endpoint_is_refused(boot, device):
    assert device(boot).ask("ep=stranger") == "4.00"
    assert boot.sessions("stranger") == []
    assert boot.api.metric("linnet_bootstrap_unknown_endpoint_total") == 1


def test_requests_that_are_none_are_refused(boot, device):
    boot.put("one", {"servers": [NONE]})
    d = device(boot)
    assert d.ask("") == "4.00"
    assert d.ask("ep=one&ep=two") == "4.00"
    assert d.ask("ep=one", "bspack", aiocoap.GET) == "4.05"
    assert d.ask("ep=one", "rd") == "4.04"


def test_a_device_that_refuses_a_step_ends_the_session(boot, device):
    boot.put("one", {"servers": [NONE]})
    d = device(boot, answers={"PUT /1": aiocoap.BAD_REQUEST})
    assert d.ask("ep=one") == "2.04"
    session = boot.session("one", "failed")
    assert session["reason"] == "the device refused the step"
    assert (session["steps"][-1]["path"], session["steps"][-1]["code"]) == ("/1", "4.00")


def test_a_device_without_discover_is_bootstrapped(boot, device):
    boot.put("one", {"servers": [NONE]})
    d = device(boot, answers={"GET /0": aiocoap.METHOD_NOT_ALLOWED})
    assert d.ask("ep=one") == "2.04"
    boot.session("one")
    assert d.steps.payload("PUT /0")[1][:3] == bytes([0x08, 10, len(d.steps.payload("PUT /0")[1]) - 3]), \
        "from instance 10 on, which no bootstrap account has"


def test_an_inconsistent_configuration_is_repaired_once(boot, device):
    boot.put("one", {"servers": [NONE], "delete": []})
    d = device(boot, answers={"POST /bs": [aiocoap.NOT_ACCEPTABLE]})
    assert d.ask("ep=one") == "2.04"
    boot.session("one")
    assert d.steps.steps == ["GET /0", "PUT /0", "PUT /1", "POST /bs",
                             "DELETE /0", "DELETE /1", "PUT /0", "PUT /1", "POST /bs"]
    assert boot.api.metric("linnet_bootstrap_repairs_total") == 1


def test_an_inconsistent_configuration_that_cannot_be_repaired_ends(boot, device):
    boot.put("one", {"servers": [NONE]})
    d = device(boot, answers={"POST /bs": aiocoap.NOT_ACCEPTABLE})
    assert d.ask("ep=one") == "2.04"
    session = boot.session("one", "failed")
    assert session["reason"] == "the device finds its configuration inconsistent"


def test_a_silent_device_is_given_up(start_boot, device):
    boot = start_boot("--max-retransmit", "1")
    boot.put("one", {"servers": [NONE]})
    d = device(boot, answers={"PUT /0": None})
    assert d.ask("ep=one") == "2.04"
    d.end()
    assert boot.session("one", "failed")["reason"] == "the device did not answer"


def test_a_second_request_replaces_the_first(boot, device):
    boot.put("one", {"servers": [NONE]})
    first = device(boot, answers={"DELETE /1": None})
    assert first.ask("ep=one") == "2.04"
    until(lambda: "DELETE /1" in first.steps.steps, "the first one is under way")
    assert device(boot).ask("ep=one") == "2.04"
    boot.session("one", number=1)
    assert [s["end"] for s in boot.sessions("one")] == ["done", "replaced"]


def test_who_has_bootstrap_credentials_must_prove_it(boot, device):
    boot.put("one", {"servers": [NONE]})
    assert boot.api.call("PUT", "/credentials/one", {"mode": "psk", "key": KEY, "for": "bootstrap"})[0] == 201
    assert device(boot).ask("ep=one") == "4.00"
    assert boot.api.metric("linnet_bootstrap_without_security_total") == 1


# ---- Keys that are made ----

GENERATED = {"servers": [{**PSK, "security": {"mode": "psk", "generate": True}}]}


def identities(server, endpoint):
    status, body = server.api.call("GET", f"/credentials/{endpoint}")
    return [item["identity"] for item in body["items"] if item["for"] == "server"] if status == 200 else []


def test_a_key_that_was_not_taken_is_taken_back(boot, device):
    boot.put("one", GENERATED)
    d = device(boot, answers={"PUT /1": [aiocoap.BAD_REQUEST]})
    assert d.ask("ep=one") == "2.04"
    boot.session("one", "failed")
    until(lambda: identities(boot, "one") == [], "the key is removed")
    assert d.ask("ep=one") == "2.04"
    boot.session("one", number=1)
    assert len(identities(boot, "one")) == 1


def test_nobody_without_security_puts_the_key_of_another_out_of_use(boot, device):
    boot.put("one", GENERATED)
    assert device(boot).ask("ep=one") == "2.04"
    boot.session("one")
    before = identities(boot, "one")
    assert device(boot).ask("ep=one") == "4.00"
    assert identities(boot, "one") == before


# ---- Configurations ----

def test_configurations_are_kept_listed_and_deleted(boot):
    for name in ("b", "a", "meter-*"):
        boot.put(name, {"servers": [NONE]})
    boot.put("a", {"servers": [NONE], "delete": ["/0"]}, 200)
    page = boot.api.get("/bootstrap?limit=2")
    assert [i["endpoint"] for i in page["items"]] == ["a", "b"] and page["total"] == 3
    page = boot.api.get(f"/bootstrap?limit=2&cursor={page['next']}")
    assert [(i["endpoint"], i["pattern"]) for i in page["items"]] == [("meter-*", True)] and page["next"] is None
    assert boot.api.get("/bootstrap/a") == {"servers": [NONE], "delete": ["/0"]}
    assert boot.api.call("DELETE", "/bootstrap/a")[0] == 204
    for method in ("GET", "DELETE"):
        status, body = boot.api.call(method, "/bootstrap/a")
        assert (status, body["type"]) == (404, "unknown-bootstrap")


def test_keys_do_not_come_out(start_boot, device, tmp_path):
    boot = start_boot("--data", tmp_path / "data", "--log-level", "trace")
    boot.put("one", {"servers": [PSK]})
    assert device(boot).ask("ep=one") == "2.04"
    boot.session("one")
    out = json.dumps([boot.api.get("/bootstrap/one"), boot.api.get("/bootstrap"), boot.sessions("one")])
    assert '"mode": "psk"' in out and KEY not in out
    boot.program.end()
    assert not any(KEY in line for line in boot.program.lines)
    for file in (tmp_path / "data").iterdir():
        assert KEY.encode() not in file.read_bytes() and bytes.fromhex(KEY) not in file.read_bytes(), file


def test_configurations_outlive_a_kill(start_boot, device, tmp_path):
    boot = start_boot("--data", tmp_path / "data")
    boot.put("one", {"servers": [PSK]})
    boot.put("gone", {"servers": [NONE]})
    assert boot.api.call("DELETE", "/bootstrap/gone")[0] == 204
    boot.program.end(9)
    again = start_boot("--data", tmp_path / "data")
    assert [i["endpoint"] for i in again.api.get("/bootstrap")["items"]] == ["one"]
    d = device(again)
    assert d.ask("ep=one") == "2.04"
    again.session("one")
    assert bytes.fromhex(KEY) in d.steps.payload("PUT /0")[1]
    again.program.end()
    boot.program.process.returncode = 0  # it was killed


def test_an_import_is_all_or_nothing(boot):
    good = {"items": [{"endpoint": "a", "configuration": {"servers": [NONE]}},
                      {"endpoint": "b-*", "configuration": {"servers": [PSK]}}]}
    bad = {"items": [*good["items"], {"endpoint": "c", "configuration": {"servers": []}}]}
    status, body = boot.api.call("POST", "/bootstrap/import", bad)
    assert status == 400 and body["detail"].startswith("/items/2/configuration/servers: "), body
    assert boot.api.get("/bootstrap")["total"] == 0
    assert boot.api.call("POST", "/bootstrap/import", good) == (200, {"imported": 2})
    assert boot.api.get("/bootstrap")["total"] == 2


def server_with(**members):
    return {"servers": [{**NONE, **members}]}


def security(**members):
    return server_with(uri="coaps://x", security=members)


@pytest.mark.parametrize("configuration, pointer, kind", [
    ({}, "/servers", "bad-value"),
    ({"servers": []}, "/servers", "bad-value"),
    ({"servers": {}}, "/servers", "bad-value"),
    ({"servers": [NONE] * 17}, "/servers", "bad-value"),
    ({"servers": ["x"]}, "/servers/0", "bad-value"),
    ({"servers": [{"uri": "coap://x"}]}, "/servers/0/short_id", "bad-value"),
    ({"servers": [{"short_id": 1}]}, "/servers/0/uri", "bad-value"),
    ({"servers": [NONE, {**NONE, "uri": "coap://y"}]}, "/servers/1/short_id", "bad-value"),
    (server_with(short_id=0), "/servers/0/short_id", "bad-value"),
    (server_with(short_id=65535), "/servers/0/short_id", "bad-value"),
    (server_with(short_id="1"), "/servers/0/short_id", "bad-value"),
    (server_with(uri="http://x"), "/servers/0/uri", "bad-value"),
    (server_with(uri="coap://" + 300 * "x"), "/servers/0/uri", "bad-value"),
    (server_with(uri="coaps://x"), "/servers/0/uri", "bad-value"),
    (server_with(lifetime=-1), "/servers/0/lifetime", "bad-value"),
    (server_with(lifetime=2**31), "/servers/0/lifetime", "bad-value"),
    (server_with(binding="X"), "/servers/0/binding", "bad-value"),
    (server_with(binding="T"), "/servers/0/binding", "bad-value"),
    (server_with(default_pmin=2, default_pmax=1), "/servers/0/default_pmax", "bad-value"),
    (server_with(store_notifications=1), "/servers/0/store_notifications", "bad-value"),
    (server_with(color="red"), "/servers/0/color", "unknown-member"),
    (security(mode="rpk"), "/servers/0/security/mode", "bad-value"),
    (security(mode="oscore"), "/servers/0/security/mode", "bad-value"),
    (security(), "/servers/0/security/mode", "bad-value"),
    (security(mode="psk", identity="x"), "/servers/0/security/key", "bad-value"),
    (security(mode="psk", key=KEY), "/servers/0/security/identity", "bad-value"),
    (security(mode="psk", identity="x", key="0g"), "/servers/0/security/key", "bad-value"),
    (security(mode="psk", identity="x", key=65 * "00"), "/servers/0/security/key", "bad-value"),
    (security(mode="psk", identity=129 * "x", key=KEY), "/servers/0/security/identity", "bad-value"),
    (security(mode="psk", generate=True, key=KEY), "/servers/0/security/key", "bad-value"),
    (security(mode="psk", certificate="x"), "/servers/0/security/certificate", "bad-value"),
    (security(mode="x509", generate=True), "/servers/0/security/generate", "bad-value"),
    (security(mode="x509", certificate="!"), "/servers/0/security/certificate", "bad-value"),
    (security(mode="x509", certificate="MTIz"), "/servers/0/security/private_key", "bad-value"),
    (security(mode="psk", secret="x"), "/servers/0/security/secret", "unknown-member"),
    ({"servers": [NONE], "access": [{"object": 3}]}, "/access/0/owner", "bad-value"),
    ({"servers": [NONE], "access": [{"object": 3, "owner": 7}]}, "/access/0/owner", "bad-value"),
    ({"servers": [NONE], "access": [{"object": 3, "owner": 101, "acl": {"x": 1}}]}, "/access/0/acl", "bad-value"),
    ({"servers": [NONE], "access": [{"object": 3, "owner": 101, "acl": {"101": 32}}]}, "/access/0/acl/101",
     "bad-value"),
    ({"servers": [NONE], "delete": ["/3/0/1"]}, "/delete/0", "bad-value"),
    ({"servers": [NONE], "delete": ["x"]}, "/delete/0", "bad-value"),
    ({"servers": [NONE], "write": [{"path": "/1/0/1", "value": 1}]}, "/write/0/path", "bad-value"),
    ({"servers": [NONE], "write": [{"path": "/21/0/1", "value": "x"}]}, "/write/0/path", "bad-value"),
    ({"servers": [NONE], "write": [{"path": "/3/0/13", "value": True}]}, "/write/0", "bad-value"),
    ({"servers": [NONE], "write": [{"path": "/31024/0/1", "value": True}]}, "/write/0", "unknown-type"),
    ({"servers": [NONE], "write": [{"path": "/3/0/15"}]}, "/write/0", "bad-json"),
    ({"servers": [NONE], "format": "text"}, "/format", "bad-value"),
    ({"servers": [NONE], "format": 1}, "/format", "bad-value"),
])
def test_a_wrong_member_is_named(boot, configuration, pointer, kind):
    status, body = boot.api.call("PUT", "/bootstrap/one", configuration)
    assert (status, body["type"]) == (400, kind), body
    assert body["detail"].startswith(pointer + ": "), body
    assert boot.api.call("GET", "/bootstrap/one")[0] == 404


def test_what_is_no_configuration_is_refused(boot):
    for data, kind in ((b"", "bad-json"), (b"[]", "bad-json"), (b'{"servers":[],"servers":[]}', "bad-json"),
                       (b'{"color":1}', "unknown-member")):
        status, _, body = boot.api.raw("PUT", "/api/v1/bootstrap/one", data=data)
        assert (status, json.loads(body)["type"]) == (400, kind), body
    status, body = boot.api.call("PUT", "/bootstrap/one", {
        "servers": [NONE], "write": [{"path": "/3/0/15", "value": 70000 * "x"}]})
    assert (status, body["type"]) == (413, "too-large")
    status, body = boot.api.call("PUT", "/bootstrap/*", {
        "servers": [{**PSK, "security": {"mode": "psk", "generate": True, "identity": "x"}}]})
    assert body["detail"].startswith("/servers/0/security/identity: "), body


def test_without_an_admins_token_nothing_is_told(boot):
    status, made = boot.api.call("POST", "/tokens", {"role": "operator", "name": "x"})
    assert status == 201
    boot.api.token = made["token"]
    for method, path in (("GET", "/bootstrap"), ("PUT", "/bootstrap/x"), ("GET", "/bootstrap/x/sessions")):
        assert boot.api.call(method, path)[0] == 403


def test_steps_and_ends_are_events(boot, device):
    boot.put("one", {"servers": [NONE]})
    request = urllib.request.Request(boot.url + "/api/v1/events?type=bootstrap",
                                     headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
        told = (json.loads(line[6:]) for line in stream if line.startswith(b"data: "))
        assert device(boot).ask("ep=one") == "2.04"
        boot.session("one")
        assert device(boot).ask("ep=two") == "4.00"
        seen = [next(told) for _ in range(9)]
    states = [event["bootstrap"]["state"] for event in seen]
    assert states == ["begun", *6 * ["step"], "done", "refused"]
    assert seen[1]["bootstrap"].items() >= {"method": "discover", "path": "/0", "code": "2.05"}.items()
    assert seen[8]["endpoint"] == "two" and "no configuration" in seen[8]["bootstrap"]["reason"]


# ---- The command line ----

def test_configurations_on_the_command_line(boot, device, tmp_path):
    file, many = tmp_path / "one.json", tmp_path / "many.json"
    file.write_text(json.dumps({"servers": [NONE, PSK]}))
    many.write_text(json.dumps({"items": [{"endpoint": "m-*", "configuration": {"servers": [NONE]}}]}))
    assert boot.linnet("bootstrap", "set", "one", file) == (0, "", "")
    assert boot.linnet("bootstrap", "import", many) == (0, "1 imported\n", "")
    status, out, _ = boot.linnet("bootstrap")
    assert status == 0 and [line.split()[0] for line in out.splitlines()] == ["NAME", "m-*", "one"]
    assert "102=coaps://lwm2m.example.com (psk)" in out
    status, out, _ = boot.linnet("bootstrap", "show", "one")
    assert json.loads(out)["servers"][0] == NONE and KEY not in out
    assert device(boot).ask("ep=one") == "2.04"
    boot.session("one")
    status, out, _ = boot.linnet("bootstrap", "sessions", "one")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["WHEN", "STEP", "PATH", "CODE"] and lines[1][-3:] == ["discover", "/0", "2.05"]
    assert "done" in lines[-1]
    assert boot.linnet("bootstrap", "delete", "one")[0] == 0
    assert boot.linnet("bootstrap", "show", "one")[0] == 1
    file.write_text(json.dumps({"servers": [{**NONE, "short_id": 0}]}))
    status, _, err = boot.linnet("bootstrap", "set", "one", file)
    assert status == 1 and "/servers/0/short_id" in err
    assert boot.linnet("bootstrap", "set", "one")[0] == 2


def test_provision_needs_dtls(boot):
    status, _, err = boot.linnet("provision", "one", "--psk")
    assert status == 1 and "--bootstrap-coaps" in err
    assert boot.linnet("provision", "one")[0] == 2
