"""linnet-device: images that are pushed to it, fetched by it, checked, applied, and kept over a restart."""

import hashlib
import pathlib
import shutil
import subprocess

import pytest
from conftest import Program, free_port, until
from imageserver import Image, ImageServer


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


# ---- Fetched ----

QUICK = ("--ack-timeout", "0.2", "--max-retransmit", "2")  # gives up after 5.6 s without a block


@pytest.fixture
def serve():
    servers = []

    def start(**images):
        servers.append(ImageServer(**images))
        return servers[-1]
    yield start
    for image_server in servers:
        image_server.close()


def test_an_image_is_fetched_by_coap(server, firmware, start_device, serve, tmp_path):
    body = image_of(200_000, name="meter")
    images = serve(image=Image(body))
    start_device(server, "demo", "--state", tmp_path)
    firmware.fetch(images.uri + "/image")
    firmware.comes_to(2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == body
    assert (firmware.value("/5/0/1"), firmware.value("/5/0/6")) == (images.uri + "/image", "meter")
    firmware.fetch("")
    assert firmware.state == (0, 0)
    assert not (tmp_path / "firmware.image").exists()


def test_a_fetch_goes_on_after_a_cut(server, firmware, start_device, serve, tmp_path):
    image = Image(image_of(100_000))
    images = serve(image=image)
    image.after = lambda number: images.stop_soon() if number == 40 and images.context else None
    start_device(server, "demo", "--state", tmp_path, "--ack-timeout", "0.2")
    firmware.fetch(images.uri + "/image")
    images.until_stopped()
    assert firmware.state == (1, 0)
    image.after = None
    images.start()
    firmware.comes_to(2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == image.body
    assert image.blocks.count(0) == 1 and image.blocks.count(39) == 1  # it did not begin anew


def test_an_image_that_changed_in_a_cut_is_fetched_anew(server, firmware, start_device, serve, tmp_path):
    image = Image(image_of(100_000))
    images = serve(image=image)
    image.after = lambda number: images.stop_soon() if number == 40 and images.context else None
    start_device(server, "demo", "--state", tmp_path, "--ack-timeout", "0.2")
    firmware.fetch(images.uri + "/image")
    images.until_stopped()
    image.after, image.body, image.etag = None, image_of(90_000, version="2"), b"2"
    images.start()
    firmware.comes_to(2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == image.body
    assert image.blocks.count(0) == 2


def test_a_fetch_is_begun_again_after_a_restart(server, firmware, start_device, serve, tmp_path):
    image = Image(image_of(100_000))
    images = serve(image=image)
    image.after = lambda number: images.stop_soon() if number == 40 and images.context else None
    device = start_device(server, "demo", "--state", tmp_path)
    firmware.fetch(images.uri + "/image")
    images.until_stopped()
    assert device.end(9) == -9
    image.after = None
    images.start()
    start_device(server, "demo", "--state", tmp_path)
    firmware.comes_to(2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == image.body


def test_each_uri_that_will_not_do_has_its_result(server, firmware, start_device, serve):
    images = serve(image=Image(image_of(5000)[:-1] + b"?"), other=Image(image_of(500, model="MX-9")))
    start_device(server, "demo", *QUICK, "--set", "/3/0/1=MX-4")
    for uri, result in [
            ("no uri", 7), ("coap:///image", 7), ("coap://127.0.0.1:99999/image", 7), ("coap://127.0.0.1/%zz", 7),
            ("coap://nowhere.invalid/image", 7), (images.uri + "/nothing", 7), ("gopher://127.0.0.1/image", 9),
            ("coap+tcp://127.0.0.1/image", 9), (f"coap://127.0.0.1:{free_port()}/image", 4), ("coap://192.0.2.1/x", 4),
            (images.uri + "/image", 5), (images.uri + "/other", 6), ("coaps://127.0.0.1/image", 4)]:
        firmware.fetch(uri)
        until(lambda: firmware.state != (1, 0), f"{uri} is given up")
        assert firmware.state == (0, result), uri
        assert firmware.value("/5/0/1") == uri
    status, answer = server.api.call("PUT", "/devices/demo/data/5/0/1", {"value": "coap://" + 250 * "a"})
    assert (status, answer["coap"]) == (400, "4.00")
    assert firmware.state == (0, 4)


@pytest.mark.plain
def test_ten_megabytes_are_fetched_in_less_than_one_of_memory(server, firmware, start_device, serve, tmp_path):
    image = Image(image_of(10 << 20))
    images = serve(image=image, small=Image(image_of(100_000)))
    device = start_device(server, "demo", "--state", tmp_path)
    firmware.fetch(images.uri + "/small")
    firmware.comes_to(2, 0)
    before = resident(device.process.pid)["VmRSS"]
    firmware.fetch(images.uri + "/image")
    firmware.comes_to(2, 0)
    assert (tmp_path / "firmware.image").read_bytes() == image.body
    grown = resident(device.process.pid)["VmHWM"] - before
    print(f"linnet-device grew by {grown} bytes")
    assert grown < 1 << 20


# ---- Fetched from libcoap, and by DTLS with the key of an account ----

KEY = b"sixteen bytes..."


@pytest.fixture
def libcoap(tmp_path):
    """coap-server of libcoap with an image that coap-client has put there: the port without security; DTLS is at the
    next."""
    if shutil.which("coap-server-openssl") is None:
        pytest.skip("coap-server-openssl is not installed")
    port = free_port()
    process = subprocess.Popen(["coap-server-openssl", "-A", "127.0.0.1", "-p", str(port), "-d", "4", "-L", "3",
                                "-k", KEY], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    file = tmp_path / "of-libcoap"
    file.write_bytes(image_of(60_000))

    def client(*options):
        subprocess.run(["coap-client-openssl", "-b", "1024", "-B", "2", *options, f"coap://127.0.0.1:{port}/image"],
                       capture_output=True, check=False, timeout=20, stdin=subprocess.DEVNULL)

    def put():  # the client's own status is 0 too where nobody listens yet: what counts is what is there
        copy = tmp_path / "back-from-libcoap"
        client("-m", "put", "-f", file)
        client("-o", copy)
        return copy.exists() and copy.read_bytes() == file.read_bytes()
    try:
        until(put, "libcoap's server has the image")
        yield port
    finally:
        process.kill()
        process.wait()


def test_an_image_is_fetched_from_libcoap(server, firmware, start_device, libcoap, tmp_path):
    start_device(server, "demo", "--state", tmp_path / "state")
    firmware.fetch(f"coap://127.0.0.1:{libcoap}/image")
    firmware.comes_to(2, 0)
    assert (tmp_path / "state/firmware.image").read_bytes() == (tmp_path / "of-libcoap").read_bytes()


def start_with_a_key(start_server, request, *options):
    port = free_port()
    server = start_server("--coaps", f"127.0.0.1:{port}")
    status, answer = server.api.call("PUT", "/credentials/demo", {"mode": "psk", "identity": "demo", "key": KEY.hex()})
    assert status == 201, answer
    device = Program("linnet-device", "--endpoint", "demo", "--server", f"coaps://127.0.0.1:{port}", "--psk", KEY.hex(),
                     *options)
    request.addfinalizer(device.end)
    device.wait_for("registered as")
    return server


def test_an_image_is_fetched_by_coaps_with_the_key_of_the_account(start_server, request, libcoap, tmp_path):
    server = start_with_a_key(start_server, request, "--state", tmp_path / "state")
    firmware = Firmware(server)
    firmware.fetch(f"coaps://127.0.0.1:{libcoap + 1}/image")
    firmware.comes_to(2, 0)
    assert (tmp_path / "state/firmware.image").read_bytes() == (tmp_path / "of-libcoap").read_bytes()


def test_who_has_another_key_gets_no_image(start_server, request):
    server = start_with_a_key(start_server, request, *QUICK)
    firmware = Firmware(server)
    port = free_port()
    other = subprocess.Popen(["openssl", "s_server", "-dtls1_2", "-accept", str(port), "-nocert", "-psk", "00" * 16,
                              "-cipher", "PSK-AES128-CCM8:@SECLEVEL=0"], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        firmware.fetch(f"coaps://127.0.0.1:{port}/image")
        until(lambda: firmware.state != (1, 0), "it is given up")
        assert firmware.state == (0, 4)
    finally:
        other.kill()
        other.communicate()
