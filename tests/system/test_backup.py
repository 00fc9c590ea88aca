"""A copy of all that is kept, taken while devices register; and what the server says of itself."""

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess

import pytest

from conftest import BIN, PATIENCE, Server, until


@pytest.fixture
def start():
    started = []

    def start_one(folder, *options):
        started.append(Server("--data", folder, *options))
        return started[-1]
    yield start_one
    for server in started:
        server.program.end()


@pytest.fixture
def server(start, tmp_path):
    return start(tmp_path / "data")


def placed(tmp_path, copy, name="restored"):
    folder = tmp_path / name
    folder.mkdir()
    os.rename(copy, folder / "linnet.db")
    return folder


def everything(server, query=""):
    items, cursor = [], ""
    while cursor is not None:
        page = server.api.get("/devices?limit=1000" + query + (f"&cursor={cursor}" if cursor else ""))
        items += page["items"]
        cursor = page["next"]
    return {d["endpoint"]: d for d in items}


def test_a_backup_taken_under_load_is_whole(start, start_device, run, server, tmp_path):
    start_device(server, "left").end()
    until(lambda: everything(server, "&state=gone"), "it left")
    status, made = server.api.call("POST", "/tokens", {"role": "viewer", "name": "kept"})
    assert status == 201
    load = subprocess.Popen(
        [BIN / "linnet-load", "--server", server.uri, "--devices", "20000", "--rate", "2000", "--keep"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: server.api.metric("linnet_registrations") > 500, "devices register")
        before = set(everything(server))
        committed = server.api.metric("linnet_store_changes_total")
        assert server.linnet("backup", tmp_path / "copy")[0] == 0
        assert server.api.metric("linnet_store_changes_total") > committed  # it was under load
    finally:
        load.kill()
        load.wait(PATIENCE)
    assert len(list((tmp_path / "data").glob("linnet.backup*"))) == 0

    folder = placed(tmp_path, tmp_path / "copy")
    status, out, err = run("linnetd", "--check", folder)
    assert status == 0 and ": good:" in out, err
    second = start(folder)
    assert before <= set(everything(second))
    assert set(everything(second, "&state=gone")) == {"left"}
    assert made["id"] in {t["id"] for t in second.api.get("/tokens")["items"]}
    assert second.api.get("/server")["identity"] == server.api.get("/server")["identity"]


def test_a_device_goes_on_with_a_restored_server(start, start_device, server, tmp_path):
    start_device(server, "device")
    assert server.linnet("backup", tmp_path / "copy")[0] == 0
    before = server.api.device("device")
    server.program.end(signal.SIGKILL)
    second = start(placed(tmp_path, tmp_path / "copy"), "--coap", f"127.0.0.1:{server.coap_port}")
    after = second.api.device("device")
    assert after["registration"] == before["registration"]
    assert second.api.call("GET", "/devices/device/data/3/0/0")[0] == 200


def test_credentials_come_back_with_their_master_key_and_not_without(start, run, server, tmp_path):
    body = {"mode": "psk", "identity": "meter", "key": "00112233445566778899aabbccddeeff"}
    assert server.api.call("PUT", "/credentials/meter", body)[0] == 201
    assert server.linnet("backup", tmp_path / "copy")[0] == 0
    folder = placed(tmp_path, tmp_path / "copy")
    status, _, err = run("linnetd", "--data", folder, "--coap", "off", "--http", "off")
    assert status == 1 and "key" in err
    shutil.copy(tmp_path / "data/key", folder / "key")
    assert [c["identity"] for c in start(folder).api.get("/credentials")["items"]] == ["meter"]


def test_values_and_samples_are_in_the_copy_and_checked(start, start_device, run, server, tmp_path):
    path = "/devices/meter/observations/3303/0/5700"
    assert server.api.call("PUT", path, {"attributes": {"pmin": 1, "pmax": 1}})[0] == 201
    start_device(server, "meter", "--sensor", "temperature=sine")
    before = until(lambda: (i := server.api.get("/devices/meter/history/3303/0/5700")["items"])[1:] and i, "samples")
    assert server.linnet("backup", tmp_path / "copy")[0] == 0
    folder = placed(tmp_path, tmp_path / "copy")
    for _ in range(2):  # as it came, and once it was started
        status, out, err = run("linnetd", "--check", folder)
        values, samples = map(int, re.search(r"(\d+) values, (\d+) samples", out).groups())
        assert status == 0 and values >= 1 and samples >= 2, out + err
        second = start(folder)
        got = second.api.get("/devices/meter/history/3303/0/5700")["items"]
        assert got[:2] == before[:2] and len(got) == samples
        assert second.api.get("/devices/meter/values?path=/3303")["items"][0]["source"] == "notification"
        assert second.program.end() == 0
    with sqlite3.connect(folder / "history.db") as db:
        db.execute("UPDATE samples SET type = 99")
    db.close()
    status, out, err = run("linnetd", "--check", folder)
    assert status == 1 and "history.db" in err and "samples" in err and ": damaged:" in out
    (folder / "history.db").write_bytes(b"x" * 8192)
    status, _, err = run("linnetd", "--check", folder)
    assert status == 1 and "history.db" in err


def test_times_of_updates_are_in_the_copy(start_device, server, tmp_path):
    start_device(server, "device", "--lifetime", "2")  # an Update each second
    first = server.api.device("device")["updated_at"]
    row = "SELECT updated_at FROM registrations ORDER BY number DESC LIMIT 1"

    def copied():
        (tmp_path / "copy").unlink(missing_ok=True)
        assert server.linnet("backup", tmp_path / "copy")[0] == 0
        with sqlite3.connect(tmp_path / "copy") as copy:
            got, = copy.execute(row).fetchone()
        copy.close()
        with sqlite3.connect(f"file:{tmp_path}/data/linnet.db?mode=ro", uri=True) as original:
            kept, = original.execute(row).fetchone()
        original.close()
        return got > kept
    until(copied, "the copy has an Update that the database has not")
    assert server.api.device("device")["updated_at"] > first


def test_a_backup_is_for_its_owner_alone_and_replaces_an_older_one_whole(server, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(b"older")
    status, out, err = server.linnet("backup", copy)
    assert (status, err) == (0, "")
    assert out == f"{copy}: {copy.stat().st_size} bytes\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.read_bytes().startswith(b"SQLite format 3\0")
    assert [p.name for p in tmp_path.iterdir() if "copy" in p.name] == ["copy"]


def test_what_can_go_wrong_with_a_backup_is_said(start_server, server, tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(b"older")
    status, _, err = server.linnet("backup", copy, token="wrong")
    assert status == 1 and "valid token" in err
    memory = start_server("--data", ":memory:")
    status, _, err = memory.linnet("backup", copy)
    assert status == 1 and ":memory:" in err
    assert memory.api.call("GET", "/backup")[1]["type"] == "no-backup"
    status, _, err = server.linnet("backup", tmp_path / "nowhere/copy")
    assert status == 1 and "No such file" in err
    assert copy.read_bytes() == b"older"
    assert [p.name for p in tmp_path.iterdir() if "copy" in p.name] == ["copy"]


@pytest.mark.parametrize("method, path, status, slug", [
    ("GET", "/backup?x=1", 400, "bad-query"),
    ("POST", "/backup", 405, "method-not-allowed"),
    ("GET", "/backup/x", 404, "not-found"),
])
def test_wrong_requests_are_refused(server, method, path, status, slug):
    got, problem = server.api.call(method, path)
    assert (got, problem["type"]) == (status, slug)


def test_a_copy_needs_an_administrator(server):
    for role in ("viewer", "operator"):
        token = server.api.call("POST", "/tokens", {"role": role})[1]["token"]
        status, _, text = server.api.raw("GET", "/api/v1/backup", headers={"Authorization": "Bearer " + token})
        assert status == 403 and b"forbidden" in text


def test_what_a_killed_backup_left_is_gone_with_the_next(server, tmp_path):
    (tmp_path / "data/linnet.backup").write_bytes(b"half")
    assert server.linnet("backup", tmp_path / "copy")[0] == 0
    assert not (tmp_path / "data/linnet.backup").exists()


def test_a_folder_that_cannot_be_written_gives_no_copy_and_no_harm(server, start_device, tmp_path):
    (tmp_path / "data/linnet.backup").mkdir()  # stands in the way, for root too
    status, problem = server.api.call("GET", "/backup")
    assert (status, problem["type"]) == (409, "no-backup") and "linnet.backup" in problem["detail"]
    start_device(server, "device")
    (tmp_path / "data/linnet.backup").rmdir()
    assert server.linnet("backup", tmp_path / "copy")[0] == 0


# ---- What the server says of itself ----

def test_the_identity_stays_with_the_store(start, start_server, tmp_path):
    first = start(tmp_path / "a")
    identity = first.api.get("/server")["identity"]
    assert re.fullmatch("[0-9a-f]{32}", identity)
    first.program.end()
    second = start(tmp_path / "a")
    assert second.api.get("/server")["identity"] == identity
    others = {start(tmp_path / "b").api.get("/server")["identity"],
              start_server("--data", ":memory:").api.get("/server")["identity"], identity}
    assert len(others) == 3


def test_the_command_line_shows_the_server(server, tmp_path):
    status, out, _ = server.linnet("server")
    rows = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert status == 0
    assert rows["identity"] == server.api.get("/server")["identity"]
    assert rows["listeners.coap"].endswith(str(server.coap_port))
    assert (rows["tokens"], rows["store.data"]) == ("1", str(tmp_path / "data"))
    assert rows["limits.tokens"] == "256" and rows["store.read_only"] == "false"


def test_metrics_of_the_store(server, start_device, start_server):
    start_device(server, "device")
    assert server.api.metric("linnet_store_changes_total") == 1
    assert server.api.metric("linnet_store_commit_seconds_count") == 1
    assert 0 < server.api.metric("linnet_store_commit_seconds_sum") < PATIENCE
    assert server.api.metric("linnet_store_waiting") == 0
    assert server.api.metric("linnet_store_read_only") == 0
    assert server.api.metric("linnet_store_bytes") > 10_000
    _, _, text = server.api.raw("GET", "/metrics")
    assert b"\nlinnet_store_restore_seconds 0." in text
    _, _, text = start_server("--data", ":memory:").api.raw("GET", "/metrics")
    assert b"linnet_store_" not in text
