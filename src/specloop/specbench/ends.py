"""How the answers of a benchmark ended, and which of a judge's verdicts then hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from specloop.ended import MUCH, End, short_words, tally
from specloop.judging.grader import as_ended
from specloop.records import Answer, Judgement, Specs, Verdict


def verdicts_on(answer: Answer, judgement: Judgement | None, specs: Specs) -> tuple[Verdict, ...]:
    """A judge's verdicts, as far as the answer's end allows them. The reference protocol keeps
    every verdict as its judge gave it."""
    given = judgement.verdicts if judgement else ()
    if judgement and judgement.protocol == "reference":
        return given
    return as_ended(given, specs.listed(), answer.end)


def ends_text(ends: Sequence[End]) -> str:
    """`600 answers: 3 blank, 12 cut`: how many were asked for, and those that are not whole."""
    n = f"{len(ends):,} answer" + ("" if len(ends) == 1 else "s")
    return f"{n}: {_told(tally(ends))}" if tally(ends) else n


def not_whole(entrants: Iterable[tuple[str, Sequence[End]]]) -> str:
    """Which entrants have so many missing or unfinished answers that figures must be read with
    them; empty if none."""
    found = [(label, len(ends), tally(ends)) for label, ends in entrants]
    told = [
        f"{label} {sum(counts.values()):,} of {n:,} ({_told(counts)})"
        for label, n, counts in found
        if sum(counts.values()) > MUCH * n
    ]
    return f"Without a whole answer: {'; '.join(told)}." if told else ""


def _told(counts: Mapping[End, int]) -> str:
    return ", ".join(f"{n:,} {short_words(end)}" for end, n in counts.items())
