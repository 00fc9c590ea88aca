"""linnet-device --sensor: values out of files, waves and chance, read over the whole way."""

from conftest import until


def value(server, path, endpoint="demo"):
    return server.api.get(f"/devices/{endpoint}/data{path}")["records"][0]["value"]


def test_a_sensor_shows_what_its_file_holds(server, start_device, tmp_path):
    file = tmp_path / "celsius"
    file.write_text("21.5\n")
    start_device(server, "demo", "--sensor", f"temperature={file}")
    assert value(server, "/3303/0/5700") == 21.5
    assert value(server, "/3303/0/5701") == "Cel"
    file.write_text("19")
    until(lambda: value(server, "/3303/0/5700") == 19, "the new value is measured")
    assert (value(server, "/3303/0/5601"), value(server, "/3303/0/5602")) == (19, 21.5)


def test_a_file_that_goes_leaves_its_last_value_and_is_named_once(server, start_device, tmp_path):
    file = tmp_path / "celsius"
    file.write_text("21.5")
    device = start_device(server, "demo", "--sensor", f"temperature={file}")
    file.unlink()
    device.wait_for(f"--sensor temperature={file}: No such file")
    assert value(server, "/3303/0/5700") == 21.5


def test_sensors_of_one_name_are_instances_and_stay_in_their_range(server, start_device):
    start_device(server, "demo", "--sensor=humidity=sine", "--sensor=temperature=random",
                 "--sensor=temperature=sine", "--set=/3303/1/5750=cellar")
    assert 15 <= value(server, "/3303/0/5700") <= 25
    assert 15 <= value(server, "/3303/1/5700") <= 25
    assert 30 <= value(server, "/3304/0/5700") <= 70
    assert value(server, "/3303/1/5750") == "cellar"


def test_what_is_no_sensor_is_refused(run, tmp_path):
    (tmp_path / "word").write_text("warm")
    for sensor, why in [("warmth=sine", "there is no such sensor"), ("temperature", "it is NAME=FILE"),
                        ("temperature=", "it is NAME=FILE"), (f"temperature={tmp_path}/word", "does not begin with")]:
        status, _, err = run("linnet-device", "--server", "coap://127.0.0.1", "--sensor", sensor)
        assert status == 2 and why in err and "--sensor" in err
