"""Which verdicts hold on an answer that did not end by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from specloop.ended import NOTHING, UNENDED, End, in_words
from specloop.judging.base import unscored
from specloop.records import Spec, Verdict

_FORBIDS = re.compile(
    r"^\W*+(?:[\w'’-]+[\s,:]+){0,3}?"
    r"(?:not|never|no(?! (?:fewer|less))|nobody|nothing|avoid|exclude|refrain|without|forbid"
    r"|prohibit|reject|refuse|don['’]t|mustn['’]t|cannot|can['’]t)\b",
    re.I,
)
"""A spec that begins by forbidding something, and demands nothing: the NO of a spec that also
demands something may be about what a cut answer had yet to say."""


def as_ended(verdicts: Iterable[Verdict], specs: Sequence[Spec], end: End) -> tuple[Verdict, ...]:
    """Verdicts as far as the answer's end allows them.

    Without an answer there is none. For an answer that did not end by itself only what it has
    already broken counts: the NO of a spec that forbids. Checks take the end into account
    themselves.
    """
    if end in NOTHING:
        return unscored(specs, in_words(end))
    if end not in UNENDED:
        return tuple(verdicts)
    by_rule = {spec.id: spec for spec in specs}
    return tuple(
        verdict if _stays(verdict, by_rule.get(verdict.rule)) else _open(verdict, end)
        for verdict in verdicts
    )


def forbids(text: str) -> bool:
    """Whether a spec begins by forbidding something."""
    return _FORBIDS.search(text) is not None


def _stays(verdict: Verdict, spec: Spec | None) -> bool:
    if verdict.value == "unscored" or verdict.kind == "check":
        return True
    if verdict.value != "NO" or spec is None:
        return False
    return forbids(spec.text) if spec.prohibits is None else spec.prohibits


def _open(verdict: Verdict, end: End) -> Verdict:
    reason = f": {verdict.rationale}" if verdict.rationale else ""
    update = {
        "value": "unscored",
        "rationale": f"{in_words(end)}; the judge said {verdict.value}{reason}",
        "probability": None,
    }
    return verdict.model_copy(update=update)
