"""What linnetd has acknowledged survives its end, however it comes; and what is wrong is said."""

import signal
import sqlite3

import pytest

from conftest import until


def registered(server):
    return {d["endpoint"]: d for d in server.api.get("/devices?limit=1000")["items"]}


def kill(server):
    server.program.end(signal.SIGKILL)


def restarted(start_server, server, data, *options):
    """Another linnetd on the same folder and port."""
    return start_server("--data", data, "--coap", f"127.0.0.1:{server.coap_port}", *options)


def test_a_device_is_still_registered_after_a_kill_and_carries_on(start_killable, start_device, data):
    first = start_killable("--data", data)
    start_device(first, "survivor", "--lifetime", 60)
    before = first.api.device("survivor")
    kill(first)

    second = restarted(start_killable, first, data)
    after = second.api.device("survivor")
    for member in ("registration", "version", "lifetime", "binding", "address", "registered_at", "objects"):
        assert after[member] == before[member], member
    status, body = second.api.call("GET", "/devices/survivor/data/3/0/0")
    assert status == 200 and body["records"][0]["value"]


def test_a_clean_end_keeps_times_and_another_number_of_shards_changes_nothing(start_killable, start_device, data):
    first = start_killable("--data", data, "--shards", 2)
    for name in ("a", "b", "c", "d"):
        start_device(first, name)
    before = registered(first)
    assert first.program.end() == 0

    second = restarted(start_killable, first, data, "--shards", 3)
    after = registered(second)
    for name in before:
        for member in ("registration", "registered_at", "updated_at", "expires_at"):
            assert after[name][member] == before[name][member], member
    status, _ = second.api.call("GET", "/devices/c/data/3/0/0")
    assert status == 200


def test_a_device_that_was_forgotten_stays_away(start_killable, start_device, data):
    first = start_killable("--data", data)
    start_device(first, "stays")
    start_device(first, "leaves").end()
    until(lambda: first.api.device("leaves") is None or first.api.device("leaves")["state"] == "gone", "it left")
    kill(first)

    second = restarted(start_killable, first, data)
    assert set(registered(second)) == {"stays"}


def test_nothing_is_kept_in_memory(start_killable, start_device, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = start_killable("--data", ":memory:")
    start_device(first, "device")
    first.program.end()
    assert list(tmp_path.iterdir()) == []


# ---- What can be wrong with a folder ----

def refused(run, data, *texts):
    status, _, err = run("linnetd", "--data", data, "--coap", "off", "--http", "off")
    assert status == 1
    assert err.startswith("linnetd: --data: ") and len(err.splitlines()) == 1, err
    for text in texts:
        assert text in err


@pytest.fixture
def used(start_killable, start_device, data):
    """A folder with one registration, which a linnetd has left."""
    server = start_killable("--data", data)
    start_device(server, "device").end(signal.SIGKILL)
    assert server.program.end() == 0
    return data


def test_two_daemons_on_one_folder(start_killable, run, data):
    server = start_killable("--data", data)
    refused(run, data, "another linnetd", f"process {server.program.process.pid}")
    assert server.api.get("/devices")["items"] == []


def test_a_newer_database(run, used):
    with sqlite3.connect(used / "linnet.db") as db:
        db.execute("PRAGMA user_version=99")
    refused(run, used, "version 99", "newer linnetd")


def test_a_wrong_file(run, used):
    (used / "linnet.db").write_bytes(b"x" * 10000)
    refused(run, used, "no database")
    assert (used / "linnet.db").read_bytes() == b"x" * 10000


def test_a_database_cut_in_half(run, used):
    file = used / "linnet.db"
    file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])
    size = file.stat().st_size
    refused(run, used, "damaged")
    assert file.stat().st_size == size


def test_check_tells_good_from_damaged(run, used):
    status, out, _ = run("linnetd", "--check", used)
    assert status == 0 and "good" in out and "1 rows of registrations" in out
    with sqlite3.connect(used / "linnet.db") as db:
        db.execute("UPDATE registrations SET remote = x'00'")
    status, out, err = run("linnetd", "--check", used)
    assert status == 1 and "is no registration" in err
    status, _, err = run("linnetd", "--check", used / "nowhere")
    assert status == 1 and "nowhere" in err
