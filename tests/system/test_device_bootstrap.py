"""linnet-device --bootstrap: it finds its server by a bootstrap server, which aiocoap plays."""

import pytest
from bootstrapper import DELETE_ALL, DISCOVER_ALL, FINISH, Bootstrapper, account
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
