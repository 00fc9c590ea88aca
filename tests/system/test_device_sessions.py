"""How long a DTLS session of linnet-device lasts: over sleep, and over a planned restart."""

import signal
import stat

import pytest

from conftest import Program, Server, free_port, until

KEY = "6f1d0c1b7c5d4f0d8c2c7a5be8a9f013"
ASLEEP_SOON = ["--queue-mode", "--awake", "0.3", "--lifetime", "2", "--ack-timeout", "0.2", "--max-retransmit", "1"]


@pytest.fixture
def server():
    port = free_port()
    s = Server("--coaps", f"127.0.0.1:{port}", "--shards", "2")
    s.coaps = f"coaps://127.0.0.1:{port}"
    status, body = s.api.call("PUT", "/credentials/meter-1", {"mode": "psk", "key": KEY})
    assert status == 201, body
    yield s
    assert s.program.end() == 0, "\n".join(s.program.lines)


@pytest.fixture
def device(server):
    programs = []

    def start(*options):
        programs.append(Program("linnet-device", "--endpoint", "meter-1", "--server", server.coaps, "--psk", KEY,
                                *options))
        programs[-1].wait_for("registered as")
        return programs[-1]
    yield start
    for program in programs:
        program.end()


def opened(server):
    return server.api.metric("linnet_dtls_opened_total")


def test_it_sleeps_without_a_socket_and_wakes_up_in_the_same_session(server, device):
    it = device(*ASLEEP_SOON)
    it.wait_for("sleeps", count=3)
    assert opened(server) == server.api.metric("linnet_registers_total") == 1
    assert server.api.metric("linnet_updates_total") >= 2
    assert server.api.metric("linnet_dtls_moved_total") >= 2  # each time it has another port


def test_without_a_connection_id_it_wakes_up_in_a_new_session_and_registers(server, device):
    it = device(*ASLEEP_SOON, "--no-cid")
    it.wait_for("sleeps", count=3)
    assert opened(server) >= 3
    assert server.api.metric("linnet_registers_total") >= 3


def test_a_session_goes_on_after_a_planned_restart_once(server, device, tmp_path):
    folder = tmp_path / "state"
    first = device("--state", folder)
    assert "a new DTLS session" in first.lines[0] and list(folder.iterdir()) == []
    assert first.end() == 0
    file = folder / "session-1"
    assert [path.name for path in folder.iterdir()] == ["session-1"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = file.read_bytes()
    assert bytes.fromhex(KEY) not in kept

    second = device("--state", folder)
    assert "goes on with the DTLS session" in second.lines[0]
    assert list(folder.iterdir()) == []  # deleted before it is used
    assert opened(server) == 1
    second.end(signal.SIGKILL)
    assert list(folder.iterdir()) == []

    third = device("--state", folder)  # after a crash there is none
    assert "a new DTLS session" in third.lines[0]
    assert opened(server) == 2


def test_a_reboot_keeps_the_session(server, device, tmp_path):
    it = device("--state", tmp_path)
    status, _, err = server.linnet("exec", "meter-1", "/3/0/4")
    assert status == 0, err
    it.wait_for("registered as", count=2)
    assert sum("goes on with the DTLS session" in line for line in it.lines) == 1
    assert opened(server) == 1


def test_a_kept_session_of_another_identity_or_a_broken_file_is_of_no_use(server, device, tmp_path):
    server.api.call("PUT", "/credentials/meter-2", {"mode": "psk", "key": KEY})
    device("--state", tmp_path).end()
    other = Program("linnet-device", "--endpoint", "meter-2", "--server", server.coaps, "--psk", KEY, "--state",
                    tmp_path)
    other.wait_for("registered as")
    assert "a new DTLS session" in other.lines[0]
    other.end()
    (tmp_path / "session-1").write_bytes(b"\1\0\0" + b"x" * 3000)
    assert "a new DTLS session" in device("--state", tmp_path).lines[0]


def test_without_state_the_server_is_told_that_a_session_ends(server, device):
    it = device()
    assert server.api.metric("linnet_dtls_sessions") == 1
    it.end()
    until(lambda: server.api.metric("linnet_dtls_sessions") == 0, "the session is closed")


@pytest.mark.parametrize("scheme", ["coap", "coaps"])
def test_where_nobody_listens_it_says_so_at_once_and_comes_when_the_server_is_there(scheme):
    port = free_port()
    options = ["--psk", KEY] if scheme == "coaps" else []
    it = Program("linnet-device", "--endpoint", "meter-1", "--server", f"{scheme}://127.0.0.1:{port}", *options)
    it.wait_for("nobody listens at the server's port: Connection refused")
    server = Server("--coaps", f"127.0.0.1:{port}") if scheme == "coaps" else Server("--coap", f"127.0.0.1:{port}")
    if scheme == "coaps":
        assert server.api.call("PUT", "/credentials/meter-1", {"mode": "psk", "key": KEY})[0] == 201
    it.wait_for("registered as")
    assert it.end() == 0 and server.program.end() == 0
