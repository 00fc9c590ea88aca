"""DTLS with peers that nobody here wrote, keys and certificates, both roles: docs/reference/security.md."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

import leshan
from leshan import LeshanClient, LeshanServer
from linnet import LinnetDevice, Linnetd
from program import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/security.md"
CERTIFICATES = ROOT / "tests/dtls/certificates"
ENDPOINT = "urn:dev:ops:32473-1"  # the common name of its certificate, too
KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"
# libcoap's tools take keys as text only.
TEXT_KEY = "sixteen bytes..."
COLUMNS = ["OpenSSL", "libcoap, OpenSSL", "libcoap, GnuTLS", "Leshan"]
ROWS = ["linnet-device, pre-shared key", "linnet-device, certificates",
        "linnetd, pre-shared key", "linnetd, certificates"]

INTRODUCTION = """\
# Security with others

Who linnet-device and linnetd speak DTLS 1.2 with. This page is made by `pytest tests/interop --write-report`; without
that option the tests fail where the page and the outcomes differ. `./dev check` runs them.

*pass*, for linnet-device: the peer is the server; there was a handshake in which both proved who they are, and a
Register arrived; libcoap's server answered it (with 4.04: it is no LwM2M server), Leshan's registered the device and read
from it. For linnetd: the peer is the client; it shook hands, registered by the endpoint that its credential is bound to,
and had its 2.01; from Leshan's client linnetd read.

The suites are TLS_PSK_WITH_AES_128_CCM_8 and TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, but for libcoap, which chooses by
itself. Leshan {leshan} uses Connection IDs in both roles, OpenSSL 3.0 and libcoap 4.3 have none.
"""


def path(name):
    return str(CERTIFICATES / name)


@pytest.fixture(scope="module")
def der(tmp_path_factory):
    """Files in DER, keys in PKCS#8, as Leshan wants them."""
    folder = tmp_path_factory.mktemp("der")

    def convert(name):
        kind, out = ["pkcs8", "-topk8", "-nocrypt"] if name.endswith(".key") else ["x509"], folder / name
        subprocess.run(["openssl", *kind, "-in", path(name), "-outform", "DER", "-out", out], check=True)
        return str(out)
    return convert


@pytest.fixture
def started():
    running = []
    yield running
    for one in running:
        one.kill()
        one.communicate()


def free_port():
    """With its neighbour, where libcoap listens for coaps."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, socket.socket(
                socket.AF_INET, socket.SOCK_DGRAM) as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"there is no {program}: run ./dev setup")
    return program


def start(started, *command):
    need(command[0])
    started.append(subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT))
    return started[-1]


def hear(process, wanted):
    """Reads until it says so."""
    end, heard = time.monotonic() + PATIENCE, b""
    os.set_blocking(process.stdout.fileno(), False)
    while wanted not in heard:
        assert time.monotonic() < end, f"no {wanted!r} in {heard!r}"
        try:
            more = os.read(process.stdout.fileno(), 4096)
            assert more, f"ended without {wanted!r}: {heard!r}"
            heard += more
        except BlockingIOError:
            time.sleep(0.02)


# ---- linnet-device ----


def device_options(is_key, text=False):
    if is_key:
        return ["--psk", TEXT_KEY.encode().hex() if text else KEY]
    return ["--cert", path("device.pem"), "--key", path("device.key"), "--server-name", "server.example"]


def device(uri, options, said):
    """Starts it, waits until it said so, and ends it."""
    it = LinnetDevice(ENDPOINT, uri, "1.1", *options)
    try:
        it.program.wait_error_line(lambda line: said in line)
        yield it
    finally:
        it.program.process.kill()  # not every peer answers a De-register
        it.program.stop()


def device_with_openssl(is_key, started, der):
    port = free_port()
    own = (["-nocert", "-psk", KEY, "-psk_identity", ENDPOINT, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"] if is_key else
           ["-cert", path("server.pem"), "-key", path("server.key"), "-cert_chain", path("issuer.pem"), "-CAfile",
            path("ca.pem"), "-Verify", "3", "-verify_return_error", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"])
    server = start(started, "openssl", "s_server", "-dtls1_2", "-accept", port, "-listen", *own)
    hear(server, b"ACCEPT")
    options = device_options(is_key) + ([] if is_key else ["--ca", path("ca.pem")])
    for _ in device(f"coaps://127.0.0.1:{port}", options, "a new DTLS session"):
        hear(server, b"</1/0>,</3/0>")


def device_with_libcoap(library):
    def run(is_key, started, der):
        port = free_port()
        both = pathlib.Path(der("server.pem")).parent / "server-both.pem"
        both.write_text((CERTIFICATES / "server.pem").read_text() + (CERTIFICATES / "server.key").read_text())
        own = ["-k", TEXT_KEY] if is_key else ["-c", both, "-R", path("ca.pem")]
        start(started, f"coap-server-{library}", "-A", "127.0.0.1", "-p", port, *own)
        options = device_options(is_key, text=True) + ([] if is_key else ["--server-cert", path("server.pem")])
        for _ in device(f"coaps://127.0.0.1:{port + 1}", options, "refused the registration: 4.0"):
            pass
    return run


def device_with_leshan(is_key, started, der):
    credentials = (["psk", ENDPOINT, ENDPOINT, KEY] if is_key else
                   ["x509", ENDPOINT, path("server-chain.pem"), der("server.key"), der("ca.pem")])
    server = LeshanServer(credentials=credentials)
    try:
        options = device_options(is_key) + ([] if is_key else ["--ca", path("ca.pem")])
        for _ in device(server.uri.replace("localhost", "127.0.0.1"), options, "with a Connection ID"):
            server.wait_registered(ENDPOINT)
            assert server.read(ENDPOINT, "/3/0/16").records[0]["value"] == "U"
    finally:
        server.stop()


# ---- linnetd ----


def register():
    """A confirmable POST /rd by hand, token 't'."""
    options = [(11, b"rd"), (12, b"\x28"), (15, b"ep=" + ENDPOINT.encode()), (15, b"lt=60"), (15, b"lwm2m=1.1")]
    out, last = b"\x41\x02\x00\x07t", 0
    for number, value in options:
        head, more = (len(value), b"") if len(value) < 13 else (13, bytes([len(value) - 13]))
        out += bytes([number - last << 4 | head]) + more + value
        last = number
    return out + b"\xff</1/0>,</3/0>"


def linnetd(is_key, text=False):
    server = Linnetd("--coaps-cert", path("server-chain.pem"), "--coaps-key", path("server.key"), "--coaps-ca",
                     path("ca.pem"))
    if is_key:
        server.put_credential(ENDPOINT, mode="psk", identity=ENDPOINT, key=TEXT_KEY.encode().hex() if text else KEY)
    else:
        server.put_credential(ENDPOINT, mode="x509", subject=ENDPOINT)
    return server


def linnetd_with_openssl(is_key, started, der):
    server = linnetd(is_key)
    try:
        own = (["-psk", KEY, "-psk_identity", ENDPOINT, "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"] if is_key else
               ["-cert", path("device.pem"), "-key", path("device.key"), "-CAfile", path("ca.pem"),
                "-verify_return_error", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"])
        client = start(started, "openssl", "s_client", "-dtls1_2", "-quiet", "-connect", server.secure, *own)
        client.stdin.write(register())
        client.stdin.flush()
        hear(client, b"\x61\x41\x00\x07t")  # the 2.01
        server.wait_registered(ENDPOINT)
    finally:
        server.stop()


def linnetd_with_libcoap(library):
    def run(is_key, started, der):
        tool = need(f"coap-client-{library}")
        server = linnetd(is_key, text=True)
        both = pathlib.Path(der("device.pem")).parent / "device-both.pem"
        both.write_text((CERTIFICATES / "device.pem").read_text() + (CERTIFICATES / "device.key").read_text())
        own = ["-u", ENDPOINT, "-k", TEXT_KEY] if is_key else ["-c", both, "-R", path("ca.pem")]
        try:
            done = subprocess.run(
                [tool, "-v", "7", "-B", "10", "-m", "post", "-t", "40", "-e", "</1/0>,</3/0>", *own,
                 f"coaps://{server.secure}/rd?ep={ENDPOINT}&lwm2m=1.1&lt=60"],
                capture_output=True, text=True, timeout=PATIENCE)
            assert "2.01" in done.stdout + done.stderr, done.stdout + done.stderr
            server.wait_registered(ENDPOINT)
        finally:
            server.stop()
    return run


def linnetd_with_leshan(is_key, started, der):
    server = linnetd(is_key)
    try:
        credentials = (["psk", ENDPOINT, ENDPOINT, KEY] if is_key else
                       ["x509", ENDPOINT, der("device.pem"), der("device.key"), der("server.pem")])
        client = LeshanClient(ENDPOINT, "coaps://" + server.secure, credentials=credentials)
        try:
            client.wait_registered()
            server.wait_registered(ENDPOINT)
            assert server.read(ENDPOINT, "/3/0/0").records[0]["value"] == "Eclipse"
        finally:
            client.stop()
    finally:
        server.stop()


CELLS = {
    "linnet-device": [device_with_openssl, device_with_libcoap("openssl"), device_with_libcoap("gnutls"),
                      device_with_leshan],
    "linnetd": [linnetd_with_openssl, linnetd_with_libcoap("openssl"), linnetd_with_libcoap("gnutls"),
                linnetd_with_leshan],
}


def known_failures():
    known = set()
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        words = [word.strip() for word in line.strip("|").split("|")]
        if words[0] in ROWS:
            known |= {(words[0], column) for column, word in zip(COLUMNS, words[1:]) if word == "fail"}
    return known


@pytest.fixture(scope="module")
def matrix():
    return {}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", ROWS)
def test_cell(matrix, leshan_built, started, der, row, column):
    run = CELLS[row.split(",")[0]][COLUMNS.index(column)]
    try:
        run(row.endswith("key"), started, der)
        matrix[row, column] = "pass", None
    except AssertionError as error:
        matrix[row, column] = "fail", str(error).split("\n")[0][:200]
    word, reason = matrix[row, column]
    known = (row, column) in known_failures()
    assert word == "pass" or known, f"{row} with {column}: {reason}"
    assert word == "fail" or not known, f"{row} with {column} is a failure on the page and no longer fails"


def test_the_page_says_what_came_out(request, matrix):
    if len(matrix) < len(ROWS) * len(COLUMNS):
        pytest.skip("not all cells ran")
    lines = INTRODUCTION.format(leshan=leshan.version()).split("\n")
    lines += ["| | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {row} | " + " | ".join(matrix[row, column][0] for column in COLUMNS) + " |" for row in ROWS]
    page = "\n".join(lines) + "\n"
    if request.config.getoption("--write-report"):
        PAGE.write_text(page)
    assert PAGE.exists() and PAGE.read_text() == page, (
        "docs/reference/security.md is not of these outcomes: run pytest tests/interop --write-report and commit it")
