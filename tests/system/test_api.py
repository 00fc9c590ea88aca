"""Device management over HTTP: every operation, every format, and what is refused before anything is sent."""

import asyncio
import base64
import json
import pathlib
import re
import signal
import socket
import subprocess

import aiocoap
import pytest
from conftest import PATIENCE, TOKEN, until
from test_raw_peers import Peer, Resource

SENML_CBOR, SENML_JSON, TLV, OMA_JSON, CBOR, TEXT, OPAQUE = 112, 110, 11542, 11543, 60, 0, 42
RECORD = "application/octet-stream"
ROOT = pathlib.Path(__file__).parents[2]


class Anything(Resource):
    """Takes part in the site at one path; answers as a function of the request says, and keeps what came."""

    def __init__(self, answer):
        super().__init__("")
        self.answer, self.seen = answer, []

    async def render(self, request):
        self.seen.append(request)
        return self.answer(request)


def content(payload, ct):
    return aiocoap.Message(code=aiocoap.CONTENT, payload=payload, content_format=ct)


def only(*formats):
    """Answers 4.15 to bodies in any other format."""
    def answer(request):
        good = request.opt.content_format in formats
        return aiocoap.Message(code=aiocoap.CHANGED if good else aiocoap.UNSUPPORTED_CONTENT_FORMAT)
    return answer


@pytest.fixture
def peer(server):
    """peer(path, answer): registers "raw" with one resource, and returns it."""
    peers = []

    def make(path, answer, **options):
        resource = Anything(answer)
        peers.append(Peer(server, "raw", {path: resource}, **options))
        until(lambda: server.api.device("raw"), "raw is registered")
        return resource
    yield make
    for each in peers:
        each.end()


# ---- Reading ----

@pytest.mark.parametrize("ct, payload", [
    (TLV, bytes.fromhex("c10932")),
    (1542, bytes.fromhex("c10932")),
    (SENML_JSON, b'[{"bn":"/3/0/9","v":50}]'),
    (SENML_JSON, b'[{"bn":"/3/0/","n":"9","v":5.0E1}]'),
    (SENML_CBOR, bytes.fromhex("81a221662f332f302f39021832")),
    (OMA_JSON, b'{"bn":"/3/0/9","e":[{"n":"","v":50}]}'),
    (1543, b'{"bn":"/3/0/9","e":[{"v":50}]}'),
    (CBOR, bytes.fromhex("1832")),
    (TEXT, b"50"),
])
def test_a_value_is_read_in_every_format(server, peer, ct, payload):
    peer("/3/0/9", lambda request: content(payload, ct))
    assert server.api.get("/devices/raw/data/device/0/battery-level") == {"records": [
        {"path": "/3/0/9", "name": "Battery Level", "type": "integer", "value": 50, "unit": "/100"}]}


def test_what_no_model_knows_is_kept_as_it_came(server, peer):
    peer("/31024/0", lambda request: content(bytes.fromhex("c101ff c2024142"), TLV))
    assert server.api.get("/devices/raw/data/31024/0")["records"] == [
        {"path": "/31024/0/1", "type": "opaque", "value": "/w=="},
        {"path": "/31024/0/2", "type": "opaque", "value": "QUI="}]


def test_times_of_records_are_shown(server, peer):
    senml = b'[{"bn":"/31024/0/1","bt":1714564800.5,"v":1},{"t":1,"v":2}]'
    peer("/31024/0/1", lambda request: content(senml, SENML_JSON))
    times = [record["time"] for record in server.api.get("/devices/raw/data/31024/0/1")["records"]]
    assert times == ["2024-05-01T12:00:00.500Z", "2024-05-01T12:00:01.500Z"]


def test_a_format_is_asked_for_by_name(server, peer):
    resource = peer("/3/0/9", lambda request: content(b"50", TEXT))
    for name, number in (("tlv", TLV), ("json", OMA_JSON), ("text", TEXT), ("opaque", OPAQUE), ("cbor", CBOR),
                         ("senml-json", SENML_JSON), ("senml-cbor", SENML_CBOR)):
        assert server.api.call("GET", f"/devices/raw/data/3/0/9?format={name}")[0] == 200
        assert resource.seen[-1].opt.accept == number
    status, body = server.api.call("GET", "/devices/raw/data/3/0/9?format=xml")
    assert (status, body["type"]) == (400, "bad-query")


def test_a_device_that_refuses_our_choice_of_format_makes_its_own(server, peer):
    def answer(request):
        if request.opt.accept is not None:
            return aiocoap.Message(code=aiocoap.NOT_ACCEPTABLE)
        return content(b"50", TEXT)
    resource = peer("/3/0/9", answer, links='</>;ct="110 112",</3/0>')
    assert server.api.get("/devices/raw/data/3/0/9")["records"][0]["value"] == 50
    assert [request.opt.accept for request in resource.seen] == [SENML_CBOR, None]
    status, body = server.api.call("GET", "/devices/raw/data/3/0/9?format=cbor")
    assert (status, body["type"], body["coap"]) == (406, "device-error", "4.06")


@pytest.mark.parametrize("ct, payload, words", [
    (SENML_JSON, b'[{"bn":"/4/0/9","v":50}]', "senml-json"),
    (SENML_JSON, b'[{"bn":"/3/0/9","v":50', "senml-json"),
    (SENML_CBOR, b"\xff", "senml-cbor"),
    (TLV, b"\xc1", "tlv"),
    (TEXT, b"fifty", "text"),
    (11544, b"\xa0", "11544"),
    (None, b"50", "format"),
])
def test_an_answer_that_cannot_be_read_says_why(server, peer, ct, payload, words):
    peer("/3/0/9", lambda request: content(payload, ct))
    status, body = server.api.call("GET", "/devices/raw/data/3/0/9")
    assert (status, body["type"]) == (502, "device-bad-payload")
    assert words in body["detail"]


# ---- Writing ----

def test_several_values_go_in_a_format_that_the_device_takes(server, peer):
    resource = peer("/3442/0/1120", only(TLV))
    assert server.api.call("PUT", "/devices/raw/data/3442/0/1120", {"values": {"0": 1, "7": 2}}) == (204, None)
    assert [request.opt.content_format for request in resource.seen] == [SENML_CBOR, TLV]
    assert resource.seen[-1].payload == bytes.fromhex("a604604100014107 02")


def test_a_format_that_the_caller_chose_is_not_exchanged(server, peer):
    resource = peer("/3442/0/120", only(TLV))
    status, body = server.api.call("PUT", "/devices/raw/data/3442/0/120?format=senml-json", {"value": 7})
    assert (status, body["type"], body["coap"]) == (415, "device-error", "4.15")
    assert [request.payload for request in resource.seen] == [b'[{"bn":"/3442/0/120","v":7}]']


@pytest.mark.parametrize("name, payload", [
    ("tlv", "c17807"), ("text", "37"), ("cbor", "07"),
    ("senml-cbor", "81a2216b2f333434322f302f3132300207"),
])
def test_a_value_is_written_in_the_format_that_is_asked_for(server, peer, name, payload):
    resource = peer("/3442/0/120", only(TLV, TEXT, CBOR, SENML_CBOR))
    assert server.api.call("PUT", f"/devices/raw/data/3442/0/120?format={name}", {"value": 7}) == (204, None)
    assert resource.seen[-1].payload.hex() == payload


def test_a_partial_write_is_a_post(server, peer):
    resource = peer("/1/0", only(SENML_CBOR))
    assert server.api.call("PATCH", "/devices/raw/data/server/0", {"values": {"lifetime": 60}}) == (204, None)
    assert resource.seen[-1].code == aiocoap.POST


@pytest.mark.parametrize("options", [(), ("--lwm2m", "1.1")])
def test_instances_come_and_go(server, start_device, options):
    start_device(server, "demo", *options)
    status, headers, body = server.api.raw("POST", "/api/v1/devices/demo/data/3442",
                                           {"values": {"110": "made", "1110": {"0": "a"}}})
    assert status == 201, body
    path = json.loads(body)["path"]
    assert headers["Location"] == "/api/v1/devices/demo/data" + path
    assert server.api.get("/devices/demo/data" + path + "/110")["records"][0]["value"] == "made"
    assert server.api.call("PATCH", "/devices/demo/data" + path, {"values": {"string-value": "changed"}})[0] == 204
    assert server.api.get("/devices/demo/data" + path + "/110")["records"][0]["value"] == "changed"
    assert server.api.get("/devices/demo/data" + path + "/1110")["records"][0]["value"] == "a"
    assert server.api.call("DELETE", "/devices/demo/data" + path) == (204, None)
    assert server.api.call("GET", "/devices/demo/data" + path)[0] == 404
    status, body = server.api.call("POST", "/devices/demo/data/3442", {"instance": 5, "values": {}})
    assert (status, body) == (201, {"path": "/3442/5"})


def test_numbers_beyond_what_json_holds_are_strings(server, start_device):
    start_device(server, "demo")
    path = "/api/v1/devices/demo/data/3442/0/125"
    assert server.api.call("PUT", "/devices/demo/data/3442/0/125", {"value": str(2 ** 64 - 1)}) == (204, None)
    status, _, body = server.api.raw("PUT", path, data=b'{"value":18446744073709551615}')
    assert (status, json.loads(body)["type"]) == (400, "bad-json")
    assert "string" in json.loads(body)["detail"]


def test_what_a_device_says_of_an_error_is_passed_on(server, peer):
    peer("/3/0/9", lambda request: aiocoap.Message(code=aiocoap.INTERNAL_SERVER_ERROR, payload=b"no room: \xc3\xa9"))
    status, body = server.api.call("GET", "/devices/raw/data/3/0/9")
    assert (status, body["coap"]) == (502, "5.00")
    assert body["detail"].endswith("; it says: no room: \u00e9")


def test_an_instance_that_has_no_id_yet_is_named_so(server, start_device):
    start_device(server, "demo")
    status, _, err = server.linnet("create", "demo", "/3442", "120=x")
    assert status == 1 and "/3442/(new)/120" in err


# ---- Bytes as they are ----

def test_opaque_values_travel_as_they_are(server, start_device):
    start_device(server, "demo", "--lwm2m", "1.1")
    value = bytes(range(64))
    path = "/api/v1/devices/demo/data/3442/0/150"
    assert server.api.raw("PUT", path, data=value, headers={"Content-Type": RECORD})[0] == 204
    status, headers, body = server.api.raw("GET", path, headers={"Accept": RECORD})
    assert (status, headers["Content-Type"], body) == (200, RECORD, value)
    assert server.api.get("/devices/demo/data/3442/0/150")["records"][0]["value"] == base64.b64encode(value).decode()


def test_large_opaque_values_travel_in_blocks(server, peer):
    value = bytes(i * 7 % 251 for i in range(100_000))
    resource = peer("/31024/0/1", lambda request: content(value, OPAQUE) if request.code == aiocoap.GET
                    else aiocoap.Message(code=aiocoap.CHANGED))
    path = "/api/v1/devices/raw/data/31024/0/1"
    assert server.api.raw("PUT", path, data=value, headers={"Content-Type": RECORD})[0] == 204
    assert resource.seen[-1].payload == value
    status, _, body = server.api.raw("GET", path, headers={"Accept": RECORD})
    assert (status, body) == (200, value)
    status, _, text = server.api.raw("PUT", path, data=bytes(64 * 1024 * 1024 + 1), headers={"Content-Type": RECORD})
    assert (status, json.loads(text)["type"]) == (413, "too-large")
    status, _, text = server.api.raw("PUT", path + "?format=tlv", data=bytes(1024 * 1024 + 1),
                                     headers={"Content-Type": RECORD})
    assert (status, json.loads(text)["type"]) == (413, "too-large")


def test_only_opaque_values_are_bytes(server, start_device):
    start_device(server, "demo")
    for method, path, expected in (("GET", "/3/0/16", 406), ("GET", "/3/0", 406), ("PUT", "/3442/0/120", 400),
                                   ("PUT", "/3442/0", 400)):
        headers = {"Accept": RECORD} if method == "GET" else {"Content-Type": RECORD}
        data = b"x" if method == "PUT" else None
        assert server.api.raw(method, "/api/v1/devices/demo/data" + path, data=data, headers=headers)[0] == expected


def test_the_command_line_moves_files(server, start_device, tmp_path):
    start_device(server, "demo")
    value = bytes(range(64))
    (tmp_path / "in").write_bytes(value)
    assert server.linnet("write", "demo", "/3442/0/150", "--file", tmp_path / "in") == (0, "", "")
    assert server.linnet("read", "demo", "/3442/0/150", "--output", tmp_path / "out") == (0, "", "")
    assert (tmp_path / "out").read_bytes() == value
    status, _, err = server.linnet("read", "demo", "/3/0/16", "--output", tmp_path / "not")
    assert status == 1 and "not-acceptable" not in err and "json" in err
    assert not (tmp_path / "not").exists()
    status, _, err = server.linnet("write", "demo", "/3442/0/150", "--file", tmp_path / "missing")
    assert status == 1 and "missing" in err


def test_the_command_line_writes_lists_and_types(server, start_device):
    start_device(server, "demo", "--lwm2m", "1.1")
    assert server.linnet("write", "demo", "/3442/0/1120", "5=7", "--values") == (0, "", "")
    assert server.linnet("read", "demo", "/3442/0/1120/5")[1] == "7\n"
    assert server.linnet("write", "demo", "/3442/0/110", "5=7") == (0, "", "")
    assert server.linnet("read", "demo", "/3442/0/110")[1] == "5=7\n"
    assert server.linnet("write", "--partial", "demo", "/3442/0", "140=true", "120=4") == (0, "", "")
    assert server.linnet("read", "demo", "/3442/0/140")[1] == "true\n"
    status, _, err = server.linnet("write", "demo", "/31024/0", "1=7")
    assert status == 1 and "type" in err
    status, _, err = server.linnet("write", "--type", "integer", "demo", "/31024/0", "1=7")
    assert status == 1 and "4.04" in err, "the type was taken, and the device asked"
    assert server.linnet("read", "", "/3") == (
        2, "", "linnet: read: the endpoint is empty: `linnet devices` lists them\n")


def test_tables_hold_no_json(server, start_device):
    start_device(server, "demo")
    for words in (("show", "demo"), ("server",)):
        status, out, _ = server.linnet(*words)
        assert status == 0 and not set("{[\"") & set(out.replace("[::", "").replace("[0", "")), out
    assert re.search(r"^security\.mode +none$", server.linnet("show", "demo")[1], re.M)
    assert re.search(r"^ *id=3 version=1\.\d name=Device instances=0$", server.linnet("show", "demo")[1], re.M)


# ---- Discover ----

def test_discover_lists_links_with_their_attributes(server, peer):
    peer("/lwm2m/3/0", lambda request: content(
        b'</lwm2m/3/0>;pmin=10;x="a b",</lwm2m/3/0/9>;gt=12.5;dim=2,</lwm2m/3/0/4>;hidden,</else>', 40),
        links='</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>')
    assert server.api.get("/devices/raw/discover/3/0") == {"links": [
        {"path": "/3/0", "attributes": {"pmin": 10, "x": "a b"}},
        {"path": "/3/0/9", "attributes": {"gt": 12.5, "dim": 2}},
        {"path": "/3/0/4", "attributes": {"hidden": True}}]}


def test_discover_of_a_real_device(server, start_device):
    start_device(server, "demo")
    paths = [link["path"] for link in server.api.get("/devices/demo/discover/device")["links"]]
    assert "/3/0/16" in paths
    assert server.linnet("discover", "demo", "/3")[0] == 0
    status, body = server.api.call("GET", "/devices/demo/discover/3/0/0/0")
    assert (status, body["type"]) == (400, "bad-path")


# ---- Refused before anything is sent ----

BAD = [
    ("PUT", "/3442/0/120", b"{", "bad-json", "line 1"),
    ("PUT", "/3442/0/120", b"[]", "bad-json", "object"),
    ("PUT", "/3442/0/120", b"", "bad-json", ""),
    ("PUT", "/3442/0/120", b'{"value":1,"value":2}', "bad-json", "duplicate"),
    ("PUT", "/3442/0/120", b'{"value":1,"valeu":2}', "unknown-member", "valeu"),
    ("PUT", "/3442/0/120", b'{"value":1,"values":{}}', "bad-json", "values"),
    ("PUT", "/3442/0/120", b'{"value":null}', "bad-value", "/3442/0/120"),
    ("PUT", "/3442/0/120", b'{"value":1.5}', "bad-value", "/3442/0/120"),
    ("PUT", "/3442/0/120", b'{"value":"9223372036854775808"}', "bad-value", "/3442/0/120"),
    ("PUT", "/3442/0/125", b'{"value":"-1"}', "bad-value", "/3442/0/125"),
    ("PUT", "/3442/0/125", b'{"value":"18446744073709551616"}', "bad-value", "/3442/0/125"),
    ("PUT", "/3442/0/130", b'{"value":"much"}', "bad-value", "/3442/0/130"),
    ("PUT", "/3442/0/140", b'{"value":1}', "bad-value", "/3442/0/140"),
    ("PUT", "/3442/0/150", b'{"value":"no base64!"}', "bad-value", "/3442/0/150"),
    ("PUT", "/3442/0/160", b'{"value":"yesterday"}', "bad-value", "/3442/0/160"),
    ("PUT", "/3442/0/170", b'{"value":"3"}', "bad-value", "/3442/0/170"),
    ("PUT", "/3442/0/170", b'{"value":"3:65536"}', "bad-value", "/3442/0/170"),
    ("PUT", "/3442/0/110", b'{"value":{"0":"x"}}', "bad-value", "/3442/0/110"),
    ("PUT", "/3442/0/120", b'{"value":1,"type":"number"}', "unknown-type", "type"),
    ("PUT", "/3442/0/120", b'{"value":1,"type":7}', "unknown-type", "type"),
    ("PUT", "/3442/0", b'{"value":1}', "bad-value", "values"),
    ("PUT", "/3442/0", b'{"values":[]}', "bad-json", "values"),
    ("PUT", "/3442/0", b'{"values":{"120":"x"}}', "bad-value", "/3442/0/120"),
    ("PUT", "/3442/0", b'{"values":{"colour":1}}', "bad-path", "colour"),
    ("PUT", "/3442/0", b'{"values":{"65535":1}}', "bad-path", "65535"),
    ("PUT", "/3442/0", b'{"values":{"120":1,"integer-value":1}}', "bad-value", "/3442/0/120"),
    ("PUT", "/3442/0", b'{"values":{"9999":1}}', "unknown-type", "/3442/0/9999"),
    ("PUT", "/3442/0/1120/0", b'{"values":{"0":1}}', "bad-value", "value"),
    ("PATCH", "/3442/0", b'{"values":{"1120":{"x":1}}}', "bad-path", "x"),
    ("PUT", "/3442", b'{"values":{}}', "bad-path", "instance"),
    ("POST", "/3442", b'{"values":{},"instance":-1}', "bad-value", "instance"),
    ("POST", "/3442", b'{"values":{},"instance":65535}', "bad-value", "instance"),
    ("POST", "/3442", b'{"values":{},"instance":"5"}', "bad-value", "instance"),
    ("POST", "/3442", b'{"instance":5}', "bad-json", "values"),
    ("POST", "/3442", b'{"values":{"120":true}}', "bad-value", "/3442/"),
    ("POST", "/3442/0", b'{}', "bad-path", "POST"),
    ("POST", "/3/0/4", b'{"arguments":5}', "bad-json", "arguments"),
    ("POST", "/3/0/4", b'{"arguments":"0=x"}', "bad-value", "arguments"),
    ("POST", "/3/0/4", b'{"arguments":"0,0"}', "bad-value", "arguments"),
    ("POST", "/3/0/4", b'{"argument":"0"}', "unknown-member", "argument"),
    ("PUT", "/3442/0/120?format=senml", b'{"value":1}', "bad-query", "format"),
    ("PUT", "/3442/0/120?timeout=0", b'{"value":1}', "bad-query", "timeout"),
    ("PUT", "/3442/0/130?format=text", b'{"value":"NaN"}', "bad-format", "format"),
    ("PUT", "/3442/0?format=text", b'{"values":{"120":1,"110":"x"}}', "bad-format", "format"),
    ("DELETE", "/3442/0/120", None, "bad-path", "delete"),
    ("DELETE", "/3442", None, "bad-path", "delete"),
]


def test_bad_input_is_named_and_never_sent(server, start_device):
    start_device(server, "demo")
    before = server.api.metric("linnet_operations_started_total")
    for method, path, body, kind, word in BAD:
        status, headers, text = server.api.raw(method, "/api/v1/devices/demo/data" + path, data=body)
        answer = json.loads(text)
        assert (status, answer["type"]) == (400, kind), (method, path, body, answer)
        assert word in answer["detail"], (method, path, body, answer)
    assert server.api.metric("linnet_operations_started_total") == before


def test_what_a_model_forbids_is_not_sent(server, start_device):
    start_device(server, "demo")
    before = server.api.metric("linnet_operations_started_total")
    for method, path, body, kind in (
            ("PUT", "/3/0/4", {"value": "x"}, "not-writable"),
            ("PUT", "/3/0", {"values": {"14": "+01", "0": "x"}}, "not-writable"),
            ("PATCH", "/device/0", {"values": {"manufacturer": "x"}}, "not-writable"),
            ("POST", "/3/0/0", {}, "not-executable"),
            ("POST", "/device/0/timezone", {"arguments": "0"}, "not-executable")):
        status, answer = server.api.call(method, "/devices/demo/data" + path, body)
        assert (status, answer["type"]) == (405, kind), (method, path, answer)
    assert server.api.metric("linnet_operations_started_total") == before


# ---- Calls that wait ----

def test_a_caller_that_goes_away_is_noticed(server, start_device):
    device = start_device(server, "mute")
    device.process.send_signal(signal.SIGSTOP)
    try:
        with socket.create_connection(("127.0.0.1", server.http_port)) as caller:
            caller.sendall(f"GET /api/v1/devices/mute/data/3/0/0?timeout=3600 HTTP/1.1\r\nHost: x\r\n"
                           f"Authorization: Bearer {TOKEN}\r\n\r\n".encode())
            until(lambda: server.api.metric("linnet_operations_started_total") == 1, "the read is sent")
        until(lambda: server.api.metric("linnet_operations_failed_total") == 1, "the read is cancelled")
    finally:
        device.process.send_signal(signal.SIGCONT)


# ---- Models ----

def all_models(api):
    first = api.get("/models?limit=40")
    rest = api.get(f"/models?limit=1000&cursor={first['next']}")
    assert rest["next"] is None and first["total"] == rest["total"]
    return first["items"] + rest["items"]


def test_models_are_listed_and_shown(server):
    models = all_models(server.api)
    ids = [model["id"] for model in models]
    assert ids == sorted(set(ids)) and len(ids) == server.api.get("/models")["total"]
    assert {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 16, 19, 3300, 3303, 3350} <= set(ids)
    temperature = server.api.get("/models/temperature")
    assert temperature == server.api.get("/models/3303")
    assert temperature["multiple"] and not temperature["mandatory"] and temperature["source"] == "built-in"
    assert {"id": 5700, "name": "Sensor Value", "type": "float", "operations": "R", "multiple": False,
            "mandatory": True, "unit": None} in temperature["resources"]
    status, body = server.api.call("GET", "/models/31024")
    assert (status, body["type"]) == (404, "unknown-model")


DOUGH = """<LWM2M><Object ObjectType="MODefinition"><Name>Dough</Name><ObjectID>{id}</ObjectID>
<ObjectVersion>1.{minor}</ObjectVersion><MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
<Resources><Item ID="1"><Name>Rise Time</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>{type}</Type><Units>s</Units></Item></Resources></Object></LWM2M>"""


def test_models_come_from_files(start_server, tmp_path):
    (tmp_path / "dough.xml").write_text(DOUGH.format(id=31024, minor=0, type="Integer"))
    (tmp_path / "newer.xml").write_text(DOUGH.format(id=31024, minor=2, type="Float"))
    (tmp_path / "older.xml").write_text(DOUGH.format(id=31024, minor=1, type="String"))
    (tmp_path / "readme.txt").write_text("no definition")
    server = start_server("--models", tmp_path)
    model = server.api.get("/models/dough")
    assert (model["version"], model["source"]) == ("1.2", str(tmp_path / "newer.xml"))
    assert model["resources"][0]["type"] == "float"
    status, out, _ = server.linnet("models")
    assert status == 0 and "Dough" in out and "Temperature" in out
    status, out, _ = server.linnet("models", "show", "dough")
    assert status == 0 and "Rise Time" in out and "float" in out


@pytest.mark.parametrize("text, words", [
    (DOUGH.format(id=31024, minor=0, type="Double"), ["bad.xml:4: ", "Double"]),
    (DOUGH.format(id=31024, minor=0, type="Float")[:-10], ["bad.xml:4: "]),
    ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", ["bad.xml:1: ", "DOCTYPE"]),
])
def test_a_bad_model_is_named_with_its_line(run, tmp_path, text, words):
    (tmp_path / "bad.xml").write_text(text)
    status, _, err = run("linnetd", "--models", tmp_path, "--coap", "off", "--http", "off")
    assert status == 1 and all(word in err for word in words), err


def test_models_that_are_there_twice_are_named(run, tmp_path):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(DOUGH.format(id=31024, minor=0, type="Float"))
    status, _, err = run("linnetd", "--models", tmp_path, "--coap", "off", "--http", "off")
    assert status == 1 and "b.xml" in err and "a.xml" in err
    status, _, err = run("linnetd", "--models", tmp_path / "nowhere", "--coap", "off", "--http", "off")
    assert status == 1 and "nowhere" in err


def test_the_stub_of_every_model_compiles(server, tmp_path):
    source = tmp_path / "object.c"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only", "-I",
             ROOT / "include"]
    for model in all_models(server.api):
        status, out, err = server.linnet("models", "stub", model["id"])
        assert (status, err) == (0, "")
        assert f".id = {model['id']}," in out
        source.write_text(out)
        done = subprocess.run(["gcc", *flags, source], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + out


# ---- Events ----

def test_the_end_of_an_operation_is_an_event(server, start_device):
    start_device(server, "demo")
    with socket.create_connection(("127.0.0.1", server.http_port)) as stream:
        stream.settimeout(PATIENCE)
        stream.sendall(f"GET /api/v1/events?type=operation HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
                       .encode())
        lines = stream.makefile(encoding="utf-8")
        until(lambda: server.api.metric("linnet_event_streams") == 1, "the stream is open")
        server.api.call("GET", "/devices/demo/data/3/0/16")
        server.api.call("GET", "/devices/demo/data/3/0/99")
        seen = []
        while len(seen) < 2:
            line = lines.readline()
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
    assert [event["endpoint"] for event in seen] == ["demo", "demo"]
    first, second = (event["operation"] for event in seen)
    assert first.pop("id") != second.pop("id")
    assert first == {"method": "read", "path": "/3/0/16", "state": "done", "coap": "2.05"}
    assert second == {"method": "read", "path": "/3/0/99", "state": "failed", "coap": "4.04"}


# ---- The description ----

@pytest.fixture
def described(server):
    """Api.raw(), which holds each answer against the description, and the description."""
    description = server.api.get("/openapi.json")
    seen = set()

    def pattern_of(path):
        wanted = path.split("?")[0].strip("/").split("/")
        for pattern in sorted(description["paths"], key=lambda pattern: pattern.count("{")):
            parts = pattern.strip("/").split("/")
            tail = parts[-1] == "{path}"
            same = len(wanted) >= len(parts) if tail else len(wanted) == len(parts)
            if same and all(a == b or a.startswith("{") for a, b in zip(parts, wanted)):
                return pattern
        raise AssertionError(f"{path} is not described")

    def call(method, path, body=None, **options):
        status, headers, text = server.api.raw(method, path, body, **options)
        pattern = pattern_of(path)
        operation = description["paths"][pattern].get(method.lower())
        if operation is None:
            assert status in (401, 405), f"{method} {path} is not described and answers {status}"
            return status
        response = operation["responses"].get(str(status))
        assert response, f"{method} {pattern}: {status} is not described"
        media = (headers["Content-Type"] or "").split(";")[0]
        assert media in response.get("content", {"": None}), f"{method} {pattern}: {status} as {media}"
        if media.endswith("json"):
            check(description, response["content"][media]["schema"], json.loads(text), f"{method} {pattern} {status}")
        seen.add((method.lower(), pattern))
        return status
    call.description, call.seen, call.server = description, seen, server
    return call


BOOTSTRAP = {
    "servers": [{"short_id": 1, "uri": "coaps://x", "binding": "UQ", "default_pmin": 1, "default_pmax": 2,
                 "disable_timeout": 3, "store_notifications": False, "security": {"mode": "psk", "generate": True}}],
    "access": [{"object": 3, "instance": 0, "owner": 1, "acl": {"1": 15, "0": 1}}], "delete": ["/"],
    "write": [{"path": "/3/0/15", "value": "UTC"}, {"path": "/16/0", "values": {"0": {"1": "x"}}}], "format": "tlv"}
NAMES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_of(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, NAMES[name])


def check(description, schema, value, where):
    """Enough of JSON Schema for what the description uses; an unknown member fails."""
    if "$ref" in schema:
        schema = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    assert any(is_of(value, name) for name in names), f"{where}: {value!r} is not {names}"
    assert value in schema.get("enum", [value]), f"{where}: {value!r}"
    if isinstance(value, list):
        for item in value:
            check(description, schema["items"], item, where)
    if isinstance(value, dict) and "properties" in schema:
        missing = set(schema.get("required", [])) - set(value)
        assert not missing, f"{where}: no {missing}"
        for name, item in value.items():
            assert name in schema["properties"], f"{where}: {name} is not described"
            check(description, schema["properties"][name], item, f"{where} {name}")


def operation_of(server, endpoint):
    """The id of an operation that is queued for it."""
    status, operation = server.api.call("GET", f"/devices/{endpoint}/data/3/0/0?async=true")
    assert status == 202
    return operation["id"]


def image_of(server):
    """The id of a firmware image."""
    status, _, body = server.api.raw("POST", "/api/v1/firmware/images?name=x", data=b"image",
                                     headers={"Content-Type": "application/octet-stream"})
    assert status == 201
    return json.loads(body)["id"]


def job_of(server, image, endpoint):
    status, job = server.api.call("POST", "/firmware/jobs", {"image": image, "endpoints": [endpoint], "method": "push"})
    assert status == 201
    return job["id"]


def test_the_description_is_what_the_server_does(described, start_device):
    start_device(described.server, "demo")
    image = image_of(described.server)
    job = job_of(described.server, image, "later")
    data = "/api/v1/devices/demo/data"
    for method, path, body, status in (
            ("GET", "/api/v1/devices", None, 200),
            ("GET", "/api/v1/devices?limit=0", None, 400),
            ("GET", "/api/v1/devices/demo", None, 200),
            ("GET", "/api/v1/devices/nobody", None, 404),
            ("GET", data + "/3/0", None, 200),
            ("GET", data + "/1", None, 200),
            ("GET", data + "/0", None, 403),
            ("GET", data + "/3/0/99", None, 404),
            ("GET", data + "/3/0/4", None, 405),
            ("GET", data + "/3/0/16?format=opaque", None, 406),
            ("PUT", data + "/3442/0/120", {"value": 1}, 204),
            ("PUT", data + "/3442/0/120", {"value": "x"}, 400),
            ("PUT", data + "/3/0/0", {"value": "x"}, 405),
            ("PATCH", data + "/3442/0", {"values": {"120": 2}}, 204),
            ("POST", data + "/3442", {"values": {}}, 201),
            ("POST", data + "/3442/0/0", {}, 204),
            ("POST", data + "/3/0/0", {}, 405),
            ("DELETE", data + "/3442/9", None, 404),
            ("GET", "/api/v1/devices/demo/discover/3", None, 200),
            ("PUT", "/api/v1/devices/demo/attributes/3/0/13", {"pmin": 1}, 204),
            ("PUT", "/api/v1/devices/demo/attributes/3/0/13", {"pmin": "x"}, 400),
            ("PUT", "/api/v1/devices/demo/observations/3/0/13", {"attributes": {"pmin": 1, "pmax": None}}, 201),
            ("PUT", "/api/v1/devices/demo/observations/3/0/13", {"format": "text"}, 200),
            ("PUT", "/api/v1/devices/demo/observations/3/0/13", {"x": 1}, 400),
            ("GET", "/api/v1/devices/demo/values", None, 200),
            ("GET", "/api/v1/devices/demo/values?limit=0", None, 400),
            ("GET", "/api/v1/devices/demo/history/3/0/13", None, 200),
            ("GET", "/api/v1/devices/demo/history/3/0/13?since=x", None, 400),
            ("GET", "/api/v1/devices/demo/observations", None, 200),
            ("GET", "/api/v1/devices/demo/observations/3/0/13", None, 200),
            ("DELETE", "/api/v1/devices/demo/observations/3/0/13", None, 204),
            ("DELETE", "/api/v1/devices/demo/observations/3/0/13", None, 404),
            ("GET", data + "/3/0/0?async=true", None, 202),
            ("DELETE", data + "/3442/9?async=true", None, 202),
            ("GET", data + "/3/0/0?async=1", None, 400),
            ("GET", "/api/v1/devices/demo/operations", None, 200),
            ("GET", "/api/v1/devices/demo/operations?state=x", None, 400),
            ("GET", "/api/v1/operations/1", None, 404),
            ("GET", "/api/v1/operations/" + operation_of(described.server, "demo"), None, 200),
            ("DELETE", "/api/v1/operations/1", None, 404),
            ("DELETE", "/api/v1/operations/" + operation_of(described.server, "later"), None, 204),
            ("GET", "/api/v1/credentials", None, 200),
            ("PUT", "/api/v1/credentials/demo", {"mode": "psk", "key": "00"}, 201),
            ("PUT", "/api/v1/credentials/demo", {"mode": "x509"}, 200),
            ("PUT", "/api/v1/credentials/demo", {"mode": "psk"}, 400),
            ("PUT", "/api/v1/credentials/other", {"mode": "x509", "subject": "demo"}, 409),
            ("GET", "/api/v1/credentials/demo", None, 200),
            ("GET", "/api/v1/credentials/nobody", None, 404),
            ("DELETE", "/api/v1/credentials/demo", None, 204),
            ("DELETE", "/api/v1/credentials/demo", None, 404),
            ("POST", "/api/v1/credentials/import", None, 400),
            ("GET", "/api/v1/bootstrap", None, 200),
            ("PUT", "/api/v1/bootstrap/demo", BOOTSTRAP, 201),
            ("PUT", "/api/v1/bootstrap/demo", BOOTSTRAP, 200),
            ("PUT", "/api/v1/bootstrap/demo", {}, 400),
            ("GET", "/api/v1/bootstrap", None, 200),
            ("GET", "/api/v1/bootstrap/demo", None, 200),
            ("GET", "/api/v1/bootstrap/nobody", None, 404),
            ("GET", "/api/v1/bootstrap/demo/sessions", None, 200),
            ("DELETE", "/api/v1/bootstrap/demo", None, 204),
            ("DELETE", "/api/v1/bootstrap/demo", None, 404),
            ("POST", "/api/v1/bootstrap/import", {"items": [{"endpoint": "a", "configuration": BOOTSTRAP}]}, 200),
            ("POST", "/api/v1/bootstrap/import", {}, 400),
            ("POST", "/api/v1/firmware/images", {}, 400),
            ("GET", "/api/v1/firmware/images", None, 200),
            ("GET", "/api/v1/firmware/images?limit=0", None, 400),
            ("GET", "/api/v1/firmware/images/" + image, None, 200),
            ("GET", "/api/v1/firmware/images/1", None, 404),
            ("DELETE", "/api/v1/firmware/images/" + image, None, 409),
            ("DELETE", "/api/v1/firmware/images/1", None, 404),
            ("POST", "/api/v1/firmware/jobs", {"image": "1", "endpoints": ["a"], "method": "pull"}, 404),
            ("POST", "/api/v1/firmware/jobs", {"image": image, "endpoints": ["a"], "method": "pull", "apply": True}, 201),
            ("POST", "/api/v1/firmware/jobs", {"image": image, "endpoints": ["a"], "method": "pull"}, 409),
            ("POST", "/api/v1/firmware/jobs", {"image": image, "endpoints": [], "method": "pull"}, 400),
            ("GET", "/api/v1/firmware/jobs", None, 200),
            ("GET", "/api/v1/firmware/jobs?cursor=x", None, 400),
            ("GET", "/api/v1/firmware/jobs/" + job, None, 200),
            ("GET", "/api/v1/firmware/jobs/1", None, 404),
            ("DELETE", "/api/v1/firmware/jobs/" + job, None, 204),
            ("DELETE", "/api/v1/firmware/jobs/1", None, 404),
            ("GET", "/api/v1/models", None, 200),
            ("GET", "/api/v1/models/3", None, 200),
            ("GET", "/api/v1/models/31024", None, 404),
            ("GET", "/api/v1/events?type=nonsense", None, 400),
            ("GET", "/api/v1/server", None, 200),
            ("GET", "/api/v1/tokens", None, 200),
            ("GET", "/api/v1/backup", None, 409),
            ("GET", "/api/v1/backup?x=1", None, 400),
            ("POST", "/api/v1/tokens", {"role": "viewer"}, 201),
            ("POST", "/api/v1/tokens", {"role": "king"}, 400),
            ("DELETE", "/api/v1/tokens/none", None, 404),
            ("DELETE", "/api/v1/tokens/environment", None, 409),
            ("GET", "/api/v1/openapi.json", None, 200),
            ("GET", "/metrics", None, 200),
            ("GET", "/healthz", None, 200),
            ("GET", "/readyz", None, 200),
            ("DELETE", "/api/v1/devices/demo", None, 204)):
        assert described(method, path, body) == status, (method, path)
    assert described.seen == {(method, pattern) for pattern, item in described.description["paths"].items()
                              for method in item if method != "parameters"}
    described.server.api.token = None
    for method, pattern in described.seen:
        status = described(method.upper(), pattern.replace("{", "").replace("}", ""))
        secured = described.description["paths"][pattern][method].get("security") != []
        assert status == (401 if secured else 200), (method, pattern)


def test_what_is_not_described_is_not_there(described):
    for pattern, item in described.description["paths"].items():
        path = pattern.replace("{endpoint}", "x").replace("{path}", "3").replace("{object}", "3").replace("{id}", "x")
        if pattern.endswith("/import"):  # of an endpoint that has this name all else is there
            item = {**item, **described.description["paths"][pattern.replace("import", "{endpoint}")]}
        for method in {"GET", "PUT", "PATCH", "POST", "DELETE"} - {name.upper() for name in item}:
            status, headers, _ = described.server.api.raw(method, path)
            assert status == 405, (method, path)
            assert set(headers["Allow"].split(", ")) == {name.upper() for name in item if name != "parameters"}
    routes = re.findall(r'^ +\{"([A-Z]+)", +"(/[^"]+)"', (ROOT / "apps/linnetd/routes.c").read_text(), re.M)
    assert set(routes) == {(name.upper(), pattern) for pattern, item in described.description["paths"].items()
                           for name in item if name != "parameters"}


def test_the_description_names_every_problem(described):
    source = (ROOT / "apps/linnetd/problem.h").read_text()
    slugs = re.findall(r'X\(PROBLEM_\w+,\s*"([a-z-]+)"', source)
    assert described.description["components"]["schemas"]["Problem"]["properties"]["type"]["enum"] == slugs
