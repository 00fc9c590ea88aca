"""What is refused, and how it is said: options, tokens, paths, values."""

import json
import socket

import pytest
from conftest import TOKEN, free_port


@pytest.mark.parametrize("program", ["linnetd", "linnet-device", "linnet"])
def test_help_and_version(run, program):
    status, out, err = run(program, "--help")
    assert status == 0 and err == "" and "--" in out
    status, out, err = run(program, "--version")
    assert (status, err) == (0, "") and out.startswith(program + " ") and out.count("\n") == 1


@pytest.mark.parametrize("program, options", [
    ("linnetd", ["--nonsense"]),
    ("linnetd", ["--coap"]),
    ("linnetd", ["--coap", "nowhere"]),
    ("linnetd", ["--coap", "127.0.0.1:99999"]),
    ("linnetd", ["--shards", "0"]),
    ("linnet-device", ["--nonsense"]),
    ("linnet-device", []),
    ("linnet-device", ["--server", "http://127.0.0.1"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--lifetime", "-1"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--set", "/3/0/99=x"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--set", "/3/0/9=x"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--set", "/3/0/9=1000"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--set", "/3/0/4=x"]),
    ("linnet-device", ["--server", "coap://127.0.0.1", "--lwm2m", "3.0"]),
    ("linnet", ["nonsense"]),
    ("linnet", []),
    ("linnet", ["read", "demo"]),
    ("linnet", ["--nonsense"]),
])
def test_wrong_usage_is_explained_and_ends_with_2(run, program, options):
    status, out, err = run(program, *options, env={"LINNET_TOKEN": TOKEN})
    assert status == 2
    assert out == ""
    assert err.startswith(program + ": ") and err.count("\n") <= 2


def test_a_taken_port_is_explained(run):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = run("linnetd", "--coap", f"127.0.0.1:{free_port()}", "--http", f"127.0.0.1:{port}",
                             env={"LINNET_TOKEN": TOKEN})
    assert status == 1
    assert str(port) in err and "in use" in err


def test_http_beyond_loopback_needs_a_word(run):
    status, _, err = run("linnetd", "--coap", "off", "--http", f"0.0.0.0:{free_port(socket.SOCK_STREAM)}",
                         env={"LINNET_TOKEN": TOKEN})
    assert status == 2
    assert "--http-insecure" in err


def test_without_a_token_nothing_but_health(server):
    server.api.token = None
    for path in ("/api/v1/devices", "/api/v1/devices/x/data/3", "/api/v1/events", "/metrics", "/api/v1/nothing"):
        status, headers, body = server.api.raw("GET", path)
        assert status == 401, path
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["WWW-Authenticate"].startswith("Bearer")
    assert server.api.raw("GET", "/healthz")[0] == 200
    assert server.api.raw("GET", "/readyz")[0] == 200
    server.api.token = "wrong-token-entirely"
    assert server.api.raw("GET", "/api/v1/devices")[0] == 401


def test_the_command_line_explains_a_missing_token(server):
    status, _, err = server.linnet("devices", token=None)
    assert status == 1 and "LINNET_TOKEN" in err


def problem(answer):
    status, headers, body = answer
    assert headers["Content-Type"] == "application/problem+json", body
    assert headers["Cache-Control"] == "no-store"
    value = json.loads(body)
    assert value["status"] == status and value["title"]
    return status, value["type"]


@pytest.mark.parametrize("method, path, body, expected", [
    ("GET", "/devices/nobody", None, (404, "unknown-endpoint")),
    ("GET", "/devices/nobody/data/3", None, (404, "unknown-endpoint")),
    ("GET", "/devices/demo/data/x", None, (400, "bad-path")),
    ("GET", "/devices/demo/data/3/0/0/0/0", None, (400, "bad-path")),
    ("GET", "/devices/demo/data/65535", None, (400, "bad-path")),
    ("GET", "/devices/demo/data/device/0/nothing-like-it", None, (400, "bad-path")),
    ("GET", "/devices/demo/data/0/0", None, (403, "device-error")),
    ("GET", "/devices/demo/data/3/0/99", None, (404, "device-error")),
    ("GET", "/devices/demo/data/3/0/4", None, (405, "device-error")),
    ("PUT", "/devices/demo/data/3/0/15", {"value": 5}, (400, "bad-value")),
    ("PUT", "/devices/demo/data/3442/0/120", {"value": "five"}, (400, "bad-value")),
    ("PUT", "/devices/demo/data/3442/0/120", {"value": True}, (400, "bad-value")),
    ("PUT", "/devices/demo/data/3442/0/125", {"value": -1}, (400, "bad-value")),
    ("PUT", "/devices/demo/data/3442/0/120", {"value": 1, "colour": "red"}, (400, "unknown-member")),
    ("PUT", "/devices/demo/data/3442/0/120", {}, (400, "bad-json")),
    ("PUT", "/devices/demo/data/31024/0/1", {"value": 1}, (400, "unknown-type")),
    ("PUT", "/devices/demo/data/3/0/0", {"value": "x"}, (405, "not-writable")),
    ("GET", "/devices/demo/data/3?timeout=-1", None, (400, "bad-query")),
    ("GET", "/devices/demo/data/3?nonsense=1", None, (400, "bad-query")),
    ("GET", "/devices?limit=1001", None, (400, "bad-query")),
    ("GET", "/devices?limit", None, (400, "bad-query")),
    ("GET", "/devices?limit=5&limit=6", None, (400, "bad-query")),
    ("POST", "/devices", None, (405, "method-not-allowed")),
    ("GET", "/nothing", None, (404, "not-found")),
])
def test_problems_have_stable_types(server, start_device, method, path, body, expected):
    start_device(server, "demo")
    before = server.api.metric("linnet_operations_started_total")
    assert problem(server.api.raw(method, "/api/v1" + path, body)) == expected
    if expected[1] != "device-error":
        assert server.api.metric("linnet_operations_started_total") == before, "nothing may be sent"


def test_405_names_what_is_allowed(server):
    _, headers, _ = server.api.raw("POST", "/api/v1/devices", {})
    assert headers["Allow"] == "GET"


@pytest.mark.parametrize("name", ["a/b", "..", "ü", "with space", "100%", "a?b&c=d#e", "~tilde", "x" * 252])
def test_any_endpoint_name_works(server, start_device, name):
    start_device(server, name)
    assert server.linnet("read", name, "/3/0/16")[1] == "U\n"
    import base64
    encoded = base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
    assert server.api.get(f"/devices/~{encoded}")["endpoint"] == name


def test_a_device_that_does_not_answer_is_a_timeout(server, start_device):
    import signal
    device = start_device(server, "mute")
    device.process.send_signal(signal.SIGSTOP)
    try:
        status, body = server.api.call("GET", "/devices/mute/data/3/0/0?timeout=1")
        assert (status, body["type"]) == (504, "device-timeout")
        assert body["operation"]
    finally:
        device.process.send_signal(signal.SIGCONT)
