"""linnet-device: images that are pushed to it, fetched by it, checked, applied, and kept over a restart."""

import hashlib
import os
import pathlib

import pytest
from conftest import BIN, Program, until


def image_of(size, **fields):
    """An image with a head that says its digest, and perhaps more."""
    body = bytes(i * 7 & 255 for i in range(251)) * (size // 251 + 1)
    body = body[:size]
    lines = [f"{name}={value}" for name, value in fields.items()]
    lines.append("sha256=" + fields.get("sha256", hashlib.sha256(body).hexdigest()))
    return ("linnet-firmware 1\n" + "\n".join(lines) + "\n\n").encode() + body


class Firmware:
    """Object 5 of a device, as the server sees it."""

    def __init__(self, server, endpoint="demo"):
        self.server, self.endpoint = server, endpoint

    def value(self, path):
        records = self.server.api.get(f"/devices/{self.endpoint}/data{path}")["records"]
        return records[0]["value"]

    @property
    def state(self):
        return self.value("/5/0/3"), self.value("/5/0/5")

    def push(self, image):
        status, _, text = self.server.api.raw(
            "PUT", f"/api/v1/devices/{self.endpoint}/data/5/0/0?timeout=60", data=image,
            headers={"Content-Type": "application/octet-stream"})
        return status, text

    def fetch(self, uri):
        status, answer = self.server.api.call("PUT", f"/devices/{self.endpoint}/data/5/0/1", {"value": uri})
        assert status == 204, answer

    def update(self):
        return self.server.api.call("POST", f"/devices/{self.endpoint}/data/5/0/2")[0]

    def comes_to(self, state, result):
        until(lambda: self.state == (state, result), f"/5/0 is in state {state} with result {result}")


@pytest.fixture
def firmware(server):
    return Firmware(server)


def test_a_pushed_image_is_in_its_file_and_is_applied(server, firmware, start_device, tmp_path):
    image = image_of(300_000, name="meter", version="2.1")
    start_device(server, "demo", "--state", tmp_path / "state", "--firmware-apply", f"cp -v --target-directory={tmp_path}")
    assert firmware.state == (0, 0)
    assert firmware.push(image)[0] == 204
    assert firmware.state == (2, 0)
    assert (firmware.value("/5/0/6"), firmware.value("/5/0/7")) == ("meter", "2.1")
    assert (tmp_path / "state/firmware.image").read_bytes() == image
    assert firmware.update() == 204
    firmware.comes_to(0, 1)
    assert (tmp_path / "firmware.image").read_bytes() == image
    assert not (tmp_path / "state/firmware.image").exists()
    assert firmware.value("/3/0/3") == "2.1"


def test_what_an_image_says_of_itself_must_hold(server, firmware, start_device):
    start_device(server, "demo", "--set", "/3/0/1=MX-4")
    damaged = image_of(5000)[:-1] + b"?"
    for image, state in [(damaged, (0, 5)), (image_of(5000)[:-700], (0, 5)), (image_of(5000, model="MX-5"), (0, 6)),
                         (image_of(5000, sha256="of another kind"), (0, 6)), (image_of(5000, model="MX-4"), (2, 0)),
                         (b"\1\2\3" * 999, (2, 0))]:
        status, text = firmware.push(image)
        assert (status, firmware.state) == (204 if state[0] == 2 else 400, state), text


def test_an_image_is_taken_back_by_a_zero(server, firmware, start_device, tmp_path):
    start_device(server, "demo", "--state", tmp_path)
    assert firmware.push(image_of(5000))[0] == 204
    assert (tmp_path / "firmware.image").exists()
    assert firmware.push(b"\0")[0] == 204
    assert firmware.state == (0, 0)
    assert not (tmp_path / "firmware.image").exists()


def test_an_update_that_fails_keeps_the_image_over_a_restart(server, firmware, start_device, tmp_path):
    options = ("--state", tmp_path, "--firmware-apply", "false")
    device = start_device(server, "demo", *options)
    assert firmware.update() == 405
    assert firmware.push(image_of(5000, name="meter"))[0] == 204
    assert firmware.update() == 204
    firmware.comes_to(2, 8)
    assert device.end() == 0
    start_device(server, "demo", *options)
    assert firmware.state == (2, 8)
    assert firmware.value("/5/0/6") == "meter"


@pytest.mark.parametrize("status, state", [(0, (0, 1)), (7, (2, 8)), (None, (2, 8))])
def test_an_update_that_restarts_the_device_is_told_after_it(server, firmware, start_device, tmp_path, status, state):
    says = "" if status is None else f'echo {status} > "$LINNET_FIRMWARE_STATUS"; '
    script = tmp_path / "install"
    script.write_text(f"#!/bin/sh\n{says}kill -9 $PPID\n")
    script.chmod(0o755)
    # The shell between linnet-device and the script is the script's parent: have it take that place.
    options = ("--state", tmp_path / "state", "--firmware-apply", f"exec {script}")
    device = start_device(server, "demo", *options)
    assert firmware.push(image_of(5000))[0] == 204
    assert firmware.update() == 204
    device.process.wait(20)
    start_device(server, "demo", *options)
    assert firmware.state == state


@pytest.mark.parametrize("status, state", [(0, (2, 0)), (1, (0, 5)), (2, (0, 6))])
def test_a_command_may_look_at_an_image_first(server, firmware, start_device, tmp_path, status, state):
    seen = tmp_path / "seen"
    start_device(server, "demo", "--firmware-verify", f"sh -c 'cp \"$0\" {seen}; exit {status}'")
    image = image_of(70_000)
    assert firmware.push(image)[0] == 204
    firmware.comes_to(*state)
    assert seen.read_bytes() == image


def test_without_a_command_nothing_is_installed(server, firmware, start_device):
    start_device(server, "demo")
    assert firmware.push(image_of(5000))[0] == 204
    assert firmware.update() == 204
    firmware.comes_to(2, 8)


def resident(pid):
    """Bytes of memory that the process has, and had at most."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}


@pytest.mark.plain
def test_ten_megabytes_take_less_than_one_of_memory(server, firmware, start_device, tmp_path):
    image = image_of(10 << 20)
    device = start_device(server, "demo", "--state", tmp_path)
    assert firmware.push(image_of(100_000))[0] == 204  # whatever is used the first time
    before = resident(device.process.pid)["VmRSS"]
    assert firmware.push(image)[0] == 204
    assert firmware.state == (2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == image
    grown = resident(device.process.pid)["VmHWM"] - before
    print(f"linnet-device grew by {grown} bytes")
    assert grown < 1 << 20
