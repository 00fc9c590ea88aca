"""linnetd over DTLS with peers that nobody here wrote: OpenSSL, and libcoap over OpenSSL and GnuTLS."""

import re
import shutil
import subprocess

import pytest
from coaps import DELETE, POST, Client, Refused, certificate, with_certificate, with_key
from conftest import PATIENCE, Server, free_port, until

KEY, OTHER_KEY = "000102030405060708090a0b0c0d0e0f", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
CERTIFIED = "urn:dev:ops:32473-1"
CERTIFICATES = ("--coaps-cert", certificate("server-chain.pem"), "--coaps-key", certificate("server.key"),
                "--coaps-ca", certificate("ca.pem"), "--coaps-crl", certificate("ca.crl"))
KEY_SUITES = ["PSK-AES128-CCM8", "PSK-AES128-CBC-SHA256"]
CERTIFIED_SUITES = ["ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"]
LIBCOAP = ["coap-client-openssl", "coap-client-gnutls"]


def put(server, endpoint, identity=None, key=KEY, **more):
    status, body = server.api.call("PUT", f"/credentials/{endpoint}",
                                   {"mode": "psk", "identity": identity or endpoint, "key": key, **more})
    assert status in (200, 201), body


def bind(server, endpoint, subject):
    status, body = server.api.call("PUT", f"/credentials/{endpoint}", {"mode": "x509", "subject": subject})
    assert status == 201, body


class Secure(Server):
    def __init__(self, *options):
        self.coaps_port = free_port()
        super().__init__("--coaps", f"127.0.0.1:{self.coaps_port}", "--shards", "2", *options)


@pytest.fixture
def start():
    started = []

    def start_server(*options):
        started.append(Secure(*options))
        return started[-1]
    yield start_server
    for server in started:
        assert server.program.end() == 0, "\n".join(server.program.lines)


@pytest.fixture
def server(start):
    return start(*CERTIFICATES)


@pytest.fixture
def client():
    """Opens a session with a server, and ends it."""
    opened = []

    def open_session(server, *options, **more):
        opened.append(Client(server.coaps_port, *options, **more))
        return opened[-1]
    yield open_session
    for one in opened:
        one.end()


def libcoap(tool, server, path, *options):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([tool, "-v", "7", "-B", str(PATIENCE), "-m", "post", "-t", "40", "-e", "</1/0>,</3/0>", *options,
                           f"coaps://127.0.0.1:{server.coaps_port}{path}"], capture_output=True, text=True,
                          timeout=PATIENCE + 5)
    return done.stdout + done.stderr


# ---- Who belongs ----


@pytest.mark.parametrize("suite", KEY_SUITES)
def test_openssl_registers_updates_and_leaves_with_a_key(server, client, suite):
    put(server, "meter-1", "identity of 1")
    device = client(server, *with_key("identity of 1", KEY, suite))
    code, location = device.register("meter-1")
    assert code == "2.01"
    assert server.api.device("meter-1")["security"] == {"mode": "psk", "identity": "identity of 1"}
    assert device.ask(POST, location, ["lt=500"])[0] == "2.04"
    assert server.api.device("meter-1")["lifetime"] == 500
    assert device.ask(DELETE, location)[0] == "2.02"
    assert server.api.device("meter-1") is None


@pytest.mark.parametrize("suite", CERTIFIED_SUITES)
def test_openssl_registers_with_a_certificate(server, client, suite):
    bind(server, "meter-2", CERTIFIED)
    assert client(server, *with_certificate("device", suite)).register("meter-2")[0] == "2.01"
    assert server.api.device("meter-2")["security"] == {"mode": "x509", "identity": CERTIFIED}


@pytest.mark.parametrize("tool", LIBCOAP)
def test_libcoap_registers_with_a_key(server, tool):
    put(server, "meter-1", key=b"sixteen bytes...".hex())
    out = libcoap(tool, server, "/rd?ep=meter-1&lt=300&lwm2m=1.1&b=U", "-u", "meter-1", "-k", "sixteen bytes...")
    assert re.search(r"2\.01.*Location-Path:rd", out), out
    assert server.api.device("meter-1")["security"]["mode"] == "psk"


@pytest.mark.parametrize("tool", LIBCOAP)
def test_libcoap_registers_with_a_certificate(server, tool):
    bind(server, "meter-2", CERTIFIED)
    out = libcoap(tool, server, "/rd?ep=meter-2&lt=300&lwm2m=1.1&b=U", "-c", certificate("device.pem"), "-j",
                  certificate("device.key"), "-R", certificate("ca.pem"))
    assert re.search(r"2\.01.*Location-Path:rd", out), out
    assert server.api.device("meter-2")["security"] == {"mode": "x509", "identity": CERTIFIED}


def test_a_device_that_does_not_say_its_name_is_who_it_proves(server, client):
    put(server, "meter-1", "identity of 1")
    assert client(server, *with_key("identity of 1", KEY)).register(None)[0] == "2.01"
    assert server.api.device("meter-1")["security"]["identity"] == "identity of 1"


def test_the_list_can_be_asked_for_those_with_security(server, client):
    put(server, "meter-1")
    bind(server, "meter-2", CERTIFIED)
    assert client(server, *with_key("meter-1", KEY)).register("meter-1")[0] == "2.01"
    assert client(server, *with_certificate("device")).register("meter-2")[0] == "2.01"

    def names(mode):
        return [item["endpoint"] for item in server.api.get(f"/devices?security={mode}")["items"]]
    assert (names("psk"), names("x509"), names("none")) == (["meter-1"], ["meter-2"], [])
    assert server.api.call("GET", "/devices?security=tin")[0] == 400


# ---- Who does not ----


def refused(server, session, metric, code=None):
    """The session is refused, or its Register is with this code; and the metric says so, by one."""
    if code is None:
        with pytest.raises(Refused):
            session.register("meter-1")
    else:
        assert session.register("meter-1") == (code, "")
    until(lambda: server.api.metric(f"linnet_{metric}_total") == 1, f"{metric} counts it")
    assert server.api.get("/devices")["items"] == []


BAD = {
    "wrong key": (with_key("meter-1", OTHER_KEY), "dtls_wrong_key", None),
    "unknown identity": (with_key("nobody", KEY), "dtls_unknown_identity", None),
    "identity of another device": (with_key("meter-9", KEY), "wrong_endpoint", "4.00"),
    "certificate of another device": (with_certificate("device"), "wrong_endpoint", "4.00"),
    "expired certificate": (with_certificate("expired"), "dtls_expired_certificate", None),
    "untrusted certificate": (with_certificate("untrusted"), "dtls_untrusted_certificate", None),
    "revoked certificate": (with_certificate("revoked"), "dtls_revoked_certificate", None),
    "name that nobody bound": (with_certificate("device"), "dtls_refused_identity", None),
    "suite that does not encrypt": (with_key("meter-1", KEY, "PSK-NULL-SHA256"), "dtls_no_common_suite", None),
}


@pytest.mark.parametrize("how", BAD)
def test_who_does_not_belong_is_refused_and_counted(server, client, how):
    options, metric, code = BAD[how]
    put(server, "meter-1")
    put(server, "meter-9")
    if how != "name that nobody bound":
        bind(server, "meter-2", CERTIFIED)
    refused(server, client(server, *options), metric, code)


def test_another_identity_cannot_touch_a_registration(server, client):
    put(server, "meter-1")
    put(server, "meter-9", key=OTHER_KEY)
    location = client(server, *with_key("meter-1", KEY)).register("meter-1")[1]
    before = server.api.device("meter-1")
    thief = client(server, *with_key("meter-9", OTHER_KEY))
    assert thief.ask(POST, location, ["lt=1"])[0] == "4.04"
    assert thief.ask(DELETE, location)[0] == "4.04"
    assert server.api.device("meter-1") == before
    assert server.api.metric("linnet_wrong_peer_total") == 2


def without_security(server, endpoint):
    if shutil.which("coap-client-notls") is None:
        pytest.skip("coap-client-notls is not installed")
    done = subprocess.run(["coap-client-notls", "-v", "7", "-B", str(PATIENCE), "-m", "post", "-t", "40", "-e", "</3/0>",
                           f"coap://127.0.0.1:{server.coap_port}/rd?ep={endpoint}&lt=300&lwm2m=1.1&b=U"],
                          capture_output=True, text=True, timeout=PATIENCE + 5)
    return re.search(r"ACK c:(\d\.\d\d)", done.stdout + done.stderr)[1]


def test_who_has_credentials_does_not_come_without_them(server):
    put(server, "meter-1")
    assert without_security(server, "meter-1") == "4.03"
    assert server.api.metric("linnet_not_admitted_total") == 1
    assert without_security(server, "meter-5") == "2.01"


def test_unless_the_operator_lets_it(start):
    server = start("--nosec-for-known", "on")
    put(server, "meter-1")
    assert without_security(server, "meter-1") == "2.01"


# ---- Revocation ----


@pytest.mark.parametrize("how", ["deleted", "changed", "changed under the same identity"])
def test_a_revoked_key_ends_its_session_at_once(server, client, how):
    put(server, "meter-1")
    put(server, "meter-9", key=OTHER_KEY)
    device, other = client(server, *with_key("meter-1", KEY)), client(server, *with_key("meter-9", OTHER_KEY))
    location = device.register("meter-1")[1]
    other_location = other.register("meter-9")[1]
    if how == "deleted":
        assert server.api.call("DELETE", "/credentials/meter-1")[0] == 204
    else:
        put(server, "meter-1", "meter-1" if "same" in how else "meter-1b", OTHER_KEY)
    assert device.ended() is not None
    assert server.api.metric("linnet_dtls_revoked_sessions_total") == 1
    with pytest.raises(Refused):
        client(server, *with_key("meter-1", KEY)).register("meter-1")
    assert other.ask(POST, other_location)[0] == "2.04"
    assert server.api.metric("linnet_dtls_sessions") == 1
    assert location


def test_a_new_key_beside_the_old_one_ends_nothing_until_that_is_removed(server, client):
    put(server, "meter-1", "old")
    old = client(server, *with_key("old", KEY))
    location = old.register("meter-1")[1]
    put(server, "meter-1", "new", OTHER_KEY, previous="keep")
    assert old.ask(POST, location)[0] == "2.04"
    new = client(server, *with_key("new", OTHER_KEY))
    code, location = new.register("meter-1")
    assert code == "2.01"
    assert server.api.call("DELETE", "/credentials/meter-1?slot=1")[0] == 204
    assert old.ended() is not None
    assert new.ask(POST, location)[0] == "2.04"


def test_one_identity_cannot_have_two_keys(server):
    put(server, "meter-1", "same")
    status, problem = server.api.call("PUT", "/credentials/meter-1", {
        "mode": "psk", "identity": "same", "key": OTHER_KEY, "previous": "keep"})
    assert status == 409, problem
    assert "new identity" in problem["detail"]


# ---- Restarts ----


@pytest.mark.parametrize("shards", [1, 2])
def test_a_session_goes_on_after_a_planned_restart(client, tmp_path, shards):
    data = tmp_path / "data"
    options = ("--data", data, "--shards", shards)
    first = Secure(*options)
    put(first, "meter-1")
    device = client(first, *with_key("meter-1", KEY))
    location = device.register("meter-1")[1]
    assert first.program.end() == 0
    assert (data / "sessions").stat().st_mode & 0o777 == 0o600
    second = Restarted(first, *options)
    try:
        assert not (data / "sessions").exists()
        assert second.api.device("meter-1")["security"]["identity"] == "meter-1"
        assert device.ask(POST, location, ["lt=700"])[0] == "2.04"
        assert second.api.device("meter-1")["lifetime"] == 700
        assert second.api.metric("linnet_dtls_verify_requests_total") == 0
    finally:
        assert second.program.end() == 0


def test_a_saved_session_is_not_used_once_its_key_was_revoked_or_the_file_changed(client, tmp_path):
    data = tmp_path / "data"
    options = ("--data", data)
    first = Secure(*options)
    put(first, "meter-1")
    location = client(first, *with_key("meter-1", KEY)).register("meter-1")[1]
    assert first.program.end() == 0
    kept = bytearray((data / "sessions").read_bytes())
    kept[-1] ^= 1
    (data / "sessions").write_bytes(kept)
    second = Restarted(first, *options)
    try:
        second.program.wait_for("could not be brought back")
        assert second.api.metric("linnet_dtls_sessions") == 0
        assert second.api.device("meter-1")["state"] == "unreachable"
        assert client(second, *with_key("meter-1", KEY)).ask(POST, location)[0] == "2.04"
        assert second.api.device("meter-1")["state"] == "online"
    finally:
        assert second.program.end() == 0


def test_after_a_crash_a_new_handshake_finds_its_registration_and_no_stranger_does(client, tmp_path):
    data = tmp_path / "data"
    first = Secure("--data", data)
    put(first, "meter-1")
    put(first, "meter-9", key=OTHER_KEY)
    location = client(first, *with_key("meter-1", KEY)).register("meter-1")[1]
    first.program.end(9)
    second = Restarted(first, "--data", data)
    try:
        assert second.api.device("meter-1")["security"] == {"mode": "psk", "identity": "meter-1"}
        assert client(second, *with_key("meter-9", OTHER_KEY)).ask(POST, location, ["lt=1"])[0] == "4.04"
        assert client(second, *with_key("meter-1", KEY)).ask(POST, location, ["lt=700"])[0] == "2.04"
    finally:
        assert second.program.end() == 0


class Restarted(Server):
    """On the ports of another that has ended."""

    def __init__(self, before, *options):
        self.coaps_port = before.coaps_port
        super().__init__("--coaps", f"127.0.0.1:{self.coaps_port}", *(() if "--shards" in options else ("--shards", 2)),
                         *options)
