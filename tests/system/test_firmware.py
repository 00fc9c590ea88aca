"""Firmware: images that are uploaded, and jobs that bring them to devices, over restarts and crashes too."""

import json
import os
import pathlib
import random
import signal
import socket
import threading
import urllib.request

import pytest
from aiocoap.numbers.codes import Code
from conftest import PATIENCE, TOKEN, Program, Server, free_port, until
from firmware import DOWNLOADED, DOWNLOADING, FAILED, IDLE, INTEGRITY, OPAQUE, TLV, UPDATING, Firmware

MIB = 1024 * 1024
IMAGES, OCTETS = "/api/v1/firmware/images", {"Content-Type": "application/octet-stream"}


def image_of(size, seed=1):
    return random.Random(seed).randbytes(size)


IMAGE = image_of(20_000)


def upload(server, data=IMAGE, query="?name=meter&version=2.1"):
    status, headers, body = server.api.raw("POST", IMAGES + query, data=data, headers=OCTETS)
    assert status == 201, body
    image = json.loads(body)
    assert headers["Location"] == f"{IMAGES}/{image['id']}"
    return image


def start_job(server, endpoints, method="push", apply=True, image=None):
    image = image or upload(server)
    body = {"image": image["id"], "endpoints": endpoints, "method": method, "apply": apply}
    status, job = server.api.call("POST", "/firmware/jobs", body)
    assert status == 201, job
    return job["id"]


def device_of(server, job, endpoint="one"):
    devices = server.api.get(f"/firmware/jobs/{job}")["devices"]
    return next(device for device in devices if device["endpoint"] == endpoint)


def ends(server, job, endpoint="one"):
    """The device of the job, once its turn is over."""
    last = ["done", "failed", "cancelled"]
    if not server.api.get(f"/firmware/jobs/{job}")["apply"]:
        last.append("downloaded")

    def over():
        device = device_of(server, job, endpoint)
        return device if device["state"] in last else None
    return until(over, f"job {job} is over for {endpoint}")


def is_in(server, job, state, endpoint="one"):
    return until(lambda: device_of(server, job, endpoint)["state"] == state, f"{endpoint} is {state}")


@pytest.fixture
def device():
    made = []

    def make(server, endpoint="one", image=IMAGE, **options):
        made.append(Firmware(server, endpoint, image=image, **options))
        return made[-1]
    yield make
    for each in made:
        each.end()


def problem(server, method, path, body=None, **options):
    status, headers, text = server.api.raw(method, path, body, **options)
    assert headers["Content-Type"] == "application/problem+json", text
    return status, json.loads(text)


# ---- Images ----

def test_an_image_is_kept_listed_and_deleted(server):
    first, second = upload(server), upload(server, b"x" * 100_000, "")
    assert first["sha256"] == __import__("hashlib").sha256(IMAGE).hexdigest()
    assert (first["name"], first["version"], first["size"], first["in_use"]) == ("meter", "2.1", len(IMAGE), False)
    assert (second["name"], second["version"]) == (None, None)
    page = server.api.get("/firmware/images?limit=1")
    assert (page["items"], page["next"], page["total"]) == ([first], first["id"], 2)
    page = server.api.get("/firmware/images?cursor=" + first["id"])
    assert (page["items"], page["next"]) == ([second], None)
    assert server.api.get("/firmware/images/" + first["id"]) == first
    assert server.api.call("DELETE", "/firmware/images/" + first["id"])[0] == 204
    assert server.api.call("GET", "/firmware/images/" + first["id"])[0] == 404
    assert server.api.metric("linnet_firmware_images") == 1


def test_an_upload_may_be_chunked(server):
    def pieces():
        yield IMAGE[:7]
        yield IMAGE[7:]
    request = urllib.request.Request(server.url + IMAGES, data=pieces(), method="POST",
                                     headers={**OCTETS, "Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert json.loads(answer.read())["size"] == len(IMAGE)


@pytest.mark.parametrize("query, data, headers, status, type_", [
    ("", b"", OCTETS, 400, "bad-value"),
    ("", b"{}", {"Content-Type": "application/json"}, 400, "bad-format"),
    ("?sha256=12", b"x", OCTETS, 400, "bad-query"),
    ("?sha256=" + 64 * "0", b"x", OCTETS, 400, "bad-value"),
    ("?name=%1b[2J", b"x", OCTETS, 400, "bad-query"),
    ("?name=" + 65 * "n", b"x", OCTETS, 400, "bad-query"),
    ("?size=1", b"x", OCTETS, 400, "bad-query"),
    ("", bytes(256 * MIB + 1), OCTETS, 413, "too-large"),
])
def test_a_wrong_upload_is_refused_and_nothing_is_kept(tmp_path, start_server, query, data, headers, status, type_):
    server = start_server("--data", tmp_path / "data")
    seen, body = problem(server, "POST", IMAGES + query, data=data, headers=headers)
    assert (seen, body["type"]) == (status, type_)
    assert server.api.get("/firmware/images")["items"] == []
    folder = tmp_path / "data/images"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path, start_server):
    server = start_server("--data", tmp_path)
    with socket.create_connection(("127.0.0.1", server.http_port), PATIENCE) as s:
        s.sendall((f"POST {IMAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99999\r\n"
                   "Content-Type: application/octet-stream\r\n\r\n").encode() + IMAGE)
        until(lambda: (tmp_path / "images").is_dir() and list((tmp_path / "images").iterdir()), "it is coming")
    until(lambda: list((tmp_path / "images").iterdir()) == [], "what came is removed")
    assert server.api.get("/firmware/images")["items"] == []


def test_images_survive_a_restart_and_their_files_lie_in_the_folder(tmp_path, start_server):
    server = start_server("--data", tmp_path)
    image = upload(server)
    assert (tmp_path / "images" / image["id"]).read_bytes() == IMAGE
    (tmp_path / "images" / "upload-77").write_bytes(b"left by a crash")
    server.program.end()
    server = start_server("--data", tmp_path)
    assert server.api.get("/firmware/images")["items"] == [image]
    assert [path.name for path in (tmp_path / "images").iterdir()] == [image["id"]]


def test_an_image_whose_file_is_gone_is_said_at_the_start_and_refused_in_a_job(tmp_path, start_server):
    server = start_server("--data", tmp_path)
    image = upload(server)
    server.program.end()
    (tmp_path / "images" / image["id"]).unlink()
    server = start_server("--data", tmp_path)
    server.program.wait_for("the firmware image is not there")
    body = {"image": image["id"], "endpoints": ["one"], "method": "push"}
    assert problem(server, "POST", "/api/v1/firmware/jobs", body)[1]["type"] == "image-missing"


# ---- Jobs ----

@pytest.mark.parametrize("version, content", [("1.0", TLV), ("1.1", OPAQUE)])
def test_a_push_arrives_as_it_was_uploaded_and_is_applied(server, device, version, content):
    one = device(server, version=version)
    job = start_job(server, ["one"])
    end = ends(server, job)
    assert (end["state"], end["bytes"], end["error"]) == ("done", len(IMAGE), None)
    assert (end["device_state"], end["result"]) == ("idle", {"code": 1, "text": "the update succeeded"})
    assert (bytes(one.body), one.formats, one.executed) == (IMAGE, [content], 1)
    assert server.api.metric("linnet_firmware_pushed_bytes_total") == len(IMAGE)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_pull_arrives_as_it_was_uploaded_and_is_applied(server, device, version):
    one = device(server, version=version)
    job = start_job(server, ["one"], "pull")
    end = ends(server, job)
    assert (end["state"], end["bytes"]) == ("done", len(IMAGE))
    assert (bytes(one.body), one.executed) == (IMAGE, 1)
    assert one.uri.startswith(server.uri + "/fw/")
    assert server.api.metric("linnet_firmware_pulled_bytes_total") == len(IMAGE)
    assert server.api.metric("linnet_file_blocks_total") == 20


def test_without_apply_the_end_is_downloaded(server, device):
    one = device(server)
    assert ends(server, start_job(server, ["one"], apply=False))["state"] == "downloaded"
    assert (one.state, one.executed) == (DOWNLOADED, 0)


def test_what_was_left_of_an_earlier_one_is_reset_first(server, device):
    one = device(server, state=DOWNLOADED)
    assert ends(server, start_job(server, ["one"]))["state"] == "done"
    assert (one.executed, bytes(one.body)) == (1, IMAGE)


def test_a_device_that_refuses_the_format_is_tried_in_the_other(server, device):
    one = device(server)
    take = one.take_package

    def only_tlv(request):
        if request.opt.content_format != TLV:
            one.answer(request, Code.UNSUPPORTED_CONTENT_FORMAT)
        else:
            take(request)
    one.take_package = only_tlv
    assert ends(server, start_job(server, ["one"]))["state"] == "done"
    assert one.formats == [TLV]


@pytest.mark.parametrize("options, method, type_, detail", [
    ({"image": b"another"}, "push", "firmware-result", "the integrity check failed"),
    ({"image": b"another"}, "pull", "firmware-result", "the integrity check failed"),
    ({"result": FAILED}, "push", "firmware-result", "the update failed"),
    ({"delivery": 0}, "push", "firmware-method", "pull alone"),
    ({"delivery": 1}, "pull", "firmware-method", "push alone"),
    ({"state": UPDATING}, "push", "firmware-busy", "updating already"),
    ({"refuses": [(Code.GET, "/5/0")]}, "push", "device-error", "4.00 to a Read of /5/0"),
    ({"refuses": [(Code.PUT, "/5/0/0")]}, "push", "device-error", "4.15 to the package"),
    ({"refuses": [(Code.PUT, "/5/0/1")]}, "pull", "device-error", "4.00 to a Write of /5/0/1"),
    ({"refuses": [(Code.POST, "/5/0/2")]}, "push", "device-error", "4.00 to an Execute of /5/0/2"),
])
def test_why_it_failed_is_told(server, device, options, method, type_, detail):
    device(server, **options)
    end = ends(server, start_job(server, ["one"], method))
    assert (end["state"], end["error"]["type"]) == ("failed", type_)
    assert detail in end["error"]["detail"]
    assert server.api.metric("linnet_firmware_ended_total") == 1


def test_a_device_without_the_object_fails(server, device):
    one = device(server)
    one.take = lambda request: one.answer(request, Code.NOT_FOUND)
    assert ends(server, start_job(server, ["one"]))["error"]["type"] == "no-firmware-object"


def test_the_path_of_a_download_is_gone_with_the_job(server, device):
    one = device(server)
    ends(server, start_job(server, ["one"], "pull"))
    blocks = server.api.metric("linnet_file_blocks_total")
    missed = server.api.metric("linnet_not_found_total")
    one.state = DOWNLOADING
    one.fetch()
    until(lambda: one.state == IDLE and one.result == 7, "4.04 came")
    assert server.api.metric("linnet_file_blocks_total") == blocks
    assert server.api.metric("linnet_not_found_total") == missed + 1


def test_a_download_goes_on_where_it_was(server, device):
    one = device(server)
    one.pull_gate.clear()
    job = start_job(server, ["one"], "pull")
    until(lambda: device_of(server, job)["bytes"] == 1024, "a block was fetched")
    is_in(server, job, "downloading")
    one.pull_gate.set()
    assert ends(server, job)["state"] == "done"
    assert bytes(one.body) == IMAGE


def test_the_uri_may_be_given(start_server, device):
    server = start_server("--firmware-url", "coap://127.0.0.1:9")
    one = device(server)
    job = start_job(server, ["one"], "pull")
    until(lambda: one.uri, "it was told")
    assert one.uri.startswith("coap://127.0.0.1:9/fw/")
    assert server.api.call("DELETE", f"/firmware/jobs/{job}")[0] == 204


def test_a_sleeping_device_gets_it_when_it_wakes(start_server, device):
    server = start_server("--awake", "0.2")
    one = device(server, version="1.0", queue=True)
    until(lambda: server.api.device("one")["state"] == "sleeping", "it sleeps")
    job = start_job(server, ["one"])
    is_in(server, job, "waiting")
    assert one.body == b""
    one.register()
    assert ends(server, job)["state"] == "done"
    assert (bytes(one.body), one.executed) == (IMAGE, 1)


def test_a_device_that_comes_later_gets_it_then(server, device):
    job = start_job(server, ["one", "two"])
    device(server, "two")
    assert ends(server, job, "two")["state"] == "done"
    assert device_of(server, job)["state"] == "waiting"
    device(server)
    assert ends(server, job)["state"] == "done"


def test_one_device_has_one_job_at_a_time(server, device):
    image = upload(server)
    job = start_job(server, ["one"], image=image)
    body = {"image": image["id"], "endpoints": ["two", "one"], "method": "push"}
    status, why = problem(server, "POST", "/api/v1/firmware/jobs", body)
    assert (status, why["type"]) == (409, "firmware-busy") and f'"one" is in job {job}' in why["detail"]
    assert problem(server, "DELETE", f"{IMAGES}/{image['id']}")[1]["type"] == "image-in-use"
    assert server.api.get("/firmware/images")["items"][0]["in_use"]
    assert server.api.call("DELETE", f"/firmware/jobs/{job}")[0] == 204
    assert ends(server, job)["state"] == "cancelled"
    assert server.api.call("POST", "/firmware/jobs", body)[0] == 201


def test_a_cancelled_push_stops_and_a_job_that_is_over_is_removed(server, device):
    one = device(server, image=None)
    job = start_job(server, ["one"], image=upload(server, image_of(8 * MIB)))
    is_in(server, job, "sending")
    assert server.api.call("DELETE", f"/firmware/jobs/{job}")[0] == 204
    assert ends(server, job)["error"]["type"] == "cancelled"
    until(lambda: server.api.call("GET", "/devices/one/data/5/0")[0] == 200, "the device is free for others")
    assert len(one.body) < 8 * MIB and one.executed == 0
    assert server.api.call("DELETE", f"/firmware/jobs/{job}")[0] == 204
    assert server.api.call("GET", f"/firmware/jobs/{job}")[0] == 404
    assert server.api.get("/firmware/jobs") == {"items": [], "next": None, "total": 0}


@pytest.mark.parametrize("change, type_", [
    ({"image": None}, "bad-value"), ({"image": "12zz"}, "unknown-image"), ({"image": "12"}, "unknown-image"),
    ({"endpoints": []}, "bad-value"), ({"endpoints": "one"}, "bad-value"), ({"endpoints": ["one", "one"]}, "bad-value"),
    ({"endpoints": [""]}, "bad-value"), ({"endpoints": [1]}, "bad-value"), ({"endpoints": [256 * "e"]}, "bad-value"),
    ({"method": "throw"}, "bad-value"), ({"apply": 1}, "bad-value"), ({"more": 1}, "unknown-member"),
])
def test_a_wrong_job_is_refused(server, change, type_):
    body = {"image": upload(server)["id"], "endpoints": ["one"], "method": "push", **change}
    status, why = problem(server, "POST", "/api/v1/firmware/jobs", body)
    assert why["type"] == type_ and status == (404 if type_ == "unknown-image" else 400)
    assert server.api.get("/firmware/jobs")["total"] == 0


def test_events_tell_of_each_state_and_each_tenth(server, device):
    device(server)
    request = urllib.request.Request(server.url + "/api/v1/events?type=firmware",
                                     headers={"Authorization": f"Bearer {TOKEN}"})
    seen = []
    with urllib.request.urlopen(request, timeout=PATIENCE) as stream:
        job = start_job(server, ["one"])
        while not seen or seen[-1]["firmware"]["state"] != "done":
            line = stream.readline().decode()
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
    assert all(event["endpoint"] == "one" and event["firmware"]["job"] == job for event in seen)
    states = [event["firmware"]["state"] for event in seen]
    assert [s for s, before in zip(states, [None, *states]) if s != before] == ["sending", "downloaded", "updating", "done"]
    sent = [event["firmware"]["bytes"] for event in seen if event["firmware"]["state"] == "sending"]
    assert sent == sorted(sent) and len(sent) >= 9
    assert seen[-1]["firmware"] == {"job": job, "state": "done", "bytes": len(IMAGE), "size": len(IMAGE), "error": None}


# ---- Restart and crash ----

@pytest.fixture(params=["clean", "crash"])
def again(request, tmp_path):
    """again(): starts linnetd, again(server): ends it as the test's variant says, and starts it at the same ports."""
    servers = []

    def start(before=None):
        options = ["--data", tmp_path]
        if before is not None:
            before.program.end(None if request.param == "clean" else signal.SIGKILL)
        server = Server.__new__(Server)
        if before is None:
            server = Server(*options)
        else:
            server.__dict__.update(before.__dict__)
            server.program = Program("linnetd", "--coap", f"127.0.0.1:{before.coap_port}", "--http",
                                     f"127.0.0.1:{before.http_port}", *options, env={"LINNET_TOKEN": TOKEN})
            server.program.wait_for("linnetd: ready")
        servers.append(server)
        return server
    yield start
    assert servers[-1].program.end() == 0


def test_a_push_goes_on_after_a_restart(again, device):
    server = again()
    big = image_of(3 * MIB)
    one = device(server, image=big)
    job = start_job(server, ["one"], image=upload(server, big))
    until(lambda: len(one.body) > MIB, "a third is there")
    server = again(server)
    one.register()
    assert ends(server, job)["state"] == "done"
    assert (bytes(one.body), one.executed) == (big, 1)


def test_a_pull_goes_on_after_a_restart_where_it_was(again, device):
    server = again()
    one = device(server)
    one.pull_gate.clear()
    job = start_job(server, ["one"], "pull")
    is_in(server, job, "downloading")
    server = again(server)
    one.pull_gate.set()
    assert ends(server, job)["state"] == "done"
    assert (bytes(one.body), one.executed) == (IMAGE, 1)


def test_an_update_that_was_executed_is_not_again_after_a_restart(again, device):
    server = again()
    one = device(server)
    one.update_ends.clear()
    job = start_job(server, ["one"])
    is_in(server, job, "updating")
    server = again(server)
    assert device_of(server, job)["state"] == "updating"
    one.update_ends.set()
    assert ends(server, job)["state"] == "done"
    assert one.executed == 1


@pytest.mark.parametrize("took_it", [True, False])
def test_an_update_that_may_have_left_is_never_sent_twice(again, device, took_it):
    server = again()
    one = device(server)
    one.answers_execute = False
    one.update_ends.clear()
    job = start_job(server, ["one"])
    until(lambda: one.executed, "Update came, and gets no answer")
    if not took_it:
        one.state = DOWNLOADED
    server = again(server)
    one.update_ends.set()
    one.register()
    end = ends(server, job)
    if took_it:
        assert end["state"] == "done"
    else:
        assert (end["state"], end["error"]["type"]) == ("failed", "outcome-unknown")
    assert one.executed == 1


def test_a_job_that_was_cancelled_stays_so(again, device):
    server = again()
    job = start_job(server, ["one"])
    assert server.api.call("DELETE", f"/firmware/jobs/{job}")[0] == 204
    server = again(server)
    one = device(server)
    assert device_of(server, job)["state"] == "cancelled"
    assert server.api.call("GET", "/devices/one/data/5/0")[0] == 200
    assert one.body == b""


# ---- The real device ----

def resident(program):
    pages = pathlib.Path(f"/proc/{program.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The most that programs had more than at its start, looked at all the time."""

    def __init__(self, *programs):
        self.programs, self.before = programs, [resident(program) for program in programs]
        self.grown, self.over = [0] * len(programs), threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.01):
            for i, program in enumerate(self.programs):
                self.grown[i] = max(self.grown[i], resident(program) - self.before[i])

    def end(self):
        self.over.set()
        self.thread.join()
        return self.grown


@pytest.mark.plain
@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("method", ["push", "pull"])
def test_ten_mebibytes_reach_the_device_and_cost_less_than_one_of_memory(tmp_path, start_server, start_device, method,
                                                                          version, record_property):
    server = start_server("--data", tmp_path / "data")
    script = tmp_path / "apply"
    script.write_text(f"#!/bin/sh\ncp \"$1\" {tmp_path}/installed\n")
    script.chmod(0o700)
    real = start_device(server, "one", "--lwm2m", version, "--state", tmp_path / "state", "--firmware-apply", script)
    image = image_of(10 * MIB)
    uploaded = upload(server, image)
    start = Peak(server.program, real)
    end = ends(server, start_job(server, ["one"], method, image=uploaded))
    grown = start.end()
    assert (end["state"], end["error"]) == ("done", None)
    assert (tmp_path / "installed").read_bytes() == image
    print(f"{method} {version}: linnetd grew by {grown[0] // 1024} KiB, linnet-device by {grown[1] // 1024} KiB")
    assert grown[0] < MIB and grown[1] < MIB


# ---- The command line ----

def test_the_command_line_does_it_all(server, device, tmp_path):
    device(server)
    file = tmp_path / "image.bin"
    file.write_bytes(IMAGE)
    status, out, err = server.linnet("firmware", "upload", file, "--name", "meter", "--image-version", "2.1")
    image = out.strip()
    assert (status, err) == (0, "") and server.api.get("/firmware/images/" + image)["version"] == "2.1"
    status, out, _ = server.linnet("firmware")
    assert status == 0 and out.splitlines()[1].split()[:5] == [image, "meter", "2.1", "19.5", "KiB"]
    status, out, _ = server.linnet("firmware", "pull", image, "one", "--apply", "--follow")
    assert status == 0, out
    assert "1 done; it is over" in out and out.splitlines()[-1].split()[:4] == ["one", "done", "100", "%"]
    job = server.api.get("/firmware/jobs")["items"][0]["id"]
    status, out, _ = server.linnet("firmware", "jobs")
    assert out.splitlines()[1].split()[:6] == [job, image, "pull", "yes", "1", "done"]
    status, out, _ = server.linnet("firmware", "show", job, "--json")
    assert json.loads(out) == server.api.get("/firmware/jobs/" + job)
    assert server.linnet("firmware", "cancel", job) == (0, "", "")
    assert server.linnet("firmware", "delete", image) == (0, "", "")
    assert server.api.get("/firmware/images")["total"] == 0


def test_the_command_line_says_what_went_wrong(server, device, tmp_path):
    device(server, result=FAILED)
    image = upload(server)["id"]
    status, out, _ = server.linnet("firmware", "push", image, "one", "--apply", "--follow")
    assert status == 1 and "Update Result 8: the update failed" in out
    status, out, err = server.linnet("firmware", "push", "12", "one")
    assert (status, out) == (1, "") and "no firmware image" in err
    status, _, err = server.linnet("firmware", "upload", tmp_path / "nothing")
    assert status == 1 and "No such file" in err
    (tmp_path / "image.bin").write_bytes(IMAGE)
    status, _, err = server.linnet("firmware", "upload", tmp_path / "image.bin", "--sha256", 64 * "0")
    assert status == 1 and "SHA-256 of what came" in err
    for words in (["push", image], ["jobs", "x"], ["show"], ["throw", "x"]):
        assert server.linnet("firmware", *words)[0] == 2


@pytest.mark.parametrize("method", ["push", "pull"])
def test_an_image_reaches_the_device_over_dtls(start_server, request, tmp_path, method):
    port, key = free_port(), 16 * b"k"
    server = start_server("--coaps", f"127.0.0.1:{port}")
    assert server.api.call("PUT", "/credentials/one", {"mode": "psk", "key": key.hex()})[0] == 201
    real = Program("linnet-device", "--endpoint", "one", "--server", f"coaps://127.0.0.1:{port}", "--psk", key.hex(),
                   "--identity", "one", "--state", tmp_path, "--firmware-apply", "true")
    request.addfinalizer(real.end)
    until(lambda: server.api.device("one"), "it is registered")
    image = image_of(300_000)
    job = start_job(server, ["one"], method, image=upload(server, image))
    end = ends(server, job)
    assert (end["state"], end["error"], end["bytes"]) == ("done", None, len(image))
    assert server.api.metric(f"linnet_firmware_{method}ed_bytes_total") == len(image)
