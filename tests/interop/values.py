"""What the tests write and expect: formats, the values of object 3442, and how records are compared."""

import base64
import dataclasses
import datetime

CODES = {
    "text": 0, "opaque": 42, "cbor": 60, "senml-json": 110, "senml-cbor": 112, "tlv": 11542, "json": 11543,
    "lwm2m-cbor": 11544}
ONE_VALUE = ["text", "opaque", "cbor"]
MANY_VALUES = ["tlv", "json", "senml-json", "senml-cbor"]
COMPOSITE = ["senml-json", "senml-cbor"]

# The first values of object 3442, as its definition's authors and both sides' programs have them.
INITIAL = {
    110: "initial value",
    120: 1024,
    125: 9223372036854775808,
    130: 3.14159,
    140: True,
    150: base64.b64encode(bytes.fromhex("0123456789abcdef")).decode(),
    160: "2000-01-01T00:00:00Z",
    170: "3:0",
    180: "</3442>",
}
WRITTEN = {
    110: "d\u00e9j\u00e0 vu \u2713",
    120: -9007199254740993,
    125: 18446744073709551615,
    130: -1234.5625,
    140: False,
    150: base64.b64encode(bytes.fromhex("00ff7f800d0a")).decode(),
    160: "2023-11-14T22:13:20Z",
    170: "3442:0",
    180: "</1/0>,</3>;ver=1.1",
}
# More than one message holds, in every format.
BIG = {
    1110: {one: f"{one} " + "x" * 58 for one in range(10)},
    1150: {one: base64.b64encode(bytes([one] * 64)).decode() for one in range(10)},
    1180: {one: f'</{one + 3}>;rt="{"y" * 40}"' for one in range(10)},
}
OPAQUE = 150
MULTIPLE = 1000  # resource 1110 is of the type of 110, and so on


@dataclasses.dataclass
class Answer:
    """What a server made of an operation. No code: it could not carry it out, and `detail` says why."""

    code: str | None
    records: list = dataclasses.field(default_factory=list)
    links: list = dataclasses.field(default_factory=list)
    location: str | None = None
    detail: str | None = None


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def plain(resource, value):
    """One form for each value: integers may be strings in JSON, times have several spellings."""
    kind = resource % MULTIPLE if resource >= MULTIPLE else resource
    if kind in (120, 125):
        return int(value)
    if kind == 160:
        return seconds(value)
    return value


def by_path(records):
    """{path: value} of records of object 3442."""
    found = {}
    for record in records:
        path = record["path"]
        assert path not in found, f"{path} is there twice"
        found[path] = plain(int(path.split("/")[3]), record["value"])
    return found


def expected(values, instance=0):
    """{110: "a", 1110: {0: "b"}} as by_path has it."""
    found = {}
    for resource, value in values.items():
        path = f"/3442/{instance}/{resource}"
        if isinstance(value, dict):
            for one, inner in value.items():
                found[f"{path}/{one}"] = plain(resource, inner)
        else:
            found[path] = plain(resource, value)
    return found


def multiple(values, ids=(0,)):
    """The same values as instances of the multiple resources."""
    return {resource + MULTIPLE: {one: value for one in ids} for resource, value in values.items()}
