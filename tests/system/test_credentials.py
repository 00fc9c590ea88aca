"""Who may come in: the API and the command line, what is refused, and that no key comes out again."""

import base64
import secrets
import signal
import sqlite3
import stat
import subprocess

import pytest
from conftest import BIN, PATIENCE, TOKEN

KEY = secrets.token_bytes(16)
# SubjectPublicKeyInfo of a P-256 key
RAW_KEY = ("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W"
           "K84zV2sxXs7LtkBoN79R9Q==")


def psk(key=KEY, **more):
    return {"mode": "psk", "key": key.hex(), **more}


# ---- What is put is listed, without its secret ----

def test_a_credential_is_made_changed_shown_and_deleted(server):
    status, body = server.api.call("PUT", "/credentials/meter", psk(identity="id-1"))
    assert status == 201
    item = body["items"][0]
    assert (item["endpoint"], item["for"], item["mode"], item["identity"]) == ("meter", "server", "psk", "id-1")
    assert item["subject"] is None and item["slot"] == 1 and item["created_at"].endswith("Z")
    assert server.api.call("PUT", "/credentials/meter", psk(identity="id-2"))[0] == 200
    assert server.api.get("/credentials/meter")["items"][0]["identity"] == "id-2"
    assert server.api.call("PUT", "/credentials/meter", psk(identity="id-2", **{"for": "bootstrap"}))[0] == 201
    assert server.api.get("/credentials")["total"] == 2
    assert server.api.call("DELETE", "/credentials/meter?for=bootstrap")[0] == 204
    assert server.api.call("DELETE", "/credentials/meter")[0] == 204
    status, body = server.api.call("DELETE", "/credentials/meter")
    assert (status, body["type"]) == (404, "unknown-credential")
    assert server.api.call("GET", "/credentials/meter")[0] == 404


def test_two_are_valid_at_once_for_a_rotation(server):
    server.api.call("PUT", "/credentials/meter", psk())
    status, body = server.api.call("PUT", "/credentials/meter", psk(secrets.token_bytes(16), previous="keep",
                                                                             identity="meter-2"))
    assert status == 200 and [item["slot"] for item in body["items"]] == [1, 2]
    assert server.api.call("DELETE", "/credentials/meter?slot=1")[0] == 204
    assert [item["slot"] for item in server.api.get("/credentials/meter")["items"]] == [2]


def test_certificates_and_raw_keys_are_bound_too(server):
    assert server.api.call("PUT", "/credentials/a", {"mode": "x509"})[0] == 201
    assert server.api.get("/credentials/a")["items"][0]["subject"] == "a"
    assert server.api.call("PUT", "/credentials/b", {"mode": "x509", "subject": "CN of b"})[0] == 201
    assert server.api.call("PUT", "/credentials/c", {"mode": "rpk", "public_key": RAW_KEY})[0] == 201
    assert server.api.get("/credentials/c")["items"][0]["public_key"] == RAW_KEY


def test_the_list_has_pages(server):
    for i in range(5):
        server.api.call("PUT", f"/credentials/ep-{i}", psk())
    seen, cursor = [], ""
    while cursor is not None:
        page = server.api.get(f"/credentials?limit=2{cursor and '&cursor=' + cursor}")
        seen += [item["endpoint"] for item in page["items"]]
        cursor = page["next"]
        assert page["total"] == 5
    assert seen == [f"ep-{i}" for i in range(5)]
    assert server.api.get("/credentials?q=ep-3")["total"] is None


# ---- What is refused ----

@pytest.mark.parametrize("body, kind, member", [
    ({"mode": "psk", "key": "00", "colour": 1}, "unknown-member", "colour"),
    ({"mode": "psk"}, "bad-value", "key"),
    ({"mode": "psk", "key": "0x"}, "bad-value", "key"),
    ({"mode": "psk", "key": "00" * 65}, "bad-value", "key"),
    ({"mode": "psk", "key": ""}, "bad-value", "key"),
    ({"mode": "psk", "key": 7}, "bad-value", "key"),
    ({"mode": "psk", "key": "00", "identity": "i" * 129}, "bad-value", "identity"),
    ({"mode": "psk", "key": "00", "for": "nobody"}, "bad-value", "for"),
    ({"mode": "psk", "key": "00", "previous": "x"}, "bad-value", "previous"),
    ({"mode": "magic"}, "bad-value", "mode"),
    ({}, "bad-value", "mode"),
    ({"mode": "rpk", "public_key": "%%"}, "bad-value", "public_key"),
    ({"mode": "rpk", "public_key": "AAAA"}, "bad-value", "public_key"),
    ({"mode": "x509", "subject": ""}, "bad-value", "subject"),
])
def test_what_is_wrong_is_said_by_its_member(server, body, kind, member):
    status, answer = server.api.call("PUT", "/credentials/meter", body)
    assert (status, answer["type"]) == (400, kind)
    assert member in answer["detail"]
    assert server.api.get("/credentials")["total"] == 0


def test_an_identity_of_another_endpoint_is_409(server):
    server.api.call("PUT", "/credentials/a", psk(identity="id"))
    status, body = server.api.call("PUT", "/credentials/b", psk(identity="id"))
    assert (status, body["type"]) == (409, "identity-taken")
    assert server.api.get("/credentials")["total"] == 1


def test_a_short_key_is_taken_with_a_warning(server):
    status, body = server.api.call("PUT", "/credentials/a", psk(b"short"))
    assert status == 201 and "shorter than 16" in body["warning"]
    assert "warning" not in server.api.call("PUT", "/credentials/a", psk())[1]


# ---- Import ----

def send_file(server, text):
    return server.api.raw("POST", "/api/v1/credentials/import", data=text.encode(), headers={"Content-Type": "text/csv"})


def test_thousands_are_imported_at_once_or_none(server, tmp_path):
    lines = [f"meter-{i},server,psk,id-{i},{secrets.token_hex(16)}" for i in range(5000)]
    status, _, body = send_file(server, "\n".join([*lines[:4000], "bad,server,psk,id,xyz", *lines[4000:]]))
    assert status == 400 and b"line 4001, key" in body
    assert server.api.get("/credentials")["total"] == 0
    path = tmp_path / "meters.csv"
    path.write_text("endpoint,for,mode,identity,key\n" + "\n".join(lines) + "\n")
    assert server.linnet("credentials", "import", path) == (0, "5000 imported\n", "")
    assert server.api.get("/credentials")["total"] == 5000
    status, _, body = send_file(server, "other,server,psk,id-7,00")
    assert status == 409 and b"line 1, identity" in body


# ---- Kept, sealed ----

def test_what_was_answered_survives_a_kill(start_killable, data):
    server = start_killable("--data", data)
    assert server.api.call("PUT", "/credentials/meter", psk())[0] == 201
    assert server.api.call("PUT", "/credentials/other", psk())[0] == 201
    assert server.api.call("DELETE", "/credentials/other")[0] == 204
    server.program.end(signal.SIGKILL)
    server = start_killable("--data", data)
    assert [item["endpoint"] for item in server.api.get("/credentials")["items"]] == ["meter"]
    assert stat.S_IMODE((data / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize("harm, words", [
    (lambda key: key.unlink(), "master key is not here"),
    (lambda key: key.write_text(secrets.token_hex(32)), "another master key"),
    (lambda key: key.write_text("nonsense"), "32 bytes in hex or base64"),
    (lambda key: key.chmod(0o644), "chmod 600"),
])
def test_a_master_key_that_is_not_right_ends_the_start(start_killable, run, data, harm, words):
    server = start_killable("--data", data)
    assert server.api.call("PUT", "/credentials/meter", psk())[0] == 201
    server.program.end()
    harm(data / "key")
    status, _, err = run("linnetd", "--coap", "off", "--http", "off", "--data", data)
    assert status == 1 and words in err


def test_a_master_key_can_come_from_elsewhere(run, data, tmp_path):
    elsewhere = tmp_path / "master"
    status, _, err = run("linnetd", "--coap", "off", "--http", "off", env={"LINNET_KEY_FILE": str(elsewhere)})
    assert status == 1 and str(elsewhere) in err
    status, _, err = run("linnetd", "--coap", "off", "--http", "off", env={"LINNET_KEY": "00"})
    assert status == 1 and "32 bytes" in err


# ---- No key comes out ----

def forms(key):
    """A key as it could stand somewhere."""
    text = base64.b64encode(key)
    return [key, key.hex().encode(), key.hex().upper().encode(), text.rstrip(b"="),
            base64.urlsafe_b64encode(key).rstrip(b"=")]


def test_no_key_stands_anywhere(start_killable, data, tmp_path):
    keys = [secrets.token_bytes(16) for _ in range(40)]
    server = start_killable("--data", data, "--log-level", "trace")
    events = subprocess.Popen([BIN / "linnet", "--url", server.url, "--token", TOKEN, "--json", "events"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    answers = []
    for i, key in enumerate(keys[:20]):
        answers.append(server.api.raw("PUT", f"/api/v1/credentials/meter-{i}", psk(key))[2])
        answers.append(server.api.raw("PUT", f"/api/v1/credentials/meter-{i}", psk(key, colour="x"))[2])
        answers.append(server.api.raw("PUT", f"/api/v1/credentials/thief-{i}", psk(key, identity=f"meter-{i}"))[2])
    answers.append(send_file(server, "".join(f"file-{i},,psk,,{k.hex()}\n" for i, k in enumerate(keys[20:])))[2])
    for path in ("credentials?limit=1000", "credentials/meter-0", "server", "devices"):
        answers.append(server.api.raw("GET", "/api/v1/" + path)[2])
    assert server.api.get("/credentials")["total"] == 40
    places = {"answers": b"".join(answers)}
    events.terminate()
    places["events"] = events.communicate(timeout=PATIENCE)[0]
    places.update({path.name: path.read_bytes() for path in data.iterdir()})
    server.program.end()
    places.update({"at the end " + path.name: path.read_bytes() for path in data.iterdir()})
    places["log"] = "\n".join(server.program.lines).encode()
    assert b"credentials: meter-0: made" in places["log"]
    assert {"linnet.db", "linnet.db-wal", "key"} <= set(places)
    for name, content in places.items():
        for key in keys:
            assert not any(form in content for form in forms(key)), f"a key stands in {name}"


def test_check_opens_each_credential(start_killable, run, data):
    server = start_killable("--data", data)
    for name in ("meter-1", "meter-2"):
        assert server.api.call("PUT", f"/credentials/{name}", psk())[0] == 201
    server.program.end()
    status, out, err = run("linnetd", "--check", data)
    assert status == 0 and ": good:" in out and " 2 credentials," in out, out + err
    key = (data / "key").read_bytes()
    (data / "key").unlink()
    status, out, _ = run("linnetd", "--check", data)
    assert status == 0 and " 2 credentials (not opened: their master key is not here)" in out
    assert run("linnetd", "--check", data, env={"LINNET_KEY": secrets.token_hex(32)})[0] == 1
    (data / "key").write_bytes(key)
    (data / "key").chmod(0o600)
    with sqlite3.connect(data / "linnet.db") as db:
        db.execute("UPDATE credentials SET endpoint = ? WHERE endpoint = ?", (b"thief", b"meter-1"))
    db.close()
    status, out, err = run("linnetd", "--check", data)
    assert status == 1 and "1 credentials do not open" in err and ": damaged:" in out


def test_a_file_that_is_too_long_is_refused_whole(server, tmp_path):
    path = tmp_path / "meters.csv"
    path.write_text("".join(f"meter-{i},,psk,,{KEY.hex()}\n" for i in range(30000)))
    assert path.stat().st_size > 1024 * 1024
    status, _, err = server.linnet("credentials", "import", path)
    assert status == 1 and "a body may have 1 MiB: send a longer list in parts" in err
    assert server.api.get("/credentials")["total"] == 0


# ---- The command line ----

def test_the_command_line_adds_lists_and_removes(server):
    status, out, err = server.linnet("credentials", "add", "meter", "--psk", "--identity", "id-1")
    assert (status, err) == (0, "") and len(bytes.fromhex(out.strip())) == 16
    status, out, err = server.linnet("credentials", "add", "meter", "--psk", KEY.hex(), "--keep-previous")
    assert (status, out, err) == (0, "", "")
    assert server.linnet("credentials", "add", "cert", "--x509", "CN of it", "--for", "bootstrap")[0] == 0
    assert server.linnet("credentials", "add", "raw", "--rpk", RAW_KEY)[0] == 0
    status, out, _ = server.linnet("credentials", "list")
    rows = [line.split()[:4] for line in out.splitlines()]
    assert rows == [["ENDPOINT", "FOR", "MODE", "IDENTITY"], ["cert", "bootstrap", "x509", "CN"],
                    ["meter", "server", "psk", "id-1"], ["meter", "server", "psk", "meter"],
                    ["raw", "server", "rpk", RAW_KEY]]
    assert server.linnet("credentials", "remove", "meter", "--slot", "1")[0] == 0
    assert server.linnet("credentials", "remove", "meter", "--for", "server")[0] == 0
    status, _, err = server.linnet("credentials", "remove", "meter")
    assert status == 1 and "no such credential" in err
    for words in (["add", "x"], ["add"], ["add", "x", "--psk", "--x509"], ["remove"], ["nonsense"]):
        assert server.linnet("credentials", *words)[0] == 2, words
    status, _, err = server.linnet("credentials", "add", "x", "--psk", "07")
    assert status == 0 and "shorter than 16" in err
    status, _, err = server.linnet("credentials", "add", "x", "--psk", "zz")
    assert status == 1 and "key" in err


def test_a_key_can_be_read_from_standard_input(server):
    done = subprocess.run([BIN / "linnet", "--url", server.url, "--token", TOKEN, "credentials", "add", "meter", "--psk",
                           "-"], input=KEY.hex() + "\n", text=True, capture_output=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.api.get("/credentials/meter")["total"] == 1
