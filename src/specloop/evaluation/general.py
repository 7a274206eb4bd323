"""General ability, without any specification: short questions and the perplexity of plain text.

The questions (`general.jsonl`) and the text (`general_text.txt`, a passage a paragraph) were
written for this project. A model of 135M parameters gets about half of the questions right. Neither
comes near the subject of the example specification. The first 61 questions tell a difference of a
tenth; all of them are there for smaller ones. Training that goes on after a revision has questions
of its own (`practice.jsonl`), of which none is measured here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from specloop.draws import ranked
from specloop.ended import NOTHING, End, Finish, Silence, end_of, silence, with_remedy
from specloop.errors import NotScoredError
from specloop.evaluation.inputs import Target
from specloop.items import Loop, each, local
from specloop.jsontext import numbered_lines
from specloop.llm.base import Request
from specloop.records import Failure, Message, Record, Sampling, Value, content_id
from specloop.store import RecordStore, put
from specloop.terminal import console

_SAMPLING = Sampling(max_tokens=48)
_NO_NATS = 100.0
"""From here on a mean is made up: servers write -9999 where they know no probability."""


class GeneralQuestion(Value):
    """A general question and the answers accepted, any of them as whole words."""

    question: str
    answers: tuple[str, ...]

    @property
    def id(self) -> str:
        """Content hash."""
        return content_id([self.question, list(self.answers)])

    def accepts(self, text: str) -> bool:
        """Whether any accepted answer stands in the text, any case."""
        matches = (re.search(rf"(?<!\w){re.escape(a)}(?!\w)", text, re.I) for a in self.answers)
        return any(matches)


_Item = GeneralQuestion | str
"""A question, or a passage."""


class GeneralScore(Record):
    """A model's result on one question or passage."""

    FILE: ClassVar[str] = "general.jsonl"
    IDENTITY: ClassVar[tuple[str, ...]] = ("model", "item")

    model: str
    item: str
    value: float
    """1 or 0 for a question; mean nats a token for a passage."""
    n_tokens: int = 1
    """Tokens scored; 1 for a question."""
    passage: bool = False
    answer: str = ""
    finish: Finish = "stop"
    silent: Silence = ""
    """Why a question has no answer, where it has none."""

    @property
    def end(self) -> End:
        """How the answer to a question ended."""
        return end_of(self.answer, self.finish, self.silent)

    @property
    def is_missing(self) -> bool:
        """Whether a question was asked and nothing came."""
        return not self.passage and not self.value and self.end in NOTHING

    @property
    def known(self) -> float | None:
        """The value, as far as it could be told. A short answer is asked for: one that is not right
        within its tokens is wrong, one that was broken off otherwise is open."""
        is_open = not self.passage and not self.value and self.end in ("filtered", "other")
        return None if is_open or self.is_missing else self.value


@cache
def questions(name: str = "general") -> tuple[GeneralQuestion, ...]:
    """The bundled questions."""
    with Path(__file__).with_name(f"{name}.jsonl").open("rb") as file:
        return tuple(GeneralQuestion.model_validate_json(line) for _, line in numbered_lines(file))


class Practice(NamedTuple):
    """General questions for a training that goes on: half to train on, half to validate by."""

    train: tuple[GeneralQuestion, ...]
    validation: tuple[GeneralQuestion, ...]


@cache
def practice() -> Practice:
    """Questions of which none is among `questions`."""
    drawn = ranked(questions("practice"), lambda question: question.question, "practice")
    half = len(drawn) // 2
    return Practice(tuple(drawn[:half]), tuple(drawn[half:]))


@cache
def passages() -> tuple[str, ...]:
    """The bundled passages."""
    text = Path(__file__).with_name("general_text.txt").read_text(encoding="utf-8")
    return tuple(passage.strip() for passage in text.split("\n\n"))


class General(NamedTuple):
    """What came of the questions and passages."""

    scores: tuple[GeneralScore, ...]
    unscored: str = ""
    """Why the passages have no scores, where they were to have some."""


async def answer_general(folder: RecordStore, target: Target, n: int) -> General:
    """Greedy answers to the first `n` questions and, where the backend scores, the text's
    log-probabilities.

    No rules stand in the context, whatever the target's method. Results the folder has are kept; a
    question to which nothing came is asked again, as `answer_probes` asks. A backend that turns out
    not to score leaves the passages out: one failure of kind `left out` says why.
    """
    model = target.model
    mine = (s for s in folder.read(GeneralScore) if s.model == model.name)
    known = {s.item: s for s in mine if not s.is_missing}
    new: dict[str, GeneralScore] = {}

    async def measure(item: _Item) -> GeneralScore:
        if isinstance(item, str):
            return await _score_passage(target, item)
        return await _answer_question(target, item)

    def loop(title: str) -> Loop[_Item, GeneralScore]:
        return Loop(
            f"{title} of {target.label}",
            "evaluate",
            lambda item: f"{target.label}:general:{_name(item)[:40]}",
            local(target.concurrency),
            left_out=NotScoredError,
            earlier=lambda item: known.get(_id(item)),
            failing=lambda score: with_remedy(score.end) if score.is_missing else "",
            record=lambda failures: folder.append(f for f in failures if f.kind == "failed"),
            keep=lambda due: new.update((score.item, score) for _, score in due),
        )

    await each(measure, questions()[:n], loop("general ability"))
    # One after the other: a runtime need not report prompt scores rightly amid generation.
    scored = passages() if model.capabilities.score else ()
    measured = await each(measure, scored, loop("perplexity")) if scored else ()
    put(folder, GeneralScore, _in_order(new.values()))
    scores = _with_stand_ins((known | new).values(), model.name, n)
    unscored = [f for f in measured if isinstance(f, Failure) and f.kind == "left out"]
    return General(scores, _left_out(folder, target, unscored))


def _id(item: _Item) -> str:
    return content_id(item) if isinstance(item, str) else item.id


def _name(item: _Item) -> str:
    return item if isinstance(item, str) else item.question


def _left_out(folder: RecordStore, target: Target, failures: Sequence[Failure]) -> str:
    """Say once why the passages have no scores; the reason, or nothing."""
    if not failures:
        return ""
    reason = failures[0].reason
    console.print(f"  perplexity is left out: {reason}", markup=False, soft_wrap=True)
    where = f"{target.label}:general:perplexity"
    folder.append([Failure(stage="evaluate", item=where, reason=reason, kind="left out")])
    return reason


def general_under(folder: RecordStore, model: str) -> tuple[GeneralScore, ...]:
    """The results another model has in the folder: to the questions up to its last answer."""
    scores = _in_order(s for s in folder.read(GeneralScore) if s.model == model)
    answered = {score.item for score in scores}
    numbers = (n for n, q in enumerate(questions(), 1) if q.id in answered)
    return _with_stand_ins(scores, model, max(numbers, default=0))


async def _answer_question(target: Target, question: GeneralQuestion) -> GeneralScore:
    messages = (Message(role="user", content=question.question),)
    reply = await target.model.generate(Request(messages=messages, sampling=_SAMPLING))
    return GeneralScore(
        model=target.model.name,
        item=question.id,
        value=float(question.accepts(reply.text)),
        answer=reply.text,
        finish=reply.finish,
        silent=silence(reply.text, reply.finish, reply.reasoning),
    )


async def _score_passage(target: Target, text: str) -> GeneralScore:
    logprobs = await target.model.score((), text)
    nats = -sum(logprobs) / len(logprobs) if logprobs else math.inf
    if not nats < _NO_NATS:
        raise NotScoredError(f"{target.model.name}: no token of a passage has a probability")
    return GeneralScore(
        model=target.model.name,
        item=content_id(text),
        value=nats,
        n_tokens=len(logprobs),
        passage=True,
    )


def _with_stand_ins(scores: Iterable[GeneralScore], model: str, n: int) -> tuple[GeneralScore, ...]:
    """In order, with a stand-in for each of the first `n` questions that has no result, if any of
    them has one."""
    asked = dict.fromkeys(question.id for question in questions()[:n])
    by_item = {s.item: s for s in _in_order(scores) if s.passage or s.item in asked}
    if by_item.keys().isdisjoint(asked):
        return tuple(by_item.values())
    blank = (GeneralScore(model=model, item=item, value=0, silent="call") for item in asked)
    return _in_order((*blank, *by_item.values()))


def _in_order(scores: Iterable[GeneralScore]) -> tuple[GeneralScore, ...]:
    """Scores of the present questions and passages: an older edition's are left out."""
    by_item = {score.item: score for score in scores}
    items = [*(q.id for q in questions()), *(content_id(p) for p in passages())]
    return tuple(by_item[item] for item in items if item in by_item)
