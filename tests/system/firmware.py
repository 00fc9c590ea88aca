"""A device of few lines with object 5, over one socket: it takes pushes and pulls, and does as a test says."""

import socket
import threading
import time

import aiocoap
from aiocoap.numbers.codes import Code
from aiocoap.optiontypes import BlockOption
from conftest import until

IDLE, DOWNLOADING, DOWNLOADED, UPDATING = range(4)
SUCCESS, INTEGRITY, FAILED = 1, 5, 8
TEXT, TLV, OPAQUE = 0, 11542, 42


def tlv(resource, value):
    return bytes([0xC1, resource, value])


def tlv_value(payload):
    """Value of a payload that is one resource."""
    kinds = (payload[0] >> 3) & 3
    start = 3 if payload[0] & 0x20 else 2
    if kinds == 0:
        return payload[start:start + (payload[0] & 7)]
    length = int.from_bytes(payload[start:start + kinds], "big")
    assert len(payload) == start + kinds + length, "the length that the header says"
    return payload[start + kinds:]


def message_of(code, mtype, mid, token, payload):
    message = aiocoap.Message(code=code, payload=payload)
    message.mtype, message.mid, message.token = mtype, mid, token
    return message


class Firmware:
    def __init__(self, server, endpoint, version="1.1", delivery=2, image=None, lifetime=300, queue=False,
                 result=SUCCESS, refuses=(), state=IDLE, binding="U"):
        self.server, self.endpoint, self.version = server, endpoint, version
        self.delivery, self.result_of_update, self.refuses = delivery, result, set(refuses)
        self.wanted, self.lifetime = image, lifetime
        self.state, self.result, self.uri = state, 0, ""
        self.body, self.formats = bytearray(), []
        self.executed, self.silent, self.lost = 0, False, 0
        self.answers_execute = True
        self.update_ends = threading.Event()
        if state != UPDATING:
            self.update_ends.set()
        self.pull_gate = threading.Event()
        self.pull_gate.set()
        self.next_id, self.running, self.acked = 100, True, {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.05)
        self.socket.connect(("127.0.0.1", server.coap_port))
        self.binding = ("UQ" if queue else binding) if version == "1.0" else binding
        self.queue = queue and version != "1.0"
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.register()
        self.thread.start()
        until(lambda: server.api.device(endpoint), f"{endpoint} is registered")

    # ---- Messages ----

    def send(self, message):
        self.socket.send(message.encode())

    def request(self, code, path, query=(), payload=b"", block2=None, token=b""):
        self.next_id += 1
        message = message_of(code, aiocoap.CON, self.next_id, token, payload)
        message.opt.uri_path = path
        message.opt.uri_query = query
        message.opt.block2 = block2
        if payload:
            message.opt.content_format = 40
        self.send(message)

    def register(self):
        query = [f"ep={self.endpoint}", f"lt={self.lifetime}", f"lwm2m={self.version}", f"b={self.binding}"]
        self.request(Code.POST, ("rd",), query + (["Q"] if self.queue else []), b"</1/0>,</3/0>,</5/0>")

    def answer(self, request, code, payload=b"", content_format=None, block1=None):
        message = message_of(code, aiocoap.ACK, request.mid, request.token, payload)
        message.opt.content_format = content_format
        message.opt.block1 = block1
        self.acked[request.mid] = message  # of the last ones: a server that starts anew may use their ids again
        if len(self.acked) > 8:
            del self.acked[next(iter(self.acked))]
        self.send(message)

    def serve(self):
        while self.running:
            try:
                data = self.socket.recv(2048)
            except TimeoutError:
                self.turn()
                continue
            except ConnectionRefusedError:
                time.sleep(0.05)
                continue
            message = aiocoap.Message.decode(data)
            if self.silent:
                self.lost += 1
            elif message.code.is_request():
                self.take(message)
            elif message.code.is_response():
                self.take_block(message)
            self.turn()

    # ---- Object 5 ----

    def take(self, request):
        path = "/" + "/".join(request.opt.uri_path)
        if request.mid in self.acked:
            self.send(self.acked[request.mid])
        elif (request.code, path) in self.refuses:
            self.answer(request, Code.UNSUPPORTED_CONTENT_FORMAT if path == "/5/0/0" else Code.BAD_REQUEST)
        elif request.code == Code.GET and path == "/5/0":
            self.answer(request, Code.CONTENT, tlv(3, self.state) + tlv(5, self.result) + tlv(9, self.delivery), TLV)
        elif request.code == Code.PUT and path == "/5/0/0":
            self.take_package(request)
        elif request.code == Code.PUT and path == "/5/0/1":
            self.take_uri(request)
        elif request.code == Code.POST and path == "/5/0/2":
            self.execute(request)
        else:
            self.answer(request, Code.NOT_FOUND)

    def take_package(self, request):
        block = request.opt.block1 or BlockOption.BlockwiseTuple(0, False, 6)
        if block.block_number == 0:
            self.body.clear()
        if block.start != len(self.body):
            self.answer(request, Code.REQUEST_ENTITY_INCOMPLETE, block1=block)
            return
        self.body += request.payload
        if block.more:
            self.answer(request, Code.CONTINUE, block1=block)
            return
        self.formats.append(request.opt.content_format)
        if request.opt.content_format == TLV:
            self.body = bytearray(tlv_value(bytes(self.body)))
        self.check()
        self.answer(request, Code.CHANGED, block1=request.opt.block1)

    def check(self):
        good = self.wanted is None or bytes(self.body) == self.wanted
        self.state, self.result = (DOWNLOADED, 0) if good else (IDLE, INTEGRITY)

    def take_uri(self, request):
        value = request.payload if request.opt.content_format == TEXT else tlv_value(request.payload)
        self.uri = value.decode()
        self.body.clear()
        self.state, self.result = (DOWNLOADING, 0) if self.uri else (IDLE, 0)
        self.answer(request, Code.CHANGED)
        if self.uri:
            self.fetch()

    def fetch(self):
        path = self.uri.split("/", 3)[3].split("/")
        self.asked = time.monotonic()
        self.request(Code.GET, path, block2=BlockOption.BlockwiseTuple(len(self.body) // 1024, False, 6), token=b"pull")

    def take_block(self, message):
        if message.token != b"pull" or self.state != DOWNLOADING:
            return
        if message.code != Code.CONTENT:
            self.state, self.result = IDLE, 7
        elif message.opt.block2 is None or message.opt.block2.start == len(self.body):
            self.body += message.payload
            if message.opt.block2 is not None and message.opt.block2.more:
                self.pull_gate.wait()
                self.fetch()
            else:
                self.check()

    def execute(self, request):
        self.executed += 1
        if self.state != DOWNLOADED:
            self.answer(request, Code.METHOD_NOT_ALLOWED)
            return
        self.state, self.result = UPDATING, 0
        if self.answers_execute:
            self.answer(request, Code.CHANGED)

    def turn(self):
        if self.state == UPDATING and self.update_ends.is_set():
            good = self.result_of_update == SUCCESS
            self.state, self.result = IDLE if good else DOWNLOADED, self.result_of_update
            self.register()
        if self.state == DOWNLOADING and time.monotonic() - self.asked > 1:
            self.fetch()

    def end(self):
        self.running = False
        self.update_ends.set()
        self.pull_gate.set()
        self.thread.join(5)
        self.socket.close()
