"""Whether a run may replace an older one: what became worse, what stays open, and the conditions
under which that fails. Pure.

A rule or a total is `open` where nothing says how it stands: it was not measured, a judge said it
that is not certified, unscored cases could reverse it, or there are too few cases for any
difference to show. What is open never passes silently: a condition that it could have failed is
open itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from specloop.errors import InputError, did_you_mean
from specloop.records import ChangeKind, Effect, Figure, Rule

State = Literal["better", "worse", "as before", "changed", "new", "open"]
"""`changed`: a figure of which neither way is better; `new`: there is nothing to compare with."""


class GateStanding(NamedTuple):
    """How a figure stands to that of the older run."""

    before: Figure | None = None
    after: Figure | None = None
    difference: Figure | None = None
    """The newer one minus the older one, with its p-value and its outcome."""
    is_paired: bool = False
    """Whether it is of the same requests."""
    state: State = "open"
    why: str = ""
    """Why it is open."""


class GateRule(NamedTuple):
    """A rule of the newer version."""

    rule: Rule
    change: ChangeKind
    old: Rule | None
    """The rule that it was; None where it is new, or was part of another."""
    standing: GateStanding
    effect: Effect | None = None


class GateReport(NamedTuple):
    """What the evaluations of an entrant in two runs say."""

    entrant: str
    documents: tuple[str, str]
    """Names of the older and the newer document."""
    rules: tuple[GateRule, ...]
    gone: tuple[Rule, ...]
    """Rules of the older version alone."""
    totals: Mapping[str, GateStanding]
    """By the metric's name: on the rules that both versions have in the same words."""
    conflicts: tuple[str, ...]
    """Conflicts that the linter finds in the newer document and not in the older one."""
    n_requests: tuple[int, int, int]
    """Asked in the older run, in the newer one, and the same in both."""
    remarks: tuple[str, ...] = ()

    def in_state(self, state: State) -> list[GateRule]:
        """The rules that stand so."""
        return [line for line in self.rules if line.standing.state == state]

    def changed(self, *kinds: ChangeKind) -> list[GateRule]:
        """The rules with such a change."""
        return [line for line in self.rules if line.change in kinds]


GateVerdict = Literal["passed", "failed", "open"]


class GateResult(NamedTuple):
    """What became of a condition."""

    condition: str
    verdict: GateVerdict
    found: str


class _Word(NamedTuple):
    """A condition that counts something."""

    help: str
    noun: str
    of: Callable[[GateReport], int]
    """How many there are."""
    undecided: Callable[[GateReport], int] = lambda _: 0
    """How many could add to it."""


def _n_in(state: State) -> Callable[[GateReport], int]:
    return lambda report: len(report.in_state(state))


def _n_changed(*kinds: ChangeKind) -> Callable[[GateReport], int]:
    return lambda report: len(report.changed(*kinds))


def _n_undecided(report: GateReport) -> int:
    return sum(line.old is not None for line in report.in_state("open"))


def _n_conflicts(report: GateReport) -> int:
    return len(report.conflicts)


def _n_gone(report: GateReport) -> int:
    return len(report.gone)


_COUNTED: Mapping[str, _Word] = {
    "worse": _Word("rules kept measurably less than before", "worse", _n_in("worse"), _n_undecided),
    "open": _Word("rules of which nothing believed says how they stand", "open", _n_in("open")),
    "new-conflict": _Word(
        "conflicts in the document that the older one had not", "new", _n_conflicts
    ),
    "new-rule": _Word(
        "rules that are new, or parts of others", "new", _n_changed("new", "split", "merged")
    ),
    "reworded": _Word("rules in other words", "reworded", _n_changed("reworded")),
    "gone": _Word("rules that are gone", "gone", _n_gone),
}
_TOTALS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "total-worse": ("rule compliance in total", ("rcs",)),
    "over-application-worse": ("conditional rules where they do not belong", ("over_application",)),
    "ability-worse": ("general questions and perplexity", ("general", "perplexity")),
    "refusals-worse": ("refusals of permitted requests", ("over_refusal",)),
}
UNDECIDED, NEVER = "undecided", "never"
USUAL = ("worse", "total-worse", "ability-worse", "new-conflict")
"""What fails where nothing is asked for."""
VOCABULARY: Mapping[str, str] = {
    **{name: word.help for name, word in _COUNTED.items()},
    **{name: f"{what}, measurably worse" for name, (what, _) in _TOTALS.items()},
    UNDECIDED: "another condition that could not be decided",
    NEVER: "nothing: only report",
}
_CONDITION = re.compile(r"([a-z-]+)\s*(?:>\s*(\d{1,9}))?")


class GateCondition(NamedTuple):
    """Something that fails the gate: more than `most` of what the word counts."""

    word: str
    most: int = 0

    @property
    def text(self) -> str:
        """As it is given."""
        return f"{self.word}>{self.most}" if self.most else self.word


def conditions(given: Sequence[str]) -> tuple[GateCondition, ...]:
    """The conditions in words such as `worse,open>5`; the usual ones where none is given.
    InputError, with all words, where one is unknown."""
    texts = [part.strip() for text in given for part in text.split(",")] if given else USUAL
    if not any(texts):
        raise InputError(f"--fail-if: no condition; leave it out for the usual, or say {NEVER!r}")
    return tuple(_condition(text) for text in texts if text and text != NEVER)


def _condition(text: str) -> GateCondition:
    found = _CONDITION.fullmatch(text)
    word, most = (found[1], found[2]) if found else (text, None)
    if found is None or word not in VOCABULARY or word == NEVER:
        known = "; ".join(f"{name} ({what})" for name, what in VOCABULARY.items())
        hint = did_you_mean(word, VOCABULARY)
        raise InputError(f"--fail-if: no condition {text[:60]!r}.{hint} Conditions: {known}")
    if most is not None and word not in _COUNTED:
        counted = ", ".join(_COUNTED)
        raise InputError(f"--fail-if: {word} counts nothing; a number goes with {counted}")
    return GateCondition(word, int(most or 0))


def results(report: GateReport, wanted: Iterable[GateCondition]) -> tuple[GateResult, ...]:
    """What became of each condition."""
    wanted = tuple(wanted)
    own = {one: _result(report, one) for one in wanted if one.word != UNDECIDED}
    n_open = sum(result.verdict == "open" for result in own.values())
    found = f"{n_open} of {len(own)} conditions open"
    last = GateResult(UNDECIDED, "failed" if n_open else "passed", found)
    return tuple(own.get(one, last) for one in wanted)


def _result(report: GateReport, condition: GateCondition) -> GateResult:
    if condition.word in _COUNTED:
        return _counted(report, condition)
    standings = [report.totals.get(name) for name in _TOTALS[condition.word][1]]
    measured = [one for one in standings if one]
    if any(one.state == "worse" for one in measured):
        return GateResult(condition.text, "failed", "worse")
    reasons = dict.fromkeys(one.why for one in measured if one.state == "open")
    if reasons or not measured:
        return GateResult(condition.text, "open", "; ".join(reasons) or "not measured")
    states = ", ".join(dict.fromkeys(one.state for one in measured))
    return GateResult(condition.text, "passed", states)


def _counted(report: GateReport, condition: GateCondition) -> GateResult:
    word = _COUNTED[condition.word]
    n, undecided = word.of(report), word.undecided(report)
    found = f"{n} {word.noun}"
    if n > condition.most:
        return GateResult(condition.text, "failed", found)
    if n + undecided > condition.most:
        return GateResult(condition.text, "open", f"{found}, {undecided} could not be told")
    return GateResult(condition.text, "passed", found)


def is_failed(found: Iterable[GateResult]) -> bool:
    """Whether a condition has failed."""
    return any(result.verdict == "failed" for result in found)


def headline(found: Sequence[GateResult]) -> str:
    """The outcome in a line."""
    failed = [one.condition for one in found if one.verdict == "failed"]
    left = [one.condition for one in found if one.verdict == "open"]
    if failed:
        return f"failed: {', '.join(failed)}"
    if left:
        return f"passed, but open: {', '.join(left)}"
    return "passed" if found else "only reported: no condition"


def by_reason(lines: Iterable[GateRule]) -> Iterator[tuple[str, list[GateRule]]]:
    """Rules that are open, by the reason; the most frequent first."""
    groups: dict[str, list[GateRule]] = {}
    for line in lines:
        groups.setdefault(line.standing.why, []).append(line)
    yield from sorted(groups.items(), key=lambda item: -len(item[1]))
