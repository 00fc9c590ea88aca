"""HTTPS for the API: the certificate that is served, how it changes, what is refused, and slow clients."""

import json
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest
from conftest import BIN, PATIENCE, TOKEN, Program, free_port, until


def make_certificate(folder, name, subject):
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "30", "-subj", f"/CN={subject}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                    key, "-out", cert], check=True, capture_output=True, timeout=PATIENCE)
    return cert, key


class Https:
    def __init__(self, folder, *options):
        self.cert, self.key = make_certificate(folder, "served", "first")
        self.port = free_port(socket.SOCK_STREAM)
        self.url = f"https://127.0.0.1:{self.port}"
        self.program = Program("linnetd", "--coap", "off", "--data", ":memory:", "--http", f"127.0.0.1:{self.port}",
                               "--http-cert", self.cert, "--http-key", self.key, *options, env={"LINNET_TOKEN": TOKEN})
        self.program.wait_for("linnetd: ready")

    def connect(self, **limits):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if limits:
            context.set_ciphers("DEFAULT@SECLEVEL=0")  # or our own side would refuse the old ones
        for name, value in limits.items():
            setattr(context, name, value)
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return context.wrap_socket(raw, server_hostname="localhost")

    def served(self):
        with self.connect() as tls:
            return tls.getpeercert(binary_form=True)

    def hup(self):
        self.program.process.send_signal(signal.SIGHUP)


@pytest.fixture
def https(tmp_path):
    started = []

    def start(*options):
        started.append(Https(tmp_path, *options))
        return started[-1]
    yield start
    for s in started:
        assert s.program.end() == 0, "\n".join(s.program.lines)


def der(cert):
    return ssl.PEM_cert_to_DER_cert(cert.read_text())


def ask(tls, path):
    tls.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += tls.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    while len(body) < length:
        body += tls.recv(65536)
    return head.split(b"\r\n")[0], body


def test_the_api_answers_over_tls_and_trusts_who_it_is_told_to(https):
    server = https()
    context = ssl.create_default_context(cafile=server.cert)
    request = urllib.request.Request(server.url + "/api/v1/devices", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:
        assert json.loads(answer.read())["items"] == []


def test_sighup_changes_the_certificate_and_open_connections_go_on(https, tmp_path):
    server = https()
    first = der(server.cert)
    with server.connect() as tls:
        assert ask(tls, "/api/v1/devices")[0] == b"HTTP/1.1 200 OK"
        cert, key = make_certificate(tmp_path, "next", "second")
        server.cert.write_text(cert.read_text())
        server.key.write_text(key.read_text())
        assert server.served() == first
        server.hup()
        server.program.wait_for("was read again")
        assert server.served() == der(cert) != first
        assert ask(tls, "/api/v1/devices")[0] == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("harm, words", [
    (lambda s, cert, key: s.cert.write_text("nonsense"), "no chain"),
    (lambda s, cert, key: s.cert.unlink(), "cannot be read"),
    (lambda s, cert, key: s.key.write_text("nonsense"), "no private key"),
    (lambda s, cert, key: s.cert.write_text(cert.read_text()), "not that of its first certificate"),
])
def test_a_wrong_certificate_at_sighup_leaves_the_old_one(https, tmp_path, harm, words):
    server = https()
    first = server.served()
    harm(server, *make_certificate(tmp_path, "next", "second"))
    server.hup()
    server.program.wait_for("the certificate that was in use stays")
    assert any(" error " in line and words in line for line in server.program.lines)
    assert server.served() == first


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_before_1_2_is_refused(https):
    server = https()
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    with pytest.raises((ssl.SSLError, ConnectionError)):
        server.connect(**old)
    with server.connect(maximum_version=ssl.TLSVersion.TLSv1_2) as tls:
        assert tls.version() == "TLSv1.2"
    with server.connect() as tls:
        assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize("options, status, words", [
    (["--http-cert", "{cert}"], 2, "both"),
    (["--http-cert", "/nowhere", "--http-key", "{key}"], 1, "cannot be read"),
    (["--http-cert", "{key}", "--http-key", "{key}"], 1, "no chain"),
    (["--http-cert", "{cert}", "--http-key", "{other}"], 1, "not that of its first certificate"),
    (["--http-header-timeout", "0"], 2, "seconds"),
])
def test_what_cannot_be_served_ends_the_start(run, tmp_path, options, status, words):
    cert, key = make_certificate(tmp_path, "one", "one")
    _, other = make_certificate(tmp_path, "two", "two")
    options = [word.format(cert=cert, key=key, other=other) for word in options]
    got, _, err = run("linnetd", "--coap", "off", "--http", f"127.0.0.1:{free_port(socket.SOCK_STREAM)}", *options)
    assert got == status and words in err and err.startswith("linnetd: --http")


def test_with_a_certificate_it_listens_beyond_loopback(https):
    port = free_port(socket.SOCK_STREAM)
    server = https("--http", f"0.0.0.0:{port}")
    server.port = port
    assert server.served() == der(server.cert)


def linnet(server, *words):
    done = subprocess.run([BIN / "linnet", "--url", server.url, "--token", TOKEN, *words], capture_output=True, text=True,
                          timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


def test_the_command_line_trusts_the_certificate_that_it_is_given(https, tmp_path):
    server = https()
    assert linnet(server, "--cacert", server.cert, "server")[0] == 0
    status, _, err = linnet(server, "server")
    assert status == 1 and "not trusted" in err and "--cacert" in err
    status, _, err = linnet(server, "--cacert", tmp_path / "nothing", "server")
    assert status == 1 and str(tmp_path / "nothing") in err


# ---- Slow clients ----

def dribble(send, step=0.1):
    """Sends a byte of endless headers now and then, until the server has had enough; returns how long that took."""
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE:
        try:
            send(b"x")
        except OSError:
            return time.monotonic() - start
        time.sleep(step)
    raise AssertionError("a slow client was never cut off")


@pytest.mark.parametrize("begin", [b"", b"GET /healthz HTTP/1.1\r\nX-Slow: "])
def test_headers_that_never_end_are_cut_off(start_server, begin):
    server = start_server("--http-header-timeout", 1)
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=PATIENCE) as slow:
        slow.sendall(begin)
        assert 0.5 < dribble(slow.sendall) < 10
    assert server.api.metric("linnet_http_slow_connections_total") == 1
    assert server.api.raw("GET", "/healthz")[0] == 200


def test_a_handshake_that_never_ends_is_cut_off(https):
    server = https("--http-header-timeout", 1)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as slow:
        slow.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert 0.5 < dribble(slow.sendall) < 10
    assert len(server.served()) > 0


def test_a_request_that_waits_is_not_slow(start_server):
    server = start_server("--http-header-timeout", 1)
    stream = subprocess.Popen([BIN / "linnet", "--url", server.url, "--token", TOKEN, "events"])
    try:
        until(lambda: server.api.metric("linnet_event_streams") == 1, "the stream is open")
        with socket.create_connection(("127.0.0.1", server.http_port), timeout=PATIENCE) as slow:
            dribble(slow.sendall)
        assert server.api.metric("linnet_event_streams") == 1
    finally:
        stream.kill()
        stream.wait(PATIENCE)
