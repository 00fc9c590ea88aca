"""linnetd over DTLS with peers that nobody here wrote: OpenSSL, and libcoap over OpenSSL and GnuTLS."""

import base64
import concurrent.futures
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request

import pytest
from coaps import DELETE, POST, Client, Ours, Refused, Way, certificate, parse, with_certificate, with_key
from conftest import BIN, PATIENCE, TOKEN, Server, free_port, until

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
        port = server.coaps_port if isinstance(server, Server) else server
        opened.append(more.pop("kind", Client)(port, *options, **more))
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
    _, out, _ = server.linnet("devices", "--security", "x509")
    assert [line.split()[:5:4] for line in out.splitlines()] == [["ENDPOINT", "SECURITY"], ["meter-2", "x509"]]
    _, out, _ = server.linnet("show", "meter-1")
    assert re.search(r"security\.identity +meter-1", out), out


def test_the_event_of_a_registration_tells_who_proved_what(server, client):
    put(server, "meter-1", "identity of 1")
    assert client(server, *with_key("identity of 1", KEY)).register("meter-1")[0] == "2.01"
    request = urllib.request.Request(f"{server.url}/api/v1/events", headers={
        "Authorization": f"Bearer {TOKEN}", "Last-Event-ID": "0"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
        assert client(server, *with_key("identity of 1", KEY)).register("meter-1")[0] == "2.01"
        event = next(json.loads(line[6:]) for line in stream if line.startswith(b"data: "))
    assert event["security"] == {"mode": "psk", "identity": "identity of 1"}


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
    with pytest.raises(Refused):
        device.hear()
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
    with pytest.raises(Refused):
        old.hear()
    assert new.ask(POST, location)[0] == "2.04"


def test_a_ticket_resumes_a_session_until_its_key_is_changed(start, client, tmp_path):
    server = start("--shards", 1)  # a ticket is for the shard that gave it
    ticket = tmp_path / "ticket"
    put(server, "meter-1")
    first = client(server, *with_key("meter-1", KEY), "-sess_out", ticket)
    assert first.register("meter-1")[0] == "2.01"
    first.ended()
    assert client(server, *with_key("meter-1", KEY), "-sess_in", ticket).register("meter-1")[0] == "2.01"
    assert server.api.metric("linnet_dtls_resumed_total") == 1
    assert server.api.call("DELETE", "/credentials/meter-1")[0] == 204
    put(server, "meter-1", key=OTHER_KEY)
    with pytest.raises(Refused):
        client(server, *with_key("meter-1", KEY), "-sess_in", ticket).register("meter-1")
    assert client(server, *with_key("meter-1", OTHER_KEY), "-sess_in", ticket).register("meter-1")[0] == "2.01"
    assert server.api.metric("linnet_dtls_resumed_total") == 1
    assert server.api.metric("linnet_dtls_refused_identity_total") == 2


def test_certificates_are_read_again_by_sighup(start, client, tmp_path):
    files = {name: tmp_path / name for name in ("server-chain.pem", "server.key", "ca.pem", "ca.crl")}
    for name, path in files.items():
        shutil.copy(certificate(name), path)
    server = start("--coaps-cert", files["server-chain.pem"], "--coaps-key", files["server.key"], "--coaps-ca",
                   files["ca.pem"])
    subject = subprocess.run(["openssl", "x509", "-in", certificate("revoked.pem"), "-noout", "-subject", "-nameopt",
                              "multiline"], capture_output=True, text=True, check=True).stdout
    bind(server, "meter-2", re.search(r"commonName += (.*)", subject)[1])
    assert client(server, *with_certificate("revoked")).register("meter-2")[0] == "2.01"
    files["ca.pem"].write_text("-----BEGIN nonsense")
    server.program.process.send_signal(signal.SIGHUP)
    server.program.wait_for("the certificates that were in use stay")
    assert client(server, *with_certificate("revoked")).register("meter-2")[0] == "2.01"
    shutil.copy(certificate("untrusted.pem"), files["ca.pem"])
    server.program.process.send_signal(signal.SIGHUP)
    server.program.wait_for("the certificates of DTLS were read again")
    with pytest.raises(Refused):
        client(server, *with_certificate("revoked")).register("meter-2")
    assert server.api.metric("linnet_dtls_untrusted_certificate_total") == 1


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


# ---- The network ----

KEY_TEXT = "sixteen bytes..."


@pytest.fixture
def way():
    opened = []

    def open_way(server):
        opened.append(Way(server.coaps_port))
        return opened[-1]
    yield open_way
    for one in opened:
        one.end()


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_a_device_behind_another_address_goes_on_without_a_handshake(start, client, way, shards):
    server = start("--shards", shards)
    put(server, "meter-1", key=KEY_TEXT.encode().hex())
    nat = way(server)
    device = client(nat.port, "meter-1", KEY_TEXT, kind=Ours)
    code, location = device.register("meter-1")
    assert code == "2.01"
    for i in range(2, 10):
        nat.move(f"127.0.0.{i}")
        assert device.ask(POST, location, [f"lt={i}00"])[0] == "2.04"
        assert server.api.device("meter-1")["address"] == nat.address
    assert server.api.metric("linnet_dtls_moved_total") == 8
    assert server.api.metric("linnet_dtls_opened_total") == 1


def test_what_the_server_wants_goes_to_where_the_device_was_heard_last(start, client, way):
    server = start()
    put(server, "meter-1", key=KEY_TEXT.encode().hex())
    nat = way(server)
    device = client(nat.port, "meter-1", KEY_TEXT, kind=Ours)
    assert device.register("meter-1")[0] == "2.01"
    nat.move("127.0.0.9")
    device.say(bytes([0x40, 0, 0x12, 0x34]))  # a ping: any record that is newer
    assert parse(device.hear())[0] == "0.00"
    until(lambda: server.api.device("meter-1")["address"] == nat.address, "the engine knows the new address")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        read = pool.submit(server.api.call, "GET", "/devices/meter-1/data/3/0/0")
        request = device.hear()
        token = request[4:4 + (request[0] & 15)]
        device.say(bytes([0x60 | len(token), 0x45]) + request[2:4] + token + b"\xc0\xffLinnet")
        status, body = read.result(PATIENCE)
    assert (status, body["records"][0]["value"]) == (200, "Linnet")


def test_without_a_connection_id_a_new_address_needs_a_new_handshake(start, client, way):
    server = start()
    put(server, "meter-1", key=KEY_TEXT.encode().hex())
    nat = way(server)
    device = client(nat.port, "meter-1", KEY_TEXT, "--no-cid", kind=Ours)
    assert device.register("meter-1")[0] == "2.01"
    nat.move("127.0.0.9")
    device.say(bytes([0x40, 0, 0x12, 0x34]))
    until(lambda: server.api.metric("linnet_dtls_unknown_session_total") == 1, "the record belongs to nobody")
    again = client(nat.port, "meter-1", KEY_TEXT, kind=Ours)
    assert again.register("meter-1")[0] == "2.01"
    assert len(server.api.get("/devices")["items"]) == 1


def test_replayed_records_change_nothing_and_are_counted(server, client, way):
    put(server, "meter-1")
    path = way(server)
    device = client(path.port, *with_key("meter-1", KEY))
    location = device.register("meter-1")[1]
    path.copies = 3
    assert device.ask(POST, location, ["lt=500"])[0] == "2.04"
    until(lambda: server.api.metric("linnet_dtls_dropped_records_total") == 2, "both copies are dropped")
    assert server.api.metric("linnet_updates_total") == 1


def hello(message, fragment_at=0, fragment=None):
    """A record with a ClientHello, whole or a part of it."""
    part = message[fragment_at:] if fragment is None else message[fragment_at:fragment_at + fragment]
    handshake = (b"\x01" + len(message).to_bytes(3, "big") + b"\0\0" + fragment_at.to_bytes(3, "big") +
                 len(part).to_bytes(3, "big") + part)
    return b"\x16\xfe\xff" + bytes(8) + len(handshake).to_bytes(2, "big") + handshake


def client_hello(cookie=b""):
    return (b"\xfe\xfd" + os.urandom(32) + b"\0" + bytes([len(cookie)]) + cookie + b"\0\x04\xc0\xa8\0\xae" + b"\x01\0")


@pytest.mark.parametrize("datagram, metric", [
    (hello(client_hello(), 10), "bad_hello"),
    (hello(client_hello(), 0, 20), "bad_hello"),
    (hello(client_hello()[:-3]), "bad_hello"),
    (hello(client_hello())[:-5], "not_dtls"),
    (hello(client_hello(bytes(32))), "bad_cookie"),
    (b"\x19\xfe\xfd" + bytes(2) + bytes(6) + b"\x00" + bytes(7) + b"\0\x10" + bytes(16), "unknown_session"),
    (b"\x17\xfe\xfd\0\x01" + bytes(6) + b"\0\x10" + bytes(16), "unknown_session"),
    (bytes([0x40, 1, 0, 1]), "not_dtls"),
    (b"", None),
    (b"\x19", "not_dtls"),
    (bytes(2000), "too_long"),
], ids=["fragment", "first fragment", "cut hello", "cut record", "foreign cookie", "foreign id", "foreign address", "coap",
        "nothing", "a byte", "too long"])
def test_what_is_no_dtls_of_ours_is_counted_and_keeps_nothing(server, datagram, metric):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.sendto(datagram, ("127.0.0.1", server.coaps_port))
        device.sendto(hello(client_hello()), ("127.0.0.1", server.coaps_port))
    until(lambda: server.api.metric("linnet_dtls_verify_requests_total") >= 1, "the good one is answered")
    if metric is not None:
        assert server.api.metric(f"linnet_dtls_{metric}_total") == 1
    assert server.api.metric("linnet_dtls_handshakes") == 0


def resident(server):
    text = open(f"/proc/{server.program.process.pid}/status", encoding="ascii").read()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1])


def spoof(port, count, make):
    """Sends from count addresses of 127.0.0.0/8, by IP_PKTINFO."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.IPPROTO_IP, 8, 1)
        for i in range(count):
            source = bytes([127, 1 + (i >> 16), i >> 8 & 255, i & 255])
            s.sendmsg([make(i)], [(socket.IPPROTO_IP, 8, bytes(4) + source + bytes(4))], 0, ("127.0.0.1", port))


def test_hellos_of_100000_spoofed_addresses_keep_nothing_and_devices_are_served_meanwhile(server, client):
    put(server, "meter-1")
    device = client(server, *with_key("meter-1", KEY))
    code, location = device.register("meter-1")
    assert code == "2.01"
    device.again_after = 0.5  # the socket's buffer is full at times: what was lost is said again
    plain, foreign = hello(client_hello()), hello(client_hello(bytes(32)))
    spoof(server.coaps_port, 20_000, lambda i: plain)  # buffers and rings of fixed size are touched once
    for _ in range(5000):
        assert device.ask(POST, location)[0] == "2.04"
    before, answered = resident(server), server.api.metric("linnet_dtls_verify_requests_total")
    flood = threading.Thread(target=spoof, args=(server.coaps_port, 100_000,
                                                 lambda i: foreign if i % 4 == 0 else plain))
    flood.start()
    served = 0
    while flood.is_alive():
        assert device.ask(POST, location)[0] == "2.04"
        served += 1
    flood.join()
    answered = server.api.metric("linnet_dtls_verify_requests_total") - answered
    print(f"{answered:.0f} hellos answered, {served} Updates meanwhile, {before} kB before, {resident(server)} kB after")
    assert answered > 50_000
    assert served >= 5
    is_watched = any(mark in (BIN / "linnetd").read_bytes() for mark in (b"__asan_init", b"__tsan_init"))
    assert resident(server) - before < (512, 8192)[is_watched]
    assert server.api.metric("linnet_dtls_handshakes") == 0
    assert server.api.metric("linnet_dtls_sessions") == 1


# ---- No key comes out ----


def memory_of(pid):
    """What a core file of the process would have: all that it can write, but for pages that are left out of dumps."""
    regions, keep = [], False
    with open(f"/proc/{pid}/smaps", encoding="ascii") as maps:
        for line in maps:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                span, rights, *_, name = (line.rstrip("\n") + " ").split(" ", 5)
                start, end = (int(part, 16) for part in span.split("-"))
                keep = rights.startswith("rw") and "[v" not in name
            elif line.startswith("VmFlags:") and keep and " dd" not in line:
                regions.append((start, end))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end in regions:
            memory.seek(start)
            yield start, memory.read(end - start)


def forms(key):
    text = base64.b64encode(key)
    return [key, key.hex().encode(), key.hex().upper().encode(), text.rstrip(b"="),
            base64.urlsafe_b64encode(key).rstrip(b"=")]


@pytest.mark.plain
def test_no_key_stands_anywhere_not_even_in_a_core_file(client, tmp_path):
    data = tmp_path / "data"
    server = Secure("--data", data, "--log-level", "trace", *CERTIFICATES)
    keys = [secrets.token_bytes(16) for _ in range(3000)]
    lines = "".join(f"meter-{i},server,psk,meter-{i},{key.hex()}\n" for i, key in enumerate(keys))
    answers = [server.api.raw("POST", "/api/v1/credentials/import", data=lines.encode(),
                              headers={"Content-Type": "text/csv"})[2]]
    assert b"3000" in answers[0]
    devices = [client(server, *with_key(f"meter-{i}", keys[i].hex(), suite))
               for i, suite in enumerate(KEY_SUITES + KEY_SUITES[:1])]
    assert [device.register(f"meter-{i}")[0] for i, device in enumerate(devices)] == ["2.01"] * 3
    with pytest.raises(Refused):
        client(server, *with_key("meter-3", OTHER_KEY)).register("meter-3")
    changed = secrets.token_bytes(16)
    put(server, "meter-0", key=changed.hex())
    keys.append(changed)
    answers += [server.api.raw("GET", "/api/v1/" + path)[2] for path in ("credentials?limit=1000", "devices", "server")]
    places = {"answers": b"".join(answers)}
    places.update({f"memory at {start:x}": content for start, content in memory_of(server.program.process.pid)})
    places.update({path.name: path.read_bytes() for path in data.iterdir()})
    server.program.end()
    places.update({"at the end " + path.name: path.read_bytes() for path in data.iterdir()})
    places["log"] = "\n".join(server.program.lines).encode()
    assert "at the end sessions" in places and any(b"meter-1" in places[name] for name in places if "memory" in name)
    # A key in hex is seen by any eight bytes of it: a buffer may have been overwritten in part.
    parts = {form[i:i + 16] for key in keys for form in forms(key)[1:3] for i in range(0, 32, 16)}
    whole = {form for key in keys for form in forms(key)}
    starts = {form[:8] for form in whole}

    def keys_in(content):
        hexes = [hit[1] for hit in re.finditer(rb"(?=([0-9A-Fa-f]{16}))", content)]
        at = [i for i in range(len(content) - 15) if content[i:i + 8] in starts]
        return parts & set(hexes) or [content[max(i - 64, 0):i + 64] for i in at
                                      if any(content.startswith(form, i) for form in whole)]
    found = {name: keys_in(content) for name, content in places.items()}
    assert not {name: hits for name, hits in found.items() if hits}
