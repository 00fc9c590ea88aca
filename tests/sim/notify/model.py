"""The reference model of Information Reporting: when a device must notify, and with what.

Written from the specification's rules alone (CORE-1.1.1 §5.1.2 attributes, §6.4 observation and
notification; RFC 7641), without a look at the client's code. It is told what happens to one device
and says which notifications must leave and when. Times are whole milliseconds, paths are tuples of
numbers, values are Python's: numbers with decimals are Decimal.

What the text says:
  * The attributes of an observation are merged one by one: the resource instance before the
    resource, the object instance, the object, and at last the server's own defaults (/1/x/2 for
    pmin, /1/x/3 for pmax). Each server has its own set.
  * pmin: a change within this time of the last notification is sent when it ends, with the value
    of then. pmax: a notification leaves at the latest so long after the last one, changed or not.
    A pmax of 0, or below pmin, counts as none; one equal to pmin holds.
  * gt, lt: each crossing of the threshold, upwards and downwards, of the value last notified. st:
    the value differs by st or more from the one last notified. Where one of the three is set, a
    change that meets none of them is not sent before pmax.
  * Values that are no numbers, and observations of objects and object instances: any change.
    Attributes below the observed level do not count.
  * Both timers start again at each notification. The answer to the Observe is the first.
  * What was observed and is gone: a last answer 4.04 without the Observe option, at once.
  * Attributes go with the instance they were attached to.
  * Discover shows the attributes of the server that asks: at the target with those inherited, below
    it those attached (§6.3.3).

Where the text leaves the choice open, this is what holds here:
  * Crossing (§5.1.2, "crosses"): previous <= T and value > T, or previous >= T and value < T. To
    arrive at T exactly is no crossing; to leave it is one.
  * What has not changed is no news, whatever the attributes: with an st of 0 each change is told, and
    nothing where there is none (§6.4.2: "change value condition").
  * Numbers are compared as they are written, in decimals: from 0.2 to 0.3 is a step of 0.1.
  * A change, once it met its condition within pmin, is sent when pmin ends, even if the value has
    returned by then (§6.4.2: the condition was true, and the notification was only put off).
  * Attributes or defaults that change during an observation (§5.1.2, "implementation-defined") hold
    at once, for the time since the last notification: what is overdue leaves now. The condition is
    looked at again with the new set and the present value, which may make a notification due; one
    that is already due stays so.
  * gt, lt and st at a resource with instances hold for each instance that is observed, by inheritance;
    of the resource as a whole, which is no number, any change is told.
  * Discover shows the server's default periods at its target as well (the test specification wants
    them at an object), and none of 0.
  * Contradictions (§5.1.2) are looked for in the set which that level has after the write: lt below
    gt, and lt + 2 * st below gt, else 4.00 and nothing changes.
  * An Observe with a token that the server already uses takes the place of that observation; with
    another token it is a second one, for the same path as well (RFC 7641 §3.1, §4.1).
  * What a moment makes due by its time comes before what happens in that moment.
"""

from decimal import Decimal

MS = 1000
LEVEL_NAMES = ("pmin", "pmax", "gt", "lt", "st")
THRESHOLDS = ("gt", "lt", "st")


class Refused(Exception):
    """A request that is answered with an error; its text is the code."""


def parse_query(query):
    """'pmin=5&gt' -> {'pmin': 5, 'gt': None}; None unsets."""
    attributes = {}
    for item in query.split("&"):
        name, equals, text = item.partition("=")
        if name not in LEVEL_NAMES or name in attributes:
            raise Refused("4.00")
        attributes[name] = parse_number(name, text) if equals else None
    return attributes


def parse_number(name, text):
    digits = text[1:] if name in ("gt", "lt") and text.startswith("-") else text
    whole, point, fraction = digits.partition(".")
    if not whole.isdigit() or (point and (name in ("pmin", "pmax") or not fraction.isdigit())):
        raise Refused("4.00")
    return int(text) if name in ("pmin", "pmax") else Decimal(text)


def contradict(attributes):
    low, high, step = (attributes.get(name) for name in ("lt", "gt", "st"))
    return low is not None and high is not None and not low + 2 * (step or 0) < high


def crosses(threshold, before, now):
    return before <= threshold < now or before >= threshold > now


def is_number(value):
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def meets_condition(attributes, before, now):
    """Whether a change from `before` (last notified) to `now` is to be told."""
    if before == now:
        return False
    if not (is_number(before) and is_number(now)) or not any(n in attributes for n in THRESHOLDS):
        return True
    return (
        any(n in attributes and crosses(attributes[n], before, now) for n in ("gt", "lt"))
        or ("st" in attributes and abs(now - before) >= attributes["st"])
    )


class Observation:
    """One observation of one server: what it saw last, and whether it is to see something."""

    def __init__(self, path):
        self.path = path
        self.notified_at = None
        self.notified = None  # what the last notification said
        self.is_due = False   # something happened that pmin still holds back


class Notification:
    def __init__(self, time, server, token, code, values, rule):
        self.time, self.server, self.token = time, server, token
        self.code, self.values = code, values
        self.rule = rule  # why it must leave, for people

    def __repr__(self):
        return f"{self.code} {self.values} at {self.time} ({self.rule})"


class Device:
    def __init__(self):
        self.values = {}        # (object, instance, resource[, resource instance]) -> value
        self.nodes = set()      # objects, instances and resources that are there
        self.attributes = {}    # (server, path) -> {name: number}
        self.defaults = {}      # server -> (pmin or None, pmax or None), in seconds
        self.observations = {}  # (server, token) -> Observation

    # ---- what is there ----

    def add_object(self, number):
        self.nodes.add((number,))

    def exists(self, path):
        return path in self.nodes or path in self.values

    def read(self, path):
        return {p: v for p, v in self.values.items() if p[: len(path)] == path}

    def create(self, now, path, values, resources=()):
        """A new instance. `resources` must name those that have resource instances."""
        self.nodes.add(path)
        self.nodes.update(resources)
        self.values.update(values)
        return self.changed(now, path)

    def delete(self, now, path):
        """An instance or a resource goes, and all below it."""
        def below(other):
            return other[: len(path)] == path

        self.nodes = {p for p in self.nodes if not below(p)}
        self.values = {p: v for p, v in self.values.items() if not below(p)}
        self.attributes = {k: v for k, v in self.attributes.items() if not below(k[1])}
        out = []
        for key, observation in list(self.observations.items()):
            if below(observation.path):
                del self.observations[key]
                out.append(Notification(now, *key, "4.04", None, "the observed thing is gone"))
        return out + self.changed(now, path)

    def set(self, now, path, value):
        if self.values.get(path) == value:
            return []
        self.values[path] = value
        return self.changed(now, path)

    def changed(self, now, path):
        """Something at `path` is another than before."""
        out = []
        for key, observation in self.observations.items():
            seen = observation.path
            if path[: len(seen)] == seen or seen[: len(path)] == path:
                out += self.look(now, key, observation)
        return out

    # ---- what servers ask ----

    def set_defaults(self, now, server, pmin, pmax):
        self.defaults[server] = (pmin, pmax)
        return self.look_again(now, server)

    def write_attributes(self, now, server, path, query):
        """Raises Refused: nothing has changed then."""
        if not self.exists(path):
            raise Refused("4.04")
        written = parse_query(query)
        if any(name in written for name in THRESHOLDS) and not self.takes_thresholds(path):
            raise Refused("4.00")
        merged = {**self.attributes.get((server, path), {}), **written}
        merged = {name: number for name, number in merged.items() if number is not None}
        if contradict(merged):
            raise Refused("4.00")
        self.attributes[server, path] = merged
        return self.look_again(now, server)

    def takes_thresholds(self, path):
        """Resources and resource instances that are numbers, and nothing above."""
        return len(path) >= 3 and all(is_number(value) for value in self.read(path).values())

    def look_again(self, now, server):
        out = []
        for key, observation in self.observations.items():
            if key[0] == server:
                out += self.look(now, key, observation)
        return out

    def observe(self, now, server, token, path):
        """The values of the answer, which is the first notification."""
        if not self.exists(path):
            raise Refused("4.04")
        observation = self.observations[server, token] = Observation(path)
        self.mark(now, observation)
        return dict(observation.notified)

    def discover(self, server, path):
        """The links at `path` and below, down to resources: {path: attributes}. That of `path` itself
        shows what it inherits, the others what is attached to them."""
        if not self.exists(path):
            raise Refused("4.04")
        below = {p[:3] for p in self.values} | self.nodes
        links = {p: self.attributes.get((server, p), {}) for p in below if p[: len(path)] == path}
        return {**links, path: self.merged(server, path)}

    def cancel(self, server, token):
        self.observations.pop((server, token), None)

    # ---- when to notify ----

    def merged(self, server, path):
        """What is attached at `path`, and what it inherits."""
        pmin, pmax = self.defaults.get(server, (None, None))
        merged = {"pmin": pmin, "pmax": pmax}
        merged = {name: number for name, number in merged.items() if number}
        for depth in range(1, len(path) + 1):
            merged.update(self.attributes.get((server, path[:depth]), {}))
        return merged

    def effective(self, server, path):
        """The attributes that an observation of `path` goes by."""
        merged = self.merged(server, path)
        merged.setdefault("pmin", 0)
        if merged.get("pmax", 0) == 0 or merged["pmax"] < merged["pmin"]:
            merged.pop("pmax", None)
        return merged

    def look(self, now, key, observation):
        """The notification that is due now, if one is."""
        attributes = self.effective(key[0], observation.path)
        if not observation.is_due:
            observation.is_due = self.has_news(attributes, observation)
        at, rule = self.due(attributes, observation)
        if at is None or at > now:
            return []
        self.mark(now, observation)
        return [Notification(now, *key, "2.05", dict(observation.notified), rule)]

    def has_news(self, attributes, observation):
        before, now = observation.notified, self.read(observation.path)
        if set(before) == set(now) == {observation.path}:
            return meets_condition(attributes, before[observation.path], now[observation.path])
        return before != now

    def due(self, attributes, observation):
        """When the observation must notify at the latest as things are; None: never."""
        moments = []
        if observation.is_due:
            after_pmin = observation.notified_at + attributes["pmin"] * MS
            moments.append((after_pmin, f"a change, pmin {attributes['pmin']}"))
        if "pmax" in attributes:
            after_pmax = observation.notified_at + attributes["pmax"] * MS
            moments.append((after_pmax, f"pmax {attributes['pmax']}"))
        return min(moments, default=(None, None))

    def mark(self, now, observation):
        observation.notified_at = now
        observation.notified = self.read(observation.path)
        observation.is_due = False

    def advance(self, until):
        """Lets time pass up to and including `until`: the notifications that it makes due."""
        out = []
        for key, observation in self.observations.items():
            while True:
                attributes = self.effective(key[0], observation.path)
                at, rule = self.due(attributes, observation)
                if at is None or at > until:
                    break
                self.mark(at, observation)
                out.append(Notification(at, *key, "2.05", dict(observation.notified), rule))
        return sorted(out, key=lambda n: n.time)
