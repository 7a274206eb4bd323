"""Tokenise a pair: the prompt as the model gets it, then an answer as it would write it; the order
of pairs in a training.

The prompt is the same as in generation, with the template, so the trained and the measured prompt
are the same. Some chat templates write a finished conversation differently from an open one: they
begin a thought for the model and leave it out of given answers. Then, too, the answer follows the
prompt, with the thought ended before it.
"""

# pyright: basic
from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from specloop.llm.backends.hf.tokens import Tokens
from specloop.llm.thinking import answer_begun
from specloop.records import Message, PreferencePair, said
from specloop.training import PairSides

Cut = Callable[[str], str]


class PairTokens(NamedTuple):
    """Token ids of a pair; each answer follows the prompt."""

    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]


def row_of(pair: PreferencePair | PairSides, tokens: Tokens, cut: Cut) -> PairTokens:
    """The tokens of a pair, with its rejected answer cut unless both are the same: then a
    preference loss has nothing to prefer, and only what learns the chosen answer counts."""
    opening = tokens.written(pair.prompt)
    prompt = tokens.encode(opening)
    is_one = pair.chosen == pair.rejected
    answers = [pair.chosen, pair.rejected if is_one else said(cut(pair.rejected[-1].content))]
    both = [tokens.written((*pair.prompt, *answer), ended=True) for answer in answers]
    if any(not text.startswith(opening) for text in both):
        written = zip(answers, both, strict=True)
        chosen, rejected = (tokens.encode(_after(opening, *answer, tokens)) for answer in written)
        return PairTokens(prompt, chosen, rejected)
    chosen, rejected = (tokens.encode(text) for text in both)
    # A token that joins the prompt's end and the answer's beginning belongs to the answer.
    n = min(_n_shared(prompt, chosen), _n_shared(prompt, rejected))
    return PairTokens(prompt[:n], chosen[n:], rejected[n:])


def _after(opening: str, answer: Sequence[Message], text: str, tokens: Tokens) -> str:
    """What the model should write after the opening: the answer and the end of its turn."""
    plain = tokens.markers.plain(answer[-1].content).strip()
    ending = text.rpartition(plain)[2] if plain in text else ""
    return answer_begun(opening, plain) + ending


def _n_shared(first: list[int], second: list[int]) -> int:
    return sum(1 for _ in takewhile(lambda two: two[0] == two[1], zip(first, second, strict=False)))


def order_by_length(lengths: Sequence[int], batch_size: int, seed: str) -> list[int]:
    """Indices, batch after batch; an incomplete batch comes last.

    There is little padding, and the same seed gives the same order, so a resumed run sees the
    batches that the killed one would have seen. (The sampler of transformers draws from the global
    generator.)
    """
    rng = random.Random(seed)
    # The jitter combines other pairs under another seed.
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] * rng.uniform(0.9, 1.1))
    n_full = len(order) // batch_size * batch_size
    batches = [order[i : i + batch_size] for i in range(0, n_full, batch_size)]
    rng.shuffle(batches)
    return [i for batch in [*batches, order[n_full:]] for i in batch]
