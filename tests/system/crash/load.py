"""Devices that register, change and leave, until their server is gone; logs what was sent and acknowledged.

    load.py PORT LOG PREFIX SEED

Each line of the log is `S name number` when a request is sent and `A name number location` when its answer has come;
number is the lifetime that the device asks for, 0 for a De-register. A device has one request at a time.
"""

import os
import random
import select
import socket
import sys

WINDOW = 48
LIST = b"</1/0>,</3/0>,</5/0>"


def option(out, last, number, value):
    delta, length = number - last, len(value)
    out.append((delta if delta < 13 else 13) << 4 | (length if length < 13 else 13))
    if delta >= 13:
        out.append(delta - 13)
    if length >= 13:
        out.append(length - 13)
    out += value
    return number


def message(code, message_id, path, queries=(), payload=b""):
    out = bytearray([0x40, code, message_id >> 8, message_id & 255])
    last = 0
    for segment in path:
        last = option(out, last, 11, segment.encode())
    if payload:
        last = option(out, last, 12, bytes([40]))
    for query in queries:
        last = option(out, last, 15, query.encode())
    return bytes(out) + (b"\xff" + payload if payload else b"")


def location(answer):
    """The second Location-Path of a 2.01: options begin behind the header, tokens are empty."""
    at, number, found = 4, 0, []
    while at < len(answer) and answer[at] != 0xff:
        delta, length = answer[at] >> 4, answer[at] & 15
        at += 1
        if delta == 13:
            delta, at = answer[at] + 13, at + 1
        if length == 13:
            length, at = answer[at] + 13, at + 1
        number += delta
        if number == 8:
            found.append(answer[at:at + length].decode())
        at += length
    return found[1]


class Devices:
    def __init__(self, port, log, prefix, seed):
        self.random = random.Random(seed)
        self.log, self.prefix = log, prefix
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.registered = {}  # name: location
        self.waiting = {}     # message id: (name, lifetime)
        self.next_id, self.next_name = self.random.randrange(65536), 0

    def note(self, text):
        os.write(self.log, (text + "\n").encode())

    def begin(self):
        message_id = self.next_id = (self.next_id + 1) % 65536
        what = self.random.random()
        if what < 0.7 or not self.registered:
            name, lifetime = f"{self.prefix}{self.next_name}", self.random.randrange(3600, 90000)
            self.next_name += 1
            data = message(2, message_id, ["rd"], [f"ep={name}", f"lt={lifetime}", "lwm2m=1.1", "b=U"], LIST)
        else:
            name = self.random.choice(list(self.registered)[-200:])
            place = self.registered.pop(name)
            if what < 0.9:
                lifetime = self.random.randrange(3600, 90000)
                data = message(2, message_id, ["rd", place], [f"lt={lifetime}"])
                self.kept[message_id] = place
            else:
                lifetime = 0
                data = message(4, message_id, ["rd", place])
        self.note(f"S {name} {lifetime}")
        self.waiting[message_id] = (name, lifetime)
        self.socket.send(data)

    def take(self, answer):
        waited = self.waiting.pop(answer[2] << 8 | answer[3], None)
        if waited is None or answer[1] >> 5 != 2:
            return
        name, lifetime = waited
        place = self.kept.pop(answer[2] << 8 | answer[3], None) or (location(answer) if answer[1] == 0x41 else "-")
        self.note(f"A {name} {lifetime} {place}")
        if lifetime:
            self.registered[name] = place

    def run(self):
        self.kept = {}
        while True:
            while len(self.waiting) < WINDOW:
                self.begin()
            try:
                if not select.select([self.socket], [], [], 1)[0]:
                    self.waiting.clear()  # lost with the kill
                    continue
                self.take(self.socket.recv(2000))
            except ConnectionRefusedError:
                return


if __name__ == "__main__":
    with open(sys.argv[2], "ab", buffering=0) as log:
        try:
            Devices(int(sys.argv[1]), log.fileno(), sys.argv[3], int(sys.argv[4])).run()
        except ConnectionRefusedError:
            pass
