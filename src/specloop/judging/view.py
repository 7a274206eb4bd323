"""A case as a judge sees it: its specs as a list, query and answer as quoted data.

The label of the row is never shown and does not enter the key: the request does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from specloop.judging.base import JudgeCase
from specloop.judging.guard import call_key, neutral, quoted
from specloop.judging.signs import signs
from specloop.judging.verdict_form import plain
from specloop.records import Spec, Specs
from specloop.records.conversation import changed, transcript, turns_of

_HEADINGS = {"safety": "Safety:", "behavioral": "Behaviour:"}
_A_CONVERSATION = "The query is a conversation; the answer is what the assistant said next:"
_HEAD_SHARE = 2 / 3
"""The share of a cut answer kept from its beginning; the rest is from its end, because of specs on
closings."""


@cache
def layout() -> str:
    """A small case as it is shown: a judge with another layout is another judge."""
    specs = Specs(safety=("a",), behavioral=("b",)).listed()
    shown = view(JudgeCase(specs, "q", "r", "d", "x"))
    return f"{shown.scenario}{spec_list(specs)}\n{shown.data}"


class View(NamedTuple):
    """The parts of a case that go into a prompt."""

    key: str
    scenario: str
    """Ends in an empty line if there is a scenario."""
    data: str
    suspicions: tuple[str, ...]
    n_hidden: int
    """Characters of the answer that are not shown."""
    plain: bool
    """The shown texts hold nothing that could be copied as a verdict."""


def view(case: JudgeCase, max_chars: int = 0) -> View:
    """The case with its answer cut to `max_chars` characters; 0 does not cut.

    The cut is shown to the judge and counted.
    """
    answers = [_cut(neutral(text), max_chars) for text in _answers(case).values()]
    turns, reference = turns_of(case.query, case.conversation), neutral(case.reference)
    query = neutral(case.query)
    if case.conversation:
        query = transcript([changed(turn, neutral) for turn in turns])
    guides = [spec.guide for spec in case.specs if spec.guide]
    specs = "\n".join([*(spec.text for spec in case.specs), *guides])
    responses = [text for text, _ in answers]
    key = call_key(case.scenario, specs, query, *responses, reference)
    # This is the same for every answer to the query, so that a prefix cache holds it.
    data = [_A_CONVERSATION] if case.conversation else []
    data += [quoted("query", query, call_key(case.scenario, specs, query))]
    if reference.strip():
        data += [
            "An answer known to be good, to compare with:",
            quoted("reference", reference, key),
        ]
    data += [quoted(name, text, key) for name, text in zip(_answers(case), responses, strict=True)]
    texts = [("query", turn.written, turn.role not in ("assistant", "tool")) for turn in turns]
    texts += [("reference", case.reference, False)]
    texts += [("answer", text, False) for text in _answers(case).values()]
    noted = (f"{what}: {sign}" for what, text, asked in texts for sign in signs(text, asked))
    described = _one_line(case.scenario)
    scenario = f"Scenario: {described}\n\n" if described else ""
    return View(
        key,
        scenario,
        "\n".join(data),
        suspicions=tuple(dict.fromkeys(noted)),
        n_hidden=sum(n for _, n in answers),
        plain=plain("\n".join((query, *responses, reference, *guides))),
    )


def _answers(case: JudgeCase) -> dict[str, str]:
    """The answer, or the two that are compared, by the names of their delimiters."""
    if case.rival is None:
        return {"answer": case.response}
    return {"answer_first": case.response, "answer_second": case.rival}


def _cut(text: str, max_chars: int) -> tuple[str, int]:
    n_left_out = len(text) - max_chars
    if max_chars == 0 or n_left_out <= 0:
        return text, 0
    head = round(max_chars * _HEAD_SHARE)
    tail = text[len(text) - (max_chars - head) :]
    shown = f"{text[:head]}\n[{n_left_out} characters are not shown here]\n{tail}"
    return shown, n_left_out


def spec_id(spec: Spec) -> str:
    """`S3` for the third safety spec, `B1` for the first behavioural one."""
    return f"{spec.category[0].upper()}{spec.number}"


def spec_text(spec: Spec) -> str:
    """A spec on one line, without markers, as answers are shown, too; its guide is indented below
    it."""
    return "\n  ".join(map(_one_line, [spec.text, *spec.guide.splitlines()]))


def _one_line(text: str) -> str:
    return " ".join(neutral(text).split())


def spec_list(specs: Iterable[Spec]) -> str:
    """The specs with their ids, under a heading for each category."""
    lines: list[str] = []
    category = ""
    for spec in specs:
        if spec.category != category:
            category = spec.category
            lines.append(_HEADINGS[category])
        lines.append(f"{spec_id(spec)}. {spec_text(spec)}")
    return "\n".join(lines)
