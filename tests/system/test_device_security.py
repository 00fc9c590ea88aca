"""linnet-device over DTLS: what it takes for keys, and how it gets on with servers that it can trust or not."""

import os
import shutil
import subprocess

import pytest

from conftest import Program, free_port
from test_dtls_peers import certificate, other, peer, s_server  # noqa: F401

KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"
CERTIFIED = ["--cert", certificate("device.pem"), "--key", certificate("device.key"), "--server-name", "server.example"]


@pytest.fixture
def device():
    programs = []

    def start(port, *options, env=None):
        programs.append(Program("linnet-device", "--endpoint", "meter-1", "--server",
                                f"coaps://127.0.0.1:{port}", *options, env=env))
        return programs[-1]
    yield start
    for program in programs:
        program.process.kill()  # its servers here never answer a De-register
        program.process.wait()
        program.reader.join()


def hears(process, text):
    """Waits for it in what the server prints: a datagram is no line."""
    heard = b""
    while text.encode() not in heard:
        more = os.read(process.stdout.fileno(), 4096)
        assert more, f"no {text!r} in {heard!r}"
        heard += more


WRONG = [
    ([], "coaps needs --identity and --psk"),
    (["--psk", "abc"], "in hex"),
    (["--psk", "zz"], "in hex"),
    (["--psk", KEY * 5], "in hex"),
    (["--psk-file", "/nowhere"], "--psk-file /nowhere: No such file"),
    (["--psk", KEY, "--psk-file", "/nowhere"], "one of them is the key"),
    (["--psk", KEY, "--identity", "x" * 129], "1 to 128 bytes"),
    (["--psk", KEY, "--cert", certificate("device.pem")], "one is enough"),
    (["--cert", certificate("device.pem")], "--key: is missing"),
    (["--cert", certificate("device.pem"), "--key", certificate("device.key")], "--ca or --server-cert"),
    (["--cert", certificate("device.key"), "--key", certificate("device.key"), "--ca", certificate("ca.pem")],
     "holds no certificate"),
    (["--cert", certificate("device.pem"), "--key", certificate("device.pem"), "--ca", certificate("ca.pem")],
     "holds no private key"),
    (["--cert", certificate("device.pem"), "--key", certificate("server.key"), "--ca", certificate("ca.pem")],
     "do not parse or fit"),
    (["--psk", KEY, "--state", "/proc/nowhere"], "--state"),
]


@pytest.mark.parametrize("options,why", WRONG)
def test_what_cannot_be_a_key_is_refused_at_the_start(run, options, why):
    status, out, err = run("linnet-device", "--endpoint", "e", "--server", "coaps://127.0.0.1", *options)
    assert status == 2 and why in err and out == ""
    assert KEY not in err


def test_a_key_for_a_server_without_security_is_refused(run):
    status, _, err = run("linnet-device", "--server", "coap://127.0.0.1", "--psk", KEY)
    assert status == 2 and "coap is without security" in err


@pytest.mark.parametrize("source", ["option", "file", "environment"])
def test_a_server_with_the_same_key_is_registered_with(device, other, tmp_path, source):  # noqa: F811
    port = free_port()
    server = s_server(other, port, "-nocert", "-psk_identity", "meter-1", "-psk", KEY, "-cipher",
                      "PSK-AES128-CCM8:@SECLEVEL=0")
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    options = {"option": ["--psk", KEY], "file": ["--psk-file", file], "environment": []}[source]
    env = {"LINNET_DEVICE_PSK": KEY} if source == "environment" else None
    it = device(port, *options, env=env)
    it.wait_for("a new DTLS session")
    assert "without a Connection ID" in it.lines[0]  # OpenSSL has none
    hears(server, "</1/0>,</3/0>")


@pytest.mark.parametrize("known_by", [["--ca", certificate("ca.pem")], ["--server-cert", certificate("server.pem")]],
                         ids=["authority", "certificate"])
@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_server_with_a_certificate_is_registered_with(device, other, tmp_path, known_by, form):  # noqa: F811
    port = free_port()
    server = s_server(other, port, "-cert", certificate("server.pem"), "-key", certificate("server.key"),
                      "-cert_chain", certificate("issuer.pem"), "-CAfile", certificate("ca.pem"),
                      "-Verify", "3", "-verify_return_error", "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
    options = [*CERTIFIED, *known_by]
    if form == "der":
        options = [as_der(word, tmp_path) if word.endswith((".pem", ".key")) else word for word in options]
    device(port, *options).wait_for("a new DTLS session")
    hears(server, "</1/0>,</3/0>")


def as_der(path, folder):
    kind = "pkey" if path.endswith(".key") else "x509"
    out = folder / os.path.basename(path)
    subprocess.run([shutil.which("openssl"), kind, "-in", path, "-outform", "DER", "-out", out], check=True)
    return out


@pytest.mark.parametrize("options", [
    ["--ca", certificate("stranger.pem")],
    ["--ca", certificate("ca.pem"), "--server-name", "another.example"],
    ["--server-cert", certificate("device.pem")],
], ids=["untrusted", "another name", "another certificate"])
def test_a_server_that_is_not_trusted_hears_nothing(device, other, options):  # noqa: F811
    port = free_port()
    s_server(other, port, "-cert", certificate("server.pem"), "-key", certificate("server.key"),
             "-cert_chain", certificate("issuer.pem"), "-CAfile", certificate("ca.pem"))
    it = device(port, *CERTIFIED, *options)
    it.wait_for("the server did not prove who it is")
    it.wait_for("no session to be had")


def test_an_identity_that_the_server_does_not_know_is_not_tried_again_soon(device, peer):  # noqa: F811
    port = free_port()
    peer("server", port, "--psk", "meter-2", "sixteen bytes...")
    it = device(port, "--psk", KEY)
    it.wait_for("ended by the server (alert 115)")
    it.wait_for("no session to be had: it is tried again later")


def test_a_wrong_key_may_be_right_soon(device, peer):  # noqa: F811
    port = free_port()
    peer("server", port, "--psk", "meter-1", "sixteen bytes...")
    it = device(port, "--psk", KEY)
    it.wait_for("(alert 20)", count=2)
