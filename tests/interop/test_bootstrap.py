"""Eclipse Leshan's client, with nothing but a bootstrap account, bootstrapped by linnetd."""

import pytest

from leshan import LeshanClient
from linnet import Linnetd

KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"


@pytest.fixture(scope="module")
def linnetd(leshan_built):
    server = Linnetd("--bootstrap", "127.0.0.1:0", "--bootstrap-coaps", "127.0.0.1:0")
    yield server
    server.stop()


@pytest.fixture
def leshan():
    started = []

    def start(*words, **options):
        started.append(LeshanClient(*words, role="bootstrapped", **options))
        return started[-1]
    yield start
    for client in started:
        client.stop()


def server_of(linnetd, **security):
    uri = linnetd.uri if not security else f"coaps://{linnetd.secure}"
    return {"short_id": 77, "uri": uri, "lifetime": 600, "security": security or {"mode": "none"}}


def test_leshan_is_bootstrapped_without_security(linnetd, leshan):
    linnetd.put_bootstrap("plain", {"servers": [server_of(linnetd)]})
    client = leshan("plain", f"coap://{linnetd.bootstrap}")
    client.peer.wait("bootstrapped")
    client.wait_registered()
    assert linnetd.wait_registered("plain")["lifetime"] == 600
    assert [s["end"] for s in linnetd.bootstraps("plain")] == ["done"]
    assert linnetd.read("plain", "/1/0/0").records[0]["value"] == 77


@pytest.mark.parametrize("format", [None, "tlv", "senml-json", "senml-cbor"])
def test_leshan_is_bootstrapped_over_dtls_and_registers_with_its_new_key(linnetd, leshan, format):
    endpoint = f"secure-{format}"
    linnetd.put_credential(endpoint, **{"mode": "psk", "identity": endpoint, "key": KEY, "for": "bootstrap"})
    chosen = {} if format is None else {"format": format}
    linnetd.put_bootstrap(endpoint, {"servers": [server_of(linnetd, mode="psk", generate=True)], **chosen})
    client = leshan(endpoint, f"coaps://{linnetd.bootstrap_secure}", credentials=("psk", endpoint, endpoint, KEY))
    client.peer.wait("bootstrapped")
    client.wait_registered()
    device = linnetd.wait_registered(endpoint)
    assert device["security"]["mode"] == "psk" and device["security"]["identity"].startswith(endpoint)
    steps = [(s["method"], s["path"], s["code"]) for s in linnetd.bootstraps(endpoint)[0]["steps"]]
    assert steps == [("discover", "/0", "2.05"), ("delete", "/0", "2.02"), ("delete", "/1", "2.02"),
                     ("write", "/0", "2.04"), ("write", "/1", "2.04"), ("finish", "/bs", "2.04")]


def test_leshan_hears_that_nobody_knows_it(linnetd, leshan):
    client = leshan("stranger", f"coap://{linnetd.bootstrap}")
    assert "BAD_REQUEST" in client.peer.wait("bootstrap-refused")["detail"]
