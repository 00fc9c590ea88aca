"""A device made of aiocoap that is bootstrapped as a test says: it takes down each step and answers by a script."""

import asyncio
import threading

import aiocoap
import aiocoap.resource
from conftest import PATIENCE, free_port

TLV, SENML_CBOR, LINKS = 11542, 112, 40
NAMES = {aiocoap.GET: "GET", aiocoap.PUT: "PUT", aiocoap.POST: "POST", aiocoap.DELETE: "DELETE"}
DONE = {"GET": aiocoap.CONTENT, "PUT": aiocoap.CHANGED, "POST": aiocoap.CHANGED, "DELETE": aiocoap.DELETED}


class Steps(aiocoap.resource.Resource):
    """Takes whatever comes. `answers` maps "DELETE /0" and the like to a code, or None for silence."""

    def __init__(self, links, answers):
        super().__init__()
        self.links, self.answers, self.seen = links, answers, []

    async def render(self, request):
        step = f"{NAMES[request.code]} /{'/'.join(request.opt.uri_path)}"
        self.seen.append((step, request.opt.content_format, request.payload))
        code = self.answers.get(step, DONE[NAMES[request.code]])
        if isinstance(code, list):
            code = code.pop(0) if code else DONE[NAMES[request.code]]
        if code is None:
            await asyncio.sleep(3600)
        if code == aiocoap.CONTENT:
            return aiocoap.Message(code=code, payload=self.links.encode(), content_format=LINKS)
        return aiocoap.Message(code=code)

    @property
    def steps(self):
        return [step for step, _, _ in self.seen]

    def payload(self, step):
        """Format and payload of the last such step."""
        return next((number, payload) for name, number, payload in reversed(self.seen) if name == step)


class BootDevice:
    def __init__(self, port, links='</>;lwm2m=1.1,</0/0>;uri="coap://bs.example.com",</1>,</3/0>', answers=None):
        self.port, self.steps = port, Steps(links, answers or {})
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.context = self.call(aiocoap.Context.create_server_context(
            self.steps, bind=("127.0.0.1", free_port()), transports=["udp6"]))

    def call(self, coroutine):
        async def wait():
            return await coroutine
        return asyncio.run_coroutine_threadsafe(wait(), self.loop).result(PATIENCE)

    def ask(self, query, path="bs", code=aiocoap.POST):
        """Sends a Bootstrap-Request; the code of the answer as text."""
        async def request():
            return await self.context.request(aiocoap.Message(
                code=code, uri=f"coap://127.0.0.1:{self.port}/{path}{'?' + query if query else ''}")).response
        return self.call(request()).code.dotted

    def end(self):
        if self.loop.is_closed():
            return
        self.call(self.context.shutdown())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()
