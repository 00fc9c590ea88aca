"""linnet-device --bootstrap: it finds its server by a bootstrap server, which aiocoap plays."""

import json
import signal

import aiocoap
import pytest
from bootstrapper import DELETE_ALL, DISCOVER_ALL, FINISH, VANISH, Bootstrapper, account, senml
from conftest import Program, until


@pytest.fixture
def bootstrapper():
    """Starts one with these scripts."""
    started = []

    def start(*scripts, **options):
        started.append(Bootstrapper(*scripts, **options))
        return started[-1]
    yield start
    for b in started:
        b.close()


@pytest.fixture
def device(tmp_path):
    """Starts linnet-device with that bootstrap server, and whatever else is said."""
    started = []

    def start(bootstrapper, *options):
        started.append(Program("linnet-device", "--endpoint", "meter-7", "--bootstrap", bootstrapper.uri, *options))
        return started[-1]
    yield start
    for program in started:
        program.end()


def whole(server):
    return [DELETE_ALL, *account(1, 101, server.uri), DISCOVER_ALL, FINISH]


def test_a_device_from_the_box_finds_its_server(server, bootstrapper, device):
    bs = bootstrapper(whole(server))
    device(bs).wait_for("registered as meter-7")
    assert bs.requests[0] == ("ep=meter-7", "pct=112")
    until(lambda: len(bs.answers) == 5, "the bootstrap server has its answers")
    assert bs.codes() == ["2.02", "2.04", "2.04", "2.05", "2.04"]
    assert bs.answers[3][3].startswith(
        f'</>;lwm2m=1.1,</0/0>;uri="{bs.uri}",</0/1>;ssid=101;uri="{server.uri}",</1/1>;ssid=101,</2>,</3/0>')
    assert server.api.device("meter-7")["lifetime"] == 60


def test_what_it_was_given_outlives_a_restart(server, bootstrapper, device, tmp_path):
    bs = bootstrapper(whole(server))
    first = device(bs, "--state", tmp_path / "state")
    first.wait_for("registered as meter-7")
    first.end(signal.SIGKILL)
    until(lambda: server.api.call("DELETE", "/devices/meter-7")[0] in (204, 404), "the server forgets it")
    device(bs, "--state", tmp_path / "state").wait_for("registered as meter-7")
    assert len(bs.requests) == 1


def test_a_factory_reset_brings_it_back_to_the_bootstrap_server(server, bootstrapper, device, tmp_path):
    bs = bootstrapper(whole(server))
    it = device(bs, "--state", tmp_path / "state")
    it.wait_for("registered as meter-7")
    assert server.linnet("exec", "meter-7", "/3/0/5")[0] == 0
    it.wait_for("registered as meter-7", count=2)
    assert len(bs.requests) == 2


def test_a_server_sends_it_to_another(start_server, bootstrapper, device):
    old, new = start_server(), start_server()
    bs = bootstrapper(whole(old), whole(new))
    device(bs).wait_for("registered as meter-7")
    assert old.linnet("exec", "meter-7", "/1/1/9")[0] == 0
    until(lambda: new.api.device("meter-7"), "registered with the new one")
    assert len(bs.requests) == 2


def test_a_bootstrap_that_breaks_off_leaves_it_as_it_was(server, bootstrapper, device):
    breaks_off = [DELETE_ALL, *account(1, 102, "coap://127.0.0.1:9"), VANISH]
    bs = bootstrapper(whole(server), breaks_off)
    it = device(bs)
    it.wait_for("registered as meter-7")
    assert server.linnet("exec", "meter-7", "/1/1/9")[0] == 0
    it.wait_for("the bootstrap failed: the link was lost before Finish: all is as before")
    assert server.linnet("read", "meter-7", "/1/1/0")[1] == "101\n"
    assert bs.codes()[-3:] == ["2.02", "2.04", "2.04"]


@pytest.mark.parametrize("bad, code", [
    (FINISH, "4.06"),
    (("PUT", "/4711", senml(("/4711/0/0", 1))), "4.00"),
    (("PUT", "/1", senml(("/1/1/1", "soon"))), "4.00"),
    (("PUT", "/1", b"[{"), "4.00"),
    (("PUT", "/0", senml(("/0/1/0", "coap://" + "x" * 300))), "4.00"),
    (("PUT", "/0", senml(*[(f"/0/{i}/1", False) for i in range(1, 12)])), "5.00"),
    (("DELETE", "/0/0", b""), "4.00"),
    (("DELETE", "/3/0", b""), "4.00"),
    (("PUT", "/0", json.dumps([{"n": "/0/1/5", "vd": "AAAA" * 3000}]).encode()), "4.00"),
    (("POST", "/bs/1", b""), "4.00"),
], ids=["finish-of-nothing", "no-such-object", "wrong-type", "cut", "long-uri", "too-many", "own-account", "device",
        "absurd-size", "no-such-path"])
def test_what_is_wrong_is_refused_and_can_be_mended(server, bootstrapper, device, bad, code):
    bs = bootstrapper([DELETE_ALL, bad, *whole(server)])
    device(bs).wait_for("registered as meter-7")
    until(lambda: len(bs.answers) == 7, "the bootstrap server has its answers")
    assert bs.codes() == ["2.02", code, "2.02", "2.04", "2.04", "2.05", "2.04"]


@pytest.mark.parametrize("change, why", [
    (("PUT", "/0", senml(("/0/5/0", "coap://127.0.0.1"), ("/0/5/1", True), ("/0/5/2", 3))), "two bootstrap accounts"),
    (("DELETE", "/0/1", b""), "a server account without its half in object 0"),
    (("DELETE", "/1/1", b""), "a server account without its half in object 1"),
], ids=["two-bootstrap-accounts", "no-security", "no-server"])
def test_what_does_not_hold_together_is_not_taken(server, bootstrapper, device, change, why):
    bs = bootstrapper(whole(server), [change, FINISH, VANISH])
    it = device(bs)
    it.wait_for("registered as meter-7")
    assert server.linnet("exec", "meter-7", "/1/1/9")[0] == 0
    it.wait_for("the bootstrap failed: ")
    assert any(why in line for line in it.lines), it.lines
    assert bs.codes()[-1] == "4.06"
    assert server.linnet("read", "meter-7", "/1/1/0")[1] == "101\n"


def test_unasked_writes_are_refused_without_security(server, bootstrapper, device):
    bs = bootstrapper([*whole(server), DELETE_ALL, *account(1, 102, "coap://127.0.0.1:9"), FINISH])
    device(bs).wait_for("registered as meter-7")
    until(lambda: len(bs.answers) == 9, "the bootstrap server has its answers")
    assert bs.codes()[5:] == ["4.01"] * 4
    assert server.linnet("read", "meter-7", "/1/1/0")[1] == "101\n"


def test_a_bootstrap_server_that_refuses_is_asked_again_later(bootstrapper, device):
    bs = bootstrapper(code=aiocoap.FORBIDDEN)
    device(bs).wait_for("the bootstrap failed: the bootstrap server refused the request (4.03): all is as before")
    assert len(bs.requests) == 1


def test_a_server_account_and_no_bootstrap_server_is_as_ever(server, device, run):
    status, _, err = run("linnet-device")
    assert (status, "--bootstrap" in err) == (2, True)
    status, _, err = run("linnet-device", "--bootstrap", "coap://a", "--bootstrap", "coap://b")
    assert (status, err) == (2, "linnet-device: --bootstrap: a device has one bootstrap account\n")
    status, _, err = run("linnet-device", "--bootstrap", "http://a")
    assert status == 2 and err.startswith("linnet-device: --bootstrap: it is coap://")
