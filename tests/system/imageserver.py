"""A server of images made of aiocoap, that can be stopped in the middle, and says what it was asked for."""

import asyncio
import threading

import aiocoap
import aiocoap.resource
from conftest import PATIENCE, free_port, until


class Image(aiocoap.resource.Resource):
    """Blocks of a body, without any state: a restart of the server is no new beginning."""

    def __init__(self, body, etag=b"1", after=None):
        super().__init__()
        self.body, self.etag = body, etag
        self.after = after  # called with the number of each block
        self.blocks = []

    async def needs_blockwise_assembly(self, request):
        return False

    async def render_get(self, request):
        asked = request.opt.block2
        number, exponent = (asked.block_number, min(asked.size_exponent, 6)) if asked else (0, 6)
        size = 16 << exponent
        part = self.body[number * size:(number + 1) * size]
        answer = aiocoap.Message(code=aiocoap.CONTENT, payload=part, etag=self.etag, size2=len(self.body))
        answer.opt.block2 = (number, (number + 1) * size < len(self.body), exponent)
        self.blocks.append(number)
        if self.after:
            self.after(number)
        return answer


class ImageServer:
    """Images by their names."""

    def __init__(self, **images):
        self.site = aiocoap.resource.Site()
        for name, image in images.items():
            self.site.add_resource([name], image)
        self.port = free_port()
        self.uri = f"coap://127.0.0.1:{self.port}"
        self.context = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.start()

    def _run(self):
        self.loop.run_forever()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def start(self):
        self.context = self._do(
            aiocoap.Context.create_server_context(self.site, bind=("127.0.0.1", self.port), transports=["udp6"]))

    def stop(self):
        context, self.context = self.context, None
        if context:
            self._do(context.shutdown())

    def stop_soon(self):
        """From within an answer."""
        context, self.context = self.context, None
        asyncio.ensure_future(context.shutdown(), loop=self.loop)

    def until_stopped(self):
        until(lambda: self.context is None, "the server has stopped")

    def close(self):
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
