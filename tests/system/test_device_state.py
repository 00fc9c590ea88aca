"""linnet-device --state DIR: what servers set outlives a crash and a reboot, and a factory reset ends it."""

import signal
import stat

import pytest

from conftest import Program, until
from test_device_objects import operate, seconds, value


def discover(server, path):
    status, out, err = server.linnet("discover", "demo", path)
    assert status == 0, err
    return out


def set_attributes(server, path, **attributes):
    words = [f"{name}={number}" for name, number in attributes.items()]
    status, _, err = server.linnet("attributes", "demo", path, *words)
    assert status == 0, err


@pytest.fixture
def device(server, tmp_path):
    """Starts linnet-device in the folder of the test, as often as it is asked to."""
    programs = []

    def start(*options):
        device = Program("linnet-device", "--endpoint", "demo", "--server", server.uri, "--state", tmp_path / "state",
                         *options)
        programs.append(device)
        device.wait_for("registered as")
        return device
    yield start
    for program in programs:
        program.end()


def change_all(server):
    operate(server, "PUT", "/1/0/1", {"value": 123})
    operate(server, "PUT", "/1/0/6", {"value": False})
    operate(server, "PUT", "/3/0/13", {"value": 1367491215})
    operate(server, "PUT", "/3/0/15", {"value": "Europe/Paris"})
    operate(server, "PUT", "/7/0/8", {"value": 30})
    set_attributes(server, "/3/0/9", pmin=5, pmax=60, gt=20.5)


def check_all(server):
    assert value(server, "/1/0/1") == 123
    assert value(server, "/1/0/6") is False
    assert 1367491215 <= seconds(value(server, "/3/0/13")) <= 1367491215 + 60
    assert value(server, "/3/0/15") == "Europe/Paris"
    assert value(server, "/7/0/8") == 30
    told = discover(server, "/3/0/9")
    assert "pmin=5" in told and "pmax=60" in told and "gt=20.5" in told


def test_what_servers_set_outlives_a_crash(server, device, tmp_path):
    first = device("--set", "/3/0/9=80")
    assert list((tmp_path / "state").iterdir()) == []  # nothing has changed yet
    change_all(server)
    first.end(signal.SIGKILL)
    file = tmp_path / "state" / "state"
    assert [path.name for path in file.parent.iterdir()] == ["state"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    second = device("--set", "/3/0/9=80")
    until(lambda: server.api.device("demo")["lifetime"] == 123, "registered with the lifetime that was written")
    check_all(server)
    operate(server, "POST", "/3/0/4", {})
    second.wait_for("registered as", count=2)
    until(lambda: value(server, "/1/0/1") == 123, "a reboot keeps it")
    check_all(server)


def test_a_factory_reset_is_back_to_the_command_line(server, device, tmp_path):
    it = device("--set", "/3/0/9=80")
    change_all(server)
    operate(server, "POST", "/3/0/5", {})
    it.wait_for("registered as", count=2)
    until(lambda: value(server, "/1/0/1") == 300, "the option's lifetime")
    assert value(server, "/1/0/6") is True
    assert value(server, "/7/0/8") == 0
    assert seconds(value(server, "/3/0/13")) > 1367491215 + 3600
    assert "pmin" not in discover(server, "/3/0/9")
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("damage, why", [
    (lambda bytes: bytes[:-3], "not well formed"),
    (lambda bytes: bytes[:40] + bytes[41:], "not well formed"),
    (lambda bytes: b"", "not well formed"),
    (lambda bytes: bytes[:4] + b"\2" + bytes[5:], "version"),
], ids=["cut", "damaged", "empty", "newer"])
def test_a_state_that_cannot_be_used_is_said_and_left_alone(server, device, run, tmp_path, damage, why):
    it = device()
    operate(server, "PUT", "/1/0/1", {"value": 123})
    it.end()
    file = tmp_path / "state" / "state"
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    status, _, err = run("linnet-device", "--endpoint", "demo", "--server", server.uri, "--state", file.parent)
    assert status != 0 and why in err and "state/state" in err and "remove it to begin anew" in err
    assert file.read_bytes() == damaged


def test_other_accounts_on_the_command_line_begin_anew(server, device):
    it = device()
    operate(server, "PUT", "/1/0/2", {"value": 7})
    it.end()
    other = device("--lifetime", "200")
    assert any("made with other accounts" in line for line in other.lines)
    until(lambda: server.api.device("demo")["lifetime"] == 200, "the option's lifetime")
    assert value(server, "/1/0/2") == 0
    other.end()
    third = device("--lifetime", "200")
    assert not any("made with other accounts" in line for line in third.lines)
