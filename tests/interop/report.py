"""docs/reference/interop.md: made of the outcomes of the cells, and read for the failures that are known."""

import pathlib

import cells
import leshan
import objects
from values import MANY_VALUES, ONE_VALUE

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/reference/interop.md"
FORMATS = ONE_VALUE + MANY_VALUES
TITLES = {
    "text": "text", "opaque": "opaque", "cbor": "CBOR", "senml-json": "SenML JSON", "senml-cbor": "SenML CBOR",
    "tlv": "TLV", "json": "OMA JSON"}
OUTCOME = "outcome"

INTRODUCTION = """\
# Interoperability

What Linnet and [Eclipse Leshan](https://eclipse.dev/leshan/) {version} (Californium, Java) do with each other, CoAP
over UDP without security. This page is made by `pytest tests/interop --write-report`; without that option the tests
fail where the page and the outcomes differ. `./dev check` runs them.

*pass*: the operation was answered with the code of the LwM2M text, and every value was on the other side what it was
on the first. *cannot*: Leshan refuses, for the reason below the table. *-*: LwM2M has no such combination, or it is
not tried. Each cell stands for all types of values that the format can hold: string, integer, unsigned integer,
float, boolean, opaque, time, object link and CoRE link, of the test object 3442. What begins with the number of an object
is what that object does, in LwM2M 1.0; Leshan's client has no Disable and no access control.

Leshan knows LwM2M 1.0 and 1.1. It has no LwM2M CBOR and no SenML-ETCH, which are of 1.2.
"""


class Outcomes:
    """Of all cells that ran: {(pair's name, row's name, column): (word, reason)}."""

    def __init__(self):
        self.of = {}

    def all_ran(self):
        return all(cell in self.of for cell in every_cell())


def every_cell():
    for row in cells.REGISTRATION_ROWS + cells.ROWS + objects.ROWS:
        for pair in row.pairs:
            for column in row.formats or [None]:
                yield pair, row.name, column


def head(column):
    """What stands above the column."""
    return TITLES.get(column) or (f"LwM2M {column}" if column else OUTCOME)


def cell_name(pair, row, above):
    return f"{pair}: {row}, {above}"


def known_failures():
    """Names of the cells that the page has as failing."""
    known, pair, heads = set(), None, []
    for line in PAGE.read_text().splitlines() if PAGE.exists() else []:
        words = [word.strip() for word in line.strip("|").split("|")]
        if line.startswith("## "):
            pair = line.split()[1]
        elif line.startswith("| |"):
            heads = words[1:]
        elif line.startswith("| "):
            known |= {cell_name(pair, words[0], head) for head, word in zip(heads, words[1:]) if word == "fail"}
    return known


def _table(lines, heads, rows):
    heads = list(heads)
    lines.append("| | " + " | ".join(heads) + " |")
    lines.append("|---|" + "---|" * len(heads))
    for name, words in rows:
        lines.append(f"| {name} | " + " | ".join(words) + " |")
    lines.append("")


def _words(outcomes, pair, row, columns):
    return [outcomes.of.get((pair, row.name, column), ("-", None))[0] for column in columns]


def _reasons(lines, outcomes, pair, word, title):
    cells_of = {}
    for (of_pair, row, column), (outcome, reason) in outcomes.of.items():
        if of_pair == pair and outcome == word:
            cells_of.setdefault(reason, {}).setdefault(row, []).append(head(column))
    if cells_of:
        lines += [title, ""]
        for reason, rows in cells_of.items():
            lines.append(f"- {reason}")
            for row, columns in rows.items():
                lines.append(f"  - {row}" + (f": {', '.join(columns)}" if columns != [OUTCOME] else ""))
        lines.append("")


def render(outcomes, pairs):
    lines = INTRODUCTION.format(version=leshan.version()).split("\n")
    for pair, title in pairs.items():
        lines += [f"## {title}", ""]
        with_format = [row for row in cells.ROWS if row.formats]
        without = [row for row in cells.ROWS if not row.formats]
        _table(lines, map(head, FORMATS),
               [(row.name, _words(outcomes, pair, row, FORMATS)) for row in with_format])
        _table(lines, [OUTCOME], [(row.name, _words(outcomes, pair, row, [None])) for row in without])
        _table(lines, map(head, cells.VERSIONS),
               [(row.name, _words(outcomes, pair, row, cells.VERSIONS)) for row in cells.REGISTRATION_ROWS])
        _table(lines, [OUTCOME], [(row.name, _words(outcomes, pair, row, [None]))
                                  for row in objects.ROWS if pair in row.pairs])
        _reasons(lines, outcomes, pair, "cannot", "What Leshan cannot:")
        _reasons(lines, outcomes, pair, "fail", "What fails:")
    return "\n".join(lines).rstrip("\n") + "\n"
