"""Opaque values that are larger than what is kept of one: they pass through linnetd a few blocks at a time."""

import asyncio
import http.client
import json
import os
import pathlib
import random
import socket
import threading

import aiocoap
import pytest
from conftest import BIN, TOKEN, until
from test_api import OPAQUE, RECORD, TLV, Anything, content
from test_raw_peers import Peer

MIB, PIECE = 1024 * 1024, 64 * 1024
PATH = "/api/v1/devices/raw/data/31024/0/1"


def value_of(size):
    return random.Random(size).randbytes(size)


def changed(request):
    return aiocoap.Message(code=aiocoap.CHANGED)


class Blocks(Anything):
    """Sees every block of a body that is written, and answers each."""

    async def needs_blockwise_assembly(self, request):
        return False

    def __init__(self, answer):
        super().__init__(answer)
        self.size = 0

    async def render(self, request):
        block = request.opt.block1
        assert block.start == self.size, "in order, each once"
        self.size += len(request.payload)
        answer = self.answer(request)
        answer.opt.block1 = request.opt.block1
        return answer


@pytest.fixture
def peer(server):
    """peer(resource): registers "raw" with it."""
    peers = []

    def make(resource, **options):
        peers.append(Peer(server, "raw", {"/31024/0/1": resource}, **options))
        until(lambda: server.api.device("raw"), "raw is registered")
        return peers[-1]
    yield make
    for each in peers:
        each.end()


def resident(server):
    pages = pathlib.Path(f"/proc/{server.program.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def open_request(server, method, path, headers, size=None):
    """A connection with the request's head sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)
    connection.putrequest(method, path)
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    for name, value in headers.items():
        connection.putheader(name, value)
    if size is not None:
        connection.putheader("Content-Length", str(size))
    connection.endheaders()
    return connection


@pytest.mark.parametrize("size", [16 * 1024 + 1, MIB])
def test_bytes_arrive_as_they_were_sent(server, peer, size):
    value = value_of(size)
    resource = Anything(lambda request: content(value, OPAQUE) if request.code == aiocoap.GET else changed(request))
    peer(resource)
    status, headers, body = server.api.raw("GET", PATH, headers={"Accept": RECORD})
    assert (status, headers["Content-Type"], body == value) == (200, RECORD, True)
    assert server.api.raw("PUT", PATH, data=value, headers={"Content-Type": RECORD})[0] == 204
    assert resource.seen[-1].payload == value


class Plain:
    """A device of few lines, for speed: one opaque value that is read and written in blocks of 1024 bytes."""

    def __init__(self, server, value):
        self.value, self.written, self.seen = value, bytearray(), 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", server.coap_port))
        queries = [bytes([len(query)]) + query for query in (b"ep=raw", b"lt=60", b"lwm2m=1.1", b"b=U")]
        first = bytes([queries[0][0] | 3 << 4]) + queries[0][1:]
        path_and_format = b"\xb2rd\x11\x28"
        self.socket.send(b"\x40\x02\x00\x01" + path_and_format + first + b"".join(queries[1:]) + b"\xff</31024/0>")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        until(lambda: server.api.device("raw"), "raw is registered")

    def serve(self):
        while datagram := self.socket.recv(2048):
            if datagram[0] & 0x30 == 0 and datagram[1] in (1, 3):
                self.seen += 1
                self.socket.send(self.answer(datagram))

    def answer(self, request):
        options, payload = self.parse(request)
        token = request[4:4 + (request[0] & 15)]
        head = bytes([0x60 | len(token)])
        if request[1] == 1:
            number = int.from_bytes(options.get(23, b""), "big") >> 4
            more = (number + 1) * 1024 < len(self.value)
            block = (number << 4 | more << 3 | 6).to_bytes(3, "big")
            return (head + b"\x45" + request[2:4] + token + b"\xc1\x2a\xb3" + block + b"\xff"
                    + self.value[number * 1024:(number + 1) * 1024])
        block = int.from_bytes(options[27], "big")
        if block >> 4 == len(self.written) // 1024:  # else it is the same once more
            self.written += payload
        code = b"\x5f" if block & 8 else b"\x44"
        return head + code + request[2:4] + token + b"\xd3\x0e" + block.to_bytes(3, "big")

    @staticmethod
    def parse(request):
        at, number, options = 4 + (request[0] & 15), 0, {}
        while at < len(request) and request[at] != 0xff:
            delta, length = request[at] >> 4, request[at] & 15
            at += 1
            if delta == 13:
                delta, at = 13 + request[at], at + 1
            number += delta
            options[number] = request[at:at + length]
            at += length
        return options, request[at + 1:]

    def end(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()


@pytest.fixture
def plain(server):
    device = Plain(server, value_of(16 * MIB))
    yield device
    device.end()


def memory_bound():
    """4 MiB; ThreadSanitizer keeps several bytes of its own for each byte that is used for the first time."""
    is_watched = b"__tsan_init" in (BIN / "linnetd").read_bytes()
    return (15 if is_watched else 4) * MIB


def test_a_large_value_needs_no_memory(server, plain):
    before = most = resident(server)
    connection = open_request(server, "PUT", PATH, {"Content-Type": RECORD, "Transfer-Encoding": "chunked"})
    for at in range(0, len(plain.value), PIECE):
        connection.send(b"%x\r\n%s\r\n" % (PIECE, plain.value[at:at + PIECE]))
        most = max(most, resident(server))
    connection.send(b"0\r\n\r\n")
    assert (connection.getresponse().status, plain.written == plain.value) == (204, True)
    answer = open_request(server, "GET", PATH, {"Accept": RECORD}).getresponse()
    got = bytearray()
    while piece := answer.read(PIECE):
        got += piece
        most = max(most, resident(server))
    assert got == plain.value
    assert most - before < memory_bound()


def changing(value, **options):
    """A value whose bytes have another ETag, or end, from some block on."""
    def answer(request):
        block = request.opt.block2
        number = block.block_number if block else 0
        piece = value[number * 1024:(number + 1) * 1024]
        message = content(piece, OPAQUE)
        message.opt.block2 = (number, (number + 1) * 1024 < len(value), 6)
        message.opt.etag = b"b" if number >= options.get("changes", 1 << 30) else b"a"
        if "size" in options:
            message.opt.size2 = options["size"]
        return message
    resource = Anything(answer)

    async def whole(request):
        return False
    resource.needs_blockwise_assembly = whole
    return resource


@pytest.mark.parametrize("options", [{"changes": 40}, {"size": 90_000}, {"size": 110_000}])
def test_a_transfer_that_breaks_off_does_not_look_whole(server, peer, options):
    peer(changing(value_of(100_000), **options))
    answer = open_request(server, "GET", PATH, {"Accept": RECORD}).getresponse()
    assert answer.status == 200
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
    until(lambda: server.api.device("raw")["state"] == "online", "the server goes on")


def test_a_size_that_is_told_is_the_answers_length(server, peer):
    peer(changing(value_of(100_000), size=100_000))
    answer = open_request(server, "GET", PATH, {"Accept": RECORD}).getresponse()
    assert answer.getheader("Content-Length") == "100000"
    assert answer.read() == value_of(100_000)


def test_an_error_before_the_first_byte_is_a_problem(server, peer):
    peer(Anything(lambda request: aiocoap.Message(code=aiocoap.FORBIDDEN)))
    status, _, body = server.api.raw("GET", PATH, headers={"Accept": RECORD})
    assert (status, json.loads(body)["coap"]) == (403, "4.03")


def test_a_body_that_is_refused_at_its_first_block_is_a_problem(server, peer):
    resource = Blocks(lambda request: aiocoap.Message(code=aiocoap.REQUEST_ENTITY_TOO_LARGE))
    peer(resource)
    status, _, body = server.api.raw("PUT", PATH, data=bytes(8 * MIB), headers={"Content-Type": RECORD})
    assert (status, json.loads(body)["coap"]) == (413, "4.13")
    assert resource.size == 1024


def test_nobody_is_there(server):
    for method, data in (("GET", None), ("PUT", bytes(MIB))):
        status, _, body = server.api.raw(method, PATH, data=data, headers={"Accept": RECORD, "Content-Type": RECORD})
        assert (status, json.loads(body)["type"]) == (404, "unknown-endpoint")


def test_who_does_not_read_holds_the_device_back(server, plain):
    connection = open_request(server, "GET", PATH, {"Accept": RECORD})
    seen = -1

    def stands_still():
        nonlocal seen
        before, seen = seen, plain.seen
        return threading.Event().wait(0.3) or 0 < before == seen
    until(stands_still, "the device is not asked any more")
    assert seen < len(plain.value) // 1024
    assert server.api.metric("linnet_operations_failed_total") == 0
    connection.close()
    until(lambda: server.api.metric("linnet_operations_failed_total") == 1, "the Read is cancelled")


def test_who_stops_sending_cancels_the_write(server, peer):
    resource = Blocks(changed)
    peer(resource)
    connection = open_request(server, "PUT", PATH, {"Content-Type": RECORD}, size=2 * MIB)
    connection.send(bytes(MIB))
    until(lambda: resource.size > MIB - 16 * 1024, "the device has what was sent")
    connection.close()
    until(lambda: server.api.metric("linnet_operations_failed_total") == 1, "the Write is cancelled")
    assert server.api.device("raw")["state"] == "online"


def test_formats_that_need_it_whole_get_it_whole(server, peer):
    value = value_of(100_000)
    resource = Anything(lambda request: content(tlv(value), TLV) if request.code == aiocoap.GET
                        else changed(request))
    peer(resource)
    assert server.api.raw("PUT", PATH + "?format=tlv", data=value, headers={"Content-Type": RECORD})[0] == 204
    assert resource.seen[-1].payload == tlv(value)
    status, _, body = server.api.raw("GET", PATH, headers={"Accept": RECORD})
    assert (status, body == value) == (200, True)


def tlv(value):
    return bytes([0xd8, 1]) + len(value).to_bytes(3, "big") + value


class Stalls(Anything):
    """Answers so many blocks and no more."""

    def __init__(self, answer, count):
        super().__init__(answer)
        self.count = count

    async def needs_blockwise_assembly(self, request):
        return False

    async def render(self, request):
        if len(self.seen) == self.count:
            await asyncio.sleep(3600)
        message = await super().render(request)
        if request.opt.block1 is not None:
            message.code = aiocoap.CONTINUE
            message.opt.block1 = request.opt.block1
        return message


def test_a_device_that_is_too_slow_with_a_block_ends_it(server, peer):
    peer(Stalls(changed, 5))
    status, _, body = server.api.raw("PUT", PATH + "?timeout=0.5", data=bytes(MIB), headers={"Content-Type": RECORD})
    assert (status, json.loads(body)["type"]) == (504, "device-timeout")


def test_a_read_that_stalls_is_cut(server, peer):
    peer(Stalls(changing(value_of(MIB)).answer, 40))
    answer = open_request(server, "GET", PATH + "?timeout=0.5", {"Accept": RECORD}).getresponse()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def test_streams_do_not_hold_up_the_servers_end(server, peer):
    value = value_of(64 * MIB)
    peer(changing(value))
    reader = open_request(server, "GET", PATH, {"Accept": RECORD}).getresponse()
    writer = open_request(server, "PUT", PATH, {"Content-Type": RECORD}, size=MIB)
    writer.send(bytes(100_000))
    assert server.program.end() == 0
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        reader.read()


def test_the_command_line_moves_large_files(server, plain, tmp_path):
    plain.value = plain.value[:5 * MIB + 1]
    assert server.linnet("read", "raw", "/31024/0/1", "--output", tmp_path / "value") == (0, "", "")
    assert (tmp_path / "value").read_bytes() == plain.value
    assert server.linnet("write", "raw", "/31024/0/1", "--file", tmp_path / "value") == (0, "", "")
    assert plain.written == plain.value
