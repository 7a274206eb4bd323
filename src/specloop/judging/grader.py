"""A judge in use: its name, options and model, its judgements, and which of its verdicts count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from specloop.ended import NOTHING, UNENDED, End, in_words
from specloop.judging.base import Judge, JudgeCase, JudgeResult, by_code, unscored, withdrawn
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.role_models import ByRole, logged
from specloop.llm.base import Model
from specloop.llm.calls.wrap import Log
from specloop.records import CODE, Judgement, ProtocolName, Spec, Verdict, content_id

_FORBIDS = re.compile(
    r"^\W*+(?:[\w'’-]+[\s,:]+){0,3}?"
    r"(?:not|never|no(?! (?:fewer|less))|nobody|nothing|avoid|exclude|refrain|without|forbid"
    r"|prohibit|reject|refuse|don['’]t|mustn['’]t|cannot|can['’]t)\b",
    re.I,
)
"""A spec that begins by forbidding something, and demands nothing: the NO of a spec that also
demands something may be about what a cut answer had yet to say."""


class Grader(NamedTuple):
    """A judge with its options on a model."""

    name: str
    judge: Judge
    model: str = CODE
    protocol: ProtocolName = "specloop"
    options: str = ""
    """The model with its options that decide a reply, as its calls are known."""
    guides: Guides = NO_GUIDES
    """What the judge is shown with the rules."""

    @property
    def request_digest(self) -> str:
        """Digest of its wording, of its model's options and of the guides."""
        guides = [self.guides.digest] if self.guides.digest else []
        return content_id([self.judge.digest, self.options, *guides])

    def blank(self, answer: str) -> Judgement:
        """The record of a judgement without its verdicts: it has its id already."""
        return self._of(answer, JudgeResult(()))

    async def judgement(self, case: JudgeCase, model: Model | None) -> Judgement:
        """The verdicts on an answer as the judge gives them; ModelError if the model gave no reply
        at all."""
        log = Log()
        shown = self.guides.shown(case, alone=self.judge.at_once == 1)
        result = await self.judge.judge(shown, logged(model, log) if model else None)
        costs = log.by_purpose if isinstance(model, ByRole) else {}
        made = self._of(case.answer, result)
        return made.model_copy(update={"cost": log.cost, "costs": costs})

    async def ended_judgement(self, case: JudgeCase, model: Model | None) -> Judgement:
        """The same as far as the answer's end allows verdicts. Nothing is asked about an answer
        that holds nothing, unless it is compared with another one."""
        if case.rival is not None:
            return await self.judgement(case, model)
        empty = case.end in NOTHING
        judgement = self.blank(case.answer) if empty else await self.judgement(case, model)
        return judgement.with_verdicts(as_ended(judgement.verdicts, case.specs, case.end))

    def _of(self, answer: str, result: JudgeResult) -> Judgement:
        return Judgement.of(
            **result._asdict(),
            answer=answer,
            judge=self.name,
            settings=self.judge.model_dump(mode="json", exclude_defaults=True),
            model=self.model,
            protocol=self.protocol,
            request_digest=self.request_digest,
        )


class OpenJudge(NamedTuple):
    """A judge with its open model."""

    grader: Grader
    model: Model | None = None
    """None for a judge that asks none."""

    async def judgement(self, case: JudgeCase) -> Judgement:
        """Its verdicts on an answer, as far as the answer's end allows them; ModelError if the
        model gave no reply at all."""
        return await self.grader.ended_judgement(case, self.model)


def check_judgement(case: JudgeCase) -> Judgement:
    """The verdicts of code on the rules that have a check."""
    return Judgement.of(by_code(case), answer=case.answer, judge="check", model=CODE)


def unread(end: End, judgement: Judgement) -> Iterator[str]:
    """Why each of a model's verdicts on an answer that ended like this could not be read; empty for
    one that could.

    Yields nothing where the verdicts do not show it: code's verdicts, those that the answer left
    open, and those on an answer that seems to write its own.
    """
    if judgement.suspicions or end in NOTHING or end in UNENDED:
        return
    for verdict in judgement.verdicts:
        if verdict.kind == "model":
            trouble = verdict.rationale or "it gave no verdict"
            yield trouble if verdict.value == "unscored" else ""


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
        verdict if _stays(verdict, by_rule.get(verdict.rule)) else withdrawn(verdict, in_words(end))
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
