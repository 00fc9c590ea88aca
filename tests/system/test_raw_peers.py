"""Peers that nobody here wrote: libcoap's tools and aiocoap speak to linnetd and to linnet-device."""

import asyncio
import re
import shutil
import socket
import subprocess
import threading

import aiocoap
import aiocoap.resource
import pytest
from conftest import PATIENCE, Program, free_port, until

CLIENT = shutil.which("coap-client-notls") or shutil.which("coap-client")
SERVER = shutil.which("coap-server-notls") or shutil.which("coap-server")


@pytest.fixture(autouse=True)
def tools():
    if CLIENT is None or SERVER is None:
        pytest.skip("libcoap's coap-client and coap-server are not installed: ./dev setup installs them")


def coap_client(method, uri, *options):
    """Runs libcoap's client; returns what it printed, the message traffic included."""
    done = subprocess.run([CLIENT, "-v", "7", "-B", str(PATIENCE), "-m", method, *options, uri], capture_output=True,
                          text=True, timeout=PATIENCE + 5)
    return done.stdout + done.stderr


def register(server, endpoint, *options, query="&lt=60&lwm2m=1.0&b=U"):
    return coap_client("post", f"{server.uri}/rd?ep={endpoint}{query}", "-t", "40", "-e", "</1/0>,</3/0>", *options)


def location(output):
    found = re.search(r"Location-Path:rd, Location-Path:([\w-]+)", output)
    assert found, output
    return found[1]


def test_libcoap_registers_updates_and_leaves(server):
    where = location(register(server, "raw"))
    device = server.api.device("raw")
    assert (device["registration"], device["version"], device["lifetime"]) == (where, "1.0", 60)
    assert [o["id"] for o in device["objects"]] == [1, 3]
    assert "2.04" in coap_client("post", f"{server.uri}/rd/{where}?lt=120")
    assert server.api.device("raw")["lifetime"] == 120
    assert "2.02" in coap_client("delete", f"{server.uri}/rd/{where}")
    assert server.api.device("raw") is None


def test_an_update_from_elsewhere_moves_the_device(server):
    where = location(register(server, "moves"))
    before = server.api.device("moves")["address"]
    assert "2.04" in coap_client("post", f"{server.uri}/rd/{where}")
    assert server.api.device("moves")["address"] != before


@pytest.mark.parametrize("query, code", [
    ("&lt=60&lwm2m=1.2&b=U", "4.12"),
    ("&lt=abc&lwm2m=1.0", "4.00"),
    ("&lt=&lwm2m=1.0", "4.00"),
    ("&lt=60&lwm2m=1.1&b=UQ", "4.00"),
    ("&lt=60&lwm2m=1.0&b=UT", "4.00"),
    ("&lt=60&lwm2m=1.1&b=UT&Q", "2.01"),
    ("&lt=4294967295&lwm2m=1.0", "2.01"),
    ("&lt=0&lwm2m=1.0", "2.01"),
    ("", "2.01"),
])
def test_parameters_of_register(server, query, code):
    assert code in register(server, "raw", query=query)
    assert (server.api.device("raw") is not None) == (code == "2.01")


def test_a_location_that_was_guessed_does_nothing(server):
    register(server, "raw")
    before = server.api.device("raw")
    assert "4.04" in coap_client("delete", f"{server.uri}/rd/AAAAAAAAAAA")
    assert "4.04" in coap_client("post", f"{server.uri}/rd/AAAAAAAAAAA?lt=1")
    assert server.api.device("raw")["registration"] == before["registration"]
    assert server.api.metric("linnet_not_found_total") == 2


def test_a_libcoap_server_is_read_and_written_as_a_device(server):
    port = free_port()
    register(server, "coapd", "-p", str(port))
    peer = subprocess.Popen([SERVER, "-A", "127.0.0.1", "-p", str(port), "-d", "100"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        until(lambda: "2.05" in coap_client("get", f"coap://127.0.0.1:{port}/"), "coap-server answers")
        status, body = server.api.call("GET", "/devices/coapd/data/3/0/15")
        assert (status, body["type"], body["coap"]) == (404, "device-error", "4.04")
        status, body = server.api.call("PUT", "/devices/coapd/data/3/0/15?format=text", {"value": "Europe/Paris"})
        assert status == 204, body
        assert "Europe/Paris" in coap_client("get", f"coap://127.0.0.1:{port}/3/0/15")
    finally:
        peer.terminate()
        peer.wait()


class Resource(aiocoap.resource.Resource):
    """Answers a GET with the text that was given or PUT, after a while if it is told to."""

    def __init__(self, text, wait=0):
        super().__init__()
        self.text, self.wait = text, wait

    async def render_get(self, request):
        await asyncio.sleep(self.wait)
        return aiocoap.Message(payload=self.text.encode(), content_format=0)

    async def render_put(self, request):
        self.text = request.payload.decode()
        return aiocoap.Message(code=aiocoap.CHANGED)


class Silent(aiocoap.resource.Resource):
    async def render_get(self, request):
        await asyncio.sleep(3600)


class Peer:
    """A device made of aiocoap, in a thread with a loop of its own."""

    def __init__(self, server, endpoint, resources, links="</1/0>,</3/0>"):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.site = aiocoap.resource.Site()
        for path, resource in resources.items():
            self.site.add_resource(path.strip("/").split("/"), resource)
        self.context = self.call(self._start())
        answer = self.call(self.context.request(aiocoap.Message(
            code=aiocoap.POST, uri=f"{server.uri}/rd?ep={endpoint}&lt=60&lwm2m=1.1&b=U", content_format=40,
            payload=links.encode())).response)
        assert answer.code == aiocoap.CREATED, answer
        self.location = answer.opt.location_path

    async def _start(self):
        return await aiocoap.Context.create_server_context(self.site, bind=("127.0.0.1", free_port()),
                                                           transports=["udp6"])

    def call(self, coroutine):
        async def wait():
            return await coroutine
        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(PATIENCE)

    def end(self):
        self.call(self.context.shutdown())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()


@pytest.fixture
def start_peer():
    started = []

    def start(*words):
        started.append(Peer(*words))
        return started[-1]
    yield start
    for peer in started:
        peer.end()


def test_aiocoap_answers_at_once_and_later(server, start_peer):
    start_peer(server, "aio", {"/3/0/0": Resource("at once"), "/3/0/1": Resource("later", wait=0.5)})
    assert server.linnet("read", "aio", "/3/0/0")[1] == "at once\n"
    assert server.linnet("read", "aio", "/3/0/1")[1] == "later\n", "a separate response"


def test_aiocoap_is_written(server, start_peer):
    zone = Resource("UTC")
    start_peer(server, "aio", {"/3/0/15": zone})
    assert server.linnet("write", "aio", "/3/0/15", "Asia/Tokyo")[0] == 0
    assert zone.text == "Asia/Tokyo"


def test_two_reads_of_one_device_wait_for_each_other(server, start_peer):
    start_peer(server, "aio", {"/3/0/0": Resource("slow", wait=0.3), "/3/0/1": Resource("quick")})
    results = {}

    def read(path):
        results[path] = server.linnet("read", "aio", path)[1]
    threads = [threading.Thread(target=read, args=(path,)) for path in ("/3/0/0", "/3/0/1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == {"/3/0/0": "slow\n", "/3/0/1": "quick\n"}


def test_an_operation_ends_when_the_device_leaves(server, start_peer):
    peer = start_peer(server, "aio", {"/3/0/0": Silent()})
    answers = []
    reader = threading.Thread(target=lambda: answers.append(server.api.call("GET", "/devices/aio/data/3/0/0")))
    reader.start()
    until(lambda: server.api.metric("linnet_operations_started_total") == 1, "the Read is under way")
    gone = peer.call(peer.context.request(aiocoap.Message(
        code=aiocoap.DELETE, uri=server.uri + "/" + "/".join(peer.location))).response)
    assert gone.code == aiocoap.DELETED
    reader.join(PATIENCE)
    assert answers[0][0] == 409 and answers[0][1]["type"] == "device-gone"


def test_linnet_device_registers_with_an_aiocoap_server():
    """The device's own side: what it sends, as somebody else reads it."""
    port = free_port()
    seen = []

    class Registrations(aiocoap.resource.Resource):
        async def render_post(self, request):
            seen.append(request)
            return aiocoap.Message(code=aiocoap.CREATED, location_path=["rd", "one"])

    class One(aiocoap.resource.Resource):
        async def render_delete(self, request):
            seen.append(request)
            return aiocoap.Message(code=aiocoap.DELETED)

    async def serve(ready, stop):
        site = aiocoap.resource.Site()
        site.add_resource(["rd"], Registrations())
        site.add_resource(["rd", "one"], One())
        context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port), transports=["udp6"])
        ready.set()
        await asyncio.to_thread(stop.wait, PATIENCE)
        await context.shutdown()

    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(ready, stop)))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        device = Program("linnet-device", "--endpoint", "ours", "--server", f"coap://127.0.0.1:{port}", "--lifetime",
                         "77")
        device.wait_for("registered as ours")
        assert device.end() == 0
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert set(seen[0].opt.uri_query) == {"ep=ours", "lt=77", "lwm2m=1.1"}
    assert seen[0].opt.content_format == 40
    assert seen[0].payload == b"</1/0>,</3/0>,</4/0>,</5/0>,</7/0>,</3442/0>"
    assert seen[-1].code == aiocoap.DELETE


@pytest.mark.parametrize("datagram", [
    b"\x70\x00\x12\x34", b"\x60\x45\x12\x34", b"\x60\x84\x12\x34", b"\x60\x00\x12\x34\xff", b"", b"\x40", b"\x00" * 40,
])
def test_acks_resets_and_rubbish_get_no_answer(start_server, datagram):
    server = start_server("--shards", "1")  # with more, the ping could overtake on another shard
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", server.coap_port))
        s.settimeout(PATIENCE)
        s.send(datagram)
        s.send(b"\x40\x00\xab\xcd")  # a ping: its Reset shows that all before it has been seen
        assert s.recv(100) == b"\x70\x00\xab\xcd"
        s.setblocking(False)
        with pytest.raises(BlockingIOError):
            s.recv(100)
