"""The judge against small traces written by hand: what is right passes, what is not is named."""

import json

import pytest

from judge import judge

BEGIN = {"on": "begin", "seed": 7, "objects": [3303]}
DEFAULTS = {"t": 0, "on": "defaults", "server": 1, "pmin": 0, "pmax": 0}
CREATE = {"t": 0, "on": "create", "path": "/3303/0", "values": {"/3303/0/5700": 20}}
OBSERVE = {"t": 0, "on": "observe", "server": 1, "path": "/3303/0/5700", "token": "1"}
END = {"t": 90000, "on": "end"}


def payload(value):
    return [{"n": "/3303/0/5700", "v": value}]


def answer(t, code, value=None, observe=None):
    has_value = value is not None
    return {"t": t, "on": "answer", "code": code, "observe": observe, "format": 110 if has_value else 65535,
            "payload": payload(value) if has_value else None}


def attributes(query):
    return [{"t": 0, "on": "attributes", "server": 1, "path": "/3303/0/5700", "query": query}, answer(0, "2.04")]


def put(t, value):
    return {"t": t, "on": "set", "path": "/3303/0/5700", "value": value}


def notify(t, value, observe, **other):
    return {"t": t, "on": "notify", "server": 1, "token": "1", "confirmable": False, "code": "2.05",
            "observe": observe, "format": 110, "payload": payload(value), **other}


def differences(query, *lines):
    story = [BEGIN, DEFAULTS, CREATE, *attributes(query), OBSERVE, answer(0, "2.05", 20, 5), *lines, END]
    return judge(map(json.dumps, story))[0]


def test_a_day_as_it_should_be_passes():
    assert differences("pmin=10&pmax=40", put(3000, 21), notify(10000, 21, 6), notify(50000, 21, 7),
                       notify(90000, 21, 8)) == []


@pytest.mark.parametrize("what, query, lines", [
    ("early or extra", "pmin=10", [put(3000, 21), notify(9999, 21, 6)]),
    ("missing", "pmin=10", [put(3000, 21), notify(10001, 21, 6)]),
    ("missing", "pmin=10", [put(3000, 21)]),
    ("missing", "pmax=40", []),
    ("early or extra", "gt=25", [put(3000, 21), notify(3000, 21, 6)]),
    ("missing", "gt=25", [put(3000, 26)]),
    ("early or extra", "pmin=0", [put(3000, 21), notify(3000, 21, 6), notify(3000, 21, 7)]),
    ("says", "pmin=10", [put(3000, 21), put(4000, 22), notify(10000, 21, 6)]),
    ("number 5 after 5", "pmin=0", [put(3000, 21), notify(3000, 21, 5)]),
    ("number 4 after 5", "pmin=0", [put(3000, 21), notify(3000, 21, 4)]),
    ("format 11542", "pmin=0", [put(3000, 21), notify(3000, 21, 6, format=11542)]),
    ("4.04 for 2.05", "pmin=0", [put(3000, 21), notify(3000, 21, 6, code="4.04")]),
    ("missing", "pmin=0", [{"t": 3000, "on": "delete", "path": "/3303/0"}]),
    ("an answer 2.04, not 4.00", "pmin=x", []),
])
def test_what_is_wrong_is_named(what, query, lines):
    found = differences(query, *lines)
    assert len(found) >= 1 and what in found[0] and found[0].startswith("seed 7, ")


def test_a_day_without_a_confirmable_one_is_named():
    day = 24 * 3600 * 1000
    lines = [put(1000, 21), notify(1000, 21, 6), put(day, 22), notify(day, 22, 7), {"t": day, "on": "end"}]
    story = [BEGIN, DEFAULTS, CREATE, OBSERVE, answer(0, "2.05", 20, 5), *lines]
    assert "a day without a confirmable one" in judge(map(json.dumps, story))[0][0]


@pytest.mark.parametrize("links, count", [
    ("</3303/0>,</3303/0/5700>;pmin=10", 0), ("</3303/0>,</3303/0/5700>", 1), ("</3303/0>;pmin=10,</3303/0/5700>", 1),
    ("</3303/0>", 1),
])
def test_what_discover_shows_is_judged(links, count):
    asked = [{"t": 0, "on": "discover", "server": 1, "path": "/3303/0"},
             {**answer(0, "2.05"), "format": 40, "payload": links}]
    assert len(differences("pmin=10", *asked)) == count


def test_a_trace_that_breaks_off_is_named():
    assert judge([json.dumps(BEGIN)])[0] == ["seed 7: the trace breaks off"]
