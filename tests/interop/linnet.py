"""Linnet's programs as the other side: linnetd through its HTTP API, and linnet-device."""

import http.client
import json
import os
import pathlib
import queue
import re
import threading
import time
import urllib.parse

from program import EVENT_PATIENCE, PATIENCE, Program
from values import Answer

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("LN_BIN_DIR", ROOT / "build/bin"))
TOKEN = "interop-tests"


def binary(name):
    path = BINARIES / name
    if not path.exists():
        raise RuntimeError(f"{path} is not built: run ./dev build, or set LN_BIN_DIR")
    return str(path)


def big_as_text(value):
    """Integers beyond 2^53 travel as strings."""
    if isinstance(value, dict):
        return {key: big_as_text(inner) for key, inner in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value


class EventStream:
    """The server-sent events of linnetd, read by a thread."""

    def __init__(self, connection):
        self.connection = connection
        self.response = connection.getresponse()
        assert self.response.status == 200, self.response.read()
        self.queue = queue.Queue()
        self.seen = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        event = {}
        try:
            for line in self.response:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key:
                    event[key] = value
                elif "event" in event:
                    self.queue.put({"event": event["event"], **json.loads(event["data"])})
                    event = {}
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # the end of linnetd, or of this test, while it read
        self.queue.put(None)

    def wait(self, name, endpoint):
        end = time.monotonic() + EVENT_PATIENCE
        while True:
            for i, event in enumerate(self.seen):
                if event["event"] == name and event["endpoint"] == endpoint:
                    return self.seen.pop(i)
            try:
                event = self.queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                event = None
            assert event is not None, f"the event {name} did not come"
            self.seen.append(event)


class Linnetd:
    """The server's side of a pair."""

    name = "linnetd"

    def __init__(self, *secure):
        """`secure`: options for coaps, which is then spoken besides."""
        environment = {**os.environ, "LINNET_TOKEN": TOKEN}
        self.program = Program(
            [binary("linnetd"), "--data", ":memory:", "--shards", "1",
             "--coap", "127.0.0.1:0", "--http", "127.0.0.1:0", "--bootstrap", "off", "--bootstrap-coaps", "off",
             *(secure and ("--coaps", "127.0.0.1:0", *map(str, secure)) or ("--coaps", "off"))],
            env=environment)
        self.uri = "coap://" + self._listener("CoAP")
        self.secure = secure and self._listener("CoAP over DTLS")
        if "--bootstrap-coaps" in secure:
            self.bootstrap = self._listener("Bootstrap-Requests over CoAP")
            self.bootstrap_secure = self._listener("Bootstrap-Requests over DTLS")
        self.http = self._listener("HTTP")
        self.program.wait_error_line(lambda line: line == "linnetd: ready")
        connection = self._connection(None)
        connection.request("GET", "/api/v1/events", headers=self._headers())
        self.events = EventStream(connection)

    def _listener(self, protocol):
        said = re.compile(rf"listening for {protocol} at (\S+:\d+)")
        return self.program.wait_error_line(said.search).group(1).rstrip(",")

    def _connection(self, timeout=PATIENCE):
        return http.client.HTTPConnection(self.http, timeout=timeout)

    @staticmethod
    def _headers():
        return {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

    def stop(self):
        status = self.program.stop()
        self.events.thread.join(PATIENCE)
        self.events.connection.close()
        assert status == 0, f"linnetd ended with {status}:\n" + "".join(self.program.errors)

    def put_credential(self, endpoint, **credential):
        connection = self._connection()
        connection.request("PUT", f"/api/v1/credentials/{urllib.parse.quote(endpoint, safe='')}",
                           json.dumps(credential), self._headers())
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.status in (200, 201), text

    def put_bootstrap(self, name, configuration):
        connection = self._connection()
        connection.request("PUT", f"/api/v1/bootstrap/{urllib.parse.quote(name, safe='')}", json.dumps(configuration),
                           self._headers())
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        assert response.status in (200, 201), text

    def bootstraps(self, endpoint):
        """Sessions, the newest first."""
        connection = self._connection()
        connection.request("GET", f"/api/v1/bootstrap/{urllib.parse.quote(endpoint, safe='')}/sessions",
                           headers=self._headers())
        items = json.loads(connection.getresponse().read())["items"]
        connection.close()
        return items

    # ---- Operations ----

    def _ask(self, done, method, endpoint, place, body=None, **query):
        query = {key: value for key, value in query.items() if value is not None}
        url = f"/api/v1/devices/{urllib.parse.quote(endpoint, safe='')}/{place}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        connection = self._connection()
        connection.request(
            method, url, None if body is None else json.dumps(big_as_text(body)), self._headers())
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        content = json.loads(text) if text else {}
        if response.status >= 300:
            return Answer(code=content.get("coap"), detail=f"{content.get('type')}: {content.get('detail')}")
        return Answer(
            code=done,
            records=content.get("records", []),
            links=content.get("links", []),
            location=content.get("path"))

    def wait_registered(self, endpoint):
        return self.wait_event("registered", endpoint)

    def wait_event(self, name, endpoint):
        self.events.wait(name, endpoint)
        return self.device(endpoint)

    def device(self, endpoint):
        """The registration, in the words of Leshan's event."""
        connection = self._connection()
        connection.request("GET", f"/api/v1/devices/{urllib.parse.quote(endpoint, safe='')}", headers=self._headers())
        response = connection.getresponse()
        device = json.loads(response.read())
        connection.close()
        if response.status == 404:
            return None
        links = []
        for held in device["objects"]:
            links += [{"path": f"/{held['id']}/{i}"} for i in held["instances"]]
        return {**device, "links": links}

    def read(self, endpoint, path, format=None):
        return self._ask("2.05", "GET", endpoint, f"data{path}", format=format)

    def write(self, endpoint, path, content, format=None, mode="replace"):
        method = "PUT" if mode == "replace" else "PATCH"
        return self._ask("2.04", method, endpoint, f"data{path}", content, format=format)

    def execute(self, endpoint, path, arguments=None):
        body = None if arguments is None else {"arguments": arguments}
        return self._ask("2.04", "POST", endpoint, f"data{path}", body)

    def create(self, endpoint, path, values, instance=None, format=None):
        body = {"values": values} if instance is None else {"values": values, "instance": instance}
        return self._ask("2.01", "POST", endpoint, f"data{path}", body, format=format)

    def delete(self, endpoint, path):
        return self._ask("2.02", "DELETE", endpoint, f"data{path}")

    def discover(self, endpoint, path):
        return self._ask("2.05", "GET", endpoint, f"discover{path}")

    def attributes(self, endpoint, path, attributes):
        return self._ask("2.04", "PUT", endpoint, f"attributes{path}", attributes)

    def observe(self, endpoint, path, format=None):
        """Declares it, and waits for the first value, which comes as a notification too."""
        body = {} if format is None else {"format": format}
        answer = self._ask("2.05", "PUT", endpoint, f"observations{path}", body)
        if answer.code == "2.05":
            self.wait_notification(endpoint)
        return answer

    def cancel(self, endpoint, path):
        return self._ask("2.05", "DELETE", endpoint, f"observations{path}")

    def wait_notification(self, endpoint):
        return self.events.wait("notification", endpoint)["records"]

    def read_composite(self, endpoint, paths, format, accept):
        return self._ask("2.05", "POST", endpoint, "composite/read", {"paths": paths}, format=format)

    def write_composite(self, endpoint, items, format):
        body = {"values": {item["path"]: item["value"] for item in items}}
        return self._ask("2.04", "POST", endpoint, "composite/write", body, format=format)

    def observe_composite(self, endpoint, paths, format, accept):
        return Answer(code=None, detail="the HTTP API has no Observe-Composite")

    def wait_send(self, endpoint):
        return self.events.wait("send", endpoint)["records"]


class LinnetDevice:
    """The device's side of a pair."""

    name = "linnet-device"

    def __init__(self, endpoint, uri, version="1.1", *options):
        self.endpoint = endpoint
        self.program = Program(
            [binary("linnet-device"), "--endpoint", endpoint, "--server", uri, "--lwm2m", version,
             *map(str, options)])

    def stop(self):
        status = self.program.stop()
        assert status == 0, f"linnet-device ended with {status}:\n" + "".join(self.program.errors)
