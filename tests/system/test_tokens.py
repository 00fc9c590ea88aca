"""Tokens of the API: made, listed, removed; what each role may do; what a start makes."""

import pathlib
import re
import socket
import urllib.request

import pytest

from conftest import PATIENCE, Api, Program, free_port, until


class Unaided:
    """A linnetd without LINNET_TOKEN, and what it printed."""

    def __init__(self, data, token=None):
        port = free_port(socket.SOCK_STREAM)
        env = {"LINNET_TOKEN": token or ""}
        self.program = Program("linnetd", "--coap", f"127.0.0.1:{free_port()}", "--http", f"127.0.0.1:{port}",
                               "--data", data, env=env)
        self.program.wait_for("linnetd: ready")
        lines = "\n".join(self.program.lines)
        made = re.findall(r"admin token for (http://\S+): (\S+)$", lines, re.M)
        self.url, self.made = made[0] if made else (None, None)
        self.count = len(made)
        self.api = Api(port, token or self.made)

    def end(self):
        assert self.program.end() == 0, "\n".join(self.program.lines)


@pytest.fixture
def start(tmp_path):
    started = []

    def start_one(token=None, data=tmp_path / "data"):
        started.append(Unaided(data, token))
        return started[-1]
    yield start_one
    for one in started:
        one.end()


def add(api, role, **more):
    status, body = api.call("POST", "/tokens", {"role": role, **more})
    assert status == 201, body
    return body


def as_(api, token):
    other = Api(0, token)
    other.base = api.base
    return other


# ---- The first start ----

def test_the_first_start_makes_a_token_and_later_ones_do_not(start, tmp_path):
    first = start()
    assert first.count == 1 and len(first.made) == 43 and first.url.endswith("/api/v1")
    assert [t["role"] for t in first.api.get("/tokens")["items"]] == ["admin"]
    first.end()

    second = start()
    assert second.count == 0
    assert as_(second.api, first.made).call("GET", "/tokens")[0] == 200
    for file in (tmp_path / "data").iterdir():
        assert first.made.encode() not in file.read_bytes(), file


def test_in_memory_each_start_makes_another(start):
    first = start(data=":memory:")
    second = start(data=":memory:")
    assert first.made and second.made and first.made != second.made


def test_a_start_that_fails_makes_no_token_that_nobody_sees(run, start, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        status, _, err = run("linnetd", "--data", tmp_path / "data", "--coap", f"127.0.0.1:{free_port()}", "--http",
                             f"127.0.0.1:{taken.getsockname()[1]}", env={"LINNET_TOKEN": ""})
    assert status == 1 and "admin token" not in err
    assert start().count == 1


def test_who_lost_the_token_gets_in_with_another_start(start):
    lost = start()
    lost.end()

    with_another = start(token="a-token-for-this-once")
    assert with_another.count == 0
    items = {t["id"]: t for t in with_another.api.get("/tokens")["items"]}
    assert items["environment"]["name"] == "LINNET_TOKEN"
    (old,) = set(items) - {"environment"}
    fresh = add(with_another.api, "admin", name="anew")["token"]
    assert with_another.api.call("DELETE", "/tokens/" + old)[0] == 204
    with_another.end()

    after = start()
    assert after.count == 0
    assert as_(after.api, fresh).call("GET", "/tokens")[0] == 200
    for gone in (lost.made, "a-token-for-this-once"):
        assert as_(after.api, gone).call("GET", "/tokens")[0] == 401


def test_without_any_admin_token_the_next_start_makes_one(start):
    start().end()
    second = start(token="a-token-for-this-once")
    for token in second.api.get("/tokens")["items"]:
        expected = 409 if token["id"] == "environment" else 204
        assert second.api.call("DELETE", "/tokens/" + token["id"])[0] == expected
    second.end()
    assert start().count == 1


# ---- Made and removed ----

def test_a_token_is_shown_once_and_is_valid_until_it_is_removed(server):
    made = add(server.api, "viewer", name="hall screen")
    assert (made["name"], made["role"], made["last_used"]) == ("hall screen", "viewer", None)
    screen = as_(server.api, made["token"])
    assert screen.call("GET", "/devices")[0] == 200
    status, _, text = server.api.raw("GET", "/api/v1/tokens")
    assert status == 200 and made["token"].encode() not in text
    listed = {t["id"]: t for t in server.api.get("/tokens")["items"]}[made["id"]]
    assert listed["last_used"] is not None and "token" not in listed
    assert server.api.call("DELETE", "/tokens/" + made["id"]) == (204, None)
    assert screen.call("GET", "/devices")[0] == 401
    assert server.api.call("DELETE", "/tokens/" + made["id"])[1]["type"] == "unknown-token"


def test_a_stream_ends_with_its_token(server):
    made, other = add(server.api, "viewer"), add(server.api, "viewer")

    def stream(token):
        return urllib.request.urlopen(urllib.request.Request(
            server.url + "/api/v1/events", headers={"Authorization": "Bearer " + token["token"]}), timeout=PATIENCE)
    with stream(made) as ends, stream(other) as stays:
        assert server.api.call("DELETE", "/tokens/" + made["id"])[0] == 204
        until(lambda: server.api.metric("linnet_event_streams") == 1, "one stream has ended")
        assert ends.read().strip() in (b"", b":")  # to its end
        assert not stays.closed


def test_a_token_and_its_removal_survive_a_kill(start):
    first = start()
    kept, removed = add(first.api, "operator"), add(first.api, "viewer")
    assert first.api.call("DELETE", "/tokens/" + removed["id"])[0] == 204
    first.program.end(9)
    first.end = lambda: None
    second = start()
    assert as_(second.api, kept["token"]).call("GET", "/devices")[0] == 200
    assert as_(second.api, removed["token"]).call("GET", "/devices")[0] == 401


def test_the_last_admin_token_stays(start):
    server = start()
    (first,) = server.api.get("/tokens")["items"]
    add(server.api, "operator")
    status, body = server.api.call("DELETE", "/tokens/" + first["id"])
    assert (status, body["type"]) == (409, "last-admin")
    add(server.api, "admin")
    assert server.api.call("DELETE", "/tokens/" + first["id"])[0] == 204
    assert server.api.call("GET", "/tokens")[0] == 401


def test_tokens_are_bounded_and_come_in_pages(server):
    for _ in range(255):
        add(server.api, "viewer")
    status, body = server.api.call("POST", "/tokens", {"role": "viewer"})
    assert (status, body["type"]) == (409, "too-many-tokens")
    seen, cursor = [], ""
    while cursor is not None:
        page = server.api.get("/tokens?limit=100" + (f"&cursor={cursor}" if cursor else ""))
        seen += [t["id"] for t in page["items"]]
        cursor = page["next"]
        assert page["total"] == 256
    assert len(seen) == len(set(seen)) == 256 and seen == sorted(seen)


# ---- Roles ----

ROLES = ["viewer", "operator", "admin"]


@pytest.mark.parametrize("method, path, needs", [
    ("GET", "/devices", "viewer"),
    ("GET", "/devices/nobody", "viewer"),
    ("DELETE", "/devices/nobody", "operator"),
    ("GET", "/devices/nobody/data/3", "operator"),
    ("PUT", "/devices/nobody/data/3/0/15", "operator"),
    ("PATCH", "/devices/nobody/data/3/0", "operator"),
    ("POST", "/devices/nobody/data/3/0/4", "operator"),
    ("DELETE", "/devices/nobody/data/3/1", "operator"),
    ("GET", "/devices/nobody/discover/3", "operator"),
    ("PUT", "/devices/nobody/attributes/3/0/13", "operator"),
    ("GET", "/devices/nobody/values", "viewer"),
    ("GET", "/devices/nobody/history/3", "viewer"),
    ("GET", "/devices/nobody/observations", "viewer"),
    ("GET", "/devices/nobody/observations/3", "viewer"),
    ("PUT", "/devices/nobody/observations/3", "operator"),
    ("DELETE", "/devices/nobody/observations/3", "operator"),
    ("GET", "/firmware/images", "viewer"),
    ("GET", "/firmware/images/1", "viewer"),
    ("POST", "/firmware/images", "operator"),
    ("DELETE", "/firmware/images/1", "operator"),
    ("GET", "/firmware/jobs", "viewer"),
    ("GET", "/firmware/jobs/1", "viewer"),
    ("POST", "/firmware/jobs", "operator"),
    ("DELETE", "/firmware/jobs/1", "operator"),
    ("GET", "/models", "viewer"),
    ("GET", "/models/3", "viewer"),
    ("GET", "/events?type=none", "viewer"),
    ("GET", "/openapi.json", "viewer"),
    ("GET", "/server", "admin"),
    ("GET", "/credentials", "admin"),
    ("GET", "/credentials/nobody", "admin"),
    ("PUT", "/credentials/nobody", "admin"),
    ("DELETE", "/credentials/nobody", "admin"),
    ("POST", "/credentials/import", "admin"),
    ("GET", "/bootstrap", "admin"),
    ("GET", "/bootstrap/nobody", "admin"),
    ("PUT", "/bootstrap/nobody", "admin"),
    ("DELETE", "/bootstrap/nobody", "admin"),
    ("GET", "/bootstrap/nobody/sessions", "admin"),
    ("POST", "/bootstrap/import", "admin"),
    ("GET", "/tokens", "admin"),
    ("POST", "/tokens", "admin"),
    ("DELETE", "/tokens/none", "admin"),
    ("GET", "/../../metrics", "viewer"),
])
def test_each_route_needs_a_role(server, method, path, needs):
    url = "/metrics" if "metrics" in path else "/api/v1" + path
    for role in ROLES:
        status, _, text = as_(server.api, add(server.api, role)["token"]).raw(method, url)
        if ROLES.index(role) >= ROLES.index(needs):
            assert status not in (401, 403), (role, status)
        else:
            assert status == 403 and b'"type":"forbidden"' in text
            assert f"needs a token of role {needs}".encode() in text and f"this one is {role}".encode() in text


def test_every_route_but_health_is_in_the_table_of_roles(server):
    routes = (pathlib.Path(__file__).parents[2] / "apps/linnetd/routes.c").read_text()
    table = re.findall(r'\{"([A-Z]+)", +"([^"]+)", +ROLE_(\w+)', routes)
    assert {path for _, path, role in table if role == "OPEN"} == {"/healthz", "/readyz"}
    for method, path, role in table:
        expected = {"OPEN": 200, "VIEWER": 401, "OPERATOR": 401, "ADMIN": 401}[role]
        assert as_(server.api, None).raw(method, path.replace("{", "").replace("}", ""))[0] == expected, path


# ---- Bad input ----

@pytest.mark.parametrize("method, path, body, status, slug, word", [
    ("POST", "/tokens", {}, 400, "bad-value", "role"),
    ("POST", "/tokens", {"role": "root"}, 400, "bad-value", "viewer, operator or admin"),
    ("POST", "/tokens", {"role": ""}, 400, "bad-value", "role"),
    ("POST", "/tokens", {"role": 3}, 400, "bad-value", "role"),
    ("POST", "/tokens", {"role": "viewer", "name": 3}, 400, "bad-value", "name"),
    ("POST", "/tokens", {"role": "viewer", "name": ""}, 400, "bad-value", "name"),
    ("POST", "/tokens", {"role": "viewer", "name": "x" * 65}, 400, "bad-value", "64"),
    ("POST", "/tokens", {"role": "viewer", "name": "\x1b[31m"}, 400, "bad-value", "control"),
    ("POST", "/tokens", {"role": "viewer", "rights": "all"}, 400, "unknown-member", "rights"),
    ("POST", "/tokens", ["viewer"], 400, "bad-json", "object"),
    ("POST", "/tokens?x=1", {"role": "viewer"}, 400, "bad-query", "x"),
    ("GET", "/tokens?x=1", None, 400, "bad-query", "x"),
    ("GET", "/tokens?limit=0", None, 400, "bad-query", "limit"),
    ("DELETE", "/tokens/nothing", None, 404, "unknown-token", "tokens"),
    ("DELETE", "/tokens/" + "x" * 300, None, 404, "unknown-token", "tokens"),
    ("DELETE", "/tokens/%00", None, 400, "bad-path", ""),
    ("DELETE", "/tokens/environment", None, 409, "last-admin", "LINNET_TOKEN"),
    ("PUT", "/tokens", {}, 405, "method-not-allowed", "GET, POST"),
    ("GET", "/tokens/nothing", None, 405, "method-not-allowed", "DELETE"),
])
def test_what_is_wrong_is_said_and_changes_nothing(server, method, path, body, status, slug, word):
    before = [t["id"] for t in server.api.get("/tokens")["items"]]
    got, problem = server.api.call(method, path, body)
    assert (got, problem["type"]) == (status, slug), problem
    assert word in problem["detail"]
    assert [t["id"] for t in server.api.get("/tokens")["items"]] == before


# ---- The command line ----

def test_the_command_line_adds_lists_and_removes(server):
    status, token, err = server.linnet("tokens", "add", "viewer", "hall screen")
    assert status == 0 and len(token.strip()) == 43 and "not shown again" in err
    assert server.linnet("devices", token=token.strip())[0] == 0
    status, out, _ = server.linnet("tokens")
    line = next(line for line in out.splitlines() if "hall screen" in line)
    assert status == 0 and token.strip() not in out and "viewer" in line
    status, _, err = server.linnet("server", token=token.strip())
    assert status == 1 and "role admin" in err
    assert server.linnet("tokens", "remove", line.split()[0]) == (0, "", "")
    assert server.linnet("devices", token=token.strip())[0] == 1


@pytest.mark.parametrize("words", [["add"], ["remove"], ["remove", ""], ["list", "x"], ["nonsense"]])
def test_wrong_words_are_explained(server, words):
    status, out, err = server.linnet("tokens", *words)
    assert (status, out) == (2, "") and "usage: linnet tokens" in err
