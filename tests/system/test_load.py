"""linnet-load against linnetd, and against servers that lose or refuse."""

import json
import socket
import threading

from conftest import BIN, PATIENCE, Program, free_port, until


def load(run, uri, *options):
    status, out, err = run("linnet-load", "--server", uri, "--json", *options)
    return status, json.loads(out) if out else None, err


class Peer:
    """A server of a few lines: `answer` gets a datagram and gives what to send back, or None."""

    def __init__(self, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.uri = "coap://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.answer = answer
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while True:
            datagram, sender = self.socket.recvfrom(2048)
            if not datagram:
                return
            answer = self.answer(datagram)
            if answer is not None:
                self.socket.sendto(answer, sender)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.socket.getsockname())
        self.thread.join(PATIENCE)
        self.socket.close()


def answer(datagram, code, options=b""):
    """Piggybacked on the ACK, with the request's message id and token."""
    return bytes([0x60 | datagram[0] & 15, code]) + datagram[2:4 + (datagram[0] & 15)] + options


def test_all_register_update_and_leave(server, run):
    status, figures, err = load(run, server.uri, "--devices", 500, "--seconds", 0.5)
    assert (status, err) == (0, "")
    register, update, deregister = (figures[name] for name in ("register", "update", "deregister"))
    assert register["begun"] == register["done"] == deregister["done"] == 500
    assert update["begun"] == update["done"] > 500
    assert update["refused"] == update["lost"] == 0
    latency = update["latencyUs"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"] < PATIENCE * 1e6
    assert server.api.metric("linnet_registers_total") == 500
    assert server.api.metric("linnet_updates_total") == update["done"]
    assert server.api.metric("linnet_deregisters_total") == 500


def test_each_device_has_an_address_of_its_own_and_all_one_port(server, run):
    status, _, err = load(run, server.uri, "--devices", 300, "--mode", "register", "--keep", "--first-address",
                          "127.9.0.200", "--endpoint-prefix", "own", "--lifetime", 77)
    assert (status, err) == (0, "")
    devices = [server.api.device("own%07d" % i) for i in (0, 55, 56, 299)]
    hosts, ports = zip(*(device["address"].rsplit(":", 1) for device in devices))
    assert hosts == ("127.9.0.200", "127.9.0.255", "127.9.1.0", "127.9.1.243")
    assert len(set(ports)) == 1
    assert [device["lifetime"] for device in devices] == [77] * 4


def test_without_own_addresses_each_device_has_a_port(server, run):
    status, _, err = load(run, server.uri, "--devices", 50, "--mode", "register", "--keep", "--first-address", "off")
    assert (status, err) == (0, "")
    addresses = {server.api.device("load-%07d" % i)["address"] for i in range(50)}
    assert len(addresses) == 50 and all(address.startswith("127.0.0.1:") for address in addresses)


def test_devices_answer_the_server_while_they_hold(server):
    program = Program("linnet-load", "--server", server.uri, "--devices", 20, "--mode", "hold", "--seconds", 600,
                      "--threads", 2)
    until(lambda: server.api.metric("linnet_registers_total") == 20, "all are registered")
    for i in range(20):
        resource = server.api.get("/devices/load-%07d/data/3/0/1" % i)
        assert "linnet-load" in json.dumps(resource)
    assert program.end() == 0
    assert "requests of the server: 20; " in "\n".join(program.lines)
    assert server.api.metric("linnet_deregisters_total") == 20


def test_devices_update_in_time_by_themselves(server, run):
    status, figures, _ = load(run, server.uri, "--devices", 30, "--mode", "hold", "--seconds", 2, "--lifetime", 1)
    assert status == 0
    assert figures["ownUpdates"] >= 60 and figures["deregister"]["done"] == 30
    assert server.api.metric("linnet_expiries_total") == 0


def test_the_rate_is_kept(server, run):
    status, figures, _ = load(run, server.uri, "--devices", 40, "--rate", 200, "--seconds", 1, "--threads", 2)
    assert status == 0
    assert 150 <= figures["update"]["begun"] <= 202
    assert figures["register"]["seconds"] > 0.15


def test_a_message_that_was_lost_is_sent_again_and_counted(run):
    seen = set()

    def lose_first(datagram):
        if datagram in seen:
            return answer(datagram, 0x41, b"\x82rd\x01x") if datagram[1] == 2 else answer(datagram, 0x42)
        seen.add(datagram)
        return None

    with Peer(lose_first) as peer:
        status, figures, _ = load(run, peer.uri, "--devices", 5, "--mode", "register", "--ack-timeout", 0.1)
    assert status == 0
    assert figures["sentAgain"] >= 10
    assert figures["register"]["latencyUs"]["p50"] >= 100000


def test_what_is_refused_or_not_answered_is_told(run):
    with Peer(lambda datagram: answer(datagram, 0x80) if b"0000001" in datagram else None) as peer:
        status, figures, _ = load(run, peer.uri, "--devices", 5, "--mode", "register", "--ack-timeout", 0.1,
                                  "--max-retransmit", 1)
    assert status == 1
    register = figures["register"]
    assert (register["begun"], register["done"], register["refused"], register["lost"]) == (5, 0, 1, 4)
    assert figures["deregister"]["begun"] == 0


def test_a_server_that_is_not_there_ends_it(run):
    status, figures, err = load(run, f"coap://127.0.0.1:{free_port()}", "--devices", 1000)
    assert status == 1
    assert "no answer for 10 seconds" in err
    assert figures["register"]["done"] == 0


def test_options_that_do_not_fit_are_explained(run):
    for options, words in (
            ([], "--server: is missing"),
            (["--server", "coap://192.0.2.1"], "--first-address: only a server at an address of 127.0.0.0/8"),
            (["--server", "http://127.0.0.1"], "--server: a server is coap://"),
            (["--server", "coap://127.0.0.1", "--first-address", "10.0.0.1"], "--first-address: it is an address of"),
            (["--server", "coap://127.0.0.1", "--devices", "4000000", "--first-address", "127.200.0.0"],
             "--devices: so many do not fit"),
            (["--server", "coap://127.0.0.1", "--devices", "20000", "--first-address", "off"], "--devices: 10000"),
            (["--rate", "fast"], "--rate: it is 0"),
            (["--jason"], "--jason: there is no such option")):
        status, out, err = run("linnet-load", *options)
        assert (status, out) == (2, ""), options
        assert err.startswith(f"linnet-load: {words}"), err
    assert (BIN / "linnet-load").exists()


SECRET = "000102030405060708090a0b0c0d0e0f"


def test_with_keys_all_shake_hands_register_update_and_leave(start_server, run, tmp_path):
    port = free_port()
    server = start_server("--coaps", f"127.0.0.1:{port}")
    status, lines, _ = run("linnet-load", "--psk-secret", SECRET, "--devices", 50, "--print-credentials")
    assert status == 0
    assert lines.splitlines()[:2] == ["endpoint,for,mode,identity,key",
                                      "load-0000000,server,psk,load-0000000,da0e130613d5fd44c87f01a688663b79"]
    file = tmp_path / "credentials.csv"
    file.write_text(lines)
    assert server.linnet("credentials", "import", file)[1] == "50 imported\n"
    status, figures, err = load(run, f"coaps://127.0.0.1:{port}", "--psk-secret", SECRET, "--devices", 50,
                                "--seconds", 0.3)
    assert (status, err) == (0, "")
    assert figures["handshake"]["done"] == figures["register"]["done"] == figures["deregister"]["done"] == 50
    assert figures["update"]["done"] == server.api.metric("linnet_updates_total") > 50
    assert server.api.metric("linnet_dtls_opened_total") == 50


def test_with_the_keys_of_another_secret_none_gets_in(start_server, run, tmp_path):
    port = free_port()
    server = start_server("--coaps", f"127.0.0.1:{port}")
    _, lines, _ = run("linnet-load", "--psk-secret", SECRET, "--devices", 5, "--print-credentials")
    file = tmp_path / "credentials.csv"
    file.write_text(lines)
    server.linnet("credentials", "import", file)
    status, figures, _ = load(run, f"coaps://127.0.0.1:{port}", "--psk-secret", SECRET[::-1], "--devices", 5,
                              "--seconds", 0)
    assert (status, figures["handshake"]["refused"], figures["register"]["begun"]) == (1, 5, 0)
    assert server.api.metric("linnet_dtls_wrong_key_total") == 5


def test_a_secret_that_is_missing_or_wrong_is_asked_for(run):
    status, _, err = run("linnet-load", "--server", "coaps://127.0.0.1")
    assert status == 2 and "--psk-secret: is missing" in err
    for secret in (SECRET[:-1], SECRET + "00", "G" * 32):
        status, _, err = run("linnet-load", "--psk-secret", secret, "--print-credentials")
        assert status == 2 and "16 bytes in hex" in err
