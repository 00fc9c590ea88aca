"""The model against tables written by hand from the specification's text and examples."""

from decimal import Decimal

import pytest

from model import Device, Refused, contradict, crosses, parse_query

OBJECT, INSTANCE = (3303,), (3303, 0)
VALUE, TEXT = (3303, 0, 5700), (3303, 0, 5701)


def device(start, **attributes):
    """Server 1 observes VALUE from 0 s on, with these attributes on the resource."""
    d = Device()
    d.add_object(3303)
    d.create(0, INSTANCE, {VALUE: start, TEXT: "Cel"})
    if attributes:
        d.write_attributes(0, 1, VALUE, "&".join(f"{k}={v}" for k, v in attributes.items()))
    d.observe(0, 1, "a", VALUE)
    return d


def play(d, story, until):
    """story: (second, value) in order. What must be notified: (second, value)."""
    out = []
    for second, value in story:
        out += d.advance(second * 1000)
        out += d.set(second * 1000, VALUE, value)
    out += d.advance(until * 1000)
    return [(n.time / 1000, n.values[VALUE]) for n in out]


@pytest.mark.parametrize(
    "attributes, start, story, until, expected",
    [
        # The specification's table of pmin and pmax.
        ({}, 1, [(1, 2), (1, 3), (7, 3), (8, 4)], 100, [(1, 2), (1, 3), (8, 4)]),
        ({"pmin": 10}, 1, [(3, 2), (5, 3)], 100, [(10, 3)]),
        ({"pmin": 10}, 1, [(10, 2)], 100, [(10, 2)]),
        ({"pmin": 10}, 1, [(9.999, 2)], 100, [(10, 2)]),
        ({"pmin": 10}, 1, [(12, 2), (13, 3)], 100, [(12, 2), (22, 3)]),
        ({"pmin": 10}, 1, [(3, 2), (5, 1)], 100, [(10, 1)]),
        ({"pmax": 30}, 1, [], 90, [(30, 1), (60, 1), (90, 1)]),
        ({"pmax": 30}, 1, [(20, 2)], 60, [(20, 2), (50, 2)]),
        ({"pmax": 0}, 1, [], 1000, []),
        ({"pmin": 5, "pmax": 10}, 1, [(2, 2)], 15, [(5, 2), (15, 2)]),
        ({"pmin": 10, "pmax": 10}, 1, [(3, 2)], 20, [(10, 2), (20, 2)]),
        ({"pmin": 11, "pmax": 10}, 1, [(3, 2)], 99, [(11, 2)]),
        # Thresholds: one notification for each crossing, counted from what was notified.
        ({"gt": 25}, 20, [(1, 24), (2, 26), (3, 27), (4, 23), (5, 22)], 9, [(2, 26), (4, 23)]),
        ({"gt": 25}, 20, [(1, 25), (2, 26), (3, 25), (4, 24)], 9, [(2, 26), (4, 24)]),
        ({"gt": 25}, 25, [(1, 24)], 9, [(1, 24)]),
        ({"lt": 10}, 20, [(1, 10), (2, 9), (3, 12)], 9, [(2, 9), (3, 12)]),
        ({"lt": 500}, 1024, [(1, 800), (2, 450)], 9, [(2, 450)]),
        ({"gt": 5.5}, 3.14159, [(1, 4.3), (2, 5.6)], 9, [(2, 5.6)]),
        ({"st": 200}, 1024, [(1, 1124), (2, 1225)], 9, [(2, 1225)]),
        ({"st": 200}, 1024, [(1, 924), (2, 823)], 9, [(2, 823)]),
        ({"st": 200}, 1000, [(1, 1199), (2, 1200), (3, 1399), (4, 1400)], 9, [(2, 1200), (4, 1400)]),
        (
            {"lt": 1000, "gt": 1201, "st": 100},
            1024,
            [(1, 1050), (2, 990), (3, 1100), (4, 1210)],
            9,
            [(2, 990), (3, 1100), (4, 1210)],
        ),
        ({"lt": 10, "pmax": 30}, 20, [(1, 19)], 60, [(30, 19), (60, 19)]),
        ({"st": "0.1"}, Decimal("0.2"), [(1, Decimal("0.29")), (2, Decimal("0.3"))], 9, [(2, Decimal("0.3"))]),
        # pmax moves the base of st and of crossings.
        ({"st": 5, "pmax": 10}, 0, [(1, 4), (11, 8), (12, 9)], 15, [(10, 4), (12, 9)]),
        ({"gt": 25, "pmin": 10}, 20, [(1, 26), (2, 24)], 99, [(10, 24)]),
    ],
)
def test_notifies_when_and_what_the_table_says(attributes, start, story, until, expected):
    assert play(device(start, **attributes), story, until) == expected


def test_an_st_of_0_tells_each_change_and_nothing_without_one():
    d = device(20, st=0)
    assert d.write_attributes(1000, 1, INSTANCE, "pmin=0") == []
    assert play(d, [(2, 20), (3, 20.5)], 9) == [(3, 20.5)]


def test_what_is_nearer_to_the_observed_thing_comes_before():
    d = device(1)
    d.set_defaults(0, 1, 1, 100)
    d.write_attributes(0, 1, OBJECT, "pmin=2&pmax=90")
    assert d.effective(1, VALUE) == {"pmin": 2, "pmax": 90}
    d.write_attributes(0, 1, INSTANCE, "pmin=3")
    assert d.effective(1, VALUE) == {"pmin": 3, "pmax": 90}
    d.write_attributes(0, 1, VALUE, "pmin=95")
    assert d.effective(1, VALUE) == {"pmin": 95}
    assert d.effective(1, INSTANCE) == {"pmin": 3, "pmax": 90}
    d.write_attributes(0, 1, VALUE, "pmin")
    assert d.effective(1, VALUE) == {"pmin": 3, "pmax": 90}
    assert d.effective(2, VALUE) == {"pmin": 0}


def test_discover_shows_what_the_target_inherits_and_what_is_attached_below():
    d = device(20, gt=25)
    d.set_defaults(0, 1, 0, 60)
    d.write_attributes(0, 1, OBJECT, "pmin=2")
    d.write_attributes(0, 2, INSTANCE, "pmin=9")
    assert d.discover(1, INSTANCE) == {INSTANCE: {"pmin": 2, "pmax": 60}, VALUE: {"gt": 25}, TEXT: {}}
    assert d.discover(1, VALUE) == {VALUE: {"pmin": 2, "pmax": 60, "gt": 25}}
    assert d.discover(2, INSTANCE) == {INSTANCE: {"pmin": 9}, VALUE: {}, TEXT: {}}


def test_an_observed_instance_does_not_look_at_thresholds_below():
    d = device(20, gt=25)
    d.observe(0, 1, "b", INSTANCE)
    out = d.set(1000, VALUE, 21)
    assert [(n.token, n.values[VALUE]) for n in out] == [("b", 21)]


def test_an_observed_object_sees_instances_come_and_go():
    d = device(20)
    d.observe(0, 1, "o", OBJECT)
    assert [n.token for n in d.create(1000, (3303, 1), {(3303, 1, 5700): 5.0})] == ["o"]
    out = d.delete(2000, (3303, 1))
    assert [(n.token, n.code) for n in out] == [("o", "2.05")]


def test_what_is_gone_ends_its_observations_with_4_04_and_takes_its_attributes():
    d = device(20, pmin=60)
    out = d.delete(1000, INSTANCE)
    assert [(n.time, n.token, n.code) for n in out] == [(1000, "a", "4.04")]
    d.create(2000, INSTANCE, {VALUE: 1.0})
    assert d.effective(1, VALUE) == {"pmin": 0}
    assert d.advance(99999) == []


def test_a_second_observe_starts_the_timers_again():
    d = device(20, pmax=10)
    assert d.advance(9999) == []
    d.observe(9999, 1, "a", VALUE)
    assert d.advance(19998) == []
    assert [n.time for n in d.advance(19999)] == [19999]


def test_a_cancelled_observation_is_silent():
    d = device(20, pmax=10)
    d.cancel(1, "a")
    assert d.set(1000, VALUE, 3) + d.advance(99999) == []


def test_new_attributes_hold_at_once():
    d = device(20, pmin=60)
    assert d.set(1000, VALUE, 21) == []
    assert [n.time for n in d.write_attributes(2000, 1, VALUE, "pmin=1")] == [2000]
    assert [n.time for n in d.write_attributes(9000, 1, VALUE, "pmax=5")] == [9000]
    assert [n.time for n in d.advance(14000)] == [14000]


@pytest.mark.parametrize(
    "before, now, expected",
    [(24, 26, True), (25, 26, True), (24, 25, False), (26, 25, False), (25, 24, True),
     (26, 24, True), (25, 25, False), (26, 27, False)],
)
def test_crossing_leaves_or_passes_the_threshold(before, now, expected):
    assert crosses(25, before, now) is expected


@pytest.mark.parametrize(
    "attributes, expected",
    [({"lt": 5, "gt": 5}, True), ({"lt": 6, "gt": 5}, True), ({"lt": 4, "gt": 5}, False),
     ({"lt": 0, "gt": 10, "st": 5}, True), ({"lt": 0, "gt": 10, "st": 4.5}, False),
     ({"lt": 6, "st": 9}, False)],
)
def test_contradictions(attributes, expected):
    assert contradict(attributes) is expected


@pytest.mark.parametrize(
    "query", ["pmin=", "pmin=1.9", "pmin=-1", "pmin=a", "pmax=-2", "lt=", "lt=0abc", "gt=0.xyz",
              "st=-6", "st=-6.8", "pmin=2&", "&pmin=2", "pmin=2&&pmax=3", "pmin=1&pmin=2"]
)
def test_bad_queries_are_refused(query):
    with pytest.raises(Refused, match="4.00"):
        parse_query(query)


def test_a_contradiction_over_two_writes_is_refused_and_changes_nothing():
    d = device(20, lt=10)
    with pytest.raises(Refused, match="4.00"):
        d.write_attributes(0, 1, VALUE, "gt=9&pmin=7")
    assert d.effective(1, VALUE) == {"pmin": 0, "lt": 10.0}


@pytest.mark.parametrize("path", [OBJECT, INSTANCE, TEXT])
def test_thresholds_stand_on_numbers_only(path):
    with pytest.raises(Refused, match="4.00"):
        device(20).write_attributes(0, 1, path, "gt=9")


def test_thresholds_of_a_resource_hold_for_each_of_its_instances_and_not_for_the_whole():
    d = Device()
    whole, one = (33002, 0, 4), (33002, 0, 4, 1)
    d.create(0, (33002, 0), {(33002, 0, 4, 0): 20, one: 20}, {whole})
    d.write_attributes(0, 1, whole, "gt=25")
    d.observe(0, 1, "whole", whole)
    d.observe(0, 1, "one", one)
    assert [n.token for n in d.set(1000, one, 21)] == ["whole"]
    assert [n.token for n in d.set(2000, one, 26)] == ["whole", "one"]
