"""A pair as tokens: the prompt as the model is asked, then an answer as it would write it.

The prompt is the one that generation gives the model, template and all, so what is trained is what
is measured. Some chat templates write an ended conversation otherwise than one that goes on: they
begin a thought for the model and leave it out of answers that were given. The answer then stands
after the prompt all the same, with the thought ended before it.
"""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from specloop.llm.backends.hf.tokens import Tokens
from specloop.llm.thinking import answer_begun
from specloop.records import Message, PreferencePair, said

Cut = Callable[[str], str]


class PairTokens(NamedTuple):
    """Token ids of a pair; each answer follows the prompt."""

    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]


def row_of(pair: PreferencePair, tokens: Tokens, cut: Cut) -> PairTokens:
    """The tokens of a pair, with its rejected answer cut."""
    opening = tokens.template.written(pair.prompt)
    prompt = tokens.encode(opening)
    answers = [pair.chosen, said(cut(pair.rejected_text))]
    both = [tokens.template.written((*pair.prompt, *one), ended=True) for one in answers]
    if any(not text.startswith(opening) for text in both):
        told = zip(answers, both, strict=True)
        chosen, rejected = (tokens.encode(_after(opening, *one, tokens)) for one in told)
        return PairTokens(prompt, chosen, rejected)
    chosen, rejected = (tokens.encode(text) for text in both)
    # Where the answer's beginning merges with the end of the prompt, that belongs to the answer.
    n = min(_n_shared(prompt, chosen), _n_shared(prompt, rejected))
    return PairTokens(prompt[:n], chosen[n:], rejected[n:])


def _after(opening: str, answer: Sequence[Message], text: str, tokens: Tokens) -> str:
    """What the model is to write after the opening: the answer and the end of its turn."""
    told = tokens.markers.plain(answer[-1].content).strip()
    ending = text.rpartition(told)[2] if told in text else ""
    return answer_begun(opening, told) + ending


def _n_shared(one: list[int], other: list[int]) -> int:
    return sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(one, other, strict=False)))
