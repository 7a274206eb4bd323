"""General ability, without any specification: short questions and the perplexity of plain text.

The questions (`general.jsonl`) and the text (`general_text.txt`, a passage a paragraph) were
written for this project. A model of 135M parameters gets about half of the questions right. Neither
comes near the subject of the example specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import ClassVar

from specloop.errors import ModelError
from specloop.evaluate.inputs import Target
from specloop.llm.base import Request
from specloop.llm.wrap import bounded
from specloop.progress import progress
from specloop.records import Failure, Message, Record, Sampling, Value, content_id
from specloop.store import RunFolder

_SAMPLING = Sampling(max_tokens=48)


class Question(Value):
    """A general question and the answers accepted, any of them as whole words."""

    question: str
    answers: tuple[str, ...]

    @property
    def id(self) -> str:
        """Content hash."""
        return content_id([self.question, list(self.answers)])

    def accepts(self, text: str) -> bool:
        """Whether any accepted answer stands in the text, any case."""
        found = (re.search(rf"(?<!\w){re.escape(a)}(?!\w)", text, re.I) for a in self.answers)
        return any(found)


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


@cache
def questions() -> tuple[Question, ...]:
    """The bundled questions."""
    lines = Path(__file__).with_name("general.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(Question.model_validate_json(line) for line in lines)


@cache
def passages() -> tuple[str, ...]:
    """The bundled passages."""
    text = Path(__file__).with_name("general_text.txt").read_text(encoding="utf-8")
    return tuple(passage.strip() for passage in text.split("\n\n"))


async def answer_general(folder: RunFolder, target: Target) -> tuple[GeneralScore, ...]:
    """Greedy answers to the questions and, where the backend scores, the text's log-probabilities.

    No rules stand in the context, whatever the target's method. Results the folder has are kept.
    """
    model = target.model
    had = {s.item: s for s in folder.read(GeneralScore) if s.model == model.name}
    asked = [q for q in questions() if q.id not in had]
    scored = [p for p in passages() if content_id(p) not in had]
    if not model.capabilities.score:
        scored = []
    new: dict[str, GeneralScore] = {}

    async def measure(item: Question | str) -> GeneralScore | Failure:
        try:
            if isinstance(item, str):
                return await _score_passage(target, item)
            return await _answer_question(target, item)
        except ModelError as error:
            name = item if isinstance(item, str) else item.question
            where = f"{target.label}:general:{name[:40]}"
            return Failure(stage="evaluate", item=where, reason=str(error))

    with progress(f"general ability of {target.label}", len(asked) + len(scored)) as advance:
        # One after the other: a runtime need not report prompt scores rightly amid generation.
        for items in (asked, scored):
            async for _, result in bounded(measure, items, target.concurrency):
                if isinstance(result, GeneralScore):
                    new[result.item] = result
                else:
                    folder.append([result])
                advance()
    folder.append(_in_order(new.values()))
    return _in_order((had | new).values())


def general_under(folder: RunFolder, model: str) -> tuple[GeneralScore, ...]:
    """The results another model has in the folder."""
    return _in_order(s for s in folder.read(GeneralScore) if s.model == model)


async def _answer_question(target: Target, question: Question) -> GeneralScore:
    messages = (Message(role="user", content=question.question),)
    reply = await target.model.generate(Request(messages=messages, sampling=_SAMPLING))
    right = float(question.accepts(reply.text))
    return GeneralScore(model=target.model.name, item=question.id, value=right, answer=reply.text)


async def _score_passage(target: Target, text: str) -> GeneralScore:
    logprobs = await target.model.score((), text)
    return GeneralScore(
        model=target.model.name,
        item=content_id(text),
        value=-sum(logprobs) / len(logprobs),
        n_tokens=len(logprobs),
        passage=True,
    )


def _in_order(scores: Iterable[GeneralScore]) -> tuple[GeneralScore, ...]:
    """Scores of the present questions and passages: an older edition's are left out."""
    by_item = {score.item: score for score in scores}
    items = [*(q.id for q in questions()), *(content_id(p) for p in passages())]
    return tuple(by_item[item] for item in items if item in by_item)
