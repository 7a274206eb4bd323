"""How the answers of a benchmark ended, and what that leaves of a judge's verdicts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from specloop.benchmark import Deliberation, Judgement, Spec, Specs, SpecVerdict
from specloop.ended import MUCH, NOTHING, UNENDED, End, in_words, short_words, tally
from specloop.records import Category

_FORBIDS = re.compile(
    r"^\W*+(?:[\w'’-]+[\s,:]+){0,3}?"
    r"(?:not|never|no(?! (?:fewer|less))|nobody|nothing|avoid|exclude|refrain|without|forbid"
    r"|prohibit|reject|refuse|don['’]t|mustn['’]t|cannot|can['’]t)\b",
    re.I,
)
"""A spec that begins by forbidding something. One that asks for something too is not meant: its NO
may be about what a broken-off answer had yet to bring."""


def verdicts_on(
    answer: Deliberation, judgement: Judgement | None, specs: Specs
) -> tuple[SpecVerdict, ...]:
    """A judge's verdicts, as far as the answer's end allows them.

    Where nothing came there is none. Of an answer that did not end by itself only what it has
    broken already counts: the NO of a spec that forbids. The reference protocol has every verdict
    as its judge gave it.
    """
    given = judgement.verdicts if judgement else ()
    end = answer.end
    if judgement and judgement.protocol == "reference":
        return given
    if end in NOTHING:
        return tuple(_nothing(spec, end) for spec in specs.listed())
    if end not in UNENDED:
        return given
    texts: dict[tuple[Category, int], str] = {spec[:2]: spec.text for spec in specs.listed()}
    return tuple(
        one if _stays(one, texts.get((one.category, one.number), "")) else _open(one, end)
        for one in given
    )


def forbids(spec: str) -> bool:
    """Whether a spec begins by forbidding something."""
    return _FORBIDS.search(spec) is not None


def _stays(verdict: SpecVerdict, spec: str) -> bool:
    return verdict.value == "unscored" or (verdict.value == "NO" and forbids(spec))


def _nothing(spec: Spec, end: End) -> SpecVerdict:
    return SpecVerdict(
        category=spec.category, number=spec.number, value="unscored", rationale=in_words(end)
    )


def _open(verdict: SpecVerdict, end: End) -> SpecVerdict:
    reason = f": {verdict.rationale}" if verdict.rationale else ""
    told = f"{in_words(end)}; the judge said {verdict.value}{reason}"
    update = {"value": "unscored", "rationale": told, "probability": None}
    return verdict.model_copy(update=update)


def ends_text(ends: Sequence[End]) -> str:
    """`600 answers: 3 blank, 12 cut`: how many were asked for, and those that are not whole."""
    n = f"{len(ends):,} answer" + ("" if len(ends) == 1 else "s")
    return f"{n}: {_told(tally(ends))}" if tally(ends) else n


def not_whole(entrants: Iterable[tuple[str, Sequence[End]]]) -> str:
    """Whose answers are missing or broken off too often for a figure to be read without that;
    empty where nobody's are."""
    found = [(label, len(ends), tally(ends)) for label, ends in entrants]
    told = [
        f"{label} {sum(counts.values()):,} of {n:,} ({_told(counts)})"
        for label, n, counts in found
        if sum(counts.values()) > MUCH * n
    ]
    return f"Without a whole answer: {'; '.join(told)}." if told else ""


def _told(counts: Mapping[End, int]) -> str:
    return ", ".join(f"{n:,} {short_words(end)}" for end, n in counts.items())
