"""Measures reading against labelled obligations: `python -m perf.read_gold [FOLDER ...]`.

A folder holds documents with their labels in its folder `gold`, or both together, as
tests/data/gold/README.md describes; without one, the parts of tests/data/gold are measured. A rule
and a label are the same obligation where their spans share at least half of the shorter one.

precision       rules in the labelled range that meet some label
recall          labels marked sure, permissions left out, that some rule meets
polarity errors of those labels, the ones whose rule says the opposite
party right     of those labels, the ones whose rule names the party that is bound
standing alone  rules in the labelled range that meet a label and say by themselves what it says
                (by words: perf/standing_alone.py)
missed, told    labels as in recall that no rule meets, the ones that are suspected as unread
suspected, true sentences in the labelled range that are suspected as unread and meet some label

A document that lies there in other formats too (NAME.html, .docx, .pdf) is read in each, against
the same labels, which are found there by their words; these rows are not in the sums.
"""

# pyright: basic
from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from perf.standing_alone import Wording, says_the_same

import specloop
from specloop.config import Document, build
from specloop.errors import InputError
from specloop.pipeline.reading import document_of
from specloop.spec import read_spec
from specloop.stats import wilson

OWN = Path("tests/data/gold")
OTHER_FORMATS = (".html", ".docx", ".pdf")


class Counts(NamedTuple):
    """How rules and labels of one document, or of several, met."""

    rules: int = 0
    good: int = 0
    alone: int = 0
    labels: int = 0
    found: int = 0
    wrong: int = 0
    with_party: int = 0
    party: int = 0
    told: int = 0
    suspected: int = 0
    true: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


class Row(NamedTuple):
    document: str
    counts: Counts
    note: str = ""


class Read(NamedTuple):
    start: int
    end: int
    negative: bool
    party: str | None
    wording: Wording


class Label(NamedTuple):
    start: int
    end: int
    polarity: str
    party: str
    sure: bool
    wording: Wording


class Place(NamedTuple):
    start: int
    end: int


def read(document: Path, model: str | None = None) -> tuple[str, list[Read], list[Place]]:
    """The text that the places count in, the rules, and the sentences that are suspected as
    unread; InputError if it cannot be read."""
    spec = specloop.read(document, extractor=model)
    settings = build(Document, {"path": str(document)}, "read_gold")
    account = read_spec(document_of(settings)).account_of(spec.rules)
    if model:
        print(f"{document.name}: {spec.cost.n_calls} calls, {len(spec.failures)} answers left out")
    paths = {section.id: " ".join(section.path) for section in spec.sections}
    rules = [
        Read(
            rule.start,
            rule.end,
            rule.direction == "negative",
            getattr(rule, "party", None),
            Wording(rule.text, rule.quote, paths.get(rule.section, "")),
        )
        for rule in spec.rules
    ]
    return spec.text, rules, [Place(piece.start, piece.end) for piece in account.unread]


def labels_of(meta_path: Path) -> list[Label]:
    path = meta_path.with_name(meta_path.name.replace(".meta.json", ".jsonl"))
    lines = path.read_text(encoding="utf-8").split("\n")
    return [label_of(json.loads(line)) for line in lines if line]


def label_of(row: dict[str, Any]) -> Label:
    assistant = row["party"] == "assistant"
    wording = Wording(row["text"], row["quote"], row["condition"], assistant)
    return Label(row["start"], row["end"], row["polarity"], row["party"], row["sure"], wording)


def overlap(one: Any, other: Any) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def same(one: Any, other: Any) -> bool:
    shorter = min(one.end - one.start, other.end - other.start)
    return overlap(one, other) > 0 and overlap(one, other) >= 0.5 * shorter


def alone(rule: Read, met: Sequence[Label]) -> bool:
    """Whether a rule says what a label that it meets says, or what they all say together. What
    an unsure label says of the direction does not count."""
    agree = [
        label
        for label in met
        if label.polarity == "permit"
        or not label.sure
        or (label.polarity == "forbid") == rule.negative
    ]
    if not agree:
        return False
    together = reduce(Wording.and_, [label.wording for label in met])
    wanted = [*(label.wording for label in agree), together]
    return any(says_the_same(rule.wording, wording) for wording in wanted)


def compare(
    rules: Sequence[Read], labels: Sequence[Label], suspected: Sequence[Place] = ()
) -> Counts:
    met = [[label for label in labels if same(rule, label)] for rule in rules]
    sure = [label for label in labels if label.sure and label.polarity != "permit"]
    pairs, told = [], 0
    for label in sure:
        hits = [rule for rule in rules if same(rule, label)]
        if hits:
            pairs.append((label, max(hits, key=lambda rule: overlap(rule, label))))
        else:
            told += any(same(place, label) for place in suspected)
    with_party = [pair for pair in pairs if pair[1].party and pair[0].party != "unclear"]
    return Counts(
        len(rules),
        sum(map(bool, met)),
        sum(alone(rule, some) for rule, some in zip(rules, met, strict=True)),
        len(sure),
        len(pairs),
        sum(rule.negative != (label.polarity == "forbid") for label, rule in pairs),
        len(with_party),
        sum(rule.party == label.party for label, rule in with_party),
        told,
        len(suspected),
        sum(any(same(place, label) for label in labels) for place in suspected),
    )


def measured(
    document: Path, labels: list[Label], span: Sequence[int], model: str | None = None
) -> Row:
    try:
        _, rules, suspected = read(document, model)
        note = ""
    except InputError as error:
        rules, suspected, note = [], [], f"not read: {error}"
    counts = compare(in_range(rules, span), labels, in_range(suspected, span))
    return Row(document.name, counts, note)


Placed = TypeVar("Placed", Read, Place)


def in_range(places: Sequence[Placed], span: Sequence[int]) -> list[Placed]:
    return [place for place in places if span[0] <= place.start < span[1]]


def located(labels: Sequence[Label], text: str) -> list[Label]:
    """The labels with their places in another format's text, found by their words, in order."""
    at, rows = 0, []
    for label in labels:
        parts = map(re.escape, re.findall(r"\w+", label.wording.quote))
        found = re.compile(r"(?:<[^<>]*>|[\W_])+".join(parts)).search(text, at)
        start, at = found.span() if found else (-1, at)
        rows.append(label._replace(start=start, end=at if found else -1))
    return rows


def in_other_formats(document: Path, labels: Sequence[Label]) -> Iterator[Row]:
    for path in map(document.with_suffix, OTHER_FORMATS):
        if path == document or not path.exists():
            continue
        try:
            text, rules, suspected = read(path)
        except InputError as error:
            yield Row(path.name, Counts(labels=len(labels)), f"not read: {error}")
            continue
        yield Row(path.name, compare(rules, located(labels, text), suspected))


def measure(folder: Path, model: str | None = None) -> tuple[list[Row], list[Row]]:
    """One row a document with labels, and the rows of other formats of the same documents."""
    inner = folder / "gold"
    metas = sorted((inner if inner.is_dir() else folder).glob("*.gold.meta.json"))
    if not metas:
        raise SystemExit(f"{folder}: no NAME.gold.meta.json there or in its folder gold")
    rows, others = [], []
    for meta_path in metas:
        meta = json.loads(meta_path.read_text(encoding="utf-8"))
        labels, document = labels_of(meta_path), folder / meta["document"]
        rows.append(measured(document, labels, meta["labelled"], model))
        others += [] if model else in_other_formats(document, labels)
    return rows, others


def total(rows: Sequence[Row]) -> Counts:
    counts = Counts()
    for row in rows:
        counts = counts.plus(row.counts)
    return counts


def share(part: int, n: int) -> str:
    return f"{part / n:4.0%} of {n}" if n else "-"


def interval(part: int, n: int) -> str:
    rate = wilson(part, n)
    return "-" if rate.value is None else f"{rate.ci_low:.0%}-{rate.ci_high:.0%}"


def shares(c: Counts) -> list[tuple[int, int]]:
    """What the table's columns show, each with its n."""
    by_rule, by_label = [(c.good, c.rules)], [(c.found, c.labels), (c.wrong, c.found)]
    unread = [(c.told, c.labels - c.found), (c.true, c.suspected)]
    return by_rule + by_label + [(c.party, c.with_party), (c.alone, c.rules), *unread]


def table(rows: Sequence[Row]) -> Iterator[str]:
    heads = ["precision", "recall", "polarity errors", "party right", "standing alone"]
    heads += ["missed, told", "suspected, true"]
    yield _line("document", heads)
    for row in rows:
        yield _line(row.document, [share(*pair) for pair in shares(row.counts)], row.note)
    everything = shares(total(rows))
    yield _line("all", [share(*pair) for pair in everything])
    yield _line("  95% interval", [interval(*pair) for pair in everything])


def _line(first: str, cells: Sequence[str], note: str = "") -> str:
    return f"{first:30}" + "".join(f"{cell:>17}" for cell in cells) + f"  {note}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="*", type=Path, default=sorted(OWN.glob("*/")))
    parser.add_argument("--model", help="refines the doubtful rules; other formats are left out")
    args = parser.parse_args()
    for folder in args.folders:
        rows, others = measure(folder, args.model)
        print(folder, *table(rows), "", sep="\n")
        if others:
            print("the same in other formats", *list(table(others))[:-2], "", sep="\n")


if __name__ == "__main__":
    main()
