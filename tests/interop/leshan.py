"""Eclipse Leshan as a peer: builds the program of leshan/ with Maven and runs it."""

import pathlib
import re
import shutil
import subprocess

from program import PATIENCE, Peer
from values import Answer, CODES

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = pathlib.Path(__file__).parent / "leshan"
LIBRARIES = ROOT / "build/interop/leshan/lib"
JAR = LIBRARIES / "leshan-peer-1.jar"
MODELS = [str(ROOT / "models" / name) for name in ("3303_temperature.def", "3442_test_object.def")]


def version():
    return re.search("<leshan.version>(.*)</leshan.version>", (SOURCES / "pom.xml").read_text()).group(1)


def build():
    """Runs Maven when a source is newer than the jar. Maven fetches the libraries the first time."""
    sources = [path for path in SOURCES.rglob("*") if path.is_file()]
    if JAR.exists() and all(path.stat().st_mtime <= JAR.stat().st_mtime for path in sources):
        return
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            raise RuntimeError(f"there is no {program}: run ./dev setup, or install openjdk-17-jdk-headless and maven")
    JAR.unlink(missing_ok=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "package"], cwd=SOURCES, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError("Maven could not build tests/interop/leshan:\n" + done.stdout)


def command(*arguments):
    return [
        "java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{LIBRARIES}/*", "linnet.Main",
        *map(str, arguments), *MODELS]


def answer_of(line):
    return Answer(
        code=line.get("code"),
        records=line.get("records", []),
        links=line.get("links", []),
        location=line.get("location"),
        detail=line.get("error") or line.get("detail"))


def given(**parameters):
    """What is not None, with formats as numbers."""
    return {
        key: CODES[value] if key in ("format", "accept") else value
        for key, value in parameters.items()
        if value is not None}


def observed(line):
    """A Read's answer to an Observe is none."""
    answer = answer_of(line)
    if answer.code == "2.05" and not line["observing"]:
        return Answer(code="2.05 without Observe", detail="the device answered as to a Read")
    return answer


class LeshanServer:
    """The server's side of a pair."""

    name = "Leshan's server"

    def __init__(self, block_size=1024, credentials=()):
        self.peer = Peer(command("server", "127.0.0.1:0", block_size, *credentials))
        self.uri = self.peer.wait("ready", patience=PATIENCE)["uri"]

    def stop(self):
        self.peer.stop()

    def _ask(self, op, endpoint, **parameters):
        return answer_of(self.peer.ask(op, endpoint=endpoint, **given(**parameters)))

    def wait_registered(self, endpoint):
        return self.wait_event("registered", endpoint)

    def wait_event(self, name, endpoint):
        return self.peer.wait(name, lambda event: event["endpoint"] == endpoint)

    def read(self, endpoint, path, format=None):
        return self._ask("read", endpoint, path=path, format=format)

    def write(self, endpoint, path, content, format=None, mode="replace"):
        return self._ask("write", endpoint, path=path, mode=mode.upper(), format=format, **content)

    def execute(self, endpoint, path, arguments=None):
        return self._ask("execute", endpoint, path=path, arguments=arguments)

    def create(self, endpoint, path, values, instance=None, format=None):
        return self._ask("create", endpoint, path=path, values=values, instance=instance, format=format)

    def delete(self, endpoint, path):
        return self._ask("delete", endpoint, path=path)

    def discover(self, endpoint, path):
        return self._ask("discover", endpoint, path=path)

    def attributes(self, endpoint, path, attributes):
        query = "&".join(name if value is None else f"{name}={value}" for name, value in attributes.items())
        return self._ask("attributes", endpoint, path=path, query=query)

    def observe(self, endpoint, path, format=None):
        return observed(self.peer.ask("observe", endpoint=endpoint, **given(path=path, format=format)))

    def cancel(self, endpoint, path):
        """All observations of the device: no cell has two at a time that it would keep."""
        return self._ask("cancel", endpoint)

    def wait_notification(self, endpoint):
        return self.wait_event("notification", endpoint)["records"]

    def read_composite(self, endpoint, paths, format, accept):
        return self._ask("read-composite", endpoint, paths=paths, format=format, accept=accept)

    def write_composite(self, endpoint, items, format):
        return self._ask("write-composite", endpoint, items=items, format=format)

    def observe_composite(self, endpoint, paths, format, accept):
        return observed(self.peer.ask(
            "observe-composite", endpoint=endpoint, **given(paths=paths, format=format, accept=accept)))

    def wait_send(self, endpoint):
        return self.wait_event("send", endpoint)["records"]


class LeshanClient:
    """The device's side of a pair."""

    name = "Leshan's client"

    def __init__(self, endpoint, uri, version="1.1", block_size=1024, credentials=(), role="client"):
        """`role` "bootstrapped": the URI is that of a bootstrap server, and of others it knows nothing."""
        self.endpoint = endpoint
        self.peer = Peer(command(role, endpoint, uri, version, block_size, *credentials))
        self.peer.wait("ready", patience=PATIENCE)

    def stop(self):
        self.peer.stop()

    def wait_registered(self):
        return self.peer.wait("registered")

    def deregister(self):
        self.peer.ask("deregister")
        return self.peer.wait("deregistered")

    def update(self):
        self.peer.ask("update")
        return self.peer.wait("updated")

    def reset(self):
        self.peer.ask("reset")

    def get(self, path):
        """What the device itself holds."""
        line = self.peer.ask("get", path=path)
        assert line.get("code", "").startswith("CONTENT"), line
        return line["records"]

    def set(self, path, content):
        line = self.peer.ask("set", path=path, **content)
        assert "error" not in line, line

    def send(self, paths, format):
        return answer_of(self.peer.ask("send", paths=paths, format=CODES[format]))
