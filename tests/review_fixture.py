"""A run with an evaluation's verdicts to be reviewed, and a person who answers by a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from specloop.records import (
    Answer,
    Case,
    GoldCase,
    GoldValue,
    Judgement,
    Message,
    Record,
    ReviewedItem,
    Rule,
    Section,
    Verdict,
    VerdictValue,
)
from specloop.review.reviewing import Clock, DecisionReview, Review, ReviewItem
from specloop.store import MemoryStore, RecordStore, RunFolder

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> [red]\x1b[2J"
Said = Callable[[int, int], dict[str, VerdictValue]]
"""What each judge says of an answer and a rule, both by number."""


def polite(number: int, _: int) -> dict[str, VerdictValue]:
    """Two judges that differ on every third answer."""
    return {"joint": "YES", "logprob": "NO" if number % 3 == 0 else "YES"}


def judged_run(
    path: Path, n_answers: int = 6, n_rules: int = 3, said: Said = polite, reverse: bool = False
) -> RunFolder:
    """A run folder with answers, rules and the verdicts of judges; `reverse`: the same content in
    another order."""
    folder = RunFolder(path, create=True)
    records = list(_records(n_answers, n_rules, said))
    folder.append(reversed(records) if reverse else records)
    return folder


def _records(n_answers: int, n_rules: int, said: Said) -> Iterator[Record]:
    section = Section(path=("Shop", "Tone"), text="", start=0, end=0)
    rules = [_rule(section, number) for number in range(n_rules)]
    yield section
    yield from rules
    for number in range(n_answers):
        request = Message(role="user", content=f"Question {number}?")
        asked = Case(messages=(request,), side="permitted")
        answer = Answer(case=asked.id, model="hf:secret-model", text=f"Answer {number}.")
        yield from (asked, answer)
        for judge in said(0, 0):
            verdicts = [
                Verdict(rule=rule.id, value=said(number, place)[judge])
                for place, rule in enumerate(rules)
            ]
            yield Judgement.of(verdicts, answer=answer.id, judge=judge, model="secret-judge")


def _rule(section: Section, number: int) -> Rule:
    text = f"Rule {number}: be kind."
    return Rule(section=section.id, text=text, quote=text, start=0, end=0)


def case(number: int, rule: str = "Be kind.", answer: str = "") -> GoldCase:
    asked = (Message(role="user", content=f"Question {number}?"),)
    text = answer or f"Answer {number}."
    return GoldCase(
        messages=asked, answer=text, rule_text=rule, section=("Shop", "Tone"), answered_by="secret"
    )


def ticking(step_s: int = 20) -> Clock:
    """A clock that goes on by so many seconds each time it is read."""
    times = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=step_s * n) for n in range(9999))
    return lambda: next(times).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_review(
    n: int = 3, by: str = "Ada", store: RecordStore | None = None, answer: str = ""
) -> Review:
    """A review of some cases; their answers are numbered unless one is given."""
    items = [
        ReviewItem(case(number, answer=f"{answer} {number}" if answer else ""))
        for number in range(n)
    ]
    return Review(items, by, store or MemoryStore(), clock=ticking())


def a_decision_review(n: int, store: RecordStore) -> DecisionReview:
    """A review of some rules, with a rubric."""
    items = [
        ReviewItem(
            ReviewedItem(messages=(), answer="", rule_text=f"Rule {number}."),
            guide="Kept: It greets.",
            texts={"rule": f"Rule {number}."},
        )
        for number in range(n)
    ]
    return DecisionReview(items, "Ada", store, clock=ticking())


def labels_all(
    say: Callable[[GoldCase], GoldValue] | Iterable[GoldValue],
) -> Callable[[Review], object]:
    """Somebody who labels all that is shown, by what it holds or in turn."""

    async def sit(review: Review) -> None:
        given = None if callable(say) else iter(say)
        while item := review.current:
            review.decide(say(item.case) if callable(say) else next(given))  # pyright: ignore

    return sit
