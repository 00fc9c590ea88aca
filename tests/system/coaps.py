"""A device by hand: OpenSSL's s_client shakes hands, and CoAP is written here, byte by byte."""

import os
import pathlib
import select
import socket
import subprocess
import threading
import time

from conftest import BIN, PATIENCE

CERTIFICATES = pathlib.Path(__file__).parents[1] / "dtls/certificates"
POST, DELETE = 2, 4
URI_PATH, CONTENT_FORMAT, URI_QUERY, LOCATION_PATH = 11, 12, 15, 8
LINKS = b"</1/0>,</3/0>"


def certificate(name):
    return str(CERTIFICATES / name)


def option_head(delta, length):
    def nibble(value):
        return (value, b"") if value < 13 else (13, bytes([value - 13])) if value < 269 else (
            14, (value - 269).to_bytes(2, "big"))
    (d, more_d), (n, more_n) = nibble(delta), nibble(length)
    return bytes([d << 4 | n]) + more_d + more_n


def request(code, number, path, query=(), payload=b"", content_format=None):
    """A confirmable request with the token 't'."""
    options = [(URI_PATH, p.encode()) for p in path.strip("/").split("/")]
    if content_format is not None:
        options.append((CONTENT_FORMAT, bytes([content_format])))
    options += [(URI_QUERY, q.encode()) for q in query]
    out, last = bytes([0x41, code]) + number.to_bytes(2, "big") + b"t", 0
    for option, value in options:
        out += option_head(option - last, len(value)) + value
        last = option
    return out + (b"\xff" + payload if payload else b"")


def parse(message):
    """Code as text, message id, and the options as a list."""
    code, at, number, options = message[1], 4 + (message[0] & 15), 0, []

    def extended(nibble):
        nonlocal at
        if nibble == 13:
            at += 1
            return message[at - 1] + 13
        if nibble == 14:
            at += 2
            return int.from_bytes(message[at - 2:at], "big") + 269
        return nibble
    while at < len(message) and message[at] != 0xff:
        head = message[at]
        at += 1
        number += extended(head >> 4)
        length = extended(head & 15)
        options.append((number, message[at:at + length]))
        at += length
    return f"{code >> 5}.{code & 31:02}", int.from_bytes(message[2:4], "big"), options


class Refused(Exception):
    pass


class Client:
    """A session of OpenSSL with linnetd."""

    # Seconds after which a message is sent again. Before the handshake is over OpenSSL keeps what it
    # is given, and would put two copies into one record: so no sooner than that takes.
    again_after = 5

    def __init__(self, port, *options, host="127.0.0.1"):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-dtls1_2", "-connect", f"{host}:{port}", "-quiet", "-no_ign_eof",
             *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.number = int.from_bytes(os.urandom(2), "big")

    def say(self, message):
        self.process.stdin.write(message)
        self.process.stdin.flush()

    def is_silent(self, seconds):
        return not select.select([self.process.stdout], [], [], seconds)[0]

    def hear(self):
        """The next message; Refused with what OpenSSL says if there is no session (any more)."""
        ready = not self.is_silent(PATIENCE)
        message = os.read(self.process.stdout.fileno(), 4096) if ready else b""
        if not message:
            raise Refused(self.ended())
        return message

    def ended(self):
        """Waits until it has ended, and returns what it complained."""
        self.process.stdin.close()
        self.process.stdin = None
        return self.process.communicate(timeout=PATIENCE)[1].decode()

    def ask(self, code, path, query=(), payload=b"", content_format=None):
        self.number = (self.number + 1) % 65536
        message = request(code, self.number, path, query, payload, content_format)
        self.say(message)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.again_after is not None and self.is_silent(self.again_after):
                self.say(message)  # it was lost, as datagrams are
                continue
            answer, number, options = parse(self.hear())
            if number == self.number:
                return answer, options
        raise AssertionError("no answer")

    def register(self, endpoint=None, query=("lt=300", "lwm2m=1.1", "b=U")):
        """The code, and the location if there is one."""
        named = () if endpoint is None else (f"ep={endpoint}",)
        code, options = self.ask(POST, "/rd", named + tuple(query), LINKS, 40)
        return code, "/".join(v.decode() for n, v in options if n == LOCATION_PATH)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
            self.process.stdin = None
        self.process.communicate()


class Ours:
    """A session of our own DTLS with linnetd: one with a Connection ID, and a key as text."""

    again_after = None

    def __init__(self, port, identity, key, *options):
        self.process = subprocess.Popen(
            [BIN / "dtls_peer", "client", str(port), "--psk", identity, key, "--hex", *options], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = int.from_bytes(os.urandom(2), "big")
        self.line("opened")

    def line(self, begin):
        for line in self.process.stdout:
            if line.startswith(begin):
                return line.rstrip("\n")
        raise Refused(f"no line {begin!r}")

    def say(self, message):
        self.process.stdin.write(message.hex() + "\n")
        self.process.stdin.flush()

    def hear(self):
        return bytes.fromhex(self.line("heard ").split(" ")[1])

    ask, register = Client.ask, Client.register

    def end(self):
        self.process.kill()
        self.process.communicate()


class Way:
    """What lies between a device and the server: it may send things twice, and change the device's address."""

    def __init__(self, port, host="127.0.0.1"):
        self.server = (host, port)
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.port = self.near.getsockname()[1]
        self.device = None
        self.copies = 1
        self.stopped = False
        self.far = None
        self.move()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def move(self, host="127.0.0.1"):
        """The device comes from another address from now on."""
        far, old = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), self.far
        far.bind((host, 0))
        self.far = far
        self.address = "{}:{}".format(*far.getsockname())
        if old is not None:
            old.close()

    def _run(self):
        while not self.stopped:
            try:
                ready, _, _ = select.select([self.near, self.far], [], [], 0.05)
                for one in ready:
                    datagram, sender = one.recvfrom(65536)
                    if one is self.near:
                        self.device = sender
                        for _ in range(self.copies):
                            self.far.sendto(datagram, self.server)
                    elif self.device is not None:
                        self.near.sendto(datagram, self.device)
            except (OSError, ValueError):
                continue  # it has just moved

    def end(self):
        self.stopped = True
        self.thread.join()
        self.near.close()
        self.far.close()


def with_key(identity, key, suite="PSK-AES128-CCM8"):
    return ("-psk_identity", identity, "-psk", key, "-cipher", f"{suite}:@SECLEVEL=0")


def with_certificate(name, suite="ECDHE-ECDSA-AES128-CCM8"):
    return ("-cert", certificate(f"{name}.pem"), "-key", certificate(f"{name}.key"), "-CAfile",
            certificate("ca.pem"), "-cipher", f"{suite}:@SECLEVEL=0")
