"""Observations of one endpoint, declared, changed and ended over HTTP until the server is gone: which are lost?

No device is needed: what is declared belongs to the endpoint. `pmin` tells one declaration of a path from the next.
"""

import contextlib
import http.client
import json
import threading

PATHS = 200


class Observations:
    def __init__(self, api_port, token, endpoint, dice):
        self.api_port, self.token, self.endpoint, self.dice = api_port, token, endpoint, dice
        self.must = {}    # path: pmin; what was acknowledged
        self.may = {}     # path: pmin, or None: ended; the one that is on its way
        self.acknowledged = 0
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def call(self, connection, method, path, body=None):
        connection.request(method, f"/api/v1/devices/{self.endpoint}/observations{path}", body and json.dumps(body),
                           {"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=20)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            for number in range(1, 1000000):
                path = f"/3303/{self.dice.randrange(PATHS)}/5700"
                ends = path in self.must and self.dice.random() < 0.3
                self.may = {path: None if ends else number}
                status, _ = self.call(connection, "DELETE", path) if ends else self.call(
                    connection, "PUT", path, {"attributes": {"pmin": number}})
                if status not in (200, 201, 204):
                    continue
                self.acknowledged += 1
                self.must.pop(path, None)
                if not ends:
                    self.must[path] = number
                self.may = {}

    def killed(self):
        self.thread.join(30)

    def wrong(self, api_port):
        """After the restart: what is lost, what is older than was acknowledged, and what was ended."""
        connection = http.client.HTTPConnection("127.0.0.1", api_port, timeout=20)
        with contextlib.closing(connection):
            _, text = self.call(connection, "GET", "")
        found = {item["path"]: item["attributes"].get("pmin") for item in json.loads(text)["items"]}
        for path in set(self.must) | set(self.may) | set(found):
            allowed = [self.must.get(path), *([self.may[path]] if path in self.may else [])]
            if found.get(path) not in allowed:
                yield f"{self.endpoint}: {path} has pmin {found.get(path)} and not one of {allowed}"
