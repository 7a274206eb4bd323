"""What is odd about a scenario's data without being an error.

Each finding tells what a reader of the scores should know: rows that are nearly the same, labels
that can be guessed from the length of a prompt, answers that are not there.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from specloop.records import Case, Scenario
from specloop.turntokens import broken_up

NEAR = 0.6
"""Share of common words (Jaccard) from which two prompts count as nearly the same."""
DRIFT = 0.3
"""Share of the original's words below which an attacked prompt counts as another one."""
_FOREIGN = 5
"""Letters of another script that make a prompt count as partly in it."""
_TELLING = 0.9
"""Accuracy from which the length of a prompt gives its label away."""


class Oddity(NamedTuple):
    """One finding with the numbers of the rows it is about; empty for the whole scenario."""

    what: str
    rows: tuple[int, ...] = ()


def oddities(scenario: Scenario) -> tuple[Oddity, ...]:
    """Every finding, in a fixed order."""
    kinds = _answers, _spaces, _tokens, _scripts, _attacks, _twins, _order, _lengths
    return tuple(chain.from_iterable(of_kind(scenario.rows) for of_kind in kinds))


def _answers(rows: Sequence[Case]) -> Iterator[Oddity]:
    safe = [row for row in rows if row.label == "safe"]
    empty = tuple(row.number for row in safe if not row.reference.strip())
    if empty:
        yield Oddity(f"{len(empty)} of {len(safe)} safe rows have no reference answer", empty)
    hidden = tuple(row.number for row in rows if row.label == "unsafe" and row.reference.strip())
    if hidden:
        yield Oddity(f"a reference answer in {_rows(hidden)} labelled unsafe", hidden)


def _spaces(rows: Sequence[Case]) -> Iterator[Oddity]:
    fields = {
        "adversarial_prompt": [row.request for row in rows],
        "prompt": [row.query for row in rows],
    }
    for field, texts in fields.items():
        told = zip(rows, texts, strict=True)
        found = tuple(row.number for row, text in told if text != text.strip())
        if found:
            yield Oddity(f"space around the {field} of {_rows(found)}", found)


def _tokens(rows: Sequence[Case]) -> Iterator[Oddity]:
    texts = ((row.number, f"{row.request}\n{row.query}") for row in rows)
    found = tuple(number for number, text in texts if broken_up(text) != text)
    if found:
        what = f"turn tokens in the prompt of {_rows(found)}: they are broken up for every model"
        yield Oddity(what, found)


def _scripts(rows: Sequence[Case]) -> Iterator[Oddity]:
    by_script: dict[str, list[int]] = {}
    for row in rows:
        for script in foreign_scripts(f"{row.request} {row.query}"):
            by_script.setdefault(script, []).append(row.number)
    for script, numbers in sorted(by_script.items()):
        yield Oddity(f"{script} script in {_rows(numbers)}", tuple(numbers))


def foreign_scripts(text: str) -> tuple[str, ...]:
    """Scripts other than Latin and Greek (in formulas) that a text holds some letters of."""
    letters = (c for c in text if ord(c) > 0x24F and c.isalpha())
    scripts = Counter(unicodedata.name(c, "unknown").split()[0].lower() for c in letters)
    plain = ("latin", "greek", "modifier", "mathematical", "fullwidth")
    return tuple(sorted(s for s, n in scripts.items() if n > _FOREIGN and s not in plain))


def _attacks(rows: Sequence[Case]) -> Iterator[Oddity]:
    unsafe = [row for row in rows if row.label == "unsafe"]
    same = tuple(row.number for row in unsafe if row.request == row.query)
    if same:
        yield Oddity(f"{len(same)} of {len(unsafe)} unsafe rows show the judge the attack", same)
    changed = [row for row in unsafe if row.number not in same]
    far = tuple(r.number for r in changed if _kept(r.query, r.request) <= DRIFT)
    if far:
        what = f"at most {DRIFT:.0%} of the original's words are left in the attack of {_rows(far)}"
        yield Oddity(what, far)


def _twins(rows: Sequence[Case]) -> Iterator[Oddity]:
    bags = [(row.number, _words(row.query)) for row in rows]
    pairs = [(a, b) for (a, x), (b, y) in combinations(bags, 2) if _jaccard(x, y) >= NEAR]
    if pairs:
        numbers = tuple(sorted({number for pair in pairs for number in pair}))
        yield Oddity(
            f"nearly the same prompt in {len(pairs)} pairs among {_rows(numbers)}", numbers
        )


def _order(rows: Sequence[Case]) -> Iterator[Oddity]:
    labels = [row.label for row in rows]
    changes = sum(a != b for a, b in pairwise(labels))
    if changes == 1 and len(labels) > 2:
        yield Oddity("the rows are sorted by label: take a stratified subset, not the first rows")


def _lengths(rows: Sequence[Case]) -> Iterator[Oddity]:
    counts = [(len(row.request.split()), row.label == "unsafe") for row in rows]
    n_unsafe = sum(unsafe for _, unsafe in counts)
    if not 0 < n_unsafe < len(counts):
        return
    share, words = max(
        (sum((n >= limit) == unsafe for n, unsafe in counts) / len(counts), limit)
        for limit in sorted({n for n, _ in counts})
    )
    if share >= max(_TELLING, n_unsafe / len(counts)):
        yield Oddity(
            f"length gives the label away: unsafe from {words} words on is right for {share:.0%}"
        )


def _rows(numbers: Sequence[int]) -> str:
    return "1 row" if len(numbers) == 1 else f"{len(numbers)} rows"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


def _kept(original: str, changed: str) -> float:
    before = _words(original)
    return len(before & _words(changed)) / len(before)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)
