"""The operations of the matrix. Each is a function of a pair of server and device, and of a format."""

import dataclasses
import typing

from values import (
    BIG, COMPOSITE, INITIAL, MANY_VALUES, MULTIPLE, ONE_VALUE, OPAQUE, WRITTEN, by_path, expected, multiple)

OBJECT = "/3442"
INSTANCE = "/3442/0"


@dataclasses.dataclass
class Pair:
    """A server and a device that is registered with it."""

    server: typing.Any
    device: typing.Any
    registration: dict = dataclasses.field(default_factory=dict)
    observed: list = dataclasses.field(default_factory=list)

    @property
    def endpoint(self):
        return self.device.endpoint

    def ask(self, operation, *arguments, **parameters):
        return getattr(self.server, operation)(self.endpoint, *arguments, **parameters)

    def held(self, path):
        """What the device has: by itself where it can tell, else by a Read in TLV, which has its own cells."""
        if hasattr(self.device, "get"):
            return by_path(self.device.get(path))
        answer = self.ask("read", path, format="tlv")
        must(answer, "2.05")
        return by_path(answer.records)

    def change(self, path, value):
        if hasattr(self.device, "set"):
            self.device.set(path, {"value": value})
        else:
            must(self.ask("write", path, {"value": value}, format="tlv"), "2.04")

    def ask_event(self, name):
        return self.server.wait_event(name, self.endpoint)

    def observe(self, path, format):
        self.observed.append(path)
        must(self.ask("observe", path, format=format), "2.05")

    def notified(self):
        return by_path(self.ask("wait_notification"))

    def end(self):
        """Leaves no observation to the next cell."""
        for path in self.observed:
            self.ask("cancel", path)


def must(answer, code):
    why = f": {answer.detail}" if answer.detail else ""
    assert answer.code == code, f"{answer.code or 'no answer'} instead of {code}{why}"


def same(found, wanted):
    wrong = [
        f"{path}: {found.get(path, 'nothing')!r} instead of {wanted.get(path, 'nothing')!r}"
        for path in sorted(found.keys() | wanted.keys())
        if found.get(path) != wanted.get(path)]
    assert not wrong, "; ".join(wrong)


def fitting(values, format):
    """Opaque is for opaque values only; the other formats hold them all."""
    return {OPAQUE: values[OPAQUE]} if format == "opaque" else values


def json_of(values):
    """Keys of JSON are strings."""
    return {
        str(key): {str(one): inner for one, inner in value.items()} if isinstance(value, dict) else value
        for key, value in values.items()}


# ---- Read ----

def read_value(pair, format):
    found = {}
    values = fitting(INITIAL, format)
    for resource in values:
        answer = pair.ask("read", f"{INSTANCE}/{resource}", format=format)
        must(answer, "2.05")
        found |= by_path(answer.records)
    same(found, expected(values))


def read_resource_instance(pair, format):
    found = {}
    values = fitting(INITIAL, format)
    for resource in values:
        answer = pair.ask("read", f"{INSTANCE}/{resource + MULTIPLE}/0", format=format)
        must(answer, "2.05")
        found |= by_path(answer.records)
    same(found, expected(multiple(values)))


def read_multiple(pair, format):
    found = {}
    for resource in INITIAL:
        answer = pair.ask("read", f"{INSTANCE}/{resource + MULTIPLE}", format=format)
        must(answer, "2.05")
        found |= by_path(answer.records)
    same(found, expected(multiple(INITIAL)))


def read_instance(pair, format):
    answer = pair.ask("read", INSTANCE, format=format)
    must(answer, "2.05")
    same(by_path(answer.records), expected(INITIAL | multiple(INITIAL)))


def read_object(pair, format):
    answer = pair.ask("read", OBJECT, format=format)
    must(answer, "2.05")
    same(by_path(answer.records), expected(INITIAL | multiple(INITIAL)))


# ---- Write ----

def write_value(pair, format):
    values = fitting(WRITTEN, format)
    for resource, value in values.items():
        must(pair.ask("write", f"{INSTANCE}/{resource}", {"value": value}, format=format), "2.04")
    held = pair.held(INSTANCE)
    same({path: held.get(path) for path in expected(values)}, expected(values))


def write_resource_instance(pair, format):
    values = fitting(WRITTEN, format)
    for resource, value in values.items():
        path = f"{INSTANCE}/{resource + MULTIPLE}/0"
        must(pair.ask("write", path, {"value": value}, format=format), "2.04")
    held = pair.held(INSTANCE)
    wanted = expected(multiple(values))
    same({path: held.get(path) for path in wanted}, wanted)


def write_multiple(pair, format):
    values = multiple(WRITTEN, (2, 7))
    for resource, ones in values.items():
        must(pair.ask("write", f"{INSTANCE}/{resource}", json_of({"values": ones}), format=format), "2.04")
    held = {path: value for path, value in pair.held(INSTANCE).items() if path.count("/") == 4}
    same(held, expected(values))


def write_instance_replace(pair, format):
    values = WRITTEN | multiple(WRITTEN, (2, 7))
    must(pair.ask("write", INSTANCE, {"values": json_of(values)}, format=format), "2.04")
    same(pair.held(INSTANCE), expected(values))


def write_instance_update(pair, format):
    """Partial: what is not named stays. In a multiple resource too."""
    values = {110: WRITTEN[110], 1120: {5: WRITTEN[120]}}
    must(pair.ask("write", INSTANCE, {"values": json_of(values)}, format=format, mode="update"), "2.04")
    held = pair.held(INSTANCE)
    kept = {path: value for path, value in held.items() if not path.startswith(f"{INSTANCE}/1120")}
    same(kept, {path: value for path, value in expected(INITIAL | multiple(INITIAL) | values).items() if path in kept})
    assert held.get(f"{INSTANCE}/1120/5") == WRITTEN[120], held


# ---- More than one message holds ----

def write_big(pair, format):
    must(pair.ask("write", INSTANCE, {"values": json_of(BIG)}, format=format, mode="update"), "2.04")
    held = pair.held(INSTANCE)
    same({path: held.get(path) for path in expected(BIG)}, expected(BIG))


def read_big(pair, format):
    for resource, values in BIG.items():
        must(pair.ask("write", f"{INSTANCE}/{resource}", {"values": json_of(values)}, format="tlv"), "2.04")
    answer = pair.ask("read", INSTANCE, format=format)
    must(answer, "2.05")
    same(by_path(answer.records), expected(INITIAL | multiple(INITIAL) | BIG))


# ---- Execute, Create, Delete ----

def execute(pair, _):
    must(pair.ask("write", f"{INSTANCE}/120", {"value": 7}, format="tlv"), "2.04")
    must(pair.ask("execute", f"{INSTANCE}/0"), "2.04")
    assert pair.held(INSTANCE)[f"{INSTANCE}/120"] == INITIAL[120]


def execute_with_arguments(pair, _):
    must(pair.ask("execute", f"{INSTANCE}/3", arguments="3='stringValue',4"), "2.04")
    same(pair.held(f"{INSTANCE}/4"), {f"{INSTANCE}/4/3": "stringValue", f"{INSTANCE}/4/4": ""})


def create_with_id(pair, format):
    values = WRITTEN | multiple(WRITTEN, (2, 7))
    must(pair.ask("create", OBJECT, json_of(values), instance=5, format=format), "2.01")
    found = pair.held(f"{OBJECT}/5")
    wanted = expected(values, instance=5)
    same({path: found.get(path) for path in wanted}, wanted)


def create_without_id(pair, format):
    values = {110: WRITTEN[110], 120: WRITTEN[120]}
    answer = pair.ask("create", OBJECT, json_of(values), format=format)
    must(answer, "2.01")
    assert answer.location is not None, "the answer has no location"
    place = "/" + answer.location.lstrip("/")
    assert place == f"{OBJECT}/1", place
    held = pair.held(place)
    wanted = expected(values, instance=1)
    same({path: held.get(path) for path in wanted}, wanted)


def delete(pair, _):
    must(pair.ask("create", OBJECT, json_of({120: 7}), instance=5, format="tlv"), "2.01")
    must(pair.ask("delete", f"{OBJECT}/5"), "2.02")
    must(pair.ask("delete", f"{OBJECT}/5"), "4.04")


# ---- Discover and attributes ----

def link_paths(answer):
    return {link["path"] for link in answer.links}


def discover_object(pair, _):
    answer = pair.ask("discover", OBJECT)
    must(answer, "2.05")
    assert {OBJECT, INSTANCE, f"{INSTANCE}/110", f"{INSTANCE}/1110"} <= link_paths(answer), answer.links


def discover_instance(pair, _):
    answer = pair.ask("discover", INSTANCE)
    must(answer, "2.05")
    assert {INSTANCE, f"{INSTANCE}/110", f"{INSTANCE}/1110"} <= link_paths(answer), answer.links


def discover_resource(pair, _):
    answer = pair.ask("discover", f"{INSTANCE}/110")
    must(answer, "2.05")
    assert link_paths(answer) == {f"{INSTANCE}/110"}, answer.links


def write_attributes(pair, _):
    must(pair.ask("attributes", f"{INSTANCE}/120", {"pmin": 10, "pmax": 60, "gt": 2000.5}), "2.04")
    answer = pair.ask("discover", f"{INSTANCE}/120")
    must(answer, "2.05")
    attributes = {name: float(value) for name, value in answer.links[0]["attributes"].items()}
    assert attributes == {"pmin": 10, "pmax": 60, "gt": 2000.5}, attributes
    must(pair.ask("attributes", f"{INSTANCE}/120", {"pmin": None, "pmax": None, "gt": None}), "2.04")
    answer = pair.ask("discover", f"{INSTANCE}/120")
    must(answer, "2.05")
    assert answer.links[0]["attributes"] == {}, answer.links


# ---- Observe ----

def observe_value(pair, format):
    resource = OPAQUE if format == "opaque" else 120
    path = f"{INSTANCE}/{resource}"
    pair.observe(path, format)
    pair.change(path, WRITTEN[resource])
    same(pair.notified(), expected({resource: WRITTEN[resource]}))


def observe_instance(pair, format):
    pair.observe(INSTANCE, format)
    pair.change(f"{INSTANCE}/120", WRITTEN[120])
    same(pair.notified(), expected(INITIAL | multiple(INITIAL) | {120: WRITTEN[120]}))


def cancel_observation(pair, _):
    """The change of what is no longer observed tells nothing: the next notification is of the other resource."""
    pair.observe(f"{INSTANCE}/120", "tlv")
    must(pair.ask("cancel", f"{INSTANCE}/120"), "2.05")
    pair.observe(f"{INSTANCE}/110", "tlv")
    pair.change(f"{INSTANCE}/120", WRITTEN[120])
    pair.change(f"{INSTANCE}/110", WRITTEN[110])
    same(pair.notified(), expected({110: WRITTEN[110]}))


# ---- Composite operations and Send ----

COMPOSED = {110: WRITTEN[110], 1120: {0: WRITTEN[120]}}
PATHS = [f"{INSTANCE}/110", f"{INSTANCE}/1120/0"]


def read_composite(pair, format):
    answer = pair.ask("read_composite", PATHS, format=format, accept=format)
    must(answer, "2.05")
    same(by_path(answer.records), expected({110: INITIAL[110], 1120: {0: INITIAL[120]}}))


def write_composite(pair, format):
    items = [{"path": PATHS[0], "value": WRITTEN[110]}, {"path": PATHS[1], "value": WRITTEN[120]}]
    must(pair.ask("write_composite", items, format=format), "2.04")
    held = pair.held(INSTANCE)
    same({path: held.get(path) for path in PATHS}, expected(COMPOSED))


def observe_composite(pair, format):
    pair.observed.append("/")
    must(pair.ask("observe_composite", PATHS, format=format, accept=format), "2.05")
    pair.change(PATHS[0], WRITTEN[110])
    same(pair.notified(), expected({110: WRITTEN[110], 1120: {0: INITIAL[120]}}))


def send(pair, format):
    if hasattr(pair.device, "send"):
        must(pair.device.send(PATHS, format), "CHANGED(204)")
    else:
        must(pair.ask("write", f"{INSTANCE}/6", {"values": {"0": PATHS[0], "1": PATHS[1]}}, format="tlv"), "2.04")
        must(pair.ask("execute", f"{INSTANCE}/5", arguments=f"0='{ {'senml-json': 110, 'senml-cbor': 112}[format] }'"),
             "2.04")
    same(by_path(pair.ask("wait_send")), expected({110: INITIAL[110], 1120: {0: INITIAL[120]}}))


# ---- Registration: the device is new, and says this version ----

def instances(registration):
    return {link["path"] for link in registration["links"]}


def register(pair, version):
    registration = pair.registration
    assert registration["version"] == version, registration
    assert registration["lifetime"] == 300, registration
    assert registration["binding"] in ("U", "[U]"), registration
    assert {"/1/0", "/3/0", INSTANCE} <= instances(registration), registration


def read_without_format(pair, _):
    """The device chooses the format."""
    answer = pair.ask("read", INSTANCE)
    must(answer, "2.05")
    same(by_path(answer.records), expected(INITIAL | multiple(INITIAL)))


def update_by_trigger(pair, _):
    must(pair.ask("execute", "/1/0/8"), "2.04")
    pair.ask_event("updated")


def update_of_lifetime(pair, _):
    must(pair.ask("write", "/1/0/1", {"value": 1234}, format="tlv"), "2.04")
    registration = pair.ask_event("updated")
    assert registration["lifetime"] == 1234, registration


def update_of_objects(pair, _):
    must(pair.ask("create", OBJECT, json_of({120: 7}), instance=5, format="tlv"), "2.01")
    registration = pair.ask_event("updated")
    assert f"{OBJECT}/5" in instances(registration), registration


def deregister(pair, _):
    # A device answers once it knows its location; one that is stopped before has nothing to de-register.
    must(pair.ask("read", "/3/0/16", format="text"), "2.05")
    pair.device.stop()
    pair.ask_event("deregistered")


@dataclasses.dataclass
class Row:
    """An operation, and the formats that the LwM2M text gives it. None: it has no choice of format."""

    name: str
    run: typing.Callable
    formats: list | None
    pairs: tuple = ("linnet-device", "linnetd")
    block_size: int = 1024  # Leshan's


EVERY = ONE_VALUE + MANY_VALUES
ROWS = [
    Row("Read a resource", read_value, EVERY),
    Row("Read a resource instance", read_resource_instance, EVERY),
    Row("Read a multiple resource", read_multiple, MANY_VALUES),
    Row("Read an instance", read_instance, MANY_VALUES),
    Row("Read an instance, in blocks", read_big, MANY_VALUES),
    Row("Read an object", read_object, MANY_VALUES),
    Row("Write a resource", write_value, EVERY),
    Row("Write a resource instance", write_resource_instance, EVERY),
    Row("Write a multiple resource", write_multiple, MANY_VALUES),
    Row("Write an instance, replace", write_instance_replace, MANY_VALUES),
    Row("Write an instance, update", write_instance_update, MANY_VALUES),
    Row("Write an instance, in blocks", write_big, MANY_VALUES),
    Row("Create, the server chooses the id", create_with_id, MANY_VALUES),
    Row("Create, the device chooses the id", create_without_id, ["tlv"]),
    Row("Observe a resource", observe_value, EVERY),
    Row("Observe an instance", observe_instance, MANY_VALUES),
    Row("Read-Composite", read_composite, COMPOSITE),
    Row("Write-Composite", write_composite, COMPOSITE),
    Row("Observe-Composite", observe_composite, COMPOSITE),
    Row("Send", send, COMPOSITE),
    Row("Execute", execute, None),
    Row("Execute with arguments", execute_with_arguments, None),
    Row("Delete", delete, None),
    Row("Discover an object", discover_object, None),
    Row("Discover an instance", discover_instance, None),
    Row("Discover a resource", discover_resource, None),
    Row("Write-Attributes", write_attributes, None),
    Row("Cancel an observation", cancel_observation, None),
]
VERSIONS = ["1.0", "1.1"]
REGISTRATION_ROWS = [
    Row("Register", register, VERSIONS),
    # linnet-device cannot be told to use blocks that small.
    Row("Register, in blocks of 64 bytes", register, VERSIONS, pairs=("linnetd",), block_size=64),
    Row("Read in the device's own format", read_without_format, VERSIONS),
    Row("Update by the trigger", update_by_trigger, VERSIONS),
    Row("Update of the lifetime", update_of_lifetime, VERSIONS),
    Row("Update of the objects", update_of_objects, VERSIONS),
    Row("De-register", deregister, VERSIONS),
]
