"""Executes for one device, queued over HTTP until the server is gone: who runs twice, and who is lost?

Each Execute has arguments of its own. The device is a socket: it notes what it is asked, and answers most of it. It
stays while the server ends and starts again.
"""

import contextlib
import http.client
import json
import socket
import threading

from load import LIST, message

FIRST_MESSAGE = 60000


class Operations:
    def __init__(self, api_port, coap_port, token, endpoint, dice):
        self.api_port, self.token, self.endpoint, self.dice = api_port, token, endpoint, dice
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.acknowledged = {}  # id: arguments
        self.seen = {}          # arguments: the messages that brought them
        self.over = False
        self.register(coap_port)
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self.answer, self.ask)]
        for thread in self.threads:
            thread.start()

    def register(self, coap_port):
        register = message(2, FIRST_MESSAGE, ["rd"], [f"ep={self.endpoint}", "lt=90000", "lwm2m=1.1", "b=U"], LIST)
        for _ in range(100):
            self.socket.sendto(register, ("127.0.0.1", coap_port))
            with contextlib.suppress(TimeoutError):
                if self.socket.recv(2000)[1] == 0x41:
                    return
        raise AssertionError("the device could not register")

    def answer(self):
        while not self.over:
            try:
                asked, peer = self.socket.recvfrom(2000)
            except OSError:
                continue
            if asked[1] != 2:
                continue
            token = asked[4:4 + (asked[0] & 15)]
            arguments = asked.rpartition(b"\xff")[2].decode()
            self.seen.setdefault(arguments, set()).add(asked[2:4] + token)
            if self.dice.random() < 0.95:
                self.socket.sendto(bytes([0x60 | len(token), 0x44]) + asked[2:4] + token, peer)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, "/api/v1" + path, body and json.dumps(body),
                               {"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)

    def ask(self):
        for number in range(900):  # a device has a thousand places
            arguments = f"0='{number}'"
            try:
                status, operation = self.call("POST", f"/devices/{self.endpoint}/data/3/0/4?async=true",
                                              {"arguments": arguments})
            except (OSError, http.client.HTTPException, ValueError):
                return  # the server is gone
            if status == 202:
                self.acknowledged[operation["id"]] = arguments

    def killed(self):
        """What the device had seen when the server was killed."""
        self.threads[1].join(30)
        self.before = set(self.seen)

    def wrong(self, api_port):
        """After the restart: what is lost, and what is to run although it has."""
        self.api_port = api_port
        status, page = self.call("GET", f"/devices/{self.endpoint}/operations?limit=1000")
        states = {item["id"]: item["state"] for item in page["items"]}
        for id, arguments in self.acknowledged.items():
            if id not in states:
                yield f"{self.endpoint}: operation {id} was acknowledged with 202, and is not there"
            elif arguments in self.before and states[id] not in ("done", "unknown"):
                yield f"{self.endpoint}: operation {id} has reached the device, and is {states[id]}"

    def twice(self):
        """At the end: what the device was asked more than once, in messages of their own."""
        self.over = True
        self.threads[0].join(5)
        self.socket.close()
        for arguments, messages in self.seen.items():
            if len(messages) > 1:
                yield f"{self.endpoint}: {arguments} ran {len(messages)} times"
