"""A bootstrap server made of aiocoap, for what a well-behaved one would not do too."""

import asyncio
import json
import socket
import threading

import aiocoap
import aiocoap.resource
from conftest import PATIENCE, free_port

SENML_JSON = 110


def senml(*records):
    """PUT payload in SenML JSON: ("/0/1/0", "coap://...") and the like."""
    def field(value):
        if isinstance(value, bool):
            return {"vb": value}
        return {"v": value} if isinstance(value, int) else {"vs": value}
    return json.dumps([{"n": name, **field(value)} for name, value in records]).encode()


def account(instance, short_id, uri):
    """The two Writes that make a server account without security."""
    return [
        ("PUT", "/0", senml((f"/0/{instance}/0", uri), (f"/0/{instance}/1", False), (f"/0/{instance}/2", 3),
                            (f"/0/{instance}/10", short_id))),
        ("PUT", "/1", senml((f"/1/{instance}/0", short_id), (f"/1/{instance}/1", 60), (f"/1/{instance}/6", True),
                            (f"/1/{instance}/7", "U"))),
    ]


class Bootstrapper:
    """Answers each Bootstrap-Request with the next script, the last one again and again. A script is a list of
    (method, path, payload); `answers` are the codes, of all sessions."""

    def __init__(self, *scripts, code=aiocoap.CHANGED):
        self.scripts, self.code = scripts, code
        self.requests, self.answers = [], []
        self.is_closed, self.task = False, None
        self.port = free_port()
        self.uri = f"coap://127.0.0.1:{self.port}"
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(PATIENCE)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._open())
        self.loop.run_forever()

    async def _open(self):
        bootstrapper = self

        class Requests(aiocoap.resource.Resource):
            async def render_post(self, request):
                bootstrapper.requests.append(request.opt.uri_query)
                if bootstrapper.code == aiocoap.CHANGED:
                    at = min(len(bootstrapper.requests), len(bootstrapper.scripts)) - 1
                    bootstrapper.task = asyncio.ensure_future(
                        bootstrapper.run(request.remote, bootstrapper.scripts[at]))
                return aiocoap.Message(code=bootstrapper.code)

        site = aiocoap.resource.Site()
        site.add_resource(["bs"], Requests())
        self.context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", self.port),
                                                                   transports=["udp6"])
        self.ready.set()

    async def run(self, remote, script):
        await asyncio.sleep(0.05)  # so that the 2.04 is first
        for method, path, payload in script:
            if payload is None:
                await self.vanish(remote.sockaddr[1])
                return
            message = aiocoap.Message(code=getattr(aiocoap, method), payload=payload)
            message.remote = remote
            message.opt.uri_path = tuple(s for s in path.split("/") if s)
            if method == "GET":
                message.opt.accept = 40
            if payload:
                message.opt.content_format = SENML_JSON
            answer = await asyncio.wait_for(self.context.request(message).response, PATIENCE)
            self.answers.append((method, path, answer.code.dotted, answer.payload.decode()))

    async def vanish(self, port):
        await self.context.shutdown()
        self.is_closed = True
        for number in range(100):  # the answer to one of them comes when nobody is there
            try:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as once:
                    once.bind(("127.0.0.1", self.port))
                    once.sendto(bytes([0x40, 1, 0x77, number, 0xd1, 4, 40]), ("127.0.0.1", port))
            except OSError:
                pass  # aiocoap's socket is not closed yet, or the one before was told of a closed port
            await asyncio.sleep(0.02)

    def codes(self):
        return [code for _, _, code, _ in self.answers]

    async def _close(self):
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        if not self.is_closed:
            await self.context.shutdown()

    def close(self):
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)


FINISH = ("POST", "/bs", b"")
DELETE_ALL = ("DELETE", "/", b"")
DISCOVER_ALL = ("GET", "/", b"")
VANISH = ("GET", "/", None)  # asks, and is not there any more for the answer
