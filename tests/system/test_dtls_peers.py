"""Our DTLS with other implementations: OpenSSL's s_client and s_server, libcoap over OpenSSL and GnuTLS.

Our end is dtls_peer: it says what happens, and sends back what it hears.
"""

import pathlib
import shutil
import subprocess

import pytest

from conftest import PATIENCE, Program, free_port

CERTIFICATES = pathlib.Path(__file__).parents[1] / "dtls/certificates"
IDENTITY, KEY = "device-1", "sixteen bytes..."
SUITES = {"ccm8": "PSK-AES128-CCM8", "cbc": "PSK-AES128-CBC-SHA256"}
CERTIFIED_SUITES = ["ECDHE-ECDSA-AES128-CCM8", "ECDHE-ECDSA-AES128-SHA256",
                    "ECDHE-ECDSA-AES128-GCM-SHA256"]


def certificate(name):
    return str(CERTIFICATES / name)


OWN = ["--chain", certificate("server-chain.pem"), "--key", certificate("server.key"),
       "--ca", certificate("ca.pem")]
DEVICE = ["--chain", certificate("device.pem"), "--key", certificate("device.key")]


@pytest.fixture
def peer():
    programs = []

    def start(*options):
        programs.append(Program("dtls_peer", *options))
        programs[-1].wait_for("ready")
        return programs[-1]
    yield start
    for program in programs:
        program.end()


@pytest.fixture
def other():
    """Starts the other implementation, stdin open, and ends it."""
    running = []

    def start(*command):
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        running.append(subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace"))
        return running[-1]
    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process, text):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return
    raise AssertionError(f"no {text!r} in:\n" + "".join(lines))


def s_client(other, port, *options):
    return other("timeout", PATIENCE, "openssl", "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{port}",
                 "-no_ign_eof", *options)


def s_server(other, port, *options):
    process = other("timeout", PATIENCE, "openssl", "s_server", "-dtls1_2", "-accept", port,
                    "-listen", *options)
    read_until(process, "ACCEPT")
    return process


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_openssl_client_with_a_key_is_served(peer, other, suite):
    port = free_port()
    server = peer("server", port, "--psk", IDENTITY, KEY)
    client = s_client(other, port, "-psk_identity", IDENTITY, "-psk", KEY.encode().hex(),
                      "-cipher", f"{suite}:@SECLEVEL=0")
    server.wait_for(f"opened psk {IDENTITY}")
    client.stdin.write("from openssl\n")
    client.stdin.flush()
    server.wait_for("heard from openssl")
    read_until(client, "from openssl")


@pytest.mark.parametrize("suite", CERTIFIED_SUITES)
def test_openssl_client_with_a_certificate_is_served(peer, other, suite):
    port = free_port()
    server = peer("server", port, *OWN)
    client = s_client(other, port, "-cert", certificate("device.pem"), "-key", certificate("device.key"),
                      "-CAfile", certificate("ca.pem"), "-verify_return_error",
                      "-cipher", f"{suite}:@SECLEVEL=0")
    server.wait_for("opened x509 urn:dev:ops:32473-1")
    client.stdin.write("from openssl\n")
    client.stdin.flush()
    server.wait_for("heard from openssl")
    read_until(client, "from openssl")


@pytest.mark.parametrize("name,words", [("untrusted", "unknown ca"), ("expired", "certificate expired")])
def test_openssl_client_with_a_bad_certificate_is_told_so(peer, other, name, words):
    port = free_port()
    peer("server", port, *OWN)
    client = s_client(other, port, "-cert", certificate(f"{name}.pem"), "-key", certificate(f"{name}.key"),
                      "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")
    read_until(client, words)


def test_openssl_client_with_a_suite_that_does_not_encrypt_is_refused(peer, other):
    port = free_port()
    server = peer("server", port, "--psk", IDENTITY, KEY)
    client = s_client(other, port, "-psk_identity", IDENTITY, "-psk", KEY.encode().hex(),
                      "-cipher", "PSK-NULL-SHA256:@SECLEVEL=0")
    read_until(client, "handshake failure")
    assert not any(line.startswith("opened") for line in server.lines)


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_openssl_server_with_a_key_is_spoken_to(peer, other, suite):
    port = free_port()
    server = s_server(other, port, "-nocert", "-psk_identity", IDENTITY, "-psk", KEY.encode().hex(),
                      "-cipher", f"{suite}:@SECLEVEL=0")
    client = peer("client", port, "--psk", IDENTITY, KEY, "--say", "from linnet\n")
    client.wait_for("opened")
    read_until(server, "from linnet")


@pytest.mark.parametrize("suite", CERTIFIED_SUITES)
def test_openssl_server_with_a_certificate_is_spoken_to(peer, other, suite):
    port = free_port()
    server = s_server(other, port, "-cert", certificate("server.pem"), "-key", certificate("server.key"),
                      "-cert_chain", certificate("issuer.pem"), "-CAfile", certificate("ca.pem"),
                      "-Verify", "3", "-verify_return_error", "-cipher", f"{suite}:@SECLEVEL=0")
    client = peer("client", port, *DEVICE, "--expected", certificate("ca.pem"), "--usage", 2,
                  "--name", "server.example", "--say", "from linnet\n")
    client.wait_for("opened")
    read_until(server, "from linnet")


def test_a_server_of_another_name_is_not_spoken_to(peer, other):
    port = free_port()
    s_server(other, port, "-cert", certificate("server.pem"), "-key", certificate("server.key"),
             "-cert_chain", certificate("issuer.pem"), "-CAfile", certificate("ca.pem"))
    client = peer("client", port, *DEVICE, "--expected", certificate("ca.pem"), "--usage", 2,
                  "--name", "another.example")
    client.wait_for("closed failed alert=42")


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_libcoap_client_with_a_key_is_served(peer, other, library):
    port = free_port()
    server = peer("server", port, "--psk", IDENTITY, KEY)
    client = other(f"coap-client-{library}", "-B", PATIENCE // 2, "-u", IDENTITY, "-k", KEY,
                   "-m", "get", f"coaps://127.0.0.1:{port}/time")
    read_until(client, "hello")
    server.wait_for(f"opened psk {IDENTITY}")


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_libcoap_client_with_a_certificate_is_served(peer, other, tmp_path, library):
    port = free_port()
    server = peer("server", port, *OWN)
    both = tmp_path / "device.pem"
    both.write_text((CERTIFICATES / "device.pem").read_text() + (CERTIFICATES / "device.key").read_text())
    client = other(f"coap-client-{library}", "-B", PATIENCE // 2, "-c", both,
                   "-R", certificate("ca.pem"), "-m", "get", f"coaps://127.0.0.1:{port}/time")
    read_until(client, "hello")
    server.wait_for("opened x509 urn:dev:ops:32473-1")


@pytest.mark.parametrize("library", ["openssl", "gnutls"])
def test_libcoap_server_with_a_key_is_spoken_to(peer, other, library):
    port = free_port()
    # libcoap listens for coaps one port above.
    other(f"coap-server-{library}", "-A", "127.0.0.1", "-p", port - 1, "-k", KEY)
    client = peer("client", port, "--psk", IDENTITY, KEY, "--coap")
    client.wait_for("opened")
    client.wait_for("heard aE")
