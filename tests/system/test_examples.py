"""The examples, each against the programs: what the guides promise of them."""

import signal

import pytest
from conftest import Program, free_port, until


@pytest.fixture
def start_example():
    """Starts an example and ends it after the test."""
    started = []

    def start(name, *words):
        started.append(Program(f"example-{name}", *words))
        return started[-1]
    yield start
    for program in started:
        program.end(signal.SIGKILL)


def start_on(server, start_example, name, endpoint):
    """Starts an example that is a device."""
    example = start_example(name, f"127.0.0.1:{server.coap_port}", endpoint)
    until(lambda: server.api.device(endpoint), f"{endpoint} is registered")
    return example


def read(server, path, *options):
    status, out, err = server.linnet("read", "clock", path, *options)
    assert status == 0, err
    return out.rstrip("\n")


def test_hello_is_a_device(server, start_example):
    start_on(server, start_example, "01-hello", "hello")
    assert server.linnet("read", "hello", "device/0/model-number")[1] == "Hello\n"


def test_object_measures_and_keeps_the_range(server, start_example):
    start_on(server, start_example, "02-object", "clock")
    until(lambda: read(server, "/3303/0/5601") != read(server, "/3303/0/5602"), "a second sample")
    lowest, value, highest = (float(read(server, f"/3303/0/{id}")) for id in (5601, 5700, 5602))
    assert lowest <= value <= highest
    assert read(server, "/3303/1/5701") == "Cel"
    assert server.linnet("exec", "clock", "temperature/0/5605")[0] == 0
    assert float(read(server, "/3303/0/5601")) >= lowest + 1 / 16


def test_object_has_instances_that_are_fixed(server, start_example):
    start_on(server, start_example, "02-object", "clock")
    assert [record["path"] for record in server.api.get("/devices/clock/data/3303")["records"]
            if record["path"].endswith("/5700")] == ["/3303/0/5700", "/3303/1/5700"]
    assert "4.05" in server.linnet("create", "clock", "/3303")[2]
    assert "4.05" in server.linnet("delete", "clock", "/3303/0")[2]


def test_object_takes_what_a_server_may_write(server, start_example):
    start_on(server, start_example, "02-object", "clock")
    assert server.linnet("write", "clock", "/3303/1/5750", "garden")[0] == 0
    assert read(server, "/3303/1/5750") == "garden"
    assert server.linnet("write", "clock", "/3303/1/5750", "x" * 32)[0] != 0, "one byte more than there is room"
    assert read(server, "/3303/1/5750") == "garden"


def test_alarms_come_and_go(server, start_example):
    example = start_on(server, start_example, "02-object", "clock")
    for id in (0, 1):
        assert server.linnet("create", "clock", "/42769")[1] == f"/42769/{id}\n"
        example.wait_for(f"alarm {id} is new")
    until(lambda: server.api.device("clock")["objects"][-1]["instances"] == [0, 1], "the server is told")
    assert read(server, "/42769/1/2", "--format", "text") == str(7 * 60)
    assert server.linnet("exec", "clock", "/42769/1/5")[0] == 0
    example.wait_for("alarm 1 rings")
    assert server.linnet("delete", "clock", "/42769/0")[0] == 0
    example.wait_for("alarm 0 is gone")
    until(lambda: server.api.device("clock")["objects"][-1]["instances"] == [1], "the server is told again")


def test_an_alarm_that_does_not_hold_together_is_as_before(server, start_example):
    start_on(server, start_example, "02-object", "clock")
    server.linnet("create", "clock", "/42769")
    status, _, err = server.linnet("write", "clock", "/42769/0/3", 5, "--type", "integer")
    assert status == 1 and "4.00" in err
    assert read(server, "/42769/0/3", "--format", "text") == str(7 * 60 + 5)
    assert server.linnet("write", "clock", "/42769/0/3", 9 * 60, "--type", "integer")[0] == 0
    assert read(server, "/42769/0/3", "--format", "text") == str(9 * 60)


def test_an_alarm_takes_a_sound(server, start_example):
    start_on(server, start_example, "02-object", "clock")
    server.linnet("create", "clock", "/42769")
    for format in ("opaque", "tlv"):
        status, _, err = server.linnet("write", "clock", "/42769/0/4", "bGEgbGE=", "--type", "opaque",
                                       "--format", format)
        assert status == 0, err
    assert "4.05" in server.linnet("read", "clock", "/42769/0/4")[2], "it can only be written"


def test_an_alarm_takes_a_sound_in_blocks(server, start_example, tmp_path):
    start_on(server, start_example, "02-object", "clock")
    server.linnet("create", "clock", "/42769")
    sound = tmp_path / "sound"
    for size, expected in ((4096, (0, "")), (4097, (1, "4.13"))):
        sound.write_bytes(bytes(size))
        status, _, err = server.linnet("write", "clock", "/42769/0/4", "--file", sound)
        assert status == expected[0] and expected[1] in err, err


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_server_reads_who_made_a_device(start_example, version):
    port = free_port()
    example = start_example("03-server", f"127.0.0.1:{port}")
    device = Program("linnet-device", "--endpoint", "demo", "--server", f"coap://127.0.0.1:{port}",
                     "--set", "/3/0/0=Maker of things", "--lwm2m", version)
    example.wait_for("Maker of things")
    assert example.process.wait(20) == 0
    device.end(signal.SIGKILL)


def test_coap_asks_a_server(server, run):
    where = f"127.0.0.1:{server.coap_port}"
    assert run("example-04-coap", where, "/rd") == (0, "4.05 \n", "")
    assert run("example-04-coap", where, "/nothing") == (0, "4.04 \n", "")


def test_coap_asks_again_until_there_is_an_answer(start_server, start_example):
    port = free_port()
    example = start_example("04-coap", f"127.0.0.1:{port}", "/rd")
    start_server("--coap", f"127.0.0.1:{port}")
    example.wait_for("4.05")
    assert example.process.wait(20) == 0


@pytest.mark.parametrize("name", ["01-hello", "02-object", "03-server", "04-coap"])
def test_examples_explain_themselves(run, name):
    status, out, err = run(f"example-{name}", "127.0.0.1:99999")
    assert (status, out) == (2, "") and err.startswith(f"usage: {'hello' if name == '01-hello' else 'example-' + name}")
