"""Operations of every kind for one device, queued over HTTP until the server is gone: who runs twice, and who is lost?

Each has an instance of object 3442 of its own, which is its number. The device is a socket: it notes what it is asked, and
answers most of it. It stays while the server ends and starts again; then it says that it is there, answers all, and
everything must come to its end: what may be repeated is done, what may not has run at most once.
"""

import contextlib
import http.client
import json
import re
import socket
import threading
import time

from load import location, message

FIRST_MESSAGE = 60000
LIST = b"</1/0>,</3/0>,</3442/0>"
END_WITHIN = 20  # seconds, for all that waits

# kind: (method and path of the API, body, may it be repeated)
KINDS = {
    "execute": ("POST", "data/3442/{n}/0", {"arguments": "0='{n}'"}, False),
    "create": ("POST", "data/3442?format=senml-json", {"instance": "{n}", "values": {"120": "{n}"}}, False),
    "delete": ("DELETE", "data/3442/{n}", None, False),
    "write-partial": ("PATCH", "data/3442/{n}", {"values": {"120": "{n}"}}, False),
    "read": ("GET", "data/3442/{n}/120", None, True),
    "write": ("PUT", "data/3442/{n}/120", {"value": "{n}"}, True),
    "discover": ("GET", "discover/3442/{n}", None, True),
    "write-attributes": ("PUT", "attributes/3442/{n}/120", {"pmin": "{n}"}, True),
    "observe": ("PUT", "observations/3442/0/{n}", {}, True),
}
ANSWERS = {"create": (0x41, b""), "delete": (0x42, b""), "read": (0x45, b"\xc0\xff1"), "observe": (0x45, b"\x60\x60\xff1"),
           "discover": (0x45, b"\xc1\x28\xff</3442/0>")}


def filled(value, number):
    """The body with the number in its places: as a number where that is all there is."""
    if isinstance(value, dict):
        return {name: filled(inner, number) for name, inner in value.items()}
    return number if value == "{n}" else value.replace("{n}", str(number))


def options_of(request):
    """{number: [values]} and the payload."""
    at, number, found = 4 + (request[0] & 15), 0, {}
    while at < len(request) and request[at] != 0xff:
        delta, length = request[at] >> 4, request[at] & 15
        at += 1
        if delta == 13:
            delta, at = request[at] + 13, at + 1
        if length == 13:
            length, at = request[at] + 13, at + 1
        number += delta
        found.setdefault(number, []).append(request[at:at + length])
        at += length
    return found, request[at + 1:]


def kind_of(request):
    """What the device is asked, and for which number."""
    options, payload = options_of(request)
    path = [int(segment) for segment in options.get(11, [])]
    if request[1] == 1:
        kind = "observe" if 6 in options else "discover" if options.get(17) == [b"\x28"] else "read"
    elif request[1] == 2:
        kind = ("create", "write-partial", "execute")[len(path) - 1]
    elif request[1] == 3:
        kind = "write-attributes" if 15 in options else "write"
    else:
        kind = "delete"
    if kind == "create":
        return kind, int(re.search(rb'"n":"(\d+)/', payload)[1])
    return kind, path[2] if kind == "observe" else path[1]


class Operations:
    def __init__(self, api_port, coap_port, token, endpoint, dice):
        self.api_port, self.token, self.endpoint, self.dice = api_port, token, endpoint, dice
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.acknowledged = {}  # (kind, number): id of the operation, None of an observation
        self.seen = {}          # (kind, number): the messages that brought it
        self.loss = 0.05
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
                answer = self.socket.recv(2000)
                if answer[1] == 0x41:
                    self.place = location(answer)
                    return
        raise AssertionError("the device could not register")

    def answer(self):
        while not self.over:
            try:
                asked, peer = self.socket.recvfrom(2000)
            except OSError:
                continue
            if not 1 <= asked[1] <= 31:
                continue
            token = asked[4:4 + (asked[0] & 15)]
            what = kind_of(asked)
            self.seen.setdefault(what, set()).add(asked[2:4] + token)
            if self.dice.random() >= self.loss:
                code, rest = ANSWERS.get(what[0], (0x44, b""))
                self.socket.sendto(bytes([0x60 | len(token), code]) + asked[2:4] + token + rest, peer)

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, f"/api/v1/devices/{self.endpoint}/{path}", None if body is None else json.dumps(body),
                               {"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)

    def ask(self):
        for number in range(900):  # a device has a thousand places
            kind = self.dice.choice(list(KINDS))
            method, path, body, _ = KINDS[kind]
            path = path.format(n=number)
            if kind != "observe":
                path += ("&" if "?" in path else "?") + "async=true"
            try:
                status, answer = self.call(method, path, None if body is None else filled(body, number))
            except (OSError, http.client.HTTPException, ValueError):
                return  # the server is gone
            assert status in (201, 202), (kind, status, answer)
            self.acknowledged[kind, number] = answer.get("id")

    def killed(self):
        """What the device had seen when the server was killed."""
        self.threads[1].join(30)
        self.before = set(self.seen)

    def states(self):
        _, page = self.call("GET", "operations?limit=1000")
        found = {item["id"]: item["state"] for item in page["items"]}
        _, page = self.call("GET", "observations")
        observed = {item["path"]: item["state"] for item in page["items"]}
        return {what: found.get(id) if id else observed.get(f"/3442/0/{what[1]}") for what, id in self.acknowledged.items()}

    def wrong(self, api_port, coap_port):
        """After the restart: what is lost, what is to run although it has, and what does not come to its end."""
        self.api_port = api_port
        for what, state in self.states().items():
            if state is None:
                yield f"{self.endpoint}: {what} was acknowledged, and is not there"
            elif what in self.before and not KINDS[what[0]][3] and state not in ("done", "unknown"):
                yield f"{self.endpoint}: {what} has reached the device, and is {state}"
        self.loss = 0
        self.socket.sendto(message(2, FIRST_MESSAGE + 1, ["rd", self.place]), ("127.0.0.1", coap_port))
        until = time.monotonic() + END_WITHIN
        while (waiting := {w: s for w, s in self.states().items() if s not in ("done", "unknown", "active")}) \
                and time.monotonic() < until:
            time.sleep(0.05)
        for what, state in waiting.items():
            yield f"{self.endpoint}: {what} does not come to its end: it is {state}"
        for what, state in self.states().items():
            if what not in self.seen and state in ("done", "active"):
                yield f"{self.endpoint}: {what} is {state}, and the device was never asked"
            if KINDS[what[0]][3] and state == "unknown":
                yield f"{self.endpoint}: {what} may be repeated, and is unknown"

    def twice(self):
        """At the end: what the device was asked more than once, in messages of their own, though it must not be."""
        self.over = True
        self.threads[0].join(5)
        self.socket.close()
        for what, messages in self.seen.items():
            if len(messages) > 1 and not KINDS[what[0]][3]:
                yield f"{self.endpoint}: {what} ran {len(messages)} times"

    def count(self, kinds):
        """Of these kinds: how many were acknowledged, reached the device, and reached it again."""
        seen = [messages for what, messages in self.seen.items() if what[0] in kinds]
        return (sum(what[0] in kinds for what in self.acknowledged), len(seen), sum(len(m) > 1 for m in seen))
